// The steps that are one system call: socket, bind, listen, connect, shutdown, close, reset, set, discard.
#include "descriptors.h"
#include "env.h"
#include "lifecycle.h"
#include "secure.h"
#include "sock.h"
#include "steps.h"
#include "stream.h"
#include "task.h"
#include "worker.h"

#include "base/limit.h"

#include <errno.h>
#include <string.h>

// --- what a call came to

// ": this process may hold 80 descriptors", or NULL where no limit is known to bring such an error about.
static const char *limit_hint(struct task *task, int error) {
    struct buffer text = {0};
    const char *hint = limit_text(error, &text) ? arena_text(&task->part->journal->arena, ": %s", text.data) : NULL;
    buffer_fini(&text);
    return hint;
}

enum step_answer call_result(struct task *task, const struct step *step, struct sock *sock, int64_t result) {
    const char *verb = script_verb_word((enum verb)step->kind);
    const char *wanted = step_failure_text(step, &task->step_arena);
    int error = result < 0 ? (int)-result : 0;
    if (error && sock) sock->last_error = error;
    if (error == EPROTO && sock && sock->tls && tls_has_failed(sock->tls)) return secure_result(task, step, sock, wanted);
    if (error ? step_fails_with(step, error) : !wanted) return STEP_DONE;
    if (error && wanted)
        return task_fail(task, FAILURE_CALL, "%s failed with %s, expected %s", verb, errno_name(error), wanted);
    if (!error) return task_fail(task, FAILURE_CALL, "%s succeeded, expected %s", verb, wanted);
    const char *hint = limit_hint(task, error);
    return task_fail(task, hint ? FAILURE_RESOURCE : FAILURE_CALL, "%s failed with %s (%s)%s", verb, errno_name(error),
                     strerror(error), hint ? hint : "");
}

// Not a failure of the call but of the text: there is nothing to call it on.
static enum step_answer no_socket(struct task *task) {
    return task_fail(task, FAILURE_CALL, "there is no socket here yet");
}

// --- socket

// What no namespace holds is made where the process began: elsewhere the kernel refuses it.
static int socket_of(struct task *task, enum family_word family) {
    bool elsewhere = net_family(family)->is_global;
    if (elsewhere) worker_enter(task->part->worker, NULL);
    int fd = net_socket(family);
    if (elsewhere) worker_enter(task->part->worker, task->part->run);
    return fd;
}

// A new socket of the family. NULL: *answer says what to do.
static struct sock *make(struct task *task, const struct step *step, enum family_word family, uint32_t slot,
                         enum step_answer *answer) {
    int fd = socket_of(task, family);
    *answer = STEP_DONE;
    struct buffer reason = {0};
    if (fd < 0 && net_socket_lacks(family, fd, &reason)) {
        if (!step_fails_with(step, -fd)) *answer = task_skip(task, "%s", reason.data);
        buffer_fini(&reason);
        return NULL;
    }
    if (fd < 0) {
        *answer = call_result(task, step, NULL, fd);
        return NULL;
    }
    struct sock *sock = sock_open(task, family, fd, slot);
    struct event *event = task_event(task, EVENT_OPEN);
    event->socket = sock->number;
    event->code = fd;
    event->count = family;
    if (sock->name) event->bytes = slice_text(sock->name);
    sock_note_state(sock, STATE_CLOSE, true);
    return sock;
}

enum step_answer step_socket(struct task *task, const struct step *step) {
    enum step_answer answer;
    struct sock *sock = make(task, step, step->family, step->as, &answer);
    return sock ? call_result(task, step, sock, 0) : answer;
}

// --- bind, listen

static void note_address(struct task *task, struct sock *sock, enum event_kind kind) {
    task_event(task, kind)->socket = sock->number;
    sock_tell_addresses(sock);
}

static bool is_fresh(const struct sock *sock) {
    return sock && sock->fd >= 0 && !sock->connected && !sock->connecting && !sock->listening && !sock->failed_connect;
}

