// Preloaded into sockdrill by the script `memory`: fails each allocation of a run once, whoever asks for it: sockdrill,
// the C library, PCRE2, OpenSSL.
//
// At every allocation the process forks. In the child this one fails (at every eighth, in a second child, all from this one
// on); the child goes on to its end, and must end well:
//   - with 3, nothing on stdout, and one line on stderr: that there is no memory; or
//   - where who asked can do without, exactly as if nothing had failed: FAIL_STATUS, and what the files FAIL_OUT and
//     FAIL_ERR hold; or at the process's second thread, having printed nothing: the engine is not this test's.
// Anything else is told on stderr with the stack of who asked. At the process's end, or its second thread, FAIL_REPORT
// gets a line: how many allocations were failed, and how often that ended badly.
//
// What it forks or starts itself is not looked at. FAIL_STRIDE: only every so manieth allocation, where forking is slow.
// FAIL_UNCOUNTED: a child counts no coverage, which takes it a second.
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DESCRIPTORS = 64, SHOWN_BYTES = 600, SECONDS_MAX = 60, EXIT_NO_MEMORY = 3, EXIT_AT_ENGINE = 43, ALL_EVERY = 8 };

enum mode { ONE, ALL };
static const char *const mode_words[] = {[ONE] = "alone", [ALL] = "with all behind it"};

// Of the process that forks; the engine's threads come after its work.
static struct {
    pid_t pid; // 0: this process does not
    unsigned long asked, failed, bad, stride;
    const char *report;
    bool inside; // an allocation of our own
} parent;

// Of a child.
static bool fails_next, fails_all;
static pid_t child_pid; // 0: it is none

static void say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(int fd, const char *format, ...) {
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len > (int)sizeof text - 1) len = sizeof text - 1;
    if (write(fd, text, (size_t)len) != len) _exit(1);
}

static bool same_as(int fd, const char *path) {
    char ours[4096], theirs[4096];
    int const wanted = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = 0, wanted_len;
    off_t at = 0;
    bool same = wanted >= 0;
    do {
        len = pread(fd, ours, sizeof ours, at);
        wanted_len = pread(wanted, theirs, sizeof theirs, at);
        same = same && len == wanted_len && memcmp(ours, theirs, (size_t)len) == 0;
        at += len;
    } while (same && len > 0);
    close(wanted);
    return same;
}

static off_t size_of(int fd) {
    struct stat facts = {0};
    fstat(fd, &facts);
    return facts.st_size;
}

static bool says_no_memory(int fd) {
    static const char WANTED[] = "sockdrill: out of memory";
    char text[256] = "";
    ssize_t const len = pread(fd, text, sizeof text - 1, 0);
    return len > 0 && size_of(fd) == len && strncmp(text, WANTED, strlen(WANTED)) == 0 && strchr(text, '\n') == text + len - 1;
}

static bool ended_well(int status, int out, int err) {
    if (!WIFEXITED(status)) return false;
    if (WEXITSTATUS(status) == EXIT_NO_MEMORY) return size_of(out) == 0 && says_no_memory(err);
    if (WEXITSTATUS(status) == EXIT_AT_ENGINE) return size_of(out) == 0 && size_of(err) == 0;
    return WEXITSTATUS(status) == atoi(getenv("FAIL_STATUS")) && same_as(out, getenv("FAIL_OUT")) &&
           same_as(err, getenv("FAIL_ERR"));
}

static void tell(enum mode mode, int status, int err) {
    char text[SHOWN_BYTES + 1] = "";
    void *stack[24];
    if (pread(err, text, SHOWN_BYTES, 0) < 0) text[0] = '\0';
    say(STDERR_FILENO, "allocation %lu failing %s: %s %d, stderr: %s\n", parent.asked, mode_words[mode],
        WIFSIGNALED(status) ? "signal" : "exit code", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), text);
    backtrace_symbols_fd(stack, backtrace(stack, sizeof stack / sizeof *stack), STDERR_FILENO);
}

