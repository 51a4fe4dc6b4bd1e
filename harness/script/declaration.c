// The statements at the top of a file.
#include "step_rules.h"

// Where the next of each list goes. Owned by one declarations_parse.
struct tails {
    struct parser *parser;
    struct tree *tree;
    struct require_decl **require;
    struct use_decl **use;
    struct let_decl **let;
    struct vary_decl **vary;
    struct message_decl **message;
    struct procedure_decl **procedure;
    struct actor_decl **actor;
    bool is_first;     // nothing stands before this statement
    bool excused;      // why there is no title was said already
    struct token word; // the statement's own
    uint32_t errors;   // how many there were before this statement
};

static bool is_sound(const struct tails *tails) {
    return !tails->parser->panic && tails->parser->diags->error_count == tails->errors;
}

static struct span word_span(const struct tails *tails) {
    return parser_token_span(tails->parser, &tails->word);
}

static void title_declare(struct tails *tails) {
    struct parser *const parser = tails->parser;
    struct tree *const tree = tails->tree;
    bool const is_library = slice_is(parser_text(parser, &tails->word), "library");
    if (!tails->is_first) {
        parser_error(parser, word_span(tails), "'%s' stands first in a file, and once",
                     is_library ? "library" : "scenario");
        tails->excused = true;
        return;
    }
    tails->excused = true;
    tree->is_library = is_library;
    tree->title = string_plain(parser, is_library ? "the library's title, a string" : "a sentence, as a string");
}

// One expression that may be given once.
static void once_declare(struct tails *tails, struct expr **place) {
    struct parser *const parser = tails->parser;
    struct expr *const value = expr_parse_sum(parser);
    if (*place) {
        parser_error(parser, word_span(tails), "%s stands here a second time",
                     lexer_describe(&parser->lexer, &tails->word, parser->arena));
    }
    if (is_sound(tails)) *place = value;
}

static void timeout_declare(struct tails *tails) {
    once_declare(tails, &tails->tree->timeout);
}

static void threads_declare(struct tails *tails) {
    once_declare(tails, &tails->tree->threads);
}

static void tags_declare(struct tails *tails) {
    struct tree *const tree = tails->tree;
    do {
        struct name const tag = parser_name(tails->parser, "a tag");
        if (tag.text.len_bytes == 0) return;
        tree->tags = arena_grow(tails->parser->arena, tree->tags, tree->tag_count, sizeof *tree->tags);
        tree->tags[tree->tag_count++] = tag;
    } while (parser_accept(tails->parser, TOKEN_COMMA));
}

static void requires_declare(struct tails *tails) {
    struct parser *const parser = tails->parser;
    do {
        struct require_decl *const require = arena_alloc(parser->arena, sizeof *require);
        require->name = parser_name(parser, "what it requires");
        if (slice_is(require->name.text, "program")) {
            parser_log_use(parser, TOKEN_USE_WORD);
            require->program = string_plain(parser, "the program's name, a string");
        }
        if (parser->panic) return;
        *tails->require = require;
        tails->require = &require->next;
    } while (parser_accept(parser, TOKEN_COMMA));
}

// The word that begins a statement begins no NAME.x(...).
static void refuse_statement_word(struct parser *parser, struct name name, const char *what) {
    if (words_verb(name.text) == VERB_COUNT && words_declaration(name.text) == DECLARATION_NONE) return;
    parser_error(parser, name.span, "'%.*s' begins a statement, and cannot be %s", (int)name.text.len_bytes,
                 (const char *)name.text.data, what);
}

static void use_declare(struct tails *tails) {
    struct parser *const parser = tails->parser;
    struct use_decl *const use = arena_alloc(parser->arena, sizeof *use);
    use->path = library_parse(parser, &use->is_searched);
    if (parser_accept_keyword(parser, KEYWORD_AS)) {
        use->as = parser_new_name(parser, "a library's name");
        refuse_statement_word(parser, use->as, "a library's name");
    }
    use->span = parser_span(parser, tails->word.start, parser->taken_end);
    if (!is_sound(tails)) return;
    *tails->use = use;
    tails->use = &use->next;
}

static void let_declare(struct tails *tails) {
    struct let_decl *const let = arena_alloc(tails->parser->arena, sizeof *let);
    let_parse(tails->parser, &let->name, &let->value);
    if (!is_sound(tails)) return;
    *tails->let = let;
    tails->let = &let->next;
}

static void vary_declare(struct tails *tails) {
    struct parser *const parser = tails->parser;
    struct vary_decl *const vary = arena_alloc(parser->arena, sizeof *vary);
    vary->name = parser_new_name(parser, "a value's name");
    if (!parser_accept_keyword(parser, KEYWORD_IN)) parser_expected(parser, "'in'");
    if (!parser->panic) vary->values = loop_parse(parser, expr_parse, &vary->value_count);
    if (!is_sound(tails)) return;
    *tails->vary = vary;
    tails->vary = &vary->next;
}

