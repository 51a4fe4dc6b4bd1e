// What of the journal's events a diagram shows: each as an item.
#include "diagram_parts.h"

#include <string.h>

uint32_t diagram_event_number(const struct maker *maker, const struct event *event) {
    return (uint32_t)(event - maker->journal->events);
}

static bool has_owner(const struct maker *maker, uint32_t socket) {
    return socket < maker->diagram->ends.count && maker->sockets[socket].opened != DIAGRAM_NONE;
}

// The lane at the other end of the socket: whoever took what was sent, or else who has that end.
static uint32_t other_lane(const struct maker *maker, uint32_t socket, uint32_t arrival) {
    uint32_t other = maker->diagram->ends.other[socket];
    if (arrival != DIAGRAM_NONE) other = maker->journal->events[arrival].socket;
    if (other == JOURNAL_NONE || maker->sockets[other].instance == JOURNAL_NONE) return maker->outside;
    return maker->diagram->lane_of[maker->sockets[other].instance];
}

static struct slice text_of(const struct maker *maker, const char *text) {
    return slice_text(arena_text(maker->arena, "%s", text));
}

static struct slice address_slice(const struct maker *maker, const struct address *address) {
    char text[ADDRESS_TEXT_BYTES];
    return text_of(maker, address ? address_text(address, text) : "");
}

// --- one event as an item; false: it is none

static void arrow(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    uint32_t const arrival = maker->flow.arrival[diagram_event_number(maker, item->event)];
    item->kind = kind;
    item->arrival = arrival == DIAGRAM_NONE ? NULL : &maker->journal->events[arrival];
    item->to = other_lane(maker, item->event->socket, arrival);
}

// Somebody outside did something that one of ours saw.
static bool from_outside(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    item->kind = kind;
    item->to = item->from;
    item->from = maker->outside;
    return true;
}

static void take_bytes(struct diagram_item *item) {
    item->offset = item->event->offset;
    item->count = item->event->count;
    item->bytes = item->event->bytes;
}

static bool sent_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    const struct event *const event = item->event;
    take_bytes(item);
    if (!has_owner(maker, event->socket)) {
        item->kind = DIAGRAM_INPUT;
        return true;
    }
    arrow(maker, item, kind);
    item->is_lost = maker->flow.is_short[diagram_event_number(maker, event)];
    return true;
}

static bool taken_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    take_bytes(item);
    item->kind = kind;
    bool const is_told = maker->flow.is_arrival[diagram_event_number(maker, item->event)];
    if (kind == DIAGRAM_DISCARD) return true;
    if (is_told) return false;
    if (has_owner(maker, item->event->socket) && maker->diagram->ends.other[item->event->socket] == JOURNAL_NONE)
        return from_outside(maker, item, DIAGRAM_MESSAGE);
    item->text = text_of(maker, has_owner(maker, item->event->socket) ? "" : "of what it printed");
    return true;
}

static bool is_aborted(const struct maker *maker, uint32_t socket) {
    uint32_t const other = maker->diagram->ends.other[socket];
    return maker->sockets[socket].has_ended ||
           (other != JOURNAL_NONE && maker->sockets[other].has_ended && maker->sockets[other].closed != DIAGRAM_NONE &&
            maker->journal->events[maker->sockets[other].closed].code == CLOSE_BY_RESET);
}

static bool closed_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    const struct event *const event = item->event;
    if (event->code == CLOSE_BY_STOP || !has_owner(maker, event->socket)) return false;
    struct diagram_socket *const socket = &maker->sockets[event->socket];
    bool const is_connection = maker->journal->events[socket->opened].kind != EVENT_OPEN ||
                               maker->diagram->ends.other[event->socket] != JOURNAL_NONE;
    bool const has_arrival = maker->flow.arrival[diagram_event_number(maker, event)] != DIAGRAM_NONE;
    bool const tells =
        (is_connection && family_has_states(socket->family) && event->code != CLOSE_BY_PROGRAM) || has_arrival;
    item->kind = kind;
    if (event->code == CLOSE_BY_BLOCK)
        item->text =
            text_of(maker, socket->is_listener ? "the listener, at the end of its block" : "at the end of its block");
    if (event->code == CLOSE_BY_PROGRAM) item->text = text_of(maker, "a program has it from here on");
    if (tells && !is_aborted(maker, event->socket))
        arrow(maker, item, event->code == CLOSE_BY_RESET || event->count ? DIAGRAM_RESET : DIAGRAM_FIN);
    item->count = event->count;
    socket->has_ended = true;
    return true;
}

