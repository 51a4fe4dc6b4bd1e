#include "journal/journal.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_EVENTS_FIRST = 64, // a small case needs no more, and fits into the arena's first block
    CHUNK_EVENTS_MAX = 4096,
};

_Static_assert(sizeof(struct event) == 64, "an event is as large as a cache line");

// Events stand in chunks that never move, so that a pointer to one stays good. Owned by its segment, in whose arena it
// lies: the events are zero until they are written.
struct journal_chunk {
    struct journal_chunk *next;
    uint32_t count;
    uint32_t cap;
    struct event events[];
};

static const char *const EVENT_NAMES[EVENT_KIND_COUNT] = {
#define EVENT(id, name, help) [EVENT_##id] = name,
#include "journal/events.def"
};

const char *event_name(enum event_kind kind) {
    return (unsigned)kind < EVENT_KIND_COUNT ? EVENT_NAMES[kind] : "?";
}

void journal_segment_init(struct journal_segment *segment, uint32_t number, uint32_t count) {
    *segment = (struct journal_segment){.next_socket = number, .socket_stride = count};
    arena_init(&segment->arena);
}

void journal_segment_fini(struct journal_segment *segment) {
    arena_fini(&segment->arena);
    *segment = (struct journal_segment){0};
}

uint32_t journal_new_socket(struct journal_segment *segment) {
    uint32_t const socket = segment->next_socket;
    segment->next_socket += segment->socket_stride;
    return socket;
}

// Out of line, so that journal_add stays small enough for its caller's instruction cache.
static __attribute__((noinline)) struct journal_chunk *chunk_new(struct journal_segment *segment) {
    struct journal_chunk *const last = segment->last;
    uint32_t cap = last ? last->cap * 2 : CHUNK_EVENTS_FIRST;
    if (cap > CHUNK_EVENTS_MAX) cap = CHUNK_EVENTS_MAX;
    struct journal_chunk *const chunk =
        arena_alloc(&segment->arena, sizeof *chunk + cap * sizeof *chunk->events);
    chunk->cap = cap;
    if (last) {
        last->next = chunk;
    } else {
        segment->first = chunk;
    }
    segment->last = chunk;
    return chunk;
}

struct event *journal_add(struct journal_segment *segment, enum event_kind kind) {
    struct journal_chunk *chunk = segment->last;
    if (!chunk || chunk->count == chunk->cap) chunk = chunk_new(segment);
    struct event *const event = &chunk->events[chunk->count++];
    segment->event_count++;
    event->at_ns = clock_now_ns();
    event->kind = kind;
    event->actor = JOURNAL_NONE;
    event->step = JOURNAL_NONE;
    event->socket = JOURNAL_NONE;
    return event;
}

uint32_t journal_news(const struct journal_segment *segment, struct journal_place *place, const struct event **events) {
    if (!place->chunk) place->chunk = segment->first;
    if (!place->chunk) return 0;
    if (place->next == place->chunk->count && place->chunk->next) *place = (struct journal_place){place->chunk->next, 0};
    uint32_t const count = place->chunk->count - place->next;
    *events = &place->chunk->events[place->next];
    place->next = place->chunk->count;
    return count;
}

// Where the merge stands in one segment.
struct cursor {
    const struct journal_chunk *chunk; // NULL: at the end
    uint32_t next;
};

static const struct event *cursor_event(const struct cursor *cursor) {
    return cursor->chunk ? &cursor->chunk->events[cursor->next] : NULL;
}

static void cursor_advance(struct cursor *cursor) {
    if (++cursor->next < cursor->chunk->count) return;
    cursor->chunk = cursor->chunk->next;
    cursor->next = 0;
}

// The cursor whose event comes first, the lower segment where times are equal; it goes on being first up to and
// excluding `*until_ns`.
static struct cursor *cursor_first(struct cursor *cursors, uint32_t count, int64_t *until_ns) {
    struct cursor *first = NULL;
    int64_t first_ns = CLOCK_NEVER;
    *until_ns = CLOCK_NEVER;
    for (uint32_t i = 0; i < count; i++) {
        const struct event *const event = cursor_event(&cursors[i]);
        if (!event) continue;
        if (!first || event->at_ns < first_ns) {
            if (first) *until_ns = first_ns;
            first = &cursors[i];
            first_ns = event->at_ns;
        } else if (event->at_ns < *until_ns) {
            *until_ns = event->at_ns;
        }
    }
    return first;
}

static void events_merge(struct event *events, struct cursor *cursors, uint32_t count) {
    struct event *out = events;
    for (;;) {
        int64_t until_ns;
        struct cursor *const first = cursor_first(cursors, count, &until_ns);
        if (!first) return;
        const struct event *event = cursor_event(first);
        do {
            *out++ = *event;
            cursor_advance(first);
            event = cursor_event(first);
        } while (event && event->at_ns < until_ns);
    }
}

void journal_merge(struct journal *journal, struct journal_segment *segments, uint32_t segment_count) {
    *journal = (struct journal){.segments = segments, .segment_count = segment_count};
    arena_init(&journal->arena);
    struct cursor *const cursors = arena_array(&journal->arena, segment_count, sizeof *cursors);
    for (uint32_t i = 0; i < segment_count; i++) {
        const struct journal_segment *const segment = &segments[i];
        cursors[i].chunk = segment->first;
        journal->event_count += segment->event_count;
        if (segment->next_socket < segment->socket_stride) continue; // it has numbered none
        uint32_t const above = segment->next_socket - segment->socket_stride + 1;
        if (above > journal->socket_count) journal->socket_count = above;
    }
    struct event *const events = arena_array(&journal->arena, journal->event_count, sizeof *events);
    events_merge(events, cursors, segment_count);
    journal->events = events;
    if (!journal->event_count) return;
    journal->begin_ns = events[0].at_ns;
    journal->end_ns = events[journal->event_count - 1].at_ns;
}

void journal_fini(struct journal *journal) {
    for (uint32_t i = 0; i < journal->segment_count; i++) journal_segment_fini(&journal->segments[i]);
    free(journal->segments);
    arena_fini(&journal->arena);
    *journal = (struct journal){0};
}
