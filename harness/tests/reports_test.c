// The reports of runs made by hand, against goldens under fixtures/golden. SOCKDRILL_GOLDEN_WRITE=1 writes them anew.
#include "reports/reports.h"

#include "fake_run.h"
#include "golden_file.h"
#include "sink_play.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct console_style PLAIN = {0}, NARROW = {.verbose = true, .width = 60};

static struct case_result result_of(const struct fake_run *run) {
    return (struct case_result){.plan = &run->plan, .journal = &run->journal, .verdict = &run->verdict};
}

static void console_golden(const struct fake_run *run, const struct console_style *style, const char *name) {
    struct buffer out = {0};
    struct case_result const result = result_of(run);
    console_case(&result, style, &out);
    golden_compare(name, &out);
    buffer_fini(&out);
}

// The notebook's conversation.
static const char NOTEBOOK[] = "scenario \"the server returns the client's own request, byte for byte\"\n"
                               "\n"
                               "server servidor {\n"
                               "  bind tcp 127.0.0.1:4400\n"
                               "  listen backlog 1\n"
                               "  accept {\n"
                               "    recv \"GET / HTTP/1.1\\r\\nHost: gnu.org\\r\\n\\r\\n\"\n"
                               "    send request\n"
                               "  }\n"
                               "  close\n"
                               "}\n"
                               "\n"
                               "client cliente * 1000 {\n"
                               "  barrier start\n"
                               "  connect servidor\n"
                               "  log \"I am ${index}\"\n"
                               "  either { recv \"a\" } or { recv \"b\" }\n"
                               "  close\n"
                               "}\n";

struct notebook {
    struct fake_run run;
    uint32_t bind, listen, accept, recv, send, close;                 // the server's steps
    uint32_t barrier, connect, log, either, either_recv, client_close; // a client's
};

static void notebook_init(struct notebook *notebook, uint32_t client_count) {
    struct fake_run *const run = &notebook->run;
    fake_run_init(run, "scenarios/tcp/notebook.drill", NOTEBOOK);
    run->plan.title = "the server returns the client's own request, byte for byte";
    fake_actor(run, ROLE_SERVER, "servidor", 1, "server servidor");
    notebook->bind = fake_step(run, STEP_BIND, "bind tcp 127.0.0.1:4400");
    notebook->listen = fake_step(run, STEP_LISTEN, "listen backlog 1");
    notebook->accept = fake_block(run, STEP_ACCEPT, "accept");
    notebook->recv = fake_step(run, STEP_RECV, "recv \"GET / HTTP/1.1\\r\\nHost: gnu.org\\r\\n\\r\\n\"");
    notebook->send = fake_step(run, STEP_SEND, "send request");
    fake_block_end(run);
    notebook->close = fake_step(run, STEP_CLOSE, "close");
    fake_actor_end(run);
    fake_actor(run, ROLE_CLIENT, "cliente", client_count, "client cliente * 1000");
    notebook->barrier = fake_step(run, STEP_BARRIER, "barrier start");
    notebook->connect = fake_step(run, STEP_CONNECT, "connect servidor");
    notebook->log = fake_step(run, STEP_LOG, "log \"I am ${index}\"");
    notebook->either = fake_block(run, STEP_EITHER, "either");
    notebook->either_recv = fake_step(run, STEP_RECV, "recv \"a\"");
    fake_block_end(run);
    notebook->client_close = fake_step(run, STEP_CLOSE, "close");
    fake_actor_end(run);
    run->plan.steps[notebook->either_recv].in_either = true;
}

static void notebook_passes(struct notebook *notebook, bool took_branch) {
    fake_instances_run(&notebook->run);
    for (uint32_t i = 0; i < notebook->run.plan.step_count; i++) {
        if (i != notebook->either_recv || took_branch) fake_step_run(&notebook->run, 0, i);
    }
}

START_TEST(console_of_a_pass) {
    struct notebook notebook;
    notebook_init(&notebook, 1);
    notebook_passes(&notebook, true);
    fake_judge(&notebook.run);
    console_golden(&notebook.run, &PLAIN, "console/passed.txt");

    struct buffer out = {0};
    struct case_result const result = result_of(&notebook.run);
    struct console_style const quiet = {.quiet = true};
    console_case(&result, &quiet, &out);
    ck_assert_uint_eq(out.len_bytes, 0);
    buffer_fini(&out);
    fake_run_fini(&notebook.run);
}
END_TEST

