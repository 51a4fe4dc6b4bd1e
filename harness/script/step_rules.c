#include "step_rules.h"

static void as_parse(struct parser *parser, struct statement *statement) {
    if (parser_accept_keyword(parser, KEYWORD_AS)) statement->as = parser_new_name(parser, "a socket's name");
}

static void nothing_parse(struct parser *parser, struct statement *statement) {
    (void)parser, (void)statement;
}

static void operand_rule(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse(parser);
}

static void sum_rule(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse_sum(parser);
}

static void socket_parse(struct parser *parser, struct statement *statement) {
    struct token const token = *parser_peek(parser);
    struct name const name = parser_name(parser, "an endpoint kind");
    if (name.text.len_bytes == 0) return;
    enum family_word const family = script_family_of(name.text);
    if (family == FAMILY_NONE) {
        parser_error(parser, name.span, "no such endpoint kind %s",
                     lexer_describe(&parser->lexer, &token, parser->arena));
        diag_suggest(parser->diags, words_nearest_family(name.text));
        return;
    }
    parser_log_use(parser, TOKEN_USE_KIND);
    statement->operand = expr_new(parser, EXPR_ENDPOINT, name.span);
    statement->operand->family = family;
    expr_settle(parser, statement->operand);
    as_parse(parser, statement);
}

static void bind_parse(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse_value(parser);
    as_parse(parser, statement);
}

static void listen_parse(struct parser *parser, struct statement *statement) {
    if (expr_starts(parser) && !parser_at_word(parser, "backlog")) statement->operand = expr_parse_value(parser);
    if (parser_accept_word(parser, "backlog")) statement->backlog = expr_parse_sum(parser);
    as_parse(parser, statement);
}

static void accept_parse(struct parser *parser, struct statement *statement) {
    if (parser_accept(parser, TOKEN_STAR)) {
        statement->accept_form = ACCEPT_MANY;
        statement->count = expr_parse_sum(parser);
    } else if (parser_accept_word(parser, "each")) {
        statement->accept_form = ACCEPT_EACH;
    }
    as_parse(parser, statement);
}

static void connect_parse(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse_value(parser);
    if (parser_accept_keyword(parser, KEYWORD_FROM)) statement->from = expr_parse_value(parser);
    as_parse(parser, statement);
}

// fds S, ... of a send, whose sockets are there; fds as S, ... of a recv, which makes them.
static void fds_parse(struct parser *parser, struct statement *statement, bool are_new) {
    if (statement->fd_count || !expr_at_fds(parser)) return;
    parser_take_word(parser);
    if (are_new && !parser_accept_keyword(parser, KEYWORD_AS)) parser_expected(parser, "'as' and names for the sockets");
    if (!are_new && parser_at_keyword(parser, KEYWORD_AS)) parser_expected(parser, "a socket's name");
    do {
        struct name const name = are_new ? parser_new_name(parser, "a socket's name") : parser_name(parser, "a socket's name");
        if (name.text.len_bytes == 0) return;
        statement->fds = arena_grow(parser->arena, statement->fds, statement->fd_count, sizeof *statement->fds);
        statement->fds[statement->fd_count++] = name;
    } while (parser_accept(parser, TOKEN_COMMA));
}

static void send_parse(struct parser *parser, struct statement *statement) {
    parser->takes_fds = true;
    if (expr_at_fds(parser)) parser_expected(parser, "the bytes that the descriptors go with");
    statement->operand = expr_parse_row(parser);
    parser->takes_fds = false;
    if (parser_accept_keyword(parser, KEYWORD_IN)) {
        parser_expect_word(parser, "chunks");
        parser_expect_word(parser, "of");
        statement->chunk = expr_parse_sum(parser);
        if (parser_accept_keyword(parser, KEYWORD_EVERY)) statement->every = expr_parse_sum(parser);
    }
    if (parser_accept_keyword(parser, KEYWORD_SPLIT)) {
        parser_expect_word(parser, "at");
        statement->list = loop_parse(parser, expr_parse_sum, &statement->list_count);
    }
    fds_parse(parser, statement, false);
    if (parser_accept_keyword(parser, KEYWORD_TO)) statement->to = expr_parse_value(parser);
    fds_parse(parser, statement, false);
}

