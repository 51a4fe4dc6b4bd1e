// The bridge from Check, from outside: sockdrill_check.h. Played as root, and as an ordinary user.
#include <sockdrill_check.h>

#include "nested.h"
#include "state.h"

#include "base/sanitizer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

// ---- what the tests play

static void greeting(int unused) {
    (void)unused;
    ck_assert_scenario("cases/greeting.drill");
}

static void other_bytes(int unused) {
    (void)unused;
    ck_assert_scenario("cases/bytes.drill");
}

static void slow(int unused) {
    (void)unused;
    ck_assert_scenario("slow/slow.drill");
}

static int connect_to(struct sockdrill_server *server, const char *actor) {
    struct sockaddr_storage address;
    socklen_t const len = sockdrill_sockaddr(server, actor, &address);
    int const fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, len), 0);
    return fd;
}

// Its end is sent, whoever still has the descriptor: a fork of another thread, for a moment.
static void finish(int fd) {
    char said;
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert_int_eq(recv(fd, &said, 1, 0), 0);
    close(fd);
}

static void greet(struct sockdrill_server *server) {
    char said[8];
    int const fd = connect_to(server, "greeter");
    ck_assert_int_eq(send(fd, "hello\n", 6, MSG_NOSIGNAL), 6);
    ck_assert_int_eq(recv(fd, said, sizeof said, MSG_WAITALL), sizeof said);
    ck_assert_mem_eq(said, "welcome\n", sizeof said);
    finish(fd);
    finish(connect_to(server, "second"));
}

static void served(int unused) {
    (void)unused;
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    greet(server);
    sockdrill_stop(server);
}

static int call(struct sockdrill_part *part, void *unused) {
    (void)unused;
    struct sockaddr_storage address;
    char said[8];
    socklen_t const len = sockdrill_part_sockaddr(part, NULL, &address);
    int const fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(send(fd, "hello\n", 6, MSG_NOSIGNAL), 6);
    ck_assert_int_eq(recv(fd, said, sizeof said, MSG_WAITALL), sizeof said);
    return 0;
}

static void called(int unused) {
    (void)unused;
    sockdrill_actor("caller", call, NULL);
    ck_assert_scenario("called.drill");
    sockdrill_actor("caller", NULL, NULL);
}

// ---- the caller stays as it was

static void (*const plays[])(int) = {greeting, served, called};

// ThreadSanitizer has a thread in every process, and such a one may not enter a user namespace: setns(2).
static bool can_call(void) { return !SANITIZER_THREAD || geteuid() == 0; }

static int play_count(void) { return (int)(sizeof plays / sizeof *plays) - !can_call(); }

static void must_change_nothing(void (*play)(int)) {
    char *const before = state_take();
    play(0);
    char *const after = state_take();
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}

START_TEST(nothing_changes) { must_change_nothing(plays[_i]); }
END_TEST

START_TEST(a_failure_changes_nothing) {
    char *const before = state_take();
    struct nested const nested = nested_run(CK_NOFORK, other_bytes, NULL);
    char *const after = state_take();
    ck_assert_int_eq(nested.failed, 1);
    ck_assert_str_eq(nested.file, "cases/bytes.drill");
    ck_assert_int_eq(nested.line, 16);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

START_TEST(sigchld_may_be_ignored) {
    signal(SIGCHLD, SIG_IGN);
    must_change_nothing(plays[_i]);
    ck_assert_int_eq(nested_run(CK_NOFORK, other_bytes, NULL).failed, 1);
}
END_TEST

static volatile sig_atomic_t seen;

static void reap_all(int unused) {
    (void)unused;
    int const error = errno;
    seen++;
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    errno = error;
}

START_TEST(a_handler_may_wait_for_all) {
    struct sigaction const action = {.sa_handler = reap_all};
    sigaction(SIGCHLD, &action, NULL);
    plays[_i](0);
    ck_assert_int_eq(nested_run(CK_NOFORK, other_bytes, NULL).failed, 1);
    if (plays[_i] != called || __libc_single_threaded) ck_assert_int_eq(seen, 0);
}
END_TEST

START_TEST(no_child_is_found) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
    ck_assert_int_eq(errno, ECHILD);
    greet(server);
    sockdrill_stop(server);
}
END_TEST

