// The live block, drawn on a terminal of this test's own: it knows the escapes that the block uses and no other, and that a
// line which is full wraps.
#include "reports/reports.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 200, ROWS_MAX = 24 };

// `cells` hold the first byte of what stands there, 0 behind a wide one.
struct screen {
    unsigned columns, rows;
    unsigned column, row;
    bool has_wrapped;
    unsigned scrolled; // lines that have left it at the top
    char cells[ROWS_MAX][COLUMNS_MAX];
};

static void blank(struct screen *screen, unsigned row, unsigned from) {
    for (unsigned i = from; i < COLUMNS_MAX; i++) screen->cells[row][i] = ' ';
}

static void screen_init(struct screen *screen, unsigned columns, unsigned rows) {
    *screen = (struct screen){.columns = columns, .rows = rows};
    for (unsigned i = 0; i < ROWS_MAX; i++) blank(screen, i, 0);
}

static void next_line(struct screen *screen) {
    if (screen->row + 1 < screen->rows) {
        screen->row++;
        return;
    }
    memmove(screen->cells[0], screen->cells[1], (size_t)(screen->rows - 1) * COLUMNS_MAX);
    blank(screen, screen->rows - 1, 0);
    screen->scrolled++;
}

static void put(struct screen *screen, char first, unsigned columns) {
    if (screen->column + columns > screen->columns) {
        screen->has_wrapped = true;
        screen->column = 0;
        next_line(screen);
    }
    if (columns) screen->cells[screen->row][screen->column] = first;
    if (columns == 2) screen->cells[screen->row][screen->column + 1] = '\0';
    screen->column += columns;
    if (screen->column == screen->columns) screen->has_wrapped = true; // what comes next would
}

// ECMA-48: `at` is behind the escape; returns how long the sequence is.
static size_t escape(struct screen *screen, const char *at) {
    size_t const digits = strspn(at + 1, "0123456789;");
    unsigned const number = (unsigned)strtoul(at + 1, NULL, 10);
    ck_assert_int_eq(at[0], '[');
    switch (at[1 + digits]) {
    case 'K': blank(screen, screen->row, screen->column); break;
    case 'J':
        blank(screen, screen->row, screen->column);
        for (unsigned i = screen->row + 1; i < screen->rows; i++) blank(screen, i, 0);
        break;
    case 'A': screen->row -= number < screen->row ? number : screen->row; break;
    case 'm': break;
    default: ck_abort_msg("an escape that ends in '%c'", at[1 + digits]);
    }
    return digits + 2;
}

static void screen_write(struct screen *screen, const struct buffer *text) {
    for (size_t at = 0; at < text->len_bytes;) {
        char const byte = text->data[at];
        uint32_t code_point = 0;
        size_t len = 1;
        if (byte == '\r') {
            screen->column = 0;
        } else if (byte == '\n') {
            next_line(screen);
            screen->column = 0;
        } else if (byte == '\x1b') {
            len = 1 + escape(screen, text->data + at + 1);
        } else {
            len = utf8_decode(slice_of(text->data + at, text->len_bytes - at), &code_point);
            ck_assert_msg(len > 0 && utf8_printable(code_point), "byte 0x%02x is nothing to show", (uint8_t)byte);
            put(screen, byte, utf8_columns(code_point));
        }
        at += len;
    }
}

static const char *line_of(const struct screen *screen, unsigned row) {
    static char line[COLUMNS_MAX + 1];
    memcpy(line, screen->cells[row], COLUMNS_MAX);
    size_t len = COLUMNS_MAX;
    while (len > 0 && line[len - 1] == ' ') len--;
    line[len] = '\0';
    return line;
}

static bool is_empty(const struct screen *screen, unsigned from_row) {
    for (unsigned i = from_row; i < screen->rows; i++)
        if (line_of(screen, i)[0]) return false;
    return true;
}

// --- what is drawn

