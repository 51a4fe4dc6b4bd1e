#include "plan/constants.h"
#include "plan/term.h"

#include <netinet/tcp.h>

static const struct option OPTIONS[] = {
#define OPTION(name, level) {#name, level, name},
#include "options.def"
};

enum { OPTION_COUNT = sizeof OPTIONS / sizeof *OPTIONS };

const struct option *option_of(struct slice name) {
    for (uint32_t i = 0; i < OPTION_COUNT; i++) {
        if (slice_is(name, OPTIONS[i].name)) return &OPTIONS[i];
    }
    return NULL;
}

const char *option_offer(uint32_t index) {
    return index < OPTION_COUNT ? OPTIONS[index].name : NULL;
}
