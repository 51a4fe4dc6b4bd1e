// Patterns of fixed bytes and numbers, waiting, and what a pattern needs.
#include "matcher_play.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

// ---- fixed bytes

START_TEST(literals_match_and_leave_the_rest) {
    struct element_code const row[] = {element_text(&stage, "GET "), element_text(&stage, ""),
                                       element_text(&stage, "/\r\n")};
    struct outcome outcome = match_text(row, COUNT_OF(row), "GET /\r\n");
    assert_done(&outcome, 7);
    outcome = match_text(row, COUNT_OF(row), "GET /\r\nmore");
    assert_done(&outcome, 7);
    outcome = match_text(row, 0, "anything");
    assert_done(&outcome, 0);
}
END_TEST

START_TEST(a_wrong_byte_is_shown_beside_the_right_one) {
    struct element_code const row[] = {element_text(&stage, "HTTP/1.1 "), element_text(&stage, "200 OK\r\n")};
    struct outcome const outcome = match_text(row, COUNT_OF(row), "HTTP/1.1 404 Not Found\r\n");
    assert_mismatch(&outcome, 9, NULL);
    ck_assert_uint_eq(outcome.consumed_bytes, 9);
    ck_assert_uint_eq(outcome.mismatch.window_offset, 0);
    assert_window(outcome.mismatch.expected, "HTTP/1.1 200 OK\r\n");
    assert_window(outcome.mismatch.received, "HTTP/1.1 404 Not Found\r\n");
}
END_TEST

START_TEST(windows_stay_narrow) {
    const char *const long_text = "0123456789012345678901234567890123456789X12345678901234567890123456789012345";
    struct element_code const row[] = {element_text(&stage, "0123456789012345678901234567890123456789"),
                                       element_text(&stage, "012345678901234567890123456789")};
    struct outcome const outcome = match_text(row, COUNT_OF(row), long_text);
    assert_mismatch(&outcome, 40, NULL);
    ck_assert_uint_eq(outcome.mismatch.window_offset, 16);
    assert_window(outcome.mismatch.expected, "678901234567890123456789012345678901234567890123");
    assert_window(outcome.mismatch.received, "678901234567890123456789X12345678901234567890123");
}
END_TEST

START_TEST(missing_bytes_are_named) {
    struct element_code const row[] = {element_text(&stage, "hello"), type(TYPE_WORD_U16BE)};
    struct outcome outcome = match_text(row, COUNT_OF(row), "he");
    assert_mismatch(&outcome, 2, "\"llo\"");
    assert_window(outcome.mismatch.expected, "hello");
    assert_window(outcome.mismatch.received, "he");
    outcome = match_text(row, COUNT_OF(row), "hello!");
    assert_mismatch(&outcome, 6, "u16be, and 6 of 7 bytes have come");
    ck_assert_uint_eq(outcome.mismatch.expected.len_bytes, 0);
}
END_TEST

START_TEST(a_literal_may_come_from_a_slot) {
    struct element_code const row[] = {element_as(sized(TYPE_WORD_BYTES, number(2)), 0), element_bytes(slot(0)),
                                       element_as(element_text(&stage, "!"), 1)};
    struct outcome outcome = match_text(row, COUNT_OF(row), "abab!");
    assert_done(&outcome, 5);
    assert_slot_text(&outcome, 1, "!");
    outcome = match_text(row, COUNT_OF(row), "abac!");
    assert_mismatch(&outcome, 3, NULL);
    stage_set(&stage, 0, value_integer(5));
    outcome = match_text(row + 1, 1, "5");
    assert_failed(&outcome, "bytes is needed here, and this is an integer");
}
END_TEST

