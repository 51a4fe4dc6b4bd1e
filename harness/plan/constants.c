#include "plan/constants.h"
#include "plan/term.h"

#include <errno.h>
#include <linux/can.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <signal.h>
#include <string.h>

struct constant {
    const char *name;
    int64_t value;
};

static const struct constant CONSTANTS[] = {
#define CONSTANT(name) {#name, name},
#include "constants.def"
};

enum {
    CONSTANT_COUNT = sizeof CONSTANTS / sizeof *CONSTANTS,
    ERRNO_COUNT = 134, // past the last of errno(3), EHWPOISON
};

// Second names, which strerrorname_np(3) never gives.
static const struct constant ERRNO_ALIASES[] = {
    {"EWOULDBLOCK", EWOULDBLOCK},
    {"EDEADLOCK", EDEADLOCK},
    {"ENOTSUP", ENOTSUP},
    {"EOPNOTSUPP", EOPNOTSUPP},
};

const char *errno_name(int number) {
    return number > 0 ? strerrorname_np(number) : NULL;
}

int errno_of(struct slice name) {
    if (name.len_bytes == 0 || name.data[0] != 'E') return 0; // most names are none, and the list is long
    for (int number = 1; number < ERRNO_COUNT; number++) {
        const char *const candidate = errno_name(number);
        if (candidate && slice_is(name, candidate)) return number;
    }
    for (size_t i = 0; i < sizeof ERRNO_ALIASES / sizeof *ERRNO_ALIASES; i++) {
        if (slice_is(name, ERRNO_ALIASES[i].name)) return (int)ERRNO_ALIASES[i].value;
    }
    return 0;
}

const char *errno_offer(uint32_t index) {
    // Numbers without a name are passed over, so that only the end of the table is NULL.
    for (int number = 1; number < ERRNO_COUNT; number++) {
        const char *const name = errno_name(number);
        if (name && index-- == 0) return name;
    }
    return NULL;
}

bool constant_of(struct slice name, integer *value) {
    for (uint32_t i = 0; i < CONSTANT_COUNT; i++) {
        if (!slice_is(name, CONSTANTS[i].name)) continue;
        *value = CONSTANTS[i].value;
        return true;
    }
    *value = errno_of(name);
    return *value != 0;
}

int signal_of(struct slice name) {
    bool const has_prefix = name.len_bytes > 3 && memcmp(name.data, "SIG", 3) == 0;
    struct slice const abbreviation = has_prefix ? slice_of(name.data + 3, name.len_bytes - 3) : name;
    for (int number = 1; number < NSIG; number++) {
        const char *const candidate = sigabbrev_np(number);
        if (candidate && slice_is(abbreviation, candidate)) return number;
    }
    return 0;
}

const char *signal_offer(uint32_t index) {
    for (int number = 1; number < NSIG; number++) {
        const char *const name = sigabbrev_np(number);
        if (name && index-- == 0) return name;
    }
    return NULL;
}

const char *constant_offer(uint32_t index) {
    return index < CONSTANT_COUNT ? CONSTANTS[index].name : NULL;
}
