// Programs: what they are given, and how they end: world/process.h.
#include "process_play.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct process_spec bare = {PROCESS_BARE};

// What it prints in that case, as text; it must exit with 0.
static void check_output(int i, const struct process_spec *spec, const char *role, const char *argument,
                         const char *wanted) {
    char text[1024];
    struct stage const stage = process_stage(i);
    struct actor actor = process_play(stage, spec, role, argument);
    ck_assert_str_eq(process_output(&actor, text, sizeof text), wanted);
    ck_assert_int_eq(process_wait(actor.process).exit, 0);
    process_actor_free(&actor);
    process_stage_end(stage);
}

// --- ends

START_TEST(exit_codes) {
    struct stage const stage = process_stage(_i);
    static const char *const codes[] = {"0", "7", "255"};
    for (int i = 0; i < 3; i++) {
        struct actor actor = process_play(stage, &bare, "exit", codes[i]);
        struct process_status const status = process_wait(actor.process);
        ck_assert_int_eq(status.exit, atoi(codes[i]));
        ck_assert_int_eq(status.signal, 0);
        ck_assert(!status.dumped_core);
        ck_assert_int_eq(process_signal(actor.process, SIGTERM), -ESRCH);
        ck_assert_int_eq(process_wait(actor.process).exit, atoi(codes[i])); // it stays readable
        process_actor_free(&actor);
    }
    process_stage_end(stage);
}
END_TEST

START_TEST(signals_that_end_it) {
    struct stage const stage = process_stage(_i);
    struct rlimit const no_core = {.rlim_cur = 0, .rlim_max = 0};
    ck_assert_int_eq(setrlimit(RLIMIT_CORE, &no_core), 0);
    static const char *const numbers[] = {"15", "6"};
    for (int i = 0; i < 2; i++) {
        struct actor actor = process_play(stage, &bare, "killed", numbers[i]);
        struct process_status const status = process_wait(actor.process);
        ck_assert_int_eq(status.exit, 128 + atoi(numbers[i]));
        ck_assert_int_eq(status.signal, atoi(numbers[i]));
        process_actor_free(&actor);
    }
    process_stage_end(stage);
}
END_TEST

