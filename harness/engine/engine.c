// The pool: its workers, its queue of cases, and how it is interrupted.
#include "ahead.h"
#include "worker.h"

#include "base/memory.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

enum { WORKERS_MAX = 256 };

// Set by engine_interrupt and its like, which a signal handler may call: the one thing here that is not an engine's own.
static atomic_bool interrupted, clients_ended;
static atomic_int nudge_fds[WORKERS_MAX];
static atomic_uint nudge_count;
static atomic_uint nudgers; // who is just now using nudge_fds

static void set(atomic_bool *flag) {
    int saved = errno;
    atomic_store(flag, true);
    atomic_fetch_add(&nudgers, 1);
    uint32_t count = atomic_load(&nudge_count);
    for (uint32_t i = 0; i < count; i++) mailbox_nudge(atomic_load(&nudge_fds[i]));
    atomic_fetch_sub(&nudgers, 1);
    errno = saved;
}

void engine_interrupt(void) { set(&interrupted); }

void engine_clients_end(void) { set(&clients_ended); }

bool engine_clients_ended(void) { return atomic_load(&clients_ended); }

bool engine_interrupted(void) { return atomic_load(&interrupted); }

static uint32_t workers_needed(const struct plan *const *plans, uint32_t count, const struct engine_options *options) {
    uint32_t needed = options->workers;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t threads = engine_threads_of(plans[i], options, count);
        if (threads > needed) needed = threads;
    }
    return needed < 1 ? 1 : needed > WORKERS_MAX ? WORKERS_MAX : needed;
}

// Signals that come from outside. A fault of our own is told of at once, by a sanitizer too.
static void fill_from_outside(sigset_t *signals) {
    static const int OWN[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    sigfillset(signals);
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++) sigdelset(signals, OWN[i]);
}

// Threads of the pool take none: those are for the thread that called.
static int start(struct worker *worker) {
    sigset_t all, before;
    fill_from_outside(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&worker->thread, NULL, worker_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

// In the calling thread, which takes its signals as ever, but only while the worker waits, or now and then: no call of a step
// is cut short.
static void play_here(struct worker *worker) {
    sigset_t all, before;
    fill_from_outside(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    worker->signals = &before;
    worker_main(worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int engine_run(const struct plan *const *plans, uint32_t count, const struct engine_options *options, engine_done *done,
               void *context) {
    struct engine engine = {.plans = plans, .count = count, .options = options, .done = done, .context = context};
    if (count == 0) return 0;
    // A thread that has been in a world is no longer as it was. Without worlds the calling thread is the first of the pool.
    uint32_t const first = options->isolation ? 0 : 1;
    uint32_t made = 0, started = first;
    int error = 0;
    engine.worker_count = workers_needed(plans, count, options);
    engine.workers = memory_need(calloc(engine.worker_count, sizeof *engine.workers));
    pthread_mutex_init(&engine.lock, NULL);
    engine.authority = authority_new();
    atomic_store(&engine.unfinished, count);
    if (engine_interrupted()) atomic_store(&engine.no_more, true);
    for (; made < engine.worker_count; made++) {
        error = worker_init(&engine.workers[made], &engine, made);
        engine.workers[made].takes_cases = made < options->workers || made == 0;
        if (error) {
            made++;
            goto out;
        }
        atomic_store(&nudge_fds[made], engine.workers[made].mailbox.event_fd);
    }
    atomic_store(&nudge_count, made);
    ahead_begin(&engine, plans, count);
    for (; started < engine.worker_count; started++) {
        error = start(&engine.workers[started]);
        if (error) break;
    }
    if (error) {
        atomic_store(&engine.over, true);
        for (uint32_t i = first; i < started; i++) mailbox_nudge(engine.workers[i].mailbox.event_fd);
    } else if (first > 0) {
        play_here(&engine.workers[0]);
    }
    for (uint32_t i = first; i < started; i++) pthread_join(engine.workers[i].thread, NULL);
    ahead_end(&engine);
out:
    atomic_store(&nudge_count, 0);
    while (atomic_load(&nudgers) > 0) sched_yield(); // their descriptors are closed next
    for (uint32_t i = 0; i < made; i++) worker_fini(&engine.workers[i]);
    free(engine.workers);
    authority_free(engine.authority);
    pthread_mutex_destroy(&engine.lock);
    return error;
}
