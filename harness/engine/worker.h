// One thread of the pool. Private to the room.
#ifndef SOCKDRILL_ENGINE_WORKER_H
#define SOCKDRILL_ENGINE_WORKER_H

#include "play.h"

int worker_init(struct worker *worker, struct engine *engine, uint32_t number);
void worker_fini(struct worker *worker);
void *worker_main(void *worker);
// The network of its thread is from here on that of the case: its world's, or for NULL and without a world the machine's.
void worker_enter(struct worker *worker, const struct case_run *run);
// No case is left to play: every worker returns from worker_main, the one that calls this when it comes there.
void worker_end_all(struct worker *worker);

// Whether engine_interrupt, engine_clients_end was called.
bool engine_interrupted(void);
bool engine_clients_ended(void);

#endif
