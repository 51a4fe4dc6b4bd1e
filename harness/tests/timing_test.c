// Where a case's time went, as its verdict has it, and what the console tells of that at the end of a run.
#include "reports/reports.h"

#include "fake_run.h"

#include "base/clock.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char TEXT[] = "scenario \"s\"\n"
                           "server host {\n"
                           "  accept\n"
                           "  recv \"a\"\n"
                           "  sleep 1s\n"
                           "}\n"
                           "client guest {\n"
                           "  wait ready\n"
                           "  send \"a\"\n"
                           "}\n";

enum { HOST, GUEST };

struct play {
    struct fake_run run;
    uint32_t accept, recv, sleep, wait, send;
};

static void play_init(struct play *play) {
    struct fake_run *const run = &play->run;
    fake_run_init(run, "timed.drill", TEXT);
    fake_actor(run, ROLE_SERVER, "host", 1, "server host");
    play->accept = fake_step(run, STEP_ACCEPT, "accept");
    play->recv = fake_step(run, STEP_RECV, "recv \"a\"");
    play->sleep = fake_step(run, STEP_SLEEP, "sleep 1s");
    fake_actor_end(run);
    fake_actor(run, ROLE_CLIENT, "guest", 1, "client guest");
    play->wait = fake_step(run, STEP_WAIT, "wait ready");
    play->send = fake_step(run, STEP_SEND, "send \"a\"");
    fake_actor_end(run);
    fake_instances_run(run);
}

// One event a millisecond, but this one so much later.
static void step_takes(struct play *play, uint32_t instance, uint32_t step, int64_t ms) {
    fake_event(&play->run, EVENT_STEP_BEGIN, instance, 0, step);
    play->run.now_ns += (ms - 1) * NS_PER_MS;
    fake_event(&play->run, EVENT_STEP_END, instance, 0, step);
}

static void timing(struct play *play, int64_t setup_ms, int64_t work_ms) {
    struct event *const event = fake_event(&play->run, EVENT_TIMING, JOURNAL_NONE, 0, JOURNAL_NONE);
    event->count = (uint64_t)(setup_ms * NS_PER_MS);
    event->offset = (uint64_t)(work_ms * NS_PER_MS);
}

static void longest_is(struct play *play, uint32_t instance, uint32_t step, int64_t ms) {
    fake_judge(&play->run);
    const struct timing *const timing = &play->run.verdict.timing;
    ck_assert_uint_eq(timing->actor, instance);
    ck_assert_uint_eq(timing->step, step);
    ck_assert_int_eq(timing->step_ns, ms * NS_PER_MS);
    fake_run_fini(&play->run);
}

START_TEST(the_longest_step) {
    struct play play;
    play_init(&play);
    step_takes(&play, HOST, play.recv, 20);
    step_takes(&play, GUEST, play.send, 30);
    step_takes(&play, HOST, play.recv, 25); // again
    longest_is(&play, GUEST, play.send, 30);
}
END_TEST

START_TEST(what_waits_for_others_stands_back) {
    struct play play;
    play_init(&play);
    step_takes(&play, HOST, play.accept, 40);
    step_takes(&play, GUEST, play.send, 20);
    step_takes(&play, GUEST, play.wait, 40);
    longest_is(&play, GUEST, play.send, 20);
    play_init(&play);
    step_takes(&play, GUEST, play.send, 19); // not even half as long
    step_takes(&play, HOST, play.accept, 40);
    longest_is(&play, HOST, play.accept, 40);
}
END_TEST

START_TEST(a_sleep_is_what_others_wait_for) {
    struct play play;
    for (int first = 0; first < 2; first++) {
        play_init(&play);
        if (first) step_takes(&play, HOST, play.sleep, 39);
        step_takes(&play, GUEST, play.wait, 42);
        step_takes(&play, HOST, play.recv, 41);
        step_takes(&play, GUEST, play.send, 40);
        if (!first) step_takes(&play, HOST, play.sleep, 39);
        longest_is(&play, HOST, play.sleep, 39);
    }
    play_init(&play);
    step_takes(&play, GUEST, play.wait, 42);
    step_takes(&play, HOST, play.recv, 41); // of what waits for others, that which says more
    step_takes(&play, HOST, play.sleep, 19);
    longest_is(&play, HOST, play.recv, 41);
}
END_TEST

// One task's steps lie between another's.
START_TEST(tasks_side_by_side) {
    struct play play;
    play_init(&play);
    for (uint32_t task = 0; task < 200; task++) fake_event(&play.run, EVENT_STEP_BEGIN, HOST, task, play.recv);
    for (uint32_t task = 200; task-- > 0;) fake_event(&play.run, EVENT_STEP_END, HOST, task, play.recv);
    longest_is(&play, HOST, play.recv, 399);
}
END_TEST

START_TEST(what_never_ended) {
    struct play play;
    play_init(&play);
    step_takes(&play, GUEST, play.send, 30);
    fake_event(&play.run, EVENT_STEP_BEGIN, HOST, 0, play.recv);
    play.run.now_ns += 99 * NS_PER_MS;
    fake_text(&play.run, EVENT_WAITING, HOST, 0, play.recv, "for bytes");
    longest_is(&play, HOST, play.recv, 100);
}
END_TEST

