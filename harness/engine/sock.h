// The engine's sockets. Private to the room.
#ifndef SOCKDRILL_ENGINE_SOCK_H
#define SOCKDRILL_ENGINE_SOCK_H

#include "play.h"

struct sock *sock_open(struct task *task, enum family_word family, int fd, uint32_t slot);
void sock_note_state(struct sock *sock, enum state state, bool certain);
enum state sock_state(struct sock *sock); // asks the kernel, and notes it
// Closes it with the strict checks. DONE or FAILED; of TLS, it may wait for room to say close_notify.
enum step_answer sock_close(struct task *task, struct sock *sock, enum close_reason reason);
void sock_abandon(struct sock *sock); // closes it without any check, when the case is stopped
// Gives back what it has in the slab, and itself; it is closed and in no list.
void sock_free(struct sock *sock);
// Now and then: frees those that are closed, and that nobody can ask for any more.
void sock_sweep(struct part *part);
int sock_watch(struct sock *sock);    // registers it with the worker's epoll set, once
ssize_t sock_read(struct sock *sock, void *data, size_t len_bytes); // held bytes first
ssize_t sock_hold_more(struct sock *sock); // one read into `held`, behind what is there; the same answers
ssize_t sock_peek(struct sock *sock, void *data, size_t len_bytes);
ssize_t sock_look(struct sock *sock); // 1: something to receive, be it an empty datagram; 0: the end; a negative errno
int64_t sock_unread(struct sock *sock);
int sock_shutdown(struct sock *sock, enum shutdown_way way); // shutdown(2), and what it makes of the states
// Whether nothing is there to be read, without asking the kernel: it tells as soon as that changes. Until it is asked again.
// What we have asked of the kernel for ourselves is not for a scenario to see, nor for a program: TCP_INQ is off from here on.
void sock_tell_no_more(struct sock *sock);
bool sock_is_drained(const struct sock *sock);
void sock_look_again(struct sock *sock);
void sock_sent(struct task *task, struct sock *sock, const void *data, size_t len_bytes);
void sock_received(struct task *task, struct sock *sock, enum event_kind kind, const void *data, size_t len_bytes);
void sock_publish(struct task *task, struct sock *sock);
void sock_wake_readers(struct sock *sock);
void sock_wake_writers(struct sock *sock);
void sock_snapshot(struct task *task, struct sock *sock);

// --- sock_address.c: its own address and its peer's, and those of its datagrams

// Whom datagrams come from and go to. In the part's slab.
struct sock_datagrams {
    struct address sender;  // of the last that came
    struct address sent_to; // whom the last `send to` named
    const struct address *told_to, *told_from; // whom the journal last had them go to, and come from; in its arena
};

void sock_refresh_addresses(struct sock *sock); // asks the kernel
// None where it has none; they are in `room`, which is returned, or lie elsewhere as long as they do not change.
const struct address *sock_local(const struct sock *sock, struct address *room);
const struct address *sock_peer(const struct sock *sock, struct address *room);
bool sock_has_local(const struct sock *sock);
bool sock_has_peer(const struct sock *sock);
void sock_set_local(struct sock *sock, const struct address *local);
void sock_set_peer(struct sock *sock, const struct address *peer);
void sock_tell_addresses(const struct sock *sock); // to the event of the journal that was added last
struct sock_datagrams *sock_datagrams(struct sock *sock); // made on first use
const struct address *sock_sender(const struct sock *sock);  // none: no datagram has come
const struct address *sock_sent_to(const struct sock *sock); // none: no `send to` has named one

// --- describe.c: how a socket, or what a task waits for, is told

void describe_wait(struct task *task, struct buffer *out);
void describe_socket(const struct sock *sock, struct buffer *out);

#endif
