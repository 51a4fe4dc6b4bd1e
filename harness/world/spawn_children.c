// What whoever starts programs does: the spawner, the inits of worlds, watches, and the host of functions.
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// --- descriptors

void spawn_keep(const int *kept, uint32_t count) {
    for (unsigned from = STDERR_FILENO + 1;;) {
        unsigned next = ~0u;
        for (uint32_t i = 0; i < count; i++)
            if (kept[i] >= 0 && (unsigned)kept[i] >= from && (unsigned)kept[i] < next) next = (unsigned)kept[i];
        if (next > from) close_range(from, next == ~0u ? next : next - 1, 0);
        if (next == ~0u) return;
        from = next + 1;
    }
}

// --- children

int spawn_children_open(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

void spawn_children_drain(int fd) {
    struct signalfd_siginfo unused;
    while (read(fd, &unused, sizeof unused) > 0) continue;
}

int spawn_list_open(void) {
    return open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
}

// How many were killed that had not been waited for; negative where none may be.
static int kill_listed(int list) {
    char text[4096]; // what does not fit is killed in another round
    ssize_t len = pread(list, text, sizeof text - 1, 0);
    int killed = 0, refused = 0;
    text[len > 0 ? len : 0] = '\0';
    char *at = text;
    for (;;) {
        char *end;
        long pid = strtol(at, &end, 10);
        if (end == at || *end != ' ') break; // the last may be cut off
        if (kill((pid_t)pid, SIGKILL) == 0) killed++;
        else refused++;
        at = end;
    }
    return killed == 0 && refused > 0 ? -1 : killed;
}

void spawn_end_children(int list) {
    for (;;) {
        // An init is alone in its namespace with what it is to end.
        int const killed = getpid() == 1 ? kill(-1, SIGKILL) == 0 : kill_listed(list);
        if (killed < 0) return;
        pid_t const pid = waitpid(-1, NULL, killed > 0 ? 0 : WNOHANG);
        if (pid < 0 && errno == ECHILD) return;
        if (pid == 0) sched_yield(); // the list is no snapshot: it may have missed one
    }
}

// --- worlds

int spawn_enter_world(const int *spaces) {
    static const int kinds[] = {CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWNS};
    int const root = spaces[3];
    if (unshare(CLONE_FS) != 0) return STEP_ENTER; // a sanitizer's thread shares it
    for (int i = 0; i < 3; i++)
        if (setns(spaces[i], kinds[i]) != 0) return STEP_ENTER;
    if (fchdir(root) != 0 || chroot(".") != 0 || chdir("/") != 0) return STEP_ROOT;
    return -1;
}
