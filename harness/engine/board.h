// What actors tell each other. Private to the room.
#ifndef SOCKDRILL_ENGINE_BOARD_H
#define SOCKDRILL_ENGINE_BOARD_H

#include "play.h"

void board_init(struct part *part);
uint32_t future_number(const struct part *part, uint32_t actor, uint32_t instance, uint32_t which);
enum { FUTURE_ADDRESS, FUTURE_LOCAL, FUTURE_PEER, FUTURE_PID, FUTURE_EXIT, FUTURE_EXPORTS };
void board_publish(struct part *part, uint32_t instance, uint32_t which, const struct value *value);
void board_signal(struct part *part, uint32_t event);
void board_arrive(struct part *part, uint32_t barrier, uint64_t of);
void board_end(struct part *part, uint32_t instance);
void board_mail(struct part *part, struct mail *mail); // FUTURE, EVENT, RELEASE, END, QUIET
void point_wake(struct point *point);

#endif
