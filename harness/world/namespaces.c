// Going between namespaces, the kernel's settings, and a blank world: all that one has before it is anybody's.
#include "namespaces.h"
#include "base/clock.h"
#include "base/memory.h"
#include "netlink.h"
#include "world/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// --- settings, and refusals

static int sysctl_open(const char *name, int flags) {
    struct buffer path = {0};
    buffer_printf(&path, "/proc/sys/%s", name);
    for (char *byte = path.data + strlen("/proc/sys/"); *byte; byte++) {
        if (*byte == '.') *byte = '/';
        else if (*byte == '/') *byte = '.'; // as sysctl(8) has it, for the dot of an interface's name
    }
    int fd = strstr(path.data, "/../") ? -1 : open(path.data, flags | O_CLOEXEC);
    int error = strstr(path.data, "/../") ? EINVAL : errno;
    buffer_fini(&path);
    return fd < 0 ? -error : fd;
}

bool sysctl_read(const char *name, struct buffer *value) {
    int fd = sysctl_open(name, O_RDONLY);
    char text[128];
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0) close(fd);
    if (len > 0) buffer_add(value, text, text[len - 1] == '\n' ? (size_t)len - 1 : (size_t)len);
    return len > 0;
}

int sysctl_write(const char *name, const char *value, bool *is_open) {
    int fd = sysctl_open(name, O_WRONLY);
    *is_open = fd >= 0;
    if (fd < 0) return fd;
    ssize_t len = write(fd, value, strlen(value));
    int error = len < 0 ? errno : 0;
    close(fd);
    return -error;
}

void refusal_sysctl(struct buffer *trouble, const char *name) {
    struct buffer value = {0};
    if (sysctl_read(name, &value)) buffer_printf(trouble, "; %s is %s", name, value.data);
    buffer_fini(&value);
}

void refusal_text(struct buffer *trouble, const char *call, int error) {
    buffer_printf(trouble, "%s says %s", call, strerrorname_np(error));
    struct rlimit limit;
    if (error == EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0)
        buffer_printf(trouble, "; RLIMIT_NOFILE is %llu", (unsigned long long)limit.rlim_cur);
    if (error == ENFILE) refusal_sysctl(trouble, "fs.file-max");
    if (error == ENOMEM) buffer_text(trouble, "; the kernel has no memory left for it");
}

// --- going there and back

// The folder that the calling thread comes back to; -1: its mounts are those of home.
static _Thread_local int folder_behind = -1;

int home_leave(int mnt, int root) {
    // Root and current folder are the process's: a thread needs some of its own to go where the others are not.
    if (unshare(CLONE_FS) != 0) return -errno;
    folder_behind = open(".", O_PATH | O_CLOEXEC);
    // Where nobody may enter it (su from somebody's home), nothing is reached by way of it either.
    if (folder_behind < 0) folder_behind = open("/", O_PATH | O_CLOEXEC);
    if (folder_behind < 0) return -errno;
    if (mnt < 0) return 0;
    char *path = getcwd(NULL, 0);
    int error = 0;
    if (setns(mnt, CLONE_NEWNS) != 0 || fchdir(root) != 0 || chroot(".") != 0) error = -errno;
    // Where the folder is not there, or cannot be named, the root has to do.
    if (error == 0 && path && chdir(path) != 0) error = fchdir(root) != 0 ? -errno : 0;
    free(path);
    return error;
}

void home_return(void) {
    if (folder_behind < 0) return;
    // Half way home a thread would write the run's files into a world: nothing but memory can be what it lacks here.
    if (setns(world_home.uts, CLONE_NEWUTS) != 0 || setns(world_home.mnt, CLONE_NEWNS) != 0 ||
        fchdir(world_home.root) != 0 || chroot(".") != 0 || fchdir(folder_behind) != 0)
        memory_exhausted();
    close(folder_behind);
    folder_behind = -1;
}

// --- a blank world

