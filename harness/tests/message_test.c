#include "plan_terms.h"

#include "digest.h"
#include "plan/message.h"
#include "plan/record.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct stage stage;
static struct plan_set set;

static void set_up(void) {
    stage_init(&stage);
    set = (struct plan_set){0};
}

static void tear_down(void) {
    plan_set_fini(&set);
    stage_fini(&stage);
}

// ---- a scenario around messages, a recv and a send

// The step of that kind, the first one.
static const struct step *step_of(enum step_kind kind) {
    const struct plan *const plan = set.plans[0];
    for (uint32_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].kind == kind) return &plan->steps[i];
    }
    ck_abort_msg("the scenario has no such step");
    return NULL;
}

static void compile(const char *messages, const char *server_steps, const char *client_steps) {
    if (set.arena.blocks) plan_set_fini(&set);
    const char *const text = arena_text(&stage.arena,
                                        "scenario \"messages\"\n%s\n"
                                        "server s {\n listen tcp 127.0.0.1:0\n accept {\n%s\n}\n}\n"
                                        "client c {\n connect s\n%s\n}\n",
                                        messages, server_steps, client_steps);
    plan_set_init(&set, "x.drill", slice_text(text), NULL, 0);
}

static void load(const char *messages, const char *server_steps, const char *client_steps) {
    compile(messages, server_steps, client_steps);
    struct buffer said = {0};
    diag_render(&set.diags, &said);
    ck_assert_msg(set.diags.error_count == 0, "%s", said.data);
    buffer_fini(&said);
}

static const struct pattern_code *pattern(void) {
    return step_of(STEP_RECV)->pattern;
}

static enum eval_status try_build(struct value *value) {
    return term_eval_kind(step_of(STEP_SEND)->operand, &stage.env, VALUE_BYTES, value);
}

static struct slice built(void) {
    struct value value;
    enum eval_status const status = try_build(&value);
    ck_assert_msg(status == EVAL_DONE, "%s", stage.env.message ? stage.env.message : "waits");
    struct slice flat;
    ck_assert(bytes_flat(&stage.arena, value.bytes, &flat));
    return flat;
}

static void assert_built(const void *wanted, size_t len_bytes) {
    struct slice const bytes = built();
    ck_assert_uint_eq(bytes.len_bytes, len_bytes);
    ck_assert_mem_eq(bytes.data, wanted, len_bytes);
}

#define BUILT(literal) assert_built(literal, sizeof(literal) - 1)

static void assert_build_fails(const char *said) {
    struct value value;
    ck_assert_int_eq(try_build(&value), EVAL_FAILED);
    ck_assert_msg(strstr(stage.env.message, said), "'%s' does not say '%s'", stage.env.message, said);
}

// ---- matching

struct outcome {
    enum match_status status;
    uint64_t consumed_bytes;
    struct mismatch mismatch;
};

enum { INPUT_BYTES_MAX = 4096 };

// In pieces of so many bytes, the first of them of `first`; each piece ends at a page that must not be touched.
static struct outcome play(struct slice input, size_t first, size_t piece) {
    long const page = sysconf(_SC_PAGESIZE);
    uint8_t *const pages = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + page, (size_t)page, PROT_NONE), 0);
    struct matcher matcher;
    struct outcome outcome = {.status = MATCH_MORE};
    matcher_start(&matcher, pattern(), &stage.env, &stage.arena);
    for (size_t at = 0; at < input.len_bytes && outcome.status == MATCH_MORE;) {
        size_t const wanted = at == 0 && first ? first : piece;
        size_t const count = wanted < input.len_bytes - at ? wanted : input.len_bytes - at;
        uint8_t *const bytes = pages + page - count;
        memcpy(bytes, input.data + at, count);
        bool exactly;
        uint64_t const need = matcher_needs(&matcher, &exactly, &outcome.status);
        size_t used = 0;
        uint64_t const before = matcher.consumed_bytes;
        outcome.status = matcher_feed(&matcher, slice_of(bytes, count), &used);
        ck_assert_uint_eq(matcher.consumed_bytes - before, used);
        if (outcome.status == MATCH_MORE) ck_assert_uint_eq(used, count);
        if (outcome.status == MATCH_DONE) ck_assert_uint_ge(used, need);
        if (outcome.status == MATCH_DONE && exactly && count > need) ck_assert_uint_ge(used, need);
        memset(bytes, 0xaa, count); // what was kept must be a copy
        at += used;
    }
    if (outcome.status == MATCH_MORE) outcome.status = matcher_end(&matcher);
    outcome.consumed_bytes = matcher.consumed_bytes;
    outcome.mismatch = matcher.mismatch;
    munmap(pages, (size_t)page * 2);
    return outcome;
}

