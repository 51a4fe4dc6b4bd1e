// Frames on the loopback, and how every family is looked for: net/net.h. Packet sockets need CAP_NET_RAW; who has it
// not gets a network of its own, in which it does.
#include "net/net.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAME_BYTES = 18, HEAD_BYTES = 14 };
static const uint8_t frame[FRAME_BYTES] = {[12] = 0x88, [13] = 0xb5, 'r', 'a', 'w', '!'};

// A network with nothing in it but lo, which is up: what comes by there is the test's own.
static void set_up(void) {
    int const flags = geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET;
    ck_assert_msg(unshare(flags) == 0, "unshare(2): %s", strerror(errno));
    int const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &up), 0);
    close(fd);
}

static struct address endpoint_of(enum family_word word, const char *ethertype) {
    const char *const words[] = {"lo", ethertype};
    struct address address;
    ck_assert_int_eq(net_endpoint(word, words, ethertype ? 2 : 1, NULL, REACH_LOOPBACK, &address), 0);
    return address;
}

static int bound(enum family_word word, const char *ethertype) {
    struct address const address = endpoint_of(word, ethertype);
    int const fd = net_socket(word);
    ck_assert_msg(fd >= 0, "socket: %s", strerror(-fd));
    ck_assert_int_eq(net_bind(fd, &address, false), 0);
    return fd;
}

static void assert_silent(int fd) {
    uint8_t byte;
    ck_assert_int_eq(net_recv(fd, &byte, 1), -EAGAIN); // what is sent on lo has arrived when send returns
}

static void assert_gets(int fd, const void *bytes, ssize_t len_bytes) {
    uint8_t got[64];
    struct message_info info;
    char text[ADDRESS_TEXT_BYTES];
    ck_assert_int_eq(net_queued_in(fd), len_bytes);
    ck_assert_int_eq(net_recv_message(fd, got, sizeof(got), &info, NULL), len_bytes);
    ck_assert_mem_eq(got, bytes, (size_t)len_bytes);
    ck_assert(!info.truncated && !info.ended);
    ck_assert_str_eq(address_text(&info.sender, text), "lo 0x88b5");
    assert_silent(fd); // and nothing twice
}

START_TEST(a_socket_hears_others_and_not_itself) {
    int const raw = bound(FAMILY_PACKET, "0x88b5"), other = bound(FAMILY_PACKET, "0x88b5"),
              all = bound(FAMILY_PACKET, "3"), cooked = bound(FAMILY_PACKET_DGRAM, "0x88b5"),
              another_type = bound(FAMILY_PACKET, "0x88b6");
    ck_assert_int_eq(net_send(raw, frame, FRAME_BYTES), FRAME_BYTES);
    assert_silent(raw);
    assert_gets(other, frame, FRAME_BYTES);
    assert_gets(all, frame, FRAME_BYTES);
    assert_gets(cooked, frame + HEAD_BYTES, FRAME_BYTES - HEAD_BYTES);
    assert_silent(another_type);

    ck_assert_int_eq(net_send(all, frame, FRAME_BYTES), FRAME_BYTES);
    assert_silent(all);
    assert_gets(raw, frame, FRAME_BYTES);
}
END_TEST

START_TEST(a_cooked_socket_sends_what_it_is_bound_to) {
    int const cooked = bound(FAMILY_PACKET_DGRAM, "0x88b5"), raw = bound(FAMILY_PACKET, "0x88b5");
    ck_assert_int_eq(net_send(cooked, frame + HEAD_BYTES, FRAME_BYTES - HEAD_BYTES), FRAME_BYTES - HEAD_BYTES);
    assert_silent(cooked);
    assert_gets(raw, frame, FRAME_BYTES);

    struct address const to = endpoint_of(FAMILY_PACKET_DGRAM, "0x88b5");
    int const unbound = net_socket(FAMILY_PACKET_DGRAM);
    ck_assert_int_eq(net_send_to(unbound, frame + HEAD_BYTES, FRAME_BYTES - HEAD_BYTES, &to), FRAME_BYTES - HEAD_BYTES);
    assert_gets(raw, frame, FRAME_BYTES);
}
END_TEST

START_TEST(without_an_ethertype_it_only_sends) {
    int const mute = bound(FAMILY_PACKET, NULL), raw = bound(FAMILY_PACKET, "0x88b5");
    struct address address;
    char text[ADDRESS_TEXT_BYTES];
    ck_assert_int_eq(net_send(raw, frame, FRAME_BYTES), FRAME_BYTES);
    assert_silent(mute);
    ck_assert_int_eq(net_send(mute, frame, FRAME_BYTES), FRAME_BYTES);
    assert_gets(raw, frame, FRAME_BYTES);
    net_local(mute, &address);
    ck_assert_str_eq(address_text(&address, text), "lo");
    net_local(raw, &address);
    ck_assert_str_eq(address_text(&address, text), "lo 0x88b5");
    int const fresh = net_socket(FAMILY_PACKET);
    net_local(fresh, &address);
    ck_assert(address_is_none(&address));
}
END_TEST