static bool shutdown_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    if (!has_owner(maker, item->event->socket)) {
        item->kind = DIAGRAM_INPUT;
        item->text = text_of(maker, "its end");
        return true;
    }
    item->kind = DIAGRAM_NOTE;
    item->text = text_of(maker, "shutdown for reading");
    if (item->event->code == SHUTDOWN_READ) return true;
    item->text = (struct slice){0};
    arrow(maker, item, kind);
    maker->sockets[item->event->socket].has_ended = true;
    return true;
}

static bool met_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    const struct event *const event = item->event;
    bool const is_accept = event->kind == EVENT_ACCEPTED;
    if (maker->flow.is_arrival[diagram_event_number(maker, event)]) return false;
    item->text = address_slice(maker, is_accept ? event->address : event->peer);
    if (is_accept) return from_outside(maker, item, kind);
    arrow(maker, item, kind);
    return true;
}

static bool ended_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    if (maker->flow.is_arrival[diagram_event_number(maker, item->event)] || !has_owner(maker, item->event->socket))
        return false;
    uint32_t const other = maker->diagram->ends.other[item->event->socket];
    if (other == JOURNAL_NONE) return from_outside(maker, item, kind);
    uint32_t const lane = other_lane(maker, item->event->socket, DIAGRAM_NONE);
    item->kind = kind;
    item->to = item->from;
    item->from = lane;
    return true;
}

static struct slice words_of(const struct maker *maker, void (*write)(const struct event *, struct buffer *),
                             const struct event *event) {
    struct buffer words = {0};
    write(event, &words);
    struct slice const kept = slice_of(arena_copy(maker->arena, words.data, words.len_bytes), words.len_bytes);
    buffer_fini(&words);
    return kept;
}

static void stop_words(const struct event *event, struct buffer *out) {
    signal_words(event->code, out);
    if (event->count)
        buffer_text(out, event->count == 1 ? " by the harness, at the end" : " by the harness: `stop` was not heeded");
}

static void stream_words(const struct event *event, struct buffer *out) {
    static const char *const STREAMS[] = {"its terminal", "stdout", "stderr"};
    buffer_text(out, event->code >= 0 && event->code < 3 ? STREAMS[event->code] : "?");
}

// A thousand blocks of an accept that wait for the same are one line.
static bool wait_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    enum { LOOKED_AT_MAX = 64 };
    const struct diagram *const diagram = maker->diagram;
    item->kind = kind;
    item->text = event_text(item->event);
    item->count = 1;
    for (uint32_t i = 0; i < diagram->item_count && i < LOOKED_AT_MAX; i++) {
        struct diagram_item *const other = &diagram->items[diagram->item_count - 1 - i];
        if (other->kind != kind || other->from != item->from || other->step != item->step ||
            !says_the_same(other->text, item->text))
            continue;
        other->count++;
        return false;
    }
    return true;
}

// --- each kind's item

static bool text_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    (void)maker;
    item->kind = kind;
    item->text = item->event->bytes;
    return true;
}

static bool signal_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    return diagram_fault_item(maker, item, kind) || text_item(maker, item, kind);
}

static bool address_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    uint32_t const socket = item->event->socket;
    const struct step *const step = step_at(maker->result->plan, item->step);
    bool const is_listener = has_owner(maker, socket) && maker->sockets[socket].is_listener;
    bool const listens = kind == DIAGRAM_BIND && is_listener && !(step && step->kind == STEP_BIND);
    item->kind = listens ? DIAGRAM_LISTEN : kind;
    item->text = address_slice(maker, item->event->address);
    return true;
}

static bool program_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    item->kind = kind;
    if (kind == DIAGRAM_STOP) item->text = words_of(maker, stop_words, item->event);
    if (kind == DIAGRAM_EXIT) item->text = words_of(maker, program_end_words, item->event);
    if (kind == DIAGRAM_PRINT) item->text = words_of(maker, stream_words, item->event);
    if (kind == DIAGRAM_PRINT) take_bytes(item);
    return true;
}

static bool failed_item_make(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    (void)maker;
    item->kind = kind;
    item->text = slice_text(item->event->failure->message);
    return true;
}

