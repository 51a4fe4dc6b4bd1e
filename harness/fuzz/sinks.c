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
    static const char CLEAR[] = "\x1b[K";
    size_t const left = text.len_bytes - at;
    for (size_t i = 0; colour && i < sizeof COLOURS / sizeof *COLOURS; i++) {
        size_t const len = strlen(COLOURS[i]);
        if (len <= left && memcmp(text.data + at, COLOURS[i], len) == 0) return len;
    }
    return live && left >= sizeof CLEAR - 1 && memcmp(text.data + at, CLEAR, sizeof CLEAR - 1) == 0 ? sizeof CLEAR - 1
                                                                                                    : 0;
}

void sinks_check_console(struct slice text, bool colour, bool live) {
    for (size_t at = 0; at < text.len_bytes;) {
        uint32_t point = 0;
        size_t len = text.data[at] == 0x1b ? escape(text, at, colour, live) : sequence(text, at, &point);
        fuzz_check(len > 0, "at byte %zu of %zu the console has byte 0x%02x", at, text.len_bytes, text.data[at]);
        bool const is_control = point && (point < 0x20 || (point >= 0x7f && point < 0xa0));
        bool const may = point == '\n' || (live && point == '\r' && at == 0);
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
    while ((peek(reader) >= 'a' && peek(reader) <= 'z') || (reader->at > start && peek(reader) == '-')) reader->at++;
    if (reader->at == start) fail(reader, "no name");
    return slice_of(reader->text.data + start, reader->at - start);
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
        read_characters(reader, '"');
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
    if (!read_attributes(reader)) return;
    if (reader->depth == DEPTH_MAX) fail(reader, "too deep");
    reader->open[reader->depth++] = name;
}

void sinks_check_xml(struct slice text, const char *what) {
    struct reader reader = {.text = text, .what = what};
    need(&reader, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    do {
        read_tag(&reader);
        if (reader.depth) read_characters(&reader, '<');
    } while (reader.depth && !at_end(&reader));
    skip_blanks(&reader);
    if (reader.depth) fail(&reader, "an element is not closed");
    if (!at_end(&reader)) fail(&reader, "more than one root");
}
