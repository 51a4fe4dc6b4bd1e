// The page of one case.
#include "html.h"

#include "faults.h"
#include "sinks.h"

#include <string.h>

static void head_write(const struct html_case *page) {
    struct buffer *const out = page->out;
    const struct case_result *const result = page->result;
    const struct verdict *const verdict = result->verdict;
    buffer_text(out, "<header>\n<nav aria-label=\"Where you are\"><a href=\"index.html\">All cases</a> <span "
                     "aria-hidden=\"true\">/</span> ");
    html_words(result->plan->case_name, out);
    buffer_text(out, "</nav>\n<h1>");
    html_outcome(result, out);
    buffer_text(out, " ");
    html_words(result->plan->title, out);
    buffer_text(out, "</h1>\n<p class=\"meta\">");
    html_words(result->plan->path, out);
    buffer_printf(out, ":%u", result->plan->title_line);
    if (verdict->outcome != OUTCOME_SKIPPED) {
        buffer_text(out, " \u00b7 ");
        html_duration(verdict->duration_ns, out);
    }
    for (uint32_t i = 0; i < result->plan->tag_count && i < 32; i++) {
        buffer_text(out, " <span class=\"tag\">");
        html_words(result->plan->tags[i], out);
        buffer_text(out, "</span>");
    }
    buffer_text(out, "</p>\n");
    if (verdict->outcome == OUTCOME_SKIPPED) {
        buffer_text(out, "<p class=\"sentence\">");
        html_words(verdict->skip_reason, out);
        buffer_text(out, "</p>\n");
    }
    buffer_text(out, "</header>\n");
}

// Of an earlier turn its failure; the rest of the page is the last one's. Of a case that passed in the end the first is
// what one comes for: it stands open.
static void turn_write(const struct html_case *page, const struct case_result *turn, uint32_t number) {
    struct html_case of_turn = {.facts = page->facts, .result = turn, .out = page->out};
    const struct fault *const fault = &turn->verdict->faults[0];
    bool const is_open = number == 1 && page->result->verdict->outcome == OUTCOME_PASSED;
    struct buffer words = {0};
    if (!turn->verdict->fault_count) return;
    arena_init(&of_turn.arena);
    socket_book_init(&of_turn.book, turn->journal, &of_turn.arena);
    fault_words(turn->plan, fault, &words);
    buffer_printf(page->out, "<details class=\"turn\"%s><summary>turn %u: <span class=\"sentence\">",
                  is_open ? " open=\"open\"" : "", number);
    html_line(buffer_view(&words), HTML_TEXT_COLUMNS_MAX, page->out);
    buffer_text(page->out, "</span></summary>\n");
    html_fault(&of_turn, fault);
    buffer_text(page->out, "</details>\n");
    buffer_fini(&words);
    arena_fini(&of_turn.arena);
}

// Turns that failed before the one that is told here.
static void earlier_write(const struct html_case *page) {
    enum { TURNS_MAX = 5 };
    struct buffer *const out = page->out;
    const struct case_result *const result = page->result;
    if (!result->earlier_count) return;
    html_section("turns", "Turns before", out);
    buffer_printf(out, "<p>It failed %u of %u turns; all else on this page is of the last one.</p>\n",
                  result->earlier_count + (result->verdict->outcome == OUTCOME_FAILED), result->earlier_count + 1);
    for (uint32_t i = 0; i < result->earlier_count && i < TURNS_MAX; i++) turn_write(page, &result->earlier[i], i + 1);
    if (result->earlier_count > TURNS_MAX)
        buffer_printf(out, "<p class=\"aside\">%u more are left out.</p>\n", result->earlier_count - TURNS_MAX);
    html_section_end(out);
}

static void lints_write(const struct html_case *page) {
    struct buffer *const out = page->out;
    const struct verdict *const verdict = page->result->verdict;
    enum { LINTS_MAX = 50 };
    if (!verdict->lint_count) return;
    html_section("warnings", "Warnings", out);
    buffer_text(out, "<ul>\n");
    for (uint32_t i = 0; i < verdict->lint_count && i < LINTS_MAX; i++) {
        const struct step *const step = step_at(page->result->plan, verdict->lints[i].step);
        struct buffer place = {0};
        buffer_text(out, "<li>");
        if (step) step_place(page->result->plan, step, &place);
        if (step) buffer_text(&place, ": ");
        html_text(buffer_view(&place), out);
        html_words(verdict->lints[i].message, out);
        buffer_text(out, "</li>\n");
        buffer_fini(&place);
    }
    if (verdict->lint_count > LINTS_MAX) buffer_printf(out, "<li>and %u more</li>\n", verdict->lint_count - LINTS_MAX);
    buffer_text(out, "</ul>\n");
    html_section_end(out);
}

void html_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    static const struct diagram_limits LIMITS = {
        .lanes = HTML_LANES_MAX, .items = HTML_ITEMS_MAX, .bars = HTML_BARS_MAX};
    struct html_case page = {.facts = facts, .result = result, .out = out};
    struct buffer title = {0};
    arena_init(&page.arena);
    diagram_init(&page.diagram, result, &LIMITS, &page.arena);
    socket_book_init(&page.book, result->journal, &page.arena);
    buffer_printf(&title, "%s: %s", result->verdict->outcome == OUTCOME_FAILED ? "FAILED" : "sockdrill",
                  result->plan->case_name);
    html_begin(title.data, out);
    head_write(&page);
    buffer_text(out, "<main id=\"main\">\n");
    html_failure(&page);
    html_waits(&page);
    if (result->verdict->outcome == OUTCOME_PASSED) earlier_write(&page);
    html_diagram(&page);
    if (result->verdict->outcome != OUTCOME_PASSED) earlier_write(&page);
    html_source(&page);
    html_sockets(&page);
    html_programs(&page);
    lints_write(&page);
    html_timing(&page);
    html_end(facts, out);
    buffer_fini(&title);
    arena_fini(&page.arena);
}
