#include "console.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_COLUMNS = 6 }; // before what stands below a case's line: "FAIL  "

static const char *const PAINTS[PAINT_COUNT] = {
    [PAINT_GOOD] = "\x1b[32m",
    [PAINT_BAD] = "\x1b[1;31m",
    [PAINT_CAUTION] = "\x1b[33m",
    [PAINT_STRONG] = "\x1b[1m",
    [PAINT_FAINT] = "\x1b[2m",
};
static const char PAINT_OFF[] = "\x1b[0m";

void page_paint(const struct page *page, enum paint paint, const char *text) {
    if (page->style->colour) buffer_text(page->out, PAINTS[paint]);
    buffer_text(page->out, text);
    if (page->style->colour) buffer_text(page->out, PAINT_OFF);
}

void page_indent(const struct page *page, unsigned more) {
    buffer_repeat(page->out, ' ', page->indent + more);
}

void page_place(const struct page *page, struct span span) {
    if (!span.source) return;
    struct position const position = source_position(span);
    report_text(slice_text(span.source->path), COLUMNS_ALL, page->out);
    buffer_printf(page->out, ":%u:%u: ", position.line, position.column);
}

void page_lints(const struct page *page) {
    const struct verdict *const verdict = page->result->verdict;
    for (uint32_t i = 0; i < verdict->lint_count; i++) {
        const struct step *const step = step_at(page->result->plan, verdict->lints[i].step);
        size_t const from = page->out->len_bytes;
        page_indent(page, 0);
        page_paint(page, PAINT_CAUTION, "warning: ");
        if (step) page_place(page, step->span);
        report_text(slice_text(verdict->lints[i].message), COLUMNS_ALL, page->out);
        buffer_text(page->out, "\n");
        page_wrap(page, from);
    }
}

static const struct {
    const char *word; // as wide as the body's indent
    enum paint paint;
} OUTCOMES[] = {
    [OUTCOME_PASSED] = {"ok    ", PAINT_GOOD},
    [OUTCOME_FAILED] = {"FAIL  ", PAINT_BAD},
    [OUTCOME_SKIPPED] = {"skip  ", PAINT_CAUTION},
};

static void case_line(const struct page *page) {
    const struct verdict *const verdict = page->result->verdict;
    size_t const from = page->out->len_bytes;
    page_paint(page, OUTCOMES[verdict->outcome].paint, OUTCOMES[verdict->outcome].word);
    report_text(slice_text(page->result->plan->case_name), COLUMNS_ALL, page->out);
    buffer_text(page->out, "  ");
    if (verdict->outcome == OUTCOME_SKIPPED) {
        report_text(slice_text(verdict->skip_reason), COLUMNS_ALL, page->out);
    } else {
        char duration[DURATION_TEXT_BYTES];
        buffer_printf(page->out, "(%s)", duration_text(verdict->duration_ns, duration));
    }
    buffer_text(page->out, "\n");
    page_wrap(page, from);
}

static void earlier_turns(const struct page *page) {
    const struct case_result *const result = page->result;
    bool const failed = result->verdict->outcome == OUTCOME_FAILED;
    if (!result->earlier_count) return;
    page_indent(page, 0);
    if (failed) {
        buffer_printf(page->out, "failed all of its %u turns; the last so:\n", result->earlier_count + 1);
        return;
    }
    page_paint(page, PAINT_CAUTION, "flaky: ");
    buffer_printf(page->out, "failed %u of %u turns; the first so:\n", result->earlier_count,
                  result->earlier_count + 1);
    struct page first = *page;
    first.result = result->earlier;
    page_failure(&first);
}

void page_explanation(const struct page *page) {
    earlier_turns(page);
    if (page->result->verdict->outcome == OUTCOME_FAILED) page_failure(page);
}

void console_outcome(const struct case_result *result, const struct console_style *style, struct buffer *out) {
    struct page const page = {.result = result, .style = style, .out = out, .indent = BODY_COLUMNS};
    bool const explains = result->verdict->outcome == OUTCOME_FAILED || result->earlier_count > 0;
    if (style->quiet && !explains) return;
    case_line(&page);
    page_explanation(&page);
    page_lints(&page);
    if (explains) buffer_text(out, "\n");
}

