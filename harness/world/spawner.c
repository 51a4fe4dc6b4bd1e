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

// --- what all of them do

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

// --- an init

// -1: all is well.
static int enter_world(const int *spaces) {
    static const int kinds[] = {CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWNS};
    int const root = spaces[3];
    if (unshare(CLONE_FS) != 0) return STEP_ENTER; // a sanitizer's thread shares it
    for (int i = 0; i < 3; i++)
        if (setns(spaces[i], kinds[i]) != 0) return STEP_ENTER;
    if (fchdir(root) != 0 || chroot(".") != 0 || chdir("/") != 0) return STEP_ROOT;
    return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 ? -1 : STEP_PROC;
}

static _Noreturn void serve(int line, int guard);

static _Noreturn void init_run(const struct spawn_fds *fds) {
    int const line = fds->fds[0];
    prctl(PR_SET_NAME, "sockdrill-init");
    prctl(PR_SET_PDEATHSIG, SIGKILL); // should a copy of the line's other end be left somewhere
    int const step = enter_world(fds->fds + 1);
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
    if (pid == 0) watch_run(request, fds);
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
