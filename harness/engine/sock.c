// The engine's sockets: what it knows of each, and how bytes leave the kernel.
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
    if (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) sock->hung_up = true;
    if (epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) sock->drained = false;
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
    sock_sweep(part);
    struct sock *sock = slab_take(&part->slab, sizeof *sock);
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
    list_append(&task->block->sockets, &sock->block_link);
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
    bool may_go_on = net_is_tcp(sock->family) && !sock->was_reset && !sock->reset_seen;
    if (state == STATE_CLOSE && may_go_on && sock_has_local(sock) && sock_has_peer(sock)) {
        struct address local, peer;
        state = net_state_of_pair(diag, sock_local(sock, &local), sock_peer(sock, &peer));
    }
    sock_note_state(sock, state, false);
    // Of a descriptor, and of what we have reset, CLOSE is certain.
    if (state == STATE_CLOSE && sock->fd < 0 && !sock->was_reset) lifecycle_forgotten(sock);
    else lifecycle_seen(sock, state);
    return state;
}

// Its addresses become futures that others may read; the first socket of an actor that has one sets it.
void sock_publish(struct task *task, struct sock *sock) {
    uint32_t instance = task->actor->instance;
    const struct plan *plan = task->part->run->plan;
    if (!plan->actors[plan->instances[instance].actor].is_read && !task->part->run->engine->options->reachable) return;
    struct value value = {.kind = VALUE_ADDRESS, .address_has_port = true, .family = sock->family};
    struct address local, peer;
    if (sock_has_local(sock)) {
        value.address = sock_local(sock, &local);
        board_publish(task->part, instance, FUTURE_LOCAL, &value);
    }
    if (sock_has_peer(sock)) {
        value.address = sock_peer(sock, &peer);
        board_publish(task->part, instance, FUTURE_PEER, &value);
    }
    bool serves = sock->listening || (net_is_datagram(sock->family) && !sock->connected && sock_has_local(sock));
    if (!serves || task->actor->has_address) return;
    task->actor->has_address = true;
    value.address = sock_local(sock, &local);
    value.address_name = env_name(sock->host);
    board_publish(task->part, instance, FUTURE_ADDRESS, &value);
    task_tell_address(task, &value);
}

void sock_snapshot(struct task *task, struct sock *sock) {
    if (sock->stream) return;
    enum state state = sock_state(sock);
    struct event *event = task_event(task, EVENT_SNAPSHOT);
    event->socket = sock->number;
    event->code = sock->fd;
    event->count = sock->family;
    event->offset = state;
    sock_tell_addresses(sock);
}

// --- bytes

// A look has found the socket empty, or not. The next edge is told only of what is registered, and where no SO_RCVLOWAT of
// ours, or of whoever else has the socket, makes epoll(7) wait for more bytes than recv(2) does.
static void look_was(struct sock *sock, bool is_empty) {
    sock->drained = is_empty && sock->registered && !sock->hung_up && !sock->tells_late && !sock->shared;
}

// A connection that is asked again and again when nothing is there, as by who talks in turns, says with each read what is left.
static ssize_t receive_plain(struct sock *sock, void *data, size_t len_bytes) {
    enum { DRY_READS_MAX = 4 };
    int left_bytes = -1;
    if (sock->drained) return -EAGAIN;
    ssize_t n = sock->tells_left ? net_recv_left(sock->fd, data, len_bytes, &left_bytes) : net_recv(sock->fd, data, len_bytes);
    look_was(sock, n == -EAGAIN || (n > 0 && left_bytes == 0));
    bool const can_tell = sock->family == FAMILY_TCP || sock->family == FAMILY_TCP6;
    if (n == -EAGAIN && can_tell && !sock->shared && sock->dry_reads < DRY_READS_MAX && ++sock->dry_reads == DRY_READS_MAX)
        sock->tells_left = net_tell_left(sock->fd, true) == 0;
    return n;
}

void sock_tell_no_more(struct sock *sock) {
    if (sock->tells_left) net_tell_left(sock->fd, false);
    sock->tells_left = false;
}

static ssize_t peek_plain(struct sock *sock, void *data, size_t len_bytes) {
    if (sock->drained) return -EAGAIN;
    ssize_t n = net_peek(sock->fd, data, len_bytes);
    look_was(sock, n == -EAGAIN);
    if (n == 0 && len_bytes > 0) sock->end_seen = true; // and there it stays
    return n;
}

