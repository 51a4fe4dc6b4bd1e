// Where text leaves the program.
#include "cli.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

void print(int fd, struct buffer *buffer) {
    int error = write_all(fd, buffer->data, buffer->len_bytes);
    if (error && error != -EPIPE && fd == STDOUT_FILENO) {
        complain("standard output: %s", strerror(-error));
        exit(EXIT_HARNESS);
    }
    buffer_clear(buffer);
}

void complain(const char *format, ...) {
    struct buffer text = {0};
    va_list arguments;
    va_start(arguments, format);
    buffer_text(&text, "sockdrill: ");
    buffer_vprintf(&text, format, arguments);
    buffer_text(&text, "\n");
    va_end(arguments);
    print(STDERR_FILENO, &text);
    buffer_fini(&text);
}

static bool write_renamed(const char *path, struct slice contents, mode_t mode) {
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) memory_exhausted();
    int fd = mkostemp(temporary, O_CLOEXEC);
    int error = fd < 0 ? -errno : 0;
    if (fd >= 0) {
        error = write_all(fd, (const char *)contents.data, contents.len_bytes);
        if (fchmod(fd, mode) != 0 && !error) error = -errno;
        if (close(fd) != 0 && !error) error = -errno;
        if (!error && rename(temporary, path) != 0) error = -errno;
        if (error) unlink(temporary);
    }
    if (error) complain("cannot write %s: %s", path, strerror(-error));
    free(temporary);
    return error == 0;
}

static bool write_through(const char *path, struct slice contents) {
    int const fd = open(path, O_WRONLY | O_CLOEXEC);
    int error = fd < 0 ? -errno : write_all(fd, (const char *)contents.data, contents.len_bytes);
    if (fd >= 0 && close(fd) != 0 && !error) error = -errno;
    if (error) complain("cannot write %s: %s", path, strerror(-error));
    return error == 0;
}

bool write_file(const char *path, struct slice contents) {
    struct stat facts;
    if (stat(path, &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) return write_through(path, contents);
    return write_renamed(path, contents, 0644);
}

bool print_report(struct slice contents) {
    int const error = write_all(STDOUT_FILENO, (const char *)contents.data, contents.len_bytes);
    if (error) complain("standard output: %s", strerror(-error));
    return error == 0;
}

bool rewrite_file(const char *path, struct slice contents) {
    char *const target = realpath(path, NULL);
    if (!target && errno == ENOMEM) memory_exhausted();
    struct stat facts;
    bool ok = target && stat(target, &facts) == 0;
    if (!ok) complain("cannot write %s: %s", path, strerror(errno));
    ok = ok && write_renamed(target, contents, facts.st_mode & 07777);
    free(target);
    return ok;
}

bool is_terminal(int fd) {
    const char *term = getenv("TERM");
    return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

bool wants_colour(const struct options *options, int fd) {
    const char *no_color = getenv("NO_COLOR");
    if (options->colour != COLOUR_AUTO) return options->colour == COLOUR_ALWAYS;
    if (no_color && no_color[0]) return false;
    return is_terminal(fd);
}
