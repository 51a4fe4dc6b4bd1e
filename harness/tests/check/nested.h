// A run of Check's within a test: what the bridge makes of a scenario, as Check would tell its user.
#ifndef SOCKDRILL_TESTS_CHECK_NESTED_H
#define SOCKDRILL_TESTS_CHECK_NESTED_H

#include <check.h>

// Plain values, of the last test of the run.
struct nested {
    int run, failed;
    char file[512], message[8192];
    int line;
};

// Runs one test in fork mode or without; `add`, unless NULL, may add others instead.
struct nested nested_run(enum fork_status how, void (*test)(int), void (*add)(TCase *tcase));

#endif
