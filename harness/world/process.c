// The harness's side of its programs: asking for them, and hearing of them.
#include "world/process.h"
#include "world/program_file.h"

#include "base/memory.h"
#include "image.h"
#include "namespaces.h"
#include "scratch.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    pid_t pid; // 0: there is none
    int line;
} spawner = {.line = -1};

// --- refusals

static const char *const calls[STEP_COUNT] = {
    [STEP_RECEIVE] = "recvmsg(2) of its descriptors",
    [STEP_NAMESPACES] = "clone3(CLONE_NEWPID | CLONE_NEWIPC)",
    [STEP_ENTER] = "setns(2)",
    [STEP_ROOT] = "chroot(2)",
    [STEP_PROC] = "mount(2) of a /proc of the world's own",
    [STEP_CHILDREN] = "open(2) of /proc/thread-self/children",
    [STEP_FORK] = "fork(2)",
    [STEP_TEXT] = "mmap(2)",
    [STEP_USER_NAME] = "getpwnam(3)",
    [STEP_GROUPS] = "setgroups(2)",
    [STEP_USER] = "setresuid(2)",
    [STEP_DESCRIPTORS] = "dup2(2)",
    [STEP_TERMINAL] = "ioctl(TIOCSCTTY)",
    [STEP_FOLDER] = "chdir(2)",
    [STEP_PROGRAM] = "execve(2)",
    [STEP_WRAPPER] = "execve(2)",
    [STEP_PIDFD] = "pidfd_open(2)",
};

// Where a path lies that is the program's, seen from its folder.
static bool is_there(const struct process_spec *spec, const char *path) {
    int const folder = open(spec->folder ? spec->folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool const is_found = faccessat(folder, path, F_OK, AT_EACCESS) == 0; // of an absolute path the folder is ignored
    if (folder >= 0) close(folder);
    return is_found;
}

static void program_refused(const struct process_spec *spec, int error, struct buffer *trouble) {
    const char *program = spec->arguments[0];
    bool const is_searched = !strchr(program, '/');
    if (is_searched && error == ENOENT) {
        buffer_printf(trouble, "there is no program '%s' on PATH, which is %s", program, program_file_path(spec->environment));
        return;
    }
    buffer_printf(trouble, "'%s'%s: ", program, is_searched ? ", found on PATH" : "");
    refusal_text(trouble, calls[STEP_PROGRAM], error);
    if (error == ENOEXEC) buffer_text(trouble, "; it is no program of this machine's, and has no #! line");
    if (error == ENOENT && is_there(spec, program)) buffer_text(trouble, "; what it is to be run by is not there");
    else if (error == ENOENT && *program != '/')
        buffer_printf(trouble, "; it is seen from where it starts, %s: a name without '/' is looked up on PATH",
                      spec->folder ? spec->folder : "/");
    if (error == E2BIG) buffer_text(trouble, "; its arguments and environment are more than the kernel takes");
}

// The negative errno for the caller.
static int refused(const struct process_spec *spec, const struct spawn_report *report, int *exec_errno,
                   struct buffer *trouble) {
    int const error = report->error;
    if (report->step == STEP_PROGRAM) {
        *exec_errno = error;
        program_refused(spec, error, trouble);
        return -error;
    }
    if (report->step == STEP_WRAPPER) buffer_printf(trouble, "the wrapper '%s': ", spec->wrapper[0]);
    if (report->step == STEP_FOLDER) buffer_printf(trouble, "the folder '%s': ", spec->folder ? spec->folder : "/");
    if (report->step == STEP_USER_NAME && error == ENOENT) {
        buffer_printf(trouble, "there is no user '%s' on this machine", spec->user);
        return -error;
    }
    bool const is_user = report->step == STEP_USER_NAME || report->step == STEP_GROUPS || report->step == STEP_USER;
    if (is_user) buffer_printf(trouble, "the user '%s': ", spec->user);
    refusal_text(trouble, calls[report->step], error);
    if (is_user && (error == EPERM || error == EINVAL))
        buffer_text(trouble, "; only root's programs may be root");
    if (report->step == STEP_NAMESPACES && error == ENOSPC) {
        refusal_sysctl(trouble, "user.max_pid_namespaces");
        refusal_sysctl(trouble, "user.max_ipc_namespaces");
    }
    if (report->step == STEP_PROC && error == EPERM)
        buffer_text(trouble, "; parts of this container's /proc are hidden");
    bool const is_lacking = (report->step == STEP_NAMESPACES || report->step == STEP_PROC) &&
                            (error == EPERM || error == EINVAL || error == ENOSYS);
    return is_lacking ? -ENOTSUP : -error;
}

// The kernel tells who sent a report, in numbers of this process's own PID namespace.
static void tell_senders(int socket) { setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int)); }

