#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/integer.h"
#include "base/list.h"
#include "base/nearest.h"
#include "base/slice.h"
#include "base/utf8.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(arena_memory_is_zeroed_and_aligned) {
    struct arena arena;
    arena_init(&arena);
    for (size_t size = 0; size < 40000; size = size * 2 + 1) {
        unsigned char *const memory = arena_alloc(&arena, size);
        ck_assert_uint_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) ck_assert_uint_eq(memory[i], 0);
        memset(memory, 0xff, size);
    }
    ck_assert_uint_ge(arena.used_bytes, 40000);
    arena_fini(&arena);
    ck_assert_uint_eq(arena.used_bytes, 0);
}
END_TEST

START_TEST(arena_small_allocations_survive_a_large_one) {
    struct arena arena = {0};
    char *const before = arena_copy(&arena, "before", 6);
    memset(arena_alloc(&arena, 1 << 20), 'x', 1 << 20);
    char *const after = arena_copy(&arena, "after", 5);
    ck_assert_str_eq(before, "before");
    ck_assert_str_eq(after, "after");
    ck_assert_int_lt(labs(after - before), 64); // still cut from the same block
    arena_fini(&arena);
}
END_TEST

START_TEST(arena_grow_keeps_what_was_there) {
    struct arena arena = {0};
    int *numbers = NULL;
    for (int i = 0; i < 1000; i++) {
        numbers = arena_grow(&arena, numbers, (size_t)i, sizeof *numbers);
        numbers[i] = i;
    }
    for (int i = 0; i < 1000; i++) ck_assert_int_eq(numbers[i], i);
    arena_fini(&arena);
}
END_TEST

START_TEST(arena_overflow_goes_to_out_of_memory) {
    struct arena arena = {0};
    jmp_buf out;
    volatile int jumps = 0;
    arena.out_of_memory = &out;
    if (setjmp(out)) jumps++;
    if (jumps == 0) arena_array(&arena, SIZE_MAX / 2, 3);
    if (jumps == 1) arena_alloc(&arena, SIZE_MAX - 8);
    ck_assert_int_eq(jumps, 2);
    arena_fini(&arena);
}
END_TEST

START_TEST(arena_text_formats) {
    struct arena arena = {0};
    ck_assert_str_eq(arena_text(&arena, "%s-%d", "x", 42), "x-42");
    arena_fini(&arena);
}
END_TEST

START_TEST(slices_compare_and_find) {
    ck_assert(slice_is(slice_text("abc"), "abc"));
    ck_assert(!slice_is(slice_text("abc"), "abcd"));
    ck_assert(slice_equal(slice_of(NULL, 0), slice_text("")));
    ck_assert_int_lt(slice_compare(slice_text("ab"), slice_text("abc")), 0);
    ck_assert_int_gt(slice_compare(slice_text("b"), slice_text("abc")), 0);
    ck_assert_int_gt(slice_compare(slice_text("\xff"), slice_text("a")), 0);
    ck_assert_int_eq(slice_compare(slice_text("a"), slice_text("a")), 0);
    ck_assert_int_eq(slice_find(slice_text("a\r\n\r\n"), slice_text("\r\n\r\n")), 1);
    ck_assert_int_eq(slice_find(slice_text("abc"), slice_text("abcd")), -1);
    ck_assert_int_eq(slice_find(slice_text("abc"), slice_text("x")), -1);
    ck_assert_int_eq(slice_find(slice_of(NULL, 0), slice_of(NULL, 0)), 0);
}
END_TEST

START_TEST(buffer_grows_and_ends_with_nul) {
    struct buffer buffer = {0};
    for (int i = 0; i < 500; i++) buffer_printf(&buffer, "%03d", i);
    ck_assert_uint_eq(buffer.len_bytes, 1500);
    ck_assert_uint_eq(strlen(buffer.data), 1500);
    ck_assert_str_eq(buffer.data + 1497, "499");
    buffer_clear(&buffer);
    ck_assert_str_eq(buffer.data, "");
    buffer_repeat(&buffer, '-', 300);
    buffer_slice(&buffer, slice_text("end"));
    ck_assert_str_eq(buffer.data + 299, "-end");
    ck_assert_uint_eq(buffer_view(&buffer).len_bytes, 303);
    buffer_fini(&buffer);
}
END_TEST

