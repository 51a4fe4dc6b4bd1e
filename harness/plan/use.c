#include "use.h"

#include "base/file.h"
#include "script/script.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A file on the way from the scenario to the library that is being read.
struct chain {
    const struct chain *outer;
    const char *path; // as it was opened
    struct stat facts; // which file it is, by whatever path; st_ino 0: it was not read from one
};

// A library that was read already: it comes in once, however often it is used.
struct done {
    struct stat facts;
    const struct tree *library; // NULL: it is none
};

struct reader {
    struct arena *arena;
    struct diag_list *diags;
    struct plan_set *set;
    const struct plan_options *options;
    struct tree *tree;
    struct done *done;
    uint32_t done_count;
    bool failed;
};

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_ino != 0 && a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static const char *beside(struct arena *arena, const char *file, struct slice name) {
    const char *slash = strrchr(file, '/');
    if (name.len_bytes > 0 && name.data[0] == '/') return arena_copy(arena, name.data, name.len_bytes);
    return arena_text(arena, "%.*s%.*s", slash ? (int)(slash - file + 1) : 0, file, (int)name.len_bytes,
                      (const char *)name.data);
}

// What the `use` asks for.
static const char *asked_for(struct arena *arena, const struct tree *user, const struct use_decl *use, struct slice name) {
    if (use->is_searched) return arena_text(arena, "<%.*s>", (int)name.len_bytes, (const char *)name.data);
    return beside(arena, user->source->path, name);
}

static const char *find_given(const struct given_files *given, const char *asked, struct found *found) {
    for (uint32_t i = 0; i < given->count && !found->given; i++)
        if (strcmp(given->files[i].asked, asked) == 0) found->given = &given->files[i];
    if (!found->given) return strerror(ENOENT);
    found->facts.st_ino = (ino_t)found->given->file + 1;
    return NULL;
}

static const char *open_file(const char *path, struct found *found) {
    found->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return found->fd < 0 || fstat(found->fd, &found->facts) != 0 ? strerror(errno) : NULL;
}

// close_found ends it. False: it was not found, or cannot be read, which was reported.
static bool find(const struct reader *r, const struct use_decl *use, const char *asked, struct found *found) {
    const struct plan_options *const options = r->options;
    const char *trouble = NULL;
    *found = (struct found){.fd = -1, .path = asked};
    if (options->given) {
        trouble = find_given(options->given, asked, found);
        if (use->is_searched && !trouble) found->path = found->given->path;
    } else if (use->is_searched) {
        library_search(&options->libraries, use->path->parts[0].bytes, r->arena, found, &trouble);
    } else {
        trouble = open_file(asked, found);
    }
    if (!found->path) library_missing(&options->libraries, use, r->diags);
    else if (trouble) diag_error(r->diags, use->path->span, "%s: %s", found->path, trouble);
    return found->path && !trouble;
}

static void close_found(const struct found *found) {
    if (found->fd >= 0) close(found->fd);
}

// NULL: read; else what was wrong.
static const char *read_text(struct arena *arena, const struct found *found, struct slice *text) {
    const struct stat *const facts = &found->facts;
    if (found->given) {
        *text = found->given->text;
        return NULL;
    }
    if (S_ISDIR(facts->st_mode)) return "it is a folder";
    if (!S_ISREG(facts->st_mode)) return "it is no file";
    if (facts->st_size > SCRIPT_TEXT_BYTES_MAX) return "it is too large";
    int const error = file_read(arena, found->fd, (size_t)facts->st_size, text);
    return error ? strerror(-error) : NULL;
}

static void note_used(struct reader *r, const char *asked, const char *path, uint32_t place) {
    struct plan_set *const set = r->set;
    const struct tree *const library = r->done[place].library;
    for (uint32_t i = 0; i < set->used_count; i++)
        if (strcmp(set->used[i].asked, asked) == 0) return;
    if (!library) return;
    set->used = arena_grow(r->arena, set->used, set->used_count, sizeof *set->used);
    set->used[set->used_count++] = (struct used_file){
        .asked = asked, .path = path, .file = place, .text = library->source->text, .source = library->source};
}

static void report_cycle(struct reader *r, const struct use_decl *use, const struct chain *chain,
                         const struct chain *again) {
    struct buffer way = {0};
    buffer_text(&way, again->path);
    for (const struct chain *link = chain; link != again; link = link->outer)
        buffer_printf(&way, ", used by %s", link->path);
    buffer_printf(&way, ", used by %s", again->path);
    diag_error(r->diags, use->path->span, "a library cannot use itself: %s", way.data);
    buffer_fini(&way);
}

static void use_one(struct reader *r, const struct tree *user, struct use_decl *use, const struct chain *chain);

// What a library defines comes before what its user defines. Each list keeps the order of the text.
static void take_definitions(struct tree *into, const struct tree *from) {
    struct message_decl **messages = &into->messages;
    while (*messages) messages = &(*messages)->next;
    *messages = from->messages;
    struct procedure_decl **procedures = &into->procedures;
    while (*procedures) procedures = &(*procedures)->next;
    *procedures = from->procedures;
    struct let_decl **lets = &into->lets;
    while (*lets) lets = &(*lets)->next;
    *lets = from->lets;
}

