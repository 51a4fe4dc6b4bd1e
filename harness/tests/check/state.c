// What of a process the bridge must not change.
#include "state.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void tell_descriptors(FILE *out) {
    for (int fd = 0; fd < 1024; fd++) {
        char path[64], to[512];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t const len = readlink(path, to, sizeof to);
        if (len >= 0)
            fprintf(out, "descriptor %d %.*s flags %x %x\n", fd, (int)len, to, (unsigned)fcntl(fd, F_GETFD),
                    (unsigned)fcntl(fd, F_GETFL));
    }
}

static void tell_signals(FILE *out) {
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action = {.sa_handler = SIG_DFL};
        sigaction(number, NULL, &action);
        fprintf(out, "signal %d %s %d %s\n", number, sigismember(&blocked, number) == 1 ? "blocked" : "", action.sa_flags,
                action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "handled");
    }
}

static void tell_namespaces(FILE *out) {
    static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "user", "uts"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64], to[64] = {0};
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        if (readlink(path, to, sizeof to - 1) >= 0) fprintf(out, "%s\n", to);
    }
}

static void tell_children(FILE *out) {
    int const waited = waitpid(-1, NULL, WNOHANG | __WALL);
    fprintf(out, "children: %d\n", waited == -1 && errno == ECHILD ? 0 : 1);
}

char *state_take(void) {
    char *text = NULL;
    size_t len = 0;
    struct rlimit files;
    FILE *const out = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(out);
    char *const folder = getcwd(NULL, 0);
    mode_t const mask = umask(0);
    umask(mask);
    getrlimit(RLIMIT_NOFILE, &files);
    tell_descriptors(out);
    tell_signals(out);
    tell_namespaces(out);
    tell_children(out);
    for (char **variable = environ; *variable; variable++) fprintf(out, "%s\n", *variable);
    fprintf(out, "folder %s, umask %o, files %lu, group %d, session %d\n", folder, (unsigned)mask,
            (unsigned long)files.rlim_cur, getpgrp(), getsid(0));
    free(folder);
    fclose(out);
    return text;
}
