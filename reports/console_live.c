// The live block of a terminal: how far the run is, what is being played, and what took longest.
//
// The cursor rests at the block's beginning, never behind it: a terminal that is resized, whether it folds its lines
// anew or not, keeps the cursor where it is in the text, and so the next block lands where the last one stands.
#include "console.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH_COLUMNS_DEFAULT = 80,
    WIDTH_MIN = 40, // of a terminal that has room for more than one line
    ROWS_MIN = 12,
    LABEL_COLUMNS = 11, // "  running  "
    DURATION_COLUMNS = 6,
};

// ECMA-48: EL to the end of the line, ED to the end of the screen, CUU.
static const char CLEAR_LINE[] = "\x1b[K", CLEAR_BELOW[] = "\x1b[J";

// One that must not become wider than it may. Owned by one call.
struct line {
    const struct page *page;
    unsigned left; // columns
};

static struct line line_begin(const struct page *page) {
    unsigned const width = page->style->width ? page->style->width : WIDTH_COLUMNS_DEFAULT;
    return (struct line){page, width - 1}; // the last column may wrap already
}

// The whole of it, or nothing more on this line. `paint` PAINT_COUNT: as it is.
static void line_add(struct line *line, enum paint paint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void line_add(struct line *line, enum paint paint, const char *format, ...) {
    char text[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (strlen(text) > line->left) {
        line->left = 0;
        return;
    }
    line->left -= (unsigned)strlen(text);
    if (paint == PAINT_COUNT) buffer_text(line->page->out, text);
    else page_paint(line->page, paint, text);
}

static void line_name(struct line *line, const char *name) {
    line->left -= report_text(slice_text(name), line->left, line->page->out);
}

static uint32_t done_of(const struct suite_counts *counts) { return counts->passed + counts->failed + counts->skipped; }

// "  12/40  10 passed, 1 failed, 1 skipped  4.2s"
static void counts_line(const struct page *page, const struct live_state *state) {
    const struct suite_counts *const counts = &state->counts;
    struct line line = line_begin(page);
    char duration[DURATION_TEXT_BYTES];
    line_add(&line, PAINT_STRONG, "  %u/%u", done_of(counts), state->total);
    if (state->passed_turns) line_add(&line, PAINT_GOOD, "  %" PRIu64 " turns passed", state->passed_turns);
    if (counts->failed) line_add(&line, PAINT_BAD, "  %u failed", counts->failed);
    line_add(&line, PAINT_COUNT, "  %u passed", counts->passed);
    if (counts->flaky) line_add(&line, PAINT_CAUTION, "  %u flaky", counts->flaky);
    if (counts->skipped) line_add(&line, PAINT_CAUTION, "  %u skipped", counts->skipped);
    line_add(&line, PAINT_COUNT, "  %u running", state->running_count);
    line_add(&line, PAINT_FAINT, "  %s", duration_text((int64_t)counts->duration_ns, duration));
}

static void case_line(const struct page *page, const char *label, const struct live_case *one, uint32_t more) {
    struct line line = line_begin(page);
    char duration[DURATION_TEXT_BYTES], rest[32] = "";
    if (more) snprintf(rest, sizeof rest, "  and %u more", more);
    line_add(&line, PAINT_FAINT, "  %-*s", LABEL_COLUMNS - 2, label);
    line_add(&line, PAINT_COUNT, "%*s  ", DURATION_COLUMNS, duration_text(one->duration_ns, duration));
    unsigned const kept = strlen(rest) < line.left / 2 ? (unsigned)strlen(rest) : 0;
    line.left -= kept;
    line_name(&line, one->name);
    if (kept) buffer_text(page->out, rest);
}

static void line_break(const struct page *page) {
    buffer_text(page->out, CLEAR_LINE);
    buffer_text(page->out, "\r\n");
}

// Returns how many lines stand below the first.
static unsigned lines_render(const struct page *page, const struct live_state *state) {
    unsigned lines = 0;
    uint32_t const listed = state->running_listed < LIVE_RUNNING_MAX ? state->running_listed : LIVE_RUNNING_MAX;
    uint32_t const slowest = state->slowest_count < LIVE_SLOWEST_MAX ? state->slowest_count : LIVE_SLOWEST_MAX;
    counts_line(page, state);
    for (uint32_t i = 0; i < listed; i++, lines++) {
        line_break(page);
        case_line(page, i ? "" : "running", &state->running[i], i + 1 == listed ? state->running_count - listed : 0);
    }
    for (uint32_t i = 0; i < slowest; i++, lines++) {
        line_break(page);
        case_line(page, i ? "" : "slowest", &state->slowest[i], 0);
    }
    return lines;
}

// "  12/40  1 failed  tcp/echo": the one that has been played longest.
static void one_line(const struct page *page, const struct live_state *state) {
    struct line line = line_begin(page);
    line_add(&line, PAINT_COUNT, "  %u/%u", done_of(&state->counts), state->total);
    if (state->counts.failed) line_add(&line, PAINT_BAD, "  %u failed", state->counts.failed);
    if (!state->running_listed || line.left < 4) return;
    line_add(&line, PAINT_COUNT, "  ");
    line_name(&line, state->running[0].name);
}

void console_live(const struct live_state *state, const struct console_style *style, unsigned rows,
                  struct buffer *out) {
    struct page const page = {.style = style, .out = out};
    bool const is_small = (style->width && style->width < WIDTH_MIN) || (rows && rows < ROWS_MIN);
    buffer_text(out, "\r");
    unsigned below = 0;
    if (is_small) one_line(&page, state);
    else below = lines_render(&page, state);
    buffer_text(out, CLEAR_LINE);
    buffer_text(out, CLEAR_BELOW);
    if (below) buffer_printf(out, "\x1b[%uA", below);
    buffer_text(out, "\r");
}

void console_live_clear(struct buffer *out) {
    buffer_text(out, "\r");
    buffer_text(out, CLEAR_BELOW);
}