START_TEST(a_frame_cut_off_is_told) {
    int const raw = bound(FAMILY_PACKET, "0x88b5"), mute = bound(FAMILY_PACKET, NULL);
    uint8_t few[4];
    struct message_info info;
    ck_assert_int_eq(net_send(mute, frame, FRAME_BYTES), FRAME_BYTES);
    ck_assert_int_eq(net_peek_message(raw, few, sizeof(few), &info), sizeof(few));
    ck_assert(info.truncated);
    ck_assert_int_eq(net_recv_message(raw, few, sizeof(few), &info, NULL), sizeof(few));
    ck_assert(info.truncated);
    assert_silent(raw);
}
END_TEST

START_TEST(interfaces_are_looked_for) {
    static const struct {
        const char *words[3];
        uint32_t count;
        int answer;
    } texts[] = {
        {{"lo"}, 1, 0},
        {{"lo", "0x88b5"}, 2, 0},
        {{"nosuch0"}, 1, -ENODEV},
        {{""}, 1, -ENODEV},
        {{"a-name-too-long-for-one"}, 1, -ENODEV},
        {{"lo", "ip"}, 2, -EINVAL},
        {{"lo", "0"}, 2, -EINVAL},
        {{"lo", "1", "2"}, 3, -EINVAL},
        {{NULL}, 0, -EINVAL},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct address address;
        int const answer = net_endpoint(FAMILY_PACKET, texts[i].words, texts[i].count, NULL, REACH_LOOPBACK, &address);
        ck_assert_msg(answer == texts[i].answer, "%zu: %d", i, answer);
        ck_assert_int_eq(address_is_none(&address), answer != 0);
    }
}
END_TEST

START_TEST(other_words_are_read) {
    static const struct {
        enum family_word word;
        const char *words[3];
        uint32_t count;
        enum net_reach reach;
        int answer;
        const char *written;
    } texts[] = {
        {FAMILY_L2CAP, {"00:AA:01:00:00:00:0x1001"}, 1, REACH_LOOPBACK, 0, "00:AA:01:00:00:00:4097"},
        {FAMILY_RFCOMM, {"00:AA:01:00:00:00:3"}, 1, REACH_LOOPBACK, 0, "00:AA:01:00:00:00:3"},
        {FAMILY_RFCOMM, {"00:AA:01:00:00:00:99"}, 1, REACH_LOOPBACK, -EINVAL, NULL},
        {FAMILY_VSOCK, {"local:4400"}, 1, REACH_LOOPBACK, 0, "1:4400"},
        {FAMILY_VSOCK, {"host:4400"}, 1, REACH_ADDRESSES, -EACCES, NULL},
        {FAMILY_VSOCK, {"host:4400"}, 1, REACH_NAMES, 0, "2:4400"},
        {FAMILY_VSOCK, {"3"}, 1, REACH_NAMES, -EINVAL, NULL},
        {FAMILY_CAN, {"nosuch0"}, 1, REACH_LOOPBACK, -ENODEV, NULL},
        {FAMILY_CAN, {"vcan0", "1"}, 2, REACH_LOOPBACK, -EINVAL, NULL},
        {FAMILY_ISOTP, {"lo", "0x700", "0x18da00f1"}, 3, REACH_LOOPBACK, 0, "lo 0x700 0x18da00f1"},
        {FAMILY_ISOTP, {"lo", "0x700"}, 2, REACH_LOOPBACK, -EINVAL, NULL},
        {FAMILY_ISOTP, {"lo", "0x700", "x"}, 3, REACH_LOOPBACK, -EINVAL, NULL},
        {FAMILY_ISOTP, {"nosuch0", "0x700", "0x708"}, 3, REACH_LOOPBACK, -ENODEV, NULL},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct address address;
        char text[ADDRESS_TEXT_BYTES];
        int const answer = net_endpoint(texts[i].word, texts[i].words, texts[i].count, NULL, texts[i].reach, &address);
        ck_assert_msg(answer == texts[i].answer, "%zu: %d", i, answer);
        if (answer == 0) ck_assert_str_eq(address_text(&address, text), texts[i].written);
    }
}
END_TEST

START_TEST(another_interface_is_out_of_reach) {
    // Where this machine has one beside lo: then its loopback is all that is in reach.
    struct if_nameindex *const all = if_nameindex();
    const char *other = NULL;
    for (struct if_nameindex *one = all; one->if_index != 0; one++)
        if (one->if_index != 1) other = one->if_name;
    if (other) {
        struct address address;
        ck_assert_int_eq(net_endpoint(FAMILY_PACKET, &other, 1, NULL, REACH_LOOPBACK, &address), -EACCES);
        ck_assert_int_eq(net_endpoint(FAMILY_PACKET, &other, 1, NULL, REACH_ADDRESSES, &address), 0);
    }
    if_freenameindex(all);
}
END_TEST

