// A program and its watch: what is set up for it between fork(2) and execve(2), or a function's call, and how its end is
// reported.
#include "spawn.h"
#include "world/function_host.h"
#include "world/program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The harness raises it for itself. Noted before main can.
static struct rlimit descriptor_limit;

__attribute__((constructor)) static void note_descriptor_limit(void) {
    getrlimit(RLIMIT_NOFILE, &descriptor_limit);
}

// --- in the child that becomes the program

struct launch {
    const struct spawn_request *request;
    const struct spawn_fds *fds;
    char **arguments, **variables; // variables have room for two more
    const char *folder, *user;     // user NULL: the harness's own
    const struct spawn_function *function; // NULL: it is a program
    const char *function_name;
    pid_t watch;
    int refusals; // takes a struct refusal; closed by the exec
};

struct refusal {
    enum spawn_step step;
    int error;
};

static _Noreturn void refuse(const struct launch *launch, enum spawn_step step, int error) {
    struct refusal const refusal = {step, error};
    _exit(write(launch->refusals, &refusal, sizeof refusal) == sizeof refusal ? 127 : 126);
}

static void become_user(const struct launch *launch) {
    errno = 0;
    const struct passwd *user = getpwnam(launch->user);
    if (!user) refuse(launch, STEP_USER_NAME, errno ? errno : ENOENT);
    if (user->pw_uid == geteuid() && user->pw_gid == getegid()) return; // oneself already, in the groups one has
    if (geteuid() != 0 && user->pw_uid != 0) return; // as with every daemon's `user`: it is for root to take effect
    if (launch->request->has_terminal)
        (void)!fchown(launch->fds->fds[2], user->pw_uid, (gid_t)-1); // as login(1) has it
    if (initgroups(launch->user, user->pw_gid) != 0) refuse(launch, STEP_GROUPS, errno);
    if (setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0) refuse(launch, STEP_GROUPS, errno);
    if (setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0) refuse(launch, STEP_USER, errno);
}

// Where all descriptors are out of the way of those they become.
static int lift(const struct launch *launch, int fd, int above) {
    int const lifted = fd < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : fd;
    int const safe = lifted < 0 ? -1 : fcntl(lifted, F_DUPFD_CLOEXEC, above);
    if (safe < 0) refuse(launch, STEP_DESCRIPTORS, errno);
    return safe;
}

static void place_descriptors(struct launch *launch) {
    const struct spawn_request *request = launch->request;
    int const count = 3 + (int)request->listen_count;
    const int *next = launch->fds->fds + 2; // behind the reports and the text
    int safe[SPAWN_FDS_MAX];
    launch->refusals = lift(launch, launch->refusals, count + 1);
    for (int i = 0; i < count; i++) safe[i] = lift(launch, i > 2 || request->has_stdio[i] ? *next++ : -1, count + 1);
    for (int i = 0; i < count; i++)
        if (dup2(safe[i], i) < 0) refuse(launch, STEP_DESCRIPTORS, errno);
    if (dup3(launch->refusals, count, O_CLOEXEC) < 0) refuse(launch, STEP_DESCRIPTORS, errno);
    launch->refusals = count;
    close_range((unsigned)count + 1, ~0u, 0); // whatever a look-up of users has left open, too
}

static bool is_variable(const char *variable, const char *name) {
    size_t const len = strlen(name);
    return strncmp(variable, name, len) == 0 && variable[len] == '=';
}

static void announce_listeners(struct launch *launch) {
    static char count[32], pid[32];
    char **kept = launch->variables;
    for (char **at = launch->variables; *at; at++)
        if (!is_variable(*at, "LISTEN_FDS") && !is_variable(*at, "LISTEN_PID")) *kept++ = *at;
    snprintf(count, sizeof count, "LISTEN_FDS=%u", launch->request->listen_count);
    snprintf(pid, sizeof pid, "LISTEN_PID=%d", getpid());
    *kept++ = count;
    *kept++ = pid;
    *kept = NULL;
}

static void reset_signals(void) {
    // By the system call: the C library keeps two for itself, which whoever started us may have ignored all the same.
    const struct kernel_sigaction { void *handler; unsigned long flags; void *restorer; uint64_t mask; } by_default = {0};
    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, &by_default, NULL, sizeof by_default.mask); // KILL and STOP refuse
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// Returns where it is refused.
static int execute(const char *file, const void *context) {
    const struct launch *launch = context;
    execve(file, launch->arguments, launch->variables);
    return errno;
}

// The wrapper with the program behind its own arguments, as the path that was found: what it does not find it would tell in its
// own way.
static _Noreturn void become_wrapper(const struct launch *launch, const char *path) {
    char **const program = &launch->arguments[launch->request->wrapper_count];
    static char file[PATH_MAX];
    int const error = program_file_find(AT_FDCWD, *program, path, file);
    if (error) refuse(launch, STEP_PROGRAM, error);
    *program = file;
    refuse(launch, STEP_WRAPPER, execute(launch->arguments[0], launch));
}

// As execve(2) has it for whoever is not root: the rights that a user namespace gave go.
static void drop_rights(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct const none[_LINUX_CAPABILITY_U32S_3] = {0};
    if (geteuid() != 0) syscall(SYS_capset, &header, none);
}

static _Noreturn void become_function(struct launch *launch) {
    struct function_call const call = {launch->function_name, (int)launch->request->argument_count, launch->arguments};
    environ = launch->variables;
    prctl(PR_SET_NAME, launch->function_name);
    if (launch->request->has_terminal) setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    drop_rights();
    close(launch->refusals); // it has begun
    int const code = launch->function->call(&call, launch->function->context);
    fflush(NULL);
    _exit(code & 0xff);
}

