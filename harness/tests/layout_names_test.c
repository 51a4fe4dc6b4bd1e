// Domain names: their text, their labels and pointers, and where those count from.
#include "message_text.h"

#include "names.h"

#include <check.h>
#include <string.h>

// ---- text and labels

static void assert_name(const char *text, const char *canonical, const void *wire, size_t wire_bytes) {
    uint8_t packed[NAME_WIRE_BYTES_MAX];
    char unpacked[NAME_TEXT_BYTES_MAX], message[NAME_MESSAGE_BYTES];
    ck_assert_uint_eq(name_pack(slice_text(text), packed, message), wire_bytes);
    ck_assert_mem_eq(packed, wire, wire_bytes);
    size_t const len_bytes = name_unpack(slice_of(packed, wire_bytes), unpacked);
    ck_assert(slice_is(slice_of((const uint8_t *)unpacked, len_bytes), canonical));
}
#define NAME(text, canonical, wire) assert_name(text, canonical, wire, sizeof(wire) - 1)

static void assert_no_name(const char *text, const char *said) {
    uint8_t packed[NAME_WIRE_BYTES_MAX];
    char message[NAME_MESSAGE_BYTES];
    ck_assert_uint_eq(name_pack(slice_text(text), packed, message), 0);
    ck_assert_msg(strstr(message, said), "'%s' does not say '%s'", message, said);
}

START_TEST(names_as_text) {
    NAME("www.example.org", "www.example.org", "\3www\7example\3org\0");
    NAME("www.example.org.", "www.example.org", "\3www\7example\3org\0");
    NAME(".", ".", "\0");
    NAME("a", "a", "\1a\0");
    NAME("x\\.y.z", "x\\.y.z", "\3x.y\1z\0");
    NAME("\\065\\\\\\032\\000\\255.", "A\\\\\\032\\000\\255", "\5A\\ \0\xff\0");
    NAME("\\a\xc3\xa9", "a\\195\\169", "\3a\xc3\xa9\0");
}
END_TEST

START_TEST(what_is_no_name) {
    assert_no_name("", "a name has a label");
    assert_no_name("..", "an empty label");
    assert_no_name(".a", "an empty label");
    assert_no_name("a..b", "an empty label");
    assert_no_name("a..", "an empty label");
    assert_no_name("a\\", "behind a backslash");
    assert_no_name("a\\25", "behind a backslash");
    assert_no_name("a\\256", "behind a backslash");
    assert_no_name("0123456789012345678901234567890123456789012345678901234567890123", "more than 63");
}
END_TEST

// A name of four labels whose lengths make it that long, with or without a dot behind it.
static const char *long_name(size_t wire_bytes, bool with_dot) {
    struct buffer text = {0};
    for (size_t left = wire_bytes - 1; left;) {
        size_t const label = left > 64 ? 64 : left;
        buffer_repeat(&text, 'x', label - 1);
        left -= label;
        if (left || with_dot) buffer_text(&text, ".");
    }
    const char *const kept = arena_text(&stage.arena, "%s", text.data);
    buffer_fini(&text);
    return kept;
}

START_TEST(the_longest_name) {
    uint8_t wire[NAME_WIRE_BYTES_MAX];
    char message[NAME_MESSAGE_BYTES], text[NAME_TEXT_BYTES_MAX];
    for (int with_dot = 0; with_dot < 2; with_dot++) {
        ck_assert_uint_eq(name_pack(slice_text(long_name(255, with_dot)), wire, message), 255);
        ck_assert_str_eq((text[name_unpack(slice_of(wire, 255), text)] = 0, text), long_name(255, false));
        assert_no_name(long_name(256, with_dot), "more than 255");
        assert_no_name(long_name(300, with_dot), "more than 255");
    }
    memset(wire, 0xff, sizeof wire);
    for (size_t at = 0; at < 254; at += 64) wire[at] = at + 64 < 254 ? 63 : (uint8_t)(254 - at - 1);
    wire[254] = 0;
    ck_assert_uint_le(name_unpack(slice_of(wire, 255), text), NAME_TEXT_BYTES_MAX);
}
END_TEST

// ---- matching

