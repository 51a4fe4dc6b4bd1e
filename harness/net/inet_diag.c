// TCP connections by address pair: inet_diag of sock_diag(7).
#include "fin.h"
#include "sock_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>

struct inet_request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
};

// What inet_diag tells of a connection.
struct connection {
    enum state state;
    uint32_t in_bytes, out_bytes;
    uint32_t inode; // 0: nobody holds it
    struct inet_diag_sockid id; // with the cookie that tells this very socket
};

// False: there is no such pair to ask for. Mapped addresses are asked for as IPv4, where the kernel has them hashed.
static bool fill_pair(struct inet_diag_req_v2 *body, const struct address *local, const struct address *peer) {
    struct address const here = address_unmapped(local), there = address_unmapped(peer);
    if (here.len_bytes == 0 || there.len_bytes == 0) return false;
    if (here.as.any.sa_family != there.as.any.sa_family) return false;
    struct inet_diag_sockid *id = &body->id;
    switch (here.as.any.sa_family) {
    case AF_INET:
        memcpy(id->idiag_src, &here.as.in.sin_addr, sizeof(here.as.in.sin_addr));
        memcpy(id->idiag_dst, &there.as.in.sin_addr, sizeof(there.as.in.sin_addr));
        break;
    case AF_INET6:
        memcpy(id->idiag_src, &here.as.in6.sin6_addr, sizeof(here.as.in6.sin6_addr));
        memcpy(id->idiag_dst, &there.as.in6.sin6_addr, sizeof(there.as.in6.sin6_addr));
        id->idiag_if = here.as.in6.sin6_scope_id;
        break;
    default: return false;
    }
    body->sdiag_family = (uint8_t)here.as.any.sa_family;
    id->idiag_sport = htons((uint16_t)address_port(&here));
    id->idiag_dport = htons((uint16_t)address_port(&there));
    return id->idiag_dport != 0;
}

// 0, -ENOENT when the kernel knows no such connection, or why it would not say.
static int ask_pair(struct diag_socket *diag, const struct address *local, const struct address *peer,
                    struct connection *connection) {
    struct inet_request request = {
        .body =
            {
                .sdiag_protocol = IPPROTO_TCP,
                .idiag_states = UINT32_MAX,
                .id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
            },
    };
    if (!fill_pair(&request.body, local, peer)) return -ENOENT;

    struct diag_answer answer;
    int error;
    const struct inet_diag_msg *message =
        diag_ask(diag, &request.header, sizeof(request), &answer, sizeof(*message), &error);
    if (!message) return error;
    // Where the connection is gone, the kernel's look-up goes on to the listener, and answers with that.
    if (message->id.idiag_dport != request.body.id.idiag_dport) return -ENOENT;
    connection->id = message->id;
    connection->state = diag_state(message->idiag_state);
    connection->inode = message->idiag_inode;
    connection->in_bytes = fin_left_out(FIN_RECEIVED, connection->state, message->idiag_rqueue);
    connection->out_bytes = fin_left_out(FIN_SENT, connection->state, message->idiag_wqueue);
    return 0;
}

enum state net_state_of_pair(struct diag_socket *diag, const struct address *local, const struct address *peer) {
    struct connection connection;
    int const error = ask_pair(diag, local, peer, &connection);
    if (error == 0) return connection.state;
    return error == -ENOENT ? STATE_CLOSE : STATE_ANY;
}

bool net_queues_of_pair(struct diag_socket *diag, const struct address *local, const struct address *peer,
                        uint32_t *in_bytes, uint32_t *out_bytes) {
    struct connection connection;
    if (ask_pair(diag, local, peer, &connection) != 0) return false;
    *in_bytes = connection.in_bytes;
    *out_bytes = connection.out_bytes;
    return true;
}

bool net_is_orphan(struct diag_socket *diag, const struct address *local, const struct address *peer) {
    struct connection connection;
    return ask_pair(diag, local, peer, &connection) == 0 && connection.inode == 0;
}

int net_end_time_wait(struct diag_socket *diag, const struct address *local, const struct address *peer) {
    struct connection connection;
    int const error = ask_pair(diag, local, peer, &connection);
    if (error) return error == -ENOENT ? 0 : error;
    if (connection.state != STATE_TIME_WAIT) return 0;
    // With its cookie: without one, and the connection gone meanwhile, the kernel would destroy the listener instead.
    struct inet_request request = {.body = {.sdiag_protocol = IPPROTO_TCP, .idiag_states = UINT32_MAX}};
    fill_pair(&request.body, local, peer);
    request.body.id = connection.id;
    return diag_destroy(diag, &request.header, sizeof(request));
}

// --- how many there are

int64_t net_count_sockets(struct diag_socket *diag, enum state state) {
    static const uint8_t domains[] = {AF_INET, AF_INET6};
    int64_t count = 0;
    for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++) {
        struct inet_request request = {
            .body = {.sdiag_family = domains[i], .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << state},
        };
        int64_t const of_domain = diag_count(diag, &request.header, sizeof(request));
        if (of_domain < 0) return of_domain;
        count += of_domain;
    }
    return count;
}
