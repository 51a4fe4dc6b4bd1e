// A view of bytes that somebody else owns.
#ifndef SOCKDRILL_BASE_SLICE_H
#define SOCKDRILL_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Valid as long as its owner says; never ends with a NUL that counts.
struct slice {
    const uint8_t *data;
    size_t len_bytes;
};

static inline struct slice slice_of(const void *data, size_t len_bytes) {
    return (struct slice){.data = (const uint8_t *)data, .len_bytes = len_bytes};
}

// Without the NUL.
static inline struct slice slice_text(const char *text) { return slice_of(text, strlen(text)); }

static inline bool slice_equal(struct slice a, struct slice b) {
    return a.len_bytes == b.len_bytes && (a.len_bytes == 0 || memcmp(a.data, b.data, a.len_bytes) == 0);
}

static inline bool slice_is(struct slice a, const char *text) { return slice_equal(a, slice_text(text)); }

int slice_compare(struct slice a, struct slice b); // as memcmp, then by length

// Offset of the first `needle` in `haystack`, or -1; an empty needle is found at 0.
int64_t slice_find(struct slice haystack, struct slice needle);

#endif
