// recv on a socket that keeps edges: one whole datagram, or one record, must match. What has been taken from the kernel and
// is not matched yet is held, so that a branch of `either` may pass it on to the next.
#include "descriptors.h"
#include "env.h"
#include "sock.h"
#include "steps.h"
#include "task.h"

#include <errno.h>
#include <string.h>

const char *message_word(enum family_word family) { return net_is_datagram(family) ? "datagram" : "record"; }

static enum step_answer fail(struct task *task, struct sock *sock, uint64_t offset, const char *wanted, const char *what) {
    struct arena *arena = &task->part->journal->arena;
    size_t left = sock->held.len_bytes - (size_t)offset;
    size_t window = left < WINDOW_BYTES ? left : WINDOW_BYTES;
    struct buffer where = {0};
    describe_socket(sock, &where);
    struct failure *failure = task_failure(task, FAILURE_MISMATCH);
    failure->message = arena_text(arena, "%s on %s", what, where.data);
    failure->offset = failure->window_offset = sock->received_bytes + offset;
    if (window > 0) failure->received = slice_of(arena_copy(arena, sock->held.data + offset, window), window);
    failure->wanted = wanted;
    buffer_fini(&where);
    return STEP_FAILED;
}

static void drop_message(struct sock *sock) {
    buffer_clear(&sock->held);
    sock->held_from = 0;
    sock->has_message = false;
}

// SCRATCH_BYTES of it at the most, and the descriptors that come with it.
static ssize_t receive(struct sock *sock, uint8_t *bytes, struct message_info *info) {
    if (!net_carries_fds(sock->family)) return net_recv_message(sock->fd, bytes, SCRATCH_BYTES, info, NULL);
    struct net_fds came;
    ssize_t n = net_recv_message(sock->fd, bytes, SCRATCH_BYTES, info, &came);
    descriptors_hold(sock, &came);
    return n;
}

// Takes the next message from the kernel, where none is held. DONE, or what the step has to answer; *ended: a record
// socket's peer has closed.
static enum step_answer take_message(struct task *task, const struct step *step, struct sock *sock, bool *ended) {
    *ended = false;
    if (sock->has_message) return STEP_DONE;
    struct message_info info;
    uint8_t *bytes = task->part->worker->bytes;
    ssize_t n = receive(sock, bytes, &info);
    if (n == -EAGAIN) return task_wait_socket(task, sock, STEP_WANTS_READ);
    if (n == -ECONNRESET) sock->reset_seen = true;
    if (n < 0) {
        if (recv_may_be_passed_over(step)) return recv_pass_over(task, step, sock);
        return call_result(task, step, sock, n);
    }
    if (info.ended && !net_is_datagram(sock->family)) {
        sock->end_seen = *ended = true;
        return STEP_DONE;
    }
    drop_message(sock);
    buffer_add(&sock->held, bytes, (size_t)n);
    sock->has_message = true;
    sock_datagrams(sock)->sender = info.sender;
    if (!info.truncated) return STEP_DONE;
    return fail(task, sock, SCRATCH_BYTES, "256 KiB at the most", "a datagram of more than 256 KiB was cut off");
}

// A receiver that names a sender takes nothing from anybody else.
static enum step_answer check_sender(struct task *task, const struct step *step, struct sock *sock) {
    enum family_word family;
    struct address from;
    char text[ADDRESS_TEXT_BYTES];
    enum step_answer answer = env_endpoint(task, step->from, &family, &from);
    if (answer != STEP_DONE || address_equal(&from, sock_sender(sock))) return answer;
    if (recv_may_be_passed_over(step)) return recv_pass_over(task, step, sock);
    struct arena *arena = &task->part->journal->arena;
    const char *word = message_word(sock->family);
    const char *wanted = arena_text(arena, "a %s from %s", word, address_text(&from, text));
    const char *got = address_is_none(sock_sender(sock)) ? "a socket without a name" : address_text(sock_sender(sock), text);
    return fail(task, sock, 0, wanted, arena_text(arena, "expected %s, got one from %s,", wanted, got));
}

