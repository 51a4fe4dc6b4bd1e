#include "words.h"

#include "plan/constants.h"
#include "script/words.h"

#include <ctype.h>
#include <string.h>

enum { LISTS_MAX = 16 };

static struct word *list_add(struct arena *arena, struct word_list *list, const char *text) {
    list->words = arena_grow(arena, list->words, list->count, sizeof *list->words);
    list->words[list->count] = (struct word){.text = text};
    return &list->words[list->count++];
}

// --- statements: what their synopses say

static bool is_letter(char byte) { return islower((unsigned char)byte) || byte == '_'; }

static bool is_own(const struct word *word, struct slice text) {
    for (uint32_t i = 0; i < word->own_count; i++)
        if (slice_is(text, word->own[i])) return true;
    return false;
}

// The synopsis' words in lower case, but for those in quotes: the others stand for what one writes oneself.
static void own_words(struct arena *arena, struct word *word, const char *synopsis) {
    static const char NAMES[] = " NAME";
    const char *const behind = synopsis + strlen(word->text);
    word->names = strncmp(behind, NAMES, strlen(NAMES)) == 0 && behind[strlen(NAMES)] != ',';
    for (const char *at = synopsis; *at;) {
        size_t len = 0;
        while (is_letter(at[len])) len++;
        struct slice const text = slice_of(at, len);
        bool const is_part = at > synopsis && isalnum((unsigned char)at[-1]);
        bool const counts = len > 1 && !is_part && !isupper((unsigned char)at[len]) && !slice_is(text, word->text);
        if (counts && words_keyword(text) == KEYWORD_NONE && !is_own(word, text)) {
            word->own = arena_grow(arena, word->own, word->own_count, sizeof *word->own);
            word->own[word->own_count++] = arena_copy(arena, at, len);
        }
        if (*at == '\'' || *at == '"') len = strcspn(at + 1, at[0] == '"' ? "\"" : "'") + 2;
        at += len ? len : 1;
    }
}

static const struct {
    const char *text, *synopsis;
    bool is_step;
} STATEMENTS[] = {
#define DECLARATION(id, word, synopsis, help) {word, synopsis, false},
#define VERB(id, word, synopsis, help) {word, synopsis, true},
#include "script/verbs.def"
};

enum { STATEMENT_COUNT = sizeof STATEMENTS / sizeof *STATEMENTS };

// Those with or without a block of steps, of which message and world are neither: their blocks are of another kind.
static struct word_list statements(struct arena *arena, const char *name, bool is_step, bool has_steps) {
    struct word_list list = {.name = name};
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        const char *const synopsis = STATEMENTS[i].synopsis;
        bool const has_block = strchr(synopsis, '{') != NULL, steps = strstr(synopsis, "{ STEPS }") != NULL;
        if (STATEMENTS[i].is_step != is_step || steps != has_steps || has_block != has_steps) continue;
        if (STATEMENTS[i].text[0]) own_words(arena, list_add(arena, &list, STATEMENTS[i].text), synopsis);
    }
    return list;
}

// Those behind whose word a name stands.
static struct word_list named(struct arena *arena, const struct word_list *lists, unsigned count) {
    struct word_list list = {.name = "named"};
    for (unsigned i = 0; i < count; i++)
        for (uint32_t k = 0; k < lists[i].count; k++)
            if (strcmp(lists[i].name, "actors") != 0 && lists[i].words[k].names && !words_has(&list, slice_text(lists[i].words[k].text)))
                list_add(arena, &list, lists[i].words[k].text);
    return list;
}

static struct word_list world_lines(struct arena *arena) {
    static const struct {
        const char *text, *synopsis;
    } LINES[] = {
#define WORLD_LINE(id, word, synopsis, help) {word, synopsis},
#include "script/world.def"
    };
    struct word_list list = {.name = "world"};
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
        own_words(arena, list_add(arena, &list, LINES[i].text), LINES[i].synopsis);
    return list;
}

// --- the other tables

