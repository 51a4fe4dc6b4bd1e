// Valgrind's errors are recognised wherever the stream is cut: engine/valgrind.h.
#include "valgrind.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BANNER "==7== Memcheck, a memory error detector\n==7== Command: ./server\n==7== \n"
#define STACK(pid) "==" pid "==    at 0x1091CB: main (server.c:8)\n"

static const struct {
    const char *text;
    const char *head; // NULL: it is no error
} cases[] = {
    {"==7== Invalid read of size 4\n" STACK("7") "==7==    by 0x1: start\n", "==7== Invalid read of size 4\n" STACK("7")},
    {BANNER "served\n==12345== Conditional jump or move depends on uninitialised value(s)\n" STACK("12345"),
     "==12345== Conditional jump or move depends on uninitialised value(s)\n" STACK("12345")},
    {"==7== Possible data race during read of size 4 at 0x10C014 by thread #1\n==7== Locks held: none\n" STACK("7"),
     "==7== Possible data race during read of size 4 at 0x10C014 by thread #1\n==7== Locks held: none\n" STACK("7")},
    {"==7== Thread 2:\n==7== Invalid write of size 1\n" STACK("7"), "==7== Thread 2:\n==7== Invalid write of size 1\n" STACK("7")},
    {"==7== ---Thread-Announcement---\n==7== \n==7== Thread #2 was created\n" STACK("7") "==7== \n==7== Possible data race\n" STACK("7"),
     "==7== Possible data race\n" STACK("7")},
    {"==7== 33 bytes in 1 blocks are definitely lost in loss record 1 of 1\n" STACK("7"),
     "==7== 33 bytes in 1 blocks are definitely lost in loss record 1 of 1\n" STACK("7")},
    {"prompt> ==7== Invalid write of size 1\n" STACK("7"), "prompt> ==7== Invalid write of size 1\n" STACK("7")},
    {"a == b, ==7== Invalid write of size 1\n" STACK("7"), "a == b, ==7== Invalid write of size 1\n" STACK("7")},
    {"==00:00:00:00.100 7== Invalid write of size 1\n==00:00:00:00.100 7==    at 0x1091CB: main (server.c:8)\n",
     "==00:00:00:00.100 7== Invalid write of size 1\n==00:00:00:00.100 7==    at 0x1091CB: main (server.c:8)\n"},
    {"a == b\n==7== \n   at 0x1091CB: main (server.c:8)\n", NULL},
    {"==7== 33 bytes in 1 blocks are still reachable in loss record 1 of 1\n" STACK("7"), NULL},
    {"==7== Open file descriptor 3: /etc/passwd\n" STACK("7"), NULL},
    {"==7== \n==7== Process terminating with default action of signal 15 (SIGTERM)\n" STACK("7"), NULL},
    {BANNER "==7== HEAP SUMMARY:\n==7==     in use at exit: 0 bytes in 0 blocks\n==7== ERROR SUMMARY: 0 errors\n", NULL},
    {"==7== Invalid read of size 4\n==7== \n" STACK("7"), NULL},
    {STACK("7"), NULL},
    {"== Invalid read of size 4\n==    at 0x1091CB: main (server.c:8)\n", NULL},
    {"==7==ERROR: AddressSanitizer: heap-use-after-free\n    at 0x1091CB: main\n", NULL},
    {"Invalid read of size 4\n   at 0x1091CB: main (server.c:8)\n", NULL},
    {"", NULL},
};
enum { CASES = sizeof cases / sizeof *cases };

// What one piece after the other comes to.
static void scan_all(const char *text, const size_t *cuts, size_t count, const char *head) {
    struct valgrind_scan scan = {0};
    size_t const len = strlen(text);
    size_t from = 0;
    bool is_told = false;
    for (size_t i = 0; i <= count; i++) {
        size_t const to = i < count ? cuts[i] : len;
        // A copy of its own, so that a look beyond the piece is found out.
        uint8_t *piece = malloc(to - from + 1);
        ck_assert_ptr_nonnull(piece);
        memcpy(piece, text + from, to - from);
        size_t end = 0;
        bool const now = valgrind_scan(&scan, slice_of(piece, to - from), &end);
        free(piece);
        if (now) {
            ck_assert(!is_told && end <= to - from && from + end >= 8);
            ck_assert_int_eq(strncmp(text + from + end - 8, "er.c:8)\n", 8), 0);
        }
        is_told = is_told || now;
        from = to;
    }
    ck_assert_int_eq(is_told, head != NULL);
    if (head) ck_assert_str_eq(scan.head.data, head);
    valgrind_scan_fini(&scan);
}

START_TEST(whole) { scan_all(cases[_i].text, NULL, 0, cases[_i].head); }
END_TEST

START_TEST(cut_anywhere) {
    size_t const len = strlen(cases[_i].text);
    for (size_t first = 0; first <= len; first++)
        for (size_t second = first; second <= len; second += 7) {
            size_t const cuts[] = {first, second};
            scan_all(cases[_i].text, cuts, 2, cases[_i].head);
        }
}
END_TEST

START_TEST(byte_by_byte) {
    size_t cuts[1024];
    size_t const len = strlen(cases[_i].text);
    ck_assert_uint_lt(len, 1024);
    for (size_t i = 0; i < len; i++) cuts[i] = i;
    scan_all(cases[_i].text, cuts, len, cases[_i].head);
}
END_TEST

// A line that is longer than what is looked at is none of its own, and does not take what is behind it along.
START_TEST(long_lines) {
    struct valgrind_scan scan = {0};
    size_t end = 0;
    struct buffer text = {0};
    buffer_text(&text, "==7== ");
    buffer_repeat(&text, 'x', 4096);
    buffer_text(&text, "\n");
    ck_assert(!valgrind_scan(&scan, buffer_view(&text), &end));
    ck_assert(valgrind_scan(&scan, slice_text(STACK("7")), &end));
    ck_assert_uint_eq(end, strlen(STACK("7")));
    ck_assert(!valgrind_scan(&scan, slice_text("==7== Invalid read of size 4\n" STACK("7")), &end)); // it is told once
    ck_assert_uint_lt(scan.head.len_bytes, 2 * VALGRIND_LINE_BYTES);
    buffer_fini(&text);
    valgrind_scan_fini(&scan);
}
END_TEST

// A program's dots, never followed by a newline, hide nothing.
START_TEST(long_prompt) {
    for (int dots = 200; dots < 600; dots++) {
        struct valgrind_scan scan = {0};
        size_t end = 0;
        struct buffer text = {0};
        buffer_repeat(&text, '.', (size_t)dots);
        buffer_text(&text, "==7== Invalid read of size 4\n" STACK("7"));
        ck_assert_msg(valgrind_scan(&scan, buffer_view(&text), &end), "behind %d dots", dots);
        ck_assert_ptr_nonnull(strstr(scan.head.data, "==7== Invalid"));
        buffer_fini(&text);
        valgrind_scan_fini(&scan);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("valgrind");
    TCase *tcase = tcase_create("scan");
    tcase_add_loop_test(tcase, whole, 0, CASES);
    tcase_add_loop_test(tcase, cut_anywhere, 0, CASES);
    tcase_add_loop_test(tcase, byte_by_byte, 0, CASES);
    tcase_add_test(tcase, long_lines);
    tcase_add_test(tcase, long_prompt);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
