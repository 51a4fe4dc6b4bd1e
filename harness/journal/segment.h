// How a segment keeps its events. Private to the room.
#ifndef SOCKDRILL_JOURNAL_SEGMENT_H
#define SOCKDRILL_JOURNAL_SEGMENT_H

#include "compact.h"

#include "journal/journal.h"

// Events as compact.h writes them; none stands in two. They stay where they are.
struct journal_chunk {
    struct journal_chunk *next;
    uint32_t used_bytes, full_bytes; // from `full_bytes` on an event may find no room
    uint8_t bytes[];
};

// What a segment has once the first event is written. In its arena.
struct journal_writer {
    struct event staged; // the newest event, as long as its writer may fill it in
    bool is_staged;
    struct address addresses[2]; // of it
    int64_t first_ns, last_ns; // of the events, unless these are they:
    const struct event *first_growing, *last_growing;
    struct compact_writer compact;
};

// The staged event is not filled in any more: it is written behind the others.
void segment_settle(struct journal_segment *segment);

// Where a reader stands in a segment. Begins with all but `segment` zero.
struct segment_cursor {
    struct journal_segment *segment;
    struct journal_chunk *chunk; // NULL: at the beginning
    uint32_t at;
    bool has_event, frees; // frees: what was read of it is given back
    struct event event;    // the one that it stands at
    struct compact_reader compact;
};

// Goes on to the next event; false: there is none, by now.
bool segment_next(struct segment_cursor *cursor);

#endif
