#include "plan_terms.h"

#include "plan/regex.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct stage stage;

static void set_up(void) {
    stage_init(&stage);
}

static void tear_down(void) {
    stage_fini(&stage);
}

// ---- asking

static struct value eval_done(const struct term *term) {
    struct value value;
    enum eval_status const status = term_eval(term, &stage.env, &value);
    ck_assert_msg(status == EVAL_DONE, "status %d: %s", status, stage.env.message ? stage.env.message : "");
    return value;
}

static void assert_integer(const struct term *term, integer wanted) {
    struct value const value = eval_done(term);
    ck_assert_int_eq(value.kind, VALUE_INTEGER);
    ck_assert(value.number == wanted);
}

static void assert_truth(const struct term *term, bool wanted) {
    struct value const value = eval_done(term);
    ck_assert_int_eq(value.kind, VALUE_BOOLEAN);
    ck_assert_int_eq((int)value.number, wanted);
}

static void assert_bytes(const struct term *term, const char *wanted) {
    struct value const value = eval_done(term);
    struct slice flat;
    ck_assert_int_eq(value.kind, VALUE_BYTES);
    ck_assert(bytes_flat(&stage.arena, value.bytes, &flat));
    ck_assert_msg(slice_is(flat, wanted), "'%.*s' is not '%s'", (int)flat.len_bytes, (const char *)flat.data, wanted);
}

// The message must say it.
static void assert_fails(const struct term *term, const char *said) {
    struct value value;
    stage.env.message = NULL;
    ck_assert_int_eq(term_eval(term, &stage.env, &value), EVAL_FAILED);
    ck_assert_ptr_nonnull(stage.env.message);
    ck_assert_msg(strstr(stage.env.message, said), "'%s' does not say '%s'", stage.env.message, said);
}

static struct term *number(integer value) {
    return term_integer(&stage, value);
}

static struct term *text(const char *value) {
    return term_text(&stage, value);
}

static struct term *duration(integer ns) {
    return term_value(&stage, (struct value){.kind = VALUE_DURATION, .number = ns});
}

static struct term *real(double value) {
    return term_value(&stage, (struct value){.kind = VALUE_FLOAT, .real = value});
}

static struct term *truth(bool value) {
    return term_value(&stage, value_boolean(value));
}

static struct term *binary(const struct term *left, enum operator op, const struct term *right) {
    return term_binary(&stage, op, left, right);
}

static struct term *huge_bytes(void) {
    return term_function(&stage, FUNCTION_REPEAT, 2, number((integer)1 << 40), text("ab"));
}

// ---- arithmetic

START_TEST(integers_reach_from_i64_to_u64) {
    assert_integer(binary(number(INTEGER_MAX - 1), OP_ADD, number(1)), INTEGER_MAX);
    assert_fails(binary(number(INTEGER_MAX), OP_ADD, number(1)), "64 bits");
    assert_integer(binary(number(INTEGER_MIN + 1), OP_SUBTRACT, number(1)), INTEGER_MIN);
    assert_fails(binary(number(INTEGER_MIN), OP_SUBTRACT, number(1)), "64 bits");
    assert_fails(binary(number(INTEGER_MAX), OP_MULTIPLY, number(INTEGER_MAX)), "64 bits");
    assert_integer(binary(number(-7), OP_DIVIDE, number(2)), -3);
    assert_integer(binary(number(-7), OP_REMAINDER, number(2)), -1);
    assert_integer(binary(number(INTEGER_MIN), OP_DIVIDE, number(-1)), -INTEGER_MIN);
    assert_integer(term_unary(&stage, OP_NEGATE, number(5)), -5);
    assert_fails(term_unary(&stage, OP_NEGATE, number(INTEGER_MAX)), "64 bits");
}
END_TEST

START_TEST(division_by_zero_blames_the_divisor) {
    stage_text(&stage, "expect 7 / nothing == 1");
    struct term *const divisor = number(0);
    divisor->span = span_of(&stage, "nothing");
    assert_fails(binary(number(7), OP_DIVIDE, divisor), "division by zero");
    ck_assert(slice_is(span_text(stage.env.message_span), "nothing"));
    assert_fails(binary(number(7), OP_REMAINDER, divisor), "division by zero");
    assert_fails(binary(duration(7), OP_DIVIDE, duration(0)), "division by zero");
}
END_TEST

