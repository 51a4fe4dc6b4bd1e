// What became at one end of what was done at the other.
#include "diagram_parts.h"

#include <string.h>

bool family_has_states(enum family_word family) {
    return family == FAMILY_TCP || family == FAMILY_TCP6 || family == FAMILY_MPTCP;
}

static bool has_edges(enum family_word family) { // datagrams, or what keeps its records' edges
    return family == FAMILY_UDP || family == FAMILY_UDP6 || family == FAMILY_UDPLITE || family == FAMILY_UNIX_DGRAM ||
           family == FAMILY_UNIX_SEQPACKET || family == FAMILY_PACKET || family == FAMILY_PACKET_DGRAM ||
           family == FAMILY_CAN || family == FAMILY_ISOTP || family == FAMILY_L2CAP;
}

// One direction as the walk over the journal stands in it: what its sender sent and its receiver has not taken yet, and
// what was taken whose sending is noted later, since the two were by different threads. Owned by diagram_flow_init.
struct direction {
    uint32_t first, last; // SENT events, linked by struct walk's `next`
    uint64_t sent, taken; // bytes so far
    uint32_t ahead;       // the newest that took bytes before their sending was noted
    uint32_t tls;         // events of SECURED at the sender; what both count differs where one has none
};

// Events, linked by struct walk's `next`.
struct list {
    uint32_t first, last;
};

struct walk {
    struct diagram_flow *flow;
    const struct journal *journal;
    const struct diagram_ends *ends;
    const struct diagram_socket *sockets;
    struct direction *directions; // by the sender's socket
    uint64_t *ends_at;            // by SENT event: in the cumulative stream
    uint32_t *next;
    uint32_t *endings; // by socket: its newest SHUTDOWN or CLOSED that the other end is told by
    struct list loose; // SENT events of datagrams, which may get lost or overtake: told by their bytes
    struct list early; // what was taken of datagrams, and whose sending is not noted yet
    uint32_t far_looks; // beyond the nearest of a list: those that nobody ever takes stay at its head
};

static void arrives(struct walk *walk, uint32_t event, uint32_t arrival) {
    walk->flow->arrival[event] = arrival;
    walk->flow->is_arrival[arrival] = true;
    walk->flow->is_short[event] = false;
}

static void append(struct walk *walk, uint32_t *first, uint32_t *last, uint32_t event) {
    walk->next[event] = DIAGRAM_NONE;
    if (*first == DIAGRAM_NONE) *first = event;
    else walk->next[*last] = event;
    *last = event;
}

// A socket that is connected sends to its peer, and takes from it alone.
static bool may_meet(const struct walk *walk, uint32_t from, uint32_t to) {
    uint32_t const goes_to = walk->ends->other[from], comes_from = walk->ends->other[to];
    return from != to && walk->sockets[from].family == walk->sockets[to].family &&
           (goes_to == JOURNAL_NONE || goes_to == to) && (comes_from == JOURNAL_NONE || comes_from == from);
}

// A send is noted behind send(2), when its receiver may be done: whether its step had begun when that was taken.
static bool was_sending(const struct walk *walk, uint32_t sent, uint32_t taken) {
    const struct event *const event = &walk->journal->events[sent];
    for (uint32_t i = sent; i-- > 0;) {
        const struct event *const begin = &walk->journal->events[i];
        if (begin->kind == EVENT_STEP_BEGIN && begin->actor == event->actor && begin->task == event->task &&
            begin->step == event->step)
            return i < taken;
        if (i < taken && taken - i > 4096) return false;
    }
    return false;
}

