// What the terms of a layout, and those that look into a captured message, read.
#include "eval.h"
#include "plan/message.h"
#include "plan/plan.h"
#include "plan/record.h"

uint32_t message_field(const struct message_code *message, struct slice name) {
    for (uint32_t i = 0; i < message->field_count; i++) {
        if (slice_is(name, message->fields[i].name)) return i;
    }
    return PLAN_NONE;
}

enum eval_status eval_record_field(const struct term *term, struct eval_env *env, struct value *value) {
    enum eval_status const status = term_eval(term->items[0], env, value);
    if (status != EVAL_DONE) return status;
    int const len = (int)term->member.len_bytes;
    const char *const name = (const char *)term->member.data;
    if (value->kind == VALUE_HOST) {
        const struct value *const member = value_host_member(value->host, term->member);
        if (!member) return eval_fail(env, term->span, "%s has no '%.*s'", value_kind_name(value->kind), len, name);
        *value = *member;
        return EVAL_DONE;
    }
    if (value->kind != VALUE_RECORD) {
        return eval_fail(env, term->items[0]->span, "%s has no '%.*s'", value_kind_name(value->kind), len, name);
    }
    const struct value *const field = record_field(value->record, term->member);
    if (!field) {
        return eval_fail(env, term->span, "%s has no field '%.*s'", value->record->message->name, len, name);
    }
    *value = *field;
    return EVAL_DONE;
}

enum eval_status eval_layout(const struct term *term, struct eval_env *env, struct value *value) {
    struct message_scope *const scope = env->scope;
    if (!scope || (term->kind == TERM_LAYOUT_LAST && !scope->last)) {
        return eval_fail(env, term->span, "there is no message around this");
    }
    if (term->kind == TERM_LAYOUT_LAST) {
        *value = *scope->last;
        return EVAL_DONE;
    }
    if (term->kind == TERM_LAYOUT_RANGE) return scope->read_range(scope, env, term->slot, term->last, value);
    if (term->kind == TERM_LAYOUT_SIZE) return scope->read_size(scope, env, term->slot, term->last, value);
    return scope->read_field(scope, env, term->slot, value);
}

enum eval_status message_pick(const struct element_code *element, struct eval_env *env,
                              const struct element_code **picked) {
    struct value selector;
    enum eval_status const status = term_eval(element->selector, env, &selector);
    if (status != EVAL_DONE) return status;
    for (uint32_t i = 0; i < element->arm_count; i++) {
        const struct arm_code *const arm = &element->arms[i];
        if (arm->value && !value_equal(&arm->value->value, &selector)) continue;
        *picked = arm->element;
        return EVAL_DONE;
    }
    struct buffer shown = {0};
    value_print(&selector, &shown);
    eval_fail(env, element->span, "the switch has no arm for %.*s == %s", (int)span_text(element->selector->span).len_bytes,
              (const char *)span_text(element->selector->span).data, shown.data);
    buffer_fini(&shown);
    return EVAL_FAILED;
}