START_TEST(console_of_a_pass_with_a_lint) {
    struct notebook notebook;
    notebook_init(&notebook, 1);
    notebook_passes(&notebook, false);
    fake_judge(&notebook.run);
    console_golden(&notebook.run, &PLAIN, "console/lint.txt");
    fake_run_fini(&notebook.run);
}
END_TEST

START_TEST(console_of_a_skip) {
    struct notebook notebook;
    notebook_init(&notebook, 1);
    fake_text(&notebook.run, EVENT_SKIPPED, JOURNAL_NONE, 0, JOURNAL_NONE, "socket vsock: EAFNOSUPPORT");
    fake_judge(&notebook.run);
    console_golden(&notebook.run, &PLAIN, "console/skipped.txt");
    fake_run_fini(&notebook.run);
}
END_TEST

static const struct failure MISMATCH = {
    .kind = FAILURE_MISMATCH,
    .message = "recv: the bytes differ",
    .offset = 22,
    .expected = {(const uint8_t *)"GET / HTTP/1.1\r\nHost: gnu.org\r\n\r\n", 33},
    .received = {(const uint8_t *)"GET / HTTP/1.1\r\nHost: www.gnu.org\r\n", 35},
};

// A connection of the first client, whose other end fails so.
static void notebook_fails(struct notebook *notebook, struct failure failure) {
    struct fake_run *const run = &notebook->run;
    fake_event(run, EVENT_CASE_BEGIN, JOURNAL_NONE, 0, JOURNAL_NONE);
    fake_listen(run, 0, notebook->bind, "127.0.0.1:4400");
    fake_connect(run, 1, notebook->connect, "127.0.0.1:51000", "127.0.0.1:4400");
    uint32_t const socket = fake_accept(run, 0, 1, notebook->accept, "127.0.0.1:4400", "127.0.0.1:51000");
    fake_failure(run, 0, 1, notebook->recv, failure)->socket = socket;
}

// Hundreds wait behind the barrier, some for bytes (each on a port of its own), and one has not begun.
static void clients_wait(struct notebook *notebook) {
    struct fake_run *const run = &notebook->run;
    fake_text(run, EVENT_WAITING, 0, 0, notebook->accept, "for a connection on 127.0.0.1:4400");
    for (uint32_t i = 1; i <= 1000; i++) {
        bool const for_bytes = i == 501 || i == 503 || i == 504;
        if (i == 700) {
            fake_event(run, EVENT_WAITING, i, 0, JOURNAL_NONE)->code = 1;
        } else if (for_bytes) {
            char *const text = arena_text(&run->arena, "for bytes on 127.0.0.1:%u <- 127.0.0.1:4400", 51000 + i);
            fake_text(run, EVENT_WAITING, i, 0, notebook->either, text);
        } else {
            fake_text(run, EVENT_WAITING, i, 0, notebook->barrier, "for barrier start, 996 of 1000 there");
        }
    }
}

START_TEST(console_of_a_mismatch) {
    struct notebook notebook;
    notebook_init(&notebook, 1000);
    notebook_fails(&notebook, MISMATCH);
    clients_wait(&notebook);
    fake_judge(&notebook.run);
    console_golden(&notebook.run, &PLAIN, "console/mismatch.txt");
    console_golden(&notebook.run, &NARROW, "console/mismatch-narrow.txt");
    fake_run_fini(&notebook.run);
}
END_TEST

START_TEST(console_in_colour) {
    struct notebook notebook;
    notebook_init(&notebook, 2);
    notebook_fails(&notebook, MISMATCH);
    fake_text(&notebook.run, EVENT_WAITING, 2, 0, notebook.barrier, "for barrier start, 1 of 2 there");
    fake_judge(&notebook.run);
    console_golden(&notebook.run, &(struct console_style){.colour = true}, "console/colour.txt");
    fake_run_fini(&notebook.run);
}
END_TEST

// What has no fixed bytes to compare is told in words; the peer's bytes stay harmless.
START_TEST(console_of_hostile_bytes) {
    struct notebook notebook;
    notebook_init(&notebook, 1);
    notebook_fails(&notebook, (struct failure){
        .kind = FAILURE_ENDING,
        .message = "recv: \x1b[2J bytes came, expected eof",
        .offset = 3,
        .received = slice_text("\x1b]0;owned\x07\xff\xe2\x80\xae plain \xc3\xa9\r\n"),
        .wanted = "eof \x9b\x7f",
    });
    fake_text(&notebook.run, EVENT_WAITING, 1, 0, notebook.log, "for \x1b[31mred\n\xc2\x9b");
    notebook.run.plan.title = "a title\x1b[5m that blinks";
    notebook.run.plan.case_name = "scenarios/tcp/\x1b[0m";
    fake_judge(&notebook.run);
    console_golden(&notebook.run, &PLAIN, "console/hostile.txt");
    fake_run_fini(&notebook.run);
}
END_TEST