static void assert_same(const struct outcome *a, const struct outcome *b) {
    ck_assert_int_eq(a->status, b->status);
    ck_assert_uint_eq(a->consumed_bytes, b->consumed_bytes);
    if (a->status != MATCH_MISMATCH) return;
    ck_assert_uint_eq(a->mismatch.offset, b->mismatch.offset);
    ck_assert(slice_equal(a->mismatch.expected, b->mismatch.expected));
    ck_assert_str_eq(a->mismatch.wanted, b->mismatch.wanted);
}

// At once, cut in two at every place, and byte by byte: the outcome must be the same.
static struct outcome match(struct slice input) {
    ck_assert_uint_le(input.len_bytes, INPUT_BYTES_MAX);
    struct outcome const whole = play(input, 0, INPUT_BYTES_MAX);
    for (size_t cut = 1; cut < input.len_bytes; cut++) {
        struct outcome const halves = play(input, cut, INPUT_BYTES_MAX);
        assert_same(&whole, &halves);
    }
    struct outcome const bytes = play(input, 0, 1);
    assert_same(&whole, &bytes);
    return whole;
}

static void assert_matches(struct slice input) {
    struct outcome const outcome = match(input);
    ck_assert_msg(outcome.status == MATCH_DONE, "status %d: %s", outcome.status,
                  outcome.mismatch.wanted ? outcome.mismatch.wanted : stage.env.message);
    ck_assert_uint_eq(outcome.consumed_bytes, input.len_bytes);
}

// `wanted` is how the report begins.
static struct outcome assert_differs(struct slice input, const char *wanted, uint64_t offset) {
    struct outcome const outcome = match(input);
    ck_assert_int_eq(outcome.status, MATCH_MISMATCH);
    ck_assert_msg(strncmp(outcome.mismatch.wanted, wanted, strlen(wanted)) == 0, "'%s' does not begin with '%s'",
                  outcome.mismatch.wanted, wanted);
    ck_assert_uint_eq(outcome.mismatch.offset, offset);
    return outcome;
}

static void assert_match_fails(struct slice input, const char *said) {
    struct outcome const outcome = play(input, 0, INPUT_BYTES_MAX);
    ck_assert_int_eq(outcome.status, MATCH_FAILED);
    ck_assert_msg(strstr(stage.env.message, said), "'%s' does not say '%s'", stage.env.message, said);
}

#define BYTES(literal) slice_of(literal, sizeof(literal) - 1)

// What the recv's pattern captured as a whole.
static const struct value *captured(void) {
    uint32_t const slot = pattern()->elements[0].capture;
    ck_assert_uint_lt(slot, STAGE_SLOTS);
    ck_assert(stage.is_set[slot]);
    return &stage.slots[slot];
}

static void assert_prints(const struct value *value, const char *wanted) {
    struct buffer text = {0};
    value_print(value, &text);
    ck_assert_str_eq(text.data, wanted);
    buffer_fini(&text);
}