START_TEST(durations_add_and_scale) {
    ck_assert(eval_done(binary(duration(5), OP_ADD, duration(7))).number == 12);
    ck_assert_int_eq(eval_done(binary(duration(5), OP_MULTIPLY, number(3))).kind, VALUE_DURATION);
    ck_assert(eval_done(binary(number(3), OP_MULTIPLY, duration(5))).number == 15);
    assert_integer(binary(duration(20), OP_DIVIDE, duration(6)), 3);
    assert_fails(binary(duration(5), OP_MULTIPLY, duration(5)), "do not go together");
    assert_fails(binary(duration(5), OP_ADD, number(5)), "do not go together");
    assert_fails(binary(duration(INT64_MAX), OP_ADD, duration(1)), "64 bits");
}
END_TEST

START_TEST(arithmetic_knows_what_it_is_not_for) {
    assert_fails(binary(text("a"), OP_ADD, text("b")), "side by side");
    assert_fails(binary(number(1), OP_ADD, text("b")), "an integer and bytes");
    assert_fails(term_unary(&stage, OP_NEGATE, text("b")), "bytes");
    ck_assert_double_eq(eval_done(binary(real(1.5), OP_MULTIPLY, number(2))).real, 3.0);
}
END_TEST

// ---- comparison

START_TEST(comparisons_of_numbers_and_bytes) {
    assert_truth(binary(number(2), OP_LESS, number(3)), true);
    assert_truth(binary(number(3), OP_LESS_EQUAL, number(3)), true);
    assert_truth(binary(number(3), OP_GREATER, number(3)), false);
    assert_truth(binary(number(3), OP_GREATER_EQUAL, number(4)), false);
    assert_truth(binary(number(3), OP_NOT_EQUAL, number(4)), true);
    assert_truth(binary(text("abc"), OP_LESS, text("abd")), true);
    assert_truth(binary(text("abc"), OP_LESS, text("ab")), false);
    assert_truth(binary(duration(5), OP_GREATER, number(0)), true);
    assert_truth(binary(number(1), OP_LESS, real(1.5)), true);
    assert_truth(binary(number(INTEGER_MAX), OP_LESS, real(0x1p64)), true);
    assert_truth(binary(number(-1), OP_GREATER, real(-1.5)), true);
    assert_truth(binary(huge_bytes(), OP_EQUAL, text("ab")), false);
}
END_TEST

START_TEST(kinds_that_never_compare_say_so) {
    assert_fails(binary(number(1), OP_EQUAL, text("1")), "an integer and bytes");
    assert_fails(binary(duration(1), OP_LESS, number(1)), "a duration and an integer");
    assert_fails(binary(truth(true), OP_EQUAL, number(1)), "true or false and an integer");
    assert_fails(binary(truth(true), OP_LESS, truth(false)), "true or false");
    assert_fails(binary(text("a"), OP_CONTAINS, number(1)), "contains");
    struct term *const none = term_value(&stage, (struct value){.kind = VALUE_NONE});
    assert_truth(binary(none, OP_EQUAL, number(0)), false);
    assert_truth(binary(text("x"), OP_NOT_EQUAL, none), true);
    assert_fails(binary(none, OP_LESS, number(0)), "none");
}
END_TEST

START_TEST(contains_looks_into_bytes_and_lists) {
    assert_truth(binary(text("one two"), OP_CONTAINS, text("two")), true);
    assert_truth(binary(text("one two"), OP_CONTAINS, text("three")), false);
    struct term *const list = term_with(&stage, TERM_LIST, 2, number(1), text("b"));
    assert_truth(binary(list, OP_CONTAINS, text("b")), true);
    assert_truth(binary(list, OP_CONTAINS, number(2)), false);
    assert_fails(binary(huge_bytes(), OP_CONTAINS, text("a")), "more than can be held");
}
END_TEST

