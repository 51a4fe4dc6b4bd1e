#include "sinks_lines.h"

#include "sinks.h"

#include <string.h>

// Owned by one check.
struct lines {
    struct slice text;
    size_t at;     // of the next line
    size_t number; // of this one, from 1
    struct slice line;
    const char *what;
};

static void fail(const struct lines *lines, const char *why) {
    fuzz_check(false, "%s, line %zu: %s: %.*s\n%.*s", lines->what, lines->number, why, (int)lines->line.len_bytes,
               (const char *)lines->line.data, (int)lines->text.len_bytes, (const char *)lines->text.data);
}

// False: there is none any more. The last has its line break too.
static bool next(struct lines *lines) {
    if (lines->at >= lines->text.len_bytes) return false;
    const uint8_t *const start = lines->text.data + lines->at;
    const uint8_t *const end = memchr(start, '\n', lines->text.len_bytes - lines->at);
    lines->number++;
    lines->line = slice_of(start, end ? (size_t)(end - start) : lines->text.len_bytes - lines->at);
    if (!end) fail(lines, "no line break at the end");
    lines->at += lines->line.len_bytes + 1;
    return true;
}

static bool take(struct slice *text, const char *word) {
    size_t const len = strlen(word);
    if (text->len_bytes < len || memcmp(text->data, word, len) != 0) return false;
    *text = slice_of(text->data + len, text->len_bytes - len);
    return true;
}

static bool take_number(struct slice *text) {
    size_t digits = 0;
    while (digits < text->len_bytes && text->data[digits] >= '0' && text->data[digits] <= '9') digits++;
    *text = slice_of(text->data + digits, text->len_bytes - digits);
    return digits > 0;
}

static size_t blanks(struct slice text) {
    size_t count = 0;
    while (count < text.len_bytes && text.data[count] == ' ') count++;
    return count;
}

// ---- TAP

static void check_string(const struct lines *lines, struct slice rest) {
    while (rest.len_bytes && rest.data[0] != '"') {
        if (take(&rest, "\\") && (!rest.len_bytes || !strchr("\"\\", rest.data[0]))) fail(lines, "no such escape");
        rest = slice_of(rest.data + 1, rest.len_bytes - 1);
    }
    if (rest.len_bytes != 1) fail(lines, "a string does not end with its line");
}

// "key:", "key: 17", "key: "text"", "key: |"; the last has lines below it that are indented deeper.
static void check_yaml(struct lines *lines) {
    size_t literal_blanks = SIZE_MAX; // of the key whose literal block goes on
    while (next(lines)) {
        struct slice rest = lines->line;
        size_t const indent = blanks(rest);
        if (slice_is(rest, "  ...")) return;
        if (indent < 2 || indent == rest.len_bytes) fail(lines, "not indented");
        if (literal_blanks != SIZE_MAX && indent > literal_blanks) continue;
        literal_blanks = SIZE_MAX;
        rest = slice_of(rest.data + indent, rest.len_bytes - indent);
        size_t const key_blanks = take(&rest, "- ") ? indent + 2 : indent;
        size_t key = 0;
        while (key < rest.len_bytes && ((rest.data[key] >= 'a' && rest.data[key] <= 'z') || rest.data[key] == '_')) key++;
        rest = slice_of(rest.data + key, rest.len_bytes - key);
        if (!key || !take(&rest, ":")) fail(lines, "no key");
        if (!rest.len_bytes) continue;
        if (!take(&rest, " ")) fail(lines, "no blank behind the key");
        if (slice_is(rest, "|")) literal_blanks = key_blanks;
        else if (take(&rest, "\"")) check_string(lines, rest);
        else if (!take_number(&rest) || rest.len_bytes) fail(lines, "no value");
    }
    fail(lines, "a block does not end");
}

static void check_point(const struct lines *lines, struct slice rest) {
    if (!take_number(&rest) || !take(&rest, " - ")) fail(lines, "no test point");
    while (rest.len_bytes) {
        if (take(&rest, "\\\\") || take(&rest, "\\#")) continue;
        if (take(&rest, "# SKIP ")) return;
        if (rest.data[0] == '#' || rest.data[0] == '\\') fail(lines, "a bare mark");
        rest = slice_of(rest.data + 1, rest.len_bytes - 1);
    }
}

