// What the files of evaluation share.
#ifndef SOCKDRILL_PLAN_EVAL_H
#define SOCKDRILL_PLAN_EVAL_H

#include "plan/term.h"

// Notes why there is no value, in env->arena, and about which text. Always EVAL_FAILED.
enum eval_status eval_fail(struct eval_env *env, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The same of what this machine cannot tell. Always EVAL_UNSETTLED.
enum eval_status eval_unsettled(struct eval_env *env, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A list would have more than VALUE_ITEMS_MAX items.
enum eval_status eval_too_many(struct eval_env *env, struct span span);

// The value as one run of bytes: FAILED, with `span` blamed, where it is something else or longer than BYTES_FLAT_MAX.
enum eval_status eval_flat(struct eval_env *env, struct span span, const struct value *value, struct slice *flat);

// FAILED where the value is of another kind. An INTEGER 0 becomes a DURATION of nothing.
enum eval_status eval_check_kind(struct eval_env *env, struct span span, enum value_kind kind, struct value *value);

// A message value, its bytes and its fields; see plan/message.h.
enum eval_status build_eval(const struct term *term, struct eval_env *env, struct value *value);

// The .host or .port, as the term says, of an address.
enum eval_status eval_address_part(const struct term *term, struct eval_env *env, const struct value *address,
                                   struct value *value);

// A field of a record, or of each record in a list; and what the terms of a layout read.
enum eval_status eval_record_field(const struct term *term, struct eval_env *env, struct value *value);
enum eval_status eval_layout(const struct term *term, struct eval_env *env, struct value *value);

// COND ? A : B; [BODY for NAME in LIST] and its NAME; `each LIST` and A .. B as lists.
enum eval_status eval_choice(const struct term *term, struct eval_env *env, struct value *value);
enum eval_status eval_list_for(const struct term *term, struct eval_env *env, struct value *value);
enum eval_status eval_local(const struct term *term, struct eval_env *env, struct value *value);
enum eval_status eval_each(const struct term *term, struct eval_env *env, struct value *value);
enum eval_status eval_interval(const struct term *term, struct eval_env *env, struct value *value);

// The library that the function needs, or NULL, which is loaded here: *lacks is NULL; or why it cannot be, and then the
// function must not be called.
const char *function_needs(enum function function, const char **lacks);

// A call of a function, its arguments not evaluated yet.
enum eval_status function_call(const struct term *term, struct eval_env *env, struct value *value);

// A unary or binary operator's term.
enum eval_status operator_eval(const struct term *term, struct eval_env *env, struct value *value);

// OP_EQUAL to OP_GREATER_EQUAL and OP_CONTAINS of two values; `span` is blamed.
enum eval_status operator_compare(struct eval_env *env, struct span span, enum operator op, const struct value *left,
                                  const struct value *right, bool *truth);

// Whether the TERM_REGEX finds itself in `left`; if so its named groups are written.
enum eval_status operator_match(struct eval_env *env, const struct term *regex, const struct value *left, bool *truth);

// The kind of what OP_ADD to OP_REMAINDER make of two numbers: durations are added, scaled and divided; lists are joined
// by OP_ADD. VALUE_NONE: these
// do not go together.
enum value_kind operator_result(enum operator op, enum value_kind left, enum value_kind right);

// "a", "an" and so on are the kind's; this is the operator's word: "==", "contains".
const char *operator_word(enum operator op);

// The source text of a span on one line, white space runs as one blank, shortened.
void eval_print_source(struct span span, struct buffer *out);

#endif
