// Whether everybody waits in vain. Each part reports what its tasks wait for and what is on its sockets' way; the home puts
// the reports together. Only what can be proved is called a deadlock: a timer, a connect in progress (the kernel's own
// timers), bytes on their way, or a peer that is not ours leave it open.
#include "deadlock.h"
#include "part.h"
#include "program.h"
#include "sock.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

// An end of a TCP connection: of these there are thousands. Immutable.
struct end_report {
    struct short_address local, peer; // as the other end sees them
    bool open;
    bool is_read;   // somebody waits for what comes
    bool is_full;   // somebody waits for room to send
    bool end_sent;  // whoever reads at the peer gets it: of MPTCP no state tells that it is still on its way
    bool in_flight; // bytes or a FIN that the peer's kernel has not acknowledged
};

// A listener that is open. Immutable.
struct listener_report {
    int port;
    bool awaited; // somebody waits for a connection there, and none is queued
};

// A socket whose other end no pair of addresses tells: a datagram socket, or a Unix one. Immutable.
struct name_report {
    struct address local;
    uint64_t inode;      // 0: it is closed
    bool is_waited_for; // somebody here reads from it, or would write
    struct address peer; // whom it hears from, none: whoever knows it
    uint64_t peer_inode; // 0: it is no connected Unix socket, or the other end was never accepted
    bool hears_others;   // who they are nobody can tell, or what they sent may take its time
};

struct wait_report {
    uint64_t activity;
    bool may_go_on;  // somebody can run, or a timer will wake somebody
    bool only_board; // nobody here waits for a socket: then the ends do not matter
    bool runs_program; // which may talk to whomever it likes
    bool waits_exit;   // somebody waits for such a process to end
    struct end_report *ends;
    uint32_t end_count, read_count, full_count;
    struct listener_report *listeners;
    uint32_t listener_count;
    struct name_report *names;
    uint32_t name_count;
};

