// Which futures a step waits for, and which it sets: what its terms read of other actors, and which of its values
// others read.
#include "explain_plan.h"

#include "plan/message.h"

enum { ROWS_DEPTH_MAX = 8 }; // of message patterns in one another; a layout may lead back to itself

static void add_slot(struct facts *facts, uint32_t slot) {
    const struct actor *const actor = facts->actor;
    if (slot == PLAN_NONE || slot >= actor->slot_count || !actor->slot_exports) return;
    uint32_t const export = actor->slot_exports[slot];
    if (export == PLAN_NONE) return;
    struct slice const name = actor->export_names[export];
    facts_add_once(facts, "sets %s.%.*s", actor->name, (int)name.len_bytes, (const char *)name.data);
}

static bool is_future(enum attribute attribute) {
    return attribute == ATTRIBUTE_ADDRESS || attribute == ATTRIBUTE_LOCAL || attribute == ATTRIBUTE_PEER ||
           attribute == ATTRIBUTE_PID || attribute == ATTRIBUTE_EXIT;
}

static void add_term(struct facts *facts, const struct term *term) {
    if (!term) return;
    if (term->kind == TERM_EXPORT) {
        const struct actor *const other = &facts->plan->actors[term->actor];
        struct slice const name = other->export_names[term->name];
        facts_add_once(facts, "waits for %s.%.*s", other->name, (int)name.len_bytes, (const char *)name.data);
    } else if (term->kind == TERM_ATTRIBUTE && term->actor != PLAN_NONE && is_future(term->attribute)) {
        const struct actor *const other = &facts->plan->actors[term->actor];
        facts_add_once(facts, "waits for %s.%s", other->name, attribute_word(term->attribute));
    } else if (term->kind == TERM_ATTRIBUTE && (term->attribute == ATTRIBUTE_PID || term->attribute == ATTRIBUTE_EXIT)) {
        facts_add_once(facts, "waits for its %s", attribute_word(term->attribute));
    } else if (term->kind == TERM_BUILD) {
        for (uint32_t i = 0; i < term->build->message->field_count; i++) add_term(facts, term->build->given[i]);
    }
    for (uint32_t i = 0; i < term->group_count; i++) add_slot(facts, term->group_slots[i]);
    for (uint32_t i = 0; i < term->item_count; i++) add_term(facts, term->items[i]);
    add_term(facts, term->index);
}

static void add_element(struct facts *facts, const struct element_code *element, unsigned depth) {
    if (!element || depth == ROWS_DEPTH_MAX) return;
    add_term(facts, element->bytes);
    add_term(facts, element->argument);
    add_term(facts, element->most);
    add_term(facts, element->key);
    if (element->op != OP_NONE) add_term(facts, element->right);
    add_term(facts, element->until);
    add_slot(facts, element->capture);
    add_element(facts, element->element, depth + 1);
    for (uint32_t i = 0; i < element->arm_count; i++) {
        if (element->arms[i].element->is_asked) add_element(facts, element->arms[i].element, depth + 1);
    }
    if (!element->message || !element->row) return;
    for (uint32_t i = 0; i < element->message->field_count; i++) {
        if (element->row[i].is_asked) add_element(facts, &element->row[i], depth + 1);
    }
}

static void add_meeting(struct facts *facts, const struct step *step) {
    const struct plan *const plan = facts->plan;
    if (step->kind == STEP_CONNECT && step->actor_operand != PLAN_NONE)
        facts_add_once(facts, "waits for %s.address", plan->actors[step->actor_operand].name);
    if (step->kind == STEP_WAIT && step->actor_operand != PLAN_NONE)
        facts_add_once(facts, "waits for the end of %s", plan->actors[step->actor_operand].name);
    if (step->kind == STEP_WAIT && step->name != PLAN_NONE)
        facts_add_once(facts, "waits for event %s", plan->events[step->name].text);
    if (step->kind == STEP_UNDO && step->name != PLAN_NONE)
        facts_add_once(facts, "waits for %s", plan->events[step->name].text);
    if (step->kind == STEP_SIGNAL) facts_add_once(facts, "sets event %s", plan->events[step->name].text);
    if ((step->kind == STEP_DROP || step->kind == STEP_RATE) && step->name != PLAN_NONE)
        facts_add_once(facts, "sets %s", plan->events[step->name].text);
    if (step->kind == STEP_BARRIER && step->count)
        facts_add_once(facts, "waits at barrier %s", plan->barriers[step->name].text);
    else if (step->kind == STEP_BARRIER)
        facts_add_once(facts, "waits for %u at barrier %s", plan->barriers[step->name].arrivals,
                  plan->barriers[step->name].text);
}

void facts_add_futures(struct facts *facts, const struct step *step) {
    const struct term *const terms[] = {step->operand, step->from,  step->to,    step->backlog, step->count,
                                        step->chunk,   step->every, step->silence, step->within,
                                        step->tls_version, step->tls_ciphers};
    add_meeting(facts, step);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) add_term(facts, terms[i]);
    for (uint32_t i = 0; i < step->list_count; i++) add_term(facts, step->list[i]);
    for (uint32_t i = 0; step->pattern && i < step->pattern->element_count; i++)
        add_element(facts, &step->pattern->elements[i], 0);
    if (step->kind == STEP_LET || step->kind == STEP_FOR || step->kind == STEP_RESOLVE || step->kind == STEP_RETURN)
        add_slot(facts, step->slot);
    bool const gives_address = step->kind == STEP_LISTENS || (step->kind == STEP_LISTEN && step->operand);
    if (step->kind == STEP_RUN && !step->fails_count) facts_add_once(facts, "sets %s.pid", facts->actor->name);
    if (gives_address) facts_add_once(facts, "sets %s.address", facts->actor->name);
}
