// The linker sends these calls here (--wrap, ld(1)), those of the fuzzer's own runtime among them: only while a target
// works are they answered from the input.
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FD_FIRST = 1 << 20, FDS_MAX = 64, PATH_BYTES_MAX = 4096 }; // no descriptor of the process's is as high

// A descriptor, by its number from FD_FIRST on.
struct opened {
    const struct fuzz_file *file; // NULL: closed
    size_t offset;
};

static const struct fuzz_input *machine; // NULL: calls are the real ones
static struct opened opened[FDS_MAX];

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_read(int fd, void *into, size_t count);
int __real_stat(const char *path, struct stat *facts);
int __real_fstat(int fd, struct stat *facts);
int __real_scandir(const char *path, struct dirent ***entries, int (*chooses)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **));
int __real_access(const char *path, int mode);
char *__real_getenv(const char *name);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __real_socket(int domain, int type, int protocol);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *into, size_t count);
int __wrap_stat(const char *path, struct stat *facts);
int __wrap_fstat(int fd, struct stat *facts);
int __wrap_scandir(const char *path, struct dirent ***entries, int (*chooses)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **));
int __wrap_access(const char *path, int mode);
char *__wrap_getenv(const char *name);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_socket(int domain, int type, int protocol);

void fuzz_machine_begin(const struct fuzz_input *input) {
    memset(opened, 0, sizeof opened);
    machine = input;
}

void fuzz_machine_end(void) {
    machine = NULL;
    for (uint32_t i = 0; i < FDS_MAX; i++) fuzz_check(!opened[i].file, "a file was left open");
}

// The path with "." and ".." worked out, as far as that goes without a current folder.
static void resolve(const char *path, char resolved[PATH_BYTES_MAX]) {
    size_t len = 0;
    if (*path == '/') resolved[len++] = '/';
    size_t const root = len;
    while (*path) {
        size_t const part = strcspn(path, "/");
        size_t last = len;
        while (last > root && resolved[last - 1] != '/') last--;
        bool const is_up = part == 2 && memcmp(path, "..", 2) == 0;
        bool const has_inner = len > root && !(len - last == 2 && memcmp(resolved + last, "..", 2) == 0);
        if (is_up && has_inner) {
            len = last > root ? last - 1 : last;
        } else if (part && !(part == 1 && *path == '.')) {
            if (len + part + 2 > PATH_BYTES_MAX) break;
            if (len > root) resolved[len++] = '/';
            memcpy(resolved + len, path, part);
            len += part;
        }
        path += part + (path[part] == '/');
    }
    resolved[len] = '\0';
}

const struct fuzz_file *fuzz_find_file(const char *path) {
    char resolved[PATH_BYTES_MAX];
    resolve(path, resolved);
    for (uint32_t i = 0; machine && i < machine->file_count; i++) {
        if (slice_is(machine->files[i].path, resolved)) return &machine->files[i];
    }
    return NULL;
}

static void describe(const struct fuzz_file *file, struct stat *facts) {
    *facts = (struct stat){.st_dev = 1,
                           .st_ino = (ino_t)(file ? file - machine->files + 2 : 1),
                           .st_mode = S_IFREG | 0600,
                           .st_size = (off_t)(file ? file->text.len_bytes : machine->text.len_bytes)};
}

static struct opened *opened_of(int fd) {
    bool const is_own = fd >= FD_FIRST && fd < FD_FIRST + FDS_MAX && opened[fd - FD_FIRST].file;
    fuzz_check(is_own, "descriptor %d is not open", fd);
    return &opened[fd - FD_FIRST];
}

int __wrap_open(const char *path, int flags, ...) {
    if (!machine) {
        va_list arguments;
        va_start(arguments, flags);
        mode_t const mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
        va_end(arguments);
        return __real_open(path, flags, mode);
    }
    fuzz_check((flags & O_ACCMODE) == O_RDONLY, "%s is opened to be written", path);
    const struct fuzz_file *const file = fuzz_find_file(path);
    int number = 0;
    while (number < FDS_MAX && opened[number].file) number++;
    errno = file ? EMFILE : ENOENT;
    if (!file || number == FDS_MAX) return -1;
    opened[number] = (struct opened){.file = file};
    return FD_FIRST + number;
}

int __wrap_close(int fd) {
    if (!machine) return __real_close(fd);
    opened_of(fd)->file = NULL;
    return 0;
}

ssize_t __wrap_read(int fd, void *into, size_t count) {
    if (!machine) return __real_read(fd, into, count);
    struct opened *const from = opened_of(fd);
    size_t const left = from->file->text.len_bytes - from->offset;
    if (count > left) count = left;
    if (count) memcpy(into, from->file->text.data + from->offset, count);
    from->offset += count;
    return (ssize_t)count;
}

int __wrap_stat(const char *path, struct stat *facts) {
    if (!machine) return __real_stat(path, facts);
    const struct fuzz_file *const file = fuzz_find_file(path);
    if (!file && strcmp(path, FUZZ_PATH) != 0) {
        errno = ENOENT;
        return -1;
    }
    describe(file, facts);
    return 0;
}

int __wrap_fstat(int fd, struct stat *facts) {
    if (!machine) return __real_fstat(fd, facts);
    describe(opened_of(fd)->file, facts);
    return 0;
}

// The folder of the scenario; as good as any.
int __wrap_scandir(const char *path, struct dirent ***entries, int (*chooses)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **)) {
    if (!machine) return __real_scandir(path, entries, chooses, compare);
    *entries = calloc((size_t)machine->file_count + 1, sizeof **entries);
    int count = 0;
    for (uint32_t i = 0; *entries && i < machine->file_count; i++) {
        struct slice const name = machine->files[i].path;
        struct dirent *const entry = calloc(1, sizeof *entry);
        if (!entry) break;
        size_t const most = sizeof entry->d_name - 1;
        if (name.len_bytes) memcpy(entry->d_name, name.data, name.len_bytes < most ? name.len_bytes : most);
        (*entries)[count++] = entry;
    }
    return count;
}

int __wrap_access(const char *path, int mode) {
    if (!machine) return __real_access(path, mode);
    errno = ENOENT;
    return fuzz_find_file(path) ? 0 : -1;
}

char *__wrap_getenv(const char *name) {
    return machine ? NULL : __real_getenv(name);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    if (!machine) return __real_clock_gettime(clock, now);
    *now = (struct timespec){.tv_sec = 1};
    return 0;
}

int __wrap_socket(int domain, int type, int protocol) {
    fuzz_check(!machine, "a socket is asked for");
    return __real_socket(domain, type, protocol);
}
