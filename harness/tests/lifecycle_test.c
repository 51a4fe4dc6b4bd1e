// `lifecycle` as the engine knows it: in a world whole, from its packets; without one with gaps, which skip.
#include "engine_play.h"
#include "world_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Each as who we are and as an ordinary user, over one thread and over two.
enum { THREADS_MOST = 2 };

static const struct play_options *in_world(int loop) {
    static struct play_options options;
    play_as(loop / THREADS_MOST);
    options = (struct play_options){.isolation = true, .workers = THREADS_MOST, .threads = 1u + loop % THREADS_MOST};
    return &options;
}

// The path that the journal has of that socket of the instance, its first being 0; "": none.
static const char *told(const struct journal *journal, uint32_t instance, uint32_t number) {
    static char text[512];
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *event = &journal->events[i];
        if (event->kind != EVENT_LIFECYCLE || event->actor != instance || number-- > 0) continue;
        snprintf(text, sizeof text, "%.*s", (int)event->bytes.len_bytes, (const char *)event->bytes.data);
        return text;
    }
    return "";
}

static const char *skipped(const struct journal *journal) {
    static char text[512];
    const struct event *event = first_event(journal, EVENT_SKIPPED);
    ck_assert_msg(event, "it is skipped");
    snprintf(text, sizeof text, "%.*s", (int)event->bytes.len_bytes, (const char *)event->bytes.data);
    return text;
}

static void has(const char *text, const char *part) {
    ck_assert_msg(strstr(text, part), "'%s' has no '%s'", text, part);
}

#define CONVERSATION                                                                                                   \
    "scenario \"talk\"\n"                                                                                              \
    "server host {\n listen tcp 127.0.0.1:4400\n accept { recv \"hi\"\n recv eof\n close }\n}\n"                       \
    "client guest {\n connect host\n send \"hi\"\n close\n}\n"

START_TEST(both_ends_are_known) {
    play_passes(in_world(_i), "%s",
                CONVERSATION "afterwards {\n"
                             "  expect guest.lifecycle == CLOSE -> SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n"
                             "  expect host.lifecycle == SYN_RECV -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK -> CLOSE\n}\n");
}
END_TEST

// A wrong path fails, and is not skipped.
START_TEST(a_wrong_path_fails) {
    struct played played;
    play(&played, in_world(_i), "%s",
         CONVERSATION "afterwards {\n  expect guest.lifecycle == CLOSE -> SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> CLOSING -> TIME_WAIT\n}\n");
    const struct failure *failure = first_failure(played.journals[0]);
    ck_assert_ptr_nonnull(failure);
    has(failure->message, "FIN_WAIT2");
    played_fini(&played);
}
END_TEST

START_TEST(the_journal_tells_them) {
    struct played played;
    struct play_options options = *in_world(_i);
    options.snapshots = true;
    play(&played, &options, "%s", CONVERSATION);
    const struct journal *journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    ck_assert_str_eq(told(journal, 0, 0), "127.0.0.1:4400  CLOSE -> LISTEN -> CLOSE");
    has(told(journal, 0, 1), "127.0.0.1:4400 <-> 127.0.0.1:");
    has(told(journal, 0, 1), "  SYN_RECV -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK -> CLOSE");
    has(told(journal, 1, 0), " <-> 127.0.0.1:4400  CLOSE -> SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT");
    ck_assert_uint_eq(count_events(journal, EVENT_LIFECYCLE), 3);
    played_fini(&played);
}
END_TEST

