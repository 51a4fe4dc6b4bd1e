// The files that a scenario names: in its scratch folder, beside it, in fixtures.
#include "files.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum eval_status file_trouble(struct eval_env *env, const char *path, const char *why) {
    env->message = arena_text(env->arena, "file \"%s\": %s", path, why);
    return EVAL_FAILED;
}

enum eval_status files_read(struct case_run *run, struct eval_env *env, const char *path, struct value *value) {
    struct buffer found = {0};
    enum eval_status status = EVAL_DONE;
    int fd = -1;
    if (!world_find_file(&run->scratch, run->plan->path, path, &found)) {
        status = file_trouble(env, path, "not in the scratch folder, beside the scenario, or in fixtures");
        goto out;
    }
    fd = open(found.data, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) != 0) {
        status = file_trouble(env, path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(facts.st_mode) || facts.st_size > BYTES_FLAT_MAX) {
        status = file_trouble(env, path, S_ISREG(facts.st_mode) ? "larger than 64 MiB" : "not a regular file");
        goto out;
    }
    struct slice bytes;
    int error = file_read(env->arena, fd, (size_t)facts.st_size, &bytes);
    if (error) status = file_trouble(env, path, strerror(-error));
    else *value = value_bytes(bytes_held(env->arena, bytes));
out:
    if (fd >= 0) close(fd);
    buffer_fini(&found);
    return status;
}

// --- reading once

enum {
    KEPT_FILES_MAX = 64,                  // of a part; further ones, found by a loop, are read each time
    KEPT_FILES_BYTES_MAX = BYTES_FLAT_MAX, // and of them all
};

// One file as it was read. Owned by its part, in its arena; the newest is the first.
struct kept_file {
    const struct kept_file *next;
    uint32_t count;      // with those behind it
    uint64_t bytes;      // of them all
    const char *path;    // as the scenario has it
    struct value value;
};

static void keep_file(struct part *part, const char *path, const struct value *value) {
    const struct kept_file *newest = part->files;
    uint64_t const bytes = (newest ? newest->bytes : 0) + value->bytes->len_bytes;
    if ((newest && newest->count == KEPT_FILES_MAX) || bytes > KEPT_FILES_BYTES_MAX) return;
    struct kept_file *file = arena_alloc(&part->arena, sizeof *file);
    *file = (struct kept_file){.next = newest, .count = newest ? newest->count + 1 : 1, .bytes = bytes,
                               .path = arena_text(&part->arena, "%s", path), .value = value_copy(&part->arena, value)};
    part->files = file;
}

enum eval_status files_read_once(struct part *part, struct eval_env *env, const char *path, struct value *value) {
    if (part->run->programs) return files_read(part->run, env, path, value);
    for (const struct kept_file *file = part->files; file; file = file->next) {
        if (strcmp(file->path, path) != 0) continue;
        *value = file->value;
        return EVAL_DONE;
    }
    enum eval_status const status = files_read(part->run, env, path, value);
    if (status == EVAL_DONE) keep_file(part, path, value);
    return status;
}

enum eval_status files_have(struct case_run *run, const char *path, struct value *value) {
    struct buffer found = {0};
    *value = value_boolean(world_find_file(&run->scratch, run->plan->path, path, &found));
    buffer_fini(&found);
    return EVAL_DONE;
}

// --- writing

// A relative path of names, none of them `.` or `..`.
static bool stays_inside(const char *path) {
    if (path[0] == '/' || path[0] == '\0') return false;
    for (const char *name = path; *name;) {
        size_t len = strcspn(name, "/");
        if (len == 0 || (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))) return false;
        name += len;
        if (*name == '/' && !*++name) return false;
    }
    return true;
}

static int make_folders(char *path, size_t from) {
    for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int error = mkdir(path, 0777) != 0 && errno != EEXIST ? -errno : 0;
        *slash = '/';
        if (error) return error;
    }
    return 0;
}

static int write_bytes(int fd, const struct bytes *bytes) {
    uint8_t piece[16 * 1024];
    for (uint64_t at = 0; at < bytes->len_bytes;) {
        uint64_t left = bytes->len_bytes - at;
        size_t wanted = left < sizeof piece ? (size_t)left : sizeof piece;
        bytes_read(bytes, at, piece, wanted);
        ssize_t n = write(fd, piece, wanted);
        if (n < 0 && errno != EINTR) return -errno;
        at += n > 0 ? (uint64_t)n : 0;
    }
    return 0;
}

int files_put(struct case_run *run, const char *path, const struct bytes *bytes) {
    if (!stays_inside(path)) return -EINVAL;
    struct buffer whole = {0};
    buffer_printf(&whole, "%s/%s", run->scratch.path, path);
    int error = make_folders(whole.data, strlen(run->scratch.path) + 1);
    int fd = error ? -1 : open(whole.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (!error && fd < 0) error = -errno;
    if (!error) error = write_bytes(fd, bytes);
    if (fd >= 0 && close(fd) != 0 && !error) error = -errno;
    buffer_fini(&whole);
    return error;
}
