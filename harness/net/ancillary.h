// What comes and goes beside the bytes: struct cmsghdr of cmsg(3). Private to the room.
#ifndef SOCKDRILL_NET_ANCILLARY_H
#define SOCKDRILL_NET_ANCILLARY_H

#include "net/net.h"

#include <sys/time.h>

// Room for it. Not initialised: the kernel says how much of it has been filled.
union ancillary {
    struct cmsghdr header;
    uint8_t stamp[CMSG_SPACE(sizeof(struct timeval))];
    uint8_t all[CMSG_SPACE(sizeof(struct timeval)) + CMSG_SPACE(NET_FDS_MAX * sizeof(int))];
};

// The descriptors that came with a message; NULL: none came.
void ancillary_take(struct msghdr *message, struct net_fds *fds);
// Closes those that came where nobody wants any: a peek gets copies of its own.
void ancillary_drop(struct msghdr *message);

#endif
