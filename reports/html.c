// The page of the run: https://html.spec.whatwg.org/, in the syntax of XML. Failures first, for they are what one comes for.
#include "html.h"

#include "faults.h"
#include "sinks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAILURES_MAX = 200, // that are told in full
    SLOWEST = 5,
    REASONS_MAX = 100,
    PAGE_BYTES_MAX = 1700 * 1024,
};

void html_open(const struct run_result *run, struct buffer *out) {
    (void)run;
    (void)out;
}

static void link_write(const struct case_result *result, struct buffer *out) {
    struct buffer name = {0};
    report_file_name(result, SINKS[SINK_HTML].extension, &name);
    buffer_text(out, "<a href=\"");
    html_text(buffer_view(&name), out); // of plain characters only
    buffer_text(out, "\">");
    html_words(result->plan->case_name, out);
    buffer_text(out, "</a>");
    buffer_fini(&name);
}

static void count_write(const char *class, uint32_t count, const char *word, bool *is_first, struct buffer *out) {
    if (!count) return;
    buffer_printf(out, "%s<span class=\"%s\">", *is_first ? "" : ", ", class);
    html_number(count, out);
    buffer_printf(out, " %s</span>", word);
    *is_first = false;
}

// How much of the run each outcome is; in words it stands above.
static void share_bar(const struct suite_counts *counts, struct buffer *out) {
    struct {
        const char *class;
        uint32_t count;
    } const parts[] = {{"bad", counts->failed},
                       {"flaky", counts->flaky},
                       {"good", counts->passed - counts->flaky},
                       {"skip", counts->skipped}};
    uint64_t const all = (uint64_t)counts->passed + counts->failed + counts->skipped;
    if (!all) return;
    buffer_text(out, "<svg class=\"share\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    uint64_t before = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        uint64_t const from = before * 1000 / all, to = (before + parts[i].count) * 1000 / all;
        uint64_t const wide = to > from || !parts[i].count ? to - from : 4;
        if (parts[i].count)
            buffer_printf(out, "<rect class=\"fill-%s\" x=\"%" PRIu64 "\" width=\"%" PRIu64 "\" height=\"10\"/>",
                          parts[i].class, from, wide);
        before += parts[i].count;
    }
    buffer_text(out, "</svg>\n");
}

static void summary_write(const struct run_result *run, struct buffer *out) {
    const struct suite_counts *const counts = &run->counts;
    bool is_first = true;
    buffer_text(out, "<header>\n<h1>");
    count_write("bad", counts->failed, "failed", &is_first, out);
    count_write("good", counts->passed, "passed", &is_first, out);
    count_write("flaky", counts->flaky, "of them flaky", &is_first, out);
    count_write("skip", counts->skipped, "skipped", &is_first, out);
    count_write("skip", run->not_begun, "not begun", &is_first, out);
    if (is_first) buffer_text(out, "nothing was played");
    buffer_text(out, "</h1>\n");
    share_bar(counts, out);
    buffer_text(out, "<p class=\"meta\">in ");
    html_duration((int64_t)counts->duration_ns, out);
    buffer_printf(out, " \u00b7 %u case%s at once", run->facts->jobs, run->facts->jobs == 1 ? "" : "s");
    if (run->passed_turns) {
        buffer_text(out, " \u00b7 ");
        html_number(run->passed_turns, out);
        buffer_text(out, run->passed_turns == 1 ? " turn passed" : " turns passed");
    }
    if (run->facts->shards) buffer_text(out, " \u00b7 ");
    shard_words(run, out);
    buffer_text(out, "</p>\n");
    buffer_text(out, "</header>\n<main id=\"main\">\n");
}

