// Which name means what where, and which names of one actor another waits for.
#include "compile.h"

static struct binding *add_binding(struct compiler *c, enum binding_kind kind, struct name name) {
    if (kind != BINDING_TERM) library_check_free(c, name); // those of a file are looked at where the library is
    struct binding *binding = arena_alloc(c->arena, sizeof *binding);
    *binding = (struct binding){.outer = c->bindings, .kind = kind, .name = name, .made_by = VERB_COUNT};
    c->bindings = binding;
    return binding;
}

struct binding *scope_value(struct compiler *c, struct name name, const struct term *like) {
    struct binding *binding = add_binding(c, BINDING_SLOT, name);
    binding->slot = c->draft->actor->slot_count++;
    if (binding->slot == PLAN_NAMES_MAX && !c->is_full) {
        diag_error(c->diags, name.span.source ? name.span : c->draft->actor->span,
                   "more than %d names in one actor, those of every call of a procedure counted", PLAN_NAMES_MAX);
        c->is_full = true;
    }
    if (like) {
        binding->type = like->type;
        binding->typed = like->typed;
        binding->shape = like->shape;
    }
    struct actor_draft *draft = c->draft;
    draft->slots = arena_grow(c->arena, draft->slots, draft->slot_given_count, sizeof *draft->slots);
    draft->slots[draft->slot_given_count++] = (struct given){name.text, binding->slot};
    return binding;
}

struct binding *scope_local(struct compiler *c, struct name name, const struct term *like) {
    struct binding *binding = add_binding(c, BINDING_LOCAL, name);
    binding->slot = c->local_count++;
    binding->type = like->type;
    binding->typed = like->typed;
    binding->shape = like->shape;
    binding->fixed = true;
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
        if (slice_equal(binding->name.text, name) && (!binding->file || library_shows(c, NULL, binding->file)))
            return binding;
    return NULL;
}

void scope_report_taken(struct compiler *c, struct name name, const struct binding *before) {
    int len = (int)name.text.len_bytes;
    const char *text = (const char *)name.text.data;
    uint32_t line = source_position(before->name.span).line;
    if (before->name.span.source == name.span.source)
        diag_error(c->diags, name.span, "'%.*s' has a value already, since line %u", len, text, line);
    else
        diag_error(c->diags, name.span, "'%.*s' has a value already, since %s:%u", len, text,
                   before->name.span.source->path, line);
}

struct binding *scope_capture(struct compiler *c, struct name name, enum value_kind kind) {
    const struct binding *before = scope_find(c, name.text);
    if (before && before->fixed) scope_report_taken(c, name, before);
    struct term like = {.type = kind, .typed = true};
    return scope_value(c, name, &like);
}

void scope_check_new(struct compiler *c, struct name name) {
    const struct binding *before = scope_find(c, name.text);
    if (before && (before->kind == BINDING_SLOT || before->kind == BINDING_LOCAL)) scope_report_taken(c, name, before);
}

uint32_t scope_actor(const struct compiler *c, struct slice name) {
    for (uint32_t i = 0; i < c->plan->actor_count; i++) {
        const struct actor *actor = &c->plan->actors[i];
        if (actor->role != ROLE_AFTERWARDS && slice_is(name, actor->name)) return i;
    }
    return PLAN_NONE;
}

const struct procedure_decl *scope_procedure(const struct compiler *c, struct slice name) {
    return library_procedure(c, NULL, name);
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

static uint32_t table_name(struct compiler *c, struct plan_name **table, uint32_t *count, struct name name) {
    for (uint32_t i = 0; i < *count; i++)
        if (slice_is(name.text, (*table)[i].text)) return i;
    if (*count == PLAN_NAMES_MAX) {
        if (!c->is_full) diag_error(c->diags, name.span, "more than %d events, or barriers", PLAN_NAMES_MAX);
        c->is_full = true;
        return 0;
    }
    *table = arena_grow(c->arena, *table, *count, sizeof **table);
    (*table)[*count] = (struct plan_name){
        .text = arena_copy(c->arena, name.text.data, name.text.len_bytes),
        .actors = arena_array(c->arena, c->plan->actor_count, sizeof(bool)),
    };
    return (*count)++;
}

uint32_t scope_event(struct compiler *c, struct name name) {
    return table_name(c, &c->plan->events, &c->plan->event_count, name);
}

uint32_t scope_barrier(struct compiler *c, struct name name) {
    return table_name(c, &c->plan->barriers, &c->plan->barrier_count, name);
}
