// What stands behind the verbs of a program.
#include "step_rules.h"

// `with NAME`. Anything else behind it, and `with` is a name like others.
static bool at_with(struct parser *parser) {
    if (!parser_at_word(parser, "with")) return false;
    struct lexer ahead = parser->lexer; // behind the word, which is peeked
    ahead.silent = true;
    struct token const token = lexer_next(&ahead);
    return token.kind == TOKEN_NAME && token.keyword == KEYWORD_NONE;
}

static void arguments_parse(struct parser *parser, struct statement *statement, bool in_parens) {
    while (expr_starts(parser) && (in_parens || !at_with(parser))) {
        struct expr *const argument = expr_parse_operand(parser);
        if (!argument) return;
        statement->list = arena_grow(parser->arena, statement->list, statement->list_count, sizeof *statement->list);
        statement->list[statement->list_count++] = argument;
    }
}

// What cannot go on a row of arguments, and looks as if it should.
static const char *argument_hint(struct parser *parser) {
    switch ((int)parser_peek(parser)->kind) {
    case TOKEN_COMMA: return "arguments stand side by side, without commas";
    case TOKEN_PLUS:
    case TOKEN_MINUS:
    case TOKEN_STAR:
    case TOKEN_SLASH:
    case TOKEN_PERCENT: return "each operand is one argument: put one that is computed into parentheses";
    case TOKEN_LESS:
    case TOKEN_GREATER: return "there is no shell: `recv` reads what it prints, and `stdin` is what it reads";
    default: return NULL;
    }
}

static void arguments_end(struct parser *parser, const char *expected) {
    const char *const hint = argument_hint(parser);
    if (hint && parser_expected(parser, expected)) diag_hint(parser->diags, "%s", hint);
}

bool run_word(struct parser *parser, struct statement *statement) {
    if (!at_with(parser) || step_word_twice(parser, statement->with_count > 0)) return false;
    parser_take_word(parser);
    do {
        struct name const name = parser_name(parser, "a listening socket's name");
        if (name.text.len_bytes == 0) return true;
        statement->with = arena_grow(parser->arena, statement->with, statement->with_count, sizeof *statement->with);
        statement->with[statement->with_count++] = name;
    } while (parser_accept(parser, TOKEN_COMMA));
    return true;
}

void run_parse(struct parser *parser, struct statement *statement) {
    if (parser_at(parser, TOKEN_LEFT_PAREN)) {
        struct token const open = parser_take(parser);
        parser_open(parser, &open);
        arguments_parse(parser, statement, true);
        if (statement->list_count == 0) parser_expected(parser, "the program's name, as a string");
        arguments_end(parser, "an argument or ')'");
        parser_close(parser, TOKEN_RIGHT_PAREN, "an argument or ')'");
    } else {
        arguments_parse(parser, statement, false);
        if (statement->list_count == 0) parser_expected(parser, "the program's name, as a string");
        arguments_end(parser, "an argument or the end of the statement");
    }
}

void cwd_parse(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse_row(parser);
}

static bool at_string(struct parser *parser) {
    return parser_at(parser, TOKEN_STRING) || parser_at(parser, TOKEN_RAW_STRING);
}

// A name as it stands, or in quotes.
static struct name variable_parse(struct parser *parser) {
    if (!at_string(parser)) return parser_name(parser, "a variable's name");
    const struct expr *const string = string_plain(parser, "a variable's name");
    struct name name = {0};
    if (!string) return name;
    name.span = string->span;
    if (string->part_count == 0) parser_error(parser, string->span, "a variable without a name");
    struct buffer text = {0};
    for (uint32_t i = 0; i < string->part_count; i++) buffer_slice(&text, string->parts[i].bytes);
    name.text = slice_of(arena_copy(parser->arena, text.data, text.len_bytes), text.len_bytes);
    buffer_fini(&text);
    return name;
}

void env_parse(struct parser *parser, struct statement *statement) {
    statement->name = variable_parse(parser);
    if (parser_at(parser, TOKEN_ASSIGN) && parser_expected(parser, "the variable's value or 'unset'"))
        diag_hint(parser->diags, "env NAME VALUE: no '=' stands between them");
    statement->is_unset = parser_accept_word(parser, "unset");
    if (!statement->is_unset) statement->operand = expr_parse_row(parser);
}

void user_parse(struct parser *parser, struct statement *statement) {
    if (!expr_at_keyword_word(parser)) statement->operand = expr_parse_word(parser);
    if (!statement->operand) parser_expected(parser, "a user's name");
}

void stdin_parse(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse_row(parser);
}

void listens_parse(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse_value(parser);
}

void stop_parse(struct parser *parser, struct statement *statement) {
    const struct token *const token = parser_peek(parser);
    if (parser_at_end(parser) || (token->kind == TOKEN_NAME && token->keyword != KEYWORD_NONE)) return;
    bool const is_number = token->kind == TOKEN_NUMBER;
    if (!is_number) statement->name = parser_name(parser, "a signal's name, like SIGTERM");
    else if (parser_expected(parser, "a signal's name, like SIGTERM"))
        diag_hint(parser->diags, "a signal has a name of its own: signal(7)");
}
