// Events in a few bytes each: what an event shares with the ones before it is not written. Private to the room, and to the
// memory of one process: pointers are written as pointers. The journal's file has a form of its own, see journal/file.h.
//
// An event is two bytes of what stands behind them (its kind, and what its actor, step and socket are like), two of the ns
// since the event before (where they have no room: all bits set, and a signed number behind them), and then
//     signed    how far its actor, task, step and socket are from the last ones that another of its side had: a block of an
//               `accept` (its task is not 0), or anybody else
//     signed    how far its code, count, offset and pointer are from those of the last event of its kind; number its length
//     its addresses: a byte of where both were seen last, and those that are new
// each only where it differs. An event that may still grow is a pointer to where it lies, and nothing else.
#ifndef SOCKDRILL_JOURNAL_COMPACT_H
#define SOCKDRILL_JOURNAL_COMPACT_H

#include "journal/journal.h"

enum {
    COMPACT_SEEN = 8,        // addresses that need not be written again
    COMPACT_BYTES_MAX = 384, // of an event; one without addresses has not a hundred
};

struct compact_side {
    uint32_t actor, step, socket;
};

struct compact_kind {
    uint64_t count, offset, len_bytes;
    uintptr_t pointer;
    int32_t code;
};

// What the next event is compared with. Writer and reader have the same behind each event. Zero: before the first.
struct compact_state {
    int64_t at_ns;
    uint32_t actor, task;   // of the event before
    uint32_t block_task;    // of the last one that was a block's
    struct compact_side sides[2];
    struct compact_kind kinds[EVENT_KIND_COUNT];
    uint32_t next_seen;     // of the addresses, the place that is written next
};

struct compact_writer {
    struct compact_state state;
    struct slice seen[COMPACT_SEEN]; // as they are written: they must stay there
};

struct compact_reader {
    struct compact_state state;
    struct arena *arena; // of addresses; NULL: they are in `room`, until the next event is read
    const struct address *seen[COMPACT_SEEN];
    struct address room[COMPACT_SEEN + 1]; // one more: an event may have the one that its other takes the place of
};

// Where the next event goes.
uint8_t *compact_put(struct compact_writer *writer, const struct event *event, uint8_t *at);
uint8_t *compact_put_growing(const struct event *event, uint8_t *at);
// What was put there; all that the event points at stays where it is. Where the next event is.
const uint8_t *compact_take(struct compact_reader *reader, const uint8_t *at, struct event *event);

#endif
