// Types that say where they end, defaults, and switches on expressions; in both directions, at every split of the input.
#include "message_text.h"

#include <check.h>
#include <string.h>

// ---- default

START_TEST(a_default_is_built_and_matched_as_anything) {
    static const char M[] = "message M {\n a u8 default 7\n b u8 default size(tail) + a\n tail cstring\n}\n";
    load(M, "recv M { } as m", "send M { tail: \"xy\" }");
    BUILT("\7\12xy\0");
    assert_matches(BYTES("\1\2\0"));
    assert_prints(captured(), "M { a: 1, b: 2, tail: \"\" }");
    load(M, "recv M { }", "send M { a: 1, tail: \"\" }");
    BUILT("\1\2\0");
}
END_TEST

START_TEST(a_default_with_a_condition) {
    static const char M[] = "message M {\n a u8\n b u16be default 0x0102 when a == 1\n}\n";
    load(M, "recv M { }", "send M { a: 1 }");
    BUILT("\1\1\2");
    load(M, "recv M { b: none }", "send M { a: 2 }");
    BUILT("\2");
    assert_matches(BYTES("\2"));
    assert_differs(BYTES("\1\0\0"), "M.b: u16be == none, received 0", 1);
}
END_TEST

// ---- what is there because it was given

START_TEST(a_flag_computed_from_what_is_there) {
    static const char M[] = "message M {\n has_a bit = a == none ? 0 : 1\n has_b bit = b == none ? 0 : 1\n rest_ bits(6) default 0\n"
                            " total u8 = size(a .. b)\n a text(2) when has_a == 1\n n u8 = size(b) when has_b == 1\n"
                            " b bytes(n) when has_b == 1\n}\n";
    load(M, "recv M { a: \"xy\", b: none } as m", "send M { a: \"xy\" }");
    BUILT("\x80\2xy");
    assert_matches(built());
    load(M, "recv M { b: \"abc\" } as m", "send M { b: \"abc\" }");
    BUILT("\x40\4\3abc");
    assert_matches(built());
    load(M, "recv M { } as m", "send M { }");
    BUILT("\0\0");
    assert_matches(built());
    assert_differs(BYTES("\x40\3\3abc"), "M.total: u8 = size(a .. b), which is 4, received 3", 1);
    load(M, "recv M { }", "send M { has_a: 1 }");
    assert_build_fails("M.a needs a value: its `when` holds");
    load(M, "recv M { }", "send M { has_a: 0, a: \"xy\" }");
    assert_build_fails("M.a is given a value, and its `when` does not hold");
    load(M, "recv M { }", "send M { a: none, b: \"\" }");
    BUILT("\x40\1\0");
}
END_TEST

START_TEST(a_length_that_says_that_nothing_is_there) {
    static const char M[] = "message Value {\n length i32be = value == none ? -1 : size(value)\n value bytes(length) when length >= 0\n}\n"
                            "message Row {\n count u8 = len(values)\n values list(Value, count)\n}\n";
    load(M, "recv Row { values: [Value { value: \"x\" }, Value { value: none }, Value { value: \"\" }] } as r",
         "send Row { values: [Value { value: \"x\" }, Value { }, Value { value: \"\" }] }");
    BUILT("\3\0\0\0\1x\xff\xff\xff\xff\0\0\0\0");
    assert_matches(built());
    assert_differs(BYTES("\1\xff\xff\xff\xfe"), "Row.values", 1);
    load("message Bulk {\n length line = data == none ? \"-1\" : decimal(size(data))\n data bytes(int(length)) when int(length) >= 0\n}\n",
         "recv Bulk { data: \"hello\" }", "send Bulk { data: \"hello\" }");
    BUILT("5\r\nhello");
    assert_matches(built());
}
END_TEST

// ---- list(TYPE) to the end

START_TEST(a_list_goes_to_the_end_of_the_stream) {
    load("message M {\n items list(u16be)\n}\n", "recv M { } as m", "send M { items: [1, 2, 3] }");
    BUILT("\0\1\0\2\0\3");
    assert_matches(built());
    assert_prints(captured(), "M { items: [1, 2, 3] }");
    assert_matches(BYTES(""));
    assert_prints(captured(), "M { items: [] }");
    assert_differs(BYTES("\0\1\0"), "M.items[1]: u16be", 3);
}
END_TEST

