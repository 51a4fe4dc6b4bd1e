#include "message_text.h"

#include <check.h>
#include <string.h>

START_TEST(what_is_built_is_matched) {
    load(FRAME, "recv Frame { kind: 1, level < 4, urgent as u, body as b, token as t }",
         "send Frame { kind: 1, urgent: 1, level: 3, body: \"hello\" }");
    assert_matches(built());
    const struct element_code *const row = pattern()->elements[0].row;
    ck_assert(stage.slots[row[3].capture].number == 1);
    assert_prints(&stage.slots[row[6].capture], "\"hello\"");
    ck_assert_int_eq(stage.slots[row[5].capture].kind, VALUE_NONE);
}
END_TEST

START_TEST(nothing_behind_the_message_is_taken) {
    load(FRAME, "recv Frame { }", "send Frame { kind: 1, urgent: 1, level: 3, body: \"hello\" } \"more\"");
    struct slice const bytes = built();
    struct outcome const outcome = match(bytes);
    ck_assert_int_eq(outcome.status, MATCH_DONE);
    ck_assert_uint_eq(outcome.consumed_bytes, bytes.len_bytes - 4);
}
END_TEST

START_TEST(a_captured_message_has_its_fields) {
    load(BOX, "recv Box { } as box", "send Box { body: [Item { tag: 1, value: \"one\" }, Item { tag: 2, value: \"\" }] }");
    assert_matches(built());
    static const char PRINTED[] = "Box { count: 2, body: [Item { tag: 1, length: 3, value: \"one\" }, "
                                  "Item { tag: 2, length: 0, value: \"\" }] }";
    assert_prints(captured(), PRINTED);
    const struct record *const record = captured()->record;
    ck_assert_uint_eq(record->depth, 2);
    ck_assert_ptr_null(record_field(record, slice_text("nothing")));
    const struct value *const body = record_field(record, slice_text("body"));
    ck_assert_uint_eq(body->items[0].record->encoded->len_bytes, 5);
    struct value const bytes = value_bytes(bytes_held(&stage.arena, built()));
    ck_assert(value_equal(captured(), &bytes));
    ck_assert(value_equal(&bytes, captured()));
}
END_TEST

START_TEST(a_copy_of_a_record_is_its_own) {
    load(BOX, "recv Box { } as box", "send Box { body: [Item { tag: 1, value: \"one\" }] }");
    assert_matches(built());
    struct arena arena;
    arena_init(&arena);
    struct value const original = *captured();
    struct value const copy = value_copy(&arena, &original);
    ck_assert(value_equal(&copy, &original));
    const struct value *const a = record_field(original.record, slice_text("body"));
    const struct value *const b = record_field(copy.record, slice_text("body"));
    ck_assert_ptr_ne(a->items, b->items);
    ck_assert_ptr_ne(a->items[0].record, b->items[0].record);
    ck_assert_ptr_ne(a->items[0].record->values[2].bytes->held.data, b->items[0].record->values[2].bytes->held.data);
    ck_assert_ptr_ne(original.record->encoded->held.data, copy.record->encoded->held.data);
    ((struct value *)(uintptr_t)b->items[0].record->values)[0].number = 9;
    ck_assert(!value_equal(&copy, &original));
    arena_fini(&arena);
}
END_TEST

START_TEST(each_field_that_is_wrong_is_named) {
    load(FRAME, "recv Frame { kind: 1, level < 4, body: \"hi\" }", "send Frame { kind: 1, urgent: 1, level: 3, body: \"hi\" }");
    DIFFERS("\xca\xff", "Frame.magic: u16be = 0xCAFE", 1, "\xfe");
    DIFFERS("\xca\xfe\0\0\0\2\3", "Frame.kind: u8 == 1", 6, "\1");
    assert_differs(BYTES("\xca\xfe\0\0\0\2\1\x85hi"), "Frame.level: bits(7) < 4, received 5", 7);
    DIFFERS("\xca\xfe\0\0\0\2\1\x83ho", "Frame.body: bytes(length) == \"hi\", received \"ho\"", 9, "i");
    DIFFERS("\xca\xfe\0\0\0\2\1\x83hi\x6a\x66\x47\x98", "Frame.check: u32be = crc32(magic .. body)", 13, "\x99");
    assert_differs(BYTES("\xca\xfe\0\0\0\2\1\x83h"), "Frame.body: bytes(length) == \"hi\"", 9);
    assert_differs(BYTES(""), "Frame.magic: u16be = 0xCAFE", 0);
}
END_TEST