START_TEST(and_or_look_no_further_than_they_must) {
    assert_truth(binary(truth(false), OP_AND, term_slot(&stage, 0)), false);
    assert_truth(binary(truth(true), OP_OR, term_slot(&stage, 0)), true);
    ck_assert_uint_eq(stage.slot_reads, 0);
    struct value value;
    ck_assert_int_eq(term_eval(binary(term_slot(&stage, 0), OP_OR, truth(true)), &stage.env, &value), EVAL_WAIT);
    ck_assert_int_eq(term_eval(binary(truth(true), OP_AND, term_slot(&stage, 0)), &stage.env, &value), EVAL_WAIT);
    assert_truth(term_unary(&stage, OP_NOT, truth(false)), true);
    assert_fails(binary(number(1), OP_AND, truth(true)), "true or false is needed");
    assert_fails(binary(truth(true), OP_AND, number(1)), "true or false is needed");
}
END_TEST

START_TEST(paths_compare_whichever_side_they_stand_on) {
    struct term *const seen = term_value(&stage, path_value(&stage, "CLOSE -> SYN_SENT -> ESTABLISHED"));
    struct term *const same = term_value(&stage, path_value(&stage, "CLOSE -> SYN_SENT -> ESTABLISHED"));
    struct term *const some = term_value(&stage, path_value(&stage, "... -> ESTABLISHED"));
    struct term *const other = term_value(&stage, path_value(&stage, "CLOSE -> LISTEN"));
    assert_truth(binary(seen, OP_EQUAL, same), true);
    assert_truth(binary(seen, OP_EQUAL, some), true);
    assert_truth(binary(some, OP_EQUAL, seen), true);
    assert_truth(binary(seen, OP_NOT_EQUAL, other), true);
    assert_fails(binary(seen, OP_LESS, other), "== and != only");
}
END_TEST

static const char *why_unseen(struct eval_env *env) {
    (void)env;
    return "3 packets were lost to the trace";
}

START_TEST(a_path_with_gaps_is_unsettled) {
    struct term *const seen = term_value(&stage, path_value(&stage, "ESTABLISHED -> ? -> TIME_WAIT"));
    struct term *const wanted =
        term_value(&stage, path_value(&stage, "ESTABLISHED -> FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT"));
    struct value value;
    ck_assert_int_eq(term_eval(binary(seen, OP_EQUAL, wanted), &stage.env, &value), EVAL_UNSETTLED);
    ck_assert_ptr_nonnull(strstr(stage.env.message, "ESTABLISHED -> ? -> TIME_WAIT"));
    ck_assert_ptr_nonnull(strstr(stage.env.message, "not seen"));
    stage.env.why_unseen = why_unseen;
    ck_assert_int_eq(term_eval(binary(wanted, OP_EQUAL, seen), &stage.env, &value), EVAL_UNSETTLED);
    ck_assert_ptr_nonnull(strstr(stage.env.message, "were not seen: 3 packets were lost to the trace"));
    struct term *const impossible = term_value(&stage, path_value(&stage, "CLOSE -> LISTEN"));
    assert_truth(binary(seen, OP_EQUAL, impossible), false); // whatever was not seen
}
END_TEST

START_TEST(states_and_addresses_compare) {
    struct term *const state = term_value(&stage, state_value(STATE_LISTEN));
    assert_truth(binary(state, OP_EQUAL, term_value(&stage, state_value(STATE_LISTEN))), true);
    assert_truth(binary(state, OP_EQUAL, term_value(&stage, state_value(STATE_CLOSE))), false);
    assert_truth(binary(term_value(&stage, path_value(&stage, "LISTEN")), OP_EQUAL, state), true);
    struct term *const address = term_value(&stage, address_value(&stage, "[::1]:80"));
    assert_truth(binary(address, OP_EQUAL, term_value(&stage, address_value(&stage, "::1"))), true);
    assert_truth(binary(address, OP_EQUAL, text("[::1]:80")), true);
    assert_fails(binary(address, OP_EQUAL, number(80)), "an address and an integer");
}
END_TEST

// ---- regular expressions

