// From text to tree. Follows the language reference in scenarios/README.md.
#ifndef SOCKDRILL_SCRIPT_SCRIPT_H
#define SOCKDRILL_SCRIPT_SCRIPT_H

#include "base/arena.h"
#include "base/diag.h"
#include "script/tree.h"

// Limits on text, each a diagnostic of its own when it is passed.
enum {
    SCRIPT_TEXT_BYTES_MAX = 8 * 1024 * 1024, // a tree takes some hundred bytes a word
    SCRIPT_NESTING_MAX = 100, // blocks, brackets, operators
};

// Parses a whole file. Always returns a tree, in the arena, as much of it as could be read: with errors in `diags`
// it is good for finding more errors only. Any bytes at all are acceptable as text; nothing is printed. When malloc
// fails it goes where arena->out_of_memory says.
struct tree *script_parse(const struct source *source, struct arena *arena, struct diag_list *diags);

// The words of the language, for diagnostics and for whoever colours text. Each returns a static text, or NULL past
// the end of its table.
const char *script_verb_word(enum verb verb);
const char *script_verb_synopsis(enum verb verb);
const char *script_type_word(enum type_word word);
const char *script_family_word(enum family_word family);
const char *script_world_word(enum world_word word);
const char *script_operator_word(enum operator op);

// The word's enum, or the table's zero/COUNT when it is none: FAMILY_NONE, TYPE_WORD_NONE.
enum family_word script_family_of(struct slice word);
enum type_word script_type_of(struct slice word);

#endif
