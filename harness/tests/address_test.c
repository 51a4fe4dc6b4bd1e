// Addresses that are of no IP network: base/address.h.
#include "base/address.h"

#include <arpa/inet.h>
#include <check.h>
#include <string.h>

static struct address packet(int index, const char *name, uint16_t ethertype) {
    struct address address = {.len_bytes = sizeof(address.as.ll)};
    address.as.ll = (struct sockaddr_ll){
        .sll_family = AF_PACKET, .sll_protocol = htons(ethertype), .sll_ifindex = index, .sll_halen = 6};
    strcpy(address.interface, name);
    return address;
}

static struct address can(int index, const char *name, canid_t tx, canid_t rx) {
    struct address address = {.len_bytes = sizeof(address.as.can)};
    address.as.can = (struct sockaddr_can){.can_family = AF_CAN, .can_ifindex = index};
    address.as.can.can_addr.tp.tx_id = tx;
    address.as.can.can_addr.tp.rx_id = rx;
    strcpy(address.interface, name);
    return address;
}

static struct address l2cap(const char *text) {
    struct address address;
    ck_assert_msg(address_parse_l2cap(slice_text(text), &address), "'%s'", text);
    return address;
}

static struct address rfcomm(const char *text) {
    struct address address;
    ck_assert_msg(address_parse_rfcomm(slice_text(text), &address), "'%s'", text);
    return address;
}

static struct address vsock(const char *text) {
    struct address address;
    ck_assert_msg(address_parse_vsock(slice_text(text), &address), "'%s'", text);
    return address;
}

static void assert_told(struct address address, const char *text, const char *host, int64_t port, bool is_loopback) {
    char written[ADDRESS_TEXT_BYTES];
    ck_assert_str_eq(address_text(&address, written), text);
    ck_assert_str_eq(address_host(&address, written), host);
    ck_assert_int_eq(address_port(&address), port);
    ck_assert_int_eq(address_is_loopback(&address), is_loopback);
    ck_assert(!address_is_none(&address));
    ck_assert(address_equal(&address, &address));
}

START_TEST(addresses_are_told_as_they_are_written) {
    assert_told(packet(1, "lo", 0x88b5), "lo 0x88b5", "lo", -1, true);
    assert_told(packet(1, "lo", 0), "lo", "lo", -1, true);
    assert_told(packet(2, "eth0", 0x800), "eth0 0x0800", "eth0", -1, false);
    assert_told(can(3, "vcan0", 0, 0), "vcan0", "vcan0", -1, true);
    assert_told(can(3, "vcan0", 0x700, 0x708), "vcan0 0x700 0x708", "vcan0", -1, true);
    assert_told(can(3, "vcan0", 0x18da00f1 | CAN_EFF_FLAG, 1), "vcan0 0x18da00f1 0x1", "vcan0", -1, true);
    assert_told(l2cap("00:aa:01:00:00:00:4097"), "00:AA:01:00:00:00:4097", "00:AA:01:00:00:00", 4097, true);
    assert_told(l2cap("00:AA:01:00:00:00:0x1001"), "00:AA:01:00:00:00:4097", "00:AA:01:00:00:00", 4097, true);
    assert_told(rfcomm("00:AA:01:01:00:01:3"), "00:AA:01:01:00:01:3", "00:AA:01:01:00:01", 3, true);
    assert_told(vsock("1:4400"), "1:4400", "1", 4400, true);
    assert_told(vsock("local:4400"), "1:4400", "1", 4400, true);
    assert_told(vsock("any:4294967294"), "any:4294967294", "any", 4294967294, true);
    assert_told(vsock("host:0"), "2:0", "2", 0, false);
}
END_TEST

START_TEST(bytes_of_a_device_stand_in_reverse) {
    struct address const address = l2cap("00:AA:01:02:03:04:1");
    static const uint8_t bytes[] = {0x04, 0x03, 0x02, 0x01, 0xaa, 0x00};
    ck_assert_mem_eq(&address.as.l2.l2_bdaddr, bytes, sizeof(bytes));
    ck_assert_uint_eq(address.len_bytes, 14); // as the kernel wants them
    ck_assert_uint_eq(rfcomm("00:AA:01:02:03:04:1").len_bytes, 10);
}
END_TEST

