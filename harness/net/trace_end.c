#include "trace_end.h"

#include "trace_track.h"

#include <string.h>

// From when on the kernel must have taken what arrived, or has thrown it away.
enum { IN_FLIGHT_MS = 100 };

// Linux, net/ipv4/tcp_input.c and tcp.c. The row STATE_ANY is an end that has not begun.
static const uint8_t table[STATE_COUNT][END_EVENT_COUNT] = {
    [STATE_ANY] = {[END_OPENS] = STATE_SYN_SENT, [END_SYN] = STATE_SYN_RECV},
    [STATE_SYN_SENT] = {[END_SYN] = STATE_SYN_RECV, [END_SYN_ACK] = STATE_ESTABLISHED, [END_CLOSES] = STATE_CLOSE,
                        [END_RESET] = STATE_CLOSE, [END_GONE] = STATE_CLOSE, [END_GONE_SOMEHOW] = STATE_CLOSE},
    [STATE_SYN_RECV] = {[END_ACKNOWLEDGED] = STATE_ESTABLISHED, [END_CLOSES] = STATE_FIN_WAIT1,
                        [END_RESET] = STATE_CLOSE, [END_GONE] = STATE_CLOSE, [END_GONE_SOMEHOW] = STATE_CLOSE},
    [STATE_ESTABLISHED] = {[END_CLOSES] = STATE_FIN_WAIT1, [END_FIN] = STATE_CLOSE_WAIT, [END_RESET] = STATE_CLOSE,
                           [END_GONE] = STATE_CLOSE, [END_GONE_SOMEHOW] = STATE_CLOSE},
    [STATE_FIN_WAIT1] = {[END_FIN_ACKED] = STATE_FIN_WAIT2, [END_FIN] = STATE_CLOSING, [END_RESET] = STATE_CLOSE,
                         [END_GONE] = STATE_CLOSE, [END_GONE_SOMEHOW] = STATE_CLOSE},
    [STATE_FIN_WAIT2] = {[END_FIN] = STATE_TIME_WAIT, [END_RESET] = STATE_CLOSE, [END_GONE] = STATE_CLOSE,
                         [END_GONE_SOMEHOW] = STATE_CLOSE},
    [STATE_CLOSING] = {[END_FIN_ACKED] = STATE_TIME_WAIT, [END_RESET] = STATE_CLOSE, [END_GONE] = STATE_CLOSE,
                       [END_GONE_SOMEHOW] = STATE_CLOSE},
    [STATE_CLOSE_WAIT] = {[END_CLOSES] = STATE_LAST_ACK, [END_RESET] = STATE_CLOSE, [END_GONE] = STATE_CLOSE,
                          [END_GONE_SOMEHOW] = STATE_CLOSE},
    [STATE_LAST_ACK] = {[END_FIN_ACKED] = STATE_CLOSE, [END_RESET] = STATE_CLOSE, [END_GONE] = STATE_CLOSE,
                        [END_GONE_SOMEHOW] = STATE_CLOSE},
};

static enum state after(enum state state, unsigned event) {
    return event >= END_LEAP ? (enum state)(event - END_LEAP) : (enum state)table[state][event];
}

// The state behind its first `count` events; their path too, where `path` is not NULL.
static enum state walk(const struct trace_end *end, unsigned count, struct state_path *path) {
    enum state state = STATE_ANY;
    bool is_certain = true;
    for (unsigned i = 0; i < count; i++) {
        enum state const next = after(state, end->events[i]);
        if (next == STATE_ANY) continue;
        state = next;
        // Nobody knows whether this close was before what ended the connection.
        if (end->events[i] == END_CLOSES && !end->close_is_proven && next != STATE_CLOSE) {
            is_certain = false;
            continue;
        }
        if (end->events[i] == END_GONE_SOMEHOW || end->events[i] >= END_LEAP) is_certain = false;
        if (path) path_note(path, state, is_certain);
        is_certain = true;
    }
    return state;
}

enum state end_state(const struct trace_end *end) { return walk(end, end->count, NULL); }

bool end_is_over(const struct trace_end *end) {
    enum state const state = end_state(end);
    return state == STATE_TIME_WAIT || state == STATE_CLOSE;
}

// --- the row

static unsigned find(const struct trace_end *end, enum end_event event) {
    unsigned at = 0;
    while (at < end->count && end->events[at] != event) at++;
    return at;
}

bool end_has(const struct trace_end *end, enum end_event event) { return find(end, event) < end->count; }

static void append(struct trace_end *end, unsigned event, uint32_t now_ms) {
    if (end->count == END_MAX_EVENTS) {
        end->is_blind = true; // no connection has so many, or it was not understood
        return;
    }
    end->events[end->count] = (uint8_t)event;
    end->at_ms[end->count++] = now_ms;
}

static void take_out(struct trace_end *end, unsigned at) {
    end->count--;
    memmove(end->events + at, end->events + at + 1, end->count - at);
    memmove(end->at_ms + at, end->at_ms + at + 1, (end->count - at) * sizeof(*end->at_ms));
    if (end->confirmed > at) end->confirmed--;
}

void end_push(struct trace_end *end, enum end_event event, uint32_t now_ms) {
    if (!end->is_blind && after(end_state(end), event) != STATE_ANY) append(end, event, now_ms);
}

// Whether the owner's close and the other's FIN may change places: neither is confirmed yet, and nothing lies between them.
static bool is_order_open(const struct trace_end *end) {
    unsigned const close = find(end, END_CLOSES), fin = find(end, END_FIN);
    unsigned const first = close < fin ? close : fin, second = close < fin ? fin : close;
    return second < end->count && second == first + 1 && first >= end->confirmed && !end->is_blind;
}

