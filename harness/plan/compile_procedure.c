// Procedures: their steps are put where they are called.
#include "compile.h"

enum { CALL_DEPTH_MAX = 50 };

static bool is_recursive(struct compiler *c, const struct statement *s, const struct procedure_decl *procedure) {
    const struct call_frame *again = c->calls;
    unsigned depth = 0;
    for (; again && again->procedure != procedure; again = again->outer) depth++;
    if (!again && depth < CALL_DEPTH_MAX) return false;
    if (!again) {
        diag_error(c->diags, s->name.span, "procedures call each other more than %d levels deep", CALL_DEPTH_MAX);
        return true;
    }
    struct buffer way = {0};
    buffer_slice(&way, s->name.text);
    for (const struct call_frame *call = c->calls; call != again; call = call->outer) {
        buffer_text(&way, ", called by ");
        buffer_slice(&way, call->procedure->name.text);
    }
    buffer_printf(&way, ", called by %.*s", (int)s->name.text.len_bytes, (const char *)s->name.text.data);
    diag_error(c->diags, s->name.span, "a procedure cannot call itself: %s", way.data);
    buffer_fini(&way);
    return true;
}

static const struct procedure_decl *called(struct compiler *c, const struct statement *s) {
    const struct procedure_decl *procedure = scope_procedure(c, s->name.text);
    if (!procedure) {
        unknown_name(c, s->name, "procedure", OFFER_PROCEDURES);
        return NULL;
    }
    if (is_recursive(c, s, procedure)) return NULL;
    if (s->list_count == procedure->parameter_count) return procedure;
    diag_error(c->diags, s->span, "'%.*s' takes %u argument%s, and %u %s given", (int)s->name.text.len_bytes,
               (const char *)s->name.text.data, procedure->parameter_count, procedure->parameter_count == 1 ? "" : "s",
               s->list_count, s->list_count == 1 ? "is" : "are");
    return NULL;
}

static void bind_parameters(struct compiler *c, const struct procedure_decl *procedure, const struct term **values) {
    for (uint32_t i = 0; i < procedure->parameter_count; i++)
        scope_value(c, procedure->parameters[i], values ? values[i] : NULL)->fixed = true;
}

void compile_procedure_call(struct compiler *c, const struct statement *s, uint32_t at) {
    // Arguments are evaluated once, into slots of their own; only then do the parameters' names hide the caller's.
    const struct term **values = arena_array(c->arena, s->list_count, sizeof *values);
    for (uint32_t i = 0; i < s->list_count; i++) values[i] = compile_expr(c, s->list[i]);
    const struct procedure_decl *procedure = called(c, s);
    if (!procedure) return;
    struct binding *outer = c->bindings;
    c->bindings = c->file_bindings;
    plan_step(c, at)->list = values;
    plan_step(c, at)->list_count = s->list_count;
    plan_step(c, at)->slot = c->draft->actor->slot_count;
    bind_parameters(c, procedure, values);
    struct call_frame frame = {c->calls, procedure};
    uint32_t called_from = c->called_from;
    c->calls = &frame;
    c->called_from = at;
    if (called_from == PLAN_NONE) c->call_block_depth = c->block_depth;
    compile_block(c, &procedure->body);
    c->calls = frame.outer;
    c->called_from = called_from;
    c->bindings = outer;
    plan_step(c, at)->after = at + 1;
}

static void check_names(struct compiler *c, const struct procedure_decl *procedure) {
    if (scope_procedure(c, procedure->name.text) != procedure)
        diag_error(c->diags, procedure->name.span, "there is a procedure '%.*s' already",
                   (int)procedure->name.text.len_bytes, (const char *)procedure->name.text.data);
    for (uint32_t i = 0; i < procedure->parameter_count; i++)
        for (uint32_t k = 0; k < i; k++) {
            struct name name = procedure->parameters[i];
            if (!slice_equal(name.text, procedure->parameters[k].text)) continue;
            diag_error(c->diags, name.span, "'%.*s' is a parameter already", (int)name.text.len_bytes,
                       (const char *)name.text.data);
            break;
        }
}

// In an actor that is then forgotten, with all that the plan would remember of it.
static void compile_alone(struct compiler *c, const struct procedure_decl *procedure) {
    struct actor_decl decl = {.role = ROLE_CLIENT, .name = procedure->name, .body = procedure->body};
    struct actor actor = {.role = ROLE_CLIENT, .name = "", .instance_count = 1, .slot_count = 1};
    struct actor_draft draft = {.decl = &decl, .actor = &actor};
    struct call_frame frame = {NULL, procedure};
    struct plan before = *c->plan;
    c->draft = &draft;
    c->calls = &frame;
    c->actor_index = PLAN_NONE;
    c->either_depth = 0;
    c->in_concurrent_block = false;
    c->current = (struct known_socket){0};
    c->program = (struct known_program){0};
    c->block_depth = 0;
    bind_parameters(c, procedure, NULL);
    compile_block(c, &procedure->body);
    c->bindings = c->file_bindings;
    c->calls = NULL;
    c->draft = NULL;
    c->plan->step_count = before.step_count;
    c->plan->families = before.families;
    c->plan->uses_scratch = before.uses_scratch;
    c->plan->has_tls = before.has_tls;
    c->plan->uses_ca_file = before.uses_ca_file;
    c->plan->world = before.world;
}

void compile_procedures(struct compiler *c) {
    for (const struct procedure_decl *p = c->tree->procedures; p && !c->is_full; p = p->next) {
        check_names(c, p);
        compile_alone(c, p);
    }
}
