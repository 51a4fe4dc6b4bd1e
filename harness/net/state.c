// The state of an open socket, whatever its family.
#include "sock_diag.h"

#include <linux/tcp.h>
#include <stddef.h>

static bool is_udp(int fd) {
    int domain = 0, type = 0;
    net_get_option(fd, SOL_SOCKET, SO_DOMAIN, &domain);
    net_get_option(fd, SOL_SOCKET, SO_TYPE, &type);
    return type == SOCK_DGRAM && (domain == AF_INET || domain == AF_INET6);
}

enum state net_state(struct diag_socket *diag, int fd) {
    uint64_t number;
    if (net_tcp_info(fd, offsetof(struct tcp_info, tcpi_state), sizeof(uint8_t), &number)) {
        return diag_state((uint8_t)number);
    }
    if (is_udp(fd)) { // which knows just these two
        struct address peer;
        net_peer(fd, &peer);
        return address_is_none(&peer) ? STATE_CLOSE : STATE_ESTABLISHED;
    }
    uint64_t const inode = net_inode(fd);
    return inode == 0 ? STATE_ANY : diag_unix(diag, inode, NULL);
}
