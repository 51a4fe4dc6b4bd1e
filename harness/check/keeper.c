// The keeper: a fork of the caller's that starts sockdrill, waits for it and for the caller, and says how it ended.
// Calls nothing that is not async-signal-safe, since the caller may have threads; fork(3), for functions, only where it
// has none, or fork(3) made the keeper.
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef SOCKDRILL_CHECK_COUNTED // the library itself is: its user's coverage must not be written twice
extern void __gcov_reset(void);
extern void __gcov_dump(void);
#else
#define __gcov_reset() ((void)0)
#define __gcov_dump() ((void)0)
#endif

enum { GRACE_MS = 5000 };

// ---- what it has of the caller

// Calls no handler of the caller's: everything is blocked since before the fork.
static void forget_signals(void) {
    struct sigaction const by_default = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &by_default, NULL);
}

static void close_from_to(unsigned first, unsigned last) {
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0) return;
    long const limit = sysconf(_SC_OPEN_MAX);
    for (unsigned fd = first; fd <= last && (limit < 0 || fd < (unsigned long)limit); fd++) close((int)fd);
}

// -1 among them is none.
static void close_all_but(const int *kept, size_t count) {
    unsigned next = 0;
    for (;;) {
        int lowest = -1;
        for (size_t i = 0; i < count; i++)
            if (kept[i] >= (int)next && (lowest < 0 || kept[i] < lowest)) lowest = kept[i];
        if (lowest < 0) break;
        if (lowest > 0) close_from_to(next, (unsigned)lowest - 1);
        next = (unsigned)lowest + 1;
    }
    close_from_to(next, ~0u);
}

static void close_one(int fd) {
    if (fd >= 0) close(fd);
}

// What the caller's own files may have, files in memory need not: they hold a report's text.
static void lift_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

// ---- what it starts

// A plain value of the keeper's.
struct kept {
    const struct sockdrill_keeper_order *order;
    pid_t program, host; // 0: none, or gone
    int status;          // of the program
    int ended;           // signalfd(2) of SIGCHLD; -1: there is none
    int asked;           // how often the program was asked to end
    int64_t deadline_ns; // of the next time; 0: none
    bool is_told_to_end;
    bool is_alone;   // nobody will ask how it went
    bool has_failed; // before that, and before anybody told it to end
    bool is_cut_off; // by the caller's end, which nobody has announced
    bool is_deaf;    // something of what the program wrote could not be kept
};

static pid_t start_host(const struct sockdrill_keeper_order *order) {
    if (order->host_lifeline < 0) return 0;
    pid_t const host = fork();
    if (host != 0) return host;
    close_all_but((const int[]){order->host_listener, order->host_lifeline}, 2);
    sockdrill_host_run(order->host_listener, order->host_lifeline, order->failure);
}

static void start(struct kept *kept, struct sockdrill_keeper_report *report) {
    const struct sockdrill_keeper_order *const order = kept->order;
    kept->host = start_host(order);
    close_one(order->host_listener);
    close_one(order->host_lifeline);
    if (kept->ended < 0) report->failed = "did not start: signalfd";
    else if (kept->host < 0) report->failed = "did not start: fork";
    if (report->failed) report->error = errno;
    else report->error = posix_spawn(&kept->program, order->program, order->actions, order->attributes,
                                     order->arguments, order->environment);
    if (report->error && !report->failed) report->failed = "did not start: posix_spawn";
    if (report->error) kept->program = 0;
    close_one(order->out);
    close_one(order->err);
    close_one(order->program_lifeline);
    lift_file_limit();
}

// ---- what the program writes

static bool write_whole(int fd, const char *bytes, size_t len_bytes) {
    for (ssize_t n = 0; len_bytes > 0; bytes += n, len_bytes -= (size_t)n)
        if ((n = write(fd, bytes, len_bytes)) < 0) return false; // nothing interrupts: all signals are blocked
    return true;
}

// True: it was something, or nothing ever comes any more.
static bool pump(struct kept *kept, int *from, int to) {
    char bytes[8192];
    bool is_news = false;
    ssize_t n = -1;
    while (*from >= 0 && (n = read(*from, bytes, sizeof bytes)) > 0) {
        if (!write_whole(to, bytes, (size_t)n)) kept->is_deaf = true;
        is_news = true;
    }
    if (n == 0) close_one(*from), *from = -1;
    return is_news;
}