// By what the journal calls it; of the others a diagram shows nothing. `kind` is the item's where it is always the same.
static const struct {
    bool (*make)(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind);
    enum diagram_kind kind;
    bool is_of_socket;
} MAKERS[EVENT_KIND_COUNT] = {
    [EVENT_SENT] = {sent_item, DIAGRAM_MESSAGE, true},
    [EVENT_MATCHED] = {taken_item, DIAGRAM_TAKEN, true},
    [EVENT_DISCARDED] = {taken_item, DIAGRAM_DISCARD, true},
    [EVENT_CLOSED] = {closed_item, DIAGRAM_CLOSE, true},
    [EVENT_SHUTDOWN] = {shutdown_item, DIAGRAM_FIN, true},
    [EVENT_CONNECTED] = {met_item, DIAGRAM_CONNECT, true},
    [EVENT_ACCEPTED] = {met_item, DIAGRAM_CONNECT, true},
    [EVENT_END_OF_STREAM] = {ended_item, DIAGRAM_FIN, true},
    [EVENT_PEER_RESET] = {ended_item, DIAGRAM_RESET, true},
    [EVENT_BOUND] = {address_item, DIAGRAM_BIND, false},
    [EVENT_PASSED] = {address_item, DIAGRAM_PASSED, false},
    [EVENT_SECURED] = {text_item, DIAGRAM_SECURED, false},
    [EVENT_STARTED] = {text_item, DIAGRAM_START, false},
    [EVENT_SIGNALLED] = {signal_item, DIAGRAM_SIGNAL, false},
    [EVENT_LOGGED] = {text_item, DIAGRAM_LOG, false},
    [EVENT_NOTE] = {text_item, DIAGRAM_NOTE, false},
    [EVENT_WAITING] = {wait_item, DIAGRAM_WAIT, false},
    [EVENT_STOPPED] = {program_item, DIAGRAM_STOP, false},
    [EVENT_EXITED] = {program_item, DIAGRAM_EXIT, false},
    [EVENT_PRINTED] = {program_item, DIAGRAM_PRINT, false},
    [EVENT_FAILED] = {failed_item_make, DIAGRAM_FAIL, false},
    [EVENT_STEP_END] = {diagram_fault_item, DIAGRAM_UNDO, false},
    [EVENT_STEP_BEGIN] = {diagram_refused_item, DIAGRAM_REFUSED, false},
};

static bool is_blamed(const struct maker *maker, const struct diagram_item *item) {
    const struct verdict *const verdict = maker->result->verdict;
    if (!verdict->fault_count) return false;
    const struct fault *const fault = &verdict->faults[0];
    if (item->event->kind == EVENT_FAILED) return fault->failure == item->event->failure;
    return fault->kind == FAULT_LOST_BYTES && item->is_lost && item->event->kind == EVENT_SENT &&
           maker->diagram->ends.other[item->event->socket] == fault->socket;
}

static bool is_shown(const struct maker *maker, const struct diagram_item *item) {
    if (item->event->actor < maker->result->plan->instance_count &&
        maker->diagram->lane_of[item->event->actor] == DIAGRAM_NONE)
        return false;
    if (item->event->socket != JOURNAL_NONE && !diagram_shows(maker->diagram, maker->sockets, item->event->socket))
        return false;
    return !item->arrival || item->to != DIAGRAM_NONE;
}

// Every item there is, in the order of their events.
void diagram_items_make(struct maker *maker) {
    struct diagram *const diagram = maker->diagram;
    const struct plan *const plan = maker->result->plan;
    diagram->items = arena_array(maker->arena, maker->journal->event_count, sizeof *diagram->items);
    for (uint64_t i = 0; i < maker->journal->event_count; i++) {
        const struct event *const event = &maker->journal->events[i];
        uint32_t const lane = event->actor < plan->instance_count ? diagram->lane_of[event->actor] : DIAGRAM_NONE;
        struct diagram_item item = {
            .from = lane, .to = lane, .event = event, .step = event->step, .socket = event->socket};
        if (event->socket != JOURNAL_NONE && event->socket >= diagram->ends.count) continue;
        bool const is_placed = event->socket != JOURNAL_NONE && lane != DIAGRAM_NONE;
        if (!MAKERS[event->kind].make || (MAKERS[event->kind].is_of_socket && !is_placed)) continue;
        if (!MAKERS[event->kind].make(maker, &item, MAKERS[event->kind].kind) || !is_shown(maker, &item)) continue;
        if (diagram_is_arrow(item.kind) && (item.from == DIAGRAM_NONE || item.to == DIAGRAM_NONE)) continue;
        item.is_failure = is_blamed(maker, &item);
        diagram->items[diagram->item_count++] = item;
    }
}
