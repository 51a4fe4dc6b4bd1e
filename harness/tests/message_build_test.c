#include "message_text.h"

#include <check.h>
#include <string.h>

START_TEST(computed_fields_are_computed) {
    load(FRAME, "recv Frame { }", "send Frame { kind: 1, urgent: 1, level: 3, body: \"hi\" }");
    BUILT("\xca\xfe\0\0\0\2\1\x83hi\x6a\x66\x47\x99");
}
END_TEST

START_TEST(a_field_with_a_condition_is_there_when_it_holds) {
    load(FRAME, "recv Frame { }", "send Frame { kind: 2, urgent: 0, level: 1, token: \"abcd\", body: \"\" }");
    struct slice const bytes = built();
    ck_assert_uint_eq(bytes.len_bytes, 2 + 4 + 1 + 1 + 4 + 4);
    ck_assert_mem_eq(bytes.data, "\xca\xfe\0\0\0\0\2\1abcd", 12);
}
END_TEST

START_TEST(a_missing_value_of_a_field_that_is_there) {
    load(FRAME, "recv Frame { }", "send Frame { kind: 2, urgent: 0, level: 1, body: \"\" }");
    assert_build_fails("Frame.token needs a value: its `when` holds");
}
END_TEST

START_TEST(a_value_for_a_field_that_is_not_there) {
    load(FRAME, "recv Frame { }", "send Frame { kind: 1, urgent: 0, level: 1, token: \"abcd\", body: \"\" }");
    assert_build_fails("Frame.token is given a value, and its `when` does not hold");
    load(FRAME, "recv Frame { }", "send Frame { kind: 1, urgent: 0, level: 1, token: none, body: \"\" }");
    ck_assert_uint_eq(built().len_bytes, 12);
}
END_TEST

START_TEST(computed_fields_are_overridden) {
    load(FRAME, "recv Frame { }",
         "send Frame { magic: 1, length: 99, kind: 1, urgent: 0, level: 0, body: \"hi\", check: 0xDEAD }");
    BUILT("\0\1\0\0\0\x63\1\0hi\0\0\xde\xad");
}
END_TEST

START_TEST(the_order_of_the_text_does_not_matter) {
    load("message M {\n last u8 = first + 1\n total u16be = size(last .. body)\n first u8 = size(body)\n body bytes(first)\n}\n",
         "recv M { }", "send M { body: \"abc\" }");
    BUILT("\4\0\7\3abc");
}
END_TEST

START_TEST(messages_lie_in_lists) {
    load(BOX, "recv Box { }", "send Box { body: [Item { tag: 1, value: \"one\" }, Item { tag: 2, value: \"\" }] }");
    BUILT("\2\0\1\3one\2\0");
}
END_TEST

START_TEST(a_value_out_of_range_is_told_by_its_path) {
    load(BOX, "recv Box { }",
         "for n in 7, 256 {\n send Box { body: [Item { tag: 1, value: \"\" }, Item { tag: n, value: \"\" }] }\n}");
    const struct term *const operand = step_of(STEP_SEND)->operand;
    const struct term *const tag = operand->build->given[1]->items[1]->build->given[0];
    ck_assert_int_eq(tag->kind, TERM_SLOT);
    stage_set(&stage, tag->slot, value_integer(7));
    ck_assert_uint_eq(built().len_bytes, 6);
    stage_set(&stage, tag->slot, value_integer(256));
    assert_build_fails("Box.body[1].tag: 256 does not fit u8");
    stage_set(&stage, tag->slot, value_integer(-1));
    assert_build_fails("Box.body[1].tag: -1 does not fit u8");
    stage_set(&stage, tag->slot, bytes_value(&stage, "x"));
    assert_build_fails("Box.body[1].tag: u8 takes an integer, and this is bytes");
}
END_TEST

START_TEST(a_computed_value_may_be_out_of_range_too) {
    load(BOX, "recv Box { }", "send Box { body: [Item { tag: 1, value: zeros(256) }] }");
    assert_build_fails("Box.body[0].length: 256 does not fit u8");
}
END_TEST

START_TEST(the_right_side_is_read_in_the_scope_around) {
    load("let kind = 7\nmessage M {\n kind u8\n copy u8 = kind\n}\n", "recv M { }", "send M { kind: kind + 1 }");
    BUILT("\10\10");
}
END_TEST

START_TEST(a_switch_picks_by_the_selector) {
    static const char MESSAGES[] = "message Login {\n user cstring\n}\nmessage Data {\n n u16be\n}\n"
                                   "message M {\n kind u8\n body switch kind { 1: Login, 2: Data, 3: u8, else: rest }\n}\n";
    load(MESSAGES, "recv M { }", "send M { kind: 1, body: Login { user: \"joe\" } }");
    BUILT("\1joe\0");
    load(MESSAGES, "recv M { }", "send M { kind: 3, body: 7 }");
    BUILT("\3\7");
    load(MESSAGES, "recv M { }", "send M { kind: 9, body: \"anything\" }");
    BUILT("\11anything");
    load(MESSAGES, "recv M { }", "send M { kind: 2, body: Login { user: \"joe\" } }");
    assert_build_fails("M.body: Data belongs here, and this is Login");
    load(MESSAGES, "recv M { }", "send M { kind: 3, body: \"x\" }");
    assert_build_fails("M.body: u8 takes an integer");
}
END_TEST

