// The files of a run: found below the paths of the command line.
#include "cli.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// A folder on the way from a path of the command line down. fts(3) would walk, but it dies where malloc fails.
struct folder {
    const struct folder *outer;
    const char *path;
    uint64_t device, inode;
};

// Owned by find_below.
struct names {
    char **list;
    size_t count;
};

static bool is_drill(const char *name) {
    size_t len = strlen(name);
    return len > 6 && strcmp(name + len - 6, ".drill") == 0;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

bool cannot_read(const char *path, int error) {
    if (error == ENOMEM) memory_exhausted();
    complain("%s: %s", path, strerror(error));
    return false;
}

static void add_file(struct suite *suite, const char *path, const struct stat *facts) {
    for (uint32_t i = 0; i < suite->file_count; i++)
        if (suite->files[i].inode == facts->st_ino && suite->files[i].device == facts->st_dev) return;
    suite->files = memory_need(realloc(suite->files, (suite->file_count + 1) * sizeof *suite->files));
    suite->files[suite->file_count++] = (struct loaded){.path = memory_need(strdup(path)),
                                                        .device = facts->st_dev,
                                                        .inode = facts->st_ino,
                                                        .size_bytes = (uint64_t)facts->st_size};
}

// Those in the folder that do not begin with a dot, and .drill files that do.
static bool read_names(struct names *names, const char *path) {
    DIR *const folder = opendir(path);
    if (!folder) return cannot_read(path, errno);
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(folder))) {
        if (entry->d_name[0] == '.' && !is_drill(entry->d_name)) continue;
        names->list = memory_need(realloc(names->list, (names->count + 1) * sizeof *names->list));
        names->list[names->count++] = memory_need(strdup(entry->d_name));
    }
    int const error = errno;
    closedir(folder);
    if (names->count > 0) qsort(names->list, names->count, sizeof *names->list, by_name);
    return error == 0 || cannot_read(path, error);
}

static bool is_open(const struct folder *folder, const struct stat *facts) {
    for (; folder; folder = folder->outer)
        if (folder->inode == facts->st_ino && folder->device == facts->st_dev) return true;
    return false;
}

static bool find_below(struct suite *suite, const struct folder *folder);

static bool find_entry(struct suite *suite, const struct folder *outer, const char *name) {
    struct buffer path = {0};
    struct stat facts, link;
    buffer_printf(&path, "%s%s%s", outer->path, strcmp(outer->path, "/") == 0 ? "" : "/", name);
    bool ok = true;
    if (stat(path.data, &facts) != 0) {
        int const error = errno;
        ok = lstat(path.data, &link) == 0 || cannot_read(path.data, error); // a link to nothing is nothing
    } else if (S_ISDIR(facts.st_mode)) {
        struct folder const folder = {outer, path.data, facts.st_dev, facts.st_ino};
        ok = name[0] == '.' || is_open(outer, &facts) || find_below(suite, &folder);
    } else if (S_ISREG(facts.st_mode) && is_drill(name)) {
        add_file(suite, path.data, &facts);
    }
    buffer_fini(&path);
    return ok;
}

// In the order of the names. Links are followed, but never in a circle.
static bool find_below(struct suite *suite, const struct folder *folder) {
    struct names names = {0};
    bool ok = read_names(&names, folder->path);
    for (size_t i = 0; i < names.count; i++) {
        ok = ok && find_entry(suite, folder, names.list[i]);
        free(names.list[i]);
    }
    free(names.list);
    return ok;
}

// Every .drill file below a folder, but for those in folders that begin with a dot. A file named outright needs no ending.
static bool find_files(struct suite *suite, const char *path) {
    struct stat facts;
    if (stat(path, &facts) != 0) return cannot_read(path, errno);
    if (!S_ISDIR(facts.st_mode)) {
        add_file(suite, path, &facts);
        return true;
    }
    char *const root = memory_need(strdup(path));
    size_t len = strlen(root);
    while (len > 1 && root[len - 1] == '/') root[--len] = '\0';
    struct folder const folder = {NULL, root, facts.st_dev, facts.st_ino};
    bool const ok = find_below(suite, &folder);
    free(root);
    return ok;
}

bool suite_find(struct suite *suite, const struct options *options) {
    static const char *here = ".";
    const char *const *paths = options->path_count ? options->paths : &here;
    uint32_t count = options->path_count ? options->path_count : 1;
    bool ok = true;
    *suite = (struct suite){0};
    for (uint32_t i = 0; i < count; i++) ok = find_files(suite, paths[i]) && ok;
    return ok;
}
