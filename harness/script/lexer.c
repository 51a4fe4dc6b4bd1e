#include "lexer.h"

#include "base/utf8.h"

#include <string.h>

struct punctuation {
    const char *text;
    uint32_t len_bytes;
    enum token_kind kind;
};

static const struct punctuation PUNCTUATIONS[] = {
#define PUNCTUATION(id, text) {text, sizeof(text) - 1, TOKEN_##id},
#include "tokens.def"
};

enum { PUNCTUATION_COUNT = sizeof PUNCTUATIONS / sizeof *PUNCTUATIONS, DESCRIBED_BYTES_MAX = 40 };

static const char *const DESCRIPTIONS[TOKEN_COUNT] = {
#define TOKEN(id, description) [TOKEN_##id] = description,
#include "tokens.def"
};

void lexer_init(struct lexer *lexer, const struct source *source, struct diag_list *diags) {
    *lexer = (struct lexer){.source = source, .diags = diags, .limit = (uint32_t)source->text.len_bytes};
    static const uint8_t BOM[] = {0xef, 0xbb, 0xbf};
    if (lexer->limit >= sizeof BOM && memcmp(source->text.data, BOM, sizeof BOM) == 0) lexer->offset = sizeof BOM;
}

bool lexer_error(struct lexer *lexer, uint32_t start, uint32_t end, const char *format, ...) {
    if (lexer->silent || start < lexer->reported_end) return false;
    lexer->reported_end = end > start ? end : start + 1;
    va_list arguments;
    va_start(arguments, format);
    char *const message = arena_vtext(lexer->diags->arena, format, arguments);
    va_end(arguments);
    diag_error(lexer->diags, (struct span){lexer->source, start, end}, "%s", message);
    return true;
}

