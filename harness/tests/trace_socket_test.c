// Paths of real sockets, from the packets of a network of the test's own: net/trace.h. Each as we are and as an ordinary user,
// from the ring and from the log.
#include "net/net.h"
#include "net/trace.h"

#include "base/clock.h"
#include "netlink.h"
#include "own_network.h"
#include "world/fault.h"

#include <check.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SOURCE_COUNT = 2, GROUP = 7, LONG_MS = 20 * 1000 };

static struct trace *trace;
static int trace_fd;
static struct diag_socket diag;
static struct buffer trouble;

// Even numbers from the ring, odd ones from the log.
static void enter(int loop) {
    enter_own_network(loop / SOURCE_COUNT);
    ck_assert_int_eq(link_up("lo"), 0);
    enum trace_source const source = loop % SOURCE_COUNT == 0 ? TRACE_RING : TRACE_LOG;
    if (source == TRACE_LOG)
        ck_assert_msg(fault_log_delivered(GROUP, &trouble) == 0, "the log: %s", trouble.data ? trouble.data : "");
    trace_fd = dup(STDIN_FILENO); // as the next one will be
    close(trace_fd);
    int const error = trace_open(&trace, source, GROUP);
    ck_assert_msg(error == 0, "trace_open: %s", strerrorname_np(-error));
    ck_assert_int_eq(diag_open(&diag), 0);
}

static void tear_down(void) {
    trace_close(trace);
    diag_close(&diag);
    fault_end();
    buffer_fini(&trouble);
}


// --- sockets, as the engine plays them

struct side {
    int fd;
    struct address local, peer;
    struct trace_end *end;
    bool was_reset; // by us
};

static struct address address_of(const char *text) {
    struct address address;
    bool has_port;
    ck_assert(address_parse(slice_text(text), &address, &has_port));
    return address;
}

static int listening(struct address *at, int backlog) {
    int const fd = net_socket(at->as.any.sa_family == AF_INET6 ? FAMILY_TCP6 : FAMILY_TCP);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(net_bind(fd, at, true), 0);
    ck_assert_int_eq(net_listen(fd, backlog), 0);
    net_local(fd, at);
    return fd;
}

static enum state kernel_state(const struct side *side) {
    enum state state = side->fd >= 0 ? net_state(&diag, side->fd) : STATE_CLOSE;
    if (state == STATE_CLOSE) state = net_state_of_pair(&diag, &side->local, &side->peer);
    return state;
}

static void look(struct side *side) {
    enum state const state = kernel_state(side);
    if (state == STATE_CLOSE && side->fd < 0 && !side->was_reset) trace_forgotten(trace, side->end);
    else trace_seen(trace, side->end, state);
}

static void wait_for(int fd, short events) {
    struct pollfd waiting = {.fd = fd, .events = events};
    ck_assert_int_eq(poll(&waiting, 1, LONG_MS), 1);
}

// `from_port` 0: any.
static int begin_connect(struct side *side, const struct address *to, uint16_t from_port) {
    side->fd = net_socket(to->as.any.sa_family == AF_INET6 ? FAMILY_TCP6 : FAMILY_TCP);
    struct address from = address_of("127.0.0.1:0");
    address_set_port(&from, from_port);
    if (from_port) ck_assert_int_eq(net_bind(side->fd, &from, true), 0);
    int const result = net_connect(side->fd, to);
    net_local(side->fd, &side->local);
    side->was_reset = false;
    side->peer = *to;
    side->end = trace_take(trace, &side->local, &side->peer, TRACE_CONNECTS);
    ck_assert_ptr_nonnull(side->end);
    look(side);
    return result;
}

static void accept_side(struct side *side, int listener) {
    wait_for(listener, POLLIN);
    side->fd = net_accept(listener, NULL);
    ck_assert_int_ge(side->fd, 0);
    side->was_reset = false;
    net_local(side->fd, &side->local);
    net_peer(side->fd, &side->peer);
    side->end = trace_take(trace, &side->local, &side->peer, TRACE_ACCEPTS);
    ck_assert_ptr_nonnull(side->end);
    look(side);
}

static void open_pair(const char *at, struct side *client, struct side *server) {
    struct address address = address_of(at);
    int const listener = listening(&address, 16);
    begin_connect(client, &address, 0);
    accept_side(server, listener);
    wait_for(client->fd, POLLOUT);
    net_close(listener, false);
}

static void close_side(struct side *side, bool abortive) {
    look(side);
    trace_call(trace, side->end, abortive ? TRACE_ABORT : TRACE_END);
    net_close(side->fd, abortive);
    side->fd = -1;
    side->was_reset = abortive;
    look(side);
}

