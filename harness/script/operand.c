// One operand: a value, and the .name, [index] and (arguments) behind it.
#include "parser.h"

static struct expr *number_parse(struct parser *parser) {
    static const enum expr_kind KINDS[TOKEN_COUNT] = {
        [TOKEN_NUMBER] = EXPR_NUMBER, [TOKEN_FLOAT] = EXPR_FLOAT,     [TOKEN_DURATION] = EXPR_DURATION,
        [TOKEN_RATE] = EXPR_RATE,     [TOKEN_ADDRESS] = EXPR_ADDRESS,
    };
    struct token const token = parser_take(parser);
    struct expr *const expr = expr_new(parser, KINDS[token.kind], parser_token_span(parser, &token));
    if (token.kind == TOKEN_ADDRESS) expr->text = parser_text(parser, &token);
    else if (token.kind == TOKEN_FLOAT) expr->real = token.real;
    else expr->number = token.number;
    expr_settle(parser, expr);
    return expr;
}

// Items up to the closing bracket, which is taken too.
static void items_parse(struct parser *parser, struct expr *expr, enum token_kind close, const char *expected) {
    if (!parser_at(parser, close)) {
        do {
            struct expr *item = expr_parse(parser);
            if (item && parser_at(parser, TOKEN_RANGE) && expr->kind == EXPR_CALL) {
                struct expr *const range = expr_new(parser, EXPR_RANGE, item->span);
                if (item->kind != EXPR_NAME) parser_error(parser, item->span, "'..' stands between two fields' names");
                parser_take(parser);
                expr_add_item(parser, range, item);
                struct expr *const last = expr_parse_value(parser);
                if (last && last->kind != EXPR_NAME) {
                    parser_error(parser, last->span, "'..' stands between two fields' names");
                }
                expr_add_item(parser, range, last);
                expr_settle(parser, range);
                item = range;
            }
            expr_add_item(parser, expr, item);
        } while (parser_accept(parser, TOKEN_COMMA));
        bool const goes_through = expr->kind == EXPR_LIST && expr->item_count == 1;
        if (goes_through && parser_at_keyword(parser, KEYWORD_FOR)) loop_parse_list(parser, expr);
    }
    parser_close(parser, close, expected);
    expr->span.end = parser->taken_end;
    expr_settle(parser, expr);
}

// `owner` is what stands before the point of owner.name(...), or NULL.
static struct expr *call_parse(struct parser *parser, struct name name, struct expr *owner) {
    struct expr *const call = expr_new(parser, EXPR_CALL, owner ? span_join(owner->span, name.span) : name.span);
    call->name = name;
    call->left = owner;
    struct token const open = parser_take(parser);
    parser_log_use(parser, TOKEN_USE_TIGHT);
    parser_open(parser, &open);
    items_parse(parser, call, TOKEN_RIGHT_PAREN, "',' or ')'");
    return call;
}

static struct expr *paren_parse(struct parser *parser) {
    struct token const open = parser_take(parser);
    parser_open(parser, &open);
    struct expr *const expr = expr_parse(parser);
    parser_close(parser, TOKEN_RIGHT_PAREN, "')'");
    return expr;
}

static struct expr *list_parse(struct parser *parser) {
    struct token const open = parser_take(parser);
    struct expr *const list = expr_new(parser, EXPR_LIST, parser_token_span(parser, &open));
    parser_open(parser, &open);
    items_parse(parser, list, TOKEN_RIGHT_BRACKET, "',' or ']'");
    return list;
}

static struct expr *plain_word(struct parser *parser, const struct token *token) {
    struct expr *const word = expr_new(parser, EXPR_STRING, parser_token_span(parser, token));
    word->parts = arena_array(parser->arena, 1, sizeof *word->parts);
    word->parts[word->part_count++].bytes = parser_text(parser, token);
    expr_settle(parser, word);
    return word;
}

struct expr *expr_parse_word(struct parser *parser) {
    if (parser->panic) return NULL;
    struct token const token = lexer_word(&parser->lexer);
    if (token.kind == TOKEN_BAD) parser->panic = true;
    if (token.kind == TOKEN_BAD || token.kind == TOKEN_NOTHING) return NULL;
    parser_log(parser, &token);
    parser->taken_end = token.end;
    return token.kind == TOKEN_WORD ? plain_word(parser, &token) : string_from(parser, &token);
}

// Whether the next word never names a value: it belongs to the statement.
bool expr_at_keyword_word(const struct parser *parser) {
    struct lexer ahead = parser->lexer;
    ahead.silent = true;
    struct token const token = lexer_word(&ahead);
    return token.kind == TOKEN_WORD && words_keyword(lexer_slice(&ahead, token.start, token.end)) != KEYWORD_NONE;
}

// The words of an endpoint, whose kind was taken.
static struct expr *endpoint_parse(struct parser *parser, const struct token *kind, enum family_word family) {
    struct expr *const endpoint = expr_new(parser, EXPR_ENDPOINT, parser_token_span(parser, kind));
    endpoint->family = family;
    while (endpoint->item_count < words_family_arguments(family)) {
        struct expr *const word = expr_at_keyword_word(parser) ? NULL : expr_parse_word(parser);
        if (!word) break;
        expr_add_item(parser, endpoint, word);
    }
    expr_settle(parser, endpoint);
    return endpoint;
}

