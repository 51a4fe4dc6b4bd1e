#include "matcher_state.h"
#include "wire.h"

static bool fixed_literal(const struct term *bytes, integer *bits) {
    if (bytes->kind != TERM_CONSTANT || bytes->value.kind != VALUE_BYTES) return false;
    *bits = (integer)bytes->value.bytes->len_bytes * 8;
    return true;
}

static bool fixed_count(const struct term *term, integer *count) {
    if (!term || term->kind != TERM_CONSTANT || term->value.kind != VALUE_INTEGER || term->value.number < 0)
        return false;
    *count = term->value.number;
    return true;
}

bool match_fixed_bits(const struct element_code *element, integer *bits) {
    const struct term *const right = element->op == OP_NONE ? NULL : element->right;
    if (right && right->kind != TERM_CONSTANT && right->kind != TERM_REGEX) return false;
    if (element->bytes) return fixed_literal(element->bytes, bits);
    if (element->type == TYPE_WORD_BIT) {
        *bits = 1;
        return true;
    }
    if (element->type == TYPE_WORD_BITS) return fixed_count(element->argument, bits);
    if (element->type == TYPE_WORD_BYTES || element->type == TYPE_WORD_TEXT) {
        if (!fixed_count(element->argument, bits)) return false;
        *bits *= 8;
        return true;
    }
    if (element->type == TYPE_WORD_LIST) {
        integer count, item_bits;
        return !element->until && fixed_count(element->argument, &count) &&
               match_fixed_bits(element->element, &item_bits) && !__builtin_mul_overflow(count, item_bits, bits);
    }
    *bits = (integer)wire_width_bytes(element->type) * 8;
    return *bits > 0;
}

// Adds the elements from `from` on, up to the first whose size is not known; false when there is one.
static bool add_row(const struct frame *frame, uint32_t from, integer *bits) {
    for (uint32_t i = from; i < frame->element_count; i++) {
        integer more;
        if (!match_fixed_bits(&frame->elements[i], &more) || __builtin_add_overflow(*bits, more, bits)) return false;
    }
    return true;
}

// Adds the items of a list that follow the one that is being matched.
static bool add_items(const struct frame *frame, integer *bits) {
    integer row = 0;
    if (frame->outer.element->until || !add_row(frame, 0, &row)) return false;
    return !__builtin_mul_overflow(row, (integer)(frame->items_left - 1), &row) &&
           !__builtin_add_overflow(*bits, row, bits);
}

uint64_t match_needed_bytes(const struct matcher *matcher, bool *exactly) {
    const struct matcher_state *const state = matcher->state;
    *exactly = true;
    integer bits = state->progress.kind->needs(matcher, exactly);
    bool is_known = *exactly;
    for (const struct frame *frame = state->top; frame && is_known; frame = frame->parent) {
        is_known = add_row(frame, frame->index + 1, &bits);
        if (is_known && frame->is_list) is_known = add_items(frame, &bits);
    }
    bits -= state->bits_left;
    integer const bytes = bits > 0 ? (bits + 7) / 8 : 0;
    return bytes > (integer)UINT64_MAX ? UINT64_MAX : (uint64_t)bytes;
}