// What is dropped behind the ring never arrived: the log stands behind the rules that drop.
START_TEST(what_is_dropped_did_not_arrive) {
    play_passes(in_world(_i), "scenario \"dropped\"\n"
                              "server host {\n listen tcp 127.0.0.1:4400\n accept as it\n drop 'tcp sport 4400 tcp flags fin' as held\n"
                              " signal ready\n recv eof\n close on it\n expect it.state == LAST_ACK\n wait seen\n undo held\n"
                              " expect it.lifecycle == SYN_RECV -> ESTABLISHED -> CLOSE_WAIT -> LAST_ACK -> CLOSE within 9s\n}\n"
                              "client guest {\n connect host\n wait ready\n shutdown write\n"
                              " expect lifecycle == CLOSE -> SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 within 9s\n"
                              " signal seen\n recv eof\n close\n"
                              " expect lifecycle == CLOSE -> SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n}\n");
}
END_TEST

// A socket that connects a second time has both times in its path.
START_TEST(connected_once_more) {
    play_passes(in_world(_i), "scenario \"again\"\n"
                              "server host {\n wait refused\n listen tcp 127.0.0.1:4400\n accept { recv eof }\n}\n"
                              "client guest {\n socket tcp as it\n connect tcp 127.0.0.1:4400 on it fails ECONNREFUSED\n"
                              " expect it.lifecycle == CLOSE -> SYN_SENT -> CLOSE\n signal refused\n wait host.address\n"
                              " connect tcp 127.0.0.1:4400 on it\n"
                              " expect it.lifecycle == CLOSE -> SYN_SENT -> CLOSE -> SYN_SENT -> ESTABLISHED\n close on it\n}\n");
}
END_TEST

// The kernel no longer tells the peer of what was reset in the listener's queue.
START_TEST(reset_before_anybody_accepted) {
    play_passes(in_world(_i), "scenario \"early\"\n"
                              "server host {\n listen tcp 127.0.0.1:4400\n wait gone\n accept {\n  recv reset\n"
                              "  expect lifecycle == SYN_RECV -> ESTABLISHED -> CLOSE\n }\n}\n"
                              "client guest {\n connect host\n reset\n signal gone\n"
                              " expect lifecycle == CLOSE -> SYN_SENT -> ESTABLISHED -> CLOSE\n}\n");
}
END_TEST

START_TEST(without_a_world_it_skips) {
    struct played played;
    play(&played, &(struct play_options){0}, "%s",
         CONVERSATION "afterwards {\n  expect guest.lifecycle == CLOSE -> SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT\n}\n");
    ck_assert_ptr_null(first_failure(played.journals[0]));
    has(skipped(played.journals[0]), "the missing transitions were not seen: it is not played in a world of its own");
    ck_assert_uint_eq(count_events(played.journals[0], EVENT_LIFECYCLE), 0);
    played_fini(&played);
}
END_TEST

START_TEST(mptcp_skips) {
    struct played played;
    play(&played, in_world(_i),
         "scenario \"subflows\"\nserver host {\n listen mptcp 127.0.0.1:4400\n accept { recv eof\n close }\n}\n"
         "client guest {\n connect host\n close\n}\n"
         "afterwards {\n  expect guest.lifecycle == CLOSE -> SYN_SENT -> ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> CLOSE\n}\n");
    ck_assert_ptr_null(first_failure(played.journals[0]));
    has(skipped(played.journals[0]), "subflows");
    played_fini(&played);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("lifecycle");
    int const loops = play_who_count() * THREADS_MOST;
    TCase *tcase = tcase_create("world");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, both_ends_are_known, 0, loops);
    tcase_add_loop_test(tcase, a_wrong_path_fails, 0, loops);
    tcase_add_loop_test(tcase, the_journal_tells_them, 0, loops);
    tcase_add_loop_test(tcase, what_is_dropped_did_not_arrive, 0, loops);
    tcase_add_loop_test(tcase, connected_once_more, 0, loops);
    tcase_add_loop_test(tcase, reset_before_anybody_accepted, 0, loops);
    tcase_add_loop_test(tcase, mptcp_skips, 0, loops);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("machine");
    tcase_add_test(tcase, without_a_world_it_skips);
    suite_add_tcase(suite, tcase);
    return play_suite(suite);
}
