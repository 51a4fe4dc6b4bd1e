#include "base/file.h"

#include <errno.h>
#include <unistd.h>

int file_read(struct arena *arena, int fd, size_t size_bytes, struct slice *bytes) {
    size_t have = 0;
    char *const data = arena_alloc(arena, size_bytes + 1);
    while (have < size_bytes) {
        ssize_t const n = read(fd, data + have, size_bytes - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        if (n == 0) break;
        have += (size_t)n;
    }
    *bytes = slice_of(data, have);
    return 0;
}