START_TEST(signals_may_be_blocked_and_ignored) {
    sigset_t all;
    sigfillset(&all);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
    sigprocmask(SIG_SETMASK, &all, NULL);
    must_change_nothing(plays[_i]);
}
END_TEST

START_TEST(standard_descriptors_may_be_closed) {
    for (int fd = 0; fd <= STDERR_FILENO; fd++) close(fd);
    plays[_i](0);
    for (int fd = 0; fd <= STDERR_FILENO; fd++) ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

START_TEST(without_descriptors_it_says_so) {
    struct rlimit const few = {.rlim_cur = 8, .rlim_max = 8};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct nested const nested = nested_run(CK_NOFORK, greeting, NULL);
    ck_assert_int_eq(nested.failed, 1);
    ck_assert_ptr_nonnull(strstr(nested.message, "no pipe to sockdrill: "));
}
END_TEST

// What the caller closes is closed, though a server of the bridge was begun while it was open.
START_TEST(nobody_else_holds_its_descriptors) {
    int fds[2];
    char byte;
    ck_assert_int_eq(pipe(fds), 0);
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    close(fds[1]);
    struct pollfd end = {.fd = fds[0], .events = POLLIN};
    ck_assert_int_eq(poll(&end, 1, 20000), 1);
    ck_assert_int_eq(read(fds[0], &byte, 1), 0);
    greet(server);
    sockdrill_stop(server);
}
END_TEST

// ---- others' variables

START_TEST(a_run_of_runs_is_not_this_one) {
    char summary[] = "/tmp/sockdrill-summary-XXXXXX";
    struct stat facts;
    close(mkstemp(summary));
    setenv("GITHUB_STEP_SUMMARY", summary, 1);
    setenv("GITHUB_WORKSPACE", "/", 1);
    setenv("GITHUB_ACTIONS", "true", 1);
    setenv("TEST_TOTAL_SHARDS", "1000", 1);
    setenv("TEST_SHARD_INDEX", "999", 1);
    setenv("TESTBRIDGE_TEST_ONLY", "nothing", 1);
    struct nested const nested = nested_run(CK_NOFORK, other_bytes, NULL);
    stat(summary, &facts);
    unlink(summary);
    ck_assert_int_eq(nested.failed, 1);
    ck_assert_str_eq(nested.file, "cases/bytes.drill");
    ck_assert_int_eq(facts.st_size, 0);
}
END_TEST

// ---- nothing is left

static void wait_for_end(int pidfd) {
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    ck_assert_int_eq(poll(&end, 1, 30000), 1);
    close(pidfd);
}

// The keeper ends when all that it has started is gone.
static pid_t only_child(void) {
    char path[64];
    int child = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    FILE *const children = fopen(path, "re");
    ck_assert_ptr_nonnull(children);
    ck_assert_int_eq(fscanf(children, "%d", &child), 1);
    fclose(children);
    return child;
}

static int die_while_served(int how, struct sockaddr_storage *address, socklen_t *len) {
    int fds[2];
    pid_t keeper = 0;
    ck_assert_int_eq(pipe(fds), 0);
    pid_t const caller = fork();
    if (caller == 0) {
        struct sockdrill_server *const server = sockdrill_serve("served.drill");
        *len = sockdrill_sockaddr(server, "greeter", address);
        keeper = only_child();
        if (write(fds[1], &keeper, sizeof keeper) < 0 || write(fds[1], len, sizeof *len) < 0) _exit(1);
        if (write(fds[1], address, sizeof *address) < 0) _exit(1);
        if (how == SIGTERM) signal(how, SIG_DFL); // Check's own handler would kill the test
        if (how) raise(how);
        pause();
    }
    ck_assert_int_eq(read(fds[0], &keeper, sizeof keeper), sizeof keeper);
    ck_assert_int_eq(read(fds[0], len, sizeof *len), sizeof *len);
    ck_assert_int_eq(read(fds[0], address, sizeof *address), sizeof *address);
    int const pidfd = (int)syscall(SYS_pidfd_open, keeper, 0);
    if (!how) kill(caller, SIGKILL);
    waitpid(caller, NULL, 0);
    return pidfd;
}

START_TEST(a_caller_that_dies_leaves_no_server) {
    static int const how[] = {0, SIGTERM, SIGKILL};
    struct sockaddr_storage address;
    socklen_t len;
    int const pidfd = die_while_served(how[_i], &address, &len);
    if (pidfd >= 0) wait_for_end(pidfd);
    int const fd = socket(address.ss_family, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, len), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
}
END_TEST

START_TEST(a_keeper_may_be_killed) {
    char *report = NULL;
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    struct sockaddr_storage address;
    socklen_t const len = sockdrill_sockaddr(server, "greeter", &address);
    kill(only_child(), SIGKILL);
    ck_assert_int_eq(sockdrill_end(server, &report), SOCKDRILL_BROKEN);
    ck_assert_ptr_nonnull(strstr(report, "is out of sight"));
    free(report);
    for (int fd = -1, error = 0; error != ECONNREFUSED; close(fd)) { // sockdrill ends by itself
        fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        error = connect(fd, (const struct sockaddr *)&address, len) == 0 ? 0 : errno;
    }
    greeting(0);
}
END_TEST

START_TEST(functions_leave_no_files) {
    char folder[] = "/tmp/sockdrill-tmp-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("TMPDIR", folder, 1);
    called(0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(a_reset_ends_servers_and_forgets) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    struct sockaddr_storage address;
    socklen_t const len = sockdrill_sockaddr(server, NULL, &address);
    sockdrill_define("nothing", "has it");
    sockdrill_program("/nowhere");
    sockdrill_actor("nobody", call, NULL);
    sockdrill_reset();
    int const fd = socket(address.ss_family, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, len), -1);
    greeting(0);
}
END_TEST

// ---- time

static void add_slow(TCase *tcase) { tcase_add_scenarios(tcase, "slow"); }

START_TEST(a_test_may_take_as_long_as_its_scenario) {
    setenv("CK_DEFAULT_TIMEOUT", "0.7", 1);
    struct nested const nested = nested_run(CK_FORK, NULL, add_slow);
    ck_assert_int_eq(nested.run, 1);
    ck_assert_msg(nested.failed == 0, "%s", nested.message);
}
END_TEST

// And what it had started ends, which is this process's to wait for then.
START_TEST(a_test_that_is_killed_names_its_scenario) {
    setenv("CK_DEFAULT_TIMEOUT", "0.3", 1);
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    struct nested const nested = nested_run(CK_FORK, slow, NULL);
    ck_assert_int_eq(nested.failed, 1);
    ck_assert_str_eq(nested.message, "Test timeout expired");
    ck_assert_str_eq(nested.file, "slow/slow.drill");
    ck_assert_int_eq(nested.line, 1);
    int left = 0;
    while (waitpid(-1, NULL, __WALL) > 0) left++;
    ck_assert_int_gt(left, 0);
}
END_TEST

// ---- threads

static void *serve_one(void *passed) {
    for (int i = 0; i < 3; i++) {
        struct sockdrill_server *const server = sockdrill_serve("served.drill");
        greet(server);
        char *report = NULL;
        enum sockdrill_outcome const outcome = sockdrill_end(server, &report);
        ck_assert_msg(outcome == SOCKDRILL_PASSED, "%s", report);
        free(report);
        greeting(0);
    }
    *(bool *)passed = true;
    return passed;
}

START_TEST(threads_have_servers_of_their_own) {
    pthread_t threads[4];
    bool passed[4] = {false};
    for (int i = 0; i < 4; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, serve_one, &passed[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(passed[i]);
    }
}
END_TEST

// ---- servers

START_TEST(a_verdict_without_an_assertion) {
    char *report = NULL;
    ck_assert_int_eq(sockdrill_end(NULL, &report), SOCKDRILL_PASSED);
    ck_assert_str_eq(report, "");
    free(report);
    struct sockdrill_server *server = sockdrill_serve("served.drill");
    greet(server);
    ck_assert_int_eq(sockdrill_end(server, &report), SOCKDRILL_PASSED);
    ck_assert_str_eq(report, "");
    free(report);
    server = sockdrill_serve("served.drill");
    ck_assert_int_eq(sockdrill_end(server, &report), SOCKDRILL_FAILED);
    ck_assert_ptr_nonnull(strstr(report, "greeter"));
    free(report);
}
END_TEST

START_TEST(clients_of_tls_know_whom_to_trust) {
    struct sockdrill_server *server = sockdrill_serve("secret.drill");
    ck_assert_ptr_nonnull(sockdrill_ca_file(server));
    ck_assert_int_eq(access(sockdrill_ca_file(server), R_OK), 0);
    ck_assert_int_eq(strncmp(sockdrill_address(server, NULL), "127.0.0.1:", 10), 0);
    sockdrill_end(server, NULL);
    server = sockdrill_serve("served.drill");
    ck_assert_ptr_null(sockdrill_ca_file(server));
    greet(server);
    sockdrill_stop(server);
}
END_TEST

START_TEST(a_child_uses_it_too) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    pid_t const child = fork();
    int status = -1;
    if (child == 0) {
        greet(server);
        _exit(0);
    }
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
    sockdrill_stop(server);
}
END_TEST

// 0: as wanted. Of a process that has no test of its own.
static int end_as(struct sockdrill_server *server, enum sockdrill_outcome wanted, const char *words) {
    char *report = NULL;
    enum sockdrill_outcome const outcome = sockdrill_end(server, &report);
    bool const is_as_wanted = outcome == wanted && strstr(report, words);
    if (!is_as_wanted) fprintf(stderr, "outcome %d: %s\n", (int)outcome, report);
    free(report);
    return !is_as_wanted;
}

static void wait_for_all(const pid_t *children, int count) {
    for (int i = 0; i < count; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        ck_assert_int_eq(status, 0);
    }
}

// What one fork has read, another reads too; all of them get the verdict, whoever asks for it first.
START_TEST(children_may_end_it) {
    static const struct {
        enum sockdrill_outcome outcome;
        const char *words;
    } ends[] = {{SOCKDRILL_PASSED, ""}, {SOCKDRILL_FAILED, "the block of this `accept each` never ran"}};
    pid_t children[3];
    struct sockdrill_server *const server = sockdrill_serve("shared.drill");
    finish(connect_to(server, "first"));
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] != 0) continue;
        struct sockaddr_storage address;
        if (!sockdrill_sockaddr(server, "late", &address)) _exit(2);
        if (i == 0 && _i == 0) finish(connect_to(server, "late"));
        _exit(_i == 0 && i > 0 ? 0 : end_as(server, ends[_i].outcome, ends[_i].words));
    }
    wait_for_all(children, 3);
    ck_assert_ptr_nonnull(sockdrill_address(server, "late"));
    ck_assert_int_eq(end_as(server, ends[_i].outcome, ends[_i].words), 0);
}
END_TEST

