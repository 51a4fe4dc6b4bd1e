// The end of a socket: the strict checks when it is closed, and what is kept of it behind that.
#include "descriptors.h"
#include "lifecycle.h"
#include "secure.h"
#include "sock.h"
#include "steps.h"
#include "task.h"

#include <errno.h>
#include <sys/epoll.h>

enum { SWEPT_AT_ONCE = 4096 }; // closed sockets, before it is looked which of them nobody needs

// --- closing

static void closed(struct task *task, struct sock *sock, enum close_reason reason, int64_t unread) {
    struct event *event = task ? task_event(task, EVENT_CLOSED) : journal_add(sock->part->journal, EVENT_CLOSED);
    event->actor = sock->actor->instance;
    event->socket = sock->number;
    event->code = (int32_t)reason;
    event->count = (uint64_t)unread;
}

// What our FIN makes of the state is certain where the kernel's is known `before` it. No other family has a state for its end.
static void note_fin(struct sock *sock, enum state before) {
    if (!net_is_tcp(sock->family)) return;
    if (before == STATE_ESTABLISHED) sock_note_state(sock, STATE_FIN_WAIT1, true);
    if (before == STATE_CLOSE_WAIT) sock_note_state(sock, STATE_LAST_ACK, true);
}

int sock_shutdown(struct sock *sock, enum shutdown_way way) {
    bool const ends = way != SHUTDOWN_READ;
    enum state const before = sock->connected ? sock_state(sock) : STATE_ANY;
    if (ends) lifecycle_closes(sock, TRACE_END);
    int const result = net_shutdown(sock->fd, way);
    if (sock->trace) sock_state(sock);
    if (result != 0 || !ends) return result;
    sock->end_sent = true;
    note_fin(sock, before);
    return 0;
}

// `unread` bytes are left behind.
static void release(struct sock *sock, bool abortive, int64_t unread) {
    // epoll(7) forgets a socket when its last descriptor is closed, and another may be with somebody else.
    if (sock->registered && sock->shared) epoll_ctl(sock->part->worker->epoll_fd, EPOLL_CTL_DEL, sock->fd, NULL);
    if (sock->connected && !abortive && !sock->shared && net_is_tcp(sock->family)) {
        enum state const before = sock_state(sock);
        if (unread == 0) note_fin(sock, before);
    }
    if (!sock->shared) lifecycle_closes(sock, abortive ? TRACE_ABORT : TRACE_END);
    if (sock->tls) secure_drop(sock);
    net_close(sock->fd, abortive);
    sock_wake_readers(sock); // whoever shared it
    sock_wake_writers(sock);
    sock->fd = -1;
    sock->part->closed_sockets++;
    sock->registered = false;
    sock->actor->open_sockets--;
    buffer_fini(&sock->held);
    sock->held_from = 0;
    descriptors_drop(sock);
    if (sock->trace) sock_state(sock);
    if (sock->shared) return; // its state is what it was
    if (abortive || sock->listening || !sock->connected) sock_note_state(sock, STATE_CLOSE, true);
}

static enum step_answer unmatched(struct task *task, struct sock *sock, int64_t unread) {
    struct buffer where = {0};
    describe_socket(sock, &where);
    uint8_t window[WINDOW_BYTES];
    ssize_t n = sock_peek(sock, window, sizeof window);
    struct failure *failure = task_failure_on(task, FAILURE_UNMATCHED, sock);
    struct arena *arena = &task->part->journal->arena;
    bool datagram = net_is_datagram(sock->family), one = datagram || unread <= 1;
    const char *what = unread == 0 ? arena_text(arena, "an empty %s", message_word(sock->family))
                                   : arena_text(arena, "%s%lld byte%s", datagram ? "a datagram of " : "", (long long)unread,
                                                unread == 1 ? "" : "s");
    failure->message = arena_text(arena, "%s arrived and %s never matched before the close of %s", what,
                                  one ? "was" : "were", where.data);
    failure->offset = failure->window_offset = sock->received_bytes;
    if (n > 0) failure->received = slice_of(arena_copy(arena, window, (size_t)n), (size_t)n);
    failure->wanted = "nothing more";
    buffer_fini(&where);
    return STEP_FAILED;
}

// A connection that its listener never gave to anybody.
static enum step_answer queued(struct task *task, struct sock *listener) {
    struct address peer, local;
    if (listener->is_counted && listener->left_to_accept == 0) return STEP_DONE; // nobody's
    int fd = net_accept(listener->fd, &peer);
    if (fd < 0) return STEP_DONE;
    char from[ADDRESS_TEXT_BYTES], at[ADDRESS_TEXT_BYTES];
    net_close(fd, true);
    task_failure_on(task, FAILURE_UNACCEPTED, listener)->message =
        arena_text(&task->part->journal->arena, "a connection from %s was still queued when the listener %s closed",
                   address_is_none(&peer) ? "a client" : address_text(&peer, from), address_text(sock_local(listener, &local), at));
    return STEP_FAILED;
}