START_TEST(console_of_many_faults) {
    struct notebook notebook;
    notebook_init(&notebook, 13);
    for (uint32_t i = 1; i <= 13; i++) {
        fake_failure(&notebook.run, i, 0, notebook.connect, (struct failure){
            .kind = FAILURE_CALL, .message = "connect: ECONNREFUSED, expected success"});
    }
    fake_text(&notebook.run, EVENT_WAITING, 0, 0, notebook.accept, "for a connection on 127.0.0.1:4400");
    fake_judge(&notebook.run);
    console_golden(&notebook.run, &PLAIN, "console/many.txt");
    fake_run_fini(&notebook.run);
}
END_TEST

// Nobody failed: the time was over. Blocks of one accept are folded by the number of their connections.
START_TEST(console_of_a_timeout) {
    struct notebook notebook;
    notebook_init(&notebook, 20);
    struct fake_run *const run = &notebook.run;
    fake_failure(run, JOURNAL_NONE, 0, JOURNAL_NONE, (struct failure){
        .kind = FAILURE_TIMEOUT, .message = "the scenario's timeout of 10s has passed"});
    for (uint32_t task = 1; task <= 7; task++) {
        char *const text = arena_text(&run->arena, "for bytes on 127.0.0.1:4400 <- 127.0.0.1:%u", 51000 + task);
        fake_text(run, EVENT_WAITING, 0, task, notebook.recv, text);
    }
    fake_text(run, EVENT_WAITING, 0, 8, notebook.send, "for room to send");
    for (uint32_t i = 1; i <= 20; i += 2) fake_text(run, EVENT_WAITING, i, 0, notebook.connect, "for servidor.address");
    for (uint32_t i = 2; i <= 20; i += 2) {
        static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz";
        char *const text = arena_text(&run->arena, "for event %c", LETTERS[i]);
        fake_text(run, EVENT_WAITING, i, 0, notebook.barrier, text);
    }
    fake_judge(run);
    console_golden(run, &PLAIN, "console/timeout.txt");
    fake_run_fini(run);
}
END_TEST

START_TEST(console_of_lost_bytes_in_a_procedure) {
    static const char TEXT[] = "scenario \"s\"\n"
                               "procedure say(words) {\n"
                               "  send words\n"
                               "}\n"
                               "server echo {\n"
                               "  accept\n"
                               "  send 'words'\n"
                               "}\n"
                               "client caller {\n"
                               "  say(\"hello\")\n"
                               "}\n";
    struct fake_run run;
    fake_run_init(&run, "say.drill", TEXT);
    fake_actor(&run, ROLE_SERVER, "echo", 1, "server echo");
    uint32_t const accept = fake_step(&run, STEP_ACCEPT, "accept");
    uint32_t const answer = fake_step(&run, STEP_SEND, "send 'words'");
    fake_actor_end(&run);
    fake_actor(&run, ROLE_CLIENT, "caller", 1, "client caller");
    uint32_t const call = fake_block(&run, STEP_CALL, "say(\"hello\")");
    run.searched_bytes = 0;
    uint32_t const send = fake_step(&run, STEP_SEND, "send words");
    run.plan.steps[send].called_from = call;
    fake_block_end(&run);
    fake_actor_end(&run);
    fake_instances_run(&run);
    fake_step_run(&run, 0, accept);
    fake_step_run(&run, 0, answer);
    fake_step_run(&run, 1, call);
    fake_step_run(&run, 1, send);
    uint32_t const client = fake_connect(&run, 1, call, "[::1]:5000", "[::1]:80");
    uint32_t const server = fake_accept(&run, 0, 0, accept, "[::1]:80", "[::1]:5000");
    fake_count(&run, EVENT_SENT, 0, answer, server, 5);
    fake_code(&run, EVENT_CLOSED, 1, send, client, CLOSE_BY_BLOCK);
    fake_judge(&run);
    console_golden(&run, &PLAIN, "console/lost.txt");
    fake_run_fini(&run);
}
END_TEST