static void shut_side(struct side *side) {
    look(side);
    trace_call(trace, side->end, TRACE_END);
    ck_assert_int_eq(net_shutdown(side->fd, SHUTDOWN_WRITE), 0);
    look(side);
}

static void send_byte(struct side *side) {
    ck_assert_int_eq(net_send(side->fd, "x", 1), 1);
}

static void read_byte(struct side *side) {
    char byte;
    wait_for(side->fd, POLLIN);
    ck_assert_int_eq(net_recv(side->fd, &byte, 1), 1);
}

static void read_end(struct side *side) {
    char byte;
    wait_for(side->fd, POLLIN);
    ck_assert_int_eq(net_recv(side->fd, &byte, 1), 0);
}

static const char *path_of(struct side *side) {
    static char text[256];
    struct buffer buffer = {0};
    struct state_path path;
    trace_path(trace, side->end, &path);
    path_text(&path, &buffer);
    snprintf(text, sizeof text, "%s", buffer.data ? buffer.data : "");
    buffer_fini(&buffer);
    return text;
}

// The path comes to be that, sooner or later.
static void comes_to(struct side *side, const char *wanted) {
    int64_t const deadline_ns = clock_now_ns() + LONG_MS * NS_PER_MS;
    do {
        look(side);
        if (strcmp(path_of(side), wanted) == 0) return;
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    } while (clock_now_ns() < deadline_ns);
    ck_abort_msg("the path is\n  %s, wanted\n  %s", path_of(side), wanted);
}

#define CLIENT "SYN_SENT -> ESTABLISHED"
#define SERVER "SYN_RECV -> ESTABLISHED"
#define ACTIVE " -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT"
#define PASSIVE " -> CLOSE_WAIT -> LAST_ACK -> CLOSE"

static const char *const loopbacks[] = {"127.0.0.1:0", "[::1]:0"};

START_TEST(closed_by_the_client) {
    struct side client, server;
    enter(_i);
    for (int i = 0; i < 2; i++) {
        open_pair(loopbacks[i], &client, &server);
        comes_to(&client, CLIENT);
        comes_to(&server, SERVER);
        close_side(&client, false);
        comes_to(&server, SERVER " -> CLOSE_WAIT");
        comes_to(&client, CLIENT " -> FIN_WAIT1 -> FIN_WAIT2");
        close_side(&server, false);
        comes_to(&client, CLIENT ACTIVE);
        comes_to(&server, SERVER PASSIVE);
    }
}
END_TEST

START_TEST(closed_by_the_server) {
    struct side client, server;
    enter(_i);
    open_pair("127.0.0.1:0", &client, &server);
    send_byte(&client);
    read_byte(&server);
    close_side(&server, false);
    close_side(&client, false); // its FIN carries the acknowledgement
    comes_to(&server, SERVER ACTIVE);
    comes_to(&client, CLIENT PASSIVE);
    ck_assert_uint_eq(trace_lost(trace), 0);
}
END_TEST

START_TEST(closed_by_both_at_once) {
    struct side client, server;
    enter(_i);
    open_pair("127.0.0.1:0", &client, &server);
    int const error = fault_rate(80 * 1000, &trouble);
    ck_assert_msg(error == 0, "fault_rate: %s", trouble.data ? trouble.data : "");
    char bytes[600] = {0};
    for (int i = 0; i < 3; i++) { // so that both FINs have to wait
        ck_assert_int_eq(net_send(client.fd, bytes, sizeof bytes), sizeof bytes);
        ck_assert_int_eq(net_send(server.fd, bytes, sizeof bytes), sizeof bytes);
    }
    shut_side(&client);
    shut_side(&server);
    comes_to(&client, CLIENT " -> FIN_WAIT1 -> CLOSING -> TIME_WAIT");
    comes_to(&server, SERVER " -> FIN_WAIT1 -> CLOSING -> TIME_WAIT");
}
END_TEST

START_TEST(half_closed) {
    struct side client, server;
    enter(_i);
    open_pair("127.0.0.1:0", &client, &server);
    shut_side(&client);
    read_end(&server);
    send_byte(&server);
    read_byte(&client);
    look(&client);
    ck_assert_str_eq(path_of(&client), CLIENT " -> FIN_WAIT1 -> FIN_WAIT2");
    shut_side(&server);
    comes_to(&client, CLIENT ACTIVE);
    comes_to(&server, SERVER PASSIVE);
    close_side(&client, false);
    close_side(&server, false);
    comes_to(&client, CLIENT ACTIVE);
    comes_to(&server, SERVER PASSIVE);
}
END_TEST

