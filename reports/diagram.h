// Who did what to whom, and in what order: what a sequence diagram shows, whatever draws it. Pure data over the plan, the
// journal and the verdict; nothing in it is escaped.
//
// Rows count from 0 downwards and stand in the journal's order. Instances of one actor whose stories are the same but for
// times, addresses and numbers share a lane, and the first one's story is shown for all; what others do with those that are
// not shown is left out too. Where there is more than the limits allow, the middle is cut.
#ifndef SOCKDRILL_REPORTS_DIAGRAM_H
#define SOCKDRILL_REPORTS_DIAGRAM_H

#include "words.h"

#define DIAGRAM_NONE UINT32_MAX

// One column: an instance, alike instances together, or whoever is at the other end and is none of ours. Immutable.
struct diagram_lane {
    uint32_t instance; // whose story is shown; JOURNAL_NONE: somebody outside
    uint32_t count;    // instances; 0: somebody outside
    enum role role;    // of no meaning for somebody outside
    const char *label; // "servidor", "caller[0..416, 418..999]", "outside"
};

// ITEM(id, "name", is an arrow, help): an arrow goes from one lane to another and has a socket; the rest stands beside its
// own lane.
#define DIAGRAM_ITEMS(ITEM)                                                                                            \
    ITEM(MESSAGE, "message", true, "bytes; text: empty, or why its receiver is not told")                              \
    ITEM(CONNECT, "connect", true, "connect(2), and the accept(2) that gave the other end")                            \
    ITEM(REFUSED, "connect fails", true, "connect(2) that failed as its step wanted; text: with what")                 \
    ITEM(FIN, "FIN", true, "shutdown(2) for writing or close(2), and the end of the stream at the other end")          \
    ITEM(RESET, "RST", true, "`reset`, or a close with unread bytes, and what the other end saw of it")                \
    ITEM(TAKEN, "received", false, "bytes whose sender cannot be told, or a program's output that was received")       \
    ITEM(LISTEN, "listen", false, "an address is listened on; text: the address")                                      \
    ITEM(BIND, "bind", false, "an address is bound, and nobody listens there; text: the address")                      \
    ITEM(CLOSE, "close", false, "the descriptor is closed, and the other end is not told by it; text: by whom")        \
    ITEM(DISCARD, "discard", false, "bytes that had arrived were dropped")                                             \
    ITEM(SECURED, "TLS", false, "text: what was agreed, or why not")                                                   \
    ITEM(PASSED, "passed", false, "a descriptor came over a Unix socket")                                              \
    ITEM(START, "starts", false, "a program runs; text: its arguments")                                                \
    ITEM(PRINT, "prints", false, "a program's output; text: of which stream")                                          \
    ITEM(INPUT, "stdin", false, "bytes written to a program's stdin")                                                  \
    ITEM(STOP, "signal", false, "a signal was sent to a program; text: which")                                         \
    ITEM(EXIT, "ends", false, "a program has ended; text: how")                                                        \
    ITEM(SIGNAL, "event", false, "an event was set; text: its name")                                                   \
    ITEM(DROP, "drop", false, "from here on the world drops packets; text: which, and what it is called")              \
    ITEM(RATE, "rate", false, "from here on the world's loopback is slower; text: how slow, and what it is called")    \
    ITEM(UNDO, "undo", false, "a drop or a rate is over; text: its name")                                              \
    ITEM(LOG, "log", false, "text")                                                                                    \
    ITEM(NOTE, "note", false, "text")                                                                                  \
    ITEM(FAIL, "failed", false, "text: the sentence")                                                                  \
    ITEM(WAIT, "waits", false, "where it was when the case was stopped; text: what for; count: how many alike blocks") \
    ITEM(CUT, "cut", false, "over all lanes; count: how many items were left out here; offset: how many bytes they had")

enum diagram_kind {
#define ITEM(id, name, is_arrow, help) DIAGRAM_##id,
    DIAGRAM_ITEMS(ITEM)
#undef ITEM
        DIAGRAM_KIND_COUNT
};

// Immutable.
struct diagram_item {
    enum diagram_kind kind;
    uint32_t from, to;         // lanes; the same where it is no arrow; DIAGRAM_NONE: of the case as a whole
    uint32_t row, to_row;      // an arrow that takes no time ends in the row in which it began; one with a delay never
    const struct event *event; // what it is made of; NULL of a CUT
    const struct event
        *arrival;           // at the other end of an arrow, or NULL: it never arrived, or nobody of ours could tell
    int64_t delay_ns;       // from the event to the arrival, where that is long; else 0
    uint32_t step;          // of the event, or JOURNAL_NONE
    uint32_t socket;        // or JOURNAL_NONE
    uint64_t offset, count; // of bytes, in their stream
    struct slice bytes;     // the first of them, as far as the journal keeps them
    struct slice text;
    bool is_lost;    // a message that one of ours never took
    bool is_failure; // it failed the case, or its step did
};

// What is known of a socket from one row to the next. Of a TCP socket the state; else STATE_ANY: it is open, no more.
struct diagram_stretch {
    uint32_t row, to_row;
    enum state state;
    bool is_closed; // the descriptor is: the kernel keeps the connection
};

// One socket along its lane. Immutable.
struct diagram_bar {
    uint32_t socket;
    uint32_t lane;
    uint32_t column; // of those side by side in the lane, from 0
    struct diagram_stretch *stretches;
    uint32_t stretch_count;
};

struct diagram_limits {
    uint32_t lanes, items, bars; // at most
};

// The ends of connections, by the number of the socket. Lives in the arena it was made in.
struct diagram_ends {
    uint32_t *other; // the socket at the other end, or JOURNAL_NONE
    uint32_t *same;  // of a descriptor that was passed on: the socket that was made; else itself
    uint32_t count;
};

// By addresses; where those are nobody's own (Unix sockets) by the order of connecting, and the bytes.
void diagram_ends_init(struct diagram_ends *ends, const struct journal *journal, struct arena *arena);

// Lives in the arena it was made in, and points into the plan and the journal.
struct diagram {
    struct diagram_lane *lanes;
    uint32_t lane_count;
    struct diagram_item *items; // by row; those of one row by the time of their events
    uint32_t item_count;
    int64_t *row_ns; // by row: CLOCK_MONOTONIC
    uint32_t row_count;
    struct diagram_bar *bars;
    uint32_t bar_count;
    uint32_t instances_left_out; // that found no lane
    uint32_t items_left_out;
    uint32_t bars_left_out;
    uint32_t *lane_of; // by instance: DIAGRAM_NONE where another's story is shown for it, or none
    struct diagram_ends ends;
};

const char *diagram_kind_name(enum diagram_kind kind);
bool diagram_is_arrow(enum diagram_kind kind);

void diagram_init(struct diagram *diagram, const struct case_result *result, const struct diagram_limits *limits,
                  struct arena *arena);

#endif