static void snapshot(struct notebook *notebook, uint32_t instance, uint32_t step, int fd, enum family_word family,
                     enum state state, const char *local, const char *peer) {
    static const struct address NONE;
    struct event *const event = fake_event(&notebook->run, EVENT_SNAPSHOT, instance, 0, step);
    event->code = fd;
    event->count = family;
    event->offset = state;
    event->address = local ? fake_address(&notebook->run, local) : &NONE;
    event->peer = peer ? fake_address(&notebook->run, peer) : &NONE;
}

START_TEST(console_shows_the_socket_behind_each_step) {
    struct notebook notebook;
    notebook_init(&notebook, 1);
    struct fake_run *const run = &notebook.run;
    notebook_passes(&notebook, true);
    snapshot(&notebook, 0, notebook.bind, 5, FAMILY_TCP, STATE_CLOSE, "127.0.0.1:4400", NULL);
    snapshot(&notebook, 0, notebook.listen, 5, FAMILY_TCP, STATE_LISTEN, "127.0.0.1:4400", NULL);
    uint32_t const client = fake_connect(run, 1, notebook.connect, "127.0.0.1:51000", "127.0.0.1:4400");
    snapshot(&notebook, 1, notebook.connect, 7, FAMILY_TCP, STATE_ESTABLISHED, "127.0.0.1:51000", "127.0.0.1:4400");
    fake_text(run, EVENT_LOGGED, 1, 0, notebook.log, "I am 0\x1b[2J\n");
    fake_accept(run, 0, 0, notebook.accept, "127.0.0.1:4400", "127.0.0.1:51000");
    snapshot(&notebook, 0, notebook.recv, 6, FAMILY_TCP, STATE_ESTABLISHED, "127.0.0.1:4400", "127.0.0.1:51000");
    fake_text(run, EVENT_NOTE, JOURNAL_NONE, 0, JOURNAL_NONE, "descriptors: 1024 at the most");
    fake_text(run, EVENT_SECURED, 0, 0, notebook.recv, "TLSv1.3, TLS_AES_256_GCM_SHA384, ALPN h2, peer localhost");
    snapshot(&notebook, 1, notebook.client_close, -1, FAMILY_TCP, STATE_TIME_WAIT, "127.0.0.1:51000", "127.0.0.1:4400");
    fake_code(run, EVENT_CLOSED, 1, notebook.client_close, client, CLOSE_BY_STEP);
    fake_code(run, EVENT_CLOSED, 0, notebook.send + 1, client, CLOSE_BY_BLOCK); // at the end of a block: no statement
    snapshot(&notebook, 0, notebook.close, 8, FAMILY_UNIX, STATE_ANY, "echo.sock", NULL);
    snapshot(&notebook, 0, notebook.close, 9, FAMILY_MPTCP, STATE_CLOSE_WAIT, "[::1]:80", "[::1]:81");
    fake_judge(run);
    run->verdict.outcome = OUTCOME_PASSED; // the connections are only there to be shown
    console_golden(run, &(struct console_style){.verbose = true}, "console/verbose.txt");
    console_golden(run, &NARROW, "console/verbose-narrow.txt");
    fake_run_fini(run);
}
END_TEST

START_TEST(the_end_counts_and_gives_the_reasons_of_skips) {
    static const char *const REASONS[] = {NULL, "no can", "vsock: EAFNOSUPPORT", "no can"};
    struct verdict verdicts[4] = {0};
    struct case_result results[4] = {0};
    for (int i = 0; i < 4; i++) {
        verdicts[i].outcome = REASONS[i] ? OUTCOME_SKIPPED : OUTCOME_PASSED;
        verdicts[i].skip_reason = REASONS[i];
        results[i].verdict = &verdicts[i];
    }
    struct buffer out = {0};
    struct suite_counts const counts = {.passed = 38, .failed = 1, .skipped = 3, .duration_ns = 1290000000};
    console_end(&(struct run_result){.facts = &SINK_FACTS, .results = results, .count = 4, .counts = counts}, &PLAIN, &out);
    ck_assert_str_eq(out.data, "38 passed, 1 failed, 3 skipped in 1.2s\n"
                               "  2 skipped: no can\n"
                               "  1 skipped: vsock: EAFNOSUPPORT\n");
    buffer_clear(&out);
    struct suite_counts const good = {.passed = 1, .duration_ns = 999999};
    struct run_result const cut = {.facts = &SINK_FACTS, .results = results, .count = 1, .counts = good, .not_begun = 2};
    console_end(&cut, &PLAIN, &out);
    ck_assert_str_eq(out.data, "1 passed in <1ms\n2 not begun\n");
    buffer_fini(&out);
}
END_TEST

