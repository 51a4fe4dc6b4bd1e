#include "sinks.h"

#include <string.h>

// The sequence at `at`, RFC 3629's table row by row; 0 where there is none.
static size_t sequence(struct slice text, size_t at, uint32_t *code_point) {
    static const struct {
        uint8_t first_low, first_high, second_low, second_high, length;
    } ROWS[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const uint8_t *const bytes = text.data + at;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        if (bytes[0] < ROWS[i].first_low || bytes[0] > ROWS[i].first_high) continue;
        if (ROWS[i].length > text.len_bytes - at) return 0;
        if (ROWS[i].length > 1 && (bytes[1] < ROWS[i].second_low || bytes[1] > ROWS[i].second_high)) return 0;
        uint32_t point = ROWS[i].length == 1 ? bytes[0] : bytes[0] & (0x7fu >> ROWS[i].length);
        for (size_t k = 1; k < ROWS[i].length; k++) {
            if (bytes[k] < 0x80 || bytes[k] > 0xbf) return 0;
            point = point << 6 | (bytes[k] & 0x3f);
        }
        *code_point = point;
        return ROWS[i].length;
    }
    return 0;
}

// ---- a terminal

static bool turns_or_hides(uint32_t point) {
    return (point >= 0x200b && point <= 0x200f) || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x2060 && point <= 0x2069) || point == 0xfeff;
}

static size_t escape(struct slice text, size_t at, bool colour, bool live) {
    static const char *const COLOURS[] = {"\x1b[0m", "\x1b[32m", "\x1b[1;31m", "\x1b[33m", "\x1b[1m", "\x1b[2m"};
    static const char *const CLEARS[] = {"\x1b[K", "\x1b[J"};
    size_t const left = text.len_bytes - at;
    for (size_t i = 0; colour && i < sizeof COLOURS / sizeof *COLOURS; i++) {
        size_t const len = strlen(COLOURS[i]);
        if (len <= left && memcmp(text.data + at, COLOURS[i], len) == 0) return len;
    }
    for (size_t i = 0; live && i < sizeof CLEARS / sizeof *CLEARS; i++)
        if (left >= 3 && memcmp(text.data + at, CLEARS[i], 3) == 0) return 3;
    bool const goes_up = live && left >= 4 && text.data[at + 1] == '[' && text.data[at + 2] >= '1' &&
                         text.data[at + 2] <= '9' && text.data[at + 3] == 'A';
    return goes_up ? 4 : 0;
}

void sinks_check_console(struct slice text, bool colour, bool live) {
    for (size_t at = 0; at < text.len_bytes;) {
        uint32_t point = 0;
        size_t len = text.data[at] == 0x1b ? escape(text, at, colour, live) : sequence(text, at, &point);
        fuzz_check(len > 0, "at byte %zu of %zu the console has byte 0x%02x", at, text.len_bytes, text.data[at]);
        bool const is_control = point && (point < 0x20 || (point >= 0x7f && point < 0xa0));
        bool const may = point == '\n' || (live && point == '\r');
        fuzz_check(!is_control || may, "at byte %zu the console has the control U+%04X", at, point);
        fuzz_check(point || text.data[at] == 0x1b, "at byte %zu the console has a zero byte", at);
        fuzz_check(!turns_or_hides(point), "at byte %zu the console has U+%04X", at, point);
        at += len;
    }
}

// ---- XML

enum { DEPTH_MAX = 16, ATTRIBUTES_MAX = 16 };

struct reader {
    struct slice text;
    size_t at;
    const char *what;
    struct slice open[DEPTH_MAX]; // names of the elements that are open
    unsigned depth;
    bool is_page; // HTML in the syntax of XML
};

static void fail(const struct reader *reader, const char *why) {
    fuzz_check(false, "%s, byte %zu: %s\n%.*s", reader->what, reader->at, why, (int)reader->text.len_bytes,
               (const char *)reader->text.data);
}

static bool at_end(const struct reader *reader) {
    return reader->at >= reader->text.len_bytes;
}

static uint8_t peek(const struct reader *reader) {
    return at_end(reader) ? 0 : reader->text.data[reader->at];
}

static bool take(struct reader *reader, const char *word) {
    size_t const len = strlen(word);
    if (reader->text.len_bytes - reader->at < len || memcmp(reader->text.data + reader->at, word, len) != 0)
        return false;
    reader->at += len;
    return true;
}

static void need(struct reader *reader, const char *word) {
    if (!take(reader, word)) fail(reader, word);
}

static void skip_blanks(struct reader *reader) {
    while (peek(reader) == ' ' || peek(reader) == '\t' || peek(reader) == '\n' || peek(reader) == '\r') reader->at++;
}

static bool is_char(uint32_t point) {
    return point == 0x9 || point == 0xa || point == 0xd || (point >= 0x20 && point <= 0xd7ff) ||
           (point >= 0xe000 && point <= 0xfffd) || (point >= 0x10000 && point <= 0x10ffff);
}

static void read_reference(struct reader *reader) {
    static const char *const ENTITIES[] = {"amp;", "lt;", "gt;", "quot;", "apos;"};
    for (size_t i = 0; i < sizeof ENTITIES / sizeof *ENTITIES; i++) {
        if (take(reader, ENTITIES[i])) return;
    }
    need(reader, "#");
    uint32_t point = 0;
    unsigned digits = 0;
    for (; peek(reader) >= '0' && peek(reader) <= '9' && digits < 8; digits++)
        point = point * 10 + peek(reader) - '0', reader->at++;
    if (!digits || !is_char(point)) fail(reader, "a reference to no character");
    need(reader, ";");
}

