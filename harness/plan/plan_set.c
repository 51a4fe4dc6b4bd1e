// From a file's text to the plans of its cases: parse, bring in libraries, and compile once for each choice of `vary`.
#include "compile.h"
#include "use.h"

#include "script/script.h"

#include <string.h>

// The path without "./" before it and ".drill" behind it.
static const char *case_base(struct arena *arena, const char *path) {
    while (path[0] == '.' && path[1] == '/') path += 2;
    size_t len = strlen(path);
    if (len > 6 && strcmp(path + len - 6, ".drill") == 0) len -= 6;
    return arena_copy(arena, path, len);
}

// A value as it is written, on one line.
static void add_choice_text(struct buffer *out, struct slice text) {
    bool blank = false;
    for (size_t i = 0; i < text.len_bytes; i++) {
        uint8_t byte = text.data[i];
        bool space = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
        if (!space) buffer_add(out, &byte, 1);
        else if (!blank) buffer_add(out, " ", 1);
        blank = space;
    }
}

static const char *case_name(struct arena *arena, const char *base, const struct choice *choices, uint32_t count) {
    if (count == 0) return base;
    struct buffer name = {0};
    buffer_text(&name, base);
    for (uint32_t i = 0; i < count; i++) {
        buffer_printf(&name, "%c%.*s=", i == 0 ? '[' : ',', (int)choices[i].name.text.len_bytes,
                      (const char *)choices[i].name.text.data);
        add_choice_text(&name, span_text(choices[i].value->span));
    }
    buffer_text(&name, "]");
    const char *copy = arena_copy(arena, name.data, name.len_bytes);
    buffer_fini(&name);
    return copy;
}

// The same mistake is found once for each case, and once for each call of a procedure: one report is enough.
static void drop_repeated_diags(struct diag_list *diags) {
    for (struct diag *diag = diags->first; diag; diag = diag->next) {
        struct diag *previous = diag;
        for (struct diag *other = diag->next; other; other = previous->next) {
            if (other->span.source != diag->span.source || other->span.start != diag->span.start ||
                strcmp(other->message, diag->message) != 0) {
                previous = other;
                continue;
            }
            previous->next = other->next;
            if (other->severity == SEVERITY_ERROR) diags->error_count--;
            else diags->warning_count--;
        }
    }
    diags->last = diags->first;
    while (diags->last && diags->last->next) diags->last = diags->last->next;
}

// The choices of case `number`: the last `vary` turns fastest.
static void choose(const struct tree *tree, uint32_t vary_count, uint64_t number, struct choice *choices) {
    for (uint32_t i = vary_count; i > 0; i--) {
        const struct vary_decl *vary = tree->varies;
        for (uint32_t k = 1; k < i; k++) vary = vary->next;
        choices[i - 1] = (struct choice){vary->name, vary->values[number % vary->value_count]};
        number /= vary->value_count;
    }
}

static uint64_t count_cases(struct plan_set *set, const struct tree *tree, uint32_t *vary_count) {
    uint64_t cases = 1;
    for (const struct vary_decl *vary = tree->varies; vary; vary = vary->next) {
        (*vary_count)++;
        if (vary->value_count == 0) return 0; // reported by the parser
        cases *= vary->value_count;
        if (cases > PLAN_CASES_MAX) {
            diag_error(&set->diags, vary->name.span, "more than %d cases of one scenario", PLAN_CASES_MAX);
            return 0;
        }
    }
    return cases;
}

static void compile_cases(struct plan_set *set, struct tree *tree, const struct define *defines, uint32_t define_count) {
    uint32_t vary_count = 0;
    uint64_t cases = count_cases(set, tree, &vary_count);
    const char *base = case_base(&set->arena, tree->source->path);
    set->plans = arena_array(&set->arena, (size_t)cases, sizeof *set->plans);
    for (uint64_t i = 0; i < cases; i++) {
        struct choice *choices = arena_array(&set->arena, vary_count, sizeof *choices);
        choose(tree, vary_count, i, choices);
        struct plan *plan = compile_file(&set->arena, &set->diags, tree, choices, vary_count, defines, define_count);
        plan->case_name = case_name(&set->arena, base, choices, vary_count);
        set->plans[set->plan_count++] = plan;
        if (set->diags.error_count > 0) break; // what is wrong in one is wrong in all, or said when this is mended
    }
}

void plan_set_init(struct plan_set *set, const char *path, struct slice text, const struct define *defines,
                   uint32_t define_count) {
    *set = (struct plan_set){0};
    arena_init(&set->arena);
    diag_list_init(&set->diags, &set->arena);
    source_init(&set->source, &set->arena, path, text);
    struct tree *tree = script_parse(&set->source, &set->arena, &set->diags);
    set->is_library = tree->is_library;
    use_libraries(&set->arena, &set->diags, tree);
    compile_cases(set, tree, defines, define_count);
    drop_repeated_diags(&set->diags);
}

void plan_set_fini(struct plan_set *set) { arena_fini(&set->arena); }

void plan_instance_name(const struct plan *plan, uint32_t instance, struct buffer *out) {
    const struct instance *which = &plan->instances[instance];
    const struct actor *actor = &plan->actors[which->actor];
    buffer_text(out, actor->name);
    if (actor->instance_count > 1) buffer_printf(out, "[%u]", which->index);
}
