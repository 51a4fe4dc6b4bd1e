// Messages written as text: compiled with a recv and a send around them, built and matched.
#ifndef SOCKDRILL_TESTS_MESSAGE_TEXT_H
#define SOCKDRILL_TESTS_MESSAGE_TEXT_H

#include "matcher_play.h"

#include "plan/message.h"
#include "plan/record.h"

// Two protocols that the suites share.
extern const char FRAME[], BOX[];

// What the last `compile` made; valid until the next one.
extern struct plan_set set;

// The messages, a server that accepts and does its steps, and a client that connects and does the others.
void compile(const char *messages, const char *server_steps, const char *client_steps);
void load(const char *messages, const char *server_steps, const char *client_steps); // and nothing may be wrong

const struct step *step_of(enum step_kind kind); // the first one of that kind
const struct pattern_code *pattern(void);        // of the first recv

// What the first send sends.
enum eval_status try_build(struct value *value);
struct slice built(void);
void assert_built(const void *wanted, size_t len_bytes);
void assert_build_fails(const char *said);
#define BUILT(literal) assert_built(literal, sizeof(literal) - 1)

// Bytes against the first recv, cut at every place; what is captured is in the stage's slots afterwards.
#define BYTES(literal) slice_of(literal, sizeof(literal) - 1)
struct outcome match(struct slice input);
void assert_matches(struct slice input);
void assert_match_fails(struct slice input, const char *said);
// `wanted` is how the report begins.
struct outcome assert_differs(struct slice input, const char *wanted, uint64_t offset);
// And the expected bytes from the first wrong one on begin so.
void assert_expects(struct slice input, const char *wanted, uint64_t offset, struct slice expected);
#define DIFFERS(bytes, wanted, offset, expected) assert_expects(BYTES(bytes), wanted, offset, BYTES(expected))

// What `as` captured of the recv's first element.
const struct value *captured(void);
void assert_prints(const struct value *value, const char *wanted);

#endif
