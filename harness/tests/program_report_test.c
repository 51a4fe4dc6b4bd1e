// What a report says of programs, from journals told by hand: nothing runs here.
#include "fake_run.h"

#include "reports/reports.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char TEXT[] = "scenario \"a server and its caller\"\n"
                           "program server {\n  run \"server\"\n}\n"
                           "client caller {\n  recv \"hello\"\n}\n";
enum { SERVER, CALLER };

struct play {
    struct fake_run run;
    uint32_t runs, recv;
    bool is_judged;
};

static void play_init(struct play *play) {
    struct fake_run *run = &play->run;
    play->is_judged = false;
    fake_run_init(run, "server.drill", TEXT);
    fake_actor(run, ROLE_PROGRAM, "server", 1, "program server");
    play->runs = fake_step(run, STEP_RUN, "run \"server\"");
    fake_actor_end(run);
    fake_actor(run, ROLE_CLIENT, "caller", 1, "client caller");
    play->recv = fake_step(run, STEP_RECV, "recv \"hello\"");
    fake_actor_end(run);
}

// The console's page on the case, or its JUnit report; static.
static const char *page(struct play *play, bool as_junit, bool verbose) {
    static struct buffer out;
    struct console_style const style = {.verbose = verbose};
    if (!play->is_judged) fake_judge(&play->run);
    play->is_judged = true;
    struct case_result const result = {.plan = &play->run.plan, .journal = &play->run.journal, .verdict = &play->run.verdict};
    struct suite_counts const counts = {.failed = 1};
    buffer_clear(&out);
    buffer_text(&out, "");
    if (as_junit) junit_report(&result, 1, &counts, &out);
    else console_case(&result, &style, &out);
    return out.data;
}

static void says(const char *page, const char *words) {
    ck_assert_msg(strstr(page, words) != NULL, "no\n%s\nin\n%s", words, page);
}

static void starts(struct play *play) {
    fake_text(&play->run, EVENT_STARTED, SERVER, 0, play->runs, "server --port '80 81'");
}

static void prints(struct play *play, int stream, const char *text) {
    struct event *event = fake_event(&play->run, EVENT_PRINTED, SERVER, 0, JOURNAL_NONE);
    event->code = stream;
    event->count = strlen(text);
    event->bytes = slice_text(text);
}

static struct event *exits(struct play *play, int code, int signal) {
    struct event *event = fake_event(&play->run, EVENT_EXITED, SERVER, 0, JOURNAL_NONE);
    event->code = code;
    event->count = (uint64_t)signal;
    return event;
}

static void fails(struct play *play, struct failure failure) {
    fake_failure(&play->run, SERVER, 0, play->runs, failure);
}

// --- the verdict

START_TEST(a_cause_is_told_first) {
    struct play play;
    play_init(&play);
    starts(&play);
    fake_failure(&play.run, CALLER, 0, play.recv, (struct failure){.kind = FAILURE_ENDING, .message = "it ended"});
    fails(&play, (struct failure){.kind = FAILURE_UNREAD_OUTPUT, .message = "unread"});
    fails(&play, (struct failure){.kind = FAILURE_CRASHED, .message = "it crashed", .is_cause = true});
    fails(&play, (struct failure){.kind = FAILURE_SANITIZER, .message = "it was reported", .is_cause = true});
    const char *text = page(&play, false, false);
    static const char *const wanted[] = {"it crashed", "it was reported", "it ended", "unread"};
    ck_assert_uint_eq(play.run.verdict.fault_count, 4);
    for (uint32_t i = 0; i < 4; i++) ck_assert_str_eq(play.run.verdict.faults[i].message, wanted[i]);
    says(text, "server.drill:3:3: program 'server': it crashed\n");
    says(text, "also\n        server.drill:3:3: program 'server': it was reported\n        server.drill:6:3: client 'caller': it ended\n");
    fake_run_fini(&play.run);
}
END_TEST

// Whoever comes to a listener that a program was given is the program's to accept.
START_TEST(a_listener_that_is_handed_over) {
    for (int is_given = 0; is_given < 2; is_given++) {
        struct play play;
        play_init(&play);
        fake_instances_run(&play.run);
        uint32_t const listener = fake_listen(&play.run, SERVER, play.runs, "127.0.0.1:80");
        fake_code(&play.run, EVENT_CLOSED, SERVER, play.runs, listener, is_given ? CLOSE_BY_PROGRAM : CLOSE_BY_STEP);
        fake_step_run(&play.run, SERVER, play.runs);
        fake_connect(&play.run, CALLER, play.recv, "127.0.0.1:5000", "127.0.0.1:80");
        fake_step_run(&play.run, CALLER, play.recv);
        fake_judge(&play.run);
        ck_assert_uint_eq(play.run.verdict.fault_count, is_given ? 0 : 1);
        fake_run_fini(&play.run);
    }
}
END_TEST

// --- its output

static void add_lines(struct buffer *out, int from, int to) {
    for (int i = from; i <= to; i++) buffer_printf(out, "line %d\n", i);
}

