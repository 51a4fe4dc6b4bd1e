#include "parser.h"

#include <string.h>

const struct token *parser_peek(struct parser *parser) {
    static const struct token NOTHING = {.kind = TOKEN_NOTHING};
    if (parser->panic) return &NOTHING;
    if (!parser->peeked) {
        parser->token = lexer_next(&parser->lexer);
        if (parser->token.kind == TOKEN_BAD) {
            parser->panic = true;
            return &NOTHING;
        }
        parser->peeked = true;
    }
    return &parser->token;
}

void parser_log(struct parser *parser, const struct token *token) {
    struct token_log *const log = parser->log;
    if (!log || token->kind == TOKEN_NEWLINE || token->kind == TOKEN_END) return;
    log->tokens = arena_grow(parser->arena, log->tokens, log->count, sizeof *log->tokens);
    log->tokens[log->count++] = (struct used_token){token->kind, TOKEN_USE_PLAIN, token->start, token->end};
}

void parser_log_use(struct parser *parser, enum token_use use) {
    struct token_log *const log = parser->log;
    if (log && log->count) log->tokens[log->count - 1].use = use;
}

struct token parser_take(struct parser *parser) {
    struct token const token = *parser_peek(parser);
    if (token.kind == TOKEN_NOTHING) return token;
    parser_log(parser, &token);
    parser->peeked = false;
    parser->taken_end = token.end;
    return token;
}

void parser_take_word(struct parser *parser) {
    parser_take(parser);
    parser_log_use(parser, TOKEN_USE_WORD);
}

bool parser_at(struct parser *parser, enum token_kind kind) {
    return parser_peek(parser)->kind == kind;
}

bool parser_at_keyword(struct parser *parser, enum keyword keyword) {
    const struct token *const token = parser_peek(parser);
    return token->kind == TOKEN_NAME && token->keyword == keyword;
}

bool parser_at_word(struct parser *parser, const char *word) {
    const struct token *const token = parser_peek(parser);
    return token->kind == TOKEN_NAME && slice_is(parser_text(parser, token), word);
}

bool parser_at_end(struct parser *parser) {
    enum token_kind const kind = parser_peek(parser)->kind;
    return kind == TOKEN_NEWLINE || kind == TOKEN_RIGHT_BRACE || kind == TOKEN_END;
}

bool parser_accept(struct parser *parser, enum token_kind kind) {
    if (!parser_at(parser, kind)) return false;
    parser_take(parser);
    return true;
}

bool parser_accept_keyword(struct parser *parser, enum keyword keyword) {
    if (!parser_at_keyword(parser, keyword)) return false;
    parser_take_word(parser);
    return true;
}

bool parser_accept_word(struct parser *parser, const char *word) {
    if (!parser_at_word(parser, word)) return false;
    parser_take_word(parser);
    return true;
}

struct token parser_expect(struct parser *parser, enum token_kind kind, const char *expected) {
    if (parser_at(parser, kind)) return parser_take(parser);
    parser_expected(parser, expected);
    return (struct token){.kind = TOKEN_NOTHING};
}

void parser_expect_word(struct parser *parser, const char *word) {
    if (parser_accept_word(parser, word)) return;
    parser_expected(parser, arena_text(parser->arena, "'%s'", word));
}

bool parser_is_tight(const struct parser *parser, const struct token *token, char byte) {
    return lexer_byte(&parser->lexer, token->end) == (uint8_t)byte;
}

struct slice parser_text(const struct parser *parser, const struct token *token) {
    return lexer_slice(&parser->lexer, token->start, token->end);
}

struct span parser_span(const struct parser *parser, uint32_t start, uint32_t end) {
    return (struct span){parser->lexer.source, start, end > start ? end : start};
}

struct span parser_token_span(const struct parser *parser, const struct token *token) {
    return parser_span(parser, token->start, token->end);
}

struct name parser_name_of(const struct parser *parser, const struct token *token) {
    return (struct name){parser_text(parser, token), parser_token_span(parser, token)};
}

struct name parser_name(struct parser *parser, const char *expected) {
    struct token const token = parser_expect(parser, TOKEN_NAME, expected);
    if (token.kind != TOKEN_NAME) return (struct name){0};
    return parser_name_of(parser, &token);
}

struct name parser_new_name(struct parser *parser, const char *expected) {
    struct token const token = *parser_peek(parser);
    struct name const name = parser_name(parser, expected);
    if (name.text.len_bytes == 0) return name;
    int const len = (int)name.text.len_bytes;
    const char *const text = (const char *)name.text.data;
    if (token.keyword != KEYWORD_NONE) {
        parser_error(parser, name.span, "'%.*s' is a word of the language, and cannot be %s", len, text, expected);
    } else if (script_type_of(name.text) != TYPE_WORD_NONE) {
        parser_error(parser, name.span, "'%.*s' is a pattern type, and cannot be %s", len, text, expected);
    } else if (script_family_of(name.text) != FAMILY_NONE) {
        parser_error(parser, name.span, "'%.*s' is an endpoint kind, and cannot be %s", len, text, expected);
    }
    return name;
}

void parser_open(struct parser *parser, const struct token *open) {
    if (!parser_enter(parser)) return;
    parser->open_brackets[parser->open_count++] = open->start;
    parser->lexer.brackets++;
}

void parser_close(struct parser *parser, enum token_kind kind, const char *expected) {
    if (!parser_at(parser, kind)) {
        parser_expected(parser, expected);
        return; // recovery forgets all that is open
    }
    struct token const token = *parser_peek(parser);
    parser->open_count--;
    parser->lexer.brackets--;
    parser_leave(parser);
    parser_log(parser, &token);
    parser->peeked = false;
    parser->taken_end = token.end;
}

bool parser_enter(struct parser *parser) {
    if (parser->panic) return false;
    if (parser->depth < SCRIPT_NESTING_MAX) {
        parser->depth++;
        return true;
    }
    const struct token *const token = parser_peek(parser);
    parser_error(parser, parser_token_span(parser, token), "nested more than %d levels deep", SCRIPT_NESTING_MAX);
    return false;
}

void parser_leave(struct parser *parser) {
    parser->depth--;
}

struct tree *script_parse(const struct source *source, struct arena *arena, struct diag_list *diags) {
    return parser_run(source, arena, diags, NULL);
}

struct tree *parser_run(const struct source *source, struct arena *arena, struct diag_list *diags,
                        struct token_log *log) {
    struct tree *const tree = arena_alloc(arena, sizeof *tree);
    tree->source = source;
    if (source->text.len_bytes > SCRIPT_TEXT_BYTES_MAX) {
        diag_error(diags, (struct span){source, 0, 0}, "the file is larger than %d MiB", SCRIPT_TEXT_BYTES_MAX >> 20);
        return tree;
    }
    struct parser parser = {
        .arena = arena,
        .diags = diags,
        .tree = tree,
        .log = log,
        .misclosed = PARSER_NOWHERE,
        .line_text = PARSER_NOWHERE,
    };
    lexer_init(&parser.lexer, source, diags);
    declarations_parse(&parser);
    return tree;
}
