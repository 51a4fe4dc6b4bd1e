// tls: from here on the connection's bytes are plaintext to the steps.
#include "env.h"
#include "secure.h"
#include "sock.h"
#include "steps.h"
#include "task.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

// --- what is asked for

// Bytes as C has text, in the step's arena; NULL stays NULL.
static enum step_answer text_of(struct task *task, const struct term *term, const char **text) {
    struct value value;
    struct slice flat;
    *text = NULL;
    if (!term) return STEP_DONE;
    enum step_answer answer = env_eval_kind(task, term, VALUE_BYTES, &value);
    if (answer != STEP_DONE) return answer;
    if (!bytes_flat(&task->step_arena, value.bytes, &flat) || memchr(flat.data, '\0', flat.len_bytes)) {
        struct slice source = span_text(term->span);
        return task_fail(task, FAILURE_VALUE, "`%.*s`: a name has no zero byte and is not that long", (int)source.len_bytes,
                         (const char *)source.data);
    }
    *text = arena_copy(&task->step_arena, flat.data, flat.len_bytes);
    return STEP_DONE;
}

static enum step_answer protocols_of(struct task *task, const struct step *step, struct tls_options *options) {
    struct slice *protocols = arena_array(&task->step_arena, step->list_count, sizeof *protocols);
    for (uint32_t i = 0; i < step->list_count; i++) {
        struct value value;
        enum step_answer answer = env_eval_kind(task, step->list[i], VALUE_BYTES, &value);
        if (answer != STEP_DONE) return answer;
        if (!bytes_flat(&task->step_arena, value.bytes, &protocols[i]))
            return task_fail(task, FAILURE_VALUE, "an ALPN protocol has 1 to 255 bytes");
    }
    options->alpn = protocols;
    options->alpn_count = step->list_count;
    return STEP_DONE;
}

static const struct certificate *certificate_of(const struct case_run *run, const struct step *step) {
    if (step->certificate != PLAN_NONE) return run->certificates[step->certificate];
    return step->tls_role == TLS_SERVER ? run->certificate : NULL;
}

static enum step_answer options_of(struct task *task, const struct step *step, const struct sock *sock,
                                   struct tls_options *options) {
    options->role = step->tls_role;
    options->verify = step->tls_verify;
    options->certificate = certificate_of(task->part->run, step);
    enum step_answer answer = text_of(task, step->operand, &options->name);
    if (answer == STEP_DONE) answer = text_of(task, step->tls_version, &options->version);
    if (answer == STEP_DONE) answer = text_of(task, step->tls_ciphers, &options->ciphers);
    if (answer == STEP_DONE) answer = protocols_of(task, step, options);
    if (!options->name && step->tls_role == TLS_CLIENT) options->name = sock->host ? sock->host : "localhost";
    return answer;
}

// --- the session

static void note_key(void *context, const char *line) {
    struct sock *sock = context;
    struct journal_segment *journal = sock->part->journal;
    const char *kept = arena_text(&journal->arena, "%s", line);
    struct event *event = journal_add(journal, EVENT_TLS_KEYS);
    event->actor = sock->actor->instance;
    event->socket = sock->number;
    event->bytes = slice_text(kept);
}

// Why there can be no TLS on it; NULL: there can.
static const char *unfit(struct task *task, const struct sock *sock) {
    if (sock->stream) return "TLS goes over a connection, and these are a program's pipes";
    if (sock->listening) return "TLS goes over a connection, and this socket listens";
    if (net_keeps_edges(sock->family))
        return arena_text(&task->step_arena, "TLS goes over a stream, and this is `%s`", script_family_word(sock->family));
    return sock->tls ? "there is TLS on this connection already" : NULL;
}

