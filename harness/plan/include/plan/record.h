// Records: a message that was captured or built, field by field.
#ifndef SOCKDRILL_PLAN_RECORD_H
#define SOCKDRILL_PLAN_RECORD_H

#include "plan/value.h"

struct message_code;

// Immutable. The layout belongs to the plan and outlives every record; the rest lies in the arena of the value.
struct record {
    const struct message_code *message;
    const struct value *values;  // by field; `none` where its `when` did not hold
    const bool *is_given;        // built: by field, whether it has a value that was given; NULL: it was received
    uint32_t depth;              // messages in one another, this one counted
    const struct bytes *encoded; // its bytes as they were received, or are to be sent
};

// The field of that name; NULL: the message has no such field.
const struct value *record_field(const struct record *record, struct slice name);

// How deep messages lie in one another in a value: 0 where there is none.
uint32_t record_depth(const struct value *value);

// value_copy, value_equal and value_print of a record: of the same layout, and equal field by field. Between one that was
// built and one that was received, fields that the layout computes in both do not count.
const struct record *record_copy(struct arena *arena, const struct record *record);
bool record_equal(const struct record *a, const struct record *b);
void record_print(const struct record *record, struct buffer *out);

#endif
