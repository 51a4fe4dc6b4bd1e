// An address in the room that IPv4 and IPv6 need; of struct address, most is for a Unix socket's path. Private to the room.
#ifndef SOCKDRILL_ENGINE_SHORT_ADDRESS_H
#define SOCKDRILL_ENGINE_SHORT_ADDRESS_H

#include "slab.h"

#include "base/address.h"

// Zero-initialised: none. The family says which of the members it is.
struct short_address {
    union {
        sa_family_t family;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct {
            sa_family_t far_family;     // AF_UNSPEC, whatever the address's own
            struct address *far;        // in the slab; NULL: none
        };
    };
};

// The address, in `room` or where it lies.
const struct address *short_address_get(const struct short_address *from, struct address *room);
void short_address_set(struct short_address *to, const struct address *address, struct slab *slab);

#endif
