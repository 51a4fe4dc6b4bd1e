// Procedures: their steps are put where they are called.
#include "compile.h"

enum { CALL_DEPTH_MAX = 50 };

// NAME(ARGUMENTS), as a step or behind `let NAME =`.
struct call {
    struct name library, name; // `library` may be empty
    struct expr *const *items;
    uint32_t count;
    struct span span;
};

static bool is_recursive(struct compiler *c, const struct call *call, const struct procedure_decl *procedure) {
    const struct call_frame *again = c->calls;
    unsigned depth = 0;
    for (; again && again->procedure != procedure; again = again->outer) depth++;
    if (!again && depth < CALL_DEPTH_MAX) return false;
    if (!again) {
        diag_error(c->diags, call->name.span, "procedures call each other more than %d levels deep", CALL_DEPTH_MAX);
        return true;
    }
    struct buffer way = {0};
    buffer_slice(&way, call->name.text);
    for (const struct call_frame *frame = c->calls; frame != again; frame = frame->outer) {
        buffer_text(&way, ", called by ");
        buffer_slice(&way, frame->procedure->name.text);
    }
    buffer_printf(&way, ", called by %.*s", (int)call->name.text.len_bytes, (const char *)call->name.text.data);
    diag_error(c->diags, call->name.span, "a procedure cannot call itself: %s", way.data);
    buffer_fini(&way);
    return true;
}

static const struct procedure_decl *called(struct compiler *c, const struct call *call) {
    const struct use_decl *library;
    if (!library_named(c, call->library, &library)) return NULL;
    const struct procedure_decl *procedure = library_procedure(c, library, call->name.text);
    if (!procedure) {
        if (library) library_unknown(c, library, call->name);
        else unknown_name(c, call->name, "procedure", OFFER_PROCEDURES);
        return NULL;
    }
    if (is_recursive(c, call, procedure)) return NULL;
    if (call->count == procedure->parameter_count) return procedure;
    diag_error(c->diags, call->span, "'%.*s' takes %u argument%s, and %u %s given", (int)call->name.text.len_bytes,
               (const char *)call->name.text.data, procedure->parameter_count,
               procedure->parameter_count == 1 ? "" : "s", call->count, call->count == 1 ? "is" : "are");
    return NULL;
}

static void bind_parameters(struct compiler *c, const struct procedure_decl *procedure, const struct term **values) {
    for (uint32_t i = 0; i < procedure->parameter_count; i++)
        scope_value(c, procedure->parameters[i], values ? values[i] : NULL)->fixed = true;
}

// The procedure's steps, in a scope of their own.
static void inline_body(struct compiler *c, uint32_t at, struct call_frame *frame, const struct term **values) {
    struct binding *outer = c->bindings;
    uint32_t const called_from = c->called_from;
    uint32_t const file = library_enter(c, frame->procedure->name.span.source);
    struct loop_frame *loop = c->loop;
    c->bindings = c->file_bindings;
    c->loop = NULL; // that of the caller is none of its body's
    c->called_from = at;
    if (called_from == PLAN_NONE) c->call_block_depth = c->block_depth;
    plan_step(c, at)->slot = c->draft->actor->slot_count;
    bind_parameters(c, frame->procedure, values);
    c->calls = frame;
    compile_block(c, &frame->procedure->body);
    c->calls = frame->outer;
    c->called_from = called_from;
    c->loop = loop;
    c->file = file;
    scope_leave(c, c->file_bindings);
    c->bindings = outer;
}

// Arguments are evaluated once, into slots of their own; only then do the parameters' names hide the caller's.
static void run(struct compiler *c, const struct call *call, uint32_t at, struct call_frame *frame) {
    const struct term **values = arena_array(c->arena, call->count, sizeof *values);
    for (uint32_t i = 0; i < call->count; i++) values[i] = compile_expr(c, call->items[i]);
    *frame = (struct call_frame){.outer = c->calls, .procedure = called(c, call)};
    if (!frame->procedure) return;
    plan_step(c, at)->list = values;
    plan_step(c, at)->list_count = call->count;
    inline_body(c, at, frame, values);
    plan_step(c, at)->after = at + 1;
}

void compile_procedure_call(struct compiler *c, const struct statement *s, uint32_t at) {
    struct call const call = {s->library, s->name, s->list, s->list_count, s->span};
    struct call_frame frame;
    run(c, &call, at, &frame);
}

// --- what a procedure returns

static const struct statement *last_of(const struct block *block) {
    const struct statement *s = block->first;
    while (s && s->next) s = s->next;
    return s;
}