START_TEST(a_name_in_a_row) {
    load("", "recv u8 domain_name as name \"!\"", "send domain_name(\"a.b.\") domain_name(\".\")");
    BUILT("\1a\1b\0\0");
    assert_matches(BYTES("\0\3www\2ex\0!"));
    assert_prints(&stage.slots[pattern()->elements[1].capture], "\"www.ex\"");
    assert_matches(BYTES("\0\0!"));
    assert_prints(&stage.slots[pattern()->elements[1].capture], "\".\"");
    assert_differs(BYTES("\0\3www\2e"), "domain_name", 7);
    assert_differs(BYTES("\0\3www\x40x"), "domain_name: a label of a reserved kind", 5);
    assert_differs(BYTES("\0\3www\x80x"), "domain_name: a label of a reserved kind", 5);
    assert_differs(BYTES("\0\xc0\0"), "\"!\"", 3); // a zero byte is the root
    load("", "recv list(domain_name, 3) == [\"a.\", \"b.a\", \"a\"] as names", "send \"\"");
    assert_matches(BYTES("\1a\0\1b\xc0\0\xc0\0"));
    assert_differs(BYTES("\1a\0\1b\xc0\3\xc0\0"), "domain_name: a pointer that does not go backwards", 6);
}
END_TEST

START_TEST(the_longest_name_byte_by_byte) {
    load("", "recv domain_name as name", "send \"\"");
    uint8_t wire[300];
    char message[NAME_MESSAGE_BYTES];
    name_pack(slice_text(long_name(255, false)), wire, message);
    assert_matches(slice_of(wire, 255));
    struct value const wanted = value_text(&stage.arena, slice_text(long_name(255, false)));
    ck_assert(value_equal(&stage.slots[pattern()->elements[0].capture], &wanted));
}
END_TEST

START_TEST(a_name_of_more_than_255_bytes) {
    load("", "recv domain_name", "send \"\"");
    uint8_t wire[300];
    for (size_t at = 0; at < sizeof wire; at++) wire[at] = at % 64 ? 'x' : 63;
    assert_differs(slice_of(wire, sizeof wire), "domain_name: a name of more than 255 bytes", 192);
    memset(wire, 1, sizeof wire); // labels of one byte
    assert_differs(slice_of(wire, sizeof wire), "domain_name: a name of more than 255 bytes", 254);
}
END_TEST

static const char DNS[] = "message Question {\n qname compressed_name\n qtype u16be default 1\n}\n"
                          "message Record {\n name compressed_name\n type u8\n length u16be = size(data)\n"
                          " data sized(length, switch type { 1: bytes(4), 2: compressed_name, 3: domain_name, else: rest })\n}\n"
                          "message Message {\n origin\n id u16be default 7\n questions u8 = len(question)\n"
                          " records u8 = len(record)\n question list(Question, questions)\n"
                          " record list(Record, records)\n}\n"
                          "message OverTcp {\n length u16be = size(message)\n message Message\n}\n";

START_TEST(pointers_go_backwards) {
    load(DNS, "recv Message { record: [Record { name: \"www.ex\", data: \"mail.ex.\" }, Record { name: \"ex\" }] } as m", "send \"\"");
    static const char GOOD[] = "\0\7\1\2\3www\2ex\0\0\1\xc0\4\2\0\7\4mail\xc0\x8\xc0\x8\1\0\4abcd";
    assert_matches(BYTES(GOOD));
    assert_prints(captured(), "Message { id: 7, questions: 1, records: 2, question: [Question { qname: \"www.ex\", qtype: 1 }], "
                              "record: [Record { name: \"www.ex\", type: 2, length: 7, data: \"mail.ex\" }, "
                              "Record { name: \"ex\", type: 1, length: 4, data: \"abcd\" }] }");
    load(DNS, "recv Message { }", "send \"\"");
    assert_matches(BYTES(GOOD));
#define HEAD "\0\7\2\0\3www\2ex\0\0\1"
    assert_differs(BYTES(HEAD "\xc0\xe\0\1"), "Message.question[1].qname: compressed_name: a pointer that does not", 15);
    assert_differs(BYTES(HEAD "\xc0\xf\0\1"), "Message.question[1].qname: compressed_name: a pointer that does not", 15);
    assert_differs(BYTES(HEAD "\xff\xff\0\1"), "Message.question[1].qname: compressed_name: a pointer that does not", 15);
    assert_differs(BYTES(HEAD "\1a\xc0\xe\0\1"), "Message.question[1].qname: compressed_name: a pointer that does not", 17);
    assert_matches(BYTES(HEAD "\1a\xc0\xb\0\1")); // the root
    assert_matches(BYTES(HEAD "\xc0\x8\0\1"));
    // To what goes on past its own beginning: the label `x` and the pointer itself.
    assert_differs(BYTES(HEAD "\xc0\xd\0\1"), "Message.question[1].qname: compressed_name: a pointer to labels without", 15);
    assert_differs(BYTES("\0\7\3\0\1a\xc0\2\0\1"), "Message.question[0].qname: compressed_name: a pointer to labels", 7);
}
END_TEST

