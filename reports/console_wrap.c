// Lines that are longer than the terminal is wide: text goes on below, indented with its line; what stands in columns
// is cut.
#include "console.h"

#include "base/utf8.h"

#include <string.h>

enum {
    CONTINUED_COLUMNS = 2, // deeper than the line's own indent
    WIDTH_MIN = 20,        // what is narrower wraps by itself
};
static const char ELLIPSIS[] = "...";

// A piece of a line as a terminal takes it: an escape that colours, a character, or a byte of neither.
struct unit {
    size_t len_bytes;
    unsigned columns;
};

static struct unit unit_at(struct slice text, size_t at) {
    struct slice const rest = slice_of(text.data + at, text.len_bytes - at);
    if (rest.data[0] == 0x1b) {
        const uint8_t *const end = memchr(rest.data, 'm', rest.len_bytes);
        if (end) return (struct unit){(size_t)(end - rest.data) + 1, 0};
    }
    uint32_t code_point;
    unsigned const len = utf8_decode(rest, &code_point);
    if (!len) return (struct unit){1, 1};
    return (struct unit){len, utf8_columns(code_point)};
}

static unsigned text_columns(struct slice text) {
    unsigned columns = 0;
    for (size_t at = 0; at < text.len_bytes;) {
        struct unit const unit = unit_at(text, at);
        columns += unit.columns;
        at += unit.len_bytes;
    }
    return columns;
}

static size_t blanks(struct slice text) {
    size_t count = 0;
    while (count < text.len_bytes && text.data[count] == ' ') count++;
    return count;
}

static struct slice without_blank_end(struct slice text) {
    while (text.len_bytes && text.data[text.len_bytes - 1] == ' ') text.len_bytes--;
    return text;
}

static struct slice behind(struct slice text, size_t len_bytes) {
    return slice_of(text.data + len_bytes, text.len_bytes - len_bytes);
}

// How much of the text fits into so many columns: as far as a blank where there is one behind its first word, else as
// far as a character; never nothing.
static size_t fitting(struct slice text, unsigned columns) {
    unsigned used = 0;
    size_t at = 0, at_blank = 0;
    while (at < text.len_bytes) {
        struct unit const unit = unit_at(text, at);
        if (at && used + unit.columns > columns) return at_blank ? at_blank : at;
        if (text.data[at] == ' ' && at) at_blank = at;
        used += unit.columns;
        at += unit.len_bytes;
    }
    return at;
}

static void line_wrap(struct slice line, unsigned width, struct buffer *out) {
    size_t const own = blanks(line) < width / 2 ? blanks(line) : width / 2;
    unsigned const further = (unsigned)own + CONTINUED_COLUMNS;
    struct slice rest = behind(line, own);
    buffer_repeat(out, ' ', own);
    unsigned left = width - (unsigned)own;
    while (text_columns(rest) > left) {
        size_t const len = fitting(rest, left);
        buffer_slice(out, without_blank_end(slice_of(rest.data, len)));
        rest = behind(rest, len);
        rest = behind(rest, blanks(rest));
        if (!rest.len_bytes) break;
        buffer_text(out, "\n");
        buffer_repeat(out, ' ', further);
        left = width - further;
    }
    buffer_slice(out, rest);
}

static bool is_marks(struct slice line) {
    for (size_t i = 0; i < line.len_bytes; i++)
        if (!strchr(" |^~", line.data[i])) return false;
    return true;
}

static void line_cut(struct slice line, unsigned width, struct buffer *out) {
    bool const marks = is_marks(line);
    unsigned const most = marks ? width : width - (unsigned)strlen(ELLIPSIS);
    unsigned used = 0;
    size_t at = 0;
    while (at < line.len_bytes) {
        struct unit const unit = unit_at(line, at);
        if (used + unit.columns > most) break;
        used += unit.columns;
        at += unit.len_bytes;
    }
    buffer_add(out, line.data, at);
    if (!marks) buffer_text(out, ELLIPSIS);
}

static void lines_fit(const struct page *page, size_t from, void (*fit)(struct slice, unsigned, struct buffer *)) {
    unsigned const width = page->style->width;
    if (!width) return;
    while (from > 0 && page->out->data[from - 1] != '\n') from--; // a line is one as a whole
    struct buffer text = {0};
    buffer_add(&text, page->out->data + from, page->out->len_bytes - from);
    page->out->len_bytes = from;
    for (struct slice rest = buffer_view(&text); rest.len_bytes;) {
        const uint8_t *const line_break = memchr(rest.data, '\n', rest.len_bytes);
        size_t const len = line_break ? (size_t)(line_break - rest.data) : rest.len_bytes;
        struct slice const line = slice_of(rest.data, len);
        if (text_columns(line) > width) fit(line, width < WIDTH_MIN ? WIDTH_MIN : width, page->out);
        else buffer_slice(page->out, line);
        if (line_break) buffer_text(page->out, "\n");
        rest = behind(rest, len + (line_break != NULL));
    }
    buffer_fini(&text);
}

void page_wrap(const struct page *page, size_t from) { lines_fit(page, from, line_wrap); }

void page_cut(const struct page *page, size_t from) { lines_fit(page, from, line_cut); }
