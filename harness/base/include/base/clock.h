// Time, always as nanoseconds of CLOCK_MONOTONIC; clock_gettime(2). Deadlines are absolute.
#ifndef SOCKDRILL_BASE_CLOCK_H
#define SOCKDRILL_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER INT64_MAX // a deadline that never passes

static const int64_t NS_PER_US = 1000;
static const int64_t NS_PER_MS = 1000 * 1000;
static const int64_t NS_PER_S = 1000 * 1000 * 1000;

int64_t clock_now_ns(void);

// start + duration, and CLOCK_NEVER where that would overflow.
int64_t clock_after(int64_t start_ns, int64_t duration_ns);

// A duration as a person writes it: "250us", "20ms", "1.5s", "2min", "never"; into `text`, which is returned.
enum { CLOCK_TEXT_BYTES = 32 };
const char *clock_text(int64_t duration_ns, char text[CLOCK_TEXT_BYTES]);

#endif
