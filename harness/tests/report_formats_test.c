// JUnit, TAP, JSON Lines and Mermaid of a suite with every outcome, against goldens under fixtures/golden, which the tests
// of harness/tests/reports hold to the formats' own readers. SOCKDRILL_GOLDEN_WRITE=1 writes them anew.
#include "reports/json_text.h"
#include "reports/reports.h"

#include "golden_file.h"
#include "sample_suite.h"
#include "sink_play.h"

#include <check.h>

static void sink_golden(enum sink_id id, const char *name) {
    struct sample_suite suite;
    struct buffer out = {0};
    sample_suite_init(&suite);
    sink_text(id, suite.results, SAMPLE_CASES, &suite.counts, &out);
    golden_compare(name, &out);
    buffer_fini(&out);
    sample_suite_fini(&suite);
}

START_TEST(junit_of_a_suite) { sink_golden(SINK_JUNIT, "junit/suite.xml"); }
END_TEST

START_TEST(tap_of_a_suite) { sink_golden(SINK_TAP, "tap/suite.tap"); }
END_TEST

START_TEST(json_of_a_suite) { sink_golden(SINK_JSON, "json/suite.jsonl"); }
END_TEST

// All of its files, one behind the other.
START_TEST(mermaid_of_a_suite) { sink_golden(SINK_MERMAID, "mermaid/suite.md"); }
END_TEST

static void close_of(enum sink_id id, const struct case_result *results, uint32_t count, uint32_t not_begun,
                     const char *wanted) {
    struct run_result const run = {
        .facts = &SINK_FACTS, .results = results, .count = count, .not_begun = not_begun, .counts = {.failed = count}};
    struct buffer out = {0};
    SINKS[id].close(&run, &out);
    ck_assert_str_eq(out.data ? out.data : "", wanted);
    buffer_fini(&out);
}

START_TEST(tap_bails_out_of_an_interrupted_run_only) {
    struct failure const stopped = {.kind = FAILURE_INTERRUPTED}, failed = {.kind = FAILURE_EXPECT};
    struct fault faults[] = {{.failure = &failed}, {.failure = &stopped}};
    struct verdict verdict = {.outcome = OUTCOME_FAILED, .faults = faults, .fault_count = 1};
    struct case_result const result = {.verdict = &verdict};
    close_of(SINK_TAP, &result, 1, 0, "");
    close_of(SINK_TAP, &result, 1, 7, "# 7 not begun\n");
    verdict.fault_count = 2;
    close_of(SINK_TAP, &result, 1, 7, "Bail out! Interrupted, 7 not begun\n");
}
END_TEST

static void string_is(struct slice text, const char *wanted) {
    struct buffer out = {0};
    report_json_string(text, &out);
    ck_assert_str_eq(out.data, wanted);
    buffer_fini(&out);
}

START_TEST(strings_of_json_are_ascii) {
    string_is(slice_text(""), "\"\"");
    string_is(slice_text("a/b \"c\" \\ \x7f\n"), "\"a/b \\\"c\\\" \\\\ \x7f\\n\"");
    string_is(slice_text("caf\xc3\xa9 \xf0\x9f\x90\x9f \xe2\x80\xa8"), "\"caf\\u00E9 \\uD83D\\uDC1F \\u2028\"");
    string_is(slice_text("\xff\xed\xa0\x80"), "\"\\\\xff\\\\xed\\\\xa0\\\\x80\"");
    string_is(slice_of("\0\x1b", 2), "\"\\u0000\\u001B\"");
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("report_formats");
    TCase *const all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_test(all, junit_of_a_suite);
    tcase_add_test(all, tap_of_a_suite);
    tcase_add_test(all, json_of_a_suite);
    tcase_add_test(all, mermaid_of_a_suite);
    tcase_add_test(all, tap_bails_out_of_an_interrupted_run_only);
    tcase_add_test(all, strings_of_json_are_ascii);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