static int failed(struct buffer *trouble, const char *call, int error) {
    refusal_text(trouble, call, -error);
    return error;
}

// --- the spawner

// What an end of the line hears first, and who says it unless `sender` is NULL. 0 or a negative errno, then with the report for
// it, if there is one.
static int hear_ready(int line, struct spawn_report *report, pid_t *sender) {
    ssize_t const len = spawn_receive(line, report, sizeof *report, NULL, sender);
    if (len != sizeof *report) {
        *report = (struct spawn_report){.step = STEP_FORK, .error = len < 0 ? (int)-len : ESRCH}; // killed at once
        return -report->error;
    }
    return report->news == SPAWN_READY ? 0 : -report->error;
}

// The other goes to work, whoever else has a copy of our end, and closes its own when that is done.
static void line_end(int line) {
    struct spawn_report unused;
    shutdown(line, SHUT_WR);
    while (spawn_receive(line, &unused, sizeof unused, NULL, NULL) > 0) continue;
    close(line);
}

int process_begin(void) {
    if (spawner.pid) return -EALREADY;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t const pid = fork();
    if (pid == 0) spawner_run(ends[0], guard_line());
    int error = pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[0]);
    struct spawn_report report;
    if (error == 0) error = hear_ready(ends[1], &report, NULL);
    if (error) {
        close(ends[1]);
        if (pid > 0) waitpid(pid, NULL, 0);
        return error;
    }
    spawner.pid = pid;
    spawner.line = ends[1];
    return 0;
}

void process_end(void) {
    if (!spawner.pid) return;
    line_end(spawner.line);
    while (waitpid(spawner.pid, NULL, 0) < 0 && errno == EINTR) continue;
    spawner.pid = 0;
    spawner.line = -1;
}

// --- a world's init

struct world_init {
    int line; // when it breaks, all in there ends
    pid_t pid;
};

static int init_make(struct world *world, struct spawn_report *report, struct buffer *trouble) {
    static const struct spawn_request request = {.kind = SPAWN_INIT};
    int ends[2];
    pid_t pid = 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return failed(trouble, "socketpair(2)", -errno);
    tell_senders(ends[1]);
    const int fds[] = {ends[0], world->net, world->uts, world->mnt, world->root};
    int error = spawn_send(spawner.line, &request, sizeof request, fds, 5);
    close(ends[0]);
    if (error) failed(trouble, "asking for a world's init", error);
    else error = hear_ready(ends[1], report, &pid);
    if (error) {
        close(ends[1]);
        return error;
    }
    world->init = memory_need(malloc(sizeof *world->init));
    *world->init = (struct world_init){.line = ends[1], .pid = pid};
    return 0;
}

// The line over which programs are asked for in that world; or a negative errno.
static int line_of(struct world *world, const struct process_spec *spec, int *exec_errno, struct buffer *trouble) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of every world's init
    struct spawn_report report = {0};
    if (!spawner.pid) {
        buffer_text(trouble, "this process has not been prepared for programs");
        return -EINVAL;
    }
    if (!world) return spawner.line;
    if (!world->has_names) {
        buffer_text(trouble, "a world that has programs in it must have names");
        return -EINVAL;
    }
    pthread_mutex_lock(&lock);
    int error = world->init ? 0 : init_make(world, &report, trouble);
    int const line = error ? error : world->init->line;
    pthread_mutex_unlock(&lock);
    return report.error ? refused(spec, &report, exec_errno, trouble) : line;
}

void init_end(struct world_init *init) {
    if (!init) return;
    line_end(init->line);
    free(init);
}

// --- a program

struct process {
    bool has_begun;             // a function's host may take its time
    int reports, pidfd;
    pid_t pid, own_pid, watch;
    int wrapper_pidfd;          // of what was started, where the program is below it; -1: they are one
    pid_t wrapper_pid;
    bool is_wrapped;
    struct wrapped_program wrapped;
};

static uint32_t add_strings(struct buffer *text, const char *const *strings) {
    uint32_t count = 0;
    for (; strings[count]; count++) buffer_add(text, strings[count], strlen(strings[count]) + 1);
    return count;
}

