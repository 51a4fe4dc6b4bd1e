// recv: the next bytes against a pattern, then the end of the connection where one is asked for.
//
// Nothing is read that the pattern does not take: where it is not known how much that is, the kernel's queue is peeked at.
// A branch of `either` that may yet be passed over holds what it has read, and gives it back when it fails.
#include "descriptors.h"
#include "env.h"
#include "secure.h"
#include "sock.h"
#include "steps.h"
#include "stream.h"
#include "task.h"

#include <errno.h>
#include <string.h>

// What one look at the socket came to.
enum look {
    LOOK_AGAIN,   // some bytes matched, and more are wanted
    LOOK_MATCHED, // the pattern has all it wants
    LOOK_WRONG,   // these bytes, or this end of the stream, are not what was asked for
    LOOK_EXCUSED, // the call failed, as `fails` says it must
    LOOK_ANSWER,  // the step waits or has failed: see recv->answer
};

// One turn of a recv step. Lives on the stack.
struct recv_turn {
    struct task *task;
    const struct step *step;
    struct sock *sock;
    struct eval_env env;
    enum step_answer answer;
    const char *what; // LOOK_WRONG: "received bytes differ", for the message
};

// --- failures

// Of a pipe no FIN tells.
static const char *pipe_end_words(const struct sock *sock) {
    static const char *const words[] = {
        [STREAM_TERMINAL] = "its terminal ended before the pattern was done,",
        [STREAM_STDOUT] = "its stdout ended before the pattern was done,",
        [STREAM_STDERR] = "its stderr ended before the pattern was done,",
    };
    return sock->stream ? words[sock->stream->code] : NULL;
}

enum step_answer recv_fail_mismatch(struct task *task, struct sock *sock, const char *what) {
    const struct mismatch *wrong = &task->progress.matcher->mismatch;
    struct arena *arena = &task->part->journal->arena;
    struct buffer where = {0};
    describe_socket(sock, &where);
    struct failure *failure = task_failure(task, FAILURE_MISMATCH);
    recv_show(task, failure);
    failure->wanted = wrong->wanted ? arena_text(arena, "%s", wrong->wanted) : NULL;
    bool edges = net_keeps_edges(sock->family);
    bool const is_named = what == pipe_end_words(sock); // already, by its own end
    failure->message = arena_text(arena, "%s at byte %llu of the %s%s%s", what,
                                  (unsigned long long)(edges ? wrong->offset : failure->offset),
                                  edges ? message_word(sock->family) : "stream", is_named ? "" : " on ",
                                  is_named ? "" : where.data);
    buffer_fini(&where);
    return STEP_FAILED;
}

static enum step_answer fail_ending(struct task *task, struct sock *sock, const char *wanted, const char *got) {
    struct arena *arena = &task->part->journal->arena;
    struct buffer where = {0};
    describe_socket(sock, &where);
    uint8_t window[WINDOW_BYTES];
    ssize_t n = sock->fd >= 0 ? sock_peek(sock, window, sizeof window) : 0;
    struct failure *failure = task_failure(task, FAILURE_ENDING);
    failure->message = arena_text(arena, "expected %s, got %s on %s", wanted, got, where.data);
    failure->wanted = wanted;
    failure->offset = failure->window_offset = sock->received_bytes;
    if (n > 0) failure->received = slice_of(arena_copy(arena, window, (size_t)n), (size_t)n);
    buffer_fini(&where);
    return STEP_FAILED;
}

// --- a branch that may be passed over

bool recv_may_be_passed_over(const struct step *step) { return step->otherwise != PLAN_NONE; }

enum step_answer recv_pass_over(struct task *task, const struct step *step, struct sock *sock) {
    sock->held_from = task->progress.held_before;
    if (net_keeps_edges(sock->family) && task->progress.matched) sock->has_message = true; // but not what ends it
    task_forget_written(task);
    task->passed_over = true;
    task->next = step->otherwise;
    return STEP_DONE;
}

