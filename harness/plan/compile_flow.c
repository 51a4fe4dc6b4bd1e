// Blocks, and the steps that steer through them: repeat, for, either; and let.
#include "compile.h"

void compile_block(struct compiler *c, const struct block *block) {
    struct binding *outer = c->bindings;
    for (const struct statement *s = block->first; s && !c->is_full; s = s->next) compile_statement(c, s);
    c->bindings = outer;
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

void compile_repeat(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *count = compile_count(c, s->operand, "a number of turns", 0, INTEGER_MAX);
    uint32_t counter = scope_value(c, (struct name){0}, NULL)->slot;
    plan_step(c, at)->operand = count;
    plan_step(c, at)->slot_counter = counter;
    compile_block_of(c, at, &s->blocks[0]);
}

// The values' kind where all have the same; a list that stands alone is gone through item by item.
static struct term kind_of_all(const struct term **values, uint32_t count) {
    struct term like = {.typed = count > 0};
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0) like.type = values[i]->type;
        like.typed = like.typed && values[i]->typed && values[i]->type == like.type && values[i]->type != VALUE_LIST;
    }
    return like;
}

void compile_for(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term **values = arena_array(c->arena, s->list_count, sizeof *values);
    for (uint32_t i = 0; i < s->list_count; i++) values[i] = compile_expr(c, s->list[i]);
    struct term like = kind_of_all(values, s->list_count);
    struct binding *outer = c->bindings;
    uint32_t counter = scope_value(c, (struct name){0}, NULL)->slot;
    scope_check_new(c, s->name);
    struct binding *binding = scope_value(c, s->name, &like);
    binding->fixed = true;
    struct step *step = plan_step(c, at);
    step->list = values;
    step->list_count = s->list_count;
    step->slot_counter = counter;
    step->slot = binding->slot;
    compile_block_of(c, at, &s->blocks[0]);
    c->bindings = outer;
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
    const struct term *value = compile_expr(c, s->operand);
    scope_check_new(c, s->name);
    struct binding *binding = scope_value(c, s->name, value);
    binding->fixed = true;
    plan_step(c, at)->operand = value;
    plan_step(c, at)->slot = binding->slot;
}