static const char FRAME[] = "message Frame {\n"
                            "  magic u16be = 0xCAFE\n"
                            "  length u32be = size(body)\n"
                            "  kind u8\n"
                            "  urgent bit\n"
                            "  level bits(7)\n"
                            "  token bytes(4) when kind == 2\n"
                            "  body bytes(length)\n"
                            "  check u32be = crc32(magic .. body)\n"
                            "}\n";

static const char BOX[] = "message Item {\n"
                          "  tag u8\n"
                          "  length u8 = size(value)\n"
                          "  value bytes(length)\n"
                          "}\n"
                          "message Box {\n"
                          "  count u16le = len(body)\n"
                          "  body list(Item, count)\n"
                          "}\n";

// ---- building

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

// ---- matching

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

static void differs(const char *bytes, size_t len_bytes, const char *wanted, uint64_t offset, const char *expected,
                    size_t expected_bytes) {
    struct outcome const outcome = assert_differs(slice_of(bytes, len_bytes), wanted, offset);
    struct slice const tail = outcome.mismatch.expected;
    ck_assert_uint_ge(tail.len_bytes, expected_bytes);
    ck_assert_mem_eq(tail.data + (outcome.mismatch.offset - outcome.mismatch.window_offset), expected, expected_bytes);
}

#define DIFFERS(bytes, wanted, offset, expected)                                                                       \
    differs(bytes, sizeof(bytes) - 1, wanted, offset, expected, sizeof(expected) - 1)

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
    struct outcome const deep = play(nested(MESSAGE_NESTING_MAX - 1), 0, 1);
    ck_assert_int_eq(deep.status, MATCH_DONE);
    ck_assert_uint_eq(captured()->record->depth, MESSAGE_NESTING_MAX);
    struct value const copy = value_copy(&stage.arena, captured());
    ck_assert(value_equal(&copy, captured()));
    assert_match_fails(nested(MESSAGE_NESTING_MAX), "messages of more than 100 levels");
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

START_TEST(hostile_lengths_take_no_memory) {
    static const char MESSAGES[] = "message M {\n length u32be\n body bytes(length)\n}\n"
                                   "message L {\n count u32be\n items list(u32be, count)\n}\n"
                                   "message Z {\n count u32be\n items list(bytes(0), count)\n}\n";
    load(MESSAGES, "recv M { body as b }", "send \"\"");
    size_t const before = stage.arena.used_bytes;
    assert_match_fails(BYTES("\xff\xff\xff\xff"), "bytes are not held");
    load(MESSAGES, "recv M { }", "send \"\"");
    assert_differs(BYTES("\xff\xff\xff\xff" "abc"), "M.body: bytes(length)", 7);
    load(MESSAGES, "recv L { items as i }", "send \"\"");
    assert_match_fails(BYTES("\xff\xff\xff\xff"), "items are not held");
    load(MESSAGES, "recv L { }", "send \"\"");
    assert_differs(BYTES("\xff\xff\xff\xff\0\0\0\1"), "L.items[1]: u32be", 8);
    load(MESSAGES, "recv Z { }", "send \"\"");
    assert_match_fails(BYTES("\xff\xff\xff\xff"), "items of no bytes");
    ck_assert_uint_lt(stage.arena.used_bytes - before, 256 * 1024);
}
END_TEST

// Messages that double at each level have lengths that nobody can count one by one.
START_TEST(messages_that_double_are_compiled_at_once) {
    struct buffer text = {0};
    buffer_text(&text, "message M0 {\n a u8\n}\n");
    for (int i = 1; i < 90; i++) buffer_printf(&text, "message M%d {\n a M%d\n b M%d\n}\n", i, i - 1, i - 1);
    load(text.data, "recv M89 { }", "send \"\"");
    assert_differs(BYTES("abc"), "M89.a.a.a", 3);
    buffer_fini(&text);
}
END_TEST

// ---- diagnostics