START_TEST(named_groups_are_written) {
    assert_truth(binary(text("220 mail ready"), OP_MATCH, term_regex(&stage, "^(?<code>\\d{3}) (?<host>\\S+)", 3)),
                 true);
    ck_assert(value_equal(&stage.slots[3], &(struct value){0}) == false);
    struct value const code = bytes_value(&stage, "220"), host = bytes_value(&stage, "mail");
    ck_assert(value_equal(&stage.slots[3], &code) && value_equal(&stage.slots[4], &host));
    ck_assert_uint_eq(stage.slot_writes, 2);
    assert_truth(binary(text("no"), OP_MATCH, term_regex(&stage, "^(?<code>\\d{3})", 3)), false);
    ck_assert_uint_eq(stage.slot_writes, 2);
}
END_TEST

START_TEST(a_group_that_took_no_part_is_none) {
    assert_truth(binary(text("b"), OP_MATCH, term_regex(&stage, "(?<a>a)|(?<b>b)(?<c>x?)", 0)), true);
    ck_assert(stage.is_set[0] && stage.slots[0].kind == VALUE_NONE);
    ck_assert(stage.is_set[1] && stage.slots[1].kind == VALUE_BYTES);
    ck_assert(stage.is_set[2] && stage.slots[2].bytes->len_bytes == 0);
}
END_TEST

START_TEST(groups_of_one_name_share_a_slot) {
    struct term *const regex = term_regex(&stage, "(?J)(?<n>a)|(?<n>b)", 0);
    uint32_t const slots[] = {PLAN_NONE, 5, 5};
    regex->group_slots = slots;
    assert_truth(binary(text("b"), OP_MATCH, regex), true);
    struct value const b = bytes_value(&stage, "b");
    ck_assert(value_equal(&stage.slots[5], &b));
    ck_assert_uint_eq(stage.slot_writes, 1);
}
END_TEST

START_TEST(a_hostile_pattern_is_given_up) {
    struct term *const many = term_function(&stage, FUNCTION_REPEAT, 2, number(5000), text("a"));
    struct term *const subject = term_with(&stage, TERM_JOIN, 2, many, text("!"));
    assert_fails(binary(subject, OP_MATCH, term_regex(&stage, "^(?:(?:a|a)*)*$(*COMMIT)|^(a+)+$", 0)), "given up");
    ck_assert_uint_lt(stage.arena.used_bytes, 1 << 20);
}
END_TEST

START_TEST(wrong_patterns_say_where) {
    const char *error = NULL;
    size_t offset = 0;
    ck_assert_ptr_null(regex_compile(&stage.arena, slice_text("ab(c"), &error, &offset));
    ck_assert_uint_eq(offset, 4);
    ck_assert_ptr_nonnull(strstr(error, "parenthesis"));
    ck_assert_ptr_nonnull(regex_compile(&stage.arena, slice_text(""), &error, &offset));
}
END_TEST

START_TEST(regexes_match_any_bytes) {
    assert_truth(binary(text("\xff\xfe\x01"), OP_MATCH, term_regex(&stage, "^\\xff.\\x01$", 0)), true);
    assert_fails(binary(text("\xff"), OP_MATCH, term_regex(&stage, "(*UTF)a", 0)), "given up");
    assert_truth(binary(text(""), OP_MATCH, term_regex(&stage, "^$", 0)), true);
    assert_fails(binary(number(1), OP_MATCH, term_regex(&stage, "a", 0)), "an integer");
    assert_fails(term_regex(&stage, "a", 0), "behind ~");
}
END_TEST

// ---- functions

