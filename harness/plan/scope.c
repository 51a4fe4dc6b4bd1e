// Which name means what where, and which names of one actor another waits for.
#include "compile.h"

// Whether the binding is one of c->bindings. A procedure's body and a layout do not see those of whoever asks for them.
static bool is_in_scope(const struct compiler *c, const struct binding *binding) {
    const struct binding *at = c->bindings;
    while (at && at->depth > binding->depth) at = at->jump->depth >= binding->depth ? at->jump : at->outer;
    return at == binding;
}

static struct binding *first_in_scope(const struct compiler *c, struct binding *binding) {
    while (binding && !is_in_scope(c, binding)) binding = binding->same;
    return binding;
}

struct binding *scope_first(const struct compiler *c, struct slice name) {
    return first_in_scope(c, table_find(&c->names, name));
}

struct binding *scope_next(const struct compiler *c, const struct binding *binding) {
    return first_in_scope(c, binding->same);
}

// The jumps are those of Myers' skew-binary lists (An applicative random-access stack, 1983).
struct binding *scope_push(struct compiler *c, enum binding_kind kind, struct name name) {
    struct binding *const outer = c->bindings;
    struct binding *const binding = arena_alloc(c->arena, sizeof *binding);
    void **const newest = table_place(&c->names, c->arena, name.text);
    *binding = (struct binding){
        .outer = outer, .same = *newest, .depth = 1, .kind = kind, .name = name, .made_by = VERB_COUNT};
    if (outer) binding->depth = outer->depth + 1;
    binding->jump = outer ? outer : binding;
    if (outer && outer->depth - outer->jump->depth == outer->jump->depth - outer->jump->jump->depth)
        binding->jump = outer->jump->jump;
    *newest = binding;
    c->bindings = binding;
    return binding;
}

void scope_leave(struct compiler *c, struct binding *outer) {
    for (; c->bindings != outer; c->bindings = c->bindings->outer)
        *table_place(&c->names, c->arena, c->bindings->name.text) = c->bindings->same;
}

static struct binding *add_binding(struct compiler *c, enum binding_kind kind, struct name name) {
    if (kind != BINDING_TERM) library_check_free(c, name); // those of a file are looked at where the library is
    return scope_push(c, kind, name);
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

struct binding *scope_find(const struct compiler *c, struct slice name) {
    struct binding *binding = scope_first(c, name);
    while (binding && binding->file && !library_shows(c, NULL, binding->file)) binding = scope_next(c, binding);
    return binding;
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

void scope_add_actor(struct compiler *c, struct slice name, uint32_t index) {
    if (scope_actor(c, name) == PLAN_NONE) table_set_number(&c->actor_numbers, c->arena, name, index);
}

uint32_t scope_actor(const struct compiler *c, struct slice name) { return table_number(&c->actor_numbers, name); }

const struct procedure_decl *scope_procedure(const struct compiler *c, struct slice name) {
    return library_procedure(c, NULL, name);
}

uint32_t scope_export(struct compiler *c, uint32_t index, struct slice name) {
    struct actor *actor = &c->plan->actors[index];
    uint32_t const number = table_number(&c->drafts[index].given_numbers, name);
    if (number == TABLE_NONE) return PLAN_NONE;
    struct given_name *const given = &c->drafts[index].given[number];
    if (given->export != PLAN_NONE) return given->export;
    actor->export_names = arena_grow(c->arena, actor->export_names, actor->export_count, sizeof *actor->export_names);
    actor->export_names[actor->export_count] = name;
    return given->export = actor->export_count++;
}

static uint32_t table_name(struct compiler *c, struct table *numbers, struct plan_name **table, uint32_t *count,
                           struct name name) {
    uint32_t const known = table_number(numbers, name.text);
    if (known != TABLE_NONE) return known;
    if (*count == PLAN_NAMES_MAX) {
        if (!c->is_full) diag_error(c->diags, name.span, "more than %d events, or barriers", PLAN_NAMES_MAX);
        c->is_full = true;
        return 0;
    }
    *table = arena_grow(c->arena, *table, *count, sizeof **table);
    (*table)[*count] = (struct plan_name){
        .text = arena_copy(c->arena, name.text.data, name.text.len_bytes),
        .actors = arena_array(c->arena, c->plan->actor_count, sizeof(bool)),
        .forgone = PLAN_NONE,
    };
    table_set_number(numbers, c->arena, name.text, *count);
    return (*count)++;
}

uint32_t scope_event(struct compiler *c, struct name name) {
    return table_name(c, &c->event_numbers, &c->plan->events, &c->plan->event_count, name);
}

uint32_t scope_barrier(struct compiler *c, struct name name) {
    return table_name(c, &c->barrier_numbers, &c->plan->barriers, &c->plan->barrier_count, name);
}
