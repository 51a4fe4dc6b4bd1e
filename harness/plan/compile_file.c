// One plan of one tree: the file's names, the actors, and what the file says of the whole case.
#include "compile.h"

#include "base/clock.h"

#include <string.h>

enum { TIMEOUT_DEFAULT_S = 10, THREADS_MAX = 256 };

static void declare_actor(struct compiler *c, const struct actor_decl *decl) {
    struct plan *plan = c->plan;
    for (uint32_t i = 0; i < plan->actor_count; i++)
        if (decl->role != ROLE_AFTERWARDS && slice_is(decl->name.text, plan->actors[i].name))
            diag_error(c->diags, decl->name.span, "there is an actor '%s' already", plan->actors[i].name);
    uint32_t index = plan->actor_count++;
    struct actor *actor = &plan->actors[index];
    *actor = (struct actor){
        .role = decl->role,
        .name = decl->role == ROLE_AFTERWARDS ? "afterwards"
                                              : arena_copy(c->arena, decl->name.text.data, decl->name.text.len_bytes),
        .span = decl->span,
        .instance_count = 1,
        .slot_count = 1, // slot 0 is `index`
    };
    c->drafts[index] = (struct actor_draft){.decl = decl, .actor = actor};
}

// The value of an expression that must be known before anything runs.
static bool fixed_integer(struct compiler *c, const struct expr *expr, enum value_kind kind, const char *what,
                          integer least, integer most, integer *number) {
    const struct term *term = compile_kind(c, expr, kind, what);
    if (!term->typed) return false; // reported already
    if (term->kind != TERM_CONSTANT) {
        diag_error(c->diags, expr->span, "%s must be known before the scenario runs", what);
        return false;
    }
    if (term->value.number < least || term->value.number > most) {
        char low[INTEGER_TEXT_BYTES], high[INTEGER_TEXT_BYTES];
        diag_error(c->diags, expr->span, "%s must be between %s and %s", what, integer_text(least, low),
                   integer_text(most, high));
        return false;
    }
    *number = term->value.number;
    return true;
}

static void count_instances(struct compiler *c) {
    struct plan *plan = c->plan;
    uint64_t total = 0;
    for (uint32_t i = 0; i < plan->actor_count; i++) {
        struct actor *actor = &plan->actors[i];
        integer count = 1;
        const struct expr *expr = c->drafts[i].decl->count;
        if (expr && fixed_integer(c, expr, VALUE_INTEGER, "the number of instances", 1, PLAN_INSTANCES_MAX, &count))
            actor->instance_count = (uint32_t)count;
        actor->first_instance = (uint32_t)total;
        total += actor->instance_count;
    }
    if (total > PLAN_INSTANCES_MAX) {
        diag_error(c->diags, c->tree->title->span, "%llu instances in one scenario, and %d is the limit",
                   (unsigned long long)total, PLAN_INSTANCES_MAX);
        return;
    }
    plan->instances = arena_array(c->arena, (size_t)total, sizeof *plan->instances);
    plan->instance_count = (uint32_t)total;
    for (uint32_t i = 0; i < plan->actor_count; i++)
        for (uint32_t k = 0; k < plan->actors[i].instance_count; k++)
            plan->instances[plan->actors[i].first_instance + k] = (struct instance){.actor = i, .index = k};
}

static void compile_actor(struct compiler *c, uint32_t index) {
    struct actor *actor = &c->plan->actors[index];
    struct binding *outer = c->bindings;
    c->draft = &c->drafts[index];
    c->actor_index = index;
    c->either_depth = 0;
    c->in_concurrent_block = false;
    c->called_from = PLAN_NONE;
    actor->first_step = c->plan->step_count;
    compile_block(c, &c->draft->decl->body);
    struct step *end = step_new(c, STEP_ACTOR_END, c->draft->decl->span);
    end->after = c->plan->step_count;
    actor->step_count = c->plan->step_count - actor->first_step;
    c->bindings = outer;
    c->draft = NULL;
}

// Which slot sets which export; only now is it known what the others asked for.
static void link_exports(struct compiler *c) {
    for (uint32_t i = 0; i < c->plan->actor_count; i++) {
        struct actor *actor = &c->plan->actors[i];
        const struct actor_draft *draft = &c->drafts[i];
        actor->slot_exports = arena_array(c->arena, actor->slot_count, sizeof *actor->slot_exports);
        for (uint32_t slot = 0; slot < actor->slot_count; slot++) actor->slot_exports[slot] = PLAN_NONE;
        for (uint32_t g = 0; g < draft->slot_given_count; g++)
            for (uint32_t e = 0; e < actor->export_count; e++)
                if (slice_equal(actor->export_names[e], draft->slots[g].name)) actor->slot_exports[draft->slots[g].slot] = e;
    }
}

static const struct define *define_of(const struct define *defines, uint32_t count, struct slice name) {
    for (uint32_t i = count; i > 0; i--) // the last one on the command line wins
        if (slice_is(name, defines[i - 1].name)) return &defines[i - 1];
    return NULL;
}

// A number where it reads as one, else bytes.
static const struct term *defined_term(struct compiler *c, struct span span, const char *text) {
    integer number = 0;
    const char *digit = *text == '-' ? text + 1 : text;
    bool is_number = *digit != '\0';
    for (; *digit && is_number; digit++) {
        is_number = *digit >= '0' && *digit <= '9' && number < INTEGER_MAX;
        number = number * 10 + (*digit - '0');
    }
    if (*text == '-') number = -number;
    if (is_number && integer_in_range(number)) return term_constant(c, span, value_integer(number));
    return term_constant(c, span, value_text(c->arena, slice_text(text)));
}