static void recv_parse(struct parser *parser, struct statement *statement) {
    if (parser_accept_keyword(parser, KEYWORD_NOTHING)) {
        parser_expect_word(parser, "for");
        statement->silence = expr_parse_sum(parser);
        return;
    }
    parser->takes_fds = true;
    statement->pattern = pattern_parse(parser);
    parser->takes_fds = false;
    fds_parse(parser, statement, true);
    if (parser_accept_keyword(parser, KEYWORD_FROM)) statement->from = expr_parse_value(parser);
    fds_parse(parser, statement, true);
}

static void shutdown_parse(struct parser *parser, struct statement *statement) {
    static const struct {
        const char *word;
        enum shutdown_way way;
    } WAYS[] = {{"read", SHUTDOWN_READ}, {"write", SHUTDOWN_WRITE}, {"both", SHUTDOWN_BOTH}};
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
        if (!parser_accept_word(parser, WAYS[i].word)) continue;
        statement->shutdown_way = WAYS[i].way;
        uint32_t const without = parser_peek(parser)->start;
        statement->without_notify = without_notify_parse(parser);
        if (statement->without_notify && statement->shutdown_way == SHUTDOWN_READ) {
            parser_error(parser, parser_span(parser, without, parser->taken_end),
                         "'shutdown read' sends nothing, and no close_notify either");
        }
        return;
    }
    parser_expected(parser, "'read', 'write' or 'both'");
}

static void close_parse(struct parser *parser, struct statement *statement) {
    statement->without_notify = without_notify_parse(parser);
}

static void set_parse(struct parser *parser, struct statement *statement) {
    statement->name = parser_name(parser, "a socket option's name");
    statement->operand = expr_parse_row(parser);
}

static void barrier_parse(struct parser *parser, struct statement *statement) {
    statement->name = parser_new_name(parser, "a barrier's name");
    if (parser_accept_keyword(parser, KEYWORD_OF)) statement->count = expr_parse_sum(parser);
}

static void signal_parse(struct parser *parser, struct statement *statement) {
    statement->name = parser_new_name(parser, "an event's name");
}

static void wait_parse(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse_value(parser);
    if (statement->operand && statement->operand->kind == EXPR_NAME) statement->name = statement->operand->name;
}

// as R, of a drop or a rate.
static void fault_name_parse(struct parser *parser, struct statement *statement) {
    if (parser_accept_keyword(parser, KEYWORD_AS))
        statement->name = parser_new_name(parser, "a name that 'undo' takes");
}

static void drop_parse(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse_row(parser);
    fault_name_parse(parser, statement);
}

static void rate_parse(struct parser *parser, struct statement *statement) {
    statement->operand = expr_parse_sum(parser);
    fault_name_parse(parser, statement);
}

static void undo_parse(struct parser *parser, struct statement *statement) {
    statement->name = parser_name(parser, "the name of a 'drop' or a 'rate'");
}

static void resolve_parse(struct parser *parser, struct statement *statement) {
    if (!expr_at_keyword_word(parser)) statement->operand = expr_parse_word(parser);
    if (!statement->operand) parser_expected(parser, "a host's name");
    if (parser_accept_keyword(parser, KEYWORD_AS)) statement->name = parser_new_name(parser, "a name for what is found");
}

static void repeat_parse(struct parser *parser, struct statement *statement) {
    bool const is_endless = parser_at(parser, TOKEN_LEFT_BRACE) || parser_at(parser, TOKEN_NEWLINE);
    if (!is_endless) statement->operand = expr_parse_sum(parser);
}

static void for_parse(struct parser *parser, struct statement *statement) {
    statement->name = parser_new_name(parser, "a name for each value");
    if (!parser_accept_keyword(parser, KEYWORD_IN)) {
        parser_expected(parser, "'in'");
        return;
    }
    statement->list = loop_parse(parser, expr_parse, &statement->list_count);
}

