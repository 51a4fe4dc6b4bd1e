// What the files of functions share: how arguments are read, and the calls that do not stand in functions.c.
#ifndef SOCKDRILL_PLAN_FUNCTIONS_H
#define SOCKDRILL_PLAN_FUNCTIONS_H

#include "eval.h"

// The argument's value as bytes; as one run of them; as a count of bytes or a place among them, an integer from 0 on.
enum eval_status argument_bytes(const struct term *term, uint32_t index, struct eval_env *env,
                                const struct bytes **bytes);
enum eval_status argument_flat(const struct term *term, uint32_t index, struct eval_env *env, struct slice *flat);
enum eval_status argument_count(const struct term *term, uint32_t index, struct eval_env *env, uint64_t *count);

typedef enum eval_status function_body(const struct term *term, struct eval_env *env, struct value *value);

// functions_number.c
function_body call_int, call_hexadecimal, call_min, call_max;

// functions_bytes.c
function_body call_replace, call_cut, call_join, call_header, call_xor, call_unbase64, call_hex;

#endif