START_TEST(a_child_leaves_it_to_its_parent) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    pid_t const child = fork();
    if (child == 0) {
        sockdrill_reset();
        exit(0);
    }
    wait_for_all(&child, 1);
    greet(server);
    sockdrill_stop(server);
}
END_TEST

static void fail_on_purpose(int unused) {
    (void)unused;
    ck_abort_msg("on purpose");
}

// A daemon's child may: what has the numbers then hears nothing from here.
START_TEST(descriptors_may_have_become_others) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    int pair[2];
    char heard;
    pid_t const child = fork();
    if (child == 0) {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0) _exit(2);
        for (int fd = 3; fd < 100; fd++)
            if (fd != pair[0] && fd != pair[1]) dup2(pair[1], fd);
        int const code = end_as(server, SOCKDRILL_BROKEN, "out of sight");
        _exit(code ? code : recv(pair[0], &heard, 1, MSG_DONTWAIT) >= 0 ? 3 : 0);
    }
    wait_for_all(&child, 1);
    greet(server);
    sockdrill_stop(server);
}
END_TEST

static void *ask_both(void *server) {
    const char *const late = sockdrill_address(server, "late"), *const first = sockdrill_address(server, "first");
    return strncmp(late, "127.0.0.1:", 10) == 0 && strcmp(late, first) != 0 ? server : NULL;
}