// Feeds the matcher the whole message. *short_of_it: it ended before the pattern was done.
static enum match_status match_whole(struct task *task, struct sock *sock, bool *short_of_it) {
    struct matcher *matcher = task->progress.matcher;
    bool exactly;
    enum match_status status = MATCH_MORE;
    *short_of_it = false;
    for (;;) {
        matcher_needs(matcher, &exactly, &status);
        size_t used = 0, at = (size_t)matcher->consumed_bytes;
        if (status != MATCH_MORE) return status;
        if (at == sock->held.len_bytes) {
            status = matcher_end(matcher);
            *short_of_it = status == MATCH_MISMATCH;
            return status;
        }
        status = matcher_feed(matcher, slice_of(sock->held.data + at, sock->held.len_bytes - at), &used);
        if (status != MATCH_MORE) return status;
    }
}

static enum step_answer match_message(struct task *task, const struct step *step, struct sock *sock) {
    struct eval_env env;
    env_init(&env, task);
    struct progress *progress = &task->progress;
    if (!progress->matching) recv_begin_match(task, step, sock, &env);
    progress->matcher->env = &env;
    bool short_of_it;
    enum match_status status = match_whole(task, sock, &short_of_it);
    if (status == MATCH_WAIT || status == MATCH_FAILED || status == MATCH_UNSETTLED)
        return recv_match_answer(task, &env, status);
    uint64_t used = progress->matcher->consumed_bytes;
    if (status == MATCH_DONE && used == sock->held.len_bytes) {
        progress->matched = true;
        return STEP_DONE;
    }
    if (recv_may_be_passed_over(step)) return recv_pass_over(task, step, sock);
    struct arena *arena = &task->part->journal->arena;
    const char *word = message_word(sock->family);
    if (status == MATCH_DONE)
        return fail(task, sock, used, arena_text(arena, "the end of the %s", word),
                    arena_text(arena, "the %s goes on where the pattern ends, at byte %llu of the %s", word,
                               (unsigned long long)used, word));
    return recv_fail_mismatch(task, sock, short_of_it ? arena_text(arena, "the %s ended before the pattern was done,", word)
                                                      : "received bytes differ");
}

static enum step_answer no_message(struct task *task, const struct step *step, struct sock *sock) {
    if (recv_may_be_passed_over(step)) return recv_pass_over(task, step, sock);
    task_event(task, EVENT_END_OF_STREAM)->socket = sock->number;
    return fail(task, sock, 0, "a record", "the peer closed where a record was to come,");
}

static void commit(struct task *task, struct sock *sock) {
    sock_received(task, sock, EVENT_MATCHED, sock->held.data, sock->held.len_bytes);
    drop_message(sock);
}

enum step_answer recv_message(struct task *task, const struct step *step, struct sock *sock) {
    // A branch whose ending may yet fail keeps the message, and looks past it.
    bool keeps = step->ending != ENDING_NONE && recv_may_be_passed_over(step);
    if (step->pattern->element_count > 0 && !task->progress.matched) {
        bool ended = sock->end_seen;
        enum step_answer answer = ended ? STEP_DONE : take_message(task, step, sock, &ended);
        if (answer != STEP_DONE || task->passed_over) return answer;
        if (ended) return no_message(task, step, sock);
        if (!sock->has_message) return STEP_DONE; // the call failed, as `fails` says
        if (step->from) answer = check_sender(task, step, sock);
        if (answer != STEP_DONE || task->passed_over) return answer;
        answer = match_message(task, step, sock);
        if (answer != STEP_DONE || task->passed_over) return answer;
        if (keeps) sock->has_message = false;
        else commit(task, sock);
        if (step->fails_count > 0) return call_result(task, step, sock, 0);
    }
    if (step->ending == ENDING_NONE) return STEP_DONE;
    enum step_answer answer = recv_ending(task, step, sock);
    if (keeps && task->progress.matched && answer == STEP_DONE && !task->passed_over) commit(task, sock);
    return answer;
}

int discard_messages(struct task *task, struct sock *sock) {
    uint8_t *bytes = task->part->worker->bytes;
    for (;;) {
        struct message_info info;
        ssize_t n = receive(sock, bytes, &info);
        descriptors_drop(sock);
        if (n < 0) return n == -EAGAIN ? 0 : (int)n;
        if (info.ended && !net_is_datagram(sock->family)) {
            sock->end_seen = true;
            return 0;
        }
        sock_datagrams(sock)->sender = info.sender;
        sock_received(task, sock, EVENT_DISCARDED, bytes, (size_t)n);
    }
}
