// The state of an open socket, whatever its family.
#include "sock_diag.h"

#include <linux/tcp.h>
#include <stddef.h>

enum state net_state(struct diag_socket *diag, int fd) {
    uint64_t number;
    if (net_tcp_info(fd, offsetof(struct tcp_info, tcpi_state), sizeof(uint8_t), &number)) {
        return diag_state((uint8_t)number);
    }
    uint64_t const inode = net_inode(fd);
    return inode == 0 ? STATE_ANY : diag_unix(diag, inode, NULL);
}