START_TEST(a_field_in_a_list_is_named_by_its_path) {
    load(BOX, "recv Box { body: [Item { tag: 1 }, Item { value: \"ab\" }] }", "send \"\"");
    assert_matches(BYTES("\2\0\1\1x\7\2ab"));
    DIFFERS("\2\0\2", "Box.body[0].tag: u8 == 1", 2, "\1");
    DIFFERS("\2\0\1\0\7\2ac", "Box.body[1].value: bytes(length) == \"ab\"", 7, "b");
    assert_differs(BYTES("\1\0\1\0"), "Box.body: 2 items, received 1", 2);
    assert_differs(BYTES("\3\0\1\0"), "Box.body: 2 items, received 3", 2);
    assert_differs(BYTES("\2\0\1\0\7"), "Box.body[1].length: u8 = size(value)", 5);
}
END_TEST

START_TEST(a_length_is_verified_when_its_fields_have_come) {
    load("message M {\n total u8 = size(total .. tail) + 1\n body cstring\n tail u8\n}\n", "recv M { }",
         "send M { body: \"abc\", tail: 9 }");
    BUILT("\7abc\0\11");
    assert_matches(built());
    DIFFERS("\6abc\0\11", "M.total: u8 = size(total .. tail) + 1, which is 7, received 6", 0, "\7");
}
END_TEST

START_TEST(a_computed_field_of_bytes) {
    load("message M {\n name cstring\n loud bytes(size(name) - 1) = upper(name)\n}\n", "recv M { }", "send M { name: \"ab\" }");
    BUILT("ab\0AB");
    assert_matches(built());
    DIFFERS("ab\0Ab", "M.loud: bytes(size(name) - 1) = upper(name), which is \"AB\", received \"Ab\"", 4, "B");
}
END_TEST

START_TEST(a_switch_that_has_another_type) {
    static const char MESSAGES[] = "message Login {\n user cstring\n}\nmessage Data {\n n u16be\n}\n"
                                   "message M {\n kind u8\n body switch kind { 1: Login, 2: Data, 3: rest }\n}\n";
    load(MESSAGES, "recv M { body: Login { user: \"joe\" } }", "send \"\"");
    assert_matches(BYTES("\1joe\0"));
    assert_differs(BYTES("\2joe\0"), "M.body: asked for as Login, and kind is 2", 1);
    assert_differs(BYTES("\4joe\0"), "M.body: no type of the switch is for kind == 4", 1);
    DIFFERS("\1jim\0", "M.body.user: cstring == \"joe\", received \"jim\"", 2, "oe");
    load(MESSAGES, "recv M { body as b }", "send \"\"");
    assert_matches(BYTES("\2\1\2"));
    assert_matches(BYTES("\3anything"));
}
END_TEST

START_TEST(a_field_that_is_asked_for_and_not_there) {
    load(FRAME, "recv Frame { token: \"abcd\" }", "send Frame { kind: 1, urgent: 0, level: 0, body: \"\" }");
    assert_differs(built(), "Frame.token: is not there: its `when` does not hold", 8);
    load(FRAME, "recv Frame { token: none }", "send Frame { kind: 1, urgent: 0, level: 0, body: \"\" }");
    assert_matches(built());
    load(FRAME, "recv Frame { token: none }", "send Frame { kind: 2, urgent: 0, level: 0, token: \"abcd\", body: \"\" }");
    assert_differs(built(), "Frame.token: bytes(4) == none, received \"abcd\"", 8);
}
END_TEST

