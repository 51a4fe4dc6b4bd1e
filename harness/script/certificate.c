// certificate NAME { PROPERTIES }: a line of a world, whose properties stand on one line or on several.
#include "parser.h"

#include "base/nearest.h"

// HOST, ...: nothing is peeked.
static void names_parse(struct parser *parser, struct certificate_decl *certificate) {
    do {
        struct expr *const word = expr_parse_word(parser);
        if (!word) {
            parser_expected(parser, "a host's name or an address");
            return;
        }
        certificate->names =
            arena_grow(parser->arena, certificate->names, certificate->name_count, sizeof *certificate->names);
        certificate->names[certificate->name_count++] = word;
    } while (parser_accept(parser, TOKEN_COMMA));
}

static void path_parse(struct parser *parser, struct expr **path) {
    *path = expr_parse_word(parser);
    if (!*path) parser_expected(parser, "the file's path");
}

enum property {
    PROPERTY_NAME,
    PROPERTY_EXPIRES,
    PROPERTY_CLIENT,
    PROPERTY_SELF_SIGNED,
    PROPERTY_FILE,
    PROPERTY_KEY,
    PROPERTY_COUNT
};

static const char *const PROPERTIES[PROPERTY_COUNT] = {"name", "expires", "client", "self_signed", "file", "key"};

// What stands where a property should, because of what `last`, the one before it, is not told.
static const char *hint_of(const struct parser *parser, const struct token *token, enum property last) {
    bool const interpolates = token->kind == TOKEN_LEFT_BRACE && lexer_byte(&parser->lexer, token->start - 1) == '$';
    bool const is_word = token->kind == TOKEN_NAME || token->kind == TOKEN_STRING || token->kind == TOKEN_RAW_STRING;
    if (interpolates) return "only a quoted string interpolates: \"${NAME}\"";
    if (token->kind == TOKEN_COMMA) return "between properties stands white space";
    if (last == PROPERTY_NAME && is_word) return "several names have commas between them";
    return token->kind == TOKEN_NAME ? "name, expires, client, self_signed, file and key" : NULL;
}

// The word to the next blank, as it may have been meant: self-signed.
static const char *nearest_property(const struct parser *parser, const struct token *token) {
    uint32_t end = token->end;
    while (lexer_byte(&parser->lexer, end) == '-' || byte_is_name(lexer_byte(&parser->lexer, end))) end++;
    struct nearest nearest = {.name = lexer_slice(&parser->lexer, token->start, end)};
    for (size_t i = 0; i < PROPERTY_COUNT; i++) nearest_offer(&nearest, PROPERTIES[i]);
    return nearest.best;
}

static void unknown_property(struct parser *parser, const struct token *token, enum property last) {
    const char *const hint = hint_of(parser, token, last);
    if (token->kind != TOKEN_NAME) {
        if (parser_expected(parser, "a certificate's property or '}'") && hint) diag_hint(parser->diags, "%s", hint);
        return;
    }
    const char *const nearest = nearest_property(parser, token);
    parser_error(parser, parser_token_span(parser, token), "a certificate has no %s",
                 lexer_describe(&parser->lexer, token, parser->arena));
    if (nearest) diag_suggest(parser->diags, nearest);
    else diag_hint(parser->diags, "%s", hint);
}

// name: HOST, or name = HOST.
static bool has_sign(struct parser *parser) {
    struct lexer ahead = parser->lexer;
    lexer_skip_blanks(&ahead);
    uint8_t const sign = lexer_byte(&ahead, ahead.offset);
    if (sign != ':' && sign != '=') return false;
    if (sign == ':' && lexer_byte(&ahead, ahead.offset + 1) == ':') return false; // ::1
    struct span const span = parser_span(parser, ahead.offset, ahead.offset + 1);
    parser_error(parser, span, "behind a property stands its value, and no '%c'", sign);
    return true;
}

static enum property property_of(struct slice word) {
    enum property property = 0;
    while (property < PROPERTY_COUNT && !slice_is(word, PROPERTIES[property])) property++;
    return property;
}

