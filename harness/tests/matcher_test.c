#include "plan_terms.h"

#include "matcher_state.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct stage stage;

static struct term *number(integer value) {
    return term_integer(&stage, value);
}

static struct term *text(const char *value) {
    return term_text(&stage, value);
}

static struct term *slot(uint32_t index) {
    return term_slot(&stage, index);
}

static struct element_code type(enum type_word word) {
    return element_type(word);
}

static struct element_code sized(enum type_word word, const struct term *argument) {
    return element_sized(word, argument);
}

// ---- feeding: every piece ends at a page that must not be touched

static uint8_t *guard; // the first byte behind the readable page

enum { PIECE_BYTES_MAX = 4096 };

static void set_up(void) {
    stage_init(&stage);
    long const page = sysconf(_SC_PAGESIZE);
    uint8_t *const pages = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + page, (size_t)page, PROT_NONE), 0);
    guard = pages + page;
}

static void tear_down(void) {
    long const page = sysconf(_SC_PAGESIZE);
    munmap(guard - page, (size_t)page * 2);
    stage_fini(&stage);
}

// What came of one match.
struct outcome {
    enum match_status status;
    uint64_t consumed_bytes;
    struct mismatch mismatch;
    uint64_t looked_at_bytes;
    struct value slots[STAGE_SLOTS];
    bool is_set[STAGE_SLOTS];
};

static enum match_status feed(struct matcher *matcher, const uint8_t *data, size_t len_bytes) {
    ck_assert_uint_le(len_bytes, PIECE_BYTES_MAX);
    uint8_t *const piece = guard - len_bytes;
    if (len_bytes) memcpy(piece, data, len_bytes);
    uint64_t const before = matcher->consumed_bytes;

    bool exactly;
    enum match_status status;
    uint64_t const need = matcher_needs(matcher, &exactly, &status);
    if (status == MATCH_DONE) ck_assert_uint_eq(need, 0);

    size_t used = SIZE_MAX;
    status = matcher_feed(matcher, slice_of(piece, len_bytes), &used);
    ck_assert_uint_le(used, len_bytes);
    ck_assert_uint_eq(matcher->consumed_bytes - before, used);
    if (status == MATCH_MORE) ck_assert_uint_eq(used, len_bytes);
    if (status == MATCH_DONE) ck_assert_uint_ge(used, need);
    if (status == MATCH_DONE && exactly && len_bytes >= need) ck_assert_uint_ge(used, need);
    memset(piece, 0xaa, len_bytes); // what was kept must be a copy
    return status;
}

// Feeds the input cut at the ends given, up to where the match is decided, and then the end of the stream.
static struct outcome play(const struct pattern_code *pattern, struct slice input, const size_t *ends,
                           size_t end_count) {
    struct value slots[STAGE_SLOTS];
    bool is_set[STAGE_SLOTS];
    memcpy(slots, stage.slots, sizeof slots);
    memcpy(is_set, stage.is_set, sizeof is_set);

    struct matcher matcher;
    matcher_start(&matcher, pattern, &stage.env, &stage.arena);
    enum match_status status = MATCH_MORE;
    size_t start = 0;
    for (size_t i = 0; i < end_count && status == MATCH_MORE; i++) {
        status = feed(&matcher, input.data + start, ends[i] - start);
        start = ends[i];
    }
    if (status == MATCH_MORE) status = matcher_end(&matcher);
    struct outcome outcome = {.status = status,
                              .consumed_bytes = matcher.consumed_bytes,
                              .mismatch = matcher.mismatch,
                              .looked_at_bytes = matcher.state->looked_at_bytes};
    memcpy(outcome.slots, stage.slots, sizeof slots);
    memcpy(outcome.is_set, stage.is_set, sizeof is_set);
    memcpy(stage.slots, slots, sizeof slots);
    memcpy(stage.is_set, is_set, sizeof is_set);
    return outcome;
}

static void assert_same(const struct outcome *a, const struct outcome *b) {
    ck_assert_int_eq(a->status, b->status);
    ck_assert_uint_eq(a->consumed_bytes, b->consumed_bytes);
    for (uint32_t i = 0; i < STAGE_SLOTS; i++) {
        ck_assert_int_eq(a->is_set[i], b->is_set[i]);
        if (a->is_set[i]) ck_assert(value_equal(&a->slots[i], &b->slots[i]));
    }
    if (a->status != MATCH_MISMATCH) return;
    ck_assert_uint_eq(a->mismatch.offset, b->mismatch.offset);
    ck_assert_uint_eq(a->mismatch.window_offset, b->mismatch.window_offset);
    ck_assert(slice_equal(a->mismatch.expected, b->mismatch.expected));
    ck_assert(!a->mismatch.wanted == !b->mismatch.wanted);
    if (a->mismatch.wanted) ck_assert_str_eq(a->mismatch.wanted, b->mismatch.wanted);
    // Of what follows the difference there is only what had come.
    size_t const shared = a->mismatch.received.len_bytes < b->mismatch.received.len_bytes
                              ? a->mismatch.received.len_bytes
                              : b->mismatch.received.len_bytes;
    if (shared) ck_assert_mem_eq(a->mismatch.received.data, b->mismatch.received.data, shared);
}

static struct pattern_code pattern_of(const struct element_code *elements, uint32_t count) {
    return (struct pattern_code){.elements = elements, .element_count = count};
}

