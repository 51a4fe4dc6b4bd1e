// Which name means what where, and which names of one actor another may wait for.
#include "compile.h"

#include "base/nearest.h"
#include "plan/constants.h"

#include <string.h>

static struct binding *add_binding(struct compiler *c, enum binding_kind kind, struct name name) {
    struct binding *binding = arena_alloc(c->arena, sizeof *binding);
    *binding = (struct binding){.outer = c->bindings, .kind = kind, .name = name};
    c->bindings = binding;
    return binding;
}

struct binding *scope_value(struct compiler *c, struct name name, const struct term *like) {
    struct binding *binding = add_binding(c, BINDING_SLOT, name);
    binding->slot = c->draft->actor->slot_count++;
    if (like) {
        binding->type = like->type;
        binding->typed = like->typed;
    }
    struct actor_draft *draft = c->draft;
    draft->slots = arena_grow(c->arena, draft->slots, draft->slot_given_count, sizeof *draft->slots);
    draft->slots[draft->slot_given_count++] = (struct given){name.text, binding->slot};
    return binding;
}

struct binding *scope_socket(struct compiler *c, struct name name) {
    struct actor *actor = c->draft->actor;
    struct binding *binding = add_binding(c, BINDING_SOCKET, name);
    binding->slot = actor->socket_slot_count;
    actor->socket_names = arena_grow(c->arena, actor->socket_names, actor->socket_slot_count, sizeof *actor->socket_names);
    actor->socket_names[actor->socket_slot_count++] = arena_copy(c->arena, name.text.data, name.text.len_bytes);
    return binding;
}

struct binding *scope_term(struct compiler *c, struct name name, const struct term *term) {
    struct binding *binding = add_binding(c, BINDING_TERM, name);
    binding->term = term;
    binding->type = term->type;
    binding->typed = term->typed;
    return binding;
}

struct binding *scope_find(struct compiler *c, struct slice name) {
    for (struct binding *binding = c->bindings; binding; binding = binding->outer)
        if (slice_equal(binding->name.text, name)) return binding;
    return NULL;
}

uint32_t scope_actor(const struct compiler *c, struct slice name) {
    for (uint32_t i = 0; i < c->plan->actor_count; i++) {
        const struct actor *actor = &c->plan->actors[i];
        if (actor->role != ROLE_AFTERWARDS && slice_is(name, actor->name)) return i;
    }
    return PLAN_NONE;
}

const struct procedure_decl *scope_procedure(const struct compiler *c, struct slice name) {
    for (const struct procedure_decl *p = c->tree->procedures; p; p = p->next)
        if (slice_equal(p->name.text, name)) return p;
    return NULL;
}

// A name may be unknown only because the statement that defines it could not be read; that one is reported already.
static bool stands_in_broken_line(const struct compiler *c, struct slice name) {
    for (const struct diag *diag = c->diags->first; diag; diag = diag->next) {
        if (diag->severity != SEVERITY_ERROR || !diag->span.source) continue;
        struct slice line = source_line(diag->span.source, source_position(diag->span).line);
        if (slice_find(line, name) >= 0) return true;
    }
    return false;
}

void scope_unknown(struct compiler *c, struct name name, const char *what) {
    if (stands_in_broken_line(c, name.text)) return;
    struct nearest nearest = {.name = name.text};
    for (struct binding *binding = c->bindings; binding; binding = binding->outer)
        nearest_offer(&nearest, arena_copy(c->arena, binding->name.text.data, binding->name.text.len_bytes));
    for (uint32_t i = 0; i < c->plan->actor_count; i++)
        if (c->plan->actors[i].role != ROLE_AFTERWARDS) nearest_offer(&nearest, c->plan->actors[i].name);
    const char *word;
    for (uint32_t i = 0; (word = attribute_offer(i)); i++) nearest_offer(&nearest, word);
    for (uint32_t i = 0; (word = constant_offer(i)); i++) nearest_offer(&nearest, word);
    for (int state = 1; state < STATE_COUNT; state++) nearest_offer(&nearest, state_name((enum state)state));
    diag_error(c->diags, name.span, "unknown %s '%.*s'", what, (int)name.text.len_bytes, (const char *)name.text.data);
    diag_suggest(c->diags, nearest.best);
}

uint32_t scope_export(struct compiler *c, uint32_t index, struct slice name) {
    struct actor *actor = &c->plan->actors[index];
    for (uint32_t i = 0; i < actor->export_count; i++)
        if (slice_equal(actor->export_names[i], name)) return i;
    const struct actor_draft *draft = &c->drafts[index];
    for (uint32_t i = 0; i < draft->given_count; i++) {
        if (!slice_equal(draft->given[i], name)) continue;
        actor->export_names = arena_grow(c->arena, actor->export_names, actor->export_count, sizeof *actor->export_names);
        actor->export_names[actor->export_count] = name;
        return actor->export_count++;
    }
    return PLAN_NONE;
}

