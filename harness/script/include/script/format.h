// The one layout of a scenario file, for `sockdrill format`.
#ifndef SOCKDRILL_SCRIPT_FORMAT_H
#define SOCKDRILL_SCRIPT_FORMAT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/diag.h"

enum {
    FORMAT_INDENT_COLUMNS = 2,
    FORMAT_LINE_COLUMNS = 120, // a block written on one line stays there up to this width
};

// Adds the source's text in its one layout to `out`. Only blanks and line breaks between tokens change, never a token
// or a comment; formatting what it wrote changes nothing. False where the text does not parse: `diags` says why, and
// nothing is added. Names are not looked up. Working memory comes from the arena. Any thread.
bool script_format(const struct source *source, struct arena *arena, struct diag_list *diags, struct buffer *out);

#endif