// At once, cut in two at every place, and byte by byte: the outcome must be the same.
static struct outcome match_bytes(const struct element_code *elements, uint32_t count, const void *data,
                                  size_t len_bytes) {
    struct pattern_code const pattern = pattern_of(elements, count);
    struct slice const input = slice_of(data, len_bytes);
    struct outcome const whole = play(&pattern, input, &len_bytes, 1);
    size_t every[PIECE_BYTES_MAX];
    for (size_t cut = 0; cut <= len_bytes; cut++) {
        struct outcome const halves = play(&pattern, input, (size_t[]){cut, len_bytes}, 2);
        assert_same(&whole, &halves);
        if (cut) every[cut - 1] = cut;
    }
    struct outcome const bytes = play(&pattern, input, every, len_bytes);
    assert_same(&whole, &bytes);
    return whole;
}

static struct outcome match_text(const struct element_code *elements, uint32_t count, const char *input) {
    return match_bytes(elements, count, input, strlen(input));
}

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

// ---- looking

static void assert_done(const struct outcome *outcome, uint64_t consumed_bytes) {
    ck_assert_msg(outcome->status == MATCH_DONE, "status %d, offset %llu, wanted %s, %s", outcome->status,
                  (unsigned long long)outcome->mismatch.offset,
                  outcome->mismatch.wanted ? outcome->mismatch.wanted : "-",
                  stage.env.message ? stage.env.message : "-");
    ck_assert_uint_eq(outcome->consumed_bytes, consumed_bytes);
}

static void assert_slot_bytes(const struct outcome *outcome, uint32_t index, const void *data, size_t len_bytes) {
    ck_assert(outcome->is_set[index]);
    struct value const wanted = value_text(&stage.arena, slice_of(data, len_bytes));
    ck_assert_int_eq(outcome->slots[index].kind, VALUE_BYTES);
    ck_assert(value_equal(&outcome->slots[index], &wanted));
}

static void assert_slot_text(const struct outcome *outcome, uint32_t index, const char *wanted) {
    assert_slot_bytes(outcome, index, wanted, strlen(wanted));
}

static void assert_slot_integer(const struct outcome *outcome, uint32_t index, integer wanted) {
    ck_assert(outcome->is_set[index] && outcome->slots[index].kind == VALUE_INTEGER);
    ck_assert(outcome->slots[index].number == wanted);
}

static void assert_mismatch(const struct outcome *outcome, uint64_t offset, const char *wanted) {
    ck_assert_int_eq(outcome->status, MATCH_MISMATCH);
    ck_assert_uint_eq(outcome->mismatch.offset, offset);
    if (wanted) {
        ck_assert_str_eq(outcome->mismatch.wanted, wanted);
    } else {
        ck_assert_ptr_null(outcome->mismatch.wanted);
    }
}

static void assert_window(struct slice side, const char *wanted) {
    ck_assert_msg(slice_is(side, wanted), "'%.*s' is not '%s'", (int)side.len_bytes, (const char *)side.data, wanted);
}

static void assert_failed(const struct outcome *outcome, const char *said) {
    ck_assert_int_eq(outcome->status, MATCH_FAILED);
    ck_assert_msg(strstr(stage.env.message, said), "'%s' does not say '%s'", stage.env.message, said);
}

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
    assert_mismatch(&outcome, 6, "u16be");
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
    assert_failed(&outcome, "negative");
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
    assert_mismatch(&outcome, 4, "u16be");
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

struct test_case {
    const char *name;
    const TTest *tests[12];
};

static Suite *matcher_suite(void) {
    struct test_case const cases[] = {
        {"fixed bytes",
         {literals_match_and_leave_the_rest, a_wrong_byte_is_shown_beside_the_right_one, windows_stay_narrow,
          missing_bytes_are_named, a_literal_may_come_from_a_slot, endless_literals_take_no_memory}},
        {"numbers",
         {integers_are_captured_and_used, numbers_of_every_kind,
          a_number_that_must_equal_is_wrong_at_its_first_wrong_byte, comparisons_show_what_was_received,
          bits_fill_bytes_high_bit_first, bits_that_fill_no_byte_fail, variable_lengths_end_themselves}},
        {"stretches",
         {text_is_utf8, lengths_must_make_sense, until_ends_at_its_delimiter, until_finds_every_overlap,
          lines_end_with_lf_or_crlf, cstring_ends_at_zero, rest_goes_to_the_end,
          held_bytes_that_differ_are_shown_where_they_do, regexes_judge_and_name}},
        {"lists",
         {lists_count, lists_end_when_told, lists_nest, lists_are_compared, lists_of_bits_fill_bytes,
          hostile_counts_end}},
        {"waiting", {a_wait_begins_again_where_it_was, the_environment_may_change}},
        {"needs and wants",
         {needs_cover_what_is_known, needs_are_not_exact_where_an_end_is_searched, wants_read_like_the_text}},
        {"cost", {matching_is_linear, what_is_not_captured_is_not_kept, a_capture_has_a_limit}},
    };
    Suite *const suite = suite_create("matcher");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        TCase *const tcase = tcase_create(cases[i].name);
        tcase_set_timeout(tcase, 30);
        tcase_add_checked_fixture(tcase, set_up, tear_down);
        for (size_t j = 0; j < 12 && cases[i].tests[j]; j++) tcase_add_test(tcase, cases[i].tests[j]);
        suite_add_tcase(suite, tcase);
    }
    return suite;
}

int main(void) {
    SRunner *const runner = srunner_create(matcher_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
