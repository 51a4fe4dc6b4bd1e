// The host of a caller's functions. See world/function_host.h.
#include "world/function_host.h"

#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int function_host_listen(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t const len = strlen(path);
    if (len == 0 || len >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, len + 1);
    int const fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
    int const error = -errno;
    close(fd);
    return error;
}

// --- one call

static uint32_t stdio_count(const struct spawn_request *request) {
    return (uint32_t)request->has_stdio[0] + request->has_stdio[1] + request->has_stdio[2];
}

static bool is_whole(const struct spawn_function_request *hello, ssize_t len, const struct spawn_fds *fds) {
    const struct spawn_request *request = &hello->request;
    return len == sizeof *hello && strncmp(hello->protocol, SPAWN_FUNCTION_PROTOCOL, sizeof hello->protocol) == 0 &&
           request->kind == SPAWN_FUNCTION && request->has_function &&
           fds->count == 2 + stdio_count(request) + request->listen_count + (request->has_world ? SPACES : 0);
}

static bool is_own_user_namespace(int space) {
    struct stat own, other;
    return stat("/proc/self/ns/user", &own) == 0 && fstat(space, &other) == 0 && own.st_ino == other.st_ino;
}

// Its rights come with the user namespace, which is therefore the first. -1: all is well.
static int enter(const int *spaces) {
    if (!is_own_user_namespace(spaces[SPACE_USER]) && setns(spaces[SPACE_USER], CLONE_NEWUSER) != 0) return STEP_ENTER;
    if (setns(spaces[SPACE_PID], CLONE_NEWPID) != 0 || setns(spaces[SPACE_IPC], CLONE_NEWIPC) != 0) return STEP_ENTER;
    return spawn_enter_world(spaces);
}

static _Noreturn void refuse(const struct spawn_fds *fds, enum spawn_step step, int error) {
    if (fds->count > 0)
        spawn_report_send(fds->fds[0], (struct spawn_report){.news = SPAWN_REFUSED, .step = step, .error = error});
    _exit(1);
}

// A process of its own, which leaves what it serves in for good. The watch must be born in the PID namespace; a world ends only
// when whoever forked somebody into it has waited for that, even if the host is gone.
static _Noreturn void serve_one(int connection, const struct spawn_function *function) {
    struct spawn_function_request hello = {0};
    struct spawn_fds fds;
    ssize_t const len = spawn_receive(connection, &hello, sizeof hello, &fds, NULL);
    if (len < 0) _exit(1);
    close(connection);
    if (!is_whole(&hello, len, &fds)) refuse(&fds, STEP_RECEIVE, EPROTO);
    const struct spawn_request *request = &hello.request;
    const int *spaces = fds.fds + fds.count - (request->has_world ? SPACES : 0);
    int const step = request->has_world ? enter(spaces) : -1;
    if (step >= 0) refuse(&fds, (enum spawn_step)step, errno);
    pid_t const watch = fork();
    if (watch == 0) watch_run(request, &fds, function);
    if (watch < 0) refuse(&fds, STEP_FORK, errno);
    spawn_keep(NULL, 0);
    while (waitpid(watch, NULL, 0) < 0 && errno == EINTR) continue;
    _exit(0);
}

// --- all of them

// What the caller had not printed yet is the caller's to print.
static void forget_buffers(void) {
    __fpurge(stdin);
    __fpurge(stdout);
    __fpurge(stderr);
}

// Below everything that comes over a connection.
static void keep_apart(int *listener, int *lifeline) {
    *listener = fcntl(*listener, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    *lifeline = fcntl(*lifeline, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int const null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (null < 0 || dup2(null, fd) < 0) close(fd);
    spawn_keep((const int[]){*listener, *lifeline}, 2);
}

_Noreturn void function_host_run(int listener, int lifeline, int (*call)(const struct function_call *call, void *context),
                                 void *context) {
    struct spawn_function const function = {call, context};
    prctl(PR_SET_NAME, "sockdrill-host");
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    setsid(); // a terminal's Ctrl-C is the harness's to hear
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGCHLD, SIG_DFL);
    forget_buffers();
    keep_apart(&listener, &lifeline);
    int const list = spawn_list_open(), ended = spawn_children_open();
    for (;;) {
        struct pollfd fds[] = {{.fd = lifeline}, {.fd = listener, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
        if (poll(fds, 3, -1) < 0) continue;
        if (fds[0].revents) break;
        spawn_children_drain(ended);
        while (waitpid(-1, NULL, WNOHANG) > 0) continue;
        if (!fds[1].revents) continue;
        int const connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0) continue;
        pid_t const one = fork();
        if (one == 0) serve_one(connection, &function);
        close(connection);
    }
    if (list >= 0) spawn_end_children(list);
    _exit(0);
}
