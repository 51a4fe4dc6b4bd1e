// Patterns made by hand and played against bytes, for the suites of the matcher.
#ifndef SOCKDRILL_TESTS_MATCHER_PLAY_H
#define SOCKDRILL_TESTS_MATCHER_PLAY_H

#include "plan_terms.h"

#include "matcher_state.h"

// What the patterns are evaluated in; made anew for each test.
extern struct stage stage;

static inline struct term *number(integer value) { return term_integer(&stage, value); }
static inline struct term *text(const char *value) { return term_text(&stage, value); }
static inline struct term *slot(uint32_t index) { return term_slot(&stage, index); }
static inline struct element_code type(enum type_word word) { return element_type(word); }
static inline struct element_code sized(enum type_word word, const struct term *argument) {
    return element_sized(word, argument);
}

// What came of one match.
struct outcome {
    enum match_status status;
    uint64_t consumed_bytes;
    struct mismatch mismatch;
    uint64_t looked_at_bytes;
    struct value slots[STAGE_SLOTS];
    bool is_set[STAGE_SLOTS];
};

struct pattern_code pattern_of(const struct element_code *elements, uint32_t count);

// Feeds the input cut at the ends given, up to where the match is decided, and then the end of the stream. Every piece ends
// at a page that must not be touched.
struct outcome play(const struct pattern_code *pattern, struct slice input, const size_t *ends, size_t end_count);

// At once, cut in two at every place, and byte by byte: the outcome must be the same.
struct outcome match_bytes(const struct element_code *elements, uint32_t count, const void *data, size_t len_bytes);
struct outcome match_text(const struct element_code *elements, uint32_t count, const char *input);

void assert_done(const struct outcome *outcome, uint64_t consumed_bytes);
void assert_slot_bytes(const struct outcome *outcome, uint32_t index, const void *data, size_t len_bytes);
void assert_slot_text(const struct outcome *outcome, uint32_t index, const char *wanted);
void assert_slot_integer(const struct outcome *outcome, uint32_t index, integer wanted);
void assert_mismatch(const struct outcome *outcome, uint64_t offset, const char *wanted); // NULL: `expected` says all
void assert_window(struct slice side, const char *wanted);
void assert_failed(const struct outcome *outcome, const char *said);

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

// A suite's main: cases of at most 12 tests each.
struct test_case {
    const char *name;
    const void *tests[12]; // const TTest *
};
int matcher_main(const char *suite, const struct test_case *cases, uint32_t case_count);

#endif
