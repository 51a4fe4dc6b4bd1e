// What a loop goes through: values, `each LIST`, A .. B; and the `for` in a list's brackets.
#include "parser.h"

// What an operand may begin with behind `each`, where a bracket does not belong to that word itself.
static const bool BEHIND_EACH[TOKEN_COUNT] = {
    [TOKEN_NAME] = true,       [TOKEN_STRING] = true,     [TOKEN_RAW_STRING] = true, [TOKEN_HEX_STRING] = true,
    [TOKEN_TEXT_BLOCK] = true, [TOKEN_CRLF_BLOCK] = true, [TOKEN_NUMBER] = true,     [TOKEN_FLOAT] = true,
    [TOKEN_DURATION] = true,   [TOKEN_RATE] = true,       [TOKEN_ADDRESS] = true,    [TOKEN_LEFT_PAREN] = true,
    [TOKEN_LEFT_BRACKET] = true,
};

// Anything else behind it, and `each` is a name like others.
static bool at_each(struct parser *parser) {
    if (!parser_at_word(parser, "each")) return false;
    struct token const word = *parser_peek(parser);
    struct lexer ahead = parser->lexer; // behind the word, which is peeked
    ahead.silent = true;
    struct token const token = lexer_next(&ahead);
    bool const is_bracket = token.kind == TOKEN_LEFT_PAREN || token.kind == TOKEN_LEFT_BRACKET;
    if (is_bracket && token.start == word.end) return false;
    return BEHIND_EACH[token.kind] && token.keyword == KEYWORD_NONE;
}

static struct expr *each_parse(struct parser *parser, expr_rule *rule) {
    struct token const word = parser_take(parser);
    parser_log_use(parser, TOKEN_USE_WORD);
    struct expr *const each = expr_new(parser, EXPR_EACH, parser_token_span(parser, &word));
    each->left = rule(parser);
    if (!each->left) return NULL;
    each->span.end = each->left->span.end;
    expr_settle(parser, each);
    return each;
}

// `..` stands next, or `first` is a value alone.
static struct expr *interval_parse(struct parser *parser, struct expr *first, expr_rule *rule) {
    if (!first || !parser_accept(parser, TOKEN_RANGE)) return first;
    struct expr *const last = rule(parser);
    if (!last) return NULL;
    struct expr *const interval = expr_new(parser, EXPR_INTERVAL, span_join(first->span, last->span));
    interval->left = first;
    interval->right = last;
    expr_settle(parser, interval);
    return interval;
}

struct expr **loop_parse(struct parser *parser, expr_rule *rule, uint32_t *count) {
    struct expr **list = NULL;
    *count = 0;
    do {
        struct expr *const item = at_each(parser) ? each_parse(parser, rule)
                                                  : interval_parse(parser, rule(parser), rule);
        if (!item) break;
        list = arena_grow(parser->arena, list, *count, sizeof *list);
        list[(*count)++] = item;
    } while (parser_accept(parser, TOKEN_COMMA));
    return list;
}

void loop_parse_list(struct parser *parser, struct expr *list) {
    list->kind = EXPR_LIST_FOR;
    parser_take_word(parser); // for
    list->name = parser_new_name(parser, "a name for each item");
    if (!parser_accept_keyword(parser, KEYWORD_IN)) {
        parser_expected(parser, "'in'");
    } else if (at_each(parser)) {
        parser_error(parser, parser_token_span(parser, parser_peek(parser)),
                     "in brackets `for` goes through a list item by item, without 'each'");
    } else {
        list->left = interval_parse(parser, expr_parse(parser), expr_parse);
    }
}
