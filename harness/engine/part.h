// One part of a case. Private to the room.
#ifndef SOCKDRILL_ENGINE_PART_H
#define SOCKDRILL_ENGINE_PART_H

#include "play.h"

void part_init(struct part *part, struct case_run *run, struct worker *worker, uint32_t thread);
void part_fini(struct part *part);
void part_begin(struct part *part);
void part_stop(struct part *part, bool passed); // `passed`: every step of the case was done
void part_program_settled(struct part *part);
void part_mail(struct part *part, struct mail *mail);
void part_send(struct part *from, struct part *to, struct mail *mail); // at once where both are one worker's
struct actor_run *part_actor(struct part *part, uint32_t instance); // NULL: another part's
struct question *part_open_question(const struct task *task); // one that has not been answered yet, or NULL

#endif
