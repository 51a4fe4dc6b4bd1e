// Memory of what a part makes and gives back by the thousands: tasks, sockets and what belongs to them. It is cut from the
// part's arena; what was given back is handed out again, to whoever wants as much. Private to the room.
#ifndef SOCKDRILL_ENGINE_SLAB_H
#define SOCKDRILL_ENGINE_SLAB_H

#include "base/arena.h"

enum { SLAB_GRAIN_BYTES = 16, SLAB_BYTES_MAX = 1024 }; // what is larger is malloc's

// Owned by one worker. In a build with a sanitizer malloc has it all, so that whatever is used too late is found.
struct slab {
    struct arena *arena;
    struct slab_piece *spare[SLAB_BYTES_MAX / SLAB_GRAIN_BYTES]; // given back, by size
};

void slab_init(struct slab *slab, struct arena *arena);
// Zeroed, aligned for any object.
void *slab_take(struct slab *slab, size_t size_bytes);
// What was taken with that size; NULL: nothing.
void slab_give(struct slab *slab, void *memory, size_t size_bytes);

#endif
