// send: all of its bytes, whatever the kernel takes at a time, in chunks where it says so.
#include "descriptors.h"
#include "env.h"
#include "secure.h"
#include "sock.h"
#include "steps.h"
#include "stream.h"
#include "task.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

static void add_cut(struct task *task, integer first, integer last) {
    struct progress *progress = &task->progress;
    integer const most = (integer)progress->bytes->len_bytes - 1; // an end of the bytes is no place to split at
    if (first < 1) first = 1;
    if (last > most) last = most;
    if (first > last) return;
    progress->cuts = arena_grow(&task->step_arena, progress->cuts, progress->cut_count, sizeof *progress->cuts);
    progress->cuts[progress->cut_count++] = (struct cut){(uint64_t)first, (uint64_t)last};
}

// Negative ones count from the end: -1 is before the last byte.
static void add_offsets(struct task *task, integer first, integer last) {
    integer const total = (integer)task->progress.bytes->len_bytes;
    if (first < 0) add_cut(task, total + first, total + (last < 0 ? last : -1));
    if (last >= 0) add_cut(task, first < 0 ? 0 : first, last);
}

static enum step_answer read_offsets(struct task *task, const struct term *term) {
    struct value value, last;
    if (term->kind == TERM_INTERVAL) {
        enum step_answer answer = env_eval_kind(task, term->items[0], VALUE_INTEGER, &value);
        if (answer == STEP_DONE) answer = env_eval_kind(task, term->items[1], VALUE_INTEGER, &last);
        if (answer == STEP_DONE && value.number <= last.number) add_offsets(task, value.number, last.number);
        return answer;
    }
    bool const is_each = term->kind == TERM_EACH;
    enum step_answer answer = env_eval_kind(task, term, is_each ? VALUE_LIST : VALUE_INTEGER, &value);
    if (answer != STEP_DONE) return answer;
    for (uint32_t i = 0; is_each && i < value.item_count; i++) {
        if (value.items[i].kind != VALUE_INTEGER)
            return task_fail(task, FAILURE_VALUE, "an offset to split at is an integer, and [%u] of the list is %s", i,
                             value_kind_name(value.items[i].kind));
        add_offsets(task, value.items[i].number, value.items[i].number);
    }
    if (!is_each) add_offsets(task, value.number, value.number);
    return STEP_DONE;
}

static int by_first(const void *a, const void *b) {
    uint64_t const first = ((const struct cut *)a)->first, other = ((const struct cut *)b)->first;
    return (first > other) - (first < other);
}

static enum step_answer read_cuts(struct task *task, const struct step *step) {
    struct progress *progress = &task->progress;
    progress->cut_count = 0;
    for (uint32_t i = 0; i < step->list_count; i++) {
        enum step_answer answer = read_offsets(task, step->list[i]);
        if (answer != STEP_DONE) return answer;
    }
    if (progress->cut_count) qsort(progress->cuts, progress->cut_count, sizeof *progress->cuts, by_first);
    return STEP_DONE;
}

// Where the chunk that begins at `from` ends.
static uint64_t chunk_end(struct progress *progress, uint64_t from) {
    uint64_t end = progress->bytes->len_bytes;
    if (progress->chunk_bytes > 0 && progress->chunk_bytes < end - from) end = from + progress->chunk_bytes;
    while (progress->cut < progress->cut_count && progress->cuts[progress->cut].last <= from) progress->cut++;
    if (progress->cut == progress->cut_count) return end;
    const struct cut *cut = &progress->cuts[progress->cut];
    uint64_t at = cut->first > from ? cut->first : from + 1;
    return at < end ? at : end;
}