START_TEST(states_without_a_table_of_them) {
    struct diag_socket diag;
    ck_assert_int_eq(diag_open(&diag), 0);
    int const raw = bound(FAMILY_PACKET, "0x88b5");
    ck_assert_int_eq(net_state(&diag, raw), STATE_CLOSE);
    int const vsock = net_socket(FAMILY_VSOCK);
    if (vsock >= 0) {
        const char *const any = "any:0";
        struct address address;
        ck_assert_int_eq(net_state(&diag, vsock), STATE_CLOSE);
        net_local(vsock, &address);
        ck_assert(address_is_none(&address));
        ck_assert_int_eq(net_endpoint(FAMILY_VSOCK, &any, 1, NULL, REACH_LOOPBACK, &address), 0);
        ck_assert_int_eq(net_bind(vsock, &address, false), 0);
        ck_assert_int_eq(net_listen(vsock, 1), 0);
        ck_assert_int_eq(net_state(&diag, vsock), STATE_LISTEN);
        net_local(vsock, &address);
        ck_assert_int_gt(address_port(&address), 0);
    }
    int const file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(net_state(&diag, file), STATE_ANY);
    diag_close(&diag);
}
END_TEST

START_TEST(families_that_are_there_are_not_lacking) {
    static const enum family_word always[] = {FAMILY_TCP, FAMILY_UDP6, FAMILY_UNIX_SEQPACKET, FAMILY_PACKET};
    struct buffer reason = {0};
    for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
        ck_assert_msg(!net_family_lacks(always[i], REACH_LOOPBACK, &reason), "%s", reason.data);
    ck_assert_uint_eq(reason.len_bytes, 0);
    ck_assert(net_family_lacks(FAMILY_NONE, REACH_LOOPBACK, &reason));
    ck_assert(!net_socket_lacks(FAMILY_TCP, -EMFILE, &reason)); // a matter of room
    ck_assert(!net_socket_lacks(FAMILY_TCP, -EPERM, &reason));
    ck_assert(net_socket_lacks(FAMILY_CAN, -EAFNOSUPPORT, &reason));
    buffer_fini(&reason);
}
END_TEST

// What each family answers is what socket(2) says, or for vsock bind(2).
START_TEST(lacking_is_said_with_the_errno) {
    static const enum family_word words[] = {FAMILY_CAN, FAMILY_ISOTP, FAMILY_L2CAP, FAMILY_RFCOMM, FAMILY_VSOCK};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        struct buffer reason = {0};
        const struct net_family *const family = net_family(words[i]);
        int const fd = socket(family->domain, family->type | SOCK_CLOEXEC, family->protocol);
        int error = fd < 0 ? errno : 0;
        struct sockaddr_vm const local = {
            .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = VMADDR_PORT_ANY};
        bool const is_vsock = family->domain == AF_VSOCK;
        if (is_vsock && error == 0 && bind(fd, (const struct sockaddr *)&local, sizeof(local)) < 0) error = errno;
        ck_assert_int_eq(net_family_lacks(words[i], REACH_LOOPBACK, &reason), error != 0);
        if (error) ck_assert_ptr_nonnull(strstr(reason.data, strerrorname_np(error)));
        buffer_clear(&reason);
        if (is_vsock && fd >= 0) ck_assert(!net_family_lacks(words[i], REACH_NAMES, &reason)); // another machine will do
        if (fd >= 0) close(fd);
        buffer_fini(&reason);
    }
}
END_TEST

START_TEST(who_may_not_is_told_the_capability) {
    pid_t const child = fork();
    if (child == 0) {
        struct buffer reason = {0};
        if (geteuid() == 0 && (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)) _exit(2);
        bool const lacks = net_family_lacks(FAMILY_PACKET, REACH_LOOPBACK, &reason);
        _exit(lacks && strstr(reason.data, "CAP_NET_RAW") && strstr(reason.data, "EPERM") ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int main(void) {
    TCase *in_network = tcase_create("network");
    tcase_add_checked_fixture(in_network, set_up, NULL);
    tcase_add_test(in_network, a_socket_hears_others_and_not_itself);
    tcase_add_test(in_network, a_cooked_socket_sends_what_it_is_bound_to);
    tcase_add_test(in_network, without_an_ethertype_it_only_sends);
    tcase_add_test(in_network, a_frame_cut_off_is_told);
    tcase_add_test(in_network, interfaces_are_looked_for);
    tcase_add_test(in_network, other_words_are_read);
    tcase_add_test(in_network, states_without_a_table_of_them);
    tcase_add_test(in_network, families_that_are_there_are_not_lacking);
    TCase *here = tcase_create("here");
    tcase_add_test(here, another_interface_is_out_of_reach);
    tcase_add_test(here, lacking_is_said_with_the_errno);
    tcase_add_test(here, who_may_not_is_told_the_capability);
    Suite *suite = suite_create("packet");
    suite_add_tcase(suite, in_network);
    suite_add_tcase(suite, here);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
