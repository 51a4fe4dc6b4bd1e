#include "base/buffer.h"

#include "base/memory.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES_MIN = 256 };

// Room for len_bytes more and the NUL.
static void buffer_reserve(struct buffer *buffer, size_t len_bytes) {
    size_t needed;
    if (__builtin_add_overflow(buffer->len_bytes + 1, len_bytes, &needed)) memory_exhausted();
    if (needed <= buffer->cap_bytes) return;
    size_t cap = buffer->cap_bytes ? buffer->cap_bytes : BUFFER_BYTES_MIN;
    while (cap < needed) cap = cap > SIZE_MAX / 2 ? needed : cap * 2;
    char *const data = realloc(buffer->data, cap);
    if (!data) memory_exhausted();
    buffer->data = data;
    buffer->cap_bytes = cap;
}

void buffer_fini(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer) {
    buffer->len_bytes = 0;
    if (buffer->data) buffer->data[0] = '\0';
}

void buffer_add(struct buffer *buffer, const void *data, size_t len_bytes) {
    buffer_reserve(buffer, len_bytes);
    if (len_bytes) memcpy(buffer->data + buffer->len_bytes, data, len_bytes);
    buffer->len_bytes += len_bytes;
    buffer->data[buffer->len_bytes] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text) {
    buffer_add(buffer, text, strlen(text));
}

void buffer_slice(struct buffer *buffer, struct slice slice) {
    buffer_add(buffer, slice.data, slice.len_bytes);
}

void buffer_repeat(struct buffer *buffer, char byte, size_t count) {
    buffer_reserve(buffer, count);
    memset(buffer->data + buffer->len_bytes, byte, count);
    buffer->len_bytes += count;
    buffer->data[buffer->len_bytes] = '\0';
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments) {
    va_list measured;
    va_copy(measured, arguments);
    int const len = vsnprintf(NULL, 0, format, measured);
    va_end(measured);
    if (len < 0) return; // EOVERFLOW or EILSEQ: nothing can be shown
    buffer_reserve(buffer, (size_t)len);
    vsnprintf(buffer->data + buffer->len_bytes, (size_t)len + 1, format, arguments);
    buffer->len_bytes += (size_t)len;
}

static const char *const ESCAPES[128] = {
    ['\r'] = "\\r", ['\n'] = "\\n", ['\t'] = "\\t", ['\\'] = "\\\\", ['"'] = "\\\"",
};

void buffer_escaped(struct buffer *buffer, struct slice bytes, size_t limit) {
    size_t const end = bytes.len_bytes < limit ? bytes.len_bytes : limit;
    for (size_t at = 0; at < end;) {
        uint8_t const byte = bytes.data[at];
        uint32_t code_point;
        unsigned const len = utf8_decode(slice_of(bytes.data + at, end - at), &code_point);
        if (len == 1 && ESCAPES[byte]) {
            buffer_text(buffer, ESCAPES[byte]);
            at += 1;
        } else if (len && utf8_printable(code_point)) {
            buffer_add(buffer, bytes.data + at, len);
            at += len;
        } else {
            size_t const stop = at + (len ? len : 1);
            while (at < stop) buffer_printf(buffer, "\\x%02x", bytes.data[at++]);
        }
    }
    if (end < bytes.len_bytes) buffer_text(buffer, "...");
}

struct slice buffer_view(const struct buffer *buffer) {
    return slice_of(buffer->data, buffer->len_bytes);
}
