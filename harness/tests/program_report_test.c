// What a report says of programs, from journals told by hand: nothing runs here.
#include "fake_run.h"
#include "sink_play.h"

#include "reports/reports.h"

#include <check.h>
#include <stdio.h>
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
    struct console_style const style = {.verbose = verbose, .width = verbose ? 0 : 100};
    if (!play->is_judged) fake_judge(&play->run);
    play->is_judged = true;
    struct case_result const result = {.plan = &play->run.plan, .journal = &play->run.journal, .verdict = &play->run.verdict};
    struct suite_counts const counts = {.failed = 1};
    buffer_clear(&out);
    buffer_text(&out, "");
    if (as_junit) sink_text(SINK_JUNIT, &result, 1, &counts, &out);
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
    for (int i = 23; i <= 30; i++) buffer_printf(&shown, "        | line %d\n", i);
    buffer_text(&shown, "        | not \\x1b[31mred\n        | \\xff\\xfe <&>\n");
    says(page(&play, false, false), shown.data);
    ck_assert_ptr_null(strstr(page(&play, false, false), "line 22\n"));
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

START_TEST(long_lines_are_cut) {
    struct play play;
    play_init(&play);
    starts(&play);
    char line[301] = "", shown[128];
    memset(line, 'x', sizeof line - 1);
    struct slice const output = slice_text(line);
    fails(&play, (struct failure){.kind = FAILURE_CRASHED, .message = "it crashed", .output = output, .output_of = 1});
    snprintf(shown, sizeof shown, "\n        | %.87s...\n", line); // a hundred columns
    says(page(&play, false, false), shown);
    fake_run_fini(&play.run);
}
END_TEST

START_TEST(what_is_no_text_is_shown_as_bytes) {
    struct play play;
    play_init(&play);
    starts(&play);
    uint8_t bytes[100];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
    struct slice const output = slice_of(bytes, sizeof bytes);
    fails(&play, (struct failure){.kind = FAILURE_CRASHED, .message = "it crashed", .output = output, .output_of = 2});
    const char *text = page(&play, false, false);
    says(text, "      the last 64 bytes of its stderr:\n"
               "        | 24 25 26 27 28 29 2a 2b  2c 2d 2e 2f 30 31 32 33  |$%&'()*+,-./0123|\n");
    says(text, "        | 54 55 56 57 58 59 5a 5b  5c 5d 5e 5f 60 61 62 63  |TUVWXYZ[\\]^_`abc|\n");
    fake_run_fini(&play.run);
}
END_TEST

// Where its streams are what a step was about.
START_TEST(how_the_failed_one_ended) {
    for (int has_output = 0; has_output < 2; has_output++) {
        struct play play;
        play_init(&play);
        play.run.plan.steps[play.runs].kind = STEP_RECV;
        starts(&play);
        struct slice const output = has_output ? slice_text("sorry\n") : slice_of(NULL, 0);
        fails(&play, (struct failure){.kind = FAILURE_CALL, .message = "it ended", .output = output, .output_of = 2});
        exits(&play, 3, 0);
        says(page(&play, false, false), "\n      its process has ended with exit code 3");
        says(page(&play, false, false), has_output ? " 3; the end of its stderr:\n        | sorry\n" : " 3\n");
        fake_run_fini(&play.run);
    }
}
END_TEST

// --- what programs did meanwhile

static void output_ends(struct play *play, int stream, const char *text, uint64_t received) {
    struct event *event = fake_event(&play->run, EVENT_OUTPUT_END, SERVER, 0, JOURNAL_NONE);
    event->code = stream;
    event->count = strlen(text);
    event->offset = received;
    event->bytes = slice_text(text);
}

static void is_stopped(struct play *play) {
    struct event *stopped = fake_event(&play->run, EVENT_STOPPED, SERVER, 0, JOURNAL_NONE);
    stopped->code = 15;
    stopped->count = 1;
}

