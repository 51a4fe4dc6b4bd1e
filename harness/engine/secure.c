// TLS on a socket: what of it is read ahead, how it ends, what its failures are called.
#include "secure.h"
#include "sock.h"
#include "steps.h"
#include "task.h"

#include <errno.h>

bool secure_has_tls(const struct sock *sock) { return sock->tls && !sock->tls_over; }

// --- bytes

// What the kernel has for a session that has failed, or was never there, nobody can read; but left behind it would make the
// close a RST.
static void drop_queued(struct sock *sock) {
    uint8_t bytes[SECURE_RECORD_BYTES];
    int64_t left = net_queued_in(sock->fd);
    while (left > 0) {
        ssize_t n = net_recv(sock->fd, bytes, sizeof bytes);
        left = n > 0 ? left - n : 0;
    }
}

// The end of a connection whose TLS has failed, as a step has said it must: of what else comes nothing can be read.
static ssize_t read_end(struct sock *sock) {
    uint8_t byte;
    ssize_t n;
    do {
        drop_queued(sock);
        n = net_recv(sock->fd, &byte, 1);
    } while (n > 0);
    return n;
}

ssize_t secure_read(struct sock *sock, void *data, size_t len_bytes) {
    if (sock->tls_over) return read_end(sock);
    return tls_read(sock->tls, data, len_bytes);
}

ssize_t secure_peek(struct sock *sock, void *data, size_t len_bytes) {
    if (sock->tls_over) return read_end(sock);
    return tls_peek(sock->tls, data, len_bytes);
}

// A peer that closes behind an alert: the alert, which has come before the RST, says more than that does.
static ssize_t or_alert(struct task *task, struct sock *sock, ssize_t n) {
    uint8_t byte;
    bool is_cut = n == -EPIPE || n == -ECONNRESET;
    return is_cut && !step_fails_with(task_step(task), (int)-n) && tls_peek(sock->tls, &byte, 1) == -EPROTO ? -EPROTO : n;
}

ssize_t secure_send(struct task *task, struct sock *sock, const void *data, size_t len_bytes) {
    struct secured *secured = sock->secured;
    if (secured->sender && secured->sender != task) return -EAGAIN;
    ssize_t n = or_alert(task, sock, tls_send(sock->tls, data, len_bytes));
    bool others_wait = secured->sender && n != -EAGAIN;
    secured->sender = n == -EAGAIN ? task : NULL;
    if (others_wait) sock_wake_writers(sock);
    return n;
}

enum step_answer secure_direction(const struct task *task, const struct sock *sock, enum step_answer direction) {
    if (!sock->tls || sock->tls_over || (sock->secured->sender && sock->secured->sender != task)) return direction;
    return tls_wants_write(sock->tls) ? STEP_WANTS_WRITE : STEP_WANTS_READ;
}

// Not what comes while it is being read.
static void decrypt_queued(struct sock *sock) {
    uint8_t bytes[SECURE_RECORD_BYTES];
    int64_t left = tls_pending(sock->tls) + net_queued_in(sock->fd);
    ssize_t n;
    do {
        n = tls_read(sock->tls, bytes, sizeof bytes);
        if (n > 0) buffer_add(&sock->held, bytes, (size_t)n);
        left -= n;
    } while (n > 0 && left > 0);
    if (n == -ECONNRESET) sock->reset_seen = true;
}

int64_t secure_unread(struct sock *sock) {
    bool is_open = sock->fd >= 0 && !sock->end_seen && !sock->reset_seen;
    if (is_open && tls_stands(sock->tls)) decrypt_queued(sock);
    int64_t held = (int64_t)(sock->held.len_bytes - sock->held_from);
    // Bytes behind close_notify are nobody's.
    int64_t behind = is_open && tls_notified(sock->tls) ? net_queued_in(sock->fd) : 0;
    return held + (behind > 0 ? behind : 0);
}

// --- the end

// It has closed: what it would still be sent it would answer with a RST, and its connection would end in no TIME_WAIT.
static bool peer_is_gone(struct sock *sock) {
    struct diag_socket *diag = sock->part->diag;
    struct address local, peer;
    return net_is_tcp(sock->family) && net_state(diag, sock->fd) == STATE_CLOSE_WAIT &&
           net_is_orphan(diag, sock_peer(sock, &peer), sock_local(sock, &local));
}

enum step_answer secure_notify(struct task *task, struct sock *sock) {
    if (!sock->tls || !tls_stands(sock->tls) || sock->shared || peer_is_gone(sock)) return STEP_DONE;
    // In one segment with the FIN: whoever has heard the one knows that the other has come.
    int result = tls_notify(sock->tls, net_is_tcp(sock->family));
    if (result != -EAGAIN) return STEP_DONE; // that the peer is gone does not matter to who closes
    enum step_answer answer = task_wait_socket(task, sock, STEP_WANTS_WRITE);
    task->waits_for = "for room to send close_notify";
    return answer;
}

void secure_drop(struct sock *sock) {
    if (tls_has_failed(sock->tls) || !tls_stands(sock->tls)) drop_queued(sock);
    tls_free(sock->tls);
    sock->tls = NULL;
    sock->secured->sender = NULL;
}

void secure_free(struct sock *sock) {
    tls_free(sock->tls);
    slab_give(&sock->part->slab, sock->secured, sizeof *sock->secured);
    sock->tls = NULL;
    sock->secured = NULL;
}

// --- failures

const char *secure_failure_text(const struct tls *tls, struct arena *arena) {
    enum tls_error error = tls_failure(tls);
    const char *text = tls_failure_text(tls);
    if (error == TLS_ERROR_NONE) return arena_text(arena, "what OpenSSL calls \"%s\"", text);
    return arena_text(arena, "%s (%s)", tls_error_name(error), text);
}

enum step_answer secure_result(struct task *task, const struct step *step, struct sock *sock, const char *wanted) {
    enum tls_error error = tls_failure(sock->tls);
    sock->tls_over = true;
    if (step_fails_with_tls(step, error)) return STEP_DONE;
    struct arena *arena = &task->part->journal->arena;
    struct failure *failure = task_failure(task, FAILURE_CALL);
    failure->message = arena_text(arena, "%s failed with %s%s%s", script_verb_word((enum verb)step->kind),
                                  secure_failure_text(sock->tls, arena), wanted ? ", expected " : "", wanted ? wanted : "");
    // An alert tells what the other end has found, which may be ours too.
    failure->is_cause = error == TLS_ERROR_NONE || tls_error_kind(error) != TLS_ALERT;
    return STEP_FAILED;
}

bool secure_is_cut(const struct step *step, const struct sock *sock) {
    return sock->tls && !sock->tls_over && step_fails_with_tls(step, TLS_ERROR_UNEXPECTED_EOF_WHILE_READING) &&
           !tls_notified(sock->tls);
}

enum step_answer secure_verdict(struct task *task, const struct step *step, struct sock *sock) {
    uint8_t byte;
    ssize_t n = sock_peek(sock, &byte, 1);
    if (n == -EAGAIN) return task_wait_socket(task, sock, STEP_WANTS_READ);
    if (n == 0 && secure_is_cut(step, sock)) return STEP_DONE;
    return call_result(task, step, sock, n < 0 ? n : 0);
}
