// Which file sees whose names: plainly its own and those of what it uses without a name, as NAME.x those of a library that
// it uses with one. A file that the scenario uses plainly, through whichever others, sees all that the scenario does.
#include "compile.h"
#include "use.h"

#include "base/nearest.h"

// --- files

static uint32_t file_of(const struct compiler *c, const struct source *source) {
    for (uint32_t i = 0; i < c->files->count; i++)
        if (c->files->files[i].source == source) return i;
    return 0; // of a --define, which stands for a let of the scenario
}

uint32_t library_enter(struct compiler *c, const struct source *source) {
    uint32_t const before = c->file;
    c->file = file_of(c, source);
    return before;
}

bool library_shows(const struct compiler *c, const struct use_decl *library, const struct source *source) {
    const struct file_scope *const files = c->files->files;
    uint32_t from = library ? file_of(c, library->library) : c->file;
    if (!library && files[0].sees[from]) from = 0;
    return (!library || library->library) && files[from].sees[file_of(c, source)];
}

bool library_together(const struct compiler *c, const struct source *a, const struct source *b) {
    uint32_t const first = file_of(c, a), second = file_of(c, b);
    for (uint32_t i = 0; i < c->files->count; i++)
        if (c->files->files[i].sees[first] && c->files->files[i].sees[second]) return true;
    return false;
}

const struct use_decl *library_of(const struct compiler *c, struct slice name) {
    for (const struct use_decl *use = c->files->files[c->file].uses; use && name.len_bytes > 0; use = use->next)
        if (slice_equal(use->as.text, name)) return use;
    return NULL;
}

// --- what is in one

static const struct message_decl *find_message(const struct compiler *c, const struct use_decl *library, struct slice name) {
    for (const struct message_decl *m = c->tree->messages; m; m = m->next)
        if (slice_equal(m->name.text, name) && library_shows(c, library, m->name.span.source)) return m;
    return NULL;
}

const struct procedure_decl *library_procedure(const struct compiler *c, const struct use_decl *library,
                                               struct slice name) {
    const struct procedure_draft *draft = table_find(&c->procedure_names, name);
    while (draft && !library_shows(c, library, draft->decl->name.span.source)) draft = draft->same;
    return draft ? draft->decl : NULL;
}

static const struct let_decl *find_let(const struct compiler *c, const struct use_decl *library, struct slice name) {
    for (const struct let_decl *l = c->tree->lets; l; l = l->next)
        if (slice_equal(l->name.text, name) && library_shows(c, library, l->name.span.source)) return l;
    return NULL;
}

const struct binding *library_let(const struct compiler *c, const struct use_decl *library, struct slice name) {
    const struct binding *binding = scope_first(c, name);
    while (binding && !(binding->file && library_shows(c, library, binding->file))) binding = scope_next(c, binding);
    return binding;
}

// --- what is not

static void offer(struct compiler *c, struct nearest *nearest, const struct use_decl *library, struct name name) {
    if (library_shows(c, library, name.span.source))
        nearest_offer(nearest, arena_copy(c->arena, name.text.data, name.text.len_bytes));
}

void library_unknown(struct compiler *c, const struct use_decl *library, struct name name) {
    int const len = (int)name.text.len_bytes, as_len = (int)library->as.text.len_bytes;
    const char *const text = (const char *)name.text.data, *const as = (const char *)library->as.text.data;
    if (!library->library || unknown_is_excused(c, name.text)) return;
    if (find_message(c, library, name.text)) {
        diag_error(c->diags, name.span, "'%.*s.%.*s' is a message", as_len, as, len, text);
        diag_hint(c->diags, "%.*s.%.*s { field: value }", as_len, as, len, text);
    } else if (library_procedure(c, library, name.text)) {
        diag_error(c->diags, name.span, "'%.*s.%.*s' is a procedure: it runs as a step of its own", as_len, as, len, text);
    } else if (find_let(c, library, name.text)) {
        diag_error(c->diags, name.span, "'%.*s.%.*s' is a value", as_len, as, len, text);
    } else {
        diag_error(c->diags, name.span, "the library '%.*s' has no '%.*s'", as_len, as, len, text);
        if (!diag_is_news(c->diags)) return;
        struct nearest nearest = {.name = name.text};
        for (const struct let_decl *l = c->tree->lets; l; l = l->next) offer(c, &nearest, library, l->name);
        for (const struct message_decl *m = c->tree->messages; m; m = m->next) offer(c, &nearest, library, m->name);
        for (const struct procedure_decl *p = c->tree->procedures; p; p = p->next) offer(c, &nearest, library, p->name);
        diag_suggest(c->diags, nearest.best);
    }
}

