// What stands between quotes, and words: where each ends. What is inside of them is read later (string.c).
#include "lexer.h"

#include "base/utf8.h"
#include "script/script.h"

#include <string.h>

static uint32_t line_end(const struct lexer *lexer, uint32_t at) {
    const void *const found = memchr(lexer->source->text.data + at, '\n', lexer->limit - at);
    if (!found) return lexer->limit;
    uint32_t const end = (uint32_t)((const uint8_t *)found - lexer->source->text.data);
    return end > at && lexer_byte(lexer, end - 1) == '\r' ? end - 1 : end;
}

static uint32_t interpolation_end(const struct lexer *lexer, uint32_t at, unsigned depth);

// The offset of the closing quote of a "string" on one line, or 0; `at` is behind the opening one.
static uint32_t string_end(const struct lexer *lexer, uint32_t at, unsigned depth) {
    while (at < lexer->limit) {
        uint8_t const byte = lexer_byte(lexer, at);
        if (byte == '"') return at;
        if (byte == '\n') return 0;
        if (byte == '\\' && lexer_byte(lexer, at + 1) != '\n') {
            at += 2;
        } else if (byte == '$' && lexer_byte(lexer, at + 1) == '{') {
            uint32_t const close = interpolation_end(lexer, at + 2, depth + 1);
            if (close == 0) return 0;
            at = close + 1;
        } else {
            at++;
        }
    }
    return 0;
}

static uint32_t raw_end(const struct lexer *lexer, uint32_t at) {
    for (; at < lexer->limit && lexer_byte(lexer, at) != '\n'; at++) {
        if (lexer_byte(lexer, at) == '\'') return at;
    }
    return 0;
}

// An interpolation stands on one line, in a text block too: so what is unclosed is known soon.
static uint32_t interpolation_end(const struct lexer *lexer, uint32_t at, unsigned depth) {
    if (depth > SCRIPT_NESTING_MAX) return 0;
    unsigned braces = 0;
    for (; at < lexer->limit; at++) {
        switch (lexer_byte(lexer, at)) {
        case '\n': return 0;
        case '{': braces++; break;
        case '}':
            if (braces-- == 0) return at;
            break;
        case '"':
            at = string_end(lexer, at + 1, depth);
            if (at == 0) return 0;
            break;
        case '\'':
            at = raw_end(lexer, at + 1);
            if (at == 0) return 0;
            break;
        }
    }
    return 0;
}

uint32_t lexer_interpolation_end(const struct lexer *lexer, uint32_t start) {
    return interpolation_end(lexer, start, 0);
}

// Says which quote or interpolation is not closed on its line, and gives the rest of the line up.
static void unclosed_on_line(struct lexer *lexer, struct token *token) {
    token->kind = TOKEN_BAD;
    token->end = lexer->offset = line_end(lexer, token->start);
    uint8_t const quote = lexer_byte(lexer, token->start);
    for (uint32_t at = token->start + 1; quote == '"' && at + 1 < token->end; at++) {
        if (lexer_byte(lexer, at) == '"') break;
        if (lexer_byte(lexer, at) == '\\') {
            at++;
        } else if (lexer_byte(lexer, at) == '$' && lexer_byte(lexer, at + 1) == '{') {
            uint32_t const close = lexer_interpolation_end(lexer, at + 2);
            if (close == 0) {
                lexer_error(lexer, at, at + 2, "this '${' is not closed on its line");
                return;
            }
            at = close;
        }
    }
    lexer_error(lexer, token->start, token->start + 1, "this string is not closed on its line");
}

static struct token lex_string(struct lexer *lexer) {
    struct token token = {.kind = TOKEN_STRING, .start = lexer->offset, .inner_start = lexer->offset + 1};
    bool const raw = lexer_byte(lexer, token.start) == '\'';
    if (raw) token.kind = TOKEN_RAW_STRING;
    token.inner_end = raw ? raw_end(lexer, token.inner_start) : string_end(lexer, token.inner_start, 0);
    if (token.inner_end == 0) {
        unclosed_on_line(lexer, &token);
    } else {
        token.end = lexer->offset = token.inner_end + 1;
    }
    return token;
}

