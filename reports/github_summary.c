// The summary of a step, as GitHub shows it below the run of a workflow. Whatever is not ours stands in HTML, where only XML's
// five characters mean something, and Markdown none.
#include "reports/github.h"

#include "console.h"
#include "faults.h"
#include "xml.h"

enum { LEFT_OUT_BYTES = 200 }; // what says how many are not here

static const struct console_style PLAIN = {.colour = false};

static void code(const char *text, struct buffer *out) {
    struct buffer shown = {0};
    report_text(slice_text(text), COLUMNS_ALL, &shown);
    buffer_text(out, "<code>");
    xml_text(buffer_view(&shown), out);
    buffer_text(out, "</code>");
    buffer_fini(&shown);
}

static void counts_render(const struct run_result *run, struct buffer *out) {
    const struct suite_counts *const counts = &run->counts;
    char duration[DURATION_TEXT_BYTES];
    buffer_printf(out, "### sockdrill: %u passed", counts->passed);
    if (counts->failed) buffer_printf(out, ", %u failed", counts->failed);
    if (counts->skipped) buffer_printf(out, ", %u skipped", counts->skipped);
    buffer_text(out, " in ");
    xml_text(slice_text(duration_text((int64_t)counts->duration_ns, duration)), out);
    if (run->facts->shards) buffer_text(out, ", ");
    shard_words(run, out);
    buffer_text(out, "\n\n| passed | failed | flaky | skipped | not begun |\n| ---: | ---: | ---: | ---: | ---: |\n");
    buffer_printf(out, "| %u | %u | %u | %u | %u |\n\n", counts->passed, counts->failed, counts->flaky, counts->skipped,
                  run->not_begun);
}

// The blank line begins HTML anew: a `pre` ends with itself only, whatever lines are in it.
static void folded(const char *word, const struct case_result *result, struct slice text, struct buffer *out) {
    buffer_printf(out, "<details><summary><b>%s</b> ", word);
    code(result->plan->case_name, out);
    buffer_text(out, "</summary>\n\n<pre>");
    xml_text(text, out);
    buffer_text(out, "</pre>\n</details>\n\n");
}

static void one_render(const struct case_result *result, struct buffer *out) {
    bool const failed = result->verdict->outcome == OUTCOME_FAILED;
    struct buffer text = {0};
    page_explanation(&(struct page){.result = result, .style = &PLAIN, .out = &text});
    folded(failed ? "failed" : "flaky", result, buffer_view(&text), out);
    buffer_fini(&text);
}

static void skipped_render(const struct case_result *result, struct buffer *out) {
    buffer_text(out, "<p><b>skipped</b> ");
    code(result->plan->case_name, out);
    buffer_text(out, " ");
    code(result->verdict->skip_reason, out);
    buffer_text(out, "</p>\n\n");
}

// What is told of one: failures first, then what was flaky, then what was skipped.
enum part { PART_FAILED, PART_FLAKY, PART_SKIPPED, PART_COUNT };

static bool is_part(const struct case_result *result, enum part part) {
    enum outcome const outcome = result->verdict->outcome;
    switch (part) {
    case PART_FAILED: return outcome == OUTCOME_FAILED;
    case PART_FLAKY: return outcome == OUTCOME_PASSED && result->earlier_count > 0;
    case PART_SKIPPED: return outcome == OUTCOME_SKIPPED;
    case PART_COUNT: break;
    }
    return false;
}

void github_summary(const struct run_result *run, size_t bytes_max, struct buffer *out) {
    struct buffer text = {0}, one = {0};
    uint32_t left_out = 0;
    counts_render(run, &text);
    size_t const room = bytes_max > LEFT_OUT_BYTES ? bytes_max - LEFT_OUT_BYTES : 0;
    if (text.len_bytes > room) goto out;
    for (int part = 0; part < PART_COUNT; part++)
        for (uint32_t i = 0; i < run->count; i++) {
            const struct case_result *const result = &run->results[i];
            if (!is_part(result, (enum part)part)) continue;
            buffer_clear(&one);
            if (part == PART_SKIPPED) skipped_render(result, &one);
            else one_render(result, &one);
            if (left_out || text.len_bytes + one.len_bytes > room) left_out++;
            else buffer_slice(&text, buffer_view(&one));
        }
    if (left_out) buffer_printf(&text, "%u more have no room here: the log tells of them all.\n\n", left_out);
    buffer_slice(out, buffer_view(&text));
out:
    buffer_fini(&one);
    buffer_fini(&text);
}

void github_summary_diags(const char *title, struct slice said, size_t bytes_max, struct buffer *out) {
    struct buffer text = {0};
    buffer_printf(&text, "### sockdrill: %s\n\n<pre>", title);
    xml_text(said, &text);
    buffer_text(&text, "</pre>\n\n");
    if (text.len_bytes > bytes_max) {
        buffer_clear(&text);
        buffer_printf(&text, "### sockdrill: %s\n\nThe log tells of them.\n\n", title);
    }
    if (text.len_bytes <= bytes_max) buffer_slice(out, buffer_view(&text));
    buffer_fini(&text);
}
