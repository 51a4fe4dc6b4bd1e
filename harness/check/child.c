// sockdrill as a child, from the caller's side.
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int64_t sockdrill_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

// ---- what it is started with

// They speak of the run that the tests are part of, not of one scenario's.
static const char *const OTHERS_VARIABLES[] = {
    "BAZEL_TEST",        "GITHUB_STEP_SUMMARY",    "GITHUB_WORKSPACE", "TEST_SHARD_INDEX",
    "TEST_TOTAL_SHARDS", "TEST_SHARD_STATUS_FILE", "XML_OUTPUT_FILE",  "TESTBRIDGE_TEST_ONLY",
    "SOCKDRILL_FAIL_ON_SKIP"}; // sockdrill_skip_fails() has the last word on it

static bool is_others(const char *variable) {
    for (size_t i = 0; i < sizeof OTHERS_VARIABLES / sizeof *OTHERS_VARIABLES; i++) {
        size_t const len = strlen(OTHERS_VARIABLES[i]);
        if (strncmp(variable, OTHERS_VARIABLES[i], len) == 0 && variable[len] == '=') return true;
    }
    return false;
}

static char **make_environment(void) {
    size_t count = 0, kept = 0;
    while (environ && environ[count]) count++;
    char **const environment = sockdrill_need(calloc(count + 1, sizeof *environment));
    for (size_t i = 0; i < count; i++)
        if (!is_others(environ[i])) environment[kept++] = environ[i];
    return environment;
}

// Above what becomes the program's, whatever the caller has closed.
static int put_above(int fd) {
    int const above = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10);
    int const error = errno == EINVAL ? EMFILE : errno; // the limit is below 10
    if (fd >= 0) close(fd);
    errno = error;
    return above;
}

static bool open_pair(int (*open_two)(int *), int *ours, int *theirs) {
    int fds[2] = {-1, -1};
    if (open_two(fds) != 0) return false;
    *ours = put_above(fds[0]);
    *theirs = put_above(fds[1]);
    return *ours >= 0 && *theirs >= 0;
}

static int open_pipe(int *fds) { return pipe2(fds, O_CLOEXEC); }

static int open_control(int *fds) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds); }

static bool open_log(int *fd) {
    *fd = put_above(memfd_create("sockdrill", MFD_CLOEXEC));
    return *fd >= 0;
}

static bool open_output(int *read_end, int *write_end, int *log) {
    return open_pair(open_pipe, read_end, write_end) && fcntl(*read_end, F_SETFL, O_NONBLOCK) == 0 && open_log(log);
}

static bool open_lines(struct sockdrill_child *child, struct sockdrill_keeper_order *order,
                       enum sockdrill_child_kind kind) {
    bool const has_host = order->host_listener >= 0;
    struct stat facts;
    if (!(child->board = sockdrill_share(sizeof *child->board)) || !open_pair(open_control, &child->control, &order->control) ||
        !open_output(&order->read_out, &order->out, &child->out) ||
        !open_output(&order->read_err, &order->err, &child->err) ||
        (kind == SOCKDRILL_CHILD_SERVES && !open_pair(open_pipe, &order->program_lifeline, &order->program_held)) ||
        (has_host && !open_pair(open_pipe, &order->host_lifeline, &order->host_held)) ||
        fstat(child->control, &facts) != 0)
        return false;
    child->control_inode = facts.st_ino;
    order->board = child->board;
    order->log_out = child->out;
    order->log_err = child->err;
    order->log_told = kind == SOCKDRILL_CHILD_RUNS ? child->out : child->err;
    // Without the call (Linux 5.3) only the control socket tells of the caller's end.
    order->caller = put_above((int)syscall(SYS_pidfd_open, getpid(), 0));
    return true;
}

// What are the keeper's alone, the logs are not.
static void close_order(struct sockdrill_keeper_order *order) {
    int const fds[] = {order->control,      order->caller,           order->out,           order->err,
                       order->read_out,     order->read_err,         order->program_held,  order->program_lifeline,
                       order->host_listener, order->host_lifeline,   order->host_held};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0) close(fds[i]);
}

