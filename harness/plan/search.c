// `use <NAME>`: in which of the folders the library is.
#include "use.h"

#include "base/nearest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char ENDING[] = ".drill";

static const char *last_part(const char *name) {
    const char *const slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

// Where the folder has the library: at the first or at the second of two places. A slash at its end is not written twice.
static const char *place_of(struct arena *arena, const char *folder, const char *name, bool is_second) {
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/') len--;
    const char *const slash = folder[len - 1] == '/' ? "" : "/";
    if (is_second) return arena_text(arena, "%.*s%s%s/%s%s", (int)len, folder, slash, name, last_part(name), ENDING);
    return arena_text(arena, "%.*s%s%s%s", (int)len, folder, slash, name, ENDING);
}

static void leave(struct found *found) {
    close(found->fd);
    *found = (struct found){.fd = -1};
}

void library_search(const struct library_folders *folders, struct slice name, struct arena *arena, struct found *found,
                    const char **trouble) {
    const char *const text = arena_copy(arena, name.data, name.len_bytes);
    *found = (struct found){.fd = -1};
    *trouble = NULL;
    for (uint32_t i = 0; i < 2 * folders->count && !found->path; i++) {
        const char *const path = place_of(arena, folders->paths[i / 2], text, i % 2 == 1);
        found->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        bool const is_there = found->fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
        if (!is_there) continue;
        found->path = path;
        if (found->fd < 0 || fstat(found->fd, &found->facts) != 0) *trouble = strerror(errno);
        else if (S_ISDIR(found->facts.st_mode)) leave(found); // the library of that name may be at the next place
    }
}

// Offers what lies in the folder, below the part of the name that stands before its last slash.
static void offer_folder(const char *folder, struct slice name, struct arena *arena, struct nearest *nearest) {
    size_t before = name.len_bytes;
    while (before > 0 && name.data[before - 1] != '/') before--;
    const char *const below = arena_copy(arena, name.data, before);
    struct dirent **entries = NULL;
    int const count = scandir(arena_text(arena, "%s/%s", folder, below), &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *const entry = entries[i]->d_name;
        size_t const len = strlen(entry), ending = sizeof ENDING - 1;
        bool const is_file = len > ending && strcmp(entry + len - ending, ENDING) == 0;
        const char *const offered = arena_text(arena, "%s%.*s", below, (int)(is_file ? len - ending : len), entry);
        bool const is_library = is_file || access(place_of(arena, folder, offered, true), F_OK) == 0;
        if (entry[0] != '.' && is_library) nearest_offer(nearest, offered);
        free(entries[i]);
    }
    free(entries);
}

void library_missing(const struct library_folders *folders, const struct use_decl *use, struct diag_list *diags) {
    struct slice const name = use->path->parts[0].bytes;
    struct nearest nearest = {.name = name};
    struct buffer where = {0};
    for (uint32_t i = 0; i < folders->count; i++) {
        buffer_printf(&where, "%s%s", i == 0 ? "" : i + 1 < folders->count ? ", " : " or ", folders->paths[i]);
        offer_folder(folders->paths[i], name, diags->arena, &nearest);
    }
    diag_error(diags, use->path->span, "there is no library <%.*s>%s%s", (int)name.len_bytes, (const char *)name.data,
               folders->count > 0 ? " in " : ", and no folder to look for it", folders->count > 0 ? where.data : "");
    if (nearest.best) diag_hint(diags, "did you mean <%s>?", nearest.best);
    else diag_hint(diags, "--library DIR and the environment's SOCKDRILL_PATH name other folders");
    buffer_fini(&where);
}
