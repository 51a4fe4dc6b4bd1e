// One plan of one tree: the file's names, the actors, and what the file says of the whole case.
#include "compile.h"

#include "base/clock.h"
#include "base/nearest.h"
#include "plan/constants.h"

#include <string.h>

enum { TIMEOUT_DEFAULT_S = 10, TIMEOUT_MAX_S = 24 * 60 * 60, THREADS_MAX = 256 };

static void check_name(struct compiler *c, struct name name) {
    uint32_t before = scope_actor(c, name.text);
    if (before != PLAN_NONE)
        diag_error(c->diags, name.span, "there is an actor '%s' already", c->plan->actors[before].name);
    if (slice_is(name.text, "afterwards"))
        diag_error(c->diags, name.span, "`afterwards` is what runs last, and no actor's name");
}

static void declare_actor(struct compiler *c, const struct actor_decl *decl) {
    struct plan *plan = c->plan;
    if (decl->role != ROLE_AFTERWARDS) check_name(c, decl->name);
    uint32_t index = plan->actor_count++;
    struct actor *actor = &plan->actors[index];
    *actor = (struct actor){
        .role = decl->role,
        .name = decl->role == ROLE_AFTERWARDS ? "afterwards"
                                              : arena_copy(c->arena, decl->name.text.data, decl->name.text.len_bytes),
        .span = decl->span,
        .instance_count = 1,
        .slot_count = 1, // slot 0 is `index`
        .is_function = decl->player != NULL,
        .is_replacement = decl->replaces != NULL,
    };
    c->drafts[index] = (struct actor_draft){.decl = decl, .actor = actor};
    if (decl->role != ROLE_AFTERWARDS) scope_add_actor(c, decl->name.text, index);
    if (decl->role == ROLE_PROGRAM) plan->has_programs = plan->uses_scratch = plan->world.has_names = true;
}

// The value of an expression that must be known before anything runs.
static bool fixed_value(struct compiler *c, const struct expr *expr, enum value_kind kind, const char *what,
                        integer *number) {
    const struct term *term = compile_kind(c, expr, kind, what);
    if (term_is_known(term)) *number = term->value.number;
    else if (term->kind != TERM_CONSTANT)
        diag_error(c->diags, expr->span, "%s must be known before the scenario runs", what);
    return term_is_known(term);
}

static bool fixed_count(struct compiler *c, const struct expr *expr, const char *what, integer most, uint32_t *count) {
    integer number = 0;
    if (!fixed_value(c, expr, VALUE_INTEGER, what, &number)) return false;
    char high[INTEGER_TEXT_BYTES];
    bool fits = number >= 1 && number <= most;
    if (fits) *count = (uint32_t)number;
    else diag_error(c->diags, expr->span, "%s is between 1 and %s", what, integer_text(most, high));
    return fits;
}

