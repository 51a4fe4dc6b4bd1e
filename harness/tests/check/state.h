// What of a process the bridge must not change.
#ifndef SOCKDRILL_TESTS_CHECK_STATE_H
#define SOCKDRILL_TESTS_CHECK_STATE_H

#include <stddef.h>

// Its descriptors, signals, namespaces, environment, folder, umask, limits and children, as text; to be freed.
char *state_take(void);

#endif
