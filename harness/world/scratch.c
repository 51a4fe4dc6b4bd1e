#include "scratch.h"
#include "world/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *run_folder; // the guard's; NULL: there is none

void scratch_parent_set(const char *path) {
    run_folder = path;
}

int folder_make(char **made) {
    const char *parent = getenv("TMPDIR");
    if (!parent || parent[0] != '/') parent = "/tmp";
    char *path = NULL;
    if (asprintf(&path, "%s/sockdrill-XXXXXX", parent) < 0) return -ENOMEM;
    if (!mkdtemp(path)) {
        int error = errno;
        free(path);
        return -error;
    }
    *made = path;
    return 0;
}

int scratch_make(struct scratch *scratch) {
    static _Atomic uint32_t made_count;
    if (!run_folder) return folder_make(&scratch->path);
    char *path = NULL;
    if (asprintf(&path, "%s/%u", run_folder, ++made_count) < 0) return -ENOMEM;
    if (mkdir(path, 0700) != 0) {
        int error = errno;
        free(path);
        return -error;
    }
    scratch->path = path;
    return 0;
}

// Empties the folder behind `fd` and closes it. Nothing is followed: a link out of it is only unlinked.
static void empty_folder(int fd) {
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (unlinkat(fd, entry->d_name, 0) == 0) continue;
        if (fchmodat(fd, entry->d_name, 0700, 0) != 0 && errno == ENOENT) continue; // no link: that would be gone
        int inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner < 0) continue;
        empty_folder(inner);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(folder);
}

void folder_remove(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EACCES && chmod(path, 0700) == 0) fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) empty_folder(fd);
    rmdir(path);
}

void scratch_remove(struct scratch *scratch) {
    if (!scratch->path) return;
    folder_remove(scratch->path);
    scratch_keep(scratch);
}

// --- for a program that runs as somebody else

// What is ours in there, links themselves and not what they lead to.
static int give_folder(int fd, uid_t user, gid_t group) {
    int error = 0;
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return -errno;
    }
    for (struct dirent *entry; error == 0 && (entry = readdir(folder));) {
        struct stat facts;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (fstatat(fd, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || facts.st_uid != geteuid()) continue;
        if (fchownat(fd, entry->d_name, user, group, AT_SYMLINK_NOFOLLOW) != 0) error = -errno;
        int const inner = S_ISDIR(facts.st_mode) ? openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        if (error == 0 && inner >= 0) error = give_folder(inner, user, group);
    }
    closedir(folder);
    return error;
}

int scratch_share(const struct scratch *scratch, uid_t user, gid_t group) {
    struct stat facts;
    if (run_folder && chmod(run_folder, 0711) != 0) return -errno;
    int const fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) != 0) return -errno;
    int error = 0;
    if (facts.st_uid == geteuid()) error = fchown(fd, user, group) == 0 ? 0 : -errno;
    else if (facts.st_uid != user) error = fchmod(fd, 01777) == 0 ? 0 : -errno;
    if (error == 0) return give_folder(fd, user, group);
    close(fd);
    return error;
}

void scratch_keep(struct scratch *scratch) {
    free(scratch->path);
    scratch->path = NULL;
}

static bool is_readable_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

static bool try_file(struct buffer *found, const char *folder, size_t folder_len, const char *middle, const char *name) {
    buffer_clear(found);
    buffer_printf(found, "%.*s%s%s", (int)folder_len, folder, middle, name);
    return is_readable_file(found->data);
}

// In the nearest `fixtures` at or above the scenario's folder, all the way up: above the current folder, too.
static bool find_in_fixtures(struct buffer *found, const char *scenario_path, size_t folder_len, const char *name) {
    struct buffer folder = {0};
    buffer_printf(&folder, "%.*s", folder_len ? (int)folder_len : 1, folder_len ? scenario_path : ".");
    char *absolute = realpath(folder.data, NULL);
    buffer_fini(&folder);
    bool there = false;
    for (size_t len = absolute ? strlen(absolute) : 0; absolute && !there;) {
        there = try_file(found, absolute, len, "/fixtures/", name);
        if (len == 0) break;
        while (len > 0 && absolute[--len] != '/') continue;
    }
    free(absolute);
    return there;
}

bool world_find_file(const struct scratch *scratch, const char *scenario_path, const char *name, struct buffer *found) {
    if (name[0] == '/') return try_file(found, "", 0, "", name);
    if (scratch->path && try_file(found, scratch->path, strlen(scratch->path), "/", name)) return true;
    const char *slash = strrchr(scenario_path, '/');
    size_t folder_len = slash ? (size_t)(slash - scenario_path) + 1 : 0;
    if (try_file(found, scenario_path, folder_len, "", name)) return true;
    return find_in_fixtures(found, scenario_path, folder_len, name);
}
