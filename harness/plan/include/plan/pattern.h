// Patterns: what `recv` asks of the bytes that come, matched as they come.
//
// A matcher takes bytes in pieces of any size and answers consumed, more needed, or wrong at an offset. It never takes a
// byte that is not part of the match, and looks at each byte a bounded number of times.
#ifndef SOCKDRILL_PLAN_PATTERN_H
#define SOCKDRILL_PLAN_PATTERN_H

#include "base/arena.h"
#include "base/diag.h"
#include "plan/term.h"
#include "script/tree.h"

// One element, compiled. Immutable after compile.
struct element_code {
    struct span span;
    const struct term *bytes;    // exactly these; NULL where `type` stands
    enum type_word type;
    const struct term *argument; // bytes(N), text(N), bits(N), until(BYTES), sized(N, TYPE), masked(N, KEY), list's COUNT
    const struct term *most;     // until(BYTES, MAX)
    const struct term *key;      // masked(N, KEY)
    enum operator op;            // a comparison behind it, OP_NONE without
    const struct term *right;
    uint32_t capture;            // slot, or PLAN_NONE
    const struct element_code *element; // of a list, of sized(N, TYPE)
    const struct term *until;           // of a list: holds after its last element
    uint32_t last_slot;                 // of a list with until: where `last` is
    const struct field_code *field;     // in a message: the field that it is; NULL in a row
    const struct message_code *message; // a message: its layout
    const struct element_code *row;     // of a message, by field: its type and what is asked of it
    const struct term *selector;        // a switch: what decides
    const struct arm_code *arms;        // and its types
    uint32_t arm_count;
    const struct element_code *items; // of a list that `by_item`: what is asked of each item
    uint32_t item_count;
    bool by_item;
    bool to_end;       // a list with neither a count nor an `until`
    bool may_be_empty; // a list whose `until` is asked before the first item too
    bool is_asked;     // in a message: a pattern asks something of it
    const char *never; // it cannot match: the message that was asked for, where the switch has another
};

struct pattern_code {
    struct span span;
    const struct element_code *elements;
    uint32_t element_count;
};

enum match_status {
    MATCH_DONE,      // the whole pattern has matched
    MATCH_MORE,      // so far so good
    MATCH_MISMATCH,  // see `mismatch`
    MATCH_WAIT,      // an expression waits for a future: try again when it is set
    MATCH_FAILED,    // an expression has no value: env->message
    MATCH_UNSETTLED, // env->message
};

// Where and how the bytes differ. In the matcher's arena.
struct mismatch {
    uint64_t offset;        // of the first byte that differs, counted from the pattern's first byte
    uint64_t window_offset; // of `expected` and `received`; behind `offset` only where `expected` is empty
    struct slice expected;  // empty where no fixed bytes were expected; else from window_offset on, as far as is known
    struct slice received;  // from window_offset on, as far as it has come; ends at `offset` where bytes are missing
    const char *wanted;     // "u16be == 5", "line ~ /x/, received \"y\""; NULL where `expected` says all
    struct span span;       // the element
};

struct matcher_state;

// The matching of one pattern at one place of a stream. Owned by one worker.
struct matcher {
    const struct pattern_code *pattern;
    struct eval_env *env;     // where captures go and expressions are evaluated; may change between calls
    struct arena *arena;      // for captures and the state; must live until the values captured are done with
    uint64_t consumed_bytes;  // of the stream, since the pattern's first byte
    struct mismatch mismatch;
    struct matcher_state *state;
};

void matcher_start(struct matcher *matcher, const struct pattern_code *pattern, struct eval_env *env, struct arena *arena);

// Whether it takes a byte for certain before anything is evaluated that may wait, or fail.
bool pattern_takes_bytes(const struct pattern_code *pattern);

// How many bytes the match needs at the least before it can be done. `exactly`: the next that many bytes belong to the
// match whatever they are (unless they are wrong), so that they may be read without peeking; it covers the elements of a
// known size that follow one another. Where an end is searched for (until, cstring, line) or a length is not known yet
// (leb128, quic_varint), the need is 1 or more and not exact: peek, and feed. 0 with MATCH_MORE: the pattern stands in
// `rest`, content to end here or to take more. *status is MATCH_MORE, MATCH_DONE when nothing is left to match (0), or,
// with 0, what stopped the matcher without another byte: WAIT, FAILED, UNSETTLED, or MISMATCH of an element of no bytes.
uint64_t matcher_needs(struct matcher *matcher, bool *exactly, enum match_status *status);

// Takes bytes; *used says how many of them belong to the match: all of them while it wants more, those before the first
// wrong one on a mismatch, those before the element that waits or fails otherwise. After WAIT it is fed again from there.
// `bytes` may be empty. Captures, and what is kept of the bytes, are the matcher's own copies.
enum match_status matcher_feed(struct matcher *matcher, struct slice bytes, size_t *used);

// The stream, or the message, ends here: DONE where the pattern is content (`rest`), else MISMATCH.
enum match_status matcher_end(struct matcher *matcher);

// How the pattern reads from where the matcher stands, for reports of waits: "u16be == 5", "\"HTTP/1.1 \"".
void matcher_wants(const struct matcher *matcher, struct buffer *out);
// How much of the match has come: "7 of 8 bytes", "7 of at least 9 bytes", "7 bytes" where nothing more is known.
void matcher_came(const struct matcher *matcher, struct buffer *out);
// Fills matcher->mismatch as if the bytes ended here, for reports of waits; `wanted` is NULL.
void matcher_so_far(struct matcher *matcher);

#endif
