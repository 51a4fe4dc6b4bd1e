// How many sockets are in a state, and how many connections wait to be accepted, in a network of the test's own:
// net_count_sockets and net_queues of net/net.h.
#include "base/clock.h"
#include "net/net.h"

#include <check.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct diag_socket diag;

static void set_up(void) {
    int const flags = geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET;
    ck_assert_msg(unshare(flags) == 0, "unshare(2): %s", strerror(errno));
    int const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &up), 0);
    close(fd);
    ck_assert_int_eq(diag_open(&diag), 0);
}

static void tear_down(void) { diag_close(&diag); }

static void assert_count(enum state state, int64_t wanted) {
    int64_t const deadline_ns = clock_after(clock_now_ns(), 5 * NS_PER_S);
    while (net_count_sockets(&diag, state) != wanted && clock_now_ns() < deadline_ns) poll(NULL, 0, 1);
    int64_t const count = net_count_sockets(&diag, state);
    ck_assert_msg(count == wanted, "%lld in %s, expected %lld", (long long)count, state_name(state), (long long)wanted);
}

static int listen_at(enum family_word word, const char *text, struct address *address) {
    int const fd = net_socket(word);
    ck_assert_int_eq(net_endpoint(word, &text, 1, NULL, REACH_LOOPBACK, address), 0);
    ck_assert_int_eq(net_bind(fd, address, true), 0);
    ck_assert_int_eq(net_listen(fd, 4096), 0);
    net_local(fd, address);
    return fd;
}

static int connect_to(enum family_word word, const struct address *address) {
    int const fd = net_socket(word), begun = net_connect(fd, address);
    ck_assert(begun == 0 || begun == -EINPROGRESS);
    return fd;
}

static int accept_from(int listener) {
    struct pollfd waiting = {.fd = listener, .events = POLLIN};
    ck_assert_int_eq(poll(&waiting, 1, 5000), 1);
    int const fd = net_accept(listener, NULL);
    ck_assert_int_ge(fd, 0);
    return fd;
}

START_TEST(an_empty_network_holds_none) {
    for (unsigned state = 1; state < STATE_COUNT; state++) assert_count((enum state)state, 0);
}
END_TEST

START_TEST(both_ends_of_both_families) {
    static const struct {
        enum family_word word;
        const char *text;
    } kinds[] = {{FAMILY_TCP, "127.0.0.1:0"}, {FAMILY_TCP6, "[::1]:0"}};
    int clients[2], servers[2];
    for (int i = 0; i < 2; i++) {
        struct address address;
        int const listener = listen_at(kinds[i].word, kinds[i].text, &address);
        clients[i] = connect_to(kinds[i].word, &address);
        servers[i] = accept_from(listener);
    }
    assert_count(STATE_LISTEN, 2);
    assert_count(STATE_ESTABLISHED, 4);
    for (int i = 0; i < 2; i++) net_close(clients[i], false);
    assert_count(STATE_CLOSE_WAIT, 2); // what a program that leaks has more and more of
    assert_count(STATE_FIN_WAIT2, 2);  // orphans
    for (int i = 0; i < 2; i++) net_close(servers[i], false);
    assert_count(STATE_TIME_WAIT, 2);
    assert_count(STATE_ESTABLISHED, 0);
    assert_count(STATE_LISTEN, 2);
}
END_TEST

START_TEST(a_request_counts_as_syn_recv) {
    struct address address;
    int const listener = listen_at(FAMILY_TCP, "127.0.0.1:0", &address);
    // The third ACK is not enough: the connection comes about with the first byte.
    ck_assert_int_eq(net_set_option(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5), 0);
    int const client = connect_to(FAMILY_TCP, &address);
    assert_count(STATE_SYN_RECV, 1);
    assert_count(STATE_ESTABLISHED, 1);
    ck_assert_int_eq(net_send(client, "x", 1), 1);
    assert_count(STATE_SYN_RECV, 0);
    assert_count(STATE_ESTABLISHED, 2);
}
END_TEST

START_TEST(a_long_answer_comes_in_pieces) {
    enum { MANY = 400 }; // some hundred bytes each, and 32 KiB a piece
    struct address address;
    int const listener = listen_at(FAMILY_TCP, "127.0.0.1:0", &address);
    for (int i = 0; i < MANY; i++) {
        connect_to(FAMILY_TCP, &address);
        accept_from(listener);
    }
    assert_count(STATE_ESTABLISHED, 2 * MANY);
    ck_assert_int_eq(net_state(&diag, listener), STATE_LISTEN); // the next question is answered as ever
    assert_count(STATE_ESTABLISHED, 2 * MANY);
}
END_TEST

START_TEST(another_network_is_not_counted) {
    struct address address;
    listen_at(FAMILY_TCP, "127.0.0.1:0", &address);
    assert_count(STATE_LISTEN, 1);
    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    struct diag_socket empty;
    ck_assert_int_eq(diag_open(&empty), 0);
    ck_assert_int_eq(net_count_sockets(&empty, STATE_LISTEN), 0);
    assert_count(STATE_LISTEN, 1); // the diag socket stays where it was opened
    diag_close(&empty);
    ck_assert_int_eq(net_count_sockets(&empty, STATE_LISTEN), -EBADF);
}
END_TEST

static const struct net_queue *queue_at(const struct net_queue *queues, int count, const struct address *local) {
    for (int i = 0; i < count; i++)
        if (address_equal(&queues[i].local, local)) return &queues[i];
    return NULL;
}

START_TEST(who_waits_to_be_accepted) {
    static const enum family_word words[] = {FAMILY_TCP, FAMILY_TCP6, FAMILY_MPTCP, FAMILY_UNIX};
    static const char *const texts[] = {"127.0.0.1:0", "[::1]:0", "127.0.0.2:0", "@accept-queue"};
    enum { LISTENERS = 4, MOST = 8 };
    struct net_queue queues[MOST];
    struct address addresses[LISTENERS];
    int listeners[LISTENERS];
    for (int i = 0; i < LISTENERS; i++) {
        listeners[i] = listen_at(words[i], texts[i], &addresses[i]);
        ck_assert_int_eq(net_queues(&diag, queues, MOST), i); // of this one nothing is told yet
        for (int k = 0; k <= i; k++) connect_to(words[i], &addresses[i]);
        struct pollfd waiting = {.fd = listeners[i], .events = POLLIN};
        ck_assert_int_eq(poll(&waiting, 1, 5000), 1);
    }
    int const count = net_queues(&diag, queues, MOST);
    ck_assert_int_eq(count, LISTENERS);
    for (int i = 0; i < LISTENERS; i++) {
        const struct net_queue *queue = queue_at(queues, count, &addresses[i]);
        ck_assert_msg(queue != NULL, "nothing is told of %s", texts[i]);
        ck_assert_uint_eq(queue->count, (uint32_t)i + 1);
    }
    ck_assert_int_eq(net_queues(&diag, queues, 1), 1);
    accept_from(listeners[0]);
    ck_assert_int_eq(net_queues(&diag, queues, MOST), LISTENERS - 1);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("count");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, an_empty_network_holds_none);
    tcase_add_test(tests, both_ends_of_both_families);
    tcase_add_test(tests, a_request_counts_as_syn_recv);
    tcase_add_test(tests, a_long_answer_comes_in_pieces);
    tcase_add_test(tests, another_network_is_not_counted);
    tcase_add_test(tests, who_waits_to_be_accepted);
    Suite *suite = suite_create("count");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
