// The ends of programs and of all they start, whatever ends the harness: world/process.h.
#include "process_play.h"

#include "scratch.h"
#include "world/guard.h"
#include "world/world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct process_spec bare = {PROCESS_BARE};

// --- double forks

// A daemon whose standard output is open for as long as it lives; the program that started it has ended.
static struct actor play_daemon(struct stage stage) {
    char text[64];
    struct actor actor = process_play(stage, &bare, "daemon", NULL);
    ck_assert_str_eq(process_line(&actor, text, sizeof text), "ready");
    ck_assert_int_eq(process_wait(actor.process).exit, 0);
    return actor;
}

static void check_gone(struct actor *actor) {
    char text[64];
    ck_assert_str_eq(process_output(actor, text, sizeof text), "");
}

START_TEST(a_daemon_is_seen_and_ends_with_its_program) {
    struct stage const stage = process_stage(_i);
    struct actor actor = play_daemon(stage);
    struct process_member *members;
    ck_assert_uint_eq(process_descendants(actor.process, &members), 1);
    char name[16] = "";
    prctl(PR_GET_NAME, name);
    ck_assert_str_eq(members[0].name, name);
    ck_assert_int_eq(kill(members[0].pid, 0), 0);
    ck_assert_int_eq(process_open_fds(actor.process), -ENOENT); // of the program, which has ended
    pid_t const daemon = members[0].pid;
    free(members);
    process_free(actor.process);
    actor.process = NULL;
    ck_assert_int_eq(kill(daemon, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
    check_gone(&actor);
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

START_TEST(a_daemon_ends_with_its_world) {
    struct stage stage = process_stage(_i);
    if (!stage.world) {
        process_end();
        return;
    }
    struct actor actor = play_daemon(stage), other = process_play(stage, &bare, "stubborn", NULL);
    world_free(stage.world);
    stage.world = NULL;
    check_gone(&actor);
    struct process_member *members;
    ck_assert_uint_eq(process_descendants(actor.process, &members), 0);
    ck_assert_ptr_null(members);
    ck_assert_int_eq(process_wait(other.process).signal, SIGKILL);
    ck_assert_int_eq(process_signal(other.process, SIGTERM), -ESRCH);
    ck_assert_int_eq(process_wait(actor.process).exit, 0); // it had ended before
    process_actor_free(&actor);
    process_actor_free(&other);
    process_stage_end(stage);
}
END_TEST

START_TEST(all_ends_with_the_spawner) {
    struct stage stage = process_stage(_i);
    struct actor actor = play_daemon(stage), other = process_play(stage, &bare, "stubborn", NULL);
    process_end();
    check_gone(&actor);
    ck_assert_int_eq(process_wait(other.process).signal, SIGKILL);
    process_actor_free(&actor);
    process_actor_free(&other);
    process_stage_end(stage);
}
END_TEST

START_TEST(one_that_kills_its_watch) {
    struct stage const stage = process_stage(_i);
    struct process_member *members;
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    struct process_spec const spec = {.environment = process_no_variables, .stdio = {ends[0], -1, -1}};
    struct actor actor = process_play(stage, &spec, "orphan", NULL);
    close(ends[0]);
    close(ends[1]); // now it does
    ck_assert_int_eq(process_wait(actor.process).signal, SIGKILL);
    check_gone(&actor);
    ck_assert_uint_eq(process_descendants(actor.process, &members), 0);
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

// --- the harness's own end

enum end { BY_SIGKILL, BY_SIGKILL_OF_SPAWNER_TOO, BY_EXIT, END_COUNT };

// The one that is not `but`.
static pid_t child_of(pid_t parent, pid_t but) {
    char path[64];
    int pid = but;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
    FILE *file = fopen(path, "re");
    while (pid == but) ck_assert_msg(file && fscanf(file, "%d", &pid) == 1, "%s", path);
    fclose(file);
    return pid;
}

// A harness with a program, a daemon of another, and one that ignores SIGTERM, all of which have `output` open.
static _Noreturn void be_a_harness(int i, int output, int ready) {
    struct stage const stage = process_stage(i);
    struct process_spec const spec = {.environment = process_no_variables, .stdio = {-1, output, -1}};
    play_daemon(stage);
    struct actor const actors[] = {process_play(stage, &spec, "stubborn", NULL),
                                   process_play(stage, &spec, "daemon", NULL)};
    process_wait(actors[1].process);
    if (write(ready, "y", 1) != 1) _exit(1);
    char byte;
    _exit(read(ready, &byte, 1) == 0 ? 0 : 1);
}

static void end_harness(pid_t harness, int line, enum end end) {
    pid_t const spawner = child_of(harness, 0);
    if (end == BY_SIGKILL_OF_SPAWNER_TOO) ck_assert_int_eq(kill(spawner, SIGKILL), 0);
    if (end == BY_EXIT) close(line);
    else ck_assert_int_eq(kill(harness, SIGKILL), 0);
}

START_TEST(nothing_outlives_the_harness) {
    // What is left of it becomes this process's own child.
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    for (int end = 0; end < END_COUNT; end++) {
        int output[2], ready[2];
        char text[64];
        ck_assert_int_eq(pipe2(output, O_CLOEXEC), 0);
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ready), 0);
        pid_t const harness = fork();
        if (harness == 0) {
            close(ready[0]);
            close(output[0]);
            be_a_harness(_i, output[1], ready[1]);
        }
        close(output[1]);
        close(ready[1]);
        ck_assert_int_eq(read(ready[0], text, 1), 1);
        end_harness(harness, ready[0], (enum end)end);
        struct actor all = {.output = output[0]};
        process_output(&all, text, sizeof text); // ends when the last of them has
        close(output[0]);
        if (end != BY_EXIT) close(ready[0]);
        while (waitpid(-1, NULL, 0) > 0) continue;
        ck_assert_int_eq(errno, ECHILD);
    }
}
END_TEST

// The guard begins when the last copy of the run's end of its line is closed: the spawner has one.
START_TEST(the_guard_waits_for_the_spawner) {
    ck_assert_int_eq(guard_begin(), 0);
    pid_t const guard = child_of(getpid(), 0);
    ck_assert_int_eq(process_begin(), 0);
    pid_t const spawner = child_of(getpid(), guard);
    struct stat line;
    ck_assert_int_eq(fstat(guard_line(), &line), 0);
    char path[64], wanted[64], link[64];
    snprintf(wanted, sizeof wanted, "socket:[%lu]", (unsigned long)line.st_ino);
    bool is_held = false;
    for (int fd = 0; fd < 20 && !is_held; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", spawner, fd);
        ssize_t const len = readlink(path, link, sizeof link - 1);
        link[len > 0 ? len : 0] = '\0';
        is_held = strcmp(link, wanted) == 0;
    }
    ck_assert(is_held);
    process_end();
    guard_end();
}
END_TEST

START_TEST(nothing_of_a_killed_run_keeps_its_folder) {
    char home[] = "/tmp/sockdrill-process.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(home));
    setenv("TMPDIR", home, 1);
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
    pid_t const harness = fork();
    if (harness == 0) {
        struct scratch scratch;
        if (guard_begin() != 0 || scratch_make(&scratch) != 0) _exit(1);
        struct stage const stage = process_stage(_i);
        char text[16];
        struct process_spec const spec = {PROCESS_BARE, .folder = scratch.path};
        struct actor const actor = process_play(stage, &spec, "writer", NULL);
        process_line(&actor, text, sizeof text);
        if (write(ready[1], "y", 1) != 1) _exit(1);
        for (;;) pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(kill(harness, SIGKILL), 0);
    while (waitpid(-1, NULL, 0) > 0) continue;
    ck_assert_int_eq(rmdir(home), 0); // it is empty
}
END_TEST

START_TEST(a_killed_spawner_is_told_of) {
    struct stage const stage = process_stage(_i);
    struct actor actor = process_play(stage, &bare, "stubborn", NULL);
    pid_t const spawner = child_of(getpid(), 0);
    ck_assert_int_eq(kill(spawner, SIGKILL), 0);
    siginfo_t unused;
    ck_assert_int_eq(waitid(P_PID, (id_t)spawner, &unused, WEXITED | WNOWAIT), 0);
    if (stage.world) ck_assert_int_eq(process_wait(actor.process).signal, SIGKILL);
    struct process_spec const spec = {PROCESS_BARE, .arguments = process_as("exit", "0")};
    if (!stage.world) process_no_play(stage, &spec, -EPIPE, "asking for a program says EPIPE");
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

// --- many

START_TEST(a_thousand_one_after_the_other) {
    struct stage const stage = process_stage(_i);
    static const char *const arguments[] = {"/bin/true", NULL};
    uint32_t const fds = play_open_fds();
    for (int i = 0; i < 1000; i++) {
        struct process_spec const spec = {PROCESS_BARE, .arguments = arguments};
        struct actor actor = process_play(stage, &spec, NULL, NULL);
        ck_assert_int_eq(process_wait(actor.process).exit, 0);
        process_actor_free(&actor);
        if (i > 0) ck_assert_uint_eq(play_open_fds(), fds + (stage.world != NULL));
    }
    process_stage_end(stage);
}
END_TEST

enum { THREADS = 5, EACH = 10 };

static void *play_some(void *data) {
    const struct stage *stage = data;
    struct process *processes[EACH];
    struct buffer trouble = {0};
    static const char *const arguments[] = {"/bin/cat", NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return strdup("no pipe");
    struct process_spec const spec = {
        .arguments = arguments, .environment = process_no_variables, .stdio = {ends[0], -1, -1}};
    for (int i = 0; i < EACH; i++)
        if (process_start(stage->world, &spec, &processes[i], &(int){0}, &trouble) != 0) return trouble.data;
    close(ends[0]);
    close(ends[1]); // all of them end
    for (int i = 0; i < EACH; i++) {
        if (process_wait(processes[i]).exit != 0) return strdup("it ended otherwise than by itself");
        process_free(processes[i]);
    }
    return NULL;
}

START_TEST(fifty_at_once) {
    struct stage stage = process_stage(_i);
    pthread_t threads[THREADS];
    void *trouble;
    for (int i = 0; i < THREADS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, play_some, &stage), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &trouble), 0);
        ck_assert_msg(trouble == NULL, "%s", (const char *)trouble);
    }
    process_stage_end(stage);
}
END_TEST

int main(int argc, char **argv) {
    process_role(argc, argv);
    Suite *suite = suite_create("process_end");
    TCase *tcase = tcase_create("ends");
    tcase_set_timeout(tcase, 100);
    int const cases = process_case_count();
    tcase_add_loop_test(tcase, a_daemon_is_seen_and_ends_with_its_program, 0, cases);
    tcase_add_loop_test(tcase, a_daemon_ends_with_its_world, 0, cases);
    tcase_add_loop_test(tcase, all_ends_with_the_spawner, 0, cases);
    tcase_add_loop_test(tcase, one_that_kills_its_watch, 0, cases);
    tcase_add_loop_test(tcase, nothing_outlives_the_harness, 0, cases);
    tcase_add_test(tcase, the_guard_waits_for_the_spawner);
    tcase_add_loop_test(tcase, nothing_of_a_killed_run_keeps_its_folder, 0, 2);
    tcase_add_loop_test(tcase, a_killed_spawner_is_told_of, 0, cases);
    tcase_add_loop_test(tcase, a_thousand_one_after_the_other, 0, 2); // as oneself
    tcase_add_loop_test(tcase, fifty_at_once, 0, cases);
    suite_add_tcase(suite, tcase);
    return play_suite(suite);
}
