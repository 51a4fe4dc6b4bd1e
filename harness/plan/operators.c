#include "eval.h"
#include "number.h"

#include "loaded/math.h"
#include "plan/plan.h"

static enum eval_status eval_and_or(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval_kind(term->items[0], env, VALUE_BOOLEAN, value);
    if (status != EVAL_DONE || (value->number != 0) == (term->op == OP_OR)) return status;
    return term_eval_kind(term->items[1], env, VALUE_BOOLEAN, value);
}

static enum eval_status eval_match(const struct term *term, struct eval_env *env, struct value *value) {
    bool truth = false;
    enum eval_status status = term_eval(term->items[0], env, value);
    if (status != EVAL_DONE) return status;
    const struct term *const regex = term->items[1];
    if (regex->kind != TERM_REGEX) return eval_fail(env, regex->span, "only a regular expression stands behind ~");
    status = operator_match(env, regex, value, &truth);
    *value = value_boolean(truth);
    return status;
}

static enum eval_status eval_compare(const struct term *term, struct eval_env *env, struct value *value) {
    struct value right;
    bool truth = false;
    enum eval_status status = term_eval(term->items[0], env, value);
    if (status == EVAL_DONE) status = term_eval(term->items[1], env, &right);
    if (status == EVAL_DONE) status = operator_compare(env, term->span, term->op, value, &right, &truth);
    *value = value_boolean(truth);
    return status;
}

static enum eval_status eval_not(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval_kind(term->items[0], env, VALUE_BOOLEAN, value);
    if (status == EVAL_DONE) *value = value_boolean(value->number == 0);
    return status;
}

// ---- arithmetic

// False: the result does not fit 64 bits. `right` is not 0 for `/` and `%`.
static bool integer_result(enum operator op, integer left, integer right, integer *result) {
    bool fits = true;
    if (op == OP_ADD) *result = left + right;
    if (op == OP_SUBTRACT) *result = left - right;
    if (op == OP_MULTIPLY) fits = !__builtin_mul_overflow(left, right, result);
    if (op == OP_DIVIDE) *result = left / right;
    if (op == OP_REMAINDER) *result = left % right;
    return fits && integer_in_range(*result);
}

const char *plan_lacks_remainder(void) { return library_load(&math_library); }

// A remainder needs what plan_lacks_remainder has loaded.
static double real_result(enum operator op, double left, double right) {
    if (op == OP_ADD) return left + right;
    if (op == OP_SUBTRACT) return left - right;
    if (op == OP_MULTIPLY) return left * right;
    if (op == OP_DIVIDE) return left / right;
    return fmod(left, right);
}

enum value_kind operator_result(enum operator op, enum value_kind left, enum value_kind right) {
    bool const is_sum = op == OP_ADD || op == OP_SUBTRACT;
    if (left == VALUE_INTEGER && right == VALUE_INTEGER) return VALUE_INTEGER;
    if (left == VALUE_LIST && right == VALUE_LIST) return op == OP_ADD ? VALUE_LIST : VALUE_NONE;
    if ((left == VALUE_INTEGER || left == VALUE_FLOAT) && (right == VALUE_INTEGER || right == VALUE_FLOAT)) {
        return VALUE_FLOAT;
    }
    if (left == VALUE_DURATION && right == VALUE_DURATION) {
        if (op == OP_DIVIDE) return VALUE_INTEGER;
        return is_sum || op == OP_REMAINDER ? VALUE_DURATION : VALUE_NONE;
    }
    if (left == VALUE_DURATION && right == VALUE_INTEGER) return is_sum ? VALUE_NONE : VALUE_DURATION;
    if (left == VALUE_INTEGER && right == VALUE_DURATION && op == OP_MULTIPLY) return VALUE_DURATION;
    return VALUE_NONE;
}

