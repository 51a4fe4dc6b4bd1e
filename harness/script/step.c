// One step of an actor: which verb it is, its modifiers, its blocks. What stands behind each verb is in step_rules.c.
#include "step_rules.h"

bool step_word_twice(struct parser *parser, bool given) {
    if (!given) return false;
    const struct token *const token = parser_peek(parser);
    parser_error(parser, parser_token_span(parser, token), "%s stands here a second time",
                 lexer_describe(&parser->lexer, token, parser->arena));
    return true;
}

// Behind `on`. What is run is run on no socket.
static void on_parse(struct parser *parser, struct statement *statement) {
    bool const runs = statement->verb == VERB_RUN;
    if (runs && parser_accept_word(parser, "terminal")) statement->on_terminal = true;
    else if (runs) parser_expected(parser, "'terminal'");
    else statement->on = parser_name(parser, "a socket's name");
}

// fails E or E; the word was taken.
static void fails_parse(struct parser *parser, struct statement *statement, const char *expected) {
    statement->fails = parser_name(parser, expected);
    while (parser_accept_keyword(parser, KEYWORD_OR)) {
        struct name const name = parser_name(parser, expected);
        if (name.text.len_bytes == 0) return;
        statement->or_fails =
            arena_grow(parser->arena, statement->or_fails, statement->or_fail_count, sizeof *statement->or_fails);
        statement->or_fails[statement->or_fail_count++] = name;
    }
}

// on S, within D, fails E, and the words of the verb's own, in any order.
static void modifiers_parse(struct parser *parser, struct statement *statement, const struct step_rule *rule) {
    for (;;) {
        if (parser_at_keyword(parser, KEYWORD_ON)) {
            if (step_word_twice(parser, statement->on.text.len_bytes > 0 || statement->on_terminal)) return;
            parser_take_word(parser);
            on_parse(parser, statement);
        } else if (parser_at_keyword(parser, KEYWORD_WITHIN)) {
            if (step_word_twice(parser, statement->within != NULL)) return;
            parser_take_word(parser);
            statement->within = expr_parse_sum(parser);
        } else if (parser_at_keyword(parser, KEYWORD_FAILS)) {
            if (step_word_twice(parser, statement->fails.text.len_bytes > 0)) return;
            struct token const token = parser_take(parser);
            parser_log_use(parser, TOKEN_USE_WORD);
            fails_parse(parser, statement, rule->failure ? rule->failure : "an errno's name, like ECONNREFUSED");
            if (!rule->system_call) {
                parser_error(parser, parser_token_span(parser, &token), "'%s' makes no system call that could fail",
                             script_verb_word(statement->verb));
            }
        } else if (!rule->word || !rule->word(parser, statement)) {
            return;
        }
    }
}

static void block_add(struct parser *parser, struct statement *statement) {
    statement->blocks = arena_grow(parser->arena, statement->blocks, statement->block_count, sizeof *statement->blocks);
    struct block *const block = &statement->blocks[statement->block_count];
    if (block_parse(parser, block)) statement->block_count++;
}

// One block of either, which must begin with a recv: that is what decides.
static void choice_add(struct parser *parser, struct statement *statement) {
    uint32_t const errors = parser->diags->error_count;
    uint32_t const count = statement->block_count;
    block_add(parser, statement);
    if (parser->panic || parser->diags->error_count != errors || statement->block_count == count) return;
    const struct block *const block = &statement->blocks[count];
    if (block->first && block->first->verb == VERB_RECV) return;
    struct span const brace = parser_span(parser, block->span.start, block->span.start + 1);
    diag_error(parser->diags, block->first ? block->first->verb_span : brace,
               "a block of 'either' begins with a 'recv', which decides whether it is taken");
}

// The `or` between two blocks. One on the next line is complained of, and taken all the same.
static bool or_take(struct parser *parser) {
    if (parser->unwinding) return false;
    if (parser_at(parser, TOKEN_NEWLINE)) {
        struct lexer ahead = parser->lexer;
        ahead.silent = true;
        struct token token;
        do {
            token = lexer_next(&ahead);
        } while (token.kind == TOKEN_NEWLINE);
        if (token.kind != TOKEN_NAME || token.keyword != KEYWORD_OR) return false;
        diag_error(parser->diags, parser_token_span(parser, &token), "'} or {' stands on one line");
        while (parser_accept(parser, TOKEN_NEWLINE)) continue;
    }
    return parser_accept_keyword(parser, KEYWORD_OR);
}

static void choice_parse(struct parser *parser, struct statement *statement) {
    choice_add(parser, statement);
    while (or_take(parser)) choice_add(parser, statement);
    if (statement->block_count == 1 && !parser->unwinding && !parser->panic) {
        parser_error(parser, statement->verb_span, "'either' needs a second block: '} or {' stands on one line");
    }
}