START_TEST(a_list_ends_where_an_earlier_length_says) {
    static const char M[] = "message Item {\n length u8 = size(data)\n data bytes(length)\n}\n"
                            "message M {\n length u8 = size(items)\n items list(Item)\n end u8\n}\n";
    load(M, "recv M { items as i } \"z\"", "send M { items: [Item { data: \"ab\" }, Item { data: \"\" }], end: 9 } \"z\"");
    BUILT("\4\2ab\0\11z");
    assert_matches(built());
    assert_matches(BYTES("\0\11z"));
    assert_differs(BYTES("\2\2ab\0\11z"),
                   "M.items[0].data: bytes(length), and what a length before it covers ends here: list(Item)", 3);
    assert_differs(BYTES("\1\1\11z"), "M.items[0].data: bytes(length), and what", 2);
}
END_TEST

START_TEST(items_of_a_list_to_the_end_are_asked_for_one_by_one) {
    static const char M[] = "message Item {\n a u8\n}\nmessage M {\n items list(Item)\n}\n";
    load(M, "recv M { items: [Item { a: 1 }, Item { a: 2 }] }", "send \"\"");
    assert_matches(BYTES("\1\2"));
    DIFFERS("\1\3", "M.items[1].a: u8 == 2", 1, "\2");
    assert_differs(BYTES("\1"), "M.items: 2 items, received 1", 1);
    assert_differs(BYTES("\1\2\3"), "M.items: 2 items, received at least 3", 2);
    load(M, "recv M { items: [] }", "send \"\"");
    assert_matches(BYTES(""));
    assert_differs(BYTES("\1"), "M.items: 0 items, received at least 1", 0);
}
END_TEST

START_TEST(an_item_of_no_bytes_is_not_repeated_for_ever) {
    load("message E {\n n u8 when 1 == 2\n}\nmessage M {\n items list(E)\n}\n", "recv M { }", "send \"\"");
    assert_differs(BYTES("\1"), "M.items[0]: E: an item of no bytes", 0);
}
END_TEST

// ---- sized(N, TYPE)

START_TEST(what_lies_in_a_sized_ends_where_that_ends) {
    static const char M[] = "message Inner {\n n u8\n text rest\n}\n"
                            "message M {\n length u8 = size(body)\n body sized(length, Inner)\n end u8\n}\n";
    load(M, "recv M { body: Inner { n: 7, text as t } } as m", "send M { body: Inner { n: 7, text: \"abc\" }, end: 9 }");
    BUILT("\4\7abc\11");
    assert_matches(built());
    assert_prints(captured(), "M { length: 4, body: Inner { n: 7, text: \"abc\" }, end: 9 }");
    assert_matches(BYTES("\1\7\11"));
    DIFFERS("\1\6\11", "M.body.n: u8 == 7", 1, "\7");
    assert_differs(BYTES("\0\7\11"), "M.body.n: u8 == 7, and this ends here: sized(length, Inner)", 1);
    assert_differs(BYTES("\4\7ab"), "M.body.text: rest", 4);
}
END_TEST

START_TEST(a_type_that_ends_early_in_a_sized) {
    load("message M {\n n u8\n body sized(n, u16be)\n}\n", "recv M { body as b }", "send M { n: 2, body: 258 }");
    BUILT("\2\1\2");
    assert_matches(built());
    assert_differs(BYTES("\3\1\2\3"), "M.body: sized(n, u16be), and 1 bytes of that length are left over", 3);
    assert_differs(BYTES("\1\1\2"), "M.body: u16be, and this ends here: sized(n, u16be)", 2);
}
END_TEST

