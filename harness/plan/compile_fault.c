// The steps about the world: drop, rate, undo; and resolve, which asks it.
#include "compile.h"

static const char *const givers[] = {
    [GIVEN_BY_SIGNAL] = "a `signal`",
    [GIVEN_BY_DROP] = "a `drop`",
    [GIVEN_BY_RATE] = "a `rate`",
};

bool compile_event_is(struct compiler *c, uint32_t event, struct name name, enum event_giver giver) {
    enum event_giver first = c->plan->events[event].giver;
    if (first == GIVEN_BY_NOBODY || first == giver) return true;
    diag_error(c->diags, name.span, "'%.*s' is the name of %s already", (int)name.text.len_bytes,
               (const char *)name.text.data, givers[first]);
    return false;
}

static uint32_t fault_name(struct compiler *c, struct name name, enum event_giver giver) {
    if (name.text.len_bytes == 0) return PLAN_NONE;
    uint32_t event = scope_event(c, name);
    compile_event_is(c, event, name, giver);
    return event;
}

void compile_drop(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *match = compile_bytes(c, s->operand);
    bool is_empty = term_is_known(match) && match->value.kind == VALUE_BYTES && match->value.bytes->len_bytes == 0;
    if (is_empty) {
        diag_error(c->diags, s->operand->span, "this matches nothing: what is to be dropped?");
        diag_hint(c->diags, "drop 'tcp flags syn', in nftables' own words");
    }
    uint32_t name = fault_name(c, s->name, GIVEN_BY_DROP);
    c->plan->world.has_faults = c->plan->world.has_drops = true;
    plan_step(c, at)->operand = match;
    plan_step(c, at)->name = name;
}

void compile_rate(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *rate = compile_expr(c, s->operand);
    if (rate->typed && rate->type != VALUE_RATE) {
        diag_error(c->diags, s->operand->span, "`rate` takes a rate, and this is %s", value_kind_name(rate->type));
        diag_hint(c->diags, "80kbit, 10mbit, 1gbit: bits a second");
    } else if (term_is_known(rate) && rate->value.number < 1) {
        diag_error(c->diags, s->operand->span, "a rate of nothing: nothing would ever arrive");
        diag_hint(c->diags, "`drop` loses packets");
    }
    uint32_t name = fault_name(c, s->name, GIVEN_BY_RATE);
    c->plan->world.has_faults = true;
    plan_step(c, at)->operand = rate;
    plan_step(c, at)->name = name;
}

// Whether an actor gives the event, and it is a fault's.
static bool is_fault(const struct plan_name *event) { return event->arrivals > 0 && event->giver >= GIVEN_BY_DROP; }

// What a library's procedures undo may be the scenario's that uses it.
void compile_undo(struct compiler *c, const struct statement *s, uint32_t at) {
    int len = (int)s->name.text.len_bytes;
    const char *text = (const char *)s->name.text.data;
    uint32_t const number = table_number(&c->event_numbers, s->name.text);
    const struct plan_name *event = number != TABLE_NONE ? &c->plan->events[number] : NULL;
    if (event && event->giver == GIVEN_BY_SIGNAL) {
        diag_error(c->diags, s->name.span, "'%.*s' is a signal's, and nothing that could be undone", len, text);
        return;
    }
    if (event && is_fault(event)) {
        plan_step(c, at)->name = number;
        return;
    }
    if (c->tree->is_library || unknown_is_excused(c, s->name.text)) return;
    diag_error(c->diags, s->name.span, "no `drop` and no `rate` is called '%.*s'", len, text);
    unknown_suggest(c, s->name.text, OFFER_FAULTS);
}

void compile_resolve(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *host = compile_bytes(c, s->operand);
    if (term_is_known(host) && host->value.kind == VALUE_BYTES && host->value.bytes->len_bytes == 0)
        diag_error(c->diags, s->operand->span, "an empty name");
    c->plan->world.has_names = true;
    plan_step(c, at)->operand = host;
    if (s->name.text.len_bytes == 0) return;
    if (s->fails.text.len_bytes > 0)
        diag_error(c->diags, s->name.span, "a look-up that fails finds nothing that could be called '%.*s'",
                   (int)s->name.text.len_bytes, (const char *)s->name.text.data);
    uint32_t slot = scope_capture(c, s->name, VALUE_HOST)->slot;
    plan_step(c, at)->slot = slot;
}