static const char *const NAMES[] = {
    "scenarios/tcp/echo",
    "a/\x1b[2J\x1b]0;owned\x07\r\n/name",
    "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97/wide",
    "\xe2\x80\xae" "backwards \xff\xfe\xc2\x9b",
    "a/very/long/name/that/goes/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/"
    "and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/to/its/end",
};
enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES };

static void draw(struct screen *screen, const struct live_state *state, bool colour) {
    struct buffer out = {0};
    struct console_style const style = {.colour = colour, .width = screen->columns};
    console_live(state, &style, screen->rows, &out);
    screen_write(screen, &out);
    buffer_fini(&out);
}

static void clear(struct screen *screen, const char *text) {
    struct buffer out = {0};
    console_live_clear(&out);
    buffer_text(&out, text);
    screen_write(screen, &out);
    buffer_fini(&out);
}

static struct live_state busy_state(struct live_case running[4], struct live_case slowest[3]) {
    for (int i = 0; i < 4; i++) running[i] = (struct live_case){NAMES[(i + 1) % NAME_COUNT], (4 - i) * NS_PER_S};
    for (int i = 0; i < 3; i++) slowest[i] = (struct live_case){NAMES[i], (3 - i) * 100 * NS_PER_S};
    return (struct live_state){
        .total = 4000000000, .counts = {.passed = 1234567, .failed = 7654321, .skipped = 1111111, .flaky = 999},
        .running = running, .running_listed = 4, .running_count = 17, .slowest = slowest, .slowest_count = 3,
    };
}

START_TEST(no_line_wraps) {
    struct live_case running[4], slowest[3];
    struct live_state state = busy_state(running, slowest);
    for (unsigned columns = 1; columns <= COLUMNS_MAX; columns++) {
        for (int colour = 0; colour < 2; colour++) {
            struct screen screen;
            screen_init(&screen, columns, columns % 2 ? 24 : 5);
            draw(&screen, &state, colour);
            ck_assert_msg(!screen.has_wrapped, "at %u columns", columns);
            ck_assert_uint_eq(screen.row, 0);
            ck_assert_uint_eq(screen.column, 0);
            ck_assert_uint_eq(screen.scrolled, 0);
            clear(&screen, "");
            ck_assert(is_empty(&screen, 0));
        }
    }
}
END_TEST

START_TEST(what_stands_there) {
    struct live_case running[] = {{"tcp/slow", 3 * NS_PER_S}, {"tcp/new", 0}}, slowest[] = {{"tcp/old", 1500 * NS_PER_MS}};
    struct live_state const state = {
        .total = 40, .counts = {.passed = 10, .failed = 1, .skipped = 2, .flaky = 3, .duration_ns = 4200000000},
        .running = running, .running_listed = 2, .running_count = 5, .slowest = slowest, .slowest_count = 1,
    };
    struct screen screen;
    screen_init(&screen, 80, 24);
    draw(&screen, &state, true);
    ck_assert_str_eq(line_of(&screen, 0), "  13/40  1 failed  10 passed  3 flaky  2 skipped  5 running  4.2s");
    ck_assert_str_eq(line_of(&screen, 1), "  running    3.0s  tcp/slow");
    ck_assert_str_eq(line_of(&screen, 2), "             <1ms  tcp/new  and 3 more");
    ck_assert_str_eq(line_of(&screen, 3), "  slowest    1.5s  tcp/old");
    ck_assert(is_empty(&screen, 4));

    screen_init(&screen, 39, 24); // too narrow for more than a line
    draw(&screen, &state, true);
    ck_assert_str_eq(line_of(&screen, 0), "  13/40  1 failed  tcp/slow");
    ck_assert(is_empty(&screen, 1));
    screen_init(&screen, 80, 11); // too low
    draw(&screen, &state, false);
    ck_assert_str_eq(line_of(&screen, 0), "  13/40  1 failed  tcp/slow");
    ck_assert(is_empty(&screen, 1));
    struct live_state const begins = {.total = 2};
    screen_init(&screen, 80, 24);
    draw(&screen, &begins, false);
    ck_assert_str_eq(line_of(&screen, 0), "  0/2  0 passed  0 running  <1ms");
}
END_TEST