START_TEST(aborted) {
    struct side client, server;
    enter(_i);
    open_pair("127.0.0.1:0", &client, &server);
    close_side(&client, true);
    comes_to(&client, CLIENT " -> CLOSE");
    comes_to(&server, SERVER " -> CLOSE");
    open_pair("127.0.0.1:0", &client, &server);
    close_side(&server, false);
    comes_to(&server, SERVER " -> FIN_WAIT1 -> FIN_WAIT2");
    close_side(&client, true);
    comes_to(&client, CLIENT " -> CLOSE_WAIT -> CLOSE");
    comes_to(&server, SERVER " -> FIN_WAIT1 -> FIN_WAIT2 -> CLOSE");
}
END_TEST

START_TEST(closed_with_unread_bytes) {
    struct side client, server;
    enter(_i);
    open_pair("127.0.0.1:0", &client, &server);
    send_byte(&server);
    wait_for(client.fd, POLLIN);
    close_side(&client, false);
    comes_to(&client, CLIENT " -> CLOSE");
    comes_to(&server, SERVER " -> CLOSE");
    open_pair("127.0.0.1:0", &client, &server);
    close_side(&client, false);
    send_byte(&server); // which nobody is there to read
    comes_to(&client, CLIENT " -> FIN_WAIT1 -> FIN_WAIT2 -> CLOSE");
    comes_to(&server, SERVER " -> CLOSE_WAIT -> CLOSE");
}
END_TEST

START_TEST(refused) {
    struct side client;
    enter(_i);
    struct address address = address_of("127.0.0.1:0");
    net_close(listening(&address, 1), false);
    begin_connect(&client, &address, 0);
    comes_to(&client, "SYN_SENT -> CLOSE");
}
END_TEST

// The third SYN finds a full queue; it comes again when there is room.
START_TEST(one_too_many_for_the_backlog) {
    struct side clients[3], servers[3];
    enter(_i);
    struct address address = address_of("127.0.0.1:0");
    int const listener = listening(&address, 1);
    for (int i = 0; i < 3; i++) begin_connect(&clients[i], &address, 0);
    comes_to(&clients[1], CLIENT);
    ck_assert_str_eq(path_of(&clients[2]), "SYN_SENT");
    for (int i = 0; i < 3; i++) {
        accept_side(&servers[i], listener);
        ck_assert_str_eq(path_of(&servers[i]), SERVER);
    }
    comes_to(&clients[2], CLIENT);
}
END_TEST

START_TEST(nobody_answers) {
    struct side client;
    enter(_i);
    if (_i % SOURCE_COUNT == 0) return; // the ring stands before the rules that drop
    ck_assert_int_eq(fault_drop(1, "tcp flags syn", &trouble), 0);
    struct address const address = address_of("127.0.0.1:9");
    client.fd = -1;
    begin_connect(&client, &address, 0);
    ck_assert_int_eq(net_set_option(client.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 300), 0);
    ck_assert_str_eq(path_of(&client), "SYN_SENT");
    comes_to(&client, "SYN_SENT -> CLOSE");
}
END_TEST

// Every FIN is taken away at first, so that each state stands still.
START_TEST(closing_held_still) {
    struct side client, server;
    enter(_i);
    if (_i % SOURCE_COUNT == 0) return;
    open_pair("127.0.0.1:0", &client, &server);
    char match[64];
    snprintf(match, sizeof match, "tcp dport %d", (int)address_port(&server.local));
    ck_assert_int_eq(fault_drop(1, match, &trouble), 0);
    snprintf(match, sizeof match, "tcp sport %d", (int)address_port(&server.local));
    ck_assert_int_eq(fault_drop(2, match, &trouble), 0);
    shut_side(&client);
    shut_side(&server);
    ck_assert_str_eq(path_of(&client), CLIENT " -> FIN_WAIT1");
    ck_assert_str_eq(path_of(&server), SERVER " -> FIN_WAIT1");
    ck_assert_int_eq(fault_drop_end(2, &trouble), 0);
    comes_to(&client, CLIENT " -> FIN_WAIT1 -> CLOSING");
    ck_assert_str_eq(path_of(&server), SERVER " -> FIN_WAIT1");
    ck_assert_int_eq(fault_drop_end(1, &trouble), 0);
    comes_to(&client, CLIENT " -> FIN_WAIT1 -> CLOSING -> TIME_WAIT");
    // What reaches the server first is chance: the client's FIN again, or its acknowledgement with it.
    int64_t const deadline_ns = clock_now_ns() + LONG_MS * NS_PER_MS;
    while (kernel_state(&server) != STATE_TIME_WAIT && clock_now_ns() < deadline_ns) look(&server);
    look(&server);
    ck_assert_ptr_null(strchr(path_of(&server), '?'));
}
END_TEST

