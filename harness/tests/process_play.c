#include "process_play.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// --- the programs

static void wait_for_ever(void) {
    fflush(stdout);
    for (;;) pause();
}

static void be_exit(const char *argument) {
    _exit(atoi(argument));
}

static void be_killed(const char *argument) {
    raise(atoi(argument));
}

static void be_echo(const char *unused) {
    (void)unused;
    char bytes[512];
    for (ssize_t len; (len = read(STDIN_FILENO, bytes, sizeof bytes)) > 0;)
        if (write(STDOUT_FILENO, bytes, (size_t)len) != len || write(STDERR_FILENO, bytes, (size_t)len) != len)
            _exit(1);
}

static void be_environment(const char *unused) {
    (void)unused;
    for (char **at = environ; *at; at++) puts(*at);
}

static void be_descriptors(const char *unused) {
    (void)unused;
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(folder)) printf("%s ", entry->d_name);
}

// How sd_listen_fds(3) reads it; and what there is.
static void be_activated(const char *unused) {
    (void)unused;
    const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
    printf("%s %s", count, pid && atoi(pid) == getpid() ? "mine" : "not mine");
    for (int fd = 3; fd < 3 + atoi(count); fd++) {
        struct address address = {.len_bytes = sizeof address.as};
        char text[ADDRESS_TEXT_BYTES];
        if (getsockname(fd, &address.as.any, &address.len_bytes) == 0) printf(" %s", address_text(&address, text));
    }
}

static void be_on_terminal(const char *unused) {
    (void)unused;
    int const terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    printf("%d%d%d %s %s %s\n", isatty(0), isatty(1), isatty(2), terminal >= 0 ? "controls" : "does not control",
           tcgetsid(0) == getpid() ? "its session" : "no session of its", ttyname(0) ? "named" : "without a name");
}

static void be_oneself(const char *unused) {
    (void)unused;
    gid_t groups[64];
    int const count = getgroups(64, groups);
    char folder[PATH_MAX] = "nowhere";
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("%u %u %s %d%d %s limit %llu groups", getuid(), getgid(), getcwd(folder, sizeof folder) ? folder : "",
           getsid(0) == getpid(), getpgrp() == getpid(), getppid() == 1 ? "child of init" : "child of a watch",
           (unsigned long long)limit.rlim_cur);
    for (int i = 0; i < count; i++) printf(" %u", groups[i]);
}

static void be_signals(const char *unused) {
    (void)unused;
    FILE *file = fopen("/proc/self/status", "re");
    char line[128];
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "SigBlk", 6) == 0 || strncmp(line, "SigIgn", 6) == 0) fputs(line, stdout);
}

static void be_lookup(const char *name) {
    struct addrinfo const hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[256], address[NI_MAXHOST] = "none";
    gethostname(host, sizeof host);
    if (getaddrinfo(name, NULL, &hints, &found) == 0)
        getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST);
    printf("%s %s", host, address);
}

static void be_pids(const char *unused) {
    (void)unused;
    char path[32];
    snprintf(path, sizeof path, "/proc/%d", getpid());
    printf("%d %s", getpid(), access(path, F_OK) == 0 ? "in /proc" : "not in /proc");
}

static void be_stubborn(const char *unused) {
    (void)unused;
    signal(SIGTERM, SIG_IGN);
    puts("ready");
    wait_for_ever();
}

// Two forks and a session of its own, as daemon(3); its standard output stays open, so that it is seen to end.
static void be_daemon(const char *unused) {
    (void)unused;
    int ends[2];
    if (pipe(ends) != 0) _exit(1);
    if (fork() != 0) { // returns when the daemon is one
        close(ends[1]);
        char byte;
        _exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
    }
    setsid();
    if (fork() != 0) _exit(0);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    puts("ready");
    fflush(stdout);
    if (write(ends[1], "y", 1) != 1) _exit(1);
    close(ends[0]);
    close(ends[1]);
    wait_for_ever();
}

// Never leaves its folder alone.
static void be_a_writer(const char *unused) {
    (void)unused;
    enum { KEPT = 50 };
    puts("ready");
    fflush(stdout);
    for (int i = 0;; i++) {
        char path[32];
        snprintf(path, sizeof path, "%d", i);
        int const fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0) close(fd);
        snprintf(path, sizeof path, "%d", i - KEPT);
        unlink(path);
    }
}

// What only a program that means harm does.
static void be_an_orphan(const char *unused) {
    (void)unused;
    char byte;
    if (read(STDIN_FILENO, &byte, 1) == 0) kill(getppid(), SIGKILL);
    wait_for_ever();
}

static void be_bound(const char *text) {
    struct address address = {0};
    bool has_port;
    int const type = strncmp(text, "udp ", 4) == 0 ? SOCK_DGRAM : SOCK_STREAM;
    const char *rest = strchr(text, ' ') + 1;
    if (strncmp(text, "unix ", 5) == 0) {
        address.as.un.sun_family = AF_UNIX;
        memcpy(address.as.un.sun_path, rest, strlen(rest));
        address.len_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(rest));
        if (rest[0] == '@') address.as.un.sun_path[0] = '\0';
    } else if (!address_parse(slice_text(rest), &address, &has_port)) {
        _exit(1);
    }
    int const fd = socket(address.as.any.sa_family, type, strncmp(text, "mptcp ", 6) == 0 ? IPPROTO_MPTCP : 0);
    if (type == SOCK_DGRAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (fd < 0 || bind(fd, &address.as.any, address.len_bytes) != 0) _exit(1);
    if (type == SOCK_STREAM && listen(fd, 5) != 0) _exit(1);
    address.len_bytes = sizeof address.as;
    char name[ADDRESS_TEXT_BYTES];
    if (getsockname(fd, &address.as.any, &address.len_bytes) == 0) puts(address_text(&address, name));
    wait_for_ever();
}

