// Worlds made ahead of need, by a thread that does nothing else: half a millisecond of a scenario's that is spent before it begins.
#include "namespaces.h"
#include "world/isolation.h"

#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed; // one was taken, or the end has come
    pthread_t maker;
    bool is_running;
    bool has_names;
    bool is_ending; // guarded by lock, as are those below
    bool is_tired;  // the last one could not be made: not before somebody asks again
    uint32_t ahead, ready_count;
    struct world **ready;
} supply = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *make_ahead(void *unused) {
    struct buffer trouble = {0}; // whoever then makes one himself is told
    pthread_mutex_lock(&supply.lock);
    while (!supply.is_ending) {
        if (supply.ready_count == supply.ahead || supply.is_tired) {
            pthread_cond_wait(&supply.changed, &supply.lock);
            continue;
        }
        pthread_mutex_unlock(&supply.lock);
        struct world *world;
        buffer_clear(&trouble);
        int error = blank_make(supply.has_names, 0, &world, &trouble);
        pthread_mutex_lock(&supply.lock);
        if (error) supply.is_tired = true;
        else supply.ready[supply.ready_count++] = world;
    }
    pthread_mutex_unlock(&supply.lock);
    buffer_fini(&trouble);
    return unused;
}

int world_supply_begin(uint32_t ahead, bool has_names) {
    if (supply.is_running || !world_home.is_ready || ahead == 0) return -EINVAL;
    supply.ready = memory_need(calloc(ahead, sizeof *supply.ready));
    supply.ahead = ahead;
    supply.has_names = has_names;
    supply.is_ending = supply.is_tired = false;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // signals are for those who know what they mean
    int error = pthread_create(&supply.maker, NULL, make_ahead, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) free(supply.ready);
    else supply.is_running = true;
    return -error;
}

void world_supply_end(void) {
    if (!supply.is_running) return;
    pthread_mutex_lock(&supply.lock);
    supply.is_ending = true;
    pthread_cond_signal(&supply.changed);
    pthread_mutex_unlock(&supply.lock);
    pthread_join(supply.maker, NULL);
    while (supply.ready_count > 0) world_free(supply.ready[--supply.ready_count]);
    free(supply.ready);
    supply.is_running = false;
}

struct world *supply_take(bool has_names) {
    if (!supply.is_running || supply.has_names != has_names) return NULL;
    pthread_mutex_lock(&supply.lock);
    struct world *world = supply.ready_count > 0 ? supply.ready[--supply.ready_count] : NULL;
    supply.is_tired = false;
    pthread_cond_signal(&supply.changed);
    pthread_mutex_unlock(&supply.lock);
    return world;
}