// What the watch is to read, as a file that has no name; or a negative errno.
static int write_text(const struct process_spec *spec, struct spawn_request *request) {
    struct buffer text = {0};
    const char *const others[] = {spec->user ? spec->user : spec->function, spec->user ? spec->function : NULL, NULL};
    const char *const folder[] = {spec->folder ? spec->folder : "/", NULL};
    request->wrapper_count = spec->wrapper ? add_strings(&text, spec->wrapper) : 0;
    request->argument_count = request->wrapper_count + add_strings(&text, spec->arguments);
    request->variable_count = add_strings(&text, spec->environment);
    add_strings(&text, folder);
    add_strings(&text, others);
    request->text_bytes = text.len_bytes;
    int fd = memfd_create("sockdrill-launch", MFD_CLOEXEC);
    ssize_t const len = fd < 0 ? -1 : write(fd, text.data, text.len_bytes);
    int const error = len == (ssize_t)text.len_bytes ? 0 : len < 0 ? -errno : -ENOSPC;
    buffer_fini(&text);
    if (error && fd >= 0) close(fd);
    return error ? error : fd;
}

// Hands over all that the program gets, and `reports`, which is closed here.
static int ask(int line, struct world *world, const struct process_spec *spec, int reports) {
    struct spawn_request request = {
        .kind = spec->function ? SPAWN_FUNCTION : SPAWN_PROGRAM,
        .listen_count = spec->listen_count,
        .has_user = spec->user != NULL,
        .has_function = spec->function != NULL,
        .has_terminal = spec->has_terminal,
    };
    int fds[SPAWN_FDS_MAX] = {reports, write_text(spec, &request)};
    uint32_t count = 2;
    for (int i = 0; i < 3; i++) {
        request.has_stdio[i] = spec->stdio[i] >= 0;
        if (request.has_stdio[i]) fds[count++] = spec->stdio[i];
    }
    for (uint32_t i = 0; i < spec->listen_count; i++) fds[count++] = spec->listen_fds[i];
    int error = fds[1] < 0 ? fds[1] : 0;
    if (!error && spec->function) error = host_ask(line, world, world ? world->init->pid : 0, &request, fds, count);
    else if (!error) error = spawn_send(line, &request, sizeof request, fds, count);
    if (fds[1] >= 0) close(fds[1]);
    close(reports);
    return error;
}

// Whoever has no number any more has ended, and its report is there already.
static int open_pidfd(struct process *process, struct buffer *trouble) {
    process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    return process->pidfd >= 0 || errno == ESRCH ? 0 : failed(trouble, "pidfd_open(2)", -errno);
}

static bool is_silent(const struct process *process) {
    struct pollfd reports = {.fd = process->reports, .events = POLLIN};
    return poll(&reports, 1, 0) == 0;
}

// Until it is known whether the program has begun: then 1 or a negative errno. A function's host is not waited for: 0.
static int hear(struct process *process, const struct process_spec *spec, int *exec_errno, struct buffer *trouble) {
    static const char *const gone[] = {"who starts programs is gone: recvmsg(2)", "who calls the functions is gone: recvmsg(2)"};
    struct spawn_report report;
    struct spawn_fds fds;
    while (!process->has_begun) {
        pid_t sender = 0;
        if (spec->function && is_silent(process)) return 0;
        ssize_t const len = spawn_receive(process->reports, &report, sizeof report, &fds, &sender);
        if (len != sizeof report)
            return failed(trouble, gone[spec->function != NULL], len < 0 ? (int)len : -ESRCH);
        if (report.news == SPAWN_REFUSED) return refused(spec, &report, exec_errno, trouble);
        if (report.news == SPAWN_CHILD && sender == 0) {
            buffer_text(trouble, "who starts it is in another PID namespace: its processes have no number here");
            return -ESRCH;
        }
        if (report.news == SPAWN_CHILD) {
            process->pid = sender;
            process->own_pid = report.pid;
        }
        if (report.news != SPAWN_STARTED) continue;
        process->watch = sender;
        int const error = spec->function ? open_pidfd(process, trouble) : 0;
        if (error) return error;
        if (!spec->function && fds.count == 0) return failed(trouble, "recvmsg(2) of a pidfd", -EMFILE);
        if (!spec->function) process->pidfd = fds.fds[0];
        else spawn_close(&fds);
        process->has_begun = true;
    }
    return 1;
}

int process_has_begun(struct process *process, const struct process_spec *spec, int *exec_errno, struct buffer *trouble) {
    *exec_errno = 0;
    return hear(process, spec, exec_errno, trouble);
}

