// Sockets that keep edges, played: what the journal has of them, what is told when they fail, and what is no deadlock.
#include "engine_play.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const uint32_t thread_counts[] = {1, 2, 4};
enum { THREAD_COUNTS = 3 };

// --- what passes

static const char *const good[] = {
    "server s { bind udp 127.0.0.1:0\n recv \"a\" from c.local\n send \"b\" to sender\n recv \"\" }\n"
    "client c { connect s\n send \"a\"\n recv \"b\" from s.address\n send \"\" }\n",
    // An empty record, at the very end too, is not the end of the connection.
    "server s { listen unix_seqpacket s.seq\n accept { recv \"\"\n recv \"a\"\n recv \"\"\n recv eof } }\n"
    "client c { connect s\n send \"\"\n send \"a\"\n send \"\" }\n",
    "server s { bind udp 127.0.0.1:0\n repeat 3 { either { recv \"ab\" } or { recv u8 u8 u8 } or { recv rest as r\n expect len(r) == 5 } } }\n"
    "client c { connect s\n send \"abc\"\n send \"abcde\"\n send \"ab\" }\n",
    // A record whose ending does not come is not consumed by the branch that wanted both.
    "server s { listen unix_seqpacket s.seq\n accept { either { recv \"a\" eof } or { recv \"a\" }\n"
    "  either { recv \"b\" eof within 5ms } or { recv \"b\"\n signal had } \n recv eof } }\n"
    "client c { connect s\n send \"a\"\n send \"b\"\n wait had }\n",
    // discard passes empty ones, and what stands behind them.
    "server s { bind udp 127.0.0.1:0\n recv \"a\"\n wait c\n discard }\n"
    "client c { connect s\n send \"a\"\n send \"\"\n send \"b\"\n send \"\" }\n",
    // The sender waits for room in a queue that it is not connected to.
    "server s { bind unix_dgram s.sock\n wait go\n repeat 1000 { recv u16be == 0 } }\n"
    "client c { socket unix_dgram\n signal go\n send zeros(2000) in chunks of 2 to s.address }\n",
    "server s { listen mptcp 127.0.0.1:0\n accept { recv \"ab\" eof\n send \"c\" } }\n"
    "client c { connect s\n send \"ab\" in chunks of 1\n shutdown write\n recv \"c\" eof }\n",
};
enum { GOOD = sizeof(good) / sizeof(*good) };

START_TEST(passes) {
    for (int i = 0; i < THREAD_COUNTS; i++)
        play_passes(&(struct play_options){.threads = thread_counts[i], .copies = 20, .workers = 4},
                    "scenario \"edges\"\ntimeout 20s\n%s", good[_i]);
}
END_TEST

START_TEST(passes_on_a_busy_machine) {
    struct load load;
    load_begin(&load);
    for (int i = 0; i < GOOD; i++)
        play_passes(&(struct play_options){.threads = 2, .copies = 50, .workers = 4},
                    "scenario \"edges\"\ntimeout 60s\n%s", good[i]);
    load_end(&load);
}
END_TEST

// --- what fails