static const char *const KEYWORDS[] = {
#define KEYWORD(id, word) word,
#include "script/keywords.def"
};
static const char *const TYPES[] = {
#define TYPE(id, word, arguments, width_bits, is_signed, is_little, help) word,
#include "script/types.def"
};
static const char *const FUNCTIONS[] = {
#define FUNCTION(id, word, arguments, optional, result, synopsis, help) word,
#include "plan/functions.def"
};
static const char *const ATTRIBUTES[] = {
#define ATTRIBUTE(id, word, subject, result, help) word,
#include "plan/attributes.def"
};
static const char *const CONSTANTS[] = {
#define STATE(name, number) #name,
#include "base/states.def"
#define CONSTANT(name) #name,
#include "plan/constants.def"
#define OPTION(name, level) #name,
#include "plan/options.def"
    "none", "true", "false", "crlf",
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

// A word with points is several: tls.version.
static struct word_list table(struct arena *arena, const char *name, const char *const *texts, size_t count) {
    struct word_list list = {.name = name};
    for (size_t i = 0; i < count; i++) {
        for (const char *at = texts[i]; *at; at += strspn(at, ".")) {
            size_t const len = strcspn(at, ".");
            if (!words_has(&list, slice_of(at, len))) list_add(arena, &list, arena_copy(arena, at, len));
            at += len;
        }
    }
    return list;
}

// The endpoints' kinds that have as many words behind them at the least.
static struct word_list kinds(struct arena *arena, const char *name, unsigned arguments) {
    struct word_list list = {.name = name};
#define FAMILY(id, word, count)                                                                                        \
    if (count >= arguments) list_add(arena, &list, word)->arguments = count;
#include "script/families.def"
    return list;
}

// errno(3), with the second names that errno_offer never gives, and signal(7).
static struct word_list numbers(struct arena *arena) {
    static const char *const SECOND[] = {"EWOULDBLOCK", "EDEADLOCK", "ENOTSUP", "EOPNOTSUPP"};
    struct word_list list = {.name = "numbers"};
    const char *name;
    for (uint32_t i = 0; (name = errno_offer(i)); i++) list_add(arena, &list, name);
    for (size_t i = 0; i < LENGTH(SECOND); i++)
        if (!words_has(&list, slice_text(SECOND[i]))) list_add(arena, &list, SECOND[i]);
    for (uint32_t i = 0; (name = signal_offer(i)); i++) list_add(arena, &list, arena_text(arena, "SIG%s", name));
    return list;
}

const struct word_list *words_lists(struct arena *arena) {
    struct word_list *const lists = arena_array(arena, LISTS_MAX, sizeof *lists);
    unsigned count = 0;
    lists[count++] = statements(arena, "declarations", false, false);
    lists[count++] = statements(arena, "actors", false, true);
    lists[count++] = statements(arena, "steps", true, false);
    lists[count++] = statements(arena, "blocks", true, true);
    lists[count++] = world_lines(arena);
    lists[count] = named(arena, lists, count);
    count++;
    lists[count++] = table(arena, "keywords", KEYWORDS, LENGTH(KEYWORDS));
    lists[count++] = table(arena, "types", TYPES, LENGTH(TYPES));
    lists[count++] = table(arena, "functions", FUNCTIONS, LENGTH(FUNCTIONS));
    lists[count++] = table(arena, "attributes", ATTRIBUTES, LENGTH(ATTRIBUTES));
    lists[count++] = table(arena, "constants", CONSTANTS, LENGTH(CONSTANTS));
    lists[count++] = numbers(arena);
    lists[count++] = kinds(arena, "kinds", 0);
    lists[count++] = kinds(arena, "rows", 2);
    return lists;
}

const struct word_list *words_list(const struct word_list *lists, struct slice name) {
    for (; lists->name; lists++)
        if (slice_is(name, lists->name)) return lists;
    return NULL;
}

bool words_has(const struct word_list *list, struct slice word) {
    for (uint32_t i = 0; i < list->count; i++)
        if (slice_is(word, list->words[i].text)) return true;
    return false;
}
