// The state of an open socket, whatever its family.
#include "sock_diag.h"

#include <linux/tcp.h>
#include <stddef.h>

// Bluetooth names a peer from connect(2) on. Only its own option, which the kernel's headers do not export, tells
// whether it is there: L2CAP_CONNINFO and RFCOMM_CONNINFO are the same number.
static enum state bluetooth_state(int fd, bool is_l2cap) {
    enum { CONNINFO = 2, LEVEL_L2CAP = 6, LEVEL_RFCOMM = 18 }; // SOL_L2CAP, SOL_RFCOMM
    uint8_t info[16];
    socklen_t len_bytes = sizeof(info);
    if (getsockopt(fd, is_l2cap ? LEVEL_L2CAP : LEVEL_RFCOMM, CONNINFO, info, &len_bytes) == 0) return STATE_ESTABLISHED;
    return STATE_ANY;
}

// Of the families that sock_diag does not know, or does not tell the state of.
static enum state asked_state(int fd, const struct net_family *family) {
    if (net_is_listening(fd)) return STATE_LISTEN;
    if (!net_is_connected(fd)) return STATE_CLOSE;
    return family->domain == AF_BLUETOOTH ? bluetooth_state(fd, family->form == FORM_L2CAP) : STATE_ESTABLISHED;
}

enum state net_state(struct diag_socket *diag, int fd) {
    uint64_t number;
    if (net_tcp_info(fd, offsetof(struct tcp_info, tcpi_state), sizeof(uint8_t), &number)) {
        return diag_state((uint8_t)number);
    }
    enum family_word word;
    if (net_family_of(fd, &word) != 0) return STATE_ANY;
    // unix_diag goes through all Unix sockets of the network for one, and of a stream two calls tell the same: it is ESTABLISHED
    // as long as it has a peer. Of datagrams also one is that another has connected to.
    if (net_family(word)->domain != AF_UNIX || !net_is_datagram(word)) return asked_state(fd, net_family(word));
    uint64_t const inode = net_inode(fd);
    return inode == 0 ? STATE_ANY : diag_unix(diag, inode, NULL);
}
