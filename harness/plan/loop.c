// COND ? A : B, and what goes through lists and ranges, evaluated.
#include "eval.h"

enum { MADE_MIB_MAX = 256 }; // that one list takes while a `for` makes it

// The item that a `for` in brackets is at. Lives on the stack of its evaluation; env->locals is the innermost.
struct local {
    const struct local *outer;
    uint32_t number;
    const struct value *value;
};

enum eval_status eval_choice(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval_kind(term->items[0], env, VALUE_BOOLEAN, value);
    return status == EVAL_DONE ? term_eval(term->items[value->number ? 1 : 2], env, value) : status;
}

enum eval_status eval_local(const struct term *term, struct eval_env *env, struct value *value) {
    const struct local *local = env->locals;
    while (local && local->number != term->slot) local = local->outer;
    if (!local) return eval_fail(env, term->span, "there is no `for` around this");
    *value = *local->value;
    return EVAL_DONE;
}

enum eval_status eval_each(const struct term *term, struct eval_env *env, struct value *value) {
    return term_eval_kind(term->items[0], env, VALUE_LIST, value);
}

enum eval_status term_interval(const struct term *term, struct eval_env *env, integer *first, integer *last) {
    struct value value;
    enum eval_status status = term_eval_kind(term->items[0], env, VALUE_INTEGER, &value);
    *first = value.number;
    if (status == EVAL_DONE) status = term_eval_kind(term->items[1], env, VALUE_INTEGER, &value);
    *last = value.number;
    return status;
}

static uint32_t made_items_max(const struct eval_env *env) {
    return env->made_items_max ? env->made_items_max : VALUE_ITEMS_MAX;
}

enum eval_status eval_interval(const struct term *term, struct eval_env *env, struct value *value) {
    integer first, last;
    enum eval_status const status = term_interval(term, env, &first, &last);
    if (status != EVAL_DONE) return status;
    integer const count = last < first ? 0 : last - first + 1;
    if (count > made_items_max(env)) return eval_too_many(env, term->span);
    struct value *const items = arena_array(env->arena, (size_t)count, sizeof *items);
    for (uint32_t i = 0; i < count; i++) items[i] = value_integer(first + i);
    *value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = (uint32_t)count};
    return EVAL_DONE;
}

// One turn. All that are made for the outermost list are counted together, and what they take.
static enum eval_status eval_turn(const struct term *term, struct eval_env *env, const struct value *item,
                                  struct value *made) {
    struct local const local = {.outer = env->locals, .number = term->slot, .value = item};
    if (++env->made_items > made_items_max(env)) return eval_too_many(env, term->span);
    if ((env->arena->used_bytes - env->made_from_bytes) >> 20 > MADE_MIB_MAX) {
        return eval_fail(env, term->span, "a list that takes more than %d MiB while it is made", MADE_MIB_MAX);
    }
    env->locals = &local;
    enum eval_status const status = term_eval(term->items[0], env, made);
    env->locals = local.outer;
    return status;
}

enum eval_status eval_list_for(const struct term *term, struct eval_env *env, struct value *value) {
    struct value list;
    enum eval_status status = term_eval_kind(term->items[1], env, VALUE_LIST, &list);
    if (status != EVAL_DONE) return status;
    struct value *const items = arena_array(env->arena, list.item_count, sizeof *items);
    if (!env->locals) {
        env->made_items = 0;
        env->made_from_bytes = env->arena->used_bytes;
    }
    for (uint32_t i = 0; i < list.item_count; i++) {
        status = eval_turn(term, env, &list.items[i], &items[i]);
        if (status != EVAL_DONE) return status;
    }
    *value = (struct value){.kind = VALUE_LIST, .items = items, .item_count = list.item_count};
    return EVAL_DONE;
}
