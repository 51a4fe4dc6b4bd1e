// What a recv must match: a row of elements, and perhaps the end of the connection.
#include "parser.h"

static const struct {
    enum keyword keyword;
    enum ending ending;
} ENDINGS[] = {
    {KEYWORD_EOF, ENDING_EOF},
    {KEYWORD_RESET, ENDING_RESET},
    {KEYWORD_CLOSED, ENDING_CLOSED},
};

// Whether the next token is a type of an element: u16be, bytes(N), but not u16be(80), which is bytes.
static bool at_element_type(struct parser *parser) {
    const struct token *const token = parser_peek(parser);
    if (token->kind != TOKEN_NAME || token->type == TYPE_WORD_NONE) return false;
    return words_type_arguments(token->type) > 0 || !parser_is_tight(parser, token, '(');
}

static void element_parse(struct parser *parser, struct element *element) {
    element->span = parser_token_span(parser, parser_peek(parser));
    if (at_element_type(parser)) {
        element->type = type_parse(parser);
    } else {
        element->bytes = expr_parse_value(parser);
    }
    element->op = expr_comparison(parser);
    if (element->op == OP_MATCH) {
        element->right = expr_parse_regex(parser);
    } else if (element->op != OP_NONE) {
        element->right = expr_parse_operand(parser);
    }
    if (parser_accept_keyword(parser, KEYWORD_AS)) element->capture = parser_new_name(parser, "a capture's name");
    element->span.end = parser->taken_end;
}

static void ending_parse(struct parser *parser, struct pattern *pattern) {
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        if (!parser_at_keyword(parser, ENDINGS[i].keyword)) continue;
        struct token const token = parser_take(parser);
        parser_log_use(parser, TOKEN_USE_WORD);
        pattern->ending = ENDINGS[i].ending;
        pattern->ending_span = parser_token_span(parser, &token);
        uint32_t const without = parser_peek(parser)->start;
        pattern->without_notify = without_notify_parse(parser);
        if (pattern->without_notify && pattern->ending != ENDING_EOF) {
            parser_error(parser, parser_span(parser, without, parser->taken_end), "only 'eof' asks for a close_notify");
            if (pattern->ending == ENDING_CLOSED) diag_hint(parser->diags, "'closed' takes an end with it, and one without");
        }
        return;
    }
}

// Without an `eof` before it.
static void stray_notify(struct parser *parser) {
    if (!parser_at_word(parser, "without")) return;
    uint32_t const without = parser_peek(parser)->start;
    struct lexer ahead = parser->lexer;
    ahead.silent = true;
    struct token const next = lexer_next(&ahead);
    if (next.kind != TOKEN_NAME || !slice_is(parser_text(parser, &next), "close_notify")) return;
    parser_error(parser, parser_span(parser, without, next.end), "only 'eof' asks for a close_notify");
}

struct pattern *pattern_parse(struct parser *parser) {
    struct pattern *const pattern = arena_alloc(parser->arena, sizeof *pattern);
    pattern->span = parser_token_span(parser, parser_peek(parser));
    while (expr_starts(parser) || at_element_type(parser)) {
        pattern->elements = arena_grow(parser->arena, pattern->elements, pattern->element_count,
                                       sizeof *pattern->elements);
        stray_notify(parser);
        element_parse(parser, &pattern->elements[pattern->element_count++]);
    }
    ending_parse(parser, pattern);
    if (pattern->element_count == 0 && pattern->ending == ENDING_NONE) {
        parser_expected(parser, "a pattern, 'eof', 'reset', 'closed' or 'nothing for'");
    }
    pattern->span.end = parser->taken_end;
    return pattern;
}