// Up to the byte `end`, which stays.
static void read_characters(struct reader *reader, uint8_t end) {
    while (!at_end(reader) && peek(reader) != end) {
        uint32_t point = 0;
        if (peek(reader) == '<') fail(reader, "a bare <");
        if (take(reader, "&")) {
            read_reference(reader);
            continue;
        }
        if (end == '<' && take(reader, "]]>")) fail(reader, "]]> in character data");
        size_t const len = sequence(reader->text, reader->at, &point);
        if (!len) fail(reader, "no UTF-8");
        if (!is_char(point)) fail(reader, "no character of XML");
        if (point < 0x20 && point != '\n' && point != '\t')
            fail(reader, "a return, which a reader takes for a line break");
        reader->at += len;
    }
}

static struct slice read_name(struct reader *reader) {
    size_t const start = reader->at;
    while ((peek(reader) >= 'a' && peek(reader) <= 'z') || (reader->at > start && peek(reader) == '-') ||
           (reader->at > start && peek(reader) >= 'A' && peek(reader) <= 'Z') || // rerunFailure, stackTrace
           (reader->is_page && reader->at > start && peek(reader) >= '0' && peek(reader) <= '9')) // h1, x2
        reader->at++;
    if (reader->at == start) fail(reader, "no name");
    return slice_of(reader->text.data + start, reader->at - start);
}

static bool is_one_of(struct slice name, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (slice_is(name, words[i])) return true;
    return false;
}

// Nothing that runs, loads or leads out of the report.
static void check_attribute(const struct reader *reader, struct slice name, struct slice value) {
    static const char *const FORBIDDEN[] = {"src", "srcset", "style", "action", "formaction", "data", "ping", "background", "srcdoc"};
    if (name.len_bytes > 2 && memcmp(name.data, "on", 2) == 0) fail(reader, "an attribute that is a script");
    if (is_one_of(name, FORBIDDEN, sizeof FORBIDDEN / sizeof *FORBIDDEN)) fail(reader, "an attribute that loads");
    if (!slice_is(name, "href")) return;
    for (size_t i = value.len_bytes && value.data[0] == '#'; i < value.len_bytes; i++) {
        uint8_t const byte = value.data[i];
        bool const is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                              byte == '.' || byte == '_' || byte == '-';
        if (!is_plain) fail(reader, "a link out of the report");
    }
}

static void check_element(const struct reader *reader, struct slice name) {
    static const char *const FORBIDDEN[] = {"script", "iframe", "object", "embed", "link",   "form",          "img",
                                            "base",   "image",  "use",    "video", "audio", "foreignObject", "animate"};
    if (is_one_of(name, FORBIDDEN, sizeof FORBIDDEN / sizeof *FORBIDDEN)) fail(reader, "an element that runs or loads");
}

// False: `/>` ended it at once.
static bool read_attributes(struct reader *reader) {
    struct slice names[ATTRIBUTES_MAX];
    unsigned count = 0;
    for (;;) {
        size_t const before = reader->at;
        skip_blanks(reader);
        if (take(reader, "/>")) return false;
        if (take(reader, ">")) return true;
        if (reader->at == before) fail(reader, "no blank before an attribute");
        struct slice const name = read_name(reader);
        for (unsigned i = 0; i < count; i++) {
            if (slice_equal(names[i], name)) fail(reader, "an attribute twice");
        }
        if (count == ATTRIBUTES_MAX) fail(reader, "too many attributes");
        names[count++] = name;
        need(reader, "=\"");
        size_t const value = reader->at;
        read_characters(reader, '"');
        if (reader->is_page) check_attribute(reader, name, slice_of(reader->text.data + value, reader->at - value));
        need(reader, "\"");
    }
}

static void read_tag(struct reader *reader) {
    if (take(reader, "</")) {
        struct slice const name = read_name(reader);
        if (!reader->depth || !slice_equal(reader->open[reader->depth - 1], name))
            fail(reader, "closes what is not open");
        reader->depth--;
        need(reader, ">");
        return;
    }
    need(reader, "<");
    struct slice const name = read_name(reader);
    if (reader->is_page) check_element(reader, name);
    if (!read_attributes(reader)) return;
    if (reader->depth == DEPTH_MAX) fail(reader, "too deep");
    reader->open[reader->depth++] = name;
}

static void read_root(struct reader *reader) {
    do {
        read_tag(reader);
        if (reader->depth) read_characters(reader, '<');
    } while (reader->depth && !at_end(reader));
    skip_blanks(reader);
    if (reader->depth) fail(reader, "an element is not closed");
    if (!at_end(reader)) fail(reader, "more than one root");
}

void sinks_check_xml(struct slice text, const char *what) {
    struct reader reader = {.text = text, .what = what};
    need(&reader, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    read_root(&reader);
}

void sinks_check_page(struct slice text) {
    enum { PAGE_BYTES_MAX = 2 * 1024 * 1024 };
    struct reader reader = {.text = text, .what = "html", .is_page = true};
    fuzz_check(text.len_bytes < PAGE_BYTES_MAX, "a page of %zu bytes", text.len_bytes);
    need(&reader, "<!DOCTYPE html>\n");
    read_root(&reader);
    for (size_t at = 0, len; at < text.len_bytes; at += len) {
        uint32_t point = 0;
        len = sequence(text, at, &point);
        fuzz_check(len && !turns_or_hides(point), "at byte %zu the page has U+%04X", at, point);
    }
}
