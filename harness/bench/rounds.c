// Times whole commands in turns, so that what the machine does meanwhile meets all of them alike: A B C, B C A, C A B, ...
//
//   rounds ROUNDS COMMAND [ARG...] [::: COMMAND [ARG...]]...
//
// Each is started with posix_spawn(3) from this small process: a peak of memory (wait4(2), ru_maxrss) that a child had
// before exec(3) was its parent's. Prints a line a command and round: which command it is, from 0; ns of wall clock, from
// before it was started to after it was waited for; us of user and of system time; KiB of peak memory; and, behind a tab, the
// first line that it printed. What a command prints is kept in a file and else lost, unless it fails: that ends all of
// it, with the command and what it printed on standard error.
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 16, LINE_BYTES = 256 };

extern char **environ;

static int said_fd; // what a command prints

static void die(const char *what) {
    fprintf(stderr, "rounds: %s: %s\n", what, strerror(errno));
    exit(3);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static long micros(struct timeval time) { return time.tv_sec * 1000000L + time.tv_usec; }

static void end_over(char *const *command, int status) {
    char piece[4096];
    ssize_t len_bytes;
    fprintf(stderr, "rounds: %s %d of:", WIFSIGNALED(status) ? "signal" : "exit code",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    for (; *command; command++) fprintf(stderr, " %s", *command);
    fputc('\n', stderr);
    lseek(said_fd, 0, SEEK_SET);
    while ((len_bytes = read(said_fd, piece, sizeof piece)) > 0) fwrite(piece, 1, (size_t)len_bytes, stderr);
    exit(1);
}

static void play(int number, char *const *command, posix_spawn_file_actions_t *actions) {
    struct rusage used;
    pid_t pid;
    int status;
    if (ftruncate(said_fd, 0) != 0 || lseek(said_fd, 0, SEEK_SET) != 0) die("the file for what is printed");
    int64_t begin_ns = now_ns();
    errno = posix_spawnp(&pid, command[0], actions, NULL, command, environ);
    if (errno) die(command[0]);
    while (wait4(pid, &status, 0, &used) < 0)
        if (errno != EINTR) die("wait4");
    int64_t spent_ns = now_ns() - begin_ns;
    if (status != 0) end_over(command, status);

    char line[LINE_BYTES] = "";
    if (pread(said_fd, line, sizeof line - 1, 0) < 0) die("what is printed");
    line[strcspn(line, "\n")] = '\0';
    printf("%d %lld %ld %ld %ld\t%s\n", number, (long long)spent_ns, micros(used.ru_utime), micros(used.ru_stime),
           used.ru_maxrss, line);
}

// Where each command begins; the words between become NULL, which ends the one before.
static int split(char **words, char **commands[COMMANDS_MAX]) {
    int count = 0;
    for (commands[count++] = words; *words; words++)
        if (strcmp(*words, ":::") == 0 && count < COMMANDS_MAX) {
            *words = NULL;
            commands[count++] = words + 1;
        }
    return count;
}

int main(int argc, char **argv) {
    int rounds = argc > 2 ? atoi(argv[1]) : 0;
    if (rounds < 1) {
        fprintf(stderr, "usage: rounds ROUNDS COMMAND [ARG...] [::: COMMAND [ARG...]]...\n");
        return 2;
    }
    char **commands[COMMANDS_MAX];
    int count = split(argv + 2, commands);
    said_fd = memfd_create("said", MFD_CLOEXEC);
    if (said_fd < 0) die("memfd_create");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, said_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, said_fd, STDERR_FILENO);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++) {
            int number = (round + i) % count;
            if (!commands[number][0]) die("an empty command");
            play(number, commands[number], &actions);
        }
    posix_spawn_file_actions_destroy(&actions);
    return 0;
}
