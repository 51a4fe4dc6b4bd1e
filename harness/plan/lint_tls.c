// The lints of TLS: what is asked of it before it has begun, or where there is none.
#include "lint_parts.h"

#include "plan/message.h"

enum { NOT_KNOWN, PLAIN, SECURED };

// What is known of the sockets of one actor where a step is reached; forgotten at each block. As in lint_steps.c.
struct connections {
    uint32_t current;  // index into `known`
    uint32_t *by_slot; // the same, by socket slot
    uint8_t *known;
    uint32_t known_count;
    uint32_t forgotten;
    struct arena *arena;
    bool asks_peer_name;
};

static uint32_t fresh(struct connections *connections, uint8_t known) {
    connections->known = arena_grow(connections->arena, connections->known, connections->known_count, sizeof *connections->known);
    connections->known[connections->known_count] = known;
    return connections->known_count++;
}

static void forget(struct connections *connections) {
    connections->forgotten = connections->known_count;
    connections->current = fresh(connections, NOT_KNOWN);
}

// Good until the next one is made. NULL: none of these, but a stream of a program.
static uint8_t *in_slot(struct connections *connections, uint32_t slot) {
    if (slot == SLOT_CURRENT) return &connections->known[connections->current];
    if (slot == SLOT_STDIO || slot == SLOT_STDERR) return NULL;
    if (connections->by_slot[slot] < connections->forgotten) connections->by_slot[slot] = fresh(connections, NOT_KNOWN);
    return &connections->known[connections->by_slot[slot]];
}

// tls.version == "": whoever asks that knows.
static bool expects_none(const struct term *term) {
    if (term->kind != TERM_BINARY || term->op != OP_EQUAL) return false;
    const struct term *const right = term->items[1];
    return right->kind == TERM_CONSTANT && right->value.kind == VALUE_BYTES && right->value.bytes->len_bytes == 0;
}

static void check_term(struct connections *connections, const struct term *term, struct diag_list *diags) {
    if (!term || expects_none(term)) return;
    for (uint32_t i = 0; i < term->item_count; i++) check_term(connections, term->items[i], diags);
    if (term->build)
        for (uint32_t i = 0; i < term->build->message->field_count; i++)
            check_term(connections, term->build->given[i], diags);
    if (term->kind != TERM_ATTRIBUTE || term->actor != PLAN_NONE || !attribute_is_of_tls(term->attribute)) return;
    if (term->attribute == ATTRIBUTE_TLS_PEER_NAME) connections->asks_peer_name = true;
    const uint8_t *const known = in_slot(connections, term->socket_slot);
    if (known && *known == PLAIN)
        lint_warn(diags, term->span, "`%s` is empty here: no 'tls' has come before it", attribute_word(term->attribute));
}

static void check_terms(struct connections *connections, const struct step *step, struct diag_list *diags) {
    check_term(connections, step->operand, diags);
    for (uint32_t i = 0; i < step->list_count; i++) check_term(connections, step->list[i], diags);
    for (uint32_t i = 0; step->pattern && i < step->pattern->element_count; i++) {
        check_term(connections, step->pattern->elements[i].bytes, diags);
        check_term(connections, step->pattern->elements[i].argument, diags);
        check_term(connections, step->pattern->elements[i].most, diags);
        check_term(connections, step->pattern->elements[i].right, diags);
    }
}

static bool makes_socket(const struct step *step) {
    return step->kind == STEP_SOCKET || step->kind == STEP_BIND || step->kind == STEP_ACCEPT || step->kind == STEP_CONNECT ||
           (step->kind == STEP_LISTEN && step->operand);
}

static void note(struct connections *connections, const struct step *step, struct diag_list *diags) {
    if (step->kind == STEP_TLS) {
        uint8_t *const known = in_slot(connections, step->on);
        if (known && *known == SECURED && !step->fails_count)
            lint_warn(diags, step->span, "TLS stands on this connection already");
        if (known) *known = step->fails_count ? NOT_KNOWN : SECURED;
    }
    if (step->kind == STEP_BLOCK_END || step->block != PLAN_NONE) forget(connections);
    if (!makes_socket(step)) return;
    uint32_t const made = fresh(connections, PLAIN);
    if (step->on == SLOT_CURRENT || step->kind == STEP_ACCEPT) connections->current = made;
    else if (step->on < SLOT_STDERR) connections->by_slot[step->on] = made;
    if (step->as != PLAN_NONE) connections->by_slot[step->as] = made;
}

// A name that nobody checks. Who asks for the peer's name by himself has a use for it: it is what the server is asked for.
static void check_name(const struct connections *connections, const struct step *step, struct diag_list *diags) {
    if (step->kind != STEP_TLS || !step->operand || step->tls_verify != TLS_VERIFY_OFF || connections->asks_peer_name) return;
    if (lint_warn(diags, step->operand->span, "with 'verify off' nobody checks this name: it is only told to the server"))
        diag_hint(diags, "'expect tls.peer_name == ...' says whose certificate came");
}

static void lint_actor(const struct plan *plan, const struct actor *actor, struct diag_list *diags) {
    struct arena arena;
    arena_init(&arena);
    struct connections connections = {.arena = &arena, .forgotten = 1};
    connections.by_slot = arena_array(&arena, actor->socket_slot_count, sizeof *connections.by_slot);
    fresh(&connections, NOT_KNOWN); // which no slot means: they begin below `forgotten`
    forget(&connections);
    for (uint32_t i = 0; i + 1 < actor->step_count; i++) {
        const struct step *const step = &plan->steps[actor->first_step + i];
        check_terms(&connections, step, diags);
        note(&connections, step, diags);
    }
    for (uint32_t i = 0; i < actor->step_count; i++) check_name(&connections, &plan->steps[actor->first_step + i], diags);
    arena_fini(&arena);
}

// Where TLS never begins, nothing of it can come or be left out.
static void check_absent(const struct step *step, struct diag_list *diags) {
    if (step->without_notify) lint_warn(diags, step->span, "there is no 'tls' in this scenario, and no close_notify either");
    if (step_fails_by_tls(step)) lint_warn(diags, step->span, "this cannot fail so: there is no 'tls' in this scenario");
}

void lint_tls(const struct plan *plan, struct diag_list *diags) {
    bool has_steps = false;
    for (uint32_t i = 0; i < plan->step_count; i++) has_steps = has_steps || plan->steps[i].kind == STEP_TLS;
    bool const is_met = has_steps || plan->reads_tls; // else there is nothing that could be wrong
    for (uint32_t i = 0; i < plan->actor_count && is_met; i++) lint_actor(plan, &plan->actors[i], diags);
    for (uint32_t i = 0; i < plan->step_count && !has_steps; i++) check_absent(&plan->steps[i], diags);
}
