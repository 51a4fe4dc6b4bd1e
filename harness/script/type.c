// The type of a pattern's element or of a message's field.
#include "parser.h"

// The one argument of bytes(N) and its like; another one behind it where there is a `second`.
static struct expr *argument_parse(struct parser *parser, struct expr **second) {
    struct token const open = parser_take(parser);
    parser_log_use(parser, TOKEN_USE_TIGHT);
    parser_open(parser, &open);
    struct expr *const argument = expr_parse(parser);
    bool const has_second = second && parser_accept(parser, TOKEN_COMMA);
    if (has_second) *second = expr_parse(parser);
    parser_close(parser, TOKEN_RIGHT_PAREN, second && !has_second ? "',' or ')'" : "')'");
    return argument;
}

// list(TYPE, COUNT), list(TYPE) until(EXPR) or list(TYPE), to the end; the word was taken.
static void list_parse(struct parser *parser, struct type_use *type) {
    struct token const open = parser_take(parser);
    parser_log_use(parser, TOKEN_USE_TIGHT);
    parser_open(parser, &open);
    type->element = type_parse(parser);
    bool const counted = parser_accept(parser, TOKEN_COMMA);
    if (counted) type->argument = expr_parse(parser);
    parser_close(parser, TOKEN_RIGHT_PAREN, counted ? "')'" : "',' or ')'");
    if (counted) return;
    struct token const until = *parser_peek(parser);
    if (!parser_at_word(parser, "until") || !parser_is_tight(parser, &until, '(')) return;
    parser_take(parser);
    parser_log_use(parser, TOKEN_USE_TYPE);
    type->until = argument_parse(parser, NULL);
}

// sized(N, TYPE) or masked(N, KEY); the word was taken.
static void pair_parse(struct parser *parser, struct type_use *type) {
    struct token const open = parser_take(parser);
    parser_log_use(parser, TOKEN_USE_TIGHT);
    parser_open(parser, &open);
    type->argument = expr_parse(parser);
    parser_expect(parser, TOKEN_COMMA, type->word == TYPE_WORD_SIZED ? "',' and the type" : "',' and the key");
    if (type->word == TYPE_WORD_SIZED) type->element = type_parse(parser);
    else type->key = expr_parse(parser);
    parser_close(parser, TOKEN_RIGHT_PAREN, "')'");
}

static void arm_parse(struct parser *parser, struct switch_arm *arm) {
    struct token const first = *parser_peek(parser);
    arm->span = parser_token_span(parser, &first);
    if (!parser_accept_word(parser, "else")) {
        do {
            arm->values = arena_grow(parser->arena, arm->values, arm->value_count, sizeof *arm->values);
            struct expr *const value = expr_parse_sum(parser);
            if (value) arm->values[arm->value_count++] = value;
        } while (parser_accept(parser, TOKEN_COMMA));
    }
    parser_expect(parser, TOKEN_COLON, "':'");
    arm->type = type_parse(parser);
    arm->span.end = parser->taken_end;
}

// What a switch asks, up to its `{`, which begins no message value.
static struct expr *selector_parse(struct parser *parser) {
    bool const in_head = parser->in_head, in_field = parser->in_field;
    unsigned const floor = parser->open_floor;
    parser->in_head = true;
    parser->in_field = false;
    parser->open_floor = parser->open_count;
    struct expr *const selector = expr_parse(parser);
    parser->in_head = in_head;
    parser->in_field = in_field;
    parser->open_floor = floor;
    return selector;
}

// switch EXPR { VALUE, VALUE: TYPE, else: TYPE }; the word was taken.
static void switch_parse(struct parser *parser, struct type_use *type) {
    if (!expr_starts(parser)) parser_expected(parser, "the field that decides");
    type->selector = selector_parse(parser);
    if (!parser_at(parser, TOKEN_LEFT_BRACE)) {
        parser_expected(parser, "'{'");
        return;
    }
    struct token const open = parser_take(parser);
    unsigned const brackets = parser->lexer.brackets;
    parser_open(parser, &open);
    parser->lexer.brackets = 0; // a line break ends an arm
    for (;;) {
        while (parser_accept(parser, TOKEN_NEWLINE)) continue;
        if (parser->panic || parser_at(parser, TOKEN_RIGHT_BRACE)) break;
        type->arms = arena_grow(parser->arena, type->arms, type->arm_count, sizeof *type->arms);
        arm_parse(parser, &type->arms[type->arm_count++]);
        if (!parser_accept(parser, TOKEN_COMMA) && !parser_at(parser, TOKEN_NEWLINE)) break;
    }
    if (type->arm_count == 0) parser_expected(parser, "VALUE: TYPE");
    parser->lexer.brackets = brackets + 1;
    parser_close(parser, TOKEN_RIGHT_BRACE, "',' or '}'");
}

static void word_parse(struct parser *parser, struct type_use *type, const struct token *token) {
    const char *const word = script_type_word(type->word);
    bool const has_paren = parser_is_tight(parser, token, '(');
    if (words_type_arguments(type->word) == 0) {
        if (has_paren) parser_error(parser, type->span, "'%s' takes no argument here", word);
    } else if (!has_paren) {
        parser_error(parser, type->span, "'%s' takes an argument, in parentheses without a space before them", word);
    } else if (type->word == TYPE_WORD_LIST) {
        list_parse(parser, type);
    } else if (words_type_arguments(type->word) == 2) {
        pair_parse(parser, type);
    } else {
        type->argument = argument_parse(parser, type->word == TYPE_WORD_UNTIL ? &type->most : NULL);
    }
}

struct type_use *type_parse(struct parser *parser) {
    struct type_use *const type = arena_alloc(parser->arena, sizeof *type);
    struct token const token = *parser_peek(parser);
    struct name const name = parser_name(parser, "a type");
    type->span = name.span;
    if (name.text.len_bytes == 0 || !parser_enter(parser)) return type;
    type->word = token.type;
    if (type->word != TYPE_WORD_NONE) {
        parser_log_use(parser, TOKEN_USE_TYPE);
        word_parse(parser, type, &token);
    } else if (slice_is(name.text, "switch")) {
        parser_log_use(parser, TOKEN_USE_WORD);
        switch_parse(parser, type);
    } else if (token.keyword != KEYWORD_NONE || script_family_of(name.text) != FAMILY_NONE) {
        parser_error(parser, name.span, "expected a type, found '%.*s'", (int)name.text.len_bytes,
                     (const char *)name.text.data);
    } else {
        type->message = name;
        if (parser_accept(parser, TOKEN_DOT)) {
            type->library = name;
            type->message = parser_name(parser, "the name of one of its messages");
        }
    }
    parser_leave(parser);
    if (parser->taken_end > type->span.end) type->span.end = parser->taken_end;
    return type;
}
