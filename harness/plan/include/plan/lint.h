// What is suspicious in a text that means something: for `sockdrill check`.
#ifndef SOCKDRILL_PLAN_LINT_H
#define SOCKDRILL_PLAN_LINT_H

#include "plan/plan.h"

// Adds warnings to the set's diagnostics: names that nothing uses, a `sleep` that a future would replace, a `recv` that
// can never match, steps and branches of `either` that cannot be reached. Only for a set without errors. What is said
// holds however the run goes; a name that begins with `_` is meant to be unused.
void plan_lint(struct plan_set *set);

#endif
