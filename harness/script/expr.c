// Expressions, from `? :` down to what stands side by side.
#include "parser.h"

enum level { LEVEL_OR, LEVEL_AND, LEVEL_COMPARISON, LEVEL_SUM, LEVEL_PRODUCT };

struct level_operator {
    enum operator op;
    enum level level;
};

static const struct level_operator SIGNS[TOKEN_COUNT] = {
    [TOKEN_EQUAL] = {OP_EQUAL, LEVEL_COMPARISON},
    [TOKEN_NOT_EQUAL] = {OP_NOT_EQUAL, LEVEL_COMPARISON},
    [TOKEN_LESS] = {OP_LESS, LEVEL_COMPARISON},
    [TOKEN_LESS_EQUAL] = {OP_LESS_EQUAL, LEVEL_COMPARISON},
    [TOKEN_GREATER] = {OP_GREATER, LEVEL_COMPARISON},
    [TOKEN_GREATER_EQUAL] = {OP_GREATER_EQUAL, LEVEL_COMPARISON},
    [TOKEN_TILDE] = {OP_MATCH, LEVEL_COMPARISON},
    [TOKEN_PLUS] = {OP_ADD, LEVEL_SUM},
    [TOKEN_MINUS] = {OP_SUBTRACT, LEVEL_SUM},
    [TOKEN_STAR] = {OP_MULTIPLY, LEVEL_PRODUCT},
    [TOKEN_SLASH] = {OP_DIVIDE, LEVEL_PRODUCT},
    [TOKEN_PERCENT] = {OP_REMAINDER, LEVEL_PRODUCT},
};

static const struct level_operator WORDS[KEYWORD_COUNT] = {
    [KEYWORD_OR] = {OP_OR, LEVEL_OR},
    [KEYWORD_AND] = {OP_AND, LEVEL_AND},
    [KEYWORD_CONTAINS] = {OP_CONTAINS, LEVEL_COMPARISON},
};

// The operator of this level that stands next, or OP_NONE; it is left standing.
static enum operator operator_ahead(struct parser *parser, enum level level) {
    const struct token *const token = parser_peek(parser);
    const struct level_operator *const ahead =
        token->kind == TOKEN_NAME ? &WORDS[token->keyword] : &SIGNS[token->kind];
    return ahead->level == level ? ahead->op : OP_NONE;
}

static enum operator operator_take(struct parser *parser, enum level level) {
    enum operator const op = operator_ahead(parser, level);
    if (op != OP_NONE) parser_take(parser);
    if (op == OP_OR || op == OP_AND || op == OP_CONTAINS) parser_log_use(parser, TOKEN_USE_WORD);
    return op;
}

struct expr *expr_new(struct parser *parser, enum expr_kind kind, struct span span) {
    struct expr *const expr = arena_alloc(parser->arena, sizeof *expr);
    expr->kind = kind;
    expr->span = span;
    return expr;
}

void expr_add_item(struct parser *parser, struct expr *expr, struct expr *item) {
    if (!item) return;
    expr->items = arena_grow(parser->arena, expr->items, expr->item_count, sizeof *expr->items);
    expr->items[expr->item_count++] = item;
    if (item->span.end > expr->span.end) expr->span.end = item->span.end;
}

// What an expression takes over from one that lies in it.
static void settle_below(struct expr *expr, const struct expr *below) {
    if (!below) return;
    if (below->depth >= expr->depth) expr->depth = below->depth + 1;
    expr->may_give = expr->may_give || below->may_give;
}

void expr_settle(struct parser *parser, struct expr *expr) {
    expr->depth = 1;
    expr->may_give = expr->kind == EXPR_REGEX || expr->kind == EXPR_MESSAGE;
    settle_below(expr, expr->left);
    settle_below(expr, expr->right);
    for (uint32_t i = 0; i < expr->item_count; i++) settle_below(expr, expr->items[i]);
    for (uint32_t i = 0; i < expr->part_count; i++) settle_below(expr, expr->parts[i].expr);
    for (uint32_t i = 0; i < expr->field_count; i++) settle_below(expr, expr->fields[i].value);
    if (expr->depth > SCRIPT_NESTING_MAX) {
        parser_error(parser, parser_span(parser, expr->span.end, expr->span.end),
                     "an expression of more than %d levels", SCRIPT_NESTING_MAX);
    }
}