static void assert_said(const char *messages, const char *server_steps, const char *client_steps, const char *said) {
    compile(messages, server_steps, client_steps);
    ck_assert_msg(set.diags.error_count > 0, "nothing is said, instead of '%s'", said);
    for (const struct diag *diag = set.diags.first; diag; diag = diag->next) {
        if (strcmp(diag->message, said) == 0) return;
    }
    struct buffer all = {0};
    diag_render(&set.diags, &all);
    ck_abort_msg("'%s' is not said, but:\n%s", said, all.data);
}

// A layout by its fields.
static void assert_layout_said(const char *fields, const char *said) {
    assert_said(arena_text(&stage.arena, "message M {\n%s\n}\n", fields), "recv M { }", "send \"\"", said);
}

START_TEST(layouts_are_checked) {
    assert_layout_said("a bytes(n)\nn u8", "'n' has not come yet when this is asked, and matching needs it here");
    assert_layout_said("a u8 when a == 1", "'a' has not come yet when this is asked, and matching needs it here");
    assert_layout_said("a u8\na u8", "there is a field 'a' already");
    assert_layout_said("a Nope", "unknown message 'Nope'");
    assert_layout_said("a bytes(nope)", "unknown name 'nope'");
    assert_layout_said("a switch nope { 1: u8 }", "unknown field 'nope'");
    assert_layout_said("a u8\nb switch a { 1: u8, 1: u16be }", "the switch has a type for this already");
    assert_layout_said("a u8\nb switch a { else: u8, 1: u16be }", "nothing comes to this: `else` stands before it");
    assert_layout_said("a u8\nb switch a { a: u8 }", "what a switch compares with must be known before the scenario runs");
    assert_layout_said("a u8\nb switch a { 1: bits(3), else: u8 }", "a type of a switch has whole bytes");
    assert_layout_said("a bit\nb u8", "bits fill whole bytes, and 7 more would fill this one");
    assert_layout_said("a u8\nb bits(3) when a == 1\nc bits(5)", "bits with a `when` fill whole bytes by themselves");
    assert_layout_said("n u8\na bits(n)", "how many bits this has must be known before the message comes");
    assert_layout_said("a rest\nb u8", "nothing can follow 'a', which takes everything");
    assert_layout_said("a u8 = 256", "M.a: 256 does not fit u8 (0 to 255)");
    assert_layout_said("a u8 = \"x\"", "M.a is an integer, and this is bytes");
    assert_layout_said("a u32be = crc32(a .. a)", "the value of 'a' depends on itself");
    assert_layout_said("a u8 = b\nb u8 = a", "the value of 'a' depends on itself");
    assert_layout_said("a u8\nb u8 = size(b .. a)", "'a' comes before 'b'");
    assert_layout_said("a bit\nb bits(7)\nc u8 = size(b)", "these are not whole bytes");
    assert_layout_said("a M", "a message cannot lie in itself: M -> M");
    assert_layout_said("a list(M, 2)", "a message cannot lie in itself: M -> M");
    assert_layout_said("a u8 = s.done", "a layout is made of its fields and of constants, and this is known in a run only");
    assert_layout_said("a list(rest, 2)", "the first `rest` of a list takes everything");
    assert_layout_said("", "a message has one field at the least");
}
END_TEST

START_TEST(a_cycle_of_messages_is_shown) {
    assert_said("message A {\n b B\n}\nmessage B {\n x u8\n c C\n}\nmessage C {\n b B\n}\n", "recv A { }", "send \"\"",
                "a message cannot lie in itself: B -> C -> B");
    assert_said("message A {\n a u8\n}\nmessage A {\n a u8\n}\n", "recv A { }", "send \"\"",
                "there is a message 'A' already");
}
END_TEST

