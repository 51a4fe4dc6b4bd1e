// What there is to see of a running program: proc(5), in the harness's own numbers.
#include "world/process.h"

#include "base/memory.h"
#include "image.h"
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
#include <sys/resource.h>
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
    bool const has_ended = process_status(process, &status);
    pid_t const itself = has_ended ? 0 : process_pid(process), wrapper = has_ended ? 0 : process_wrapper(process);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < family.count; i++)
        if (family.members[i].pid != itself && family.members[i].pid != wrapper && read_name(&family.members[i]))
            family.members[kept++] = family.members[i];
    *members = family.members;
    if (kept == 0) {
        free(family.members);
        *members = NULL;
    }
    return kept;
}

// The topmost: its own children may be the same.
bool process_find(struct process *process) {
    const struct wrapped_program *const wrapped = process_wrapped(process);
    if (!wrapped) return true;
    struct family family = family_of(process);
    bool is_found = false;
    for (uint32_t i = 0; i < family.count && !is_found; i++) {
        pid_t const pid = family.members[i].pid;
        is_found = wrapped_is(wrapped, pid, process_pid(process)) && process_is(process, pid);
    }
    free(family.members);
    return is_found;
}

bool process_is_alone(const struct process *process) {
    struct family family = {0};
    add_children(&family, process_pid(process));
    free(family.members);
    return process_wrapper(process) == 0 && family.count == 0;
}

// --- what it holds

static DIR *descriptors_of(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    return opendir(path);
}

// Where a wrapper's own begin, should it have the program within itself: valgrind keeps twelve, above the limit that the program
// is told.
static long own_descriptors_end(const struct process *process) {
    enum { VALGRIND_KEEPS = 12 };
    char path[64], image[PATH_MAX];
    struct rlimit limit;
    if (!process_wrapped(process)) return LONG_MAX;
    snprintf(path, sizeof path, "/proc/%d/exe", process_pid(process));
    ssize_t const len = readlink(path, image, sizeof image - 1);
    image[len > 0 ? len : 0] = '\0';
    bool const has_within = strstr(image, "/valgrind/") && prlimit(process_pid(process), RLIMIT_NOFILE, NULL, &limit) == 0;
    return has_within ? (long)limit.rlim_cur - VALGRIND_KEEPS : LONG_MAX;
}

int64_t process_open_fds(const struct process *process) {
    struct process_status status;
    long const end = own_descriptors_end(process);
    DIR *folder = descriptors_of(process_pid(process));
    int const error = errno;
    int64_t count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        count += entry->d_name[0] != '.' && atol(entry->d_name) < end;
    if (folder) closedir(folder);
    if (process_status(process, &status)) return -ENOENT; // the number may be another's
    return folder ? count : -error;
}

// How many of them it holds that nobody did; each is noted.
static uint32_t note_held(pid_t pid, const struct listening *found) {
    DIR *folder = descriptors_of(pid);
    uint32_t count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char link[64];
        unsigned long long inode;
        ssize_t const len = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
        if (len <= 0) continue;
        link[len] = '\0';
        struct listening_socket *const socket =
            sscanf(link, "socket:[%llu]", &inode) == 1 ? listening_socket(found, (uint32_t)inode) : NULL;
        count += socket && !socket->is_held;
        if (socket) socket->is_held = true;
    }
    if (folder) closedir(folder);
    return count;
}

// Those that are bound there, and which of them are its family's: how many.
static int held_at(const struct process *process, int type, int protocol, const struct address *address,
                   struct listening *found) {
    int const error = listening_find(type, protocol, address, found);
    uint32_t count = 0;
    if (found->count > 0) {
        struct family family = family_of(process);
        for (uint32_t i = 0; i < family.count; i++) count += note_held(family.members[i].pid, found);
        free(family.members);
    }
    return error ? error : (int)count;
}

// The lowest port at which one of its sockets is, above the last; 0: none is.
static uint16_t next_port(const struct listening *found, uint16_t last) {
    uint16_t port = 0;
    for (uint32_t i = 0; i < found->count; i++) {
        const struct listening_socket *const one = &found->sockets[i];
        if (one->is_held && one->port > last && (port == 0 || one->port < port)) port = one->port;
    }
    return port;
}

int process_listens(const struct process *process, int type, int protocol, struct address *address) {
    struct listening found = {0};
    int const port = address_port(address);
    int count = held_at(process, type, protocol, address, &found);
    if (port == 0 && count > 0) { // it may be another's, bound more closely, that answers there
        uint16_t at = 0;
        count = 0;
        while (count == 0 && (at = next_port(&found, at)) > 0) {
            address_set_port(address, at);
            count = process_listens(process, type, protocol, address);
        }
        if (count <= 0) address_set_port(address, 0);
    }
    listening_fini(&found);
    return count > 0 ? 1 : count;
}

int process_terminal_make(int ends[2]) {
    struct winsize const size = {.ws_row = 24, .ws_col = 80};
    if (openpty(&ends[0], &ends[1], NULL, NULL, &size) != 0) return -errno;
    for (int i = 0; i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    return 0;
}
