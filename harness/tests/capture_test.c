// Packets of a network of the test's own, as a capture has them: net/capture.h. Each as we are and as an ordinary user.
#include "capture_can.h"
#include "net/capture.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "netlink.h"
#include "own_network.h"

#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    ETHERNET_BYTES = 14,
    IPV4_BYTES = 20,
    UDP_BYTES = 8,
    PACKETS_MAX = 64,
    LONG_MS = 20 * 1000,
    BIG_BYTES = 60000,
    BIG_COUNT = 500, // 30 MB, and the ring has room for half of it
};
enum tcp_flag { FIN = 0x01, SYN = 0x02, ACK = 0x10 };

static struct capture *capture;

struct taken {
    struct captured_packet packet;
    size_t at; // where its bytes begin
};

static struct {
    struct taken packets[PACKETS_MAX];
    uint32_t count;
    struct buffer bytes;
} taken;

static void enter(int user) {
    enter_own_network(user);
    ck_assert_int_eq(link_up("lo"), 0);
    int const error = capture_open(&capture);
    ck_assert_msg(error == 0, "capture_open: %s", strerrorname_np(-error));
}

static void tear_down(void) {
    capture_close(capture);
    buffer_fini(&taken.bytes);
}

static void keep(void *context, const struct captured_packet *packet) {
    (void)context;
    ck_assert_uint_lt(taken.count, PACKETS_MAX);
    taken.packets[taken.count++] = (struct taken){*packet, taken.bytes.len_bytes};
    buffer_slice(&taken.bytes, packet->bytes);
}

static struct slice bytes_of(uint32_t number) {
    const struct taken *const one = &taken.packets[number];
    return slice_of(taken.bytes.data + one->at, one->packet.bytes.len_bytes);
}

static struct sockaddr_in here(void) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

// On any port; *at is told which.
static int bound(int type, struct sockaddr_in *at) {
    int const fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    socklen_t len_bytes = sizeof *at;
    *at = here();
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)at, &len_bytes), 0);
    return fd;
}

static void send_text(int fd, const char *text) {
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void receive_text(int fd, const char *text) {
    char bytes[64];
    ck_assert_int_eq(recv(fd, bytes, sizeof bytes, 0), (ssize_t)strlen(text));
    ck_assert_mem_eq(bytes, text, strlen(text));
}

// --- what was taken

// Both of its passings over lo would be the same to the last byte.
static void check_all(int64_t begin_ns) {
    int64_t const slack_ns = NS_PER_MS, end_ns = clock_now_ns();
    int64_t last_ns = begin_ns - slack_ns;
    for (uint32_t i = 0; i < taken.count; i++) {
        const struct captured_packet *const packet = &taken.packets[i].packet;
        ck_assert_int_eq(packet->link_type, LINK_ETHERNET);
        ck_assert_uint_eq(packet->interface, 1);
        ck_assert_uint_eq(packet->whole_bytes, packet->bytes.len_bytes);
        ck_assert_msg(packet->at_ns >= last_ns, "packet %u is from before the one before it", i);
        last_ns = packet->at_ns;
        for (uint32_t k = 0; k < i; k++) ck_assert_msg(!slice_equal(bytes_of(i), bytes_of(k)), "%u is %u again", i, k);
    }
    ck_assert_int_le(last_ns, end_ns + slack_ns);
    ck_assert_uint_eq(capture_lost(capture), 0);
}

// Its payload, or an empty slice; *flags of TCP.
static struct slice payload_of(uint32_t number, uint8_t protocol, uint16_t to_port, uint8_t *flags) {
    struct slice const none = slice_of(NULL, 0), bytes = bytes_of(number);
    const uint8_t *const ip = bytes.data + ETHERNET_BYTES, *const header = ip + IPV4_BYTES;
    if (bytes.len_bytes < ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES || ip[0] != 0x45 || ip[9] != protocol) return none;
    if ((header[2] << 8 | header[3]) != to_port) return none;
    size_t const header_bytes = protocol == IPPROTO_TCP ? (size_t)(header[12] >> 4) * 4 : UDP_BYTES;
    *flags = protocol == IPPROTO_TCP ? header[13] : 0;
    ck_assert_uint_eq(ip[2] << 8 | ip[3], bytes.len_bytes - ETHERNET_BYTES);
    return slice_of(header + header_bytes, bytes.len_bytes - ETHERNET_BYTES - IPV4_BYTES - header_bytes);
}

// How many carry the text to that port, or with "" any flags of those.
static uint32_t count_of(uint8_t protocol, uint16_t to_port, const char *text, uint8_t mask, uint8_t wanted) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < taken.count; i++) {
        uint8_t flags = 0;
        struct slice const payload = payload_of(i, protocol, to_port, &flags);
        if (payload.data && slice_is(payload, text) && (flags & mask) == wanted) count++;
    }
    return count;
}

// ---

START_TEST(a_datagram_is_taken_once) {
    enter(_i);
    int64_t const begin_ns = clock_now_ns();
    struct sockaddr_in at;
    int const to = bound(SOCK_DGRAM, &at), from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(from, (struct sockaddr *)&at, sizeof at), 0);
    send_text(from, "one");
    send_text(from, "another");
    receive_text(to, "one");
    receive_text(to, "another");
    capture_flush(capture, keep, NULL);
    check_all(begin_ns);
    ck_assert_uint_eq(taken.count, 2);
    ck_assert_uint_eq(count_of(IPPROTO_UDP, ntohs(at.sin_port), "one", 0, 0), 1);
    ck_assert_uint_eq(count_of(IPPROTO_UDP, ntohs(at.sin_port), "another", 0, 0), 1);
    ck_assert_int_ge(taken.packets[1].packet.at_ns, taken.packets[0].packet.at_ns);
    close(from);
    close(to);
}
END_TEST