START_TEST(a_switch_without_a_type_for_the_selector) {
    load("message M {\n kind u8\n body switch kind { 1: u8 }\n}\n", "recv M { }", "send M { kind: 2, body: 1 }");
    assert_build_fails("M.body: the switch has no arm for kind == 2");
}
END_TEST

START_TEST(bits_are_packed_high_bit_first) {
    load("message M {\n a bits(3)\n b list(bit, 7)\n c bits(14)\n}\n", "recv M { b: [1, 0, 0, 0, 0, 0, 1] }",
         "send M { a: 5, b: [1, 0, 0, 0, 0, 0, 1], c: 0x1234 }");
    BUILT("\xb0\x52\x34");
    assert_matches(built());
}
END_TEST

START_TEST(what_is_delimited_does_not_hold_the_delimiter) {
    static const char MESSAGES[] = "message M {\n a cstring\n b until(\"--\")\n c line\n}\n";
    load(MESSAGES, "recv M { a: \"x\", b: \"y-\", c: \"z\" }", "send M { a: \"x\", b: \"y-\", c: \"z\" }");
    BUILT("x\0y---z\r\n");
    load(MESSAGES, "recv M { }", "send M { a: \"x\\x00\", b: \"\", c: \"\" }");
    assert_build_fails("M.a: the bytes hold the delimiter");
    load(MESSAGES, "recv M { }", "send M { a: \"\", b: \"1--2\", c: \"\" }");
    assert_build_fails("M.b: the bytes hold the delimiter");
    load(MESSAGES, "recv M { }", "send M { a: \"\", b: \"\", c: \"1\\n2\" }");
    assert_build_fails("M.c: the bytes hold the delimiter");
}
END_TEST

// A limit that a field says may be wrong on purpose, like any length.
START_TEST(what_is_delimited_has_room_for_the_delimiter) {
    load("message M {\n a until(\"--\", 4)\n}\n", "recv M { a as a }", "let a = text(\"12\")\n send M { a: a }");
    compile("message M {\n a until(\"--\", 4)\n}\n", "recv M { }", "send M { a: \"123\" }");
    ck_assert_uint_eq(set.diags.error_count, 1);
    ck_assert_str_eq(set.diags.first->message, "M.a has 4 bytes at the most, and these are 5 with their delimiter");
    load("message M {\n a until(\"--\", 4)\n}\n", "recv M { }", "send M { a: env(\"NOBODY\") \"123\" }");
    assert_build_fails("M.a: 4 bytes are allowed, and these are 5 with their delimiter");
    load("message M {\n most u8\n a until(\"--\", most)\n}\n", "recv M { }", "send M { most: 4, a: \"123\" }");
    BUILT("\004" "123--");
    assert_differs(BYTES("\004" "123--"), "M.a: until(\"--\", most): no \"--\" within 4 bytes", 3);
    load("message M {\n most u8\n a until(\"--\", most)\n}\n", "recv M { a: \"12\" }", "send M { most: 4, a: \"12\" }");
    assert_matches(built());
    assert_differs(BYTES("\1--"), "M.a: until(\"--\", most) == \"12\": the delimiter alone has 2 bytes, and 1 are allowed", 1);
}
END_TEST

START_TEST(large_values_are_not_built) {
    load("message M {\n length u64be = size(body)\n check u32be = crc32(body)\n body bytes(length)\n}\n", "recv M { }",
         "send M { body: zeros(4MiB) repeat(1TiB, \"x\"), check: 0 }");
    struct value value;
    size_t const before = stage.arena.used_bytes;
    ck_assert_int_eq(try_build(&value), EVAL_DONE);
    ck_assert_uint_eq(value.bytes->len_bytes, 12 + (4ull << 20) + (1ull << 40));
    ck_assert_uint_lt(stage.arena.used_bytes - before, 64 * 1024);
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"fields",
         {computed_fields_are_computed, a_field_with_a_condition_is_there_when_it_holds,
          a_missing_value_of_a_field_that_is_there, a_value_for_a_field_that_is_not_there,
          computed_fields_are_overridden, the_order_of_the_text_does_not_matter, messages_lie_in_lists,
          a_value_out_of_range_is_told_by_its_path, a_computed_value_may_be_out_of_range_too,
          the_right_side_is_read_in_the_scope_around}},
        {"types",
         {a_switch_picks_by_the_selector, a_switch_without_a_type_for_the_selector,
          bits_are_packed_high_bit_first, what_is_delimited_does_not_hold_the_delimiter,
          what_is_delimited_has_room_for_the_delimiter,
          large_values_are_not_built}},
    };
    return matcher_main("message_build", cases, COUNT_OF(cases));
}
