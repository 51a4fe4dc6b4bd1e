// A block has ended, and a program has the other end of its connection: whatever it has not sent yet would meet a closed
// socket, and nobody would know. Between actors of ours the verdict knows what was sent; here only the program's own end tells.
#include "linger.h"
#include "program.h"
#include "secure.h"
#include "sock.h"
#include "task.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

// For those that do not end a connection whose peer has; all others answer a FIN with theirs.
static const int64_t LINGER_NS = 250 * 1000 * 1000LL;

enum {
    LINGER_HELD_BYTES = 1024 * 1024, // of one that has so much to say, no more is waited for
    PORTS_A_WORD = 64,
};

// --- whose is the other end?

_Atomic(uint64_t) *linger_ports_new(void) {
    return memory_need(calloc((UINT16_MAX + 1) / PORTS_A_WORD, sizeof(_Atomic(uint64_t))));
}

void linger_note_local(struct sock *sock, const struct address *local) {
    _Atomic(uint64_t) *ports = sock->part->run->own_ports;
    int const port = ports && net_is_tcp(sock->family) ? address_port(local) : 0;
    if (port > 0) atomic_fetch_or(&ports[port / PORTS_A_WORD], UINT64_C(1) << (port % PORTS_A_WORD));
}

void linger_note_passed(const struct sock *sock) {
    struct address local;
    int const port = net_is_tcp(sock->family) ? address_port(sock_local(sock, &local)) : 0;
    if (port > 0)
        atomic_fetch_and(&sock->part->run->own_ports[port / PORTS_A_WORD], ~(UINT64_C(1) << (port % PORTS_A_WORD)));
}

static bool is_own_port(const struct case_run *run, int port) {
    if (port <= 0) return true;
    return atomic_load(&run->own_ports[port / PORTS_A_WORD]) & UINT64_C(1) << (port % PORTS_A_WORD);
}

static bool peer_is_program(const struct sock *sock) {
    struct address peer;
    pid_t pid;
    uid_t uid;
    if (net_is_tcp(sock->family)) return !is_own_port(sock->part->run, address_port(sock_peer(sock, &peer)));
    if (net_family(sock->family)->domain != AF_UNIX || net_is_datagram(sock->family)) return false;
    return net_peer_credentials(sock->fd, &pid, &uid) == 0 && pid != getpid();
}

// Whoever else has a descriptor of it reads it, and its FIN is none of ours.
static bool has_to_linger(const struct sock *sock) {
    if (sock->fd < 0 || !sock->connected || sock->listening || sock->shared || sock->passed_on) return false;
    if (sock->end_seen || sock->reset_seen) return false;
    if (sock->tls && (sock->tls_over || !tls_stands(sock->tls))) return false;
    return peer_is_program(sock);
}

// --- until it ends

// Whether more may come.
static bool take_what_came(struct sock *sock) {
    if (net_keeps_edges(sock->family)) return sock_look(sock) == -EAGAIN; // one record is enough
    ssize_t n;
    do n = sock_hold_more(sock);
    while (n > 0 && sock->held.len_bytes - sock->held_from < LINGER_HELD_BYTES);
    return n == -EAGAIN;
}

static enum step_answer begin(struct task *task, struct sock *sock) {
    if (!sock->lingers && !has_to_linger(sock)) return STEP_DONE;
    sock->lingers = true;
    sock_look_again(sock);
    if (!take_what_came(sock) || sock->end_sent) return STEP_DONE;
    enum step_answer const answer = secure_notify(task, sock);
    if (answer == STEP_DONE) sock_shutdown(sock, SHUTDOWN_WRITE); // the same FIN that close(2) would send; or the peer is gone
    return answer;
}

static enum step_answer await(struct task *task, struct sock *sock) {
    int64_t const until_ns = task->progress.linger_until_ns;
    bool const is_over = clock_now_ns() >= until_ns;
    if (is_over) sock_look_again(sock); // what epoll(7) has not told yet counts too
    if (!take_what_came(sock) || is_over) return STEP_DONE;
    enum step_answer const answer = task_wait_socket(task, sock, STEP_WANTS_READ);
    if (answer == STEP_FAILED) return answer;
    task->waits_for = "for the program at the other end to end the connection, as the harness has";
    task->wake_ns = until_ns;
    return answer;
}

enum step_answer linger_block(struct task *task, const struct block_run *block) {
    const struct case_run *run = task->part->run;
    if (!run->own_ports) return STEP_DONE;
    struct progress *progress = &task->progress;
    for (const struct list *link = block->sockets.prev; link != &block->sockets && !progress->lingers; link = link->prev) {
        enum step_answer const answer = begin(task, list_entry(link, struct sock, block_link));
        if (answer != STEP_DONE) return answer;
    }
    if (!progress->lingers) progress->linger_until_ns = clock_after(clock_now_ns(), program_stretched_ns(run, LINGER_NS));
    progress->lingers = true;
    for (const struct list *link = block->sockets.prev; link != &block->sockets; link = link->prev) {
        struct sock *sock = list_entry(link, struct sock, block_link);
        enum step_answer const answer = sock->lingers && sock->fd >= 0 ? await(task, sock) : STEP_DONE;
        if (answer != STEP_DONE) return answer;
    }
    progress->lingers = false; // `break` ends several blocks
    return STEP_DONE;
}
