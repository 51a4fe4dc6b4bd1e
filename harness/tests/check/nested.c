// A run of Check's within a test.
#include "nested.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep(struct nested *nested, TestResult *result) {
    const char *const file = tr_lfile(result);
    snprintf(nested->file, sizeof nested->file, "%s", file ? file : "");
    snprintf(nested->message, sizeof nested->message, "%s", tr_msg(result));
    nested->line = tr_lno(result);
}

struct nested nested_run(enum fork_status how, void (*test)(int), void (*add)(TCase *tcase)) {
    TTest const one = {"nested", test, __FILE__, __LINE__};
    struct nested nested = {0};
    Suite *const suite = suite_create("nested");
    TCase *const tcase = tcase_create("nested");
    suite_add_tcase(suite, tcase);
    if (add) add(tcase);
    else _tcase_add_test(tcase, &one, 0, 0, 0, 1);
    SRunner *const runner = srunner_create(suite);
    srunner_set_fork_status(runner, how);
    srunner_run_all(runner, CK_SILENT);
    nested.run = srunner_ntests_run(runner);
    nested.failed = srunner_ntests_failed(runner);
    TestResult **const results = srunner_results(runner);
    if (nested.run > 0) keep(&nested, results[nested.run - 1]);
    free(results);
    srunner_free(runner);
    return nested;
}
