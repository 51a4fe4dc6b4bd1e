// A view of bytes that somebody else owns.
#ifndef SOCKDRILL_BASE_SLICE_H
#define SOCKDRILL_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Valid as long as its owner says; never ends with a NUL that counts.
struct slice {
    const uint8_t *data;
    size_t len_bytes;
};

struct slice slice_of(const void *data, size_t len_bytes);
struct slice slice_text(const char *text); // without the NUL
bool slice_equal(struct slice a, struct slice b);
bool slice_is(struct slice a, const char *text);
int slice_compare(struct slice a, struct slice b); // as memcmp, then by length

// Offset of the first `needle` in `haystack`, or -1; an empty needle is found at 0.
int64_t slice_find(struct slice haystack, struct slice needle);

#endif
