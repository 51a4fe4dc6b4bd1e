// What the formatter's files share: tokens put into lines (layout_lines.c), lines into columns (layout_columns.c), and
// both written out (format.c).
#ifndef SOCKDRILL_SCRIPT_LAYOUT_H
#define SOCKDRILL_SCRIPT_LAYOUT_H

#include "parser.h"
#include "script/format.h"

#define LAYOUT_NONE UINT32_MAX

struct layout_token {
    struct used_token used;
    uint32_t partner; // of a bracket: index of the one it pairs with; else LAYOUT_NONE
    uint32_t outer;   // index of the bracket it stands in, or LAYOUT_NONE
    uint32_t line;    // index of the line it is on
    uint32_t columns; // its width; of one with line breaks in it, the width of its last line
    uint32_t pad;     // blanks before it, besides the usual one
    bool is_tall;     // it has line breaks in it
    bool is_spread;   // a `{` with what it holds on lines of its own
};

struct layout_line {
    uint32_t first, end;     // its tokens; none in a line with a comment alone
    uint32_t indent_columns;
    bool blank_before;       // a blank line stands before it
    bool goes_on;            // a comment alone that goes on with the one behind the line above
    struct slice comment;    // from its #, without blanks at its end; empty: none
    uint32_t comment_column; // as it was written, and then as it is laid out; from 0
};

// Owned by one script_format; everything is in its arena.
struct layout {
    const struct source *source;
    struct arena *arena;
    struct layout_token *tokens;
    uint32_t token_count;
    struct layout_line *lines;
    uint32_t line_count;
};

// layout_lines.c
void layout_tokens(struct layout *layout, const struct token_log *log); // and how they pair
void layout_lines(struct layout *layout);

// layout_columns.c
void layout_fields(struct layout *layout);   // of messages: pads their tokens
void layout_world(struct layout *layout);    // of its lines, behind their words: pads their tokens
void layout_comments(struct layout *layout); // behind code: aligns those of neighbouring lines

// format.c: how many blanks stand before a token that is not the first of its line; how many columns the tokens
// first .. end - 1 take, which stand on one line; and a whole line's code.
uint32_t layout_blanks(const struct layout *layout, uint32_t token);
uint32_t layout_width(const struct layout *layout, uint32_t first, uint32_t end);
uint32_t layout_code_columns(const struct layout *layout, const struct layout_line *line);
struct slice layout_text(const struct layout *layout, uint32_t start, uint32_t end);
uint32_t layout_columns(struct slice text); // as a terminal shows it

#endif
