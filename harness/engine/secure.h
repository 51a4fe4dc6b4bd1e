// TLS on a socket, as sock.c and the steps meet it. Private to the room.
#ifndef SOCKDRILL_ENGINE_SECURE_H
#define SOCKDRILL_ENGINE_SECURE_H

#include "play.h"

enum { SECURE_RECORD_BYTES = 16 * 1024 }; // of plaintext: RFC 8446, section 5.1

// A session, and what its two ends agreed on. In the part's slab; the texts in its arena, all empty before they have.
struct secured {
    const struct task *sender; // whose record has gone out in part, or NULL
    struct slice version, cipher, alpn, peer_name;
};

// Whether its end is TLS's: it began, and has not failed as a step says.
bool secure_has_tls(const struct sock *sock);
// TLS itself, without what is held: the answers of net_recv, and -EPROTO where it has failed.
ssize_t secure_read(struct sock *sock, void *data, size_t len_bytes);
ssize_t secure_peek(struct sock *sock, void *data, size_t len_bytes);
// The same of net_send. Where another task's record has gone out in part, that one's comes first: -EAGAIN.
ssize_t secure_send(struct task *task, struct sock *sock, const void *data, size_t len_bytes);
// What has come, decrypted, becomes held: how much is held now.
int64_t secure_unread(struct sock *sock);
// Which way the newest -EAGAIN waits: a read may have to write.
enum step_answer secure_direction(const struct task *task, const struct sock *sock, enum step_answer direction);
// close_notify, before a FIN: DONE, or it waits for room. Nothing to say it to, or nothing to say: DONE.
enum step_answer secure_notify(struct task *task, struct sock *sock);
void secure_drop(struct sock *sock); // right before its socket is closed
void secure_free(struct sock *sock); // what there is of it

// What a call over TLS that has failed came to against `fails`, whose name is `wanted` or NULL: DONE or FAILED.
enum step_answer secure_result(struct task *task, const struct step *step, struct sock *sock, const char *wanted);
// The same in words: "CERT_HAS_EXPIRED (certificate has expired)", in the arena.
const char *secure_failure_text(const struct tls *tls, struct arena *arena);
// A FIN without close_notify, where the step `fails UNEXPECTED_EOF_WHILE_READING`.
bool secure_is_cut(const struct step *step, const struct sock *sock);
// A step that has done its own part and `fails NAME`: what the peer makes of it is still to come.
enum step_answer secure_verdict(struct task *task, const struct step *step, struct sock *sock);

#endif
