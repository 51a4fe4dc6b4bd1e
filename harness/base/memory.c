#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

// The limit of this process where it has one: most often that is what was reached.
_Noreturn void memory_exhausted(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        fprintf(stderr, "sockdrill: out of memory: this process may have %llu KiB (ulimit -v, RLIMIT_AS)\n",
                (unsigned long long)limit.rlim_cur / 1024);
    else fputs("sockdrill: out of memory\n", stderr);
    exit(3);
}

void *memory_need(void *memory) {
    if (!memory) memory_exhausted();
    return memory;
}