// Whether the block of a declaration stands next. With a wrong head, goes there; the block is then read for its errors.
static bool reaches_block(struct parser *parser) {
    if (!parser->panic && !parser_at(parser, TOKEN_LEFT_BRACE) && !parser_at(parser, TOKEN_NEWLINE)) {
        parser_expected(parser, "'{'");
    }
    return parser->panic ? parser_recover_block(parser) : true;
}

static void message_declare(struct tails *tails) {
    struct parser *const parser = tails->parser;
    struct message_decl *const message = arena_alloc(parser->arena, sizeof *message);
    message->name = parser_new_name(parser, "a message's name");
    message->span = parser_span(parser, tails->word.start, parser->taken_end);
    bool const sound = is_sound(tails);
    if (!parser->panic && !parser_at(parser, TOKEN_LEFT_BRACE)) parser_expected(parser, "'{'");
    if (parser->panic) return;
    message_parse(parser, message);
    if (!sound) return;
    *tails->message = message;
    tails->message = &message->next;
}

static void parameters_parse(struct parser *parser, struct procedure_decl *procedure) {
    if (!parser_at(parser, TOKEN_LEFT_PAREN)) {
        parser_expected(parser, "'(' and the parameters' names");
        return;
    }
    struct token const open = parser_take(parser);
    parser_log_use(parser, TOKEN_USE_TIGHT);
    parser_open(parser, &open);
    if (!parser_at(parser, TOKEN_RIGHT_PAREN)) {
        do {
            struct name const name = parser_new_name(parser, "a parameter's name");
            if (name.text.len_bytes == 0) break;
            procedure->parameters = arena_grow(parser->arena, procedure->parameters, procedure->parameter_count,
                                               sizeof *procedure->parameters);
            procedure->parameters[procedure->parameter_count++] = name;
        } while (parser_accept(parser, TOKEN_COMMA));
    }
    parser_close(parser, TOKEN_RIGHT_PAREN, "',' or ')'");
}

static void procedure_declare(struct tails *tails) {
    struct parser *const parser = tails->parser;
    struct procedure_decl *const procedure = arena_alloc(parser->arena, sizeof *procedure);
    procedure->name = parser_new_name(parser, "a procedure's name");
    refuse_statement_word(parser, procedure->name, "a procedure's name");
    parameters_parse(parser, procedure);
    procedure->span = parser_span(parser, tails->word.start, parser->taken_end);
    bool const sound = is_sound(tails);
    if (!reaches_block(parser) || !block_parse(parser, &procedure->body) || !sound) return;
    *tails->procedure = procedure;
    tails->procedure = &procedure->next;
}

static void actor_declare(struct tails *tails, enum role role) {
    struct parser *const parser = tails->parser;
    struct actor_decl *const actor = arena_alloc(parser->arena, sizeof *actor);
    actor->role = role;
    parser->in_head = true;
    if (role != ROLE_AFTERWARDS) actor->name = parser_new_name(parser, "an actor's name");
    if (role == ROLE_CLIENT && parser_accept(parser, TOKEN_STAR)) actor->count = expr_parse_sum(parser);
    parser->in_head = false;
    if (role == ROLE_AFTERWARDS && tails->tree->afterwards) {
        diag_error(parser->diags, word_span(tails), "'afterwards' stands here a second time");
    }
    actor->span = parser_span(parser, tails->word.start, parser->taken_end);
    bool const sound = is_sound(tails);
    if (!reaches_block(parser) || !block_parse(parser, &actor->body) || !sound) return;
    if (role == ROLE_AFTERWARDS) {
        tails->tree->afterwards = actor;
    } else {
        *tails->actor = actor;
        tails->actor = &actor->next;
    }
}

static void world_declare(struct tails *tails) {
    struct parser *const parser = tails->parser;
    struct world_decl *const world = arena_alloc(parser->arena, sizeof *world);
    world->span = word_span(tails);
    if (tails->tree->world) diag_error(parser->diags, world->span, "'world' stands here a second time");
    if (!parser->panic && !parser_at(parser, TOKEN_LEFT_BRACE)) parser_expected(parser, "'{'");
    if (parser->panic) return;
    world_parse(parser, world);
    if (!tails->tree->world) tails->tree->world = world;
}

static void server_declare(struct tails *tails) {
    actor_declare(tails, ROLE_SERVER);
}

static void client_declare(struct tails *tails) {
    actor_declare(tails, ROLE_CLIENT);
}

static void program_declare(struct tails *tails) {
    actor_declare(tails, ROLE_PROGRAM);
}

static void afterwards_declare(struct tails *tails) {
    actor_declare(tails, ROLE_AFTERWARDS);
}

