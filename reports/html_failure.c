// What explains a failed case, laid out for a page.
#include "html.h"

#include "console.h"
#include "faults.h"

#include <inttypes.h>
#include <string.h>

enum {
    FAULTS_MAX = 10,
    AROUND_LINES = 2, // of the excerpt
    EXCERPT_LINES_MAX = 24,
    LINE_COLUMNS_MAX = 400,
    DIFF_ROWS_MAX = 24,
    ROW_BYTES = HTML_DUMP_COLUMNS,
    OUTPUT_BYTES_MAX = 8 * 1024,
    RECEIVED_BYTES_MAX = 256,
};

static void place_write(const struct html_case *page, struct span span) {
    struct buffer *const out = page->out;
    const struct plan *const plan = page->result->plan;
    if (!span.source) {
        html_words(plan->path, out);
        buffer_printf(out, ":%u", plan->title_line);
        return;
    }
    struct position const position = source_position(span);
    bool const is_here = span.source == plan->source;
    if (is_here) buffer_printf(out, "<a href=\"#L%u\">", position.line);
    html_words(span.source->path, out);
    buffer_printf(out, ":%u:%u%s", position.line, position.column, is_here ? "</a>" : "");
}

// --- the text

static struct slice part(struct slice line, size_t from, size_t to) {
    if (from > line.len_bytes) from = line.len_bytes;
    if (to > line.len_bytes) to = line.len_bytes;
    return slice_of(line.data + from, to > from ? to - from : 0);
}

// One line of the excerpt; what of it the span has is marked.
static void line_write(const struct html_case *page, struct span span, uint32_t number) {
    struct buffer *const out = page->out;
    struct slice const line = source_line(span.source, number);
    uint32_t const start = span.source->line_starts[number - 1];
    size_t const from = span.start > start ? span.start - start : 0, to = span.end > start ? span.end - start : 0;
    buffer_printf(out, "<span class=\"gutter\">%5u \u2502 </span>", number);
    if (line.len_bytes > LINE_COLUMNS_MAX) {
        html_line(line, LINE_COLUMNS_MAX, out);
    } else {
        bool const is_marked = to > from && from < line.len_bytes;
        // The blanks that a line of the span begins with say nothing.
        size_t mark = from;
        while (is_marked && mark < line.len_bytes && (line.data[mark] == ' ' || line.data[mark] == '\t')) mark++;
        html_text(part(line, 0, mark), out);
        if (is_marked) buffer_text(out, "<mark>");
        html_text(part(line, mark, to), out);
        if (is_marked) buffer_text(out, "</mark>");
        html_text(part(line, to > mark ? to : mark, line.len_bytes), out);
    }
    buffer_text(out, "\n");
}

static void caret_write(const struct html_case *page, struct span span) {
    struct buffer *const out = page->out;
    struct position const position = source_position(span);
    struct slice const line = source_line(span.source, position.line);
    uint32_t const start = span.source->line_starts[position.line - 1];
    if (line.len_bytes > LINE_COLUMNS_MAX) return;
    buffer_text(out, "<span class=\"gutter\">      \u2502 </span><span class=\"caret\">");
    for (size_t i = 0; i < span.start - start && i < line.len_bytes; i++)
        if ((line.data[i] & 0xc0) != 0x80) buffer_text(out, line.data[i] == '\t' ? "\t" : " ");
    buffer_text(out, "^");
    for (size_t i = span.start - start + 1; i < line.len_bytes && start + i < span.end; i++)
        if ((line.data[i] & 0xc0) != 0x80) buffer_text(out, "~");
    buffer_text(out, "</span>\n");
}

static void excerpt_write(const struct html_case *page, struct span span) {
    struct buffer *const out = page->out;
    if (!span.source || !span.source->line_count) return;
    uint32_t const first = source_position(span).line;
    struct span const last_byte = {.source = span.source, .start = span.end > span.start ? span.end - 1 : span.start};
    uint32_t last = source_position(last_byte).line;
    if (last > first + EXCERPT_LINES_MAX) last = first + EXCERPT_LINES_MAX;
    uint32_t const from = first > AROUND_LINES ? first - AROUND_LINES : 1;
    uint32_t const to = last + AROUND_LINES < span.source->line_count ? last + AROUND_LINES : span.source->line_count;
    buffer_text(out, "<pre class=\"box excerpt\" tabindex=\"0\">");
    for (uint32_t i = from; i <= to; i++) {
        if (i == span.source->line_count && i > last && !source_line(span.source, i).len_bytes)
            break; // behind the last
        line_write(page, span, i);
        if (i == first) caret_write(page, span);
    }
    buffer_text(out, "</pre>\n");
}

