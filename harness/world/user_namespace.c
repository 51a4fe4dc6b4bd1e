// Preparing the process: a user namespace where it has no rights, a home that its threads can come back to, and the network that
// worlds are copies of.
#include "namespaces.h"
#include "netlink.h"
#include "world/fault.h"
#include "world/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct home world_home = {.net = -1, .uts = -1, .mnt = -1, .root = -1, .mother_net = -1};

// A dump of every socket in a world goes through all slots of its table: 262144 of them, the machine's own number, take 1.4 ms,
// these 3 us. With 20,000 sockets they hold 5 in a row, which no connect(2) feels.
#define TABLE_SLOTS "4096"

// What could not be done; it crosses a pipe from the child that tried.
struct refusal {
    int error; // 0: nothing was refused
    char call[64];
};

static bool refuse(struct refusal *refusal, const char *call, int error) {
    refusal->error = error;
    snprintf(refusal->call, sizeof refusal->call, "%s", call);
    return false;
}

static bool may_make_namespaces(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) != 0) return false;
    return (data[CAP_SYS_ADMIN / 32].effective & (1u << (CAP_SYS_ADMIN % 32))) != 0;
}

static bool write_map(const char *path, const char *text, struct refusal *refusal) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int error = errno;
    char call[64];
    snprintf(call, sizeof call, "%s(%s)", fd < 0 ? "open" : "write", path);
    if (!is_written) refuse(refusal, call, error);
    if (fd >= 0) close(fd);
    return is_written;
}

// How a process gets to have worlds, the one that changes least first.
enum way {
    WAY_RIGHTS, // it may make namespaces, and go back to its own
    WAY_OWN_HOME, // it may make them, but those it is in are another user namespace's, which lets nobody in: it gets its own
    WAY_OWN_USER, // it may not: it gets a user namespace too
    WAY_COUNT,
};

static bool enter_user_namespace(struct refusal *refusal) {
    char uid[48], gid[48];
    snprintf(uid, sizeof uid, "%u %u 1", geteuid(), geteuid());
    snprintf(gid, sizeof gid, "%u %u 1", getegid(), getegid());
    if (unshare(CLONE_NEWUSER) != 0) return refuse(refusal, "unshare(CLONE_NEWUSER)", errno);
    return write_map("/proc/self/setgroups", "deny", refusal) && write_map("/proc/self/uid_map", uid, refusal) &&
           write_map("/proc/self/gid_map", gid, refusal);
}

// A network and mounts to come back to.
static bool make_home(struct refusal *refusal) {
    if (unshare(CLONE_NEWNET) != 0) return refuse(refusal, "unshare(CLONE_NEWNET)", errno);
    if (unshare(CLONE_NEWNS) != 0) return refuse(refusal, "unshare(CLONE_NEWNS)", errno);
    if (unshare(CLONE_NEWUTS) != 0) return refuse(refusal, "unshare(CLONE_NEWUTS)", errno);
    int error = link_up("lo");
    return error == 0 || refuse(refusal, "setting lo up", -error);
}

static bool open_home(struct home *home, struct refusal *refusal) {
    const struct {
        int *fd;
        int flags;
        const char *path, *call;
    } places[] = {
        {&home->net, O_RDONLY, "/proc/self/ns/net", "open(/proc/self/ns/net)"},
        {&home->uts, O_RDONLY, "/proc/self/ns/uts", "open(/proc/self/ns/uts)"},
        {&home->mnt, O_RDONLY, "/proc/self/ns/mnt", "open(/proc/self/ns/mnt)"},
        {&home->root, O_PATH, "/", "open(/)"},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        *places[i].fd = open(places[i].path, places[i].flags | O_CLOEXEC);
        if (*places[i].fd < 0) return refuse(refusal, places[i].call, errno);
    }
    return true;
}

// The machine's own network keeps its settings: root's worlds are copies of one that is made for that and stays empty.
static bool open_mother(struct home *home, bool is_owned, struct refusal *refusal) {
    if (!is_owned && unshare(CLONE_NEWNET) != 0) return refuse(refusal, "unshare(CLONE_NEWNET)", errno);
    bool is_open;
    sysctl_write("net.ipv4.tcp_child_ehash_entries", TABLE_SLOTS, &is_open); // since Linux 6.1
    home->mother_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (home->mother_net < 0) refuse(refusal, "open(/proc/self/ns/net)", errno);
    if (!is_owned && setns(home->net, CLONE_NEWNET) != 0) refuse(refusal, "setns(CLONE_NEWNET)", errno);
    return refusal->error == 0;
}

static bool take_home(enum way way, struct home *home, struct refusal *refusal) {
    if (way == WAY_OWN_USER && !enter_user_namespace(refusal)) return false;
    if (way != WAY_RIGHTS && !make_home(refusal)) return false;
    return open_home(home, refusal) && open_mother(home, way != WAY_RIGHTS, refusal);
}