static bool swap_close_and_fin(struct trace_end *end) {
    if (!is_order_open(end)) return false;
    unsigned const close = find(end, END_CLOSES), fin = find(end, END_FIN);
    unsigned const first = close < fin ? close : fin, second = close < fin ? fin : close;
    uint8_t const event = end->events[first];
    uint32_t const at_ms = end->at_ms[first];
    end->events[first] = end->events[second];
    end->at_ms[first] = end->at_ms[second];
    end->events[second] = event;
    end->at_ms[second] = at_ms;
    return true;
}

static void confirm(struct trace_end *end, unsigned count) {
    if (count > end->confirmed) end->confirmed = (uint8_t)count;
}

// --- what it sent itself

void end_acknowledges(struct trace_end *end, bool covers_fin) {
    unsigned const fin = find(end, END_FIN), close = find(end, END_CLOSES);
    if (!covers_fin || fin == end->count) return;
    bool const order_is_open = close < fin && close >= end->confirmed;
    if (!order_is_open) confirm(end, fin + 1);
}

void end_sent_fin(struct trace_end *end, bool covers_fin, uint32_t now_ms) {
    if (end->is_blind) return;
    if (!end_has(end, END_CLOSES)) end_push(end, END_CLOSES, now_ms);
    unsigned close = find(end, END_CLOSES);
    if (close == end->count) return;
    end->close_is_proven = true;
    if (covers_fin) return;
    if (find(end, END_FIN) < close) {
        if (!swap_close_and_fin(end)) return; // sent once more
        close--;
    }
    confirm(end, close + 1);
}

void end_sent_reset(struct trace_end *end, bool has_ack, bool covers_fin, uint32_t now_ms) {
    if (end->is_blind) return;
    unsigned const fin = find(end, END_FIN);
    if (has_ack && fin >= end->confirmed && fin < end->count && !covers_fin) take_out(end, fin);
    unsigned const somehow = find(end, END_GONE_SOMEHOW);
    if (somehow < end->count && has_ack && !covers_fin) end->events[somehow] = END_GONE;
    if (end_is_over(end) || end_state(end) == STATE_SYN_SENT) return; // a SYN_SENT answers nonsense so, and lives on
    unsigned const close = find(end, END_CLOSES);
    if (close < end->count && !end->close_is_proven) take_out(end, close);
    end_push(end, END_GONE, now_ms);
}

void end_fin_again(struct trace_end *end, uint32_t now_ms) {
    unsigned const fin = find(end, END_FIN);
    if (fin == end->count || fin < end->confirmed || end->is_blind) return;
    take_out(end, fin);
    end_push(end, END_FIN, now_ms);
}

// --- what its owner and its kernel say

void track_call(struct trace_end *end, enum trace_call call, uint32_t now_ms) {
    if (end->is_blind) return;
    switch (call) {
    case TRACE_END:
        if (!end_has(end, END_CLOSES)) end_push(end, END_CLOSES, now_ms);
        return;
    case TRACE_ABORT: {
        unsigned const fin = find(end, END_FIN);
        bool const is_open = fin >= end->confirmed && fin + 1 == end->count && !end_is_over(end);
        if (is_open) take_out(end, fin);
        end_push(end, is_open ? END_GONE_SOMEHOW : END_GONE, now_ms);
        return;
    }
    }
}

// How many of its events lead to that state, all of them if possible; 0: it is not on the path.
static unsigned match(const struct trace_end *end, enum state state) {
    unsigned count = end->count;
    while (count > 0 && walk(end, count, NULL) != state) count--;
    return count;
}

// What arrived long before the kernel's word and has left no trace in it was thrown away.
static void prune(struct trace_end *end, unsigned from, uint32_t now_ms) {
    for (unsigned i = end->count; i > from; i--)
        if (now_ms - end->at_ms[i - 1] > IN_FLIGHT_MS) take_out(end, i - 1);
}

static void agree(struct trace_end *end, unsigned count, enum state state, uint32_t now_ms) {
    unsigned const close = find(end, END_CLOSES);
    if (close < count && state != STATE_CLOSE) end->close_is_proven = true;
    if (count < end->confirmed) return; // it was so, a moment ago
    if (close >= count && close < end->count && !end->close_is_proven) take_out(end, close); // and has not come about
    confirm(end, count);
    prune(end, count, now_ms);
}

static void leap(struct trace_end *end, enum state state, uint32_t now_ms) {
    append(end, END_LEAP + (unsigned)state, now_ms);
    confirm(end, end->count);
}

void track_seen(struct trace_end *end, enum state state, uint32_t now_ms) {
    end->is_forgotten = false;
    if (state == STATE_ANY || end->count == 0 || end->is_old) return;
    unsigned count = match(end, state);
    if (count == 0 && !end->is_blind && swap_close_and_fin(end)) {
        count = match(end, state);
        if (count == 0) swap_close_and_fin(end);
    }
    if (count > 0) {
        if (!end->is_blind || count == end->count) agree(end, count, state, now_ms);
        return;
    }
    if (end_is_over(end)) return; // forgotten meanwhile, or the pair is somebody else's by now
    if (state == STATE_CLOSE && !end->is_blind) {
        end_push(end, END_GONE, now_ms);
        confirm(end, end->count);
    } else {
        leap(end, state, now_ms);
    }
}

void track_forgotten(struct trace_end *end, uint32_t now_ms) {
    if (!end->is_forgotten) {
        end->is_forgotten = true;
        end->forgotten_ms = now_ms;
    } else if (now_ms - end->forgotten_ms > IN_FLIGHT_MS) {
        track_seen(end, STATE_CLOSE, now_ms);
    }
}

bool track_path(const struct trace_end *end, struct state_path *path) {
    *path = (struct state_path){0};
    walk(end, end->count, path);
    return !is_order_open(end);
}