static struct expr *binary_new(struct parser *parser, enum operator op, struct expr *left, struct expr *right) {
    if (!left || !right) return NULL;
    struct expr *const expr = expr_new(parser, EXPR_BINARY, span_join(left->span, right->span));
    expr->op = op;
    expr->left = left;
    expr->right = right;
    expr_settle(parser, expr);
    return expr;
}

// The operator stands next; `operand` reads what is behind it.
static struct expr *unary_parse(struct parser *parser, enum operator op,
                                struct expr *(*operand)(struct parser *parser)) {
    struct token const token = parser_take(parser);
    parser_log_use(parser, op == OP_NEGATE ? TOKEN_USE_SIGN : TOKEN_USE_WORD);
    if (!parser_enter(parser)) return NULL;
    struct expr *const left = operand(parser);
    parser_leave(parser);
    if (!left) return NULL;
    struct expr *const expr = expr_new(parser, EXPR_UNARY, span_join(parser_token_span(parser, &token), left->span));
    expr->op = op;
    expr->left = left;
    expr_settle(parser, expr);
    return expr;
}

// Operands joined by the operators of one level, from the left.
static struct expr *level_parse(struct parser *parser, enum level level,
                                struct expr *(*operand)(struct parser *parser)) {
    struct expr *left = operand(parser);
    for (;;) {
        enum operator const op = operator_take(parser, level);
        if (op == OP_NONE) return left;
        left = binary_new(parser, op, left, operand(parser));
    }
}

struct expr *expr_parse_operand(struct parser *parser) {
    if (parser_at(parser, TOKEN_MINUS)) return unary_parse(parser, OP_NEGATE, expr_parse_operand);
    return expr_parse_value(parser);
}

static struct expr *product_parse(struct parser *parser) {
    return level_parse(parser, LEVEL_PRODUCT, expr_parse_operand);
}

struct expr *expr_parse_sum(struct parser *parser) {
    return level_parse(parser, LEVEL_SUM, product_parse);
}

bool expr_is_type(struct parser *parser) {
    const struct token *const token = parser_peek(parser);
    return token->kind == TOKEN_NAME && token->type != TYPE_WORD_NONE && !parser_is_tight(parser, token, '(');
}

static const bool STARTS[TOKEN_COUNT] = {
    [TOKEN_NUMBER] = true,     [TOKEN_FLOAT] = true,      [TOKEN_DURATION] = true,   [TOKEN_RATE] = true,
    [TOKEN_ADDRESS] = true,    [TOKEN_STRING] = true,     [TOKEN_RAW_STRING] = true, [TOKEN_HEX_STRING] = true,
    [TOKEN_TEXT_BLOCK] = true, [TOKEN_CRLF_BLOCK] = true, [TOKEN_LEFT_PAREN] = true, [TOKEN_LEFT_BRACKET] = true,
};

// `fds NAME` or `fds as`. Anything else behind it, and `fds` is a name like others.
bool expr_at_fds(struct parser *parser) {
    if (!parser_at_word(parser, "fds")) return false;
    struct lexer ahead = parser->lexer; // behind the word, which is peeked
    ahead.silent = true;
    struct token const token = lexer_next(&ahead);
    return token.kind == TOKEN_NAME && (token.keyword == KEYWORD_NONE || token.keyword == KEYWORD_AS);
}

bool expr_starts(struct parser *parser) {
    const struct token *const token = parser_peek(parser);
    if (token->kind != TOKEN_NAME) return STARTS[token->kind];
    if (token->keyword != KEYWORD_NONE || expr_is_type(parser)) return false;
    bool const outermost = parser->open_count == parser->open_floor;
    if (parser->takes_fds && outermost && expr_at_fds(parser)) return false;
    bool const ends_value = parser_at_word(parser, "when") || parser_at_word(parser, "default") || parser_at_word(parser, "where");
    return !(parser->in_field && outermost && ends_value);
}

struct expr *expr_parse_row(struct parser *parser) {
    struct expr *const first = expr_parse_sum(parser);
    if (!first || !expr_starts(parser)) return first;
    struct expr *const row = expr_new(parser, EXPR_ROW, first->span);
    expr_add_item(parser, row, first);
    while (expr_starts(parser)) expr_add_item(parser, row, expr_parse_sum(parser));
    expr_settle(parser, row);
    return row;
}