START_TEST(a_sized_in_a_sized_stays_within_it) {
    static const char M[] = "message Inner {\n length u8\n text sized(length, rest)\n more list(u8)\n}\n"
                            "message M {\n body sized(4, Inner)\n end u8\n}\n";
    load(M, "recv M { } as m", "send M { body: Inner { length: 2, text: \"ab\", more: [9] }, end: 1 }");
    BUILT("\2ab\11\1");
    assert_matches(built());
    assert_prints(captured(), "M { body: Inner { length: 2, text: \"ab\", more: [9] }, end: 1 }");
    assert_matches(BYTES("\3abc\1"));
    assert_differs(BYTES("\4abc\1"),
                   "M.body.text: sized(length, rest) with a length of 4, and 3 bytes are left of what it lies in", 1);
    load(M, "recv M { }", "send M { body: Inner { length: 2, text: \"ab\", more: [9, 9] }, end: 1 }");
    assert_build_fails("M.body: 4 bytes belong here, and these are 5");
}
END_TEST

START_TEST(a_sized_of_every_kind) {
    static const char M[] = "message M {\n n u8 = size(a)\n a sized(n, list(u8))\n b sized(3, line)\n"
                            " c sized(2, sized(2, text(2)))\n d sized(2, bits(16))\n e sized(1, bytes(1)) when n == 2\n}\n";
    load(M, "recv M { a: [1, 2], b: \"x\", c: \"yz\", d: 258, e: \"!\" } as m",
         "send M { a: [1, 2], b: \"x\", c: \"yz\", d: 258, e: \"!\" }");
    BUILT("\2\1\2x\r\nyz\1\2!");
    assert_matches(built());
    assert_prints(captured(), "M { n: 2, a: [1, 2], b: \"x\", c: \"yz\", d: 258, e: \"!\" }");
    DIFFERS("\2\1\3", "M.a[1]: u8 == 2", 2, "\2");
    assert_differs(BYTES("\2\1\2xyz\n"), "M.b: line, and this ends here: sized(3, line)", 6);
    assert_differs(BYTES("\1\1x\r\nyz\1\2"), "M.a: 2 items, received 1", 2);
}
END_TEST

START_TEST(a_sized_in_a_row) {
    load("", "recv u8 as n sized(n, list(u16be)) as xs \"!\"", "send \"\"");
    assert_matches(BYTES("\4\0\1\0\2!"));
    assert_differs(BYTES("\3\0\1\0\2!"), "u16be, and this ends here: sized(n, list(u16be))", 4);
    assert_differs(BYTES("\4\0\1\0"), "u16be", 4);
    load("", "recv sized(18446744073709551615, rest) as all", "send \"\"");
    assert_differs(BYTES("abc"), "rest", 3);
}
END_TEST

START_TEST(a_length_below_zero) {
    load("message M {\n n i8\n body sized(n, rest)\n}\n", "recv M { }", "send \"\"");
    assert_differs(BYTES("\xff"), "M.body: sized(n, rest) with a length of -1", 1);
}
END_TEST

// ---- a size that the value asked for has not

static const char SIZES[] = "let pair = [1, 2]\n"
                            "message F {\n length u16be = size(body)\n body bytes(length)\n}\n"
                            "message E {\n length u8\n body text(length - 1)\n}\n"
                            "message R {\n length u8 = size(length .. body)\n body rest\n tail u8\n}\n"
                            "message S {\n length u8\n body sized(length, rest)\n}\n"
                            "message L {\n count u8\n items list(u16be, count)\n}\n"
                            "message T {\n length u8\n items sized(length, list(u16be))\n}\n";

// Before a byte of it has come.
static void assert_size(const char *recv, struct slice input, const char *wanted, uint64_t offset, struct slice expected) {
    load(SIZES, recv, "send \"\"");
    if (expected.len_bytes) assert_expects(input, wanted, offset, expected);
    else assert_differs(input, wanted, offset);
}

