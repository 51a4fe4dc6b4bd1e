// Whether everybody waits in vain. Each part reports what its tasks wait for and what is on its sockets' way; the home puts
// the reports together. Only what can be proved is called a deadlock: a timer, a connect in progress (the kernel's own
// timers), bytes on their way, or a peer that is not ours leave it open.
#include "play.h"

#include <stdlib.h>
#include <string.h>

// An end of a connection. Immutable.
struct end_report {
    struct address local, peer;
    bool open;
    bool in_flight; // bytes or a FIN that the peer's kernel has not acknowledged
};

struct wait_report {
    uint64_t activity;
    bool may_go_on;  // somebody can run, or a timer will wake somebody
    bool only_board; // nobody here waits for a socket: then the ends do not matter
    struct end_report *ends;  // of every TCP connection
    uint32_t end_count;
    struct end_report *reads; // of those that are being read
    uint32_t read_count;
};

static bool is_tcp(const struct sock *sock) { return net_family(sock->family)->form == FORM_INET; }

static bool may_go_on(const struct task *task) {
    if (task->timer.position != 0) return true;
    const struct sock *sock = task->waits_socket;
    switch (task->waiting) {
    case STEP_WANTS_EVENT: return task->looks_due > 0 || task->progress.answers_due > 0; // their answer is on its way
    case STEP_WANTS_READ:
        if (!sock || sock->fd < 0) return true;
        return net_readable(sock->fd);
    case STEP_WANTS_WRITE: return !sock || sock->fd < 0 || sock->connecting || net_writable(sock->fd);
    case STEP_DONE:
    case STEP_WANTS_TIME:
    case STEP_FAILED: return true;
    }
    return true;
}

static struct end_report end_of(struct sock *sock) {
    struct end_report end = {.local = sock->local, .peer = sock->peer, .open = sock->fd >= 0};
    if (end.open) {
        end.in_flight = net_queued_out(sock->fd) > 0;
        return end;
    }
    uint32_t in = 0, out = 0;
    enum state state = net_state_of_pair(&sock->part->worker->diag, &sock->local, &sock->peer);
    bool there = net_queues_of_pair(&sock->part->worker->diag, &sock->local, &sock->peer, &in, &out);
    end.in_flight = there && (out > 0 || state == STATE_FIN_WAIT1 || state == STATE_LAST_ACK || state == STATE_CLOSING);
    return end;
}

static struct end_report *room(size_t count) {
    struct end_report *ends = calloc(count + 1, sizeof *ends);
    if (!ends) exit(3);
    return ends;
}

static void report_ends(struct part *part, struct wait_report *report) {
    size_t count = 0;
    for (struct list *link = part->sockets.next; link != &part->sockets; link = link->next) count++;
    report->ends = room(count);
    report->reads = room(count);
    for (struct list *link = part->sockets.next; link != &part->sockets; link = link->next) {
        struct sock *sock = list_entry(link, struct sock, link);
        if (!is_tcp(sock) || !sock->connected) continue;
        report->ends[report->end_count++] = end_of(sock);
        if (sock->reader) report->reads[report->read_count++] = end_of(sock);
    }
}

struct wait_report *deadlock_report(struct part *part) {
    struct wait_report *report = calloc(1, sizeof *report);
    if (!report) exit(3);
    report->activity = part->activity;
    report->only_board = true;
    for (struct list *link = part->tasks.next; link != &part->tasks && !report->may_go_on; link = link->next) {
        const struct task *task = list_entry(link, struct task, part_link);
        report->may_go_on = may_go_on(task);
        report->only_board = report->only_board && !task->waits_socket;
    }
    if (!report->may_go_on) report_ends(part, report);
    return report;
}

void wait_report_free(struct wait_report *report) {
    if (!report) return;
    free(report->ends);
    free(report->reads);
    free(report);
}

bool wait_report_same(const struct wait_report *a, const struct wait_report *b) {
    return a->activity == b->activity && a->may_go_on == b->may_go_on && a->end_count == b->end_count &&
           a->read_count == b->read_count;
}

static int by_pair(const void *left, const void *right) {
    const struct end_report *a = left, *b = right;
    int order = memcmp(&a->local.as, &b->local.as, sizeof a->local.as);
    return order ? order : memcmp(&a->peer.as, &b->peer.as, sizeof a->peer.as);
}

// What is read comes from the other end: it is ours, and nothing is on its way from there.
static bool reads_in_vain(const struct end_report *read, const struct end_report *ends, uint32_t count) {
    struct end_report wanted = {.local = read->peer, .peer = read->local};
    const struct end_report *other = bsearch(&wanted, ends, count, sizeof *ends, by_pair);
    return other && !other->in_flight;
}

bool deadlock_found(struct wait_report *const *reports, uint32_t count) {
    bool only_board = true;
    uint32_t total = 0, used = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (reports[i]->may_go_on) return false;
        only_board = only_board && reports[i]->only_board;
        total += reports[i]->end_count;
    }
    if (only_board) return true;
    struct end_report *ends = room(total);
    for (uint32_t i = 0; i < count; i++) {
        if (reports[i]->end_count == 0) continue;
        memcpy(ends + used, reports[i]->ends, reports[i]->end_count * sizeof *ends);
        used += reports[i]->end_count;
    }
    qsort(ends, used, sizeof *ends, by_pair);
    bool found = true;
    for (uint32_t i = 0; i < count && found; i++)
        for (uint32_t k = 0; k < reports[i]->read_count && found; k++)
            found = reads_in_vain(&reports[i]->reads[k], ends, used);
    free(ends);
    return found;
}