START_TEST(pointers_in_a_chain) {
    load("message M {\n pad bytes(2)\n names list(domain_name)\n}\n", "recv M { names as n }", "send \"\"");
    uint8_t chain[2 + 1 + 2 * 200];
    memset(chain, 0, sizeof chain); // a root at 2, and each name a pointer to the one before
    for (size_t i = 0; i < 200; i++) {
        size_t const target = i ? 3 + 2 * (i - 1) : 2;
        chain[3 + 2 * i] = (uint8_t)(0xc0 | target >> 8);
        chain[4 + 2 * i] = (uint8_t)target;
    }
    assert_matches(slice_of(chain, 3 + 2 * NAME_POINTERS_MAX));
    assert_differs(slice_of(chain, sizeof chain), "M.names[128]: domain_name: more pointers than a name has labels",
                   4 + 2 * NAME_POINTERS_MAX);
}
END_TEST

START_TEST(names_compare_whatever_their_writing) {
    load(DNS, "recv Question { qname: 'www.\\101x.' }", "send Question { qname: \"www.ex.\" }");
    assert_matches(built());
    struct outcome const other = assert_differs(
        BYTES("\3www\2ey\0"), "Question.qname: compressed_name == \"www.\\\\101x.\", received \"www.ey\"", 0);
    ck_assert(slice_equal(other.mismatch.received, BYTES("\3www\2ey\0")));
    load("message M {\n a domain_name = \"a.\"\n b domain_name default \"b.\"\n c list(domain_name, 1) = [\"c.\"]\n}\n",
         "recv M { } as m", "send M { }");
    BUILT("\1a\0\1b\0\1c\0");
    assert_matches(built());
    assert_prints(captured(), "M { a: \"a\", b: \"b\", c: [\"c\"] }");
}
END_TEST

// Bytes changed here and there: whatever comes of it, it is the same wherever the input is cut.
static void match_mutants(unsigned count) {
    struct slice const good = built();
    uint8_t *const bytes = arena_alloc(&stage.arena, good.len_bytes);
    static const uint8_t LIKELY[] = {0, 1, 2, 0x3f, 0x40, 0xc0, 0xc0, 0xff};
    uint32_t seed = 1;
    for (unsigned i = 0; i < count; i++) {
        memcpy(bytes, good.data, good.len_bytes);
        for (unsigned changes = 1 + i % 4; changes; changes--) {
            seed = seed * 1664525 + 1013904223;
            bytes[(seed >> 8) % good.len_bytes] = seed >> 31 ? LIKELY[seed >> 28 & 7] : (uint8_t)(seed >> 20);
        }
        match(slice_of(bytes, good.len_bytes - (i % 8 ? 0 : (seed >> 8) % good.len_bytes)));
    }
}

START_TEST(hostile_names) {
    load(DNS, "recv Message { } as m",
         "send Message { question: [Question { qname: \"www.ex\" }, Question { qname: \"b.www.ex\" }], record: ["
         "Record { name: \"www.ex\", type: 2, data: \"mail.ex\" }, Record { name: \"ex\", type: 3, data: \"ex\" }] }");
    match_mutants(1500);
    static const char NESTED[] = "message Item {\n kind u8\n len u8 = size(body)\n"
                                 " body sized(len, switch kind % 4 { 1: list(Item), 2: masked(len, \"k\"), 3: list(domain_name),"
                                 " else: rest })\n}\nmessage M {\n len u8 = size(items)\n items list(Item)\n end u8\n}\n";
    load(NESTED, "recv M { } as m",
         "send M { items: [Item { kind: 1, body: [Item { kind: 2, body: \"ab\" }, Item { kind: 3, body: [\"a.b\", \".\"] }] }, "
         "Item { kind: 4, body: \"xyz\" }], end: 9 }");
    assert_matches(built());
    match_mutants(1500);
}
END_TEST

// ---- building

