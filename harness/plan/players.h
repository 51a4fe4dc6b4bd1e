// Actors whose parts C functions of the caller's play: --function. Private to the room.
#ifndef SOCKDRILL_PLAN_PLAYERS_H
#define SOCKDRILL_PLAN_PLAYERS_H

#include "plan/plan.h"

// Puts a program in the place of each server and client of the tree that a function plays, and notes the function with each
// that one plays. Says so where one cannot. set->player_known.
void players_take(struct plan_set *set, struct tree *tree, const struct plan_options *options);

#endif