static int prepare_spawn(const struct sockdrill_keeper_order *order, posix_spawn_file_actions_t *actions,
                         posix_spawnattr_t *how) {
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setflags(how, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(how, &none);
    int error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, order->out, STDOUT_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, order->err, STDERR_FILENO);
    if (!error && order->program_lifeline >= 0)
        error = posix_spawn_file_actions_adddup2(actions, order->program_lifeline, STDERR_FILENO + 1);
    return error;
}

// ---- functions

static char *make_folder(void) {
    const char *const told = getenv("TMPDIR");
    bool const is_short = told && told[0] == '/' && strlen(told) < 64; // a socket's path has 107 bytes: unix(7)
    char *folder = NULL;
    if (asprintf(&folder, "%s/sockdrill-check-XXXXXX", is_short ? told : "/tmp") < 0) folder = NULL;
    if (mkdtemp(sockdrill_need(folder))) return folder;
    free(folder);
    return NULL;
}

// A place for functions to be called at. Owned by sockdrill_child_start.
struct place {
    char *folder, *path;
};

static bool open_place(struct place *place, int *listener) {
    place->folder = make_folder();
    if (!place->folder) return false;
    if (asprintf(&place->path, "%s/functions", place->folder) < 0) place->path = NULL;
    int const fd = sockdrill_host_open(sockdrill_need(place->path));
    if (fd < 0) errno = -fd;
    else *listener = put_above(fd);
    return *listener >= 0;
}

static bool open_host(struct sockdrill_child *child, struct sockdrill_keeper_order *order, struct place *place,
                      struct sockdrill_list *arguments, const struct sockdrill_list *functions, struct sockdrill_text *why) {
    child->failure = sockdrill_host_prepare();
    if (!child->failure || !open_place(place, &order->host_listener)) {
        sockdrill_text_print(why, "no place for functions to be called at: %s", strerror(errno));
        return false;
    }
    order->failure = child->failure;
    order->folder = place->folder;
    order->path = place->path;
    for (size_t i = 0; i < functions->count; i++) {
        sockdrill_list_add(arguments, "--function");
        sockdrill_list_add(arguments, "%s=%s", functions->items[i], place->path);
    }
    return true;
}

static void close_place(struct place *place, bool is_keepers) {
    if (!is_keepers && place->path) unlink(place->path);
    if (!is_keepers && place->folder) rmdir(place->folder);
    free(place->path);
    free(place->folder);
}

// ---- standard error

// What it was when the process began. Where a test has put something else in its place, to read what comes there up to the
// end, nobody else may hold that.
static struct stat began_with;
static bool has_begun_with;

__attribute__((constructor)) static void remember_standard_error(void) {
    has_begun_with = fstat(STDERR_FILENO, &began_with) == 0;
}

static int find_complaints(enum sockdrill_child_kind kind) {
    struct stat facts;
    bool const is_same = kind != SOCKDRILL_CHILD_LISTS && has_begun_with && fstat(STDERR_FILENO, &facts) == 0 &&
                         facts.st_dev == began_with.st_dev && facts.st_ino == began_with.st_ino;
    return is_same ? STDERR_FILENO : -1;
}

// ---- start

// A sanitizer's run-time library has locks of its own, which other threads may hold: <sanitizer/linux_syscall_hooks.h>.
// Where the tests have none of them, neither is there.
extern void __sanitizer_syscall_pre_impl_fork(void) __attribute__((weak));
extern void __sanitizer_syscall_post_impl_fork(long pid) __attribute__((weak));

static long clone_keeper(void) {
    struct clone_args plain = {.exit_signal = 0};
    if (__sanitizer_syscall_pre_impl_fork) __sanitizer_syscall_pre_impl_fork();
    long const pid = syscall(SYS_clone3, &plain, sizeof plain);
    if (__sanitizer_syscall_post_impl_fork) __sanitizer_syscall_post_impl_fork(pid);
    return pid;
}

