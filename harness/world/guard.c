#include "world/guard.h"

#include "scratch.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
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

static _Noreturn void stand_guard(int line, const char *folder) {
    prctl(PR_SET_NAME, "sockdrill-guard");
    setsid(); // what is sent to the run's group is not for the guard
    close_all_but(line);
    char byte = 0;
    bool is_ready = chdir("/") == 0 && write(line, &byte, 1) == 1; // no file system is kept busy
    while (is_ready && read(line, &byte, 1) < 0 && errno == EINTR) continue;
    folder_remove(folder);
    _exit(0);
}

// With every signal blocked from its first moment on. Returns when it stands.
static int start_guard(const char *folder) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) stand_guard(ends[0], folder);
    int error = pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[0]);
    char byte;
    ssize_t len = 0;
    while (error == 0 && (len = read(ends[1], &byte, 1)) < 0 && errno == EINTR) continue;
    if (error == 0 && len != 1) {
        waitpid(pid, NULL, 0);
        error = -ESRCH; // somebody killed it at once
    }
    if (error) {
        close(ends[1]);
        return error;
    }
    guard.pid = pid;
    guard.line = ends[1];
    return 0;
}

int guard_begin(void) {
    if (guard.pid) return -EALREADY;
    int error = folder_make(&guard.folder);
    if (error) return error;
    error = start_guard(guard.folder);
    if (error) {
        folder_remove(guard.folder);
        free(guard.folder);
        guard.folder = NULL;
        return error;
    }
    scratch_parent_set(guard.folder);
    return 0;
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
