// What every page begins and ends with.
#include "html.h"

#include "html_style.h"

#include "faults.h"

#include <inttypes.h>
#include <time.h>

void html_begin(const char *title, struct buffer *out) {
    buffer_text(out,
                "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
                "<meta charset=\"utf-8\"/>\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                "base-uri 'none'; form-action 'none'\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
                "<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
    html_words(title, out);
    buffer_text(out, "</title>\n<style>\n");
    buffer_add(out, HTML_STYLE, sizeof HTML_STYLE);
    buffer_text(out, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n");
}

static void date_text(int64_t realtime_ns, struct buffer *out) {
    time_t const seconds = (time_t)(realtime_ns / 1000000000);
    struct tm parts;
    char text[64];
    if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts)) return;
    buffer_text(out, text);
}

void html_end(const struct run_facts *facts, struct buffer *out) {
    buffer_text(out, "</main>\n<footer><p>sockdrill ");
    html_words(facts->version, out);
    if (facts->began_ns > 0) {
        buffer_text(out, ", run of ");
        date_text(facts->began_ns, out);
    }
    buffer_printf(out, ", seed %" PRIu64 "</p></footer>\n</body>\n</html>\n", facts->seed);
}

static const struct {
    const char *class, *mark;
} OUTCOMES[] = {
    [OUTCOME_PASSED] = {"good", "\u2713"},
    [OUTCOME_FAILED] = {"bad", "\u2717"},
    [OUTCOME_SKIPPED] = {"skip", "\u2013"},
};

void html_outcome(const struct case_result *result, struct buffer *out) {
    enum outcome const outcome = result->verdict->outcome;
    bool const is_flaky = outcome == OUTCOME_PASSED && result->earlier_count;
    buffer_printf(out, "<span class=\"badge %s\">%s %s</span>", is_flaky ? "flaky" : OUTCOMES[outcome].class,
                  is_flaky ? "\u223f" : OUTCOMES[outcome].mark, is_flaky ? "flaky" : outcome_word(outcome));
}

void html_section(const char *id, const char *heading, struct buffer *out) {
    buffer_printf(out, "<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h2 id=\"%s-h\">%s</h2>\n", id, id, id, heading);
}

void html_section_end(struct buffer *out) {
    buffer_text(out, "</section>\n");
}