START_TEST(what_the_engine_tells) {
    struct play play;
    play_init(&play);
    fake_judge(&play.run);
    ck_assert(!play.run.verdict.timing.is_known);
    ck_assert_uint_eq(play.run.verdict.timing.step, JOURNAL_NONE);
    fake_run_fini(&play.run);
    play_init(&play);
    timing(&play, 12, 34);
    fake_judge(&play.run);
    ck_assert(play.run.verdict.timing.is_known);
    ck_assert_int_eq(play.run.verdict.timing.setup_ns, 12 * NS_PER_MS);
    ck_assert_int_eq(play.run.verdict.timing.work_ns, 34 * NS_PER_MS);
    fake_run_fini(&play.run);
}
END_TEST

// --- the console

// Four cases: 1004, 504 (mostly set-up), 204 and 104 milliseconds, and one that was skipped.
static const char *told(const struct console_style *style, uint32_t count, int64_t duration_ns, uint64_t passed_turns) {
    static const struct {
        int64_t ms, setup_ms, work_ms;
        const char *name;
    } cases[] = {{104, 4, 50, "a"}, {1004, 0, 100, "b\x1b[2J"}, {504, 400, 0, "c"}, {204, 0, 4, "d"}};
    static struct buffer out;
    struct play plays[5];
    struct case_result results[5] = {0};
    for (uint32_t i = 0; i < 5; i++) {
        play_init(&plays[i]);
        plays[i].run.now_ns = 0;
        if (i < 4) {
            plays[i].run.plan.case_name = cases[i].name;
            fake_event(&plays[i].run, EVENT_CASE_BEGIN, JOURNAL_NONE, 0, JOURNAL_NONE)->at_ns = 0;
            step_takes(&plays[i], GUEST, plays[i].send, cases[i].ms - 3);
            timing(&plays[i], cases[i].setup_ms, cases[i].work_ms);
        } else {
            fake_text(&plays[i].run, EVENT_SKIPPED, JOURNAL_NONE, 0, JOURNAL_NONE, "no");
        }
        fake_judge(&plays[i].run);
        if (i < 4) plays[i].run.verdict.duration_ns = cases[i].ms * NS_PER_MS;
        results[i] = (struct case_result){.plan = &plays[i].run.plan, .verdict = &plays[i].run.verdict};
    }
    struct run_result const run = {.facts = &(struct run_facts){0}, .results = results, .count = count,
                                   .passed_turns = passed_turns,
                                   .counts = {.passed = count, .duration_ns = (uint64_t)duration_ns}};
    buffer_clear(&out);
    console_end(&run, style, &out);
    for (int i = 0; i < 5; i++) fake_run_fini(&plays[i].run);
    return out.data;
}

START_TEST(told_at_the_end) {
    struct console_style const plain = {0}, verbose = {.verbose = true}, quiet = {.quiet = true};
    static const char BEHIND[] = "time: set-up 22 %, waiting for the kernel and for peers 70 %, our own work 8 %\n"
                                 "slowest:   1.0s  b\\x1b[2J  1.0s in guest, line 9: send \"a\"\n"
                                 "          504ms  c  set-up 400ms\n"
                                 "          204ms  d  201ms in guest, line 9: send \"a\"\n";
    const char *const text = told(&plain, 5, 1001 * NS_PER_MS, 0);
    ck_assert_msg(strstr(text, BEHIND) && strcmp(strstr(text, BEHIND), BEHIND) == 0, "it is\n%s", text);
    ck_assert_ptr_nonnull(strstr(told(&verbose, 5, NS_PER_MS, 0), BEHIND));
    ck_assert_ptr_nonnull(strstr(told(&verbose, 1, NS_PER_MS, 0), "slowest:  104ms  a  101ms in guest"));
    ck_assert_ptr_null(strstr(told(&plain, 5, 1000 * NS_PER_MS, 0), "time:"));
    ck_assert_ptr_null(strstr(told(&plain, 1, 9000 * NS_PER_MS, 0), "time:"));
    ck_assert_ptr_null(strstr(told(&quiet, 5, 9000 * NS_PER_MS, 0), "time:"));
    ck_assert_ptr_null(strstr(told(&plain, 5, 9000 * NS_PER_MS, 7), "time:"));
}
END_TEST

// All three go on below their text.
START_TEST(narrow) {
    struct console_style const style = {.verbose = true, .width = 40};
    static const char BEHIND[] = "slowest:   1.0s  b\\x1b[2J  1.0s in\n"
                                 "             guest, line 9: send \"a\"\n"
                                 "          504ms  c  set-up 400ms\n"
                                 "          204ms  d  201ms in guest,\n"
                                 "            line 9: send \"a\"\n";
    const char *const text = told(&style, 5, NS_PER_MS, 0);
    ck_assert_msg(strstr(text, BEHIND), "it is\n%s", text);
}
END_TEST

int main(void) {
    TCase *const tests = tcase_create("timing");
    tcase_add_test(tests, the_longest_step);
    tcase_add_test(tests, what_waits_for_others_stands_back);
    tcase_add_test(tests, a_sleep_is_what_others_wait_for);
    tcase_add_test(tests, tasks_side_by_side);
    tcase_add_test(tests, what_never_ended);
    tcase_add_test(tests, what_the_engine_tells);
    tcase_add_test(tests, told_at_the_end);
    tcase_add_test(tests, narrow);
    Suite *const suite = suite_create("timing");
    suite_add_tcase(suite, tests);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
