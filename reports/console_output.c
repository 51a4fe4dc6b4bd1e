// What a program printed: line by line where it is text, as bytes where it is none, and never wider than the page.
#include "console.h"

#include "base/utf8.h"

#include <string.h>

enum {
    LINES_MAX = 10,
    REPORT_LINES_MAX = 20, // of a sanitizer, whose first lines tell
    HEX_ROW_BYTES = 16,
    HEX_ROWS_MAX = 4,
    COLUMNS_MIN = 20,
};

unsigned page_columns(const struct page *page, unsigned used) {
    unsigned const width = page->style->width;
    if (!width) return COLUMNS_ALL;
    used += page->indent;
    return width > used + COLUMNS_MIN ? width - used : COLUMNS_MIN;
}

// --- lines

static size_t line_bytes(struct slice text) {
    const uint8_t *const line_break = text.len_bytes ? memchr(text.data, '\n', text.len_bytes) : NULL;
    return line_break ? (size_t)(line_break - text.data) + 1 : text.len_bytes;
}

static struct slice behind(struct slice text, size_t len_bytes) {
    return slice_of(text.data + len_bytes, text.len_bytes - len_bytes);
}

static size_t line_count(struct slice text) {
    size_t count = 0;
    for (; text.len_bytes; text = behind(text, line_bytes(text))) count++;
    return count;
}

static struct slice without_line_break(struct slice line) {
    while (line.len_bytes && strchr("\r\n", line.data[line.len_bytes - 1])) line.len_bytes--;
    return line;
}

static struct slice without_blank_end(struct slice text) {
    while (text.len_bytes && strchr(" \t\r\n", text.data[text.len_bytes - 1])) text.len_bytes--;
    return text;
}

static struct slice last_lines(struct slice text, size_t lines_max) {
    for (size_t lines = line_count(text); lines > lines_max; lines--) text = behind(text, line_bytes(text));
    return text;
}

static void lines_render(const struct page *page, struct slice text, size_t lines_max, bool is_cut, unsigned indent) {
    for (size_t i = 0; i < lines_max && text.len_bytes; i++) {
        size_t const len = line_bytes(text);
        page_indent(page, indent);
        buffer_text(page->out, "| ");
        report_text(without_line_break(slice_of(text.data, len)), is_cut ? page_columns(page, indent + 2) : COLUMNS_ALL,
                    page->out);
        buffer_text(page->out, "\n");
        text = behind(text, len);
    }
}

// All that is kept of it stands in the JSON report.
static void report_render(const struct page *page, struct slice report) {
    size_t const count = line_count(report), more = count > REPORT_LINES_MAX ? count - REPORT_LINES_MAX : 0;
    lines_render(page, report, REPORT_LINES_MAX, false, 2);
    if (!more) return;
    page_indent(page, 2);
    buffer_printf(page->out, "... and %zu more line%s, which --json has\n", more, more == 1 ? "" : "s");
}

// --- bytes

// Colours, and a letter of another character set here and there, make no text something else.
static bool is_text(struct slice bytes) {
    size_t strange = 0;
    for (size_t at = 0; at < bytes.len_bytes;) {
        uint32_t code_point;
        unsigned const len = utf8_decode(behind(bytes, at), &code_point);
        if (bytes.data[at] == 0) return false;
        bool const is_plain = (len && utf8_printable(code_point)) || memchr("\t\n\r\b\x1b", bytes.data[at], 5);
        strange += !is_plain;
        at += len ? len : 1;
    }
    return strange <= bytes.len_bytes / 8;
}

static void hex_row(const struct page *page, struct slice bytes, unsigned indent) {
    struct buffer *const out = page->out;
    page_indent(page, indent);
    buffer_text(out, "|");
    for (size_t i = 0; i < HEX_ROW_BYTES; i++) {
        if (i == HEX_ROW_BYTES / 2) buffer_text(out, " ");
        if (i < bytes.len_bytes) buffer_printf(out, " %02x", bytes.data[i]);
        else buffer_text(out, "   ");
    }
    buffer_text(out, "  |");
    for (size_t i = 0; i < bytes.len_bytes; i++) {
        char const shown = bytes.data[i] >= 0x20 && bytes.data[i] < 0x7f ? (char)bytes.data[i] : '.';
        buffer_add(out, &shown, 1);
    }
    buffer_text(out, "|\n");
}

static struct slice last_bytes(struct slice bytes, size_t rows_max) {
    size_t const most = rows_max * HEX_ROW_BYTES;
    return bytes.len_bytes > most ? behind(bytes, bytes.len_bytes - most) : bytes;
}

static void hex_render(const struct page *page, struct slice bytes, unsigned indent) {
    while (bytes.len_bytes) {
        size_t const len = bytes.len_bytes < HEX_ROW_BYTES ? bytes.len_bytes : HEX_ROW_BYTES;
        hex_row(page, slice_of(bytes.data, len), indent);
        bytes = behind(bytes, len);
    }
}

