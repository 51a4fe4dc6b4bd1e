// The items that there is room for, each in its row.
#include "diagram_parts.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool is_arrow;
} KINDS[DIAGRAM_KIND_COUNT] = {
#define ITEM(id, name, is_arrow, help) [DIAGRAM_##id] = {name, is_arrow},
    DIAGRAM_ITEMS(ITEM)
#undef ITEM
};

const char *diagram_kind_name(enum diagram_kind kind) {
    return KINDS[kind].name;
}
bool diagram_is_arrow(enum diagram_kind kind) {
    return KINDS[kind].is_arrow;
}

// Where something happens in the order of the journal. Owned by rows_number.
struct tick {
    uint32_t event;
    uint32_t item;
    bool is_arrival;
};

// The program that is at the other end of whatever none of ours is at, where there is only one; else they share a lane.
static bool one_program(const struct maker *maker, uint32_t *instance) {
    uint32_t count = 0;
    for (uint64_t i = 0; i < maker->journal->event_count; i++) {
        const struct event *const event = &maker->journal->events[i];
        if (event->kind != EVENT_STARTED || event->actor >= maker->result->plan->instance_count) continue;
        count += !count || *instance != event->actor;
        *instance = event->actor;
    }
    return count == 1;
}

// --- the order

// Whoever did something may note it behind him at the other end, who had it at once: nothing is seen before it was done.
static const struct event *begin_of(const struct diagram_item *item) {
    return item->arrival && item->arrival < item->event ? item->arrival : item->event;
}

static int items_compare(const void *left, const void *right) {
    const struct diagram_item *const a = left, *const b = right;
    const struct event *const a_begins = begin_of(a), *const b_begins = begin_of(b);
    if (a_begins != b_begins) return a_begins < b_begins ? -1 : 1;
    return a->event < b->event ? -1 : a->event > b->event;
}

// On loopback what is sent arrives at once: what takes that long was held up, or its receiver had other things to do.
static int64_t delay_of(const struct diagram_item *item) {
    if (!diagram_is_arrow(item->kind) || !item->arrival) return 0;
    int64_t const ns = item->arrival->at_ns - item->event->at_ns;
    return ns >= 50 * NS_PER_MS ? ns : 0;
}

static void items_order(struct diagram *diagram) {
    for (uint32_t i = 0; i < diagram->item_count; i++) diagram->items[i].delay_ns = delay_of(&diagram->items[i]);
    if (diagram->item_count) qsort(diagram->items, diagram->item_count, sizeof *diagram->items, items_compare);
}

// --- the cut

static uint32_t failed_item(const struct diagram *diagram) {
    for (uint32_t i = 0; i < diagram->item_count; i++)
        if (diagram->items[i].is_failure) return i;
    return diagram->item_count;
}

// Of items that are too many those at the beginning, around the failure and at the end are kept.
static bool is_kept(uint32_t item, uint32_t count, uint32_t failed, uint32_t items_max) {
    uint32_t const first = items_max / 2, last = items_max / 4, around = items_max / 16;
    return item < first || item >= count - last || (item + 3 * around >= failed && item < failed + around);
}

static void items_cut(struct diagram *diagram, uint32_t items_max) {
    uint32_t const count = diagram->item_count, failed = failed_item(diagram);
    if (count <= items_max) return;
    uint32_t kept = 0;
    struct diagram_item *cut = NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct diagram_item const item = diagram->items[i];
        if (is_kept(i, count, failed, items_max)) {
            diagram->items[kept++] = item;
            cut = NULL;
            continue;
        }
        if (!cut) {
            cut = &diagram->items[kept++];
            *cut = (struct diagram_item){.kind = DIAGRAM_CUT,
                                         .from = DIAGRAM_NONE,
                                         .to = DIAGRAM_NONE,
                                         .event = begin_of(&item),
                                         .step = JOURNAL_NONE,
                                         .socket = JOURNAL_NONE};
        }
        cut->count++;
        if (item.kind == DIAGRAM_MESSAGE || item.kind == DIAGRAM_PRINT || item.kind == DIAGRAM_TAKEN)
            cut->offset += item.count;
        diagram->items_left_out++;
    }
    diagram->item_count = kept;
}

