// The engine's sockets: what it knows of each, how bytes leave the kernel, and the strict checks when one is closed.
#include "board.h"
#include "descriptors.h"
#include "env.h"
#include "lifecycle.h"
#include "packets.h"
#include "news.h"
#include "secure.h"
#include "sock.h"
#include "steps.h"
#include "stream.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

// --- waiting

static void wake_all(struct list *waiting) {
    while (!list_empty(waiting)) task_wake_first(list_entry(waiting->next, struct task, wait_link));
}

void sock_wake_readers(struct sock *sock) { wake_all(&sock->readers); }
void sock_wake_writers(struct sock *sock) { wake_all(&sock->writers); }

static void ready(struct epoll_target *target, uint32_t epoll_events) {
    struct sock *sock = list_entry(target, struct sock, target);
    if (epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) wake_all(&sock->readers);
    if (epoll_events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) wake_all(&sock->writers);
}

int sock_watch(struct sock *sock) {
    if (sock->stream) return stream_watch(sock);
    if (sock->registered) return 0;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = &sock->target};
    if (epoll_ctl(sock->part->worker->epoll_fd, EPOLL_CTL_ADD, sock->fd, &event) != 0) return -errno;
    sock->registered = true;
    return 0;
}

// --- opening

struct sock *sock_open(struct task *task, enum family_word family, int fd, uint32_t slot) {
    struct part *part = task->part;
    struct sock *sock = arena_alloc(&part->arena, sizeof *sock);
    sock->target.ready = ready;
    sock->part = part;
    sock->actor = task->actor;
    sock->number = journal_new_socket(part->journal);
    sock->fd = fd;
    list_init(&sock->readers);
    list_init(&sock->writers);
    sock->family = family;
    if (net_keeps_edges(family) && !net_is_datagram(family)) net_stamp_records(fd);
    list_append(&part->sockets, &sock->link);
    list_append(&task->blocks[task->block_count - 1].sockets, &sock->block_link);
    task->actor->open_sockets++;
    task->actor->latest = sock;
    task->current = sock;
    if (slot != PLAN_NONE) {
        task->sockets[slot] = sock;
        sock->name = part->run->plan->actors[task_step(task)->actor].socket_names[slot];
    }
    return sock;
}

// --- state and addresses

void sock_note_state(struct sock *sock, enum state state, bool certain) { path_note(&sock->path, state, certain); }

enum state sock_state(struct sock *sock) {
    if (sock->stream) return STATE_ANY;
    struct diag_socket *diag = sock->part->diag;
    enum state state = STATE_CLOSE;
    if (sock->fd >= 0) state = net_state(diag, sock->fd);
    // An open descriptor says CLOSE once its pair has gone on to TIME_WAIT; only the pair itself tells.
    bool had_pair = !address_is_none(&sock->local) && !address_is_none(&sock->peer);
    if (state == STATE_CLOSE && had_pair && net_is_tcp(sock->family) && !sock->was_reset && !sock->reset_seen)
        state = net_state_of_pair(diag, &sock->local, &sock->peer);
    sock_note_state(sock, state, false);
    // Of a descriptor, and of what we have reset, CLOSE is certain.
    if (state == STATE_CLOSE && sock->fd < 0 && !sock->was_reset) lifecycle_forgotten(sock);
    else lifecycle_seen(sock, state);
    return state;
}

void sock_refresh_addresses(struct sock *sock) {
    if (sock->fd < 0) return;
    struct address local, peer;
    net_local(sock->fd, &local);
    net_peer(sock->fd, &peer);
    // What was known stays known: a connection that was reset has no peer any more, but it had one.
    if (!address_is_none(&local)) sock->local = local;
    if (!address_is_none(&peer)) sock->peer = peer;
}

