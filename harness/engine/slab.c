#include "slab.h"

#include "base/memory.h"
#include "base/sanitizer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const bool is_checked = SANITIZER_ANY;

struct slab_piece {
    struct slab_piece *next;
};

static bool is_cut(size_t size_bytes) { return !is_checked && size_bytes <= SLAB_BYTES_MAX; }

static struct slab_piece **spare_of(struct slab *slab, size_t size_bytes) {
    return &slab->spare[(size_bytes - 1) / SLAB_GRAIN_BYTES];
}

void slab_init(struct slab *slab, struct arena *arena) { *slab = (struct slab){.arena = arena}; }

void *slab_take(struct slab *slab, size_t size_bytes) {
    if (!is_cut(size_bytes)) return memory_need(calloc(1, size_bytes));
    struct slab_piece **const spare = spare_of(slab, size_bytes);
    struct slab_piece *const piece = *spare;
    if (!piece) return arena_alloc(slab->arena, size_bytes);
    *spare = piece->next;
    return memset(piece, 0, size_bytes);
}

void slab_give(struct slab *slab, void *memory, size_t size_bytes) {
    if (!memory) return;
    if (!is_cut(size_bytes)) {
        free(memory);
        return;
    }
    struct slab_piece *const piece = memory, **const spare = spare_of(slab, size_bytes);
    piece->next = *spare;
    *spare = piece;
}