START_TEST(the_rest_of_a_message_ends_where_a_length_says) {
    static const char MESSAGES[] = "message Inner {\n n u8\n text rest\n}\n"
                                   "message M {\n length u16be = size(body)\n kind u8\n"
                                   " body switch kind { 1: Inner, else: rest }\n end u8\n}\n";
    load(MESSAGES, "recv M { body as b }", "send M { kind: 1, body: Inner { n: 7, text: \"abc\" }, end: 9 } \"more\"");
    struct slice const bytes = built();
    struct outcome const outcome = match(bytes);
    ck_assert_int_eq(outcome.status, MATCH_DONE);
    ck_assert_uint_eq(outcome.consumed_bytes, bytes.len_bytes - 4);
    assert_matches(BYTES("\0\0\2\11"));
    assert_matches(BYTES("\0\3\2abc\11"));
    assert_differs(BYTES("\0\0\1\7\11"), "M.body.text: begins 1 bytes behind the end", 4);
}
END_TEST

START_TEST(a_list_until_its_size_is_reached) {
    static const char MESSAGES[] = "message Option {\n code u8\n length u8 = size(value)\n value bytes(length)\n}\n"
                                   "message M {\n length u16be = size(options)\n"
                                   " options list(Option) until(size(options) == length)\n end u8\n}\n";
    load(MESSAGES, "recv M { end: 9 } as m",
         "send M { options: [Option { code: 1, value: \"a\" }, Option { code: 2, value: \"\" }], end: 9 }");
    BUILT("\0\5\1\1a\2\0\11");
    assert_matches(built());
    assert_matches(BYTES("\0\0\11"));
    load(MESSAGES, "recv M { options: [] }", "send \"\"");
    assert_matches(BYTES("\0\0\11"));
    assert_differs(BYTES("\0\2\1\0\11"), "M.options: 0 items, received at least 1", 2);
}
END_TEST

START_TEST(a_list_until_its_last_item) {
    static const char MESSAGES[] = "message Label {\n length u8 = size(word)\n word bytes(length)\n}\n"
                                   "message Name {\n labels list(Label) until(last.length == 0)\n}\n";
    load(MESSAGES, "recv Name { labels: [Label { word: \"www\" }, Label { word as second }, Label { }] }", "send \"\"");
    assert_matches(BYTES("\3www\3org\0"));
    assert_differs(BYTES("\3www\0"), "Name.labels: 3 items, received 2", 5);
    assert_differs(BYTES("\3www\1a\1b"), "Name.labels: 3 items, received at least 4", 8);
}
END_TEST

START_TEST(a_message_may_lie_in_itself) {
    static const char MESSAGES[] = "message Node {\n value u8\n more u8\n next Node when more == 1\n}\n"
                                   "message Tree {\n count u8 = len(children)\n children list(Tree, count)\n}\n";
    load(MESSAGES, "recv Node { next: Node { value: 2, next: none } } as n",
         "send Node { value: 1, more: 1, next: Node { value: 2, more: 0 } }");
    BUILT("\1\1\2\0");
    assert_matches(built());
    assert_prints(captured(), "Node { value: 1, more: 1, next: Node { value: 2, more: 0 } }");
    load(MESSAGES, "recv Tree { } as t", "send Tree { children: [Tree { children: [] }, Tree { children: [Tree { children: [] }] }] }");
    BUILT("\2\0\1\0");
    assert_matches(built());
}
END_TEST

START_TEST(a_message_is_compared_with_one_that_was_captured) {
    load(BOX, "recv Box { } as first", "recv Item { }\nsend Item { tag: 1, value: \"x\" }");
    const struct term *const item = step_of(STEP_SEND)->operand;
    struct value a, b;
    ck_assert_int_eq(term_eval(item, &stage.env, &a), EVAL_DONE);
    ck_assert_int_eq(term_eval(item, &stage.env, &b), EVAL_DONE);
    ck_assert_int_eq(a.kind, VALUE_RECORD);
    ck_assert(value_equal(&a, &b));
    ((struct value *)(uintptr_t)b.record->values)[0].number = 2;
    ck_assert(!value_equal(&a, &b));
}
END_TEST

// ---- limits

static struct slice nested(uint32_t depth) {
    uint8_t *const bytes = arena_alloc(&stage.arena, (size_t)depth + 1);
    memset(bytes, 1, depth);
    return slice_of(bytes, (size_t)depth + 1);
}