START_TEST(functions_make_bytes) {
    assert_bytes(term_function(&stage, FUNCTION_REPEAT, 2, number(3), text("ab")), "ababab");
    assert_bytes(term_function(&stage, FUNCTION_REPEAT, 2, number(0), text("ab")), "");
    assert_fails(term_function(&stage, FUNCTION_REPEAT, 2, number(-1), text("ab")), "negative");
    assert_fails(term_function(&stage, FUNCTION_REPEAT, 2, number(INTEGER_MAX), text("ab")), "64 bits");
    assert_fails(term_function(&stage, FUNCTION_REPEAT, 2, number(1), number(2)), "bytes is needed");
    assert_bytes(term_function(&stage, FUNCTION_DECIMAL, 1, number(-80)), "-80");
    assert_bytes(term_function(&stage, FUNCTION_TEXT, 1, duration(20000000)), "20ms");
    assert_bytes(term_function(&stage, FUNCTION_TEXT, 1, text("as it is")), "as it is");
    assert_bytes(term_function(&stage, FUNCTION_UPPER, 1, text("a\xc3\xa9z{")), "A\xc3\xa9Z{");
    assert_bytes(term_function(&stage, FUNCTION_LOWER, 1, text("AZ[@")), "az[@");
    assert_bytes(term_function(&stage, FUNCTION_FILE, 1, text("greeting")), "hello from a file");
    assert_fails(term_function(&stage, FUNCTION_FILE, 1, text("absent")), "no such file");
    assert_truth(term_function(&stage, FUNCTION_EXISTS, 1, text("absent")), false);
    assert_integer(term_function(&stage, FUNCTION_LEN, 1, term_function(&stage, FUNCTION_ZEROS, 1, number(1 << 30))),
                   1 << 30);
    assert_integer(term_function(&stage, FUNCTION_LEN, 1, term_function(&stage, FUNCTION_RANDOM, 1, number(7))), 7);
    setenv("SOCKDRILL_TERM_TEST", "set", 1);
    assert_bytes(term_function(&stage, FUNCTION_ENV, 1, text("SOCKDRILL_TERM_TEST")), "set");
    assert_bytes(term_function(&stage, FUNCTION_ENV, 1, text("SOCKDRILL_TERM_TEST_ABSENT")), "");
}
END_TEST

START_TEST(a_failed_file_blames_the_call) {
    stage_text(&stage, "send file \"absent\"");
    struct term *const call = term_function(&stage, FUNCTION_FILE, 1, text("absent"));
    call->span = span_of(&stage, "file \"absent\"");
    assert_fails(call, "no such file");
    ck_assert(slice_is(span_text(stage.env.message_span), "file \"absent\""));
}
END_TEST

START_TEST(functions_look_at_bytes) {
    assert_integer(term_function(&stage, FUNCTION_FIND, 2, text("hello"), text("l")), 2);
    assert_integer(term_function(&stage, FUNCTION_FIND, 2, text("hello"), text("z")), -1);
    assert_bytes(term_function(&stage, FUNCTION_SLICE, 2, text("hello"), number(1)), "ello");
    assert_bytes(term_function(&stage, FUNCTION_SLICE, 3, text("hello"), number(1), number(3)), "ell");
    assert_bytes(term_function(&stage, FUNCTION_SLICE, 2, text("hello"), number(5)), "");
    assert_fails(term_function(&stage, FUNCTION_SLICE, 2, text("hello"), number(6)), "past the end");
    assert_fails(term_function(&stage, FUNCTION_SLICE, 3, text("hello"), number(4), number(2)), "past the end");
    assert_fails(term_function(&stage, FUNCTION_SLICE, 2, text("hello"), number(-1)), "negative");
    assert_bytes(term_function(&stage, FUNCTION_SLICE, 3, huge_bytes(), number(((integer)1 << 40) + 1), number(3)),
                 "bab");
    assert_fails(term_function(&stage, FUNCTION_FIND, 2, huge_bytes(), text("l")), "more than can be held");
    assert_fails(term_function(&stage, FUNCTION_UPPER, 1, huge_bytes()), "more than can be held");
    assert_fails(term_function(&stage, FUNCTION_LEN, 1, number(1)), "has no length");
}
END_TEST

START_TEST(int_reads_what_is_an_integer_and_nothing_else) {
    static const struct {
        const char *text;
        integer number;
    } GOOD[] = {{"0", 0},
                {"007", 7},
                {"-12", -12},
                {"0xfF", 255},
                {"-0x10", -16},
                {"18446744073709551615", INTEGER_MAX},
                {"-9223372036854775808", INTEGER_MIN}};
    static const char *const BAD[] = {"",
                                      "-",
                                      "0x",
                                      "12 ",
                                      " 12",
                                      "1_0",
                                      "12a",
                                      "0xg",
                                      "--1",
                                      "18446744073709551616",
                                      "-9223372036854775809",
                                      "99999999999999999999999999999999999999999999999999"};
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        assert_integer(term_function(&stage, FUNCTION_INT, 1, text(GOOD[i].text)), GOOD[i].number);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_fails(term_function(&stage, FUNCTION_INT, 1, text(BAD[i])), "is not an integer");
    }
}
END_TEST

