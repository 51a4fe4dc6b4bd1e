// A run that was kept, as it was: the plans of its cases, compiled again from the texts in its journal, and what happened in
// each. Nothing is asked of the machine.
#ifndef SOCKDRILL_REPLAY_REPLAY_H
#define SOCKDRILL_REPLAY_REPLAY_H

#include "base/buffer.h"
#include "journal/file.h"
#include "plan/plan.h"

struct replay_file; // one of the journal's, compiled again

// Owned by the caller. Immutable once it is made.
struct replay {
    struct journal_contents contents;
    struct replay_file *files; // by the journal's file
    struct plan *plans;        // by the journal's case, under its name
};

// Reads a journal's file, all of it: once this was true, every case of it can be read. `bytes` must outlive the replay.
// False: `wrong` has a sentence without a full stop. Call replay_fini in any case.
bool replay_init(struct replay *replay, struct slice bytes, const char *version, struct buffer *wrong);
void replay_fini(struct replay *replay);

// What happened in one of contents.cases. As journal_read_case.
bool replay_read(const struct replay *replay, uint32_t number, struct journal *journal, struct buffer *wrong);

#endif
