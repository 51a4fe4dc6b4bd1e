// How actors meet: futures, barriers, events, ends, and what they see of each other; within a thread and across them.
#include "engine_play.h"

#include "base/clock.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t thread_counts[] = {1, 2, 3, 4};
enum { THREAD_COUNTS = 4, AGAIN = 10 };

#define OVER_THREADS (&(struct play_options){.threads = thread_counts[_i], .copies = AGAIN, .workers = 2})

// --- futures

START_TEST(captures_addresses_and_lets_are_futures) {
    play_passes(OVER_THREADS,
                "scenario \"futures\"\n"
                "server host { listen tcp 127.0.0.1:0\n accept { recv line as word\n send \"got ${word}\\n\" } }\n"
                "client guest { let secret = \"tea\"\n connect host\n send \"${secret}\\n\"\n recv \"got tea\\n\" }\n"
                "client third { expect host.word == \"tea\"\n expect guest.secret == \"tea\"\n"
                "  expect guest.local == host.peer and guest.peer == host.address }\n"
                "client fourth { let x = 5 }\n"
                "client fifth { expect fourth.x + 7 == 12 }\n");
}
END_TEST

START_TEST(a_future_keeps_its_first_value) {
    play_passes(OVER_THREADS, "scenario \"first\"\n"
                              "client giver { for x in 1, 2, 3 { let y = x } }\n"
                              "client taker { wait giver\n expect giver.y == 1 }\n");
}
END_TEST

START_TEST(the_futures_of_a_crowd) {
    play_passes(OVER_THREADS, "scenario \"crowd\"\n"
                              "client giver * 70 { let y = index * 2 }\n"
                              "client taker { expect giver[0].y == 0\n expect giver[69].y == 138\n"
                              " expect giver[33].y == 66\n"
                              "  expect giver.y %% 2 == 0 }\n"
                              "client each * 70 { expect giver[index].y == index * 2 }\n");
}
END_TEST

START_TEST(a_future_that_never_comes) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"never\"\ntimeout 100s\nclient giver { repeat 0 { let y = 1 } }\nclient taker { expect giver.y == 1 }\n");
    const struct failure *failure = first_failure(played.journals[0]);
    ck_assert_ptr_nonnull(failure);
    ck_assert_msg(strstr(failure->message, "'giver' has ended and never gave 'y' a value"), "%s", failure->message);
    ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
    played_fini(&played);
}
END_TEST

// --- barriers, events, ends

START_TEST(a_barrier_opens_for_all_at_once) {
    play_passes(OVER_THREADS, "scenario \"barrier\"\n"
                              "client racer * 9 { let before = index\n barrier start }\n"
                              "client judge { barrier start\n for i in 0, 4, 8 { expect racer[i].before == i } }\n");
}
END_TEST

// Who was let go on, and had not had its turn when another failed.
START_TEST(who_waits_no_longer_does_not_wait) {
    struct played played;
    play(&played, &(struct play_options){.threads = 1},
         "scenario \"opened\"\nclient racer * 3 { barrier all\n expect index != 0 }\n");
    const struct journal *journal = played.journals[0];
    ck_assert_msg(has_waiting(journal, "for its turn: barrier all has opened"), "%s", all_waiting(journal));
    ck_assert_msg(!strstr(all_waiting(journal), " there"), "%s", all_waiting(journal));
    played_fini(&played);
    play(&played, &(struct play_options){.threads = 1},
         "scenario \"signalled\"\n"
         "client waits { wait go }\nclient reads { expect other.x == 1 }\n"
         "client other { let x = 1\n signal go\n expect index != 0 }\n");
    journal = played.journals[0];
    ck_assert_msg(has_waiting(journal, "for its turn, woken from waiting for the signal go"), "%s", all_waiting(journal));
    ck_assert_msg(has_waiting(journal, "for its turn, woken from waiting for other.x"), "%s", all_waiting(journal));
    played_fini(&played);
    play(&played, &(struct play_options){.threads = 1},
         "scenario \"shut\"\nclient racer * 2 { barrier all of 3 }\nclient hasty { expect index != 0 }\n");
    ck_assert_msg(has_waiting(played.journals[0], "at barrier all, 2 of 3 there"), "%s", all_waiting(played.journals[0]));
    played_fini(&played);
}
END_TEST

START_TEST(a_barrier_is_cyclic) {
    play_passes(OVER_THREADS, "scenario \"rounds\"\nclient dancer * 5 { repeat 50 { barrier step } }\n");
}
END_TEST

START_TEST(a_barrier_for_so_many) {
    play_passes(OVER_THREADS,
                "scenario \"of N\"\n"
                "server host { listen tcp 127.0.0.1:0\n accept * 6 { recv \"a\"\n barrier all of 6\n send \"b\"\n"
                " recv eof } }\n"
                "client guest * 6 { connect host\n send \"a\"\n recv \"b\"\n close }\n");
}
END_TEST