static uint32_t table_name(struct compiler *c, struct plan_name **table, uint32_t *count, struct slice name) {
    for (uint32_t i = 0; i < *count; i++)
        if (slice_is(name, (*table)[i].text)) return i;
    *table = arena_grow(c->arena, *table, *count, sizeof **table);
    (*table)[*count] = (struct plan_name){
        .text = arena_copy(c->arena, name.data, name.len_bytes),
        .actors = arena_array(c->arena, c->plan->actor_count, sizeof(bool)),
    };
    return (*count)++;
}

uint32_t scope_event(struct compiler *c, struct slice name) {
    return table_name(c, &c->plan->events, &c->plan->event_count, name);
}

uint32_t scope_barrier(struct compiler *c, struct slice name) {
    return table_name(c, &c->plan->barriers, &c->plan->barrier_count, name);
}

static void give(struct compiler *c, struct actor_draft *draft, struct slice name) {
    if (name.len_bytes == 0) return;
    draft->given = arena_grow(c->arena, draft->given, draft->given_count, sizeof *draft->given);
    draft->given[draft->given_count++] = name;
}

// The named groups of a regular expression: (?<name> and (?P<name>.
static void give_groups(struct compiler *c, struct actor_draft *draft, const struct expr *regex) {
    if (!regex || regex->kind != EXPR_REGEX) return;
    struct slice rest = regex->text;
    int64_t at;
    while ((at = slice_find(rest, slice_text("<"))) >= 0) {
        rest = slice_of(rest.data + at + 1, rest.len_bytes - (size_t)at - 1);
        int64_t end = slice_find(rest, slice_text(">"));
        if (end > 0) give(c, draft, slice_of(rest.data, (size_t)end));
    }
}

static void give_expr(struct compiler *c, struct actor_draft *draft, const struct expr *expr) {
    if (!expr) return;
    for (uint32_t i = 0; i < expr->field_count; i++) {
        give(c, draft, expr->fields[i].capture.text);
        give_expr(c, draft, expr->fields[i].value);
    }
    for (uint32_t i = 0; i < expr->item_count; i++) give_expr(c, draft, expr->items[i]);
    give_expr(c, draft, expr->left);
    give_expr(c, draft, expr->right);
    give_groups(c, draft, expr);
}

static void mark(struct compiler *c, struct plan_name *table, uint32_t name, uint32_t actor) {
    struct plan_name *entry = &table[name];
    if (entry->actors[actor]) return;
    entry->actors[actor] = true;
    entry->arrivals += c->plan->actors[actor].instance_count;
}

static void survey_block(struct compiler *c, uint32_t actor, const struct block *block, const struct call_frame *calls);

static void survey_call(struct compiler *c, uint32_t actor, const struct statement *s, const struct call_frame *calls) {
    const struct procedure_decl *procedure = scope_procedure(c, s->name.text);
    if (!procedure) return;
    for (const struct call_frame *call = calls; call; call = call->outer)
        if (call->procedure == procedure) return; // recursion: reported where it is compiled
    struct call_frame frame = {calls, procedure};
    survey_block(c, actor, &procedure->body, &frame);
}

static void survey_statement(struct compiler *c, uint32_t actor, const struct statement *s, const struct call_frame *calls) {
    struct actor_draft *draft = &c->drafts[actor];
    if (s->verb == VERB_LET || s->verb == VERB_FOR) give(c, draft, s->name.text);
    if (s->verb == VERB_SIGNAL) mark(c, c->plan->events, scope_event(c, s->name.text), actor);
    if (s->verb == VERB_BARRIER) mark(c, c->plan->barriers, scope_barrier(c, s->name.text), actor);
    if (s->verb == VERB_CALL) survey_call(c, actor, s, calls);
    if (s->pattern)
        for (uint32_t i = 0; i < s->pattern->element_count; i++) {
            const struct element *element = &s->pattern->elements[i];
            give(c, draft, element->capture.text);
            give_expr(c, draft, element->bytes);
            give_expr(c, draft, element->right);
        }
    give_expr(c, draft, s->operand);
    for (uint32_t i = 0; i < s->block_count; i++) survey_block(c, actor, &s->blocks[i], calls);
}

static void survey_block(struct compiler *c, uint32_t actor, const struct block *block, const struct call_frame *calls) {
    for (const struct statement *s = block->first; s; s = s->next) survey_statement(c, actor, s, calls);
}

void scope_survey(struct compiler *c) {
    for (uint32_t i = 0; i < c->plan->actor_count; i++) survey_block(c, i, &c->drafts[i].decl->body, NULL);
}
