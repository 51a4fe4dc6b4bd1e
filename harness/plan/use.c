#include "use.h"

#include "script/script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A file on the way from the scenario to the library that is being read.
struct chain {
    const struct chain *outer;
    const char *path; // resolved
};

// Libraries that were read already: each comes in once, however often it is used.
struct reader {
    struct arena *arena;
    struct diag_list *diags;
    struct tree *tree;
    const char **done;
    uint32_t done_count;
};

static const char *beside(struct arena *arena, const char *file, struct slice name) {
    const char *slash = strrchr(file, '/');
    if (name.len_bytes > 0 && name.data[0] == '/') return arena_copy(arena, name.data, name.len_bytes);
    return arena_text(arena, "%.*s%.*s", slash ? (int)(slash - file + 1) : 0, file, (int)name.len_bytes,
                      (const char *)name.data);
}

static bool read_text(struct arena *arena, const char *path, struct slice *text) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    struct stat status;
    bool ok = fstat(fd, &status) == 0;
    if (ok && !S_ISREG(status.st_mode)) {
        errno = EISDIR;
        ok = false;
    }
    if (ok && status.st_size > SCRIPT_TEXT_BYTES_MAX) {
        errno = EFBIG;
        ok = false;
    }
    size_t have = 0, size = ok ? (size_t)status.st_size : 0;
    char *data = arena_alloc(arena, size + 1);
    while (ok && have < size) {
        ssize_t n = read(fd, data + have, size - have);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        have += (size_t)n;
    }
    int error = errno;
    close(fd);
    errno = error;
    *text = slice_of(data, have);
    return ok;
}

static void report_cycle(struct reader *r, const struct use_decl *use, const struct chain *chain, const char *path) {
    struct buffer way = {0};
    buffer_text(&way, path);
    for (const struct chain *link = chain; link; link = link->outer) {
        buffer_printf(&way, " <- %s", link->path);
        if (strcmp(link->path, path) == 0) break;
    }
    diag_error(r->diags, use->span, "a library cannot use itself: %s", way.data);
    buffer_fini(&way);
}

static void use_one(struct reader *r, const struct tree *user, const struct use_decl *use, const struct chain *chain);

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

static void read_library(struct reader *r, const struct use_decl *use, const struct chain *chain, const char *path) {
    struct slice text;
    if (!read_text(r->arena, path, &text)) {
        diag_error(r->diags, use->span, "%s: %s", path, strerror(errno));
        return;
    }
    struct source *source = arena_alloc(r->arena, sizeof *source);
    source_init(source, r->arena, path, text);
    struct tree *library = script_parse(source, r->arena, r->diags);
    if (!library->is_library) {
        diag_error(r->diags, use->span, "%s is a scenario, and only a library can be used", path);
        return;
    }
    struct chain link = {chain, path};
    for (const struct use_decl *inner = library->uses; inner; inner = inner->next) use_one(r, library, inner, &link);
    take_definitions(r->tree, library);
}

static void use_one(struct reader *r, const struct tree *user, const struct use_decl *use, const struct chain *chain) {
    struct slice name = {0};
    if (use->path && use->path->part_count == 1) name = use->path->parts[0].bytes;
    const char *path = beside(r->arena, user->source->path, name);
    for (const struct chain *link = chain; link; link = link->outer)
        if (strcmp(link->path, path) == 0) {
            report_cycle(r, use, chain, path);
            return;
        }
    for (uint32_t i = 0; i < r->done_count; i++)
        if (strcmp(r->done[i], path) == 0) return;
    r->done = arena_grow(r->arena, r->done, r->done_count, sizeof *r->done);
    r->done[r->done_count++] = path;
    read_library(r, use, chain, path);
}

void use_libraries(struct arena *arena, struct diag_list *diags, struct tree *tree) {
    struct tree collected = {0};
    struct reader reader = {.arena = arena, .diags = diags, .tree = &collected};
    struct chain link = {NULL, tree->source->path};
    for (const struct use_decl *use = tree->uses; use; use = use->next) use_one(&reader, tree, use, &link);
    take_definitions(&collected, tree);
    tree->messages = collected.messages;
    tree->procedures = collected.procedures;
    tree->lets = collected.lets;
}