START_TEST(threads_may_ask_one) {
    pthread_t threads[8];
    void *found = NULL;
    struct sockdrill_server *const server = sockdrill_serve("shared.drill");
    for (int i = 0; i < 8; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_both, server), 0);
    finish(connect_to(server, "first")); // now the late one listens
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], &found);
        ck_assert_ptr_eq(found, server);
    }
    finish(connect_to(server, "late"));
    sockdrill_stop(server);
}
END_TEST

// An assertion has the server's failure behind it, once; a server that is well has no part in it.
static struct sockdrill_server *asked;

static void send_other_bytes(int how) {
    char said;
    (void)how;
    int const fd = connect_to(asked, "greeter");
    ck_assert_int_eq(send(fd, "hullo\n", 6, MSG_NOSIGNAL), 6);
    ck_assert_int_eq(recv(fd, &said, 1, MSG_WAITALL), 1);
}

START_TEST(an_assertion_knows_of_its_server) {
    enum fork_status const how = _i ? CK_FORK : CK_NOFORK;
    asked = sockdrill_serve("served.drill");
    ck_assert_str_eq(nested_run(how, fail_on_purpose, NULL).message, "on purpose");
    struct nested const nested = nested_run(how, send_other_bytes, NULL);
    ck_assert_ptr_nonnull(strstr(nested.message, "served.drill had failed before that:\n# served.drill:6: server 'greeter'"));
    if (how == CK_NOFORK) ck_assert_str_eq(nested_run(how, fail_on_purpose, NULL).message, "on purpose");
    sockdrill_end(asked, NULL);
    ck_assert_str_eq(nested_run(how, fail_on_purpose, NULL).message, "on purpose");
}
END_TEST

