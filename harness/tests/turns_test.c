// How often the kernel is asked: by who talks in turns, by a crowd, and for the bytes of a file. The C library's calls are
// this program's own, and counted. And that what is not asked is not missed.
#include "engine_play.h"

#include "base/sanitizer.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if !SANITIZER_ADDRESS && !SANITIZER_THREAD
enum { COUNTS = 1 };

static atomic_uint receives, empty_receives, own_names, peer_names, opened;
static const char *opened_path; // whose opens are counted

static ssize_t received(long result) {
    atomic_fetch_add(&receives, 1);
    if (result < 0 && errno == EAGAIN) atomic_fetch_add(&empty_receives, 1);
    return result;
}

ssize_t recv(int fd, void *data, size_t len_bytes, int flags) {
    return received(syscall(SYS_recvfrom, fd, data, len_bytes, flags, NULL, NULL));
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    return received(syscall(SYS_recvmsg, fd, message, flags));
}

int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *restrict len_bytes) {
    atomic_fetch_add(&own_names, 1);
    return (int)syscall(SYS_getsockname, fd, address.__sockaddr__, len_bytes);
}

int getpeername(int fd, __SOCKADDR_ARG address, socklen_t *restrict len_bytes) {
    atomic_fetch_add(&peer_names, 1);
    return (int)syscall(SYS_getpeername, fd, address.__sockaddr__, len_bytes);
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t const mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (opened_path && strcmp(path, opened_path) == 0) atomic_fetch_add(&opened, 1);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
#else // whose own wrappers these are
enum { COUNTS = 0 };

static atomic_uint receives, empty_receives, own_names, peer_names, opened;
static const char *opened_path;
#endif

static void set_up(void) {
    atomic_store(&receives, 0);
    atomic_store(&empty_receives, 0);
    atomic_store(&own_names, 0);
    atomic_store(&peer_names, 0);
    atomic_store(&opened, 0);
}

static const char talk[] = "scenario \"turns\"\ntimeout 60s\n"
                           "server answers { listen tcp 127.0.0.1:0\n"
                           " accept { repeat %u { recv \"x\"\n send \"y\" }\n recv eof } }\n"
                           "client asks { connect answers\n repeat %u { send \"x\"\n recv \"y\" } }\n";

START_TEST(a_turn_is_one_receive) {
    enum { TURNS = 500, BESIDES = 40 };
    play_passes(&(struct play_options){.threads = 1}, talk, TURNS, TURNS);
    if (!COUNTS) return;
    ck_assert_uint_le(atomic_load(&receives), 2 * TURNS + BESIDES);
    ck_assert_uint_le(atomic_load(&empty_receives), BESIDES);
}
END_TEST

START_TEST(turns_go_over_any_placement) {
    enum { TURNS = 300 };
    play_passes(&(struct play_options){.threads = (uint32_t)_i}, talk, TURNS, TURNS);
}
END_TEST

// Behind the last byte comes the end, or a reset, in the same moment or later: each is seen.
START_TEST(an_end_behind_turns_is_seen) {
    static const struct {
        const char *ends, *sees;
    } ways[] = {
        {"close", "recv eof"},
        {"send \"last\"\n close", "recv \"last\"\n recv eof"},
        {"shutdown write\n recv eof", "recv eof"},
        {"sleep 20ms\n close", "recv eof"},
        {"reset", "recv reset"},
        {"sleep 20ms\n reset", "recv reset"},
        {"send \"last\"\n sleep 20ms\n close", "recv bytes(4)\n recv eof"},
        {"send \"line\\r\\n\"\n close", "recv line\n recv eof"},
        {"send \"rest\"\n close", "recv rest == \"rest\""},
        {"sleep 60ms\n send \"late\"\n close", "recv nothing for 30ms\n recv \"late\" eof"},
    };
    for (uint32_t threads = 1; threads <= 2; threads++) {
        play_passes(&(struct play_options){.threads = threads},
                    "scenario \"ends\"\ntimeout 60s\n"
                    "server answers { listen tcp 127.0.0.1:0\n"
                    " accept { repeat 9 { recv \"x\"\n send \"y\" }\n %s } }\n"
                    "client asks { connect answers\n repeat 9 { send \"x\"\n recv \"y\" }\n %s }\n",
                    ways[_i].ends, ways[_i].sees);
    }
}
END_TEST

START_TEST(what_nobody_received_is_still_found) {
    struct played played;
    play(&played, &(struct play_options){.threads = 1},
         "scenario \"left\"\ntimeout 60s\n"
         "server answers { listen tcp 127.0.0.1:0\n"
         " accept { repeat 9 { recv \"x\"\n send \"y\" }\n recv \"x\"\n send \"yz\"\n recv eof } }\n"
         "client asks { connect answers\n repeat 10 { send \"x\"\n recv \"y\" }\n expect unread == 1 within 9s\n close }\n");
    const struct failure *failure = first_failure(played.journals[0]);
    ck_assert_ptr_nonnull(failure);
    ck_assert_int_eq(failure->kind, FAILURE_UNMATCHED);
    ck_assert_uint_eq(failure->received.len_bytes, 1);
    ck_assert_int_eq(failure->received.data[0], 'z');
    played_fini(&played);
}
END_TEST

START_TEST(nothing_to_wait_for_is_not_waited_for) {
    play_passes(&(struct play_options){.threads = 1},
                "scenario \"none\"\ntimeout 60s\n"
                "server answers { listen tcp 127.0.0.1:0\n"
                " accept { repeat 9 { recv \"x\"\n send \"y\" }\n recv eof } }\n"
                "client asks { connect answers\n repeat 9 { send \"x\"\n recv \"y\"\n recv bytes(0)\n recv \"\" } }\n");
}
END_TEST

START_TEST(addresses_are_asked_for_once) {
    enum { CLIENTS = 50, BESIDES = 10 };
    play_passes(&(struct play_options){.threads = 1},
                "scenario \"crowd\"\ntimeout 60s\n"
                "server host { listen tcp 127.0.0.1:0\n accept * %d { recv \"a\"\n send \"b\"\n recv eof } }\n"
                "client guest * %d { connect host\n barrier open\n send \"a\"\n recv \"b\" }\n",
                CLIENTS, CLIENTS);
    if (!COUNTS) return;
    ck_assert_uint_le(atomic_load(&own_names), 2 * CLIENTS + BESIDES);
    ck_assert_uint_le(atomic_load(&peer_names), BESIDES);
}
END_TEST

START_TEST(a_file_is_read_once) {
    char path[] = "/tmp/turns_test.XXXXXX";
    int const fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "from a file", 11), 11);
    close(fd);
    opened_path = path;
    play_passes(&(struct play_options){.threads = 1},
                "scenario \"file\"\ntimeout 60s\nlet words = file \"%s\"\n"
                "server echo { listen tcp 127.0.0.1:0\n accept * 20 { recv words\n send words\n recv eof } }\n"
                "client caller * 20 { connect echo\n send words\n recv words\n expect len(words) == 11 }\n",
                path);
    unlink(path);
    if (COUNTS) ck_assert_uint_eq(atomic_load(&opened), 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("turns");
    TCase *tcase = tcase_create("turns");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, a_turn_is_one_receive);
    tcase_add_loop_test(tcase, turns_go_over_any_placement, 1, 4);
    tcase_add_loop_test(tcase, an_end_behind_turns_is_seen, 0, 10);
    tcase_add_test(tcase, what_nobody_received_is_still_found);
    tcase_add_test(tcase, nothing_to_wait_for_is_not_waited_for);
    tcase_add_test(tcase, addresses_are_asked_for_once);
    tcase_add_test(tcase, a_file_is_read_once);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