START_TEST(message_values_are_checked) {
    assert_said(BOX, "recv Box { }", "send Item { tag: 1 }", "Item needs a value for 'value'");
    assert_said(BOX, "recv Box { }", "send Item { tag: 256, value: \"\" }", "Item.tag: 256 does not fit u8 (0 to 255)");
    assert_said(BOX, "recv Box { }", "send Item { tag: 1, value: 7 }", "Item.value is bytes, and this is an integer");
    assert_said(BOX, "recv Box { }", "send Item { tagg: 1, value: \"\" }", "Item has no field 'tagg'");
    assert_said(BOX, "recv Box { }", "send Item { tag: 1, tag: 2, value: \"\" }", "'tag' has a value already");
    assert_said(BOX, "recv Box { }", "send Item { tag < 1, value: \"\" }",
                "a message is built of `field: value`; comparisons and captures are for recv");
    assert_said(BOX, "recv Box { }", "send Box { body: [Item { tag: 1, value: \"\" }, 7] }",
                "Box.body[1] is Item, and this is an integer");
    assert_said(BOX, "recv Box { }", "send Box { body: [Box { body: [] }] }", "Box.body[0] is Item, and this is Box");
    assert_said(BOX, "recv Box { }", "send Nope { a: 1 }", "unknown message 'Nope'");
    assert_said(FRAME, "recv Frame { }", "send Frame { kind: 1, urgent: 2, level: 0, body: \"\" }",
                "Frame.urgent: 2 does not fit 1 bit");
    assert_said(FRAME, "recv Frame { }", "send Frame { kind: 2, urgent: 1, level: 0, token: \"abc\", body: \"\" }",
                "Frame.token has 4 bytes, and these are 3");
}
END_TEST

START_TEST(message_patterns_are_checked) {
    assert_said(BOX, "recv Item { tagg: 1 }", "send \"\"", "Item has no field 'tagg'");
    assert_said(BOX, "recv Item { tag: 256 }", "send \"\"", "this never matches: u8 goes from 0 to 255");
    assert_said(BOX, "recv Item { tag: 1, tag > 0 }", "send \"\"", "'tag' stands here already");
    assert_said(BOX, "recv Item { tag: \"x\" }", "send \"\"", "`==` is not for an integer and bytes");
    assert_said(BOX, "recv Item { tag: Box { } }", "send \"\"", "Item.tag is an integer, and no message");
    assert_said(BOX, "recv Box { body: [Box { }] }", "send \"\"", "Box.body[0] is Item, and never Box");
    assert_said(BOX, "recv Item { } as m\nexpect m.tagg == 1", "send \"\"", "Item has no field 'tagg'");
    assert_said(BOX, "recv Box { } as m\nexpect m.body[0].tagg == 1", "send \"\"", "Item has no field 'tagg'");
    assert_said(BOX, "recv Item", "send \"\"", "'Item' is a message, not a value");
    assert_said("message R {\n all rest\n}\n", "recv R { } \"x\"", "send \"\"", "nothing can follow `R`, which takes everything");
}
END_TEST

// ---- checksums and codes

static void assert_hex(const uint8_t *bytes, size_t len_bytes, const char *wanted) {
    struct buffer hex = {0};
    for (size_t i = 0; i < len_bytes; i++) buffer_printf(&hex, "%02x", bytes[i]);
    ck_assert_str_eq(hex.data, wanted);
    buffer_fini(&hex);
}

