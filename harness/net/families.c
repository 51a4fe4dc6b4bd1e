#include "net/net.h"

static const struct net_family families[FAMILY_COUNT] = {
#define NET_FAMILY(id, domain, type, protocol, form) [FAMILY_##id] = {FAMILY_##id, domain, type, protocol, form, true},
#include "net/families.def"
};

const struct net_family *net_family(enum family_word word) {
    return &families[(unsigned)word < FAMILY_COUNT ? word : FAMILY_NONE];
}

bool net_is_tcp(enum family_word word) {
    const struct net_family *family = net_family(word);
    return family->form == FORM_INET && family->type == SOCK_STREAM;
}

bool net_keeps_edges(enum family_word word) { return net_family(word)->type != SOCK_STREAM; }

bool net_is_datagram(enum family_word word) { return net_family(word)->type == SOCK_DGRAM; }

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
