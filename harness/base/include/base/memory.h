// Memory from malloc, where there is nothing to be done without it.
#ifndef SOCKDRILL_BASE_MEMORY_H
#define SOCKDRILL_BASE_MEMORY_H

// Says that memory has run out, and ends the process with 3.
_Noreturn void memory_exhausted(void);

// What malloc, calloc or realloc gave; NULL ends the process.
void *memory_need(void *memory);

#endif
