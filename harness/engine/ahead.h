// What shows a world's packets, opened with the world, ahead of the case: for whoever has rings, net/packet_queue.h's ordinary
// user, whose opening waits for the kernel two times 8 ms.
#ifndef SOCKDRILL_ENGINE_AHEAD_H
#define SOCKDRILL_ENGINE_AHEAD_H

#include "play.h"

struct capture;
struct trace;

// Before the workers of the engine are there: begins the supply of worlds, where there are more cases than workers.
void ahead_begin(struct engine *engine, const struct plan *const *plans, uint32_t count);
void ahead_end(struct engine *engine);

// Of the case's world, whose owner is then the caller. 0 or a negative errno, as capture_open and trace_open of a ring.
int ahead_capture(const struct case_run *run, struct capture **capture);
int ahead_trace(const struct case_run *run, struct trace **trace);

#endif
