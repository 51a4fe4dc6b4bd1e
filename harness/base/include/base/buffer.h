// Bytes that grow: what reports and diagnostics are written into.
#ifndef SOCKDRILL_BASE_BUFFER_H
#define SOCKDRILL_BASE_BUFFER_H

#include "base/slice.h"

#include <stdarg.h>

// Owned by one worker. Zero-initialised is a valid, empty buffer. Out of memory ends the process with 3.
struct buffer {
    char *data; // always followed by a NUL that is not counted, once anything was added
    size_t len_bytes;
    size_t cap_bytes;
};

void buffer_fini(struct buffer *buffer);
void buffer_clear(struct buffer *buffer); // keeps the memory
void buffer_add(struct buffer *buffer, const void *data, size_t len_bytes);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_slice(struct buffer *buffer, struct slice slice);
void buffer_repeat(struct buffer *buffer, char byte, size_t count);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

// Bytes as a reader of a terminal may see them: printable ASCII and well-formed UTF-8 as they are, \r \n \t \\ \"
// and \xNN for the rest; at most `limit` source bytes, then "...".
void buffer_escaped(struct buffer *buffer, struct slice bytes, size_t limit);

// The contents so far; valid until the next change.
struct slice buffer_view(const struct buffer *buffer);

#endif