// The socket that a step with an endpoint works on: the one behind `on`, the current one where it is still fresh, or a
// new one. NULL: *answer says what to do.
static struct sock *fresh_socket(struct task *task, const struct step *step, enum family_word family, bool may_be_bound,
                                 enum step_answer *answer) {
    struct sock *sock = task_socket(task);
    *answer = STEP_DONE;
    if (step->on != SLOT_CURRENT) {
        if (!sock) *answer = no_socket(task);
        return sock;
    }
    bool usable = is_fresh(sock) && (may_be_bound || !sock_has_local(sock)) && sock->family == family;
    if (!usable) return make(task, step, family, step->as, answer);
    if (step->as != PLAN_NONE) {
        task->sockets[step->as] = sock;
        sock->name = task->part->run->plan->actors[step->actor].socket_names[step->as];
    }
    return sock;
}

// SO_REUSEADDR is for the TIME_WAIT of streams; two datagram sockets that have it share a port, and one is never heard.
static int bind_to(struct sock *sock, const struct address *address) {
    return net_bind(sock->fd, address, !net_is_datagram(sock->family));
}

enum step_answer step_bind(struct task *task, const struct step *step) {
    enum family_word family;
    struct address address;
    enum step_answer answer = env_own_endpoint(task, step->operand, &family, &address);
    if (answer != STEP_DONE) return answer;
    if (address.len_bytes == 0) return call_result(task, step, NULL, -ENODEV);
    struct sock *sock = fresh_socket(task, step, family, false, &answer);
    if (!sock) return answer;
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    int result = bind_to(sock, &address);
    if (result == 0) {
        sock_refresh_addresses(sock);
        note_address(task, sock, EVENT_BOUND);
        sock_publish(task, sock);
    }
    return call_result(task, step, sock, result);
}

enum step_answer step_listen(struct task *task, const struct step *step) {
    enum { BACKLOG_DEFAULT = 4096 };
    enum step_answer answer = STEP_DONE;
    struct sock *sock = task_socket(task);
    struct value backlog = value_integer(BACKLOG_DEFAULT);
    if (step->backlog && (answer = env_eval_kind(task, step->backlog, VALUE_INTEGER, &backlog)) != STEP_DONE) return answer;
    int result = 0;
    if (step->operand) {
        enum family_word family;
        struct address address;
        answer = env_own_endpoint(task, step->operand, &family, &address);
        if (answer != STEP_DONE) return answer;
        sock = fresh_socket(task, step, family, false, &answer);
        if (!sock) return answer;
        answer = env_host(task, step->operand, &sock->host);
        if (answer != STEP_DONE) return answer;
        result = sock->fd < 0 ? -EBADF : net_bind(sock->fd, &address, true);
    }
    if (!sock) return no_socket(task);
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    int queue = backlog.number > INT32_MAX ? INT32_MAX : backlog.number < 0 ? -1 : (int)backlog.number;
    if (result == 0) result = net_listen(sock->fd, queue);
    if (result == 0) {
        sock->listening = true;
        sock->is_counted = task->part->quiet && task->part->run->is_alone; // and nobody has come
        task->current = sock;
        task->actor->latest = sock;
        sock_note_state(sock, STATE_LISTEN, true);
        sock_refresh_addresses(sock);
        note_address(task, sock, EVENT_BOUND);
        sock_publish(task, sock);
    }
    return call_result(task, step, sock, result);
}

// --- connect

static enum step_answer finish_connect(struct task *task, const struct step *step, struct sock *sock, int result) {
    sock->connecting = false;
    if (result < 0 && sock->connected) return call_result(task, step, sock, result); // it stays what it was
    if (result < 0) {
        sock->failed_connect = true;
        sock_set_peer(sock, &(struct address){0});
        sock_refresh_addresses(sock);
        sock_note_state(sock, STATE_CLOSE, true);
        lifecycle_seen(sock, STATE_CLOSE);
        return call_result(task, step, sock, result);
    }
    sock->connected = true;
    sock_note_state(sock, STATE_ESTABLISHED, true);
    if (!task->progress.addresses_known) sock_refresh_addresses(sock);
    note_address(task, sock, EVENT_CONNECTED);
    if (!net_is_datagram(sock->family)) atomic_fetch_add(&task->part->run->connected, 1);
    sock_publish(task, sock);
    return call_result(task, step, sock, result);
}