static bool is_given(const struct certificate_decl *certificate, enum property property) {
    switch (property) {
    case PROPERTY_NAME: return certificate->name_count > 0;
    case PROPERTY_EXPIRES: return certificate->expires != NULL;
    case PROPERTY_CLIENT: return certificate->is_client;
    case PROPERTY_SELF_SIGNED: return certificate->is_self_signed;
    case PROPERTY_FILE: return certificate->file != NULL;
    case PROPERTY_KEY: return certificate->key != NULL;
    case PROPERTY_COUNT: break;
    }
    return false;
}

// Answers which it was.
static enum property property_parse(struct parser *parser, struct certificate_decl *certificate, enum property last) {
    struct token const token = *parser_peek(parser);
    enum property const property =
        token.kind == TOKEN_NAME ? property_of(parser_text(parser, &token)) : PROPERTY_COUNT;
    if (property == PROPERTY_COUNT) {
        unknown_property(parser, &token, last);
        return last;
    }
    if (is_given(certificate, property)) {
        parser_error(parser, parser_token_span(parser, &token), "'%s' stands here a second time", PROPERTIES[property]);
        return last;
    }
    parser_take(parser);
    parser_log_use(parser, TOKEN_USE_PROPERTY);
    if (has_sign(parser)) return last;
    switch (property) {
    case PROPERTY_NAME: names_parse(parser, certificate); break;
    case PROPERTY_EXPIRES: certificate->expires = expr_parse_sum(parser); break;
    case PROPERTY_CLIENT: certificate->is_client = true; break;
    case PROPERTY_SELF_SIGNED: certificate->is_self_signed = true; break;
    case PROPERTY_FILE: path_parse(parser, &certificate->file); break;
    case PROPERTY_KEY: path_parse(parser, &certificate->key); break;
    case PROPERTY_COUNT: break;
    }
    return property;
}

// Another line of the world stands next: the properties should have ended with the line before it.
static bool is_unclosed(struct parser *parser) {
    const struct token *const token = parser_peek(parser);
    struct slice const word = token->kind == TOKEN_NAME ? parser_text(parser, token) : slice_of("", 0);
    if (property_of(word) != PROPERTY_COUNT || words_world(word) == WORLD_WORD_NONE) return false;
    uint32_t const indent = parser_indent(parser, token->start);
    return indent == token->start || lexer_byte(&parser->lexer, token->start - indent - 1) == '\n';
}

// Goes back to the end of the last property's line.
static void blame_brace(struct parser *parser, const struct token *open) {
    diag_error(parser->diags, parser_token_span(parser, open), "this '{' is not closed");
    parser->open_count--;
    parser->lexer.brackets--;
    parser_leave(parser);
    parser->lexer.offset = parser->taken_end;
    parser->peeked = false;
}

struct certificate_decl *certificate_parse(struct parser *parser) {
    struct certificate_decl *const certificate = arena_alloc(parser->arena, sizeof *certificate);
    certificate->name = parser_new_name(parser, "a certificate's name");
    if (!parser_at(parser, TOKEN_LEFT_BRACE)) {
        bool const is_bare = parser_at(parser, TOKEN_NEWLINE);
        bool const goes_on = !is_bare && parser_peek(parser)->start == parser->taken_end;
        struct slice const name = certificate->name.text;
        bool const is_told = parser_expected(parser, "'{'");
        if (is_told && is_bare)
            diag_hint(parser->diags, "certificate %.*s { }", (int)name.len_bytes, (const char *)name.data);
        if (is_told && goes_on) diag_hint(parser->diags, "a name has letters, digits and '_'");
        return certificate;
    }
    struct token const open = parser_take(parser);
    parser_log_use(parser, TOKEN_USE_PROPERTIES);
    parser_open(parser, &open); // line breaks are blanks
    enum property last = PROPERTY_COUNT;
    while (!parser->panic && !parser_at(parser, TOKEN_RIGHT_BRACE)) {
        if (is_unclosed(parser)) {
            blame_brace(parser, &open);
            return certificate;
        }
        last = property_parse(parser, certificate, last);
    }
    if (!parser->panic) parser_note_misclosed(parser, open.start, parser_indent(parser, open.start));
    parser_close(parser, TOKEN_RIGHT_BRACE, "'}'");
    return certificate;
}