void sinks_check_tap(struct slice text, unsigned points) {
    struct lines lines = {.text = text, .what = "TAP"};
    sinks_check_console(text, false, false);
    if (!next(&lines) || !slice_is(lines.line, "TAP version 14")) fail(&lines, "no version");
    struct slice plan = next(&lines) ? lines.line : slice_of("", 0);
    if (!take(&plan, "1..") || !take_number(&plan) || plan.len_bytes) fail(&lines, "no plan");
    while (next(&lines)) {
        struct slice rest = lines.line;
        if (take(&rest, "ok ") || take(&rest, "not ok ")) {
            check_point(&lines, rest);
            if (!points--) fail(&lines, "a point too many");
        } else if (slice_is(rest, "  ---")) {
            check_yaml(&lines);
        } else if (!take(&rest, "# ") && !take(&rest, "Bail out! Interrupted, ")) {
            fail(&lines, "an unknown line");
        }
    }
    if (points) fail(&lines, "a point is missing");
}

// ---- JSON

enum { DEPTH_MAX = 12, MEMBERS_MAX = 40 };

static struct slice read_string(const struct lines *lines, struct slice *rest) {
    const uint8_t *const start = rest->data;
    if (!take(rest, "\"")) fail(lines, "no string");
    while (rest->len_bytes && rest->data[0] != '"') {
        if (take(rest, "\\u")) {
            for (unsigned i = 0; i < 4; i++, *rest = slice_of(rest->data + 1, rest->len_bytes - 1))
                if (!rest->len_bytes || !strchr("0123456789ABCDEF", rest->data[0])) fail(lines, "no hexadecimal digit");
            continue;
        }
        if (take(rest, "\\") && (!rest->len_bytes || !strchr("\"\\/bfnrt", rest->data[0]))) fail(lines, "no such escape");
        *rest = slice_of(rest->data + 1, rest->len_bytes - 1);
    }
    if (!take(rest, "\"")) fail(lines, "a string does not end");
    return slice_of(start, (size_t)(rest->data - start));
}

// Of an object or a list, as far as its last bracket; nothing of it is deeper than a line of ours.
static void read_value(const struct lines *lines, struct slice *rest, unsigned depth) {
    if (depth == DEPTH_MAX) fail(lines, "too deep");
    bool const is_object = take(rest, "{"), is_list = !is_object && take(rest, "[");
    const char *const end = is_object ? "}" : "]";
    if (!is_object && !is_list) {
        if (rest->len_bytes && rest->data[0] == '"') read_string(lines, rest);
        else if (!take(rest, "true") && !take(rest, "false") && !take_number(rest)) fail(lines, "no value");
        return;
    }
    struct slice names[MEMBERS_MAX];
    unsigned count = 0;
    for (bool is_first = true; !take(rest, end); is_first = false) {
        if (!is_first && !take(rest, ", ")) fail(lines, "no comma");
        if (is_object) {
            struct slice const name = read_string(lines, rest);
            for (unsigned i = 0; i < count; i++)
                if (slice_equal(names[i], name)) fail(lines, "a member twice");
            if (count == MEMBERS_MAX || !take(rest, ": ")) fail(lines, "too many members, or no colon");
            names[count++] = name;
        }
        read_value(lines, rest, depth + 1);
    }
}

void sinks_check_json_lines(struct slice text, unsigned count) {
    struct lines lines = {.text = text, .what = "JSON"};
    unsigned seen = 0;
    for (; next(&lines); seen++) {
        struct slice rest = lines.line;
        for (size_t i = 0; i < rest.len_bytes; i++)
            if (rest.data[i] < 0x20 || rest.data[i] > 0x7f) fail(&lines, "no ASCII");
        if (!rest.len_bytes || rest.data[0] != '{') fail(&lines, "no object");
        read_value(&lines, &rest, 0);
        if (rest.len_bytes) fail(&lines, "more than one value");
    }
    fuzz_check(seen == count, "JSON has %u lines, not %u", seen, count);
}

// ---- Mermaid

enum { DIAGRAM_BYTES_MAX = 50000 };

static void check_words(const struct lines *lines, struct slice rest) {
    while (rest.len_bytes) {
        if (take(&rest, "#")) {
            if (!take_number(&rest) || !take(&rest, ";")) fail(lines, "no entity");
            continue;
        }
        uint8_t const c = rest.data[0];
        bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && !(c && strchr(" .,:/()=+_'-", c))) fail(lines, "a mark that may be syntax");
        rest = slice_of(rest.data + 1, rest.len_bytes - 1);
    }
}

