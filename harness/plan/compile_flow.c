// Blocks, and the steps that steer through them: repeat, for, break, either; and let.
#include "compile.h"

// --- blocks

static bool block_ends_turn(const struct block *block);

// Whether nothing behind the statement is reached: it ends the turn of its loop whichever way it goes.
static bool ends_turn(const struct statement *s) {
    if (s->verb == VERB_BREAK) return true;
    bool ends = s->verb == VERB_EITHER && s->block_count > 0;
    for (uint32_t i = 0; i < s->block_count && ends; i++) ends = block_ends_turn(&s->blocks[i]);
    return ends;
}

static bool block_ends_turn(const struct block *block) {
    for (const struct statement *s = block->first; s; s = s->next)
        if (ends_turn(s)) return true;
    return false;
}

static bool is_in_loop(const struct compiler *c) {
    for (const struct loop_frame *frame = c->loop; frame; frame = frame->outer)
        if (!frame->is_accept) return true;
    return false;
}

void compile_block(struct compiler *c, const struct block *block) {
    struct binding *outer = c->bindings;
    for (const struct statement *s = block->first; s && !c->is_full; s = s->next) {
        compile_statement(c, s);
        if (!s->next || !is_in_loop(c) || !ends_turn(s)) continue;
        diag_error(c->diags, s->next->span, "this is never reached: the `%s` %s ends the turn",
                   script_verb_word(s->verb), compile_place_of(c, s->span, s->next->span));
        break;
    }
    scope_leave(c, outer);
}

void compile_block_of(struct compiler *c, uint32_t opener, const struct block *block) {
    plan_step(c, opener)->block = c->plan->step_count;
    struct known_socket current = c->current;
    c->block_depth++;
    compile_block(c, block);
    c->block_depth--;
    c->current = current;
    struct span brace = block->span;
    if (brace.end > brace.start) brace.start = brace.end - 1;
    struct step *end = step_new(c, STEP_BLOCK_END, brace);
    end->block = opener;
    plan_step(c, opener)->block_end = c->plan->step_count - 1;
    plan_step(c, opener)->after = c->plan->step_count;
}

// --- loops

bool compile_loop_block(struct compiler *c, uint32_t opener, const struct block *block) {
    bool const is_accept = plan_step(c, opener)->kind == STEP_ACCEPT;
    struct loop_frame frame = {.outer = c->loop, .opener = opener, .is_accept = is_accept};
    uint32_t const either_depth = c->either_depth;
    c->loop = &frame;
    compile_block_of(c, opener, block);
    c->loop = frame.outer;
    c->either_depth = either_depth;
    uint32_t const after = plan_step(c, opener)->after;
    for (uint32_t i = opener + 1; i < after; i++)
        if (plan_step(c, i)->loop == opener) plan_step(c, i)->after = after;
    return frame.breaks;
}

void compile_break(struct compiler *c, const struct statement *s, uint32_t at) {
    struct loop_frame *frame = c->loop;
    if (!is_in_loop(c)) {
        diag_error(c->diags, s->verb_span, "`break` ends a loop, and there is none around it");
        if (c->calls) diag_hint(c->diags, "it does not end a loop that calls the procedure");
    } else if (frame->is_accept) {
        diag_error(c->diags, s->verb_span, "no `break` leaves the block of an `accept`, and its loop is around that");
        diag_hint(c->diags, "the loop may lie in the block, or `accept as NAME` stand in the loop without a block");
    } else {
        plan_step(c, at)->loop = frame->opener;
        frame->breaks = true;
        c->either_depth++; // until the loop's end
    }
}

void compile_repeat(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *count = s->operand ? compile_count(c, s->operand, "a number of turns", 0, INTEGER_MAX) : NULL;
    uint32_t counter = scope_value(c, (struct name){0}, NULL)->slot;
    plan_step(c, at)->operand = count;
    plan_step(c, at)->slot_counter = counter;
    uint32_t const errors = c->diags->told_errors;
    bool const breaks = compile_loop_block(c, at, &s->blocks[0]);
    if (count || breaks || c->excuses || c->is_full || c->diags->told_errors > errors) return;
    diag_error(c->diags, s->verb_span, "this `repeat` has no number of turns, and no `break` ends it");
    diag_hint(c->diags, "`break` stands in it, or in a block of an `either` in it");
}

// What is known of every value: kind and shape where all have the same.
static void note_turn(struct term *all, const struct term *turn, bool is_first) {
    if (is_first) *all = *turn;
    all->typed = all->typed && turn->typed && turn->type == all->type;
    if (all->shape != turn->shape) all->shape = NULL;
}

void compile_for(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term **values = arena_array(c->arena, s->list_count, sizeof *values);
    struct term like = {0}, turn;
    for (uint32_t i = 0; i < s->list_count; i++) {
        values[i] = compile_turn(c, s->list[i], &turn);
        note_turn(&like, &turn, i == 0);
    }
    if (like.typed && like.type == VALUE_LIST) like.typed = false; // one that stands alone is gone through item by item
    struct binding *outer = c->bindings;
    uint32_t counter = scope_value(c, (struct name){0}, NULL)->slot;
    for (int i = 1; i < FOR_SLOT_COUNT; i++) scope_value(c, (struct name){0}, NULL);
    scope_check_new(c, s->name);
    struct binding *binding = scope_value(c, s->name, &like);
    binding->fixed = true;
    struct step *step = plan_step(c, at);
    step->list = values;
    step->list_count = s->list_count;
    step->slot_counter = counter;
    step->slot = binding->slot;
    compile_loop_block(c, at, &s->blocks[0]);
    scope_leave(c, outer);
}

// That each block begins with a recv, the parser has seen to.
void compile_either(struct compiler *c, const struct statement *s, uint32_t at) {
    uint32_t first_end = PLAN_NONE, previous = PLAN_NONE;
    c->either_depth++;
    for (uint32_t i = 0; i < s->block_count; i++) {
        uint32_t begin = c->plan->step_count;
        compile_block_of(c, at, &s->blocks[i]);
        if (i == 0) first_end = plan_step(c, at)->block_end;
        if (previous != PLAN_NONE) plan_step(c, previous)->otherwise = begin;
        previous = begin;
    }
    plan_step(c, at)->block = at + 1;
    plan_step(c, at)->block_end = first_end;
    c->either_depth--;
}

void compile_let(struct compiler *c, const struct statement *s, uint32_t at) {
    if (compile_let_call(c, s, at)) return;
    const struct term *value = compile_expr(c, s->operand);
    scope_check_new(c, s->name);
    struct binding *binding = scope_value(c, s->name, value);
    binding->fixed = true;
    plan_step(c, at)->operand = value;
    plan_step(c, at)->slot = binding->slot;
}
