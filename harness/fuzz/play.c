#include "play.h"

#include <stdlib.h>
#include <string.h>

enum feeding { FEED_WHOLE, FEED_BYTES, FEED_PIECES, FEED_NEEDS, FEED_COUNT };

static const char *const FEEDINGS[] = {"whole", "byte by byte", "in pieces", "as it needs them"};

// One way through one match.
struct run {
    struct stage *stage;
    struct matcher matcher;
    struct slice rest; // of the input
    enum match_status status;
};

// Each piece is gone once it was fed: what was kept of it must be a copy.
static void feed(struct run *run, size_t len_bytes) {
    uint64_t const before = run->matcher.consumed_bytes;
    uint8_t *const piece = malloc(len_bytes ? len_bytes : 1);
    size_t used = SIZE_MAX;
    if (!piece) abort();
    if (len_bytes) memcpy(piece, run->rest.data, len_bytes);
    run->status = matcher_feed(&run->matcher, slice_of(piece, len_bytes), &used);
    fuzz_check(used <= len_bytes, "%zu of %zu bytes were taken", used, len_bytes);
    fuzz_check(run->matcher.consumed_bytes - before == used, "%zu bytes were taken, and others counted", used);
    fuzz_check(run->status != MATCH_MORE || used == len_bytes, "it wants more, and took %zu of %zu", used, len_bytes);
    run->rest = slice_of(run->rest.data + used, run->rest.len_bytes - used);
    memset(piece, 0xaa, len_bytes);
    free(piece);
}

// matcher_needs, and then bytes as it promises: exactly that many belong to the match, or at the least.
static void feed_needed(struct run *run) {
    bool exactly = false;
    enum match_status status = MATCH_FAILED;
    uint64_t const need = matcher_needs(&run->matcher, &exactly, &status);
    uint64_t const before = run->matcher.consumed_bytes;
    fuzz_check(need == 0 || status == MATCH_MORE, "it needs %llu bytes with status %d", (unsigned long long)need,
               status);
    if (status != MATCH_MORE) {
        feed(run, 0);
        fuzz_check(run->status == status, "status %d was told, and is %d", status, run->status);
        return;
    }
    uint64_t const want = exactly && need < run->rest.len_bytes ? need : 1;
    size_t const len_bytes = want < run->rest.len_bytes ? (size_t)want : run->rest.len_bytes;
    for (uint64_t fed = 0; run->rest.len_bytes && fed < (need ? need : 1) && run->status == MATCH_MORE;
         fed += len_bytes) {
        feed(run, len_bytes < run->rest.len_bytes ? len_bytes : run->rest.len_bytes);
    }
    uint64_t const taken = run->matcher.consumed_bytes - before;
    fuzz_check(run->status != MATCH_DONE || taken >= need, "done with %llu bytes, and %llu were needed",
               (unsigned long long)taken, (unsigned long long)need);
    fuzz_check(run->status != MATCH_WAIT || !exactly || taken % (len_bytes ? len_bytes : 1) == 0,
               "it waits in the middle of bytes that it was to get exactly");
}

static void run_feeding(struct run *run, enum feeding feeding, uint64_t cuts) {
    while (run->status == MATCH_MORE && run->rest.len_bytes) {
        cuts = fuzz_mix(cuts);
        size_t len_bytes = 1;
        if (feeding == FEED_WHOLE) len_bytes = run->rest.len_bytes;
        if (feeding == FEED_PIECES)
            len_bytes = (size_t)(cuts % 32 ? cuts % 16 : (cuts >> 8) % 512) % (run->rest.len_bytes + 1);
        bool exactly;
        enum match_status status;
        if (feeding == FEED_NEEDS) {
            feed_needed(run);
            continue;
        }
        if (feeding == FEED_PIECES && cuts & 1 << 10) matcher_needs(&run->matcher, &exactly, &status);
        feed(run, len_bytes);
    }
}

static struct outcome play(struct stage *stage, const struct pattern_code *pattern, struct slice input,
                           enum feeding feeding, uint64_t cuts) {
    struct run run = {.stage = stage, .rest = input, .status = MATCH_MORE};
    size_t const slots_bytes = stage->slot_count * sizeof *stage->slots, set_bytes = stage->slot_count * sizeof(bool);
    struct value *const slots = arena_copy(&stage->arena, stage->slots, slots_bytes);
    bool *const is_set = arena_copy(&stage->arena, stage->is_set, set_bytes);
    stage->env.message = NULL;
    matcher_start(&run.matcher, pattern, &stage->env, &stage->arena);
    run_feeding(&run, feeding, cuts);
    if (run.status == MATCH_MORE) run.status = matcher_end(&run.matcher);
    fuzz_check(run.status != MATCH_MORE, "it wants more behind the end");
    struct outcome const outcome = {
        .status = run.status,
        .consumed_bytes = run.matcher.consumed_bytes,
        .mismatch = run.matcher.mismatch,
        .message = stage->env.message,
        .slots = arena_copy(&stage->arena, stage->slots, slots_bytes),
        .is_set = arena_copy(&stage->arena, stage->is_set, set_bytes),
    };
    if (slots_bytes) memcpy(stage->slots, slots, slots_bytes);
    if (set_bytes) memcpy(stage->is_set, is_set, set_bytes);
    return outcome;
}

static bool text_equal(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : !a == !b;
}

