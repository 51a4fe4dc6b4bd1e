// The ends of programs and of all they start, whatever ends the harness; who listens where: world/process.h.
#include "process_play.h"

#include "world/guard.h"
#include "world/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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

// --- the harness's own end

enum end { BY_SIGKILL, BY_SIGKILL_OF_SPAWNER_TOO, BY_EXIT, END_COUNT };

static pid_t only_child_of(pid_t parent) {
    char path[64];
    int pid = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
    FILE *file = fopen(path, "re");
    ck_assert_msg(file && fscanf(file, "%d", &pid) == 1, "%s", path);
    fclose(file);
    return pid;
}

// A harness with a program, a daemon of another, and one that ignores SIGTERM, all of which have `output` open.
static _Noreturn void be_a_harness(int i, int output, int ready) {
    struct stage const stage = process_stage(i);
    struct process_spec const spec = {.environment = process_no_variables, .stdio = {-1, output, -1}};
    play_daemon(stage);
    struct actor const actors[] = {process_play(stage, &spec, "stubborn", NULL), process_play(stage, &spec, "daemon", NULL)};
    process_wait(actors[1].process);
    if (write(ready, "y", 1) != 1) _exit(1);
    char byte;
    _exit(read(ready, &byte, 1) == 0 ? 0 : 1);
}

static void end_harness(pid_t harness, int line, enum end end) {
    pid_t const spawner = only_child_of(harness);
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

START_TEST(the_guard_waits_for_them) {
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
        struct stage const stage = process_stage(1);
        process_play(stage, &(struct process_spec){PROCESS_BARE, .folder = scratch.path}, "stubborn", NULL);
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
    pid_t const spawner = only_child_of(getpid());
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
        if (process_start(stage->world, &spec, &processes[i], &trouble) != 0) return trouble.data;
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

// --- who listens

static bool bound_address(const char *text, struct address *address, int *type, int *protocol) {
    const char *rest = strchr(text, ' ') + 1;
    bool has_port;
    *type = strncmp(text, "udp ", 4) == 0 ? SOCK_DGRAM : SOCK_STREAM;
    *protocol = strncmp(text, "mptcp ", 6) == 0 ? IPPROTO_MPTCP : 0;
    if (strncmp(text, "unix ", 5) != 0) return address_parse(slice_text(rest), address, &has_port);
    *address = (struct address){.as.un.sun_family = AF_UNIX};
    memcpy(address->as.un.sun_path, rest, strlen(rest));
    if (rest[0] == '@') address->as.un.sun_path[0] = '\0';
    address->len_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(rest));
    return true;
}

// Whether it listens where this text says, in its world's network.
static int listens(struct stage stage, const struct process *process, const char *text) {
    struct address address;
    int type, protocol;
    ck_assert(bound_address(text, &address, &type, &protocol));
    ck_assert_int_eq(world_enter(stage.world), 0);
    int const answer = process_listens(process, type, protocol, &address);
    ck_assert_int_eq(world_enter(NULL), 0);
    return answer;
}

static struct actor play_bound(struct stage stage, const char *role, const char *text) {
    char line[ADDRESS_TEXT_BYTES];
    struct actor const actor = process_play(stage, &bare, role, text);
    process_line(&actor, line, sizeof line);
    ck_assert_msg(strcmp(line, strchr(text, ' ') + 1) == 0, "'%s' at '%s'", text, line);
    return actor;
}

static const struct {
    const char *bound;
    const char *there[3], *elsewhere[3];
} bindings[] = {
    {"tcp 127.0.0.1:4400", {"tcp 127.0.0.1:4400"}, {"tcp 127.0.0.2:4400", "udp 127.0.0.1:4400", "tcp [::1]:4400"}},
    {"tcp 0.0.0.0:80", {"tcp 127.0.0.1:80", "tcp 0.0.0.0:80"}, {"tcp [::1]:80", "tcp 127.0.0.1:81"}},
    {"tcp [::]:80", {"tcp [::1]:80", "tcp 127.0.0.1:80", "tcp [::]:80"}, {"tcp [::1]:81"}},
    {"tcp [::1]:80", {"tcp [::1]:80"}, {"tcp 127.0.0.1:80", "tcp [::]:80"}},
    {"udp 127.0.0.1:53", {"udp 127.0.0.1:53"}, {"tcp 127.0.0.1:53"}},
    {"udp 0.0.0.0:53", {"udp 127.0.0.1:53"}, {"udp 127.0.0.1:54"}},
    {"mptcp 127.0.0.1:80", {"mptcp 127.0.0.1:80"}, {"mptcp 127.0.0.1:81"}},
    {"unix @sockdrill-process", {"unix @sockdrill-process"}, {"unix @sockdrill", "unix @sockdrill-process2"}},
};

START_TEST(its_socket_is_told_from_others) {
    struct stage const stage = process_stage(2 * _i + 1);
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        struct actor idle = process_play(stage, &bare, "stubborn", NULL);
        struct actor actor = play_bound(stage, "bound", bindings[i].bound);
        for (int j = 0; j < 3 && bindings[i].there[j]; j++) {
            ck_assert_msg(listens(stage, actor.process, bindings[i].there[j]) == 1, "%s", bindings[i].there[j]);
            ck_assert_int_eq(listens(stage, idle.process, bindings[i].there[j]), 0);
        }
        for (int j = 0; j < 3 && bindings[i].elsewhere[j]; j++)
            ck_assert_msg(listens(stage, actor.process, bindings[i].elsewhere[j]) == 0, "%s", bindings[i].elsewhere[j]);
        ck_assert_int_eq(process_open_fds(actor.process), 4);
        process_actor_free(&actor);
        actor = play_bound(stage, "bound daemon", bindings[i].bound);
        ck_assert_int_eq(process_wait(actor.process).exit, 0);
        ck_assert_int_eq(listens(stage, actor.process, bindings[i].bound), 1);
        process_actor_free(&actor);
        process_actor_free(&idle);
    }
    struct address const vm = {.as.any.sa_family = AF_VSOCK, .len_bytes = sizeof vm.as.vm};
    ck_assert_int_eq(process_listens(NULL, SOCK_STREAM, 0, &vm), -EAFNOSUPPORT);
    process_stage_end(stage);
}
END_TEST

