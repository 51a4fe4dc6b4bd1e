// The packets of a case's world, for the journal. Private to the room.
#ifndef SOCKDRILL_ENGINE_PACKETS_H
#define SOCKDRILL_ENGINE_PACKETS_H

#include "play.h"

// Where the run wants packets and the case has a world, in which the calling thread is. What cannot be captured is a note.
void packets_begin(struct case_run *run);
// Takes what has come, by the home's worker alone: as often as there is something to do.
void packets_poll(const struct case_run *run);
// All that has come when every socket is closed goes into a segment of its own, the last of run->segments.
void packets_end(struct case_run *run);

#endif
