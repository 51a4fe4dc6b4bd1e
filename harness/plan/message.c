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

static enum eval_status part_of(const struct term *term, struct eval_env *env, const struct value *whole,
                                struct value *value);

// Of each item; those whose `when` does not hold are left out.
static enum eval_status parts_of_items(const struct term *term, struct eval_env *env, const struct value *list,
                                       struct value *value) {
    struct value *const parts = arena_array(env->arena, list->item_count, sizeof *parts);
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->item_count; i++) {
        enum eval_status const status = part_of(term, env, &list->items[i], &parts[count]);
        if (status != EVAL_DONE) return status;
        count += parts[count].kind != VALUE_NONE;
    }
    *value = (struct value){.kind = VALUE_LIST, .items = parts, .item_count = count};
    return EVAL_DONE;
}

static enum eval_status part_of(const struct term *term, struct eval_env *env, const struct value *whole,
                                struct value *value) {
    int const len = (int)term->member.len_bytes;
    const char *const name = (const char *)term->member.data;
    if (whole->kind == VALUE_LIST) return parts_of_items(term, env, whole, value);
    if (whole->kind == VALUE_ADDRESS) return eval_address_part(term, env, whole, value);
    if (whole->kind == VALUE_HOST) {
        const struct value *const member = value_host_member(whole->host, term->member);
        if (!member) return eval_fail(env, term->span, "%s has no '%.*s'", value_kind_name(whole->kind), len, name);
        *value = *member;
        return EVAL_DONE;
    }
    if (whole->kind != VALUE_RECORD) {
        return eval_fail(env, term->items[0]->span, "%s has no '%.*s'", value_kind_name(whole->kind), len, name);
    }
    const struct value *const field = record_field(whole->record, term->member);
    if (!field) {
        return eval_fail(env, term->span, "%s has no field '%.*s'", whole->record->message->name, len, name);
    }
    if (env->note_field)
        env->note_field(env, whole->record->message, message_field(whole->record->message, term->member), FIELD_READ);
    *value = *field;
    return EVAL_DONE;
}

enum eval_status eval_record_field(const struct term *term, struct eval_env *env, struct value *value) {
    struct value whole;
    enum eval_status const status = term_eval(term->items[0], env, &whole);
    return status == EVAL_DONE ? part_of(term, env, &whole, value) : status;
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

static bool arm_takes(const struct arm_code *arm, const struct value *selector) {
    for (uint32_t i = 0; i < arm->value_count; i++) {
        if (value_equal(&arm->values[i]->value, selector)) return true;
    }
    return arm->value_count == 0;
}

const struct arm_code *message_arm(const struct element_code *element, const struct value *selector) {
    for (uint32_t i = 0; i < element->arm_count; i++) {
        if (arm_takes(&element->arms[i], selector)) return &element->arms[i];
    }
    return NULL;
}

enum eval_status message_pick(const struct element_code *element, struct eval_env *env,
                              const struct element_code **picked) {
    struct value selector;
    enum eval_status const status = term_eval(element->selector, env, &selector);
    if (status != EVAL_DONE) return status;
    const struct arm_code *const arm = message_arm(element, &selector);
    if (arm) {
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
