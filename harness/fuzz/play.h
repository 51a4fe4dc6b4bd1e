// One pattern against one run of bytes, fed in every way there is: the outcome must be the same.
#ifndef SOCKDRILL_FUZZ_PLAY_H
#define SOCKDRILL_FUZZ_PLAY_H

#include "stage.h"

// What came of a match. The values lie in the stage's arena.
struct outcome {
    enum match_status status;
    uint64_t consumed_bytes;
    struct mismatch mismatch;
    const char *message;
    struct value *slots;
    bool *is_set;
};

// Whole, byte by byte, at places drawn from `cuts`, and by what matcher_needs asks for; the last of them must be kept to
// the letter. What lies behind a match must not matter. The stage's values are afterwards what they were before.
struct outcome play_match(struct stage *stage, const struct pattern_code *pattern, struct slice input, uint64_t cuts);

// The input with bytes put right where a mismatch says what they should be, and some added where it ends too soon, up to
// `limit` bytes: layouts whose lengths and checksums are verified match hardly anything else. In the stage's arena.
struct slice play_mend(struct stage *stage, const struct pattern_code *pattern, struct slice input, size_t limit);

// Makes what was captured the stage's values.
void play_keep(struct stage *stage, const struct outcome *outcome);

#endif
