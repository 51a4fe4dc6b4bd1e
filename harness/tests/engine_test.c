// The pool and what it writes down: engine/engine.h, on scenarios that are played here over real sockets.
#include "engine_play.h"

#include "base/clock.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char greeting[] = "scenario \"greeting\"\n"
                               "server host {\n"
                               "  listen tcp 127.0.0.1:0\n"
                               "  accept * 5 {\n"
                               "    recv \"hello \" u8 as number\n"
                               "    send \"welcome \" u8(number)\n"
                               "    recv eof\n"
                               "  }\n"
                               "}\n"
                               "client guest * 5 {\n"
                               "  connect host\n"
                               "  send \"hello \" u8(index)\n"
                               "  recv \"welcome \" u8(index)\n"
                               "  close\n"
                               "}\n"
                               "afterwards { expect host.accepted == 5 }\n";

static const uint32_t thread_counts[] = {1, 2, 4};
enum { THREAD_COUNTS = 3 };

// --- the pool

START_TEST(deals_a_case_over_its_threads) {
    uint32_t const threads = thread_counts[_i];
    struct played played;
    play(&played, &(struct play_options){.threads = threads}, "%s", greeting);
    const struct journal *journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    ck_assert_uint_eq(first_event(journal, EVENT_CASE_BEGIN)->count, threads);
    ck_assert_uint_eq(count_events(journal, EVENT_ACTOR_BEGIN), 7);
    ck_assert_uint_eq(count_events(journal, EVENT_ACTOR_END), 7);
    ck_assert_uint_eq(count_events(journal, EVENT_TASK_BEGIN), 5);
    ck_assert_uint_eq(count_events(journal, EVENT_TASK_END), 5);
    uint32_t seen = 0;
    for (uint64_t i = 0; i < journal->event_count; i++)
        if (journal->events[i].kind == EVENT_ACTOR_BEGIN) seen |= 1u << journal->events[i].code;
    ck_assert_uint_eq(seen, (1u << threads) - 1); // six instances: each of up to four threads has one
    played_fini(&played);
}
END_TEST

START_TEST(the_scenario_says_how_many_threads) {
    struct played played;
    struct engine_options const as_it_says = {.workers = 4}, over_three = {.workers = 4, .threads = 3};
    play(&played, &(struct play_options){0}, "scenario \"two\"\nthreads 2\nclient c { expect 1 == 1 }\n");
    ck_assert_uint_eq(engine_threads_of(played.plans[0], &as_it_says, 1), 2);
    ck_assert_uint_eq(engine_threads_of(played.plans[0], &over_three, 1), 3);
    played_fini(&played);
    play(&played, &(struct play_options){0}, "scenario \"any\"\nclient c { expect 1 == 1 }\n");
    ck_assert_uint_eq(engine_threads_of(played.plans[0], &as_it_says, 1), 4); // one case: over the pool
    ck_assert_uint_eq(engine_threads_of(played.plans[0], &as_it_says, 2), 1); // many: each whole
    played_fini(&played);
}
END_TEST

START_TEST(plays_every_case_once) {
    struct played played;
    play(&played, &(struct play_options){.copies = 60, .workers = 8, .threads = thread_counts[_i]}, "%s", greeting);
    ck_assert_uint_eq(played.done, 60);
    for (uint32_t i = 0; i < 60; i++) {
        ck_assert_ptr_nonnull(played.journals[i]);
        ck_assert_ptr_null(first_failure(played.journals[i]));
    }
    played_fini(&played);
}
END_TEST

START_TEST(one_worker_plays_in_order) {
    struct played played;
    play(&played, &(struct play_options){.copies = 20}, "%s", greeting);
    for (uint32_t i = 0; i < 20; i++) ck_assert_uint_eq(played.order[i], i);
    played_fini(&played);
}
END_TEST

START_TEST(no_case_at_all) {
    ck_assert_int_eq(engine_run(NULL, 0, &(struct engine_options){.workers = 2, .timeout_scale = 1}, NULL, NULL), 0);
}
END_TEST

