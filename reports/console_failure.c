// What explains a failed case.
#include "console.h"
#include "faults.h"

#include <inttypes.h>
#include <string.h>

enum {
    MORE_FAULTS_MAX = 10,
    RECEIVED_BYTES_MAX = 64, // of what is shown as text
};

static bool is_program(const struct plan *plan, uint32_t instance) {
    return instance < plan->instance_count && plan->actors[plan->instances[instance].actor].role == ROLE_PROGRAM;
}

static void fault_line(const struct page *page, const struct fault *fault) {
    size_t const from = page->out->len_bytes;
    fault_place_words(page->result->plan, fault, page->out);
    fault_words(page->result->plan, fault, page->out);
    buffer_text(page->out, "\n");
    page_wrap(page, from);
}

// Steps of a procedure stand where it was written; who called it is told below.
static void callers_render(const struct page *page, const struct step *step) {
    const struct plan *const plan = page->result->plan;
    for (unsigned i = 0; step && i < STEP_CALLERS_MAX; i++) {
        step = step_at(plan, step->called_from);
        if (!step) return;
        size_t const from = page->out->len_bytes;
        page_indent(page, 0);
        buffer_text(page->out, "called from ");
        page_place(page, step->span);
        step_words(step, COLUMNS_ALL, page->out);
        buffer_text(page->out, "\n");
        page_wrap(page, from);
    }
}

static uint32_t failed_socket(const struct journal *journal, const struct failure *failure) {
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_FAILED && event->failure == failure) return event->socket;
    }
    return JOURNAL_NONE;
}

static void block_end_render(const struct page *page, const struct fault *fault) {
    if (!fault_ended_block(page->result->plan, fault)) return;
    page_indent(page, 0);
    buffer_text(page->out, "at the end of this block, where the harness closes what is still open\n");
}

// "at byte 17 (0x11) of what 'caller' received on 127.0.0.1:51000 <- 127.0.0.1:4400"
static void offset_render(const struct page *page, const struct fault *fault) {
    struct arena scratch;
    arena_init(&scratch);
    struct buffer addresses = {0};
    struct socket_book book;
    uint32_t const socket = failed_socket(page->result->journal, fault->failure);
    socket_book_init(&book, page->result->journal, &scratch);
    size_t const from = page->out->len_bytes;
    page_indent(page, 0);
    buffer_printf(page->out, "at byte %" PRIu64 " (0x%" PRIx64 ") of what '", fault->failure->offset,
                  fault->failure->offset);
    instance_name(page->result->plan, fault->actor, page->out);
    bool const has_addresses = socket_words(&book, socket, &addresses);
    buffer_text(page->out, is_program(page->result->plan, fault->actor) && !has_addresses ? "' printed" : "' received");
    if (has_addresses) {
        buffer_text(page->out, " on ");
        buffer_slice(page->out, buffer_view(&addresses));
    }
    buffer_text(page->out, "\n");
    page_sender(page, &book, socket, fault->failure->offset);
    page_wrap(page, from);
    buffer_fini(&addresses);
    arena_fini(&scratch);
}

// Of bytes that got lost on the way only the journal knows where they came from.
static void lost_render(const struct page *page, const struct fault *fault) {
    struct arena scratch;
    arena_init(&scratch);
    struct socket_book book;
    socket_book_init(&book, page->result->journal, &scratch);
    size_t const from = page->out->len_bytes;
    page_sender(page, &book, fault->socket, fault->offset);
    page_wrap(page, from);
    arena_fini(&scratch);
}

// "received  00000010  " and four columns a byte with what stands around them.
static unsigned diff_row_bytes(const struct page *page) {
    enum { AROUND_COLUMNS = 10 + 8 + 1 + 1 + 3 + 1, BYTE_COLUMNS = 4 };
    unsigned row_bytes = 16;
    while (row_bytes > 2 && AROUND_COLUMNS + BYTE_COLUMNS * row_bytes > page_columns(page, 0)) row_bytes /= 2;
    return row_bytes;
}