START_TEST(names_point_to_what_was_written) {
    load(DNS, "recv OverTcp { } as t",
         "send OverTcp { message: Message { question: [Question { qname: \"www.ex\" }], record: ["
         "Record { name: \"www.ex\", type: 2, data: \"mail.ex\" }, Record { name: \"mail.ex.\", type: 3, data: \"a.www.ex\" }, "
         "Record { name: \"b.a.www.ex\", type: 0, data: \"?\" }] } }");
    BUILT("\0\x31\0\7\1\3\3www\2ex\0\0\1\xc0\4\2\0\7\4mail\xc0\x8\xc0\x13\3\0\12\1a\3www\2ex\0\1b\xc0\x1f\0\0\1?");
    assert_matches(built());
    assert_prints(captured()->record->values + 1,
                  "Message { id: 7, questions: 1, records: 3, question: [Question { qname: \"www.ex\", qtype: 1 }], record: "
                  "[Record { name: \"www.ex\", type: 2, length: 7, data: \"mail.ex\" }, "
                  "Record { name: \"mail.ex\", type: 3, length: 10, data: \"a.www.ex\" }, "
                  "Record { name: \"b.a.www.ex\", type: 0, length: 1, data: \"?\" }] }");
}
END_TEST

START_TEST(without_an_origin_pointers_count_from_the_outermost_message) {
    static const char M[] = "message In {\n a compressed_name\n b compressed_name\n}\n"
                            "message Out {\n pad u16be default 0\n first In\n second In\n}\n";
    load(M, "recv Out { } as o", "send Out { first: In { a: \"x\", b: \"x\" }, second: In { a: \"y.x\", b: \"x\" } }");
    BUILT("\0\0\1x\0\xc0\2\1y\xc0\2\xc0\2");
    assert_matches(built());
    load(M, "recv u8 Out { }", "send \"!\" Out { first: In { a: \"x\", b: \"x\" }, second: In { a: \"y.x\", b: \"x\" } }");
    BUILT("!\0\0\1x\0\xc0\2\1y\xc0\2\xc0\2");
    assert_matches(built());
}
END_TEST

START_TEST(an_origin_in_the_midst_of_a_message) {
    static const char M[] = "message M {\n before compressed_name\n again compressed_name\n origin\n a compressed_name\n"
                            " b compressed_name\n}\n";
    load(M, "recv M { } as m", "send M { before: \"x\", again: \"x\", a: \"x\", b: \"x\" }");
    BUILT("\1x\0\xc0\0\1x\0\xc0\0");
    assert_matches(built());
    assert_prints(captured(), "M { before: \"x\", again: \"x\", a: \"x\", b: \"x\" }");
}
END_TEST

START_TEST(what_was_received_is_sent_as_it_came) {
    load(DNS, "recv Message { } as m\n send m\n", "send \"\"");
    static const char CAME[] = "\0\7\1\1\2ex\0\0\1\xc0\4\3\0\2\xc0\4";
    assert_matches(BYTES(CAME));
    struct value const came = *captured();
    ck_assert(value_equal(&came, &(struct value){.kind = VALUE_BYTES, .bytes = bytes_held(&stage.arena, BYTES(CAME))}));
    // In another message it is built anew: its domain_name is written out, and the length says so.
    load(DNS, "recv Message { } as m\n send OverTcp { message: m }\n", "send \"\"");
    assert_matches(BYTES(CAME));
    BUILT("\0\x13\0\7\1\1\2ex\0\0\1\xc0\4\3\0\4\2ex\0");
    load(DNS, "recv Message { } as m\n send Message { question: m.question, record: [m.record[0], m.record[0]] }\n", "send \"\"");
    assert_matches(BYTES(CAME));
    BUILT("\0\7\1\2\2ex\0\0\1\xc0\4\3\0\4\2ex\0\xc0\4\3\0\4\2ex\0");
}
END_TEST

START_TEST(what_is_computed_in_its_place_is_not_compared) {
    static const char M[] = "message Record {\n length u8 = size(name)\n name compressed_name\n}\n"
                            "message M {\n origin\n first compressed_name\n items list(Record, 1)\n}\n"
                            "let ITEMS = [Record { name: \"b.test\" }]\n";
    load(M, "recv M { items: ITEMS }", "send M { first: \"a.test\", items: ITEMS }");
    BUILT("\1a\4test\0\4\1b\xc0\2");
    assert_matches(built());
    assert_differs(BYTES("\1a\4test\0\4\1c\xc0\2"), "M.items: list(Record, 1) == [", 8);
    load(M, "recv M { items: [Record { length: 9, name: \"b.test\" }] }", "send \"\"");
    DIFFERS("\1a\4test\0\4\1b\xc0\2", "M.items[0].length: u8 = size(name) == 9", 8, "\11");
}
END_TEST