// Whether a thread gets out, may set up what it finds there, and home again.
static bool go_and_return(const struct home *home, struct refusal *refusal) {
    if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS) != 0)
        return refuse(refusal, "unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS)", errno);
    int error = link_up("lo"); // without CAP_NET_ADMIN nothing in it can be
    if (error) return refuse(refusal, "setting lo up", -error);
    if (setns(home->net, CLONE_NEWNET) != 0 || setns(home->uts, CLONE_NEWUTS) != 0 ||
        setns(home->mnt, CLONE_NEWNS) != 0)
        return refuse(refusal, "setns(2)", errno);
    return true;
}

// All of it in a child first: there is no way back out of a user namespace. What was refused is in *refusal.
static bool try_in_child(enum way way, struct refusal *refusal) {
    int ends[2];
    *refusal = (struct refusal){0};
    if (pipe2(ends, O_CLOEXEC) != 0) return refuse(refusal, "pipe2(2)", errno);
    pid_t child = fork();
    if (child == 0) {
        struct home home = world_home;
        if (take_home(way, &home, refusal)) go_and_return(&home, refusal);
        _exit(write(ends[1], refusal, sizeof *refusal) != sizeof *refusal);
    }
    int fork_error = errno;
    close(ends[1]);
    if (child < 0) {
        refuse(refusal, "fork(2)", fork_error);
    } else {
        ssize_t len = read(ends[0], refusal, sizeof *refusal);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
        if (len != sizeof *refusal) refuse(refusal, "a child that was killed as it made a network namespace", EPERM);
    }
    close(ends[0]);
    return refusal->error == 0;
}

// What of the machine's settings may forbid it, and the value with which it does.
static const struct {
    const char *sysctl, *forbids, *allows;
} known_rules[] = {
    {"user.max_user_namespaces", "0", "15000"},
    {"user.max_net_namespaces", "0", "15000"},
    {"user.max_mnt_namespaces", "0", "15000"},
    {"user.max_uts_namespaces", "0", "15000"},
    {"kernel.unprivileged_userns_clone", "0", "1"},             // Debian's
    {"kernel.apparmor_restrict_unprivileged_userns", "1", "0"}, // Ubuntu's
};

enum { LIMITS = 4 }; // the first of them are numbers

static bool has_seccomp_filter(void) {
    FILE *file = fopen("/proc/self/status", "re");
    char line[128];
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) found = strcmp(line, "Seccomp:\t2\n") == 0;
    if (file) fclose(file);
    return found;
}

static void explain(const struct refusal *refusal, struct buffer *reason) {
    refusal_text(reason, refusal->call, refusal->error);
    bool is_known = false;
    struct buffer value = {0};
    for (size_t i = 0; i < sizeof known_rules / sizeof *known_rules; i++) {
        buffer_clear(&value);
        if (!sysctl_read(known_rules[i].sysctl, &value) || strcmp(value.data, known_rules[i].forbids) != 0) continue;
        const char *name = known_rules[i].sysctl;
        buffer_printf(reason, "; %s is %s: as root, `sysctl -w %s=%s` allows it", name, value.data, name,
                      known_rules[i].allows);
        is_known = true;
    }
    // A number that was not enough: which of the small ones it was, the kernel does not say.
    for (size_t i = 0; i < LIMITS && refusal->error == ENOSPC && !is_known; i++) {
        buffer_clear(&value);
        if (sysctl_read(known_rules[i].sysctl, &value) && value.len_bytes <= 4)
            buffer_printf(reason, "; %s is %s", known_rules[i].sysctl, value.data);
    }
    buffer_fini(&value);
    if (refusal->error == EPERM && strcmp(refusal->call, "write(/proc/self/uid_map)") == 0 && geteuid() == 0) {
        buffer_text(reason, "; root needs CAP_SETFCAP for that: an ordinary user needs nothing");
        is_known = true;
    }
    if (is_known || (refusal->error != EPERM && refusal->error != ENOSYS)) return;
    if (has_seccomp_filter())
        buffer_text(reason, "; this process has a seccomp filter, as containers have: Docker's and Podman's goes with "
                            "`--security-opt seccomp=unconfined`");
    else if (strcmp(refusal->call, "unshare(CLONE_NEWUSER)") == 0)
        buffer_text(reason, "; in a chroot(2) root alone may do it");
}

bool world_prepare(struct buffer *reason) {
    fault_spare_own_network();
    const char *const lacks = netlink_lacks();
    if (lacks) {
        if (reason) buffer_printf(reason, "libmnl cannot be loaded: %s", lacks);
        return false;
    }
    static bool has_answered;
    static struct refusal refusal;
    if (!has_answered) {
        has_answered = true;
        // Names with two addresses, whatever the machine's host.conf(5) says: the C library reads one a process, and this after it.
        setenv("RESOLV_MULTI", "on", 1);
        for (int way = may_make_namespaces() ? WAY_RIGHTS : WAY_OWN_USER; way < WAY_COUNT && !world_home.is_ready;
             way++)
            world_home.is_ready = try_in_child(way, &refusal) && take_home(way, &world_home, &refusal);
    }
    if (!world_home.is_ready && reason) explain(&refusal, reason);
    return world_home.is_ready;
}
