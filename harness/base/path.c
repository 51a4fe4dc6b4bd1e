#include "path.h"

// Where a socket may go from each state: RFC 9293, figure 5, as Linux walks it (net/ipv4/tcp_input.c). A RST takes any
// synchronized state to CLOSE.
static const uint16_t edges[STATE_COUNT] = {
    [STATE_CLOSE] = IN_LISTEN | IN_SYN_SENT,
    [STATE_LISTEN] = IN_CLOSE,
    [STATE_SYN_SENT] = IN_ESTABLISHED | IN_SYN_RECV | IN_CLOSE, // SYN_RECV: a simultaneous open
    [STATE_SYN_RECV] = IN_ESTABLISHED | IN_FIN_WAIT1 | IN_CLOSE,
    [STATE_ESTABLISHED] = IN_FIN_WAIT1 | IN_CLOSE_WAIT | IN_CLOSE,
    [STATE_FIN_WAIT1] = IN_FIN_WAIT2 | IN_CLOSING | IN_TIME_WAIT | IN_CLOSE,
    [STATE_FIN_WAIT2] = IN_TIME_WAIT | IN_CLOSE,
    [STATE_CLOSING] = IN_TIME_WAIT | IN_CLOSE,
    [STATE_TIME_WAIT] = IN_CLOSE,
    [STATE_CLOSE_WAIT] = IN_LAST_ACK | IN_CLOSE,
    [STATE_LAST_ACK] = IN_CLOSE,
};

unsigned path_edges(enum state from) {
    return edges[from];
}

unsigned path_reach(unsigned states) {
    for (unsigned before = 0; before != states;) {
        before = states;
        for (unsigned state = 0; state < STATE_COUNT; state++) {
            if (states & ~(unsigned)IN_CLOSE & (1u << state)) states |= edges[state];
        }
    }
    return states;
}

bool state_can_become(enum state from, enum state to) {
    return from == STATE_ANY || to == STATE_ANY || (path_reach(1u << from) & 1u << to);
}

// Whether the only way from one state to the other is one edge.
static bool path_is_lone_edge(enum state from, enum state to) {
    unsigned const there = 1u << to;
    unsigned const detours = edges[from] & ~there & ~(unsigned)IN_CLOSE;
    return (edges[from] & there) && !(path_reach(detours) & there);
}

void path_note(struct state_path *record, enum state state, bool certain) {
    if (state == STATE_ANY || (unsigned)state >= STATE_COUNT) return;
    if (record->count == 0) {
        record->states[record->count++] = (uint8_t)state;
        return;
    }
    enum state const last = record->states[record->count - 1];
    if (state == last || (last == STATE_TIME_WAIT && state == STATE_CLOSE)) return;

    bool const is_full = record->count == PATH_MAX_STATES;
    unsigned const at = is_full ? PATH_MAX_STATES - 1 : record->count++;
    record->states[at] = (uint8_t)state;
    record->gap_before[at] = is_full || !(certain || path_is_lone_edge(last, state));
}

void path_text(const struct state_path *path, struct buffer *out) {
    for (unsigned i = 0; i < path->count; i++) {
        if (i > 0) buffer_text(out, path->gap_before[i] ? " -> ? -> " : " -> ");
        buffer_text(out, path->states[i] == STATE_ANY ? "..." : state_name(path->states[i]));
    }
}
