#include "journal/journal.h"

#include "segment.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES_FIRST = 1024, // a small case needs no more
    CHUNK_BYTES_MAX = 64 * 1024,
    KEPT_PLACES_FIRST = 16,
    KEPT_PLACES_MAX = 1024,
};

_Static_assert(sizeof(struct event) == 64, "an event is as large as a cache line");
_Static_assert(COMPACT_BYTES_MAX < CHUNK_BYTES_FIRST - sizeof(struct journal_chunk), "any event fits");

static const char *const EVENT_NAMES[EVENT_KIND_COUNT] = {
#define EVENT(id, name, help) [EVENT_##id] = name,
#include "journal/events.def"
};

const char *event_name(enum event_kind kind) {
    return (unsigned)kind < EVENT_KIND_COUNT ? EVENT_NAMES[kind] : "?";
}

struct slice event_text(const struct event *event) {
    bool const has_bytes = event->kind == EVENT_WAITING && event->count <= event->bytes.len_bytes;
    return slice_of(event->bytes.data, event->bytes.len_bytes - (has_bytes ? (size_t)event->count : 0));
}

void journal_segment_init(struct journal_segment *segment, uint32_t number, uint32_t count) {
    *segment = (struct journal_segment){.next_socket = number, .socket_stride = count};
    arena_init(&segment->arena);
}

