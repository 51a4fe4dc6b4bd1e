#include "world_play.h"

#include "base/address.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, SKIPPED = 77 };

static bool become(int who) {
    if (who == AS_ONESELF || geteuid() != 0) return true;
    // The last, as a program is that a user starts: one that gave rights up may not write its own /proc files.
    return setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
           setresuid(NOBODY, NOBODY, NOBODY) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0;
}

void play_as(int who) {
    ck_assert_msg(become(who), "no longer root: %s", strerror(errno));
}

// Whether this machine allows worlds to them; asked in a child.
static bool are_possible(int who) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct buffer reason = {0};
        bool is_possible = become(who) && world_prepare(&reason);
        if (!is_possible)
            printf("no worlds for %s here: %s\n", who == AS_USER ? "ordinary users" : "us",
                   reason.data ? reason.data : strerror(errno));
        fflush(stdout);
        _exit(is_possible ? 0 : SKIPPED);
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int play_who_count(void) {
    static int count;
    if (count == 0) count = are_possible(AS_USER) ? 2 : 1;
    return count;
}

void play_write(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void write_own(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void enter_user_namespace(void) {
    char uid[48], gid[48];
    snprintf(uid, sizeof uid, "%u %u 1", geteuid(), geteuid());
    snprintf(gid, sizeof gid, "%u %u 1", getegid(), getegid());
    ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
    write_own("/proc/self/setgroups", "deny");
    write_own("/proc/self/uid_map", uid);
    write_own("/proc/self/gid_map", gid);
}

void play_own_machine(void) {
    if (geteuid() != 0) enter_user_namespace();
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("none", "/mnt", "tmpfs", 0, NULL), 0); // for the files that cover others
}

void play_own_limits(void) {
    enter_user_namespace();
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
}

void play_cover(const char *path, const char *text) {
    char copy[] = "/mnt/XXXXXX";
    int fd = mkstemp(copy);
    ck_assert_int_ge(fd, 0);
    close(fd);
    play_write(copy, text);
    ck_assert_msg(mount(copy, path, NULL, MS_BIND, NULL) == 0, "mount on %s: %s", path, strerror(errno));
}

struct address play_address(const char *text) {
    struct address address;
    bool has_port;
    struct slice const slice = {(const uint8_t *)text, strlen(text)};
    ck_assert_msg(address_parse(slice, &address, &has_port), "%s", text);
    return address;
}

struct world *play_world(const struct world_spec *spec) {
    struct buffer trouble = {0};
    struct world *world = NULL;
    enum world_outcome const outcome = world_make(spec, &world, &trouble);
    ck_assert_msg(outcome == WORLD_MADE, "outcome %d: %s", outcome, trouble.data);
    buffer_fini(&trouble);
    return world;
}

void play_no_world(const struct world_spec *spec, enum world_outcome outcome, const char *words) {
    struct buffer trouble = {0};
    struct world *world = (struct world *)&trouble;
    ck_assert_int_eq(world_make(spec, &world, &trouble), outcome);
    ck_assert_ptr_null(world);
    ck_assert_ptr_nonnull(trouble.data);
    ck_assert_msg(strstr(trouble.data, words) != NULL, "'%s' is not in '%s'", words, trouble.data);
    buffer_fini(&trouble);
}

int play_listen(const char *text) {
    struct address const address = play_address(text);
    int fd = socket(address.as.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    if (bind(fd, &address.as.any, address.len_bytes) == 0 && listen(fd, 5) == 0) return fd;
    int const error = errno;
    close(fd);
    return -error;
}

int play_connect(const char *text) {
    struct address const address = play_address(text);
    int fd = socket(address.as.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    int const error = connect(fd, &address.as.any, address.len_bytes) == 0 ? 0 : errno;
    close(fd);
    return -error;
}

void play_program(char *output, size_t size, const char *const *arguments) {
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execvp(arguments[0], (char *const *)arguments);
        _exit(127);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t got = 1; got > 0 && len + 1 < size; len += got > 0 ? (size_t)got : 0)
        got = read(ends[0], output + len, size - 1 - len);
    output[len] = '\0';
    close(ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "%s: wait status %d, printed '%s'", arguments[0], status, output);
}

uint32_t play_open_fds(void) {
    DIR *folder = opendir("/proc/self/fd");
    uint32_t count = 0;
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

int play_suite(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    bool const is_possible = are_possible(AS_ONESELF);
    if (is_possible) srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (!is_possible) return SKIPPED;
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
