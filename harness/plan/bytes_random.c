// The bytes of random(N): splitmix64 as a function of its counter, so that any place may be read.
//
// Gigabytes of them are made on both ends of a connection, so the loops stand as the compiler can take eight blocks at once,
// where the processor multiplies so many (AVX-512 DQ). Which it is, the loader has found out already: asking costs nothing.
#include "bytes_parts.h"

#include <endian.h>
#include <string.h>
#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define HAS_WIDE 1
#else
#define HAS_WIDE 0
#endif

enum { BLOCK_BYTES = 8, ROW_BLOCKS = 64, ROW_BYTES = ROW_BLOCKS * BLOCK_BYTES };

static const uint64_t STRIDE = UINT64_C(0x9e3779b97f4a7c15);

// Where the counter stands at block `index` of the endless run of `seed`; from block to block it grows by STRIDE.
static inline uint64_t counter_at(uint64_t seed, uint64_t index) {
    return seed + (index + 1) * STRIDE;
}

static inline uint64_t block_of(uint64_t counter) {
    uint64_t mixed = counter;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return htole64(mixed ^ mixed >> 31);
}

// --- rows of ROW_BLOCKS

static inline __attribute__((always_inline)) void rows_read(uint64_t counter, uint8_t *into, size_t rows) {
    for (; rows > 0; rows--, counter += ROW_BLOCKS * STRIDE, into += ROW_BYTES) {
        for (uint64_t i = 0; i < ROW_BLOCKS; i++) {
            uint64_t const block = block_of(counter + i * STRIDE);
            memcpy(into + i * BLOCK_BYTES, &block, sizeof block);
        }
    }
}

// How many of them `data` equals, from the first on.
static inline __attribute__((always_inline)) size_t rows_equal(uint64_t counter, const uint8_t *data, size_t rows) {
    for (size_t row = 0; row < rows; row++, counter += ROW_BLOCKS * STRIDE, data += ROW_BYTES) {
        uint64_t differs = 0;
        for (uint64_t i = 0; i < ROW_BLOCKS; i++) {
            uint64_t there;
            memcpy(&there, data + i * BLOCK_BYTES, sizeof there);
            differs |= there ^ block_of(counter + i * STRIDE);
        }
        if (differs) return row;
    }
    return rows;
}

// One way to go through rows. Immutable.
struct rows {
    void (*read)(uint64_t counter, uint8_t *into, size_t rows);
    size_t (*equal)(uint64_t counter, const uint8_t *data, size_t rows);
};

static void plain_read(uint64_t counter, uint8_t *into, size_t rows) {
    rows_read(counter, into, rows);
}

static size_t plain_equal(uint64_t counter, const uint8_t *data, size_t rows) {
    return rows_equal(counter, data, rows);
}

#if HAS_WIDE
// gcc takes registers of half their width unless it is told; clang does not know the word, and needs none.
#ifdef __clang__
#define WIDE __attribute__((target("avx512f,avx512dq")))
#else
#define WIDE __attribute__((target("avx512f,avx512dq,prefer-vector-width=512")))
#endif

WIDE static void wide_read(uint64_t counter, uint8_t *into, size_t rows) {
    rows_read(counter, into, rows);
}

WIDE static size_t wide_equal(uint64_t counter, const uint8_t *data, size_t rows) {
    return rows_equal(counter, data, rows);
}
#endif

static const struct rows *rows_here(void) {
    static const struct rows plain = {plain_read, plain_equal};
#if HAS_WIDE
    static const struct rows wide = {wide_read, wide_equal};
    if (CPU_FEATURE_ACTIVE(AVX512F) && CPU_FEATURE_ACTIVE(AVX512DQ)) return &wide;
#endif
    return &plain;
}

// --- any stretch

// One block of which, or of less of which, is needed, from `skip` on; how much that is.
static size_t part_of_block(uint64_t seed, uint64_t index, size_t skip, size_t len_bytes, uint8_t part[BLOCK_BYTES]) {
    uint64_t const block = block_of(counter_at(seed, index));
    size_t const count = len_bytes < BLOCK_BYTES - skip ? len_bytes : BLOCK_BYTES - skip;
    memcpy(part, (const uint8_t *)&block + skip, count);
    return count;
}

void random_read(uint64_t seed, uint64_t offset, uint8_t *into, size_t len_bytes) {
    while (len_bytes > 0) {
        size_t const skip = (size_t)(offset % BLOCK_BYTES), rows = skip ? 0 : len_bytes / ROW_BYTES;
        size_t done = rows * ROW_BYTES;
        uint8_t part[BLOCK_BYTES];
        if (rows > 0) {
            rows_here()->read(counter_at(seed, offset / BLOCK_BYTES), into, rows);
        } else {
            done = part_of_block(seed, offset / BLOCK_BYTES, skip, len_bytes, part);
            memcpy(into, part, done);
        }
        offset += done, into += done, len_bytes -= done;
    }
}

size_t random_differ_at(uint64_t seed, uint64_t offset, const uint8_t *data, size_t len_bytes) {
    size_t at = 0;
    bool in_rows = true; // until one differs: then block by block
    while (at < len_bytes) {
        uint64_t const index = (offset + at) / BLOCK_BYTES;
        size_t const skip = (size_t)((offset + at) % BLOCK_BYTES);
        size_t const rows = skip || !in_rows ? 0 : (len_bytes - at) / ROW_BYTES;
        if (rows > 0) {
            size_t const same = rows_here()->equal(counter_at(seed, index), data + at, rows);
            at += same * ROW_BYTES;
            in_rows = same == rows;
            continue;
        }
        uint8_t part[BLOCK_BYTES];
        size_t const count = part_of_block(seed, index, skip, len_bytes - at, part);
        for (size_t i = 0; i < count; i++, at++) {
            if (data[at] != part[i]) return at;
        }
    }
    return at;
}
