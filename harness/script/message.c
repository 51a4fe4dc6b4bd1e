// message NAME { FIELDS }: a protocol's layout.
#include "parser.h"

// NAME TYPE [= EXPR] [when EXPR]
static void field_parse(struct parser *parser, struct field_decl *field) {
    field->name = parser_name(parser, "a field's name");
    field->type = type_parse(parser);
    parser->in_field = true;
    if (parser_accept(parser, TOKEN_ASSIGN)) field->value = expr_parse(parser);
    if (parser_accept_word(parser, "when")) field->condition = expr_parse(parser);
    parser->in_field = false;
    field->span = parser_span(parser, field->name.span.start, parser->taken_end);
}

static void field_end(struct parser *parser) {
    if (!parser->panic && !parser_at_end(parser)) {
        const struct token *const token = parser_peek(parser);
        if (token->kind == TOKEN_NAME || token->kind == TOKEN_COMMA) {
            parser_error(parser, parser_token_span(parser, token), "one field a line: this one has ended before %s",
                         lexer_describe(&parser->lexer, token, parser->arena));
        } else {
            bool const at_count = parser_at(parser, TOKEN_LEFT_BRACKET);
            if (parser_expected(parser, "'=', 'when' or the end of the field") && at_count)
                diag_hint(parser->diags, "several of a type are a list(TYPE, COUNT)");
        }
    }
    if (parser->panic) parser_recover(parser);
}

static void field_line(struct parser *parser, void *context) {
    struct field_decl ***const tail = context;
    uint32_t const errors = parser->diags->error_count;
    struct field_decl *const field = arena_alloc(parser->arena, sizeof *field);
    field_parse(parser, field);
    if (parser->diags->error_count == errors && !parser->panic) {
        **tail = field;
        *tail = &field->next;
    }
    field_end(parser);
}

void message_parse(struct parser *parser, struct message_decl *message) {
    struct field_decl **tail = &message->fields;
    lines_parse(parser, TOKEN_USE_FIELDS, field_line, &tail);
}