// Steps of a procedure stand where it was written; who called it is told below.
static void callers_write(const struct html_case *page, const struct step *step) {
    struct buffer *const out = page->out;
    for (unsigned i = 0; step && i < STEP_CALLERS_MAX; i++) {
        step = step_at(page->result->plan, step->called_from);
        if (!step) return;
        struct buffer words = {0};
        buffer_text(out, "<p>called from ");
        place_write(page, step->span);
        buffer_text(out, " <code>");
        step_words(step, LINE_COLUMNS_MAX, &words);
        html_text(buffer_view(&words), out);
        buffer_text(out, "</code></p>\n");
        buffer_fini(&words);
    }
}

// --- the bytes

// Twice, one for where there is little room; the style shows one of them.
static const struct diff_form {
    const char *class;
    unsigned columns;
    const char *both, *expected, *received; // of one width each
} DIFFS[] = {{"wide", HTML_DUMP_COLUMNS, "both      ", "expected  ", "received  "},
             {"narrow", HTML_DUMP_NARROW, "both ", "exp. ", "recv "}};

// Row by row: what both have once, else what was expected above what was received. A byte that was not received is marked
// only where it is the first that differs: else it may not have come yet.
static void diff_row(const struct failure *failure, size_t at, const struct diff_form *form, struct buffer *out) {
    struct slice const expected = part(failure->expected, at, at + form->columns),
                       received = part(failure->received, at, at + form->columns);
    bool marks[2][ROW_BYTES] = {{false}};
    bool differs = false;
    for (size_t i = 0; i < form->columns; i++) {
        bool const has[2] = {i < expected.len_bytes, i < received.len_bytes};
        bool const same = has[0] && has[1] && expected.data[i] == received.data[i];
        bool const is_first = failure->window_offset + at + i == failure->offset;
        marks[0][i] = has[0] && !same && (has[1] || is_first);
        marks[1][i] = !same && (has[1] || (has[0] && is_first));
        differs |= (has[0] || has[1]) && !same;
    }
    uint64_t const offset = failure->window_offset + at;
    if (!differs) {
        buffer_printf(out, "<span class=\"which\">%s</span>", form->both);
        html_dump(expected, offset, NULL, form->columns, out);
        return;
    }
    if (expected.len_bytes) {
        buffer_printf(out, "<span class=\"which good\">%s</span>", form->expected);
        html_dump(expected, offset, marks[0], form->columns, out);
    }
    if (!received.len_bytes) return;
    buffer_printf(out, "<span class=\"which bad\">%s</span>", form->received);
    html_dump(received, offset, marks[1], form->columns, out);
}

static void diff_write(const struct failure *failure, const struct diff_form *form, struct buffer *out) {
    size_t const longer = failure->expected.len_bytes > failure->received.len_bytes ? failure->expected.len_bytes
                                                                                    : failure->received.len_bytes;
    size_t rows = (longer + form->columns - 1) / form->columns;
    size_t const differs_in = failure->offset < failure->window_offset
                                  ? 0
                                  : (size_t)(failure->offset - failure->window_offset) / form->columns;
    size_t const first = differs_in > DIFF_ROWS_MAX / 2 ? differs_in - DIFF_ROWS_MAX / 2 : 0;
    if (rows > first + DIFF_ROWS_MAX) rows = first + DIFF_ROWS_MAX;
    buffer_printf(out, "<pre class=\"box diff %s\" tabindex=\"0\">", form->class);
    for (size_t row = first; row < rows; row++) diff_row(failure, row * form->columns, form, out);
    buffer_text(out, "</pre>\n");
}

static void bytes_write(const struct html_case *page, const struct failure *failure) {
    struct buffer *const out = page->out;
    if (failure->expected.len_bytes) {
        for (size_t i = 0; i < sizeof DIFFS / sizeof *DIFFS; i++) diff_write(failure, &DIFFS[i], out);
    }
    if (failure->wanted) {
        buffer_text(out, "<p>wanted: <code>");
        html_words(failure->wanted, out);
        buffer_text(out, "</code></p>\n");
    }
    if (failure->expected.len_bytes) return;
    buffer_text(out, failure->received.len_bytes ? "<p>received:</p>\n<pre class=\"box\" tabindex=\"0\">"
                                                 : "<p>received: nothing</p>\n");
    if (!failure->received.len_bytes) return;
    html_dump(part(failure->received, 0, RECEIVED_BYTES_MAX), failure->window_offset, NULL, ROW_BYTES, out);
    buffer_text(out, "</pre>\n");
}

uint32_t html_failed_socket(const struct journal *journal, const struct fault *fault) {
    for (uint64_t i = 0; fault->failure && i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_FAILED && event->failure == fault->failure) return event->socket;
    }
    return fault->socket;
}