void journal_segment_fini(struct journal_segment *segment) {
    for (struct journal_chunk *chunk = segment->first, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    arena_fini(&segment->arena);
    *segment = (struct journal_segment){0};
}

uint32_t journal_new_socket(struct journal_segment *segment) {
    uint32_t const socket = segment->next_socket;
    segment->next_socket += segment->socket_stride;
    return socket;
}

size_t journal_segment_bytes(const struct journal_segment *segment) {
    size_t size_bytes = segment->arena.used_bytes;
    for (const struct journal_chunk *chunk = segment->first; chunk; chunk = chunk->next)
        size_bytes += sizeof *chunk + chunk->full_bytes + COMPACT_BYTES_MAX;
    return size_bytes;
}

// ---- events

// Out of line, as what follows, so that journal_add stays small enough for its caller's instruction cache.
static __attribute__((noinline)) struct journal_chunk *chunk_new(struct journal_segment *segment) {
    struct journal_chunk *const last = segment->last;
    enum { OVERHEAD_BYTES = sizeof *last + COMPACT_BYTES_MAX };
    uint32_t size_bytes = last ? 2 * (last->full_bytes + OVERHEAD_BYTES) : CHUNK_BYTES_FIRST;
    if (size_bytes > CHUNK_BYTES_MAX) size_bytes = CHUNK_BYTES_MAX;
    struct journal_chunk *const chunk = memory_need(malloc(size_bytes));
    *chunk = (struct journal_chunk){.full_bytes = size_bytes - OVERHEAD_BYTES};
    if (last) last->next = chunk;
    else segment->first = chunk;
    segment->last = chunk;
    return chunk;
}

static inline struct journal_chunk *chunk_with_room(struct journal_segment *segment) {
    struct journal_chunk *const last = segment->last;
    return last && last->used_bytes <= last->full_bytes ? last : chunk_new(segment);
}

static __attribute__((noinline)) struct journal_writer *writer_new(struct journal_segment *segment) {
    return segment->writer = arena_alloc(&segment->arena, sizeof *segment->writer);
}

static inline void settle(struct journal_segment *segment, struct journal_writer *writer) {
    if (!writer->is_staged) return;
    struct journal_chunk *const chunk = chunk_with_room(segment);
    const uint8_t *const end = compact_put(&writer->compact, &writer->staged, chunk->bytes + chunk->used_bytes);
    chunk->used_bytes = (uint32_t)(end - chunk->bytes);
    if (segment->event_count == 1) writer->first_ns = writer->staged.at_ns;
    writer->last_ns = writer->staged.at_ns;
    writer->last_growing = NULL;
    writer->is_staged = false;
}

void segment_settle(struct journal_segment *segment) {
    if (segment->writer) settle(segment, segment->writer);
}

static inline void event_begin(struct event *event, enum event_kind kind) {
    *event = (struct event){
        .at_ns = clock_now_ns(), .kind = kind, .actor = JOURNAL_NONE, .step = JOURNAL_NONE, .socket = JOURNAL_NONE};
}

struct event *journal_add(struct journal_segment *segment, enum event_kind kind) {
    struct journal_writer *const writer = segment->writer ? segment->writer : writer_new(segment);
    settle(segment, writer);
    segment->event_count++;
    writer->is_staged = true;
    event_begin(&writer->staged, kind);
    return &writer->staged;
}

struct event *journal_add_growing(struct journal_segment *segment, enum event_kind kind) {
    struct journal_writer *const writer = segment->writer ? segment->writer : writer_new(segment);
    settle(segment, writer);
    struct event *const event = arena_alloc(&segment->arena, sizeof *event);
    struct journal_chunk *const chunk = chunk_with_room(segment);
    event_begin(event, kind);
    const uint8_t *const end = compact_put_growing(event, chunk->bytes + chunk->used_bytes);
    chunk->used_bytes = (uint32_t)(end - chunk->bytes);
    if (!segment->event_count++) writer->first_growing = event;
    writer->last_growing = event;
    return event;
}

void journal_set_addresses(struct journal_segment *segment, const struct address *address, const struct address *peer) {
    struct journal_writer *const writer = segment->writer;
    const struct address *const given[] = {address, peer};
    for (unsigned i = 0; i < 2; i++)
        if (given[i]) writer->addresses[i] = *given[i];
    writer->staged.address = address ? &writer->addresses[0] : NULL;
    writer->staged.peer = peer ? &writer->addresses[1] : NULL;
}

// ---- bytes

static inline uint64_t stirred(uint64_t hash, uint64_t word) {
    return ((hash << 5 | hash >> 59) ^ word) * 0x9e3779b97f4a7c15u;
}

// Less than eight bytes, each of which counts.
static inline uint64_t short_word(const uint8_t *data, size_t len_bytes) {
    uint32_t low = 0, high = 0;
    if (len_bytes >= sizeof low) {
        memcpy(&low, data, sizeof low);
        memcpy(&high, data + len_bytes - sizeof high, sizeof high);
    } else if (len_bytes) {
        low = (uint32_t)(data[0] | data[len_bytes / 2] << 8 | data[len_bytes - 1] << 16);
    }
    return (uint64_t)high << 32 | low;
}

// Long ones in four lanes, which do not wait for each other. It need not be more than good: what it finds is compared.
static uint64_t hash_of(struct slice bytes) {
    enum { LANES = 4 };
    uint64_t lanes[LANES] = {bytes.len_bytes, 1, 2, 3}, words[LANES];
    const uint8_t *at = bytes.data, *const end = at + bytes.len_bytes;
    for (; end - at >= (ptrdiff_t)sizeof words; at += sizeof words) {
        memcpy(words, at, sizeof words);
        for (unsigned i = 0; i < LANES; i++) lanes[i] = stirred(lanes[i], words[i]);
    }
    uint64_t hash = stirred(stirred(lanes[0], lanes[1]), stirred(lanes[2], lanes[3]));
    for (; end - at >= (ptrdiff_t)sizeof *words; at += sizeof *words) {
        memcpy(words, at, sizeof *words);
        hash = stirred(hash, *words);
    }
    hash = stirred(hash, short_word(at, (size_t)(end - at)));
    return hash ^ hash >> 32;
}

struct slice journal_keep(struct journal_segment *segment, struct slice bytes) {
    if (!bytes.len_bytes) return slice_of(NULL, 0);
    if (segment->kept_count >= segment->kept_places && segment->kept_places < KEPT_PLACES_MAX) {
        // Those that come again find a place in it when they do.
        segment->kept_places = segment->kept_places ? 2 * segment->kept_places : KEPT_PLACES_FIRST;
        segment->kept = arena_array(&segment->arena, segment->kept_places, sizeof *segment->kept);
    }
    struct slice *const kept = &segment->kept[hash_of(bytes) & (segment->kept_places - 1)];
    if (slice_equal(*kept, bytes)) return *kept;
    segment->kept_count++;
    *kept = slice_of(arena_copy(&segment->arena, bytes.data, bytes.len_bytes), bytes.len_bytes);
    return *kept;
}

// ---- the whole

static void take_times(struct journal *journal, const struct journal_segment *segment) {
    const struct journal_writer *const writer = segment->writer;
    bool const is_first = !journal->event_count;
    if (!segment->event_count) return;
    int64_t const first_ns = writer->first_growing ? writer->first_growing->at_ns : writer->first_ns;
    int64_t const last_ns = writer->last_growing ? writer->last_growing->at_ns : writer->last_ns;
    if (is_first || first_ns < journal->begin_ns) journal->begin_ns = first_ns;
    if (is_first || last_ns > journal->end_ns) journal->end_ns = last_ns;
}

void journal_merge(struct journal *journal, struct journal_segment *segments, uint32_t segment_count) {
    *journal = (struct journal){.segments = segments, .segment_count = segment_count};
    arena_init(&journal->arena);
    for (uint32_t i = 0; i < segment_count; i++) {
        struct journal_segment *const segment = &segments[i];
        segment_settle(segment);
        take_times(journal, segment);
        journal->event_count += segment->event_count;
        if (segment->next_socket < segment->socket_stride) continue; // it has numbered none
        uint32_t const above = segment->next_socket - segment->socket_stride + 1;
        if (above > journal->socket_count) journal->socket_count = above;
    }
}

void journal_fini(struct journal *journal) {
    for (uint32_t i = 0; i < journal->segment_count; i++) journal_segment_fini(&journal->segments[i]);
    free(journal->segments);
    arena_fini(&journal->arena);
    *journal = (struct journal){0};
}

bool failure_is_about_bytes(const struct failure *failure) {
    return failure && (failure->kind == FAILURE_MISMATCH || failure->kind == FAILURE_ENDING ||
                       failure->kind == FAILURE_UNMATCHED || failure->kind == FAILURE_UNREAD_OUTPUT ||
                       failure->received.len_bytes > 0);
}