static void blocks_parse(struct parser *parser, struct statement *statement, enum step_blocks blocks) {
    switch (blocks) {
    case STEP_NO_BLOCK:
        return;
    case STEP_MAY_HAVE_BLOCK:
        if (parser_at(parser, TOKEN_LEFT_BRACE)) block_add(parser, statement);
        return;
    case STEP_HAS_BLOCK:
        block_add(parser, statement);
        return;
    case STEP_HAS_CHOICE:
        choice_parse(parser, statement);
        return;
    }
}

// Reads the blocks of a statement whose head is wrong, for what is wrong in them; goes to its end.
static void blocks_salvage(struct parser *parser) {
    if (!parser_recover_block(parser)) return;
    struct block block = {0};
    block_parse(parser, &block);
}

// A declaration where a step should be: further in, it is misplaced; no further in than the outermost block, that one
// is not closed.
static void declaration_met(struct parser *parser, const struct token *token) {
    const struct open_block *outermost = parser->block;
    while (outermost->outer) outermost = outermost->outer;
    if (parser_indent(parser, token->start) <= outermost->indent) {
        parser_unclosed_block(parser);
        return;
    }
    parser_error(parser, parser_token_span(parser, token), "%s stands at the top of a file, not among steps",
                 lexer_describe(&parser->lexer, token, parser->arena));
    parser_recover(parser);
}

static void unknown_met(struct parser *parser, const struct token *token) {
    if (token->kind != TOKEN_NAME) {
        parser_expected(parser, "a step");
    } else {
        parser_error(parser, parser_token_span(parser, token), "no such step %s",
                     lexer_describe(&parser->lexer, token, parser->arena));
        if (parser_is_tight(parser, token, ' ') && lexer_byte(&parser->lexer, token->end + 1) == '(') {
            diag_hint(parser->diags, "a call is written without a space before its '('");
        }
        words_hint_world(parser->diags, parser_text(parser, token));
        diag_suggest(parser->diags, words_nearest_verb(parser_text(parser, token)));
    }
    blocks_salvage(parser);
}

static bool verb_parse(struct parser *parser, struct statement *statement, enum verb verb) {
    const struct step_rule *const rule = step_rule(verb);
    uint32_t const errors = parser->diags->error_count;
    struct token const token = *parser_peek(parser);
    if (verb != VERB_CALL) parser_take(parser);
    if (verb != VERB_CALL) parser_log_use(parser, TOKEN_USE_STATEMENT);
    statement->verb = verb;
    statement->verb_span = parser_token_span(parser, &token);
    parser->in_head = rule->blocks != STEP_NO_BLOCK;
    rule->parse(parser, statement);
    modifiers_parse(parser, statement, rule);
    parser->in_head = false;
    statement->span = parser_span(parser, token.start, parser->taken_end);
    bool const sound = !parser->panic && parser->diags->error_count == errors;
    if (parser->panic && rule->blocks != STEP_NO_BLOCK) {
        blocks_salvage(parser);
    } else if (!parser->panic) {
        blocks_parse(parser, statement, rule->blocks);
    }
    bool const complete = rule->blocks < STEP_HAS_BLOCK || statement->block_count > 0;
    return sound && complete;
}

// NAME.NAME( of a procedure in a library; the first is peeked.
static bool at_library_call(const struct parser *parser, const struct token *token) {
    if (!parser_is_tight(parser, token, '.')) return false;
    struct lexer ahead = parser->lexer;
    ahead.silent = true;
    lexer_next(&ahead);
    struct token const name = lexer_next(&ahead);
    return name.kind == TOKEN_NAME && parser_is_tight(parser, &name, '(');
}

// Answers whether the statement is good; it is passed in any case, with the line break behind it.
bool step_parse(struct parser *parser, struct statement *statement) {
    struct token const token = *parser_peek(parser);
    if (token.kind != TOKEN_NOTHING) parser->statement_indent = parser_indent(parser, token.start);
    bool good = false;
    struct slice const word = token.kind == TOKEN_NAME ? parser_text(parser, &token) : slice_of("", 0);
    const struct known_word *const known = words_find(word);
    enum verb const verb = known->verb;
    bool const is_call =
        token.kind == TOKEN_NAME && (parser_is_tight(parser, &token, '(') || at_library_call(parser, &token));
    if (verb != VERB_COUNT) {
        good = verb_parse(parser, statement, verb);
    } else if (is_call && token.keyword == KEYWORD_NONE) {
        good = verb_parse(parser, statement, VERB_CALL);
    } else if (known->declaration != DECLARATION_NONE) {
        declaration_met(parser, &token);
    } else {
        unknown_met(parser, &token);
    }
    uint32_t const errors = parser->diags->error_count;
    statement_end(parser);
    return good && parser->diags->error_count == errors;
}
