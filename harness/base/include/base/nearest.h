// "Did you mean": the known name that is nearest to an unknown one.
#ifndef SOCKDRILL_BASE_NEAREST_H
#define SOCKDRILL_BASE_NEAREST_H

#include "base/slice.h"

// Owned by its maker, on the stack; zero-initialise it but for `name`.
struct nearest {
    struct slice name;     // the unknown one
    const char *best;      // the nearest so far, or NULL when none is near enough; the offered pointer
    unsigned distance;     // of best, in sixteenths of an edit: a swap of neighbours is one edit, another case 1/16
};

// Offers one candidate; keeps it when it is nearer than what was offered before and within a third of the name.
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
