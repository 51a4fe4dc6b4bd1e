#include "words.h"

#include "base/table.h"
#include "script/script.h"

#include <pthread.h>

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

// Every word of the tables, each once, and where its hash has it among them; words[0] is one that no table has.
enum {
    WORD_COUNT_MAX = KEYWORD_COUNT + DECLARATION_COUNT + VERB_COUNT + TYPE_WORD_COUNT + FAMILY_COUNT + WORLD_WORD_COUNT,
    SLOT_COUNT = 512, // a power of two
};

_Static_assert(WORD_COUNT_MAX <= UINT8_MAX && WORD_COUNT_MAX < SLOT_COUNT / 2, "a slot has room for a word's number");

// Filled by the first look-up, immutable from then on.
static struct {
    struct known_word words[WORD_COUNT_MAX];
    unsigned word_count;
    uint8_t slots[SLOT_COUNT]; // 0: free
} known;

static pthread_once_t known_once = PTHREAD_ONCE_INIT; // not call_once(3), of which ThreadSanitizer knows nothing

// The slot of that word, or the free one where it belongs.
static uint8_t *slot_of(struct slice text) {
    uint32_t at = slice_hash(text) % SLOT_COUNT;
    while (known.slots[at] && !slice_equal(known.words[known.slots[at]].text, text)) at = (at + 1) % SLOT_COUNT;
    return &known.slots[at];
}

static struct known_word *word_add(const char *text) {
    uint8_t *const slot = slot_of(slice_text(text));
    if (*slot == 0) {
        *slot = (uint8_t)known.word_count;
        known.words[known.word_count++] = (struct known_word){.text = slice_text(text), .verb = VERB_COUNT};
    }
    return &known.words[*slot];
}

static void known_fill(void) {
    known.words[known.word_count++] = (struct known_word){.verb = VERB_COUNT};
    for (enum keyword i = KEYWORD_NONE + 1; i < KEYWORD_COUNT; i++) word_add(KEYWORDS[i])->keyword = i;
    for (enum declaration i = DECLARATION_NONE + 1; i < DECLARATION_COUNT; i++)
        word_add(DECLARATIONS[i].word)->declaration = i;
    for (enum verb i = 0; i < VERB_COUNT; i++)
        if (i != VERB_CALL) word_add(VERBS[i].word)->verb = i; // which has no word of its own
    for (enum type_word i = TYPE_WORD_NONE + 1; i < TYPE_WORD_COUNT; i++) word_add(TYPES[i].word)->type = i;
    for (enum family_word i = FAMILY_NONE + 1; i < FAMILY_COUNT; i++) word_add(FAMILIES[i].word)->family = i;
    for (enum world_word i = WORLD_WORD_NONE + 1; i < WORLD_WORD_COUNT; i++) word_add(WORLD_LINES[i].word)->world = i;
}

const struct known_word *words_find(struct slice text) {
    pthread_once(&known_once, known_fill);
    return &known.words[*slot_of(text)];
}

enum keyword words_keyword(struct slice word) {
    return words_find(word)->keyword;
}

enum declaration words_declaration(struct slice word) {
    return words_find(word)->declaration;
}

enum verb words_verb(struct slice word) {
    return words_find(word)->verb;
}

enum world_word words_world(struct slice word) {
    return words_find(word)->world;
}

enum family_word script_family_of(struct slice word) {
    return words_find(word)->family;
}

enum type_word script_type_of(struct slice word) {
    return words_find(word)->type;
}

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
