// What the actors give each other: the names, events and barriers of every block, before anything is compiled.
#include "compile.h"

static void give(struct compiler *c, struct actor_draft *draft, struct slice name) {
    if (c->is_forgone || name.len_bytes == 0 || draft->given_count > PLAN_NAMES_MAX) return; // too many are reported with their slots
    if (table_number(&draft->given_numbers, name) != TABLE_NONE) return;
    table_set_number(&draft->given_numbers, c->arena, name, draft->given_count);
    draft->given = arena_grow(c->arena, draft->given, draft->given_count, sizeof *draft->given);
    draft->given[draft->given_count++] = (struct given_name){name, PLAN_NONE};
}

// The named groups of a regular expression: (?<name>, (?P<name> and (?'name'.
static void give_groups(struct compiler *c, struct actor_draft *draft, const struct expr *regex) {
    if (!regex || regex->kind != EXPR_REGEX) return;
    struct slice text = regex->text;
    for (size_t at = 0; at + 2 < text.len_bytes; at++) {
        bool opens = text.data[at] == '(' && text.data[at + 1] == '?';
        size_t start = at + (text.data[at + 2] == 'P' ? 4 : 3);
        if (!opens || start > text.len_bytes || (text.data[start - 1] != '<' && text.data[start - 1] != '\'')) continue;
        size_t end = start;
        while (end < text.len_bytes && text.data[end] != '>' && text.data[end] != '\'') end++;
        give(c, draft, slice_of(text.data + start, end - start));
    }
}

static void give_expr(struct compiler *c, struct actor_draft *draft, const struct expr *expr) {
    if (!expr || !expr->may_give) return;
    for (uint32_t i = 0; i < expr->field_count; i++) {
        give(c, draft, expr->fields[i].capture.text);
        give_expr(c, draft, expr->fields[i].value);
    }
    for (uint32_t i = 0; i < expr->item_count; i++) give_expr(c, draft, expr->items[i]);
    give_expr(c, draft, expr->left);
    give_expr(c, draft, expr->right);
    give_groups(c, draft, expr);
}

// The first statement that gives a name says what it is of.
static void mark_event(struct compiler *c, struct name name, uint32_t actor, enum event_giver giver) {
    if (name.text.len_bytes == 0) return;
    uint32_t index = scope_event(c, name); // which may move the table
    struct plan_name *event = &c->plan->events[index];
    if (c->is_forgone) event->forgone = actor;
    if (c->is_forgone) return;
    event->actors[actor] = true;
    if (event->giver == GIVEN_BY_NOBODY) event->giver = giver;
}

static void mark_barrier(struct compiler *c, struct name name, uint32_t actor) {
    uint32_t barrier = scope_barrier(c, name);
    if (c->is_forgone) c->plan->barriers[barrier].forgone = actor;
    else c->plan->barriers[barrier].actors[actor] = true;
}

static void survey_block(struct compiler *c, uint32_t actor, const struct block *block);

// A procedure gives an actor the same names however often it calls it: one look is enough.
static void survey_procedure(struct compiler *c, uint32_t actor, const struct procedure_decl *procedure) {
    struct procedure_draft *draft = table_find(&c->procedure_names, procedure->name.text);
    while (draft->decl != procedure) draft = draft->same;
    if (draft->surveyed_for == actor) return;
    draft->surveyed_for = actor;
    uint32_t const file = library_enter(c, procedure->name.span.source);
    survey_block(c, actor, &procedure->body);
    c->file = file;
}

static const struct procedure_decl *called(const struct compiler *c, const struct statement *s) {
    if (s->verb == VERB_LET) return compile_let_procedure(c, s->operand);
    const struct use_decl *library = library_of(c, s->library.text);
    if (s->verb != VERB_CALL || (s->library.text.len_bytes > 0 && !library)) return NULL;
    return library_procedure(c, library, s->name.text);
}

static void survey_statement(struct compiler *c, uint32_t actor, const struct statement *s) {
    struct actor_draft *draft = &c->drafts[actor];
    if (s->verb == VERB_LET || s->verb == VERB_FOR || s->verb == VERB_RESOLVE) give(c, draft, s->name.text);
    if (s->verb == VERB_RUN && !c->is_forgone) draft->runs = true;
    if (s->verb == VERB_SIGNAL) mark_event(c, s->name, actor, GIVEN_BY_SIGNAL);
    if (s->verb == VERB_DROP) mark_event(c, s->name, actor, GIVEN_BY_DROP);
    if (s->verb == VERB_RATE) mark_event(c, s->name, actor, GIVEN_BY_RATE);
    if (s->verb == VERB_BARRIER) mark_barrier(c, s->name, actor);
    const struct procedure_decl *procedure = called(c, s);
    if (procedure) survey_procedure(c, actor, procedure);
    if (s->pattern)
        for (uint32_t i = 0; i < s->pattern->element_count; i++) {
            const struct element *element = &s->pattern->elements[i];
            give(c, draft, element->capture.text);
            give_expr(c, draft, element->bytes);
            give_expr(c, draft, element->right);
        }
    give_expr(c, draft, s->operand);
    for (uint32_t i = 0; i < s->list_count; i++) give_expr(c, draft, s->list[i]);
    for (uint32_t i = 0; i < s->block_count; i++) survey_block(c, actor, &s->blocks[i]);
}

static void survey_block(struct compiler *c, uint32_t actor, const struct block *block) {
    for (const struct statement *s = block->first; s; s = s->next) survey_statement(c, actor, s);
}

void survey_actors(struct compiler *c) {
    for (uint32_t i = 0; i < c->plan->actor_count; i++) {
        const struct actor_decl *const decl = c->drafts[i].decl;
        survey_block(c, i, &decl->body); // of what is made in a function's place: it calls no procedure
        c->is_forgone = true;
        if (decl->replaces) survey_block(c, i, &decl->replaces->body);
        c->is_forgone = false;
    }
}

static void count_arrivals(const struct plan *plan, struct plan_name *name) {
    for (uint32_t i = 0; i < plan->actor_count; i++)
        if (name->actors[i]) name->arrivals += plan->actors[i].instance_count;
}

void survey_count_arrivals(struct compiler *c) {
    for (uint32_t i = 0; i < c->plan->event_count; i++) count_arrivals(c->plan, &c->plan->events[i]);
    for (uint32_t i = 0; i < c->plan->barrier_count; i++) count_arrivals(c->plan, &c->plan->barriers[i]);
}