static struct expr *file_parse(struct parser *parser, const struct token *word) {
    struct expr *const file = expr_new(parser, EXPR_FILE, parser_token_span(parser, word));
    file->left = string_parse(parser);
    file->span.end = parser->taken_end;
    expr_settle(parser, file);
    return file;
}

static bool at_string(struct parser *parser) {
    return parser_at(parser, TOKEN_STRING) || parser_at(parser, TOKEN_RAW_STRING);
}

// A type's name stands where bytes should: says how it builds some.
static void refuse_type(struct parser *parser, const struct token *token) {
    int const len = (int)(token->end - token->start);
    const char *const text = (const char *)parser_text(parser, token).data;
    if (parser->panic || parser_blames_bracket(parser)) return;
    parser_error(parser, parser_token_span(parser, token), "'%.*s' is a pattern type, and no value", len, text);
    if (words_type_builds(token->type)) {
        diag_hint(parser->diags, "its bytes are built by %.*s(VALUE)", len, text);
    } else if (parser->in_field) {
        diag_hint(parser->diags, "a field that others read needs a name that is no type's");
    }
}

// Whether the `{` of a message value stands next, behind its name.
static bool at_message(struct parser *parser) {
    bool const heads_block = parser->in_head && parser->open_count == parser->open_floor;
    return !heads_block && parser_at(parser, TOKEN_LEFT_BRACE);
}

static struct expr *name_parse(struct parser *parser) {
    struct token const token = *parser_peek(parser);
    if (token.keyword != KEYWORD_NONE) {
        parser_expected(parser, "a value");
        return NULL;
    }
    if (expr_is_type(parser)) {
        refuse_type(parser, &token);
        return NULL;
    }
    parser_take(parser);
    struct name const name = parser_name_of(parser, &token);
    bool const is_called = parser_is_tight(parser, &token, '(');
    enum family_word const family = is_called ? FAMILY_NONE : script_family_of(name.text);
    bool const is_file = slice_is(name.text, "file") && at_string(parser);
    parser_log_use(parser, is_called || is_file ? TOKEN_USE_CALLED : family != FAMILY_NONE ? TOKEN_USE_KIND : TOKEN_USE_VALUE);
    if (is_called) return call_parse(parser, name, NULL);
    if (family != FAMILY_NONE) return endpoint_parse(parser, &token, family);
    if (is_file) return file_parse(parser, &token);
    if (at_message(parser)) return operand_message(parser, name);
    struct expr *const expr = expr_new(parser, EXPR_NAME, name.span);
    expr->name = name;
    expr_settle(parser, expr);
    return expr;
}

static struct expr *member_parse(struct parser *parser, struct expr *owner) {
    parser_take(parser);
    struct token const token = *parser_peek(parser);
    struct name const name = parser_name(parser, "a name after '.'");
    if (name.text.len_bytes == 0) return NULL;
    bool const is_called = parser_is_tight(parser, &token, '(');
    parser_log_use(parser, is_called ? TOKEN_USE_CALLED : TOKEN_USE_VALUE);
    if (is_called) return call_parse(parser, name, owner);
    struct expr *const member = expr_new(parser, EXPR_MEMBER, span_join(owner->span, name.span));
    member->name = name;
    member->left = owner;
    expr_settle(parser, member);
    if (owner->kind != EXPR_NAME || !at_message(parser)) return member;
    struct expr *const message = operand_message(parser, name); // of the library that the owner names
    message->left = owner;
    message->span.start = owner->span.start;
    expr_settle(parser, message);
    return message;
}

static struct expr *index_parse(struct parser *parser, struct expr *owner) {
    struct token const open = parser_take(parser);
    parser_log_use(parser, TOKEN_USE_TIGHT);
    struct expr *const index = expr_new(parser, EXPR_INDEX, owner->span);
    parser_open(parser, &open);
    index->left = owner;
    index->right = expr_parse(parser);
    parser_close(parser, TOKEN_RIGHT_BRACKET, "']'");
    index->span.end = parser->taken_end;
    expr_settle(parser, index);
    return index;
}

struct expr *operand_parse(struct parser *parser) {
    static struct expr *(*const RULES[TOKEN_COUNT])(struct parser *parser) = {
        [TOKEN_NUMBER] = number_parse,      [TOKEN_FLOAT] = number_parse,      [TOKEN_DURATION] = number_parse,
        [TOKEN_RATE] = number_parse,        [TOKEN_ADDRESS] = number_parse,    [TOKEN_STRING] = string_parse,
        [TOKEN_RAW_STRING] = string_parse,  [TOKEN_HEX_STRING] = string_parse, [TOKEN_TEXT_BLOCK] = string_parse,
        [TOKEN_CRLF_BLOCK] = string_parse,  [TOKEN_NAME] = name_parse,         [TOKEN_LEFT_PAREN] = paren_parse,
        [TOKEN_LEFT_BRACKET] = list_parse,
    };
    enum token_kind const kind = parser_peek(parser)->kind;
    if (RULES[kind]) return RULES[kind](parser);
    parser_expected(parser, "a value");
    return NULL;
}

struct expr *expr_parse_value(struct parser *parser) {
    struct expr *expr = operand_parse(parser);
    while (expr && expr->kind != EXPR_ENDPOINT) {
        if (parser_at(parser, TOKEN_DOT)) {
            expr = member_parse(parser, expr);
        } else if (parser_at(parser, TOKEN_LEFT_BRACKET) && parser_peek(parser)->start == parser->taken_end) {
            expr = index_parse(parser, expr);
        } else {
            break;
        }
    }
    return expr;
}
