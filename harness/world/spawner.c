// The spawner, and the inits of worlds, which are spawners within one. See world/process.h.
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// --- an init

static _Noreturn void serve(int line, int guard);

static _Noreturn void init_run(const struct spawn_fds *fds) {
    int const line = fds->fds[0];
    prctl(PR_SET_NAME, "sockdrill-init");
    prctl(PR_SET_PDEATHSIG, SIGKILL); // should a copy of the line's other end be left somewhere
    int step = spawn_enter_world(fds->fds + 1);
    if (step < 0 && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) step = STEP_PROC;
    if (step >= 0) {
        spawn_report_send(line,
                          (struct spawn_report){.news = SPAWN_REFUSED, .step = (enum spawn_step)step, .error = errno});
        _exit(1);
    }
    serve(line, -1);
}

// clone3(2) and not unshare(2): an ordinary user's process that once left its PID namespace for its children cannot go back.
static void start_init(const struct spawn_fds *fds) {
    struct clone_args const how = {.flags = CLONE_NEWPID | CLONE_NEWIPC, .exit_signal = SIGCHLD};
    long const pid = syscall(SYS_clone3, &how, sizeof how);
    if (pid == 0) init_run(fds);
    if (pid < 0)
        spawn_report_send(fds->fds[0],
                          (struct spawn_report){.news = SPAWN_REFUSED, .step = STEP_NAMESPACES, .error = errno});
}

// --- requests

static void start_watch(const struct spawn_request *request, const struct spawn_fds *fds) {
    pid_t const pid = fork();
    if (pid == 0) watch_run(request, fds, NULL);
    if (pid < 0)
        spawn_report_send(fds->fds[0], (struct spawn_report){.news = SPAWN_REFUSED, .step = STEP_FORK, .error = errno});
}

static uint32_t fds_wanted(const struct spawn_request *request) {
    if (request->kind == SPAWN_INIT) return 5;
    return 2 + request->listen_count + request->has_stdio[0] + request->has_stdio[1] + request->has_stdio[2];
}

// False: the line is broken.
static bool answer(int line) {
    struct spawn_request request;
    struct spawn_fds fds;
    if (spawn_receive(line, &request, sizeof request, &fds, NULL) != sizeof request) return false;
    if (fds.count < fds_wanted(&request)) { // the kernel drops those that there is no room for
        if (fds.count > 0)
            spawn_report_send(fds.fds[0],
                              (struct spawn_report){.news = SPAWN_REFUSED, .step = STEP_RECEIVE, .error = EMFILE});
    } else if (request.kind == SPAWN_INIT) {
        start_init(&fds);
    } else {
        start_watch(&request, &fds);
    }
    spawn_close(&fds);
    return true;
}

static _Noreturn void serve(int line, int guard) {
    spawn_keep((const int[]){line, guard}, 2);
    int const list = spawn_list_open(), ended = spawn_children_open();
    bool is_whole = list >= 0 && ended >= 0;
    struct spawn_report here = {.news = SPAWN_READY};
    if (!is_whole) here = (struct spawn_report){.news = SPAWN_REFUSED, .step = STEP_CHILDREN, .error = errno};
    spawn_report_send(line, here);
    while (is_whole) {
        struct pollfd fds[] = {{.fd = line, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0) continue;
        if (fds[1].revents) {
            spawn_children_drain(ended);
            while (waitpid(-1, NULL, WNOHANG) > 0) continue;
        }
        if (fds[0].revents) is_whole = answer(line);
    }
    spawn_end_children(list);
    _exit(0);
}

// Nothing of the run's is kept open; what a sanitizer says goes nowhere rather than into a socket.
_Noreturn void spawner_run(int line, int guard) {
    prctl(PR_SET_NAME, "sockdrill-spawn");
    prctl(PR_SET_CHILD_SUBREAPER, 1); // for what loses its watch
    setsid();
    line = fcntl(line, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (guard >= 0) guard = fcntl(guard, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int const null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (null < 0 || dup2(null, fd) < 0) close(fd);
    if (chdir("/") != 0) _exit(1); // no file system is kept busy
    serve(line, guard);
}
