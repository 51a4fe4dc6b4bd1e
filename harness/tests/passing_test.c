// Descriptors that somebody outside passes to a scenario: what it is told of them, and that none stays open.
#include "engine_play.h"

#include "base/clock.h"
#include "net/net.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char door[64]; // an abstract name of this process's

// Who connects from outside, and what it passes.
struct outsider {
    pid_t pid; // another process: of this one's descriptors the engine knows
    int fds[3];
    uint32_t count;
};

static bool pass(const struct outsider *outsider) {
    struct address address;
    const char *const words = door;
    if (net_endpoint(FAMILY_UNIX, &words, 1, NULL, REACH_LOOPBACK, &address) != 0) return false;
    int64_t const deadline_ns = clock_after(clock_now_ns(), 5 * NS_PER_S);
    int const fd = net_socket(FAMILY_UNIX);
    while (net_connect(fd, &address) != 0 && clock_now_ns() < deadline_ns) poll(NULL, 0, 1);
    if (net_send_fds(fd, "take", 4, NULL, outsider->fds, outsider->count) != 4) return false;
    struct pollfd end = {.fd = fd, .events = POLLIN};
    return poll(&end, 1, 5000) == 1; // the scenario has done with it
}

static void begin(struct outsider *outsider) {
    snprintf(door, sizeof(door), "@sockdrill-passing-%d", getpid());
    outsider->pid = fork();
    if (outsider->pid == 0) _exit(pass(outsider) ? 0 : 1);
}

static void end(struct outsider *outsider) {
    int status;
    ck_assert_int_eq(waitpid(outsider->pid, &status, 0), outsider->pid);
    ck_assert_int_eq(status, 0);
    for (uint32_t i = 0; i < outsider->count; i++) close(outsider->fds[i]);
}

// The scenario fails with that message, and afterwards as many descriptors are open as before.
static void assert_fails(struct outsider *outsider, const char *recv, const char *message) {
    struct played played;
    unsigned const before = descriptors_open();
    begin(outsider);
    play(&played, &(struct play_options){0},
         "scenario \"passed\"\nserver host {\n  listen unix %s\n  accept { %s }\n}\nclient waits { wait host within 9s }\n", door, recv);
    const struct failure *const failure = first_failure(played.journals[0]);
    ck_assert_ptr_nonnull(failure);
    ck_assert_msg(strstr(failure->message, message) != NULL, "%s", failure->message);
    played_fini(&played);
    uint32_t const passed = outsider->count;
    end(outsider);
    ck_assert_uint_eq(descriptors_open(), before - passed);
}

START_TEST(what_is_no_socket_is_named) {
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    struct outsider outsider = {.fds = {ends[0], ends[1]}, .count = 2};
    assert_fails(&outsider, "recv \"take\" fds as one, other", "the descriptor that came for 'one' is a pipe");

    outsider = (struct outsider){.fds = {net_socket(FAMILY_TCP), open("/etc/passwd", O_RDONLY | O_CLOEXEC)}, .count = 2};
    assert_fails(&outsider, "recv \"take\" fds as one, other", "for 'other' is a regular file (/etc/passwd)");
}
END_TEST

START_TEST(none_stays_open_that_nobody_took) {
    struct outsider outsider = {.fds = {net_socket(FAMILY_UDP), net_socket(FAMILY_TCP)}, .count = 2};
    assert_fails(&outsider, "recv \"take\"", "2 descriptors came with these bytes, and no `fds` takes them");
    outsider = (struct outsider){.fds = {net_socket(FAMILY_UDP), net_socket(FAMILY_TCP)}, .count = 2};
    assert_fails(&outsider, "recv \"take\" fds as one", "2 descriptors came with these bytes, and `fds` takes 1");
    outsider = (struct outsider){.fds = {net_socket(FAMILY_UDP)}, .count = 1};
    assert_fails(&outsider, "recv \"take\" fds as one, other", "a descriptor came with these bytes, and `fds` takes 2");
    outsider = (struct outsider){.fds = {net_socket(FAMILY_UDP)}, .count = 1};
    assert_fails(&outsider, "recv \"tale\"", "received bytes differ"); // before anybody could take it
}
END_TEST

START_TEST(what_discard_drops_is_closed_too) {
    struct outsider outsider = {.fds = {net_socket(FAMILY_UDP)}, .count = 1};
    unsigned const before = descriptors_open();
    begin(&outsider);
    play_passes(&(struct play_options){0}, "scenario \"passed\"\nserver host {\n  listen unix %s\n  accept {\n"
                      "    expect unread == 4 within 5s\n    discard\n  }\n}\nclient waits { wait host within 9s }\n", door);
    end(&outsider);
    ck_assert_uint_eq(descriptors_open(), before - 1);
}
END_TEST

START_TEST(a_branch_that_is_passed_over_leaves_it_to_the_next) {
    struct outsider outsider = {.fds = {net_socket(FAMILY_UDP)}, .count = 1};
    begin(&outsider);
    play_passes(&(struct play_options){0}, "scenario \"passed\"\nserver host {\n  listen unix %s\n  accept {\n"
                      "    either { recv \"tale\" } or {\n      recv \"take\" fds as gift\n"
                      "      expect gift.type == SOCK_DGRAM\n    }\n  }\n}\nclient waits { wait host within 9s }\n", door);
    end(&outsider);
}
END_TEST

START_TEST(whose_socket_it_was_keeps_its_flags) {
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct outsider outsider = {.fds = {ends[0]}, .count = 1};
    begin(&outsider);
    ck_assert_int_eq(write(ends[1], "inside", 6), 6);
    play_passes(&(struct play_options){0}, "scenario \"passed\"\nserver host {\n  listen unix %s\n  accept {\n    recv \"take\" fds as gift\n"
                      "    recv \"inside\" on gift\n    recv nothing for 5ms on gift\n    send \"back\" on gift\n"
                      "  }\n}\nclient waits { wait host within 9s }\n", door);
    ck_assert_int_eq(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    char bytes[4];
    ck_assert_int_eq(read(ends[1], bytes, sizeof(bytes)), 4); // and it is open still
    ck_assert_mem_eq(bytes, "back", 4);
    end(&outsider);
    close(ends[1]);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("passing");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, what_is_no_socket_is_named);
    tcase_add_test(tests, none_stays_open_that_nobody_took);
    tcase_add_test(tests, what_discard_drops_is_closed_too);
    tcase_add_test(tests, a_branch_that_is_passed_over_leaves_it_to_the_next);
    tcase_add_test(tests, whose_socket_it_was_keeps_its_flags);
    Suite *suite = suite_create("passing");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
