// What the members of an event hold, by its kind: the words of events.def as a table. Private to the room.
#ifndef SOCKDRILL_JOURNAL_SHAPE_H
#define SOCKDRILL_JOURNAL_SHAPE_H

#include "journal/journal.h"

enum event_holds { HOLDS_NOTHING, HOLDS_BYTES, HOLDS_ADDRESS, HOLDS_BOTH_ADDRESSES, HOLDS_FAILURE };

// What an event's numbers may be. A limit of 0: any.
struct event_shape {
    enum event_holds holds;
    uint32_t code_below;  // code is from 0 to below it
    uint32_t count_below;
    uint32_t offset_below;
    bool offset_is_socket;
    bool is_counted;      // count and offset are of bytes or ns, and can be added; no more bytes are kept than `count`
    bool is_field;        // count: of the plan's fields; code: what became of it
};

struct event_shape event_shape(enum event_kind kind);

#endif
