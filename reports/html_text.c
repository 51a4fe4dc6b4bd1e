#include "html.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const ENTITIES[128] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;"};

// How many bytes from there on are printable ASCII that stands for itself.
static size_t plain_bytes(struct slice text, size_t at) {
    size_t end = at;
    while (end < text.len_bytes && text.data[end] >= 0x20 && text.data[end] < 0x7f && !ENTITIES[text.data[end]]) end++;
    return end - at;
}

void html_text(struct slice text, struct buffer *out) {
    for (size_t at = 0; at < text.len_bytes;) {
        size_t const plain = plain_bytes(text, at);
        buffer_add(out, text.data + at, plain);
        at += plain;
        if (at == text.len_bytes) return;
        uint32_t code_point = 0;
        unsigned const len = utf8_decode(slice_of(text.data + at, text.len_bytes - at), &code_point);
        size_t const stop = at + (len ? len : 1);
        bool const is_shown = len && (code_point == '\n' || code_point == '\t' || utf8_printable(code_point)) &&
                              code_point != 0xfffe && code_point != 0xffff;
        if (len == 1 && ENTITIES[code_point]) buffer_text(out, ENTITIES[code_point]);
        else if (is_shown) buffer_add(out, text.data + at, len);
        else
            for (size_t i = at; i < stop; i++) buffer_printf(out, "\\x%02x", text.data[i]);
        at = stop;
    }
}

void html_line(struct slice text, unsigned columns, struct buffer *out) {
    struct buffer line = {0};
    report_text(text, columns, &line);
    html_text(buffer_view(&line), out);
    buffer_fini(&line);
}

void html_words(const char *text, struct buffer *out) {
    html_line(slice_text(text), HTML_TEXT_COLUMNS_MAX, out);
}

void html_number(uint64_t number, struct buffer *out) {
    char digits[32];
    int const len = snprintf(digits, sizeof digits, "%" PRIu64, number);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) buffer_text(out, ",");
        buffer_add(out, &digits[i], 1);
    }
}

void html_bytes_count(uint64_t count, struct buffer *out) {
    static const char *const UNITS[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    enum { KIB = 1024, SHOWN_WHOLE = 10000 };
    unsigned unit = 0;
    uint64_t size = 1, tenths = count;
    while (count >= SHOWN_WHOLE && unit < 4 && (!unit || tenths >= 10 * KIB)) {
        size *= KIB;
        unit++;
        tenths = count / size * 10 + (count % size * 10 + size / 2) / size;
    }
    html_number(unit ? tenths / 10 : count, out);
    if (unit && tenths % 10) buffer_printf(out, ".%" PRIu64, tenths % 10);
    buffer_printf(out, " %s", count == 1 ? "byte" : UNITS[unit]);
}

void html_duration(int64_t ns, struct buffer *out) {
    int64_t const us = (ns < 0 ? 0 : ns) / NS_PER_US;
    if (us < 1000) buffer_printf(out, "%" PRId64 " µs", us);
    else if (us < 100000) buffer_printf(out, "%" PRId64 ".%" PRId64 " ms", us / 1000, us % 1000 / 100);
    else if (us < 1000000) buffer_printf(out, "%" PRId64 " ms", us / 1000);
    else buffer_printf(out, "%" PRId64 ".%02" PRId64 " s", us / 1000000, us % 1000000 / 10000);
}

void html_time(int64_t ns, struct buffer *out) {
    int64_t const us = (ns < 0 ? 0 : ns) / NS_PER_US;
    if (us < 10000000) buffer_printf(out, "%" PRId64 ".%02" PRId64 " ms", us / 1000, us % 1000 / 10);
    else buffer_printf(out, "%" PRId64 ".%03" PRId64 " s", us / 1000000, us % 1000000 / 1000);
}

bool html_is_text(struct slice bytes) {
    size_t strange = 0;
    for (size_t at = 0; at < bytes.len_bytes;) {
        uint32_t code_point = 0;
        unsigned const len = utf8_decode(slice_of(bytes.data + at, bytes.len_bytes - at), &code_point);
        strange += !(len && utf8_printable(code_point)) && !memchr("\t\n\r\b\x1b", bytes.data[at], 5);
        at += len ? len : 1;
    }
    return strange <= bytes.len_bytes / 8;
}

void html_bytes_preview(struct slice bytes, uint64_t count, unsigned columns, struct buffer *out) {
    enum { LOOKED_AT = 256 };
    bool const is_cut = bytes.len_bytes > LOOKED_AT;
    struct slice const first = is_cut ? slice_of(bytes.data, LOOKED_AT) : bytes;
    if (!bytes.len_bytes) return;
    if (html_is_text(first)) {
        html_line(first, columns, out);
    } else {
        size_t const room = columns > 7 ? (columns - 4) / 3 : 1;
        size_t const shown = first.len_bytes < room ? first.len_bytes : room;
        for (size_t i = 0; i < shown; i++) buffer_printf(out, "%s%02x", i ? " " : "", first.data[i]);
        if (shown < count) buffer_text(out, " ...");
    }
}

static void dump_hex(struct slice row, const bool *marks, unsigned columns, struct buffer *out) {
    for (size_t i = 0; i < columns; i++) {
        buffer_text(out, i == columns / 2 ? "  " : " ");
        if (i >= row.len_bytes) buffer_text(out, marks && marks[i] ? "<mark>··</mark>" : "  ");
        else if (marks && marks[i]) buffer_printf(out, "<mark>%02x</mark>", row.data[i]);
        else buffer_printf(out, "%02x", row.data[i]);
    }
}

static void dump_text(struct slice row, const bool *marks, struct buffer *out) {
    for (size_t i = 0; i < row.len_bytes; i++) {
        char const shown = row.data[i] >= 0x20 && row.data[i] < 0x7f ? (char)row.data[i] : '.';
        if (marks && marks[i]) buffer_text(out, "<mark>");
        html_text(slice_of(&shown, 1), out);
        if (marks && marks[i]) buffer_text(out, "</mark>");
    }
}

void html_dump(struct slice bytes, uint64_t offset, const bool *marks, unsigned columns, struct buffer *out) {
    for (size_t at = 0; at < bytes.len_bytes; at += columns) {
        size_t const left = bytes.len_bytes - at;
        struct slice const row = slice_of(bytes.data + at, left < columns ? left : columns);
        buffer_printf(out, "%08" PRIx64 " ", offset + at);
        dump_hex(row, marks ? marks + at : NULL, columns, out);
        buffer_text(out, "  ");
        dump_text(row, marks ? marks + at : NULL, out);
        buffer_text(out, "\n");
    }
}
