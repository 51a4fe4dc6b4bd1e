// One thread of the pool. Private to the room.
#ifndef SOCKDRILL_ENGINE_WORKER_H
#define SOCKDRILL_ENGINE_WORKER_H

#include "play.h"

int worker_init(struct worker *worker, struct engine *engine, uint32_t number);
void worker_fini(struct worker *worker);
void *worker_main(void *worker);

// Whether engine_interrupt was called.
bool engine_interrupted(void);

#endif