// Its addresses become futures that others may read; the first socket of an actor that has one sets it.
void sock_publish(struct task *task, struct sock *sock) {
    uint32_t instance = task->actor->instance;
    const struct plan *plan = task->part->run->plan;
    if (!plan->actors[plan->instances[instance].actor].is_read) return;
    struct value value = {.kind = VALUE_ADDRESS, .address_has_port = true, .family = sock->family};
    if (!address_is_none(&sock->local)) {
        value.address = &sock->local;
        board_publish(task->part, instance, FUTURE_LOCAL, &value);
    }
    if (!address_is_none(&sock->peer)) {
        value.address = &sock->peer;
        board_publish(task->part, instance, FUTURE_PEER, &value);
    }
    bool serves = sock->listening || (net_is_datagram(sock->family) && !sock->connected && !address_is_none(&sock->local));
    if (!serves || task->actor->has_address) return;
    task->actor->has_address = true;
    value.address = &sock->local;
    value.address_name = env_name(sock->host);
    board_publish(task->part, instance, FUTURE_ADDRESS, &value);
}

void sock_snapshot(struct task *task, struct sock *sock) {
    if (sock->stream) return;
    enum state state = sock_state(sock);
    struct arena *arena = &task->part->journal->arena;
    struct event *event = task_event(task, EVENT_SNAPSHOT);
    event->socket = sock->number;
    event->code = sock->fd;
    event->count = sock->family;
    event->offset = state;
    event->address = arena_copy(arena, &sock->local, sizeof sock->local);
    event->peer = arena_copy(arena, &sock->peer, sizeof sock->peer);
}

// --- bytes

// On a Unix socket descriptors may come along, whether anybody expects some or not.
static ssize_t receive(struct sock *sock, void *data, size_t len_bytes) {
    if (sock->stream) return stream_read(sock, data, len_bytes);
    if (!net_carries_fds(sock->family) || descriptors_never(sock)) return net_recv(sock->fd, data, len_bytes);
    struct net_fds came;
    ssize_t n = net_recv_fds(sock->fd, data, len_bytes, &came);
    descriptors_hold(sock, &came);
    return n;
}

ssize_t sock_read(struct sock *sock, void *data, size_t len_bytes) {
    size_t held = sock->held.len_bytes - sock->held_from;
    if (held > 0) {
        size_t n = held < len_bytes ? held : len_bytes;
        memcpy(data, sock->held.data + sock->held_from, n);
        sock->held_from += n;
        if (sock->stream) stream_consumed(sock);
        return (ssize_t)n;
    }
    if (sock->reset_seen) return -ECONNRESET;
    if (sock->end_seen) return 0;
    ssize_t n = sock->tls ? secure_read(sock, data, len_bytes) : receive(sock, data, len_bytes);
    if (n == -ECONNRESET) sock->reset_seen = true;
    if (n == 0 && len_bytes > 0) sock->end_seen = true;
    if (n < 0 && n != -EAGAIN) sock->last_error = (int)-n;
    return n;
}

ssize_t sock_peek(struct sock *sock, void *data, size_t len_bytes) {
    size_t held = sock->held.len_bytes - sock->held_from;
    if (held > 0) {
        size_t n = held < len_bytes ? held : len_bytes;
        memcpy(data, sock->held.data + sock->held_from, n);
        return (ssize_t)n;
    }
    if (sock->reset_seen) return -ECONNRESET;
    if (sock->end_seen) return 0;
    ssize_t n = sock->stream ? stream_peek(sock, data, len_bytes)
                : sock->tls  ? secure_peek(sock, data, len_bytes)
                             : net_peek(sock->fd, data, len_bytes);
    if (n == -ECONNRESET) sock->reset_seen = true; // a peek takes the error all the same
    if (n < 0 && n != -EAGAIN) sock->last_error = (int)-n;
    return n;
}

ssize_t sock_look(struct sock *sock) {
    uint8_t byte;
    if (!net_keeps_edges(sock->family)) return sock_peek(sock, &byte, 1);
    if (sock->has_message) return 1;
    if (sock->reset_seen) return -ECONNRESET;
    if (sock->end_seen) return 0;
    struct message_info info;
    ssize_t n = net_peek_message(sock->fd, &byte, 1, &info);
    if (n == -ECONNRESET) sock->reset_seen = true;
    if (n < 0 && n != -EAGAIN) sock->last_error = (int)-n;
    if (n < 0) return n;
    return info.ended && !net_is_datagram(sock->family) ? 0 : 1;
}

