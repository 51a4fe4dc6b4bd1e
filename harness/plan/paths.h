// Two paths beside each other, whichever of them is the record.
#ifndef SOCKDRILL_PLAN_PATHS_H
#define SOCKDRILL_PLAN_PATHS_H

#include "base/state.h"

// The one of the two that was seen, where one of them is a wanted path.
const struct state_path *paths_record(const struct state_path *a, const struct state_path *b);

// path_compare with the record found out: it is the one with gaps, or else the one without `...`. Two records with gaps
// are never known to be equal.
enum path_answer paths_compare(const struct state_path *a, const struct state_path *b);

#endif