START_TEST(endless_literals_take_no_memory) {
    const struct bytes *const unit = bytes_held(&stage.arena, slice_text("0123456789abcde"));
    const struct bytes *const huge = bytes_repeated(&stage.arena, unit, UINT64_C(1) << 40);
    struct element_code const row[] = {element_bytes(term_value(&stage, value_bytes(huge)))};
    struct pattern_code const pattern = pattern_of(row, 1);
    enum { CHUNK = 3 * 5 * 4096, ROUNDS = 500 };
    uint8_t *const chunk = malloc(CHUNK);
    bytes_read(huge, 0, chunk, CHUNK);
    struct matcher matcher;
    matcher_start(&matcher, &pattern, &stage.env, &stage.arena);
    size_t const before = stage.arena.used_bytes;
    size_t used;
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert_int_eq(matcher_feed(&matcher, slice_of(chunk, CHUNK), &used), MATCH_MORE);
    }
    ck_assert_uint_lt(stage.arena.used_bytes - before, 1000);
    ck_assert_uint_eq(matcher.state->looked_at_bytes, matcher.consumed_bytes);
    chunk[12345] ^= 1;
    ck_assert_int_eq(matcher_feed(&matcher, slice_of(chunk, CHUNK), &used), MATCH_MISMATCH);
    ck_assert_uint_eq(used, 12345);
    ck_assert_uint_eq(matcher.mismatch.offset, (uint64_t)CHUNK * ROUNDS + 12345);
    ck_assert_uint_eq(matcher.mismatch.received.data[24], chunk[12345]);
    ck_assert_uint_eq(matcher.mismatch.expected.data[24], chunk[12345] ^ 1);
    free(chunk);
}
END_TEST

// ---- numbers

START_TEST(integers_are_captured_and_used) {
    struct element_code const row[] = {element_as(type(TYPE_WORD_U32BE), 0),
                                       element_as(sized(TYPE_WORD_BYTES, slot(0)), 1)};
    struct outcome const outcome = match_bytes(row, COUNT_OF(row), "\0\0\0\5helloX", 10);
    assert_done(&outcome, 9);
    assert_slot_integer(&outcome, 0, 5);
    assert_slot_text(&outcome, 1, "hello");
}
END_TEST

START_TEST(numbers_of_every_kind) {
    struct element_code const row[] = {element_as(type(TYPE_WORD_I8), 0),    element_as(type(TYPE_WORD_U24LE), 1),
                                       element_as(type(TYPE_WORD_I16BE), 2), element_as(type(TYPE_WORD_U64LE), 3),
                                       element_as(type(TYPE_WORD_F32BE), 4), element_as(type(TYPE_WORD_F64LE), 5)};
    static const uint8_t INPUT[] = "\x80\1\2\3\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xc0\x20\0\0\0\0\0\0\0\0\xf0\x3f";
    struct outcome const outcome = match_bytes(row, COUNT_OF(row), INPUT, 26);
    assert_done(&outcome, 26);
    assert_slot_integer(&outcome, 0, -128);
    assert_slot_integer(&outcome, 1, 0x030201);
    assert_slot_integer(&outcome, 2, -2);
    assert_slot_integer(&outcome, 3, INTEGER_MAX);
    ck_assert_double_eq(outcome.slots[4].real, -2.5);
    ck_assert_double_eq(outcome.slots[5].real, 1.0);
}
END_TEST

START_TEST(a_number_that_must_equal_is_wrong_at_its_first_wrong_byte) {
    struct element_code const row[] = {element_text(&stage, "x"),
                                       element_as(element_is(type(TYPE_WORD_U16BE), OP_EQUAL, number(0xCAFE)), 0)};
    struct outcome outcome = match_bytes(row, COUNT_OF(row), "x\xca\xfe", 3);
    assert_done(&outcome, 3);
    assert_slot_integer(&outcome, 0, 0xCAFE);
    outcome = match_bytes(row, COUNT_OF(row), "x\xcb", 2); // although the second byte has not come
    assert_mismatch(&outcome, 1, "u16be == 51966");
    assert_window(outcome.mismatch.expected, "x\xca\xfe");
    assert_window(outcome.mismatch.received, "x\xcb");
}
END_TEST