// The bytes are checked here, so that a quote which was forgotten is noticed at the first byte that is no digit.
static struct token lex_hex(struct lexer *lexer) {
    struct token token = {.kind = TOKEN_HEX_STRING, .start = lexer->offset};
    uint32_t at = token.inner_start = token.start + (uint32_t)strlen("hex\"");
    uint32_t digits = 0, last_digit = 0;
    for (; at < lexer->limit && lexer_byte(lexer, at) != '"'; at++) {
        uint8_t const byte = lexer_byte(lexer, at);
        if (byte_hex_value(byte) >= 0) {
            digits++;
            last_digit = at;
        } else if (!strchr(" \t\r\n", byte) || byte == 0) {
            break;
        }
    }
    token.inner_end = at;
    token.end = lexer->offset = at + 1;
    if (lexer_byte(lexer, at) != '"') {
        bool const same_line = at < line_end(lexer, token.start); // else the quote was forgotten further up
        uint32_t const close = same_line ? string_end(lexer, at, 0) : 0;
        token.kind = TOKEN_BAD;
        token.end = lexer->offset = close ? close + 1 : line_end(lexer, token.start);
        if (close) {
            lexer_error(lexer, at, at + 1, "no hexadecimal digit");
        } else {
            lexer_error(lexer, token.start, token.inner_start, "this string is not closed");
        }
    } else if (digits % 2) {
        token.kind = TOKEN_BAD;
        lexer_error(lexer, last_digit, last_digit + 1, "an odd number of hexadecimal digits: this one is half a byte");
    }
    return token;
}

static bool at_triple_quote(const struct lexer *lexer, uint32_t at) {
    return lexer_byte(lexer, at) == '"' && lexer_byte(lexer, at + 1) == '"' && lexer_byte(lexer, at + 2) == '"';
}

// The offset of the closing quotes of a text block, or 0. An interpolation that is not closed is reported.
static uint32_t block_end(struct lexer *lexer, struct token *token) {
    bool interpolates = true; // no more on a line with an unclosed one: each would look through all of it
    for (uint32_t at = token->inner_start; at < lexer->limit; at++) {
        uint8_t const byte = lexer_byte(lexer, at);
        if (byte == '\n') {
            interpolates = true;
        } else if (byte == '\\') {
            at++;
        } else if (at_triple_quote(lexer, at)) {
            return at;
        } else if (interpolates && byte == '$' && lexer_byte(lexer, at + 1) == '{') {
            uint32_t const close = lexer_interpolation_end(lexer, at + 2);
            if (close) {
                at = close;
                continue;
            }
            interpolates = false;
            token->kind = TOKEN_BAD;
            lexer_error(lexer, at, at + 2, "this '${' is not closed on its line");
        }
    }
    return 0;
}

static struct token lex_block(struct lexer *lexer) {
    bool const crlf = lexer_byte(lexer, lexer->offset) != '"';
    struct token token = {.kind = crlf ? TOKEN_CRLF_BLOCK : TOKEN_TEXT_BLOCK, .start = lexer->offset};
    uint32_t const opened = token.start + (uint32_t)(crlf ? strlen("crlf\"\"\"") : strlen("\"\"\""));
    uint32_t at = opened;
    while (lexer_byte(lexer, at) == ' ' || lexer_byte(lexer, at) == '\t' || lexer_byte(lexer, at) == '\r') at++;
    token.inner_start = at;
    bool const good_head = at >= lexer->limit || lexer_byte(lexer, at) == '\n';
    if (at < lexer->limit && good_head) token.inner_start = at + 1;

    uint32_t const before_end = lexer->reported_end; // the opening is complained of first, though it is known last
    token.inner_end = block_end(lexer, &token);
    if (token.inner_end == 0) {
        token.kind = TOKEN_BAD;
        lexer->reported_end = before_end;
        lexer_error(lexer, token.start, opened, "this text block is not closed");
        lexer->reported_end = lexer->limit;
        lexer->cut_off = true;
        token.end = lexer->offset = lexer->limit;
        return token;
    }
    token.end = lexer->offset = token.inner_end + 3;
    if (!good_head) {
        token.kind = TOKEN_BAD;
        lexer_error(lexer, opened, opened + 1, "a text block begins on the line after its opening quotes");
    }
    return token;
}