static const struct {
    const char *text;
    enum failure_kind kind;
    const char *message; // how it begins
    uint64_t offset;
} bad[] = {
    {"server s { bind udp 127.0.0.1:0\n recv \"one\"\n recv \"abc\" }\nclient c { connect s\n send \"one\"\n send \"abcd\" }\n",
     FAILURE_MISMATCH, "the datagram goes on where the pattern ends, at byte 3 of the datagram on 127.0.0.1:", 6},
    {"server s { bind udp 127.0.0.1:0\n recv \"abc\" }\nclient c { connect s\n send \"ab\"\n send \"c\" }\n",
     FAILURE_MISMATCH, "the datagram ended before the pattern was done, at byte 2 of the datagram on ", 2},
    {"server s { bind udp 127.0.0.1:0\n recv \"abc\" }\nclient c { connect s\n send \"abx\" }\n", FAILURE_MISMATCH,
     "received bytes differ at byte 2 of the datagram on ", 2},
    {"server s { bind udp 127.0.0.1:0\n recv \"a\" from b.local }\nclient b { connect s }\n"
     "client c { connect s\n wait b.local\n send \"a\" }\n",
     FAILURE_MISMATCH, "expected a datagram from 127.0.0.1:", 0},
    {"server s { bind unix_dgram s.sock\n recv rest }\n"
     "client c { connect s\n set SO_SNDBUF 200000\n send zeros(300000) }\n",
     FAILURE_MISMATCH, "a datagram of more than 256 KiB was cut off on ", 256 * 1024},
    {"server s { bind udp 127.0.0.1:0\n wait c }\nclient c { connect s\n send \"\" }\n", FAILURE_UNMATCHED,
     "an empty datagram arrived and was never matched before the close of ", 0},
    {"server s { bind udp 127.0.0.1:0\n wait c }\nclient c { connect s\n send \"abc\" }\n", FAILURE_UNMATCHED,
     "a datagram of 3 bytes arrived and was never matched before the close of ", 0},
    {"server s { listen unix_seqpacket s.seq\n accept { wait c } }\nclient c { connect s\n send \"\" }\n",
     FAILURE_UNMATCHED, "an empty record arrived and was never matched before the close of ", 0},
    {"server s { listen unix_seqpacket s.seq\n accept { recv \"a\" } }\nclient c { connect s }\n", FAILURE_MISMATCH,
     "the peer closed where a record was to come, on ", 0},
    {"server s { listen unix_seqpacket s.seq\n accept { recv eof } }\nclient c { connect s\n send \"\" }\n",
     FAILURE_ENDING, "expected eof, got a record on ", 0},
    {"server s { bind udp 127.0.0.1:0\n recv eof }\nclient c { connect s }\n", FAILURE_CALL,
     "a datagram socket has no connection whose end could be received", 0},
    {"server s { listen tcp 127.0.0.1:0\n accept { recv closed } }\nclient c { connect s\n send \"a\" to s.address }\n",
     FAILURE_VALUE, "`to` is for datagrams, and this is a stream", 0},
    {"server s { bind udp 127.0.0.1:0\n wait c }\nclient c { wait s.address\n bind s.address }\n", FAILURE_CALL,
     "bind failed with EADDRINUSE", 0},
    {"server s { bind udp 127.0.0.1:0\n recv \"a\" }\nclient c { connect s\n recv \"b\" }\n", FAILURE_DEADLOCK,
     "everybody waits", 0},
    {"server s { listen unix_seqpacket s.seq\n accept { recv \"a\" } }\nclient c { connect s\n recv \"b\" }\n",
     FAILURE_DEADLOCK, "everybody waits", 0},
};
enum { BAD = sizeof(bad) / sizeof(*bad) };

START_TEST(fails_and_says_why) {
    for (int i = 0; i < THREAD_COUNTS; i++) {
        struct played played;
        play(&played, &(struct play_options){.threads = thread_counts[i]}, "scenario \"edges\"\ntimeout 100s\n%s", bad[_i].text);
        const struct failure *failure = first_failure(played.journals[0]);
        ck_assert_msg(failure != NULL, "passed: %s", bad[_i].text);
        bool const begins = strncmp(failure->message, bad[_i].message, strlen(bad[_i].message)) == 0;
        ck_assert_msg(begins && failure->kind == bad[_i].kind, "%s\n%s", bad[_i].text, failure->message);
        ck_assert_uint_eq(failure->offset, bad[_i].offset);
        ck_assert_int_lt(played.duration_ns, 50 * NS_PER_S);
        played_fini(&played);
    }
}
END_TEST

// --- what was sent in pieces is not put together

START_TEST(each_send_is_an_event) {
    struct played played;
    play(&played, &(struct play_options){0},
         "scenario \"edges\"\nserver s { bind udp 127.0.0.1:0\n recv \"ab\"\n recv \"c\" }\n"
         "client c { connect s\n send \"abc\" in chunks of 2 }\n");
    ck_assert_uint_eq(count_events(played.journals[0], EVENT_SENT), 2);
    ck_assert_uint_eq(count_events(played.journals[0], EVENT_MATCHED), 2);
    played_fini(&played);
}
END_TEST

