// Watching a state that may pass at once. Private to the room.
#ifndef SOCKDRILL_ENGINE_WATCH_H
#define SOCKDRILL_ENGINE_WATCH_H

#include "play.h"

void watch_begin_step(struct task *task, const struct step *step);
void watch_end(struct task *task);
// What the task's next step acts on, where somebody else watches it; 0: nobody does.
uint32_t watch_acting_on(struct task *task);
// Lets them look before the task goes on; false: nobody has to.
bool watch_let_others_look(struct task *task, uint32_t bucket);
void watch_mail(struct part *part, struct mail *mail); // LOOK, LOOKED

#endif
