// The word tables, as the lexer and the parser ask them.
#ifndef SOCKDRILL_SCRIPT_WORDS_H
#define SOCKDRILL_SCRIPT_WORDS_H

#include "base/diag.h"
#include "base/nearest.h"
#include "script/tree.h"

enum keyword {
    KEYWORD_NONE,
#define KEYWORD(id, word) KEYWORD_##id,
#include "keywords.def"
    KEYWORD_COUNT
};

// The statements at the top of a file.
enum declaration {
    DECLARATION_NONE,
#define DECLARATION(id, word, synopsis, help) DECLARATION_##id,
#include "script/verbs.def"
    DECLARATION_COUNT
};

// What each of the tables has a word for; one that has it not: KEYWORD_NONE, DECLARATION_NONE, VERB_COUNT, TYPE_WORD_NONE,
// FAMILY_NONE, WORLD_WORD_NONE. Immutable.
struct known_word {
    struct slice text;
    enum keyword keyword;
    enum declaration declaration;
    enum verb verb;
    enum type_word type;
    enum family_word family;
    enum world_word world;
};

// One look-up for all of them. Never NULL: what is no word of the language stands in no table. Any thread.
const struct known_word *words_find(struct slice text);

// The same, of one table.
enum keyword words_keyword(struct slice word);
enum declaration words_declaration(struct slice word);
enum verb words_verb(struct slice word);
enum world_word words_world(struct slice word);

const char *words_keyword_text(enum keyword keyword);
const char *words_declaration_synopsis(enum declaration declaration);
const char *words_world_synopsis(enum world_word word);

// How many arguments a pattern type takes in parentheses, and how many words an endpoint kind has behind it.
unsigned words_type_arguments(enum type_word word);
unsigned words_family_arguments(enum family_word family);

// Whether a pattern type, as NAME(VALUE), also builds bytes: it has a width of whole bytes.
bool words_type_builds(enum type_word word);

// The nearest word of a table, or NULL.
const char *words_nearest_verb(struct slice word);
const char *words_nearest_declaration(struct slice word);
const char *words_nearest_world(struct slice word);
const char *words_nearest_family(struct slice word);

// Hints, on the newest diagnostic, where a line of a world stands; nothing for any other word.
void words_hint_world(struct diag_list *diags, struct slice word);

#endif
