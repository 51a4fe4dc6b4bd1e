// Scenarios as tests of Check's own. https://libcheck.github.io/check/doc/check_html/check_4.html#Looping-Tests
#include "bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if CHECK_MAJOR_VERSION == 0 && CHECK_MINOR_VERSION < 13
#error "sockdrill_check needs Check 0.13 or newer: tests of older ones have no names of their own"
#endif

enum { MARGIN_S = 30 }; // what a case needs beside its own timeout: a world, its programs' end

// One test. Check keeps pointers to them for as long as it has test cases, and tells nobody when it has none: so they
// stay.
struct planned {
    TTest test;
    char *name, *file; // of the case, and its file; NULL: `problem` is all there is
    bool is_wrong;
    struct sockdrill_names names;
    char *problem, *problem_file;
    int problem_line;
};

// Check's loop counter chooses. Added to before tests run, read by these.
static struct planned **planned;
static int planned_count;

static double *timeouts_s;
static TCase **timeouts_of;
static size_t timeout_count;

// ---- a test

static void play(int i) {
    const struct planned *const one = planned[i];
    struct sockdrill_list arguments = {0};
    struct sockdrill_given given;
    if (!one->name) {
        struct sockdrill_text message = {0};
        sockdrill_text_print(&message, "%s", one->problem);
        sockdrill_fail(one->problem_file, one->problem_line, &message);
    }
    sockdrill_given_init(&given, one->is_wrong ? NULL : &one->names);
    sockdrill_arguments_add(&arguments, SOCKDRILL_CHILD_RUNS, &given.defines);
    sockdrill_list_add(&arguments, "--case");
    sockdrill_list_add(&arguments, "%s", one->name);
    sockdrill_list_add(&arguments, one->file[0] == '-' ? "./%s" : "%s", one->file);
    sockdrill_play(&arguments, &given, one->test.file, one->test.line);
}

// ---- adding tests

static struct planned *add(TCase *tcase, const char *name, const char *file, int line) {
    struct planned *const one = sockdrill_need(calloc(1, sizeof *one));
    one->test = (TTest){sockdrill_name_for_check(name), play, sockdrill_name_for_check(file), line > 0 ? line : 1};
    planned = sockdrill_need(realloc(planned, ((size_t)planned_count + 1) * sizeof *planned));
    planned[planned_count] = one;
    _tcase_add_test(tcase, &one->test, 0, 0, planned_count, planned_count + 1);
    planned_count++;
    return one;
}

static void add_problem(TCase *tcase, const char *folder, const struct sockdrill_result *problem) {
    struct planned *const one = add(tcase, folder, problem->file ? problem->file : folder, problem->line);
    one->problem = sockdrill_need(strdup(sockdrill_text_of(&problem->message)));
    one->problem_file = sockdrill_need(strdup(one->test.file));
    one->problem_line = one->test.line;
}

// The longest of all that were added to it. Check has no question for what it is.
static void stretch_timeout(TCase *tcase, double timeout_s) {
    size_t at = 0;
    while (at < timeout_count && timeouts_of[at] != tcase) at++;
    if (at == timeout_count) {
        timeouts_of = sockdrill_need(realloc(timeouts_of, (at + 1) * sizeof *timeouts_of));
        timeouts_s = sockdrill_need(realloc(timeouts_s, (at + 1) * sizeof *timeouts_s));
        timeouts_of[timeout_count] = tcase;
        timeouts_s[timeout_count++] = 0;
    }
    if (timeouts_s[at] < timeout_s) timeouts_s[at] = timeout_s;
    tcase_set_timeout(tcase, timeouts_s[at]);
}

void tcase_add_scenarios(TCase *tcase, const char *folder) {
    struct sockdrill_cases cases;
    struct sockdrill_result problem;
    double longest_s = 0;
    bool is_told = false; // what was wrong, by a test of its own
    bool const is_listed = sockdrill_cases_list(&cases, folder, &problem);
    for (size_t i = 0; i < cases.count; i++) {
        struct sockdrill_case *const one = &cases.items[i];
        if (!one->name || !one->file) continue;
        struct planned *const test = add(tcase, one->name, one->file, one->line);
        test->name = sockdrill_need(strdup(one->name));
        test->file = sockdrill_need(strdup(one->file));
        test->is_wrong = one->is_wrong;
        test->names = one->names;
        one->names = (struct sockdrill_names){0};
        sockdrill_names_know(&test->names);
        is_told = is_told || one->is_wrong;
        if (longest_s < one->timeout_s) longest_s = one->timeout_s;
    }
    if (is_listed && cases.count == 0)
        sockdrill_text_print(&problem.message, "there is no scenario below '%s'", folder);
    if ((!is_listed && !is_told) || cases.count == 0) add_problem(tcase, folder, &problem);
    stretch_timeout(tcase, longest_s * sockdrill_scale() + MARGIN_S);
    sockdrill_result_fini(&problem);
    sockdrill_cases_fini(&cases);
}
