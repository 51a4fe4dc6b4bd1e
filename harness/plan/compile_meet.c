// The steps in which actors meet: connect, barrier, signal, wait.
#include "compile.h"

// What a library's procedures connect to and wait for may be an actor's, or an event, of the scenario that uses it.
void compile_connect(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct expr *to = s->operand, *index;
    uint32_t actor = compile_actor_name(c, to, &index);
    const struct term *operand = NULL;
    if (actor != PLAN_NONE) {
        operand = compile_instance(c, actor, index);
        c->plan->actors[actor].is_read = true;
    } else if (to->kind == EXPR_NAME && !scope_find(c, to->name.text)) {
        const struct term *plain = compile_plain_name(c, to); // `connect address`: to itself
        if (plain && (!plain->typed || plain->type == VALUE_ADDRESS)) operand = plain;
        else if (!c->tree->is_library) unknown_name(c, to->name, "actor", OFFER_ACTORS | OFFER_VALUES);
    } else {
        operand = compile_endpoint(c, to);
    }
    const struct term *from = s->from ? compile_endpoint(c, s->from) : NULL;
    plan_step(c, at)->actor_operand = actor;
    plan_step(c, at)->operand = operand;
    plan_step(c, at)->from = from;
}

// Who comes to it by the text, and does not where a function plays that actor.
static void check_forgone(struct compiler *c, struct span span, const struct plan_name *barrier) {
    if (barrier->forgone == PLAN_NONE) return;
    diag_error(c->diags, span, "'%s', which comes to this barrier, is played by a function, which does not",
               c->plan->actors[barrier->forgone].name);
}

void compile_barrier(struct compiler *c, const struct statement *s, uint32_t at) {
    uint32_t name = scope_barrier(c, s->name);
    check_forgone(c, s->name.span, &c->plan->barriers[name]);
    const struct term *count = s->count ? compile_count(c, s->count, "a number of arrivals", 1, INTEGER_MAX) : NULL;
    if (!count && c->in_concurrent_block) {
        diag_error(c->diags, s->span, "how many blocks of the `accept` come to this barrier is not known");
        diag_hint(c->diags, "barrier %s of N", c->plan->barriers[name].text);
    }
    plan_step(c, at)->name = name;
    plan_step(c, at)->count = count;
}

void compile_signal(struct compiler *c, const struct statement *s, uint32_t at) {
    uint32_t event = scope_event(c, s->name);
    compile_event_is(c, event, s->name, GIVEN_BY_SIGNAL);
    plan_step(c, at)->name = event;
}

// --- wait

// The event of that name; PLAN_NONE where nobody signals it.
static uint32_t awaited_event(struct compiler *c, struct name name) {
    uint32_t const event = table_number(&c->event_numbers, name.text);
    if (event != TABLE_NONE && c->plan->events[event].arrivals > 0) return event;
    if (c->tree->is_library || unknown_is_excused(c, name.text)) return PLAN_NONE;
    uint32_t const forgone = event != TABLE_NONE ? c->plan->events[event].forgone : PLAN_NONE;
    if (forgone != PLAN_NONE) {
        diag_error(c->diags, name.span, "'%s', which signals '%.*s', is played by a function, which does not",
                   c->plan->actors[forgone].name, (int)name.text.len_bytes, (const char *)name.text.data);
        return PLAN_NONE;
    }
    diag_error(c->diags, name.span, "nobody signals '%.*s', and no actor is called so", (int)name.text.len_bytes,
               (const char *)name.text.data);
    unknown_suggest(c, name.text, OFFER_EVENTS | OFFER_ACTORS);
    return PLAN_NONE;
}

// A future, or what may hold one; anything else has its value at once.
static const struct term *awaited_value(struct compiler *c, const struct expr *expr) {
    const struct term *term = compile_expr(c, expr);
    bool is_own = term->kind == TERM_ATTRIBUTE && term->actor == PLAN_NONE && term->attribute != ATTRIBUTE_ADDRESS &&
                  term->attribute != ATTRIBUTE_PID && term->attribute != ATTRIBUTE_EXIT;
    if (!term_is_known(term) && !is_own) return term;
    diag_error(c->diags, expr->span, "`wait` is for an event, the end of an actor, or a name that another actor sets");
    if (term->type == VALUE_DURATION) diag_hint(c->diags, "`sleep` lets time pass");
    else if (is_own) diag_hint(c->diags, "`expect EXPR within D` waits until a condition holds");
    return term_wrong(c, expr->span);
}

// Its own end, or that it runs: unless an event is called so.
static bool is_own_future(const struct compiler *c, struct slice name) {
    if (table_number(&c->event_numbers, name) != TABLE_NONE) return false;
    return compile_may_be_program(c) && (slice_is(name, "exit") || slice_is(name, "pid"));
}

void compile_wait(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct expr *index, *whose = s->operand;
    if (whose->kind == EXPR_MEMBER && slice_is(whose->name.text, "done")) whose = whose->left;
    uint32_t actor = compile_actor_name(c, whose, &index);
    const struct term *operand = NULL;
    uint32_t event = PLAN_NONE;
    if (actor != PLAN_NONE) {
        operand = compile_instance(c, actor, index);
        if (actor == c->actor_index && !index)
            diag_error(c->diags, s->operand->span, "an actor cannot wait for its own end");
    } else if (s->name.text.len_bytes > 0 && !scope_find(c, s->name.text) && !is_own_future(c, s->name.text)) {
        event = awaited_event(c, s->name);
    } else {
        operand = awaited_value(c, s->operand);
    }
    struct step *step = plan_step(c, at);
    step->actor_operand = actor;
    step->name = event;
    step->operand = operand;
}
