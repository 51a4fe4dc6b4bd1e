// Worlds made ahead of need, by threads that do nothing else: half a millisecond of a scenario's that is spent before it begins,
// and what its outfit waits for.
#include "namespaces.h"
#include "world/isolation.h"

#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { MAKERS_MAX = 8 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed; // one was taken, or the end has come
    pthread_t makers[MAKERS_MAX];
    uint32_t maker_count; // 0: there is no supply
    bool has_names;
    struct world_outfit outfit; // without `make` there is none
    bool is_ending; // guarded by lock, as are those below
    bool is_tired;  // the last one could not be made: not before somebody asks again
    uint32_t ahead, ready_count, making_count;
    struct world **ready;
} supply = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void fit_out(struct world *world) {
    if (!supply.outfit.make || world_enter(world) != 0) return;
    world->outfit = supply.outfit.make(supply.outfit.context);
    world->drop_outfit = supply.outfit.drop;
    if (world_enter(NULL) != 0) memory_exhausted();
}

static void *make_ahead(void *unused) {
    struct buffer trouble = {0}; // whoever then makes one himself is told
    pthread_mutex_lock(&supply.lock);
    while (!supply.is_ending) {
        if (supply.ready_count + supply.making_count >= supply.ahead || supply.is_tired) {
            pthread_cond_wait(&supply.changed, &supply.lock);
            continue;
        }
        supply.making_count++;
        pthread_mutex_unlock(&supply.lock);
        struct world *world;
        buffer_clear(&trouble);
        int error = blank_make(supply.has_names, 0, &world, &trouble);
        if (!error) fit_out(world);
        pthread_mutex_lock(&supply.lock);
        supply.making_count--;
        if (error) supply.is_tired = true;
        else supply.ready[supply.ready_count++] = world;
    }
    pthread_mutex_unlock(&supply.lock);
    buffer_fini(&trouble);
    return unused;
}

int world_supply_begin(uint32_t ahead, bool has_names, const struct world_outfit *outfit) {
    if (supply.maker_count > 0 || !world_home.is_ready || ahead == 0) return -EINVAL;
    supply.ready = memory_need(calloc(ahead, sizeof *supply.ready));
    supply.ahead = ahead;
    supply.has_names = has_names;
    supply.outfit = outfit ? *outfit : (struct world_outfit){0};
    supply.is_ending = supply.is_tired = false;
    uint32_t const wanted = !outfit ? 1 : ahead < MAKERS_MAX ? ahead : MAKERS_MAX;
    int error = 0;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // signals are for those who know what they mean
    for (uint32_t i = 0; i < wanted && !error; i++) {
        error = pthread_create(&supply.makers[i], NULL, make_ahead, NULL);
        if (!error) supply.maker_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (supply.maker_count > 0) return 0; // fewer are slower
    free(supply.ready);
    return -error;
}

void world_supply_end(void) {
    if (supply.maker_count == 0) return;
    pthread_mutex_lock(&supply.lock);
    supply.is_ending = true;
    pthread_cond_broadcast(&supply.changed);
    pthread_mutex_unlock(&supply.lock);
    while (supply.maker_count > 0) pthread_join(supply.makers[--supply.maker_count], NULL);
    while (supply.ready_count > 0) world_free(supply.ready[--supply.ready_count]);
    free(supply.ready);
}

struct world *supply_take(bool has_names) {
    if (supply.maker_count == 0 || supply.has_names != has_names) return NULL;
    pthread_mutex_lock(&supply.lock);
    struct world *world = supply.ready_count > 0 ? supply.ready[--supply.ready_count] : NULL;
    supply.is_tired = false;
    pthread_cond_signal(&supply.changed);
    pthread_mutex_unlock(&supply.lock);
    return world;
}

void *world_outfit(const struct world *world) { return world->outfit; }
