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

// FAULT_NEVER_RAN and FAULT_UNREACHED, and the branches of `either` that nobody took. For a run without a failure.
void reach_judge(struct verdict *verdict, const struct plan *plan, const struct journal *journal);

// FAULT_LOST_BYTES and FAULT_NEVER_ACCEPTED. For a run without a failure.
void connections_judge(struct verdict *verdict, const struct plan *plan, const struct journal *journal);

// verdict->timing.
void timing_collect(struct verdict *verdict, const struct plan *plan, const struct journal *journal);

#endif
