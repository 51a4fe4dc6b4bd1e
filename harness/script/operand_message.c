// Message values and patterns: NAME { field: value, field < 4, field as x }.
#include "parser.h"

static void field_parse(struct parser *parser, struct field_use *field) {
    field->name = parser_name(parser, "a field's name");
    field->span = field->name.span;
    if (parser_accept(parser, TOKEN_COLON)) {
        field->op = OP_EQUAL;
        field->value = expr_parse_row(parser);
    } else {
        field->op = expr_comparison(parser);
        if (field->op == OP_MATCH) {
            field->value = expr_parse_regex(parser);
        } else if (field->op != OP_NONE) {
            field->value = expr_parse_operand(parser);
        } else if (!parser_at_keyword(parser, KEYWORD_AS)) {
            parser_expected(parser, "':', a comparison or 'as'");
        }
    }
    if (parser_accept_keyword(parser, KEYWORD_AS)) field->capture = parser_new_name(parser, "a capture's name");
    field->span.end = parser->taken_end;
}

struct expr *operand_message(struct parser *parser, struct name name) {
    struct expr *const message = expr_new(parser, EXPR_MESSAGE, name.span);
    message->name = name;
    struct token const open = parser_take(parser);
    unsigned const brackets = parser->lexer.brackets;
    parser_open(parser, &open);
    parser->lexer.brackets = 0; // a line break ends a field
    for (;;) {
        while (parser_accept(parser, TOKEN_NEWLINE)) continue;
        if (parser->panic || parser_at(parser, TOKEN_RIGHT_BRACE)) break;
        message->fields = arena_grow(parser->arena, message->fields, message->field_count, sizeof *message->fields);
        field_parse(parser, &message->fields[message->field_count++]);
        if (!parser_accept(parser, TOKEN_COMMA) && !parser_at(parser, TOKEN_NEWLINE)) break;
    }
    parser->lexer.brackets = brackets + 1;
    parser_close(parser, TOKEN_RIGHT_BRACE, "',' or '}'");
    message->span.end = parser->taken_end;
    expr_settle(parser, message);
    return message;
}
