#include "words.h"

#include "lexer.h"

#include <string.h>

struct word words[] = {
#define DECLARATION(id, text, synopsis, help) {"declaration", text, PLACE_STATEMENT, false, false},
#define VERB(id, text, synopsis, help) {"verb", text, PLACE_STATEMENT, false, false},
#include "script/verbs.def"
#undef DECLARATION
#undef VERB
#define TYPE(id, text, arguments, bits, sign, little, help) {"type", text, PLACE_TYPE, false, false},
#include "script/types.def"
#undef TYPE
#define FUNCTION(id, text, arguments, optional, result, synopsis, help) {"function", text, PLACE_FUNCTION, false, false},
#include "plan/functions.def"
#undef FUNCTION
#define ATTRIBUTE(id, text, subject, result, help) {"attribute", text, PLACE_ATTRIBUTE, false, false},
#include "plan/attributes.def"
#undef ATTRIBUTE
#define WORLD_LINE(id, text, synopsis, help) {"line of a world", text, PLACE_WORLD, false, false},
#include "script/world.def"
#undef WORLD_LINE
    {"clause", "fds", PLACE_CLAUSE, false, false},
};
const unsigned word_count = sizeof(words) / sizeof(*words);

// Three tokens in a row, the one in the middle being looked at.
struct view {
    const struct lexer *lexer;
    struct token before, token, behind;
    unsigned depth;       // of braces
    unsigned world_depth; // of those of a world; 0: not in one
};

static bool begins_statement(const struct view *view) {
    enum token_kind const before = view->before.kind;
    return before == TOKEN_NOTHING || before == TOKEN_NEWLINE || before == TOKEN_LEFT_BRACE || before == TOKEN_RIGHT_BRACE;
}

static bool is_called(const struct view *view) {
    return view->behind.kind == TOKEN_LEFT_PAREN && view->behind.start == view->token.end;
}

// A name given by `as`, a field of something, the field of a message value: not the language's word.
static bool is_somebody_elses(const struct view *view) {
    bool const given = view->before.kind == TOKEN_NAME && view->before.keyword == KEYWORD_AS;
    return given || view->behind.kind == TOKEN_COLON || view->behind.kind == TOKEN_ASSIGN;
}

// option(NAME), tcp(FIELD), sockets(STATE); no other attribute has parentheses.
static bool takes_a_name(const struct word *word) {
    return strcmp(word->text, "option") == 0 || strcmp(word->text, "tcp") == 0 ||
           strcmp(word->text, "sockets") == 0;
}

static bool is_use(const struct view *view, const struct word *word) {
    bool const in_world = view->world_depth > 0 && view->depth >= view->world_depth;
    if (word->place == PLACE_STATEMENT) return begins_statement(view) && !in_world;
    if (word->place == PLACE_WORLD) return begins_statement(view) && in_world;
    if (begins_statement(view) || is_somebody_elses(view)) return false;
    switch (word->place) {
    case PLACE_TYPE: return view->before.kind != TOKEN_DOT;
    case PLACE_FUNCTION: return is_called(view) || view->behind.kind == TOKEN_STRING; // file "F"
    case PLACE_ATTRIBUTE: return is_called(view) == takes_a_name(word);
    case PLACE_CLAUSE: return view->behind.kind == TOKEN_NAME;
    case PLACE_STATEMENT:
    case PLACE_WORLD: break;
    }
    return false;
}

// The name with the one behind its point: tls.version is one word of the language.
static struct slice dotted_text(const struct view *view) {
    uint32_t end = view->token.end;
    if (view->behind.kind == TOKEN_DOT && view->behind.start == end) {
        end = view->behind.end;
        while (byte_is_name(lexer_byte(view->lexer, end))) end++;
    }
    return lexer_slice(view->lexer, view->token.start, end);
}

static void note_token(const struct view *view) {
    if (view->token.kind != TOKEN_NAME) return;
    struct slice const text = lexer_slice(view->lexer, view->token.start, view->token.end), dotted = dotted_text(view);
    for (unsigned i = 0; i < word_count; i++) {
        struct slice const word = slice_text(words[i].text);
        bool const is_here = slice_equal(text, word) || slice_equal(dotted, word);
        if (is_here && is_use(view, &words[i])) words[i].used = true;
    }
}

// The braces around what stands behind the token.
static void note_braces(struct view *view) {
    if (view->token.kind == TOKEN_LEFT_BRACE) {
        view->depth++;
        struct slice const before = lexer_slice(view->lexer, view->before.start, view->before.end);
        if (view->before.kind == TOKEN_NAME && slice_is(before, "world") && view->depth == 1) view->world_depth = 1;
    } else if (view->token.kind == TOKEN_RIGHT_BRACE && view->depth > 0) {
        view->depth--;
        if (view->depth == 0) view->world_depth = 0;
    }
}

void words_note_uses(struct slice text) {
    struct arena arena;
    arena_init(&arena);
    struct source source;
    struct diag_list diags;
    struct lexer lexer;
    source_init(&source, &arena, "", text);
    diag_list_init(&diags, &arena);
    lexer_init(&lexer, &source, &diags);
    lexer.silent = true; // without the parser it takes a regular expression for something else
    struct view view = {.lexer = &lexer, .before = {.kind = TOKEN_NOTHING}, .token = lexer_next(&lexer)};
    while (view.token.kind != TOKEN_END) {
        view.behind = lexer_next(&lexer);
        note_token(&view);
        note_braces(&view);
        view.before = view.token;
        view.token = view.behind;
    }
    arena_fini(&arena);
}
