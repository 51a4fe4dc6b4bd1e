#include "eval.h"
#include "number.h"
#include "paths.h"
#include "plan/plan.h"
#include "plan/regex.h"
#include "script/script.h"

const char *operator_word(enum operator op) {
    return script_operator_word(op);
}

// ---- comparison

// By operator: whether it holds for less, equal and greater.
static const bool HOLDS[][3] = {
    [OP_EQUAL] = {false, true, false},   [OP_NOT_EQUAL] = {true, false, true},
    [OP_LESS] = {true, false, false},    [OP_LESS_EQUAL] = {true, true, false},
    [OP_GREATER] = {false, false, true}, [OP_GREATER_EQUAL] = {false, true, true},
};

static bool order_holds(enum operator op, int order) {
    if (order == NUMBER_UNORDERED) return op == OP_NOT_EQUAL;
    return HOLDS[op][(order > 0) - (order < 0) + 1];
}

static enum eval_status not_comparable(struct eval_env *env, struct span span, enum operator op,
                                       const struct value *left, const struct value *right) {
    return eval_fail(env, span, "%s and %s are not compared by %s", value_kind_name(left->kind),
                     value_kind_name(right->kind), operator_word(op));
}

// A path of states, or one state as a path of its own.
static bool as_path(const struct value *value, struct state_path *path) {
    if (value->kind == VALUE_PATH) {
        *path = *value->path;
        return true;
    }
    if (value->kind != VALUE_STATE) return false;
    *path = (struct state_path){.states = {(uint8_t)value->state}, .count = 1};
    return true;
}

static enum eval_status compare_paths(struct eval_env *env, struct span span, enum operator op,
                                      const struct state_path *left, const struct state_path *right, bool *truth) {
    if (op != OP_EQUAL && op != OP_NOT_EQUAL) {
        return eval_fail(env, span, "paths of states are compared by == and != only");
    }
    enum path_answer const answer = paths_compare(left, right);
    if (answer == PATH_UNSETTLED) {
        struct buffer seen = {0};
        path_text(paths_record(left, right), &seen);
        const char *why = env->why_unseen ? env->why_unseen(env) : NULL;
        eval_fail(env, span, "%s is what was seen, and the missing transitions were not seen%s%s", seen.data, why ? ": " : "",
                  why ? why : "");
        buffer_fini(&seen);
        return EVAL_UNSETTLED;
    }
    *truth = (answer == PATH_EQUAL) == (op == OP_EQUAL);
    return EVAL_DONE;
}

// `==` and `!=` need kinds that may be equal; anything may be compared with none.
static bool may_be_equal(const struct value *left, const struct value *right) {
    enum value_kind const a = left->kind, b = right->kind;
    return a == b || a == VALUE_NONE || b == VALUE_NONE || (a == VALUE_BYTES && b == VALUE_ADDRESS) ||
           (a == VALUE_ADDRESS && b == VALUE_BYTES) || (a == VALUE_BYTES && b == VALUE_RECORD) ||
           (a == VALUE_RECORD && b == VALUE_BYTES);
}

static bool list_contains(const struct value *list, const struct value *item) {
    for (uint32_t i = 0; i < list->item_count; i++) {
        if (value_equal(&list->items[i], item)) return true;
    }
    return false;
}

// A message is its bytes.
static bool is_bytes(const struct value *value) { return value->kind == VALUE_BYTES || value->kind == VALUE_RECORD; }

static enum eval_status compare_contains(struct eval_env *env, struct span span, const struct value *left,
                                         const struct value *right, bool *truth) {
    if (left->kind == VALUE_LIST) {
        *truth = list_contains(left, right);
        return EVAL_DONE;
    }
    if (!is_bytes(left) || !is_bytes(right)) {
        return not_comparable(env, span, OP_CONTAINS, left, right);
    }
    struct slice haystack, needle;
    enum eval_status status = eval_flat(env, span, left, &haystack);
    if (status == EVAL_DONE) status = eval_flat(env, span, right, &needle);
    if (status == EVAL_DONE) *truth = slice_find(haystack, needle) >= 0;
    return status;
}

