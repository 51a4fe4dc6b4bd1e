// Texts as Check's log, XML and TAP carry them. Its XML drops every byte outside of ASCII from messages, and writes
// names and paths as they are; its TAP writes all as it is, so that further lines must be comments, and no # may begin
// a directive.
#include "bridge.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// ---- characters

// Of a character of UTF-8, how many bytes; 0: it is none. RFC 3629
static size_t read_character(const unsigned char *bytes, uint32_t *code) {
    static const struct {
        unsigned char mask, mark;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t len = 1; len <= 4; len++) {
        if ((bytes[0] & forms[len - 1].mask) != forms[len - 1].mark) continue;
        *code = bytes[0] & (unsigned char)~forms[len - 1].mask;
        for (size_t i = 1; i < len; i++) {
            if ((bytes[i] & 0xc0) != 0x80) return 0; // its NUL too
            *code = *code << 6 | (bytes[i] & 0x3f);
        }
        bool const is_surrogate = *code >= 0xd800 && *code <= 0xdfff;
        return *code < forms[len - 1].least || is_surrogate || *code > 0x10ffff ? 0 : len;
    }
    return 0;
}

static bool is_control(uint32_t code) {
    return code < ' ' || (code >= 0x7f && code < 0xa0) || code == 0xfffe || code == 0xffff;
}

// "# skip", "#TODO" at the end of a test's line change what the line says.
static bool is_directive(const char *text) {
    if (text[0] != '#') return false;
    const char *const word = text + 1 + strspn(text + 1, " \t");
    return strncasecmp(word, "skip", 4) == 0 || strncasecmp(word, "todo", 4) == 0;
}

// ---- messages

static size_t add_for_message(struct sockdrill_text *to, const char *text, bool is_first_line) {
    uint32_t code = 0;
    size_t const len = read_character((const unsigned char *)text, &code);
    if (len == 0) sockdrill_text_print(to, "\\x%02x", (unsigned)(unsigned char)text[0]);
    else if (code >= 0x80) sockdrill_text_print(to, "\\u{%x}", (unsigned)code);
    else if (is_control(code) && code != '\t') sockdrill_text_print(to, "\\x%02x", (unsigned)code);
    else if (is_first_line && is_directive(text)) sockdrill_text_add(to, "\\#", 2);
    else sockdrill_text_add(to, text, 1);
    return len ? len : 1;
}

static size_t count_lines(const char *text) {
    size_t count = 0;
    for (; *text; text++) count += *text == '\n' || !text[1];
    return count;
}

// A whole line, but for what a first one alone would have too much.
static void cut(struct sockdrill_text *made, size_t max_bytes, size_t lines_left) {
    char words[96];
    int const len = snprintf(words, sizeof words, "\n# ... %zu more lines: all of it is on standard error", lines_left);
    size_t keep = max_bytes > (size_t)len ? max_bytes - (size_t)len : 0;
    if (made->len_bytes > keep) made->len_bytes = keep;
    sockdrill_text_add(made, words, (size_t)len);
}

char *sockdrill_message_for_check(const char *text, size_t max_bytes, bool *is_cut) {
    struct sockdrill_text made = {0};
    size_t line = 0, whole_bytes = 0, whole_lines = 0; // what surely leaves room for the words about the rest
    const char *const begin = text;
    *is_cut = false;
    while (*text) {
        if (*text == '\n') {
            if (made.len_bytes + 96 <= max_bytes) whole_bytes = made.len_bytes, whole_lines = line + 1;
            line++;
            text++;
            if (*text) sockdrill_text_print(&made, *text == '\n' ? "\n#" : "\n# ");
        } else {
            text += add_for_message(&made, text, line == 0);
        }
    }
    if (made.len_bytes > max_bytes) {
        *is_cut = true;
        if (whole_bytes) made.len_bytes = whole_bytes;
        cut(&made, max_bytes, count_lines(begin) - whole_lines);
    }
    return sockdrill_need(made.bytes ? made.bytes : strdup(""));
}

// ---- names

char *sockdrill_name_for_check(const char *name) {
    struct sockdrill_text made = {0};
    for (size_t len; *name; name += len ? len : 1) {
        uint32_t code = 0;
        len = read_character((const unsigned char *)name, &code);
        if (len == 0 || is_control(code)) sockdrill_text_print(&made, "\\x%02x", (unsigned)(unsigned char)name[0]);
        else if (*name == '<') sockdrill_text_print(&made, "\uff1c"); // the full-width forms
        else if (*name == '>') sockdrill_text_print(&made, "\uff1e");
        else if (*name == '&') sockdrill_text_print(&made, "\uff06");
        else if (is_directive(name)) sockdrill_text_add(&made, "\\#", 2);
        else sockdrill_text_add(&made, name, len);
    }
    return sockdrill_need(made.bytes ? made.bytes : strdup(""));
}