// --- below a failure of the program's

// Whose process it is whose end says something of it.
static bool is_told(enum step_kind kind) {
    return kind == STEP_RECV || kind == STEP_SEND || kind == STEP_DISCARD || kind == STEP_SHUTDOWN;
}

static const struct event *exit_of(const struct page *page, const struct fault *fault) {
    const struct step *const step = step_at(page->result->plan, fault->step);
    if (!step || !is_told(step->kind)) return NULL;
    struct arena scratch;
    arena_init(&scratch);
    uint32_t count;
    const struct program_end *const ends = program_ends(page->result->journal, &scratch, &count);
    const struct event *exited = NULL;
    for (uint32_t i = 0; i < count; i++)
        if (ends[i].instance == fault->actor) exited = ends[i].exited;
    arena_fini(&scratch);
    return exited;
}

void page_output(const struct page *page, const struct fault *fault) {
    const struct failure *const failure = fault->failure;
    const struct event *const exited = exit_of(page, fault);
    struct slice const output = fault->output;
    bool const is_report = failure->kind == FAILURE_SANITIZER, has_output = output.len_bytes > 0;
    if (!exited && !has_output) return;
    struct buffer *const out = page->out;
    buffer_text(out, "\n");
    page_indent(page, 0);
    if (exited) {
        buffer_text(out, "its process ");
        program_end_words(exited, out);
        buffer_text(out, has_output ? "; " : "\n");
    }
    if (!has_output) return;
    bool const as_text = is_report || is_text(output);
    struct slice const bytes = last_bytes(output, HEX_ROWS_MAX);
    if (is_report) buffer_text(out, "the report, on");
    else if (as_text) buffer_text(out, "the end of");
    else buffer_printf(out, "the last %zu bytes of", bytes.len_bytes);
    buffer_printf(out, " its %s:\n", output_word(fault->output_of));
    if (is_report) report_render(page, output);
    else if (as_text) lines_render(page, last_lines(output, LINES_MAX), LINES_MAX, true, 2);
    else hex_render(page, bytes, 2);
}

// --- beside the failure of another

void page_program_end(const struct page *page, const struct program_end *end, unsigned indent, unsigned lines_max) {
    enum { END_ROWS_MAX = 2 };
    struct buffer words = {0}, line = {0};
    if (end->exited) program_end_words(end->exited, &words);
    else buffer_text(&words, "still ran");
    struct slice const output = end->output ? end->output->bytes : slice_of(NULL, 0);
    struct slice const text = without_blank_end(output), bytes = last_bytes(output, END_ROWS_MAX);
    bool const as_text = is_text(output);
    const char *const stream = end->output ? output_word(end->output->code) : "";
    if (as_text && text.len_bytes) buffer_printf(&words, "; its %s:", stream);
    else if (!as_text) buffer_printf(&words, "; the last %zu bytes of its %s:", bytes.len_bytes, stream);
    buffer_slice(page->out, buffer_view(&words));
    struct slice const last = as_text ? last_lines(text, lines_max) : slice_of(NULL, 0);
    unsigned const columns = report_text(last, COLUMNS_ALL, &line);
    if (line_count(last) == 1 && columns <= page_columns(page, indent + (unsigned)words.len_bytes + 1)) {
        buffer_text(page->out, " ");
        buffer_slice(page->out, buffer_view(&line));
        buffer_text(page->out, "\n");
    } else {
        buffer_text(page->out, "\n");
        if (as_text) lines_render(page, last, lines_max, true, indent + 2);
        else hex_render(page, bytes, indent + 2);
    }
    buffer_fini(&words);
    buffer_fini(&line);
}

void page_bad_ends(const struct page *page) {
    enum { BAD_ENDS_MAX = 4 };
    const struct verdict *const verdict = page->result->verdict;
    uint32_t const failed = verdict->fault_count ? verdict->faults[0].actor : JOURNAL_NONE;
    struct arena scratch;
    arena_init(&scratch);
    uint32_t count, shown = 0;
    const struct program_end *const ends = program_ends(page->result->journal, &scratch, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (ends[i].instance == failed || !program_ended_badly(page->result->journal, &ends[i])) continue;
        if (shown++ >= BAD_ENDS_MAX) continue;
        struct buffer name = {0};
        instance_words(page->result->plan, ends[i].instance, &name);
        buffer_text(page->out, shown == 1 ? "\n" : "");
        page_indent(page, 0);
        buffer_slice(page->out, buffer_view(&name));
        buffer_text(page->out, " ");
        page_program_end(page, &ends[i], 0, LINES_MAX);
        buffer_fini(&name);
    }
    if (shown > BAD_ENDS_MAX) {
        page_indent(page, 0);
        buffer_printf(page->out, "and %u more programs ended badly\n", shown - BAD_ENDS_MAX);
    }
    arena_fini(&scratch);
}
