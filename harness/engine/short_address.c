#include "short_address.h"

#include <string.h>

const struct address *short_address_get(const struct short_address *from, struct address *room) {
    if (from->family == AF_UNSPEC && from->far) return from->far;
    *room = (struct address){0};
    if (from->family == AF_INET) {
        room->as.in = from->in;
        room->len_bytes = sizeof from->in;
    } else if (from->family == AF_INET6) {
        room->as.in6 = from->in6;
        room->len_bytes = sizeof from->in6;
    }
    return room;
}

void short_address_set(struct short_address *to, const struct address *address, struct slab *slab) {
    struct address *far = to->family == AF_UNSPEC ? to->far : NULL; // used again
    sa_family_t const family = address_is_none(address) ? AF_UNSPEC : address->as.any.sa_family;
    if (family != AF_UNSPEC && family != AF_INET && family != AF_INET6) {
        if (!far) far = slab_take(slab, sizeof *far);
        *far = *address;
        *to = (struct short_address){.far = far};
        return;
    }
    slab_give(slab, far, sizeof *far);
    memset(to, 0, sizeof *to); // all of it: they are compared with memcmp
    if (family == AF_INET) to->in = address->as.in;
    if (family == AF_INET6) to->in6 = address->as.in6;
}