START_TEST(one_that_ignores_sigterm) {
    struct stage const stage = process_stage(_i);
    char text[64];
    struct actor actor = process_play(stage, &bare, "stubborn", NULL);
    ck_assert_str_eq(process_line(&actor, text, sizeof text), "ready");
    ck_assert_int_eq(process_signal(actor.process, SIGTERM), 0);
    ck_assert_int_eq(process_signal(actor.process, SIGSTOP), 0);
    struct process_status status;
    ck_assert(!process_status(actor.process, &status));
    struct pollfd fd = {.fd = process_fd(actor.process), .events = POLLIN};
    ck_assert_int_eq(poll(&fd, 1, 0), 0);
    ck_assert_int_eq(process_signal(actor.process, 4000), -EINVAL);
    ck_assert_int_eq(process_signal(actor.process, SIGKILL), 0);
    ck_assert_int_eq(process_wait(actor.process).exit, 128 + SIGKILL);
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

// --- what it is given

START_TEST(bytes_through_its_streams) {
    struct stage const stage = process_stage(_i);
    char text[64];
    int in[2], err[2];
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
    struct process_spec const spec = {.environment = process_no_variables, .stdio = {in[0], -1, err[1]}};
    struct actor actor = process_play(stage, &spec, "echo", NULL);
    close(in[0]);
    close(err[1]);
    ck_assert_int_eq(write(in[1], "hello\n", 6), 6);
    ck_assert_str_eq(process_line(&actor, text, sizeof text), "hello");
    close(in[1]);
    ck_assert_str_eq(process_output(&actor, text, sizeof text), "");
    ck_assert_int_eq(read(err[0], text, sizeof text), 6);
    ck_assert_int_eq(read(err[0], text, sizeof text), 0); // nobody else holds them
    ck_assert_int_eq(process_wait(actor.process).exit, 0);
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

START_TEST(its_environment) {
    static const char *const variables[] = {"A=1", "B=", "A=2", "no equals sign", "LISTEN_FDS=9", NULL};
    ck_assert_int_eq(setenv("SOCKDRILL_TEST", "the harness's own", 1), 0);
    check_output(_i, &(struct process_spec){.environment = variables, .stdio = {-1, -1, -1}}, "environment", NULL,
                 "A=1\nB=\nA=2\nno equals sign\nLISTEN_FDS=9\n");
}
END_TEST

START_TEST(an_environment_of_many) {
    struct stage const stage = process_stage(_i);
    enum { VARIABLES = 1500, BYTES = 1000 };
    static char texts[VARIABLES][BYTES + 1], printed[VARIABLES * (BYTES + 1) + 2];
    static const char *variables[VARIABLES + 1];
    for (int i = 0; i < VARIABLES; i++) {
        memset(texts[i], 'a' + i % 26, BYTES);
        texts[i][1] = '=';
        variables[i] = texts[i];
    }
    struct actor actor = process_play(stage, &(struct process_spec){.environment = variables, .stdio = {-1, -1, -1}},
                                      "environment", NULL);
    process_output(&actor, printed, sizeof printed);
    for (int i = 0; i < VARIABLES; i++) {
        size_t const offset = (size_t)i * (BYTES + 1);
        ck_assert_int_eq(memcmp(printed + offset, texts[i], BYTES), 0);
        ck_assert_int_eq(printed[offset + BYTES], '\n');
    }
    ck_assert_uint_eq(strlen(printed), VARIABLES * (BYTES + 1));
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

START_TEST(its_descriptors) {
    int unrelated = open("/dev/null", O_RDONLY); // of the harness, and not to be closed by an exec
    ck_assert_int_ge(unrelated, 0);
    check_output(_i, &bare, "descriptors", NULL, "0 1 2 ");
}
END_TEST

START_TEST(descriptors_handed_over) {
    struct stage const stage = process_stage(_i);
    ck_assert_int_eq(world_enter(stage.world), 0);
    int const listeners[] = {play_listen("127.0.0.1:0"), play_listen("[::1]:0")};
    ck_assert_int_eq(world_enter(NULL), 0);
    char wanted[400], text[400], names[2][ADDRESS_TEXT_BYTES];
    for (int i = 0; i < 2; i++) {
        struct address address = {.len_bytes = sizeof address.as};
        ck_assert_int_eq(getsockname(listeners[i], &address.as.any, &address.len_bytes), 0);
        address_text(&address, names[i]);
    }
    snprintf(wanted, sizeof wanted, "2 mine %s %s", names[0], names[1]);
    static const char *const variables[] = {"LISTEN_PID=1", "A=1", "LISTEN_FDS=7", NULL};
    struct process_spec const spec = {
        .environment = variables, .stdio = {-1, -1, -1}, .listen_fds = listeners, .listen_count = 2};
    struct actor actor = process_play(stage, &spec, "activated", NULL);
    ck_assert_str_eq(process_output(&actor, text, sizeof text), wanted);
    process_actor_free(&actor);
    actor = process_play(stage, &spec, "descriptors", NULL);
    ck_assert_str_eq(process_output(&actor, text, sizeof text), "0 1 2 3 4 ");
    process_actor_free(&actor);
    for (int i = 0; i < 2; i++) close(listeners[i]);
    process_stage_end(stage);
}
END_TEST

START_TEST(many_descriptors_handed_over) {
    struct stage const stage = process_stage(_i);
    int fds[PROCESS_LISTEN_MAX + 1];
    for (int i = 0; i <= PROCESS_LISTEN_MAX; i++) fds[i] = STDIN_FILENO;
    struct process_spec spec = {PROCESS_BARE, .listen_fds = fds, .listen_count = PROCESS_LISTEN_MAX};
    spec.arguments = process_as("exit", "3");
    struct actor actor = process_play(stage, &spec, NULL, NULL);
    ck_assert_int_eq(process_wait(actor.process).exit, 3);
    process_actor_free(&actor);
    spec.listen_count++;
    process_no_play(stage, &spec, -E2BIG, "240 listening sockets");
    process_stage_end(stage);
}
END_TEST

START_TEST(a_terminal) {
    struct stage const stage = process_stage(_i);
    int ends[2];
    char text[128];
    ck_assert_int_eq(process_terminal_make(ends), 0);
    struct process_spec const spec = {
        .environment = process_no_variables, .stdio = {ends[1], ends[1], ends[1]}, .has_terminal = true};
    struct actor actor = process_play(stage, &spec, "on terminal", NULL);
    close(ends[1]);
    actor.output = ends[0];
    ck_assert_str_eq(process_line(&actor, text, sizeof text), "111 controls its session named\r");
    ck_assert_int_eq(process_wait(actor.process).exit, 0);
    process_actor_free(&actor);
    struct process_spec const none = {PROCESS_BARE, .arguments = process_as("exit", "0"), .has_terminal = true};
    process_no_play(stage, &none, -ENOTTY, "ioctl(TIOCSCTTY) says ENOTTY");
    process_stage_end(stage);
}
END_TEST

START_TEST(its_signals) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    sigset_t some;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &some, NULL), 0);
    check_output(_i, &bare, "signals", NULL, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}
END_TEST

START_TEST(its_folder_session_and_limits) {
    struct rlimit limit, fewer;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    fewer = limit;
    fewer.rlim_cur = limit.rlim_cur - 1; // as the harness, which changes its own
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &fewer), 0);
    char wanted[256], text[256];
    struct stage const stage = process_stage(_i);
    struct actor actor = process_play(stage, &(struct process_spec){PROCESS_BARE, .folder = "/usr"}, "oneself", NULL);
    snprintf(wanted, sizeof wanted, "%u %u /usr 11 child of a watch limit %llu groups", getuid(), getgid(),
             (unsigned long long)limit.rlim_cur);
    process_output(&actor, text, sizeof text);
    ck_assert_msg(strncmp(text, wanted, strlen(wanted)) == 0, "'%s', not '%s'", text, wanted);
    process_actor_free(&actor);
    struct process_spec const nowhere = {PROCESS_BARE, .folder = "/no/such", .arguments = process_as("exit", "0")};
    process_no_play(stage, &nowhere, -ENOENT, "the folder '/no/such': chdir(2) says ENOENT");
    process_stage_end(stage);
}
END_TEST

