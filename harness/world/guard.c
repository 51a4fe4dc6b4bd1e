#include "world/guard.h"

#include "base/memory.h"
#include "scratch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    pid_t pid; // 0: there is none
    int line;  // to the guard: when the last copy of this end is closed, it goes to work
    char *folder;
} guard = {.line = -1};

// In the guard: everything but its end of the line goes, so that it keeps no file, terminal or socket of the run's open.
static void close_all_but(int fd) {
    if (fd > 0) close_range(0, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0u, 0);
}

// What the guard says when it stands: where the folder is, or why there is none.
struct report {
    int error; // negative errno
    char folder[PATH_MAX];
};

// The folder is the guard's own work from the beginning: there is no moment in which nobody would remove it.
static _Noreturn void stand_guard(int line) {
    prctl(PR_SET_NAME, "sockdrill-guard");
    setsid(); // what is sent to the run's group is not for the guard
    close_all_but(line);
    static struct report report;
    char *folder = NULL;
    report.error = folder_make(&folder);
    if (report.error == 0) snprintf(report.folder, sizeof report.folder, "%s", folder);
    bool is_ready = chdir("/") == 0 && write(line, &report, sizeof report) == sizeof report; // no file system is kept busy
    char byte;
    while (is_ready && report.error == 0 && read(line, &byte, 1) < 0 && errno == EINTR) continue;
    if (report.error == 0) folder_remove(folder);
    _exit(0);
}

// With every signal blocked from its first moment on. Returns when it stands.
static int start_guard(char **folder) {
    static struct report report;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) stand_guard(ends[0]);
    int error = pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[0]);
    ssize_t len = 0;
    while (error == 0 && (len = read(ends[1], &report, sizeof report)) < 0 && errno == EINTR) continue;
    if (error == 0) error = len == sizeof report ? report.error : -ESRCH; // somebody killed it at once
    if (error) {
        close(ends[1]);
        if (pid > 0) waitpid(pid, NULL, 0);
        return error;
    }
    *folder = memory_need(strdup(report.folder));
    guard.pid = pid;
    guard.line = ends[1];
    return 0;
}

int guard_begin(void) {
    if (guard.pid) return -EALREADY;
    int error = start_guard(&guard.folder);
    if (error == 0) scratch_parent_set(guard.folder);
    return error;
}

int guard_line(void) {
    return guard.line;
}

void guard_end(void) {
    if (!guard.pid) return;
    scratch_parent_set(NULL);
    folder_remove(guard.folder);
    close(guard.line);
    while (waitpid(guard.pid, NULL, 0) < 0 && errno == EINTR) continue;
    free(guard.folder);
    guard.pid = 0;
    guard.line = -1;
    guard.folder = NULL;
}