static enum step_answer begin(struct task *task, const struct step *step, struct sock *sock) {
    struct case_run *run = task->part->run;
    struct tls_options options = {.note_key = note_key, .context = sock};
    enum step_answer answer = options_of(task, step, sock, &options);
    if (answer != STEP_DONE) return answer;
    if (sock->held.len_bytes > 0)
        options.ahead = slice_of(sock->held.data + sock->held_from, sock->held.len_bytes - sock->held_from);
    struct buffer trouble = {0};
    sock->tls = tls_open(run->engine->authority, sock->fd, &options, &trouble);
    if (!sock->tls) answer = task_fail(task, FAILURE_VALUE, "%s", trouble.data);
    else if (!sock->secured) sock->secured = slab_take(&task->part->slab, sizeof *sock->secured);
    buffer_fini(&trouble);
    // As everybody has it who speaks TLS: a record behind the handshake's last must not wait for that to be acknowledged.
    if (net_is_tcp(sock->family)) net_set_option(sock->fd, IPPROTO_TCP, TCP_NODELAY, 1);
    buffer_clear(&sock->held); // what was ahead is the session's now
    sock->held_from = 0;
    task->progress.begun = true;
    return answer;
}

static struct slice kept(struct arena *arena, struct slice text) {
    return slice_of(arena_copy(arena, text.data, text.len_bytes), text.len_bytes);
}

static void note_secured(struct task *task, struct sock *sock, int32_t failed, const char *text) {
    struct event *event = task_event(task, EVENT_SECURED);
    sock->sent_event = sock->received_event = NULL; // what a terse journal adds up stands before it, or behind it
    event->socket = sock->number;
    event->code = failed;
    event->bytes = slice_text(text);
}

// "TLSv1.3, TLS_AES_256_GCM_SHA384, ALPN h2, peer mail.example.org".
static void agreed(struct task *task, struct sock *sock) {
    struct arena *arena = &sock->part->arena;
    struct secured *secured = sock->secured;
    secured->version = kept(arena, slice_text(tls_version(sock->tls)));
    secured->cipher = kept(arena, slice_text(tls_cipher(sock->tls)));
    secured->alpn = kept(arena, tls_alpn(sock->tls));
    secured->peer_name = kept(arena, slice_text(tls_peer_name(sock->tls)));
    struct buffer text = {0};
    buffer_printf(&text, "%s, %s", tls_version(sock->tls), tls_cipher(sock->tls));
    if (secured->alpn.len_bytes > 0) buffer_text(&text, ", ALPN ");
    buffer_escaped(&text, secured->alpn, secured->alpn.len_bytes);
    if (secured->peer_name.len_bytes > 0) buffer_text(&text, ", peer ");
    buffer_escaped(&text, secured->peer_name, secured->peer_name.len_bytes);
    note_secured(task, sock, 0, arena_text(&task->part->journal->arena, "%s", text.data));
    buffer_fini(&text);
}

static enum step_answer failed(struct task *task, const struct step *step, struct sock *sock, int error) {
    const char *why = error == -EPROTO ? secure_failure_text(sock->tls, &task->part->journal->arena) : errno_name(-error);
    note_secured(task, sock, 1, why);
    sock->tls_over = true;
    if (error == -ECONNRESET) sock->reset_seen = true;
    return call_result(task, step, sock, error);
}

// With its own part done, an end can only hear that the other does not like it; or, in TLS 1.2 and before, nothing at all.
static bool may_still_fail(const struct step *step) {
    for (uint32_t i = 0; i < step->fails_count; i++) {
        enum tls_error const error = step->fails[i].tls;
        if (error == TLS_ERROR_UNEXPECTED_EOF_WHILE_READING) return true;
        if (error != TLS_ERROR_NONE && tls_error_kind(error) == TLS_ALERT) return true;
    }
    return false;
}

enum step_answer step_tls(struct task *task, const struct step *step) {
    struct progress *progress = &task->progress;
    struct sock *sock = task_socket(task);
    if (!sock) return task_fail(task, FAILURE_CALL, "there is no socket here yet");
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    if (!progress->begun) {
        const char *why = unfit(task, sock);
        if (why) return task_fail(task, FAILURE_CALL, "%s", why);
        if (!sock->connected) return call_result(task, step, sock, -ENOTCONN);
        enum step_answer answer = begin(task, step, sock);
        if (answer != STEP_DONE) return answer;
    }
    if (!progress->matched) {
        int result = tls_handshake(sock->tls);
        if (result == -EAGAIN) return task_wait_socket(task, sock, STEP_WANTS_READ);
        if (result < 0) return failed(task, step, sock, result);
        progress->matched = true;
        agreed(task, sock);
    }
    return may_still_fail(step) ? secure_verdict(task, step, sock) : call_result(task, step, sock, 0);
}
