// `use`: the libraries of a file, read and put into its tree. Private to the room.
#ifndef SOCKDRILL_PLAN_USE_H
#define SOCKDRILL_PLAN_USE_H

#include "plan/plan.h"

#include <sys/stat.h>

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
// set->diags at the `use`. False: what a library defines is not known, for it could not be read.
bool use_libraries(struct plan_set *set, struct tree *tree, const struct plan_options *options, struct file_scopes *scopes);

// A file that a `use` leads to, open but not read.
struct found {
    int fd;                        // -1: none
    const char *path;              // as it was opened; NULL: it was not found
    const struct used_file *given; // or NULL
    struct stat facts;             // which file it is, by whatever path; st_ino 0: it is none
};

// search.c: what `use <NAME>` leads to, among the machine's files; `trouble` of what was found is why it cannot be read, or
// NULL. Nothing found: the path is NULL.
void library_search(const struct library_folders *folders, struct slice name, struct arena *arena, struct found *found,
                    const char **trouble);
// That there is none, with a name that is nearest to it, at the `use`.
void library_missing(const struct library_folders *folders, const struct use_decl *use, struct diag_list *diags);

#endif