START_TEST(stops_when_the_callback_says_so) {
    struct played played;
    play(&played, &(struct play_options){.copies = 50, .stop_at_failure = true},
         "scenario \"fails\"\nclient c { expect 1 == 2 }\n");
    ck_assert_uint_eq(played.done, 1);
    ck_assert_uint_eq(played.order[0], 0);
    ck_assert_int_eq(first_failure(played.journals[0])->kind, FAILURE_EXPECT);
    played_fini(&played);
}
END_TEST

// Those that were begun meanwhile still end, and are handed over.
START_TEST(stops_with_many_at_once) {
    struct played played;
    play(&played, &(struct play_options){.copies = 200, .workers = 8, .threads = 2, .stop_at_failure = true},
         "scenario \"fails\"\nclient c * 3 { expect index == 0 }\n");
    ck_assert_uint_ge(played.done, 1);
    ck_assert_uint_lt(played.done, 200);
    for (uint32_t i = 0; i < played.done; i++) ck_assert_ptr_nonnull(first_failure(played.journals[played.order[i]]));
    played_fini(&played);
}
END_TEST

START_TEST(leaves_no_descriptor_open) {
    struct played played;
    unsigned const before = descriptors_open();
    play(&played, &(struct play_options){.copies = 10, .workers = 4, .threads = 3}, "%s", greeting);
    ck_assert_uint_eq(descriptors_open(), before);
    played_fini(&played);
    play(&played, &(struct play_options){.threads = 2},
         "scenario \"fails in the middle\"\n"
         "server s { listen tcp 127.0.0.1:0\n accept * 4 { send \"a\"\n recv \"nothing like it\" } }\n"
         "client c * 4 { connect s\n recv \"a\"\n expect index == 0\n recv \"b\" }\n");
    ck_assert_ptr_nonnull(first_failure(played.journals[0]));
    ck_assert_uint_eq(descriptors_open(), before);
    played_fini(&played);
}
END_TEST

// --- interrupted

static const char endless[] = "scenario \"endless\"\ntimeout 100s\n"
                              "server host { listen tcp 127.0.0.1:0\n accept * 3 { send \"hello\"\n recv \"never\" } }\n"
                              "client guest * 3 { connect host\n recv \"hello\"\n barrier all_sit\n recv nothing for 90s\n"
                              "  send \"never\" }\n"
                              "server last { barrier all_sit\n listen unix ready\n wait guest }\n";
enum { ENDLESS_WAITING = 8 }; // host, its three blocks, three guests, last

START_TEST(an_interrupt_ends_it_at_once) {
    unsigned const before = descriptors_open();
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i], .interrupt_cases = 1}, "%s", endless);
    const struct journal *journal = played.journals[0];
    ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
    ck_assert_int_eq(first_failure(journal)->kind, FAILURE_INTERRUPTED);
    ck_assert_uint_eq(count_events(journal, EVENT_FAILED), 1);
    ck_assert_uint_eq(count_events(journal, EVENT_WAITING), ENDLESS_WAITING);
    ck_assert_uint_eq(count_events(journal, EVENT_OPEN) + count_events(journal, EVENT_ACCEPTED),
                      count_events(journal, EVENT_CLOSED));
    ck_assert_uint_eq(descriptors_open(), before);
    played_fini(&played);
}
END_TEST

START_TEST(an_interrupt_ends_all_and_begins_no_other) {
    struct played played;
    play(&played,
         &(struct play_options){.copies = 40, .workers = 4, .threads = 2, .interrupt_cases = 4}, "%s", endless);
    ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
    ck_assert_uint_eq(played.done, 4);
    for (uint32_t i = 0; i < played.done; i++)
        ck_assert_int_eq(first_failure(played.journals[played.order[i]])->kind, FAILURE_INTERRUPTED);
    played_fini(&played);
}
END_TEST

START_TEST(an_interrupt_before_the_run_begins_nothing) {
    struct played played;
    engine_interrupt();
    play(&played, &(struct play_options){.copies = 3, .workers = 2}, "%s", greeting);
    ck_assert_uint_eq(played.done, 0);
    played_fini(&played);
}
END_TEST

