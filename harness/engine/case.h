// A case and its home part. Private to the room.
#ifndef SOCKDRILL_ENGINE_CASE_H
#define SOCKDRILL_ENGINE_CASE_H

#include "play.h"

// Deals the case over the pool, with `worker` as its home. Never fails: what cannot begin is in the journal.
void case_begin(struct worker *worker, uint32_t number);
void home_mail(struct part *home, struct mail *mail); // letters to the home alone
// Once run->finished: hands the journal over, and frees the case.
void case_finish(struct case_run *run);
// The clients outside have finished. False: they had before, or it has none. Home only.
bool case_clients_end(struct case_run *run);
// Stops it as interrupted. Home only.
void case_interrupt(struct case_run *run);
// Which part plays the instance.
uint32_t instance_thread(const struct case_run *run, uint32_t instance);
// How many are at the barrier; once the case is being stopped, and any part may ask.
uint64_t home_arrivals(const struct case_run *run, uint32_t barrier);
// The same; whether it has let those go on who came to it in that turn, though they may not have heard of it yet.
bool home_has_opened(const struct case_run *run, uint32_t barrier, uint64_t turn);
// A program with a `listens`.
bool actor_listens(const struct plan *plan, const struct actor *actor);
// Nobody outside comes any more: whoever waits at the part's listeners is the last. outside.c.
void count_comers(struct part *part);
// An instance that nobody here plays.
bool instance_is_outside(const struct case_run *run, uint32_t instance);
void home_halt(struct part *part); // from any part: a failure or a skip is in the journal

#endif
