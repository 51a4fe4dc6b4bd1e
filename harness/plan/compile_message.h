// What the files that compile messages share: compile_message.c layouts, compile_layout.c what their terms read and how
// fields depend on each other, compile_build.c message values, compile_ask.c message patterns.
#ifndef SOCKDRILL_PLAN_COMPILE_MESSAGE_H
#define SOCKDRILL_PLAN_COMPILE_MESSAGE_H

#include "compile.h"
#include "plan/message.h"

// Which part of a field is being compiled: what it may read follows from it.
enum layout_part {
    PART_TYPE,  // earlier fields: when matching, the others have not come yet
    PART_WHEN,  // the same
    PART_WHERE, // and the field itself; nothing of it is asked for when building
    PART_VALUE, // every field
    PART_FALLBACK, // the same; nothing of it is asked for when matching
};

enum layout_what { READS_VALUE, READS_BYTES, READS_SIZE };

// A term of a layout reads fields.
struct layout_read {
    uint32_t from; // the field that the term is of
    enum layout_part part;
    enum layout_what what;
    uint32_t first, last;
    struct span span;
};

// Limits of a layout, each a diagnostic of its own.
enum {
    LAYOUT_FIELDS_MAX = 1000,
    LAYOUT_ARMS_MAX = 1000,
    LAYOUT_READS_MAX = 10 * 1000,
};

enum rest_state { REST_UNKNOWN, REST_ASKED, REST_NO, REST_YES };

enum draft_state { DRAFT_DECLARED, DRAFT_COMPILING, DRAFT_COMPILED, DRAFT_CHECKING, DRAFT_CHECKED, DRAFT_ENDLESS };

// A message on its way to become a struct message_code. Lives as long as the compiler.
struct message_draft {
    const struct message_decl *decl;
    struct message_draft *same; // the next of its name, in another file
    enum draft_state state;
    struct message_code code;
    struct field_code *fields;
    struct element_code *elements;
    struct binding *outer; // what the layout sees besides its fields
    uint32_t field;        // the one that is being compiled
    enum layout_part part;
    bool in_until;   // of the list of this field
    bool reads_last; // and it asks for `last`
    bool ends;       // some of what it may hold comes to an end
    uint64_t weight; // of the terms that are evaluated for each message
    uint32_t depth;  // of the deepest of them
    enum rest_state rest; // whether the last field takes everything
    struct layout_read *reads;
    uint32_t read_count;
};

// --- compile_message.c

// The draft of that name, of that library where it has one; NULL: reported.
struct message_draft *message_draft_named(struct compiler *c, struct name library, struct name name);
// What is asked of a run cannot be asked of a layout: says so.
const struct term *layout_term(struct compiler *c, const struct term *term);
struct message_draft *message_draft_of(const struct message_code *message);

// --- compile_layout.c

// After all layouts are compiled: which `=` is known when, and whether a field, or a message, depends on itself.
void layout_check(struct compiler *c, struct message_draft *draft);
// Which layouts can only be infinite: says so.
void layout_check_ends(struct compiler *c);
void layout_link(struct message_draft *draft);

// --- compile_build.c

// Whether a value may stand in a field, as far as can be known now; says so where not. `path`: "Frame.kind".
bool compile_fits(struct compiler *c, const struct element_code *element, const struct term *term, const char *path);

#endif
