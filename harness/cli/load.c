// The files of a run: read and compiled, by several threads where there are many.
#include "cli.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FILES_A_THREAD = 32, // so many take longer than a thread does to begin and end
    LOADERS_MAX = 15,
};

// What the threads share: whoever is done with a file takes the next. Each file is its thread's own until all have ended.
struct loading {
    struct suite *suite;
    struct plan_options compiling;
    atomic_uint next;
};

// A thread besides the calling one, which owns it.
struct loader {
    struct loading *loading;
    pthread_t thread;
    pid_t tid; // once it has been joined
};

static void load_files(struct loading *loading) {
    struct suite *const suite = loading->suite;
    for (uint32_t i; (i = atomic_fetch_add(&loading->next, 1)) < suite->file_count;) {
        struct loaded *const file = &suite->files[i];
        file->error = suite_read_file(file);
        if (file->error) continue;
        plan_set_init_with(&file->set, file->path, slice_of(file->text, file->len_bytes), &loading->compiling);
    }
}

static void *loader_main(void *context) {
    struct loader *const loader = context;
    loader->tid = gettid();
    load_files(loader->loading);
    return NULL;
}

// A user namespace is for a process of one thread, and one that pthread_join(3) no longer waits for may not be gone yet: it is
// when tgkill(2) does not know it any more.
static void loader_join(const struct loader *loader) {
    pthread_join(loader->thread, NULL);
    while (syscall(SYS_tgkill, getpid(), loader->tid, 0) == 0) sched_yield();
}

static uint32_t loaders_needed(const struct suite *suite, const struct options *options) {
    uint32_t const most = options->jobs > LOADERS_MAX ? LOADERS_MAX : options->jobs - 1;
    uint32_t const useful = suite->file_count / FILES_A_THREAD;
    return useful < most ? useful : most;
}

void suite_load_files(struct suite *suite, const struct options *options) {
    struct loading loading = {.suite = suite, .compiling = library_options(options)};
    struct loader loaders[LOADERS_MAX];
    uint32_t const needed = loaders_needed(suite, options);
    uint32_t count = 0;
    for (; count < needed; count++) {
        loaders[count].loading = &loading;
        if (pthread_create(&loaders[count].thread, NULL, loader_main, &loaders[count]) != 0) break; // the others do it
    }
    load_files(&loading);
    for (uint32_t i = 0; i < count; i++) loader_join(&loaders[i]);
}