bool sock_is_drained(const struct sock *sock) {
    return sock->drained && !sock->tls && sock->held_from == sock->held.len_bytes;
}

void sock_look_again(struct sock *sock) { sock->drained = false; }

// On a Unix socket descriptors may come along, whether anybody expects some or not.
static ssize_t receive(struct sock *sock, void *data, size_t len_bytes) {
    if (sock->stream) return stream_read(sock, data, len_bytes);
    if (!net_carries_fds(sock->family) || descriptors_never(sock)) return receive_plain(sock, data, len_bytes);
    struct net_fds came;
    ssize_t n = net_recv_fds(sock->fd, data, len_bytes, &came);
    descriptors_hold(sock, &came);
    return n;
}

// Behind what is held.
static ssize_t read_behind(struct sock *sock, void *data, size_t len_bytes) {
    if (sock->reset_seen) return -ECONNRESET;
    if (sock->end_seen) return 0;
    ssize_t n = sock->tls ? secure_read(sock, data, len_bytes) : receive(sock, data, len_bytes);
    if (n == -ECONNRESET) sock->reset_seen = true;
    if (n == 0 && len_bytes > 0) sock->end_seen = true;
    if (n < 0 && n != -EAGAIN) sock->last_error = (int)-n;
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
    return read_behind(sock, data, len_bytes);
}

ssize_t sock_hold_more(struct sock *sock) {
    uint8_t *bytes = sock->part->worker->bytes;
    ssize_t n = read_behind(sock, bytes, SCRATCH_BYTES);
    if (n > 0) buffer_add(&sock->held, bytes, (size_t)n);
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
                             : peek_plain(sock, data, len_bytes);
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
    return journal_keep(sock->part->journal, slice_of(data, n));
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
    if (adds_to(task, sock, *newest, kind, *kept)) {
        (*newest)->count += bytes.len_bytes;
        if ((*newest)->step != task->pc) (*newest)->code = 1;
    } else {
        bool const grows = task->part->noted || room_to_keep(sock, *kept) == 0;
        struct slice const kept_bytes = keep(sock, kept, bytes.data, bytes.len_bytes);
        struct event *event = grows ? task_event_growing(task, kind) : task_event(task, kind);
        event->socket = sock->number;
        event->offset = *total;
        event->bytes = kept_bytes;
        event->count = bytes.len_bytes;
        *newest = grows ? event : NULL;
    }
    *total += bytes.len_bytes;
}

// Where packets are wanted, a capture made from the journal needs the other end of every datagram.
static void note_other(struct task *task, struct sock *sock, bool receives, const struct address *other) {
    if (!net_is_datagram(sock->family) || !sock->part->run->engine->options->packets) return;
    struct sock_datagrams *datagrams = sock_datagrams(sock);
    const struct address **told = receives ? &datagrams->told_from : &datagrams->told_to;
    if (*told && address_equal(*told, other)) return;
    sock_refresh_addresses(sock); // the first `send to` binds it
    *told = arena_copy(&sock->part->journal->arena, other, sizeof *other);
    struct event *event = task_event(task, EVENT_ADDRESSED);
    event->socket = sock->number;
    event->code = receives;
    struct address local;
    journal_set_addresses(task->part->journal, sock_local(sock, &local), *told);
}

void sock_sent(struct task *task, struct sock *sock, const void *data, size_t len_bytes) {
    struct address peer;
    note_other(task, sock, false, task_step(task)->to ? sock_sent_to(sock) : sock_peer(sock, &peer));
    note_bytes(task, sock, EVENT_SENT, &sock->sent_event, &sock->kept_out, &sock->sent_bytes, slice_of(data, len_bytes));
}

void sock_received(struct task *task, struct sock *sock, enum event_kind kind, const void *data, size_t len_bytes) {
    struct address peer;
    note_other(task, sock, true, address_is_none(sock_sender(sock)) ? sock_peer(sock, &peer) : sock_sender(sock));
    if (len_bytes == 0) return;
    note_bytes(task, sock, kind, &sock->received_event, &sock->kept_in, &sock->received_bytes, slice_of(data, len_bytes));
}
