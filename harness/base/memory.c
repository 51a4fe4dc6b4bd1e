#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void memory_exhausted(void) {
    fputs("sockdrill: out of memory\n", stderr);
    exit(3);
}

void *memory_need(void *memory) {
    if (!memory) memory_exhausted();
    return memory;
}
