// Scenario texts compiled in a test, and what came of them as text.
#ifndef SOCKDRILL_TESTS_COMPILE_TEXT_H
#define SOCKDRILL_TESTS_COMPILE_TEXT_H

#include "plan/plan.h"

// What the last compilation made: valid until the next one or compile_forget. One test at a time.
extern struct plan_set compiled;

void compile_text(const char *text);
void compile_text_at(const char *path, const char *text, const struct define *defines, uint32_t define_count);
void compile_forget(void); // the tear-down of a fixture

// Compiles a text in which nothing may be wrong; its first case.
const struct plan *compile_good(const char *text);

// Compiles, and what was said must be exactly this: a line each, "LINE:COLUMN message", and " = hint" where there is one.
void assert_said(const char *text, const char *said);
void assert_says(const char *said); // of what is compiled already

// Compiles the steps as those of a client, between a title and a server `echo` that listens, accepts and receives `line`
// as `words`. Step lines count from 1.
const struct plan *compile_steps(const char *steps);
void assert_steps_said(const char *steps, const char *said);

// The value of an expression that is known before the run, as value_print has it.
void assert_value(const char *expr, const char *value);

// The client's steps of compile_steps, counted from its first: "connect", "recv", ...
const struct step *client_step(const struct plan *plan, uint32_t number);

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

// A test program's main: one suite of cases of at most 16 tests each.
struct test_case {
    const char *name;
    const void *tests[16]; // const TTest *
};
int run_cases(const char *suite, const struct test_case *cases, uint32_t case_count);

#endif