// A TCP connection that was reset is CLOSE before anybody closes it; so is one that both ends have ended, and of that what has
// come counts. Of a program's reset nobody needs to be excused: what came before it is read by then.
static bool was_aborted(const struct sock *sock) {
    if (sock->lingers || !net_is_tcp(sock->family)) return false;
    if (net_state(sock->part->diag, sock->fd) != STATE_CLOSE) return false;
    return !sock->end_sent || sock->reset_seen || sock->last_error == EPIPE || net_error(sock->fd) != 0;
}

enum step_answer sock_close(struct task *task, struct sock *sock, enum close_reason reason) {
    bool abortive = reason == CLOSE_BY_RESET;
    bool notifies = !abortive && !(reason == CLOSE_BY_STEP && task_step(task)->without_notify);
    enum step_answer answer = notifies ? secure_notify(task, sock) : STEP_DONE;
    if (answer != STEP_DONE) return answer;
    sock_look_again(sock);
    int64_t unread = sock_unread(sock);
    bool message = !sock->listening && net_keeps_edges(sock->family) && sock_look(sock) > 0; // it may be empty
    if (sock->listening && !sock->passed_on) answer = queued(task, sock);
    // Who resets does not care what was left; who was reset by a scenario's `reset` need not: the verdict knows whose it was.
    // And what waits on a socket that was passed on is for whoever got it.
    else if ((unread > 0 || message) && !abortive && !sock->passed_on && !was_aborted(sock))
        answer = unmatched(task, sock, unread);
    closed(task, sock, reason, unread);
    sock->was_reset = abortive;
    release(sock, abortive, unread);
    return answer;
}

void sock_abandon(struct sock *sock) {
    if (sock->fd < 0) return;
    int64_t unread = sock_unread(sock);
    closed(NULL, sock, CLOSE_BY_STOP, unread);
    release(sock, true, unread);
}

// --- forgetting

void sock_free(struct sock *sock) {
    struct slab *slab = &sock->part->slab;
    static const struct address nobody;
    sock_set_local(sock, &nobody);
    sock_set_peer(sock, &nobody);
    buffer_fini(&sock->held);
    descriptors_free(sock);
    secure_free(sock);
    lifecycle_free(sock);
    slab_give(slab, sock->datagrams, sizeof *sock->datagrams);
    slab_give(slab, sock, sizeof *sock);
}

// A connection that the kernel knows no more, neither does the case: nothing is on its way from it, and there is no TIME_WAIT
// to end. What drops, rates and traces make of one is not as plain.
static bool is_gone(struct sock *sock) {
    const struct case_run *run = sock->part->run;
    if (sock->fd >= 0 || sock->shared || !net_is_tcp(sock->family) || sock->family == FAMILY_MPTCP) return false;
    if (run->trace || run->plan->world.has_drops || atomic_load(&run->is_slowed)) return false;
    struct address local, peer;
    return !sock->connected ||
           net_state_of_pair(sock->part->diag, sock_local(sock, &local), sock_peer(sock, &peer)) == STATE_CLOSE;
}

static void need(struct sock *sock) {
    if (sock) sock->is_needed = true;
}

// What a step could still name, or an attribute ask for.
static void need_all(struct part *part) {
    for (uint32_t i = 0; i < part->actor_count; i++) need(part->actors[i].latest);
    for (struct list *link = part->tasks.next; link != &part->tasks; link = link->next) {
        struct task *task = list_entry(link, struct task, part_link);
        const struct plan *plan = part->run->plan;
        uint32_t const named = plan->actors[plan->instances[task->actor->instance].actor].socket_slot_count;
        for (uint32_t i = 0; i < named; i++) need(task->sockets[i]);
        for (const struct block_run *block = task->block; block; block = block->outer) need(block->current);
        need(task->current);
        need(task->waits_socket);
        enum step_kind const kind = task_step(task)->kind;
        // Between two steps its progress is still that of the one before.
        if (task->step_entered && (kind == STEP_CONNECT || kind == STEP_ACCEPT)) need(task->progress.socket);
    }
}

void sock_sweep(struct part *part) {
    if (part->closed_sockets < 2 * part->swept_sockets + SWEPT_AT_ONCE) return;
    need_all(part);
    struct list *link = part->sockets.next;
    while (link != &part->sockets) {
        struct sock *sock = list_entry(link, struct sock, link);
        link = link->next;
        bool const is_needed = sock->is_needed;
        sock->is_needed = false;
        if (is_needed || !is_gone(sock)) continue;
        list_remove(&sock->link);
        list_remove(&sock->block_link);
        sock_free(sock);
        part->closed_sockets--;
    }
    part->swept_sockets = part->closed_sockets; // the kernel still knows them: looking again and again would take its time
}
