#include "base/library.h"

#include "base/memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// Nobody ever lets go of it: leak checkers and profilers still know its functions at the end.
static bool load(const struct library *library) {
    void *const handle = dlopen(library->soname, RTLD_LAZY | RTLD_LOCAL);
    for (size_t i = 0; handle && i < library->function_count; i++) {
        void *const function = dlsym(handle, library->functions[i].name);
        if (!function) return false;
        memcpy(library->functions[i].place, &function, sizeof function); // C has no cast from one kind of pointer to the other
    }
    return handle != NULL;
}

// Where malloc fails the loader has words for it and no number, and the library lacks nothing.
static bool is_of_memory(const char *words) {
    static const char *const WORDS[] = {"out of memory", "cannot allocate", "cannot create"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strstr(words, WORDS[i])) return true;
    return strstr(words, strerror(ENOMEM)) != NULL;
}

// The loader's words.
static char *trouble(void) {
    const char *const words = dlerror();
    if (!words || is_of_memory(words)) memory_exhausted();
    return memory_need(strdup(words));
}

const char *library_load(struct library *library) {
    if (atomic_load_explicit(&library->is_loaded, memory_order_acquire)) return NULL;
    pthread_mutex_lock(&lock);
    bool is_loaded = atomic_load_explicit(&library->is_loaded, memory_order_relaxed);
    if (!is_loaded && !library->trouble) {
        is_loaded = load(library);
        if (!is_loaded) library->trouble = trouble();
        atomic_store_explicit(&library->is_loaded, is_loaded, memory_order_release);
    }
    pthread_mutex_unlock(&lock);
    return is_loaded ? NULL : library->trouble;
}