static void be_bound_daemon(const char *text) {
    if (fork() != 0) _exit(0);
    setsid();
    if (fork() != 0) _exit(0);
    be_bound(text);
}

static const struct {
    const char *name;
    void (*be)(const char *argument);
} roles[] = {
    {"exit", be_exit},
    {"killed", be_killed},
    {"echo", be_echo},
    {"environment", be_environment},
    {"descriptors", be_descriptors},
    {"activated", be_activated},
    {"on terminal", be_on_terminal},
    {"oneself", be_oneself},
    {"signals", be_signals},
    {"lookup", be_lookup},
    {"pids", be_pids},
    {"stubborn", be_stubborn},
    {"daemon", be_daemon},
    {"bound", be_bound},
    {"bound daemon", be_bound_daemon},
    {"orphan", be_an_orphan},
    {"writer", be_a_writer},
};

static char own_path[PATH_MAX];

void process_role(int argc, char **argv) {
    if (argc != 4 || strcmp(argv[1], "--role") != 0) {
        ssize_t const len = readlink("/proc/self/exe", own_path, sizeof own_path - 1);
        if (len <= 0) _exit(1);
        return;
    }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].name, argv[2]) == 0) roles[i].be(argv[3]);
    fflush(stdout);
    _exit(0);
}

// --- the plays

const char *const process_no_variables[] = {NULL};

int process_case_count(void) {
    return 2 * play_who_count();
}

struct stage process_stage(int i) {
    struct stage stage = {0};
    struct buffer reason = {0};
    play_as(i / 2);
    ck_assert_msg(world_prepare(&reason), "%s", reason.data);
    ck_assert_int_eq(process_begin(), 0);
    static const char *const names[] = {"peer.test"};
    struct address const address = play_address("192.168.56.1");
    struct world_host const host = {
        .names = (const char **)names, .name_count = 1, .addresses = &address, .address_count = 1};
    struct world_spec const spec = {.has_names = true, .hostname = "DESKTOP", .hosts = &host, .host_count = 1};
    if (i % 2) stage.world = play_world(&spec);
    return stage;
}

void process_stage_end(struct stage stage) {
    world_free(stage.world);
    process_end();
    ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
    ck_assert_int_eq(errno, ECHILD);
}

const char *const *process_as(const char *role, const char *argument) {
    static const char *arguments[5];
    arguments[0] = own_path;
    arguments[1] = "--role";
    arguments[2] = role;
    arguments[3] = argument ? argument : "";
    return arguments;
}

struct actor process_play(struct stage stage, const struct process_spec *given, const char *role,
                          const char *argument) {
    struct process_spec spec = *given;
    struct buffer trouble = {0};
    struct actor actor = {.output = -1};
    int ends[2] = {-1, -1};
    if (!spec.arguments) spec.arguments = process_as(role, argument);
    if (spec.stdio[1] < 0) {
        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        spec.stdio[1] = ends[1];
        actor.output = ends[0];
    }
    int exec_errno;
    int const error = process_start(stage.world, &spec, &actor.process, &exec_errno, &trouble);
    ck_assert_msg(error == 0, "%s: %s", strerrorname_np(-error), trouble.data);
    ck_assert_uint_eq(trouble.len_bytes, 0);
    if (ends[1] >= 0) close(ends[1]);
    return actor;
}

const char *process_output(struct actor *actor, char *text, size_t size) {
    size_t len = 0;
    for (ssize_t got = 1; got > 0 && len + 1 < size; len += got > 0 ? (size_t)got : 0)
        got = read(actor->output, text + len, size - 1 - len);
    text[len] = '\0';
    return text;
}

const char *process_line(const struct actor *actor, char *text, size_t size) {
    size_t len = 0;
    while (len + 1 < size && read(actor->output, text + len, 1) == 1 && text[len] != '\n') len++;
    text[len] = '\0';
    return text;
}

struct process_status process_wait(const struct process *process) {
    struct process_status status = {.exit = -1};
    struct pollfd fd = {.fd = process_fd(process), .events = POLLIN};
    while (poll(&fd, 1, -1) < 0) ck_assert_int_eq(errno, EINTR);
    ck_assert(process_status(process, &status));
    return status;
}

void process_actor_free(struct actor *actor) {
    process_free(actor->process);
    if (actor->output >= 0) close(actor->output);
    *actor = (struct actor){.output = -1};
}

void process_no_play(struct stage stage, const struct process_spec *spec, int error, const char *words) {
    struct buffer trouble = {0};
    struct process *process = NULL;
    int exec_errno;
    ck_assert_int_eq(process_start(stage.world, spec, &process, &exec_errno, &trouble), error);
    ck_assert_ptr_null(process);
    ck_assert_msg(trouble.data && strstr(trouble.data, words), "'%s' is not in '%s'", words, trouble.data);
    bool const is_exec = strstr(trouble.data, "execve(2)") || strstr(trouble.data, "there is no program");
    ck_assert_int_eq(exec_errno, is_exec ? -error : 0);
    buffer_fini(&trouble);
}
