// Sanitizers' reports are recognised wherever the stream is cut: engine/sanitizer.h.
#include "sanitizer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    const char *name; // NULL: it is nobody's report
    size_t end;       // in the text, behind the words that tell
} cases[] = {
    {"==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x60", "AddressSanitizer", 28},
    {"starting\nhalf a line ==12345==ERROR: AddressSanitizer: SEGV", "AddressSanitizer", 53},
    {"\n=================================================================\n==1==ERROR: LeakSanitizer: detected memory leaks\n",
     "LeakSanitizer", 92},
    {"==================\nWARNING: ThreadSanitizer: data race (pid=7)\n", "ThreadSanitizer", 43},
    {"FATAL: ThreadSanitizer: unexpected memory mapping", "ThreadSanitizer", 22},
    {"==7==WARNING: MemorySanitizer: use-of-uninitialized-value\n", "MemorySanitizer", 29},
    {"==7==ERROR: UndefinedBehaviorSanitizer: SEGV on unknown address", "UndefinedBehaviorSanitizer", 38},
    {"==7==ERROR: HWAddressSanitizer: tag-mismatch", "HWAddressSanitizer", 30},
    {"main.c:3:12: runtime error: signed integer overflow: 2147483647 + 1", "UndefinedBehaviorSanitizer", 28},
    {"(/usr/bin/server+0x1234): runtime error: load of null pointer", "UndefinedBehaviorSanitizer", 41},
    {"<unknown>: runtime error: division by zero", "UndefinedBehaviorSanitizer", 26},
    {"ubsan: add-overflow by 0x55d0c7a0b1e4\n", "UndefinedBehaviorSanitizer", 25},
    {"working\nubsan: vla-bound-not-positive\n", "UndefinedBehaviorSanitizer", 38},
    {"ubsan: out-of-bounds\r\n", "UndefinedBehaviorSanitizer", 21},
    {"ubsan: add-overflow checks are on", NULL, 0},
    {"==7==ERROR: RealtimeSanitizer: unsafe-library-call", "RealtimeSanitizer", 29},
    {"ubsan: too many errors to report", NULL, 0},
    {"built with ubsan: add-overflow is on\nubsan: on\n", NULL, 0},
    {"far behind the beginning of a line that is longer than what is kept of it, ubsan: add-overflow is on", NULL, 0},
    {"\033[1mu.c:2:44:\033[1m\033[31m runtime error: \033[1m\033[0m\033[1msigned integer overflow", "UndefinedBehaviorSanitizer", 38},
    {"\033[1m\033[31m==7==ERROR: AddressSanitizer: heap-use-after-free\n", "AddressSanitizer", 37},
    {"31m runtime error: ", NULL, 0},
    {"7:\033]31m runtime error: and 7:[31m runtime error: and 7\033[31m runtime error: ", NULL, 0},
    {"panic: runtime error: index out of range [5] with length 3", NULL, 0},
    {"built with AddressSanitizer, ThreadSanitizer: none has anything to say", NULL, 0},
    {"ERROR: Address Sanitizer", NULL, 0},
    {"ERROR: SanitizerAddress", NULL, 0},
    {"ThreadSanitizer: reported 1 warnings", NULL, 0},
    {"an error: runtime error", NULL, 0},
    {"", NULL, 0},
};
enum { CASES = sizeof cases / sizeof *cases };

// What one piece after the other comes to; *end: in the whole.
static const char *scan_all(const char *text, const size_t *cuts, size_t count, size_t *end) {
    struct sanitizer_scan scan = {0};
    size_t const len = strlen(text);
    size_t from = 0;
    bool was_said = false;
    for (size_t i = 0; i <= count; i++) {
        size_t const to = i < count ? cuts[i] : len;
        // A copy of its own, so that a look beyond the piece is found out.
        uint8_t *piece = malloc(to - from + 1);
        ck_assert_ptr_nonnull(piece);
        memcpy(piece, text + from, to - from);
        size_t behind = 0;
        bool const is_said = sanitizer_scan(&scan, slice_of(piece, to - from), &behind);
        free(piece);
        ck_assert_msg(!is_said || !was_said, "said twice: %s", text);
        ck_assert_msg(!is_said || behind <= to - from, "'%s' ends at %zu of %zu", text, behind, to - from);
        if (is_said) *end = from + behind;
        was_said = was_said || is_said;
        from = to;
    }
    ck_assert(was_said == (scan.name != NULL));
    return scan.name;
}

static void expect(int i, const size_t *cuts, size_t count) {
    size_t end = 0;
    const char *name = scan_all(cases[i].text, cuts, count, &end);
    if (!cases[i].name) ck_assert_msg(!name, "'%s' is no report of %s", cases[i].text, name);
    else ck_assert_msg(name && strcmp(name, cases[i].name) == 0, "'%s' is a report of %s", cases[i].text, cases[i].name);
    ck_assert_uint_eq(end, cases[i].end);
}

START_TEST(whole) { expect(_i, NULL, 0); }
END_TEST

START_TEST(in_two_pieces) {
    for (size_t at = 0; at <= strlen(cases[_i].text); at++) expect(_i, &at, 1);
}
END_TEST

START_TEST(in_three_pieces) {
    size_t const len = strlen(cases[_i].text);
    for (size_t first = 0; first <= len; first++)
        for (size_t second = first; second <= len; second++) expect(_i, (const size_t[]){first, second}, 2);
}
END_TEST

START_TEST(byte_by_byte) {
    size_t const len = strlen(cases[_i].text);
    size_t cuts[256];
    ck_assert_uint_lt(len, sizeof cuts / sizeof *cuts);
    for (size_t i = 0; i < len; i++) cuts[i] = i;
    expect(_i, cuts, len);
}
END_TEST

// Behind much else, at any distance from the end of a piece.
START_TEST(far_behind_the_beginning) {
    static const char report[] = "x==7==ERROR: AddressSanitizer: ";
    char text[600];
    for (size_t before = 200; before < 400; before++) {
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        memcpy(text + before, report, sizeof report - 1);
        size_t end = 0, cut = 300;
        const char *name = scan_all(text, &cut, 1, &end);
        ck_assert_msg(name != NULL, "at %zu", before);
        ck_assert_uint_eq(end, before + 29);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sanitizer");
    TCase *tcase = tcase_create("reports");
    tcase_add_loop_test(tcase, whole, 0, CASES);
    tcase_add_loop_test(tcase, in_two_pieces, 0, CASES);
    tcase_add_loop_test(tcase, in_three_pieces, 0, CASES);
    tcase_add_loop_test(tcase, byte_by_byte, 0, CASES);
    tcase_add_test(tcase, far_behind_the_beginning);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
