// The guard: whatever ends the run, its folders go: world/guard.h.
#include "world/guard.h"
#include "world/isolation.h"
#include "world/world.h"
#include "world_play.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char home[64]; // a folder of this test's own, and TMPDIR

static void set_up(void) {
    strcpy(home, "/tmp/sockdrill-guard.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    ck_assert_int_eq(chmod(home, 01777), 0);
    setenv("TMPDIR", home, 1);
    // A guard whose run is gone is this process's to wait for.
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

static uint32_t folder_count(const char *path) {
    DIR *folder = opendir(path);
    ck_assert_msg(folder != NULL, "%s: %s", path, strerror(errno));
    uint32_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void tear_down(void) {
    ck_assert_uint_eq(folder_count(home), 0);
    ck_assert_int_eq(rmdir(home), 0);
}

static void write_text(const char *folder, const char *name, const char *text) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    play_write(path, text);
}

// What a scenario may leave behind.
static void fill(const char *folder) {
    char inner[512];
    write_text(folder, "file", "x");
    snprintf(inner, sizeof inner, "%s/inner", folder);
    ck_assert_int_eq(mkdir(inner, 0755), 0);
    write_text(inner, ".hidden", "x");
    snprintf(inner, sizeof inner, "%s/inner/way-out", folder);
    ck_assert_int_eq(symlink("/", inner), 0);
    snprintf(inner, sizeof inner, "%s/inner", folder);
    ck_assert_int_eq(chmod(inner, 0500), 0);
}

START_TEST(folders_lie_in_the_runs_own) {
    struct scratch one, two, later;
    ck_assert_int_eq(guard_begin(), 0);
    ck_assert_int_eq(guard_begin(), -EALREADY);
    ck_assert_uint_eq(folder_count(home), 1);
    ck_assert_int_eq(scratch_make(&one), 0);
    ck_assert_int_eq(scratch_make(&two), 0);
    ck_assert_str_ne(one.path, two.path);
    struct stat facts;
    ck_assert_int_eq(stat(one.path, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 07777, 0700);
    ck_assert_uint_eq(folder_count(home), 1);
    scratch_remove(&one);
    ck_assert_int_eq(access(two.path, F_OK), 0);
    fill(two.path);
    guard_end(); // with one still there
    ck_assert_uint_eq(folder_count(home), 0);
    ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
    ck_assert_int_eq(errno, ECHILD);
    scratch_keep(&two);
    guard_end();
    ck_assert_int_eq(scratch_make(&later), 0); // as without a guard
    ck_assert_int_eq(strncmp(later.path, home, strlen(home)), 0);
    scratch_remove(&later);
}
END_TEST

START_TEST(it_needs_a_place) {
    setenv("TMPDIR", "/nowhere", 1);
    ck_assert_int_eq(guard_begin(), -ENOENT);
    guard_end();
    ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
}
END_TEST

// The guard's process id: the one child of a run that has no other.
static pid_t child_of(pid_t run) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", run, run);
    FILE *file = fopen(path, "r");
    int pid = 0;
    ck_assert_msg(file && fscanf(file, "%d", &pid) == 1, "%s", path);
    fclose(file);
    return pid;
}

enum order { GUARD_ALONE, GUARD_FIRST, WORLD_FIRST, ORDER_COUNT };

// A run that has got so far, says so, and waits for its death.
static _Noreturn void be_a_run(enum order order, int report) {
    struct scratch one, two;
    struct buffer reason = {0};
    bool is_well = order != WORLD_FIRST || world_prepare(&reason);
    is_well = is_well && guard_begin() == 0 && (order != GUARD_FIRST || world_prepare(&reason));
    is_well = is_well && scratch_make(&one) == 0 && scratch_make(&two) == 0;
    if (is_well) fill(one.path);
    if (is_well && order != GUARD_ALONE) {
        struct world *world = play_world(&(struct world_spec){.has_names = true});
        is_well = world_enter(world) == 0;
    }
    if (write(report, is_well ? "y" : "n", 1) != 1) _exit(1);
    for (;;) pause();
}

static pid_t start_run(int who, enum order order) {
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t run = fork();
    if (run == 0) {
        play_as(who);
        be_a_run(order, ends[1]);
    }
    char answer = 'n';
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &answer, 1), 1);
    ck_assert_int_eq(answer, 'y');
    close(ends[0]);
    return run;
}

static void check_end(pid_t pid, int wanted) {
    int status = -1;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, wanted);
}

START_TEST(a_killed_run_leaves_nothing) {
    for (int who = 0; who < play_who_count(); who++) {
        pid_t const run = start_run(who, _i), guard = child_of(run);
        ck_assert_uint_eq(folder_count(home), 1);
        ck_assert_int_eq(kill(run, SIGKILL), 0);
        check_end(run, SIGKILL);
        check_end(guard, 0);
        ck_assert_uint_eq(folder_count(home), 0);
    }
}
END_TEST

START_TEST(it_outlives_what_ends_its_run) {
    pid_t const run = start_run(AS_ONESELF, GUARD_ALONE), guard = child_of(run);
    ck_assert_int_eq(getsid(guard), guard);
    ck_assert_int_ne(getpgid(guard), getpgid(run));
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (int i = 0; i < 4; i++) ck_assert_int_eq(kill(guard, signals[i]), 0);
    ck_assert_uint_eq(folder_count(home), 1);
    ck_assert_int_eq(kill(run, SIGKILL), 0);
    check_end(run, SIGKILL);
    check_end(guard, 0);
    ck_assert_uint_eq(folder_count(home), 0);
}
END_TEST

START_TEST(it_holds_nothing_of_the_runs) {
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0); // as a socket, or the terminal
    pid_t const run = start_run(AS_ONESELF, GUARD_ALONE), guard = child_of(run);
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", guard);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_gt(read(fd, name, sizeof name - 1), 0);
    close(fd);
    ck_assert_str_eq(name, "sockdrill-guard\n");
    snprintf(path, sizeof path, "/proc/%d/fd", guard);
    ck_assert_uint_eq(folder_count(path), 1);
    snprintf(path, sizeof path, "/proc/%d/cwd", guard);
    char folder[8] = "";
    ck_assert_int_eq(readlink(path, folder, sizeof folder - 1), 1);
    ck_assert_str_eq(folder, "/");
    ck_assert_int_eq(kill(run, SIGKILL), 0);
    check_end(run, SIGKILL);
    check_end(guard, 0);
}
END_TEST

int main(void) {
    play_who_count(); // asked here, and not by every test anew
    Suite *suite = suite_create("guard");
    TCase *tcase = tcase_create("guard");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, folders_lie_in_the_runs_own);
    tcase_add_test(tcase, it_needs_a_place);
    tcase_add_loop_test(tcase, a_killed_run_leaves_nothing, GUARD_ALONE, ORDER_COUNT);
    tcase_add_test(tcase, it_outlives_what_ends_its_run);
    tcase_add_test(tcase, it_holds_nothing_of_the_runs);
    suite_add_tcase(suite, tcase);
    return play_suite(suite);
}