bool compile_procedure_returns(const struct procedure_decl *procedure) {
    const struct statement *last = last_of(&procedure->body);
    return last && last->verb == VERB_RETURN;
}

void compile_return(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct term *value = compile_expr(c, s->operand);
    plan_step(c, at)->operand = value;
    if (!c->calls) {
        diag_error(c->diags, s->verb_span, "`return` ends a procedure, and this is none");
    } else if (last_of(&c->calls->procedure->body) != s) {
        diag_error(c->diags, s->verb_span, "`return` is the last step of its procedure, and stands in no block");
    } else {
        c->calls->returned = value;
        c->calls->return_step = at;
    }
}

// A function's name may be a procedure's: in an expression it is that only where the procedure returns something.
const struct procedure_decl *compile_let_procedure(const struct compiler *c, const struct expr *expr) {
    if (!expr || expr->kind != EXPR_CALL || (expr->left && expr->left->kind != EXPR_NAME)) return NULL;
    const struct use_decl *library = expr->left ? library_of(c, expr->left->name.text) : NULL;
    if (expr->left && !library) return NULL;
    const struct procedure_decl *procedure = library_procedure(c, library, expr->name.text);
    bool const is_function = !library && compile_is_function(expr->name.text);
    return procedure && is_function && !compile_procedure_returns(procedure) ? NULL : procedure;
}

bool compile_let_call(struct compiler *c, const struct statement *s, uint32_t at) {
    const struct expr *expr = s->operand;
    const struct procedure_decl *procedure = compile_let_procedure(c, expr);
    if (!procedure) return false;
    struct name const library = expr->left ? expr->left->name : (struct name){0};
    struct call const call = {library, expr->name, expr->items, expr->item_count, expr->span};
    struct call_frame frame;
    plan_step(c, at)->kind = STEP_CALL;
    run(c, &call, at, &frame);
    if (frame.procedure && !compile_procedure_returns(procedure)) {
        diag_error(c->diags, expr->name.span, "'%.*s' returns nothing", (int)expr->name.text.len_bytes,
                   (const char *)expr->name.text.data);
        diag_hint(c->diags, "a procedure that ends with `return EXPR` does");
    }
    scope_check_new(c, s->name);
    struct binding *binding = scope_value(c, s->name, frame.returned);
    binding->fixed = true;
    if (frame.returned) plan_step(c, frame.return_step)->slot = binding->slot;
    return true;
}

// --- procedures on their own

void compile_procedures_declare(struct compiler *c) {
    for (const struct procedure_decl *p = c->tree->procedures; p; p = p->next) c->procedure_count++;
    c->procedures = arena_array(c->arena, c->procedure_count, sizeof *c->procedures);
    uint32_t at = 0;
    for (const struct procedure_decl *p = c->tree->procedures; p; p = p->next)
        c->procedures[at++] = (struct procedure_draft){.decl = p, .surveyed_for = PLAN_NONE};
    while (at > 0) { // so that those of the same name are in the order of the text
        struct procedure_draft *const draft = &c->procedures[--at];
        void **const first = table_place(&c->procedure_names, c->arena, draft->decl->name.text);
        draft->same = *first;
        *first = draft;
    }
}

static void check_names(struct compiler *c, const struct procedure_decl *procedure) {
    const struct procedure_draft *before = table_find(&c->procedure_names, procedure->name.text);
    for (; before->decl != procedure; before = before->same) {
        if (!library_together(c, before->decl->name.span.source, procedure->name.span.source)) continue;
        diag_error(c->diags, procedure->name.span, "there is a procedure '%.*s' already",
                   (int)procedure->name.text.len_bytes, (const char *)procedure->name.text.data);
        break;
    }
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
    struct actor actor = {
        .role = ROLE_CLIENT, .name = "", .span = procedure->name.span, .instance_count = 1, .slot_count = 1};
    struct actor_draft draft = {.decl = &decl, .actor = &actor};
    struct call_frame frame = {.procedure = procedure};
    struct plan before = *c->plan;
    c->draft = &draft;
    c->calls = &frame;
    c->actor_index = PLAN_NONE;
    c->loop = NULL;
    c->either_depth = 0;
    c->in_concurrent_block = false;
    c->current = (struct known_socket){0};
    c->program = (struct known_program){0};
    c->block_depth = 0;
    bind_parameters(c, procedure, NULL);
    compile_block(c, &procedure->body);
    scope_leave(c, c->file_bindings);
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
        uint32_t const file = library_enter(c, p->name.span.source);
        check_names(c, p);
        compile_alone(c, p);
        c->file = file;
    }
}
