// Addresses as types, and the conditions of fields.
#include "message_text.h"

#include "wire.h"

#include <check.h>
#include <string.h>

// ---- addresses on the wire

static size_t packed(enum type_word type, const char *literal, uint8_t bytes[WIRE_BYTES_MAX], char message[WIRE_MESSAGE_BYTES]) {
    struct address address;
    bool has_port;
    ck_assert(address_parse(slice_text(literal), &address, &has_port));
    struct value const value = {.kind = VALUE_ADDRESS, .address = &address, .address_has_port = has_port};
    return wire_pack(type, &value, bytes, message);
}

START_TEST(addresses_round_trip) {
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    ck_assert_uint_eq(packed(TYPE_WORD_ADDRESS4, "192.0.2.1:80", bytes, message), 4); // the port is no part of it
    ck_assert_mem_eq(bytes, "\xc0\0\2\1", 4);
    struct value const four = wire_unpack_address(&stage.arena, TYPE_WORD_ADDRESS4, bytes);
    assert_prints(&four, "192.0.2.1");
    ck_assert_uint_eq(packed(TYPE_WORD_ADDRESS6, "[2001:db8::1]:80", bytes, message), 16);
    ck_assert_mem_eq(bytes, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    struct value const six = wire_unpack_address(&stage.arena, TYPE_WORD_ADDRESS6, bytes);
    assert_prints(&six, "2001:db8::1");
    ck_assert(!value_equal(&four, &six));
    ck_assert_uint_eq(packed(TYPE_WORD_ADDRESS6, "[::ffff:192.0.2.1]:80", bytes, message), 16);
    ck_assert_mem_eq(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
}
END_TEST

START_TEST(what_is_no_such_address) {
    uint8_t bytes[WIRE_BYTES_MAX];
    char message[WIRE_MESSAGE_BYTES];
    ck_assert_uint_eq(packed(TYPE_WORD_ADDRESS4, "::1", bytes, message), 0);
    ck_assert_str_eq(message, "address4 takes an IPv4 address, and this is ::1");
    ck_assert_uint_eq(packed(TYPE_WORD_ADDRESS4, "::ffff:192.0.2.1", bytes, message), 0);
    ck_assert_uint_eq(packed(TYPE_WORD_ADDRESS6, "127.0.0.1", bytes, message), 0);
    ck_assert_str_eq(message, "address6 takes an IPv6 address, and this is 127.0.0.1");
    struct address const none = {0};
    struct value values[] = {value_address(&none), value_integer(5), value_text(&stage.arena, slice_text("example.org"))};
    static const char *const SAID[] = {"and this is none", "and this is an integer", "and these bytes write none"};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        ck_assert_uint_eq(wire_pack(TYPE_WORD_ADDRESS6, &values[i], bytes, message), 0);
        ck_assert_msg(strstr(message, SAID[i]), "'%s' does not say '%s'", message, SAID[i]);
    }
    struct address unix_address = {.as.un.sun_family = AF_UNIX, .len_bytes = sizeof unix_address.as.un};
    memset(unix_address.as.un.sun_path, 'x', sizeof unix_address.as.un.sun_path - 1);
    struct value const path = {.kind = VALUE_ADDRESS, .address = &unix_address};
    ck_assert_uint_eq(wire_pack(TYPE_WORD_ADDRESS4, &path, bytes, message), 0);
    ck_assert_uint_lt(strlen(message), sizeof message);
}
END_TEST

START_TEST(an_address_in_a_row) {
    load("", "recv u8 address4 as where address6 \"!\"", "send address4(192.0.2.1) address6([2001:db8::1]) address4(\"127.0.0.1\")");
    BUILT("\xc0\0\2\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x7f\0\0\1");
    assert_matches(BYTES("\0\xc0\0\2\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1!"));
    assert_prints(&stage.slots[pattern()->elements[1].capture], "192.0.2.1");
    assert_differs(BYTES("\0\xc0\0\2\1\x20"), "address6", 6);
    load("", "recv address4 == 192.0.2.1 as a address6 == [::1] as b address4 == \"10.0.0.1\" as c", "send \"\"");
    assert_matches(BYTES("\xc0\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\12\0\0\1"));
    assert_prints(&stage.slots[pattern()->elements[0].capture], "192.0.2.1");
    assert_prints(&stage.slots[pattern()->elements[1].capture], "::1");
    assert_prints(&stage.slots[pattern()->elements[2].capture], "10.0.0.1");
    DIFFERS("\xc0\0\3\1", "address4 == 192.0.2.1", 2, "\2\1"); // the first wrong byte, as soon as it is there
    load("", "recv address4 != 192.0.2.1 address6 == 192.0.2.1", "send \"\"");
    assert_matches(BYTES("\xc0\0\2\2\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1")); // mapped
    assert_differs(BYTES("\xc0\0\2\1"), "address4 != 192.0.2.1, received 192.0.2.1", 0);
    load("", "recv list(address4, 2) == [10.0.0.1:80, \"10.0.0.2\"] as them", "send \"\"");
    assert_matches(BYTES("\12\0\0\1\12\0\0\2"));
    assert_prints(captured(), "[10.0.0.1, 10.0.0.2]");
}
END_TEST

static const char SOCKS[] = "message Request {\n atyp u8\n"
                            " dst switch atyp { 1: address4, 3: text(2), 4: address6 }\n"
                            " port u16be\n}\n";

START_TEST(addresses_in_messages) {
    load(SOCKS, "recv Request { dst: 192.0.2.1 } as r", "send Request { atyp: 1, dst: 192.0.2.1, port: 80 }");
    BUILT("\1\xc0\0\2\1\0\x50");
    assert_matches(built());
    assert_prints(captured(), "Request { atyp: 1, dst: 192.0.2.1, port: 80 }");
    DIFFERS("\1\xc0\0\2\2\0\x50", "Request.dst: address4 == 192.0.2.1", 4, "\1");
    assert_differs(BYTES("\3ab\0\x50"), "Request.dst: text(2) == 192.0.2.1, received \"ab\"", 1);
    load(SOCKS, "recv Request { dst as where } as r", "send Request { atyp: 4, dst: \"2001:DB8::1\", port: 80 }");
    assert_matches(built());
    assert_prints(&stage.slots[pattern()->elements[0].row[1].capture], "2001:db8::1");
    load(SOCKS, "recv Request { }", "send Request { atyp: 4, dst: 192.0.2.1, port: 80 }");
    assert_build_fails("Request.dst: address6 takes an IPv6 address, and this is 192.0.2.1");
    load("message M {\n a address4\n b address4 = a\n c address6 default [::1]\n n u8 = size(a .. c)\n}\n",
         "recv M { a as a }", "send M { a: \"192.0.2.1\" }");
    BUILT("\xc0\0\2\1\xc0\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x18");
    assert_matches(built());
    DIFFERS("\xc0\0\2\1\xc0\1\2\1", "M.b: address4 = a", 5, "\0\2\1");
}
END_TEST

// ---- where

static const char PACKET[] = "message Packet {\n type bits(4)\n qos bits(2) where qos < 3\n flags bits(2)\n"
                             " length leb128 = size(body) where size(length) <= 2\n"
                             " more u8 when qos == 1 where more != 7 and more < length + 100\n"
                             " body bytes(length) where len(body) < 200 and body ~ /^[a-c]*$/\n}\n";

START_TEST(a_field_must_be_as_it_says) {
    load(PACKET, "recv Packet { } as p", "send Packet { type: 1, qos: 1, flags: 0, more: 2, body: \"abc\" }");
    BUILT("\x14\3\2abc");
    assert_matches(built());
    assert_matches(BYTES("\x10\0"));
    assert_differs(BYTES("\x1c\0"), "Packet.qos: qos < 3 does not hold, received 3", 0);
    assert_differs(BYTES("\x14\3\7"), "Packet.more: more != 7 and more < length + 100 does not hold, received 7", 2);
    assert_differs(BYTES("\x10\x80\x80\0"), "Packet.length: size(length) <= 2 does not hold, received 0", 1);
    assert_differs(BYTES("\x10\3abx"), "Packet.body: len(body) < 200 and body ~ /^[a-c]*$/ does not hold, received \"abx\"", 2);
    load(PACKET, "recv Packet { body: \"x\" }", "send \"\""); // both are asked
    assert_differs(BYTES("\x10\1a"), "Packet.body: bytes(length) == \"x\", received \"a\"", 2);
    assert_differs(BYTES("\x10\1x"), "Packet.body: len(body)", 2);
}
END_TEST

START_TEST(nothing_of_it_is_asked_when_building) {
    load(PACKET, "recv Packet { }", "send Packet { type: 1, qos: 3, flags: 0, length: 5, body: \"x\" }");
    BUILT("\x1c\5x");
    load("message M {\n a u8 = 5 where a == 6\n b u8 default 1 where 10 / (b - 1) > 0\n}\n", "recv M { }", "send M { }");
    BUILT("\5\1");
    assert_differs(BYTES("\5\1"), "M.a: a == 6 does not hold, received 5", 0);
}
END_TEST

START_TEST(what_has_no_value_is_a_mismatch) {
    load("message M {\n b u8 where 10 / b > 2\n n line where int(n) > 3\n}\n", "recv M { }", "send \"\"");
    assert_matches(BYTES("\2\x34\n"));
    assert_differs(BYTES("\0"), "M.b: 10 / b > 2: ", 1);
    assert_differs(BYTES("\1x\n"), "M.n: int(n) > 3: ", 3);
}
END_TEST

START_TEST(where_of_every_type) {
    load("message In {\n a u8\n b u8 where b > a\n}\n"
         "message M {\n n u8 where n % 2 == 1\n one In where one.a < 5\n items list(In, n) where len(items) < 3\n"
         " it switch n { 1: sized(2, In), else: address4 } where n != 1 or it.b != 9\n"
         " name domain_name where name != \"b\"\n tail rest where size(tail) == 1 and size(n .. tail) < 20\n}\n",
         "recv M { } as m", "send M { n: 1, one: In { a: 1, b: 2 }, items: [In { a: 3, b: 4 }], it: In { a: 5, b: 6 }, "
                            "name: \"a\", tail: \"!\" }");
    assert_matches(built());
    assert_differs(BYTES("\2"), "M.n: n % 2 == 1 does not hold, received 2", 0);
    assert_differs(BYTES("\1\5\6"), "M.one: one.a < 5 does not hold, received In { a: 5, b: 6 }", 1);
    assert_differs(BYTES("\1\1\1"), "M.one.b: b > a does not hold, received 1", 2);
    assert_differs(BYTES("\3\1\2\1\2\1\2\1\2"), "M.items: len(items) < 3 does not hold", 3);
    assert_differs(BYTES("\1\1\2\1\0"), "M.items[0].b: b > a does not hold, received 0", 4);
    assert_differs(BYTES("\1\1\2\1\2\1\x9"), "M.it: n != 1 or it.b != 9 does not hold", 5);
    assert_differs(BYTES("\1\1\2\1\2\1\2\1b\0"), "M.name: name != \"b\" does not hold, received \"b\"", 7);
    assert_differs(BYTES("\1\1\2\1\2\1\2\1a\0!!"), "M.tail: size(tail) == 1", 10);
}
END_TEST

START_TEST(a_message_is_bytes_where_it_is_looked_into) {
    static const char M[] = "message In {\n a u8\n b u8\n}\n"
                            "message M {\n in_it In where len(in_it) == 2 and in_it contains u8(7)\n"
                            " all rest where all contains In { a: 1, b: 2 }\n}\n";
    load(M, "recv M { }", "send M { in_it: In { a: 7, b: 8 }, all: \"abc\" }");
    assert_matches(BYTES("\7\0\0\1\2\3"));
    assert_differs(BYTES("\6\0"), "M.in_it: len(in_it) == 2 and in_it contains u8(7) does not hold", 0);
    assert_differs(built(), "M.all: all contains In { a: 1, b: 2 } does not hold, received \"abc\"", 2);
}
END_TEST

START_TEST(what_is_not_there_is_not_asked) {
    load("message M {\n a u8\n b u8 when a == 1 where b == 2\n}\n", "recv M { b: none } as m", "send M { a: 0 }");
    assert_matches(built());
    load("message M {\n where u8 = 2 where where == 2\n when u8 when where == 2 where when < where\n}\n", "recv M { }",
         "send M { when: 1 }"); // the words may be names
    BUILT("\2\1");
    assert_matches(built());
    assert_differs(BYTES("\2\2"), "M.when: when < where does not hold, received 2", 1);
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"addresses", {addresses_round_trip, what_is_no_such_address, an_address_in_a_row, addresses_in_messages}},
        {"where",
         {a_field_must_be_as_it_says, nothing_of_it_is_asked_when_building, what_has_no_value_is_a_mismatch,
          where_of_every_type, a_message_is_bytes_where_it_is_looked_into, what_is_not_there_is_not_asked}},
    };
    return matcher_main("layout_rules", cases, COUNT_OF(cases));
}
