// A journal that is followed while it is being written. Private to the room.
#ifndef SOCKDRILL_ENGINE_NEWS_H
#define SOCKDRILL_ENGINE_NEWS_H

#include "play.h"

// By the part's worker. Where nobody follows, they do nothing.
void news_begin(struct part *part);
void news_end(struct part *part); // what comes behind it is told with the end of the case
// Before the worker waits for the kernel, `sleeps`: until something happens; and when it has woken up from that.
void news_tell(struct worker *worker, bool sleeps);
void news_wake(struct worker *worker);
// Whether this event was told already, and may not change any more.
bool news_has_told(const struct part *part, const struct event *event);

#endif