static enum step_answer begin_send(struct task *task, const struct step *step, struct sock *sock) {
    struct progress *progress = &task->progress;
    struct value value;
    enum step_answer answer = env_eval_kind(task, step->operand, VALUE_BYTES, &value);
    if (answer != STEP_DONE) return answer;
    progress->bytes = value.bytes;
    if (step->chunk) {
        answer = env_eval_kind(task, step->chunk, VALUE_INTEGER, &value);
        if (answer != STEP_DONE) return answer;
        if (value.number < 1) return task_fail(task, FAILURE_VALUE, "a chunk has one byte at the least");
        progress->chunk_bytes = (uint64_t)value.number;
    }
    answer = read_cuts(task, step);
    if (answer != STEP_DONE) return answer;
    if ((step->chunk || step->list_count > 0) && net_is_tcp(sock->family))
        net_set_option(sock->fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (step->to && net_is_datagram(sock->family) && !net_sends_to(sock->family))
        return task_fail(task, FAILURE_VALUE, "`to` has no meaning here: %s talks to whom it was bound to",
                         script_family_word(sock->family));
    if (step->to && !net_is_datagram(sock->family)) // the kernel would overlook the address
        return task_fail(task, FAILURE_VALUE, "`to` is for datagrams, and this is a %s",
                         net_keeps_edges(sock->family) ? "connection" : "stream");
    answer = descriptors_check(task, step, sock);
    if (answer != STEP_DONE) return answer;
    if (step->to) {
        enum family_word family;
        struct address to;
        answer = env_endpoint(task, step->to, &family, &to);
        if (answer != STEP_DONE) return answer;
        progress->to = arena_copy(&task->step_arena, &to, sizeof to);
        sock_datagrams(sock)->sent_to = to;
    }
    progress->begun = true;
    return STEP_DONE;
}

// A datagram goes in one piece.
static bool whole_chunk(struct task *task, uint64_t end, const uint8_t **data, size_t *len) {
    struct progress *progress = &task->progress;
    struct slice flat;
    const struct bytes *chunk =
        bytes_slice(&task->step_arena, progress->bytes, progress->sent_bytes, end - progress->sent_bytes);
    if (!bytes_flat(&task->step_arena, chunk, &flat)) return false;
    *data = flat.data;
    *len = flat.len_bytes;
    return true;
}

// Until there is room. unix(7): that another's queue, to which this socket is not connected, has room again is told to nobody;
// nor is, by every kernel, that isotp has sent the last frame of its message.
static enum step_answer wait_for_room(struct task *task, const struct step *step, struct sock *sock) {
    const struct net_family *family = net_family(sock->family);
    if (family->form == FORM_ISOTP || (step->to && family->domain == AF_UNIX))
        return task_wait_until(task, clock_now_ns() + NS_PER_MS, "for room in the receiver's queue");
    return task_wait_socket(task, sock, STEP_WANTS_WRITE);
}

static ssize_t send_piece(struct task *task, const struct step *step, struct sock *sock, const void *data, size_t len_bytes) {
    const struct address *to = task->progress.to;
    if (sock->stream) return stream_write(sock, data, len_bytes);
    if (sock->tls) return secure_send(task, sock, data, len_bytes);
    if (step->fd_count > 0 && task->progress.sent_bytes == 0) return descriptors_send(task, step, sock, data, len_bytes, to);
    return to ? net_send_to(sock->fd, data, len_bytes, to) : net_send(sock->fd, data, len_bytes);
}

// What of the bytes stands in the worker's room: `len_bytes` of them, from `from` on. Lives on the stack, since a task that
// has waited finds another's there.
struct made {
    uint64_t from;
    size_t len_bytes;
};

// Up to *n of the bytes from `offset` on, in the worker's room. Those that come again are there already.
static const uint8_t *make(struct worker *worker, const struct bytes *bytes, uint64_t offset, size_t *n, struct made *made) {
    uint64_t const period = bytes_period(bytes);
    uint64_t const at = period > 0 && made->len_bytes > 0 ? (offset - made->from) % period : SCRATCH_BYTES;
    if (made->len_bytes > 0 && at <= made->len_bytes / 2) {
        if (*n > made->len_bytes - at) *n = made->len_bytes - (size_t)at;
        return worker->bytes + at;
    }
    bytes_read(bytes, offset, worker->bytes, *n);
    *made = (struct made){offset, *n};
    return worker->bytes;
}

// Hands the kernel what it takes of the chunk that ends at `end`; DONE when it has all of it.
static enum step_answer send_chunk(struct task *task, const struct step *step, struct sock *sock, uint64_t end) {
    struct progress *progress = &task->progress;
    struct worker *worker = task->part->worker;
    struct made made = {0};
    while (progress->sent_bytes < end) {
        uint64_t left = end - progress->sent_bytes;
        size_t most = sock->tls ? SECURE_RECORD_BYTES : SCRATCH_BYTES; // TLS takes no more at once
        size_t n = left < most ? (size_t)left : most;
        const uint8_t *data = worker->bytes;
        if (net_keeps_edges(sock->family)) {
            if (!whole_chunk(task, end, &data, &n)) return task_fail(task, FAILURE_VALUE, "a datagram of more than 64 MiB");
        } else if (progress->bytes->kind == BYTES_HELD) {
            data = progress->bytes->held.data + progress->sent_bytes;
            n = (size_t)left;
        } else if (sock->tls) { // what is tried again has to be as long as it was
            bytes_read(progress->bytes, progress->sent_bytes, worker->bytes, n);
        } else {
            data = make(worker, progress->bytes, progress->sent_bytes, &n, &made);
        }
        ssize_t taken = send_piece(task, step, sock, data, n);
        if (taken == -EAGAIN) return wait_for_room(task, step, sock);
        if (taken < 0) return call_result(task, step, sock, taken) == STEP_DONE ? STEP_WANTS_EVENT : STEP_FAILED;
        sock_sent(task, sock, data, (size_t)taken);
        progress->sent_bytes += (uint64_t)taken;
    }
    return STEP_DONE;
}

static enum step_answer send_empty(struct task *task, const struct step *step, struct sock *sock) {
    ssize_t taken = send_piece(task, step, sock, "", 0);
    if (taken == -EAGAIN) return wait_for_room(task, step, sock);
    if (taken == 0) sock_sent(task, sock, "", 0);
    return call_result(task, step, sock, taken);
}

enum step_answer step_send(struct task *task, const struct step *step) {
    struct progress *progress = &task->progress;
    struct sock *sock = task_socket(task);
    if (!sock) return task_fail(task, FAILURE_CALL, "there is no socket here yet");
    enum step_answer answer = progress->begun ? STEP_DONE : begin_send(task, step, sock);
    if (answer != STEP_DONE) return answer;
    if (sock->fd < 0) return call_result(task, step, sock, -EBADF);
    bool empty = progress->bytes->len_bytes == 0 && net_keeps_edges(sock->family); // an empty datagram is one too
    if (empty) return send_empty(task, step, sock);
    while (progress->sent_bytes < progress->bytes->len_bytes) {
        if (progress->next_chunk_ns > clock_now_ns())
            return task_wait_until(task, progress->next_chunk_ns, "to send the next chunk");
        uint64_t end = chunk_end(progress, progress->sent_bytes);
        if (progress->split > 0 && progress->split < end) end = progress->split; // the rest of a chunk the kernel cut
        progress->split = 0;
        answer = send_chunk(task, step, sock, end);
        if (answer == STEP_WANTS_EVENT) return STEP_DONE; // it failed, as `fails` says
        if (answer == STEP_WANTS_WRITE || answer == STEP_WANTS_TIME) progress->split = end;
        if (answer != STEP_DONE) return answer;
        if (step->every) {
            struct value every;
            answer = env_eval_kind(task, step->every, VALUE_DURATION, &every);
            if (answer != STEP_DONE) return answer;
            progress->next_chunk_ns = clock_after(clock_now_ns(), (int64_t)every.number);
        }
    }
    // An alert for what was sent is still to come.
    return step_fails_by_tls(step) ? secure_verdict(task, step, sock) : call_result(task, step, sock, 0);
}
