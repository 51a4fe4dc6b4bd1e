// From a file's text to the plans of its cases: parse, bring in libraries, and compile once for each choice of `vary`.
#include "compile.h"
#include "players.h"
#include "use.h"

#include "script/script.h"

#include <stdlib.h>
#include <string.h>

// The path without "./" before it and ".drill" behind it.
static const char *case_base(struct arena *arena, const char *path) {
    while (path[0] == '.' && path[1] == '/') path += 2;
    size_t len = strlen(path);
    if (len > 6 && strcmp(path + len - 6, ".drill") == 0) len -= 6;
    return arena_copy(arena, path, len);
}

enum { CHOICE_SHOWN_BYTES = 80 };

// A value as it is written, on one line; clipped where it is long.
static void choice_text(struct buffer *out, struct slice text) {
    bool blank = false;
    buffer_clear(out);
    for (size_t i = 0; i < text.len_bytes && out->len_bytes < CHOICE_SHOWN_BYTES; i++) {
        uint8_t byte = text.data[i];
        bool space = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
        if (!space) buffer_add(out, byte < 0x20 || byte == 0x7f ? (const uint8_t *)"?" : &byte, 1);
        else if (!blank) buffer_add(out, " ", 1);
        blank = space;
    }
    while (out->len_bytes == CHOICE_SHOWN_BYTES && ((uint8_t)out->data[out->len_bytes - 1] & 0x80)) out->len_bytes--;
}

static void print_choice(struct buffer *out, const struct choice *choice) {
    char digits[INTEGER_TEXT_BYTES];
    bool is_number = choice->value->kind == EXPR_INTERVAL && !choice->trouble;
    struct slice text = is_number      ? slice_text(integer_text(choice->turn, digits))
                        : choice->text ? slice_text(choice->text)
                                       : span_text(choice->value->span);
    choice_text(out, text);
}

struct named {
    const char *text;
    uint32_t index;
};

static int by_text(const void *a, const void *b) {
    const struct named *one = a, *other = b;
    int order = strcmp(one->text, other->text);
    return order ? order : (one->index > other->index) - (one->index < other->index);
}

// What each value of a `vary` is called. The same text may stand for several: from the second on they are numbered.
static void name_values(struct arena *arena, struct variation *variation) {
    struct named *sorted = arena_array(arena, variation->count, sizeof *sorted);
    struct buffer text = {0};
    variation->texts = arena_array(arena, variation->count, sizeof *variation->texts);
    for (uint32_t i = 0; i < variation->count; i++) {
        print_choice(&text, &variation->choices[i]);
        sorted[i] = (struct named){arena_copy(arena, text.len_bytes ? text.data : "", text.len_bytes), i};
        variation->texts[i] = sorted[i].text;
    }
    buffer_fini(&text);
    qsort(sorted, variation->count, sizeof *sorted, by_text);
    for (uint32_t i = 1, before = 0; i < variation->count; i++) {
        before = strcmp(sorted[i - 1].text, sorted[i].text) == 0 ? before + 1 : 0;
        if (before > 0) variation->texts[sorted[i].index] = arena_text(arena, "%s#%u", sorted[i].text, before + 1);
    }
}

// How many cases the varies make; more than there may be are reported.
static uint64_t count_cases(struct plan_set *set, const struct variation *variations, uint32_t count) {
    uint64_t cases = 1;
    for (uint32_t i = 0; i < count; i++) {
        cases *= variations[i].count;
        if (cases > PLAN_CASES_MAX) {
            diag_error(&set->diags, variations[i].vary->name.span, "more than %d cases of one scenario", PLAN_CASES_MAX);
            return 1; // for its other mistakes
        }
    }
    return cases;
}

// False: that was the last case to compile.
static bool go_on(struct plan_set *set, uint32_t *wrong_count) {
    if (set->arena.used_bytes >> 20 > PLAN_SET_MIB_MAX) {
        diag_error(&set->diags, (struct span){&set->source, 0, 0}, "the cases of this scenario take more than %d MiB",
                   PLAN_SET_MIB_MAX);
        return false;
    }
    // A mistake of one case is mostly one of all; a few more cases tell those that are not.
    enum { WRONG_CASES_MAX = 8, WRONG_MIB_MAX = 64 };
    bool is_wrong = set->diags.error_count > 0;
    if (is_wrong && (++*wrong_count == WRONG_CASES_MAX || set->arena.used_bytes >> 20 > WRONG_MIB_MAX)) return false;
    return set->diags.dropped_count == 0;
}

static bool is_folded(const struct vary_decl *vary) {
    for (uint32_t i = 0; i < vary->value_count; i++)
        if (vary->values[i]->kind == EXPR_INTERVAL || vary->values[i]->kind == EXPR_EACH) return true;
    return false;
}