static const struct tree *parse_library(struct reader *r, const struct use_decl *use, struct chain *link, struct slice text) {
    struct source *source = arena_alloc(r->arena, sizeof *source);
    source_init(source, r->arena, link->path, text);
    struct diag_list unheard; // of a file that is no library nobody wants to hear more
    diag_list_init(&unheard, r->arena);
    const struct tree *library = script_parse(source, r->arena, &unheard);
    if (!library->is_library) {
        diag_error(r->diags, use->path->span, "%s is not a library: it does not begin with one's title", link->path);
        diag_hint(r->diags, "library \"TITLE\"");
        return NULL;
    }
    if (unheard.error_count > 0) library = script_parse(source, r->arena, r->diags);
    for (struct use_decl *inner = library->uses; inner; inner = inner->next) use_one(r, library, inner, link);
    take_definitions(r->tree, library);
    return library;
}

// Whether the file has been read, or is being read: then there is nothing to do, or a cycle to report. Its place among
// those that have been.
static bool is_read(struct reader *r, struct use_decl *use, const char *asked, const struct chain *file, uint32_t *place) {
    for (const struct chain *link = file->outer; link; link = link->outer) {
        if (!same_file(&link->facts, &file->facts)) continue;
        report_cycle(r, use, file->outer, link);
        return true;
    }
    for (uint32_t i = 0; i < r->done_count; i++)
        if (same_file(&r->done[i].facts, &file->facts)) {
            use->library = r->done[i].library ? r->done[i].library->source : NULL;
            note_used(r, asked, file->path, i);
            return true;
        }
    r->done = arena_grow(r->arena, r->done, r->done_count, sizeof *r->done);
    r->done[r->done_count] = (struct done){.facts = file->facts};
    *place = r->done_count++;
    return false;
}

static unsigned depth_of(const struct chain *chain) {
    unsigned depth = 0;
    for (; chain; chain = chain->outer) depth++;
    return depth;
}

// What was found, where it was not read before. False: it cannot be, which was reported.
static bool read_found(struct reader *r, struct use_decl *use, const char *asked, const struct found *found,
                       const struct chain *chain) {
    enum { USE_DEPTH_MAX = 50 };
    struct chain link = {.outer = chain, .path = found->path, .facts = found->facts};
    uint32_t place = 0;
    struct slice text = {0};
    if (is_read(r, use, asked, &link, &place)) return true;
    const char *const trouble = depth_of(chain) > USE_DEPTH_MAX ? "libraries use each other too deeply"
                                                                : read_text(r->arena, found, &text);
    if (trouble) {
        diag_error(r->diags, use->path->span, "%s: %s", link.path, trouble);
        return false;
    }
    const struct tree *const library = parse_library(r, use, &link, text);
    r->done[place].library = library;
    use->library = library ? library->source : NULL;
    note_used(r, asked, link.path, place);
    return library != NULL;
}

static void use_one(struct reader *r, const struct tree *user, struct use_decl *use, const struct chain *chain) {
    struct slice name = {0};
    if (use->path->part_count == 1) name = use->path->parts[0].bytes;
    if (name.len_bytes == 0 || memchr(name.data, '\0', name.len_bytes)) {
        diag_error(r->diags, use->path->span, "no file can be called so");
        r->failed = true;
        return;
    }
    const char *const asked = asked_for(r->arena, user, use, name);
    struct found found;
    if (!find(r, use, asked, &found) || !read_found(r, use, asked, &found, chain)) r->failed = true;
    close_found(&found);
}

// What is seen from a file, marked in `sees`: itself, and on through what is used without a name.
static void look(const struct file_scopes *scopes, uint32_t from, bool *sees) {
    sees[from] = true;
    for (const struct use_decl *use = scopes->files[from].uses; use; use = use->next) {
        if (use->as.text.len_bytes > 0 || !use->library) continue;
        for (uint32_t i = 0; i < scopes->count; i++)
            if (scopes->files[i].source == use->library && !sees[i]) look(scopes, i, sees);
    }
}

static void make_scopes(const struct reader *r, const struct tree *tree, struct file_scopes *scopes) {
    scopes->files = arena_array(r->arena, r->done_count + 1, sizeof *scopes->files);
    scopes->files[scopes->count++] = (struct file_scope){.source = tree->source, .uses = tree->uses};
    for (uint32_t i = 0; i < r->done_count; i++) {
        const struct tree *const library = r->done[i].library;
        if (library) scopes->files[scopes->count++] = (struct file_scope){.source = library->source, .uses = library->uses};
    }
    for (uint32_t i = 0; i < scopes->count; i++) {
        scopes->files[i].sees = arena_array(r->arena, scopes->count, sizeof(bool));
        look(scopes, i, scopes->files[i].sees);
    }
}

bool use_libraries(struct plan_set *set, struct tree *tree, const struct plan_options *options, struct file_scopes *scopes) {
    struct tree collected = {0};
    struct reader reader = {
        .arena = &set->arena, .diags = &set->diags, .set = set, .options = options, .tree = &collected};
    struct chain link = {.path = tree->source->path};
    if (options->given || stat(link.path, &link.facts) != 0) link.facts = (struct stat){0};
    for (struct use_decl *use = tree->uses; use; use = use->next) use_one(&reader, tree, use, &link);
    take_definitions(&collected, tree);
    tree->messages = collected.messages;
    tree->procedures = collected.procedures;
    tree->lets = collected.lets;
    make_scopes(&reader, tree, scopes);
    return !reader.failed;
}
