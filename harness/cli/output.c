// Where text leaves the program: standard output and standard error.
#include "cli.h"

#include "engine/engine.h"
#include "reports/github.h"

#include <errno.h>
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

int write_all(int fd, struct slice contents) {
    const char *data = (const char *)contents.data;
    size_t len = contents.len_bytes;
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

// Nobody reads any more, or ever did (main.c): that is no failure of ours. A terminal that was closed says EIO:
// tty_ioctl(4).
static bool is_gone(int fd, int error) {
    struct stat facts;
    return error == -EPIPE || error == -EBADF || (error == -EIO && fstat(fd, &facts) == 0 && S_ISCHR(facts.st_mode));
}

static atomic_bool output_failed;

bool print_has_failed(void) { return atomic_load(&output_failed); }

static bool is_log; // before the first thread

void print_as_log(bool value) { is_log = value; }

static int print_all(int fd, const struct buffer *buffer) {
    struct buffer harmless = {0};
    bool const is_other = is_log && github_harmless(buffer_view(buffer), GITHUB_IN_TEXT, &harmless);
    int const error = write_all(fd, buffer_view(is_other ? &harmless : buffer));
    buffer_fini(&harmless);
    return error;
}

// By any thread, while others play: they are told to end, and main exits.
void print(int fd, struct buffer *buffer) {
    bool const is_output = fd == STDOUT_FILENO;
    int const error = is_output && print_has_failed() ? 0 : print_all(fd, buffer);
    if (error && is_output && !is_gone(fd, error) && !atomic_exchange(&output_failed, true)) {
        complain("standard output: %s", strerror(-error));
        engine_interrupt();
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

bool print_report(struct slice contents, enum github_escape escape) {
    struct buffer harmless = {0};
    bool const is_other = is_log && escape != GITHUB_OURS && github_harmless(contents, escape, &harmless);
    int const error = write_all(STDOUT_FILENO, is_other ? buffer_view(&harmless) : contents);
    buffer_fini(&harmless);
    if (error) complain("standard output: %s", strerror(-error));
    return error == 0;
}

bool is_terminal(int fd) {
    const char *term = variable("TERM");
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

bool wants_colour(const struct options *options, int fd) {
    if (options->colour != COLOUR_AUTO) return options->colour == COLOUR_ALWAYS;
    if (variable("NO_COLOR")) return false;
    return is_terminal(fd) || variable_is_on("CLICOLOR_FORCE");
}