START_TEST(a_connection_is_taken_whole) {
    enter(_i);
    int64_t const begin_ns = clock_now_ns();
    struct sockaddr_in at, own;
    socklen_t own_bytes = sizeof own;
    int const listener = bound(SOCK_STREAM, &at), client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(getsockname(client, (struct sockaddr *)&own, &own_bytes), 0);
    int const server = accept(listener, NULL, NULL);
    ck_assert_int_ge(server, 0);
    send_text(client, "ping");
    receive_text(server, "ping");
    send_text(server, "pong");
    receive_text(client, "pong");
    close(client);
    receive_text(server, "");
    close(server);
    close(listener);
    capture_flush(capture, keep, NULL);
    check_all(begin_ns);
    uint16_t const there = ntohs(at.sin_port), back = ntohs(own.sin_port);
    ck_assert_uint_eq(count_of(IPPROTO_TCP, there, "", SYN | ACK, SYN), 1);
    ck_assert_uint_eq(count_of(IPPROTO_TCP, back, "", SYN | ACK, SYN | ACK), 1);
    ck_assert_uint_eq(count_of(IPPROTO_TCP, there, "ping", SYN | ACK | FIN, ACK), 1);
    ck_assert_uint_eq(count_of(IPPROTO_TCP, back, "pong", SYN | ACK | FIN, ACK), 1);
    ck_assert_uint_eq(count_of(IPPROTO_TCP, there, "", FIN, FIN), 1);
    ck_assert_uint_eq(count_of(IPPROTO_TCP, back, "", FIN, FIN), 1);
}
END_TEST

START_TEST(a_packet_is_told_by_poll) {
    enter(_i);
    struct sockaddr_in at;
    int const to = bound(SOCK_DGRAM, &at), from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(from, (struct sockaddr *)&at, sizeof at), 0);
    send_text(from, "one");
    struct pollfd ready = {.fd = capture_fd(capture), .events = POLLIN};
    while (taken.count == 0) { // it is a millisecond that the kernel holds it back
        ck_assert_int_eq(poll(&ready, 1, LONG_MS), 1);
        capture_take(capture, keep, NULL);
    }
    ck_assert_uint_eq(taken.count, 1);
    close(from);
    close(to);
}
END_TEST

static void count(void *context, const struct captured_packet *packet) {
    uint64_t *const counted = context;
    ck_assert_uint_eq(packet->whole_bytes, ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES + BIG_BYTES);
    ++*counted;
}

// What comes and is taken, and what finds no room: together all of it.
START_TEST(what_finds_no_room_is_counted) {
    static const char BIG[BIG_BYTES];
    enter(_i);
    struct sockaddr_in at;
    int const to = bound(SOCK_DGRAM, &at), from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool const is_ordinary = _i == AS_ORDINARY_USER || geteuid() != 0;
    int const queue_bytes = 16 * 1024 * 1024 / 2; // where it is no ring, whose room is not this
    ck_assert_int_eq(setsockopt(capture_fd(capture), SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof queue_bytes),
                     is_ordinary ? -1 : 0);
    ck_assert_int_eq(connect(from, (struct sockaddr *)&at, sizeof at), 0);
    uint64_t counted = 0, before;
    for (int i = 0; i < BIG_COUNT; i++) ck_assert_int_eq(send(from, BIG, sizeof BIG, 0), sizeof BIG);
    capture_flush(capture, count, &counted);
    ck_assert_uint_gt(capture_lost(capture), 0);
    ck_assert_uint_gt(counted, 0);
    ck_assert_uint_eq(counted + capture_lost(capture), BIG_COUNT);
    // Behind it there is room again.
    before = capture_lost(capture);
    counted = 0;
    ck_assert_int_eq(send(from, BIG, sizeof BIG, 0), sizeof BIG);
    capture_flush(capture, count, &counted);
    ck_assert_uint_eq(counted, 1);
    ck_assert_uint_eq(capture_lost(capture), before);
    close(from);
    close(to);
}
END_TEST

START_TEST(without_the_right_to) {
    enter_own_network(_i);
    drop_capabilities();
    ck_assert_int_eq(capture_open(&capture), -EPERM);
    ck_assert_ptr_null(capture);
}
END_TEST

START_TEST(an_identifier_is_big_endian) {
    uint32_t const id = 0x80000123; // CAN_EFF_FLAG
    uint8_t frame[16] = {[4] = 2, [8] = 0xab, [9] = 0xcd};
    static const uint8_t WANTED[16] = {0x80, 0, 1, 0x23, 2, 0, 0, 0, 0xab, 0xcd};
    memcpy(frame, &id, sizeof id);
    capture_can_order(frame, sizeof frame);
    ck_assert_mem_eq(frame, WANTED, sizeof frame);
    uint8_t cut_off[] = {1, 2, 3};
    capture_can_order(cut_off, sizeof cut_off);
    ck_assert_mem_eq(cut_off, ((uint8_t[]){1, 2, 3}), sizeof cut_off);
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("capture");
    TCase *const tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_datagram_is_taken_once, 0, user_count());
    tcase_add_loop_test(tcase, a_connection_is_taken_whole, 0, user_count());
    tcase_add_loop_test(tcase, a_packet_is_told_by_poll, 0, user_count());
    tcase_add_loop_test(tcase, what_finds_no_room_is_counted, 0, user_count());
    tcase_add_loop_test(tcase, without_the_right_to, 0, user_count());
    tcase_add_test(tcase, an_identifier_is_big_endian);
    suite_add_tcase(suite, tcase);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