START_TEST(messages_nest_so_deep_and_no_deeper) {
    load("message Tree {\n count u8 = len(children)\n children list(Tree, count)\n}\n", "recv Tree { } as t", "send \"\"");
    struct outcome const deep = match(nested(MESSAGE_NESTING_MAX - 1));
    ck_assert_int_eq(deep.status, MATCH_DONE);
    ck_assert_uint_eq(captured()->record->depth, MESSAGE_NESTING_MAX);
    struct value const copy = value_copy(&stage.arena, captured());
    ck_assert(value_equal(&copy, captured()));
    ck_assert(strstr(match(nested(MESSAGE_NESTING_MAX)).mismatch.wanted, "messages of more than 100 levels"));
}
END_TEST

START_TEST(a_built_message_nests_no_deeper_either) {
    load("message Tree {\n count u8 = len(children)\n children list(Tree, count)\n}\n", "recv Tree { } as t",
         "for t in [] {\n send Tree { children: t }\n}");
    const struct term *const operand = step_of(STEP_SEND)->operand;
    uint32_t const slot = operand->build->given[1]->slot;
    stage_set(&stage, slot, (struct value){.kind = VALUE_LIST});
    for (uint32_t i = 0; i < MESSAGE_NESTING_MAX; i++) {
        struct value *const tree = arena_alloc(&stage.arena, sizeof *tree);
        ck_assert_int_eq(term_eval(operand, &stage.env, tree), EVAL_DONE);
        stage_set(&stage, slot, (struct value){.kind = VALUE_LIST, .items = tree, .item_count = 1});
    }
    assert_build_fails("messages of more than 100 levels");
}
END_TEST

// Messages that double at each level: what nobody could count one by one.
static const char *doubling(const char *first, const char *next) {
    struct buffer text_buffer = {0};
    buffer_printf(&text_buffer, "message M0 {\n %s\n}\n", first);
    for (int i = 1; i < 90; i++) {
        buffer_printf(&text_buffer, "message M%d {\n", i);
        buffer_printf(&text_buffer, next, i - 1, i - 1, i - 1, i - 1);
        buffer_text(&text_buffer, "}\n");
    }
    const char *const text_copy = arena_copy(&stage.arena, text_buffer.data, text_buffer.len_bytes);
    buffer_fini(&text_buffer);
    return text_copy;
}

START_TEST(messages_that_double_are_matched_as_they_come) {
    load(doubling("a u8", " a M%d\n b M%d\n"), "recv M89 { }", "send \"\"");
    assert_differs(BYTES("abc"), "M89.a.a.a", 3);
}
END_TEST

START_TEST(messages_of_no_bytes_come_to_an_end) {
    load(doubling("a bytes(0)", " a M%d\n b M%d\n"), "recv M89 { }", "send \"\"");
    assert_match_fails(BYTES("x"), "items and fields of no bytes");
}
END_TEST

START_TEST(messages_that_build_too_much_are_refused) {
    compile(doubling("a u8 = 1", " a M%d = M%d { }\n b M%d = M%d { }\n"), "recv M0 { }", "send M89 { }");
    ck_assert_uint_gt(set.diags.error_count, 0);
    ck_assert_ptr_nonnull(strstr(set.diags.first->message, "this has more than 100000 parts"));
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"fields",
         {what_is_built_is_matched, nothing_behind_the_message_is_taken, a_captured_message_has_its_fields,
          a_copy_of_a_record_is_its_own, each_field_that_is_wrong_is_named,
          a_field_in_a_list_is_named_by_its_path, a_length_is_verified_when_its_fields_have_come,
          a_computed_field_of_bytes, a_switch_that_has_another_type}},
        {"types",
         {a_field_that_is_asked_for_and_not_there, the_rest_of_a_message_ends_where_a_length_says,
          a_list_until_its_size_is_reached, a_list_until_its_last_item, a_message_may_lie_in_itself,
          a_message_is_compared_with_one_that_was_captured}},
        {"limits",
         {messages_nest_so_deep_and_no_deeper, a_built_message_nests_no_deeper_either,
          messages_that_double_are_matched_as_they_come, messages_of_no_bytes_come_to_an_end,
          messages_that_build_too_much_are_refused}},
    };
    return matcher_main("message_match", cases, COUNT_OF(cases));
}