// Where to: an actor's address, which is a future, or an endpoint; and by which name, NULL for none.
static enum step_answer destination(struct task *task, const struct step *step, enum family_word *family,
                                    struct address *address, const char **host) {
    struct term of_actor = {.kind = TERM_ATTRIBUTE, .attribute = ATTRIBUTE_ADDRESS, .actor = step->actor_operand,
                            .index = step->operand, .span = step->span};
    const struct term *term = step->actor_operand == PLAN_NONE ? step->operand : &of_actor;
    enum step_answer answer = env_endpoint(task, term, family, address);
    return answer == STEP_DONE ? env_host(task, term, host) : answer;
}

// Whether the call is over. A TCP connection comes in its own time; of room in a Unix listener's queue nothing tells.
static enum step_answer continue_connect(struct task *task, const struct step *step, struct sock *sock, int result) {
    if (result == -EINPROGRESS) return task_wait_socket(task, sock, STEP_WANTS_WRITE);
    if (result == -EAGAIN) {
        task->progress.queue_full = true;
        return task_wait_until(task, clock_now_ns() + NS_PER_MS, "for room in the listener's queue");
    }
    if (task->progress.queue_full) task->part->activity++; // looking was none, see take_step
    task->progress.queue_full = false;
    return finish_connect(task, step, sock, result);
}

// From the call on a TCP connection has the addresses that it will have, if it comes about. The peer's is the one that was
// called, but where the kernel has put another in its place, or a scope into it.
static void note_addresses(struct task *task, struct sock *sock, const struct address *to, int result) {
    bool const is_as_called = to->as.any.sa_family == AF_INET && to->as.in.sin_addr.s_addr != htonl(INADDR_ANY);
    if (result != -EINPROGRESS || !net_is_tcp(sock->family) || !is_as_called) {
        sock_refresh_addresses(sock);
        if (result == -EINPROGRESS) sock_set_peer(sock, to);
        return;
    }
    struct address local;
    net_local(sock->fd, &local);
    sock_set_local(sock, &local);
    sock_set_peer(sock, to);
    task->progress.addresses_known = !address_is_none(&local);
}

static enum step_answer begin_connect(struct task *task, const struct step *step) {
    const char *host = NULL;
    enum family_word family, from_family;
    struct address to, from = {.len_bytes = 0};
    enum step_answer answer = destination(task, step, &family, &to, &host);
    if (answer == STEP_DONE && step->from) answer = env_own_endpoint(task, step->from, &from_family, &from);
    if (answer != STEP_DONE) return answer;
    struct sock *sock = fresh_socket(task, step, family, true, &answer);
    if (!sock) return answer;
    task->progress.socket = sock;
    task->progress.begun = true;
    task->current = sock;
    task->actor->latest = sock;
    sock->host = host;
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    int result = step->from ? bind_to(sock, &from) : 0;
    if (result < 0) return call_result(task, step, sock, result);
    bool tcp = net_is_tcp(sock->family);
    sock->connecting = true;
    result = net_connect(sock->fd, &to);
    // A connect that was waited for is over to the kernel only when it is called again: until then one more succeeds.
    if (result == 0 && tcp && sock->connected) result = net_connect(sock->fd, &to);
    note_addresses(task, sock, &to, result);
    if (tcp && (result == 0 || result == -EINPROGRESS || result == -ECONNREFUSED)) {
        lifecycle_connects(sock, &to);
        sock_note_state(sock, STATE_SYN_SENT, true);
    }
    if (result == -EAGAIN) sock_set_peer(sock, &to);
    return continue_connect(task, step, sock, result);
}

// A connect that was waited for and failed is over to the kernel only when it is called again, which then says ECONNABORTED:
// from there on the socket may connect once more, as after a connect(2) that waits by itself.
static void settle_failed(const struct sock *sock, int result) {
    struct address peer;
    if (result < 0 && result != -EINPROGRESS && net_is_tcp(sock->family) && !sock->connected)
        net_connect(sock->fd, sock_peer(sock, &peer));
}