START_TEST(the_names_of_its_world) {
    struct stage const stage = process_stage(_i);
    char text[512], wanted[512], host[256];
    gethostname(host, sizeof host);
    if (stage.world) snprintf(wanted, sizeof wanted, "DESKTOP 192.168.56.1");
    else snprintf(wanted, sizeof wanted, "%s none", host);
    struct actor actor = process_play(stage, &bare, "lookup", "peer.test");
    ck_assert_str_eq(process_output(&actor, text, sizeof text), wanted);
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

START_TEST(its_numbers) {
    struct stage const stage = process_stage(_i);
    char text[64], wanted[64];
    struct actor actor = process_play(stage, &bare, "pids", NULL);
    snprintf(wanted, sizeof wanted, "%d in /proc", process_own_pid(actor.process));
    ck_assert_str_eq(process_output(&actor, text, sizeof text), wanted);
    if (stage.world) ck_assert_int_lt(process_own_pid(actor.process), 10);
    else ck_assert_int_eq(process_own_pid(actor.process), process_pid(actor.process));
    process_actor_free(&actor);
    process_stage_end(stage);
}
END_TEST

int main(int argc, char **argv) {
    process_role(argc, argv);
    Suite *suite = suite_create("process");
    TCase *tcase = tcase_create("programs");
    tcase_set_timeout(tcase, 60);
    static const TTest *const *const tests[] = {
        &exit_codes,
        &signals_that_end_it,
        &one_that_ignores_sigterm,
        &bytes_through_its_streams,
        &its_environment,
        &an_environment_of_many,
        &its_descriptors,
        &descriptors_handed_over,
        &many_descriptors_handed_over,
        &a_terminal,
        &its_signals,
        &its_folder_session_and_limits,
        &the_names_of_its_world,
        &its_numbers,
    };
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_loop_test(tcase, *tests[i], 0, process_case_count());
    suite_add_tcase(suite, tcase);
    return play_suite(suite);
}