START_TEST(junit_of_every_outcome) {
    struct notebook notebooks[4];
    struct case_result results[4];
    for (int i = 0; i < 4; i++) notebook_init(&notebooks[i], 1);
    notebook_passes(&notebooks[0], true);
    notebook_passes(&notebooks[1], false);
    notebooks[1].run.plan.case_name = "scenarios/tcp/notebook[endpoint=unix \"a/b<c>\", n=2]";
    notebook_fails(&notebooks[2], MISMATCH);
    fake_text(&notebooks[2].run, EVENT_WAITING, 1, 0, notebooks[2].barrier, "for barrier start, 0 of 1 there");
    notebooks[2].run.plan.case_name = "notebook";
    notebooks[2].run.plan.path = "notebook.drill";
    fake_text(&notebooks[3].run, EVENT_SKIPPED, JOURNAL_NONE, 0, JOURNAL_NONE, "no \"can\" & no <vsock>");
    notebooks[3].run.plan.case_name = "./../v1.2/slow/notebook";
    for (int i = 0; i < 4; i++) {
        fake_judge(&notebooks[i].run);
        results[i] = result_of(&notebooks[i].run);
    }
    struct buffer out = {0};
    struct suite_counts const counts = {.passed = 2, .failed = 1, .skipped = 1, .duration_ns = 61002003004};
    sink_text(SINK_JUNIT, results, 4, &counts, &out);
    golden_compare("junit/outcomes.xml", &out);
    buffer_fini(&out);
    for (int i = 0; i < 4; i++) fake_run_fini(&notebooks[i].run);
}
END_TEST

START_TEST(junit_of_hostile_bytes) {
    struct notebook notebook;
    notebook_init(&notebook, 1);
    notebook_fails(&notebook, (struct failure){
        .kind = FAILURE_MISMATCH,
        .message = "]]> & \"<\x01\x1b\r\n\t\x80\xed\xa0\x80\xef\xbf\xbf\xc3\xa9",
        .received = slice_text("]]><![CDATA[\x00\x08\xff"),
        .wanted = "]]></failure>",
    });
    notebook.run.plan.case_name = "a&b/<\"\n\x02'>";
    notebook.run.plan.path = "\xff&<>.drill";
    fake_judge(&notebook.run);
    struct case_result const result = result_of(&notebook.run);
    struct buffer out = {0};
    struct suite_counts const counts = {.failed = 1, .duration_ns = 1};
    sink_text(SINK_JUNIT, &result, 1, &counts, &out);
    golden_compare("junit/hostile.xml", &out);
    // What no XML may hold, and no terminal should.
    for (size_t i = 0; i < out.len_bytes; i++) {
        ck_assert((uint8_t)out.data[i] >= 0x20 || out.data[i] == '\n');
        ck_assert((uint8_t)out.data[i] != 0x7f && (uint8_t)out.data[i] != 0xff);
    }
    ck_assert_ptr_null(strstr(out.data, "]]>"));
    buffer_fini(&out);
    fake_run_fini(&notebook.run);
}
END_TEST

static Suite *reports_suite(void) {
    Suite *const suite = suite_create("reports");
    TCase *const console = tcase_create("console");
    tcase_add_test(console, console_of_a_pass);
    tcase_add_test(console, console_of_a_pass_with_a_lint);
    tcase_add_test(console, console_of_a_skip);
    tcase_add_test(console, console_of_a_mismatch);
    tcase_add_test(console, console_in_colour);
    tcase_add_test(console, console_of_hostile_bytes);
    tcase_add_test(console, console_of_many_faults);
    tcase_add_test(console, console_of_a_timeout);
    tcase_add_test(console, console_of_lost_bytes_in_a_procedure);
    tcase_add_test(console, console_shows_the_socket_behind_each_step);
    tcase_add_test(console, the_end_counts_and_gives_the_reasons_of_skips);
    suite_add_tcase(suite, console);

    TCase *const junit = tcase_create("junit");
    tcase_add_test(junit, junit_of_every_outcome);
    tcase_add_test(junit, junit_of_hostile_bytes);
    suite_add_tcase(suite, junit);
    return suite;
}

int main(void) {
    SRunner *const runner = srunner_create(reports_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
