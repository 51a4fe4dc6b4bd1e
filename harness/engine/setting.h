// What a case is played in: its scratch folder, its world, its files. Private to the room.
#ifndef SOCKDRILL_ENGINE_SETTING_H
#define SOCKDRILL_ENGINE_SETTING_H

#include "play.h"

enum setting_outcome { SETTING_MADE, SETTING_LACKS, SETTING_FAILED };

// Makes it, by the home's worker, which is in the case's network afterwards. But for MADE, why not goes to `reason`.
enum setting_outcome setting_make(struct case_run *run, struct buffer *reason);
// Takes down what setting_make has made, but for the scratch folder of a run with --keep.
void setting_end(struct case_run *run);

#endif
