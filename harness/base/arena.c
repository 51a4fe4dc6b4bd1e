#include "base/arena.h"

#include "base/memory.h"
#include "base/sanitizer.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES_FIRST = 128,       // thousands of tasks have an arena each, and most need next to nothing
    BLOCK_BYTES_LAST = 64 * 1024,  // each further block is twice as large as the one before, up to this
    BLOCK_BYTES_KEPT = 16 * 1024,  // no larger one survives arena_clear
    LARGE_BYTES = BLOCK_BYTES_LAST / 4, // from here on an allocation gets a block of its own
    CLEAN_BYTES = 512, // zeroed at a time: the end of a block that nobody comes to costs no page
};

// Owned by its arena. The first of an arena's blocks is the one that small allocations are cut from.
struct arena_block {
    struct arena_block *next;
    size_t cap_bytes;
    size_t used_bytes;
    size_t clean_bytes; // zeroed so far; never less than used_bytes
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena) {
    *arena = (struct arena){0};
}

void arena_fini(struct arena *arena) {
    struct arena_block *block = arena->blocks;
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->used_bytes = 0;
}

static const bool keeps_blocks = !SANITIZER_ADDRESS; // so that whoever still points into one is found

void arena_clear(struct arena *arena) {
    struct arena_block *kept = arena->blocks;
    if (keeps_blocks && kept && kept->cap_bytes <= BLOCK_BYTES_KEPT) {
        arena->blocks = kept->next;
        kept->next = NULL;
        kept->used_bytes = kept->clean_bytes = 0;
    } else {
        kept = NULL;
    }
    arena_fini(arena);
    arena->blocks = kept;
}

static _Noreturn void arena_exhausted(struct arena *arena) {
    if (arena->out_of_memory) longjmp(*arena->out_of_memory, 1);
    memory_exhausted();
}

static void *alloc_large(struct arena *arena, size_t size_bytes) {
    if (size_bytes > SIZE_MAX - sizeof(struct arena_block)) arena_exhausted(arena);
    struct arena_block *block = calloc(1, sizeof *block + size_bytes);
    if (!block) arena_exhausted(arena);
    block->cap_bytes = block->used_bytes = block->clean_bytes = size_bytes;
    if (arena->blocks) { // behind the first, which still has room
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        arena->blocks = block;
    }
    arena->used_bytes += size_bytes;
    return block->data;
}

// A new block to cut small allocations from, with room for `least` bytes.
static struct arena_block *block_next(struct arena *arena, size_t least) {
    size_t cap_bytes = arena->blocks ? arena->blocks->cap_bytes * 2 : BLOCK_BYTES_FIRST;
    while (cap_bytes < least) cap_bytes *= 2;
    if (cap_bytes > BLOCK_BYTES_LAST) cap_bytes = BLOCK_BYTES_LAST;
    struct arena_block *block = malloc(sizeof *block + cap_bytes);
    if (!block) arena_exhausted(arena);
    *block = (struct arena_block){.next = arena->blocks, .cap_bytes = cap_bytes};
    arena->blocks = block;
    return block;
}

static void block_clean(struct arena_block *block) {
    size_t end = (block->used_bytes + CLEAN_BYTES - 1) / CLEAN_BYTES * CLEAN_BYTES;
    if (end > block->cap_bytes) end = block->cap_bytes;
    memset(block->data + block->clean_bytes, 0, end - block->clean_bytes);
    block->clean_bytes = end;
}

void *arena_alloc(struct arena *arena, size_t size_bytes) {
    if (size_bytes >= LARGE_BYTES) return alloc_large(arena, size_bytes);

    size_t const align = alignof(max_align_t);
    size_t const rounded = size_bytes ? (size_bytes + align - 1) / align * align : align;
    struct arena_block *block = arena->blocks;
    if (!block || block->cap_bytes - block->used_bytes < rounded) block = block_next(arena, rounded);
    void *const memory = block->data + block->used_bytes;
    block->used_bytes += rounded;
    if (block->used_bytes > block->clean_bytes) block_clean(block);
    arena->used_bytes += rounded;
    return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t element_bytes) {
    size_t size_bytes;
    if (__builtin_mul_overflow(count, element_bytes, &size_bytes)) arena_exhausted(arena);
    return arena_alloc(arena, size_bytes);
}

void *arena_grow(struct arena *arena, void *old, size_t count, size_t element_bytes) {
    if (count == 0) return arena_array(arena, 1, element_bytes);
    if (count & (count - 1)) return old;
    if (count > SIZE_MAX / 2) arena_exhausted(arena);
    void *const grown = arena_array(arena, count * 2, element_bytes);
    memcpy(grown, old, count * element_bytes);
    return grown;
}

void *arena_copy(struct arena *arena, const void *data, size_t len_bytes) {
    if (len_bytes == SIZE_MAX) arena_exhausted(arena);
    char *const copy = arena_alloc(arena, len_bytes + 1);
    if (len_bytes) memcpy(copy, data, len_bytes);
    return copy;
}

char *arena_text(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *const text = arena_vtext(arena, format, arguments);
    va_end(arguments);
    return text;
}

char *arena_vtext(struct arena *arena, const char *format, va_list arguments) {
    va_list measured;
    va_copy(measured, arguments);
    int const len = vsnprintf(NULL, 0, format, measured);
    va_end(measured);
    if (len < 0) return arena_copy(arena, "", 0); // EOVERFLOW or EILSEQ: nothing can be shown
    char *const text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, arguments);
    return text;
}
