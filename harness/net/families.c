#include "net/net.h"

static const struct net_family families[FAMILY_COUNT] = {
#define NET_FAMILY(id, domain, type, protocol, form) [FAMILY_##id] = {FAMILY_##id, domain, type, protocol, form, true},
#include "net/families.def"
};

const struct net_family *net_family(enum family_word word) {
    return &families[(unsigned)word < FAMILY_COUNT ? word : FAMILY_NONE];
}

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
