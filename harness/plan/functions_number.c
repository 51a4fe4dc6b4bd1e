// Integers that digits write, and the smaller and the greater of two.
#include "functions.h"

enum { BASE_MIN = 2, BASE_MAX = 36 };

static int digit_of(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'z') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'Z') return byte - 'A' + 10;
    return INT32_MAX;
}

// Digits, nothing else; a sign before them; in base 0, which is 10, 0x before hexadecimal ones. False: not that, or past 64
// bits.
static bool read_integer(struct slice text, int base, integer *number) {
    const uint8_t *at = text.data;
    const uint8_t *const end = at + text.len_bytes;
    bool const is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (base == 0 && end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) base = 16, at += 2;
    if (base == 0) base = 10;
    if (at == end) return false;
    integer magnitude = 0;
    for (; at < end; at++) {
        int const digit = digit_of(*at);
        if (digit >= base) return false;
        magnitude = magnitude * base + digit;
        if (magnitude > INTEGER_MAX) return false;
    }
    *number = is_negative ? -magnitude : magnitude;
    return integer_in_range(*number);
}

// 0 where none is given.
static enum eval_status base_argument(const struct term *term, struct eval_env *env, int *base) {
    struct value value;
    *base = 0;
    if (term->item_count < 2) return EVAL_DONE;
    enum eval_status const status = term_eval_kind(term->items[1], env, VALUE_INTEGER, &value);
    if (status != EVAL_DONE) return status;
    if (value.number < BASE_MIN || value.number > BASE_MAX) {
        return eval_fail(env, term->items[1]->span, "a base is between %d and %d", BASE_MIN, BASE_MAX);
    }
    *base = (int)value.number;
    return EVAL_DONE;
}

enum eval_status call_int(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status status = term_eval(term->items[0], env, value);
    if (status != EVAL_DONE || (value->kind == VALUE_INTEGER && term->item_count == 1)) return status;
    struct span const span = term->items[0]->span;
    struct slice flat;
    int base;
    status = eval_flat(env, span, value, &flat);
    if (status == EVAL_DONE) status = base_argument(term, env, &base);
    if (status != EVAL_DONE) return status;
    integer number;
    if (!read_integer(flat, base, &number)) {
        struct buffer shown = {0};
        value_print(value, &shown);
        if (base) eval_fail(env, span, "%s is not an integer of 64 bits in base %d", shown.data, base);
        else eval_fail(env, span, "%s is not an integer of 64 bits", shown.data);
        buffer_fini(&shown);
        return EVAL_FAILED;
    }
    *value = value_integer(number);
    return EVAL_DONE;
}

enum eval_status call_hexadecimal(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval_kind(term->items[0], env, VALUE_INTEGER, value);
    if (status != EVAL_DONE) return status;
    bool const is_negative = value->number < 0;
    uint64_t const magnitude = (uint64_t)(is_negative ? -value->number : value->number);
    *value = value_text(env->arena, slice_text(arena_text(env->arena, "%s%llx", is_negative ? "-" : "",
                                                          (unsigned long long)magnitude)));
    return EVAL_DONE;
}

static bool is_measure(const struct value *value) {
    return value->kind == VALUE_INTEGER || value->kind == VALUE_FLOAT || value->kind == VALUE_DURATION;
}

static enum eval_status measure_argument(const struct term *term, uint32_t index, struct eval_env *env,
                                         struct value *value) {
    enum eval_status const status = term_eval(term->items[index], env, value);
    if (status != EVAL_DONE || is_measure(value)) return status;
    return eval_fail(env, term->items[index]->span, "%s is neither a number nor a duration",
                     value_kind_name(value->kind));
}

static enum eval_status lesser_by(const struct term *term, struct eval_env *env, enum operator op, struct value *value) {
    struct value other;
    bool truth;
    enum eval_status status = measure_argument(term, 0, env, value);
    if (status == EVAL_DONE) status = measure_argument(term, 1, env, &other);
    if (status == EVAL_DONE) status = operator_compare(env, term->span, op, &other, value, &truth);
    if (status == EVAL_DONE && truth) *value = other;
    return status;
}

enum eval_status call_min(const struct term *term, struct eval_env *env, struct value *value) {
    return lesser_by(term, env, OP_LESS, value);
}

enum eval_status call_max(const struct term *term, struct eval_env *env, struct value *value) {
    return lesser_by(term, env, OP_GREATER, value);
}