static _Noreturn void become_program(struct launch *launch) {
    spawn_report_send(launch->fds->fds[0], (struct spawn_report){.news = SPAWN_CHILD, .pid = getpid()});
    setsid();
    if (launch->user) become_user(launch);
    place_descriptors(launch);
    if (launch->request->has_terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0) refuse(launch, STEP_TERMINAL, errno);
    if (launch->request->listen_count > 0) announce_listeners(launch);
    if (chdir(launch->folder) != 0) refuse(launch, STEP_FOLDER, errno);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && descriptor_limit.rlim_cur <= limit.rlim_max) {
        limit.rlim_cur = descriptor_limit.rlim_cur;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    reset_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL); // should somebody kill the watch. Behind setresuid(2), which forgets it
    if (getppid() != launch->watch) _exit(1);
    if (launch->function) become_function(launch);
    const char *const path = program_file_path((const char *const *)launch->variables);
    char file[PATH_MAX];
    if (launch->request->wrapper_count > 0) become_wrapper(launch, path);
    refuse(launch, STEP_PROGRAM, program_file_try(launch->arguments[0], path, execute, launch, file));
}

// --- the watch

static char **split(char **text, uint32_t count) {
    char **strings = calloc(count + 3, sizeof *strings);
    for (uint32_t i = 0; strings && i < count; i++) {
        strings[i] = *text;
        *text += strlen(*text) + 1;
    }
    return strings;
}

static bool read_text(struct launch *launch) {
    const struct spawn_request *request = launch->request;
    char *text = mmap(NULL, request->text_bytes, PROT_READ, MAP_PRIVATE, launch->fds->fds[1], 0);
    if (text == MAP_FAILED) return false;
    launch->arguments = split(&text, request->argument_count);
    launch->variables = split(&text, request->variable_count);
    launch->folder = text;
    text += strlen(text) + 1;
    if (request->has_user) launch->user = text, text += strlen(text) + 1;
    if (request->has_function) launch->function_name = text;
    return launch->arguments && launch->variables;
}

static _Noreturn void refuse_start(int reports, enum spawn_step step, int error) {
    spawn_report_send(reports, (struct spawn_report){.news = SPAWN_REFUSED, .step = step, .error = error});
    _exit(1);
}

static int wait_status(const siginfo_t *end) {
    if (end->si_code == CLD_EXITED) return (end->si_status & 0xff) << 8;
    return end->si_code == CLD_DUMPED ? end->si_status | WCOREFLAG : end->si_status;
}

// Reports the program's end; returns when there is no child left, or nobody to report to. Its number is nobody else's before
// that is reported: until then the harness may ask for its pidfd.
static void watch(int reports, int ended, pid_t program) {
    for (;;) {
        struct pollfd fds[] = {{.fd = reports, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0) continue;
        if (fds[0].revents) return;
        spawn_children_drain(ended);
        siginfo_t end = {0};
        int error;
        while ((error = waitid(P_ALL, 0, &end, WEXITED | WNOHANG | WNOWAIT)) == 0 && end.si_pid > 0) {
            if (end.si_pid == program)
                spawn_report_send(reports, (struct spawn_report){.news = SPAWN_ENDED, .wait_status = wait_status(&end)});
            waitpid(end.si_pid, NULL, 0);
            end.si_pid = 0;
        }
        if (error < 0) return;
    }
}

_Noreturn void watch_run(const struct spawn_request *request, const struct spawn_fds *fds,
                         const struct spawn_function *function) {
    struct launch launch = {.request = request, .fds = fds, .function = function, .watch = getpid()};
    int const reports = fds->fds[0];
    int ends[2];
    prctl(PR_SET_NAME, "sockdrill-watch");
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    setsid();
    int const list = spawn_list_open(), ended = spawn_children_open();
    if (list < 0) refuse_start(reports, STEP_CHILDREN, errno);
    if (!read_text(&launch)) refuse_start(reports, STEP_TEXT, errno);
    if (ended < 0 || pipe2(ends, O_CLOEXEC) != 0) refuse_start(reports, STEP_DESCRIPTORS, errno);
    launch.refusals = ends[1];
    pid_t const program = fork();
    if (program == 0) become_program(&launch);
    if (program < 0) refuse_start(reports, STEP_FORK, errno);
    // A function's caller may be under valgrind(1), which has no pidfd_open(2): the harness asks for one itself.
    int const pidfd = function ? -1 : (int)syscall(SYS_pidfd_open, program, 0);
    int const pidfd_error = function || pidfd >= 0 ? 0 : errno;
    spawn_keep((const int[]){reports, list, ended, ends[0], pidfd}, 5);

    struct refusal refusal;
    ssize_t len;
    while ((len = read(ends[0], &refusal, sizeof refusal)) < 0 && errno == EINTR) continue;
    if (len == sizeof refusal || pidfd_error) {
        spawn_end_children(list);
        if (len == sizeof refusal) refuse_start(reports, refusal.step, refusal.error);
        refuse_start(reports, STEP_PIDFD, pidfd_error);
    }
    struct spawn_report const started = {.news = SPAWN_STARTED};
    spawn_send(reports, &started, sizeof started, &pidfd, pidfd >= 0);
    if (pidfd >= 0) close(pidfd);
    close(ends[0]);
    watch(reports, ended, program);
    spawn_end_children(list);
    _exit(0);
}
