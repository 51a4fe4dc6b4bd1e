// Messages: a protocol's layout, compiled once for both directions, and how it is built. Matching is plan/pattern.h's.
//
// The terms of a layout (`=`, `when`, lengths, counts, `until`) read the message they stand in through a message_scope:
// one that is being built answers from the values it was given, one that is being matched from what has come.
#ifndef SOCKDRILL_PLAN_MESSAGE_H
#define SOCKDRILL_PLAN_MESSAGE_H

#include "plan/pattern.h"

enum {
    MESSAGE_NESTING_MAX = 100, // messages in one another, when built and when matched
};

// One field of a layout. Immutable after compile.
struct field_code {
    const char *name;
    struct span span;
    const struct term *condition; // when: BOOLEAN; NULL: it is always there
    const struct term *rule;      // where: BOOLEAN; NULL without
    const struct term *value;     // = EXPR; NULL without
    const struct term *fallback;  // default EXPR: built with when no value is given; NULL without
    bool has_names;               // domain names lie in it
    bool is_read;                 // a term of the layout reads its value
    bool is_known_before;         // `value` reads nothing but earlier fields, so that it is known before the field comes
    uint32_t first_check;         // the fields whose `=` can be verified as soon as this one is there; PLAN_NONE: none
    uint32_t next_check;          // the next one of the list that this field is in; PLAN_NONE: the last
    uint32_t bound_by;            // an earlier field whose `=` is size(bound_first .. this one), so that it says where this
    uint32_t bound_first;         // one ends; PLAN_NONE without
};

// A layout. Immutable after compile.
struct message_code {
    const char *name;
    struct span span;
    const struct field_code *fields;
    const struct element_code *elements; // by field: its type, with nothing asked of it
    uint32_t field_count;                // one at the least
    uint32_t first_field;                // the number of its first field among those of all the plan's messages
    uint32_t origin;                     // the field where its names count from; PLAN_NONE: as in the message around
    bool has_names;                      // somewhere in it lie domain names
    bool keeps_bytes;                    // an `=` reads a range of its bytes
    integer fixed_bits;                  // of all fields together; -1: not known before they come
};

// One type of a switch. Immutable after compile.
struct arm_code {
    const struct term *const *values; // constants
    uint32_t value_count;             // 0: else
    const struct element_code *element;
};

// NAME { field: value, ... } as a value. Immutable after compile.
struct build_code {
    const struct message_code *message;
    const struct term *const *given; // by field: its value, read in the scope around; NULL: as the layout says
};

// What a layout's terms read. Owned by whoever builds or matches.
struct message_scope {
    enum eval_status (*read_field)(struct message_scope *scope, struct eval_env *env, uint32_t field,
                                   struct value *value); // `none` where its `when` does not hold
    enum eval_status (*read_range)(struct message_scope *scope, struct eval_env *env, uint32_t first, uint32_t last,
                                   struct value *value); // the bytes of the fields from first to last
    enum eval_status (*read_size)(struct message_scope *scope, struct eval_env *env, uint32_t first, uint32_t last,
                                  struct value *value); // how many bytes those are
    const struct value *last; // the newest item of the list whose `until` is asked
};

// The arm of a switch for that value; NULL where it has none.
const struct arm_code *message_arm(const struct element_code *element, const struct value *selector);

// The type that a switch has here: its selector is read in env->scope. FAILED where there is no arm for its value.
enum eval_status message_pick(const struct element_code *element, struct eval_env *env,
                              const struct element_code **picked);

// The element's size in bits, where it is known before it begins and beginning it cannot wait.
bool element_fixed_bits(const struct element_code *element, integer *bits);

// Index of the field of that name, or PLAN_NONE.
uint32_t message_field(const struct message_code *message, struct slice name);

#endif