enum step_answer step_connect(struct task *task, const struct step *step) {
    if (!task->progress.begun) return begin_connect(task, step);
    struct sock *sock = task->progress.socket;
    struct address peer;
    // Not called again for TCP: where a RST has come behind the handshake, that would take the error away, and the addresses.
    int result = task->progress.queue_full ? net_connect(sock->fd, sock_peer(sock, &peer)) : net_connected(sock->fd);
    settle_failed(sock, result);
    return continue_connect(task, step, sock, result);
}

// --- the end of a connection, and its options

static enum step_answer shutdown_stdin(struct task *task, const struct step *step, struct sock *sock) {
    if (step->shutdown_way != SHUTDOWN_WRITE)
        return task_fail(task, FAILURE_CALL, "of a program only its stdin can be shut down: shutdown write");
    struct event *event = task_event(task, EVENT_SHUTDOWN);
    event->socket = sock->number;
    event->code = (int32_t)step->shutdown_way;
    stream_close_in(sock);
    return call_result(task, step, sock, 0);
}

enum step_answer step_shutdown(struct task *task, const struct step *step) {
    struct sock *sock = task_socket(task);
    if (!sock) return no_socket(task);
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    if (sock->stream) return shutdown_stdin(task, step, sock);
    bool notifies = step->shutdown_way != SHUTDOWN_READ && !step->without_notify;
    enum step_answer answer = notifies ? secure_notify(task, sock) : STEP_DONE;
    if (answer != STEP_DONE) return answer;
    int const result = sock_shutdown(sock, step->shutdown_way);
    if (result == 0) {
        struct event *event = task_event(task, EVENT_SHUTDOWN);
        event->socket = sock->number;
        event->code = (int32_t)step->shutdown_way;
    }
    return call_result(task, step, sock, result);
}

enum step_answer step_close(struct task *task, const struct step *step) {
    struct sock *sock = task_socket(task);
    if (!sock) return no_socket(task);
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    enum step_answer answer = sock_close(task, sock, CLOSE_BY_STEP);
    return answer == STEP_DONE ? call_result(task, step, sock, 0) : answer;
}

enum step_answer step_reset(struct task *task, const struct step *step) {
    struct sock *sock = task_socket(task);
    if (!sock) return no_socket(task);
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    return sock_close(task, sock, CLOSE_BY_RESET);
}

enum step_answer step_set(struct task *task, const struct step *step) {
    struct sock *sock = task_socket(task);
    if (!sock) return no_socket(task);
    struct value value;
    enum step_answer answer = env_eval_kind(task, step->operand, VALUE_INTEGER, &value);
    if (answer != STEP_DONE) return answer;
    if (value.number < INT32_MIN || value.number > INT32_MAX)
        return task_fail(task, FAILURE_VALUE, "an option's value has 32 bits");
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    sock_tell_no_more(sock);
    sock_look_again(sock);
    sock->tells_late |= step->option->level == SOL_SOCKET && step->option->number == SO_RCVLOWAT;
    return call_result(task, step, sock,
                       net_set_option(sock->fd, step->option->level, step->option->number, (int)value.number));
}

enum step_answer step_discard(struct task *task, const struct step *step) {
    struct sock *sock = task_socket(task);
    if (!sock) return no_socket(task);
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    if (net_keeps_edges(sock->family)) return call_result(task, step, sock, discard_messages(task, sock));
    uint8_t *bytes = task->part->worker->bytes;
    sock_look_again(sock); // who does not wait is told of no edge
    // What has arrived, and not what comes while we drop it. (RFCOMM counts it piece by piece.)
    bool has_more = true, is_piecewise = sock->family == FAMILY_RFCOMM;
    for (int64_t left = sock_unread(sock); left > 0 && has_more; left = is_piecewise ? sock_unread(sock) : left) {
        ssize_t n = sock_read(sock, bytes, left < SCRATCH_BYTES ? (size_t)left : SCRATCH_BYTES);
        has_more = n > 0;
        if (n > 0) sock_received(task, sock, EVENT_DISCARDED, bytes, (size_t)n);
        left -= n;
    }
    descriptors_drop(sock); // on purpose too
    return STEP_DONE;
}