// Takes up to `len` bytes from the socket into the worker's room; the same answers as sock_read.
static ssize_t take(struct recv_turn *turn, size_t len) {
    struct sock *sock = turn->sock;
    uint8_t *bytes = turn->task->part->worker->bytes;
    // What a program prints is taken as it comes, and not by what the first branch wants of it.
    if (sock->stream && recv_may_be_passed_over(turn->step)) {
        ssize_t const seen = sock_peek(sock, bytes, 1);
        if (seen < 0) return seen;
    }
    bool was_held = sock->held_from < sock->held.len_bytes;
    ssize_t n = sock_read(sock, bytes, len < SCRATCH_BYTES ? len : SCRATCH_BYTES);
    if (n > 0 && recv_may_be_passed_over(turn->step) && !was_held) {
        buffer_add(&sock->held, bytes, (size_t)n);
        sock->held_from = sock->held.len_bytes;
    }
    return n;
}

static void note_matched(struct recv_turn *turn, size_t len) {
    if (recv_may_be_passed_over(turn->step)) return; // noted when the whole pattern has matched
    sock_received(turn->task, turn->sock, EVENT_MATCHED, turn->task->part->worker->bytes, len);
}

// The pattern has matched: what was held for it counts as received, and is forgotten when nothing is left behind it.
static void commit(struct recv_turn *turn) {
    struct sock *sock = turn->sock;
    size_t before = turn->task->progress.held_before;
    if (recv_may_be_passed_over(turn->step) && sock->held_from > before)
        sock_received(turn->task, sock, EVENT_MATCHED, sock->held.data + before, sock->held_from - before);
    if (sock->held_from < sock->held.len_bytes) return;
    buffer_clear(&sock->held);
    sock->held_from = 0;
}

// --- the pattern

static enum look look_at_status(struct recv_turn *turn, enum match_status status) {
    switch (status) {
    case MATCH_DONE: return LOOK_MATCHED;
    case MATCH_MORE: return LOOK_AGAIN;
    case MATCH_MISMATCH: return LOOK_WRONG;
    case MATCH_WAIT:
    case MATCH_UNSETTLED:
    case MATCH_FAILED: break;
    }
    turn->answer = recv_match_answer(turn->task, &turn->env, status);
    return LOOK_ANSWER;
}

static enum look answer(struct recv_turn *turn, enum step_answer given) {
    turn->answer = given;
    return LOOK_ANSWER;
}

static bool may_fail(const struct step *step) { return step->fails_count > 0; }

// How the stream ended before the pattern was done.
static const char *early_end_words(const struct sock *sock) {
    if (sock->stream) return pipe_end_words(sock);
    if (!secure_has_tls(sock)) return "the stream ended (FIN) before the pattern was done,";
    return tls_notified(sock->tls) ? "the peer ended TLS (close_notify) before the pattern was done,"
                                   : "the stream ended (FIN, without close_notify) before the pattern was done,";
}

// `rest` is content with an end of the stream; that TLS was cut off is none, unless what follows says that it is.
static bool is_truncated(const struct recv_turn *turn) {
    return secure_has_tls(turn->sock) && !tls_notified(turn->sock->tls) && turn->step->ending == ENDING_NONE;
}

// No bytes came: the stream has ended or failed before the pattern was done.
static enum look look_at_end(struct recv_turn *turn, ssize_t result) {
    struct matcher *matcher = turn->task->progress.matcher;
    if (result == -EAGAIN) {
        recv_lay_aside(turn->task);
        return answer(turn, task_wait_socket(turn->task, turn->sock, STEP_WANTS_READ));
    }
    if (result == 0 && secure_is_cut(turn->step, turn->sock)) return LOOK_EXCUSED;
    if (result == 0) {
        enum match_status status = matcher_end(matcher);
        if (status == MATCH_MISMATCH && !recv_may_be_passed_over(turn->step))
            task_event(turn->task, EVENT_END_OF_STREAM)->socket = turn->sock->number;
        turn->what = early_end_words(turn->sock);
        if (status != MATCH_DONE || !is_truncated(turn)) return look_at_status(turn, status);
        if (recv_may_be_passed_over(turn->step)) return LOOK_WRONG;
        return answer(turn, fail_ending(turn->task, turn->sock, "close_notify behind `rest`", "eof (FIN) without it"));
    }
    bool const may_be_reset = turn->step->ending == ENDING_RESET || turn->step->ending == ENDING_CLOSED;
    if (result == -ECONNRESET && may_be_reset && matcher_end(matcher) == MATCH_DONE) return LOOK_MATCHED; // `rest reset`
    if (may_fail(turn->step)) {
        if (call_result(turn->task, turn->step, turn->sock, result) == STEP_DONE) return LOOK_EXCUSED;
        return answer(turn, STEP_FAILED);
    }
    if (result != -ECONNRESET && !recv_may_be_passed_over(turn->step))
        return answer(turn, call_result(turn->task, turn->step, turn->sock, result));
    if (!recv_may_be_passed_over(turn->step)) task_event(turn->task, EVENT_PEER_RESET)->socket = turn->sock->number;
    turn->what = "the peer reset the connection (RST) before the pattern was done,";
    matcher_end(matcher);
    return LOOK_WRONG;
}