START_TEST(types_pack_what_fits) {
    assert_bytes(term_pack(&stage, TYPE_WORD_U16BE, number(0x4142)), "AB");
    assert_bytes(term_pack(&stage, TYPE_WORD_U16LE, number(0x4142)), "BA");
    assert_fails(term_pack(&stage, TYPE_WORD_U8, number(256)), "256 does not fit u8 (0 to 255)");
    assert_fails(term_pack(&stage, TYPE_WORD_I8, number(-129)), "(-128 to 127)");
    assert_fails(term_pack(&stage, TYPE_WORD_U8, text("x")), "u8 takes an integer, and this is bytes");
    assert_fails(term_pack(&stage, TYPE_WORD_U8, real(1.0)), "a float");
    assert_bytes(term_pack(&stage, TYPE_WORD_F32BE, real(12.078431129455566)), "AAAA");
}
END_TEST

// ---- structure

START_TEST(joins_and_lists_and_items) {
    stage_set(&stage, 1, bytes_value(&stage, "GET "));
    assert_bytes(term_with(&stage, TERM_JOIN, 3, term_slot(&stage, 1), text("/"), text(" HTTP/1.1")), "GET / HTTP/1.1");
    assert_fails(term_with(&stage, TERM_JOIN, 2, text("a"), number(80)),
                 "bytes is needed here, and this is an integer");
    struct term *const list = term_with(&stage, TERM_LIST, 2, number(10), text("b"));
    assert_integer(term_with(&stage, TERM_ITEM, 2, list, number(0)), 10);
    assert_bytes(term_with(&stage, TERM_ITEM, 2, list, number(1)), "b");
    assert_fails(term_with(&stage, TERM_ITEM, 2, list, number(2)), "no item 2 among 2");
    assert_fails(term_with(&stage, TERM_ITEM, 2, list, number(-1)), "no item -1");
    assert_integer(term_with(&stage, TERM_ITEM, 2, text("AB"), number(1)), 'B');
    assert_fails(term_with(&stage, TERM_ITEM, 2, number(1), number(1)), "has no items");
}
END_TEST

START_TEST(addresses_have_members) {
    struct term *const host = term_with(&stage, TERM_MEMBER, 1, term_value(&stage, address_value(&stage, "[::1]:80")));
    host->member = slice_text("host");
    assert_bytes(host, "::1");
    struct term *const port = term_with(&stage, TERM_MEMBER, 1, term_value(&stage, address_value(&stage, "[::1]:80")));
    port->member = slice_text("port");
    assert_integer(port, 80);
    struct term *const none = term_with(&stage, TERM_MEMBER, 1, term_value(&stage, (struct value){0}));
    none->member = slice_text("host");
    assert_fails(none, "an address is needed here, and this is none");
}
END_TEST

START_TEST(endpoints_take_words) {
    struct term *const endpoint = term_with(&stage, TERM_ENDPOINT, 2, text("lo"), number(0x88b5));
    endpoint->family = FAMILY_PACKET;
    struct value const value = eval_done(endpoint);
    ck_assert_int_eq(value.endpoint->family, FAMILY_PACKET);
    ck_assert_uint_eq(value.endpoint->word_count, 2);
    ck_assert_str_eq(value.endpoint->words[0], "lo");
    ck_assert_str_eq(value.endpoint->words[1], "34997");
    struct value const zero = value_text(&stage.arena, slice_of("a\0b", 3));
    assert_fails(term_with(&stage, TERM_ENDPOINT, 1, term_value(&stage, zero)), "zero byte");
}
END_TEST

START_TEST(kinds_are_asked_for) {
    struct value value;
    ck_assert_int_eq(term_eval_kind(number(0), &stage.env, VALUE_DURATION, &value), EVAL_DONE);
    ck_assert_int_eq(value.kind, VALUE_DURATION);
    ck_assert_int_eq(term_eval_kind(number(1), &stage.env, VALUE_DURATION, &value), EVAL_FAILED);
    ck_assert_str_eq(stage.env.message, "a duration is needed here, and this is an integer");
    ck_assert_int_eq(term_eval_kind(term_slot(&stage, 0), &stage.env, VALUE_INTEGER, &value), EVAL_WAIT);
}
END_TEST

// ---- explanations

