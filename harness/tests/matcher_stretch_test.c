// Patterns whose end is searched for, lists, and what matching costs.
#include "matcher_play.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

// ---- stretches of bytes

START_TEST(text_is_utf8) {
    static const struct {
        const char *input;
        size_t len_bytes;
        uint64_t wrong; // or len_bytes
        const char *wanted;
    } CASES[] = {
        {"plain", 5, 5, NULL},
        {"gr\xc3\xbc\xc3\x9f", 6, 6, NULL},
        {"\xf0\x9f\x8e\x89", 4, 4, NULL},
        {"a\xff", 2, 1, "text(2): UTF-8"},
        {"\xc0\x80", 2, 0, "text(2): UTF-8"},
        {"\xe0\x80\x80", 3, 1, "text(3): UTF-8"},
        {"\xed\xa0\x80", 3, 1, "text(3): UTF-8"},
        {"\xf4\x90\x80\x80", 4, 1, "text(4): UTF-8"},
        {"ab\xc3", 3, 3, "text(3): a whole character"},
        {"\xc3(", 2, 1, "text(2): UTF-8"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct element_code const row[] = {element_as(sized(TYPE_WORD_TEXT, number((integer)CASES[i].len_bytes)), 0)};
        struct outcome const outcome = match_bytes(row, 1, CASES[i].input, CASES[i].len_bytes);
        if (CASES[i].wanted) {
            assert_mismatch(&outcome, CASES[i].wrong, CASES[i].wanted);
        } else {
            assert_done(&outcome, CASES[i].len_bytes);
            assert_slot_bytes(&outcome, 0, CASES[i].input, CASES[i].len_bytes);
        }
    }
}
END_TEST

START_TEST(lengths_must_make_sense) {
    struct element_code const negative[] = {sized(TYPE_WORD_BYTES, number(-1))};
    struct outcome outcome = match_text(negative, 1, "x");
    assert_mismatch(&outcome, 0, "bytes(-1) with a length of -1");
    struct element_code const huge[] = {element_as(sized(TYPE_WORD_BYTES, number((integer)HELD_BYTES_MAX + 1)), 0)};
    outcome = match_text(huge, 1, "x");
    assert_failed(&outcome, "are not held");
    struct element_code const empty[] = {element_as(sized(TYPE_WORD_BYTES, number(0)), 0)};
    outcome = match_text(empty, 1, "x");
    assert_done(&outcome, 0);
    assert_slot_text(&outcome, 0, "");
}
END_TEST

START_TEST(until_ends_at_its_delimiter) {
    struct element_code const row[] = {element_as(sized(TYPE_WORD_UNTIL, text("\r\n\r\n")), 0),
                                       element_text(&stage, "body")};
    struct outcome outcome = match_text(row, COUNT_OF(row), "a\r\nb\r\r\n\r\nbody and more");
    assert_done(&outcome, 13);
    assert_slot_text(&outcome, 0, "a\r\nb\r");
    outcome = match_text(row, COUNT_OF(row), "\r\n\r\nbody");
    assert_slot_text(&outcome, 0, "");
    outcome = match_text(row, COUNT_OF(row), "a\r\n\r");
    assert_mismatch(&outcome, 4, "until(\"\\r\\n\\r\\n\")");
    struct element_code const empty[] = {sized(TYPE_WORD_UNTIL, text(""))};
    outcome = match_text(empty, 1, "x");
    assert_failed(&outcome, "empty delimiter");
}
END_TEST

START_TEST(until_finds_every_overlap) {
    // All delimiters of two letters up to five long, in all texts of two letters of nine.
    for (unsigned len = 1; len <= 5; len++) {
        for (unsigned bits = 0; bits < 1u << len; bits++) {
            char delimiter[6] = "";
            for (unsigned i = 0; i < len; i++) delimiter[i] = bits >> i & 1 ? 'b' : 'a';
            struct element_code const row[] = {element_as(sized(TYPE_WORD_UNTIL, text(delimiter)), 0)};
            struct pattern_code const pattern = pattern_of(row, 1);
            for (unsigned word = 0; word < 512; word += 3) {
                char input[10] = "";
                for (unsigned i = 0; i < 9; i++) input[i] = word >> i & 1 ? 'b' : 'a';
                const char *const found = strstr(input, delimiter);
                struct outcome const outcome = play(&pattern, slice_text(input), (size_t[]){4, 9}, 2);
                ck_assert_int_eq(outcome.status, found ? MATCH_DONE : MATCH_MISMATCH);
                if (found) assert_slot_bytes(&outcome, 0, input, (size_t)(found - input));
            }
        }
    }
}
END_TEST

static struct element_code until(const char *delimiter, const struct term *most) {
    struct element_code element = sized(TYPE_WORD_UNTIL, text(delimiter));
    element.most = most;
    return element;
}

START_TEST(until_has_a_limit) {
    struct element_code const row[] = {element_as(until("\r\n", number(6)), 0), element_text(&stage, "x")};
    struct outcome outcome = match_text(row, COUNT_OF(row), "1234\r\nx");
    assert_done(&outcome, 7);
    assert_slot_text(&outcome, 0, "1234");
    outcome = match_text(row, COUNT_OF(row), "\r\nx");
    assert_done(&outcome, 3);
    outcome = match_text(row, COUNT_OF(row), "12345\r\nx");
    assert_mismatch(&outcome, 4, "until(\"\\r\\n\", 6): no \"\\r\\n\" within 6 bytes");
    outcome = match_text(row, COUNT_OF(row), "1234\rx\r\nx");
    assert_mismatch(&outcome, 5, "until(\"\\r\\n\", 6): no \"\\r\\n\" within 6 bytes");
    outcome = match_text(row, COUNT_OF(row), "1234\r");
    assert_mismatch(&outcome, 5, "until(\"\\r\\n\", 6)");
    stage_set(&stage, 1, value_integer(1));
    struct element_code const none[] = {until("\r\n", slot(1))};
    outcome = match_text(none, 1, "\r\n");
    assert_failed(&outcome, "the delimiter alone has 2 bytes, and 1 are allowed");
    struct element_code const ample[] = {until("b", number(INTEGER_MAX))};
    outcome = match_text(ample, 1, "aaaaaaaab");
    assert_done(&outcome, 9);
}
END_TEST

// Where the first byte is behind which the delimiter cannot end in time, or where it ends; SIZE_MAX: neither yet.
static size_t decided_at(const char *input, const char *delimiter, size_t most, bool *is_found) {
    size_t const len = strlen(delimiter), input_bytes = strlen(input);
    const char *const found = strstr(input, delimiter);
    *is_found = found && (size_t)(found - input) + len <= most;
    if (*is_found) return (size_t)(found - input) + len;
    for (size_t end = 1; end <= input_bytes; end++) {
        bool may_end = false;
        for (size_t start = 0; start <= end && start + len <= most; start++)
            may_end = may_end || (end - start <= len && memcmp(input + start, delimiter, end - start) == 0);
        if (!may_end) return end - 1;
    }
    return SIZE_MAX;
}

// All delimiters of two letters up to four long, with every limit, in all texts of two letters of nine.
START_TEST(until_is_given_up_at_the_first_byte_too_late) {
    for (unsigned number_of = 2; number_of < 32; number_of++) {
        char delimiter[5] = "";
        unsigned len = 0;
        for (unsigned bits = number_of; bits > 1; bits >>= 1) delimiter[len++] = bits & 1 ? 'b' : 'a';
        for (unsigned most = len; most <= 9; most++) {
            struct element_code const row[] = {element_as(until(delimiter, number(most)), 0)};
            struct pattern_code const pattern = pattern_of(row, 1);
            for (unsigned word = 0; word < 512; word++) {
                char input[10] = "";
                bool is_found;
                for (unsigned i = 0; i < 9; i++) input[i] = word >> i & 1 ? 'b' : 'a';
                size_t const wanted = decided_at(input, delimiter, most, &is_found);
                size_t const cut = 1 + word % 8;
                struct outcome const outcome = play(&pattern, slice_text(input), (size_t[]){cut, 9}, 2);
                ck_assert_int_eq(outcome.status, is_found ? MATCH_DONE : MATCH_MISMATCH);
                if (is_found) ck_assert_uint_eq(outcome.consumed_bytes, wanted);
                else ck_assert_uint_eq(outcome.mismatch.offset, wanted == SIZE_MAX ? 9 : wanted);
            }
        }
    }
}
END_TEST

START_TEST(lines_end_with_lf_or_crlf) {
    struct element_code const row[] = {element_as(type(TYPE_WORD_LINE), 0), element_as(type(TYPE_WORD_LINE), 1),
                                       element_as(type(TYPE_WORD_LINE), 2), element_as(type(TYPE_WORD_LINE), 3)};
    struct outcome const outcome = match_text(row, COUNT_OF(row), "one\r\ntwo\n\r\nfo\rur\r\r\nrest");
    assert_done(&outcome, 19);
    assert_slot_text(&outcome, 0, "one");
    assert_slot_text(&outcome, 1, "two");
    assert_slot_text(&outcome, 2, "");
    assert_slot_text(&outcome, 3, "fo\rur\r");
}
END_TEST

START_TEST(cstring_ends_at_zero) {
    struct element_code const row[] = {element_as(type(TYPE_WORD_CSTRING), 0), element_as(type(TYPE_WORD_CSTRING), 1)};
    struct outcome const outcome = match_bytes(row, 2, "name\0\0x", 7);
    assert_done(&outcome, 6);
    assert_slot_text(&outcome, 0, "name");
    assert_slot_text(&outcome, 1, "");
}
END_TEST

START_TEST(rest_goes_to_the_end) {
    struct element_code const row[] = {element_text(&stage, "a"), element_as(type(TYPE_WORD_REST), 0)};
    struct outcome outcome = match_text(row, 2, "abcdef");
    assert_done(&outcome, 6);
    assert_slot_text(&outcome, 0, "bcdef");
    outcome = match_text(row, 2, "a");
    assert_done(&outcome, 1);
    assert_slot_text(&outcome, 0, "");
    struct element_code const checked[] = {element_is(type(TYPE_WORD_REST), OP_CONTAINS, text("cd")),
                                           element_text(&stage, "")};
    outcome = match_text(checked, 2, "abcdef");
    assert_done(&outcome, 6);
    outcome = match_text(checked, 2, "abcxdef");
    assert_mismatch(&outcome, 0, "rest contains \"cd\", received \"abcxdef\"");
    struct element_code const more[] = {type(TYPE_WORD_REST), element_text(&stage, "x")};
    outcome = match_text(more, 2, "x");
    assert_mismatch(&outcome, 1, "\"x\"");
}
END_TEST

START_TEST(held_bytes_that_differ_are_shown_where_they_do) {
    struct element_code const row[] = {
        element_text(&stage, "> "),
        element_is(type(TYPE_WORD_LINE), OP_EQUAL, text("the quick brown fox jumps over it"))};
    struct outcome const outcome = match_text(row, 2, "> the quick brown fox jumps ower it\r\n");
    assert_mismatch(&outcome, 29,
                    "line == \"the quick brown fox jumps over it\", received \"the quick brown fox jumps ower it\"");
    ck_assert_uint_eq(outcome.mismatch.window_offset, 5);
    assert_window(outcome.mismatch.expected, " quick brown fox jumps over it");
    assert_window(outcome.mismatch.received, " quick brown fox jumps ower it");
}
END_TEST

START_TEST(regexes_judge_and_name) {
    stage_text(&stage, "recv line ~ /^(?<code>\\d{3}) / as greeting");
    struct term *const regex = term_regex(&stage, "^(?<code>\\d{3}) ", 1);
    regex->span = span_of(&stage, "/^(?<code>\\d{3}) /");
    struct element_code const row[] = {element_as(element_is(type(TYPE_WORD_LINE), OP_MATCH, regex), 0)};
    struct outcome outcome = match_text(row, 1, "220 ready\r\n");
    assert_done(&outcome, 11);
    assert_slot_text(&outcome, 0, "220 ready");
    assert_slot_text(&outcome, 1, "220");
    outcome = match_text(row, 1, "hello\n");
    assert_mismatch(&outcome, 0, "line ~ /^(?<code>\\d{3}) /, received \"hello\"");
    ck_assert(!outcome.is_set[0] && !outcome.is_set[1]);
}
END_TEST

// ---- lists

START_TEST(lists_count) {
    struct element_code const row[] = {element_as(type(TYPE_WORD_U8), 0),
                                       element_as(element_list(&stage, type(TYPE_WORD_U16BE), slot(0)), 1),
                                       element_text(&stage, ".")};
    struct outcome outcome = match_bytes(row, 3, "\3\0\1\0\2\1\0.", 8);
    assert_done(&outcome, 8);
    ck_assert_uint_eq(outcome.slots[1].item_count, 3);
    ck_assert(outcome.slots[1].items[2].number == 256);
    outcome = match_bytes(row, 3, "\0.", 2);
    assert_done(&outcome, 2);
    ck_assert(outcome.slots[1].kind == VALUE_LIST && outcome.slots[1].item_count == 0);
    outcome = match_bytes(row, 3, "\2\0\1\0", 4);
    assert_mismatch(&outcome, 4, "u16be, and 4 of 6 bytes have come");
}
END_TEST

START_TEST(lists_end_when_told) {
    struct term *const last_is_empty =
        term_binary(&stage, OP_EQUAL, term_function(&stage, FUNCTION_LEN, 1, slot(9)), number(0));
    struct element_code const row[] = {element_as(element_until(&stage, type(TYPE_WORD_LINE), last_is_empty, 9), 0),
                                       element_text(&stage, "body")};
    struct outcome outcome = match_text(row, 2, "Host: a\r\nAccept: b\r\n\r\nbody");
    assert_done(&outcome, 26);
    ck_assert_uint_eq(outcome.slots[0].item_count, 3);
    struct value const accept = bytes_value(&stage, "Accept: b");
    ck_assert(value_equal(&outcome.slots[0].items[1], &accept));
    outcome = match_text(row, 2, "Host: a\r\n");
    assert_mismatch(&outcome, 9, "line");
}
END_TEST

START_TEST(lists_nest) {
    struct element_code const pair = element_list(&stage, type(TYPE_WORD_U8), number(2));
    struct element_code const row[] = {element_as(element_list(&stage, pair, number(3)), 0)};
    struct outcome const outcome = match_text(row, 1, "abcdef");
    assert_done(&outcome, 6);
    ck_assert_uint_eq(outcome.slots[0].item_count, 3);
    ck_assert(outcome.slots[0].items[2].items[1].number == 'f');
}
END_TEST

START_TEST(lists_are_compared) {
    struct term *const wanted = term_with(&stage, TERM_LIST, 2, number(1), number(2));
    struct element_code const row[] = {
        element_is(element_list(&stage, type(TYPE_WORD_U8), number(2)), OP_EQUAL, wanted)};
    struct outcome outcome = match_bytes(row, 1, "\1\2", 2);
    assert_done(&outcome, 2);
    outcome = match_bytes(row, 1, "\1\3", 2);
    ck_assert_int_eq(outcome.status, MATCH_MISMATCH);
    ck_assert_ptr_nonnull(strstr(outcome.mismatch.wanted, "received [1, 3]"));
}
END_TEST

START_TEST(lists_of_bits_fill_bytes) {
    struct element_code const row[] = {element_as(element_list(&stage, type(TYPE_WORD_BIT), number(8)), 0)};
    struct outcome const outcome = match_text(row, 1, "\x81");
    assert_done(&outcome, 1);
    ck_assert_uint_eq(outcome.slots[0].item_count, 8);
    ck_assert(outcome.slots[0].items[0].number == 1 && outcome.slots[0].items[1].number == 0);
}
END_TEST

START_TEST(hostile_counts_end) {
    struct element_code const nothing = sized(TYPE_WORD_BYTES, number(0));
    struct element_code const counted[] = {element_list(&stage, nothing, number(INTEGER_MAX))};
    struct outcome outcome = match_text(counted, 1, "x");
    assert_failed(&outcome, "items of no bytes");
    struct element_code const endless[] = {element_until(&stage, nothing, term_value(&stage, value_boolean(false)), 9)};
    outcome = match_text(endless, 1, "x");
    assert_failed(&outcome, "for ever");
    struct element_code const kept[] = {element_as(element_list(&stage, type(TYPE_WORD_U8), number(INTEGER_MAX)), 0)};
    outcome = match_text(kept, 1, "x");
    assert_failed(&outcome, "items are not held");
}
END_TEST

// ---- cost

enum { MANY = 200 * 1000 };

// How often bytes are looked at for `input`, fed in pieces of `piece` bytes.
static uint64_t cost(const struct element_code *row, uint32_t count, const uint8_t *input, size_t len_bytes,
                     size_t piece) {
    struct pattern_code const pattern = pattern_of(row, count);
    struct matcher matcher;
    matcher_start(&matcher, &pattern, &stage.env, &stage.arena);
    for (size_t at = 0; at < len_bytes; at += piece) {
        size_t used;
        size_t const most = len_bytes - at < piece ? len_bytes - at : piece;
        if (matcher_feed(&matcher, slice_of(input + at, most), &used) != MATCH_MORE) break;
    }
    return matcher.state->looked_at_bytes;
}

START_TEST(matching_is_linear) {
    uint8_t *const input = malloc(MANY);
    memset(input, 'a', MANY);
    char delimiter[1001];
    memset(delimiter, 'a', 999);
    memcpy(delimiter + 999, "b", 2);
    struct element_code const rows[] = {element_as(sized(TYPE_WORD_UNTIL, text(delimiter)), 0),
                                        until(delimiter, number(MANY + 1)),
                                        element_as(type(TYPE_WORD_LINE), 0), element_as(type(TYPE_WORD_CSTRING), 0),
                                        element_list(&stage, type(TYPE_WORD_U8), number(MANY)),
                                        element_as(sized(TYPE_WORD_TEXT, number(MANY)), 0)};
    for (uint32_t i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_uint_le(cost(&rows[i], 1, input, MANY, MANY), 3 * MANY);
        ck_assert_uint_le(cost(&rows[i], 1, input, MANY, 1), 3 * MANY);
    }
    free(input);
}
END_TEST

START_TEST(what_is_not_captured_is_not_kept) {
    uint8_t *const input = malloc(MANY);
    memset(input, 'a', MANY);
    struct element_code const rows[] = {sized(TYPE_WORD_UNTIL, text("b")),
                                        type(TYPE_WORD_LINE),
                                        type(TYPE_WORD_REST),
                                        sized(TYPE_WORD_BYTES, number(MANY)),
                                        sized(TYPE_WORD_TEXT, number(MANY)),
                                        element_list(&stage, type(TYPE_WORD_U8), number(MANY))};
    for (uint32_t i = 0; i < COUNT_OF(rows); i++) {
        size_t const before = stage.arena.used_bytes;
        cost(&rows[i], 1, input, MANY, 1000);
        ck_assert_uint_lt(stage.arena.used_bytes - before, 4096);
    }
    struct element_code const kept[] = {element_as(type(TYPE_WORD_REST), 0)};
    size_t const before = stage.arena.used_bytes;
    cost(kept, 1, input, MANY, 1);
    ck_assert_uint_lt(stage.arena.used_bytes - before, 4 * MANY);
    free(input);
}
END_TEST

START_TEST(a_capture_has_a_limit) {
    size_t const chunk_bytes = 1 << 20;
    uint8_t *const chunk = calloc(1, chunk_bytes);
    struct element_code const row[] = {element_as(type(TYPE_WORD_REST), 0)};
    struct pattern_code const pattern = pattern_of(row, 1);
    struct matcher matcher;
    matcher_start(&matcher, &pattern, &stage.env, &stage.arena);
    size_t used;
    for (int i = 0; i < 64; i++) {
        ck_assert_int_eq(matcher_feed(&matcher, slice_of(chunk, chunk_bytes), &used), MATCH_MORE);
    }
    ck_assert_int_eq(matcher_feed(&matcher, slice_of(chunk, 1), &used), MATCH_FAILED);
    ck_assert_ptr_nonnull(strstr(stage.env.message, "are not held"));
    free(chunk);
}
END_TEST

int main(void) {
    struct test_case const cases[] = {
        {"stretches",
         {text_is_utf8, lengths_must_make_sense, until_ends_at_its_delimiter, until_finds_every_overlap,
          until_has_a_limit, until_is_given_up_at_the_first_byte_too_late,
          lines_end_with_lf_or_crlf, cstring_ends_at_zero, rest_goes_to_the_end,
          held_bytes_that_differ_are_shown_where_they_do, regexes_judge_and_name}},
        {"lists",
         {lists_count, lists_end_when_told, lists_nest, lists_are_compared, lists_of_bits_fill_bytes,
          hostile_counts_end}},
        {"cost", {matching_is_linear, what_is_not_captured_is_not_kept, a_capture_has_a_limit}},
    };
    return matcher_main("matcher_stretch", cases, COUNT_OF(cases));
}
