// The words of the language, as its .def tables have them, and which of them were seen used and misused.
#ifndef SOCKDRILL_TESTS_LANGUAGE_WORDS_H
#define SOCKDRILL_TESTS_LANGUAGE_WORDS_H

#include "base/slice.h"

#include <stdbool.h>

// Where a word stands that is used as what it is.
enum place {
    PLACE_STATEMENT, // first in a statement
    PLACE_TYPE,      // among the elements of a pattern, or as the type of a message's field
    PLACE_FUNCTION,  // with its argument behind it
    PLACE_ATTRIBUTE, // in an expression
    PLACE_CLAUSE,    // behind the bytes of a step, with a name behind it
    PLACE_WORLD,     // first in a line of a world
};

// One line of a table. Owned by main's thread.
struct word {
    const char *kind; // "verb", for messages
    const char *text;
    enum place place;
    bool used, misused;
};

// A call of a procedure and TYPE(VALUE) have no word of their own, and are not among them.
extern struct word words[];
extern const unsigned word_count;

// Notes every use in the text of a scenario.
void words_note_uses(struct slice text);

#endif
