#include "words.h"

#include "script/script.h"

struct step_word {
    const char *word;
    const char *synopsis;
};

static const struct step_word VERBS[VERB_COUNT] = {
#define VERB(id, word, synopsis, help) [VERB_##id] = {word, synopsis},
#include "script/verbs.def"
};

static const struct step_word DECLARATIONS[DECLARATION_COUNT] = {
#define DECLARATION(id, word, synopsis, help) [DECLARATION_##id] = {word, synopsis},
#include "script/verbs.def"
};

static const struct step_word WORLD_LINES[WORLD_WORD_COUNT] = {
#define WORLD_LINE(id, word, synopsis, help) [WORLD_WORD_##id] = {word, synopsis},
#include "script/world.def"
};

static const struct {
    const char *word;
    unsigned arguments;
    unsigned width_bits;
} TYPES[TYPE_WORD_COUNT] = {
#define TYPE(id, word, arguments, width_bits, is_signed, is_little, help) \
    [TYPE_WORD_##id] = {word, arguments, width_bits},
#include "script/types.def"
};

static const struct {
    const char *word;
    unsigned arguments;
} FAMILIES[FAMILY_COUNT] = {
#define FAMILY(id, word, arguments) [FAMILY_##id] = {word, arguments},
#include "script/families.def"
};

static const char *const KEYWORDS[KEYWORD_COUNT] = {
#define KEYWORD(id, word) [KEYWORD_##id] = word,
#include "keywords.def"
};

static const char *const OPERATORS[] = {
    [OP_NONE] = "",       [OP_EQUAL] = "==",     [OP_NOT_EQUAL] = "!=", [OP_LESS] = "<",
    [OP_LESS_EQUAL] = "<=", [OP_GREATER] = ">",  [OP_GREATER_EQUAL] = ">=", [OP_MATCH] = "~",
    [OP_CONTAINS] = "contains", [OP_ADD] = "+",  [OP_SUBTRACT] = "-",   [OP_MULTIPLY] = "*",
    [OP_DIVIDE] = "/",    [OP_REMAINDER] = "%",  [OP_AND] = "and",      [OP_OR] = "or",
    [OP_NOT] = "not",     [OP_NEGATE] = "-",
};

const char *script_verb_word(enum verb verb) {
    return verb < VERB_COUNT ? VERBS[verb].word : NULL;
}

const char *script_verb_synopsis(enum verb verb) {
    return verb < VERB_COUNT ? VERBS[verb].synopsis : NULL;
}

const char *script_type_word(enum type_word word) {
    if (word == TYPE_WORD_NONE) return "";
    return word < TYPE_WORD_COUNT ? TYPES[word].word : NULL;
}

const char *script_family_word(enum family_word family) {
    if (family == FAMILY_NONE) return "";
    return family < FAMILY_COUNT ? FAMILIES[family].word : NULL;
}

const char *script_world_word(enum world_word word) {
    if (word == WORLD_WORD_NONE) return "";
    return word < WORLD_WORD_COUNT ? WORLD_LINES[word].word : NULL;
}

const char *script_operator_word(enum operator op) {
    return (size_t)op < sizeof OPERATORS / sizeof *OPERATORS ? OPERATORS[op] : NULL;
}

enum family_word script_family_of(struct slice word) {
    for (enum family_word family = FAMILY_NONE + 1; family < FAMILY_COUNT; family++) {
        if (slice_is(word, FAMILIES[family].word)) return family;
    }
    return FAMILY_NONE;
}

enum type_word script_type_of(struct slice word) {
    for (enum type_word type = TYPE_WORD_NONE + 1; type < TYPE_WORD_COUNT; type++) {
        if (slice_is(word, TYPES[type].word)) return type;
    }
    return TYPE_WORD_NONE;
}

enum keyword words_keyword(struct slice word) {
    for (enum keyword keyword = KEYWORD_NONE + 1; keyword < KEYWORD_COUNT; keyword++) {
        if (slice_is(word, KEYWORDS[keyword])) return keyword;
    }
    return KEYWORD_NONE;
}

enum declaration words_declaration(struct slice word) {
    for (enum declaration declaration = DECLARATION_NONE + 1; declaration < DECLARATION_COUNT; declaration++) {
        if (slice_is(word, DECLARATIONS[declaration].word)) return declaration;
    }
    return DECLARATION_NONE;
}

enum verb words_verb(struct slice word) {
    if (word.len_bytes == 0) return VERB_COUNT; // VERB_CALL has no word of its own
    for (enum verb verb = 0; verb < VERB_COUNT; verb++) {
        if (slice_is(word, VERBS[verb].word)) return verb;
    }
    return VERB_COUNT;
}

enum world_word words_world(struct slice word) {
    for (enum world_word line = WORLD_WORD_NONE + 1; line < WORLD_WORD_COUNT; line++) {
        if (slice_is(word, WORLD_LINES[line].word)) return line;
    }
    return WORLD_WORD_NONE;
}

const char *words_keyword_text(enum keyword keyword) {
    return KEYWORDS[keyword];
}

const char *words_declaration_synopsis(enum declaration declaration) {
    return DECLARATIONS[declaration].synopsis;
}

const char *words_world_synopsis(enum world_word word) {
    return WORLD_LINES[word].synopsis;
}

unsigned words_type_arguments(enum type_word word) {
    return TYPES[word].arguments;
}

bool words_type_builds(enum type_word word) {
    return (TYPES[word].width_bits > 0 && TYPES[word].width_bits % 8 == 0) || word == TYPE_WORD_DOMAIN_NAME;
}

unsigned words_family_arguments(enum family_word family) {
    return FAMILIES[family].arguments;
}

const char *words_nearest_verb(struct slice word) {
    struct nearest nearest = {.name = word};
    for (unsigned i = 0; i < VERB_COUNT; i++) nearest_offer(&nearest, VERBS[i].word);
    return nearest.best;
}

const char *words_nearest_declaration(struct slice word) {
    struct nearest nearest = {.name = word};
    for (unsigned i = DECLARATION_NONE + 1; i < DECLARATION_COUNT; i++) nearest_offer(&nearest, DECLARATIONS[i].word);
    return nearest.best;
}

const char *words_nearest_world(struct slice word) {
    struct nearest nearest = {.name = word};
    for (unsigned i = WORLD_WORD_NONE + 1; i < WORLD_WORD_COUNT; i++) nearest_offer(&nearest, WORLD_LINES[i].word);
    return nearest.best;
}

const char *words_nearest_family(struct slice word) {
    struct nearest nearest = {.name = word};
    for (unsigned i = FAMILY_NONE + 1; i < FAMILY_COUNT; i++) nearest_offer(&nearest, FAMILIES[i].word);
    return nearest.best;
}

void words_hint_world(struct diag_list *diags, struct slice word) {
    if (words_world(word) == WORLD_WORD_NONE) return;
    diag_hint(diags, "world { %.*s ... }", (int)word.len_bytes, (const char *)word.data);
}