static void assert_same(const struct stage *stage, const struct outcome *a, const struct outcome *b, const char *how) {
    fuzz_check(a->status == b->status, "whole: status %d (%s), %s: %d (%s)", a->status, a->message ? a->message : "",
               how, b->status, b->message ? b->message : "");
    fuzz_check(a->consumed_bytes == b->consumed_bytes, "whole: %llu bytes, %s: %llu",
               (unsigned long long)a->consumed_bytes, how, (unsigned long long)b->consumed_bytes);
    for (uint32_t i = 0; i < stage->slot_count; i++) {
        fuzz_check(a->is_set[i] == b->is_set[i], "whole and %s: slot %u is set in one", how, i);
        fuzz_check(!a->is_set[i] || stage_values_equal(&a->slots[i], &b->slots[i]), "whole and %s: slot %u differs",
                   how, i);
    }
    if (a->status == MATCH_FAILED) {
        fuzz_check(text_equal(a->message, b->message), "whole: '%s', %s: '%s'", a->message, how, b->message);
    }
    if (a->status != MATCH_MISMATCH) return;
    fuzz_check(a->mismatch.offset == b->mismatch.offset, "whole: differs at %llu, %s: at %llu",
               (unsigned long long)a->mismatch.offset, how, (unsigned long long)b->mismatch.offset);
    fuzz_check(text_equal(a->mismatch.wanted, b->mismatch.wanted), "whole: wanted %s, %s: %s",
               a->mismatch.wanted ? a->mismatch.wanted : "-", how, b->mismatch.wanted ? b->mismatch.wanted : "-");
    fuzz_check(slice_equal(a->mismatch.expected, b->mismatch.expected), "whole and %s: other bytes are expected", how);
    fuzz_check(a->mismatch.window_offset == b->mismatch.window_offset, "whole and %s: other windows", how);
}

// What a report makes of a mismatch.
static void check_mismatch(const struct outcome *outcome, struct slice input) {
    const struct mismatch *const mismatch = &outcome->mismatch;
    if (outcome->status != MATCH_MISMATCH) return;
    fuzz_check(mismatch->window_offset <= mismatch->offset || !mismatch->expected.len_bytes,
               "the window begins behind the difference");
    fuzz_check(mismatch->offset <= input.len_bytes, "the difference lies behind the end");
    fuzz_check(mismatch->wanted || mismatch->expected.len_bytes, "it says nothing of what was expected");
    size_t const start = (size_t)mismatch->window_offset, len_bytes = mismatch->received.len_bytes;
    fuzz_check(start + len_bytes <= input.len_bytes &&
                   (!len_bytes || memcmp(mismatch->received.data, input.data + start, len_bytes) == 0),
               "it received other bytes, behind %llu: %s", (unsigned long long)mismatch->window_offset,
               mismatch->wanted ? mismatch->wanted : "-");
}

// The same bytes up to the end of the match, and others behind it.
static void play_other_tail(struct stage *stage, const struct pattern_code *pattern, struct slice input,
                            const struct outcome *whole) {
    if (whole->status != MATCH_DONE || whole->consumed_bytes == input.len_bytes) return;
    uint8_t *const other = arena_copy(&stage->arena, input.data, input.len_bytes);
    for (size_t i = (size_t)whole->consumed_bytes; i < input.len_bytes; i++) other[i] ^= 0x5a;
    struct outcome const outcome = play(stage, pattern, slice_of(other, input.len_bytes), FEED_WHOLE, 0);
    assert_same(stage, whole, &outcome, "with another tail");
}

struct outcome play_match(struct stage *stage, const struct pattern_code *pattern, struct slice input, uint64_t cuts) {
    struct outcome const whole = play(stage, pattern, input, FEED_WHOLE, cuts);
    check_mismatch(&whole, input);
    for (enum feeding feeding = FEED_BYTES; feeding < FEED_COUNT; feeding++) {
        struct outcome const outcome = play(stage, pattern, input, feeding, cuts);
        assert_same(stage, &whole, &outcome, FEEDINGS[feeding]);
        check_mismatch(&outcome, input);
    }
    play_other_tail(stage, pattern, input, &whole);
    return whole;
}

enum { MENDS_MAX = 16, ADDED_BYTES = 4 };

// One byte or more put right; false: there is nothing to go by.
static bool mend(uint8_t *bytes, size_t *len_bytes, size_t limit, const struct mismatch *mismatch) {
    bool has_changed = false;
    for (size_t i = 0; i < mismatch->expected.len_bytes; i++) {
        uint64_t const at = mismatch->window_offset + i;
        if (at < mismatch->offset || at > *len_bytes || at >= limit) continue;
        has_changed |= at == *len_bytes || bytes[at] != mismatch->expected.data[i];
        *len_bytes += at == *len_bytes;
        bytes[at] = mismatch->expected.data[i];
    }
    if (has_changed || mismatch->offset < *len_bytes || *len_bytes + ADDED_BYTES > limit) return has_changed;
    for (unsigned i = 0; i < ADDED_BYTES; i++, ++*len_bytes) bytes[*len_bytes] = (uint8_t)(fuzz_mix(*len_bytes) % 5);
    return true;
}

struct slice play_mend(struct stage *stage, const struct pattern_code *pattern, struct slice input, size_t limit) {
    uint8_t *const bytes = arena_alloc(&stage->arena, limit + 1);
    size_t len_bytes = input.len_bytes < limit ? input.len_bytes : limit;
    if (len_bytes) memcpy(bytes, input.data, len_bytes);
    for (unsigned i = 0; i < MENDS_MAX; i++) {
        struct outcome const outcome = play(stage, pattern, slice_of(bytes, len_bytes), FEED_WHOLE, 0);
        if (outcome.status != MATCH_MISMATCH || !mend(bytes, &len_bytes, limit, &outcome.mismatch)) break;
    }
    return slice_of(bytes, len_bytes);
}

void play_keep(struct stage *stage, const struct outcome *outcome) {
    for (uint32_t i = 0; i < stage->slot_count; i++) {
        stage->slots[i] = outcome->slots[i];
        stage->is_set[i] = outcome->is_set[i];
    }
}
