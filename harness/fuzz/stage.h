// What a plan's terms and patterns are evaluated in, without a run: one actor's values, and an answer to all else that it
// may ask. What nobody has set is waited for, or has a value that only its name decides.
#ifndef SOCKDRILL_FUZZ_STAGE_H
#define SOCKDRILL_FUZZ_STAGE_H

#include "fuzz.h"

#include "plan/pattern.h"
#include "plan/plan.h"

struct stage {
    struct arena arena;
    struct eval_env env;
    struct value *slots;
    bool *is_set;
    uint32_t slot_count;
    bool waits;    // for what is not set
    uint64_t seed; // of the values that are made up
};

// `actor`: whose slots; PLAN_NONE: `extra` slots alone. With an actor, the `extra` ones come behind its own.
void stage_init(struct stage *stage, const struct plan *plan, uint32_t actor, uint32_t extra, uint8_t seed);
void stage_fini(struct stage *stage);

// Values of both stages are equal; two NaNs are too.
bool stage_values_equal(const struct value *a, const struct value *b);

// Up to `limit` bytes of the term's value as a row of bytes; false where it has none.
bool stage_bytes(struct stage *stage, const struct term *term, size_t limit, struct slice *bytes);

#endif