// --- a peer that is none of ours may take its time: that is no deadlock

struct stranger {
    int fd;
    bool is_stream;
};

static void *answers_late(void *argument) {
    const struct stranger *const stranger = argument;
    int const fd = stranger->is_stream ? accept(stranger->fd, NULL, NULL) : stranger->fd;
    char question[8];
    struct sockaddr_storage from;
    socklen_t from_len = sizeof from;
    if (recvfrom(fd, question, sizeof question, 0, (struct sockaddr *)&from, &from_len) < 0) return NULL;
    nanosleep(&(struct timespec){.tv_nsec = 300 * NS_PER_MS}, NULL);
    if (stranger->is_stream) send(fd, "b", 1, MSG_NOSIGNAL);
    else sendto(fd, "b", 1, 0, (struct sockaddr *)&from, from_len);
    if (stranger->is_stream) close(fd);
    return NULL;
}

static void ask_stranger(struct stranger *stranger, const char *steps) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, answers_late, stranger), 0);
    play_passes(&(struct play_options){0}, "scenario \"a stranger\"\ntimeout 10s\nclient c { %s }\n", steps);
    pthread_join(thread, NULL);
    close(stranger->fd);
}

static const char *const udp_steps[] = {"connect udp 127.0.0.1:%u\n send \"a\"\n recv \"b\"",
                                        "bind udp 127.0.0.1:0\n send \"a\" to udp 127.0.0.1:%u\n recv \"b\""};

START_TEST(waits_for_a_stranger_over_udp) {
    struct stranger stranger = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    ck_assert_int_eq(bind(stranger.fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(getsockname(stranger.fd, (struct sockaddr *)&address, &len), 0);
    struct buffer steps = {0};
    const char *const hole = strstr(udp_steps[_i], "%u");
    buffer_printf(&steps, "%.*s%u%s", (int)(hole - udp_steps[_i]), udp_steps[_i], ntohs(address.sin_port), hole + 2);
    ask_stranger(&stranger, steps.data);
    buffer_fini(&steps);
}
END_TEST

START_TEST(waits_for_a_stranger_over_unix) {
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
    static const char *const words[] = {"unix", "unix_seqpacket"};
    struct stranger stranger = {.fd = socket(AF_UNIX, types[_i] | SOCK_CLOEXEC, 0), .is_stream = true};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(sa_family_t); // unix(7): the kernel picks an abstract name of five digits
    ck_assert_int_eq(bind(stranger.fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(stranger.fd, 1), 0);
    len = sizeof address;
    ck_assert_int_eq(getsockname(stranger.fd, (struct sockaddr *)&address, &len), 0);
    struct buffer steps = {0};
    buffer_printf(&steps, "connect %s \"@%.5s\"\n send \"a\"\n recv \"b\"", words[_i], address.sun_path + 1);
    ask_stranger(&stranger, steps.data);
    buffer_fini(&steps);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("message_socket");
    TCase *edges = tcase_create("edges"), *faults = tcase_create("faults"), *strangers = tcase_create("strangers");
    tcase_set_timeout(edges, 100);
    tcase_add_loop_test(edges, passes, 0, GOOD);
    tcase_add_test(edges, passes_on_a_busy_machine);
    tcase_add_test(edges, each_send_is_an_event);
    tcase_set_timeout(faults, 60);
    tcase_add_loop_test(faults, fails_and_says_why, 0, BAD);
    tcase_set_timeout(strangers, 30);
    tcase_add_loop_test(strangers, waits_for_a_stranger_over_udp, 0, 2);
    tcase_add_loop_test(strangers, waits_for_a_stranger_over_unix, 0, 2);
    suite_add_tcase(suite, edges);
    suite_add_tcase(suite, faults);
    suite_add_tcase(suite, strangers);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
