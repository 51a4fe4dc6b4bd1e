// What the lints share. Private to the room.
#ifndef SOCKDRILL_PLAN_LINT_PARTS_H
#define SOCKDRILL_PLAN_LINT_PARTS_H

#include "plan/lint.h"

// Warns, unless the same was said of the same place: a procedure's steps are compiled at each call. False: it was.
bool lint_warn(struct diag_list *diags, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// lint_names.c: what is given a name and never used, in the tree.
void lint_names(const struct tree *tree, struct diag_list *diags);

// lint_patterns.c: whether the pattern can match no bytes at all, and whether a branch is never taken for another one.
// The arena is for what they look at on the way.
void lint_pattern(const struct step *step, struct arena *arena, struct diag_list *diags);
void lint_branches(const struct plan *plan, const struct step *either, struct arena *arena, struct diag_list *diags);

// lint_steps.c: each step with those before it.
void lint_steps(const struct plan *plan, struct diag_list *diags);

// lint_programs.c: what is run, and who looks at its end.
void lint_programs(const struct plan *plan, struct diag_list *diags);

// lint_tls.c: what is asked of TLS before it has begun, or where there is none.
void lint_tls(const struct plan *plan, struct diag_list *diags);

#endif