bool library_named(struct compiler *c, struct name name, const struct use_decl **library) {
    *library = library_of(c, name.text);
    if (*library || name.text.len_bytes == 0) return true;
    if (unknown_is_excused(c, name.text)) return false;
    diag_error(c->diags, name.span, "no library is called '%.*s' here", (int)name.text.len_bytes,
               (const char *)name.text.data);
    if (!diag_is_news(c->diags)) return false;
    struct nearest nearest = {.name = name.text};
    for (const struct use_decl *use = c->files->files[c->file].uses; use; use = use->next)
        if (use->as.text.len_bytes > 0)
            nearest_offer(&nearest, arena_copy(c->arena, use->as.text.data, use->as.text.len_bytes));
    if (nearest.best) diag_suggest(c->diags, nearest.best);
    else diag_hint(c->diags, "use \"FILE\" as %.*s", (int)name.text.len_bytes, (const char *)name.text.data);
    return false;
}

bool library_hint(struct compiler *c, struct slice name) {
    for (const struct use_decl *use = c->files->files[c->file].uses; use; use = use->next) {
        if (use->as.text.len_bytes == 0 || !use->library) continue;
        if (!find_message(c, use, name) && !library_procedure(c, use, name) && !find_let(c, use, name)) continue;
        diag_hint(c->diags, "did you mean '%.*s.%.*s'?", (int)use->as.text.len_bytes, (const char *)use->as.text.data,
                  (int)name.len_bytes, (const char *)name.data);
        return true;
    }
    return false;
}

// --- names of libraries

void library_check_free(struct compiler *c, struct name name) {
    const struct use_decl *const use = library_of(c, name.text);
    if (!use) return;
    diag_error(c->diags, name.span, "'%.*s' is a library, %s", (int)name.text.len_bytes, (const char *)name.text.data,
               compile_place_of(c, use->as.span, name.span));
}

// What has the name among what the file sees; NULL: nothing has.
static const char *taken_by(const struct compiler *c, struct slice name, struct span *at) {
    const struct message_decl *const message = find_message(c, NULL, name);
    const struct procedure_decl *const procedure = library_procedure(c, NULL, name);
    const struct let_decl *const let = find_let(c, NULL, name);
    *at = message ? message->name.span : procedure ? procedure->name.span : let ? let->name.span : *at;
    if (message || procedure || let) return message ? "message" : procedure ? "procedure" : "value";
    for (const struct vary_decl *v = c->tree->varies; v && c->file == 0; v = v->next) {
        *at = v->name.span;
        if (slice_equal(v->name.text, name)) return "value";
    }
    uint32_t const actor = c->file == 0 ? scope_actor(c, name) : PLAN_NONE;
    if (actor == PLAN_NONE) return NULL;
    *at = c->plan->actors[actor].span;
    return "actor";
}

static void check_name(struct compiler *c, const struct use_decl *use) {
    int const len = (int)use->as.text.len_bytes;
    const char *const text = (const char *)use->as.text.data;
    struct span at = use->span;
    const char *const taken = taken_by(c, use->as.text, &at);
    const struct use_decl *const first = library_of(c, use->as.text);
    if (first != use)
        diag_error(c->diags, use->as.span, "there is a library '%.*s' already, %s", len, text,
                   compile_place_of(c, first->as.span, use->as.span));
    else if (taken)
        diag_error(c->diags, use->as.span, "there is %s %s '%.*s' already, %s", taken[0] == 'a' ? "an" : "a", taken, len,
                   text, compile_place_of(c, at, use->as.span));
    else if (compile_is_own_word(use->as.text))
        diag_error(c->diags, use->as.span, "'%.*s' has a meaning of its own", len, text);
}

void library_check_names(struct compiler *c) {
    for (c->file = 0; c->file < c->files->count; c->file++)
        for (const struct use_decl *use = c->files->files[c->file].uses; use; use = use->next)
            if (use->as.text.len_bytes > 0) check_name(c, use);
    c->file = 0;
}
