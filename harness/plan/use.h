// `use`: the libraries of a file, read and put into its tree. Private to the room.
#ifndef SOCKDRILL_PLAN_USE_H
#define SOCKDRILL_PLAN_USE_H

#include "plan/plan.h"

// A file that takes part, and of which files the names are plain names in it. Immutable.
struct file_scope {
    const struct source *source;
    const struct use_decl *uses;
    bool *sees; // by file: its own, and what is used without a name from there on
};

struct file_scopes {
    struct file_scope *files; // the scenario, or the library that is compiled on its own, is the first
    uint32_t count;
};

// Reads every file that `tree` uses, and what they use, and puts their messages, procedures and lets before the tree's
// own; set->used gets what was opened. A file that is missing, is no library, or comes round to itself is an error in
// set->diags at the `use`. `given`: the files there are; NULL: the machine's. False: what a library defines is not known,
// for it could not be read.
bool use_libraries(struct plan_set *set, struct tree *tree, const struct given_files *given, struct file_scopes *scopes);

#endif