int byte_hex_value(uint8_t byte) {
    if (byte_is_digit(byte)) return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

// A comment's text is free, but it is text.
static void skip_comment(struct lexer *lexer) {
    while (lexer->offset < lexer->limit && lexer_byte(lexer, lexer->offset) != '\n') {
        uint32_t const at = lexer->offset;
        uint32_t code_point;
        unsigned const len = utf8_decode(lexer_slice(lexer, at, lexer->limit), &code_point);
        if (len == 0) {
            uint32_t const end = at + 1;
            lexer_error(lexer, at, end, "the comment is not UTF-8: the byte 0x%02x", lexer_byte(lexer, at));
        } else if (code_point == 0) {
            lexer_error(lexer, at, at + 1, "a NUL byte in the comment");
        }
        lexer->offset += len ? len : 1;
    }
}

void lexer_skip_blanks(struct lexer *lexer) {
    while (lexer->offset < lexer->limit) {
        uint8_t const byte = lexer_byte(lexer, lexer->offset);
        if (byte == ' ' || byte == '\t' || (byte == '\n' && lexer->brackets) ||
            (byte == '\r' && lexer_byte(lexer, lexer->offset + 1) == '\n')) {
            lexer->offset++;
        } else if (byte == '#') {
            skip_comment(lexer);
        } else {
            return;
        }
    }
}

static const struct {
    const char *text;
    const char *hint;
} FOREIGN[] = {
    {"&&", "write 'and'"},
    {"||", "write 'or'"},
    {"!", "write 'not'"},
    {";", "a statement ends with its line"},
    {"\xe2\x80\x9c", "a string's quotes are \""},
    {"\xe2\x80\x9d", "a string's quotes are \""},
    {"\xe2\x80\x98", "a raw string's quotes are '"},
    {"\xe2\x80\x99", "a raw string's quotes are '"},
};

static const char *foreign_hint(struct slice text) {
    for (size_t i = 0; i < sizeof FOREIGN / sizeof *FOREIGN; i++) {
        struct slice const other = slice_text(FOREIGN[i].text);
        if (text.len_bytes >= other.len_bytes && memcmp(text.data, other.data, other.len_bytes) == 0) {
            return FOREIGN[i].hint;
        }
    }
    return NULL;
}

void lexer_bad_character(struct lexer *lexer) {
    uint32_t const at = lexer->offset;
    struct slice const rest = lexer_slice(lexer, at, lexer->limit);
    uint32_t code_point;
    unsigned const len = utf8_decode(rest, &code_point);
    lexer->offset += len ? len : 1;
    if (len == 0) {
        lexer_error(lexer, at, at + 1, "the text is not UTF-8: the byte 0x%02x", rest.data[0]);
    } else if (code_point == 0) {
        lexer_error(lexer, at, at + 1, "a NUL byte in the text");
    } else if (!utf8_printable(code_point)) {
        lexer_error(lexer, at, at + len, "the character U+%04X cannot stand here", code_point);
    } else if (lexer_error(lexer, at, at + len, "the character '%.*s' means nothing here", (int)len,
                           (const char *)rest.data)) {
        const char *const hint = foreign_hint(rest);
        if (hint) diag_hint(lexer->diags, "%s", hint);
    }
}

static struct token lex_name(struct lexer *lexer) {
    struct token token = {.kind = TOKEN_NAME, .start = lexer->offset};
    while (byte_is_name(lexer_byte(lexer, lexer->offset))) lexer->offset++;
    token.end = lexer->offset;
    struct slice const name = lexer_slice(lexer, token.start, token.end);
    struct slice const rest = lexer_slice(lexer, token.end, lexer->limit);
    bool const before_quote = rest.len_bytes > 0 && rest.data[0] == '"';
    bool const before_block = rest.len_bytes > 2 && memcmp(rest.data, "\"\"\"", 3) == 0;
    if ((before_quote && slice_is(name, "hex")) || (before_block && slice_is(name, "crlf"))) {
        lexer->offset = token.start;
        return lexer_quoted(lexer);
    }
    const struct known_word *const word = words_find(name);
    token.keyword = word->keyword;
    token.type = word->type;
    return token;
}

static bool stands_next(const struct lexer *lexer, const struct punctuation *punctuation) {
    uint32_t const left = lexer->limit - lexer->offset;
    return left >= punctuation->len_bytes &&
           memcmp(lexer->source->text.data + lexer->offset, punctuation->text, punctuation->len_bytes) == 0;
}

static struct token lex_punctuation(struct lexer *lexer) {
    struct token token = {.kind = TOKEN_BAD, .start = lexer->offset};
    uint8_t const first = lexer_byte(lexer, lexer->offset);
    for (unsigned i = 0; i < PUNCTUATION_COUNT && token.kind == TOKEN_BAD; i++) {
        const struct punctuation *const punctuation = &PUNCTUATIONS[i];
        if (punctuation->text[0] != (char)first || !stands_next(lexer, punctuation)) continue;
        token.kind = punctuation->kind;
        lexer->offset += punctuation->len_bytes;
    }
    if (token.kind == TOKEN_BAD) lexer_bad_character(lexer);
    token.end = lexer->offset;
    return token;
}

// Whether the bracket at the offset follows something that can be indexed, without a space.
static bool bracket_is_index(const struct lexer *lexer) {
    if (lexer->offset == 0) return false;
    uint8_t const before = lexer->source->text.data[lexer->offset - 1];
    return byte_is_name(before) || before == ')' || before == ']' || before == '"' || before == '\'';
}

struct token lexer_next(struct lexer *lexer) {
    lexer_skip_blanks(lexer);
    uint32_t const start = lexer->offset;
    if (start >= lexer->limit) return (struct token){.kind = TOKEN_END, .start = start, .end = start};

    uint8_t const byte = lexer_byte(lexer, start);
    if (byte == '\n') {
        lexer->offset++;
        return (struct token){.kind = TOKEN_NEWLINE, .start = start, .end = start + 1};
    }
    if (byte_is_digit(byte)) return lexer_number(lexer);
    if (byte_is_name(byte)) return lex_name(lexer);
    if (byte == '"' || byte == '\'') return lexer_quoted(lexer);
    if (byte == '[' && !bracket_is_index(lexer) && lexer_at_bracketed_address(lexer)) {
        return lexer_bracketed_address(lexer);
    }
    return lex_punctuation(lexer);
}

const char *lexer_describe(const struct lexer *lexer, const struct token *token, struct arena *arena) {
    if (token->kind == TOKEN_END && lexer->limit < lexer->source->text.len_bytes) return "the '}' of '${'";
    if (DESCRIPTIONS[token->kind]) return DESCRIPTIONS[token->kind];
    uint32_t const len = token->end - token->start;
    bool const whole = len <= DESCRIBED_BYTES_MAX;
    const char *const text = (const char *)lexer->source->text.data + token->start;
    return arena_text(arena, "'%.*s%s'", (int)(whole ? len : DESCRIBED_BYTES_MAX), text, whole ? "" : "...");
}