static void compile_lets(struct compiler *c, const struct define *defines, uint32_t define_count) {
    for (const struct let_decl *let = c->tree->lets; let; let = let->next) {
        const struct binding *before = scope_find(c, let->name.text);
        if (before)
            diag_error(c->diags, let->name.span, "'%.*s' has a value already", (int)let->name.text.len_bytes,
                       (const char *)let->name.text.data);
        const struct define *define = define_of(defines, define_count, let->name.text);
        scope_term(c, let->name,
                   define ? defined_term(c, let->name.span, define->value) : compile_expr(c, let->value));
    }
}

static void check_defines(struct compiler *c, const struct define *defines, uint32_t define_count) {
    for (uint32_t i = 0; i < define_count; i++) {
        bool known = false;
        for (const struct let_decl *let = c->tree->lets; let; let = let->next)
            known = known || slice_is(let->name.text, defines[i].name);
        if (!known && !c->tree->is_library)
            diag_warning(c->diags, c->tree->title->span, "--define %s: this scenario has no `let %s`", defines[i].name,
                         defines[i].name);
    }
}

static void compile_head(struct compiler *c) {
    const struct tree *tree = c->tree;
    struct plan *plan = c->plan;
    integer number;
    plan->timeout_ns = TIMEOUT_DEFAULT_S * NS_PER_S;
    if (tree->timeout && fixed_integer(c, tree->timeout, VALUE_DURATION, "the timeout", 1, INT64_MAX / 4, &number))
        plan->timeout_ns = (int64_t)number;
    if (tree->threads && fixed_integer(c, tree->threads, VALUE_INTEGER, "the number of threads", 1, THREADS_MAX, &number))
        plan->threads = (uint32_t)number;
    plan->tags = arena_array(c->arena, tree->tag_count, sizeof *plan->tags);
    for (uint32_t i = 0; i < tree->tag_count; i++)
        plan->tags[plan->tag_count++] = arena_copy(c->arena, tree->tags[i].text.data, tree->tags[i].text.len_bytes);
    struct slice title;
    if (tree->title && compile_plain_text(c, tree->title, &title)) {
        plan->title = arena_copy(c->arena, title.data, title.len_bytes);
        plan->title_line = source_position(tree->title->span).line;
    }
    for (const struct require_decl *require = tree->requires; require; require = require->next) {
        struct slice program = {0};
        if (require->program && !compile_plain_text(c, require->program, &program)) continue;
        plan->requirements =
            arena_grow(c->arena, plan->requirements, plan->requirement_count, sizeof *plan->requirements);
        plan->requirements[plan->requirement_count++] = (struct requirement){
            .name = arena_copy(c->arena, require->name.text.data, require->name.text.len_bytes),
            .program = require->program ? arena_copy(c->arena, program.data, program.len_bytes) : NULL,
            .span = require->name.span,
        };
    }
}

// A procedure that nobody calls is compiled all the same, in an actor that is then forgotten: its mistakes are mistakes.
static void check_uncalled_procedures(struct compiler *c) {
    for (const struct procedure_decl *p = c->tree->procedures; p; p = p->next) {
        struct actor_decl decl = {.role = ROLE_CLIENT, .name = p->name, .body = p->body, .span = p->span};
        struct actor actor = {.role = ROLE_CLIENT, .name = "", .instance_count = 1, .slot_count = 1};
        struct actor_draft draft = {.decl = &decl, .actor = &actor};
        struct binding *outer = c->bindings;
        uint32_t steps = c->plan->step_count;
        struct call_frame frame = {NULL, p};
        c->draft = &draft;
        c->calls = &frame;
        c->either_depth = 0;
        c->in_concurrent_block = false;
        for (uint32_t i = 0; i < p->parameter_count; i++) scope_value(c, p->parameters[i], NULL);
        compile_block(c, &p->body);
        c->plan->step_count = steps;
        c->calls = NULL;
        c->draft = NULL;
        c->bindings = outer;
    }
}

struct plan *compile_file(struct arena *arena, struct diag_list *diags, const struct tree *tree,
                          const struct choice *choices, uint32_t choice_count, const struct define *defines,
                          uint32_t define_count) {
    struct plan *plan = arena_alloc(arena, sizeof *plan);
    plan->source = tree->source;
    plan->path = tree->source->path;
    plan->afterwards = PLAN_NONE;
    uint32_t declared = tree->afterwards ? 1 : 0;
    for (const struct actor_decl *decl = tree->actors; decl; decl = decl->next) declared++;
    plan->actors = arena_array(arena, declared, sizeof *plan->actors);

    struct compiler c = {.arena = arena, .diags = diags, .tree = tree, .plan = plan, .called_from = PLAN_NONE};
    c.drafts = arena_array(arena, declared, sizeof *c.drafts);
    for (const struct actor_decl *decl = tree->actors; decl; decl = decl->next) declare_actor(&c, decl);
    if (tree->afterwards) {
        plan->afterwards = plan->actor_count;
        declare_actor(&c, tree->afterwards);
    }
    for (uint32_t i = 0; i < choice_count; i++) scope_term(&c, choices[i].name, compile_expr(&c, choices[i].value));
    compile_lets(&c, defines, define_count);
    c.file_bindings = c.bindings;
    check_defines(&c, defines, define_count);
    compile_head(&c);
    count_instances(&c);
    scope_survey(&c);
    check_uncalled_procedures(&c);
    for (uint32_t i = 0; i < plan->actor_count; i++) compile_actor(&c, i);
    link_exports(&c);
    if (!tree->is_library && !tree->actors && diags->error_count == 0)
        diag_error(diags, tree->title->span, "a scenario needs a server or a client");
    return plan;
}