static void take_values(struct arena *arena, struct variation *variation) {
    const struct vary_decl *vary = variation->vary;
    variation->choices = arena_array(arena, vary->value_count, sizeof *variation->choices);
    variation->count = vary->value_count;
    for (uint32_t i = 0; i < vary->value_count; i++)
        variation->choices[i] = (struct choice){.name = vary->name, .value = vary->values[i]};
}

static struct variation *list_variations(struct plan_set *set, const struct tree *tree,
                                         const struct circumstances *with, uint32_t *count) {
    struct arena *arena = &set->arena;
    for (const struct vary_decl *vary = tree->varies; vary; vary = vary->next) (*count)++;
    struct variation *variations = arena_array(arena, *count, sizeof *variations);
    bool any_folded = false;
    uint32_t i = 0;
    for (const struct vary_decl *vary = tree->varies; vary; vary = vary->next) {
        variations[i++].vary = vary;
        any_folded = any_folded || is_folded(vary);
    }
    if (any_folded) compile_variations(arena, tree, with, variations, *count);
    for (i = 0; i < *count; i++) {
        if (variations[i].count == 0) take_values(arena, &variations[i]);
        name_values(arena, &variations[i]);
    }
    return variations;
}

// The choices of case `number`, of which the last `vary` turns fastest, and its name.
static const char *choose(struct arena *arena, const struct variation *variations, uint32_t count, uint64_t number,
                          const char *base, struct choice *choices) {
    const char *name = count > 0 ? "]" : "";
    for (uint32_t i = count; i > 0; i--) {
        const struct variation *variation = &variations[i - 1];
        uint64_t value = number % variation->count;
        choices[i - 1] = variation->choices[value];
        name = arena_text(arena, "%s%.*s=%s%s", i > 1 ? "," : "[", (int)variation->vary->name.text.len_bytes,
                          (const char *)variation->vary->name.text.data, variation->texts[value], name);
        number /= variation->count;
    }
    return arena_text(arena, "%s%s", base, name);
}

static void compile_cases(struct plan_set *set, const struct tree *tree, struct circumstances *with) {
    uint32_t wrong_count = 0;
    uint32_t count = 0;
    const struct variation *variations = list_variations(set, tree, with, &count);
    uint64_t cases = count_cases(set, variations, count);
    with->choice_count = count;
    set->plans = arena_array(&set->arena, (size_t)cases, sizeof *set->plans);
    for (uint64_t i = 0; i < cases; i++) {
        struct choice *choices = arena_array(&set->arena, with->choice_count, sizeof *choices);
        const char *name = choose(&set->arena, variations, with->choice_count, i, set->name, choices);
        with->choices = choices;
        struct plan *plan = compile_file(&set->arena, &set->diags, tree, with);
        plan->case_name = name;
        set->plans[set->plan_count++] = plan;
        if (!go_on(set, &wrong_count)) break;
    }
}

static void note_known_defines(struct plan_set *set, const struct tree *tree, const struct circumstances *with) {
    const struct define *const defines = with->defines;
    uint32_t const count = with->define_count;
    set->define_known = arena_array(&set->arena, count, sizeof *set->define_known);
    for (uint32_t i = 0; i < count; i++)
        for (const struct let_decl *let = tree->lets; let; let = let->next)
            set->define_known[i] = set->define_known[i] || define_is_of(with->files, let, defines[i].name);
}

void plan_set_init(struct plan_set *set, const char *path, struct slice text, const struct define *defines,
                   uint32_t define_count) {
    plan_set_init_with(set, path, text, &(struct plan_options){.defines = defines, .define_count = define_count});
}

void plan_set_init_with(struct plan_set *set, const char *path, struct slice text, const struct plan_options *options) {
    *set = (struct plan_set){0};
    arena_init(&set->arena);
    diag_list_init(&set->diags, &set->arena);
    source_init(&set->source, &set->arena, path, text);
    set->name = case_base(&set->arena, path);
    struct tree *tree = script_parse(&set->source, &set->arena, &set->diags);
    set->tree = tree;
    set->is_library = tree->is_library;
    struct file_scopes scopes = {0};
    bool lacks_library = !use_libraries(set, tree, options, &scopes);
    players_take(set, tree, options);
    struct circumstances with = {.files = &scopes, .defines = options->defines, .define_count = options->define_count};
    if (set->diags.error_count > 0) with.excuses = unknown_excuses(&set->arena, &set->diags, lacks_library);
    note_known_defines(set, tree, &with);
    compile_cases(set, tree, &with);
}

void plan_set_fini(struct plan_set *set) { arena_fini(&set->arena); }

void plan_instance_name(const struct plan *plan, uint32_t instance, struct buffer *out) {
    const struct instance *which = &plan->instances[instance];
    const struct actor *actor = &plan->actors[which->actor];
    buffer_text(out, actor->name);
    if (actor->instance_count > 1) buffer_printf(out, "[%u]", which->index);
}
