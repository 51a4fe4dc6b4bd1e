// Descriptors that cross Unix sockets beside the bytes, SCM_RIGHTS of unix(7). None is ever lost: what no `fds` takes
// is closed, and fails the scenario.
#include "descriptors.h"
#include "lifecycle.h"
#include "sock.h"
#include "task.h"

#include <errno.h>
#include <unistd.h>

// --- send

static const char *name_of(const struct task *task, const struct step *step, uint32_t slot) {
    return task->part->run->plan->actors[step->actor].socket_names[slot];
}

enum step_answer descriptors_check(struct task *task, const struct step *step, struct sock *sock) {
    if (step->fd_count == 0) return STEP_DONE;
    if (!net_carries_fds(sock->family))
        return task_fail(task, FAILURE_VALUE, "descriptors cross Unix sockets, and this is %s", script_family_word(sock->family));
    if (sock->tls) return task_fail(task, FAILURE_VALUE, "descriptors go beside the bytes of a socket, and these are TLS's");
    if (step->fd_count > NET_FDS_MAX) return task_fail(task, FAILURE_VALUE, "at most %d descriptors go at once", NET_FDS_MAX);
    if (!net_keeps_edges(sock->family) && task->progress.bytes->len_bytes == 0)
        return task_fail(task, FAILURE_VALUE, "on a stream descriptors go with a byte, and there is none");
    for (uint32_t i = 0; i < step->fd_count; i++)
        if (!task->sockets[step->fds[i]])
            return task_fail(task, FAILURE_VALUE, "there is no socket '%s' here yet", name_of(task, step, step->fds[i]));
    return STEP_DONE;
}

ssize_t descriptors_send(struct task *task, const struct step *step, struct sock *sock, const void *data, size_t len_bytes,
                         const struct address *to) {
    int fds[NET_FDS_MAX];
    for (uint32_t i = 0; i < step->fd_count; i++) {
        sock_tell_no_more(task->sockets[step->fds[i]]);
        fds[i] = task->sockets[step->fds[i]]->fd; // -1: EBADF
    }
    ssize_t taken = net_send_fds(sock->fd, data, len_bytes, to, fds, step->fd_count);
    for (uint32_t i = 0; taken >= 0 && i < step->fd_count; i++) {
        struct sock *gone = task->sockets[step->fds[i]];
        gone->shared = gone->passed_on = true;
    }
    return taken;
}

// --- recv

static bool has_any(const struct plan *plan) {
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].fd_count > 0) return true;
    return false;
}

// Where both ends are this process's, only a step of the scenario could send one.
static bool both_ends_are_ours(const struct sock *sock) {
    pid_t pid;
    uid_t uid;
    return !sock->shared && net_peer_credentials(sock->fd, &pid, &uid) == 0 && pid == getpid();
}

bool descriptors_never(struct sock *sock) {
    if (!sock->fds_known) sock->fds_never = !has_any(sock->part->run->plan) && both_ends_are_ours(sock);
    sock->fds_known = true;
    return sock->fds_never;
}

// In the part's slab.
struct sock_fds {
    struct buffer numbers; // int[]: those that nobody has taken yet
    bool lost;             // there was no room for some
};

static uint32_t held_count(const struct sock *sock) {
    return sock->fds ? (uint32_t)(sock->fds->numbers.len_bytes / sizeof(int)) : 0;
}

static int held_fd(const struct sock *sock, uint32_t index) {
    int fd;
    memcpy(&fd, sock->fds->numbers.data + index * sizeof fd, sizeof fd);
    return fd;
}

void descriptors_hold(struct sock *sock, const struct net_fds *came) {
    if (came->count == 0 && !came->lost) return;
    if (!sock->fds) sock->fds = slab_take(&sock->part->slab, sizeof *sock->fds);
    if (came->count > 0) buffer_add(&sock->fds->numbers, came->fds, came->count * sizeof *came->fds);
    if (came->lost) sock->fds->lost = true;
}

void descriptors_drop(struct sock *sock) {
    for (uint32_t i = 0; i < held_count(sock); i++) close(held_fd(sock, i));
    if (sock->fds) buffer_fini(&sock->fds->numbers);
}

void descriptors_free(struct sock *sock) {
    descriptors_drop(sock);
    slab_give(&sock->part->slab, sock->fds, sizeof *sock->fds);
    sock->fds = NULL;
}

// The socket that came: as its actor sees it, it is open from here on, and closed when the block is.
static void adopt(struct task *task, struct sock *carrier, int fd, enum family_word family, uint32_t slot) {
    struct sock *current = task->current, *latest = task->actor->latest;
    struct sock *sock = sock_open(task, family, fd, slot);
    task->current = current; // it is used by its name
    task->actor->latest = latest;
    sock->shared = true;
    sock->listening = net_is_listening(fd);
    sock->connected = net_is_connected(fd);
    sock_refresh_addresses(sock);
    lifecycle_passed(sock);
    sock_state(sock);
    struct event *event = task_event(task, EVENT_PASSED);
    event->socket = sock->number;
    event->code = fd;
    event->count = family;
    event->offset = carrier->number;
    sock_tell_addresses(sock);
}

// NULL: as many came as are wanted.
static const char *wrong_count(struct task *task, const struct sock *sock, uint32_t wanted) {
    struct arena *arena = &task->part->journal->arena;
    uint32_t came = held_count(sock);
    if (came == wanted) return NULL;
    const char *text = came == 0   ? "no descriptor came with these bytes, and `fds` takes"
                       : came == 1 ? "a descriptor came with these bytes, and"
                                   : arena_text(arena, "%u descriptors came with these bytes, and", came);
    if (wanted == 0) return arena_text(arena, "%s no `fds` takes %s", text, came == 1 ? "it" : "them");
    return arena_text(arena, came == 0 ? "%s %u" : "%s `fds` takes %u", text, wanted);
}

static enum step_answer fail(struct task *task, struct sock *sock, const char *message) {
    struct buffer where = {0};
    describe_socket(sock, &where);
    struct failure *failure = task_failure_on(task, FAILURE_CALL, sock);
    failure->message = arena_text(&task->part->journal->arena, "%s, on %s", message, where.data);
    buffer_fini(&where);
    descriptors_drop(sock);
    return STEP_FAILED;
}

static enum step_answer fail_no_socket(struct task *task, struct sock *sock, int fd, const char *name) {
    struct buffer what = {0};
    net_describe_fd(fd, &what);
    const char *message =
        arena_text(&task->part->journal->arena, "the descriptor that came for '%s' is %s", name, what.data);
    buffer_fini(&what);
    return fail(task, sock, message);
}

enum step_answer descriptors_take(struct task *task, const struct step *step, struct sock *sock) {
    if (sock->fds && sock->fds->lost)
        return fail(task, sock, "a descriptor came, and this process may hold no more (ulimit -n, RLIMIT_NOFILE)");
    const char *trouble = wrong_count(task, sock, step->fd_count);
    if (trouble) return fail(task, sock, trouble);
    enum family_word families[NET_FDS_MAX];
    for (uint32_t i = 0; i < step->fd_count; i++) {
        int fd = held_fd(sock, i);
        if (net_family_of(fd, &families[i]) != 0) return fail_no_socket(task, sock, fd, name_of(task, step, step->fds[i]));
    }
    for (uint32_t i = 0; i < step->fd_count; i++) adopt(task, sock, held_fd(sock, i), families[i], step->fds[i]);
    if (sock->fds) buffer_clear(&sock->fds->numbers); // they are the new sockets' now
    return STEP_DONE;
}
