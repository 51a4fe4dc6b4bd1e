// JUnit, TAP, JSON Lines, Mermaid and what GitHub reads of a suite with every outcome, against goldens under
// fixtures/golden, which the tests of harness/tests/reports hold to the formats' own readers. SOCKDRILL_GOLDEN_WRITE=1 writes
// them anew.
#include "reports/github.h"
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

START_TEST(github_of_a_suite) { sink_golden(SINK_GITHUB, "github/suite.txt"); }
END_TEST

static void summary_of_a_suite(size_t bytes_max, struct buffer *out) {
    struct sample_suite suite;
    sample_suite_init(&suite);
    struct run_result const run = {.facts = &SINK_FACTS,
                                   .results = suite.results,
                                   .count = SAMPLE_CASES,
                                   .not_begun = 2,
                                   .counts = suite.counts};
    github_summary(&run, bytes_max, out);
    sample_suite_fini(&suite);
}

START_TEST(summary_for_github) {
    struct buffer out = {0};
    summary_of_a_suite(SIZE_MAX, &out);
    golden_compare("github/summary.md", &out);
    buffer_fini(&out);
}
END_TEST

// Whatever fits is whole, and how much does not is said.
START_TEST(summary_for_github_has_no_more_bytes_than_there_is_room_for) {
    struct buffer out = {0}, whole = {0};
    summary_of_a_suite(SIZE_MAX, &whole);
    for (size_t room = 0; room < whole.len_bytes; room += 97) {
        buffer_clear(&out);
        summary_of_a_suite(room, &out);
        ck_assert_uint_le(out.len_bytes, room);
        ck_assert(!out.len_bytes || strstr(out.data, " more have no room here"));
    }
    buffer_clear(&out);
    summary_of_a_suite(whole.len_bytes - 1, &out);
    ck_assert_ptr_nonnull(strstr(out.data, " more have no room here: the log tells of them all.\n"));
    buffer_fini(&whole);
    buffer_fini(&out);
}
END_TEST

static void file_is(const char *folder, const char *top, const char *path, const char *wanted) {
    struct workspace const workspace = {.folder = folder, .top = top};
    struct arena arena;
    struct diag_list diags;
    struct source source;
    struct buffer out = {0};
    arena_init(&arena);
    diag_list_init(&diags, &arena);
    source_init(&source, &arena, path, slice_text("a\nbcd\n"));
    diag_error(&diags, (struct span){&source, 2, 5}, "no");
    github_diags(&workspace, &diags, &out);
    struct slice const line = buffer_view(&out);
    struct buffer begin = {0};
    buffer_printf(&begin, "::error file=%s,line=2,endLine=2,col=1,endColumn=3,title=wrong text::", wanted);
    ck_assert_msg(strncmp((const char *)line.data, begin.data, begin.len_bytes) == 0, "%.200s", out.data);
    buffer_fini(&begin);
    buffer_fini(&out);
    arena_fini(&arena);
}

START_TEST(github_has_files_as_its_workspace_calls_them) {
    file_is(NULL, NULL, "a/b.drill", "a/b.drill");
    file_is(NULL, NULL, "../b, c: 100%.drill", "../b%2C c%3A 100%25.drill");
    file_is("/w/r/r", "/w/r/r", "a.drill", "a.drill");
    file_is("/w/r/r/sub/tests", "/w/r/r/", "a.drill", "sub/tests/a.drill");
    file_is("/w/r/r/sub/tests", "/w/r/r", "../.././x//a.drill", "x/a.drill");
    file_is("/w/r/r/sub", "/w/r/r", "../../a.drill", "../../a.drill");
    file_is("/w/r/rr", "/w/r/r", "a.drill", "a.drill");
    file_is("/elsewhere", "/w/r/r", "/w/r/r/deep/a.drill", "deep/a.drill");
    file_is("/elsewhere", "/w/r/r", "/tmp/a.drill", "/tmp/a.drill");
    file_is("/w", "/", "a.drill", "w/a.drill");
    file_is("/w", "/w", "../../../../w/a.drill", "a.drill");
}
END_TEST

static void harmless_is(const char *text, const char *wanted) {
    struct buffer out = {0};
    bool const is_other = github_harmless(slice_text(text), GITHUB_IN_TEXT, &out);
    ck_assert_str_eq(is_other ? out.data : text, wanted);
    ck_assert(is_other == (strcmp(text, wanted) != 0));
    buffer_fini(&out);
}

START_TEST(github_takes_no_text_for_a_command) {
    harmless_is("", "");
    harmless_is("a::error::b\n#[x]\n : :\n", "a::error::b\n#[x]\n : :\n");
    harmless_is("::set-output name=x::y\n", "\\x3a:set-output name=x::y\n");
    harmless_is("a\n \t\v\f::add-mask::e", "a\n \t\v\f\\x3a:add-mask::e");
    harmless_is("a\r::stop-commands::t\r\n::t::\n", "a\r\\x3a:stop-commands::t\r\n\\x3a:t::\n");
    harmless_is("\xc2\xa0\xe3\x80\x80::error::no ASCII\n", "\xc2\xa0\xe3\x80\x80\\x3a:error::no ASCII\n");
    harmless_is("12 | x ##[error]y ##[group]", "12 | x \\x23#[error]y \\x23#[group]");
    harmless_is("###[error]", "#\\x23#[error]");
    harmless_is(":::error::", "\\x3a::error::");
}
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
    tcase_add_test(all, github_of_a_suite);
    tcase_add_test(all, summary_for_github);
    tcase_add_test(all, summary_for_github_has_no_more_bytes_than_there_is_room_for);
    tcase_add_test(all, github_has_files_as_its_workspace_calls_them);
    tcase_add_test(all, github_takes_no_text_for_a_command);
    tcase_add_test(all, tap_bails_out_of_an_interrupted_run_only);
    tcase_add_test(all, strings_of_json_are_ascii);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