START_TEST(a_length_that_cannot_be_is_told_at_once) {
    static const char TEA[] = "F.length is 6, and F.body == \"assam\" has 5 bytes";
    assert_size("recv F { body: \"assam\" }", BYTES("\0\6"), TEA, 0, BYTES("\0\5"));
    assert_size("recv F { body: \"assam\" }", BYTES("\0\6assam"), TEA, 0, BYTES("\0\5"));
    assert_size("recv F { body: \"assam\" }", BYTES("\0\4assam"), "F.length is 4, and F.body == ", 0, BYTES("\0\5"));
    assert_size("recv S { body: \"abc\" }", BYTES("\4"), "S.length is 4, and S.body == \"abc\" has 3 bytes", 0, BYTES("\3"));
    assert_size("recv R { body: \"abc\" }", BYTES("\5"),
                "R.length is 5, which leaves 4 bytes here, and R.body == \"abc\" has 3 bytes", 0, BYTES("\4"));
    assert_size("recv E { body: \"abc\" }", BYTES("\5"), "E.body: text(length - 1) == \"abc\" has 3 bytes, and 4 are to come", 1,
                BYTES(""));
    assert_size("recv bytes(4) == \"abc\"", BYTES(""), "bytes(4) == \"abc\" has 3 bytes, and 4 are to come", 0, BYTES(""));
}
END_TEST

START_TEST(a_count_that_cannot_be_is_told_at_once) {
    assert_size("recv L { items: pair }", BYTES("\3\0\1\0\2"), "L.count is 3, and L.items == [1, 2] has 2 items", 0, BYTES("\2"));
    assert_size("recv T { items: pair }", BYTES("\6\0\1\0\2"), "T.items: sized(length, list(u16be)) == [1, 2] has 2 items, and 3 are to come", 1,
                BYTES(""));
    load(SIZES, "recv L { items: pair }", "send \"\"");
    assert_matches(BYTES("\2\0\1\0\2"));
}
END_TEST

START_TEST(the_first_wrong_byte_is_told_when_it_comes) {
    assert_size("recv F { body: \"assam\" }", BYTES("\0\5asx"), "F.body: bytes(length) == \"assam\", received \"asx...\"", 4,
                BYTES("sam"));
    assert_size("recv S { body: \"assam\" }", BYTES("\5asx"), "S.body: sized(length, rest) == \"assam\", received \"asx...\"", 3, BYTES("sam"));
    assert_size("recv E { body: \"as\\xc3\\xa4m\" }", BYTES("\6as\xc3\xa5"), "E.body: text(length - 1) == \"as\xc3\xa4m\", received \"as\xc3\xa5...\"", 4,
                BYTES("\xa4m"));
    load(SIZES, "recv F { body: \"assam\" }", "send \"\"");
    assert_differs(BYTES("\0\5ass"), "F.body: bytes(length) == \"assam\"", 5);
}
END_TEST

START_TEST(how_much_has_come_is_told) {
    load(SIZES, "recv F { }", "send \"\"");
    assert_differs(BYTES("\0\6assam"), "F.body: bytes(length), and 7 of 8 bytes have come", 7);
    load(SIZES, "recv F { } cstring", "send \"\"");
    assert_differs(BYTES("\0\6assam"), "F.body: bytes(length), and 7 of at least 8 bytes have come", 7);
    load(SIZES, "recv \"ab\" cstring", "send \"\"");
    struct outcome const outcome = assert_differs(BYTES("abc"), "cstring", 3);
    ck_assert_str_eq(outcome.mismatch.wanted, "cstring");
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"default", {a_default_is_built_and_matched_as_anything, a_default_with_a_condition, a_flag_computed_from_what_is_there,
          a_length_that_says_that_nothing_is_there}},
        {"to the end",
         {a_list_goes_to_the_end_of_the_stream, a_list_ends_where_an_earlier_length_says,
          items_of_a_list_to_the_end_are_asked_for_one_by_one, an_item_of_no_bytes_is_not_repeated_for_ever}},
        {"sizes", {a_length_that_cannot_be_is_told_at_once, a_count_that_cannot_be_is_told_at_once,
                   the_first_wrong_byte_is_told_when_it_comes, how_much_has_come_is_told}},
        {"sized",
         {what_lies_in_a_sized_ends_where_that_ends, a_type_that_ends_early_in_a_sized,
          a_sized_in_a_sized_stays_within_it, a_sized_of_every_kind, a_sized_in_a_row, a_length_below_zero}},
    };
    return matcher_main("layout_ends", cases, COUNT_OF(cases));
}
