// What is said about a wrong statement, and where reading goes on after it.
#include "parser.h"

#include <string.h>

static bool line_holds(const struct source *source, uint32_t line, uint32_t offset) {
    bool const is_last = line + 1 == source->line_count;
    return source->line_starts[line] <= offset && (is_last || offset < source->line_starts[line + 1]);
}

// Remembers the line: a long one which is asked about at each of its tokens is looked through once, and most that are asked
// about follow each other.
uint32_t parser_indent(struct parser *parser, uint32_t offset) {
    const struct source *const source = parser->lexer.source;
    struct slice const text = source->text;
    if (parser->line_text == PARSER_NOWHERE || !line_holds(source, parser->line, offset)) {
        uint32_t const next = parser->line + 1;
        bool const is_next = next < source->line_count && line_holds(source, next, offset);
        parser->line = is_next ? next : source_line_index(source, offset);
        uint32_t at = source->line_starts[parser->line];
        while (at < text.len_bytes && (text.data[at] == ' ' || text.data[at] == '\t')) at++;
        parser->line_text = at;
    }
    uint32_t const first = parser->line_text < offset ? parser->line_text : offset;
    return first - source->line_starts[parser->line];
}

// The next token of a text that is only passed over; a `/` behind `~` is a regular expression there too.
static struct token skim(struct lexer *lexer, bool *after_tilde) {
    if (*after_tilde) {
        *after_tilde = false;
        struct token const regex = lexer_regex(lexer);
        if (regex.kind != TOKEN_NOTHING) return regex;
    }
    struct token const token = lexer_next(lexer);
    *after_tilde = token.kind == TOKEN_TILDE;
    return token;
}

static bool is_statement_word(struct slice word) {
    const struct known_word *const known = words_find(word);
    return known->verb != VERB_COUNT || known->declaration != DECLARATION_NONE;
}

// Whether the line at the lexer's offset looks like a statement that stands no deeper than the one being read.
static bool line_starts_statement(struct parser *parser, const struct lexer *lexer) {
    struct lexer ahead = *lexer;
    struct token const token = lexer_next(&ahead);
    if (token.kind != TOKEN_NAME || parser_is_tight(parser, &token, '(')) return false;
    if (!is_statement_word(parser_text(parser, &token))) return false;
    if (parser_indent(parser, token.start) > parser->statement_indent) return false;
    lexer_skip_blanks(&ahead);
    uint8_t const next = lexer_byte(&ahead, ahead.offset);
    return next != ':' && next != ',' && next != ')';
}

static void report_bracket(struct parser *parser, uint32_t bracket) {
    diag_error(parser->diags, parser_span(parser, bracket, bracket + 1), "this '%c' is not closed",
               lexer_byte(&parser->lexer, bracket));
    parser->panic = true;
}

// Inside of brackets a line break is a blank, so one that is not closed runs into the statements behind it. Finds the
// first line before `fail` that must have been one; says that the bracket before it is not closed, and goes back there.
static bool blame_bracket(struct parser *parser, const struct token *fail) {
    if (parser->open_count == parser->open_floor) return false;
    struct lexer ahead = parser->lexer;
    ahead.silent = true;
    ahead.brackets = 0;
    ahead.offset = parser->open_brackets[parser->open_floor] + 1;
    bool after_tilde = false;
    while (ahead.offset < fail->start) {
        struct token const token = skim(&ahead, &after_tilde);
        if (token.kind != TOKEN_NEWLINE || !line_starts_statement(parser, &ahead)) continue;
        unsigned blamed = parser->open_count - 1;
        while (blamed > parser->open_floor && parser->open_brackets[blamed] > token.start) blamed--;
        report_bracket(parser, parser->open_brackets[blamed]);
        parser->lexer.offset = token.start;
        parser->peeked = false;
        parser->open_count = parser->open_floor; // what is behind is none of theirs
        return true;
    }
    uint32_t const innermost = parser->open_brackets[parser->open_count - 1];
    bool const in_braces = lexer_byte(&parser->lexer, innermost) == '{';
    if (fail->kind != TOKEN_END && (fail->kind != TOKEN_RIGHT_BRACE || in_braces)) return false;
    report_bracket(parser, innermost);
    return true;
}

bool parser_blames_bracket(struct parser *parser) {
    struct token const found = *parser_peek(parser);
    return !parser->panic && blame_bracket(parser, &found);
}

void parser_error(struct parser *parser, struct span span, const char *format, ...) {
    if (parser->panic) return;
    va_list arguments;
    va_start(arguments, format);
    char *const message = arena_vtext(parser->arena, format, arguments);
    va_end(arguments);
    diag_error(parser->diags, span, "%s", message);
    parser->panic = true;
}