static void take_lane(const struct lines *lines, struct slice *rest, unsigned lanes) {
    unsigned lane = 0;
    if (!take(rest, "l") || !rest->len_bytes || rest->data[0] < '0' || rest->data[0] > '9') fail(lines, "no lane");
    for (; rest->len_bytes && rest->data[0] >= '0' && rest->data[0] <= '9' && lane < 1000;
         *rest = slice_of(rest->data + 1, rest->len_bytes - 1))
        lane = lane * 10 + rest->data[0] - '0';
    if (lane >= lanes) fail(lines, "a lane that is not declared");
}

static void check_statement(const struct lines *lines, unsigned *lanes, bool *in_rect) {
    static const char *const ARROWS[] = {"->>", "--)", "-x"};
    struct slice rest = lines->line;
    if (!take(&rest, "    ")) fail(lines, "no statement");
    if (slice_is(rest, "rect rgba(220, 60, 60, 0.25)") || slice_is(rest, "end")) {
        if (*in_rect == (rest.data[0] == 'r')) fail(lines, "a rectangle in another, or its end without it");
        *in_rect = !*in_rect;
        return;
    }
    if (take(&rest, "participant ") || take(&rest, "actor ")) {
        ++*lanes;
        take_lane(lines, &rest, *lanes);
        if (!take(&rest, " as ")) fail(lines, "no name");
    } else if (take(&rest, "Note right of ") || take(&rest, "Note over ")) {
        take_lane(lines, &rest, *lanes);
        if (take(&rest, ",")) take_lane(lines, &rest, *lanes);
        if (!take(&rest, ": ")) fail(lines, "no text");
    } else {
        bool is_arrow = false;
        take_lane(lines, &rest, *lanes);
        for (size_t i = 0; i < sizeof ARROWS / sizeof *ARROWS && !is_arrow; i++) is_arrow = take(&rest, ARROWS[i]);
        if (!is_arrow) fail(lines, "no arrow");
        take_lane(lines, &rest, *lanes);
        if (!take(&rest, ": ")) fail(lines, "no text");
    }
    check_words(lines, rest);
}

// Code whose backticks do not end within it.
static void check_code(const struct lines *lines, struct slice rest) {
    size_t fence = 0, run = 0;
    while (fence < rest.len_bytes && rest.data[fence] == '`') fence++;
    if (!fence) fail(lines, "no code");
    for (size_t i = fence; i < rest.len_bytes; i++) {
        run = rest.data[i] == '`' ? run + 1 : 0;
        bool const ends = run == fence && (i + 1 == rest.len_bytes || rest.data[i + 1] != '`');
        if (ends && i + 1 < rest.len_bytes) fail(lines, "code that ends early");
    }
    if (run != fence) fail(lines, "code that does not end");
}

static void check_prose(const struct lines *lines) {
    struct slice rest = lines->line;
    bool const is_outcome = take(&rest, "passed") || take(&rest, "failed") || take(&rest, "skipped");
    if (is_outcome && !take(&rest, ": ") && rest.len_bytes) fail(lines, "no outcome");
    if (!is_outcome) take(&rest, "# ");
    if (rest.len_bytes) check_code(lines, rest);
}

void sinks_check_mermaid(struct slice text) {
    struct lines lines = {.text = text, .what = "Mermaid"};
    unsigned lanes = 0;
    bool in_rect = false, in_diagram = false, ended = false;
    size_t began = 0;
    sinks_check_console(text, false, false);
    while (next(&lines)) {
        if (ended) fail(&lines, "more behind the diagram");
        if (slice_is(lines.line, "```mermaid")) {
            in_diagram = true;
            began = lines.at;
            if (!next(&lines) || !slice_is(lines.line, "sequenceDiagram")) fail(&lines, "no diagram");
        } else if (in_diagram && slice_is(lines.line, "```")) {
            ended = true;
            if (in_rect || lines.at - began > DIAGRAM_BYTES_MAX) fail(&lines, "an open rectangle, or more than is drawn");
        } else if (in_diagram) {
            check_statement(&lines, &lanes, &in_rect);
        } else {
            check_prose(&lines);
        }
    }
    if (in_diagram && !ended) fail(&lines, "a diagram that does not end");
}
