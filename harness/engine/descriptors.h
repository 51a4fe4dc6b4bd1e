// Descriptors that cross Unix sockets beside the bytes: `send … fds S`, `recv … fds as S`. Private to the room.
#ifndef SOCKDRILL_ENGINE_DESCRIPTORS_H
#define SOCKDRILL_ENGINE_DESCRIPTORS_H

#include "play.h"

// Whether the sockets behind `fds` can go along with what the step sends: DONE or FAILED.
enum step_answer descriptors_check(struct task *task, const struct step *step, struct sock *sock);
// The first piece of what is sent, with them; `to` as net_send_fds has it. The same answers.
ssize_t descriptors_send(struct task *task, const struct step *step, struct sock *sock, const void *data, size_t len_bytes,
                         const struct address *to);

// Whether none can ever come over this stream. A plain recv(2), which would lose them, takes a tenth less time.
bool descriptors_never(struct sock *sock);
// Those that came with bytes that nothing has matched yet are the socket's.
void descriptors_hold(struct sock *sock, const struct net_fds *came);
// The step has matched: they become the sockets behind `fds as`, as many as it names. DONE or FAILED.
enum step_answer descriptors_take(struct task *task, const struct step *step, struct sock *sock);
void descriptors_drop(struct sock *sock);
void descriptors_free(struct sock *sock); // closes what it still holds

#endif