START_TEST(comparisons_show_what_was_received) {
    struct element_code const row[] = {element_is(type(TYPE_WORD_U16BE), OP_GREATER, number(5))};
    struct outcome outcome = match_bytes(row, 1, "\0\3!", 3);
    assert_mismatch(&outcome, 0, "u16be > 5, received 3");
    ck_assert_uint_eq(outcome.mismatch.received.len_bytes, 2);
    outcome = match_bytes(row, 1, "\0\6", 2);
    assert_done(&outcome, 2);
    struct element_code const never[] = {element_is(type(TYPE_WORD_U8), OP_EQUAL, number(300))};
    outcome = match_text(never, 1, "a");
    assert_mismatch(&outcome, 0, "u8 == 300, received 97");
    struct element_code const senseless[] = {element_is(type(TYPE_WORD_U8), OP_EQUAL, text("a"))};
    outcome = match_text(senseless, 1, "a");
    assert_failed(&outcome, "an integer and bytes");
}
END_TEST

START_TEST(bits_fill_bytes_high_bit_first) {
    struct element_code const row[] = {
        element_as(type(TYPE_WORD_BIT), 0), element_as(sized(TYPE_WORD_BITS, number(7)), 1),
        element_as(sized(TYPE_WORD_BITS, number(12)), 2), element_as(sized(TYPE_WORD_BITS, number(4)), 3),
        element_as(sized(TYPE_WORD_BITS, number(64)), 4)};
    static const uint8_t INPUT[] = "\x83\xab\xcd\x01\x23\x45\x67\x89\xab\xcd\xef";
    struct outcome const outcome = match_bytes(row, COUNT_OF(row), INPUT, 11);
    assert_done(&outcome, 11);
    assert_slot_integer(&outcome, 0, 1);
    assert_slot_integer(&outcome, 1, 3);
    assert_slot_integer(&outcome, 2, 0xabc);
    assert_slot_integer(&outcome, 3, 0xd);
    assert_slot_integer(&outcome, 4, 0x0123456789abcdef);
}
END_TEST

START_TEST(bits_that_fill_no_byte_fail) {
    struct element_code const row[] = {type(TYPE_WORD_BIT), type(TYPE_WORD_U8)};
    struct outcome outcome = match_text(row, COUNT_OF(row), "ab");
    assert_failed(&outcome, "7 bits are missing");
    outcome = match_text(row, 1, "a");
    assert_failed(&outcome, "7 bits are missing");
    struct element_code const wrong[] = {element_text(&stage, "x"), sized(TYPE_WORD_BITS, number(6)),
                                         element_is(sized(TYPE_WORD_BITS, number(2)), OP_EQUAL, number(1))};
    outcome = match_text(wrong, COUNT_OF(wrong), "x\x02");
    assert_mismatch(&outcome, 1, "bits(2) == 1, received 2");
    struct element_code const zero[] = {sized(TYPE_WORD_BITS, number(0))};
    outcome = match_text(zero, 1, "x");
    assert_failed(&outcome, "1 to 64");
}
END_TEST