static bool may_go_on(const struct task *task) {
    // Whoever waits for room in a Unix listener's queue looks again and again; that alone makes none.
    if (task->progress.queue_full) return task->deadline_ns != CLOCK_NEVER;
    if (task->timer.position != 0) return true;
    const struct sock *sock = task->waits_socket;
    if (sock && sock->stream) return true; // who has the other end nobody here knows
    switch (task->waiting) {
    case STEP_WANTS_EVENT: return task->looks_due > 0 || part_open_question(task); // their answer is on its way
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

// A FIN was sent and is not acknowledged.
static bool fin_in_flight(enum state state) {
    return state == STATE_FIN_WAIT1 || state == STATE_LAST_ACK || state == STATE_CLOSING;
}

static void set_unmapped(struct short_address *to, const struct address *address) {
    struct address unmapped = address_unmapped(address);
    short_address_set(to, &unmapped, NULL); // of TCP, none lies elsewhere
}

static struct end_report end_of(struct sock *sock) {
    struct diag_socket *diag = sock->part->diag;
    struct end_report end = {
        .open = sock->fd >= 0,
        .is_read = !list_empty(&sock->readers),
        .is_full = !list_empty(&sock->writers),
        .end_sent = sock->end_sent || sock->fd < 0,
    };
    struct address local_room, peer_room;
    const struct address *local = sock_local(sock, &local_room), *peer = sock_peer(sock, &peer_room);
    set_unmapped(&end.local, local);
    set_unmapped(&end.peer, peer);
    if (end.open) {
        end.in_flight = net_queued_out(sock->fd) > 0 || fin_in_flight(net_state(diag, sock->fd));
        return end;
    }
    uint32_t in = 0, out = 0;
    enum state state = net_state_of_pair(diag, local, peer);
    bool there = net_queues_of_pair(diag, local, peer, &in, &out);
    end.in_flight = there && (out > 0 || fin_in_flight(state));
    return end;
}

static void *room(size_t count, size_t element_bytes) {
    return memory_need(calloc(count + 1, element_bytes));
}

static struct name_report name_of(struct sock *sock) {
    bool waited_for = !list_empty(&sock->readers) || !list_empty(&sock->writers) || sock->connecting;
    struct address room;
    struct name_report name = {.local = *sock_local(sock, &room), .is_waited_for = waited_for};
    name.hears_others = sock->shared || !(net_is_ip(sock->family) || net_carries_fds(sock->family));
    if (sock->fd < 0) return name;
    name.inode = net_inode(sock->fd);
    name.peer = sock->connected || sock->connecting ? *sock_peer(sock, &room) : *sock_sent_to(sock);
    if (sock->connected && net_family(sock->family)->domain == AF_UNIX)
        name.peer_inode = net_unix_peer_inode(sock->part->diag, sock->fd);
    return name;
}

static void report_ends(struct part *part, struct wait_report *report) {
    size_t ends = 0, listeners = 0, names = 0;
    for (struct list *link = part->sockets.next; link != &part->sockets; link = link->next) {
        const struct sock *sock = list_entry(link, struct sock, link);
        bool const is_tcp = net_is_tcp(sock->family);
        ends += is_tcp && sock->connected;
        listeners += is_tcp && sock->listening;
        names += !is_tcp;
    }
    report->ends = room(ends, sizeof *report->ends);
    report->listeners = room(listeners, sizeof *report->listeners);
    report->names = room(names, sizeof *report->names);
    for (struct list *link = part->sockets.next; link != &part->sockets; link = link->next) {
        struct sock *sock = list_entry(link, struct sock, link);
        if (!net_is_tcp(sock->family)) {
            report->names[report->name_count++] = name_of(sock);
            continue;
        }
        struct address local;
        if (sock->listening && sock->fd >= 0)
            report->listeners[report->listener_count++] =
                (struct listener_report){.port = address_port(sock_local(sock, &local)), .awaited = !list_empty(&sock->readers)};
        if (!sock->connected) continue;
        // Whoever else has a descriptor of it may read, write and keep it open.
        report->may_go_on = report->may_go_on || sock->shared;
        struct end_report *end = &report->ends[report->end_count++];
        *end = end_of(sock);
        report->read_count += end->is_read;
        report->full_count += end->is_full;
    }
}

struct wait_report *deadlock_report(struct part *part) {
    struct wait_report *report = memory_need(calloc(1, sizeof *report));
    report->activity = part->activity;
    report->may_go_on = atomic_load(&part->run->is_slowed); // of what waits in the line not all is known
    report->only_board = true;
    report->runs_program = programs_run(part);
    for (struct list *link = part->tasks.next; link != &part->tasks && !report->may_go_on; link = link->next) {
        const struct task *task = list_entry(link, struct task, part_link);
        report->may_go_on = may_go_on(task);
        report->only_board = report->only_board && !task->waits_socket && !task->progress.queue_full;
        report->waits_exit = report->waits_exit || task->waits_exit;
    }
    if (!report->may_go_on) report_ends(part, report);
    return report;
}

void wait_report_free(struct wait_report *report) {
    if (!report) return;
    free(report->ends);
    free(report->listeners);
    free(report->names);
    free(report);
}

bool wait_report_same(const struct wait_report *a, const struct wait_report *b) {
    return a->activity == b->activity && a->may_go_on == b->may_go_on && a->end_count == b->end_count &&
           a->read_count == b->read_count && a->full_count == b->full_count && a->listener_count == b->listener_count;
}

static int by_pair(const void *left, const void *right) {
    const struct end_report *a = left, *b = right;
    int order = memcmp(&a->local, &b->local, sizeof a->local);
    return order ? order : memcmp(&a->peer, &b->peer, sizeof a->peer);
}

// NULL: it is not ours, or was never accepted.
static const struct end_report *other_end(const struct end_report *end, const struct end_report *ends, uint32_t count) {
    struct end_report wanted = {.local = end->peer, .peer = end->local};
    return bsearch(&wanted, ends, count, sizeof *ends, by_pair);
}

static int port_of(const struct short_address *from) {
    struct address room;
    return (int)address_port(short_address_get(from, &room));
}

// Our listener at that port, or NULL.
static const struct listener_report *listener_at(struct wait_report *const *reports, uint32_t count, int port) {
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < reports[i]->listener_count; k++)
            if (reports[i]->listeners[k].port == port) return &reports[i]->listeners[k];
    return NULL;
}

// Whether this open end will never get what the other end could send: that is ours, with nothing on its way from there, or
// it is still in the queue of a listener of ours from which nobody takes it. (Where somebody waits at that listener, the
// connection is on its way there: the kernel has not handled the last ACK.) Where all others have finished, that holds of theirs.
static bool hears_nothing(const struct end_report *end, struct wait_report *const *reports, uint32_t count,
                          const struct end_report *ends, uint32_t end_count, bool is_alone) {
    const struct end_report *other = other_end(end, ends, end_count);
    if (other) return !other->end_sent && !other->in_flight;
    const struct listener_report *listener = listener_at(reports, count, port_of(&end->peer));
    return listener ? !listener->awaited : is_alone;
}

// Whether only ours could make room for what this open end sends: its other end, from which nobody reads, or a listener's
// queue.
static bool gets_no_room(const struct end_report *end, struct wait_report *const *reports, uint32_t count,
                         const struct end_report *ends, uint32_t end_count, bool is_alone) {
    const struct end_report *other = other_end(end, ends, end_count);
    if (other) return other->open;
    const struct listener_report *listener = listener_at(reports, count, port_of(&end->peer));
    return listener ? !listener->awaited : is_alone;
}

// A connection that somebody waits for has not come to its listener yet.
static bool connection_in_flight(struct wait_report *const *reports, uint32_t count, const struct end_report *ends,
                                 uint32_t end_count) {
    for (uint32_t i = 0; i < end_count; i++) {
        if (!ends[i].open || other_end(&ends[i], ends, end_count)) continue;
        const struct listener_report *listener = listener_at(reports, count, port_of(&ends[i].peer));
        if (listener && listener->awaited) return true;
    }
    return false;
}

static bool is_of(const struct address *address, const struct address *local) {
    struct address a = address_unmapped(address), b = address_unmapped(local);
    if (address_port(&a) >= 0) return address_port(&a) == address_port(&b); // the host may be a wildcard
    return !address_is_none(&b) && address_equal(&a, &b);
}

// Whether whoever could send to it is ours: its peer, or whom it sent to; nobody else knows of it.
static bool hears_only_ours(const struct name_report *name, struct wait_report *const *reports, uint32_t count) {
    if (address_is_none(&name->peer) && name->peer_inode == 0) return true;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < reports[i]->name_count; k++) {
            const struct name_report *other = &reports[i]->names[k];
            bool same = name->peer_inode ? name->peer_inode == other->inode : is_of(&name->peer, &other->local);
            if (same) return !other->hears_others;
        }
    return false;
}

