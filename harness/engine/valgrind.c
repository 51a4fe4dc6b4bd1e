// Of whatever tool of valgrind's, an error is some lines behind "==PID== ", and a stack:
//
//     ==7== Invalid read of size 4
//     ==7==    at 0x1091CB: main (server.c:8)
//
// With its banner and summaries it says a lot else, but nothing of that has a stack.
#include "valgrind.h"

#include <ctype.h>
#include <string.h>

// What has a stack all the same, and is none: what the program itself will be judged by, and what is only listed.
static const char *const others[] = {"Process terminating with ", "Open file descriptor ", "Open AF_",
                                     "---Thread-Announcement", "Thread #"}; // before an error helgrind tells of its threads
static const char REACHABLE[] = " are still reachable in loss record ";

enum {
    HEAD_BYTES_MAX = 8 * 1024, // more is nothing of its own
    MARK_BYTES_MAX = 40,
};

// Behind a mark, "==PID== " or with --time-stamp=yes "==HH:MM:SS:mmm PID== "; NULL: at is at none.
static const char *behind_mark(const char *at) {
    if (strncmp(at, "==", 2) != 0 || !isdigit((unsigned char)at[2])) return NULL;
    at += 2 + strspn(at + 2, "0123456789:. ");
    return strncmp(at, "== ", 3) == 0 ? at + 3 : NULL;
}

// NULL: it is not one of its lines. In front of the mark may stand what the program wrote without a newline: a prompt.
static char *mark_of(char *line) {
    char *mark = NULL;
    for (char *at = line; (at = strstr(at, "==")) != NULL; at++)
        if (behind_mark(at)) mark = at;
    return mark;
}

static bool may_begin_error(const char *text) {
    if (*text == '\0' || *text == ' ' || strstr(text, REACHABLE)) return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strncmp(text, others[i], strlen(others[i])) == 0) return false;
    return true;
}

static bool line_ends(struct valgrind_scan *scan) {
    scan->line[scan->line_bytes] = '\0';
    const char *const mark = mark_of(scan->line);
    const char *const text = mark ? behind_mark(mark) : NULL;
    bool const is_stack = text && strncmp(text, "   at 0x", 8) == 0;
    bool const is_told = is_stack && scan->head.len_bytes > 0;
    bool const goes_on = text && *text && scan->head.len_bytes > 0;
    if (text && (!*text || scan->head.len_bytes > HEAD_BYTES_MAX)) buffer_clear(&scan->head);
    if (goes_on || (text && may_begin_error(text))) buffer_printf(&scan->head, "%s\n", scan->line);
    scan->line_bytes = 0;
    scan->is_full = false;
    return is_told;
}

// Of a line that is too long counts what begins at the mark; that may still be to come.
static void add_byte(struct valgrind_scan *scan, char byte) {
    if (scan->is_full) return;
    if (scan->line_bytes == VALGRIND_LINE_BYTES - 1) {
        char *const end = scan->line + scan->line_bytes;
        *end = '\0';
        const char *const mark = mark_of(scan->line), *const from = mark ? mark : end - MARK_BYTES_MAX;
        scan->line_bytes = (size_t)(end - from);
        memmove(scan->line, from, scan->line_bytes);
        scan->is_full = scan->line_bytes == VALGRIND_LINE_BYTES - 1;
    }
    if (!scan->is_full) scan->line[scan->line_bytes++] = byte;
}

bool valgrind_scan(struct valgrind_scan *scan, struct slice bytes, size_t *end) {
    for (size_t i = 0; i < bytes.len_bytes && !scan->has_reported; i++) {
        if (bytes.data[i] != '\n') {
            add_byte(scan, (char)bytes.data[i]);
            continue;
        }
        scan->has_reported = line_ends(scan);
        *end = i + 1;
        if (scan->has_reported) return true;
    }
    return false;
}

void valgrind_scan_fini(struct valgrind_scan *scan) { buffer_fini(&scan->head); }
