#include "world/names.h"

#include "base/memory.h"
#include "base/sanitizer.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t list_count(char **list) {
    uint32_t count = 0;
    while (list[count]) count++;
    return count;
}

// A line of hosts(5) for each address has the aliases each time, and glibc hands on all of them; ::1 is to it 127.0.0.1 once more.
static bool has_text(const char **texts, uint32_t count, const char *text) {
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0) return true;
    return false;
}

static bool has_address(const struct address *addresses, uint32_t count, const char *in_addr) {
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(&addresses[i].as.in.sin_addr, in_addr, sizeof addresses[i].as.in.sin_addr) == 0) return true;
    return false;
}

static void copy_entry(const struct hostent *found, struct arena *arena, struct host_entry *entry) {
    entry->name = arena_text(arena, "%s", found->h_name);
    entry->alias_count = entry->address_count = 0;
    entry->aliases = arena_array(arena, list_count(found->h_aliases), sizeof *entry->aliases);
    for (char **alias = found->h_aliases; *alias; alias++)
        if (!has_text(entry->aliases, entry->alias_count, *alias))
            entry->aliases[entry->alias_count++] = arena_text(arena, "%s", *alias);
    entry->addresses = arena_array(arena, list_count(found->h_addr_list), sizeof *entry->addresses);
    for (char **in_addr = found->h_addr_list; *in_addr; in_addr++) {
        if (has_address(entry->addresses, entry->address_count, *in_addr)) continue;
        struct address *address = &entry->addresses[entry->address_count++];
        address->len_bytes = sizeof address->as.in;
        address->as.in.sin_family = AF_INET;
        memcpy(&address->as.in.sin_addr, *in_addr, sizeof address->as.in.sin_addr);
    }
}

#if SANITIZER_THREAD
// ThreadSanitizer sees no lock of the C library's own, and takes what two look-ups share for a race: one at a time for it.
static pthread_mutex_t look_up_lock = PTHREAD_MUTEX_INITIALIZER;
#define LOOK_UP_LOCK() pthread_mutex_lock(&look_up_lock)
#define LOOK_UP_UNLOCK() pthread_mutex_unlock(&look_up_lock)
#else
#define LOOK_UP_LOCK() (void)0
#define LOOK_UP_UNLOCK() (void)0
#endif

// The answer lies in *scratch, which grows until it fits.
static int look_up(const char *name, struct hostent *answer, struct hostent **found, char **scratch) {
    int h_error = NO_RECOVERY;
    for (size_t size = 1024;; size *= 2) {
        *scratch = memory_need(realloc(*scratch, size));
        LOOK_UP_LOCK();
        int error = gethostbyname_r(name, answer, *scratch, size, found, &h_error);
        LOOK_UP_UNLOCK();
        if (error != ERANGE) break;
    }
    if (*found) return 0;
    return h_error > 0 ? h_error : NO_RECOVERY; // NETDB_INTERNAL: the resolver itself came to grief
}

// The resolver tells a shortage as NO_RECOVERY, which is no answer about a name. 0 or a negative errno.
static int spare_descriptor(void) {
    int fd = open("/", O_PATH | O_CLOEXEC);
    if (fd < 0) return -errno;
    close(fd);
    return 0;
}

int world_resolve(const struct world *world, const char *name, struct arena *arena, struct host_entry *entry) {
    int error = spare_descriptor();
    if (error == 0) error = world_enter_names(world);
    if (error) return error;
    struct hostent answer, *found = NULL;
    char *scratch = NULL;
    error = look_up(name, &answer, &found, &scratch);
    world_leave_names(world);
    if (error == 0) copy_entry(found, arena, entry);
    free(scratch);
    return error;
}