int64_t sock_unread(struct sock *sock) {
    if (sock->stream) return stream_unread(sock);
    int64_t held = (int64_t)(sock->held.len_bytes - sock->held_from);
    if (sock->fd < 0 || sock->listening || !(sock->connected || net_is_datagram(sock->family))) return held;
    if (sock->tls) return secure_unread(sock);
    if (sock->end_seen) return held; // behind the end there is nothing, whatever the family's queue counts
    int64_t queued = net_queued_in(sock->fd);
    return held + (queued > 0 ? queued : 0);
}

// Of one direction. Where more is wanted than KEPT_BYTES, all sockets of the case share what there is of it; those whose
// packets are captured need none.
static size_t room_to_keep(struct sock *sock, uint32_t kept) {
    struct case_run *run = sock->part->run;
    size_t const least = kept < KEPT_BYTES ? KEPT_BYTES - kept : 0;
    size_t const wanted = run->engine->options->kept_bytes;
    if (wanted <= kept + least || (run->packets && net_is_ip(sock->family))) return least;
    uint64_t const shared = atomic_load_explicit(&run->kept_bytes, memory_order_relaxed);
    size_t const more = shared < KEPT_CASE_BYTES ? KEPT_CASE_BYTES - shared : 0;
    return least + (more < wanted - kept - least ? more : wanted - kept - least);
}

// What of a piece of a stream the journal keeps.
static struct slice keep(struct sock *sock, uint32_t *kept, const void *data, size_t len_bytes) {
    size_t n = room_to_keep(sock, *kept);
    if (n > len_bytes) n = len_bytes;
    if (n == 0) return slice_of(NULL, 0);
    uint64_t const before = *kept > KEPT_BYTES ? *kept : KEPT_BYTES;
    *kept += (uint32_t)n;
    if (*kept > before) atomic_fetch_add_explicit(&sock->part->run->kept_bytes, *kept - before, memory_order_relaxed);
    return slice_of(arena_copy(&sock->part->journal->arena, data, n), n);
}

// Bytes that the journal keeps nothing of are added to the newest event of their step, so that a long stream is one line.
static bool adds_to(const struct task *task, struct sock *sock, const struct event *newest, enum event_kind kind,
                    uint32_t kept) {
    if (!newest || newest->kind != kind || news_has_told(task->part, newest)) return false;
    if (task->part->noted) return true;
    return newest->step == task->pc && newest->bytes.len_bytes == 0 && room_to_keep(sock, kept) == 0;
}

// One direction's bytes: `newest` is its newest event, `kept` and `total` are what is kept and counted of it so far.
static void note_bytes(struct task *task, struct sock *sock, enum event_kind kind, struct event **newest, uint32_t *kept,
                       uint64_t *total, struct slice bytes) {
    if (task->part->thread == 0) packets_poll(task->part->run); // a step may go on for long, and the ring has its limit
    if (!adds_to(task, sock, *newest, kind, *kept)) {
        *newest = task_event(task, kind);
        (*newest)->socket = sock->number;
        (*newest)->offset = *total;
        (*newest)->bytes = keep(sock, kept, bytes.data, bytes.len_bytes);
    }
    (*newest)->count += bytes.len_bytes;
    *total += bytes.len_bytes;
}

// Where packets are wanted, a capture made from the journal needs the other end of every datagram.
static void note_other(struct task *task, struct sock *sock, bool receives, const struct address *other) {
    const struct address **told = receives ? &sock->told_from : &sock->told_to;
    if (!net_is_datagram(sock->family) || !sock->part->run->engine->options->packets) return;
    if (*told && address_equal(*told, other)) return;
    struct arena *arena = &sock->part->journal->arena;
    sock_refresh_addresses(sock); // the first `send to` binds it
    *told = arena_copy(arena, other, sizeof *other);
    struct event *event = task_event(task, EVENT_ADDRESSED);
    event->socket = sock->number;
    event->code = receives;
    event->address = arena_copy(arena, &sock->local, sizeof sock->local);
    event->peer = *told;
}

void sock_sent(struct task *task, struct sock *sock, const void *data, size_t len_bytes) {
    note_other(task, sock, false, task_step(task)->to ? &sock->sent_to : &sock->peer);
    note_bytes(task, sock, EVENT_SENT, &sock->sent_event, &sock->kept_out, &sock->sent_bytes, slice_of(data, len_bytes));
}

