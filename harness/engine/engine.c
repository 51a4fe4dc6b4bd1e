// The pool: its workers, its queue of cases, and how it is interrupted.
#include "worker.h"

#include "base/memory.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

enum { WORKERS_MAX = 256 };

// Set by engine_interrupt, which a signal handler may call: the one thing here that is not an engine's own.
static atomic_bool interrupted;
static atomic_int nudge_fds[WORKERS_MAX];
static atomic_uint nudge_count;
static atomic_uint nudgers; // who is just now using nudge_fds

void engine_interrupt(void) {
    int saved = errno;
    atomic_store(&interrupted, true);
    atomic_fetch_add(&nudgers, 1);
    uint32_t count = atomic_load(&nudge_count);
    for (uint32_t i = 0; i < count; i++) mailbox_nudge(atomic_load(&nudge_fds[i]));
    atomic_fetch_sub(&nudgers, 1);
    errno = saved;
}

bool engine_interrupted(void) { return atomic_load(&interrupted); }

static uint32_t workers_needed(const struct plan *const *plans, uint32_t count, const struct engine_options *options) {
    uint32_t needed = options->workers;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t threads = engine_threads_of(plans[i], options, count);
        if (threads > needed) needed = threads;
    }
    return needed < 1 ? 1 : needed > WORKERS_MAX ? WORKERS_MAX : needed;
}

// Where there are more cases than workers, the next worlds are made while these still play.
static void supply_worlds(const struct plan *const *plans, uint32_t count, const struct engine *engine) {
    enum { AHEAD = 2 };
    if (!engine->options->isolation || count <= engine->worker_count) return;
    uint32_t named = 0; // a supply is of one kind: of that which more cases need
    for (uint32_t i = 0; i < count; i++) named += plans[i]->world.has_names;
    world_supply_begin(AHEAD, named > count - named); // without it they are made when they are needed
}

// Threads of the pool take no signals: those are for the thread that called.
static int start(struct worker *worker) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&worker->thread, NULL, worker_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

int engine_run(const struct plan *const *plans, uint32_t count, const struct engine_options *options, engine_done *done,
               void *context) {
    struct engine engine = {.plans = plans, .count = count, .options = options, .done = done, .context = context};
    if (count == 0) return 0;
    uint32_t made = 0, started = 0;
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
    supply_worlds(plans, count, &engine);
    for (; started < engine.worker_count; started++) {
        error = start(&engine.workers[started]);
        if (error) break;
    }
    if (error) {
        atomic_store(&engine.over, true);
        for (uint32_t i = 0; i < started; i++) mailbox_nudge(engine.workers[i].mailbox.event_fd);
    }
    for (uint32_t i = 0; i < started; i++) pthread_join(engine.workers[i].thread, NULL);
    world_supply_end();
out:
    atomic_store(&nudge_count, 0);
    while (atomic_load(&nudgers) > 0) sched_yield(); // their descriptors are closed next
    for (uint32_t i = 0; i < made; i++) worker_fini(&engine.workers[i]);
    free(engine.workers);
    authority_free(engine.authority);
    pthread_mutex_destroy(&engine.lock);
    return error;
}