static void count_instances(struct compiler *c) {
    struct plan *plan = c->plan;
    uint64_t total = 0;
    for (uint32_t i = 0; i < plan->actor_count; i++) {
        struct actor *actor = &plan->actors[i];
        const struct expr *expr = c->drafts[i].decl->count;
        if (expr) fixed_count(c, expr, "the number of instances", PLAN_INSTANCES_MAX, &actor->instance_count);
        actor->first_instance = (uint32_t)total;
        total += actor->instance_count;
    }
    if (total > PLAN_INSTANCES_MAX) {
        diag_error(c->diags, plan->actors[plan->actor_count - 1].span,
                   "%llu instances in one scenario, and %d is the limit", (unsigned long long)total, PLAN_INSTANCES_MAX);
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
    c->loop = NULL;
    c->either_depth = 0;
    c->in_concurrent_block = false;
    c->current = (struct known_socket){0};
    c->program = (struct known_program){0};
    c->block_depth = 0;
    c->called_from = PLAN_NONE;
    actor->first_step = c->plan->step_count;
    compile_block(c, &c->draft->decl->body);
    struct step *end = step_new(c, STEP_ACTOR_END, c->draft->decl->span);
    end->after = c->plan->step_count;
    actor->step_count = c->plan->step_count - actor->first_step;
    scope_leave(c, outer);
    c->draft = NULL;
}

// Which slot sets which export; only now is it known what the others asked for.
static void link_exports(struct compiler *c) {
    for (uint32_t i = 0; i < c->plan->actor_count; i++) {
        struct actor *actor = &c->plan->actors[i];
        const struct actor_draft *draft = &c->drafts[i];
        actor->slot_exports = arena_array(c->arena, actor->slot_count, sizeof *actor->slot_exports);
        for (uint32_t slot = 0; slot < actor->slot_count; slot++) actor->slot_exports[slot] = PLAN_NONE;
        for (uint32_t g = 0; g < draft->slot_given_count && actor->export_count > 0; g++) {
            uint32_t const number = table_number(&draft->given_numbers, draft->slots[g].name);
            if (number != TABLE_NONE) actor->slot_exports[draft->slots[g].slot] = draft->given[number].export;
        }
    }
}

// Immutable.
static const char *const requirements[] = {
#define REQUIRED_FAMILY(word, domain, type, protocol) word,
#define REQUIRED_CAPABILITY(word, number) word,
#define REQUIRED_OTHER(word) word,
#include "script/requirements.def"
};

const char *requirement_offer(uint32_t index) {
    return index < sizeof requirements / sizeof *requirements ? requirements[index] : NULL;
}

static bool is_requirement(struct slice name) {
    const char *known;
    for (uint32_t i = 0; (known = requirement_offer(i)); i++)
        if (slice_is(name, known)) return true;
    return false;
}

static void add_requirement(struct compiler *c, const struct require_decl *require) {
    struct plan *plan = c->plan;
    struct slice program = {0};
    struct name name = require->name;
    if (require->program && !compile_plain_text(c, require->program, &program)) return;
    if (!require->program && !is_requirement(name.text)) {
        diag_error(c->diags, name.span, "unknown requirement '%.*s'", (int)name.text.len_bytes,
                   (const char *)name.text.data);
        struct nearest nearest = {.name = name.text};
        const char *offer;
        for (uint32_t i = 0; (offer = requirement_offer(i)); i++) nearest_offer(&nearest, offer);
        if (nearest.best) diag_suggest(c->diags, nearest.best);
        else diag_hint(c->diags, "requires ipv6, mptcp, can, cap_net_raw, root, program \"NAME\", ...");
    }
    plan->requirements = arena_grow(c->arena, plan->requirements, plan->requirement_count, sizeof *plan->requirements);
    plan->requirements[plan->requirement_count++] = (struct requirement){
        .name = arena_copy(c->arena, name.text.data, name.text.len_bytes),
        .program = require->program ? arena_copy(c->arena, program.data, program.len_bytes) : NULL,
        .span = name.span,
    };
}

static void compile_head(struct compiler *c) {
    const struct tree *tree = c->tree;
    struct plan *plan = c->plan;
    integer number = 0;
    plan->timeout_ns = TIMEOUT_DEFAULT_S * NS_PER_S;
    if (tree->timeout && fixed_value(c, tree->timeout, VALUE_DURATION, "the timeout", &number)) {
        struct span at = tree->timeout->span;
        if (number <= 0) diag_error(c->diags, at, "a timeout of no time: the scenario could do nothing");
        else if (number > TIMEOUT_MAX_S * NS_PER_S) diag_error(c->diags, at, "a timeout is at most a day");
        else plan->timeout_ns = (int64_t)number;
    }
    if (tree->threads) fixed_count(c, tree->threads, "the number of threads", THREADS_MAX, &plan->threads);
    plan->tags = arena_array(c->arena, tree->tag_count, sizeof *plan->tags);
    for (uint32_t i = 0; i < tree->tag_count; i++)
        plan->tags[plan->tag_count++] = arena_copy(c->arena, tree->tags[i].text.data, tree->tags[i].text.len_bytes);
    struct slice title;
    if (tree->title && compile_plain_text(c, tree->title, &title)) {
        if (title.len_bytes && memchr(title.data, '\0', title.len_bytes))
            diag_error(c->diags, tree->title->span, "a title has no NUL byte in it");
        plan->title = arena_copy(c->arena, title.data, title.len_bytes);
        plan->title_line = source_position(tree->title->span).line;
    }
    for (const struct require_decl *r = tree->requires; r; r = r->next) add_requirement(c, r);
}

static void check_counts(struct compiler *c) {
    uint32_t procedures = 0;
    for (const struct procedure_decl *p = c->tree->procedures; p; p = p->next)
        if (++procedures == PLAN_NAMES_MAX + 1)
            diag_error(c->diags, p->name.span, "more than %d procedures", PLAN_NAMES_MAX);
    if (c->plan->actor_count > PLAN_NAMES_MAX)
        diag_error(c->diags, c->plan->actors[PLAN_NAMES_MAX].span, "more than %d actors", PLAN_NAMES_MAX);
}

// The actors, and the names of the file. False: there are too many actors, which is reported.
static bool compile_names(struct compiler *c, const struct circumstances *with) {
    c->files = with->files;
    const struct tree *tree = c->tree;
    struct plan *plan = arena_alloc(c->arena, sizeof *plan);
    c->plan = plan;
    plan->source = tree->source;
    plan->path = tree->source->path;
    plan->title = "";
    plan->afterwards = PLAN_NONE;
    uint32_t declared = tree->afterwards ? 1 : 0;
    for (const struct actor_decl *a = tree->actors; a && declared <= PLAN_NAMES_MAX; a = a->next) declared++;
    plan->actors = arena_array(c->arena, declared, sizeof *plan->actors);
    c->drafts = arena_array(c->arena, declared, sizeof *c->drafts);
    for (const struct actor_decl *decl = tree->actors; decl && plan->actor_count < declared; decl = decl->next)
        declare_actor(c, decl);
    if (tree->afterwards && plan->actor_count < declared) {
        plan->afterwards = plan->actor_count;
        declare_actor(c, tree->afterwards);
    }
    check_counts(c);
    compile_procedures_declare(c);
    library_check_names(c);
    if (c->diags->error_count > 0 && declared > PLAN_NAMES_MAX) return false;
    survey_actors(c);
    compile_messages_declare(c);
    compile_lets(c, with);
    return true;
}

void compile_variations(struct arena *arena, const struct tree *tree, const struct circumstances *with,
                        struct variation *variations, uint32_t count) {
    struct diag_list unheard;
    diag_list_init(&unheard, arena);
    struct choice *asked = arena_array(arena, count, sizeof *asked);
    for (uint32_t i = 0; i < count; i++)
        asked[i] = (struct choice){.name = variations[i].vary->name, .asked = &variations[i]};
    struct circumstances asking = *with;
    asking.choices = asked;
    asking.choice_count = count;
    struct compiler c = {
        .arena = arena, .diags = &unheard, .tree = tree, .excuses = with->excuses, .called_from = PLAN_NONE};
    compile_names(&c, &asking);
}

struct plan *compile_file(struct arena *arena, struct diag_list *diags, const struct tree *tree,
                          const struct circumstances *with) {
    struct compiler c = {.arena = arena, .diags = diags, .tree = tree, .excuses = with->excuses, .called_from = PLAN_NONE,
                         .arena_before_bytes = arena->used_bytes};
    bool good = compile_names(&c, with);
    struct plan *plan = c.plan;
    if (!good) return plan;
    compile_messages(&c);
    c.file_bindings = c.bindings;
    compile_head(&c);
    compile_world(&c);
    count_instances(&c);
    survey_count_arrivals(&c);
    compile_procedures(&c);
    for (uint32_t i = 0; i < plan->actor_count && !c.is_full; i++) compile_actor(&c, i);
    link_exports(&c);
    compile_programs_run(&c);
    if (!tree->is_library && !tree->actors && tree->title && diags->error_count == 0)
        diag_error(diags, tree->title->span, "a scenario needs a server, a client or a program");
    return plan;
}