// Reads what the pattern takes for certain; else peeks, and takes what it took.
static enum look look(struct recv_turn *turn) {
    struct matcher *matcher = turn->task->progress.matcher;
    uint8_t *bytes = turn->task->part->worker->bytes;
    bool exactly = false;
    enum match_status status = MATCH_MORE;
    turn->what = "received bytes differ";
    uint64_t need = matcher_needs(matcher, &exactly, &status);
    if (status != MATCH_MORE) return look_at_status(turn, status);
    size_t used = 0;
    ssize_t n;
    if (exactly) {
        n = take(turn, need < SCRATCH_BYTES ? (size_t)need : SCRATCH_BYTES);
        if (n <= 0) return look_at_end(turn, n);
        status = matcher_feed(matcher, slice_of(bytes, (size_t)n), &used);
        note_matched(turn, status == MATCH_MISMATCH ? used : (size_t)n);
    } else {
        n = sock_peek(turn->sock, bytes, SCRATCH_BYTES);
        if (n <= 0) return look_at_end(turn, n);
        status = matcher_feed(matcher, slice_of(bytes, (size_t)n), &used);
        if (used > 0) n = take(turn, used);
        if (n < 0) return look_at_end(turn, n);
        note_matched(turn, used);
    }
    return look_at_status(turn, status);
}

// --- endings

static const char *const ending_words[] = {
    [ENDING_NONE] = "", [ENDING_EOF] = "eof", [ENDING_RESET] = "a reset", [ENDING_CLOSED] = "the end of the connection",
};

static const char *wanted_words(const struct step *step, const struct sock *sock) {
    if (!secure_has_tls(sock) || step->ending != ENDING_EOF) return ending_words[step->ending];
    return step->without_notify ? "eof without close_notify" : "eof (close_notify)";
}

static const char *end_words(const struct sock *sock, ssize_t n, struct arena *arena) {
    if (n > 0 && net_keeps_edges(sock->family)) return net_is_datagram(sock->family) ? "a datagram" : "a record";
    if (n == 0 && sock->stream) return "eof";
    if (n == 0 && secure_has_tls(sock)) return tls_notified(sock->tls) ? "close_notify" : "eof (FIN) without close_notify";
    if (n == -EPROTO && sock->tls) return secure_failure_text(sock->tls, arena);
    return n > 0 ? "bytes" : n == 0 ? "eof (FIN)" : n == -ECONNRESET ? "a reset (RST)" : errno_name((int)-n);
}

// TLS has an end of its own: a FIN without it may be anybody's.
static bool is_wanted_eof(const struct step *step, const struct sock *sock) {
    if (step->ending == ENDING_RESET) return false;
    return !secure_has_tls(sock) || step->ending == ENDING_CLOSED || tls_notified(sock->tls) != step->without_notify;
}

enum step_answer recv_ending(struct task *task, const struct step *step, struct sock *sock) {
    if (net_is_datagram(sock->family))
        return task_fail(task, FAILURE_CALL, "a datagram socket has no connection whose end could be received");
    uint8_t byte;
    ssize_t n = sock_look(sock);
    if (n == 0) n = sock_read(sock, &byte, 1); // so that the socket remembers
    if (n == -EAGAIN) return task_wait_socket(task, sock, STEP_WANTS_READ);
    bool eof = n == 0, reset = n == -ECONNRESET;
    if (eof || reset) {
        task_event(task, eof ? EVENT_END_OF_STREAM : EVENT_PEER_RESET)->socket = sock->number;
        if (reset) sock_note_state(sock, STATE_CLOSE, true);
        else sock_state(sock);
    }
    if (eof && secure_is_cut(step, sock)) return STEP_DONE;
    if ((eof && is_wanted_eof(step, sock)) || (reset && step->ending != ENDING_EOF)) return STEP_DONE;
    if (may_fail(step) && n < 0) return call_result(task, step, sock, n);
    if (recv_may_be_passed_over(step)) return recv_pass_over(task, step, sock);
    return fail_ending(task, sock, wanted_words(step, sock), end_words(sock, n, &task->step_arena));
}

