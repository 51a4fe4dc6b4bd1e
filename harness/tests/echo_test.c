// The parts of fixtures/echo, each over a socket pair: its wire.h, message.h, tally.h, connection.h, endpoint.h.
#include "connection.h"
#include "endpoint.h"
#include "message.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static int ours, theirs, stop;
static struct wire wire; // on ours

static void set_up(void) {
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ours = ends[0];
    theirs = ends[1];
    stop = eventfd(0, 0);
    wire = (struct wire){.fd = ours, .stop_fd = stop};
}

static void tear_down(void) {
    close(ours);
    close(theirs);
    close(stop);
}

static void ask_to_stop(void) { ck_assert_int_eq(eventfd_write(stop, 1), 0); }

static void send_from(int fd, const void *bytes, size_t len) {
    ck_assert_int_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

// --- the other end, in a thread

struct piece {
    const char *bytes;
    size_t len;
};

// Sends pieces, each when our end has taken the one before.
static void *send_pieces(void *argument) {
    for (const struct piece *piece = argument; piece->bytes; piece++) {
        send_from(theirs, piece->bytes, piece->len);
        struct pollfd queued = {.fd = ours, .events = POLLIN};
        while (poll(&queued, 1, 0) == 1) sched_yield();
    }
    return NULL;
}

enum { LARGE = 1 << 20 };

static void *read_large(void *argument) {
    unsigned char *const bytes = argument;
    for (size_t done = 0; done < LARGE;) {
        ssize_t const count = recv(theirs, bytes + done, LARGE - done < 999 ? LARGE - done : 999, 0);
        ck_assert_int_gt(count, 0);
        done += (size_t)count;
    }
    return NULL;
}

// --- messages

static void assert_body(const struct message *message, const char *wanted) {
    ck_assert_uint_eq(message->frame_len - MESSAGE_HEADER, strlen(wanted));
    ck_assert_mem_eq(message->frame + MESSAGE_HEADER, wanted, strlen(wanted));
}

START_TEST(messages_are_told_apart_in_one_piece) {
    struct message message = {0};
    send_from(theirs, "\0\0\0\3one\0\0\0\0\0\0\0\5three", 20);
    static const char *const WANTED[] = {"one", "", "three"};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(message_read(&wire, &message), WIRE_OPEN);
        assert_body(&message, WANTED[i]);
    }
    message_fini(&message);
}
END_TEST

// Cut in two at every place.
START_TEST(messages_are_put_together) {
    static const char FRAME[] = "\0\0\0\5bytes";
    struct message message = {0};
    struct piece pieces[] = {{FRAME, (size_t)_i}, {FRAME + _i, sizeof FRAME - 1 - (size_t)_i}, {0}};
    pthread_t sender;
    ck_assert_int_eq(pthread_create(&sender, NULL, send_pieces, pieces), 0);
    ck_assert_int_eq(message_read(&wire, &message), WIRE_OPEN);
    pthread_join(sender, NULL);
    assert_body(&message, "bytes");
    message_fini(&message);
}
END_TEST

START_TEST(an_answer_larger_than_the_buffer_goes_out_whole) {
    static unsigned char got[LARGE];
    struct message message = {0};
    ck_assert_int_eq(setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int)), 0);
    ck_assert_int_eq(message_resize(&message, LARGE - MESSAGE_HEADER), 0);
    for (size_t i = MESSAGE_HEADER; i < LARGE; i++) message.frame[i] = (unsigned char)(i * 31 >> 3);
    pthread_t reader;
    ck_assert_int_eq(pthread_create(&reader, NULL, read_large, got), 0);
    ck_assert_int_eq(message_write(&wire, &message), WIRE_OPEN);
    pthread_join(reader, NULL);
    ck_assert_mem_eq(got, message.frame, LARGE);
    ck_assert_mem_eq(got, "\x00\x0f\xff\xfc", MESSAGE_HEADER);
    message_fini(&message);
}
END_TEST

