#include "net/net.h"

#include <errno.h>

static const struct net_family families[FAMILY_COUNT] = {
#define NET_FAMILY(id, domain, type, protocol, form, is_global)                                                        \
    [FAMILY_##id] = {FAMILY_##id, domain, type, protocol, form, is_global, true},
#include "net/families.def"
};

const struct net_family *net_family(enum family_word word) {
    return &families[(unsigned)word < FAMILY_COUNT ? word : FAMILY_NONE];
}

bool net_is_tcp(enum family_word word) {
    const struct net_family *family = net_family(word);
    return family->form == FORM_INET && family->type == SOCK_STREAM;
}

// What is no socket, FAMILY_NONE, is a stream.
bool net_keeps_edges(enum family_word word) {
    int const type = net_family(word)->type;
    return type != SOCK_STREAM && type != 0;
}

bool net_is_datagram(enum family_word word) {
    int const type = net_family(word)->type;
    return type == SOCK_DGRAM || type == SOCK_RAW;
}

bool net_sends_to(enum family_word word) { return net_is_datagram(word) && net_family(word)->form != FORM_ISOTP; }

bool net_carries_fds(enum family_word word) { return net_family(word)->domain == AF_UNIX; }

bool net_is_ip(enum family_word word) { return net_family(word)->built && net_family(word)->form == FORM_INET; }

enum family_word net_family_for(enum family_word word, const struct address *address) {
    const struct net_family *given = net_family(word);
    if (!given->built || address->len_bytes == 0 || given->domain == address->as.any.sa_family) return word;
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        const struct net_family *family = &families[i];
        if (family->built && family->domain == address->as.any.sa_family && family->type == given->type &&
            family->protocol == given->protocol && family->form == given->form) {
            return family->word;
        }
    }
    return word;
}

// What SO_PROTOCOL says of a socket that was made with protocol 0.
static int protocol_of(const struct net_family *family) {
    if (family->protocol != 0 || family->form != FORM_INET) return family->protocol;
    return family->type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
}

int net_family_of(int fd, enum family_word *word) {
    int domain, type, protocol;
    *word = FAMILY_NONE;
    int error = net_get_option(fd, SOL_SOCKET, SO_DOMAIN, &domain);
    if (!error) error = net_get_option(fd, SOL_SOCKET, SO_TYPE, &type);
    if (!error) error = net_get_option(fd, SOL_SOCKET, SO_PROTOCOL, &protocol);
    if (error) return error;
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        const struct net_family *family = &families[i];
        if (!family->built || family->domain != domain || family->type != type) continue;
        // Not every family keeps its number: 0 fits, then, whichever it was made with.
        if (protocol != protocol_of(family) && protocol != 0) continue;
        *word = family->word;
        return 0;
    }
    return -EPFNOSUPPORT;
}
