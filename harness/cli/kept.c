// Reads journals that were kept.
#include "kept.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_input(const char *path) { return strcmp(path, "-") == 0; }

const char *kept_name(const struct kept *kept) { return is_input(kept->path) ? "standard input" : kept->path; }

// What begins as no journal does is not read on: it may be a device, and have no end.
static bool read_descriptor(int fd, struct kept *kept, struct buffer *wrong) {
    char piece[64 * 1024];
    bool is_journal = false;
    for (;;) {
        ssize_t const n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return cannot_read(kept_name(kept), errno);
        buffer_add(&kept->bytes, piece, (size_t)n);
        if (n > 0 && kept->bytes.len_bytes < JOURNAL_FILE_MARK_BYTES) continue;
        if (!is_journal && !journal_is_readable(buffer_view(&kept->bytes), wrong)) return false;
        is_journal = true;
        if (n == 0) return true;
    }
}

static bool read_bytes(struct kept *kept, struct buffer *wrong) {
    if (is_input(kept->path)) return read_descriptor(STDIN_FILENO, kept, wrong);
    int const fd = open(kept->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot_read(kept->path, errno);
    struct stat facts;
    if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)) {
        kept->device = facts.st_dev;
        kept->inode = facts.st_ino;
    }
    bool const ok = read_descriptor(fd, kept, wrong);
    close(fd);
    return ok;
}

bool kept_read(struct kept *kept, const char *path) {
    struct buffer wrong = {0};
    *kept = (struct kept){.path = path};
    bool const ok =
        read_bytes(kept, &wrong) && replay_init(&kept->replay, buffer_view(&kept->bytes), SOCKDRILL_VERSION, &wrong);
    if (kept->replay.contents.is_damaged) { // whatever else is wrong with it comes of that
        buffer_clear(&wrong);
        buffer_text(&wrong, "it is damaged: its checksum does not fit what stands in it");
    }
    if (wrong.len_bytes) complain("%s: %s", kept_name(kept), wrong.data);
    buffer_fini(&wrong);
    return ok && !kept->replay.contents.is_damaged;
}

void kept_fini(struct kept *kept) {
    for (uint32_t i = 0; i < kept->result_count; i++) result_fini(&kept->results[i]);
    free(kept->results);
    replay_fini(&kept->replay);
    buffer_fini(&kept->bytes);
}
