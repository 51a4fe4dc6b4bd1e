// What the files of this room share: each finds one sort of fault.
#ifndef SOCKDRILL_VERDICT_PARTS_H
#define SOCKDRILL_VERDICT_PARTS_H

#include "verdict/verdict.h"

// Whether the text has this step, or only the compiled plan.
static inline bool step_is_statement(const struct step *step) {
    return step->kind != STEP_BLOCK_END && step->kind != STEP_ACTOR_END;
}

// "client 'caller[3]'"; in the arena.
const char *instance_text(const struct plan *plan, uint32_t instance, struct arena *arena);

// Appends a fault of that kind with nothing but its time: the end of the case. Valid until the next one is added.
struct fault *fault_add(struct verdict *verdict, const struct journal *journal, enum fault_kind kind);

// Each of these is told every event once, in order, and then asked. They live in the arena, which must outlive them.

// FAULT_NEVER_RAN and FAULT_UNREACHED, and the branches of `either` that nobody took. For a run without a failure.
struct reach *reach_new(struct arena *arena, const struct plan *plan, const struct journal *journal);
void reach_note(struct reach *reach, const struct event *event);
void reach_judge(struct reach *reach, struct verdict *verdict);

// FAULT_LOST_BYTES and FAULT_NEVER_ACCEPTED. For a run without a failure.
struct connections *connections_new(struct arena *arena, const struct plan *plan, const struct journal *journal);
// Only of a socket's; `place` is its number in the journal.
void connections_note(struct connections *all, const struct event *event, uint64_t place);
void connections_judge(struct connections *all, struct verdict *verdict);

// verdict->timing.
struct timings *timings_new(struct arena *arena, const struct plan *plan);
void timings_note(struct timings *timings, const struct event *event);
struct timing timings_result(const struct timings *timings);

#endif