START_TEST(known_digests) {
    uint8_t out[DIGEST_SHA256_BYTES];
    const struct bytes *const abc = bytes_value(&stage, "abc").bytes;
    const struct bytes *const million = bytes_repeated(&stage.arena, bytes_value(&stage, "a").bytes, 1000 * 1000);
    ck_assert_uint_eq(digest_crc32(bytes_value(&stage, "123456789").bytes), 0xcbf43926);
    ck_assert_uint_eq(digest_crc32(bytes_value(&stage, "").bytes), 0);
    ck_assert_uint_eq(digest_crc32(million), 0xdc25bfbc);
    ck_assert(digest_sha1(abc, out));
    assert_hex(out, DIGEST_SHA1_BYTES, "a9993e364706816aba3e25717850c26c9cd0d89d");
    ck_assert(digest_sha1(million, out));
    assert_hex(out, DIGEST_SHA1_BYTES, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    ck_assert(digest_sha256(abc, out));
    assert_hex(out, DIGEST_SHA256_BYTES, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(known_codes) {
    static const char *const PAIRS[][2] = {{"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},        {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        ck_assert(slice_is(digest_base64(&stage.arena, slice_text(PAIRS[i][0])), PAIRS[i][1]));
    }
    load("", "recv \"x\"", "send base64(sha1(\"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11\"))");
    BUILT("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455, section 1.3
}
END_TEST

static TCase *case_of(Suite *suite, const char *name) {
    TCase *const tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static void add_building(Suite *suite) {
    TCase *const building = case_of(suite, "building");
    tcase_add_test(building, computed_fields_are_computed);
    tcase_add_test(building, a_field_with_a_condition_is_there_when_it_holds);
    tcase_add_test(building, a_missing_value_of_a_field_that_is_there);
    tcase_add_test(building, a_value_for_a_field_that_is_not_there);
    tcase_add_test(building, computed_fields_are_overridden);
    tcase_add_test(building, the_order_of_the_text_does_not_matter);
    tcase_add_test(building, messages_lie_in_lists);
    tcase_add_test(building, a_value_out_of_range_is_told_by_its_path);
    tcase_add_test(building, a_computed_value_may_be_out_of_range_too);
    tcase_add_test(building, the_right_side_is_read_in_the_scope_around);
    tcase_add_test(building, a_switch_picks_by_the_selector);
    tcase_add_test(building, a_switch_without_a_type_for_the_selector);
    tcase_add_test(building, bits_are_packed_high_bit_first);
    tcase_add_test(building, what_is_delimited_does_not_hold_the_delimiter);
    tcase_add_test(building, large_values_are_not_built);
}

static void add_matching(Suite *suite) {
    TCase *const matching = case_of(suite, "matching");
    tcase_add_test(matching, what_is_built_is_matched);
    tcase_add_test(matching, nothing_behind_the_message_is_taken);
    tcase_add_test(matching, a_captured_message_has_its_fields);
    tcase_add_test(matching, a_copy_of_a_record_is_its_own);
    tcase_add_test(matching, each_field_that_is_wrong_is_named);
    tcase_add_test(matching, a_field_in_a_list_is_named_by_its_path);
    tcase_add_test(matching, a_length_is_verified_when_its_fields_have_come);
    tcase_add_test(matching, a_computed_field_of_bytes);
    tcase_add_test(matching, a_switch_that_has_another_type);
    tcase_add_test(matching, a_field_that_is_asked_for_and_not_there);
    tcase_add_test(matching, the_rest_of_a_message_ends_where_a_length_says);
    tcase_add_test(matching, a_list_until_its_size_is_reached);
    tcase_add_test(matching, a_list_until_its_last_item);
    tcase_add_test(matching, a_message_may_lie_in_itself);
    tcase_add_test(matching, a_message_is_compared_with_one_that_was_captured);
}

int main(void) {
    Suite *const suite = suite_create("message");
    add_building(suite);
    add_matching(suite);
    TCase *const limits = case_of(suite, "limits");
    tcase_add_test(limits, messages_nest_so_deep_and_no_deeper);
    tcase_add_test(limits, a_built_message_nests_no_deeper_either);
    tcase_add_test(limits, hostile_lengths_take_no_memory);
    tcase_add_test(limits, messages_that_double_are_compiled_at_once);
    TCase *const diagnostics = case_of(suite, "diagnostics");
    tcase_add_test(diagnostics, layouts_are_checked);
    tcase_add_test(diagnostics, a_cycle_of_messages_is_shown);
    tcase_add_test(diagnostics, message_values_are_checked);
    tcase_add_test(diagnostics, message_patterns_are_checked);
    TCase *const digests = case_of(suite, "digests");
    tcase_add_test(digests, known_digests);
    tcase_add_test(digests, known_codes);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
