// What a case is played in: its scratch folder, its world, its files. Private to the room.
#ifndef SOCKDRILL_ENGINE_SETTING_H
#define SOCKDRILL_ENGINE_SETTING_H

#include "play.h"

enum setting_outcome { SETTING_MADE, SETTING_LACKS, SETTING_FAILED };

// Why there is none, and what of the scenario's text is to blame for it; source NULL: nothing in particular.
struct setting_trouble {
    struct buffer text;
    struct span span;
};

// Makes it, by the home's worker, which is in the case's network afterwards. But for MADE, `trouble` says why not.
enum setting_outcome setting_make(struct case_run *run, struct setting_trouble *trouble);
// Takes down what setting_make has made, but for the scratch folder of a run with --keep.
void setting_end(struct case_run *run);

#endif