static void check_escaped(struct slice bytes, size_t limit, const char *expected) {
    struct buffer buffer = {0};
    buffer_escaped(&buffer, bytes, limit);
    buffer_text(&buffer, "");
    ck_assert_str_eq(buffer.data, expected);
    buffer_fini(&buffer);
}

START_TEST(buffer_escapes_what_a_terminal_must_not_see) {
    check_escaped(slice_of("a\0b", 3), 99, "a\\x00b");
    check_escaped(slice_text("\r\n\t\\\""), 99, "\\r\\n\\t\\\\\\\"");
    check_escaped(slice_text("\x1b[2J"), 99, "\\x1b[2J");
    check_escaped(slice_text("h\xc3\xa9"), 99, "h\xc3\xa9");
    check_escaped(slice_text("\xc3"), 99, "\\xc3");
    check_escaped(slice_text("\xc2\x9b"), 99, "\\xc2\\x9b");         // CSI of C1
    check_escaped(slice_text("\xe2\x80\xae"), 99, "\\xe2\\x80\\xae"); // right-to-left override
    check_escaped(slice_text("abcdef"), 3, "abc...");
    check_escaped(slice_text("abc"), 3, "abc");
}
END_TEST

START_TEST(utf8_knows_the_ill_formed) {
    static const char *const ILL[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xe2\x82",
                                      "\xff"};
    uint32_t code_point;
    for (size_t i = 0; i < sizeof ILL / sizeof *ILL; i++) {
        ck_assert_uint_eq(utf8_decode(slice_text(ILL[i]), &code_point), 0);
    }
    ck_assert_uint_eq(utf8_decode(slice_text(""), &code_point), 0);
}
END_TEST

