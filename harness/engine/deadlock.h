// Whether everybody waits in vain. Private to the room.
#ifndef SOCKDRILL_ENGINE_DEADLOCK_H
#define SOCKDRILL_ENGINE_DEADLOCK_H

#include "play.h"

struct wait_report *deadlock_report(struct part *part);
void wait_report_free(struct wait_report *report);
// Whether nobody in these reports can ever go on; `earlier` are those of the round before, and say the same. `is_alone`: nobody
// else does anything any more.
bool deadlock_found(struct wait_report *const *reports, struct wait_report *const *earlier, uint32_t count, bool is_alone);
// Whether two reports of one part say the same: nothing has moved between.
bool wait_report_same(const struct wait_report *a, const struct wait_report *b);

#endif