// A datagram of the list that is this one at the other end, taken out of it; DIAGRAM_NONE: there is none.
static uint32_t list_take(struct walk *walk, struct list *list, uint32_t number, bool is_sent) {
    enum { LOOKED_AT_MAX = 1024, FAR_LOOKS_MAX = 16 * 1024 * 1024 };
    const struct event *const event = &walk->journal->events[number];
    uint32_t before = DIAGRAM_NONE, looked_at = 0;
    for (uint32_t at = list->first; at != DIAGRAM_NONE; at = walk->next[at]) {
        if (looked_at++ >= LOOKED_AT_MAX && walk->far_looks >= FAR_LOOKS_MAX) break;
        walk->far_looks += looked_at > LOOKED_AT_MAX;
        const struct event *const other = &walk->journal->events[at];
        const struct event *const sent = is_sent ? event : other, *const taken = is_sent ? other : event;
        if (sent->count == taken->count && slice_equal(sent->bytes, taken->bytes) &&
            may_meet(walk, sent->socket, taken->socket) && (!is_sent || was_sending(walk, number, at))) {
            if (before == DIAGRAM_NONE) list->first = walk->next[at];
            else walk->next[before] = walk->next[at];
            if (list->last == at) list->last = before;
            return at;
        }
        before = at;
    }
    return DIAGRAM_NONE;
}

static void datagram_sent(struct walk *walk, uint32_t number) {
    uint32_t const taken = list_take(walk, &walk->early, number, true);
    if (taken == DIAGRAM_NONE) append(walk, &walk->loose.first, &walk->loose.last, number);
    else arrives(walk, number, taken);
}

static void datagram_taken(struct walk *walk, uint32_t number) {
    uint32_t const sent = list_take(walk, &walk->loose, number, false);
    if (sent == DIAGRAM_NONE) append(walk, &walk->early.first, &walk->early.last, number);
    else arrives(walk, sent, number);
}

static void note_sent(struct walk *walk, uint32_t number) {
    const struct event *const event = &walk->journal->events[number];
    uint32_t const socket = walk->ends->same[event->socket], other = walk->ends->other[event->socket];
    if (has_edges(walk->sockets[event->socket].family)) datagram_sent(walk, number);
    if (other == JOURNAL_NONE || has_edges(walk->sockets[event->socket].family)) return;
    struct direction *const direction = &walk->directions[socket];
    direction->sent += event->count;
    walk->ends_at[number] = direction->sent;
    walk->flow->is_short[number] = event->count > 0;
    if (direction->sent <= direction->taken && direction->ahead != DIAGRAM_NONE)
        arrives(walk, number, direction->ahead);
    else append(walk, &direction->first, &direction->last, number);
}

// The direction that ends in this socket; NULL: nobody of ours sends there, or counts otherwise.
static struct direction *direction_to(const struct walk *walk, uint32_t socket) {
    uint32_t const from = walk->ends->other[socket];
    return from == JOURNAL_NONE ? NULL : &walk->directions[walk->ends->same[from]];
}

static void note_taken(struct walk *walk, uint32_t number) {
    const struct event *const event = &walk->journal->events[number];
    struct direction *const direction = direction_to(walk, event->socket);
    uint32_t const same = walk->ends->same[event->socket];
    if (has_edges(walk->sockets[event->socket].family)) datagram_taken(walk, number);
    if (!direction || has_edges(walk->sockets[event->socket].family)) return;
    if (direction->tls != walk->directions[same].tls) return; // one counts records, one plaintext
    direction->taken += event->count;
    while (direction->first != DIAGRAM_NONE && walk->ends_at[direction->first] <= direction->taken) {
        arrives(walk, direction->first, number);
        direction->first = walk->next[direction->first];
    }
    if (direction->taken > direction->sent) {
        direction->ahead = number;
        walk->flow->is_arrival[number] = true;
    }
    if (direction->first != DIAGRAM_NONE) walk->flow->is_arrival[number] = true; // a part of it
}

static bool ends_direction(const struct event *event) {
    return event->kind == EVENT_SHUTDOWN ? event->code != SHUTDOWN_READ : event->code != CLOSE_BY_PROGRAM;
}