static void wrap(struct process *process, const struct process_spec *spec) {
    int const folder = open(spec->folder ? spec->folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    wrapped_init(&process->wrapped, folder, spec->wrapper, spec->arguments, spec->environment);
    if (folder >= 0) close(folder);
}

int process_start(struct world *world, const struct process_spec *spec, struct process **made, int *exec_errno,
                  struct buffer *trouble) {
    *made = NULL;
    *exec_errno = 0;
    if (spec->listen_count > PROCESS_LISTEN_MAX) {
        buffer_printf(trouble, "a program is handed %d listening sockets at the most", PROCESS_LISTEN_MAX);
        return -E2BIG;
    }
    int ends[2];
    int line = line_of(world, spec, exec_errno, trouble); // of a function's world there is an init then
    if (line >= 0 && spec->function) line = host_connect(spec->function_path, trouble);
    if (line < 0) return line;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        int const error = failed(trouble, "socketpair(2)", -errno);
        if (spec->function) close(line);
        return error;
    }
    tell_senders(ends[0]);
    struct process *process = memory_need(calloc(1, sizeof *process));
    *process = (struct process){.reports = ends[0], .pidfd = -1, .wrapper_pidfd = -1, .is_wrapped = spec->wrapper};
    if (spec->wrapper) wrap(process, spec);
    int error = ask(line, world, spec, ends[1]);
    if (spec->function) close(line);
    if (error) failed(trouble, "asking for a program", error);
    else if (!spec->function) error = hear(process, spec, exec_errno, trouble);
    if (error > 0) error = 0;
    if (error) process_free(process);
    else *made = process;
    return error;
}

void process_free(struct process *process) {
    if (!process) return;
    if (process->has_begun || process->pid > 0) line_end(process->reports);
    else close(process->reports); // who has not said a word may never do so; when he does, nobody hears
    if (process->pidfd >= 0) close(process->pidfd);
    if (process->wrapper_pidfd >= 0) close(process->wrapper_pidfd);
    wrapped_fini(&process->wrapped);
    free(process);
}

pid_t process_pid(const struct process *process) {
    return process->pid;
}

pid_t process_own_pid(const struct process *process) {
    return process->own_pid;
}

const struct wrapped_program *process_wrapped(const struct process *process) {
    return process->is_wrapped ? &process->wrapped : NULL;
}

pid_t process_wrapper(const struct process *process) { return process->wrapper_pidfd >= 0 ? process->wrapper_pid : 0; }

bool process_is(struct process *process, pid_t pid) {
    if (pid == process->pid) return true;
    int const pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    pid_t const own_pid = pidfd < 0 ? 0 : image_own_pid(pid);
    if (own_pid == 0) {
        if (pidfd >= 0) close(pidfd);
        return false;
    }
    process->wrapper_pidfd = process->pidfd;
    process->wrapper_pid = process->pid;
    process->pidfd = pidfd;
    process->pid = pid;
    process->own_pid = own_pid;
    return true;
}

int process_inner_fd(const struct process *process) { return process->wrapper_pidfd >= 0 ? process->pidfd : -1; }

int process_fd(const struct process *process) {
    return process->reports;
}

// The report stays where it is: so the descriptor stays readable.
bool process_status(const struct process *process, struct process_status *status) {
    struct spawn_report report;
    ssize_t len;
    while ((len = recv(process->reports, &report, sizeof report, MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EINTR)
        continue;
    if (len < 0 && errno == EAGAIN) return false;
    int const wait_status = len == sizeof report ? report.wait_status : SIGKILL; // its watch went with the world
    *status = (struct process_status){.exit = WEXITSTATUS(wait_status)};
    if (!WIFSIGNALED(wait_status)) return true;
    status->signal = WTERMSIG(wait_status);
    status->exit = 128 + status->signal;
    status->dumped_core = WCOREDUMP(wait_status);
    return true;
}

int process_signal(const struct process *process, int number) {
    struct process_status status;
    if (process_status(process, &status)) return -ESRCH;
    if (syscall(SYS_pidfd_send_signal, process->pidfd, number, NULL, 0) == 0) return 0;
    bool const wrapper_is_left = errno == ESRCH && process->wrapper_pidfd >= 0;
    if (!wrapper_is_left) return -errno;
    return syscall(SYS_pidfd_send_signal, process->wrapper_pidfd, number, NULL, 0) == 0 ? 0 : -errno;
}

void process_kill_wrapper(const struct process *process) {
    if (process->wrapper_pidfd >= 0) syscall(SYS_pidfd_send_signal, process->wrapper_pidfd, SIGKILL, NULL, 0);
}

pid_t process_watch(const struct process *process) {
    struct pollfd end = {.fd = process->reports};
    // It is the watch's number for as long as it holds the other end.
    return poll(&end, 1, 0) == 0 ? process->watch : 0;
}