START_TEST(signals_and_ends) {
    play_passes(OVER_THREADS, "scenario \"signals\"\n"
                              "client a { wait go\n signal gone }\n"
                              "client b * 4 { wait go }\n"
                              "client c { signal go\n wait gone\n wait a\n wait b\n wait b[2] }\n");
}
END_TEST

START_TEST(a_signal_that_never_comes) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"never\"\ntimeout 100s\nclient giver { repeat 0 { signal go } }\nclient taker { wait go }\n");
    const struct failure *failure = first_failure(played.journals[0]);
    ck_assert_int_eq(failure->kind, FAILURE_ABANDONED);
    ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
    played_fini(&played);
}
END_TEST

// --- accept, and the end of the clients

START_TEST(accept_each_ends_with_the_clients) {
    play_passes(OVER_THREADS,
                "scenario \"each\"\nserver host { listen tcp 127.0.0.1:0\n accept each { recv line\n recv eof } }\n"
                "client guest * 7 { repeat index { connect host\n send \"${index}\\n\"\n close } }\n"
                "afterwards { expect host.accepted == 21 }\n");
}
END_TEST

START_TEST(accept_each_without_any_client) {
    play_passes(OVER_THREADS, "scenario \"nobody\"\nserver host { listen tcp 127.0.0.1:0\n"
                              " accept each { recv eof } }\n"
                              "client other { wait_for_nothing() }\nprocedure wait_for_nothing() { sleep 1ms }\n");
}
END_TEST

START_TEST(an_accept_that_nobody_comes_to) {
    struct played played;
    play(&played, &(struct play_options){.threads = thread_counts[_i]},
         "scenario \"alone\"\ntimeout 100s\nserver host { listen tcp 127.0.0.1:0\n accept * 2 { recv eof } }\n"
         "client guest { connect host }\n");
    const struct failure *failure = first_failure(played.journals[0]);
    ck_assert_int_eq(failure->kind, FAILURE_ABANDONED);
    ck_assert_ptr_nonnull(strstr(failure->message, "every client has finished"));
    ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
    played_fini(&played);
}
END_TEST

// Blocks that share a socket: each gets its turn at it, and none is forgotten.
START_TEST(several_blocks_read_one_socket) {
    play_passes(OVER_THREADS,
                "scenario \"shared\"\ntimeout 20s\n"
                "server host { listen tcp 127.0.0.1:0 as door\n accept as shared\n signal there\n"
                "  accept * 4 on door { recv u8 on shared\n send \"ok\"\n recv eof } }\n"
                "client first { connect host\n barrier go\n send \"wxyz\" in chunks of 1 every 1ms\n wait other }\n"
                "client other * 4 { wait there\n connect host\n barrier go\n recv \"ok\" }\n");
}
END_TEST

START_TEST(several_blocks_write_one_socket) {
    play_passes(OVER_THREADS,
                "scenario \"shared\"\ntimeout 20s\n"
                "server host { listen tcp 127.0.0.1:0 as door\n accept as shared\n signal there\n"
                "  accept * 3 on door { send zeros(6MiB) on shared\n send \"ok\"\n recv eof } }\n"
                "client first { connect host\n barrier go\n sleep 20ms\n recv zeros(18MiB)\n wait other }\n"
                "client other * 3 { wait there\n connect host\n barrier go\n recv \"ok\" }\n");
}
END_TEST

// --- what actors see of each other

START_TEST(attributes_of_others) {
    play_passes(OVER_THREADS,
                "scenario \"attributes\"\n"
                "server host { listen tcp 127.0.0.1:0\n accept * 3 { recv \"a\"\n recv eof } }\n"
                "client guest * 3 { connect host\n send \"a\"\n signal there\n wait looked\n close }\n"
                "client looker {\n"
                "  expect host.accepted == 3 within 5s\n"
                "  expect host.open_sockets == 4\n"
                "  expect guest.open_sockets == 3 and guest[0].open_sockets == 1 and guest[2].sent == 1 within 5s\n"
                "  expect guest[0].fd >= 0 and guest[1].fd >= 0 and guest[0].fd != guest[1].fd\n"
                "  expect guest[1].state == ESTABLISHED and guest[2].family == AF_INET\n"
                "  expect host.done == false and guest.done == false and guest[0].done == false\n"
                "  signal looked\n"
                "  wait guest\n"
                "  expect guest.done and guest[2].done\n"
                "  expect guest.open_sockets == 0 and guest[0].fd == -1\n"
                "}\n"
                "afterwards { expect host.open_sockets == 0 and host.done }\n");
}
END_TEST

