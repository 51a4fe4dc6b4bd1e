// How the programs of a case ended, as the journal has it.
#ifndef SOCKDRILL_REPORTS_PROGRAMS_H
#define SOCKDRILL_REPORTS_PROGRAMS_H

#include "journal/journal.h"

// Immutable.
struct program_end {
    uint32_t instance;
    const struct event *exited; // NULL: it still ran when the harness began to stop it
    const struct event *output; // EVENT_OUTPUT_END of the stream that tells most of it, or NULL
};

// Of every program that was run, in the order of their beginnings. In the arena.
const struct program_end *program_ends(const struct journal *journal, struct arena *arena, uint32_t *count);

// Whether it ended as programs do that have something to complain of: with another exit code than 0, or by a signal, and no
// `stop` of the scenario's had been sent to it.
bool program_ended_badly(const struct journal *journal, const struct program_end *end);

#endif