static void bytes_render(const struct page *page, const struct failure *failure) {
    if (failure->expected.len_bytes) {
        verdict_byte_rows(failure->window_offset, failure->expected, failure->received, failure->offset, page->out,
                          page->indent, diff_row_bytes(page));
    }
    size_t const from = page->out->len_bytes;
    if (failure->wanted) {
        page_indent(page, 0);
        buffer_text(page->out, "wanted:   ");
        report_text(slice_text(failure->wanted), COLUMNS_ALL, page->out);
        buffer_text(page->out, "\n");
    }
    if (!failure->expected.len_bytes) {
        page_indent(page, 0);
        if (failure->received.len_bytes) {
            buffer_text(page->out, "received: \"");
            buffer_escaped(page->out, failure->received, RECEIVED_BYTES_MAX);
            buffer_text(page->out, "\"\n");
        } else {
            buffer_text(page->out, "received: nothing\n");
        }
    }
    page_wrap(page, from);
}

// The step as it stands in the text; one over several lines as the one line that it could be.
static void excerpt_render(const struct page *page, const struct step *step, struct span span) {
    struct slice const text = span_text(span);
    if (!step || !text.len_bytes || !memchr(text.data, '\n', text.len_bytes)) {
        diag_render_excerpt(span, page->out, page->indent);
        return;
    }
    enum { COLUMN_MAX = 40, GUTTER_COLUMNS = 8, EXCERPT_COLUMNS_MAX = 100 };
    struct position const position = source_position(span);
    unsigned const before = position.column - 1 < COLUMN_MAX ? position.column - 1 : COLUMN_MAX;
    page_indent(page, 0);
    buffer_printf(page->out, "%5u | ", position.line);
    buffer_repeat(page->out, ' ', before);
    unsigned const used = GUTTER_COLUMNS + before, room = page_columns(page, used);
    unsigned const most = EXCERPT_COLUMNS_MAX - page->indent - used; // as an excerpt of a text that has it all
    unsigned const shown = step_words(step, room < most ? room : most, page->out);
    buffer_text(page->out, "\n");
    page_indent(page, 0);
    buffer_text(page->out, "      | ");
    buffer_repeat(page->out, ' ', before);
    buffer_text(page->out, "^");
    if (shown > 1) buffer_repeat(page->out, '~', shown - 1);
    buffer_text(page->out, "\n");
}

static void excerpt_cut(const struct page *page, const struct step *step, struct span span) {
    size_t const from = page->out->len_bytes;
    excerpt_render(page, step, span);
    page_cut(page, from);
}

// What the program under test has to say comes first, then the bytes.
static void first_fault_render(const struct page *page, const struct fault *fault) {
    struct span const span = fault_span(page->result->plan, fault);
    page_indent(page, 0);
    fault_line(page, fault);
    if (span.source) excerpt_cut(page, step_at(page->result->plan, fault->step), span);
    callers_render(page, step_at(page->result->plan, fault->step));
    block_end_render(page, fault);
    if (fault->kind == FAULT_LOST_BYTES) lost_render(page, fault);
    page_bad_ends(page);
    if (!fault->failure) return;
    if (failure_is_about_bytes(fault->failure)) {
        buffer_text(page->out, "\n");
        offset_render(page, fault);
        bytes_render(page, fault->failure);
    }
    page_output(page, fault);
}

static void more_faults_render(const struct page *page) {
    const struct verdict *const verdict = page->result->verdict;
    if (verdict->fault_count < 2) return;
    buffer_text(page->out, "\n");
    page_indent(page, 0);
    page_paint(page, PAINT_STRONG, "also");
    buffer_text(page->out, "\n");
    for (uint32_t i = 1; i < verdict->fault_count; i++) {
        page_indent(page, 2);
        if (i > MORE_FAULTS_MAX) {
            buffer_printf(page->out, "and %u more\n", verdict->fault_count - i);
            return;
        }
        fault_line(page, &verdict->faults[i]);
    }
}

void page_failure(const struct page *page) {
    size_t const from = page->out->len_bytes;
    page_indent(page, 0);
    report_text(slice_text(page->result->plan->title), COLUMNS_ALL, page->out);
    buffer_text(page->out, "\n\n");
    page_wrap(page, from);
    if (page->result->verdict->fault_count) first_fault_render(page, &page->result->verdict->faults[0]);
    more_faults_render(page);
    page_meanwhile(page);
}
