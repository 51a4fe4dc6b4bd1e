// The engine's sockets. Private to the room.
#ifndef SOCKDRILL_ENGINE_SOCK_H
#define SOCKDRILL_ENGINE_SOCK_H

#include "play.h"

struct sock *sock_open(struct task *task, enum family_word family, int fd, uint32_t slot);
void sock_note_state(struct sock *sock, enum state state, bool certain);
enum state sock_state(struct sock *sock); // asks the kernel, and notes it
void sock_refresh_addresses(struct sock *sock);
// Closes it with the strict checks. DONE or FAILED; of TLS, it may wait for room to say close_notify.
enum step_answer sock_close(struct task *task, struct sock *sock, enum close_reason reason);
void sock_abandon(struct sock *sock); // closes it without any check, when the case is stopped
int sock_watch(struct sock *sock);    // registers it with the worker's epoll set, once
ssize_t sock_read(struct sock *sock, void *data, size_t len_bytes); // held bytes first
ssize_t sock_peek(struct sock *sock, void *data, size_t len_bytes);
ssize_t sock_look(struct sock *sock); // 1: something to receive, be it an empty datagram; 0: the end; a negative errno
int64_t sock_unread(struct sock *sock);
void sock_sent(struct task *task, struct sock *sock, const void *data, size_t len_bytes);
void sock_received(struct task *task, struct sock *sock, enum event_kind kind, const void *data, size_t len_bytes);
void sock_publish(struct task *task, struct sock *sock);
void sock_wake_readers(struct sock *sock);
void sock_wake_writers(struct sock *sock);
void sock_snapshot(struct task *task, struct sock *sock);

// --- describe.c: how a socket, or what a task waits for, is told

void describe_wait(struct task *task, struct buffer *out);
void describe_socket(const struct sock *sock, struct buffer *out);

#endif
