#include "timer.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

void timer_heap_fini(struct timer_heap *heap) {
    free(heap->timers);
    *heap = (struct timer_heap){0};
}

static void place(struct timer_heap *heap, struct timer *timer, uint32_t position) {
    heap->timers[position - 1] = timer;
    timer->position = position;
}

static void rise(struct timer_heap *heap, struct timer *timer, uint32_t position) {
    while (position > 1) {
        struct timer *parent = heap->timers[position / 2 - 1];
        if (parent->due_ns <= timer->due_ns) break;
        place(heap, parent, position);
        position /= 2;
    }
    place(heap, timer, position);
}

static void sink(struct timer_heap *heap, struct timer *timer, uint32_t position) {
    while (position * 2 <= heap->count) {
        uint32_t child = position * 2;
        if (child < heap->count && heap->timers[child]->due_ns < heap->timers[child - 1]->due_ns) child++;
        if (heap->timers[child - 1]->due_ns >= timer->due_ns) break;
        place(heap, heap->timers[child - 1], position);
        position = child;
    }
    place(heap, timer, position);
}

void timer_cancel(struct timer_heap *heap, struct timer *timer) {
    uint32_t position = timer->position;
    if (position == 0) return;
    timer->position = 0;
    struct timer *last = heap->timers[--heap->count];
    if (last == timer) return;
    sink(heap, last, position);
    rise(heap, last, last->position);
}

void timer_arm(struct timer_heap *heap, struct timer *timer, int64_t due_ns) {
    timer_cancel(heap, timer);
    if (heap->count == heap->capacity) {
        uint32_t capacity = heap->capacity ? heap->capacity * 2 : 64;
        heap->timers = memory_need(realloc(heap->timers, capacity * sizeof(struct timer *)));
        heap->capacity = capacity;
    }
    timer->due_ns = due_ns;
    heap->count++;
    rise(heap, timer, heap->count);
}

int64_t timer_next(const struct timer_heap *heap) { return heap->count ? heap->timers[0]->due_ns : CLOCK_NEVER; }

void timer_fire(struct timer_heap *heap, int64_t now_ns) {
    while (heap->count > 0 && heap->timers[0]->due_ns <= now_ns) {
        struct timer *timer = heap->timers[0];
        timer_cancel(heap, timer);
        timer->fire(timer);
    }
}