enum operator expr_comparison(struct parser *parser) {
    return operator_take(parser, LEVEL_COMPARISON);
}

struct expr *expr_parse_regex(struct parser *parser) {
    if (parser->panic) return NULL;
    struct token const token = lexer_regex(&parser->lexer);
    if (token.kind == TOKEN_BAD) parser->panic = true;
    if (token.kind == TOKEN_NOTHING) parser_expected(parser, "a regular expression, /.../, after '~'");
    if (token.kind != TOKEN_REGEX) return NULL;
    parser_log(parser, &token);
    parser->taken_end = token.end;
    struct expr *const expr = expr_new(parser, EXPR_REGEX, parser_token_span(parser, &token));
    expr->text = lexer_slice(&parser->lexer, token.inner_start, token.inner_end);
    expr_settle(parser, expr);
    return expr;
}

static struct expr *state_parse(struct parser *parser) {
    if (parser_at(parser, TOKEN_ELLIPSIS)) {
        struct token const token = parser_take(parser);
        struct expr *const any = expr_new(parser, EXPR_ANY_STATES, parser_token_span(parser, &token));
        expr_settle(parser, any);
        return any;
    }
    struct name const name = parser_name(parser, "a state or '...'");
    if (name.text.len_bytes == 0) return NULL;
    struct expr *const expr = expr_new(parser, EXPR_NAME, name.span);
    expr->name = name;
    expr_settle(parser, expr);
    return expr;
}

// A path of states, or a row. `first` of a path is told from a row by the arrow behind it.
static struct expr *compared_parse(struct parser *parser) {
    struct expr *const first = parser_at(parser, TOKEN_ELLIPSIS) ? state_parse(parser) : expr_parse_row(parser);
    bool const is_any = first && first->kind == EXPR_ANY_STATES;
    if (!first || (!is_any && !parser_at(parser, TOKEN_ARROW))) return first;
    if (!is_any && first->kind != EXPR_NAME) {
        parser_error(parser, first->span, "a path is made of states and '...'");
        return NULL;
    }
    struct expr *const path = expr_new(parser, EXPR_PATH, first->span);
    expr_add_item(parser, path, first);
    while (parser_accept(parser, TOKEN_ARROW)) expr_add_item(parser, path, state_parse(parser));
    expr_settle(parser, path);
    return path;
}

static struct expr *comparison_parse(struct parser *parser) {
    struct expr *const left = expr_parse_row(parser);
    enum operator const op = expr_comparison(parser);
    if (op == OP_NONE) return left;
    bool const has_path = op == OP_EQUAL || op == OP_NOT_EQUAL;
    struct expr *const right = op == OP_MATCH ? expr_parse_regex(parser)
                               : has_path     ? compared_parse(parser)
                                              : expr_parse_row(parser);
    if (operator_ahead(parser, LEVEL_COMPARISON) != OP_NONE) {
        struct span const span = parser_token_span(parser, parser_peek(parser));
        parser_error(parser, span, "comparisons do not chain: join two of them with 'and'");
    }
    return binary_new(parser, op, left, right);
}

static struct expr *not_parse(struct parser *parser) {
    if (parser_at_keyword(parser, KEYWORD_NOT)) return unary_parse(parser, OP_NOT, not_parse);
    return comparison_parse(parser);
}

static struct expr *and_parse(struct parser *parser) {
    return level_parse(parser, LEVEL_AND, not_parse);
}

// COND ? A : B, whose B may be one more.
struct expr *expr_parse(struct parser *parser) {
    struct expr *const condition = level_parse(parser, LEVEL_OR, and_parse);
    if (!condition || !parser_at(parser, TOKEN_QUESTION)) return condition;
    struct expr *const choice = expr_new(parser, EXPR_CHOICE, condition->span);
    expr_add_item(parser, choice, condition);
    if (!parser_enter(parser)) return NULL;
    parser_take(parser);
    expr_add_item(parser, choice, expr_parse(parser));
    parser_expect(parser, TOKEN_COLON, "':' and the other value");
    parser_log_use(parser, TOKEN_USE_ELSE);
    expr_add_item(parser, choice, parser->panic ? NULL : expr_parse(parser));
    parser_leave(parser);
    if (choice->item_count < 3) return NULL;
    expr_settle(parser, choice);
    return choice;
}