static enum eval_status no_arithmetic(const struct term *term, struct eval_env *env, const struct value *left,
                                      const struct value *right) {
    if (term->op == OP_ADD && left->kind == VALUE_BYTES && right->kind == VALUE_BYTES) {
        return eval_fail(env, term->span, "bytes are joined by writing them side by side");
    }
    return eval_fail(env, term->span, "%s and %s do not go together with %s", value_kind_name(left->kind),
                     value_kind_name(right->kind), operator_word(term->op));
}

static enum eval_status join_lists(const struct term *term, struct eval_env *env, const struct value *left,
                                   const struct value *right, struct value *value) {
    uint64_t const count = (uint64_t)left->item_count + right->item_count;
    if (count > VALUE_ITEMS_MAX) return eval_too_many(env, term->span);
    struct value *const items = arena_array(env->arena, (size_t)count, sizeof *items);
    for (uint32_t i = 0; i < left->item_count; i++) items[i] = left->items[i];
    for (uint32_t i = 0; i < right->item_count; i++) items[left->item_count + i] = right->items[i];
    *value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = (uint32_t)count};
    return EVAL_DONE;
}

static enum eval_status eval_arithmetic(const struct term *term, struct eval_env *env, struct value *value) {
    struct value left, right;
    enum eval_status status = term_eval(term->items[0], env, &left);
    if (status == EVAL_DONE) status = term_eval(term->items[1], env, &right);
    if (status != EVAL_DONE) return status;

    enum value_kind const kind = operator_result(term->op, left.kind, right.kind);
    *value = (struct value){.kind = kind};
    if (kind == VALUE_NONE) return no_arithmetic(term, env, &left, &right);
    if (kind == VALUE_LIST) return join_lists(term, env, &left, &right, value);
    if (kind == VALUE_FLOAT) {
        const char *const lacks = term->op == OP_REMAINDER ? plan_lacks_remainder() : NULL;
        if (lacks) return eval_unsettled(env, term->span, "%% of floats needs libm: %s", lacks);
        value->real = real_result(term->op, number_real(&left), number_real(&right));
        return EVAL_DONE;
    }
    if ((term->op == OP_DIVIDE || term->op == OP_REMAINDER) && right.number == 0) {
        return eval_fail(env, term->items[1]->span, "division by zero");
    }
    if (!integer_result(term->op, left.number, right.number, &value->number) ||
        (kind == VALUE_DURATION && (value->number > INT64_MAX))) {
        return eval_fail(env, term->span, "the result does not fit 64 bits");
    }
    return EVAL_DONE;
}

static enum eval_status eval_negate(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval(term->items[0], env, value);
    if (status != EVAL_DONE) return status;
    if (value->kind == VALUE_FLOAT) {
        value->real = -value->real;
        return EVAL_DONE;
    }
    if (value->kind != VALUE_INTEGER && value->kind != VALUE_DURATION) {
        return eval_fail(env, term->span, "%s has no negative", value_kind_name(value->kind));
    }
    value->number = -value->number;
    return integer_in_range(value->number) ? EVAL_DONE : eval_fail(env, term->span, "the result does not fit 64 bits");
}

static enum eval_status (*const OPERATORS[])(const struct term *term, struct eval_env *env, struct value *value) = {
    [OP_EQUAL] = eval_compare,
    [OP_NOT_EQUAL] = eval_compare,
    [OP_LESS] = eval_compare,
    [OP_LESS_EQUAL] = eval_compare,
    [OP_GREATER] = eval_compare,
    [OP_GREATER_EQUAL] = eval_compare,
    [OP_MATCH] = eval_match,
    [OP_CONTAINS] = eval_compare,
    [OP_ADD] = eval_arithmetic,
    [OP_SUBTRACT] = eval_arithmetic,
    [OP_MULTIPLY] = eval_arithmetic,
    [OP_DIVIDE] = eval_arithmetic,
    [OP_REMAINDER] = eval_arithmetic,
    [OP_AND] = eval_and_or,
    [OP_OR] = eval_and_or,
    [OP_NOT] = eval_not,
    [OP_NEGATE] = eval_negate,
};

enum eval_status operator_eval(const struct term *term, struct eval_env *env, struct value *value) {
    return OPERATORS[term->op](term, env, value);
}
