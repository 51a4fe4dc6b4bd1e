#include "bytes_parts.h"

#include <string.h>

enum {
    SPLICED_PARTS_MAX = 256, // a joined part with more parts than this stays a part
    COUNTER_PERIOD_BYTES = 256,
    TILE_BYTES = 8192,       // whole periods to compare with: it and what is compared fit into the nearest cache
};

static size_t least(uint64_t a, uint64_t b) {
    return (size_t)(a < b ? a : b);
}

// ---- making

const struct bytes *bytes_held(struct arena *arena, struct slice held) {
    struct bytes *const bytes = arena_alloc(arena, sizeof *bytes);
    bytes->kind = BYTES_HELD;
    bytes->held = held;
    bytes->len_bytes = held.len_bytes;
    return bytes;
}

const struct bytes *bytes_hold(struct arena *arena, const struct bytes *bytes) {
    uint8_t *const data = arena_alloc(arena, (size_t)bytes->len_bytes);
    bytes_read(bytes, 0, data, (size_t)bytes->len_bytes);
    return bytes_held(arena, slice_of(data, (size_t)bytes->len_bytes));
}

static bool is_spliced(const struct bytes *part) {
    return part->kind == BYTES_JOINED && part->part_count <= SPLICED_PARTS_MAX;
}

// The parts in one row: empty ones left out, and those of a joined part in its place, so that joining again and again
// makes no deep nest.
static uint32_t splice_parts(const struct bytes *const *parts, uint32_t count, const struct bytes **row) {
    uint32_t row_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i]->len_bytes == 0) continue;
        if (is_spliced(parts[i])) {
            memcpy(row + row_count, parts[i]->parts, parts[i]->part_count * sizeof *row);
            row_count += parts[i]->part_count;
        } else {
            row[row_count++] = parts[i];
        }
    }
    return row_count;
}

const struct bytes *bytes_joined(struct arena *arena, const struct bytes *const *parts, uint32_t count) {
    size_t row_max = 0;
    uint64_t len_bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (__builtin_add_overflow(len_bytes, parts[i]->len_bytes, &len_bytes)) return NULL;
        row_max += is_spliced(parts[i]) ? parts[i]->part_count : 1;
    }
    if (row_max > UINT32_MAX) return NULL;

    const struct bytes **const row = arena_array(arena, row_max, sizeof(struct bytes *));
    uint32_t const row_count = splice_parts(parts, count, row);
    if (row_count == 1) return row[0];

    struct bytes *const joined = arena_alloc(arena, sizeof *joined);
    uint64_t *const ends = arena_array(arena, row_count, sizeof *ends);
    *joined = (struct bytes){
        .kind = BYTES_JOINED, .len_bytes = len_bytes, .parts = row, .part_ends = ends, .part_count = row_count};
    uint64_t end = 0;
    for (uint32_t i = 0; i < row_count; i++) {
        ends[i] = end += row[i]->len_bytes;
        if (row[i]->xor_depth > joined->xor_depth) joined->xor_depth = row[i]->xor_depth;
    }
    return len_bytes <= SMALL_BYTES_MAX ? bytes_hold(arena, joined) : joined;
}

const struct bytes *bytes_repeated(struct arena *arena, const struct bytes *part, uint64_t count) {
    uint64_t len_bytes;
    if (__builtin_mul_overflow(part->len_bytes, count, &len_bytes)) return NULL;
    if (len_bytes == 0) return bytes_held(arena, slice_of(NULL, 0));
    if (count == 1) return part;
    if (part->kind != BYTES_HELD && part->len_bytes <= SMALL_BYTES_MAX) part = bytes_hold(arena, part);
    const struct bytes **const parts = arena_alloc(arena, sizeof(struct bytes *));
    parts[0] = part;
    struct bytes *const repeated = arena_alloc(arena, sizeof *repeated);
    *repeated = (struct bytes){.kind = BYTES_REPEATED, .len_bytes = len_bytes, .parts = parts, .part_count = 1,
                               .xor_depth = part->xor_depth};
    return repeated;
}

const struct bytes *bytes_random(struct arena *arena, uint64_t seed, uint64_t len_bytes) {
    struct bytes *const random = arena_alloc(arena, sizeof *random);
    *random = (struct bytes){.kind = BYTES_RANDOM, .len_bytes = len_bytes, .seed = seed};
    return random;
}

const struct bytes *bytes_counter(struct arena *arena, uint64_t len_bytes) {
    struct bytes *const counter = arena_alloc(arena, sizeof *counter);
    *counter = (struct bytes){.kind = BYTES_COUNTER, .len_bytes = len_bytes};
    return counter;
}

