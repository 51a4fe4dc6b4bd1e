// --verbose as it happens: the threads that play hand over what they have written, and one thread of ours puts it in
// the order that the journal will have, and tells it. An event's turn has come when no thread can write an older one
// any more.
#include "live.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What one thread of a case has handed over.
struct handed {
    struct event *events;
    size_t count, capacity, next; // those before `next` are told
    int64_t until_ns;             // what comes is not older
};

// A case that is being played.
struct followed {
    struct followed *next;
    uint32_t number;
    bool is_begun; // its first line is told
    struct console_trace *trace;
    uint64_t told; // of the events that a trace reads
    uint32_t thread_count;
    struct handed handed[];
};

// `lock` guards the cases, `output` what is printed; who needs both takes `output` first. Nobody prints with `lock`
// held.
struct follow {
    pthread_t thread;
    pthread_mutex_t output, lock;
    pthread_cond_t news;
    struct console_style style;
    unsigned case_columns;
    bool has_news, over;
    struct followed *cases; // in the order of their beginnings
};

// The thread whose event is next, or -1: it is not known yet.
static int64_t next_of(const struct followed *one) {
    int64_t first = -1, first_ns = CLOCK_NEVER, until_ns = CLOCK_NEVER;
    for (uint32_t i = 0; i < one->thread_count; i++) {
        const struct handed *const handed = &one->handed[i];
        if (handed->next == handed->count) {
            if (handed->until_ns < until_ns) until_ns = handed->until_ns;
        } else if (handed->events[handed->next].at_ns < first_ns) {
            first_ns = handed->events[handed->next].at_ns;
            first = i;
        }
    }
    return first_ns < until_ns ? first : -1;
}

static void tell_news(struct followed *one, struct buffer *out) {
    if (!one->is_begun) console_trace_begin(one->trace, out);
    one->is_begun = true;
    for (int64_t thread; (thread = next_of(one)) >= 0;) {
        struct handed *const handed = &one->handed[thread];
        console_trace_event(one->trace, &handed->events[handed->next++], out);
        one->told++;
        if (handed->next == handed->count) handed->next = handed->count = 0;
    }
}

static void *follow_main(void *argument) {
    struct follow *follow = argument;
    struct buffer out = {0};
    for (;;) {
        pthread_mutex_lock(&follow->lock);
        while (!follow->has_news && !follow->over) pthread_cond_wait(&follow->news, &follow->lock);
        bool const over = follow->over;
        follow->has_news = false;
        pthread_mutex_unlock(&follow->lock);
        if (over) break;
        pthread_mutex_lock(&follow->output);
        pthread_mutex_lock(&follow->lock);
        for (struct followed *one = follow->cases; one; one = one->next) tell_news(one, &out);
        pthread_mutex_unlock(&follow->lock);
        print(STDOUT_FILENO, &out);
        pthread_mutex_unlock(&follow->output);
    }
    buffer_fini(&out);
    return NULL;
}

struct follow *follow_begin(const struct console_style *style, unsigned case_columns) {
    struct follow *const follow = memory_need(calloc(1, sizeof *follow));
    sigset_t all, before;
    follow->style = *style;
    follow->case_columns = case_columns;
    pthread_mutex_init(&follow->output, NULL);
    pthread_mutex_init(&follow->lock, NULL);
    pthread_cond_init(&follow->news, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // signals are for the thread that called
    int const error = pthread_create(&follow->thread, NULL, follow_main, follow);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error) return follow;
    pthread_cond_destroy(&follow->news);
    pthread_mutex_destroy(&follow->lock);
    pthread_mutex_destroy(&follow->output);
    free(follow);
    return NULL; // then each case is told when it has ended
}

static void tell_main(struct follow *follow) {
    if (!follow->has_news) pthread_cond_signal(&follow->news);
    follow->has_news = true;
}

void follow_begun(struct follow *follow, uint32_t number, const struct plan *plan, uint32_t thread_count) {
    if (!follow) return;
    struct followed *const one = memory_need(calloc(1, sizeof *one + thread_count * sizeof *one->handed));
    one->number = number;
    one->thread_count = thread_count;
    one->trace = console_trace_new(plan, &follow->style, follow->case_columns);
    // The first writes from now on, the others when it has told them to.
    for (uint32_t i = 1; i < thread_count; i++) one->handed[i].until_ns = CLOCK_NEVER;
    pthread_mutex_lock(&follow->lock);
    struct followed **last = &follow->cases;
    while (*last) last = &(*last)->next;
    *last = one;
    tell_main(follow);
    pthread_mutex_unlock(&follow->lock);
}

static struct followed **find(struct follow *follow, uint32_t number) {
    struct followed **link = &follow->cases;
    while (*link && (*link)->number != number) link = &(*link)->next;
    return link;
}

static void hand_over(struct handed *handed, const struct event *event) {
    if (handed->count == handed->capacity) {
        handed->capacity = handed->capacity ? handed->capacity * 2 : 64;
        handed->events = memory_need(realloc(handed->events, handed->capacity * sizeof *handed->events));
    }
    handed->events[handed->count++] = *event;
}

void follow_events(struct follow *follow, uint32_t number, uint32_t thread, const struct event *events, uint32_t count,
                   int64_t until_ns) {
    pthread_mutex_lock(&follow->lock);
    struct followed *const one = *find(follow, number);
    if (one && thread < one->thread_count) {
        for (uint32_t i = 0; i < count; i++)
            if (console_trace_reads(&events[i])) hand_over(&one->handed[thread], &events[i]);
        one->handed[thread].until_ns = until_ns;
        tell_main(follow);
    }
    pthread_mutex_unlock(&follow->lock);
}

static void followed_free(struct followed *one) {
    for (uint32_t i = 0; i < one->thread_count; i++) free(one->handed[i].events);
    console_trace_free(one->trace);
    free(one);
}

// What was told of it is the beginning of what the whole journal has.
static void tell_rest(struct followed *one, const struct journal *journal, struct buffer *out) {
    uint64_t told = 0;
    if (!one->is_begun) console_trace_begin(one->trace, out);
    for (uint64_t i = 0; i < journal->event_count; i++) {
        if (!console_trace_reads(&journal->events[i])) continue;
        if (told++ >= one->told) console_trace_event(one->trace, &journal->events[i], out);
    }
    console_trace_end(one->trace, out);
}

void follow_ended(struct follow *follow, const struct case_result *result, const struct buffer *text) {
    struct buffer out = {0};
    pthread_mutex_lock(&follow->output);
    pthread_mutex_lock(&follow->lock);
    struct followed **const link = find(follow, result->number);
    struct followed *const one = *link;
    if (one) *link = one->next;
    pthread_mutex_unlock(&follow->lock);
    if (one) {
        tell_rest(one, result->journal, &out);
        followed_free(one);
    }
    buffer_slice(&out, buffer_view(text));
    print(STDOUT_FILENO, &out);
    pthread_mutex_unlock(&follow->output);
    buffer_fini(&out);
}

void follow_end(struct follow *follow) {
    if (!follow) return;
    pthread_mutex_lock(&follow->lock);
    follow->over = true;
    pthread_cond_signal(&follow->news);
    pthread_mutex_unlock(&follow->lock);
    pthread_join(follow->thread, NULL);
    while (follow->cases) {
        struct followed *const one = follow->cases;
        follow->cases = one->next;
        followed_free(one);
    }
    pthread_cond_destroy(&follow->news);
    pthread_mutex_destroy(&follow->lock);
    pthread_mutex_destroy(&follow->output);
    free(follow);
}
