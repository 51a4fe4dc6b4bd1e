// Bytes xored with others: made when they are read, as long as they are long.
#include "bytes_parts.h"

#include <string.h>

enum {
    XOR_DEPTH_MAX = 8,  // of xored bytes in xored ones: past it they are held
    XOR_PARTS_MAX = 16, // xored with each other in one run
};

// The key over and over, as long as the bytes are.
static const struct bytes *key_stream(struct arena *arena, const struct bytes *key, uint64_t len_bytes) {
    if (key->len_bytes >= len_bytes) return bytes_slice(arena, key, 0, len_bytes);
    uint64_t const whole_turns = len_bytes / key->len_bytes;
    if (whole_turns > 1) { // one that is cut off is read like any other
        struct bytes *const stream = arena_copy(arena, bytes_repeated(arena, key, whole_turns), sizeof *stream);
        stream->len_bytes = len_bytes;
        return stream;
    }
    const struct bytes *const parts[] = {key, bytes_slice(arena, key, 0, len_bytes - key->len_bytes)};
    return bytes_joined(arena, parts, 2);
}

const struct bytes *bytes_xored(struct arena *arena, const struct bytes *bytes, const struct bytes *key) {
    if (key->len_bytes == 0 || bytes->len_bytes == 0) return bytes;
    const struct bytes *const both[] = {bytes, key_stream(arena, key, bytes->len_bytes)};
    const struct bytes *parts[2 * XOR_PARTS_MAX];
    struct bytes *const xored = arena_alloc(arena, sizeof *xored);
    *xored = (struct bytes){.kind = BYTES_XORED, .len_bytes = bytes->len_bytes};
    for (int i = 0; i < 2; i++) {
        bool const is_spliced = both[i]->kind == BYTES_XORED && both[i]->part_count < XOR_PARTS_MAX;
        uint32_t const count = is_spliced ? both[i]->part_count : 1;
        memcpy(parts + xored->part_count, is_spliced ? both[i]->parts : &both[i], count * sizeof *parts);
        xored->part_count += count;
    }
    xored->parts = arena_copy(arena, parts, xored->part_count * sizeof *parts);
    for (uint32_t i = 0; i < xored->part_count; i++) {
        if (parts[i]->xor_depth >= xored->xor_depth) xored->xor_depth = parts[i]->xor_depth + 1;
    }
    bool const is_deep = xored->xor_depth > XOR_DEPTH_MAX;
    if (is_deep && xored->len_bytes > BYTES_FLAT_MAX) return NULL;
    return is_deep || xored->len_bytes <= SMALL_BYTES_MAX ? bytes_hold(arena, xored) : xored;
}

const struct bytes *xored_slice(struct arena *arena, const struct bytes *xored, uint64_t offset, uint64_t len_bytes) {
    const struct bytes **const parts = arena_array(arena, xored->part_count, sizeof(struct bytes *));
    for (uint32_t i = 0; i < xored->part_count; i++) {
        parts[i] = bytes_slice(arena, xored->parts[i], offset, len_bytes);
    }
    struct bytes *const stretch = arena_copy(arena, xored, sizeof *xored);
    stretch->parts = parts;
    stretch->len_bytes = len_bytes;
    return len_bytes <= SMALL_BYTES_MAX ? bytes_hold(arena, stretch) : stretch;
}

void xored_read(const struct bytes *xored, uint64_t offset, uint8_t *into, size_t len_bytes) {
    uint8_t chunk[CHUNK_BYTES];
    bytes_read(xored->parts[0], offset, into, len_bytes);
    for (uint32_t part = 1; part < xored->part_count; part++) {
        for (size_t at = 0; at < len_bytes;) {
            size_t const piece = len_bytes - at < sizeof chunk ? len_bytes - at : sizeof chunk;
            bytes_read(xored->parts[part], offset + at, chunk, piece);
            for (size_t i = 0; i < piece; i++) into[at + i] ^= chunk[i];
            at += piece;
        }
    }
}
