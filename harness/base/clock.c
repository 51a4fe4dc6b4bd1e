#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

int64_t clock_now_ns(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail: the clock exists, and the pointer is good
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_after(int64_t start_ns, int64_t duration_ns) {
    int64_t deadline_ns;
    if (start_ns == CLOCK_NEVER || duration_ns == CLOCK_NEVER) return CLOCK_NEVER;
    if (__builtin_add_overflow(start_ns, duration_ns, &deadline_ns)) return CLOCK_NEVER;
    return deadline_ns;
}

const char *clock_text(int64_t duration_ns, char text[CLOCK_TEXT_BYTES]) {
    if (duration_ns == CLOCK_NEVER) {
        snprintf(text, CLOCK_TEXT_BYTES, "never");
        return text;
    }
    uint64_t const ns = duration_ns < 0 ? 0 - (uint64_t)duration_ns : (uint64_t)duration_ns;
    uint64_t const ns_per_min = 60 * (uint64_t)NS_PER_S, ns_per_h = 60 * ns_per_min, ns_per_d = 24 * ns_per_h;
    const char *unit = "ns";
    uint64_t ns_per_unit = 1;
    if (ns >= ns_per_d && ns % ns_per_d == 0) {
        unit = "d", ns_per_unit = ns_per_d;
    } else if (ns >= ns_per_h && ns % ns_per_h == 0) {
        unit = "h", ns_per_unit = ns_per_h;
    } else if (ns >= ns_per_min && ns % ns_per_min == 0) {
        unit = "min", ns_per_unit = ns_per_min;
    } else if (ns >= (uint64_t)NS_PER_S) {
        unit = "s", ns_per_unit = (uint64_t)NS_PER_S;
    } else if (ns >= (uint64_t)NS_PER_MS) {
        unit = "ms", ns_per_unit = (uint64_t)NS_PER_MS;
    } else if (ns >= (uint64_t)NS_PER_US) {
        unit = "us", ns_per_unit = (uint64_t)NS_PER_US;
    }
    // Three places, cut and not rounded, so that nothing reads as longer than it was.
    unsigned const thousandths = ns_per_unit < 1000 ? 0 : (unsigned)(ns % ns_per_unit / (ns_per_unit / 1000));
    char places[8] = "";
    if (thousandths) {
        int len = snprintf(places, sizeof places, ".%03u", thousandths);
        while (len > 0 && places[len - 1] == '0') places[--len] = '\0';
    }
    snprintf(text, CLOCK_TEXT_BYTES, "%s%" PRIu64 "%s%s", duration_ns < 0 ? "-" : "", ns / ns_per_unit, places,
             ns == 0 ? "s" : unit);
    return text;
}