struct token lexer_quoted(struct lexer *lexer) {
    uint8_t const byte = lexer_byte(lexer, lexer->offset);
    if (byte == 'h') return lex_hex(lexer);
    if (byte == 'c' || at_triple_quote(lexer, lexer->offset)) return lex_block(lexer);
    return lex_string(lexer);
}

static bool word_ends(const struct lexer *lexer, uint8_t byte, unsigned open_brackets) {
    if (byte == ']') return lexer->brackets && open_brackets == 0; // a list's, and not of [::1]
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == ',' || byte == ')' || byte == '{' ||
           byte == '}' || byte == '#';
}

struct token lexer_word(struct lexer *lexer) {
    lexer_skip_blanks(lexer);
    struct token token = {.kind = TOKEN_NOTHING, .start = lexer->offset, .end = lexer->offset};
    uint8_t const first = lexer_byte(lexer, lexer->offset);
    if (lexer->offset < lexer->limit && (first == '"' || first == '\'')) return lex_string(lexer);

    unsigned open_brackets = 0;
    while (lexer->offset < lexer->limit && !word_ends(lexer, lexer_byte(lexer, lexer->offset), open_brackets)) {
        uint8_t const byte = lexer_byte(lexer, lexer->offset);
        uint32_t code_point;
        unsigned const len = utf8_decode(lexer_slice(lexer, lexer->offset, lexer->limit), &code_point);
        if (byte == '[') open_brackets++;
        if (byte == ']' && open_brackets) open_brackets--;
        if (len && utf8_printable(code_point)) {
            lexer->offset += len;
            if (token.kind == TOKEN_NOTHING) token.kind = TOKEN_WORD;
        } else {
            token.kind = TOKEN_BAD;
            lexer_bad_character(lexer);
        }
    }
    token.end = lexer->offset;
    return token;
}

// A `/` in a class ends nothing, and a `]` that is first in a class is of it; pcre2pattern(3).
static uint32_t regex_end(const struct lexer *lexer, uint32_t at) {
    bool in_class = false;
    for (; at < lexer->limit && lexer_byte(lexer, at) != '\n'; at++) {
        uint8_t const byte = lexer_byte(lexer, at);
        if (byte == '\\' && lexer_byte(lexer, at + 1) != '\n') {
            at++;
        } else if (in_class) {
            in_class = byte != ']';
        } else if (byte == '/') {
            return at;
        } else if (byte == '[') {
            in_class = true;
            if (lexer_byte(lexer, at + 1) == '^') at++;
            if (lexer_byte(lexer, at + 1) == ']') at++;
        }
    }
    return 0;
}

struct token lexer_regex(struct lexer *lexer) {
    lexer_skip_blanks(lexer);
    struct token token = {.kind = TOKEN_NOTHING, .start = lexer->offset, .end = lexer->offset};
    if (lexer_byte(lexer, lexer->offset) != '/') return token;
    token.kind = TOKEN_REGEX;
    token.inner_start = token.start + 1;
    token.inner_end = regex_end(lexer, token.inner_start);
    token.end = lexer->offset = token.inner_end + 1;
    if (token.inner_end == 0) {
        token.kind = TOKEN_BAD;
        token.end = lexer->offset = line_end(lexer, token.start);
        lexer_error(lexer, token.start, token.start + 1, "this regular expression is not closed on its line");
    }
    return token;
}

struct token lexer_library(struct lexer *lexer) {
    lexer_skip_blanks(lexer);
    struct token token = {.kind = TOKEN_NOTHING, .start = lexer->offset, .end = lexer->offset};
    if (lexer_byte(lexer, lexer->offset) != '<') return token;
    token.kind = TOKEN_LIBRARY;
    token.inner_start = token.inner_end = token.start + 1;
    uint32_t const limit = line_end(lexer, token.start);
    while (token.inner_end < limit && lexer_byte(lexer, token.inner_end) != '>') token.inner_end++;
    token.end = lexer->offset = token.inner_end + 1;
    if (token.inner_end == limit) {
        token.kind = TOKEN_BAD;
        token.end = lexer->offset = limit;
        lexer_error(lexer, token.start, token.start + 1, "this library's name is not closed on its line");
    }
    return token;
}