static bool somebody_hears_others(struct wait_report *const *reports, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < reports[i]->name_count; k++)
            if (reports[i]->names[k].is_waited_for && (reports[i]->names[k].hears_others ||
                                                       !hears_only_ours(&reports[i]->names[k], reports, count)))
                return true;
    return false;
}

// All ends, by their pairs. What was on its way in the earlier round may have come since, behind the back of whoever was asked
// before it came: only what was not on its way then is not.
static struct end_report *all_ends(struct wait_report *const *reports, struct wait_report *const *earlier, uint32_t count,
                                   uint32_t total) {
    struct end_report *ends = room(total, sizeof *ends), *next = ends;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < reports[i]->end_count; k++) {
            *next = reports[i]->ends[k];
            next++->in_flight |= earlier[i]->ends[k].in_flight;
        }
    qsort(ends, total, sizeof *ends, by_pair);
    return ends;
}

bool deadlock_found(struct wait_report *const *reports, struct wait_report *const *earlier, uint32_t count, bool is_alone) {
    bool only_board = true, runs_program = false, waits_exit = false;
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (reports[i]->may_go_on) return false;
        only_board = only_board && reports[i]->only_board;
        runs_program = runs_program || reports[i]->runs_program;
        waits_exit = waits_exit || reports[i]->waits_exit;
        total += reports[i]->end_count;
    }
    if (runs_program && (waits_exit || !only_board)) return false;
    if (only_board) return true;
    if (!is_alone && somebody_hears_others(reports, count)) return false;
    struct end_report *ends = all_ends(reports, earlier, count, total);
    bool found = !connection_in_flight(reports, count, ends, total);
    for (uint32_t i = 0; i < count && found; i++) {
        for (uint32_t k = 0; k < reports[i]->end_count && found; k++) {
            const struct end_report *end = &reports[i]->ends[k];
            found = !(end->is_read && !hears_nothing(end, reports, count, ends, total, is_alone)) &&
                    !(end->is_full && !gets_no_room(end, reports, count, ends, total, is_alone));
        }
    }
    free(ends);
    return found;
}
