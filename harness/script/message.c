// message NAME { FIELDS }: a protocol's layout.
#include "parser.h"

// Says so where a field has both; the second stands next.
static void one_value(struct parser *parser) {
    if (!parser_at(parser, TOKEN_ASSIGN) && !parser_at_word(parser, "default")) return;
    parser_error(parser, parser_token_span(parser, parser_peek(parser)),
                 "a field has '=' or 'default': what '=' says is verified, and 'default' is not");
}

// NAME TYPE [= EXPR | default EXPR] [when EXPR] [where EXPR]
static void field_parse(struct parser *parser, struct field_decl *field) {
    field->name = parser_name(parser, "a field's name");
    field->type = type_parse(parser);
    parser->in_field = true;
    if (parser_accept(parser, TOKEN_ASSIGN)) field->value = expr_parse(parser);
    else if (parser_accept_word(parser, "default")) field->fallback = expr_parse(parser);
    if (field->value || field->fallback) one_value(parser);
    if (parser_accept_word(parser, "when")) field->condition = expr_parse(parser);
    if (parser_accept_word(parser, "where")) field->rule = expr_parse(parser);
    if (field->rule && parser_at_word(parser, "when"))
        parser_error(parser, parser_token_span(parser, parser_peek(parser)), "'when' stands before 'where'");
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
            if (parser_expected(parser, "'=', 'default', 'when', 'where' or the end of the field") && at_count)
                diag_hint(parser->diags, "several of a type are a list(TYPE, COUNT)");
        }
    }
    if (parser->panic) parser_recover(parser);
}

// The word alone: names behind it count from there. With a type behind it, it is a field's name like others.
static bool at_origin(struct parser *parser) {
    if (!parser_at_word(parser, "origin")) return false;
    struct lexer ahead = parser->lexer; // behind the word, which is peeked
    ahead.silent = true;
    enum token_kind const next = lexer_next(&ahead).kind;
    return next == TOKEN_NEWLINE || next == TOKEN_RIGHT_BRACE || next == TOKEN_END;
}

// Where the fields of a message go.
struct fields {
    struct message_decl *message;
    struct field_decl **tail;
    bool at_origin; // it stands before the next field
};

static void origin_line(struct parser *parser, struct fields *fields) {
    struct token const word = parser_take(parser);
    parser_log_use(parser, TOKEN_USE_WORD);
    struct span const span = parser_token_span(parser, &word);
    if (fields->at_origin || fields->message->origin) {
        parser_error(parser, span, "there is an 'origin' already");
        parser_recover(parser);
    }
    fields->at_origin = true;
    fields->message->origin_span = span;
}

static void field_line(struct parser *parser, void *context) {
    struct fields *const fields = context;
    uint32_t const errors = parser->diags->error_count;
    if (!parser->panic && at_origin(parser)) {
        origin_line(parser, fields);
        return;
    }
    struct field_decl *const field = arena_alloc(parser->arena, sizeof *field);
    field_parse(parser, field);
    if (parser->diags->error_count == errors && !parser->panic) {
        *fields->tail = field;
        fields->tail = &field->next;
        if (fields->at_origin) fields->message->origin = field;
    }
    fields->at_origin = false;
    field_end(parser);
}

void message_parse(struct parser *parser, struct message_decl *message) {
    struct fields fields = {.message = message, .tail = &message->fields};
    lines_parse(parser, TOKEN_USE_FIELDS, field_line, &fields);
    if (fields.at_origin && !parser->panic)
        diag_error(parser->diags, message->origin_span, "no field follows 'origin': it is where their names count from");
}
