// Whose turn it is when somebody connects or sends to an address: the sockets bound there, by inode. sock_diag(7).
#ifndef SOCKDRILL_WORLD_LISTENING_H
#define SOCKDRILL_WORLD_LISTENING_H

#include "base/address.h"

#include <stdbool.h>
#include <stdint.h>

// Zero-initialised is valid, and empty.
struct listening {
    uint32_t *inodes; // their lower 32 bits, as the kernel tells them here
    uint32_t count;
    int precision; // how closely they are bound to what was asked for
};

// In the calling thread's network: those that are bound to the address most closely. As for process_listens, 0 or a negative errno.
// While sockets come and go one may be missed, which another look finds.
int listening_find(int type, int protocol, const struct address *address, struct listening *found);
bool listening_has(const struct listening *found, uint32_t inode);
void listening_fini(struct listening *found);

#endif
