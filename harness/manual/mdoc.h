// Text as mdoc(7) has it, for mandoc and for groff's mdoc. Literals keep their hyphens, quotes and backslashes as they are
// typed: nobody could paste them otherwise.
#ifndef SOCKDRILL_MANUAL_MDOC_H
#define SOCKDRILL_MANUAL_MDOC_H

#include "tables.h"

// A paragraph's text, filled; a sentence begins a line. What stands between backquotes is bold.
void mdoc_text(FILE *out, const char *text);

// A table's text as a sentence, with `behind` before its full stop.
void mdoc_sentence(FILE *out, const char *text, const char *behind);

// What one writes, as the argument of a macro: words in capitals are placeholders, brackets around what may be left out and
// `|` between alternatives are no part of it; all else is literal. Nothing between backquotes is.
void mdoc_written(FILE *out, const char *code);

// Lines as they stand, for a display of literal text.
void mdoc_literal(FILE *out, const char *text);

// One line's literal text, with nothing that a macro or an escape would be seen in.
void mdoc_word(FILE *out, const char *text);

// Tables as items of a `.Bl -tag`, which stands around them; names are a paragraph.
extern const struct table_style MDOC;

#endif
