// What there is to see of a running program: proc(5), in the harness's own numbers.
#include "world/process.h"

#include "base/memory.h"
#include "listening.h"
#include "spawn.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- who descends from it

struct family {
    struct process_member *members;
    uint32_t count;
};

static void family_add(struct family *family, pid_t pid) {
    if ((family->count & (family->count - 1)) == 0)
        family->members = memory_need(
            realloc(family->members, (family->count ? 2 * (size_t)family->count : 1) * sizeof *family->members));
    family->members[family->count++] = (struct process_member){.pid = pid};
}

static void add_children_of_thread(struct family *family, const char *path) {
    FILE *file = fopen(path, "re");
    int pid;
    while (file && fscanf(file, "%d", &pid) == 1) family_add(family, pid);
    if (file) fclose(file);
}

// A child is its parent's thread's that forked it.
static void add_children(struct family *family, pid_t parent) {
    char path[320];
    snprintf(path, sizeof path, "/proc/%d/task", parent);
    DIR *folder = opendir(path);
    if (!folder) return; // it is gone
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/children", parent, entry->d_name);
        add_children_of_thread(family, path);
    }
    closedir(folder);
}

static struct family look(const struct process *process) {
    struct family family = {0};
    pid_t const watch = process_watch(process);
    if (watch > 0) add_children(&family, watch);
    for (uint32_t i = 0; i < family.count; i++) add_children(&family, family.members[i].pid);
    if (family.count > 0 && process_watch(process) == 0) family.count = 0; // the numbers may be others' by now
    return family;
}

static bool is_same(const struct family *a, const struct family *b) {
    bool is_equal = a->count == b->count;
    for (uint32_t i = 0; is_equal && i < a->count; i++) is_equal = a->members[i].pid == b->members[i].pid;
    return is_equal;
}

// All below the watch, the program too; some may have ended since. Where a parent ends between the look at the watch's children
// and that at its own, they are seen in neither place: so there are two looks with one result, or the last of many.
static struct family family_of(const struct process *process) {
    enum { LOOKS = 16 };
    struct family family = look(process);
    for (int i = 1; i < LOOKS; i++) {
        struct family const before = family;
        family = look(process);
        bool const is_settled = is_same(&before, &family);
        free(before.members);
        if (is_settled) break;
    }
    return family;
}

// Its name, of which anything may be a part, from "PID (NAME) STATE …"; false: it lives no longer.
static bool read_name(struct process_member *member) {
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/%d/stat", member->pid);
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t const len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (len <= 0) return false;
    text[len] = '\0';
    char *begin = strchr(text, '('), *end = strrchr(text, ')');
    if (!begin || !end || end < begin || strlen(end) < 3) return false;
    snprintf(member->name, sizeof member->name, "%.*s", (int)(end - begin - 1), begin + 1);
    return !strchr("ZXx", end[2]);
}

uint32_t process_descendants(const struct process *process, struct process_member **members) {
    struct family family = family_of(process);
    struct process_status status;
    pid_t const itself = process_status(process, &status) ? 0 : process_pid(process);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < family.count; i++)
        if (family.members[i].pid != itself && read_name(&family.members[i]))
            family.members[kept++] = family.members[i];
    *members = family.members;
    if (kept == 0) {
        free(family.members);
        *members = NULL;
    }
    return kept;
}

// --- what it holds

static DIR *descriptors_of(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    return opendir(path);
}

int64_t process_open_fds(const struct process *process) {
    struct process_status status;
    DIR *folder = descriptors_of(process_pid(process));
    int const error = errno;
    int64_t count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) count += entry->d_name[0] != '.';
    if (folder) closedir(folder);
    if (process_status(process, &status)) return -ENOENT; // the number may be another's
    return folder ? count : -error;
}

static bool holds(pid_t pid, const struct listening *found) {
    DIR *folder = descriptors_of(pid);
    bool is_held = false;
    for (struct dirent *entry; folder && !is_held && (entry = readdir(folder));) {
        char link[64];
        unsigned long long inode;
        ssize_t const len = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
        if (len <= 0) continue;
        link[len] = '\0';
        if (sscanf(link, "socket:[%llu]", &inode) == 1) is_held = listening_has(found, (uint32_t)inode);
    }
    if (folder) closedir(folder);
    return is_held;
}

int process_listens(const struct process *process, int type, int protocol, const struct address *address) {
    struct listening found = {0};
    int const error = listening_find(type, protocol, address, &found);
    bool is_held = false;
    if (found.count > 0) {
        struct family family = family_of(process);
        for (uint32_t i = 0; i < family.count && !is_held; i++) is_held = holds(family.members[i].pid, &found);
        free(family.members);
    }
    listening_fini(&found);
    return error ? error : is_held;
}

int process_terminal_make(int ends[2]) {
    struct winsize const size = {.ws_row = 24, .ws_col = 80};
    if (openpty(&ends[0], &ends[1], NULL, NULL, &size) != 0) return -errno;
    for (int i = 0; i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    return 0;
}
