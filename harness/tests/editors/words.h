// The words of the language as editors need them: lists that the .def tables hold, and what each statement has besides.
#ifndef SOCKDRILL_TESTS_EDITORS_WORDS_H
#define SOCKDRILL_TESTS_EDITORS_WORDS_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct word {
    const char *text;
    // Of a statement: the words of its synopsis that are no keywords: `chunks` of send.
    const char **own;
    uint32_t own_count;
    bool names;         // of a statement: a name stands behind it
    unsigned arguments; // of an endpoint's kind: the words behind it
};

struct word_list {
    const char *name;
    struct word *words;
    uint32_t count;
};

// All lists, in the arena; the last has no name.
const struct word_list *words_lists(struct arena *arena);

// NULL: there is none of that name.
const struct word_list *words_list(const struct word_list *lists, struct slice name);

bool words_has(const struct word_list *list, struct slice word);

#endif
