#include "ahead.h"

#include "base/memory.h"
#include "net/capture.h"
#include "net/trace.h"
#include "world/isolation.h"

#include <stdlib.h>

enum { WORLDS_AHEAD = 2, FITTED_AHEAD = 8 };

// Owned by its world.
struct ahead {
    struct capture *capture; // NULL: not wanted, or it could not be opened
    struct trace *trace;
};

// What most cases of a run need.
enum need { NEEDS_CAPTURE = 1, NEEDS_TRACE = 2 };

static void drop(void *outfit) {
    struct ahead *const ahead = outfit;
    capture_close(ahead->capture);
    trace_close(ahead->trace);
    free(ahead);
}

// What cannot be opened is tried again by the case, which tells why.
static void *make(void *context) {
    unsigned const needs = *(const unsigned *)context;
    struct ahead *const ahead = memory_need(calloc(1, sizeof *ahead));
    if (needs & NEEDS_CAPTURE) capture_open(&ahead->capture);
    if (needs & NEEDS_TRACE) trace_open(&ahead->trace, TRACE_RING, 0);
    return ahead;
}

// A supply is of one kind: of that which more cases need.
void ahead_begin(struct engine *engine, const struct plan *const *plans, uint32_t count) {
    const struct engine_options *const options = engine->options;
    if (!options->isolation) return;
    engine->has_times = options->packets;
    if (engine->has_times) capture_times_begin();
    if (count <= engine->worker_count) return;
    uint32_t named = 0, traced = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct plan_world *const world = &plans[i]->world;
        named += world->has_names;
        traced += (world->is_traced || options->snapshots) && !world->has_drops;
    }
    engine->needs_ahead = (options->packets ? NEEDS_CAPTURE : 0) | (traced > count - traced ? NEEDS_TRACE : 0);
    bool const is_fitted = engine->needs_ahead != 0 && capture_is_slow();
    struct world_outfit const outfit = {make, drop, &engine->needs_ahead};
    // Without a supply worlds are made when they are needed.
    world_supply_begin(is_fitted ? FITTED_AHEAD : WORLDS_AHEAD, named > count - named, is_fitted ? &outfit : NULL);
}

void ahead_end(struct engine *engine) {
    world_supply_end();
    if (engine->has_times) capture_times_end();
}

int ahead_capture(const struct case_run *run, struct capture **capture) {
    struct ahead *const ahead = world_outfit(run->world);
    *capture = ahead ? ahead->capture : NULL;
    if (!*capture) return capture_open(capture);
    ahead->capture = NULL;
    return 0;
}

int ahead_trace(const struct case_run *run, struct trace **trace) {
    struct ahead *const ahead = world_outfit(run->world);
    *trace = ahead ? ahead->trace : NULL;
    if (!*trace) return trace_open(trace, TRACE_RING, 0);
    ahead->trace = NULL;
    return 0;
}
