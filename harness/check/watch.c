// What a child says and is told, from the caller's side: by any fork of it.
#include "bridge.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_NS = 1000000000 }; // how long a keeper may be gone, without a word, before that is seen

// A process that has closed everything may have another file by that number.
static bool is_here(const struct sockdrill_child *child) {
    struct stat facts;
    return child->control >= 0 && fstat(child->control, &facts) == 0 && facts.st_ino == child->control_inode &&
           S_ISSOCK(facts.st_mode);
}

static bool has_keeper(const struct sockdrill_child *child) {
    struct pollfd end = {.fd = child->control};
    if (!is_here(child)) return false;
    return poll(&end, 1, 0) <= 0 || !(end.revents & (POLLHUP | POLLERR));
}

// By its own offset: the file's is everybody's.
static void read_log(int fd, size_t *read_bytes, struct sockdrill_text *text) {
    char bytes[8192];
    ssize_t n = 0;
    while ((n = pread(fd, bytes, sizeof bytes, (off_t)*read_bytes)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return;
        sockdrill_text_add(text, bytes, (size_t)n);
        *read_bytes += (size_t)n;
    }
}

void sockdrill_child_look(struct sockdrill_child *child) {
    static const struct sockdrill_keeper_report none = {.failed = "is out of sight, and so is who waits for it", .error = EPIPE};
    bool const is_gone = !child->is_over && !has_keeper(child); // asked first: its last word may come before its end
    if (child->is_over) return;
    bool const is_told = atomic_load(&child->board->is_over);
    if (is_here(child)) {
        read_log(child->out, &child->out_bytes, &child->out_text);
        read_log(child->err, &child->err_bytes, &child->err_text);
    }
    if (is_told) child->report = child->board->report;
    else if (is_gone) child->report = none;
    child->is_over = is_told || is_gone;
}

unsigned sockdrill_child_news(const struct sockdrill_child *child) { return atomic_load(&child->board->news); }

bool sockdrill_child_wait_news(const struct sockdrill_child *child, unsigned seen, int64_t deadline_ns) {
    while (sockdrill_child_news(child) == seen && has_keeper(child)) {
        int64_t const left_ns = deadline_ns < 0 ? SLICE_NS : deadline_ns - sockdrill_now_ns();
        if (left_ns <= 0) return false;
        struct timespec const slice = {.tv_sec = left_ns >= SLICE_NS, .tv_nsec = left_ns >= SLICE_NS ? 0 : (long)left_ns};
        syscall(SYS_futex, &child->board->news, FUTEX_WAIT, seen, &slice, NULL, 0);
    }
    return true;
}

// Numbers that go round: the answer is not behind what was asked.
void sockdrill_child_catch_up(const struct sockdrill_child *child) {
    unsigned const asked = atomic_fetch_add(&child->board->asked, 1) + 1;
    sockdrill_child_tell(child, SOCKDRILL_KEEPER_LOOK);
    for (;;) {
        unsigned const seen = sockdrill_child_news(child);
        bool const is_answered = (int)(atomic_load(&child->board->answered) - asked) >= 0;
        if (is_answered || atomic_load(&child->board->is_over) || !has_keeper(child)) return;
        sockdrill_child_wait_news(child, seen, -1);
    }
}

void sockdrill_child_tell(const struct sockdrill_child *child, enum sockdrill_keeper_word word) {
    char const byte = (char)word;
    while (is_here(child) && send(child->control, &byte, 1, MSG_NOSIGNAL) < 0 && errno == EINTR) continue;
}

void sockdrill_child_wait(struct sockdrill_child *child) {
    for (;;) {
        unsigned const seen = sockdrill_child_news(child);
        sockdrill_child_look(child);
        if (child->is_over) return;
        sockdrill_child_wait_news(child, seen, -1);
    }
}
