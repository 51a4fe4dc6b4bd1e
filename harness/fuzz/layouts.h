// Layouts that nobody has written: made of choices by the grammar of messages, so that most of them compile.
#ifndef SOCKDRILL_FUZZ_LAYOUTS_H
#define SOCKDRILL_FUZZ_LAYOUTS_H

#include "fuzz.h"

// Adds a scenario to `out` whose server receives each of up to three messages. Takes from the choices what it needs.
void layouts_make(struct fuzz_choices *choices, struct buffer *out);

#endif
