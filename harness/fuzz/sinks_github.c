#include "sinks_github.h"

#include "sinks.h"

#include <string.h>

static void fail(struct slice line, const char *why) {
    fuzz_check(false, "GitHub: %s: %.*s", why, (int)line.len_bytes, (const char *)line.data);
}

static bool take(struct slice *text, const char *word) {
    size_t const len = strlen(word);
    if (text->len_bytes < len || memcmp(text->data, word, len) != 0) return false;
    *text = slice_of(text->data + len, text->len_bytes - len);
    return true;
}

static unsigned take_number(struct slice *text) {
    unsigned number = 0;
    for (; text->len_bytes && text->data[0] >= '0' && text->data[0] <= '9';
         *text = slice_of(text->data + 1, text->len_bytes - 1))
        number = number * 10 + (unsigned)(text->data[0] - '0');
    return number;
}

static struct slice next_line(struct slice *text) {
    const uint8_t *const end = memchr(text->data, '\n', text->len_bytes);
    if (!end) fail(*text, "no line break at the end");
    struct slice const line = slice_of(text->data, (size_t)(end - text->data));
    *text = slice_of(end + 1, text->len_bytes - line.len_bytes - 1);
    return line;
}

// ---- commands

static void check_escapes(struct slice line, struct slice text, const char *const escapes[]) {
    while (text.len_bytes) {
        bool known = text.data[0] != '%';
        for (size_t i = 0; escapes[i] && !known; i++) known = take(&text, escapes[i]);
        if (!known) fail(line, "an escape that is none");
        if (text.len_bytes && text.data[0] != '%') text = slice_of(text.data + 1, text.len_bytes - 1);
    }
}

// Up to what ends it.
static void take_property(struct slice line, struct slice *rest, const char *name, char end) {
    static const char *const ESCAPES[] = {"%25", "%0D", "%0A", "%3A", "%2C", NULL};
    size_t len = 0;
    if (!take(rest, name)) fail(line, name);
    while (len < rest->len_bytes && rest->data[len] != ',' && rest->data[len] != ':') len++;
    if (!len || len == rest->len_bytes || rest->data[len] != end) fail(line, "a property is empty, or does not end");
    check_escapes(line, slice_of(rest->data, len), ESCAPES);
    *rest = slice_of(rest->data + len, rest->len_bytes - len);
}

static void take_place(struct slice line, struct slice *rest) {
    take_property(line, rest, "file=", ',');
    if (!take(rest, ",line=")) fail(line, "no line");
    unsigned const first = take_number(rest);
    if (!take(rest, ",endLine=")) fail(line, "no last line");
    unsigned const last = take_number(rest);
    if (!first || last < first) fail(line, "lines that are none");
    if (take(rest, ",col=")) {
        unsigned const begin = take_number(rest), end = take(rest, ",endColumn=") ? take_number(rest) : 0;
        if (!begin || end < begin || first != last) fail(line, "columns that are none");
    }
    if (!take(rest, ",")) fail(line, "nothing behind the place");
}

static void check_command(struct slice line) {
    static const char *const ESCAPES[] = {"%25", "%0D", "%0A", NULL};
    struct slice rest = line;
    if (!take(&rest, "::error ") && !take(&rest, "::warning ") && !take(&rest, "::notice ")) fail(line, "no command");
    if (slice_find(rest, slice_text("title=not begun::")) != 0) take_place(line, &rest); // of what is no case
    take_property(line, &rest, "title=", ':');
    if (!take(&rest, "::") || !rest.len_bytes) fail(line, "no message");
    check_escapes(line, rest, ESCAPES);
}

void sinks_check_github(struct slice text) {
    sinks_check_console(text, false, false);
    while (text.len_bytes) check_command(next_line(&text));
}

// ---- a log

// A line of the runner's ends with \r too, and of its blanks some are no ASCII.
void sinks_check_log(struct slice text) {
    fuzz_check(slice_find(text, slice_text("##[")) < 0, "a log has ##[");
    for (size_t at = 0; at < text.len_bytes; at++) {
        while (at < text.len_bytes && (text.data[at] <= ' ' || text.data[at] >= 0x80)) at++;
        struct slice const line = slice_of(text.data + at, text.len_bytes - at);
        struct slice rest = line;
        if (take(&rest, "::")) fail(line, "a command in a log");
        while (at < text.len_bytes && text.data[at] != '\n' && text.data[at] != '\r') at++;
    }
}

// ---- a summary

enum { DEPTH_MAX = 4 };

static struct slice take_tag(struct slice text, struct slice *rest) {
    static const char *const NAMES[] = {"details>", "summary>", "b>", "code>", "pre>", "p>"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (take(rest, NAMES[i])) return slice_text(NAMES[i]);
    fail(text, "an unknown element");
    return text;
}

static void check_markup(struct slice text) {
    struct slice open[DEPTH_MAX], rest = text;
    unsigned depth = 0;
    while (rest.len_bytes) {
        if (take(&rest, "</")) {
            if (!depth || !slice_equal(open[--depth], take_tag(text, &rest))) fail(text, "an element ends that is not open");
        } else if (take(&rest, "<")) {
            if (depth == DEPTH_MAX) fail(text, "too deep");
            open[depth++] = take_tag(text, &rest);
        } else if (take(&rest, "&")) {
            if (!take(&rest, "amp;") && !take(&rest, "lt;") && !take(&rest, "gt;") && !take(&rest, "quot;"))
                fail(text, "an unknown entity");
        } else {
            if (!depth && strchr("[]!`*_\\~@", rest.data[0])) fail(text, "a mark that may be Markdown's");
            rest = slice_of(rest.data + 1, rest.len_bytes - 1);
        }
    }
    if (depth) fail(text, "an element does not end");
}

void sinks_check_summary(struct slice text, size_t bytes_max) {
    struct slice rest = text;
    sinks_check_console(text, false, false);
    fuzz_check(text.len_bytes <= bytes_max, "a summary of %zu bytes, not %zu", text.len_bytes, bytes_max);
    if (text.len_bytes && !take(&rest, "### sockdrill: ")) fail(text, "no heading");
    check_markup(text);
}