static enum step_answer recv_nothing(struct task *task, const struct step *step, struct sock *sock) {
    struct progress *progress = &task->progress;
    if (progress->silent_until_ns == 0) {
        struct value duration;
        enum step_answer given = env_eval_kind(task, step->silence, VALUE_DURATION, &duration);
        if (given != STEP_DONE) return given;
        progress->silent_until_ns = clock_after(clock_now_ns(), (int64_t)duration.number);
        progress->held_before = sock->held_from;
    }
    ssize_t n = sock_look(sock);
    if (n != -EAGAIN && recv_may_be_passed_over(step)) return recv_pass_over(task, step, sock);
    if (n != -EAGAIN) return fail_ending(task, sock, "silence", end_words(sock, n, &task->step_arena));
    if (clock_now_ns() >= progress->silent_until_ns) return STEP_DONE;
    enum step_answer given = task_wait_socket(task, sock, STEP_WANTS_READ);
    if (given != STEP_FAILED) task->wake_ns = progress->silent_until_ns;
    return given;
}

// --- the step

static enum step_answer recv_pattern(struct task *task, const struct step *step, struct sock *sock) {
    struct recv_turn turn = {.task = task, .step = step, .sock = sock};
    // No matcher for what is not there yet, where making it could neither wait nor fail.
    if (!task->progress.matching && sock_is_drained(sock) && pattern_takes_bytes(step->pattern))
        return task_wait_socket(task, sock, STEP_WANTS_READ);
    env_init(&turn.env, task);
    if (!task->progress.matching) recv_begin_match(task, step, sock, &turn.env);
    task->progress.matcher->env = &turn.env;
    enum look seen;
    do seen = look(&turn);
    while (seen == LOOK_AGAIN);
    switch (seen) {
    case LOOK_AGAIN:
    case LOOK_ANSWER: return turn.answer;
    case LOOK_EXCUSED: task->next = step->after; return STEP_DONE;
    case LOOK_WRONG: return recv_may_be_passed_over(step) ? recv_pass_over(task, step, sock) : recv_fail_mismatch(task, sock, turn.what);
    case LOOK_MATCHED: break;
    }
    task->progress.matched = true;
    if (may_fail(step)) return call_result(task, step, sock, 0);
    if (step->ending == ENDING_NONE) commit(&turn);
    return STEP_DONE;
}

static enum step_answer receive(struct task *task, const struct step *step, struct sock *sock) {
    struct progress *progress = &task->progress;
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    if (sock->stream) sock->stream->is_pinned = recv_may_be_passed_over(step);
    if (!sock->connected && !net_is_datagram(sock->family)) return call_result(task, step, sock, -ENOTCONN);
    if (task->timed_out || step->silence) sock_look_again(sock); // what epoll(7) has not told yet counts too
    if (step->silence) return recv_nothing(task, step, sock);
    if (recv_may_be_passed_over(step) && task->timed_out) return recv_pass_over(task, step, sock);
    if (net_keeps_edges(sock->family)) return recv_message(task, step, sock);
    if (step->from) return task_fail(task, FAILURE_VALUE, "`from` is for datagrams, and this is a stream");
    if (!progress->matched && step->pattern->element_count > 0) {
        enum step_answer given = recv_pattern(task, step, sock);
        if (given != STEP_DONE || !progress->matched || step->ending == ENDING_NONE) return given;
    }
    if (!progress->matching) {
        progress->matching = progress->matched = true; // an ending alone
        progress->held_before = sock->held_from;
    }
    enum step_answer given = recv_ending(task, step, sock);
    if (given == STEP_DONE && !task->passed_over) commit(&(struct recv_turn){.task = task, .step = step, .sock = sock});
    return given;
}

enum step_answer step_recv(struct task *task, const struct step *step) {
    struct sock *sock = task_socket(task);
    if (!sock) return task_fail(task, FAILURE_CALL, "there is no socket here yet");
    enum step_answer given = receive(task, step, sock);
    bool is_over = given == STEP_DONE && !task->passed_over && !may_fail(step);
    return is_over ? descriptors_take(task, step, sock) : given;
}
