// A plan as a person reads it, for `sockdrill explain`.
#ifndef SOCKDRILL_PLAN_EXPLAIN_H
#define SOCKDRILL_PLAN_EXPLAIN_H

#include "base/buffer.h"
#include "plan/plan.h"

// Adds the case's name, title and limits to `out`, and a table for each actor: the number of each step, its line, its
// text, and what it was compiled to: sockets, jumps, deadlines, sizes, the futures it waits for and those it sets.
void plan_explain(const struct plan *plan, struct buffer *out);

#endif