START_TEST(equality_looks_at_what_both_say) {
    struct address const typed = packet(1, "lo", 0x88b5), bare = packet(1, "lo", 0), other_type = packet(1, "lo", 0x88b6),
                         elsewhere = packet(2, "eth0", 0x88b5);
    ck_assert(address_equal(&typed, &bare));
    ck_assert(!address_equal(&typed, &other_type));
    ck_assert(!address_equal(&typed, &elsewhere));

    struct address const frames = can(3, "vcan0", 0, 0), there = can(3, "vcan0", 0x700, 0x708),
                         back = can(3, "vcan0", 0x708, 0x700);
    ck_assert(address_equal(&frames, &there));
    ck_assert(!address_equal(&there, &back));

    struct address channel = l2cap("00:AA:01:00:00:00:4097"), other_channel = channel;
    struct address const endpoint = channel, other_psm = l2cap("00:AA:01:00:00:00:4099"),
                         other_device = l2cap("00:AA:01:00:00:01:4097"), stream = rfcomm("00:AA:01:00:00:00:1");
    channel.as.l2.l2_cid = 0x40;
    other_channel.as.l2.l2_cid = 0x41;
    ck_assert(address_equal(&channel, &endpoint));
    ck_assert(!address_equal(&channel, &other_channel));
    ck_assert(!address_equal(&endpoint, &other_psm));
    ck_assert(!address_equal(&endpoint, &other_device));
    ck_assert(!address_equal(&endpoint, &stream));

    struct address const local = vsock("local:1"), host = vsock("host:1"), other_port = vsock("local:2");
    ck_assert(!address_equal(&local, &host));
    ck_assert(!address_equal(&local, &other_port));
    ck_assert(!address_equal(&local, &endpoint));
}
END_TEST

static const char *const wrong_devices[] = {
    "", ":", "00:AA:01:00:00:00", "00:AA:01:00:00:00:", "00:AA:01:00:00:1", "00:AA:01:00:00:00:-1", "00:AA:01:00:00:0g:1",
    "00:AA:01:00:00:00:65536", "00-AA-01-00-00-00:1", "0:AA:01:00:00:00:1", "00:AA:01:00:00:00:0x", "00:AA:01:00:00:00:1 ",
};

START_TEST(wrong_devices_are_refused) {
    struct address address;
    ck_assert(!address_parse_l2cap(slice_text(wrong_devices[_i]), &address));
    ck_assert(!address_parse_rfcomm(slice_text(wrong_devices[_i]), &address));
}
END_TEST

START_TEST(numbers_have_limits) {
    struct address address;
    uint16_t ethertype = 0;
    canid_t id = 0;
    ck_assert(!address_parse_rfcomm(slice_text("00:AA:01:00:00:00:31"), &address)); // 30 channels
    static const char *const no_vsock[] = {"", "1", ":1", "1:", "x:1", "4294967296:1", "1:4294967296", "1:1:1", "local"};
    for (size_t i = 0; i < sizeof(no_vsock) / sizeof(*no_vsock); i++)
        ck_assert_msg(!address_parse_vsock(slice_text(no_vsock[i]), &address), "'%s'", no_vsock[i]);

    ck_assert(address_parse_ethertype(slice_text("0x88b5"), &ethertype) && ethertype == 0x88b5);
    ck_assert(address_parse_ethertype(slice_text("2048"), &ethertype) && ethertype == 0x800);
    ck_assert(!address_parse_ethertype(slice_text("0"), &ethertype)); // what only sends
    ck_assert(!address_parse_ethertype(slice_text("0x10000"), &ethertype));
    ck_assert(!address_parse_ethertype(slice_text("ip"), &ethertype));

    ck_assert(address_parse_can_id(slice_text("0x7ff"), &id) && id == 0x7ff);
    ck_assert(address_parse_can_id(slice_text("0x800"), &id) && id == (0x800 | CAN_EFF_FLAG));
    ck_assert(address_parse_can_id(slice_text("0x1fffffff"), &id) && id == (0x1fffffff | CAN_EFF_FLAG));
    ck_assert(!address_parse_can_id(slice_text("0x20000000"), &id));
    ck_assert(!address_parse_can_id(slice_text(""), &id));
    ck_assert(!address_parse_can_id(slice_text("99999999999999999999999"), &id));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("address");
    tcase_add_test(tests, addresses_are_told_as_they_are_written);
    tcase_add_test(tests, bytes_of_a_device_stand_in_reverse);
    tcase_add_test(tests, equality_looks_at_what_both_say);
    tcase_add_loop_test(tests, wrong_devices_are_refused, 0, sizeof(wrong_devices) / sizeof(*wrong_devices));
    tcase_add_test(tests, numbers_have_limits);
    Suite *suite = suite_create("address");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
