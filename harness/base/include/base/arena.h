// Memory that is given back all at once: a tree, a plan or a run owns one arena each.
//
// Threads: an arena is owned by one thread at a time; nothing here locks.
#ifndef SOCKDRILL_BASE_ARENA_H
#define SOCKDRILL_BASE_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

struct arena_block;

// Owned by one worker. Zero-initialised is a valid, empty arena.
struct arena {
    struct arena_block *blocks;
    size_t used_bytes;      // handed out so far, for limits and reports
    jmp_buf *out_of_memory; // where to go when malloc fails; NULL: say so and end the process with 3
};

// Empty, with no jump set.
void arena_init(struct arena *arena);

// Frees every allocation made from it.
void arena_fini(struct arena *arena);

// The same, but for one block of a few KiB where there is one: the next allocations are cut from it. (Under
// AddressSanitizer all of them are freed.)
void arena_clear(struct arena *arena);

// Zeroed memory, aligned for any object, valid until arena_fini. Never NULL: see out_of_memory.
void *arena_alloc(struct arena *arena, size_t size_bytes);

// An array of `count` zeroed elements; a product that overflows counts as out of memory.
void *arena_array(struct arena *arena, size_t count, size_t element_bytes);

// The array `old` with room for one element more than `count`: grown by doubling when count is a power of
// two, else `old` itself. For lists whose length is not known ahead.
void *arena_grow(struct arena *arena, void *old, size_t count, size_t element_bytes);

// A copy of len_bytes bytes, with a NUL behind them that is not counted.
void *arena_copy(struct arena *arena, const void *data, size_t len_bytes);

// printf into the arena; the text ends with NUL.
char *arena_text(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vtext(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

#endif
