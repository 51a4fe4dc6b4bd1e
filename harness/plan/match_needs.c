#include "matcher_state.h"

// Adds the elements from `from` on, up to the first whose size is not known; false when there is one.
static bool add_row(const struct frame *frame, uint32_t from, integer *bits) {
    for (uint32_t i = from; i < frame->element_count; i++) {
        integer more;
        if (!element_fixed_bits(&frame->elements[i], &more) || __builtin_add_overflow(*bits, more, bits)) return false;
    }
    return true;
}

// Adds the items of a list that follow the one that is being matched.
static bool add_items(const struct frame *frame, integer *bits) {
    integer row = 0;
    const struct element_code *const list = frame->outer.element;
    if (list->until || list->to_end || list->by_item || !add_row(frame, 0, &row)) return false;
    return !__builtin_mul_overflow(row, (integer)(frame->items_left - 1), &row) &&
           !__builtin_add_overflow(*bits, row, bits);
}

bool pattern_takes_bytes(const struct pattern_code *pattern) {
    integer bits;
    return pattern->element_count > 0 && element_fixed_bits(&pattern->elements[0], &bits) && bits > 0;
}

// *whole: nothing follows these.
static uint64_t needed_bytes(const struct matcher *matcher, bool *exactly, bool *whole) {
    const struct matcher_state *const state = matcher->state;
    *exactly = true;
    integer bits = state->progress.kind->needs(matcher, exactly);
    *whole = *exactly;
    for (const struct frame *frame = state->top; frame; frame = frame->parent) {
        *whole = *whole && add_row(frame, frame->index + 1, &bits);
        if (frame->is_list) *whole = *whole && add_items(frame, &bits);
        integer const room = (integer)(frame->limit - matcher->consumed_bytes) * 8 + state->bits_left;
        bool const is_limit = frame->limit != BOUND_NONE && (!frame->parent || frame->parent->limit != frame->limit);
        if (is_limit) bits = room; // all of it belongs to the match, and no more does
        if (is_limit) *whole = *exactly = true;
    }
    bits -= state->bits_left;
    integer const bytes = bits > 0 ? (bits + 7) / 8 : 0;
    return bytes > (integer)UINT64_MAX ? UINT64_MAX : (uint64_t)bytes;
}

uint64_t match_needed_bytes(const struct matcher *matcher, bool *exactly) {
    bool whole;
    return needed_bytes(matcher, exactly, &whole);
}

uint64_t match_total_bytes(const struct matcher *matcher, bool *whole) {
    bool exactly = *whole = false;
    uint64_t const more = matcher->state->phase == PHASE_TAKE ? needed_bytes(matcher, &exactly, whole) : 0;
    uint64_t total;
    return exactly && !__builtin_add_overflow(matcher->consumed_bytes, more, &total) ? total : 0;
}
