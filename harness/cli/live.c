// The live block on a terminal: one thread draws it, now and then, and prints what ended meanwhile above it. Nobody who
// plays ever waits for the terminal.
#include "live.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int64_t PAUSE_NS = 50 * 1000 * 1000, TICK_NS = 250 * 1000 * 1000;

// A case that is being played.
struct playing {
    uint32_t number;
    const char *name;
    int64_t begun_ns;
};

// Guarded by `lock`, but for what is set before the thread.
struct live {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct console_style style;
    uint32_t total;
    int64_t begun_ns;
    uint64_t passed_turns;
    bool over, has_changed;
    struct buffer above; // ended, and not printed yet
    struct suite_counts counts;
    struct playing *playing; // in the order of their beginnings
    uint32_t playing_count, playing_capacity;
    char *slowest_names[LIVE_SLOWEST_MAX];
    int64_t slowest_ns[LIVE_SLOWEST_MAX];
    uint32_t slowest_count;
};

static void draw(struct live *live, struct buffer *out) {
    struct live_case running[LIVE_RUNNING_MAX], slowest[LIVE_SLOWEST_MAX];
    int64_t const now_ns = clock_now_ns();
    struct live_state state = {.total = live->total,
                               .passed_turns = live->passed_turns,
                               .counts = live->counts,
                               .running = running,
                               .running_count = live->playing_count,
                               .slowest = slowest,
                               .slowest_count = live->slowest_count};
    state.counts.duration_ns = (uint64_t)(now_ns - live->begun_ns);
    for (uint32_t i = 0; i < live->playing_count && i < LIVE_RUNNING_MAX; i++)
        running[state.running_listed++] =
            (struct live_case){live->playing[i].name, now_ns - live->playing[i].begun_ns};
    for (uint32_t i = 0; i < live->slowest_count; i++)
        slowest[i] = (struct live_case){live->slowest_names[i], live->slowest_ns[i]};
    unsigned rows;
    live->style.width = terminal_width(STDOUT_FILENO, &rows); // it may have been resized
    console_live(&state, &live->style, rows, out);
}

static struct timespec time_of(int64_t ns) { return (struct timespec){ns / NS_PER_S, ns % NS_PER_S}; }

static void *live_main(void *argument) {
    struct live *live = argument;
    struct buffer out = {0};
    int64_t drawn_ns = live->begun_ns; // nothing is drawn of a run that is over at once
    pthread_mutex_lock(&live->lock);
    while (!live->over) {
        int64_t const due_ns = drawn_ns + (live->has_changed ? PAUSE_NS : TICK_NS);
        if (clock_now_ns() < due_ns) {
            struct timespec const due = time_of(due_ns);
            pthread_cond_timedwait(&live->changed, &live->lock, &due);
            continue;
        }
        live->has_changed = false;
        if (live->above.len_bytes) console_live_clear(&out);
        buffer_slice(&out, buffer_view(&live->above));
        buffer_clear(&live->above);
        draw(live, &out);
        pthread_mutex_unlock(&live->lock);
        print(STDOUT_FILENO, &out);
        drawn_ns = clock_now_ns();
        pthread_mutex_lock(&live->lock);
    }
    pthread_mutex_unlock(&live->lock);
    buffer_fini(&out);
    return NULL;
}

static void change(struct live *live) {
    if (!live->has_changed) pthread_cond_signal(&live->changed);
    live->has_changed = true;
}

struct live *live_begin(uint32_t total, const struct console_style *style) {
    struct live *const live = memory_need(calloc(1, sizeof *live));
    pthread_condattr_t attributes;
    sigset_t all, before;
    live->total = total;
    live->style = *style;
    live->begun_ns = clock_now_ns();
    pthread_mutex_init(&live->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&live->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // signals are for the thread that called
    int const error = pthread_create(&live->thread, NULL, live_main, live);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error) return live;
    pthread_cond_destroy(&live->changed);
    pthread_mutex_destroy(&live->lock);
    free(live);
    return NULL; // then without
}

void live_begun(struct live *live, uint32_t number, const char *name) {
    if (!live) return;
    pthread_mutex_lock(&live->lock);
    if (live->playing_count == live->playing_capacity) {
        live->playing_capacity = live->playing_capacity ? live->playing_capacity * 2 : 16;
        live->playing = memory_need(realloc(live->playing, live->playing_capacity * sizeof *live->playing));
    }
    live->playing[live->playing_count++] = (struct playing){number, name, clock_now_ns()};
    change(live);
    pthread_mutex_unlock(&live->lock);
}

static void playing_remove(struct live *live, uint32_t number) {
    for (uint32_t i = 0; i < live->playing_count; i++) {
        if (live->playing[i].number != number) continue;
        live->playing_count--;
        memmove(&live->playing[i], &live->playing[i + 1], (live->playing_count - i) * sizeof *live->playing);
        return;
    }
}

void live_put_off(struct live *live, uint32_t number) {
    if (!live) return;
    pthread_mutex_lock(&live->lock);
    playing_remove(live, number);
    change(live);
    pthread_mutex_unlock(&live->lock);
}

void live_turns(struct live *live, uint64_t passed) {
    if (!live) return;
    pthread_mutex_lock(&live->lock);
    live->passed_turns = passed;
    change(live);
    pthread_mutex_unlock(&live->lock);
}

static void slowest_offer(struct live *live, const char *name, int64_t ns) {
    uint32_t at = live->slowest_count;
    while (at > 0 && live->slowest_ns[at - 1] < ns) at--;
    if (at == LIVE_SLOWEST_MAX) return;
    if (live->slowest_count == LIVE_SLOWEST_MAX) free(live->slowest_names[--live->slowest_count]);
    for (uint32_t i = live->slowest_count; i > at; i--) {
        live->slowest_names[i] = live->slowest_names[i - 1];
        live->slowest_ns[i] = live->slowest_ns[i - 1];
    }
    live->slowest_names[at] = memory_need(strdup(name));
    live->slowest_ns[at] = ns;
    live->slowest_count++;
}

void live_ended(struct live *live, const struct case_result *result, const struct suite_counts *counts,
                const struct buffer *text) {
    pthread_mutex_lock(&live->lock);
    playing_remove(live, result->number);
    if (result->verdict->outcome != OUTCOME_SKIPPED)
        slowest_offer(live, result->plan->case_name, result->verdict->duration_ns);
    live->counts = *counts;
    buffer_slice(&live->above, buffer_view(text));
    change(live);
    pthread_mutex_unlock(&live->lock);
}

void live_end(struct live *live) {
    if (!live) return;
    pthread_mutex_lock(&live->lock);
    live->over = true;
    pthread_cond_signal(&live->changed);
    pthread_mutex_unlock(&live->lock);
    pthread_join(live->thread, NULL);
    struct buffer out = {0};
    console_live_clear(&out);
    buffer_slice(&out, buffer_view(&live->above));
    print(STDOUT_FILENO, &out);
    buffer_fini(&out);
    buffer_fini(&live->above);
    while (live->slowest_count > 0) free(live->slowest_names[--live->slowest_count]);
    free(live->playing);
    pthread_cond_destroy(&live->changed);
    pthread_mutex_destroy(&live->lock);
    free(live);
}