// --- the rows

static int ticks_compare(const void *left, const void *right) {
    const struct tick *const a = left, *const b = right;
    if (a->event != b->event) return a->event < b->event ? -1 : 1;
    if (a->item != b->item) return a->item < b->item ? -1 : 1;
    return 0;
}

// Of which event the rows are, by row.
static uint32_t *rows_number(struct maker *maker) {
    struct diagram *const diagram = maker->diagram;
    struct tick *const ticks = arena_array(maker->arena, 2 * (size_t)diagram->item_count, sizeof *ticks);
    uint32_t *const row_events = arena_array(maker->arena, 2 * (size_t)diagram->item_count, sizeof *row_events);
    diagram->row_ns = arena_array(maker->arena, 2 * (size_t)diagram->item_count, sizeof *diagram->row_ns);
    uint32_t count = 0, last_item = DIAGRAM_NONE;
    for (uint32_t i = 0; i < diagram->item_count; i++) {
        const struct diagram_item *const item = &diagram->items[i];
        uint32_t const begins = diagram_event_number(maker, begin_of(item));
        ticks[count++] = (struct tick){.event = begins, .item = i};
        if (item->arrival && item->arrival > item->event)
            ticks[count++] =
                (struct tick){.event = diagram_event_number(maker, item->arrival), .item = i, .is_arrival = true};
    }
    if (count) qsort(ticks, count, sizeof *ticks, ticks_compare);
    for (uint32_t i = 0; i < count; i++) {
        struct diagram_item *const item = &diagram->items[ticks[i].item];
        bool is_at_once = false; // what arrives ends, or begins with others, in the row before
        for (uint32_t k = i; ticks[i].is_arrival && k < count && ticks[k].event == ticks[i].event; k++)
            is_at_once |= last_item == ticks[k].item && !diagram->items[last_item].delay_ns;
        bool const is_together =
            i && ticks[i - 1].event == ticks[i].event && ticks[i - 1].is_arrival == ticks[i].is_arrival;
        if (!is_at_once && !is_together) {
            row_events[diagram->row_count] = ticks[i].event;
            diagram->row_ns[diagram->row_count++] = maker->journal->events[ticks[i].event].at_ns;
        }
        item->to_row = diagram->row_count - 1;
        if (!ticks[i].is_arrival) item->row = item->to_row;
        last_item = ticks[i].is_arrival ? DIAGRAM_NONE : ticks[i].item;
    }
    for (uint32_t i = 0; i < diagram->item_count; i++) { // a cut is as long as what was left out
        struct diagram_item *const item = &diagram->items[i];
        if (item->kind == DIAGRAM_CUT) item->event = NULL;
    }
    return row_events;
}

static bool needs_outside(const struct diagram *diagram, uint32_t outside) {
    for (uint32_t i = 0; i < diagram->item_count; i++)
        if (diagram->items[i].from == outside || diagram->items[i].to == outside) return true;
    return false;
}

void diagram_init(struct diagram *diagram, const struct case_result *result, const struct diagram_limits *limits,
                  struct arena *arena) {
    *diagram = (struct diagram){0};
    struct maker maker = {.diagram = diagram, .result = result, .journal = result->journal, .arena = arena};
    uint32_t program = JOURNAL_NONE;
    diagram_ends_init(&diagram->ends, result->journal, arena);
    maker.sockets = diagram_sockets(result->plan, result->journal, arena);
    diagram_flow_init(&maker.flow, result->journal, &diagram->ends, maker.sockets, arena);
    bool const is_program = one_program(&maker, &program);
    diagram_lanes_init(diagram, result, limits->lanes, !is_program, arena);
    maker.outside = is_program ? diagram->lane_of[program] : diagram->lane_count - 1;
    diagram_items_make(&maker);
    if (!is_program && !needs_outside(diagram, maker.outside)) diagram->lane_count--;
    items_order(diagram);
    items_cut(diagram, limits->items);
    diagram_bars_init(diagram, result, maker.sockets, rows_number(&maker), limits->bars, arena);
}