// No SIGCHLD, and no child that wait(2) finds: clone(2), "the child termination signal". Where the keeper has functions
// to call it needs the C library, whose fork(3) makes that safe with other threads around.
static pid_t fork_keeper(bool has_functions) {
    long const pid = has_functions && !__libc_single_threaded ? -1 : clone_keeper();
    return pid >= 0 ? (pid_t)pid : fork();
}

static pid_t start_keeper(const struct sockdrill_keeper_order *order) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // no handler of the caller's runs in the keeper
    pid_t const keeper = fork_keeper(order->host_lifeline >= 0);
    if (keeper == 0) sockdrill_keeper_run(order);
    int const error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return keeper;
}

static bool start(struct sockdrill_child *child, struct sockdrill_keeper_order *order, enum sockdrill_child_kind kind,
                  struct sockdrill_text *why) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    order->actions = &actions;
    order->attributes = &attributes;
    if (!open_lines(child, order, kind)) {
        sockdrill_text_print(why, "no pipe to sockdrill: %s", strerror(errno));
    } else if ((errno = prepare_spawn(order, &actions, &attributes)) != 0) {
        sockdrill_text_print(why, "posix_spawn: %s", strerror(errno));
    } else if ((child->keeper = start_keeper(order)) < 0) {
        child->keeper = 0;
        sockdrill_text_print(why, "fork: %s", strerror(errno));
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return child->keeper > 0;
}

bool sockdrill_child_start(struct sockdrill_child *child, enum sockdrill_child_kind kind,
                           const struct sockdrill_list *arguments, const struct sockdrill_list *functions,
                           struct sockdrill_text *why) {
    *child = (struct sockdrill_child){.caller = getpid(), .control = -1, .out = -1, .err = -1};
    struct sockdrill_keeper_order order = {.control = -1, .caller = -1, .out = -1, .err = -1, .read_out = -1,
        .read_err = -1, .log_out = -1, .log_err = -1, .complaints = find_complaints(kind), .program_lifeline = -1,
        .program_held = -1, .host_listener = -1, .host_lifeline = -1, .host_held = -1};
    struct sockdrill_list all = {0};
    struct place place = {0};
    char *const program = sockdrill_find_program(why);
    bool ok = program != NULL;
    sockdrill_list_add(&all, "sockdrill");
    for (size_t i = 0; i < arguments->count; i++) {
        bool const has_functions = i == 1 && functions && functions->count > 0;
        if (ok && has_functions) ok = open_host(child, &order, &place, &all, functions, why); // in front of the paths
        sockdrill_list_add(&all, "%s", arguments->items[i]);
    }
    char **const environment = make_environment();
    order.program = program;
    order.title = all.items[all.count - 1];
    order.arguments = all.items;
    order.environment = environment;
    ok = ok && start(child, &order, kind, why);
    close_order(&order);
    close_place(&place, ok);
    free(environment);
    sockdrill_list_fini(&all);
    free(program);
    if (!ok) sockdrill_child_fini(child);
    return ok;
}

// ---- end

void sockdrill_child_fini(struct sockdrill_child *child) {
    bool const is_callers = child->keeper > 0 && child->caller == getpid();
    if (is_callers) sockdrill_child_tell(child, SOCKDRILL_KEEPER_LEAVE); // it ends what still runs
    if (child->control >= 0) close(child->control);
    if (child->out >= 0) close(child->out);
    if (child->err >= 0) close(child->err);
    while (is_callers && waitpid(child->keeper, NULL, __WALL) < 0 && errno == EINTR) continue; // ECHILD: SIGCHLD is ignored
    if (child->board) munmap(child->board, sizeof *child->board);
    sockdrill_host_free(child->failure);
    sockdrill_text_fini(&child->out_text);
    sockdrill_text_fini(&child->err_text);
    *child = (struct sockdrill_child){.control = -1, .out = -1, .err = -1, .is_over = true};
}