static void leave(int status, void *context) {
    (void)context;
    _exit(status);
}

// True in the child.
static bool fork_one(enum mode mode) {
    int const out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
    pid_t const child = fork();
    if (child == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        close(out);
        close(err);
        if (getenv("FAIL_UNCOUNTED")) on_exit(leave, NULL); // before what else is done at its exit
        alarm(SECONDS_MAX); // a hang is told as signal 14
        parent.pid = 0;
        child_pid = getpid();
        fails_next = true;
        fails_all = mode == ALL;
        return true;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (!ended_well(status, out, err)) {
        parent.bad++;
        tell(mode, status, err);
    }
    close(out);
    close(err);
    return false;
}

// Parent and children share their descriptors' offsets; the parent goes on as if nobody had read.
static void fork_each(void) {
    off_t offsets[DESCRIPTORS];
    int const before = errno;
    parent.inside = true;
    parent.failed++;
    for (int fd = 0; fd < DESCRIPTORS; fd++) offsets[fd] = lseek(fd, 0, SEEK_CUR);
    enum mode const last = parent.failed % ALL_EVERY == 0 ? ALL : ONE;
    for (enum mode mode = ONE; mode <= last; mode++) {
        if (fork_one(mode)) break;
        for (int fd = 0; fd < DESCRIPTORS; fd++)
            if (offsets[fd] >= 0) lseek(fd, offsets[fd], SEEK_SET);
    }
    parent.inside = false;
    errno = before;
}

// Whether this allocation is to fail.
static bool fails(void) {
    if (parent.pid && !parent.inside && parent.pid == getpid() && parent.asked++ % parent.stride == 0) fork_each();
    if (!fails_next || child_pid != getpid()) return false;
    fails_next = fails_all;
    errno = ENOMEM;
    return true;
}

static void *next_of(const char *name) { return dlsym(RTLD_NEXT, name); }

void *malloc(size_t size_bytes) {
    static void *(*next)(size_t);
    if (!next) *(void **)&next = next_of("malloc");
    return fails() ? NULL : next(size_bytes);
}

void *calloc(size_t count, size_t size_bytes) {
    static void *(*next)(size_t, size_t);
    if (!next) *(void **)&next = next_of("calloc");
    return fails() ? NULL : next(count, size_bytes);
}

void *realloc(void *memory, size_t size_bytes) {
    static void *(*next)(void *, size_t);
    if (!next) *(void **)&next = next_of("realloc");
    return fails() ? NULL : next(memory, size_bytes);
}

static void finish(void) {
    if (!parent.pid || parent.pid != getpid()) return;
    parent.pid = 0;
    int const fd = open(parent.report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    say(fd, "%lu %lu\n", parent.failed, parent.bad);
    close(fd);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*begin)(void *), void *argument) {
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (child_pid) _exit(EXIT_AT_ENGINE);
    finish();
    if (!next) *(void **)&next = next_of("pthread_create");
    return next(thread, attributes, begin, argument);
}

static void begin(void) {
    const char *const stride = getenv("FAIL_STRIDE");
    parent.report = getenv("FAIL_REPORT");
    if (!parent.report) return;
    atexit(finish); // before what the program's own libraries do, and what counts coverage
    parent.stride = stride ? strtoul(stride, NULL, 10) : 1;
    unsetenv("LD_PRELOAD"); // what it starts is not looked at
    parent.pid = getpid();
}

typedef int main_function(int argc, char **argv, char **variables);
static main_function *program;

static int main_between(int argc, char **argv, char **variables) {
    begin();
    return program(argc, argv, variables);
}

// What calls main: only there, at the end of all that is registered for exit, `finish` has its place.
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*loader_fini)(void), void *stack_end);
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*loader_fini)(void), void *stack_end) {
    int (*next)(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
    *(void **)&next = next_of("__libc_start_main");
    program = main;
    return next(main_between, argc, argv, init, fini, loader_fini, stack_end);
}
