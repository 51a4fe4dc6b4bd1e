// What stands behind each verb.
#ifndef SOCKDRILL_SCRIPT_STEP_RULES_H
#define SOCKDRILL_SCRIPT_STEP_RULES_H

#include "parser.h"

enum step_blocks { STEP_NO_BLOCK, STEP_MAY_HAVE_BLOCK, STEP_HAS_BLOCK, STEP_HAS_CHOICE };

struct step_rule {
    void (*parse)(struct parser *parser, struct statement *statement); // up to the modifiers; the verb was taken
    enum step_blocks blocks;
    bool system_call; // so that it may end with `fails ERRNO`
};

const struct step_rule *step_rule(enum verb verb);

// let NAME = EXPR, among steps and at the top of a file; the word was taken.
void let_parse(struct parser *parser, struct name *name, struct expr **value);

// Says that this build does not have the statement, and passes it; `what` is what it would be.
void statement_later(struct parser *parser, const struct token *token, const char *what);

#endif