START_TEST(resized_keeps_what_it_has) {
    struct message message = {0};
    ck_assert_int_eq(message_resize(&message, 2), 0);
    memcpy(message.frame + MESSAGE_HEADER, "ab", 2);
    ck_assert_int_eq(message_resize(&message, 70000), 0);
    ck_assert_uint_eq(message.frame_len, 70004);
    ck_assert_mem_eq(message.frame, "\x00\x01\x11\x70" "ab", 6);
    ck_assert_int_eq(message_resize(&message, MESSAGE_MAX + 1), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_uint_eq(message.frame_len, 70004);
    message_fini(&message);
    ck_assert_ptr_null(message.frame);
}
END_TEST

// --- ends

static void assert_read(enum wire_end wanted, int error) {
    struct message message = {0};
    errno = 0;
    ck_assert_int_eq(message_read(&wire, &message), wanted);
    if (error) ck_assert_int_eq(errno, error);
    message_fini(&message);
}

START_TEST(ends_of_reading) {
    static const struct {
        const char *bytes;
        size_t len;
        enum wire_end end;
        int error;
    } ROWS[] = {
        {"", 0, WIRE_EOF, 0},
        {"\0\0", 2, WIRE_EOF, 0},
        {"\0\0\0\4abc", 7, WIRE_EOF, 0},
        {"\1\0\0\1", 4, WIRE_BROKEN, EMSGSIZE}, // a byte more than any may be
        {"\xff\xff\xff\xff", 4, WIRE_BROKEN, EMSGSIZE},
    };
    send_from(theirs, ROWS[_i].bytes, ROWS[_i].len);
    shutdown(theirs, SHUT_WR);
    assert_read(ROWS[_i].end, ROWS[_i].error);
}
END_TEST

START_TEST(a_reset_is_broken) {
    send_from(ours, "unread", 6); // which makes the close a reset: unix(7)
    close(theirs);
    theirs = -1;
    assert_read(WIRE_BROKEN, ECONNRESET);
}
END_TEST

// The default action of SIGPIPE would end this very process.
START_TEST(nobody_there_is_an_error_and_no_signal) {
    close(theirs);
    theirs = -1;
    ck_assert_int_eq(wire_write(&wire, "x", 1), WIRE_BROKEN);
    ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(stop_ends_whatever_waits) {
    static unsigned char bytes[LARGE];
    ask_to_stop();
    assert_read(WIRE_STOPPED, 0);
    ck_assert_int_eq(wire_write(&wire, bytes, sizeof bytes), WIRE_STOPPED);
    struct wire const unstoppable = {.fd = ours, .stop_fd = -1};
    ck_assert_int_eq(wire_write(&unstoppable, "x", 1), WIRE_OPEN);
}
END_TEST

// --- the tally, and connections

static struct tally tally;

static void *add_many(void *argument) {
    for (int i = 0; i < 20000; i++) tally_add(argument, 3);
    return NULL;
}

START_TEST(nothing_is_lost_of_what_threads_add) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, add_many, &tally.bytes);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    ck_assert_uint_eq(tally.bytes, 4 * 20000 * 3);
}
END_TEST

static void assert_closed(void) {
    char byte;
    ck_assert_int_eq(recv(theirs, &byte, 1, 0), 0);
}

START_TEST(a_connection_answers_counts_and_closes) {
    static const char FRAMES[] = "\0\0\0\2hi\0\0\0\5there";
    char answer[sizeof FRAMES];
    send_from(theirs, FRAMES, sizeof FRAMES - 1);
    shutdown(theirs, SHUT_WR);
    struct connection *connection = connection_start(dup(ours), stop, &tally);
    ck_assert_ptr_nonnull(connection);
    close(ours); // the connection's descriptor is the last one
    ours = -1;
    ck_assert_int_eq(recv(theirs, answer, sizeof FRAMES - 1, MSG_WAITALL), sizeof FRAMES - 1);
    ck_assert_mem_eq(answer, FRAMES, sizeof FRAMES - 1);
    assert_closed();
    ck_assert(atomic_load(&connection->is_ending));
    connection_free(connection);
    ck_assert_uint_eq(tally.messages, 2);
    ck_assert_uint_eq(tally.bytes, 7);
}
END_TEST

