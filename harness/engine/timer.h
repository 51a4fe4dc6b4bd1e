// A heap of timers by absolute time.
#ifndef SOCKDRILL_ENGINE_TIMER_H
#define SOCKDRILL_ENGINE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

// Stands inside what it wakes. Owned by one worker. Zero-initialised: not armed.
struct timer {
    int64_t due_ns;
    uint32_t position;                 // in the heap, from 1; 0: not armed
    void (*fire)(struct timer *timer); // it is no longer armed when this is called
};

// Owned by one worker. Zero-initialised is a valid, empty heap.
struct timer_heap {
    struct timer **timers;
    uint32_t count, capacity;
};

void timer_heap_fini(struct timer_heap *heap);
// Arms it, or moves it when it is armed.
void timer_arm(struct timer_heap *heap, struct timer *timer, int64_t due_ns);
// Safe on one that is not armed.
void timer_cancel(struct timer_heap *heap, struct timer *timer);
// When the first one is due, CLOCK_NEVER when none is.
int64_t timer_next(const struct timer_heap *heap);
// Fires all that are due, in the order of their times. Those with one time fire in no promised order.
void timer_fire(struct timer_heap *heap, int64_t now_ns);

#endif