START_TEST(utf8_round_trips) {
    static const uint32_t POINTS[] = {0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    for (size_t i = 0; i < sizeof POINTS / sizeof *POINTS; i++) {
        uint8_t bytes[UTF8_BYTES_MAX];
        uint32_t decoded = 1;
        unsigned const len = utf8_encode(POINTS[i], bytes);
        ck_assert_uint_gt(len, 0);
        ck_assert_uint_eq(utf8_decode(slice_of(bytes, len), &decoded), len);
        ck_assert_uint_eq(decoded, POINTS[i]);
    }
    uint8_t bytes[UTF8_BYTES_MAX];
    ck_assert_uint_eq(utf8_encode(0xd800, bytes), 0);
    ck_assert_uint_eq(utf8_encode(0x110000, bytes), 0);
}
END_TEST

static const char *nearest_of(const char *name, const char *const *candidates) {
    struct nearest nearest = {.name = slice_text(name)};
    for (; *candidates; candidates++) nearest_offer(&nearest, *candidates);
    return nearest.best;
}

START_TEST(nearest_finds_typing_mistakes) {
    static const char *const VERBS[] = {"send", "recv", "accept", "listen", "signal", NULL};
    ck_assert_str_eq(nearest_of("recieve", (const char *const[]){"recv", "receive", NULL}), "receive");
    ck_assert_str_eq(nearest_of("sned", VERBS), "send");
    ck_assert_str_eq(nearest_of("acept", VERBS), "accept");
    ck_assert_str_eq(nearest_of("listenn", VERBS), "listen");
    ck_assert_ptr_null(nearest_of("frobnicate", VERBS));
    ck_assert_ptr_null(nearest_of("", VERBS));
    ck_assert_ptr_null(nearest_of("x", VERBS));
}
END_TEST

START_TEST(nearest_minds_case_a_little) {
    static const char *const STATES[] = {"CLOSE", "CLOSE_WAIT", "close_waits", "TIME_WAIT", NULL};
    ck_assert_str_eq(nearest_of("close_wait", STATES), "CLOSE_WAIT");
    ck_assert_str_eq(nearest_of("Foo", (const char *const[]){"FOO", "foo", NULL}), "foo");
}
END_TEST

START_TEST(nearest_leaves_long_names_alone) {
    char name[5000];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_ptr_null(nearest_of(name, (const char *const[]){name, "a", NULL}));
}
END_TEST

START_TEST(clock_writes_durations_as_people_do) {
    static const struct { int64_t ns; const char *text; } CASES[] = {
        {0, "0s"}, {1, "1ns"}, {250 * 1000, "250us"}, {20 * 1000000LL, "20ms"}, {1500 * 1000000LL, "1.5s"},
        {120 * 1000000000LL, "2min"}, {3 * 3600 * 1000000000LL, "3h"}, {-86400 * 1000000000LL, "-1d"},
        {90 * 1000000000LL, "90s"}, {1234567, "1.234ms"}, {999999999, "999.999ms"},
        {-5000, "-5us"}, {1050, "1.05us"}, {CLOCK_NEVER, "never"}, {INT64_MIN, "-9223372036.854s"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[CLOCK_TEXT_BYTES];
        ck_assert_str_eq(clock_text(CASES[i].ns, text), CASES[i].text);
    }
}
END_TEST

START_TEST(clock_deadlines_do_not_overflow) {
    ck_assert_int_eq(clock_after(5, 7), 12);
    ck_assert_int_eq(clock_after(INT64_MAX - 5, 7), CLOCK_NEVER);
    ck_assert_int_eq(clock_after(CLOCK_NEVER, -7), CLOCK_NEVER);
    ck_assert_int_eq(clock_after(1, CLOCK_NEVER), CLOCK_NEVER);
    int64_t const first_ns = clock_now_ns();
    ck_assert_int_gt(first_ns, 0);
    ck_assert_int_ge(clock_now_ns(), first_ns);
}
END_TEST

START_TEST(integers_are_written_whole) {
    char text[INTEGER_TEXT_BYTES];
    ck_assert_str_eq(integer_text(INTEGER_MIN, text), "-9223372036854775808");
    ck_assert_str_eq(integer_text(INTEGER_MAX, text), "18446744073709551615");
    ck_assert_str_eq(integer_text(0, text), "0");
    ck_assert(integer_in_range(INTEGER_MAX) && !integer_in_range(INTEGER_MAX + 1));
    ck_assert(integer_in_range(INTEGER_MIN) && !integer_in_range(INTEGER_MIN - 1));
}
END_TEST

START_TEST(lists_link_and_unlink) {
    struct list head, one, two;
    list_init(&head), list_init(&one), list_init(&two);
    list_append(&head, &one);
    list_append(&head, &two);
    list_remove(&one);
    list_remove(&one);
    ck_assert_ptr_eq(list_take(&head), &two);
    ck_assert_ptr_null(list_take(&head));
}
END_TEST

// A source with diagnostics, and what they look like.
struct rendering {
    struct arena arena;
    struct source source;
    struct diag_list diags;
    struct buffer out;
};

static void rendering_init(struct rendering *rendering, const char *text) {
    *rendering = (struct rendering){0};
    source_init(&rendering->source, &rendering->arena, "x.drill", slice_text(text));
    diag_list_init(&rendering->diags, &rendering->arena);
}

static struct span span_at(const struct rendering *rendering, uint32_t start, uint32_t end) {
    return (struct span){&rendering->source, start, end};
}

static void rendering_is(struct rendering *rendering, const char *expected) {
    diag_render(&rendering->diags, &rendering->out);
    ck_assert_str_eq(rendering->out.data, expected);
    buffer_fini(&rendering->out);
    arena_fini(&rendering->arena);
}

START_TEST(diag_shows_the_line_and_the_caret) {
    struct rendering r;
    rendering_init(&r, "one\ntwo words here\nthree");
    diag_error(&r.diags, span_at(&r, 8, 13), "no such %s", "word");
    diag_suggest(&r.diags, "sword");
    diag_suggest(&r.diags, NULL);
    rendering_is(&r, "x.drill:2:5: error: no such word\n"
                     "    2 | two words here\n"
                     "      |     ^~~~~\n"
                     "      = did you mean 'sword'?\n");
}
END_TEST

START_TEST(diags_come_in_the_order_of_the_text) {
    struct rendering r;
    rendering_init(&r, "abc");
    diag_error(&r.diags, span_at(&r, 2, 3), "third");
    diag_error(&r.diags, span_at(&r, 0, 1), "first");
    diag_warning(&r.diags, span_at(&r, 0, 1), "second");
    ck_assert_uint_eq(r.diags.error_count, 2);
    ck_assert_uint_eq(r.diags.warning_count, 1);
    rendering_is(&r, "x.drill:1:1: error: first\n    1 | abc\n      | ^\n"
                     "x.drill:1:1: warning: second\n    1 | abc\n      | ^\n"
                     "x.drill:1:3: error: third\n    1 | abc\n      |   ^\n");
}
END_TEST

START_TEST(diag_columns_count_code_points_and_line_up) {
    struct rendering r;
    rendering_init(&r, "\tx\t\xc3\xa9 \xe4\xbd\xa0 bad");
    diag_error(&r.diags, span_at(&r, 10, 13), "here");
    rendering_is(&r, "x.drill:1:8: error: here\n"
                     "    1 |         x       \xc3\xa9 \xe4\xbd\xa0 bad\n"
                     "      |                      ^~~\n");
}
END_TEST

START_TEST(diag_at_the_end_of_the_text_has_a_caret) {
    struct rendering r;
    rendering_init(&r, "abc\r\n");
    diag_error(&r.diags, span_at(&r, 5, 5), "end");
    diag_error(&r.diags, span_at(&r, 3, 4), "break");
    rendering_is(&r, "x.drill:1:4: error: break\n    1 | abc\n      |    ^\n"
                     "x.drill:2:1: error: end\n    2 | \n      | ^\n");
}
END_TEST

START_TEST(diag_underlines_the_first_of_many_lines) {
    struct rendering r;
    rendering_init(&r, "ab cd\nef\n");
    diag_error(&r.diags, span_at(&r, 3, 8), "long");
    rendering_is(&r, "x.drill:1:4: error: long\n    1 | ab cd\n      |    ^~\n");
}
END_TEST

START_TEST(diag_lets_no_terminal_sequence_through) {
    struct rendering r;
    rendering_init(&r, "\x1b[2J\xff bad");
    r.source.path = "a\nb.drill";
    diag_error(&r.diags, span_at(&r, 6, 9), "word '%s'", "\x1b");
    diag_hint(&r.diags, "not '\r'");
    rendering_is(&r, "a\\x0ab.drill:1:7: error: word '\\x1b'\n"
                     "    1 | \\x1b[2J\\xff bad\n"
                     "      |             ^~~\n"
                     "      = not '\\x0d'\n");
}
END_TEST

START_TEST(diag_clips_long_lines_around_the_caret) {
    char text[1001];
    for (size_t i = 0; i < 1000; i++) text[i] = (char)('a' + i % 26);
    text[1000] = '\0';
    struct rendering r;
    rendering_init(&r, text);
    diag_error(&r.diags, span_at(&r, 500, 503), "middle");
    diag_error(&r.diags, span_at(&r, 2, 900), "most of it");
    diag_render(&r.diags, &r.out);
    char *save = NULL;
    for (char *line = strtok_r(r.out.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        ck_assert_uint_le(strlen(line), 8 + 3 + 110 + 3);
    }
    buffer_clear(&r.out);
    r.diags.last = NULL;
    diag_render_excerpt(span_at(&r, 500, 503), &r.out, 2);
    const char *const caret = strchr(r.out.data, '^');
    ck_assert_ptr_nonnull(caret);
    const char *const second = strchr(r.out.data, '\n') + 1;
    ck_assert_int_eq(r.out.data[caret - second], text[500]);
    ck_assert_int_eq(strncmp(r.out.data, "      1 | ...", 13), 0);
    ck_assert_int_eq(strncmp(second - 4, "...\n", 4), 0);
    ck_assert_int_eq(strncmp(caret, "^~~\n", 4), 0);
    buffer_fini(&r.out);
    arena_fini(&r.arena);
}
END_TEST

START_TEST(diags_past_the_limit_are_only_counted) {
    struct rendering r;
    rendering_init(&r, "abc");
    for (unsigned i = 0; i < DIAG_LIMIT + 7; i++) diag_error(&r.diags, span_at(&r, 0, 1), "e%u", i);
    diag_hint(&r.diags, "of one that was not kept");
    ck_assert_uint_eq(r.diags.error_count, DIAG_LIMIT + 7);
    ck_assert_uint_eq(r.diags.dropped_count, 7);
    ck_assert_ptr_null(r.diags.last->hint);
    diag_render(&r.diags, &r.out);
    ck_assert_ptr_nonnull(strstr(r.out.data, "\nand 7 more\n"));
    buffer_fini(&r.out);
    arena_fini(&r.arena);
}
END_TEST

// As when a procedure's steps are gone through at each of its calls.
START_TEST(what_is_told_again_is_kept_once) {
    struct rendering r;
    rendering_init(&r, "abc");
    for (unsigned i = 0; i < 3 * DIAG_LIMIT; i++) {
        diag_error(&r.diags, span_at(&r, 0, 1), "e%u", i % 2);
        ck_assert(diag_is_news(&r.diags) == (i < 2));
        diag_hint(&r.diags, "hint %u", i);
        diag_error(&r.diags, span_at(&r, 1 + i % 2, 3), "e0");
    }
    ck_assert_uint_eq(r.diags.error_count, 4);
    ck_assert_uint_eq(r.diags.told_errors, 6 * DIAG_LIMIT);
    ck_assert_uint_eq(r.diags.dropped_count, 0);
    rendering_is(&r, "x.drill:1:1: error: e0\n    1 | abc\n      | ^\n      = hint 0\n"
                     "x.drill:1:1: error: e1\n    1 | abc\n      | ^\n      = hint 1\n"
                     "x.drill:1:2: error: e0\n    1 | abc\n      |  ^~\n"
                     "x.drill:1:3: error: e0\n    1 | abc\n      |   ^\n");
}
END_TEST

START_TEST(spans_name_lines_and_join) {
    struct rendering r;
    rendering_init(&r, "ab\ncd\n");
    ck_assert(slice_is(source_line(&r.source, 2), "cd"));
    ck_assert(slice_is(source_line(&r.source, 3), ""));
    ck_assert(slice_is(source_line(&r.source, 9), ""));
    struct span const joined = span_join(span_at(&r, 1, 2), span_at(&r, 3, 5));
    ck_assert(slice_is(span_text(joined), "b\ncd"));
    arena_fini(&r.arena);
}
END_TEST

static Suite *base_suite(void) {
    Suite *const suite = suite_create("base");
    TCase *const memory = tcase_create("memory");
    tcase_add_test(memory, arena_memory_is_zeroed_and_aligned);
    tcase_add_test(memory, arena_small_allocations_survive_a_large_one);
    tcase_add_test(memory, arena_grow_keeps_what_was_there);
    tcase_add_test(memory, arena_overflow_goes_to_out_of_memory);
    tcase_add_test(memory, arena_text_formats);
    tcase_add_test(memory, lists_link_and_unlink);
    suite_add_tcase(suite, memory);

    TCase *const text = tcase_create("text");
    tcase_add_test(text, slices_compare_and_find);
    tcase_add_test(text, buffer_grows_and_ends_with_nul);
    tcase_add_test(text, buffer_escapes_what_a_terminal_must_not_see);
    tcase_add_test(text, utf8_knows_the_ill_formed);
    tcase_add_test(text, utf8_round_trips);
    tcase_add_test(text, nearest_finds_typing_mistakes);
    tcase_add_test(text, nearest_minds_case_a_little);
    tcase_add_test(text, nearest_leaves_long_names_alone);
    tcase_add_test(text, clock_writes_durations_as_people_do);
    tcase_add_test(text, clock_deadlines_do_not_overflow);
    tcase_add_test(text, integers_are_written_whole);
    suite_add_tcase(suite, text);

    TCase *const diags = tcase_create("diagnostics");
    tcase_add_test(diags, diag_shows_the_line_and_the_caret);
    tcase_add_test(diags, diags_come_in_the_order_of_the_text);
    tcase_add_test(diags, diag_columns_count_code_points_and_line_up);
    tcase_add_test(diags, diag_at_the_end_of_the_text_has_a_caret);
    tcase_add_test(diags, diag_underlines_the_first_of_many_lines);
    tcase_add_test(diags, diag_lets_no_terminal_sequence_through);
    tcase_add_test(diags, diag_clips_long_lines_around_the_caret);
    tcase_add_test(diags, diags_past_the_limit_are_only_counted);
    tcase_add_test(diags, what_is_told_again_is_kept_once);
    tcase_add_test(diags, spans_name_lines_and_join);
    suite_add_tcase(suite, diags);
    return suite;
}

int main(void) {
    SRunner *const runner = srunner_create(base_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