static void wake(struct sockdrill_board *board) {
    atomic_fetch_add(&board->news, 1);
    syscall(SYS_futex, &board->news, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

// Who has asked before gets an answer: it has been looked at since.
static void pump_both(struct kept *kept, int *fds) {
    struct sockdrill_board *const board = kept->order->board;
    unsigned const asked = atomic_load(&board->asked);
    bool const is_out = pump(kept, &fds[0], kept->order->log_out), is_err = pump(kept, &fds[1], kept->order->log_err);
    bool const is_answer = atomic_exchange(&board->answered, asked) != asked;
    if (is_out || is_err || is_answer) wake(board);
}

// ---- what it waits for

static void collect(struct kept *kept) {
    struct signalfd_siginfo info;
    while (read(kept->ended, &info, sizeof info) > 0) continue;
    if (kept->program > 0 && waitpid(kept->program, &kept->status, WNOHANG) == kept->program) kept->program = 0;
    if (kept->host > 0 && waitpid(kept->host, NULL, WNOHANG) == kept->host) kept->host = 0;
}

// Whoever does not end is asked again, which to sockdrill means at once, and then not asked any more.
static void ask(struct kept *kept) {
    if (kept->program > 0) kill(kept->program, kept->asked++ < 2 ? SIGTERM : SIGKILL);
    kept->deadline_ns = sockdrill_now_ns() + GRACE_MS * INT64_C(1000000);
}

static int wait_ms(const struct kept *kept) {
    if (!kept->deadline_ns) return -1;
    int64_t const left_ns = kept->deadline_ns - sockdrill_now_ns();
    return left_ns > 0 ? (int)(left_ns / 1000000 + 1) : 0;
}

// Of several forks of the caller each may tell it to end: once.
static void hear(struct kept *kept) {
    char word = 0;
    ssize_t n = 0;
    while ((n = recv(kept->order->control, &word, 1, MSG_DONTWAIT)) == 1) {
        bool const is_end = word == SOCKDRILL_KEEPER_END && !kept->is_told_to_end;
        kept->is_told_to_end = kept->is_told_to_end || is_end;
        if (is_end && kept->program > 0) kill(kept->program, SIGTERM);
        if (word != SOCKDRILL_KEEPER_LEAVE) continue;
        kept->is_alone = true;
        atomic_store(&kept->order->board->is_left, true);
    }
    if (n == 0 || errno != EAGAIN) kept->is_alone = true; // everybody who could tell is gone
}

static void wait_for_anything(struct kept *kept, int *outputs) {
    struct pollfd fds[] = {{.fd = kept->ended, .events = POLLIN},
                           {.fd = kept->is_alone ? -1 : kept->order->control, .events = POLLIN},
                           {.fd = kept->is_alone ? -1 : kept->order->caller, .events = POLLIN},
                           {.fd = outputs[0], .events = POLLIN},
                           {.fd = outputs[1], .events = POLLIN}};
    if (poll(fds, sizeof fds / sizeof *fds, wait_ms(kept)) == 0) ask(kept);
    if (fds[1].revents) hear(kept);
    if (fds[2].revents) kept->is_alone = true;
}

static bool is_failing(const struct kept *kept) {
    char bytes[8192];
    ssize_t const n = pread(kept->order->log_out, bytes, sizeof bytes, 0);
    return n > 0 && memmem(bytes, (size_t)n, SOCKDRILL_FAILING, strlen(SOCKDRILL_FAILING)) != NULL;
}

// An end that was asked for may take as long as the scenario's servers need; one without a caller may not.
static void wait_for_program(struct kept *kept, int *outputs) {
    while (collect(kept), kept->program > 0) {
        bool const was_alone = kept->is_alone;
        wait_for_anything(kept, outputs);
        pump_both(kept, outputs);
        if (was_alone || !kept->is_alone) continue;
        kept->has_failed = is_failing(kept) && !kept->is_told_to_end;
        kept->is_cut_off = !kept->has_failed && !atomic_load(&kept->order->board->is_left);
        ask(kept);
    }
    kept->deadline_ns = 0;
    if (!kept->is_alone) kept->has_failed = kept->status != 0 && !kept->is_told_to_end;
    pump_both(kept, outputs); // all that it wrote is there to be read, whoever still holds the other end
    for (size_t i = 0; i < 2; i++) close_one(outputs[i]), outputs[i] = -1;
}

static void wait_for_host(struct kept *kept) {
    struct pollfd ended = {.fd = kept->ended, .events = POLLIN};
    kept->deadline_ns = sockdrill_now_ns() + GRACE_MS * INT64_C(1000000);
    while (collect(kept), kept->host > 0) {
        if (poll(&ended, 1, wait_ms(kept)) != 0) continue;
        kill(kept->host, SIGKILL);
        kept->deadline_ns = 0;
    }
    kept->deadline_ns = 0;
}

// ---- how it went

static void publish(const struct kept *kept, const struct sockdrill_keeper_report *report) {
    struct sockdrill_board *const board = kept->order->board;
    board->report = *report;
    board->report.status = kept->status;
    if (kept->is_deaf && !report->failed) {
        board->report.failed = "says more than there is memory for";
        board->report.error = ENOSPC;
    }
    atomic_store(&board->is_by_itself, kept->has_failed);
    atomic_store(&board->is_over, true);
    wake(board);
}

static void say(int fd, const char *words) { write_whole(fd, words, strlen(words)); }

// The caller's last word, where it ended without asking: an assertion has ended it in Check's fork mode, or a signal, which
// is what Check's timeout sends.
static void complain(const struct sockdrill_keeper_order *order) {
    static const char annotation[] = "\n::"; // what is behind it says the same once more
    char bytes[8192];
    off_t at = 0;
    say(order->complaints, order->title);
    say(order->complaints, ", when its test ended:\n");
    for (ssize_t n = 0, len = 1; len > 0 && (n = pread(order->log_told, bytes, sizeof bytes, at)) > 0; at += len) {
        const char *const end = memmem(bytes, (size_t)n, annotation, strlen(annotation));
        len = end ? end + 1 - bytes : n == sizeof bytes ? n - (ssize_t)strlen(annotation) : n;
        if (!write_whole(order->complaints, bytes, (size_t)len) || end) return;
    }
}

// ---- all of it

static void prepare(const struct sockdrill_keeper_order *order) {
    int const kept_fds[] = {order->control,          order->caller,       order->out,           order->err,
                            order->read_out,         order->read_err,     order->log_out,       order->log_err,
                            order->host_listener,    order->host_lifeline, order->host_held,    order->complaints,
                            order->program_lifeline, order->program_held};
    forget_signals();
    setpgid(0, 0); // Check kills a test's group, and a terminal's Ctrl-C is its own group's to hear
    syscall(SYS_prctl, PR_SET_NAME, "sockdrill-keep", 0, 0, 0); // a sanitizer's prctl() waits for the caller's threads
    close_all_but(kept_fds, sizeof kept_fds / sizeof *kept_fds);
}

_Noreturn void sockdrill_keeper_run(const struct sockdrill_keeper_order *order) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    __gcov_reset();
    prepare(order);
    int outputs[] = {order->read_out, order->read_err};
    struct sockdrill_keeper_report report = {0};
    struct kept kept = {.order = order, .ended = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK)};
    start(&kept, &report);
    wait_for_program(&kept, outputs);
    close_one(order->program_held);
    close_one(order->host_held);
    if (kept.ended >= 0) wait_for_host(&kept);
    if (order->path) unlink(order->path);
    if (order->folder) rmdir(order->folder);
    publish(&kept, &report);
    while (collect(&kept), !kept.is_alone) {
        wait_for_anything(&kept, outputs);
        pump_both(&kept, outputs);
    }
    bool const has_news = kept.has_failed || (kept.is_cut_off && kept.status != 0);
    if (has_news && !atomic_load(&order->board->is_told) && order->complaints >= 0) complain(order);
    __gcov_dump();
    _exit(0);
}