START_TEST(the_end_of_its_output) {
    struct play play;
    struct buffer output = {0}, shown = {0};
    play_init(&play);
    starts(&play);
    add_lines(&output, 1, 30);
    buffer_text(&output, "not \x1b[31mred\r\n\xff\xfe <&>"); // without a line break behind it
    fails(&play, (struct failure){.kind = FAILURE_CRASHED, .message = "it crashed", .output = buffer_view(&output), .output_of = 2});
    buffer_text(&shown, "\n      the end of its stderr:\n");
    for (int i = 13; i <= 30; i++) buffer_printf(&shown, "        | line %d\n", i);
    buffer_text(&shown, "        | not \\x1b[31mred\n        | \\xff\\xfe <&>\n");
    says(page(&play, false, false), shown.data);
    ck_assert_ptr_null(strstr(page(&play, false, false), "line 12\n"));
    const char *junit = page(&play, true, false);
    says(junit, "type=\"crashed\"");
    says(junit, "| \\xff\\xfe &lt;&amp;&gt;\n");
    buffer_fini(&output);
    buffer_fini(&shown);
    fake_run_fini(&play.run);
}
END_TEST

// Of a report the beginning tells.
START_TEST(the_beginning_of_a_report) {
    struct play play;
    struct buffer output = {0}, shown = {0};
    play_init(&play);
    starts(&play);
    add_lines(&output, 1, 30);
    fails(&play, (struct failure){.kind = FAILURE_SANITIZER, .message = "reported", .output = buffer_view(&output), .output_of = 1});
    buffer_text(&shown, "\n      the report, on its stdout:\n");
    for (int i = 1; i <= 20; i++) buffer_printf(&shown, "        | line %d\n", i);
    says(page(&play, false, false), shown.data);
    ck_assert_ptr_null(strstr(page(&play, false, false), "line 21\n"));
    says(page(&play, true, false), "type=\"sanitizer\"");
    buffer_fini(&output);
    buffer_fini(&shown);
    fake_run_fini(&play.run);
}
END_TEST

START_TEST(what_was_not_read) {
    struct play play;
    play_init(&play);
    starts(&play);
    fails(&play, (struct failure){.kind = FAILURE_UNREAD_OUTPUT, .message = "5 bytes", .offset = 6, .window_offset = 6,
                                  .received = slice_text("more\n"), .wanted = "nothing more"});
    says(page(&play, false, false), "      at byte 6 (0x6) of what 'server' printed\n      wanted:   nothing more\n"
                                    "      received: \"more\\n\"\n");
    says(page(&play, true, false), "type=\"unread-output\"");
    fake_run_fini(&play.run);
}
END_TEST

// --- what programs did meanwhile

START_TEST(beside_a_failure_of_another) {
    static const struct {
        bool exits_before, exits_behind;
        int signal;
        const char *words;
    } cases[] = {
        {false, true, 15, "server: process 0 still ran; last on stderr: so it is"},
        {true, false, 0, "server: process 0 has ended with exit code 3; last on stderr: so it is"},
        {true, false, 11, "server: process 0 was ended by SIGSEGV; last on stderr: so it is"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play play;
        play_init(&play);
        starts(&play);
        prints(&play, 1, "ready\n");
        prints(&play, 2, "it is odd\nso it is\n\n");
        if (cases[i].exits_before) exits(&play, 3, cases[i].signal);
        fake_failure(&play.run, CALLER, 0, play.recv, (struct failure){.kind = FAILURE_EXPECT, .message = "no"});
        struct event *stopped = fake_event(&play.run, EVENT_STOPPED, SERVER, 0, JOURNAL_NONE);
        stopped->code = 15;
        stopped->count = 1;
        prints(&play, 2, "is told to end\n");
        if (cases[i].exits_behind) exits(&play, 143, cases[i].signal);
        const char *text = page(&play, false, false);
        says(text, "\n      programs\n");
        says(text, cases[i].words);
        fake_run_fini(&play.run);
    }
}
END_TEST

START_TEST(line_by_line) {
    struct play play;
    play_init(&play);
    fake_instances_run(&play.run);
    fake_step_run(&play.run, CALLER, play.recv);
    starts(&play);
    fake_step_run(&play.run, SERVER, play.runs);
    prints(&play, 1, "ready\n");
    prints(&play, 0, "x");
    fake_event(&play.run, EVENT_STOPPED, SERVER, 0, play.runs)->code = 10;
    struct event *stopped = fake_event(&play.run, EVENT_STOPPED, SERVER, 0, JOURNAL_NONE);
    stopped->code = 15;
    stopped->count = 1;
    exits(&play, 0, 0);
    const char *text = page(&play, false, true);
    says(text, "process 0: server --port '80 81'\n");
    says(text, "printed 6 bytes to stdout: \"ready\\n\"\n");
    says(text, "printed 1 byte to its terminal: \"x\"\n");
    says(text, "SIGUSR1 sent\n");
    says(text, "SIGTERM sent by the harness at the end\n");
    says(text, "has ended with exit code 0\n");
    fake_run_fini(&play.run);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("programs");
    tcase_add_test(tests, a_cause_is_told_first);
    tcase_add_test(tests, a_listener_that_is_handed_over);
    tcase_add_test(tests, the_end_of_its_output);
    tcase_add_test(tests, the_beginning_of_a_report);
    tcase_add_test(tests, what_was_not_read);
    tcase_add_test(tests, beside_a_failure_of_another);
    tcase_add_test(tests, line_by_line);
    Suite *suite = suite_create("program_report");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
