// Closing packet sockets. The kernel waits until no CPU can be at the socket, 8 ms long, and three times that for a ring; nobody
// here waits for that but threads that do nothing else. Each is in the world that it was made in, and keeps it: it ends when
// there is nothing more to close.
#include "trace_source.h"

#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { CLOSERS_MAX = 32, STACK_BYTES = 64 * 1024 };

static struct {
    pthread_mutex_t lock;
    int *fds; // all below is guarded by lock
    uint32_t count, cap;
    uint32_t closers;
} later = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *close_them(void *unused) {
    pthread_mutex_lock(&later.lock);
    while (later.count > 0) {
        int const fd = later.fds[--later.count];
        pthread_mutex_unlock(&later.lock);
        close(fd);
        pthread_mutex_lock(&later.lock);
    }
    if (--later.closers == 0) {
        free(later.fds);
        later.fds = NULL;
        later.cap = 0;
    }
    pthread_mutex_unlock(&later.lock);
    return unused;
}

static bool one_more_closer(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // signals are for those who know what they mean
    bool const is_made = pthread_create(&thread, &attributes, close_them, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (is_made) later.closers++;
    return is_made;
}

void trace_close_later(int fd) {
    pthread_mutex_lock(&later.lock);
    bool const has_closer = (later.closers < CLOSERS_MAX && one_more_closer()) || later.closers > 0;
    if (has_closer) {
        if (later.count == later.cap) {
            later.cap = later.cap ? later.cap * 2 : CLOSERS_MAX;
            later.fds = memory_need(realloc(later.fds, later.cap * sizeof *later.fds));
        }
        later.fds[later.count++] = fd;
    }
    pthread_mutex_unlock(&later.lock);
    if (!has_closer) close(fd);
}
