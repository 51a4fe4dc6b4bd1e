// What the files of bytes share.
#ifndef SOCKDRILL_PLAN_BYTES_PARTS_H
#define SOCKDRILL_PLAN_BYTES_PARTS_H

#include "plan/value.h"

enum {
    SMALL_BYTES_MAX = 4096, // up to here what is joined, repeated or xored is simply held
    CHUNK_BYTES = 4096,
};

// A held copy; the caller knows that it is short.
const struct bytes *bytes_hold(struct arena *arena, const struct bytes *bytes);

// bytes_slice and bytes_read of BYTES_XORED.
const struct bytes *xored_slice(struct arena *arena, const struct bytes *xored, uint64_t offset, uint64_t len_bytes);
void xored_read(const struct bytes *xored, uint64_t offset, uint8_t *into, size_t len_bytes);

// Of BYTES_RANDOM; the index of the first difference, or len_bytes.
void random_read(uint64_t seed, uint64_t offset, uint8_t *into, size_t len_bytes);
size_t random_differ_at(uint64_t seed, uint64_t offset, const uint8_t *data, size_t len_bytes);

#endif