static void caller_fails(struct play *play, enum failure_kind kind) {
    fake_failure(&play->run, CALLER, 0, play->recv, (struct failure){.kind = kind, .message = "no"});
}

START_TEST(beside_a_failure_of_another) {
    static const struct {
        bool exits_before, exits_behind;
        int signal;
        const char *words;
    } cases[] = {
        {false, true, 15, "        server  still ran; its stderr: so it is\n"},
        {true, false, 0, "program 'server' has ended with exit code 3; its stderr: so it is\n"},
        {true, false, 11, "program 'server' was ended by SIGSEGV; its stderr: so it is\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int as_junit = 0; as_junit < 2; as_junit++) {
            struct play play;
            play_init(&play);
            starts(&play);
            caller_fails(&play, FAILURE_EXPECT);
            if (cases[i].exits_before) exits(&play, 3, cases[i].signal);
            output_ends(&play, 1, "ready\n", 0);
            output_ends(&play, 2, "so it is\n\n", 0);
            is_stopped(&play);
            if (cases[i].exits_behind) exits(&play, 143, cases[i].signal);
            const char *text = page(&play, as_junit, false);
            says(text, cases[i].exits_before ? "program 'server' " : as_junit ? "\n  server  " : "\n      meanwhile\n");
            says(text, as_junit ? cases[i].words + 6 : cases[i].words);
            fake_run_fini(&play.run);
        }
    }
}
END_TEST

START_TEST(below_what_it_waits_for) {
    struct play play;
    play_init(&play);
    starts(&play);
    caller_fails(&play, FAILURE_EXPECT);
    fake_text(&play.run, EVENT_WAITING, SERVER, 0, play.runs, "for its turn");
    output_ends(&play, 2, "one\ntwo\n\x1b[1mthree\nfour\n", 0);
    const char *text = page(&play, false, false);
    says(text, "        server  line 3: run \"server\"  waits for its turn\n"
               "                still ran; its stderr:\n"
               "                  | two\n                  | \\x1b[1mthree\n                  | four\n");
    says(page(&play, true, false), "          still ran; its stderr:\n            | two\n"
                                   "            | \\x1b[1mthree\n");
    fake_run_fini(&play.run);
}
END_TEST

