// Sockets along their lanes, and the states that they were seen in. What nobody saw is not drawn.
#include "diagram_parts.h"

#include <stdlib.h>
#include <string.h>

enum { STRETCHES_MAX = 64, COLUMNS_MAX = 6 };

// Which row an event belongs to: the last that began at it or before it.
static uint32_t row_of(const uint32_t *row_events, uint32_t row_count, uint32_t event) {
    uint32_t low = 0, high = row_count; // the row lies in low .. high - 1
    while (high - low > 1) {
        uint32_t const middle = low + (high - low) / 2;
        if (row_events[middle] <= event) low = middle;
        else high = middle;
    }
    return low;
}

// What an event says of its socket's state; STATE_ANY: nothing.
static enum state seen_state(const struct event *event, const struct diagram_socket *socket) {
    if (event->kind == EVENT_SNAPSHOT) return (enum state)event->offset;
    if (event->kind == EVENT_STATE) return (enum state)event->code;
    if (event->kind == EVENT_OPEN) return STATE_CLOSE;
    if (event->kind == EVENT_CONNECTED || event->kind == EVENT_ACCEPTED) return STATE_ESTABLISHED;
    if (event->kind == EVENT_BOUND) return socket->is_listener ? STATE_LISTEN : STATE_CLOSE;
    return STATE_ANY;
}

static void stretch_add(struct diagram_bar *bar, uint32_t row, enum state state, bool is_closed) {
    if (bar->stretch_count) {
        struct diagram_stretch *const last = &bar->stretches[bar->stretch_count - 1];
        if (last->state == state && last->is_closed == is_closed) return;
        last->to_row = row;
        if (last->row == row) { // two in one row: the newer
            last->state = state;
            last->is_closed = is_closed;
            return;
        }
    }
    if (bar->stretch_count == STRETCHES_MAX) return;
    bar->stretches[bar->stretch_count++] = (struct diagram_stretch){.row = row, .state = state, .is_closed = is_closed};
}

static bool has_gone(const struct diagram_bar *bar) {
    const struct diagram_stretch *const last = &bar->stretches[bar->stretch_count - 1];
    return last->is_closed && (last->state == STATE_CLOSE || last->state == STATE_ANY);
}

static void bar_note(struct diagram_bar *bar, const struct event *event, const struct diagram_socket *socket,
                     uint32_t row) {
    bool const was_closed = bar->stretch_count && bar->stretches[bar->stretch_count - 1].is_closed;
    enum state const last = bar->stretch_count ? bar->stretches[bar->stretch_count - 1].state : STATE_ANY;
    if (was_closed && last == STATE_CLOSE) return;
    if (event->kind == EVENT_CLOSED) {
        bool const ends = !family_has_states(socket->family) || event->code == CLOSE_BY_RESET ||
                          event->code == CLOSE_BY_PROGRAM || last == STATE_LISTEN || last == STATE_CLOSE;
        stretch_add(bar, row, ends ? STATE_CLOSE : STATE_ANY, true);
        return;
    }
    enum state const state = seen_state(event, socket);
    bool const begins = event->kind == EVENT_OPEN || event->kind == EVENT_ACCEPTED || event->kind == EVENT_PASSED;
    if (!family_has_states(socket->family)) {
        if (begins) stretch_add(bar, row, STATE_ANY, false);
    } else if (state != STATE_ANY || begins) {
        bool const is_closed = was_closed || (event->kind == EVENT_SNAPSHOT && event->code == -1);
        stretch_add(bar, row, state, is_closed);
    }
}

// The first column of the lane that is free from the bar's beginning on; the last one is shared by all that find none.
static uint32_t column_for(uint32_t (*ends)[COLUMNS_MAX], uint32_t lane, uint32_t row, uint32_t to_row) {
    uint32_t column = 0;
    while (column < COLUMNS_MAX - 1 && ends[lane][column] > row) column++;
    ends[lane][column] = to_row + 1;
    return column;
}

