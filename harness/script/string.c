// What stands between quotes: escapes, interpolations, and the margins of text blocks (JLS 3.10.6, JEP 378).
#include "parser.h"

#include "base/utf8.h"

#include <string.h>

// A string while it is read.
struct reading {
    struct parser *parser;
    struct expr *expr;
    uint32_t at, end;      // in the source
    bool block, crlf;
    uint32_t margin;       // of a block: what is taken off each line's start
    uint8_t *bytes;        // parts point into them, so what has grown stays where it was, too
    uint32_t count;        // of bytes so far
    uint32_t capacity;
    uint32_t part_start;   // the first byte that is in no part yet
    uint32_t trim_floor;   // trailing blanks go back to here at the most
};

// Room for that many bytes more: at first for all that the quotes can hold, but for a block's CRLFs.
static void reserve(struct reading *reading, uint32_t more) {
    if (reading->capacity - reading->count >= more) return;
    uint32_t capacity = reading->capacity ? 2 * reading->capacity : reading->end - reading->expr->span.start;
    while (capacity - reading->count < more) capacity *= 2;
    uint8_t *const bytes = arena_alloc(reading->parser->arena, capacity);
    if (reading->count) memcpy(bytes, reading->bytes, reading->count);
    reading->bytes = bytes;
    reading->capacity = capacity;
}

static void put(struct reading *reading, uint8_t byte) {
    reserve(reading, 1);
    reading->bytes[reading->count++] = byte;
}

static struct string_part *part_new(struct reading *reading) {
    struct expr *const expr = reading->expr;
    expr->parts = arena_grow(reading->parser->arena, expr->parts, expr->part_count, sizeof *expr->parts);
    return &expr->parts[expr->part_count++];
}

static void flush(struct reading *reading) {
    if (reading->count == reading->part_start) return;
    struct slice const bytes = slice_of(reading->bytes + reading->part_start, reading->count - reading->part_start);
    *part_new(reading) = (struct string_part){.bytes = bytes};
    reading->part_start = reading->count;
}

static const uint8_t ESCAPES[128] = {
    ['a'] = '\a', ['b'] = '\b', ['e'] = 0x1b, ['f'] = '\f', ['n'] = '\n', ['r'] = '\r',   ['s'] = ' ',
    ['t'] = '\t', ['v'] = '\v', ['"'] = '"',  ['$'] = '$',  ['\''] = '\'', ['\\'] = '\\',
};