// The block shrinks and grows, and what stands above it stays.
START_TEST(drawn_over_in_place) {
    static const unsigned widths[] = {40, 80, 200};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        struct live_case running[4], slowest[3];
        struct live_state state = busy_state(running, slowest);
        struct screen screen;
        screen_init(&screen, widths[w], 24);
        clear(&screen, "$ sockdrill run\n");
        for (uint32_t turn = 0; turn < 40; turn++) {
            state.running_listed = turn % 5;
            state.running_count = state.running_listed + turn % 2;
            state.slowest_count = turn % 4;
            draw(&screen, &state, true);
            ck_assert_uint_eq(screen.row, 1);
        }
        state.running_listed = state.running_count = 0;
        state.slowest_count = 0;
        draw(&screen, &state, false);
        ck_assert_str_eq(line_of(&screen, 0), "$ sockdrill run");
        ck_assert(is_empty(&screen, 2));
        clear(&screen, "1 passed\n");
        ck_assert_str_eq(line_of(&screen, 1), "1 passed");
        ck_assert(is_empty(&screen, 2));
        ck_assert(!screen.has_wrapped);
    }
}
END_TEST

// Failures are printed above it, more of them than the screen has lines: of the block no line is left among them.
START_TEST(failures_above_it) {
    struct live_case running[4], slowest[3];
    struct live_state state = busy_state(running, slowest);
    struct screen screen;
    screen_init(&screen, 80, 24);
    unsigned lines = 0;
    for (char turn = 'a'; turn <= 'z'; turn++, lines += 2) {
        char const text[] = {'F', 'A', 'I', 'L', ' ', turn, '\n', ' ', ' ', turn, '\n', '\0'};
        draw(&screen, &state, true);
        clear(&screen, text);
    }
    draw(&screen, &state, true);
    unsigned const below = 8; // lines of the block
    ck_assert_uint_eq(screen.row, 24 - below);
    ck_assert_uint_eq(screen.scrolled, lines - (24 - below));
    for (unsigned i = 0; i < 24 - below; i += 2) {
        char const name = (char)('z' - (23 - below - i) / 2);
        ck_assert_str_eq(line_of(&screen, i), ((char[]){'F', 'A', 'I', 'L', ' ', name, '\0'}));
        ck_assert_str_eq(line_of(&screen, i + 1), ((char[]){' ', ' ', name, '\0'}));
    }
    clear(&screen, "");
    ck_assert(is_empty(&screen, screen.row));
}
END_TEST

// The terminal keeps the cursor in its place and cuts the lines, or folds them below it: either way nothing is left of them.
START_TEST(resized_between) {
    for (int folds = 0; folds < 2; folds++) {
        struct live_case running[4], slowest[3];
        struct live_state state = busy_state(running, slowest);
        struct screen screen;
        screen_init(&screen, 200, 24);
        clear(&screen, "above\n");
        draw(&screen, &state, true);
        for (unsigned row = 0; row < 24; row++) blank(&screen, row, 50);
        for (unsigned row = 9; folds && row < 20; row++) memcpy(screen.cells[row], "folded", 6);
        screen.columns = 50;
        draw(&screen, &state, true);
        ck_assert_str_eq(line_of(&screen, 0), "above");
        ck_assert(is_empty(&screen, 9));
        screen.columns = 20;
        draw(&screen, &state, true);
        ck_assert(is_empty(&screen, 2));
        clear(&screen, "");
        ck_assert(is_empty(&screen, 1));
        ck_assert_uint_eq(screen.row, 1);
    }
}
END_TEST

int main(void) {
    TCase *const live = tcase_create("live");
    tcase_add_test(live, no_line_wraps);
    tcase_add_test(live, what_stands_there);
    tcase_add_test(live, drawn_over_in_place);
    tcase_add_test(live, failures_above_it);
    tcase_add_test(live, resized_between);
    Suite *const suite = suite_create("console_live");
    suite_add_tcase(suite, live);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