START_TEST(variable_lengths_end_themselves) {
    struct element_code const row[] = {element_as(type(TYPE_WORD_LEB128), 0),
                                       element_as(type(TYPE_WORD_QUIC_VARINT), 1),
                                       element_as(type(TYPE_WORD_LEB128), 2)};
    static const uint8_t INPUT[] = "\xe5\x8e\x26\x7b\xbd\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    struct outcome outcome = match_bytes(row, COUNT_OF(row), INPUT, 15);
    assert_done(&outcome, 15);
    assert_slot_integer(&outcome, 0, 624485);
    assert_slot_integer(&outcome, 1, 15293); // RFC 9000, appendix A.1
    assert_slot_integer(&outcome, 2, INTEGER_MAX);
    outcome = match_bytes(row, 1, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
    assert_mismatch(&outcome, 9, "leb128: an integer of 64 bits");
    outcome = match_bytes(row, 1, "\x80", 1);
    assert_mismatch(&outcome, 1, "leb128");
}
END_TEST

// ---- waiting

START_TEST(a_wait_begins_again_where_it_was) {
    struct element_code const row[] = {element_text(&stage, "a"), element_bytes(slot(0)), element_text(&stage, "c")};
    struct pattern_code const pattern = pattern_of(row, 3);
    struct matcher matcher;
    matcher_start(&matcher, &pattern, &stage.env, &stage.arena);
    bool exactly;
    enum match_status status;
    ck_assert_uint_eq(matcher_needs(&matcher, &exactly, &status), 1);
    ck_assert(exactly && status == MATCH_MORE);
    size_t used;
    ck_assert_int_eq(matcher_feed(&matcher, slice_text("abc"), &used), MATCH_WAIT);
    ck_assert_uint_eq(used, 1);
    ck_assert_uint_eq(matcher_needs(&matcher, &exactly, &status), 0);
    ck_assert_int_eq(status, MATCH_WAIT);
    stage_set(&stage, 0, bytes_value(&stage, "b"));
    ck_assert_int_eq(matcher_feed(&matcher, slice_text("bc"), &used), MATCH_DONE);
    ck_assert_uint_eq(used, 2);
    ck_assert_int_eq(matcher_end(&matcher), MATCH_DONE);
}
END_TEST

START_TEST(the_environment_may_change) {
    struct element_code const row[] = {element_as(sized(TYPE_WORD_BYTES, number(3)), 0)};
    struct pattern_code const pattern = pattern_of(row, 1);
    struct matcher matcher;
    struct arena passing = {0}; // gone before the match is
    struct eval_env env = stage.env;
    env.arena = &passing;
    matcher_start(&matcher, &pattern, &env, &stage.arena);
    size_t used;
    ck_assert_int_eq(matcher_feed(&matcher, slice_text("ab"), &used), MATCH_MORE);
    arena_fini(&passing);
    matcher.env = &stage.env;
    ck_assert_int_eq(matcher_feed(&matcher, slice_text("cd"), &used), MATCH_DONE);
    ck_assert_uint_eq(used, 1);
    struct value const wanted = bytes_value(&stage, "abc");
    ck_assert(value_equal(&stage.slots[0], &wanted));
}
END_TEST

// ---- needs and wants

static void assert_needs(const struct element_code *row, uint32_t count, const char *fed, uint64_t need, bool exactly) {
    struct pattern_code const pattern = pattern_of(row, count);
    struct matcher matcher;
    matcher_start(&matcher, &pattern, &stage.env, &stage.arena);
    size_t used;
    ck_assert_int_eq(matcher_feed(&matcher, slice_text(fed), &used), MATCH_MORE);
    bool is_exact;
    enum match_status status;
    ck_assert_uint_eq(matcher_needs(&matcher, &is_exact, &status), need);
    ck_assert_int_eq(is_exact, exactly);
    ck_assert_int_eq(status, MATCH_MORE);
}

START_TEST(needs_cover_what_is_known) {
    struct element_code const literals[] = {element_text(&stage, "abc"), element_text(&stage, "de")};
    assert_needs(literals, 2, "", 5, true);
    assert_needs(literals, 2, "a", 4, true);
    struct element_code const framed[] = {element_as(type(TYPE_WORD_U32BE), 0), sized(TYPE_WORD_BYTES, slot(0))};
    assert_needs(framed, 2, "", 4, true);
    assert_needs(framed, 2, "ab", 2, true);
    struct element_code const bits[] = {type(TYPE_WORD_BIT), sized(TYPE_WORD_BITS, number(15)), type(TYPE_WORD_U8)};
    assert_needs(bits, 3, "", 3, true);
    assert_needs(bits, 3, "a", 2, true);
    struct element_code const list[] = {element_list(&stage, type(TYPE_WORD_U16BE), number(4)),
                                        element_text(&stage, "!")};
    assert_needs(list, 2, "", 9, true);
    assert_needs(list, 2, "abc", 6, true);
    struct element_code const waits[] = {type(TYPE_WORD_U8), element_is(type(TYPE_WORD_U8), OP_EQUAL, slot(7))};
    assert_needs(waits, 2, "", 1, true);
    struct element_code const huge[] = {sized(TYPE_WORD_BYTES, number(INTEGER_MAX)), sized(TYPE_WORD_BYTES, number(5))};
    assert_needs(huge, 2, "", UINT64_MAX, true);
}
END_TEST

START_TEST(needs_are_not_exact_where_an_end_is_searched) {
    struct element_code const until[] = {sized(TYPE_WORD_UNTIL, text("\r\n\r\n")), element_text(&stage, "x")};
    assert_needs(until, 2, "", 4, false);
    assert_needs(until, 2, "a\r\n", 2, false);
    struct element_code const line[] = {type(TYPE_WORD_LINE)};
    assert_needs(line, 1, "", 1, false);
    struct element_code const rest[] = {type(TYPE_WORD_REST)};
    assert_needs(rest, 1, "", 0, false);
    assert_needs(rest, 1, "abc", 0, false);
    struct element_code const varint[] = {type(TYPE_WORD_QUIC_VARINT), element_text(&stage, "x")};
    assert_needs(varint, 2, "", 1, false);
    assert_needs(varint, 2, "\xc1", 8, true);
    struct element_code const leb[] = {type(TYPE_WORD_LEB128)};
    assert_needs(leb, 1, "\x81", 1, false);
}
END_TEST

static void assert_wants(const struct element_code *row, uint32_t count, const char *fed, const char *wanted) {
    struct pattern_code const pattern = pattern_of(row, count);
    struct matcher matcher;
    matcher_start(&matcher, &pattern, &stage.env, &stage.arena);
    size_t used;
    matcher_feed(&matcher, slice_text(fed), &used);
    struct buffer out = {0};
    matcher_wants(&matcher, &out);
    ck_assert_str_eq(out.data ? out.data : "", wanted);
    buffer_fini(&out);
}

START_TEST(wants_read_like_the_text) {
    stage_text(&stage, "recv \"HTTP/1.1 \" bytes(length)");
    struct term *const length = slot(0);
    length->span = span_of(&stage, "length");
    struct element_code const row[] = {element_text(&stage, "HTTP/1.1 "),
                                       element_is(type(TYPE_WORD_U16BE), OP_EQUAL, number(5)),
                                       sized(TYPE_WORD_BYTES, length)};
    assert_wants(row, 3, "", "\"HTTP/1.1 \"");
    assert_wants(row, 3, "HTTP/", "\"1.1 \"");
    assert_wants(row, 3, "HTTP/1.1 ", "u16be == 5");
    assert_wants(row + 2, 1, "", "bytes(length)"); // which waits
    struct element_code const list[] = {element_list(&stage, type(TYPE_WORD_LINE), number(3))};
    struct matcher matcher;
    struct pattern_code const pattern = pattern_of(list, 1);
    matcher_start(&matcher, &pattern, &stage.env, &stage.arena);
    struct buffer out = {0};
    matcher_wants(&matcher, &out);
    ck_assert_str_eq(out.data, "list(line, 3)");
    buffer_fini(&out);
    assert_wants(list, 1, "a\n", "line");
    assert_wants(row, 0, "", "");
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"fixed bytes",
         {literals_match_and_leave_the_rest, a_wrong_byte_is_shown_beside_the_right_one, windows_stay_narrow,
          missing_bytes_are_named, a_literal_may_come_from_a_slot, endless_literals_take_no_memory}},
        {"numbers",
         {integers_are_captured_and_used, numbers_of_every_kind,
          a_number_that_must_equal_is_wrong_at_its_first_wrong_byte, comparisons_show_what_was_received,
          bits_fill_bytes_high_bit_first, bits_that_fill_no_byte_fail, variable_lengths_end_themselves}},
        {"waiting", {a_wait_begins_again_where_it_was, the_environment_may_change}},
        {"needs and wants",
         {needs_cover_what_is_known, needs_are_not_exact_where_an_end_is_searched, wants_read_like_the_text}},
    };
    return matcher_main("matcher", cases, COUNT_OF(cases));
}
