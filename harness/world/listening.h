// Whose turn it is when somebody connects or sends to an address: the sockets bound there, by inode. sock_diag(7).
#ifndef SOCKDRILL_WORLD_LISTENING_H
#define SOCKDRILL_WORLD_LISTENING_H

#include "base/address.h"

#include <stdbool.h>
#include <stdint.h>

// Zero-initialised is valid, and empty.
struct listening {
    struct listening_socket {
        uint32_t inode; // the lower 32 bits, as the kernel tells them here
        uint16_t port;  // of IPv4 and IPv6
        bool is_held;   // for whoever looks whose they are
    } *sockets;
    uint32_t count;
    int precision; // how closely they are bound to what was asked for
};

// In the calling thread's network: those that are bound to the address most closely, or at port 0 to that host in any way. As for process_listens, 0 or a negative errno.
// While sockets come and go one may be missed, which another look finds.
int listening_find(int type, int protocol, const struct address *address, struct listening *found);
// The socket of that inode, or NULL.
struct listening_socket *listening_socket(const struct listening *found, uint32_t inode);
void listening_fini(struct listening *found);

#endif
