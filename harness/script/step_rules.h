// What stands behind each verb.
#ifndef SOCKDRILL_SCRIPT_STEP_RULES_H
#define SOCKDRILL_SCRIPT_STEP_RULES_H

#include "parser.h"

enum step_blocks { STEP_NO_BLOCK, STEP_MAY_HAVE_BLOCK, STEP_HAS_BLOCK, STEP_HAS_CHOICE };

struct step_rule {
    void (*parse)(struct parser *parser, struct statement *statement); // up to the modifiers; the verb was taken
    // Takes one of the verb's own words that stand among the modifiers, in any order; false: none stands next. NULL: it has none.
    bool (*word)(struct parser *parser, struct statement *statement);
    enum step_blocks blocks;
    bool system_call; // so that it may end with `fails ERRNO`
    const char *failure; // what stands behind `fails`; NULL: an errno's name
};

const struct step_rule *step_rule(enum verb verb);

// Says that what stands next was there before.
bool step_word_twice(struct parser *parser, bool given);

// let NAME = EXPR, among steps and at the top of a file; the word was taken.
void let_parse(struct parser *parser, struct name *name, struct expr **value);

// step_program.c: the verbs of a program. The word was taken.
void run_parse(struct parser *parser, struct statement *statement);
bool run_word(struct parser *parser, struct statement *statement); // with S, ...
void cwd_parse(struct parser *parser, struct statement *statement);
void env_parse(struct parser *parser, struct statement *statement);
void user_parse(struct parser *parser, struct statement *statement);
void stdin_parse(struct parser *parser, struct statement *statement);
void listens_parse(struct parser *parser, struct statement *statement);
void stop_parse(struct parser *parser, struct statement *statement);

// step_tls.c
void tls_parse(struct parser *parser, struct statement *statement);
bool tls_word(struct parser *parser, struct statement *statement);

#endif