// The part of a joined run that holds the byte at `offset`.
static uint32_t part_at(const struct bytes *joined, uint64_t offset) {
    uint32_t low = 0, high = joined->part_count;
    while (low < high) {
        uint32_t const middle = low + (high - low) / 2;
        if (joined->part_ends[middle] <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint64_t part_start(const struct bytes *joined, uint32_t part) {
    return part ? joined->part_ends[part - 1] : 0;
}

static const struct bytes *slice_joined(struct arena *arena, const struct bytes *joined, uint64_t offset,
                                        uint64_t len_bytes) {
    uint32_t const first = part_at(joined, offset);
    uint32_t const count = part_at(joined, offset + len_bytes - 1) - first + 1;
    const struct bytes **const parts = arena_array(arena, count, sizeof(struct bytes *));
    for (uint32_t i = 0; i < count; i++) {
        const struct bytes *const part = joined->parts[first + i];
        uint64_t const start = part_start(joined, first + i);
        uint64_t const from = offset > start ? offset - start : 0;
        uint64_t const to = least(part->len_bytes, offset + len_bytes - start);
        parts[i] = bytes_slice(arena, part, from, to - from);
    }
    return bytes_joined(arena, parts, count);
}

const struct bytes *bytes_slice(struct arena *arena, const struct bytes *bytes, uint64_t offset, uint64_t len_bytes) {
    if (len_bytes == 0) return bytes_held(arena, slice_of(NULL, 0));
    if (len_bytes == bytes->len_bytes) return bytes;
    switch (bytes->kind) {
    case BYTES_HELD: return bytes_held(arena, slice_of(bytes->held.data + offset, (size_t)len_bytes));
    case BYTES_JOINED: return slice_joined(arena, bytes, offset, len_bytes);
    case BYTES_XORED: return xored_slice(arena, bytes, offset, len_bytes);
    case BYTES_REPEATED:
    case BYTES_RANDOM:
    case BYTES_COUNTER: break;
    }
    struct bytes *const stretch = arena_alloc(arena, sizeof *stretch);
    *stretch = *bytes;
    stretch->offset += offset;
    stretch->len_bytes = len_bytes;
    return stretch;
}

// ---- reading

// Of which the first `filled` are there, a whole period or all: what is there already, doubled.
static void fill_by_doubling(uint8_t *into, size_t filled, size_t len_bytes) {
    while (filled < len_bytes) {
        size_t const more = least(filled, len_bytes - filled);
        memcpy(into + filled, into, more);
        filled += more;
    }
}

static void period_read(struct slice period, uint64_t offset, uint8_t *into, size_t len_bytes) {
    size_t const phase = (size_t)(offset % period.len_bytes);
    size_t const filled = least(len_bytes, period.len_bytes);
    size_t const head = least(filled, period.len_bytes - phase);
    memcpy(into, period.data + phase, head);
    memcpy(into + head, period.data, filled - head);
    fill_by_doubling(into, filled, len_bytes);
}

static void counter_read(uint64_t start, uint8_t *into, size_t len_bytes) {
    size_t const filled = least(len_bytes, COUNTER_PERIOD_BYTES);
    for (size_t i = 0; i < filled; i++) into[i] = (uint8_t)(start + i);
    fill_by_doubling(into, filled, len_bytes);
}

static bool repeats_held(const struct bytes *bytes) {
    return bytes->kind == BYTES_REPEATED && bytes->parts[0]->kind == BYTES_HELD;
}

// How many of the bytes from `offset` on lie in one part, which part that is, and where in it they begin.
static size_t stretch_at(const struct bytes *bytes, uint64_t offset, size_t len_bytes, const struct bytes **part,
                         uint64_t *part_offset) {
    if (bytes->kind == BYTES_JOINED) {
        uint32_t const index = part_at(bytes, offset);
        *part = bytes->parts[index];
        *part_offset = offset - part_start(bytes, index);
    } else {
        *part = bytes->parts[0];
        *part_offset = (offset + bytes->offset) % bytes->parts[0]->len_bytes;
    }
    return least(len_bytes, (*part)->len_bytes - *part_offset);
}

void bytes_read(const struct bytes *bytes, uint64_t offset, void *into, size_t len_bytes) {
    if (len_bytes == 0) return;
    uint64_t const start = bytes->offset + offset;
    uint8_t *out = into;
    switch (bytes->kind) {
    case BYTES_HELD: memcpy(out, bytes->held.data + offset, len_bytes); return;
    case BYTES_RANDOM: random_read(bytes->seed, start, out, len_bytes); return;
    case BYTES_COUNTER: counter_read(start, out, len_bytes); return;
    case BYTES_XORED: xored_read(bytes, offset, out, len_bytes); return;
    case BYTES_REPEATED:
        if (!repeats_held(bytes)) break;
        period_read(bytes->parts[0]->held, start, out, len_bytes);
        return;
    case BYTES_JOINED: break;
    }
    while (len_bytes) {
        const struct bytes *part;
        uint64_t part_offset;
        size_t const stretch = stretch_at(bytes, offset, len_bytes, &part, &part_offset);
        bytes_read(part, part_offset, out, stretch);
        offset += stretch, out += stretch, len_bytes -= stretch;
    }
}

// ---- comparing

static size_t first_difference(const uint8_t *a, const uint8_t *b, size_t len_bytes) {
    size_t at = 0;
    while (at < len_bytes) {
        size_t const piece = least(len_bytes - at, CHUNK_BYTES);
        if (memcmp(a + at, b + at, piece) != 0) break;
        at += piece;
    }
    while (at < len_bytes && a[at] == b[at]) at++;
    return at;
}

// A short period is compared as a tile of many.
static size_t period_differ_at(struct slice period, uint64_t offset, const uint8_t *data, size_t len_bytes) {
    uint8_t tile[TILE_BYTES];
    if (period.len_bytes <= sizeof tile / 4 && period.len_bytes <= len_bytes / 4) {
        size_t const tile_bytes = least(len_bytes, sizeof tile) / period.len_bytes * period.len_bytes;
        period_read(period, 0, tile, tile_bytes);
        period = slice_of(tile, tile_bytes);
    }
    size_t at = 0;
    while (at < len_bytes) {
        size_t const phase = (size_t)((offset + at) % period.len_bytes);
        size_t const piece = least(len_bytes - at, period.len_bytes - phase);
        size_t const same = first_difference(data + at, period.data + phase, piece);
        at += same;
        if (same < piece) break;
    }
    return at;
}

static size_t counter_differ_at(uint64_t start, const uint8_t *data, size_t len_bytes) {
    uint8_t period[COUNTER_PERIOD_BYTES];
    counter_read(0, period, sizeof period);
    return period_differ_at(slice_of(period, sizeof period), start, data, len_bytes);
}

static size_t xored_differ_at(const struct bytes *bytes, uint64_t offset, const uint8_t *data, size_t len_bytes) {
    uint8_t chunk[CHUNK_BYTES];
    size_t at = 0;
    while (at < len_bytes) {
        size_t const piece = least(len_bytes - at, sizeof chunk);
        xored_read(bytes, offset + at, chunk, piece);
        size_t const same = first_difference(chunk, data + at, piece);
        at += same;
        if (same < piece) break;
    }
    return at;
}

size_t bytes_differ_at(const struct bytes *bytes, uint64_t offset, const uint8_t *data, size_t len_bytes) {
    if (len_bytes == 0) return 0;
    uint64_t const start = bytes->offset + offset;
    switch (bytes->kind) {
    case BYTES_HELD: return first_difference(bytes->held.data + offset, data, len_bytes);
    case BYTES_RANDOM: return random_differ_at(bytes->seed, start, data, len_bytes);
    case BYTES_COUNTER: return counter_differ_at(start, data, len_bytes);
    case BYTES_XORED: return xored_differ_at(bytes, offset, data, len_bytes);
    case BYTES_REPEATED:
        if (repeats_held(bytes)) return period_differ_at(bytes->parts[0]->held, start, data, len_bytes);
        break;
    case BYTES_JOINED: break;
    }
    size_t at = 0;
    while (at < len_bytes) {
        const struct bytes *part;
        uint64_t part_offset;
        size_t const stretch = stretch_at(bytes, offset + at, len_bytes - at, &part, &part_offset);
        size_t const same = bytes_differ_at(part, part_offset, data + at, stretch);
        at += same;
        if (same < stretch) break;
    }
    return at;
}

int bytes_compare(const struct bytes *a, const struct bytes *b) {
    if (a->kind == BYTES_HELD && b->kind == BYTES_HELD) return slice_compare(a->held, b->held);
    uint8_t chunk[CHUNK_BYTES];
    uint64_t const shorter = a->len_bytes < b->len_bytes ? a->len_bytes : b->len_bytes;
    for (uint64_t at = 0; at < shorter; at += sizeof chunk) {
        size_t const piece = least(shorter - at, sizeof chunk);
        bytes_read(a, at, chunk, piece);
        size_t const same = bytes_differ_at(b, at, chunk, piece);
        if (same == piece) continue;
        uint8_t other;
        bytes_read(b, at + same, &other, 1);
        return chunk[same] < other ? -1 : 1;
    }
    return (a->len_bytes > b->len_bytes) - (a->len_bytes < b->len_bytes);
}

uint64_t bytes_period(const struct bytes *bytes) {
    if (bytes->kind == BYTES_COUNTER) return COUNTER_PERIOD_BYTES;
    return bytes->kind == BYTES_REPEATED ? bytes->parts[0]->len_bytes : 0;
}

bool bytes_flat(struct arena *arena, const struct bytes *bytes, struct slice *flat) {
    if (bytes->len_bytes > BYTES_FLAT_MAX) return false;
    *flat = bytes->kind == BYTES_HELD ? bytes->held : bytes_hold(arena, bytes)->held;
    return true;
}
