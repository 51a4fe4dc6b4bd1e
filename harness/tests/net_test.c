// Real sockets on the loopback: net/net.h.
#include "base/clock.h"
#include "net/net.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// Polls for a condition; nothing here relies on how long anything takes.
#define CHECK_SOON(condition)                                                                                          \
    do {                                                                                                               \
        int64_t const deadline_ns = clock_after(clock_now_ns(), 5 * NS_PER_S);                                         \
        bool holds;                                                                                                    \
        while (!(holds = (condition)) && clock_now_ns() < deadline_ns) poll(NULL, 0, 1);                               \
        ck_assert_msg(holds, "within 5s: %s", #condition);                                                             \
    } while (0)

static char folder[] = "/tmp/sockdrill-net.XXXXXX"; // Unix paths lie here
static struct diag_socket diag;
static int listener, client, server; // descriptors, -1: not open
static struct address here, there;   // the client's address, and the listener's

static void set_up(void) {
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(diag_open(&diag), 0);
    listener = client = server = -1;
}

static void tear_down(void) {
    char path[64];
    snprintf(path, sizeof(path), "%s/net.sock", folder);
    unlink(path);
    rmdir(folder);
    diag_close(&diag);
    if (listener >= 0) net_close(listener, false);
    if (client >= 0) net_close(client, false);
    if (server >= 0) net_close(server, false);
}

// An endpoint of one word, as far as loopback reaches.
static int endpoint(enum family_word word, const char *text, const char *in_folder, struct address *address) {
    return net_endpoint(word, &text, 1, in_folder, REACH_LOOPBACK, address);
}

// Every way to write a stream endpoint; the first three are TCP.
static const struct {
    enum family_word word;
    const char *text;
} streams[] = {
    {FAMILY_TCP, "127.0.0.1:0"},          {FAMILY_TCP, "[::1]:0"},
    {FAMILY_TCP6, "localhost:0"},         {FAMILY_UNIX, "net.sock"},
    {FAMILY_UNIX, "@sockdrill-net-test"},
};
enum { TCP_COUNT = 3, STREAM_COUNT = 5 };

static bool is_tcp(int stream) {
    return stream < TCP_COUNT;
}

static void listen_on(int stream, int backlog) {
    char text[64];
    snprintf(text, sizeof(text), "%s", streams[stream].text);
    if (text[0] == '@') snprintf(text, sizeof(text), "%s-%d", streams[stream].text, getpid());
    ck_assert_int_eq(endpoint(streams[stream].word, text, folder, &there), 0);
    listener = net_socket(net_family_for(streams[stream].word, &there));
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(net_bind(listener, &there, true), 0);
    ck_assert_int_eq(net_listen(listener, backlog), 0);
    net_local(listener, &there);
    ck_assert(!address_is_none(&there));
}

static int socket_for(const struct address *address) {
    int const fd = net_socket(net_family_for(address->as.any.sa_family == AF_UNIX ? FAMILY_UNIX : FAMILY_TCP, address));
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void connect_client(void) {
    client = socket_for(&there);
    int const begun = net_connect(client, &there);
    ck_assert_msg(begun == 0 || begun == -EINPROGRESS, "connect: %s", strerror(-begun));
    CHECK_SOON(net_connected(client) != -EINPROGRESS);
    ck_assert_int_eq(net_connected(client), 0);
    net_local(client, &here);
}

static void pair_up(int stream) {
    listen_on(stream, 16);
    connect_client();
    CHECK_SOON(net_readable(listener));
    server = net_accept(listener, NULL);
    ck_assert_int_ge(server, 0);
}

static void close_one(int *fd, bool abortive) {
    ck_assert_int_eq(net_close(*fd, abortive), 0);
    *fd = -1;
}

static enum state client_state(void) {
    return net_state_of_pair(&diag, &here, &there);
}

static enum state server_state(void) {
    return net_state_of_pair(&diag, &there, &here);
}

START_TEST(families_of_this_build) {
    ck_assert(net_family(FAMILY_TCP)->built);
    ck_assert_int_eq(net_family(FAMILY_TCP6)->domain, AF_INET6);
    ck_assert_int_eq(net_family(FAMILY_UNIX)->form, FORM_PATH);
    ck_assert_int_eq(net_family(FAMILY_UNIX)->word, FAMILY_UNIX);
    ck_assert(!net_family(FAMILY_NONE)->built);
    ck_assert(!net_family((enum family_word)999)->built);
    ck_assert_int_eq(net_socket(FAMILY_NONE), -EAFNOSUPPORT);
}
END_TEST

START_TEST(family_follows_the_address) {
    struct address four, six, path, none = {0};
    ck_assert_int_eq(endpoint(FAMILY_TCP, "127.0.0.1:1", NULL, &four), 0);
    ck_assert_int_eq(endpoint(FAMILY_TCP, "[::1]:1", NULL, &six), 0);
    ck_assert_int_eq(endpoint(FAMILY_UNIX, "/x", NULL, &path), 0);
    ck_assert_int_eq(net_family_for(FAMILY_TCP, &four), FAMILY_TCP);
    ck_assert_int_eq(net_family_for(FAMILY_TCP, &six), FAMILY_TCP6);
    ck_assert_int_eq(net_family_for(FAMILY_TCP6, &six), FAMILY_TCP6);
    ck_assert_int_eq(net_family_for(FAMILY_UNIX, &path), FAMILY_UNIX);
    ck_assert_int_eq(net_family_for(FAMILY_TCP, &path), FAMILY_TCP); // nothing fits
    ck_assert_int_eq(net_family_for(FAMILY_TCP, &none), FAMILY_TCP);
}
END_TEST

static const struct {
    enum family_word word;
    const char *text;
    enum net_reach reach;
    int answer;
    const char *written; // the address, when the answer is 0
} endpoints[] = {
    {FAMILY_TCP, "127.0.0.1:80", REACH_LOOPBACK, 0, "127.0.0.1:80"},
    {FAMILY_TCP, "127.0.0.1:0", REACH_LOOPBACK, 0, "127.0.0.1:0"},
    {FAMILY_TCP, "[::1]:65535", REACH_LOOPBACK, 0, "[::1]:65535"},
    {FAMILY_TCP, "localhost:8", REACH_LOOPBACK, 0, "127.0.0.1:8"},
    {FAMILY_TCP, "LocalHost:8", REACH_LOOPBACK, 0, "127.0.0.1:8"},
    {FAMILY_TCP6, "localhost:8", REACH_LOOPBACK, 0, "[::1]:8"},
    {FAMILY_TCP6, "[::1]:8", REACH_LOOPBACK, 0, "[::1]:8"},
    {FAMILY_TCP6, "127.0.0.1:8", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, "192.0.2.1:8", REACH_LOOPBACK, -EACCES, NULL},
    {FAMILY_TCP, "192.0.2.1:8", REACH_NAMES, 0, "192.0.2.1:8"},
    {FAMILY_TCP, "[2001:db8::1]:8", REACH_LOOPBACK, -EACCES, NULL},
    {FAMILY_TCP, "[::ffff:192.0.2.1]:8", REACH_LOOPBACK, -EACCES, NULL},
    {FAMILY_TCP, "example.test:8", REACH_LOOPBACK, -EACCES, NULL},
    {FAMILY_TCP, "localhost.example.test:8", REACH_LOOPBACK, -EACCES, NULL},
    {FAMILY_TCP, "127.0.0.1", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, "localhost", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, "::1:80", REACH_LOOPBACK, -EINVAL, NULL}, // the port, or one group more?
    {FAMILY_TCP, "127.0.0.1:65536", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, "localhost:-1", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, "localhost:", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, "localhost:8x", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, ":80", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, "", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, "127.0.0.256:80", REACH_NAMES, -EINVAL, NULL}, // not a name to look up
    {FAMILY_TCP, "a..b:80", REACH_NAMES, -EINVAL, NULL},
    {FAMILY_TCP, "a b:80", REACH_NAMES, -EINVAL, NULL},
    {FAMILY_UNIX, "/run/x.sock", REACH_LOOPBACK, 0, "/run/x.sock"},
    {FAMILY_UNIX, "x.sock", REACH_LOOPBACK, 0, "/scratch/x.sock"},
    {FAMILY_UNIX, "@x", REACH_LOOPBACK, 0, "@x"},
    {FAMILY_UNIX, "", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_UNIX, "@", REACH_LOOPBACK, -EINVAL, NULL},
    {FAMILY_TCP, "192.0.2.1:8", REACH_ADDRESSES, 0, "192.0.2.1:8"},
    {FAMILY_TCP, "example.test:8", REACH_ADDRESSES, -EACCES, NULL},
    {FAMILY_NONE, "1:2", REACH_LOOPBACK, -EAFNOSUPPORT, NULL},
};

START_TEST(endpoints_are_read) {
    struct address address;
    char text[ADDRESS_TEXT_BYTES];
    int const answer =
        net_endpoint(endpoints[_i].word, &endpoints[_i].text, 1, "/scratch", endpoints[_i].reach, &address);
    ck_assert_msg(answer == endpoints[_i].answer, "'%s': %d", endpoints[_i].text, answer);
    if (answer == 0) ck_assert_str_eq(address_text(&address, text), endpoints[_i].written);
    else ck_assert(address_is_none(&address));
}
END_TEST

START_TEST(endpoint_paths_have_an_end) {
    enum { ROOM = sizeof(((struct sockaddr_un *)0)->sun_path) };
    struct address address;
    char text[ROOM + 1] = "/", name[ADDRESS_TEXT_BYTES];
    memset(text + 1, 'x', ROOM - 1);
    ck_assert_int_eq(endpoint(FAMILY_UNIX, text, NULL, &address), -ENAMETOOLONG);
    text[ROOM - 1] = '\0';
    ck_assert_int_eq(endpoint(FAMILY_UNIX, text, NULL, &address), 0);
    ck_assert_str_eq(address_text(&address, name), text);
    text[0] = 'x'; // relative now: the folder needs room too
    ck_assert_int_eq(endpoint(FAMILY_UNIX, text, "/", &address), -ENAMETOOLONG);
    text[0] = '@';
    ck_assert_int_eq(endpoint(FAMILY_UNIX, text, NULL, &address), 0);
    ck_assert_str_eq(address_text(&address, name), text);
}
END_TEST

START_TEST(descriptors_neither_block_nor_survive_exec) {
    pair_up(_i);
    int const fds[] = {listener, client, server};
    for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
        ck_assert(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
        ck_assert(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
    }
}
END_TEST

START_TEST(bytes_cross) {
    char bytes[8] = {0};
    pair_up(_i);
    ck_assert_int_eq(net_recv(server, bytes, sizeof(bytes)), -EAGAIN);
    ck_assert_int_eq(net_send(client, "hello", 5), 5);
    CHECK_SOON(net_peek(server, bytes, sizeof(bytes)) == 5);
    memset(bytes, 0, sizeof(bytes));
    ck_assert_int_eq(net_recv(server, bytes, sizeof(bytes)), 5);
    ck_assert_str_eq(bytes, "hello");
    ck_assert_int_eq(net_recv(server, bytes, sizeof(bytes)), -EAGAIN);
    ck_assert_int_eq(net_shutdown(client, SHUTDOWN_WRITE), 0);
    CHECK_SOON(net_recv(server, bytes, sizeof(bytes)) == 0);
    ck_assert_int_eq(net_send(server, "back", 4), 4); // the other half is open
    CHECK_SOON(net_recv(client, bytes, sizeof(bytes)) == 4);
    ck_assert_int_eq(net_send(client, "x", 1), -EPIPE); // and no SIGPIPE
}
END_TEST

START_TEST(addresses_of_both_ends) {
    struct address address;
    pair_up(_i);
    net_peer(client, &address);
    ck_assert(address_equal(&address, &there));
    net_local(server, &address);
    ck_assert(address_equal(&address, &there));
    net_peer(server, &address);
    ck_assert(address_equal(&address, &here)); // `none` for a Unix client, and so it is
    ck_assert_int_eq(address_is_none(&here), !is_tcp(_i));
    net_peer(listener, &address);
    ck_assert(address_is_none(&address));
    int const fresh = socket_for(&there);
    net_local(fresh, &address);
    ck_assert(address_is_none(&address));
    net_close(fresh, false);
    net_local(-1, &address);
    ck_assert(address_is_none(&address));
}
END_TEST

START_TEST(queues_are_counted) {
    char bytes[16];
    pair_up(_i);
    ck_assert_int_eq(net_queued_in(server), 0);
    ck_assert_int_eq(net_send(client, "0123456789", 10), 10);
    CHECK_SOON(net_queued_in(server) == 10);
    ck_assert_int_eq(net_recv(server, bytes, 4), 4);
    ck_assert_int_eq(net_queued_in(server), 6);
    ck_assert_int_eq(net_recv(server, bytes, 6), 6);
    CHECK_SOON(net_queued_out(client) == 0);
    ck_assert_int_eq(net_queued_in(listener), 0);
    connect_client(); // a queued connection is no byte
    ck_assert_int_eq(net_queued_in(listener), 0);
}
END_TEST

START_TEST(full_queues_say_so) {
    static const char block[65536];
    pair_up(_i);
    int64_t sent_bytes = 0;
    ssize_t taken;
    while ((taken = net_send(client, block, sizeof(block))) > 0) sent_bytes += taken;
    ck_assert_int_eq(taken, -EAGAIN);
    ck_assert_int_gt(net_queued_out(client), 0);
    if (!is_tcp(_i)) return; // a Unix socket counts its buffers whole, SIOCOUTQ with them

    // With a FIN behind the data, which no queue counts as a byte.
    ck_assert_int_eq(net_shutdown(client, SHUTDOWN_WRITE), 0);
    ck_assert_int_eq(client_state(), STATE_FIN_WAIT1); // and stays: the peer's window is shut
    CHECK_SOON(net_queued_in(server) + net_queued_out(client) == sent_bytes);
    uint32_t in_bytes, out_bytes;
    ck_assert(net_queues_of_pair(&diag, &here, &there, &in_bytes, &out_bytes));
    ck_assert_int_eq(out_bytes, net_queued_out(client));
    ck_assert_int_eq(in_bytes, 0);
    ck_assert(net_queues_of_pair(&diag, &there, &here, &in_bytes, &out_bytes));
    ck_assert_int_eq(in_bytes, net_queued_in(server));
}
END_TEST

START_TEST(a_fin_is_no_byte) {
    uint32_t in_bytes, out_bytes;
    char byte;
    pair_up(_i);
    ck_assert_int_eq(net_send(client, "x", 1), 1);
    ck_assert_int_eq(net_shutdown(client, SHUTDOWN_WRITE), 0);
    CHECK_SOON(server_state() == STATE_CLOSE_WAIT);
    ck_assert_int_eq(net_queued_in(server), 1);
    ck_assert(net_queues_of_pair(&diag, &there, &here, &in_bytes, &out_bytes));
    ck_assert_uint_eq(in_bytes, 1);
    ck_assert_int_eq(net_recv(server, &byte, 1), 1);
    ck_assert(net_queues_of_pair(&diag, &there, &here, &in_bytes, &out_bytes));
    ck_assert_uint_eq(in_bytes, 0); // the FIN alone is left
    ck_assert_uint_eq(out_bytes, 0);
}
END_TEST

START_TEST(states_of_open_sockets) {
    pair_up(_i);
    ck_assert_int_eq(net_state(&diag, listener), STATE_LISTEN);
    ck_assert_int_eq(net_state(&diag, client), STATE_ESTABLISHED);
    ck_assert_int_eq(net_state(&diag, server), STATE_ESTABLISHED);
    int const fresh = socket_for(&there);
    ck_assert_int_eq(net_state(&diag, fresh), STATE_CLOSE);
    net_close(fresh, false);
    ck_assert_int_eq(net_state(&diag, -1), STATE_ANY);
}
END_TEST

START_TEST(states_through_an_orderly_close) {
    pair_up(_i);
    ck_assert_int_eq(client_state(), STATE_ESTABLISHED);
    ck_assert_int_eq(server_state(), STATE_ESTABLISHED);
    ck_assert(!net_is_orphan(&diag, &here, &there));
    close_one(&client, false);
    CHECK_SOON(net_state(&diag, server) == STATE_CLOSE_WAIT);
    ck_assert_int_eq(server_state(), STATE_CLOSE_WAIT);
    CHECK_SOON(client_state() == STATE_FIN_WAIT2);
    ck_assert(net_is_orphan(&diag, &here, &there));
    ck_assert(!net_is_orphan(&diag, &there, &here));
    close_one(&server, false);
    CHECK_SOON(client_state() == STATE_TIME_WAIT);
    ck_assert(net_is_orphan(&diag, &here, &there));
    ck_assert(!net_is_orphan(&diag, &there, &here)); // nobody knows it
    CHECK_SOON(server_state() == STATE_CLOSE); // forgotten; the listener's answer is not taken for it
    ck_assert_int_eq(net_state(&diag, listener), STATE_LISTEN);
}
END_TEST

START_TEST(what_is_held_back_goes_with_the_end) {
    char byte;
    pair_up(_i);
    ck_assert_int_eq(net_send_more(client, "x", 1), 1);
    ck_assert_int_eq(net_recv(server, &byte, 1), -EAGAIN);
    ck_assert_int_eq(net_shutdown(client, SHUTDOWN_WRITE), 0);
    CHECK_SOON(net_recv(server, &byte, 1) == 1);
    ck_assert_int_eq(net_recv(server, &byte, 1), 0);
}
END_TEST

START_TEST(states_after_half_close) {
    pair_up(_i);
    ck_assert_int_eq(net_shutdown(client, SHUTDOWN_WRITE), 0);
    CHECK_SOON(net_state(&diag, server) == STATE_CLOSE_WAIT);
    CHECK_SOON(net_state(&diag, client) == STATE_FIN_WAIT2);
    ck_assert_int_eq(net_shutdown(server, SHUTDOWN_BOTH), 0);
    CHECK_SOON(client_state() == STATE_TIME_WAIT);
    // The descriptor's own socket is CLOSE while the pair is in TIME_WAIT.
    ck_assert_int_eq(net_state(&diag, client), STATE_CLOSE);
    CHECK_SOON(net_state(&diag, server) == STATE_CLOSE);
}
END_TEST

START_TEST(mapped_addresses_find_their_connection) {
    listener = net_socket(FAMILY_TCP6);
    ck_assert_int_eq(endpoint(FAMILY_TCP, "[::]:0", NULL, &there), 0);
    ck_assert_int_eq(net_set_option(listener, IPPROTO_IPV6, IPV6_V6ONLY, 0), 0);
    ck_assert_int_eq(net_bind(listener, &there, true), 0);
    ck_assert_int_eq(net_listen(listener, 4), 0);
    net_local(listener, &there);
    int const port = address_port(&there);
    ck_assert_int_eq(endpoint(FAMILY_TCP, "127.0.0.1:0", NULL, &there), 0);
    address_set_port(&there, (uint16_t)port);
    connect_client();
    CHECK_SOON((server = net_accept(listener, NULL)) >= 0);

    struct address local, peer;
    net_local(server, &local);
    net_peer(server, &peer);
    ck_assert_int_eq(local.as.any.sa_family, AF_INET6);
    ck_assert(address_equal(&local, &there));
    ck_assert_int_eq(net_state_of_pair(&diag, &local, &peer), STATE_ESTABLISHED);
    ck_assert_int_eq(net_state_of_pair(&diag, &there, &peer), STATE_ESTABLISHED); // one end written the other way
    close_one(&server, false);
    close_one(&client, false);
    CHECK_SOON(net_state_of_pair(&diag, &local, &peer) == STATE_TIME_WAIT);
}
END_TEST

START_TEST(pairs_that_are_none) {
    struct address none = {0}, path, other;
    uint32_t in_bytes, out_bytes;
    pair_up(_i);
    ck_assert_int_eq(endpoint(FAMILY_UNIX, "/x", NULL, &path), 0);
    ck_assert_int_eq(endpoint(FAMILY_TCP, _i == 0 ? "[::1]:9" : "127.0.0.1:9", NULL, &other), 0);
    ck_assert_int_eq(net_state_of_pair(&diag, &there, &none), STATE_CLOSE); // not the listener
    ck_assert_int_eq(net_state_of_pair(&diag, &path, &path), STATE_CLOSE);
    ck_assert_int_eq(net_state_of_pair(&diag, &there, &other), STATE_CLOSE); // two families
    ck_assert(!net_queues_of_pair(&diag, &there, &other, &in_bytes, &out_bytes));
    address_set_port(&there, 1);
    ck_assert_int_eq(net_state_of_pair(&diag, &there, &here), STATE_CLOSE);
}
END_TEST

START_TEST(without_the_diag_socket_nothing_is_known) {
    struct diag_socket closed = {.fd = -1};
    pair_up(0);
    ck_assert_int_eq(net_state_of_pair(&closed, &here, &there), STATE_ANY);
    ck_assert_int_eq(net_state(&closed, client), STATE_ESTABLISHED); // TCP_INFO needs none
    diag_close(&closed);
}
END_TEST

START_TEST(diag_skips_a_stale_answer) {
    pair_up(0);
    // A question asked by hand, whose answer nobody takes.
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } const request = {
        .header = {.nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP},
    };
    ck_assert_int_eq(net_send(diag.fd, &request, sizeof(request)), sizeof(request));
    ck_assert_int_eq(client_state(), STATE_ESTABLISHED);
}
END_TEST

START_TEST(reset_ends_both) {
    char bytes[8];
    pair_up(_i);
    ck_assert_int_eq(net_send(client, "half", 4), 4);
    CHECK_SOON(net_queued_in(server) == 4);
    close_one(&client, true);
    ck_assert_int_eq(client_state(), STATE_CLOSE);
    CHECK_SOON(net_state(&diag, server) == STATE_CLOSE);
    // What had arrived is still read before the error is.
    ck_assert_int_eq(net_recv(server, bytes, sizeof(bytes)), 4);
    ck_assert_int_eq(net_recv(server, bytes, sizeof(bytes)), -ECONNRESET);
    ck_assert_int_eq(net_recv(server, bytes, sizeof(bytes)), 0); // an error is told once
}
END_TEST

START_TEST(close_with_unread_bytes_resets) {
    pair_up(_i);
    ck_assert_int_eq(net_send(client, "x", 1), 1);
    CHECK_SOON(net_queued_in(server) == 1);
    close_one(&server, false);
    CHECK_SOON(net_state(&diag, client) == STATE_CLOSE);
    ck_assert_int_eq(net_error(client), ECONNRESET);
    ck_assert_int_eq(net_error(client), 0); // consumed
}
END_TEST

START_TEST(a_reset_after_connecting_is_left_to_recv) {
    char byte;
    listen_on(_i, 4);
    client = socket_for(&there);
    int const begun = net_connect(client, &there);
    ck_assert(begun == 0 || begun == -EINPROGRESS);
    CHECK_SOON((server = net_accept(listener, NULL)) >= 0);
    close_one(&server, true);
    CHECK_SOON(net_state(&diag, client) == STATE_CLOSE);
    ck_assert_int_eq(net_connected(client), 0); // it did connect
    ck_assert_int_eq(net_recv(client, &byte, 1), -ECONNRESET);
}
END_TEST

START_TEST(refused) {
    listen_on(_i, 1);
    close_one(&listener, false);
    client = socket_for(&there);
    int const begun = net_connect(client, &there);
    if (begun == -EINPROGRESS) {
        CHECK_SOON(net_state(&diag, client) == STATE_CLOSE);
        ck_assert_int_eq(net_connected(client), -ECONNREFUSED);
        ck_assert_int_eq(net_connected(client), -ENOTCONN);
    } else {
        ck_assert_int_eq(begun, -ECONNREFUSED);
    }
    if (!is_tcp(_i)) return;
    ck_assert_int_eq(net_state(&diag, client), STATE_CLOSE);
}
END_TEST

START_TEST(address_in_use) {
    listen_on(_i, 1);
    client = socket_for(&there);
    ck_assert_int_eq(net_bind(client, &there, false), -EADDRINUSE);
    ck_assert_int_eq(net_accept(client, NULL), -EINVAL);
}
END_TEST

START_TEST(backlog_holds_the_third_in_syn_sent) {
    int fds[3];
    listen_on(_i, 1);
    for (int i = 0; i < 2; i++) {
        connect_client();
        fds[i] = client;
    }
    uint64_t queued = 0; // of a listener, tcpi_unacked is the length of its queue
    CHECK_SOON(net_tcp_info(listener, offsetof(struct tcp_info, tcpi_unacked), 4, &queued) && queued == 2);
    fds[2] = client = socket_for(&there);
    ck_assert_int_eq(net_connect(client, &there), -EINPROGRESS);
    ck_assert_int_eq(net_state(&diag, client), STATE_SYN_SENT);
    ck_assert_int_eq(net_connected(client), -EINPROGRESS);
    ck_assert_int_eq(net_error(client), 0);
    net_local(client, &here);
    ck_assert_int_eq(client_state(), STATE_SYN_SENT);
    for (int i = 0; i < 2; i++) {
        int const accepted = net_accept(listener, NULL);
        ck_assert_int_ge(accepted, 0);
        net_close(accepted, false);
    }
    CHECK_SOON(net_connected(client) == 0); // its SYN is sent again after a second
    ck_assert_int_ge(server = net_accept(listener, NULL), 0);
    ck_assert_int_eq(net_accept(listener, NULL), -EAGAIN);
    for (int i = 0; i < 2; i++) net_close(fds[i], false);
}
END_TEST

START_TEST(unix_backlog_is_full_at_once) {
    listen_on(_i, 0);
    connect_client();
    int const second = socket_for(&there);
    ck_assert_int_eq(net_connect(second, &there), -EAGAIN);
    ck_assert_int_ge(server = net_accept(listener, NULL), 0);
    ck_assert_int_eq(net_connect(second, &there), 0);
    ck_assert_int_eq(net_connected(second), 0);
    net_close(second, false);
}
END_TEST

START_TEST(accept_when_nobody_is_there) {
    listen_on(_i, 4);
    ck_assert(!net_readable(listener));
    ck_assert_int_eq(net_accept(listener, NULL), -EAGAIN);
    connect_client();
    CHECK_SOON(net_readable(listener));
    ck_assert(net_readable(listener)); // asking takes nothing
    ck_assert_int_ge(server = net_accept(listener, NULL), 0);
    ck_assert(!net_readable(listener));
}
END_TEST

START_TEST(unix_peers_know_each_other) {
    pair_up(_i);
    ck_assert_uint_eq(net_unix_peer_inode(&diag, client), net_inode(server));
    ck_assert_uint_eq(net_unix_peer_inode(&diag, server), net_inode(client));
    ck_assert_uint_ne(net_inode(client), net_inode(server));
    ck_assert_uint_eq(net_unix_peer_inode(&diag, listener), 0);
    ck_assert_uint_eq(net_inode(-1), 0);
    close_one(&client, false);
    ck_assert_uint_eq(net_unix_peer_inode(&diag, server), 0);
    char byte;
    ck_assert_int_eq(net_recv(server, &byte, 1), 0);
}
END_TEST

START_TEST(options) {
    int value = -1;
    pair_up(0);
    ck_assert_int_eq(net_set_option(client, IPPROTO_TCP, TCP_NODELAY, 1), 0);
    ck_assert_int_eq(net_get_option(client, IPPROTO_TCP, TCP_NODELAY, &value), 0);
    ck_assert_int_eq(value, 1);
    ck_assert_int_eq(net_get_option(client, SOL_SOCKET, SO_TYPE, &value), 0);
    ck_assert_int_eq(value, SOCK_STREAM);
    ck_assert_int_eq(net_set_option(client, IPPROTO_TCP, 9999, 1), -ENOPROTOOPT);
    ck_assert_int_eq(net_get_option(-1, SOL_SOCKET, SO_TYPE, &value), -EBADF);
}
END_TEST

START_TEST(tcp_info_fields) {
    uint64_t value = 99;
    pair_up(0);
    ck_assert_int_eq(net_send(client, "abc", 3), 3);
    ck_assert(net_tcp_info(client, offsetof(struct tcp_info, tcpi_state), 1, &value));
    ck_assert_uint_eq(value, STATE_ESTABLISHED);
    ck_assert(net_tcp_info(client, offsetof(struct tcp_info, tcpi_bytes_sent), 8, &value));
    ck_assert_uint_eq(value, 3);
    ck_assert(net_tcp_info(client, offsetof(struct tcp_info, tcpi_snd_mss), 4, &value));
    ck_assert_uint_gt(value, 500);
    ck_assert(!net_tcp_info(client, sizeof(struct tcp_info), 1, &value));
    ck_assert(!net_tcp_info(client, sizeof(struct tcp_info) - 4, 8, &value));
    ck_assert(!net_tcp_info(client, SIZE_MAX, 4, &value));
    ck_assert(!net_tcp_info(client, 0, 3, &value));
    ck_assert(!net_tcp_info(diag.fd, 0, 1, &value));
}
END_TEST

START_TEST(descriptor_limit_goes_up) {
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(net_raise_descriptor_limit(), limit.rlim_max);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name) {
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 30);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static Suite *net_suite(void) {
    Suite *suite = suite_create("net");
    TCase *endpoint = add_case(suite, "endpoint");
    tcase_add_test(endpoint, families_of_this_build);
    tcase_add_test(endpoint, family_follows_the_address);
    tcase_add_loop_test(endpoint, endpoints_are_read, 0, sizeof(endpoints) / sizeof(*endpoints));
    tcase_add_test(endpoint, endpoint_paths_have_an_end);

    TCase *stream = add_case(suite, "stream");
    tcase_add_loop_test(stream, descriptors_neither_block_nor_survive_exec, 0, STREAM_COUNT);
    tcase_add_loop_test(stream, bytes_cross, 0, STREAM_COUNT);
    tcase_add_loop_test(stream, addresses_of_both_ends, 0, STREAM_COUNT);
    tcase_add_loop_test(stream, queues_are_counted, 0, STREAM_COUNT);
    tcase_add_loop_test(stream, full_queues_say_so, 0, STREAM_COUNT);
    tcase_add_loop_test(stream, states_of_open_sockets, 0, STREAM_COUNT);
    tcase_add_loop_test(stream, refused, 0, STREAM_COUNT);
    tcase_add_loop_test(stream, address_in_use, 0, STREAM_COUNT);
    tcase_add_loop_test(stream, accept_when_nobody_is_there, 0, STREAM_COUNT);

    TCase *tcp = add_case(suite, "tcp");
    tcase_add_loop_test(tcp, a_fin_is_no_byte, 0, TCP_COUNT);
    tcase_add_loop_test(tcp, states_through_an_orderly_close, 0, TCP_COUNT);
    tcase_add_loop_test(tcp, states_after_half_close, 0, TCP_COUNT);
    tcase_add_loop_test(tcp, what_is_held_back_goes_with_the_end, 0, TCP_COUNT);
    tcase_add_test(tcp, mapped_addresses_find_their_connection);
    tcase_add_loop_test(tcp, pairs_that_are_none, 0, TCP_COUNT);
    tcase_add_test(tcp, without_the_diag_socket_nothing_is_known);
    tcase_add_test(tcp, diag_skips_a_stale_answer);
    tcase_add_loop_test(tcp, reset_ends_both, 0, TCP_COUNT);
    tcase_add_loop_test(tcp, close_with_unread_bytes_resets, 0, TCP_COUNT);
    tcase_add_loop_test(tcp, a_reset_after_connecting_is_left_to_recv, 0, TCP_COUNT);
    tcase_add_loop_test(tcp, backlog_holds_the_third_in_syn_sent, 0, 2);
    tcase_add_test(tcp, options);
    tcase_add_test(tcp, tcp_info_fields);

    TCase *local = add_case(suite, "unix");
    tcase_add_loop_test(local, unix_backlog_is_full_at_once, TCP_COUNT, STREAM_COUNT);
    tcase_add_loop_test(local, unix_peers_know_each_other, TCP_COUNT, STREAM_COUNT);

    TCase *process = add_case(suite, "process");
    tcase_add_test(process, descriptor_limit_goes_up);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(net_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