void let_parse(struct parser *parser, struct name *name, struct expr **value) {
    *name = parser_new_name(parser, "a value's name");
    parser_expect(parser, TOKEN_ASSIGN, "'='");
    *value = expr_parse(parser);
}

static void let_rule(struct parser *parser, struct statement *statement) {
    let_parse(parser, &statement->name, &statement->operand);
}

static void call_rule(struct parser *parser, struct statement *statement) {
    const struct expr *const call = expr_parse_value(parser);
    if (!call) return;
    if (call->kind != EXPR_CALL) {
        parser_error(parser, call->span, "a step is a call, and nothing behind it");
        return;
    }
    statement->name = call->name;
    if (call->left) statement->library = call->left->name;
    statement->list = call->items;
    statement->list_count = call->item_count;
}

static const struct step_rule RULES[VERB_COUNT] = {
    [VERB_SOCKET] = {.parse = socket_parse, .system_call = true},
    [VERB_BIND] = {.parse = bind_parse, .system_call = true},
    [VERB_LISTEN] = {.parse = listen_parse, .system_call = true},
    [VERB_ACCEPT] = {.parse = accept_parse, .blocks = STEP_MAY_HAVE_BLOCK, .system_call = true},
    [VERB_CONNECT] = {.parse = connect_parse, .system_call = true},
    [VERB_SEND] = {.parse = send_parse, .system_call = true},
    [VERB_RECV] = {.parse = recv_parse, .system_call = true},
    [VERB_DISCARD] = {.parse = nothing_parse},
    [VERB_SHUTDOWN] = {.parse = shutdown_parse, .system_call = true},
    [VERB_CLOSE] = {.parse = close_parse, .system_call = true},
    [VERB_RESET] = {.parse = nothing_parse, .system_call = true},
    [VERB_SET] = {.parse = set_parse, .system_call = true},
    [VERB_EXPECT] = {.parse = operand_rule},
    [VERB_BARRIER] = {.parse = barrier_parse},
    [VERB_SIGNAL] = {.parse = signal_parse},
    [VERB_WAIT] = {.parse = wait_parse},
    [VERB_DROP] = {.parse = drop_parse},
    [VERB_RATE] = {.parse = rate_parse},
    [VERB_UNDO] = {.parse = undo_parse},
    [VERB_RESOLVE] = {.parse = resolve_parse, .system_call = true, .failure = "an error's name, like HOST_NOT_FOUND"},
    [VERB_RUN] = {.parse = run_parse, .word = run_word, .system_call = true},
    [VERB_CWD] = {.parse = cwd_parse},
    [VERB_ENV] = {.parse = env_parse},
    [VERB_USER] = {.parse = user_parse},
    [VERB_STDIN] = {.parse = stdin_parse},
    [VERB_LISTENS] = {.parse = listens_parse},
    [VERB_STOP] = {.parse = stop_parse, .system_call = true},
    [VERB_TLS] = {
        .parse = tls_parse, .word = tls_word, .system_call = true, .failure = "an error's name, like CERT_HAS_EXPIRED"},
    [VERB_SLEEP] = {.parse = sum_rule},
    [VERB_REPEAT] = {.parse = repeat_parse, .blocks = STEP_HAS_BLOCK},
    [VERB_FOR] = {.parse = for_parse, .blocks = STEP_HAS_BLOCK},
    [VERB_BREAK] = {.parse = nothing_parse},
    [VERB_EITHER] = {.parse = nothing_parse, .blocks = STEP_HAS_CHOICE},
    [VERB_LET] = {.parse = let_rule},
    [VERB_RETURN] = {.parse = operand_rule},
    [VERB_LOG] = {.parse = operand_rule},
    [VERB_CALL] = {.parse = call_rule},
};

const struct step_rule *step_rule(enum verb verb) {
    return &RULES[verb];
}