// Its complaints before what it printed, what nobody has received before what somebody has.
START_TEST(the_stream_that_tells_most) {
    static const struct {
        bool has_stderr;
        uint64_t stderr_received, stdout_received;
        const char *words;
    } cases[] = {
        {true, 0, 0, "; its stderr: bad\n"},
        {true, 4, 0, "; its stdout: good\n"},
        {true, 4, 5, "; its stderr: bad\n"},
        {false, 0, 3, "; its stdout: good\n"},
        {false, 0, 5, "server  still ran\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play play;
        play_init(&play);
        starts(&play);
        caller_fails(&play, FAILURE_EXPECT);
        output_ends(&play, 1, "good\n", cases[i].stdout_received);
        if (cases[i].has_stderr) output_ends(&play, 2, "bad\n", cases[i].stderr_received);
        says(page(&play, false, false), cases[i].words);
        fake_run_fini(&play.run);
    }
}
END_TEST

START_TEST(bytes_beside_a_failure_of_another) {
    struct play play;
    play_init(&play);
    starts(&play);
    caller_fails(&play, FAILURE_EXPECT);
    struct event *event = fake_event(&play.run, EVENT_OUTPUT_END, SERVER, 0, JOURNAL_NONE);
    event->count = 3;
    event->bytes = slice_of("\0\1\2", 3);
    says(page(&play, false, false), "server  still ran; the last 3 bytes of its terminal:\n"
                                    "                  | 00 01 02                                          |...|\n");
    fake_run_fini(&play.run);
}
END_TEST

// --- who waits to be accepted

START_TEST(who_is_queued) {
    static const enum failure_kind kinds[] = {
        FAILURE_TIMEOUT, FAILURE_DEADLOCK, FAILURE_STEP_TIMEOUT, FAILURE_MISMATCH,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct play play;
        play_init(&play);
        caller_fails(&play, kinds[i]);
        for (unsigned count = 1; count < 8; count++) {
            struct event *event = fake_event(&play.run, EVENT_QUEUED, JOURNAL_NONE, 0, JOURNAL_NONE);
            event->address = fake_address(&play.run, "192.0.2.66:40000");
            event->count = count;
        }
        const char *text = page(&play, false, false);
        if (kinds[i] == FAILURE_MISMATCH) {
            ck_assert_ptr_null(strstr(text, "queued")); // on their way, perhaps
        } else {
            says(text, "\n      meanwhile\n"
                       "        1 connection is queued at 192.0.2.66:40000, and nobody has accepted it\n"
                       "        2 connections are queued at 192.0.2.66:40000, and nobody has accepted them\n"
                       "        3 connections are queued at 192.0.2.66:40000, and nobody has accepted them\n"
                       "        4 connections are queued at 192.0.2.66:40000, and nobody has accepted them\n"
                       "        and at 3 more listeners\n");
        }
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
    is_stopped(&play);
    struct event *killed = fake_event(&play.run, EVENT_STOPPED, SERVER, 0, JOURNAL_NONE);
    killed->code = 9;
    killed->count = 2;
    exits(&play, 0, 0);
    const char *text = page(&play, false, true);
    says(text, "process 0: server --port '80 81'\n");
    says(text, "printed 6 bytes to stdout: \"ready\\n\"\n");
    says(text, "printed 1 byte to its terminal: \"x\"\n");
    says(text, "SIGUSR1 sent\n");
    says(text, "SIGTERM sent by the harness at the end\n");
    says(text, "SIGKILL sent by the harness: `stop` was not heeded\n");
    says(text, "has ended with exit code 0\n");
    fake_run_fini(&play.run);
}
END_TEST

// What comes in pieces is a line of the report as it is one of the program's, unless something lies between.
START_TEST(piece_by_piece) {
    struct play play;
    play_init(&play);
    fake_instances_run(&play.run);
    fake_step_run(&play.run, CALLER, play.recv);
    starts(&play);
    static const char *const pieces[] = {"v", "e", "r", "ify", "\n", "de", "pth\nin", " all\n"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        prints(&play, 2, pieces[i]);
        fake_event(&play.run, EVENT_MATCHED, SERVER, 0, play.runs);
    }
    prints(&play, 1, "who?");
    prints(&play, 2, " ");
    prints(&play, 2, "there\n");
    prints(&play, 1, "a ");
    fake_event(&play.run, EVENT_SENT, SERVER, 0, play.runs);
    prints(&play, 1, "b");
    fake_step_run(&play.run, SERVER, play.runs);
    const char *text = page(&play, false, true);
    says(text, "printed 7 bytes to stderr: \"verify\\n\"\n");
    says(text, "printed 13 bytes to stderr: \"depth\\nin all\\n\"\n");
    says(text, "printed 4 bytes to stdout: \"who?\"\n");
    says(text, "printed 7 bytes to stderr: \" there\\n\"\n");
    says(text, "printed 2 bytes to stdout: \"a \"\n");
    says(text, "printed 1 byte to stdout: \"b\"\n");
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
    tcase_add_test(tests, long_lines_are_cut);
    tcase_add_test(tests, what_is_no_text_is_shown_as_bytes);
    tcase_add_test(tests, how_the_failed_one_ended);
    tcase_add_test(tests, beside_a_failure_of_another);
    tcase_add_test(tests, below_what_it_waits_for);
    tcase_add_test(tests, the_stream_that_tells_most);
    tcase_add_test(tests, bytes_beside_a_failure_of_another);
    tcase_add_test(tests, who_is_queued);
    tcase_add_test(tests, line_by_line);
    tcase_add_test(tests, piece_by_piece);
    Suite *suite = suite_create("program_report");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
