// How long an element is, where that is known before it begins.
#include "plan/message.h"
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

// With nothing asked of it a message has its length from the compiler, which looks at each message once.
static bool fixed_row(const struct element_code *element, integer *bits) {
    *bits = element->message->fixed_bits;
    if (element->row == element->message->elements) return *bits >= 0;
    *bits = 0;
    for (uint32_t i = 0; i < element->message->field_count; i++) {
        integer more;
        if (!element_fixed_bits(&element->row[i], &more) || __builtin_add_overflow(*bits, more, bits)) return false;
    }
    return true;
}

bool element_fixed_bits(const struct element_code *element, integer *bits) {
    if ((element->field && element->field->condition) || element->by_item) return false;
    const struct term *const right = element->op == OP_NONE ? NULL : element->right;
    if (right && right->kind != TERM_CONSTANT && right->kind != TERM_REGEX) return false;
    if (element->bytes) return fixed_literal(element->bytes, bits);
    if (element->message) return fixed_row(element, bits);
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
    if (element->type == TYPE_WORD_MASKED) {
        const struct term *const key = element->key;
        bool const is_at_hand = key->kind == TERM_CONSTANT || key->kind == TERM_LAYOUT_FIELD; // else it may wait
        if (!is_at_hand || !fixed_count(element->argument, bits)) return false;
        *bits *= 8;
        return true;
    }
    if (element->type == TYPE_WORD_SIZED) {
        integer inner_bits;
        if (!fixed_count(element->argument, bits) || !element_fixed_bits(element->element, &inner_bits)) return false;
        *bits *= 8;
        return true;
    }
    if (element->type == TYPE_WORD_LIST) {
        integer count, item_bits;
        return !element->until && fixed_count(element->argument, &count) &&
               element_fixed_bits(element->element, &item_bits) && !__builtin_mul_overflow(count, item_bits, bits);
    }
    *bits = (integer)wire_width_bytes(element->type) * 8;
    return *bits > 0;
}
