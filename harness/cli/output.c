// Where text leaves the program.
#include "cli.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Whoever started us may have made its end not wait.
static void wait_for_room(int fd) {
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    poll(&room, 1, -1);
}

static int write_all(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) {
            wait_for_room(fd);
            continue;
        }
        if (n < 0) return -errno;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

// Nobody reads any more: that is no failure of ours. A terminal that was closed says EIO: tty_ioctl(4).
static bool is_gone(int fd, int error) {
    struct stat facts;
    return error == -EPIPE || (error == -EIO && fstat(fd, &facts) == 0 && S_ISCHR(facts.st_mode));
}

void print(int fd, struct buffer *buffer) {
    static atomic_flag has_failed = ATOMIC_FLAG_INIT;
    int error = write_all(fd, buffer->data, buffer->len_bytes);
    if (error && !is_gone(fd, error) && fd == STDOUT_FILENO) {
        while (atomic_flag_test_and_set(&has_failed)) pause(); // another thread ends the process
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

static unsigned number_of(const char *name) {
    const char *const text = getenv(name);
    char *end;
    unsigned long const number = text && *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    return number > 0 && *end == '\0' && number < 10000 ? (unsigned)number : 0;
}

unsigned terminal_width(int fd, unsigned *rows) {
    struct winsize size = {0};
    bool const has_size = isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0;
    unsigned const columns = number_of("COLUMNS"), lines = number_of("LINES");
    if (rows) *rows = lines ? lines : size.ws_row;
    if (!has_size) return 0;
    return columns ? columns : size.ws_col ? size.ws_col : 80;
}

static bool is_set(const char *name) {
    const char *const value = getenv(name);
    return value && value[0];
}

bool wants_colour(const struct options *options, int fd) {
    const char *const force = getenv("CLICOLOR_FORCE");
    if (options->colour != COLOUR_AUTO) return options->colour == COLOUR_ALWAYS;
    if (is_set("NO_COLOR")) return false;
    return is_terminal(fd) || (is_set("CLICOLOR_FORCE") && strcmp(force, "0") != 0);
}