// "at byte 17 of what 'caller' received on ...", and whose it was.
static void offset_write(const struct html_case *page, const struct fault *fault) {
    static const struct console_style PLAIN = {.width = 0};
    struct buffer *const out = page->out;
    struct buffer words = {0};
    uint32_t const socket = html_failed_socket(page->result->journal, fault);
    uint64_t const offset = fault->failure ? fault->failure->offset : fault->offset;
    if (failure_is_about_bytes(fault->failure)) {
        buffer_printf(out, "<p>at byte %" PRIu64 " (0x%" PRIx64 ") of what <strong>", offset, offset);
        instance_name(page->result->plan, fault->actor, &words);
        html_text(buffer_view(&words), out);
        buffer_clear(&words);
        bool const has_address = socket_words(&page->book, socket, &words);
        buffer_text(out, has_address ? "</strong> received on " : "</strong> received");
        html_text(buffer_view(&words), out);
        buffer_text(out, "</p>\n");
        buffer_clear(&words);
    }
    page_sender(&(struct page){.result = page->result, .style = &PLAIN, .out = &words}, &page->book, socket, offset);
    if (words.len_bytes) {
        words.len_bytes--; // the line break
        buffer_text(out, "<p class=\"sender\">");
        html_text(buffer_view(&words), out);
        buffer_text(out, "</p>\n");
    }
    buffer_fini(&words);
}

static void output_write(const struct html_case *page, const struct fault *fault) {
    struct buffer *const out = page->out;
    struct slice output = fault->output;
    if (!output.len_bytes) return;
    bool const is_report = fault->failure->kind == FAILURE_SANITIZER;
    if (output.len_bytes > OUTPUT_BYTES_MAX)
        output = is_report ? part(output, 0, OUTPUT_BYTES_MAX)
                           : part(output, output.len_bytes - OUTPUT_BYTES_MAX, output.len_bytes);
    buffer_printf(out, "<p>%s its %s:</p>\n<pre class=\"box\" tabindex=\"0\">",
                  is_report ? "the report, on" : "the end of",
                  output_word(fault->output_of));
    if (html_is_text(output)) html_text(output, out);
    else html_dump(output, 0, NULL, ROW_BYTES, out);
    buffer_text(out, "</pre>\n");
}

void html_fault(const struct html_case *page, const struct fault *fault) {
    struct buffer *const out = page->out;
    const struct plan *const plan = page->result->plan;
    struct span const span = fault_span(plan, fault);
    buffer_text(out, "<p class=\"place\">");
    place_write(page, span);
    buffer_text(out, "</p>\n");
    excerpt_write(page, span);
    callers_write(page, step_at(plan, fault->step));
    if (fault->kind == FAULT_LOST_BYTES || failure_is_about_bytes(fault->failure)) offset_write(page, fault);
    if (failure_is_about_bytes(fault->failure)) bytes_write(page, fault->failure);
    if (fault->failure) output_write(page, fault);
}

static void more_write(const struct html_case *page) {
    struct buffer *const out = page->out;
    const struct verdict *const verdict = page->result->verdict;
    if (verdict->fault_count < 2) return;
    buffer_text(out, "<h3>Also</h3>\n<ul>\n");
    for (uint32_t i = 1; i < verdict->fault_count && i <= FAULTS_MAX; i++) {
        struct buffer words = {0};
        fault_words(page->result->plan, &verdict->faults[i], &words);
        buffer_text(out, "<li>");
        html_line(buffer_view(&words), HTML_TEXT_COLUMNS_MAX, out);
        buffer_text(out, " <span class=\"place\">");
        place_write(page, fault_span(page->result->plan, &verdict->faults[i]));
        buffer_text(out, "</span></li>\n");
        buffer_fini(&words);
    }
    if (verdict->fault_count > FAULTS_MAX + 1)
        buffer_printf(out, "<li>and %u more</li>\n", verdict->fault_count - FAULTS_MAX - 1);
    buffer_text(out, "</ul>\n");
}

void html_failure(const struct html_case *page) {
    const struct verdict *const verdict = page->result->verdict;
    struct buffer words = {0};
    if (!verdict->fault_count) return;
    html_section("failure", "Failure", page->out);
    fault_words(page->result->plan, &verdict->faults[0], &words);
    buffer_text(page->out, "<p class=\"sentence\">");
    html_line(buffer_view(&words), HTML_TEXT_COLUMNS_MAX, page->out);
    buffer_text(page->out, "</p>\n");
    html_fault(page, &verdict->faults[0]);
    more_write(page);
    html_section_end(page->out);
    buffer_fini(&words);
}
