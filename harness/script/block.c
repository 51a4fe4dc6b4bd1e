// { STEPS }
#include "parser.h"

// A head's `{` belongs on its line; where it stands on the next, that is said, and the block read all the same.
static bool brace_take(struct parser *parser, struct token *brace) {
    if (parser_at(parser, TOKEN_NEWLINE)) {
        struct lexer ahead = parser->lexer;
        ahead.silent = true;
        struct token token;
        do {
            token = lexer_next(&ahead);
        } while (token.kind == TOKEN_NEWLINE);
        if (token.kind == TOKEN_LEFT_BRACE) {
            diag_error(parser->diags, parser_token_span(parser, &token),
                       "a block's '{' stands on the line of its head");
            while (parser_accept(parser, TOKEN_NEWLINE)) continue;
        }
    }
    if (!parser_at(parser, TOKEN_LEFT_BRACE)) {
        parser_expected(parser, "'{'");
        return false;
    }
    *brace = *parser_peek(parser);
    if (!parser_enter(parser)) return false;
    parser_take(parser);
    return true;
}

// A `}` on a line of its own that stands left of its head was probably meant for a block further out.
void parser_note_misclosed(struct parser *parser, uint32_t brace, uint32_t head_indent) {
    uint32_t const at = parser_peek(parser)->start;
    uint32_t const indent = parser_indent(parser, at);
    bool const first_on_line = indent == at || lexer_byte(&parser->lexer, at - indent - 1) == '\n';
    if (first_on_line && indent < head_indent && parser->misclosed == PARSER_NOWHERE) parser->misclosed = brace;
}

bool block_parse(struct parser *parser, struct block *block) {
    unsigned const depth = parser->depth;
    struct token brace;
    if (!brace_take(parser, &brace)) return false;
    parser_log_use(parser, TOKEN_USE_BLOCK);
    struct open_block const open = {parser->block, brace.start, parser_indent(parser, brace.start)};
    parser->block = &open;
    uint32_t const statement_indent = parser->statement_indent;
    struct statement **tail = &block->first;
    while (!parser->unwinding) {
        while (parser_accept(parser, TOKEN_NEWLINE)) continue;
        if (parser_at(parser, TOKEN_RIGHT_BRACE)) {
            parser_note_misclosed(parser, open.brace, open.indent);
            parser_take(parser);
            break;
        }
        if (parser_at(parser, TOKEN_END)) {
            parser_unclosed_block(parser);
            break;
        }
        unsigned const inner_depth = parser->depth;
        struct statement *const statement = arena_alloc(parser->arena, sizeof *statement);
        if (step_parse(parser, statement)) {
            *tail = statement;
            tail = &statement->next;
            parser->tree->step_count++;
        }
        parser->depth = inner_depth;
    }
    block->span = parser_span(parser, brace.start, parser->taken_end);
    parser->tree->step_count++; // its end is one as well
    parser->statement_indent = statement_indent;
    parser->block = open.outer;
    parser->depth = depth;
    return true;
}

static bool has_block(enum declaration declaration) {
    static const bool HAS_BLOCK[DECLARATION_COUNT] = {
        [DECLARATION_MESSAGE] = true, [DECLARATION_PROCEDURE] = true, [DECLARATION_WORLD] = true,
        [DECLARATION_SERVER] = true,  [DECLARATION_CLIENT] = true,    [DECLARATION_PROGRAM] = true,
        [DECLARATION_AFTERWARDS] = true,
    };
    return HAS_BLOCK[declaration];
}

// Whether the line that begins with a declaration's word goes on as one does: with no type, and with a block where it has
// one. A field of a message may have any name.
static bool goes_on_as_declaration(const struct parser *parser, enum declaration declaration) {
    struct lexer ahead = parser->lexer; // behind the word, which is peeked
    ahead.silent = true;
    struct token token = lexer_next(&ahead);
    bool const is_type = token.kind == TOKEN_NAME &&
                         (token.type != TYPE_WORD_NONE || slice_is(parser_text(parser, &token), "switch"));
    if (is_type || !has_block(declaration)) return !is_type;
    while (token.kind != TOKEN_LEFT_BRACE && token.kind != TOKEN_NEWLINE && token.kind != TOKEN_END)
        token = lexer_next(&ahead);
    return token.kind == TOKEN_LEFT_BRACE;
}

// The next statement may be one that only stands at the top of a file: then the block is not closed.
static bool at_declaration(struct parser *parser) {
    const struct token *const token = parser_peek(parser);
    if (token->kind != TOKEN_NAME) return false;
    enum declaration const declaration = words_declaration(parser_text(parser, token));
    return declaration != DECLARATION_NONE && parser_indent(parser, token->start) <= parser->block->indent &&
           goes_on_as_declaration(parser, declaration);
}

void lines_parse(struct parser *parser, enum token_use use, lines_read *line, void *context) {
    struct token const brace = parser_take(parser);
    parser_log_use(parser, use);
    struct open_block const open = {parser->block, brace.start, parser_indent(parser, brace.start)};
    parser->block = &open;
    while (!parser->unwinding) {
        while (parser_accept(parser, TOKEN_NEWLINE)) continue;
        if (parser_accept(parser, TOKEN_RIGHT_BRACE)) break;
        if (parser_at(parser, TOKEN_END) || at_declaration(parser)) {
            parser_unclosed_block(parser);
            break;
        }
        unsigned const depth = parser->depth;
        const struct token *const first = parser_peek(parser);
        if (!parser->panic && first->kind != TOKEN_NOTHING)
            parser->statement_indent = parser_indent(parser, first->start);
        line(parser, context);
        parser->depth = depth;
    }
    parser->block = open.outer;
}

void statement_end(struct parser *parser) {
    if (parser->unwinding) return;
    if (!parser->panic && !parser_at_end(parser)) {
        const struct token *const token = parser_peek(parser);
        struct slice const text = parser_text(parser, token);
        bool const is_word = token->kind == TOKEN_NAME;
        const char *const shown = lexer_describe(&parser->lexer, token, parser->arena);
        struct span const span = parser_token_span(parser, token);
        if (is_word && (words_verb(text) != VERB_COUNT || words_declaration(text) != DECLARATION_NONE ||
                        parser_is_tight(parser, token, '('))) {
            parser_error(parser, span, "one statement a line: %s begins another", shown);
        } else {
            bool const is_assign = token->kind == TOKEN_ASSIGN;
            if (parser_expected(parser, "the end of the statement") && is_assign) {
                diag_hint(parser->diags, "values are compared with '=='");
            }
        }
    }
    if (parser->panic) parser_recover(parser);
    parser_accept(parser, TOKEN_NEWLINE);
}