void sock_received(struct task *task, struct sock *sock, enum event_kind kind, const void *data, size_t len_bytes) {
    note_other(task, sock, true, address_is_none(&sock->sender) ? &sock->peer : &sock->sender);
    if (len_bytes == 0) return;
    note_bytes(task, sock, kind, &sock->received_event, &sock->kept_in, &sock->received_bytes, slice_of(data, len_bytes));
}

// --- closing

static void closed(struct task *task, struct sock *sock, enum close_reason reason, int64_t unread) {
    struct event *event = task ? task_event(task, EVENT_CLOSED) : journal_add(sock->part->journal, EVENT_CLOSED);
    event->actor = sock->actor->instance;
    event->socket = sock->number;
    event->code = (int32_t)reason;
    event->count = (uint64_t)unread;
}

static void release(struct sock *sock, bool abortive) {
    // epoll(7) forgets a socket when its last descriptor is closed, and another may be with somebody else.
    if (sock->registered && sock->shared) epoll_ctl(sock->part->worker->epoll_fd, EPOLL_CTL_DEL, sock->fd, NULL);
    if (sock->connected && !abortive && !sock->shared && net_is_tcp(sock->family)) {
        // What close(2) will do to the state is certain where the kernel's state is known before it.
        enum state before = sock_state(sock);
        if (before == STATE_ESTABLISHED && sock_unread(sock) == 0) sock_note_state(sock, STATE_FIN_WAIT1, true);
        if (before == STATE_CLOSE_WAIT && sock_unread(sock) == 0) sock_note_state(sock, STATE_LAST_ACK, true);
    }
    if (!sock->shared) lifecycle_closes(sock, abortive ? TRACE_ABORT : TRACE_END);
    if (sock->tls) secure_drop(sock);
    net_close(sock->fd, abortive);
    wake_all(&sock->readers); // whoever shared it
    wake_all(&sock->writers);
    sock->fd = -1;
    sock->registered = false;
    sock->actor->open_sockets--;
    buffer_fini(&sock->held);
    sock->held_from = 0;
    descriptors_drop(sock);
    if (sock->end) sock_state(sock);
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
    struct address peer;
    int fd = net_accept(listener->fd, &peer);
    if (fd < 0) return STEP_DONE;
    char from[ADDRESS_TEXT_BYTES], at[ADDRESS_TEXT_BYTES];
    net_close(fd, true);
    task_failure_on(task, FAILURE_UNACCEPTED, listener)->message =
        arena_text(&task->part->journal->arena, "a connection from %s was still queued when the listener %s closed",
                   address_is_none(&peer) ? "a client" : address_text(&peer, from), address_text(&listener->local, at));
    return STEP_FAILED;
}

// A TCP connection that was reset is CLOSE before anybody closes it.
static bool was_aborted(const struct sock *sock) {
    return net_is_tcp(sock->family) && net_state(sock->part->diag, sock->fd) == STATE_CLOSE;
}

enum step_answer sock_close(struct task *task, struct sock *sock, enum close_reason reason) {
    bool abortive = reason == CLOSE_BY_RESET;
    bool notifies = !abortive && !(reason == CLOSE_BY_STEP && task_step(task)->without_notify);
    enum step_answer answer = notifies ? secure_notify(task, sock) : STEP_DONE;
    if (answer != STEP_DONE) return answer;
    int64_t unread = sock_unread(sock);
    bool message = !sock->listening && net_keeps_edges(sock->family) && sock_look(sock) > 0; // it may be empty
    if (sock->listening && !sock->passed_on) answer = queued(task, sock);
    // Who resets does not care what was left; who was reset by a scenario's `reset` need not: the verdict knows whose it was.
    // And what waits on a socket that was passed on is for whoever got it.
    else if ((unread > 0 || message) && !abortive && !sock->passed_on && !was_aborted(sock))
        answer = unmatched(task, sock, unread);
    closed(task, sock, reason, unread);
    sock->was_reset = abortive;
    release(sock, abortive);
    return answer;
}

void sock_abandon(struct sock *sock) {
    if (sock->fd < 0) return;
    closed(NULL, sock, CLOSE_BY_STOP, sock_unread(sock));
    release(sock, true);
}
