// A suite made by hand with one case of every outcome: passed, with a warning, failed, skipped, flaky, failed at every turn,
// a program that crashed; and bytes and names that would break out of every format.
#ifndef SOCKDRILL_TESTS_SAMPLE_SUITE_H
#define SOCKDRILL_TESTS_SAMPLE_SUITE_H

#include "fake_run.h"
#include "reports/reports.h"

enum { SAMPLE_CASES = 8, SAMPLE_TURNS = 4 };

// What no format may be broken by: controls, ends of elements and of strings, directives, and what is no UTF-8.
extern const struct slice SAMPLE_HOSTILE;

// Owned by one test.
struct sample_suite {
    struct fake_run runs[SAMPLE_CASES];
    struct fake_run turns[SAMPLE_TURNS]; // that failed before
    struct case_result results[SAMPLE_CASES];
    struct case_result earlier[SAMPLE_TURNS];
    struct suite_counts counts;
};

void sample_suite_init(struct sample_suite *suite);
void sample_suite_fini(struct sample_suite *suite);

#endif