// --- limits of time

START_TEST(the_timeout_ends_it) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i], .timeout_scale = 0.005}, "%s", endless);
    const struct journal *journal = played.journals[0];
    ck_assert_int_eq(first_failure(journal)->kind, FAILURE_TIMEOUT);
    ck_assert_int_ge(played.duration_ns, 500 * NS_PER_MS); // 100s, scaled
    ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
    ck_assert_uint_eq(count_events(journal, EVENT_WAITING), ENDLESS_WAITING);
    played_fini(&played);
}
END_TEST

// A loop that never waits lets the others run, and the timeout end it.
START_TEST(the_timeout_ends_a_loop_that_never_waits) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"busy\"\ntimeout 1s\n"
         "server host { listen tcp 127.0.0.1:0\n accept { recv eof } }\n"
         "client busy { connect host\n"
         "  repeat { either { recv \"x\" within 0s\n break } or { recv nothing for 0s } }\n}\n"
         "client other { repeat 3 { sleep 5ms }\n log \"it runs\" }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_int_eq(first_failure(journal)->kind, FAILURE_TIMEOUT);
    ck_assert_int_ge(played.duration_ns, NS_PER_S);
    ck_assert_uint_eq(count_events(journal, EVENT_LOGGED), 1);
    played_fini(&played);
}
END_TEST

START_TEST(within_ends_a_step) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"late\"\ntimeout 100s\n"
         "server host { listen tcp 127.0.0.1:0\n accept { recv \"a\"\n recv \"bc\" within 30ms } }\n"
         "client guest { connect host\n send \"ab\"\n recv nothing for 90s\n send \"c\" }\n");
    const struct failure *failure = first_failure(played.journals[0]);
    ck_assert_int_eq(failure->kind, FAILURE_STEP_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(failure->message, "not within 30ms"));
    ck_assert_ptr_nonnull(strstr(failure->message, "still waiting for \"c\" on 127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(failure->message, "1 of 2 bytes of it have come"));
    ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
    played_fini(&played);
}
END_TEST

// Between two branches of `either` a task has done with one recv and not begun the next.
START_TEST(the_timeout_comes_between_two_branches) {
    for (uint32_t i = 0; i < 20; i++) {
        struct played played;
        play(&played, &(struct play_options){.threads = thread_counts[_i]}, "%s",
             "scenario \"branches\"\ntimeout 20ms\n"
             "server s {\n listen tcp 127.0.0.1:0\n accept {\n repeat {\n either { recv \"s\"\n break }"
             " or { recv \"g\" }\n }\n }\n}\n"
             "client c {\n connect s\n send repeat(100000000, \"g\")\n}\n");
        ck_assert_ptr_nonnull(first_failure(played.journals[0]));
        ck_assert_int_eq(first_failure(played.journals[0])->kind, FAILURE_TIMEOUT);
        played_fini(&played);
    }
}
END_TEST

// What ends the case by its last step is no timeout, however close.
START_TEST(a_case_has_one_end) {
    for (int i = 1; i <= 60; i++) {
        struct played played;
        play(&played, &(struct play_options){.threads = 2, .timeout_scale = i * 0.00002}, "%s", greeting);
        const struct journal *journal = played.journals[0];
        uint64_t const failed = count_events(journal, EVENT_FAILED);
        ck_assert_uint_le(failed, 1);
        if (failed == 0) ck_assert_uint_eq(count_events(journal, EVENT_ACTOR_END), 7);
        played_fini(&played);
    }
}
END_TEST

// --- limits of the machine

START_TEST(too_few_descriptors_are_said_to_be_so) {
    struct rlimit const few = {.rlim_cur = 64, .rlim_max = 64};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"many\"\nserver host { listen tcp 127.0.0.1:0\n accept * 50 { recv eof } }\n"
         "client guest * 50 { connect host\n barrier all }\n");
    const struct failure *failure = first_failure(played.journals[0]);
    ck_assert_int_eq(failure->kind, FAILURE_RESOURCE);
    ck_assert_ptr_nonnull(strstr(failure->message, "EMFILE"));
    ck_assert_ptr_nonnull(strstr(failure->message, "64 descriptors"));
    ck_assert_ptr_nonnull(strstr(failure->message, "RLIMIT_NOFILE"));
    played_fini(&played);
}
END_TEST

