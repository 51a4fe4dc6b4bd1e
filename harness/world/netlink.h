// Links, addresses, routes and the loopback's queue of the calling thread's network namespace. rtnetlink(7), tc(8).
//
// Each call is a conversation of its own with the kernel, some microseconds long; 0 or a negative errno. None waits.
// What they change must be a world's namespace: the callers see to it.
#ifndef SOCKDRILL_WORLD_NETLINK_H
#define SOCKDRILL_WORLD_NETLINK_H

#include "base/address.h"
#include "world/isolation.h"

#include <stdint.h>

// NULL; or why libmnl cannot be loaded, and then all that follows answers -ELIBACC. world_prepare has asked.
const char *netlink_lacks(void);

int link_up(const char *name);

// An IPv4 or IPv6 address, usable at once: IPv6 does not first ask around whether somebody else has it.
int link_add_address(const char *name, const struct address *address, uint8_t prefix_bits);

// A new link of that kind (IFLA_INFO_KIND), and up. -EOPNOTSUPP: the kernel does not know the kind.
int link_make(const char *name, const char *kind);

int link_set_mtu(const char *name, uint32_t mtu_bytes);

// `to` is the network's first address: -EINVAL where it has bits behind its prefix.
int route_add(const struct address *to, uint8_t prefix_bits, enum world_route_kind kind);

// The route by which an IPv6 address that was just added to the link is this machine's own. The kernel adds it some time after
// it has said that the address is there; until then packets to it are refused, and a connect(2) fails or waits a second.
int route_add_local(const char *name, const struct address *to);

// A token bucket as the link's one queue, tc-tbf(8), in the place of whatever was there.
struct token_bucket {
    uint64_t bytes_per_s;
    uint32_t burst_bytes; // the bucket's size; no packet may be larger
    uint32_t limit_bytes; // what may wait in the queue; the rest is lost
};
int queue_set(const char *name, const struct token_bucket *bucket);

#endif