START_TEST(paths_lead_to_one_socket) {
    struct stage const stage = process_stage(_i);
    char folder[] = "/var/tmp/sockdrill-process.XXXXXX", absolute[80];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(absolute, sizeof absolute, "unix %s/s", folder);
    struct process_spec const there = {PROCESS_BARE, .folder = folder};
    struct actor first = process_play(stage, &there, "bound", "unix s"); // by another name than is asked for
    char line[64];
    ck_assert_str_eq(process_line(&first, line, sizeof line), "s");
    ck_assert_int_eq(listens(stage, first.process, absolute), 1);
    ck_assert_int_eq(unlink(absolute + strlen("unix ")), 0);
    ck_assert_int_eq(listens(stage, first.process, absolute), 0);
    struct actor second = play_bound(stage, "bound", absolute);
    ck_assert_int_eq(listens(stage, second.process, absolute), 1);
    ck_assert_int_eq(listens(stage, first.process, absolute), 0);
    process_actor_free(&first);
    process_actor_free(&second);
    ck_assert_int_eq(unlink(absolute + strlen("unix ")) + rmdir(folder), 0);
    process_stage_end(stage);
}
END_TEST

START_TEST(a_port_of_the_machines) {
    struct stage const stage = process_stage(2 * _i);
    char line[ADDRESS_TEXT_BYTES], text[ADDRESS_TEXT_BYTES + 8];
    struct actor actor = process_play(stage, &bare, "bound", "tcp 127.0.0.1:0");
    snprintf(text, sizeof text, "tcp %s", process_line(&actor, line, sizeof line));
    ck_assert_int_eq(listens(stage, actor.process, text), 1);
    int const own = play_listen("127.0.0.1:0");
    struct address address = {.len_bytes = sizeof address.as};
    ck_assert_int_eq(getsockname(own, &address.as.any, &address.len_bytes), 0);
    ck_assert_int_eq(process_listens(actor.process, SOCK_STREAM, 0, &address), 0);
    close(own);
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

int main(int argc, char **argv) {
    process_role(argc, argv);
    Suite *suite = suite_create("process_end");
    TCase *tcase = tcase_create("ends");
    tcase_set_timeout(tcase, 100);
    int const cases = process_case_count(), who = play_who_count();
    tcase_add_loop_test(tcase, a_daemon_is_seen_and_ends_with_its_program, 0, cases);
    tcase_add_loop_test(tcase, a_daemon_ends_with_its_world, 0, cases);
    tcase_add_loop_test(tcase, all_ends_with_the_spawner, 0, cases);
    tcase_add_loop_test(tcase, nothing_outlives_the_harness, 0, cases);
    tcase_add_test(tcase, the_guard_waits_for_them);
    tcase_add_loop_test(tcase, a_killed_spawner_is_told_of, 0, cases);
    tcase_add_loop_test(tcase, a_thousand_one_after_the_other, 0, 2); // as oneself
    tcase_add_loop_test(tcase, fifty_at_once, 0, cases);
    tcase_add_loop_test(tcase, its_socket_is_told_from_others, 0, who);
    tcase_add_loop_test(tcase, paths_lead_to_one_socket, 0, cases);
    tcase_add_loop_test(tcase, a_port_of_the_machines, 0, who);
    suite_add_tcase(suite, tcase);
    return play_suite(suite);
}