// What failed in that turn of a case, and where.
static void fault_write(const struct case_result *turn, struct buffer *out) {
    const struct fault *const fault = &turn->verdict->faults[0];
    const struct plan *const plan = turn->plan;
    struct span const span = turn->verdict->fault_count ? fault_span(plan, fault) : (struct span){0};
    struct buffer words = {0};
    buffer_text(out, "<p class=\"sentence\">");
    if (turn->verdict->fault_count) fault_words(plan, fault, &words);
    html_line(buffer_view(&words), HTML_TEXT_COLUMNS_MAX, out);
    buffer_text(out, "</p>\n<p class=\"place\">");
    html_words(span.source ? span.source->path : plan->path, out);
    buffer_printf(out, ":%u</p>", span.source ? source_position(span).line : plan->title_line);
    buffer_fini(&words);
}

static void failure_write(const struct case_result *result, struct buffer *out) {
    buffer_text(out, "<li><p class=\"case\">");
    link_write(result, out);
    buffer_text(out, "</p>\n");
    fault_write(result, out);
    buffer_text(out, "</li>\n");
}

static bool is_flaky(const struct case_result *result) {
    return result->verdict->outcome == OUTCOME_PASSED && result->earlier_count;
}

static void failures_write(const struct run_result *run, struct buffer *out) {
    uint32_t shown = 0;
    if (!run->counts.failed) return;
    html_section("failures", "Failures", out);
    buffer_text(out, "<ul class=\"cards bad\">\n");
    for (uint32_t i = 0; i < run->count; i++) {
        if (run->results[i].verdict->outcome != OUTCOME_FAILED || shown++ >= FAILURES_MAX) continue;
        failure_write(&run->results[i], out);
    }
    buffer_text(out, "</ul>\n");
    if (shown > FAILURES_MAX)
        buffer_printf(out, "<p class=\"aside\">%u more stand in the table below.</p>\n", shown - FAILURES_MAX);
    html_section_end(out);
}

static void flaky_write(const struct run_result *run, struct buffer *out) {
    uint32_t shown = 0;
    if (!run->counts.flaky) return;
    html_section("flaky", "Flaky", out);
    buffer_text(
        out,
        "<p class=\"aside\">They failed, and passed when they were played again.</p>\n<ul class=\"cards flaky\">\n");
    for (uint32_t i = 0; i < run->count; i++) {
        const struct case_result *const result = &run->results[i];
        if (!is_flaky(result) || shown++ >= FAILURES_MAX) continue;
        buffer_text(out, "<li><p class=\"case\">");
        link_write(result, out);
        buffer_printf(out, "</p>\n<p>failed %u of %u turns</p>\n", result->earlier_count, result->earlier_count + 1);
        fault_write(&result->earlier[0], out);
        buffer_text(out, "</li>\n");
    }
    buffer_text(out, "</ul>\n");
    html_section_end(out);
}

// --- skips

static int reasons_compare(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void skips_write(const struct run_result *run, struct buffer *out) {
    if (!run->counts.skipped) return;
    struct arena scratch;
    arena_init(&scratch);
    const char **const reasons = arena_array(&scratch, run->count, sizeof *reasons);
    uint32_t count = 0, shown = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        const struct verdict *const verdict = run->results[i].verdict;
        if (verdict->outcome == OUTCOME_SKIPPED) reasons[count++] = verdict->skip_reason;
    }
    if (count) qsort(reasons, count, sizeof *reasons, reasons_compare);
    html_section("skips", "Skipped", out);
    buffer_text(out, "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Skipped\">\n<table><thead><tr><th "
                     "scope=\"col\" class=\"number\">Cases</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
    for (uint32_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && strcmp(reasons[end], reasons[start]) == 0;) end++;
        if (shown++ >= REASONS_MAX) continue;
        buffer_text(out, "<tr><td class=\"number\">");
        html_number(end - start, out);
        buffer_text(out, "</td><td>");
        html_words(reasons[start], out);
        buffer_text(out, "</td></tr>\n");
    }
    buffer_text(out, "</tbody></table>\n</div>\n");
    if (shown > REASONS_MAX)
        buffer_printf(out, "<p class=\"aside\">%u more reasons are left out.</p>\n", shown - REASONS_MAX);
    html_section_end(out);
    arena_fini(&scratch);
}

// --- the slowest

