// One question to the kernel over NETLINK_SOCK_DIAG, for the files of this room that know a family's messages.
#ifndef SOCKDRILL_NET_SOCK_DIAG_H
#define SOCKDRILL_NET_SOCK_DIAG_H

#include "net/net.h"

#include <linux/netlink.h>

enum { DIAG_ANSWER_BYTES = 4096 };

struct diag_answer {
    union {
        struct nlmsghdr header;
        uint8_t bytes[DIAG_ANSWER_BYTES];
    } as;
};

// Sends a request about one socket (its header is filled in here; len_bytes counts it) and takes the one answer.
// The answer's payload, at least min_bytes long, or NULL; *error is then -ENOENT when there is no such socket.
const void *diag_ask(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes, struct diag_answer *answer,
                     size_t min_bytes, int *error);

// How many sockets answer a request about all that fit it (a dump); its header is filled in as for diag_ask. Or a
// negative errno.
int64_t diag_count(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes);

// Each socket that answers such a request, as the kernel passes by them: one that comes or goes meanwhile may be missed.
// 0 or a negative errno.
typedef void diag_visit(const void *payload, size_t len_bytes, void *context);
int diag_each(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes, diag_visit *visit, void *context);

// Sends a SOCK_DESTROY, filled in as for diag_ask: 0 or a negative errno (-EPERM without CAP_NET_ADMIN).
int diag_destroy(struct diag_socket *diag, struct nlmsghdr *request, size_t len_bytes);

// A state as sock_diag numbers it.
enum state diag_state(uint8_t number);

// The answer of unix_diag about the socket with this inode; *peer_inode (or NULL) is 0 where it has no peer.
enum state diag_unix(struct diag_socket *diag, uint64_t inode, uint64_t *peer_inode);

#endif
