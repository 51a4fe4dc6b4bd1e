// list(TYPE, COUNT), list(TYPE) until(EXPR) and list(TYPE), to the end: a row of one element on the stack, matched again
// for every item.
#include "matcher_state.h"

enum {
    ITEMS_MAX = HELD_BYTES_MAX / sizeof(struct value),
};

// What is asked of the items one by one has another length.
static enum match_status wrong_count(struct matcher *matcher, const char *relation, uint64_t count) {
    const struct element_code *const list = matcher->state->progress.element;
    return mismatch_because(matcher, "%u items, received %s%llu", list->item_count, relation,
                            (unsigned long long)count);
}

// An `until` of a layout that does not ask for `last` is asked before the first item too.
static enum match_status is_empty_list(struct matcher *matcher, const struct element_code *list, bool *empty) {
    *empty = false;
    if (!list->until || !list->may_be_empty) return MATCH_DONE;
    struct value truth;
    enum match_status const status = match_eval_kind(matcher, list->until, VALUE_BOOLEAN, &truth);
    *empty = status == MATCH_DONE && truth.number;
    return status;
}

// The list, with all its items, is the element that is complete.
static enum match_status list_over(struct matcher *matcher, const struct value *items, uint32_t item_count) {
    struct matcher_state *const state = matcher->state;
    state->progress.value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = item_count};
    state->phase = PHASE_COMPLETE;
    return MATCH_DONE;
}

static void note_item_start(struct matcher *matcher, struct frame *frame) {
    frame->item_start = matcher->consumed_bytes;
    frame->item_bits = matcher->state->bits_left;
}

// A list of so many items, which must equal another.
static enum match_status check_size(struct matcher *matcher, uint64_t item_count) {
    const struct value *const fixed = match_must_be(matcher);
    if (!fixed || fixed->kind != VALUE_LIST || fixed->item_count == item_count) return MATCH_DONE;
    return mismatch_size(matcher, item_count, fixed->item_count, "items");
}

// The same where only its bytes are known, and how many each item has.
static enum match_status check_size_to(struct matcher *matcher, uint64_t end) {
    integer bits = 0;
    const struct element_code *const item = matcher->state->progress.element->element;
    bool const is_known = end != BOUND_NONE && element_fixed_bits(item, &bits) && bits > 0;
    integer const have = is_known ? (integer)(end - matcher->consumed_bytes) * 8 : 1;
    return is_known && have % bits == 0 ? check_size(matcher, (uint64_t)(have / bits)) : MATCH_DONE;
}

// A list that goes to the end: that of a `sized`, of what an earlier length covers, or of all bytes.
static enum match_status endless_begin(struct matcher *matcher) {
    const struct progress *const progress = &matcher->state->progress;
    uint64_t const end = match_bound(matcher);
    bool const holds = progress->holds;
    if (end < matcher->consumed_bytes) return mismatch_behind(matcher, end);
    enum match_status const status = check_size_to(matcher, end);
    if (status != MATCH_DONE) return status;
    struct frame *const frame = match_push(matcher, progress->element->element, 1);
    frame->is_list = true;
    frame->list_end = end;
    if (end < frame->limit) frame->limit = end;
    frame->keeps_items = frame->wants_values = holds;
    matcher->state->phase = PHASE_AHEAD;
    return MATCH_DONE;
}

bool match_knows_ahead(const struct matcher *matcher, bool *is_there) {
    const struct frame *const frame = matcher->state->top;
    if (frame->list_end == BOUND_NONE) return false;
    *is_there = matcher->consumed_bytes < frame->list_end;
    return true;
}

enum match_status match_item_ahead(struct matcher *matcher, bool is_there) {
    struct frame *const frame = matcher->state->top;
    const struct element_code *const list = frame->outer.element;
    uint64_t const done = frame->item_index;
    if (is_there && !(list->by_item && done == list->item_count)) {
        frame->elements = list->by_item ? &list->items[done] : list->element;
        frame->index = 0;
        note_item_start(matcher, frame);
        matcher->state->phase = PHASE_NEXT;
        return MATCH_DONE;
    }
    const struct value *const items = frame->items;
    uint32_t const item_count = frame->item_count;
    match_pop(matcher);
    if (is_there) return wrong_count(matcher, "at least ", done + 1);
    if (list->by_item && done < list->item_count) return wrong_count(matcher, "", done);
    return list_over(matcher, items, item_count);
}

