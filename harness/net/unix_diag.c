// Unix sockets by inode: unix_diag of sock_diag(7).
#include "sock_diag.h"

#include <linux/rtnetlink.h>
#include <linux/unix_diag.h>
#include <string.h>

struct unix_request {
    struct nlmsghdr header;
    struct unix_diag_req body;
};

static uint32_t find_peer(const struct unix_diag_msg *message, const struct diag_answer *answer) {
    const struct rtattr *attribute = (const void *)(message + 1);
    size_t left_bytes = answer->as.header.nlmsg_len - NLMSG_LENGTH(sizeof(*message));
    for (; RTA_OK(attribute, left_bytes); attribute = RTA_NEXT(attribute, left_bytes)) {
        uint32_t inode;
        if (attribute->rta_type != UNIX_DIAG_PEER || RTA_PAYLOAD(attribute) < sizeof(inode)) continue;
        memcpy(&inode, RTA_DATA(attribute), sizeof(inode));
        return inode;
    }
    return 0;
}

enum state diag_unix(struct diag_socket *diag, uint64_t inode, uint64_t *peer_inode) {
    struct unix_request request = {
        .body =
            {
                .sdiag_family = AF_UNIX,
                .udiag_states = UINT32_MAX,
                .udiag_ino = (uint32_t)inode,
                .udiag_show = UDIAG_SHOW_PEER,
                .udiag_cookie = {UINT32_MAX, UINT32_MAX}, // any
            },
    };
    struct diag_answer answer;
    int error;
    const struct unix_diag_msg *message =
        diag_ask(diag, &request.header, sizeof(request), &answer, sizeof(*message), &error);
    if (peer_inode) *peer_inode = message ? find_peer(message, &answer) : 0;
    return message ? diag_state(message->udiag_state) : STATE_ANY;
}

uint64_t net_unix_peer_inode(struct diag_socket *diag, int fd) {
    uint64_t peer_inode;
    diag_unix(diag, net_inode(fd), &peer_inode);
    return peer_inode;
}
