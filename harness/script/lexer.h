// From text to tokens, one at a time and only when asked: what a byte means depends on what stands before it (the word
// of an endpoint, the regular expression after `~`), and only the parser knows that.
#ifndef SOCKDRILL_SCRIPT_LEXER_H
#define SOCKDRILL_SCRIPT_LEXER_H

#include "base/diag.h"
#include "base/integer.h"
#include "words.h"

enum token_kind {
#define TOKEN(id, description) TOKEN_##id,
#include "tokens.def"
#define PUNCTUATION(id, text) TOKEN_##id,
#include "tokens.def"
    TOKEN_COUNT
};

struct token {
    enum token_kind kind;  // BAD: it was reported, and stands for the text it covers
    enum keyword keyword;  // NAME
    enum type_word type;   // NAME: of a pattern type
    uint32_t start, end;   // byte offsets
    uint32_t inner_start;  // strings, text blocks, regular expressions, libraries: what stands between the quotes
    uint32_t inner_end;
    integer number;        // NUMBER; DURATION in ns; RATE in bit/s
    double real;           // FLOAT
};

// Owned by its parser; a copy of it, made silent, looks ahead.
struct lexer {
    const struct source *source;
    struct diag_list *diags;
    uint32_t offset;       // of the next byte
    uint32_t limit;        // the text ends here: at the `}` of an interpolation, or with the file
    uint32_t reported_end; // what stands before was complained of already, should it be read again
    unsigned brackets;     // open ones: a line break inside of them is a blank
    bool silent;
    bool cut_off;          // an unclosed text block took the rest of the file
};

void lexer_init(struct lexer *lexer, const struct source *source, struct diag_list *diags);

// The next token.
struct token lexer_next(struct lexer *lexer);

// The next word of an endpoint: a WORD, a string, or NOTHING where none stands.
struct token lexer_word(struct lexer *lexer);

// The regular expression that should stand next; NOTHING where none does.
struct token lexer_regex(struct lexer *lexer);

// The <NAME> of a library that should stand next, the name between its inner offsets; NOTHING where none does.
struct token lexer_library(struct lexer *lexer);

// Passes blanks and comments, and line breaks too inside of brackets.
void lexer_skip_blanks(struct lexer *lexer);

// The offset of the `}` that closes the `${` whose first inner byte stands at `start`; 0 where none does on its line.
uint32_t lexer_interpolation_end(const struct lexer *lexer, uint32_t start);

// For the lexer's own files. A quote, a digit, or an address's `[` stands at the offset.
struct token lexer_quoted(struct lexer *lexer);
struct token lexer_number(struct lexer *lexer);
bool lexer_at_bracketed_address(const struct lexer *lexer);
struct token lexer_bracketed_address(struct lexer *lexer);

// The byte at an offset, and 0 past the limit.
static inline uint8_t lexer_byte(const struct lexer *lexer, uint32_t at) {
    return at < lexer->limit ? lexer->source->text.data[at] : 0;
}

static inline struct slice lexer_slice(const struct lexer *lexer, uint32_t start, uint32_t end) {
    return slice_of(lexer->source->text.data + start, end - start);
}

static inline bool byte_is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

static inline bool byte_is_name(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte_is_digit(byte);
}

int byte_hex_value(uint8_t byte); // -1 where it is no hexadecimal digit

// Reports, unless the lexer is silent or the place was reported before; then answers whether it did.
bool lexer_error(struct lexer *lexer, uint32_t start, uint32_t end, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// At an offset where no token may begin: says what stands there, and passes it.
void lexer_bad_character(struct lexer *lexer);

// A token as a diagnostic speaks of it, in the arena.
const char *lexer_describe(const struct lexer *lexer, const struct token *token, struct arena *arena);

#endif
