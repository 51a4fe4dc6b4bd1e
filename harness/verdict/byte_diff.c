// Two stretches of a stream under each other, and a mark below each byte that differs.
#include "verdict/verdict.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    ROW_BYTES_MAX = 16,
    OFFSET_DIGITS_MIN = 8,
    LABEL_COLUMNS = 10,
};

// Both sides of a diff. A plain value.
struct diff {
    uint64_t offset; // in the stream, of both slices' first byte
    struct slice expected, received;
    bool has_ended; // what is missing of `received` is the difference; else it has not come yet
    struct buffer *out;
    unsigned indent, row_bytes;
    int offset_digits;
};

// The byte of one side at a stream offset, or -1 where that side has none.
static int byte_at(const struct diff *diff, struct slice side, uint64_t at) {
    if (at < diff->offset || at - diff->offset >= side.len_bytes) return -1;
    return side.data[at - diff->offset];
}

static bool differs_at(const struct diff *diff, uint64_t at) {
    return byte_at(diff, diff->expected, at) != byte_at(diff, diff->received, at);
}

static bool marked_at(const struct diff *diff, uint64_t at) {
    return differs_at(diff, at) && (diff->has_ended || byte_at(diff, diff->received, at) >= 0);
}

static bool row_has(const struct diff *diff, uint64_t row, bool (*what)(const struct diff *, uint64_t)) {
    for (unsigned i = 0; i < diff->row_bytes; i++) {
        if (what(diff, row + i)) return true;
    }
    return false;
}

static void row_side(const struct diff *diff, const char *label, struct slice side, uint64_t row) {
    struct buffer *const out = diff->out;
    buffer_repeat(out, ' ', diff->indent);
    buffer_printf(out, "%-*s%0*" PRIx64 " ", LABEL_COLUMNS, label, diff->offset_digits, row);
    for (unsigned i = 0; i < diff->row_bytes; i++) {
        int const byte = byte_at(diff, side, row + i);
        if (i == diff->row_bytes / 2) buffer_text(out, " ");
        if (byte < 0) {
            buffer_text(out, "   ");
        } else {
            buffer_printf(out, " %02x", (unsigned)byte);
        }
    }
    buffer_text(out, "  |");
    for (unsigned i = 0; i < diff->row_bytes; i++) {
        int const byte = byte_at(diff, side, row + i);
        char const shown = byte < 0 ? ' ' : byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
        buffer_add(out, &shown, 1);
    }
    buffer_text(out, "|\n");
}

// Below the pairs, and below the text, as far as the last mark: no line ends in blanks.
static void row_marks(const struct diff *diff, uint64_t row) {
    struct buffer *const out = diff->out;
    if (!row_has(diff, row, marked_at)) return;
    buffer_repeat(out, ' ', diff->indent + LABEL_COLUMNS + (unsigned)diff->offset_digits + 1);
    for (unsigned i = 0; i < diff->row_bytes; i++) {
        if (i == diff->row_bytes / 2) buffer_text(out, " ");
        buffer_text(out, marked_at(diff, row + i) ? " ^^" : "   ");
    }
    char marks[ROW_BYTES_MAX];
    size_t marked = 0;
    for (unsigned i = 0; i < diff->row_bytes; i++) {
        bool const is_marked = marked_at(diff, row + i);
        marks[i] = is_marked ? '^' : ' ';
        if (is_marked) marked = i + 1;
    }
    buffer_text(out, "   ");
    buffer_add(out, marks, marked);
    buffer_text(out, "\n");
}

static void row_render(const struct diff *diff, uint64_t row) {
    if (!row_has(diff, row, differs_at)) {
        row_side(diff, "both", diff->expected, row);
        return;
    }
    row_side(diff, "expected", diff->expected, row);
    row_side(diff, "received", diff->received, row);
    row_marks(diff, row);
}

void verdict_byte_diff(uint64_t offset, struct slice expected, struct slice received, uint64_t first_difference,
                       struct buffer *out, unsigned indent) {
    verdict_byte_rows(offset, expected, received, first_difference, out, indent, ROW_BYTES_MAX);
}

void verdict_byte_rows(uint64_t offset, struct slice expected, struct slice received, uint64_t first_difference,
                       struct buffer *out, unsigned indent, unsigned row_bytes) {
    size_t const len_bytes =
        expected.len_bytes > received.len_bytes ? expected.len_bytes : received.len_bytes;
    if (!len_bytes) return;
    struct diff diff = {.offset = offset, .expected = expected, .received = received, .out = out, .indent = indent};
    diff.row_bytes = row_bytes;
    uint64_t const last = offset + len_bytes - 1;
    if (first_difference < offset) first_difference = offset;
    if (first_difference > last) first_difference = last;
    diff.has_ended = first_difference >= offset + received.len_bytes;
    uint64_t const first_row = offset - offset % row_bytes, last_row = last - last % row_bytes;
    uint64_t const row = first_difference - first_difference % row_bytes;
    uint64_t const begin = row > first_row ? row - row_bytes : row;
    uint64_t const end = row < last_row ? row + row_bytes : row;

    diff.offset_digits = snprintf(NULL, 0, "%0*" PRIx64, OFFSET_DIGITS_MIN, end);
    for (uint64_t at = begin; at <= end; at += row_bytes) row_render(&diff, at);
}