static void note(struct walk *walk, uint32_t number) {
    const struct event *const event = &walk->journal->events[number];
    uint32_t const socket = event->socket;
    if (socket >= walk->ends->count) return;
    uint32_t const other = walk->ends->other[socket];
    if (event->kind == EVENT_SENT) note_sent(walk, number);
    if (event->kind == EVENT_MATCHED || event->kind == EVENT_DISCARDED) note_taken(walk, number);
    if (event->kind == EVENT_SECURED) walk->directions[socket].tls++;
    if (event->kind == EVENT_CONNECTED || event->kind == EVENT_ACCEPTED) {
        uint32_t const met = other == JOURNAL_NONE ? DIAGRAM_NONE : walk->endings[other];
        if (met == DIAGRAM_NONE) walk->endings[socket] = number;
        else if (event->kind == EVENT_ACCEPTED) arrives(walk, met, number);
        else arrives(walk, number, met);
    }
    bool const is_ending = event->kind == EVENT_SHUTDOWN || event->kind == EVENT_CLOSED;
    if (is_ending && ends_direction(event)) walk->endings[socket] = number;
    bool const is_told = event->kind == EVENT_END_OF_STREAM || event->kind == EVENT_PEER_RESET;
    if (!is_told || other == JOURNAL_NONE || walk->endings[other] == DIAGRAM_NONE) return;
    uint32_t const ending = walk->endings[other];
    enum event_kind const kind = walk->journal->events[ending].kind;
    if (kind == EVENT_SHUTDOWN || kind == EVENT_CLOSED) arrives(walk, ending, number);
}

void diagram_flow_init(struct diagram_flow *flow, const struct journal *journal, const struct diagram_ends *ends,
                       const struct diagram_socket *sockets, struct arena *arena) {
    uint64_t const count = journal->event_count;
    flow->arrival = arena_array(arena, count, sizeof *flow->arrival);
    flow->is_arrival = arena_array(arena, count, sizeof *flow->is_arrival);
    flow->is_short = arena_array(arena, count, sizeof *flow->is_short);
    memset(flow->arrival, 0xff, count * sizeof *flow->arrival);
    struct walk walk = {.flow = flow, .journal = journal, .ends = ends, .sockets = sockets};
    walk.loose = walk.early = (struct list){.first = DIAGRAM_NONE, .last = DIAGRAM_NONE};
    walk.directions = arena_array(arena, ends->count, sizeof *walk.directions);
    walk.endings = arena_array(arena, ends->count, sizeof *walk.endings);
    walk.ends_at = arena_array(arena, count, sizeof *walk.ends_at);
    walk.next = arena_array(arena, count, sizeof *walk.next);
    for (uint32_t i = 0; i < ends->count; i++) {
        walk.directions[i].first = walk.directions[i].last = walk.directions[i].ahead = DIAGRAM_NONE;
        walk.endings[i] = DIAGRAM_NONE;
    }
    for (uint32_t i = 0; i < count; i++) note(&walk, i);
}

struct diagram_socket *diagram_sockets(const struct plan *plan, const struct journal *journal, struct arena *arena) {
    struct diagram_socket *const sockets = arena_array(arena, journal->socket_count, sizeof *sockets);
    for (uint32_t i = 0; i < journal->socket_count; i++) {
        sockets[i].instance = JOURNAL_NONE;
        sockets[i].opened = sockets[i].closed = DIAGRAM_NONE;
    }
    for (uint32_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->socket >= journal->socket_count) continue;
        struct diagram_socket *const socket = &sockets[event->socket];
        if (event->kind == EVENT_OPEN || event->kind == EVENT_ACCEPTED || event->kind == EVENT_PASSED) {
            socket->opened = i;
            socket->instance = event->actor;
            socket->family = (enum family_word)event->count;
        }
        if (socket->instance == JOURNAL_NONE) socket->instance = event->actor;
        if (event->kind == EVENT_CLOSED) socket->closed = i;
        if (event->kind == EVENT_BOUND && event->step < plan->step_count &&
            plan->steps[event->step].kind == STEP_LISTEN)
            socket->is_listener = true;
        if (event->kind == EVENT_ACCEPTED && event->offset < journal->socket_count)
            sockets[event->offset].is_listener = true;
    }
    return sockets;
}