// \xNN, \uNNNN or \UNNNNNNNN: its digits follow at `at`. Answers their value, or -1.
static int64_t hex_digits(struct reading *reading, unsigned digits) {
    int64_t value = 0;
    for (unsigned i = 0; i < digits; i++, reading->at++) {
        int const digit =
            reading->at < reading->end ? byte_hex_value(lexer_byte(&reading->parser->lexer, reading->at)) : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

static void escape_hex(struct reading *reading, uint32_t start, uint8_t letter) {
    unsigned const digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
    int64_t const value = hex_digits(reading, digits);
    struct lexer *const lexer = &reading->parser->lexer;
    uint8_t sequence[UTF8_BYTES_MAX];
    if (value < 0) {
        lexer_error(lexer, start, reading->at, "'\\%c' takes %u hexadecimal digits", letter, digits);
    } else if (letter == 'x') {
        put(reading, (uint8_t)value);
    } else {
        unsigned const len = value > UINT32_MAX ? 0 : utf8_encode((uint32_t)value, sequence);
        for (unsigned i = 0; i < len; i++) put(reading, sequence[i]);
        if (len == 0) lexer_error(lexer, start, reading->at, "there is no such Unicode character");
    }
}

// A backslash stands at `at`.
static void read_escape(struct reading *reading) {
    struct lexer *const lexer = &reading->parser->lexer;
    uint32_t const start = reading->at++;
    uint8_t const letter = lexer_byte(lexer, reading->at++);
    bool const digit_next = reading->at < reading->end && byte_is_digit(lexer_byte(lexer, reading->at));
    if (letter == 'x' || letter == 'u' || letter == 'U') {
        escape_hex(reading, start, letter);
    } else if (letter < 128 && ESCAPES[letter]) {
        put(reading, ESCAPES[letter]);
    } else if (letter == '0' && !digit_next) {
        put(reading, 0);
    } else {
        uint32_t code_point;
        unsigned const len = utf8_decode(lexer_slice(lexer, start + 1, reading->end), &code_point);
        if (len > 1) reading->at = start + 1 + len;
        if (lexer_error(lexer, start, reading->at, "no such escape")) {
            diag_hint(lexer->diags,
                      letter == '0' ? "a byte is written '\\x00'" : "a backslash itself is written '\\\\'");
        }
    }
    reading->trim_floor = reading->count;
}

// The expression in `${...}`, read in the midst of its string: the parser is put there and back.
static void read_interpolation(struct reading *reading) {
    struct parser *const parser = reading->parser;
    uint32_t const start = reading->at + 2;
    uint32_t const close = lexer_interpolation_end(&parser->lexer, start);
    struct parser const outer = *parser;
    parser->lexer.offset = start;
    parser->lexer.limit = close;
    parser->lexer.brackets = 0;
    if (outer.log && !outer.log->takes_inner) parser->log = NULL;
    parser->peeked = parser->in_head = parser->in_field = parser->takes_fds = false;
    parser->open_floor = parser->open_count;
    parser->taken_end = start;

    struct expr *value = NULL;
    if (parser_enter(parser)) {
        value = expr_parse(parser);
        if (!parser_at(parser, TOKEN_END)) parser_expected(parser, "the '}' of '${'");
    }
    bool const good = !parser->panic;
    uint32_t const reported_end = parser->lexer.reported_end;
    *parser = outer;
    parser->lexer.reported_end = reported_end;
    flush(reading);
    if (good && value) *part_new(reading) = (struct string_part){.expr = value};
    reading->at = close + 1;
    reading->trim_floor = reading->count;
}

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

static bool at_line_break(const struct reading *reading, uint32_t at, uint32_t *len) {
    const struct lexer *const lexer = &reading->parser->lexer;
    *len = lexer_byte(lexer, at) == '\r' ? 2 : 1;
    return at < reading->end && lexer_byte(lexer, at + *len - 1) == '\n';
}

static void skip_margin(struct reading *reading) {
    for (uint32_t i = 0; i < reading->margin && reading->at < reading->end; i++, reading->at++) {
        if (!is_blank(lexer_byte(&reading->parser->lexer, reading->at))) return;
    }
}

static void trim_line(struct reading *reading) {
    while (reading->count > reading->trim_floor && is_blank(reading->bytes[reading->count - 1])) reading->count--;
}

// The line break at `at`, and the margin of the line behind it.
static void read_line_break(struct reading *reading, uint32_t len) {
    trim_line(reading);
    if (reading->crlf) put(reading, '\r');
    put(reading, '\n');
    reading->at += len;
    reading->trim_floor = reading->count;
    skip_margin(reading);
}

// A string's text is free, but it is text.
static void read_character(struct reading *reading) {
    struct lexer *const lexer = &reading->parser->lexer;
    uint32_t const start = reading->at;
    uint8_t const byte = lexer_byte(lexer, start);
    uint32_t code_point;
    unsigned const len = utf8_decode(lexer_slice(lexer, start, reading->end), &code_point);
    if (len == 0) {
        if (lexer_error(lexer, start, start + 1, "the string is not UTF-8: the byte 0x%02x", byte))
            diag_hint(lexer->diags, "a byte is written \"\\x%02x\"", byte);
    } else if (code_point == 0) {
        lexer_error(lexer, start, start + 1, "a NUL byte in the text: write '\\x00'");
    }
    reading->at += len ? len : 1;
    for (uint32_t at = start; at < reading->at; at++) put(reading, lexer_byte(lexer, at));
}

// ASCII that stands for itself in every string, as most of the text does.
static bool is_plain(uint8_t byte) {
    return byte >= ' ' && byte <= '~' && byte != '\\' && byte != '$';
}

// Plain text, up to what is none.
static void read_plain(struct reading *reading) {
    const uint8_t *const text = reading->parser->lexer.source->text.data;
    uint32_t at = reading->at;
    while (at < reading->end && is_plain(text[at])) at++;
    uint32_t const len = at - reading->at;
    reserve(reading, len);
    memcpy(reading->bytes + reading->count, text + reading->at, len);
    reading->count += len;
    reading->at = at;
}

static void read_contents(struct reading *reading, bool raw) {
    struct lexer *const lexer = &reading->parser->lexer;
    while (reading->at < reading->end) {
        uint8_t const byte = lexer_byte(lexer, reading->at);
        uint32_t break_len;
        if (is_plain(byte)) {
            read_plain(reading);
        } else if (reading->block && byte == '\\' && at_line_break(reading, reading->at + 1, &break_len)) {
            reading->at += 1 + break_len; // the line goes on
            reading->trim_floor = reading->count;
            skip_margin(reading);
        } else if (reading->block && at_line_break(reading, reading->at, &break_len)) {
            read_line_break(reading, break_len);
        } else if (!raw && byte == '\\') {
            read_escape(reading);
        } else if (!raw && byte == '$' && lexer_byte(lexer, reading->at + 1) == '{') {
            read_interpolation(reading);
        } else {
            read_character(reading);
        }
    }
    if (reading->block) trim_line(reading);
    flush(reading);
}

// The least indentation of a block's lines. Blank ones do not count, but for the last, with the closing quotes.
static uint32_t block_margin(const struct reading *reading) {
    const struct lexer *const lexer = &reading->parser->lexer;
    uint32_t margin = UINT32_MAX;
    uint32_t at = reading->at;
    for (;;) {
        uint32_t const start = at;
        while (at < reading->end && is_blank(lexer_byte(lexer, at))) at++;
        uint32_t break_len;
        bool const blank = at_line_break(reading, at, &break_len);
        if (!blank && at - start < margin) margin = at - start;
        while (at < reading->end && lexer_byte(lexer, at) != '\n') at++;
        if (at >= reading->end) return margin;
        at++;
    }
}

static void read_hex(struct reading *reading) {
    int high = -1;
    for (; reading->at < reading->end; reading->at++) {
        int const digit = byte_hex_value(lexer_byte(&reading->parser->lexer, reading->at));
        if (digit < 0) continue; // a blank
        if (high < 0) {
            high = digit;
        } else {
            put(reading, (uint8_t)(high * 16 + digit));
            high = -1;
        }
    }
    flush(reading);
}

struct expr *string_from(struct parser *parser, const struct token *token) {
    struct expr *const expr = expr_new(parser, EXPR_STRING, parser_token_span(parser, token));
    struct reading reading = {
        .parser = parser,
        .expr = expr,
        .at = token->inner_start,
        .end = token->inner_end,
        .block = token->kind == TOKEN_TEXT_BLOCK || token->kind == TOKEN_CRLF_BLOCK,
        .crlf = token->kind == TOKEN_CRLF_BLOCK,
    };
    if (reading.block) {
        reading.margin = block_margin(&reading);
        skip_margin(&reading);
    }
    if (token->kind == TOKEN_HEX_STRING) {
        read_hex(&reading);
    } else {
        read_contents(&reading, token->kind == TOKEN_RAW_STRING);
    }
    expr_settle(parser, expr);
    return expr;
}

struct expr *string_parse(struct parser *parser) {
    struct token const token = parser_take(parser);
    return string_from(parser, &token);
}

struct expr *string_plain(struct parser *parser, const char *expected) {
    struct token const token = *parser_peek(parser);
    if (token.kind != TOKEN_STRING && token.kind != TOKEN_RAW_STRING) {
        parser_expected(parser, expected);
        return NULL;
    }
    struct expr *const string = string_parse(parser);
    for (uint32_t i = 0; i < string->part_count; i++) {
        if (string->parts[i].expr) {
            parser_error(parser, string->parts[i].expr->span, "this string must be plain, without '${'");
        }
    }
    return string;
}
