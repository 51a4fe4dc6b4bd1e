// Switches on expressions, with several values, of any type; messages in themselves; and masked bytes.
#include "message_text.h"

#include <check.h>
#include <string.h>

// ---- switch

START_TEST(a_switch_on_an_expression) {
    static const char M[] = "message M {\n kind u8\n body switch kind % 128 {\n 1, 2: u16be\n 3: bytes(1), 4, 5: cstring\n"
                            " else: rest\n }\n}\n";
    load(M, "recv M { body as b }", "send M { kind: 130, body: 258 }");
    BUILT("\x82\1\2");
    assert_matches(built());
    assert_matches(BYTES("\1\1\2"));
    assert_matches(BYTES("\x83x"));
    assert_matches(BYTES("\5xy\0"));
    assert_matches(BYTES("\6xy"));
    load(M, "recv M { body: 258 }", "send M { kind: 4, body: \"x\" }");
    BUILT("\4x\0");
    assert_differs(BYTES("\4x\0"), "M.body: compared with an integer, and kind % 128 is 4", 1);
}
END_TEST

START_TEST(a_selector_without_a_value) {
    load("message M {\n kind u8\n body switch 10 / kind { 1: u8 }\n}\n", "recv M { }", "send M { kind: 0, body: 1 }");
    assert_differs(BYTES("\0\1"), "M.body: 10 / kind: division by zero", 1);
    assert_build_fails("zero");
    assert_differs(BYTES("\1\1"), "M.body: no type of the switch is for 10 / kind == 10", 1);
}
END_TEST

START_TEST(a_switch_in_a_switch) {
    static const char M[] = "message A {\n n u8\n}\nmessage B {\n n u16be\n}\n"
                            "message M {\n kind u8\n sub u8\n"
                            " body switch kind {\n 1: switch sub { 1: A, 2: B, else: cstring }\n"
                            " 2: sized(2, switch sub { 1: B, else: rest })\n 3: list(A)\n }\n}\n";
    load(M, "recv M { body: B { n: 5 } } as m", "send M { kind: 1, sub: 2, body: B { n: 5 } }");
    BUILT("\1\2\0\5");
    assert_matches(built());
    assert_matches(BYTES("\2\1\0\5"));
    assert_prints(captured(), "M { kind: 2, sub: 1, body: B { n: 5 } }");
    assert_differs(BYTES("\1\1\5"), "M.body: asked for as B, and sub is 1", 2);
    assert_differs(BYTES("\2\2\0\5"), "M.body: asked for as B, and sub is 2", 2);
    assert_differs(BYTES("\3\2\0\5"), "M.body: asked for as B, and kind is 3", 2);
    load(M, "recv M { body > \"x\", sub as s }", "send M { kind: 3, sub: 0, body: [A { n: 1 }, A { n: 2 }] }");
    BUILT("\3\0\1\2");
    assert_matches(BYTES("\1\3xy\0"));
    assert_matches(BYTES("\2\3xy"));
    assert_differs(BYTES("\2\1\0\5"), "M.body: compared with bytes, and sub is 1", 2);
    load(M, "recv M { body as b }", "send \"\"");
    assert_matches(BYTES("\2\3xy"));
    assert_prints(&stage.slots[pattern()->elements[0].row[2].capture], "\"xy\"");
}
END_TEST

START_TEST(a_switch_whose_field_is_asked_to_be_absent) {
    static const char M[] = "message M {\n kind u8\n body switch kind { 1: u8, else: cstring } when kind > 0\n}\n";
    load(M, "recv M { body: none }", "send M { kind: 0 }");
    BUILT("\0");
    assert_matches(BYTES("\0"));
}
END_TEST

// ---- masked(N, KEY)

START_TEST(masked_bytes_are_plain_as_a_value) {
    static const char M[] = "message M {\n keyed u8\n length u8 = size(body)\n key bytes(4) when keyed == 1\n"
                            " body masked(length, key)\n}\n";
    load(M, "recv M { body: \"hello!\" } as m", "send M { keyed: 1, key: \"\\x01\\x02\\x03\\x04\", body: \"hello!\" }");
    BUILT("\1\6\1\2\3\4igohn#");
    assert_matches(built());
    assert_prints(captured(), "M { keyed: 1, length: 6, key: \"\\x01\\x02\\x03\\x04\", body: \"hello!\" }");
    assert_matches(BYTES("\0\6hello!"));
    DIFFERS("\0\6hallo!", "M.body: masked(length, key) == \"hello!\", received \"ha...\"", 3, "ello!");
    struct outcome const other = assert_differs(BYTES("\1\6\1\2\3\4igohn!"), "M.body: masked(length, key) == \"hello!\"", 11);
    ck_assert(slice_equal(other.mismatch.received, BYTES("\1\6\1\2\3\4igohn!"))); // as they cross
    ck_assert(slice_equal(other.mismatch.expected, BYTES("\1\6\1\2\3\4igohn#")));
    load(M, "recv M { } as m", "send M { keyed: 0, body: \"hi\" }");
    BUILT("\0\2hi");
    load("message M {\n body masked(3, \"\")\n}\n", "recv M { body: \"abc\" }", "send M { body: \"abc\" }");
    BUILT("abc");
    assert_matches(built());
}
END_TEST

