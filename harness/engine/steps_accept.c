// accept in its forms: one connection, N at once, or each until the clients have finished.
#include "env.h"
#include "lifecycle.h"
#include "sock.h"
#include "steps.h"
#include "task.h"

#include <errno.h>

// How long a connection that one of ours made may take from connect's return to the listener's queue: the last ACK is
// handled by the kernel in its own time.
static const int64_t GRACE_NS = 200 * 1000 * 1000;

static struct sock *newest_listener(struct task *task) {
    for (struct list *link = task->part->sockets.prev; link != &task->part->sockets; link = link->prev) {
        struct sock *sock = list_entry(link, struct sock, link);
        if (sock->actor == task->actor && sock->listening && sock->fd >= 0) return sock;
    }
    return NULL;
}

// The socket behind `on`; else the current one where it listens, else the newest listener of the actor.
static struct sock *listener_of(struct task *task, const struct step *step) {
    struct sock *sock = task_socket(task);
    if (step->on != SLOT_CURRENT || (sock && sock->listening && sock->fd >= 0)) return sock;
    struct sock *newest = newest_listener(task);
    return newest ? newest : sock;
}

static struct sock *adopt(struct task *task, struct task *owner, struct sock *listener, int fd, const struct address *peer,
                          uint32_t slot) {
    struct address local;
    net_local(fd, &local);
    struct sock *sock = sock_open(owner, net_family_for(listener->family, &local), fd, slot);
    sock->connected = true;
    sock->tells_late = listener->tells_late; // accept(2) hands options down
    sock_set_local(sock, &local);
    sock_set_peer(sock, peer);
    lifecycle_accepted(sock);
    sock_note_state(sock, STATE_SYN_RECV, true);
    sock_note_state(sock, STATE_ESTABLISHED, true);
    if (sock->trace) sock_state(sock);
    struct event *event = task_event(owner, EVENT_ACCEPTED);
    event->step = task->pc;
    event->socket = sock->number;
    event->code = fd;
    event->count = sock->family;
    event->offset = listener->number;
    sock_tell_addresses(sock);
    task->actor->accepted++;
    atomic_fetch_add(&task->part->run->accepted, 1);
    sock_publish(owner, sock);
    return sock;
}

// Whether nothing can come any more: every client has ended, and what they connected was accepted or had its time.
static bool nobody_comes(struct task *task) {
    const struct case_run *run = task->part->run;
    if (!task->part->quiet) return false;
    if (atomic_load(&run->connected) <= atomic_load(&run->accepted)) return true;
    struct progress *progress = &task->progress;
    if (progress->grace_until_ns == 0) progress->grace_until_ns = clock_after(clock_now_ns(), GRACE_NS);
    return clock_now_ns() >= progress->grace_until_ns;
}

// Who comes when the clients outside have finished is none of them.
static int take(struct sock *listener, struct address *peer) {
    if (listener->is_counted && listener->left_to_accept == 0) return -EAGAIN;
    int const fd = net_accept(listener->fd, peer);
    if (fd >= 0 && listener->is_counted) listener->left_to_accept--;
    return fd;
}

static enum step_answer wait_for_one(struct task *task, struct sock *listener) {
    enum step_answer answer = task_wait_socket(task, listener, STEP_WANTS_READ);
    if (task->progress.grace_until_ns > 0) task->wake_ns = task->progress.grace_until_ns;
    return answer;
}

static enum step_answer nobody(struct task *task, struct sock *listener) {
    const struct progress *progress = &task->progress;
    char at[ADDRESS_TEXT_BYTES];
    struct address local;
    address_text(sock_local(listener, &local), at);
    if (progress->taken > 0)
        return task_fail(task, FAILURE_ABANDONED, "%u of %llu connections came to %s, and every client has finished",
                         progress->taken, (unsigned long long)progress->connections, at);
    return task_fail(task, FAILURE_ABANDONED, "no connection came to %s, and every client has finished", at);
}

static enum step_answer accept_one(struct task *task, const struct step *step, struct sock *listener) {
    struct address peer;
    int fd = take(listener, &peer);
    if (fd == -EAGAIN) return nobody_comes(task) ? nobody(task, listener) : wait_for_one(task, listener);
    if (fd < 0) return call_result(task, step, listener, fd);
    struct sock *before = task->current;
    if (step->block != PLAN_NONE) {
        struct block_run *block = task_push_block(task, task->pc);
        block->current = before;
    }
    struct sock *sock = adopt(task, task, listener, fd, &peer, step->as);
    enum step_answer answer = call_result(task, step, sock, 0);
    if (answer == STEP_DONE && step->block == PLAN_NONE) task->next = step->after;
    return answer;
}

static void begin_child(struct task *task, const struct step *step, struct sock *listener, int fd,
                        const struct address *peer) {
    struct task *child = task_begin(task->actor, task, step->block);
    task_event(child, EVENT_TASK_BEGIN);
    task_push_block(child, task->pc);
    adopt(task, child, listener, fd, peer, step->as);
    task->progress.taken++;
    task->progress.children++;
}

static enum step_answer accept_many(struct task *task, const struct step *step, struct sock *listener) {
    struct progress *progress = &task->progress;
    bool each = step->accept_form == ACCEPT_EACH;
    bool open = true;
    while (open && (each || progress->taken < progress->connections)) {
        struct address peer;
        int fd = take(listener, &peer);
        if (fd >= 0) {
            begin_child(task, step, listener, fd, &peer);
        } else if (fd != -EAGAIN) {
            return call_result(task, step, listener, fd);
        } else if (!nobody_comes(task)) {
            return wait_for_one(task, listener);
        } else if (!each) {
            return nobody(task, listener);
        } else {
            open = false;
        }
    }
    if (progress->children > 0) {
        task->wake_ns = CLOCK_NEVER;
        return STEP_WANTS_EVENT;
    }
    task->next = step->after;
    return STEP_DONE;
}

enum step_answer step_accept(struct task *task, const struct step *step) {
    struct progress *progress = &task->progress;
    if (!progress->begun) {
        progress->socket = listener_of(task, step);
        if (!progress->socket) return task_fail(task, FAILURE_CALL, "there is no listening socket here");
        if (step->accept_form == ACCEPT_MANY) {
            struct value count;
            enum step_answer answer = env_eval_kind(task, step->count, VALUE_INTEGER, &count);
            if (answer != STEP_DONE) return answer;
            progress->connections = count.number < 0 ? 0 : (uint64_t)count.number;
        }
        progress->begun = true;
    }
    struct sock *listener = progress->socket;
    if (listener->fd < 0) return call_result(task, step, listener, -EBADF);
    if (!listener->listening) return call_result(task, step, listener, net_accept(listener->fd, NULL) == -EOPNOTSUPP ? -EOPNOTSUPP : -EINVAL);
    return step->accept_form == ACCEPT_ONE ? accept_one(task, step, listener) : accept_many(task, step, listener);
}
