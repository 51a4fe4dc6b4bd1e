// The state diagram, for the room's own use: sets of states are bits, 1 << STATE_x.
#ifndef SOCKDRILL_BASE_PATH_H
#define SOCKDRILL_BASE_PATH_H

#include "base/state.h"

enum {
#define STATE(name, number) IN_##name = 1 << (number),
#include "base/states.def"
};

// Where one transition leads from `from`.
unsigned path_edges(enum state from);

// The states given, and all that can follow them without a CLOSE on the way. Only the socket's owner takes it out of
// CLOSE, with connect(2) or listen(2), and notes that: what nobody saw never passed through there.
unsigned path_reach(unsigned states);

#endif
