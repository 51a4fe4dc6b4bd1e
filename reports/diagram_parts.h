// What the files of the diagram's model share. Event numbers are indices into journal->events.
#ifndef SOCKDRILL_REPORTS_DIAGRAM_PARTS_H
#define SOCKDRILL_REPORTS_DIAGRAM_PARTS_H

#include "diagram.h"

// What became of what was done at one end: by the number of the event. Lives in the arena.
struct diagram_flow {
    uint32_t *arrival; // of a CONNECTED, SENT, SHUTDOWN or CLOSED: the event at the other end, or DIAGRAM_NONE
    bool *is_arrival;  // it is one of those
    bool *is_short;    // of a SENT to one of ours, in words that both count alike: not all of it was taken
};

// Where a socket began, and how it ended: by its number. Lives in the arena.
struct diagram_socket {
    uint32_t instance; // whose it is, or JOURNAL_NONE
    uint32_t opened;   // the event that gave it, or DIAGRAM_NONE: a program's stream
    uint32_t closed;   // its CLOSED, or DIAGRAM_NONE
    enum family_word family;
    bool is_listener;
    bool has_ended; // a FIN or RST of its own was noted: scratch of who walks the events in order
};
struct diagram_socket *diagram_sockets(const struct plan *plan, const struct journal *journal, struct arena *arena);

void diagram_flow_init(struct diagram_flow *flow, const struct journal *journal, const struct diagram_ends *ends,
                       const struct diagram_socket *sockets, struct arena *arena);

// Fills lanes, lane_count, lane_of and instances_left_out. `outside`: one more lane for those who are none of ours.
void diagram_lanes_init(struct diagram *diagram, const struct case_result *result, uint32_t lanes_max, bool outside,
                        struct arena *arena);

// Fills the bars. `row_events` is by row: the event that began it.
void diagram_bars_init(struct diagram *diagram, const struct case_result *result, const struct diagram_socket *sockets,
                       const uint32_t *row_events, uint32_t bars_max, struct arena *arena);

// What items are made with. Owned by diagram_init.
struct maker {
    struct diagram *diagram;
    const struct case_result *result;
    const struct journal *journal;
    struct diagram_socket *sockets;
    struct diagram_flow flow;
    uint32_t outside; // its lane: a program's, where only one can be meant; DIAGRAM_NONE: not needed
    struct arena *arena;
};

// What only steps tell: a connect that failed as it should, and what the world was given to drop, or how slow to be.
// diagram_steps.c; as the makers of diagram_items.c.
bool diagram_refused_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind);
bool diagram_fault_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind);

uint32_t diagram_event_number(const struct maker *maker, const struct event *event);
// Every item there is, in the order of their events.
void diagram_items_make(struct maker *maker);

// Whether the socket's owner and, where it has one, that of its other end have lanes.
bool diagram_shows(const struct diagram *diagram, const struct diagram_socket *sockets, uint32_t socket);

bool family_has_states(enum family_word family); // TCP's

#endif
