// world { LINES }: what the scenario has around it.
#include "step_rules.h"

static void add_word(struct parser *parser, struct world_line *line, struct expr *word) {
    line->words = arena_grow(parser->arena, line->words, line->word_count, sizeof *line->words);
    line->words[line->word_count++] = word;
}

// WORD ..., up to a comma or the line's end; at least one.
static void words_parse(struct parser *parser, struct world_line *line, const char *expected) {
    struct expr *word = expr_parse_word(parser);
    if (!word) parser_expected(parser, expected);
    for (; word; word = expr_parse_word(parser)) add_word(parser, line, word);
    line->first_count = line->word_count;
}

// Behind the first words of an address or a name: , ADDRESS, ...
static void more_parse(struct parser *parser, struct world_line *line) {
    while (parser_accept(parser, TOKEN_COMMA)) {
        struct expr *const word = expr_parse_word(parser);
        if (word) add_word(parser, line, word);
        else parser_expected(parser, "an address");
    }
}

static void file_line_parse(struct parser *parser, struct world_line *line) {
    struct expr *const path = expr_parse_word(parser);
    if (!path) {
        parser_expected(parser, "the file's path");
        return;
    }
    add_word(parser, line, path);
    line->bytes = expr_parse_row(parser);
}

static void line_parse(struct parser *parser, struct world_line *line) {
    switch (line->word) {
    case WORLD_WORD_ADDRESS: words_parse(parser, line, "an address"); break;
    case WORLD_WORD_NAME: words_parse(parser, line, "a host's name"); break;
    case WORLD_WORD_HOSTNAME: words_parse(parser, line, "a host's name"); break;
    case WORLD_WORD_INTERFACE: words_parse(parser, line, "an interface's name"); break;
    case WORLD_WORD_SYSCTL: words_parse(parser, line, "a setting's name, like net.ipv4.tcp_syn_retries"); break;
    case WORLD_WORD_ROUTE: words_parse(parser, line, "an address"); break;
    case WORLD_WORD_FILE: file_line_parse(parser, line); break;
    case WORLD_WORD_CERTIFICATE: line->certificate = certificate_parse(parser); break;
    case WORLD_WORD_NONE:
    case WORLD_WORD_COUNT: break;
    }
    if (line->word == WORLD_WORD_ADDRESS || line->word == WORLD_WORD_NAME) more_parse(parser, line);
    line->span = parser_span(parser, line->word_span.start, parser->taken_end);
}

static void line_end(struct parser *parser) {
    if (!parser->panic && !parser_at_end(parser)) {
        bool const interpolates = parser_at(parser, TOKEN_LEFT_BRACE) && parser->taken_end > 0 &&
                                  lexer_byte(&parser->lexer, parser->taken_end - 1) == '$';
        if (parser_expected(parser, "the end of the line") && interpolates)
            diag_hint(parser->diags, "only a quoted string interpolates: \"${NAME}\"");
    }
    if (parser->panic) parser_recover(parser);
    parser_accept(parser, TOKEN_NEWLINE);
}

static void unknown_line(struct parser *parser, const struct token *token) {
    if (token->kind != TOKEN_NAME) {
        parser_expected(parser, "a line of the world");
        return;
    }
    parser_error(parser, parser_token_span(parser, token), "a world has no %s",
                 lexer_describe(&parser->lexer, token, parser->arena));
    diag_suggest(parser->diags, words_nearest_world(parser_text(parser, token)));
}

// One line, with the line break behind it. False: there is an error in it.
static bool line_read(struct parser *parser, struct world_line *line) {
    uint32_t const errors = parser->diags->error_count;
    struct token const token = *parser_peek(parser);
    struct slice const text = token.kind == TOKEN_NAME ? parser_text(parser, &token) : slice_of("", 0);
    line->word = words_world(text);
    line->word_span = parser_token_span(parser, &token);
    if (line->word != WORLD_WORD_NONE) {
        parser_take(parser);
        parser_log_use(parser, TOKEN_USE_STATEMENT);
        line_parse(parser, line);
    } else {
        unknown_line(parser, &token);
    }
    bool const sound = line->word != WORLD_WORD_NONE && !parser->panic;
    line_end(parser);
    return sound && parser->diags->error_count == errors;
}

static void world_line(struct parser *parser, void *context) {
    struct world_line ***const tail = context;
    struct world_line *const line = arena_alloc(parser->arena, sizeof *line);
    if (!line_read(parser, line)) return;
    **tail = line;
    *tail = &line->next;
}

void world_parse(struct parser *parser, struct world_decl *world) {
    struct world_line **tail = &world->lines;
    lines_parse(parser, TOKEN_USE_WORLD, world_line, &tail);
}