START_TEST(everybody_knows_who_is_on_which_thread) {
    uint32_t const threads = thread_counts[_i];
    play_passes(OVER_THREADS,
                "scenario \"threads\"\nserver host { expect thread == 0 }\n"
                "client guest * 8 { expect thread == (index + 1) %% %u\n expect guest[index].thread == thread }\n"
                "afterwards { expect host.thread == 0 and guest[0].thread == 1 %% %u and thread == 0 }\n",
                threads, threads);
}
END_TEST

// Each answer stays known until the whole of the expression has been looked at.
START_TEST(many_questions_in_one_expression) {
    play_passes(
        OVER_THREADS,
        "scenario \"questions\"\n"
        "server host { listen tcp 127.0.0.1:0\n accept * 8 { recv u8 as n bytes(n)\n recv eof } }\n"
        "client guest * 8 { connect host\n send u8(index) repeat(index, \"x\")\n close }\n"
        "afterwards { expect guest[0].sent + guest[1].sent + guest[2].sent + guest[3].sent + guest[7].sent == 18 and "
        "guest[4].sent > guest[3].sent and guest.open_sockets == 0 and host.accepted == 8 and guest[6].fd < "
        "host.accepted }\n");
}
END_TEST

START_TEST(questions_in_other_places) {
    play_passes(OVER_THREADS, "scenario \"places\"\n"
                              "server host { listen tcp 127.0.0.1:0\n accept { recv rest } }\n"
                              "client guest { connect host\n send \"abc\" }\n"
                              "client other { wait guest\n"
                              "  expect guest.sent == 3 within 1s * guest.sent\n"
                              "  repeat guest.sent { sleep 1us * guest.sent }\n"
                              "  let n = guest.sent * 2 + host.accepted\n"
                              "  expect n == 7 }\n");
}
END_TEST

// A recv that is passed over while it asks somebody leaves no answer behind that the next branch takes for its own.
START_TEST(a_question_that_is_given_up) {
    play_passes(OVER_THREADS,
                "scenario \"given up\"\n"
                "server host { listen tcp 127.0.0.1:0\n accept {\n"
                "  either { recv \"x\" u8 == long.sent within 1us } or { recv \"x\" u8 == short.sent } } }\n"
                "client short { connect host\n send \"x\" u8(2) }\n"
                "client long { socket tcp }\n");
}
END_TEST

// The path of a connection that another actor has closed: asked for until it has come to its end. Where nobody saw
// every state of it the case is skipped; it never fails.
START_TEST(the_end_of_another_ones_connection) {
    struct played played;
    play(&played, OVER_THREADS,
         "scenario \"ends\"\n"
         "server host { listen tcp 127.0.0.1:0\n accept { recv eof\n sleep 20ms } }\n"
         "client guest { connect host\n close }\n"
         "client looker { wait guest\n expect guest.lifecycle == CLOSE -> ... -> TIME_WAIT }\n");
    for (uint32_t i = 0; i < played.count; i++) {
        const struct failure *failure = first_failure(played.journals[i]);
        ck_assert_msg(!failure, "%s", failure->message);
    }
    played_fini(&played);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("meeting");
    TCase *meet = tcase_create("meet"), *see = tcase_create("see");
    tcase_set_timeout(meet, 100);
    tcase_add_loop_test(meet, captures_addresses_and_lets_are_futures, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, a_future_keeps_its_first_value, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, the_futures_of_a_crowd, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, a_future_that_never_comes, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, a_barrier_opens_for_all_at_once, 0, THREAD_COUNTS);
    tcase_add_test(meet, who_waits_no_longer_does_not_wait);
    tcase_add_loop_test(meet, a_barrier_is_cyclic, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, a_barrier_for_so_many, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, signals_and_ends, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, a_signal_that_never_comes, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, accept_each_ends_with_the_clients, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, accept_each_without_any_client, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, an_accept_that_nobody_comes_to, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, several_blocks_read_one_socket, 0, THREAD_COUNTS);
    tcase_add_loop_test(meet, several_blocks_write_one_socket, 0, THREAD_COUNTS);
    tcase_set_timeout(see, 100);
    tcase_add_loop_test(see, attributes_of_others, 0, THREAD_COUNTS);
    tcase_add_loop_test(see, everybody_knows_who_is_on_which_thread, 0, THREAD_COUNTS);
    tcase_add_loop_test(see, many_questions_in_one_expression, 0, THREAD_COUNTS);
    tcase_add_loop_test(see, questions_in_other_places, 0, THREAD_COUNTS);
    tcase_add_loop_test(see, a_question_that_is_given_up, 0, THREAD_COUNTS);
    tcase_add_loop_test(see, the_end_of_another_ones_connection, 0, THREAD_COUNTS);
    suite_add_tcase(suite, meet);
    suite_add_tcase(suite, see);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
