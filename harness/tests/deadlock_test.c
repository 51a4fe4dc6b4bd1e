// Deadlocks: told at once where there is one, and never where there is none, however busy the machine is.
#include "engine_play.h"

#include "base/clock.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t thread_counts[] = {1, 2, 4};
enum { THREAD_COUNTS = 3 };

// Each is one in which nobody can ever go on; the timeout is far away.
static const char *const stuck[] = {
    "client a { wait b.x\n let y = 1 }\nclient b { wait a.y\n let x = 1 }\n",
    "client a { wait b }\nclient b { wait a }\n",
    "client a { wait go }\nclient b { wait a\n signal go }\n",
    "client a { barrier meet of 3 }\nclient b { barrier meet of 3 }\n",
    "client a * 3 { barrier first\n wait b }\nclient b { wait a\n barrier first of 4 }\n",
    "server s { listen tcp 127.0.0.1:0\n accept { recv \"x\" } }\nclient c { connect s\n recv \"y\" }\n",
    "server s { listen tcp 127.0.0.1:0\n accept { send \"abc\"\n recv \"x\" } }\nclient c { connect s\n"
    " recv \"abc\"\n recv \"y\" }\n",
    "server s { listen tcp [::1]:0\n accept { recv \"x\" } }\nclient c { connect s\n recv \"y\" }\n",
    "server s { listen tcp [::]:0\n accept { recv \"x\" } }\nclient c { wait s.address\n"
    " connect tcp \"127.0.0.1:${s.address.port}\"\n recv \"y\" }\n",
    "server s { listen unix s.sock\n accept { recv \"x\" } }\nclient c { connect s\n recv \"y\" }\n",
    "server s { listen tcp 127.0.0.1:0\n accept * 2 { recv eof } }\nclient c { connect s\n recv eof }\n",
    "server s { listen tcp 127.0.0.1:0\n wait c }\nclient c { connect s\n recv \"x\" }\n",
    "server s { listen tcp 127.0.0.1:0\n accept { send zeros(32MiB) } }\nclient c { connect s\n send zeros(32MiB) }\n",
    "server s { listen tcp 127.0.0.1:0\n accept { shutdown write\n recv \"x\" } }\nclient c { connect s\n recv eof\n"
    " wait s }\n",
};
enum { STUCK = sizeof(stuck) / sizeof(*stuck) };

START_TEST(is_told_long_before_the_timeout) {
    for (int i = 0; i < THREAD_COUNTS; i++) {
        struct played played;
        play(&played, &(struct play_options){.threads = thread_counts[i], .allow_network = true}, // for [::]
             "scenario \"stuck\"\ntimeout 100s\n"
             "%s",
             stuck[_i]);
        const struct failure *failure = first_failure(played.journals[0]);
        ck_assert_msg(failure && failure->kind == FAILURE_DEADLOCK,
                      "%u threads, %s\n%s\n"
                      "%s",
                      thread_counts[i], stuck[_i], failure ? failure->message : "passed",
                      all_waiting(played.journals[0]));
        ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
        ck_assert_uint_gt(count_events(played.journals[0], EVENT_WAITING), 0);
        played_fini(&played);
    }
}
END_TEST

// Everything in which somebody waits for something that does come, again and again, while the machine is busy.
static const char lively[] =
    "scenario \"lively\"\ntimeout 60s\n"
    "server host { listen tcp 127.0.0.1:0\n"
    "  accept * 4 { repeat 5 { recv \"ping\"\n send \"pong\" }\n recv eof\n barrier over of 8 } }\n"
    "client guest * 4 { barrier start\n connect host\n repeat 5 { send \"ping\" in chunks of 1\n recv \"pong\" }\n"
    "  signal played\n shutdown write\n recv nothing for 1ms\n barrier over of 8\n recv eof }\n"
    "server slow { listen tcp 127.0.0.1:0\n wait played\n accept { recv zeros(300000)\n shutdown write\n recv eof } }\n"
    "client pusher { connect slow\n wait played\n send zeros(300000)\n recv eof\n close }\n"
    "client asker { wait guest\n expect host.accepted == 4\n expect guest[3].sent == 20 }\n";

static void play_lively(uint32_t threads, uint32_t copies) {
    struct load load;
    load_begin(&load);
    struct played played;
    play(&played, &(struct play_options){.threads = threads, .copies = copies, .workers = 8}, "%s", lively);
    load_end(&load);
    for (uint32_t i = 0; i < copies; i++) {
        const struct failure *failure = first_failure(played.journals[i]);
        ck_assert_msg(!failure, "case %u: %s\n%s", i, failure ? failure->message : "", all_waiting(played.journals[i]));
    }
    played_fini(&played);
}

START_TEST(is_never_told_falsely) {
    play_lively(thread_counts[_i], 200);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("deadlock");
    TCase *real = tcase_create("real"), *none = tcase_create("none");
    tcase_set_timeout(real, 100);
    tcase_add_loop_test(real, is_told_long_before_the_timeout, 0, STUCK);
    tcase_set_timeout(none, 100);
    tcase_add_loop_test(none, is_never_told_falsely, 0, THREAD_COUNTS);
    suite_add_tcase(suite, real);
    suite_add_tcase(suite, none);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
