// Connections that nobody has accepted yet: a listener's rqueue, as sock_diag(7) has it.
#include "sock_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <stddef.h>
#include <string.h>

// What is found. Owned by one call.
struct found {
    struct net_queue *queues;
    unsigned count, most;
};

static struct net_queue *found_add(struct found *found, uint32_t count) {
    if (count == 0 || found->count == found->most) return NULL;
    struct net_queue *queue = &found->queues[found->count++];
    *queue = (struct net_queue){.count = count};
    return queue;
}

static void visit_inet(const void *payload, size_t len_bytes, void *context) {
    const struct inet_diag_msg *message = payload;
    struct net_queue *queue = len_bytes >= sizeof(*message) ? found_add(context, message->idiag_rqueue) : NULL;
    if (!queue) return;
    struct address *local = &queue->local;
    if (message->idiag_family == AF_INET6) {
        local->as.in6.sin6_family = AF_INET6;
        local->as.in6.sin6_port = message->id.idiag_sport;
        memcpy(&local->as.in6.sin6_addr, message->id.idiag_src, sizeof(local->as.in6.sin6_addr));
        local->len_bytes = sizeof(local->as.in6);
    } else {
        local->as.in.sin_family = AF_INET;
        local->as.in.sin_port = message->id.idiag_sport;
        memcpy(&local->as.in.sin_addr, message->id.idiag_src, sizeof(local->as.in.sin_addr));
        local->len_bytes = sizeof(local->as.in);
    }
}

static const struct rtattr *attribute_of(const struct unix_diag_msg *message, size_t len_bytes, unsigned type) {
    const struct rtattr *attribute = (const void *)(message + 1);
    size_t left_bytes = len_bytes - sizeof(*message);
    for (; RTA_OK(attribute, left_bytes); attribute = RTA_NEXT(attribute, left_bytes))
        if (attribute->rta_type == type) return attribute;
    return NULL;
}

// How many wait; a negative errno: that is not told.
static int64_t unix_queue(const struct unix_diag_msg *message, size_t len_bytes) {
    struct unix_diag_rqlen lengths;
    const struct rtattr *attribute = attribute_of(message, len_bytes, UNIX_DIAG_RQLEN);
    if (!attribute || RTA_PAYLOAD(attribute) < sizeof(lengths)) return -EOPNOTSUPP;
    memcpy(&lengths, RTA_DATA(attribute), sizeof(lengths));
    return lengths.udiag_rqueue;
}

static void visit_unix(const void *payload, size_t len_bytes, void *context) {
    const struct unix_diag_msg *message = payload;
    int64_t const waiting = len_bytes < sizeof(*message) ? -EBADMSG : unix_queue(message, len_bytes);
    struct net_queue *queue = waiting > 0 ? found_add(context, (uint32_t)waiting) : NULL;
    const struct rtattr *name = queue ? attribute_of(message, len_bytes, UNIX_DIAG_NAME) : NULL;
    if (!name || RTA_PAYLOAD(name) > sizeof(queue->local.as.un.sun_path)) return;
    queue->local.as.un.sun_family = AF_UNIX;
    memcpy(queue->local.as.un.sun_path, RTA_DATA(name), RTA_PAYLOAD(name));
    queue->local.len_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + RTA_PAYLOAD(name));
}

static int ask_inet(struct diag_socket *diag, uint8_t domain, struct found *found) {
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } request = {
        .body = {.sdiag_family = domain, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << STATE_LISTEN},
    };
    return diag_each(diag, &request.header, sizeof(request), visit_inet, found);
}

// Of listeners, to be completed by which.
struct unix_request {
    struct nlmsghdr header;
    struct unix_diag_req body;
};

static const struct unix_diag_req LISTENERS = {
    .sdiag_family = AF_UNIX,
    .udiag_states = 1u << STATE_LISTEN,
    .udiag_show = UDIAG_SHOW_RQLEN,
};

static int ask_unix(struct diag_socket *diag, struct found *found) {
    struct unix_request request = {.body = LISTENERS};
    request.body.udiag_show |= UDIAG_SHOW_NAME;
    return diag_each(diag, &request.header, sizeof(request), visit_unix, found);
}

// A family that this kernel does not tell of keeps no other from being told.
int net_queues(struct diag_socket *diag, struct net_queue *queues, unsigned most) {
    struct found found = {.queues = queues, .most = most};
    int const errors[] = {
        ask_inet(diag, AF_INET, &found),
        ask_inet(diag, AF_INET6, &found),
        ask_unix(diag, &found),
    };
    return found.count ? (int)found.count : errors[0];
}

static int64_t unix_waiting(struct diag_socket *diag, uint64_t inode) {
    struct unix_request request = {.body = LISTENERS};
    request.body.udiag_ino = (uint32_t)inode;
    memset(request.body.udiag_cookie, 0xff, sizeof(request.body.udiag_cookie)); // any
    struct diag_answer answer;
    int error = 0;
    const struct unix_diag_msg *message =
        diag_ask(diag, &request.header, sizeof(request), &answer, sizeof(*message), &error);
    if (!message) return error ? error : -ENOENT;
    return unix_queue(message, answer.as.header.nlmsg_len - NLMSG_LENGTH(0));
}

int64_t net_waiting(struct diag_socket *diag, int fd) {
    uint64_t waiting;
    enum family_word word;
    // Of a listener, tcp_info's tcpi_unacked is its sk_ack_backlog: net/ipv4/tcp.c.
    if (net_tcp_info(fd, offsetof(struct tcp_info, tcpi_unacked), sizeof(uint32_t), &waiting)) return (int64_t)waiting;
    int const error = net_family_of(fd, &word);
    if (error || net_family(word)->domain != AF_UNIX) return error ? error : -EOPNOTSUPP;
    return unix_waiting(diag, net_inode(fd));
}
