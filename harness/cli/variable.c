// The environment that the user, or a CI server, set.
#include "cli.h"

#include <stdlib.h>
#include <string.h>

const char *variable(const char *name) {
    const char *const value = getenv(name);
    return value && value[0] ? value : NULL;
}

bool variable_is_on(const char *name) {
    const char *const value = variable(name);
    return value && strcmp(value, "0") != 0;
}