bool parser_expected(struct parser *parser, const char *expected) {
    struct token const found = *parser_peek(parser);
    if (parser->panic || blame_bracket(parser, &found)) return false;
    bool const between = found.kind == TOKEN_NEWLINE || found.kind == TOKEN_END;
    struct span const span = between ? parser_span(parser, parser->taken_end, parser->taken_end)
                                     : parser_token_span(parser, &found);
    parser_error(parser, span, "expected %s, found %s", expected,
                 lexer_describe(&parser->lexer, &found, parser->arena));
    if (found.kind == TOKEN_QUESTION) diag_hint(parser->diags, "as one of several operands (COND ? A : B) stands in parentheses");
    if (found.kind == TOKEN_RANGE) diag_hint(parser->diags, "A .. B stands in a loop, `vary`, `split at`, or behind the `in` of a list");
    return true;
}

// What was open where skipping began, and what opened since.
struct skipping {
    unsigned parens;       // ( and [
    unsigned braces;
    unsigned inner_braces; // of these, the ones that opened since
    uint32_t first_brace;  // of those, the first
    bool stops_at_brace;   // a `{` outside of brackets ends it
};

// Passes one token; answers whether it belongs to what is skipped.
static bool skip_token(struct parser *parser, struct skipping *skipping, const struct token *token) {
    bool const open = skipping->parens || skipping->braces;
    switch ((int)token->kind) {
    case TOKEN_END:
        return false;
    case TOKEN_NEWLINE:
        if (!open) return false;
        return skipping->inner_braces || !line_starts_statement(parser, &parser->lexer);
    case TOKEN_LEFT_BRACE:
        if (skipping->stops_at_brace && !open) return false;
        if (skipping->inner_braces == 0) skipping->first_brace = token->start;
        skipping->inner_braces++;
        skipping->braces++;
        return true;
    case TOKEN_RIGHT_BRACE:
        if (skipping->braces == 0) return false; // of the block around
        if (skipping->inner_braces) skipping->inner_braces--;
        skipping->braces--;
        return true;
    case TOKEN_LEFT_PAREN:
    case TOKEN_LEFT_BRACKET:
        skipping->parens++;
        return true;
    case TOKEN_RIGHT_PAREN:
    case TOKEN_RIGHT_BRACKET:
        if (skipping->parens) skipping->parens--;
        return true;
    }
    return true;
}

// Leaves the token that ended it standing, and answers its kind.
static enum token_kind skip(struct parser *parser, struct skipping *skipping) {
    if (parser->peeked) parser->lexer.offset = parser->token.start;
    parser->peeked = false;
    parser->panic = false;
    parser->open_count = parser->open_floor;
    parser->lexer.brackets = 0;
    bool const silent = parser->lexer.silent;
    parser->lexer.silent = true;
    bool after_tilde = false;
    struct token token;
    do {
        token = skim(&parser->lexer, &after_tilde);
    } while (skip_token(parser, skipping, &token));
    parser->lexer.offset = token.start;
    parser->lexer.silent = silent;
    parser->taken_end = token.start;
    return token.kind;
}

static struct skipping skipping_from(const struct parser *parser) {
    struct skipping skipping = {0};
    for (unsigned i = parser->open_floor; i < parser->open_count; i++) {
        if (lexer_byte(&parser->lexer, parser->open_brackets[i]) == '{') {
            skipping.braces++;
        } else {
            skipping.parens++;
        }
    }
    return skipping;
}

void parser_recover(struct parser *parser) {
    struct skipping skipping = skipping_from(parser);
    skip(parser, &skipping);
}

// Whether the `{` at the lexer's offset has steps behind it, and not a message's fields.
static bool brace_opens_steps(const struct parser *parser) {
    struct lexer ahead = parser->lexer;
    ahead.silent = true;
    ahead.brackets = 0;
    lexer_next(&ahead);
    struct token token;
    do {
        token = lexer_next(&ahead);
    } while (token.kind == TOKEN_NEWLINE);
    if (token.kind != TOKEN_NAME || !is_statement_word(parser_text(parser, &token))) return false;
    lexer_skip_blanks(&ahead);
    return lexer_byte(&ahead, ahead.offset) != ':';
}

bool parser_recover_block(struct parser *parser) {
    struct skipping skipping = skipping_from(parser);
    skipping.stops_at_brace = true;
    if (skip(parser, &skipping) == TOKEN_LEFT_BRACE && brace_opens_steps(parser)) return true;
    parser_recover(parser);
    return false;
}

void parser_unclosed_block(struct parser *parser) {
    uint32_t const brace = parser->misclosed != PARSER_NOWHERE ? parser->misclosed : parser->block->brace;
    if (!parser->lexer.cut_off) {
        diag_error(parser->diags, parser_span(parser, brace, brace + 1), "this block is not closed");
    }
    parser->unwinding = true;
}