START_TEST(names_that_cannot_be_built) {
    load(DNS, "recv line as l\n send OverTcp { message: Message { question: [Question { qname: l }], record: [] } }", "send \"\"");
    assert_matches(BYTES("a..b\n"));
    assert_build_fails("OverTcp.message.question[0].qname: an empty label within a name");
    load(DNS, "recv \"x\"", "send Message { question: [], record: [Record { name: \"x\", type: 2, data: \"a..b\" }] }");
    assert_build_fails("Message.record[0].data: an empty label within a name");
}
END_TEST

START_TEST(pointers_reach_16_kib) {
    load("message M {\n a compressed_name\n pad bytes(16378)\n b compressed_name\n c compressed_name\n d compressed_name\n}\n",
         "recv M { } as m", "send M { a: \"a\", pad: zeros(16378), b: \"c.b\", c: \"b\", d: \"c.b\" }");
    struct slice const bytes = built();
    ck_assert_uint_eq(bytes.len_bytes, 3 + 16378 + 5 + 2 + 2);
    static const char LAST[] = "\1c\1b\0\xff\xff\xff\xfd";
    ck_assert_mem_eq(bytes.data + 16381, LAST, sizeof LAST - 1);
}
END_TEST

START_TEST(sizes_and_ranges_of_names_in_their_place) {
    load("message M {\n name compressed_name\n check u32be = crc32(again .. again)\n total u8 = size(total .. again)\n"
         " again compressed_name\n}\n", "recv M { } as m", "send M { name: \"ab\", again: \"ab\" }");
    BUILT("\2ab\0\x8a\x23\xc5\xb1\3\xc0\0");
    assert_matches(built());
}
END_TEST

START_TEST(names_behind_a_size_that_is_not_known) {
    static const char M[] = "message In {\n a compressed_name\n b compressed_name\n}\n"
                            "message M {\n len leb128 = size(inner)\n inner In\n}\n"
                            "message N {\n check leb128 = crc32(inner .. inner)\n inner In\n}\n";
    load(M, "recv M { }", "send M { inner: In { a: \"x.y\", b: \"y\" } }");
    BUILT("\7\1x\1y\0\xc0\3");
    assert_matches(built());
    load(M, "recv N { }", "send N { inner: In { a: \"x.y\", b: \"y\" } }");
    assert_build_fails("N.inner: its names have no place yet");
}
END_TEST

START_TEST(names_deep_in_messages) {
    static const char M[] = "message M {\n len u16be = size(inner)\n name compressed_name\n kind u8\n"
                            " inner switch kind { 1: M, else: bytes(0) }\n}\n";
    struct buffer send = {0};
    buffer_text(&send, "send ");
    for (unsigned i = 0; i < 40; i++) buffer_text(&send, "M { name: \"a.b\", kind: 1, inner: ");
    buffer_text(&send, "M { name: \"a.b\", kind: 0, inner: \"\" }");
    buffer_repeat(&send, '}', 40);
    load(M, "recv M { } as m", arena_text(&stage.arena, "%s", send.data));
    buffer_fini(&send);
    ck_assert_uint_eq(built().len_bytes, 41 * (2 + 2 + 1) + 3);
    assert_matches(built());
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"text", {names_as_text, what_is_no_name, the_longest_name}},
        {"matched",
         {a_name_in_a_row, the_longest_name_byte_by_byte, a_name_of_more_than_255_bytes, pointers_go_backwards,
          pointers_in_a_chain, names_compare_whatever_their_writing, hostile_names}},
        {"built",
         {names_point_to_what_was_written, without_an_origin_pointers_count_from_the_outermost_message,
          an_origin_in_the_midst_of_a_message, what_was_received_is_sent_as_it_came,
          what_is_computed_in_its_place_is_not_compared, names_that_cannot_be_built,
          pointers_reach_16_kib, sizes_and_ranges_of_names_in_their_place,
          names_behind_a_size_that_is_not_known, names_deep_in_messages}},
    };
    return matcher_main("layout_names", cases, COUNT_OF(cases));
}