// ---- many

static int count_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

START_TEST(many_leave_nothing) {
    char folder[] = "/tmp/sockdrill-tmp-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("TMPDIR", folder, 1);
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    int const before = count_descriptors();
    for (int i = 0; i < 20; i++) plays[i % play_count()](0);
    for (int i = 0; i < 10; i++) ck_assert_int_eq(nested_run(i % 2 ? CK_FORK : CK_NOFORK, other_bytes, NULL).failed, 1);
    ck_assert_int_eq(count_descriptors(), before);
    ck_assert_int_eq(waitpid(-1, NULL, __WALL), -1);
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

// ---- the suite

static void in_fixtures(void) {
    ck_assert_int_eq(chdir(BRIDGE_DIR), 0);
    setenv("SOCKDRILL", SOCKDRILL_PROGRAM, 1);
}

static Suite *bridge_suite(void) {
    Suite *const suite = suite_create("bridge");
    TCase *const tcase = tcase_create("bridge");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, in_fixtures, sockdrill_reset);
    tcase_add_loop_test(tcase, nothing_changes, 0, play_count());
    tcase_add_test(tcase, a_failure_changes_nothing);
    tcase_add_loop_test(tcase, sigchld_may_be_ignored, 0, play_count());
    tcase_add_loop_test(tcase, a_handler_may_wait_for_all, 0, play_count());
    tcase_add_test(tcase, no_child_is_found);
    tcase_add_loop_test(tcase, signals_may_be_blocked_and_ignored, 0, play_count());
    tcase_add_loop_test(tcase, standard_descriptors_may_be_closed, 0, play_count());
    tcase_add_test(tcase, without_descriptors_it_says_so);
    tcase_add_test(tcase, nobody_else_holds_its_descriptors);
    tcase_add_test(tcase, a_run_of_runs_is_not_this_one);
    tcase_add_loop_test(tcase, a_caller_that_dies_leaves_no_server, 0, 3);
    tcase_add_test(tcase, a_keeper_may_be_killed);
    if (can_call()) tcase_add_test(tcase, functions_leave_no_files);
    tcase_add_test(tcase, a_reset_ends_servers_and_forgets);
    tcase_add_test(tcase, a_test_may_take_as_long_as_its_scenario);
    tcase_add_test(tcase, a_test_that_is_killed_names_its_scenario);
    tcase_add_loop_test(tcase, threads_have_servers_of_their_own, 0, 4);
    tcase_add_test(tcase, a_verdict_without_an_assertion);
    tcase_add_test(tcase, clients_of_tls_know_whom_to_trust);
    tcase_add_test(tcase, a_child_uses_it_too);
    tcase_add_loop_test(tcase, children_may_end_it, 0, 2);
    tcase_add_test(tcase, a_child_leaves_it_to_its_parent);
    tcase_add_test(tcase, descriptors_may_have_become_others);
    tcase_add_test(tcase, threads_may_ask_one);
    tcase_add_loop_test(tcase, an_assertion_knows_of_its_server, 0, 2);
    tcase_add_test(tcase, many_leave_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}

static int run(void) {
    SRunner *const runner = srunner_create(bridge_suite());
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

// Both have the same tests: an ordinary user is another process.
int main(void) {
    int status = 0;
    pid_t const ordinary = geteuid() == 0 ? fork() : -1;
    if (ordinary == 0) {
        if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0) return 1;
        return run();
    }
    if (ordinary > 0) waitpid(ordinary, &status, 0);
    return run() || status != 0;
}
