// Diagnostics as text for a terminal. Whatever stands in the source, only printable characters come out.
#include "base/diag.h"
#include "base/utf8.h"

#include <stdlib.h>

enum {
    VIEW_COLUMNS = 110,  // of a source line
    VIEW_BEFORE = 60,    // characters kept before the caret of a clipped line
    TAB_COLUMNS = 8,
    NUMBER_COLUMNS = 5,  // of a line number
};

// One character of a source line, as it is shown.
struct cell {
    unsigned source_bytes;
    unsigned columns;
    bool escaped; // as \xNN, each byte
};

static struct cell cell_at(struct slice line, size_t at, unsigned column) {
    if (line.data[at] == '\t') {
        return (struct cell){.source_bytes = 1, .columns = TAB_COLUMNS - column % TAB_COLUMNS};
    }
    uint32_t code_point;
    unsigned const len = utf8_decode(slice_of(line.data + at, line.len_bytes - at), &code_point);
    if (len && utf8_printable(code_point)) {
        return (struct cell){.source_bytes = len, .columns = utf8_columns(code_point)};
    }
    unsigned const bytes = len ? len : 1;
    return (struct cell){.source_bytes = bytes, .columns = 4 * bytes, .escaped = true};
}

static void cell_render(struct slice line, size_t at, struct cell cell, struct buffer *out) {
    if (line.data[at] == '\t') {
        buffer_repeat(out, ' ', cell.columns);
    } else if (cell.escaped) {
        for (unsigned i = 0; i < cell.source_bytes; i++) buffer_printf(out, "\\x%02x", line.data[at + i]);
    } else {
        buffer_add(out, line.data + at, cell.source_bytes);
    }
}

// Text that came from outside, on one line of the terminal.
static void text_render(const char *text, struct buffer *out) {
    struct slice const line = slice_text(text);
    for (size_t at = 0; at < line.len_bytes;) {
        struct cell const cell = cell_at(line, at, 0);
        cell_render(line, at, cell, out);
        at += cell.source_bytes;
    }
}

// The columns of line[0, end), or more than `limit` as soon as it is clear that they are.
static unsigned columns_before(struct slice line, size_t end, unsigned limit) {
    unsigned columns = 0;
    for (size_t at = 0; at < end && columns <= limit;) {
        struct cell const cell = cell_at(line, at, columns);
        columns += cell.columns;
        at += cell.source_bytes;
    }
    return columns;
}

// What of a line is shown: all that fits from its start, or else what stands around the caret.
static size_t view_start(struct slice line, size_t caret) {
    if (columns_before(line, line.len_bytes, VIEW_COLUMNS) <= VIEW_COLUMNS) return 0;
    if (columns_before(line, caret, VIEW_BEFORE) <= VIEW_BEFORE) return 0;
    size_t start = caret;
    for (unsigned i = 0; i < VIEW_BEFORE && start > 0; i++) {
        do {
            start--;
        } while (start > 0 && caret - start < UTF8_BYTES_MAX * VIEW_BEFORE && (line.data[start] & 0xc0) == 0x80);
    }
    return start;
}

static void gutter_render(struct buffer *out, unsigned indent, uint32_t line_number) {
    buffer_repeat(out, ' ', indent);
    if (line_number) {
        buffer_printf(out, "%*u | ", NUMBER_COLUMNS, line_number);
    } else {
        buffer_printf(out, "%*s | ", NUMBER_COLUMNS, "");
    }
}

void diag_render_excerpt(struct span span, struct buffer *out, unsigned indent) {
    struct position const position = source_position(span);
    struct slice const line = source_line(span.source, position.line);
    size_t const line_start = span.source->line_starts[position.line - 1];
    size_t caret = span.start - line_start, end = span.end - line_start;
    if (caret > line.len_bytes) caret = line.len_bytes;
    if (end > line.len_bytes) end = line.len_bytes; // a span of many lines is underlined on its first

    size_t const start = view_start(line, caret);
    unsigned column = start ? 3 : 0, caret_column = 0, end_column = 0;
    gutter_render(out, indent, position.line);
    if (start) buffer_text(out, "...");
    size_t at = start;
    while (at < line.len_bytes) {
        struct cell const cell = cell_at(line, at, column);
        if (column + cell.columns > VIEW_COLUMNS + 3) break;
        if (at <= caret) caret_column = column;
        cell_render(line, at, cell, out);
        column += cell.columns;
        at += cell.source_bytes;
        if (at <= end) end_column = column;
    }
    if (caret >= at) caret_column = column;
    if (at < line.len_bytes) {
        if (end > at) end_column = column;
        buffer_text(out, "...");
    }
    buffer_text(out, "\n");

    gutter_render(out, indent, 0);
    buffer_repeat(out, ' ', caret_column);
    buffer_text(out, "^");
    if (end_column > caret_column + 1) buffer_repeat(out, '~', end_column - caret_column - 1);
    buffer_text(out, "\n");
}

static const char *const SEVERITY_WORDS[] = {
    [SEVERITY_ERROR] = "error",
    [SEVERITY_WARNING] = "warning",
};

void diag_render_one(const struct diag *diag, struct buffer *out) {
    if (diag->span.source) {
        struct position const position = source_position(diag->span);
        text_render(diag->span.source->path, out);
        buffer_printf(out, ":%u:%u: ", position.line, position.column);
    }
    buffer_printf(out, "%s: ", SEVERITY_WORDS[diag->severity]);
    text_render(diag->message, out);
    buffer_text(out, "\n");
    if (diag->span.source) diag_render_excerpt(diag->span, out, 0);
    if (!diag->hint) return;
    buffer_printf(out, "%*s = ", NUMBER_COLUMNS, "");
    text_render(diag->hint, out);
    buffer_text(out, "\n");
}

// A diagnostic with what orders it: files as they were first spoken of, then places, then age.
struct ranked {
    const struct diag *diag;
    unsigned file;
    unsigned age;
};

static int ranked_compare(const void *left, const void *right) {
    const struct ranked *const a = left, *const b = right;
    if (a->file != b->file) return a->file < b->file ? -1 : 1;
    if (a->diag->span.start != b->diag->span.start) return a->diag->span.start < b->diag->span.start ? -1 : 1;
    return a->age < b->age ? -1 : a->age > b->age;
}

uint32_t diag_list_sort(const struct diag_list *list, const struct diag *sorted[DIAG_LIMIT]) {
    struct ranked ranked[DIAG_LIMIT];
    uint32_t count = 0;
    for (const struct diag *diag = list->first; diag && count < DIAG_LIMIT; diag = diag->next) {
        unsigned same = 0;
        while (same < count && ranked[same].diag->span.source != diag->span.source) same++;
        unsigned const file = same < count ? ranked[same].file : count;
        ranked[count] = (struct ranked){.diag = diag, .file = file, .age = count};
        count++;
    }
    qsort(ranked, count, sizeof *ranked, ranked_compare);
    for (uint32_t i = 0; i < count; i++) sorted[i] = ranked[i].diag;
    return count;
}

void diag_render(const struct diag_list *list, struct buffer *out) {
    const struct diag *sorted[DIAG_LIMIT];
    uint32_t const count = diag_list_sort(list, sorted);
    for (uint32_t i = 0; i < count; i++) diag_render_one(sorted[i], out);
    if (list->dropped_count) buffer_printf(out, "and %u more\n", list->dropped_count);
}