START_TEST(masked_bytes_are_not_built) {
    load("message M {\n length u64be = size(body)\n body masked(length, \"key\")\n}\n", "recv masked(2, \"ab\") == \"xy\"",
         "send M { body: repeat(1TiB, \"x\") }");
    struct value value;
    size_t const before = stage.arena.used_bytes;
    ck_assert_int_eq(try_build(&value), EVAL_DONE);
    ck_assert_uint_eq(value.bytes->len_bytes, 8 + (1ull << 40));
    ck_assert_uint_lt(stage.arena.used_bytes - before, 64 * 1024);
    uint8_t bytes[4];
    bytes_read(value.bytes, 8 + 3 * 1000, bytes, sizeof bytes);
    ck_assert_mem_eq(bytes, "\x13\x1d\x01\x13", 4);
    assert_matches(BYTES("\x19\x1b"));
}
END_TEST

// ---- messages in themselves

// Nested as often as asked: \1 opens one more, \0 ends.
static struct slice nested(unsigned levels) {
    uint8_t *const bytes = arena_alloc(&stage.arena, levels + 1);
    memset(bytes, 1, levels);
    bytes[levels] = 0;
    return slice_of(bytes, levels + 1);
}

START_TEST(a_message_in_itself) {
    static const char M[] = "message M {\n kind u8\n inner switch kind { 1: M, else: bytes(0) }\n}\n";
    load(M, "recv M { inner: M { inner: M { kind as k } } } as m", "send M { kind: 1, inner: M { kind: 0, inner: \"\" } }");
    BUILT("\1\0");
    assert_matches(nested(2));
    assert_matches(nested(MESSAGE_NESTING_MAX - 1));
    ck_assert(strstr(match(nested(MESSAGE_NESTING_MAX)).mismatch.wanted, ".inner: messages of more than 100 levels"));
    ck_assert(strstr(match(nested(MESSAGE_NESTING_MAX * 10)).mismatch.wanted, "messages of more than 100 levels"));
    assert_differs(nested(1), "M.inner.inner: asked for as M, and kind is 0", 2);
}
END_TEST

START_TEST(a_message_in_a_list_of_its_own) {
    static const char M[] = "message Value {\n kind u8\n"
                            " body switch kind { 1: u8, 2: Values, 3: sized(2, list(Value)) }\n}\n"
                            "message Values {\n count u8 = len(items)\n items list(Value, count)\n}\n";
    load(M, "recv Value { } as v",
         "send Value { kind: 2, body: Values { items: [Value { kind: 1, body: 7 }, "
         "Value { kind: 2, body: Values { items: [] } }, Value { kind: 3, body: [Value { kind: 1, body: 9 }] }] } }");
    BUILT("\2\3\1\7\2\0\3\1\11");
    assert_matches(built());
    uint8_t deep[600];
    for (size_t i = 0; i < sizeof deep; i++) deep[i] = i % 2 ? 1 : 2;
    ck_assert(strstr(match(slice_of(deep, sizeof deep)).mismatch.wanted, "messages of more than 100 levels"));
}
END_TEST

START_TEST(what_is_built_too_deep) {
    struct buffer value = {0};
    for (unsigned i = 0; i < 60; i++) buffer_text(&value, "M { kind: 1, inner: ");
    buffer_text(&value, "M { kind: 0, inner: \"\" }");
    for (unsigned i = 0; i < 60; i++) buffer_text(&value, " }");
    const char *const send = arena_text(&stage.arena, "send %s", value.data);
    load("message M {\n kind u8\n inner switch kind { 1: M, else: bytes(0) }\n}\n", "recv M { }", send);
    assert_matches(built());
    buffer_fini(&value);
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"switch",
         {a_switch_on_an_expression, a_selector_without_a_value, a_switch_in_a_switch,
          a_switch_whose_field_is_asked_to_be_absent}},
        {"masked", {masked_bytes_are_plain_as_a_value, masked_bytes_are_not_built}},
        {"in themselves", {a_message_in_itself, a_message_in_a_list_of_its_own, what_is_built_too_deep}},
    };
    return matcher_main("layout_switch", cases, COUNT_OF(cases));
}