static enum match_status list_begin(struct matcher *matcher) {
    const struct progress *const progress = &matcher->state->progress;
    const struct element_code *const element = progress->element;
    if (element->to_end) return endless_begin(matcher);
    struct value count = value_integer(0);
    if (!element->until) {
        enum match_status const status = match_eval_kind(matcher, element->argument, VALUE_INTEGER, &count);
        if (status != MATCH_DONE) return status;
        if (count.number < 0) return mismatch_negative(matcher, "count", count.number);
        if (progress->holds && count.number > (integer)ITEMS_MAX) {
            return match_refuse(matcher, element->argument->reads_layout, "more than %zu items are not held",
                                (size_t)ITEMS_MAX);
        }
        if (element->by_item && count.number != element->item_count) {
            return wrong_count(matcher, "", (uint64_t)count.number);
        }
        enum match_status const fits = check_size(matcher, (uint64_t)count.number);
        if (fits != MATCH_DONE) return fits;
        if (count.number == 0) return list_over(matcher, NULL, 0);
    }
    bool empty;
    enum match_status const status = is_empty_list(matcher, element, &empty);
    if (status != MATCH_DONE) return status;
    if (empty) return element->by_item && element->item_count ? wrong_count(matcher, "", 0) : list_over(matcher, NULL, 0);
    if (element->by_item && element->item_count == 0) return wrong_count(matcher, "at least ", 1);
    bool const holds = progress->holds;
    struct frame *const frame = match_push(matcher, element->by_item ? element->items : element->element, 1);
    frame->is_list = true;
    frame->keeps_items = holds;
    frame->wants_values = holds || (element->until && !element->may_be_empty);
    frame->items_left = (uint64_t)count.number;
    note_item_start(matcher, frame);
    return MATCH_DONE;
}

enum match_status match_item_value(struct matcher *matcher, const struct value *value) {
    struct frame *const frame = matcher->state->top;
    const struct element_code *const list = frame->outer.element;
    if (frame->keeps_items) {
        if (frame->item_count == ITEMS_MAX) {
            return match_refuse(matcher, true, "more than %zu items are not held", (size_t)ITEMS_MAX);
        }
        frame->items = arena_grow(matcher->arena, frame->items, frame->item_count, sizeof *frame->items);
        frame->items[frame->item_count++] = *value;
    }
    frame->last = *value;
    if (list->until && list->last_slot != PLAN_NONE) matcher->env->write_slot(matcher->env, list->last_slot, value);
    return MATCH_DONE;
}

// An item without a byte: the layout's own, where none ever has one.
static enum match_status endless(struct matcher *matcher, const struct frame *frame) {
    integer bits;
    bool const is_of_peer = !element_fixed_bits(frame->elements, &bits) || bits > 0;
    return match_refuse(matcher, is_of_peer, "an item of no bytes would be repeated for ever");
}

// Whether this was the last item.
static enum match_status is_last(struct matcher *matcher, const struct frame *frame, bool *last) {
    const struct element_code *const list = frame->outer.element;
    bool const is_empty = frame->item_start == matcher->consumed_bytes && frame->item_bits == matcher->state->bits_left;
    if (list->to_end) {
        *last = false;
        return is_empty ? endless(matcher, frame) : MATCH_DONE;
    }
    if (!list->until) {
        *last = frame->items_left == 1;
        if (!*last && is_empty && frame->items_left > IDLE_ELEMENTS_MAX) {
            return match_refuse(matcher, list->argument->reads_layout, "a list of more than %d items of no bytes",
                                IDLE_ELEMENTS_MAX);
        }
        return MATCH_DONE;
    }
    struct value truth;
    struct message_scope *const scope = match_scope(matcher);
    if (scope) scope->last = &frame->last;
    enum match_status const status = match_eval_kind(matcher, list->until, VALUE_BOOLEAN, &truth);
    if (status != MATCH_DONE) return status;
    *last = truth.number;
    return !*last && is_empty ? endless(matcher, frame) : MATCH_DONE;
}

enum match_status match_item_over(struct matcher *matcher) {
    struct frame *const frame = matcher->state->top;
    bool last;
    enum match_status const status = is_last(matcher, frame, &last);
    if (status != MATCH_DONE) return status;
    const struct element_code *const list = frame->outer.element;
    if (list->to_end) {
        frame->item_index++;
        matcher->state->phase = PHASE_AHEAD;
        return MATCH_DONE;
    }
    bool const is_short = list->by_item && last && frame->item_index + 1 < list->item_count;
    bool const is_long = list->by_item && !last && frame->item_index + 1 == list->item_count;
    if (last || is_long) {
        const struct value *const items = frame->items;
        uint32_t const item_count = frame->item_count;
        uint64_t const received = frame->item_index + 1 + is_long;
        match_pop(matcher);
        if (is_short || is_long) return wrong_count(matcher, is_long ? "at least " : "", received);
        return list_over(matcher, items, item_count);
    }
    frame->items_left--;
    frame->item_index++;
    if (list->by_item) frame->elements = &list->items[frame->item_index];
    frame->index = 0;
    note_item_start(matcher, frame);
    return MATCH_DONE;
}

const struct element_kind MATCH_LIST = {.begin = list_begin};