// A connection ends in the listener's queue, and its port is used again: who accepts gets the old one first.
START_TEST(one_pair_used_twice) {
    struct side clients[2], servers[2];
    enter(_i);
    struct address address = address_of("127.0.0.1:0");
    int const listener = listening(&address, 16);
    begin_connect(&clients[0], &address, 40001);
    close_side(&clients[0], true);
    begin_connect(&clients[1], &address, 40001);
    accept_side(&servers[0], listener);
    accept_side(&servers[1], listener);
    comes_to(&clients[0], CLIENT " -> CLOSE");
    comes_to(&clients[1], CLIENT);
    ck_assert_str_eq(path_of(&servers[0]), SERVER " -> CLOSE");
    comes_to(&servers[1], SERVER);
}
END_TEST

START_TEST(thousands_of_connections) {
    enum { COUNT = 3000 };
    static struct side clients[COUNT], servers[COUNT];
    enter(_i);
    net_raise_descriptor_limit();
    struct address address = address_of("127.0.0.1:0");
    int const listener = listening(&address, 4096);
    for (int i = 0; i < COUNT; i++) {
        begin_connect(&clients[i], &address, 0);
        accept_side(&servers[i], listener);
    }
    for (int i = 0; i < COUNT; i++) close_side(i % 2 ? &clients[i] : &servers[i], false);
    for (int i = 0; i < COUNT; i++) close_side(i % 2 ? &servers[i] : &clients[i], false);
    ck_assert_uint_eq(trace_lost(trace), 0);
    for (int i = 0; i < COUNT; i++) {
        comes_to(&clients[i], i % 2 ? CLIENT ACTIVE : CLIENT PASSIVE);
        comes_to(&servers[i], i % 2 ? SERVER PASSIVE : SERVER ACTIVE);
    }
}
END_TEST

// More packets than there is room for, and nobody reads: that is noticed, and what was seen before still stands.
START_TEST(too_many_packets_at_once) {
    enum { ROUNDS = 60 * 1000 }; // the log's buffer is the larger one
    int const queue_bytes = 4 * 1024 * 1024; // a queue has room for more than anybody would wait for
    struct side client, server;
    enter(_i);
    if (_i == 0) ck_assert_int_eq(setsockopt(trace_fd, SOL_SOCKET, SO_RCVBUF, &queue_bytes, sizeof queue_bytes), 0);
    open_pair("127.0.0.1:0", &client, &server);
    comes_to(&client, CLIENT);
    ck_assert_uint_eq(trace_lost(trace), 0);
    for (int i = 0; i < ROUNDS; i++) {
        send_byte(&client);
        read_byte(&server);
        send_byte(&server);
        read_byte(&client);
    }
    net_close(client.fd, false);
    client.fd = -1;
    ck_assert_uint_gt(trace_lost(trace), 0);
    look(&server);
    ck_assert_str_eq(path_of(&server), SERVER " -> CLOSE_WAIT"); // by the kernel's word, and there is but one way
    net_close(server.fd, false);
    server.fd = -1;
    comes_to(&server, SERVER " -> CLOSE_WAIT -> ? -> CLOSE");
}
END_TEST

START_TEST(without_the_right_to) {
    enter_own_network(_i);
    drop_capabilities();
    ck_assert_int_eq(trace_open(&trace, TRACE_RING, 0), -EPERM);
    ck_assert_ptr_null(trace);
    ck_assert_int_eq(trace_open(&trace, TRACE_LOG, GROUP), -EPERM);
    ck_assert_ptr_null(trace);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("trace_socket");
    TCase *tcase = tcase_create("paths");
    int const loops = user_count() * SOURCE_COUNT;
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, closed_by_the_client, 0, loops);
    tcase_add_loop_test(tcase, closed_by_the_server, 0, loops);
    tcase_add_loop_test(tcase, closed_by_both_at_once, 0, loops);
    tcase_add_loop_test(tcase, half_closed, 0, loops);
    tcase_add_loop_test(tcase, aborted, 0, loops);
    tcase_add_loop_test(tcase, closed_with_unread_bytes, 0, loops);
    tcase_add_loop_test(tcase, refused, 0, loops);
    tcase_add_loop_test(tcase, one_too_many_for_the_backlog, 0, loops);
    tcase_add_loop_test(tcase, nobody_answers, 0, loops);
    tcase_add_loop_test(tcase, closing_held_still, 0, loops);
    tcase_add_loop_test(tcase, one_pair_used_twice, 0, loops);
    tcase_add_loop_test(tcase, without_the_right_to, 0, user_count());
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("crowds");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, thousands_of_connections, 0, loops);
    tcase_add_loop_test(tcase, too_many_packets_at_once, 0, loops);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
