// sockdrill list --names: what a shell completes, one name a line.
#include "cli.h"

#include "base/memory.h"
#include "reports/json_text.h"

#include <stdlib.h>
#include <string.h>

// Owned by list_names.
struct names {
    char **texts;
    size_t count;
};

static void add(struct names *names, struct slice library, struct slice name) {
    struct buffer text = {0};
    buffer_slice(&text, library);
    if (library.len_bytes > 0) buffer_text(&text, ".");
    buffer_slice(&text, name);
    names->texts = memory_need(realloc(names->texts, (names->count + 1) * sizeof *names->texts));
    names->texts[names->count++] = text.data; // the buffer's, from now on ours
}

static void add_tags(struct names *names, const struct plan *plan) {
    for (uint32_t i = 0; i < plan->tag_count; i++) add(names, slice_of("", 0), slice_text(plan->tags[i]));
}

// As --define has them: a file's own, and those of the libraries that it uses, behind their names.
static void add_lets(struct names *names, const struct tree *tree) {
    for (const struct let_decl *let = tree->lets; let; let = let->next) {
        const struct source *const source = let->name.span.source;
        if (source == tree->source) add(names, slice_of("", 0), let->name.text);
        for (const struct use_decl *use = tree->uses; use; use = use->next)
            if (use->library == source) add(names, use->as.text, let->name.text);
    }
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// Each once.
static void sort(struct names *names) {
    size_t kept = 0;
    if (names->count > 0) qsort(names->texts, names->count, sizeof *names->texts, by_text);
    for (size_t i = 0; i < names->count; i++) {
        if (kept > 0 && strcmp(names->texts[kept - 1], names->texts[i]) == 0) free(names->texts[i]);
        else names->texts[kept++] = names->texts[i];
    }
    names->count = kept;
}

static void names_fini(struct names *names) {
    for (size_t i = 0; i < names->count; i++) free(names->texts[i]);
    free(names->texts);
}

static void print_sorted(struct names *names, struct buffer *out) {
    sort(names);
    for (size_t i = 0; i < names->count; i++) buffer_printf(out, "%s\n", names->texts[i]);
}

bool names_are(const char *what) {
    return strcmp(what, "cases") == 0 || strcmp(what, "tags") == 0 || strcmp(what, "lets") == 0;
}

void list_names(struct suite *suite, const char *what, struct buffer *out) {
    struct names names = {0};
    for (uint32_t i = 0; i < suite->file_count; i++) {
        struct loaded *const file = &suite->files[i];
        if (file->set.diags.error_count > 0 || file->set.is_library) continue;
        if (strcmp(what, "lets") == 0) add_lets(&names, file->set.tree);
        for (uint32_t k = 0; k < file->set.plan_count; k++) {
            const struct plan *const plan = file->set.plans[k];
            if (!file->is_chosen[k]) continue;
            if (strcmp(what, "cases") == 0) buffer_printf(out, "%s\n", plan->case_name);
            if (strcmp(what, "tags") == 0) add_tags(&names, plan);
        }
    }
    print_sorted(&names, out);
    names_fini(&names);
}

static void json_names(struct names *names, struct buffer *out) {
    sort(names);
    for (size_t i = 0; i < names->count; i++) {
        if (i > 0) buffer_text(out, ", ");
        report_json_string(slice_text(names->texts[i]), out);
    }
    names_fini(names);
}

void list_json_names(const struct loaded *file, struct buffer *out) {
    struct names lets = {0}, actors = {0};
    add_lets(&lets, file->set.tree);
    for (const struct actor_decl *actor = file->set.tree->actors; actor; actor = actor->next)
        add(&actors, slice_of("", 0), actor->name.text);
    buffer_text(out, ", \"lets\": [");
    json_names(&lets, out);
    buffer_text(out, "], \"actors\": [");
    json_names(&actors, out);
    buffer_text(out, "]");
}