void console_case(const struct case_result *result, const struct console_style *style, struct buffer *out) {
    struct page const page = {.result = result, .style = style, .out = out};
    if (style->verbose && !(style->quiet && result->verdict->outcome != OUTCOME_FAILED)) page_trace(&page);
    console_outcome(result, style, out);
}

static int reasons_compare(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void skips_render(const struct page *page, const struct case_result *results, uint32_t count) {
    struct buffer *const out = page->out;
    struct arena scratch;
    arena_init(&scratch);
    const char **const reasons = arena_array(&scratch, count, sizeof *reasons);
    uint32_t reason_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct verdict *const verdict = results[i].verdict;
        if (verdict->outcome == OUTCOME_SKIPPED) reasons[reason_count++] = verdict->skip_reason;
    }
    qsort(reasons, reason_count, sizeof *reasons, reasons_compare);
    for (uint32_t start = 0, end; start < reason_count; start = end) {
        for (end = start + 1; end < reason_count && strcmp(reasons[end], reasons[start]) == 0;) end++;
        size_t const from = out->len_bytes;
        buffer_printf(out, "  %u skipped: ", end - start);
        report_text(slice_text(reasons[start]), COLUMNS_ALL, out);
        buffer_text(out, "\n");
        page_wrap(page, from);
    }
    arena_fini(&scratch);
}

// "1,204"
static void grouped(uint64_t number, struct buffer *out) {
    if (number >= 1000) grouped(number / 1000, out);
    buffer_printf(out, number >= 1000 ? ",%03u" : "%u", (unsigned)(number % 1000));
}

// --until-fail: "1,204 turns of 3 cases passed", and behind it what the turn that failed came to. Whether that follows.
static bool passed_turns(const struct page *page, const struct run_result *run) {
    uint32_t const cases = run->count + run->not_begun;
    if (!run->passed_turns) return true;
    struct buffer turns = {0};
    grouped(run->passed_turns, &turns);
    buffer_printf(&turns, " turn%s of %u case%s passed", run->passed_turns == 1 ? "" : "s", cases,
                  cases == 1 ? "" : "s");
    page_paint(page, run->counts.failed ? PAINT_STRONG : PAINT_GOOD, turns.data);
    buffer_fini(&turns);
    if (run->counts.failed) buffer_text(page->out, ", then ");
    return run->counts.failed > 0;
}

void console_end(const struct run_result *run, const struct console_style *style, struct buffer *out) {
    const struct suite_counts *const counts = &run->counts;
    struct page const page = {.style = style, .out = out};
    struct arena scratch;
    arena_init(&scratch);
    char duration[DURATION_TEXT_BYTES];
    const char *const passed = arena_text(&scratch, "%u passed", counts->passed);
    const char *const failed = arena_text(&scratch, "%u failed", counts->failed);
    const char *const skipped = arena_text(&scratch, "%u skipped", counts->skipped);
    if (passed_turns(&page, run))
        page_paint(&page, counts->failed || !counts->passed ? PAINT_STRONG : PAINT_GOOD, passed);
    if (counts->flaky) page_paint(&page, PAINT_CAUTION, arena_text(&scratch, " (%u flaky)", counts->flaky));
    if (counts->failed) {
        buffer_text(out, ", ");
        page_paint(&page, PAINT_BAD, failed);
    }
    if (counts->skipped) {
        buffer_text(out, ", ");
        page_paint(&page, PAINT_CAUTION, skipped);
    }
    buffer_printf(out, " in %s%s", duration_text((int64_t)counts->duration_ns, duration), run->facts->shards ? ", " : "");
    shard_words(run, out);
    buffer_text(out, "\n");
    skips_render(&page, run->results, run->count);
    if (run->not_begun) buffer_printf(out, "%u not begun\n", run->not_begun);
    page_timing(&page, run);
    arena_fini(&scratch);
}