// --- skipped

START_TEST(what_is_lacking_skips_the_case) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"needs\"\nrequires program \"no-such-program-anywhere\"\nclient c { expect 1 == 2 }\n");
    const struct journal *journal = played.journals[0];
    const struct event *skipped = first_event(journal, EVENT_SKIPPED);
    ck_assert_ptr_nonnull(skipped);
    ck_assert_int_ge(slice_find(skipped->bytes, slice_text("no-such-program-anywhere")), 0);
    ck_assert_uint_eq(count_events(journal, EVENT_ACTOR_BEGIN), 0);
    ck_assert_uint_eq(count_events(journal, EVENT_FAILED), 0);
    struct buffer reason = {0};
    ck_assert(engine_lacks(played.plans[0], &(struct engine_options){0}, &reason));
    buffer_fini(&reason);
    played_fini(&played);
}
END_TEST

START_TEST(a_scratch_folder_is_kept_when_asked_for) {
    struct played played;
    struct stat facts;
    static const char text[] = "scenario \"path\"\nserver s { listen unix s.sock\n accept { recv \"x\" } }\n"
                               "client c { connect s\n send \"x\" }\n";
    play(&played, &(struct play_options){.keep = true}, text);
    ck_assert_ptr_null(first_failure(played.journals[0]));
    ck_assert_ptr_nonnull(played.scratch[0]);
    char path[512];
    snprintf(path, sizeof(path), "%s/s.sock", played.scratch[0]);
    ck_assert_int_eq(stat(path, &facts), 0);
    ck_assert(S_ISSOCK(facts.st_mode));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(played.scratch[0]), 0);
    played_fini(&played);
    play(&played, &(struct play_options){0}, text);
    ck_assert_ptr_null(played.scratch[0]);
    played_fini(&played);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("engine");
    TCase *pool = tcase_create("pool"), *ends = tcase_create("ends"), *limits = tcase_create("limits");
    tcase_set_timeout(pool, 60);
    tcase_add_loop_test(pool, deals_a_case_over_its_threads, 0, THREAD_COUNTS);
    tcase_add_test(pool, the_scenario_says_how_many_threads);
    tcase_add_loop_test(pool, plays_every_case_once, 0, THREAD_COUNTS);
    tcase_add_test(pool, one_worker_plays_in_order);
    tcase_add_test(pool, no_case_at_all);
    tcase_add_test(pool, stops_when_the_callback_says_so);
    tcase_add_test(pool, stops_with_many_at_once);
    tcase_add_test(pool, leaves_no_descriptor_open);
    tcase_set_timeout(ends, 60);
    tcase_add_loop_test(ends, an_interrupt_ends_it_at_once, 0, THREAD_COUNTS);
    tcase_add_test(ends, an_interrupt_ends_all_and_begins_no_other);
    tcase_add_test(ends, an_interrupt_before_the_run_begins_nothing);
    tcase_add_loop_test(ends, the_timeout_ends_it, 0, THREAD_COUNTS);
    tcase_add_loop_test(ends, the_timeout_ends_a_loop_that_never_waits, 0, THREAD_COUNTS);
    tcase_add_loop_test(ends, the_timeout_comes_between_two_branches, 0, THREAD_COUNTS);
    tcase_add_loop_test(ends, within_ends_a_step, 0, THREAD_COUNTS);
    tcase_add_test(ends, a_case_has_one_end);
    tcase_set_timeout(limits, 60);
    tcase_add_loop_test(limits, too_few_descriptors_are_said_to_be_so, 0, THREAD_COUNTS);
    tcase_add_loop_test(limits, what_is_lacking_skips_the_case, 0, THREAD_COUNTS);
    tcase_add_test(limits, a_scratch_folder_is_kept_when_asked_for);
    suite_add_tcase(suite, pool);
    suite_add_tcase(suite, ends);
    suite_add_tcase(suite, limits);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
