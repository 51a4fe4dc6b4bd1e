// Events as they were: of a segment that is still written, and of all segments in the order of time.
#include "segment.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

enum { NEWS_EVENTS = 64 }; // that are handed over at once

struct journal_news {
    struct segment_cursor cursor;
    struct event events[NEWS_EVENTS];
};

// ---- one segment

// The chunk that the next event is in, or NULL.
static __attribute__((noinline)) struct journal_chunk *chunk_at(struct segment_cursor *cursor) {
    if (!cursor->chunk) cursor->chunk = cursor->segment->first;
    while (cursor->chunk && cursor->at == cursor->chunk->used_bytes) {
        struct journal_chunk *const read = cursor->chunk;
        if (!read->next && !cursor->frees) return NULL;
        cursor->chunk = read->next;
        cursor->at = 0;
        if (!cursor->frees) continue;
        cursor->segment->first = read->next;
        if (!read->next) cursor->segment->last = NULL;
        free(read);
    }
    return cursor->chunk;
}

bool segment_next(struct segment_cursor *cursor) {
    const struct journal_chunk *chunk = cursor->chunk;
    if (!chunk || cursor->at == chunk->used_bytes) chunk = chunk_at(cursor);
    cursor->has_event = chunk != NULL;
    if (chunk) cursor->at = (uint32_t)(compact_take(&cursor->compact, chunk->bytes + cursor->at, &cursor->event) - chunk->bytes);
    return cursor->has_event;
}

uint32_t journal_news(struct journal_segment *segment, const struct event **events) {
    if (!segment->news) {
        segment->news = arena_alloc(&segment->arena, sizeof *segment->news);
        segment->news->cursor.segment = segment;
        segment->news->cursor.compact.arena = &segment->arena;
    }
    struct journal_news *const news = segment->news;
    uint32_t count = 0;
    segment_settle(segment);
    while (count < NEWS_EVENTS && segment_next(&news->cursor)) news->events[count++] = news->cursor.event;
    *events = news->events;
    return count;
}

// ---- all of them

static void reader_begin(struct journal_reader *reader, const struct journal *journal) {
    *reader = (struct journal_reader){.journal = journal};
    if (journal->events || !journal->segment_count) return;
    reader->cursors = memory_need(calloc(journal->segment_count, sizeof *reader->cursors));
    for (uint32_t i = 0; i < journal->segment_count; i++) reader->cursors[i].segment = &journal->segments[i];
}

void journal_reader_init(struct journal_reader *reader, const struct journal *journal) {
    reader_begin(reader, journal);
    for (uint32_t i = 0; reader->cursors && i < journal->segment_count; i++) segment_next(&reader->cursors[i]);
}

// The cursor whose event comes first, the lower segment where times are equal; it goes on being first up to and
// excluding `until_ns`.
static struct segment_cursor *cursor_first(struct journal_reader *reader) {
    struct segment_cursor *first = NULL;
    reader->until_ns = CLOCK_NEVER;
    for (uint32_t i = 0; i < reader->journal->segment_count; i++) {
        struct segment_cursor *const cursor = &reader->cursors[i];
        if (!cursor->has_event) continue;
        if (!first || cursor->event.at_ns < first->event.at_ns) {
            if (first) reader->until_ns = first->event.at_ns;
            first = cursor;
        } else if (cursor->event.at_ns < reader->until_ns) {
            reader->until_ns = cursor->event.at_ns;
        }
    }
    return first;
}

const struct event *journal_next(struct journal_reader *reader) {
    const struct journal *const journal = reader->journal;
    if (!reader->cursors) return reader->next < journal->event_count ? &journal->events[reader->next++] : NULL;
    struct segment_cursor *const newest = reader->newest;
    bool const goes_on = newest && segment_next(newest) && newest->event.at_ns < reader->until_ns;
    if (!goes_on) reader->newest = cursor_first(reader);
    return reader->newest ? &reader->newest->event : NULL;
}

void journal_reader_fini(struct journal_reader *reader) {
    free(reader->cursors);
    *reader = (struct journal_reader){0};
}

void journal_expand(struct journal *journal) {
    struct journal_reader reader;
    if (journal->events) return;
    struct event *const events = arena_array(&journal->arena, journal->event_count, sizeof *events);
    reader_begin(&reader, journal);
    for (uint32_t i = 0; i < journal->segment_count; i++) {
        reader.cursors[i].compact.arena = &journal->arena;
        reader.cursors[i].frees = true;
        segment_next(&reader.cursors[i]);
    }
    struct event *next = events;
    for (const struct event *event; (event = journal_next(&reader));) *next++ = *event;
    journal_reader_fini(&reader);
    journal->events = events;
}