// A DURATION beside a plain 0 is compared as one.
static int duration_order(const struct value *left, const struct value *right) {
    return (left->number > right->number) - (left->number < right->number);
}

static bool is_duration_pair(const struct value *left, const struct value *right) {
    enum value_kind const a = left->kind, b = right->kind;
    if (a == VALUE_DURATION) return b == VALUE_DURATION || (b == VALUE_INTEGER && right->number == 0);
    return b == VALUE_DURATION && a == VALUE_INTEGER && left->number == 0;
}

enum eval_status operator_compare(struct eval_env *env, struct span span, enum operator op, const struct value *left,
                                  const struct value *right, bool *truth) {
    if (op == OP_CONTAINS) return compare_contains(env, span, left, right, truth);

    struct state_path paths[2];
    if ((left->kind == VALUE_PATH || right->kind == VALUE_PATH) && as_path(left, &paths[0]) &&
        as_path(right, &paths[1])) {
        return compare_paths(env, span, op, &paths[0], &paths[1], truth);
    }
    if (number_is(left) && number_is(right)) {
        *truth = order_holds(op, number_compare(left, right));
        return EVAL_DONE;
    }
    if (is_duration_pair(left, right)) {
        *truth = order_holds(op, duration_order(left, right));
        return EVAL_DONE;
    }
    if (op == OP_EQUAL || op == OP_NOT_EQUAL) {
        if (!may_be_equal(left, right)) return not_comparable(env, span, op, left, right);
        *truth = value_equal(left, right) == (op == OP_EQUAL);
        return EVAL_DONE;
    }
    if (left->kind == VALUE_BYTES && right->kind == VALUE_BYTES) {
        *truth = order_holds(op, bytes_compare(left->bytes, right->bytes));
        return EVAL_DONE;
    }
    return not_comparable(env, span, op, left, right);
}

// ---- ~

// A group that took no part is `none`, unless another group of its name took part.
static bool has_namesake(const struct term *regex, const struct slice *groups, uint32_t group) {
    for (uint32_t i = 0; i < regex->group_count; i++) {
        if (regex->group_slots[i] == regex->group_slots[group] && groups[i].data) return true;
    }
    return false;
}

static void write_groups(struct eval_env *env, const struct term *regex, const struct slice *groups) {
    for (uint32_t i = 0; i < regex->group_count; i++) {
        if (regex->group_slots[i] == PLAN_NONE) continue;
        struct value value = {.kind = VALUE_NONE};
        if (groups[i].data) {
            value = value_text(env->arena, groups[i]);
        } else if (has_namesake(regex, groups, i)) {
            continue;
        }
        env->write_slot(env, regex->group_slots[i], &value);
    }
}

enum eval_status operator_match(struct eval_env *env, const struct term *regex, const struct value *left, bool *truth) {
    if (left->kind != VALUE_BYTES) {
        return eval_fail(env, regex->span, "a regular expression matches bytes, and this is %s",
                         value_kind_name(left->kind));
    }
    struct slice subject;
    enum eval_status const status = eval_flat(env, regex->span, left, &subject);
    if (status != EVAL_DONE) return status;

    struct slice *const groups = arena_array(env->arena, (size_t)regex_group_count(regex->regex) + 1, sizeof *groups);
    const char *error;
    enum regex_answer const answer = regex_match(regex->regex, subject, groups, env->arena, &error);
    if (answer == REGEX_LACKS) return eval_unsettled(env, regex->span, "%s", error);
    if (answer == REGEX_FAILED) return eval_fail(env, regex->span, "%s", error);
    *truth = answer == REGEX_MATCHES;
    if (*truth && regex->group_slots && env->write_slot) write_groups(env, regex, groups);
    return EVAL_DONE;
}