START_TEST(a_connection_is_stopped) {
    struct connection *connection = connection_start(dup(ours), stop, &tally);
    ck_assert_ptr_nonnull(connection);
    close(ours);
    ours = -1;
    ck_assert(!atomic_load(&connection->is_ending));
    ask_to_stop();
    assert_closed();
    connection_free(connection);
}
END_TEST

// --- endpoints

static void assert_connected(int listener, const char *where, bool is_unix) {
    ck_assert_int_ge(listener, 0);
    int const client = endpoint_connect(where, is_unix);
    ck_assert_int_ge(client, 0);
    int const server = accept(listener, NULL, NULL);
    send_from(server, "x", 1);
    char byte;
    ck_assert_int_eq(recv(client, &byte, 1, 0), 1);
    close(server);
    close(client);
    close(listener);
}

START_TEST(tcp_endpoints) {
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    static const char *const HOSTS[] = {"127.0.0.1", "[::1]"};
    char where[40];
    snprintf(where, sizeof where, "%s:0", HOSTS[_i]);
    int const listener = endpoint_listen(where, false);
    if (listener < 0 && errno == EADDRNOTAVAIL) return; // a machine without IPv6
    getsockname(listener, (struct sockaddr *)&address, &len);
    uint16_t port; // of both families in the same place
    memcpy(&port, (char *)&address + 2, sizeof port);
    snprintf(where, sizeof where, "%s:%d", HOSTS[_i], (port >> 8 | port << 8) & 0xffff);
    assert_connected(listener, where, false);
}
END_TEST

START_TEST(unix_endpoints) {
    char folder[] = "/tmp/echo-test.XXXXXX", path[40], too_long[200] = {0};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    assert_connected(endpoint_listen(path, true), path, true);
    ck_assert_int_eq(endpoint_listen(path, true), -1); // it is there already
    ck_assert_int_eq(endpoint_connect(path, true), -1);
    unlink(path);
    rmdir(folder);
    memset(too_long, 'x', sizeof too_long - 1);
    ck_assert_int_eq(endpoint_connect(too_long, true), -1);
}
END_TEST

START_TEST(wrong_endpoints) {
    static const char *const TEXTS[] = {"", "7000", "[::1:7000", "127.0.0.1:no-such-service"};
    ck_assert_int_eq(endpoint_connect(TEXTS[_i], false), -1);
    ck_assert_int_eq(endpoint_listen(TEXTS[_i], false), -1);
}
END_TEST

START_TEST(inherited_is_only_what_is_ours) {
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    ck_assert_int_eq(endpoint_inherited(), -1);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", "1", 1);
    ck_assert_int_eq(endpoint_inherited(), -1);
    setenv("LISTEN_PID", pid, 1);
    ck_assert_int_eq(endpoint_inherited(), 3);
    setenv("LISTEN_FDS", "2", 1);
    ck_assert_int_eq(endpoint_inherited(), -1);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("echo");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, messages_are_told_apart_in_one_piece);
    tcase_add_loop_test(tests, messages_are_put_together, 1, 9);
    tcase_add_test(tests, an_answer_larger_than_the_buffer_goes_out_whole);
    tcase_add_test(tests, resized_keeps_what_it_has);
    tcase_add_loop_test(tests, ends_of_reading, 0, 5);
    tcase_add_test(tests, a_reset_is_broken);
    tcase_add_test(tests, nobody_there_is_an_error_and_no_signal);
    tcase_add_test(tests, stop_ends_whatever_waits);
    tcase_add_test(tests, nothing_is_lost_of_what_threads_add);
    tcase_add_test(tests, a_connection_answers_counts_and_closes);
    tcase_add_test(tests, a_connection_is_stopped);
    tcase_add_loop_test(tests, tcp_endpoints, 0, 2);
    tcase_add_test(tests, unix_endpoints);
    tcase_add_loop_test(tests, wrong_endpoints, 0, 4);
    tcase_add_test(tests, inherited_is_only_what_is_ours);
    Suite *suite = suite_create("echo");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