static int slower_first(const void *left, const void *right) {
    const struct case_result *const a = *(const struct case_result *const *)left, *const b = *(
                                                                                      const struct case_result *const *)
                                                                                                 right;
    if (a->verdict->duration_ns != b->verdict->duration_ns)
        return a->verdict->duration_ns > b->verdict->duration_ns ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void slowest_write(const struct run_result *run, struct buffer *out) {
    if (run->count <= SLOWEST) return;
    struct arena scratch;
    arena_init(&scratch);
    const struct case_result **const sorted = arena_array(&scratch, run->count, sizeof *sorted);
    for (uint32_t i = 0; i < run->count; i++) sorted[i] = &run->results[i];
    qsort(sorted, run->count, sizeof *sorted, slower_first);
    int64_t const longest = sorted[0]->verdict->duration_ns > 0 ? sorted[0]->verdict->duration_ns : 1;
    html_section("slowest", "Slowest", out);
    buffer_text(out, "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Slowest\">\n<table "
                     "class=\"slowest\"><thead><tr><th scope=\"col\" class=\"number\">Time</th><th "
                     "scope=\"col\">Case</th></tr></thead>\n<tbody>\n");
    for (unsigned i = 0; i < SLOWEST; i++) {
        int64_t const duration = sorted[i]->verdict->duration_ns;
        buffer_text(out, "<tr><td class=\"number\">");
        html_duration(duration, out);
        buffer_text(out, "</td><td>");
        link_write(sorted[i], out);
        buffer_printf(out,
                      "<svg class=\"long\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" "
                      "aria-hidden=\"true\"><rect width=\"%" PRId64 "\" height=\"4\"/></svg></td></tr>\n",
                      duration > 0 ? duration * 100 / longest : 0);
    }
    buffer_text(out, "</tbody></table>\n</div>\n");
    html_section_end(out);
    arena_fini(&scratch);
}

// --- all of them

static void row_write(const struct case_result *result, struct buffer *out) {
    buffer_text(out, "<tr><td>");
    html_outcome(result, out);
    buffer_text(out, "</td><th scope=\"row\">");
    link_write(result, out);
    buffer_text(out, "<span class=\"title\">");
    html_words(result->plan->title, out);
    buffer_text(out, "</span></th><td class=\"number\">");
    if (result->verdict->outcome != OUTCOME_SKIPPED) html_duration(result->verdict->duration_ns, out);
    buffer_text(out, "</td></tr>\n");
}

// Failed ones first, for where there are too many.
static void table_write(const struct run_result *run, struct buffer *out) {
    static const enum outcome ORDER[] = {OUTCOME_FAILED, OUTCOME_PASSED, OUTCOME_SKIPPED};
    uint32_t left_out = 0;
    if (!run->count) return;
    html_section("cases", "All cases", out);
    buffer_text(out, "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"All cases\">\n<table "
                     "class=\"cases\"><thead><tr><th scope=\"col\">Outcome</th><th scope=\"col\">Case</th>"
                     "<th scope=\"col\" class=\"number\">Time</th></tr></thead>\n<tbody>\n");
    for (unsigned k = 0; k < sizeof ORDER / sizeof *ORDER; k++) {
        for (uint32_t i = 0; i < run->count; i++) {
            if (run->results[i].verdict->outcome != ORDER[k]) continue;
            if (out->len_bytes > PAGE_BYTES_MAX) left_out++;
            else row_write(&run->results[i], out);
        }
    }
    buffer_text(out, "</tbody></table>\n</div>\n");
    if (left_out) {
        buffer_text(out, "<p class=\"aside\">");
        html_number(left_out, out);
        buffer_text(out, " more cases are left out here; the folder has their pages.</p>\n");
    }
    html_section_end(out);
}

void html_close(const struct run_result *run, struct buffer *out) {
    html_begin("sockdrill", out);
    summary_write(run, out);
    failures_write(run, out);
    flaky_write(run, out);
    skips_write(run, out);
    slowest_write(run, out);
    table_write(run, out);
    html_end(run->facts, out);
}
