// tls server|client and its words; and the close_notify that a step may leave out.
#include "step_rules.h"

#include "base/nearest.h"

void tls_parse(struct parser *parser, struct statement *statement) {
    if (parser_accept_word(parser, "client")) statement->tls_role = TLS_CLIENT;
    else if (parser_accept_word(parser, "server")) statement->tls_role = TLS_SERVER;
    else parser_expected(parser, "'server' or 'client'");
}

static bool name_word(struct parser *parser, struct statement *statement) {
    if (step_word_twice(parser, statement->operand != NULL)) return false;
    parser_take_word(parser);
    statement->operand = expr_parse_value(parser);
    return true;
}

static bool with_word(struct parser *parser, struct statement *statement) {
    if (step_word_twice(parser, statement->with_count > 0)) return false;
    parser_take_word(parser);
    struct name const name = parser_name(parser, "a certificate's name");
    if (name.text.len_bytes == 0) return false;
    statement->with = arena_array(parser->arena, 1, sizeof *statement->with);
    statement->with[statement->with_count++] = name;
    return true;
}

static bool verify_word(struct parser *parser, struct statement *statement) {
    if (step_word_twice(parser, statement->tls_verify != TLS_VERIFY_USUAL)) return false;
    parser_take_word(parser);
    if (parser_accept_word(parser, "off")) statement->tls_verify = TLS_VERIFY_OFF;
    else if (parser_accept_word(parser, "required")) statement->tls_verify = TLS_VERIFY_REQUIRED;
    else parser_expected(parser, "'off' or 'required'");
    return true;
}

static bool alpn_word(struct parser *parser, struct statement *statement) {
    if (step_word_twice(parser, statement->list_count > 0)) return false;
    parser_take_word(parser);
    do {
        struct expr *const protocol = expr_parse_value(parser);
        if (!protocol) return false;
        if (protocol->kind == EXPR_NAME && parser_at(parser, TOKEN_SLASH)) {
            parser_error(parser, protocol->span, "a protocol's name is a string");
            diag_hint(parser->diags, "\"http/1.1\"");
            return false;
        }
        statement->list = arena_grow(parser->arena, statement->list, statement->list_count, sizeof *statement->list);
        statement->list[statement->list_count++] = protocol;
    } while (parser_accept(parser, TOKEN_COMMA));
    return true;
}

static bool version_word(struct parser *parser, struct statement *statement) {
    if (step_word_twice(parser, statement->tls_version != NULL)) return false;
    parser_take_word(parser);
    struct token const token = *parser_peek(parser);
    bool const is_bare = token.kind == TOKEN_NAME && parser_is_tight(parser, &token, '.') && // TLSv1.2
                         byte_is_digit(lexer_byte(&parser->lexer, token.end + 1));
    if (is_bare) {
        parser_error(parser, parser_token_span(parser, &token), "a version is a string");
        diag_hint(parser->diags, "version \"TLSv1.2\"");
        return false;
    }
    statement->tls_version = expr_parse_value(parser);
    return true;
}

static bool ciphers_word(struct parser *parser, struct statement *statement) {
    if (step_word_twice(parser, statement->tls_ciphers != NULL)) return false;
    parser_take_word(parser);
    struct expr *const ciphers = expr_parse_value(parser);
    if (ciphers && ciphers->kind == EXPR_NAME && (parser_at(parser, TOKEN_MINUS) || parser_at(parser, TOKEN_COLON))) {
        parser_error(parser, ciphers->span, "a list of ciphers is a string");
        diag_hint(parser->diags, "ciphers \"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384\"");
        return false;
    }
    statement->tls_ciphers = ciphers;
    return true;
}

static const struct {
    const char *word;
    bool (*parse)(struct parser *parser, struct statement *statement); // the word stands next
} WORDS[] = {
    {"name", name_word}, {"with", with_word},       {"verify", verify_word},
    {"alpn", alpn_word}, {"version", version_word}, {"ciphers", ciphers_word},
};

enum { WORD_COUNT = sizeof WORDS / sizeof *WORDS };

// What stands there is none of the words, and begins no other statement either.
static void unknown_word(struct parser *parser, const struct token *token) {
    struct slice const text = parser_text(parser, token);
    struct nearest nearest = {.name = text};
    if (token->keyword != KEYWORD_NONE || words_verb(text) != VERB_COUNT) return;
    if (words_declaration(text) != DECLARATION_NONE || parser_is_tight(parser, token, '(')) return;
    for (size_t i = 0; i < WORD_COUNT; i++) nearest_offer(&nearest, WORDS[i].word);
    parser_error(parser, parser_token_span(parser, token), "'tls' has no %s",
                 lexer_describe(&parser->lexer, token, parser->arena));
    if (nearest.best) diag_suggest(parser->diags, nearest.best);
    else diag_hint(parser->diags, "name, with, verify, alpn, version, ciphers; then on, within, fails");
}

bool tls_word(struct parser *parser, struct statement *statement) {
    struct token const token = *parser_peek(parser);
    if (token.kind != TOKEN_NAME) return false;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (slice_is(parser_text(parser, &token), WORDS[i].word)) return WORDS[i].parse(parser, statement);
    }
    unknown_word(parser, &token);
    return false;
}

bool without_notify_parse(struct parser *parser) {
    if (parser_at_word(parser, "close_notify") || parser_at_word(parser, "without_notify"))
        parser_expected(parser, "'without close_notify'");
    if (!parser_accept_word(parser, "without")) return false;
    parser_expect_word(parser, "close_notify");
    return true;
}