bool diagram_shows(const struct diagram *diagram, const struct diagram_socket *sockets, uint32_t socket) {
    if (socket >= diagram->ends.count) return true;
    uint32_t const instance = sockets[socket].instance, other = diagram->ends.other[socket];
    if (instance != JOURNAL_NONE && diagram->lane_of[instance] == DIAGRAM_NONE) return false;
    uint32_t const other_instance = other == JOURNAL_NONE ? JOURNAL_NONE : sockets[other].instance;
    return other_instance == JOURNAL_NONE || diagram->lane_of[other_instance] != DIAGRAM_NONE;
}

// Which bar a socket has, by its number.
static uint32_t *bars_choose(struct diagram *diagram, const struct plan *plan, const struct diagram_socket *sockets,
                             uint32_t bars_max, struct arena *arena) {
    uint32_t *const bar_of = arena_array(arena, diagram->ends.count, sizeof *bar_of);
    diagram->bars = arena_array(arena, bars_max, sizeof *diagram->bars);
    for (uint32_t i = 0; i < diagram->ends.count; i++) {
        bar_of[i] = DIAGRAM_NONE;
        if (sockets[i].opened == DIAGRAM_NONE || sockets[i].instance >= plan->instance_count ||
            !diagram_shows(diagram, sockets, i)) {
            continue;
        }
        if (diagram->bar_count == bars_max) {
            diagram->bars_left_out++;
            continue;
        }
        bar_of[i] = diagram->bar_count;
        diagram->bars[diagram->bar_count++] = (struct diagram_bar){
            .socket = i,
            .lane = diagram->lane_of[sockets[i].instance],
            .stretches = arena_array(arena, STRETCHES_MAX, sizeof(struct diagram_stretch)),
        };
    }
    return bar_of;
}

static int bars_compare(const void *left, const void *right) {
    const struct diagram_bar *const a = left, *const b = right;
    uint32_t const a_row = a->stretches[0].row, b_row = b->stretches[0].row;
    if (a_row != b_row) return a_row < b_row ? -1 : 1;
    return a->socket < b->socket ? -1 : a->socket > b->socket;
}

// The last known state goes on to the last row; of what the kernel has forgotten nothing is left.
static void bars_end(struct diagram *diagram, struct arena *arena) {
    uint32_t(*const ends)[COLUMNS_MAX] = arena_array(arena, diagram->lane_count, sizeof *ends);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < diagram->bar_count; i++) {
        struct diagram_bar *const bar = &diagram->bars[i];
        if (!bar->stretch_count) continue;
        struct diagram_stretch *const last = &bar->stretches[bar->stretch_count - 1];
        if (has_gone(bar) && bar->stretch_count > 1) bar->stretch_count--;
        else last->to_row = diagram->row_count - 1;
        diagram->bars[kept++] = *bar;
    }
    diagram->bar_count = kept;
    if (kept) qsort(diagram->bars, kept, sizeof *diagram->bars, bars_compare);
    for (uint32_t i = 0; i < kept; i++) {
        struct diagram_bar *const bar = &diagram->bars[i];
        bar->column = column_for(ends, bar->lane, bar->stretches[0].row, bar->stretches[bar->stretch_count - 1].to_row);
    }
}

void diagram_bars_init(struct diagram *diagram, const struct case_result *result, const struct diagram_socket *sockets,
                       const uint32_t *row_events, uint32_t bars_max, struct arena *arena) {
    if (!diagram->row_count) return;
    const struct journal *const journal = result->journal;
    uint32_t *const bar_of = bars_choose(diagram, result->plan, sockets, bars_max, arena);
    for (uint32_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->socket >= diagram->ends.count || bar_of[event->socket] == DIAGRAM_NONE) continue;
        bar_note(&diagram->bars[bar_of[event->socket]], event, &sockets[event->socket],
                 row_of(row_events, diagram->row_count, i));
    }
    bars_end(diagram, arena);
}