// The kernel takes worlds down in its own time: one that was just freed may still count.
static int unshare_patiently(int flag, int64_t deadline_ns) {
    static const struct timespec pause = {.tv_nsec = 4 * 1000 * 1000};
    while (unshare(flag) != 0) {
        if (errno != ENOSPC || clock_now_ns() >= deadline_ns) return -errno;
        nanosleep(&pause, NULL);
    }
    return 0;
}

static const struct {
    int flag;
    const char *call, *limit, *path, *open_call;
} kinds[] = {
    {CLONE_NEWNET, "unshare(CLONE_NEWNET)", "user.max_net_namespaces", "/proc/thread-self/ns/net", "open(ns/net)"},
    {CLONE_NEWUTS, "unshare(CLONE_NEWUTS)", "user.max_uts_namespaces", "/proc/thread-self/ns/uts", "open(ns/uts)"},
    {CLONE_NEWNS, "unshare(CLONE_NEWNS)", "user.max_mnt_namespaces", "/proc/thread-self/ns/mnt", "open(ns/mnt)"},
};

static int open_new(struct world *world, int64_t deadline_ns, struct buffer *trouble) {
    int *fds[] = {&world->net, &world->uts, &world->mnt};
    for (int i = 0; i < (world->has_names ? 3 : 1); i++) {
        int error = unshare_patiently(kinds[i].flag, deadline_ns);
        if (error) {
            refusal_text(trouble, kinds[i].call, -error);
            if (error == -ENOSPC) refusal_sysctl(trouble, kinds[i].limit);
            return error;
        }
        *fds[i] = open(kinds[i].path, O_RDONLY | O_CLOEXEC);
        if (*fds[i] < 0) {
            error = -errno;
            refusal_text(trouble, kinds[i].open_call, -error);
            return error;
        }
    }
    return 0;
}

// A small table of sockets comes with small limits of other things; those of a machine of some size are put in their place.
// A kernel that lacks one of these has not the limit either.
static void set_limits(void) {
    static const char *const settings[][2] = {
        {"net.ipv4.tcp_max_tw_buckets", "131072"},
        {"net.ipv4.tcp_max_syn_backlog", "4096"},
        {"net.ipv4.ip_unprivileged_port_start", "0"}, // programs have no capabilities
    };
    bool is_open;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        sysctl_write(settings[i][0], settings[i][1], &is_open);
}

// getaddrinfo(3) with AI_ADDRCONFIG looks for no name of a family of which a machine has 127.0.0.1 or ::1 alone. So that programs
// that ask so find the world's names, it has one more address of both, which nobody meets: it lies on lo all the same.
static void be_configured(void) {
    static const char *const addresses[] = {"127.0.0.2", "[fe80::1]"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct address address;
        bool has_port;
        if (address_parse(slice_text(addresses[i]), &address, &has_port))
            link_add_address("lo", &address, address.as.any.sa_family == AF_INET6 ? 128 : 32); // without IPv6 one is enough
    }
}

int blank_make(bool has_names, int64_t patience_ns, struct world **made, struct buffer *trouble) {
    struct world *world = memory_need(malloc(sizeof *world));
    *world = (struct world){.has_names = has_names, .net = -1, .uts = -1, .mnt = -1, .root = -1, .hosts = -1};
    const struct mother_mounts *mother = NULL;
    int error = has_names ? mother_mounts_get(&mother, trouble) : 0;
    if (error) goto out;
    const char *step = "setns(2)";
    if (setns(world_home.mother_net, CLONE_NEWNET) != 0) error = -errno;
    if (error == 0 && has_names) error = home_leave(mother->mnt, mother->root);
    if (error) goto refused;
    error = open_new(world, clock_after(clock_now_ns(), patience_ns), trouble);
    if (error) goto out;
    step = "setting lo up";
    error = link_up("lo");
    if (error) goto refused;
    set_limits();
    if (has_names) be_configured();
    if (has_names) error = mounts_add_hosts(mother, world, trouble);
    goto out;
refused:
    refusal_text(trouble, step, -error);
out:
    home_return();
    if (setns(world_home.net, CLONE_NEWNET) != 0) memory_exhausted();
    if (error) world_free(world);
    *made = error ? NULL : world;
    return error;
}