static const struct {
    void (*declare)(struct tails *tails); // the word was taken
    bool in_library;
} RULES[DECLARATION_COUNT] = {
    [DECLARATION_SCENARIO] = {title_declare, true},
    [DECLARATION_LIBRARY] = {title_declare, true},
    [DECLARATION_TIMEOUT] = {timeout_declare, false},
    [DECLARATION_THREADS] = {threads_declare, false},
    [DECLARATION_TAGS] = {tags_declare, false},
    [DECLARATION_REQUIRES] = {requires_declare, false},
    [DECLARATION_USE] = {use_declare, true},
    [DECLARATION_LET] = {let_declare, true},
    [DECLARATION_VARY] = {vary_declare, false},
    [DECLARATION_MESSAGE] = {message_declare, true},
    [DECLARATION_PROCEDURE] = {procedure_declare, true},
    [DECLARATION_WORLD] = {world_declare, false},
    [DECLARATION_SERVER] = {server_declare, false},
    [DECLARATION_CLIENT] = {client_declare, false},
    [DECLARATION_PROGRAM] = {program_declare, false},
    [DECLARATION_AFTERWARDS] = {afterwards_declare, false},
};

static void word_declare(struct tails *tails, enum declaration declaration) {
    struct parser *const parser = tails->parser;
    parser->lost = false;
    parser_take(parser);
    parser_log_use(parser, TOKEN_USE_STATEMENT);
    if (tails->tree->is_library && !RULES[declaration].in_library) {
        diag_error(parser->diags, word_span(tails), "a library has messages, procedures and lets, and no %s",
                   lexer_describe(&parser->lexer, &tails->word, parser->arena));
    }
    RULES[declaration].declare(tails);
}

// What is no declaration. Where several follow each other, most likely a block was closed too early: one error will do.
static void stray_met(struct tails *tails) {
    struct parser *const parser = tails->parser;
    const struct token *const token = &tails->word;
    const char *const shown = lexer_describe(&parser->lexer, token, parser->arena);
    struct slice const text = token->kind == TOKEN_NAME ? parser_text(parser, token) : slice_of("", 0);
    bool const is_step = words_verb(text) != VERB_COUNT || (text.len_bytes && parser_is_tight(parser, token, '('));
    bool const was_lost = parser->lost;
    if (token->kind == TOKEN_RIGHT_BRACE) {
        if (!was_lost) parser_error(parser, word_span(tails), "no block is open here that this could close");
        parser->panic = false;
        parser->lost = true;
        parser_take(parser);
    } else if (is_step) {
        parser->lost = true;
        if (!was_lost) {
            parser_error(parser, word_span(tails),
                         "%s is a step: it stands in a server, a client, a program, a procedure or afterwards", shown);
        }
        parser_recover(parser);
    } else if (text.len_bytes) {
        const char *const nearest = words_nearest_declaration(text);
        parser_error(parser, word_span(tails), "no such declaration %s", shown);
        words_hint_world(parser->diags, text);
        diag_suggest(parser->diags, nearest);
        bool const is_title = nearest && words_declaration(slice_text(nearest)) <= DECLARATION_LIBRARY;
        if (is_title && tails->is_first) tails->excused = true;
        struct block block = {0};
        if (parser_recover_block(parser)) block_parse(parser, &block);
    } else {
        parser_expected(parser, "a declaration");
        parser_recover(parser);
    }
}

static void declaration_parse(struct tails *tails) {
    struct parser *const parser = tails->parser;
    tails->word = *parser_peek(parser);
    tails->errors = parser->diags->error_count;
    parser->unwinding = false;
    parser->misclosed = PARSER_NOWHERE;
    if (tails->word.kind != TOKEN_NOTHING) parser->statement_indent = parser_indent(parser, tails->word.start);
    struct slice const text = tails->word.kind == TOKEN_NAME ? parser_text(parser, &tails->word) : slice_of("", 0);
    enum declaration const declaration = words_declaration(text);
    if (declaration != DECLARATION_NONE) {
        word_declare(tails, declaration);
    } else {
        stray_met(tails);
    }
    if (!parser->unwinding) {
        if (parser->panic) parser_recover(parser);
        statement_end(parser);
    }
    tails->is_first = false;
}

void declarations_parse(struct parser *parser) {
    struct tree *const tree = parser->tree;
    struct tails tails = {
        .parser = parser,
        .tree = tree,
        .require = &tree->requires,
        .use = &tree->uses,
        .let = &tree->lets,
        .vary = &tree->varies,
        .message = &tree->messages,
        .procedure = &tree->procedures,
        .actor = &tree->actors,
        .is_first = true,
    };
    uint32_t first = PARSER_NOWHERE;
    for (;;) {
        while (parser_accept(parser, TOKEN_NEWLINE)) continue;
        if (parser_at(parser, TOKEN_END)) break;
        if (first == PARSER_NOWHERE) first = parser->panic ? parser->lexer.offset : parser_peek(parser)->start;
        unsigned const depth = parser->depth;
        declaration_parse(&tails);
        parser->depth = depth;
    }
    if (tree->title || tails.excused || parser->lexer.cut_off) return;
    uint32_t const start = first == PARSER_NOWHERE ? 0 : first;
    diag_error(parser->diags, parser_span(parser, start, start), "a file begins with: scenario \"SENTENCE\"");
}