static void assert_explained(const struct term *term, const char *wanted) {
    struct buffer out = {0};
    term_explain(term, &stage.env, &out);
    ck_assert_str_eq(out.data, wanted);
    buffer_fini(&out);
}

static struct term *named(const char *stretch, struct term *term) {
    term->span = span_of(&stage, stretch);
    return term;
}

START_TEST(explanations_show_both_sides) {
    stage_text(&stage, "expect received == 398 and not  (done or\n  words ~ /^x/)");
    stage_set(&stage, 0, value_integer(397));
    stage_set(&stage, 1, bytes_value(&stage, "hi"));
    stage_set(&stage, 2, value_boolean(false));
    struct term *const received = binary(named("received", term_slot(&stage, 0)), OP_EQUAL, number(398));
    assert_explained(received, "received is 397, expected == 398");
    struct term *const matches =
        binary(named("words", term_slot(&stage, 1)), OP_MATCH, named("/^x/", term_regex(&stage, "^x", 0)));
    assert_explained(matches, "words is \"hi\", expected ~ /^x/");
    struct term *const done = named("done", term_slot(&stage, 2));
    assert_explained(done, "done is false");
    struct term *const either = named("done or\n  words ~ /^x/", binary(done, OP_OR, matches));
    assert_explained(either, "done is false, and words is \"hi\", expected ~ /^x/");
    assert_explained(binary(truth(true), OP_AND, received), "received is 397, expected == 398");
    assert_explained(binary(received, OP_AND, truth(true)), "received is 397, expected == 398");
    assert_explained(term_unary(&stage, OP_NOT, either), "done or words ~ /^x/ is false");
    struct term *const unset = binary(named("words", term_slot(&stage, 9)), OP_EQUAL, number(1));
    assert_explained(unset, "words waits for a name that is not set, expected == 1");
}
END_TEST

START_TEST(explanations_set_nothing) {
    stage_text(&stage, "expect words ~ /(?<x>h)/ and false");
    stage_set(&stage, 1, bytes_value(&stage, "hi"));
    struct term *const matches =
        binary(named("words", term_slot(&stage, 1)), OP_MATCH, term_regex(&stage, "(?<x>h)", 5));
    struct buffer out = {0};
    term_explain(binary(matches, OP_AND, named("false", truth(false))), &stage.env, &out);
    ck_assert_str_eq(out.data, "false is false");
    ck_assert_uint_eq(stage.slot_writes, 0);
    buffer_fini(&out);
}
END_TEST

static Suite *term_suite(void) {
    const struct {
        const char *name;
        const TTest *tests[16];
    } CASES[] = {
        {"arithmetic",
         {integers_reach_from_i64_to_u64, division_by_zero_blames_the_divisor, durations_add_and_scale,
          arithmetic_knows_what_it_is_not_for}},
        {"comparison",
         {comparisons_of_numbers_and_bytes, kinds_that_never_compare_say_so, contains_looks_into_bytes_and_lists,
          and_or_look_no_further_than_they_must, paths_compare_whichever_side_they_stand_on,
          a_path_with_gaps_is_unsettled, states_and_addresses_compare}},
        {"regular expressions",
         {named_groups_are_written, a_group_that_took_no_part_is_none, groups_of_one_name_share_a_slot,
          a_hostile_pattern_is_given_up, wrong_patterns_say_where, regexes_match_any_bytes}},
        {"functions",
         {functions_make_bytes, a_failed_file_blames_the_call, functions_look_at_bytes,
          int_reads_what_is_an_integer_and_nothing_else, types_pack_what_fits}},
        {"structure", {joins_and_lists_and_items, addresses_have_members, endpoints_take_words, kinds_are_asked_for}},
        {"explanations", {explanations_show_both_sides, explanations_set_nothing}},
    };
    Suite *const suite = suite_create("term");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        TCase *const tcase = tcase_create(CASES[i].name);
        tcase_add_checked_fixture(tcase, set_up, tear_down);
        for (size_t j = 0; j < 16 && CASES[i].tests[j]; j++) tcase_add_test(tcase, CASES[i].tests[j]);
        suite_add_tcase(suite, tcase);
    }
    return suite;
}

int main(void) {
    SRunner *const runner = srunner_create(term_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
