// Whose memory is still needed when a case ends: cases that are cut off at every moment, with letters, looks, questions
// and events of the kernel on their way, on workers that go on with others. What is wrong here shows under a sanitizer.
#include "engine_play.h"

#include "base/clock.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Busy in every way that touches another thread.
static const char *const busy[] = {
    // questions, asked again and again
    "server host { listen tcp 127.0.0.1:0\n accept each { recv rest } }\n"
    "client guest * 6 { connect host\n send repeat(1000, \"x\") in chunks of 10\n"
    " expect guest[(index + 1) % 6].sent >= 500 within 5s\n"
    "  expect host.open_sockets > 0 and host.accepted > 0 and guest.open_sockets > 0 within 5s }\n"
    "client breaker { expect host.accepted >= %d within 5s\n expect 1 == 2 }\n",
    // looks: whoever acts lets others look first
    "server host { listen tcp 127.0.0.1:0\n accept * 6 { recv \"x\"\n expect state == ESTABLISHED within 5s\n"
    " send \"y\"\n"
    "  recv eof\n expect state == CLOSE_WAIT within 5s\n close } }\n"
    "client guest * 6 { connect host\n send \"x\"\n expect state == ESTABLISHED within 5s\n recv \"y\"\n"
    " shutdown write\n"
    "  recv eof\n expect state == TIME_WAIT within 5s\n expect index != %d }\n",
    // futures, barriers, signals
    "client racer * 8 { repeat 20 { barrier step\n let y = index }\n expect racer[(index + 1) % 8].y >= 0\n"
    " signal gone }\n"
    "client breaker { wait gone\n expect racer[%d].y == -1 }\n",
    // the kernel: many sockets with something to read when all is torn down
    "server host { listen tcp 127.0.0.1:0\n accept * 10 { repeat 50 { send \"data\"\n recv \"more\" } } }\n"
    "client guest * 10 { connect host\n repeat 50 { recv \"data\"\n send \"more\" }\n recv eof }\n"
    "client breaker { expect host.accepted >= %d within 5s\n expect host.done }\n",
    // blocks of accept that end while their server's part is stopped
    ("server host { listen tcp 127.0.0.1:0\n accept each { recv u8 as n\n expect n != %d } }\n"
     "client guest * 12 { connect host\n send u8(index) }\n"),
};
enum { BUSY = sizeof(busy) / sizeof(*busy), TURNS = 25 };

static void play_busy(struct played *played, struct play_options options, const char *format, int number) {
    char text[2048];
    // The one %%d of each text; its other per cent signs are the language's.
    const char *at = strstr(format, "%d");
    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof(text),
             "scenario \"busy\"\ntimeout 10s\n"
             "%.*s%d%s",
             (int)(at - format), format, number, at + 2);
    play(played, &options, "%s", text);
}

START_TEST(a_failure_in_the_midst_of_it) {
    for (int turn = 0; turn < TURNS; turn++) {
        struct played played;
        play_busy(&played, (struct play_options){.copies = 8, .workers = 8, .threads = 4}, busy[_i], turn % 6);
        ck_assert_uint_eq(played.done, 8);
        for (uint32_t i = 0; i < 8; i++)
            ck_assert_uint_eq(count_events(played.journals[i], EVENT_OPEN) +
                                  count_events(played.journals[i], EVENT_ACCEPTED),
                              count_events(played.journals[i], EVENT_CLOSED));
        played_fini(&played);
    }
}
END_TEST

START_TEST(a_timeout_at_every_moment) {
    for (int turn = 1; turn <= TURNS * 2; turn++) {
        struct played played;
        play_busy(&played,
                  (struct play_options){.copies = 6, .workers = 6, .threads = 4, .timeout_scale = turn * 0.00002},
                  busy[_i], 3);
        ck_assert_uint_eq(played.done, 6);
        played_fini(&played);
    }
}
END_TEST

// Once for each moment: an engine that was interrupted plays nothing any more.
START_TEST(an_interrupt_at_every_moment) {
    struct played played;
    play_busy(&played,
              (struct play_options){
                  .copies = 30, .workers = 4, .threads = 4, .interrupt_after_ns = (_i / BUSY + 1) * 150 * NS_PER_US},
              busy[_i % BUSY], 3);
    for (uint32_t i = 0; i < played.done; i++) ck_assert_ptr_nonnull(played.journals[played.order[i]]);
    played_fini(&played);
}
END_TEST

START_TEST(one_failure_ends_the_others) {
    for (int turn = 0; turn < TURNS; turn++) {
        struct played played;
        play_busy(&played, (struct play_options){.copies = 30, .workers = 8, .threads = 3, .stop_at_failure = true},
                  busy[_i], 2);
        ck_assert_uint_le(played.done, 30);
        played_fini(&played);
    }
}
END_TEST

// More threads than workers would be needed for the cases alone, and more parts of cases than actors.
START_TEST(parts_without_actors) {
    for (int turn = 0; turn < TURNS; turn++) {
        struct played played;
        play(&played, &(struct play_options){.copies = 16, .workers = 2, .threads = 16},
             "scenario \"few\"\nserver host { listen tcp 127.0.0.1:0\n accept { recv eof } }\n"
             "client guest { connect host }\n");
        for (uint32_t i = 0; i < 16; i++) ck_assert_ptr_null(first_failure(played.journals[i]));
        played_fini(&played);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("lifetime");
    TCase *tcase = tcase_create("ends");
    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, a_failure_in_the_midst_of_it, 0, BUSY);
    tcase_add_loop_test(tcase, a_timeout_at_every_moment, 0, BUSY);
    tcase_add_loop_test(tcase, an_interrupt_at_every_moment, 0, BUSY * 12);
    tcase_add_loop_test(tcase, one_failure_ends_the_others, 0, BUSY);
    tcase_add_test(tcase, parts_without_actors);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
