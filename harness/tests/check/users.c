// A Check program as a user has one, of tests that pass and tests that fail: what Check writes of them is compared with
// goldens, in fork mode and without. Its current folder is fixtures/bridge.
#include <sockdrill_check.h>

#include "plain.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// ---- scenarios

START_TEST(passes) { ck_assert_scenario("cases/greeting.drill"); }
END_TEST

START_TEST(fails) { ck_assert_scenario("cases/bytes.drill"); }
END_TEST

START_TEST(passes_as_one_case) { ck_assert_scenario("cases/letters.drill[letter=\"e\"]"); }
END_TEST

START_TEST(fails_as_one_case) { ck_assert_scenario("cases/letters[letter=\"b & c\"]"); }
END_TEST

START_TEST(has_no_such_case) { ck_assert_scenario("cases/letters.drill[letter=\"f\"]"); }
END_TEST

START_TEST(fails_as_a_folder) { ck_assert_scenario("cases"); }
END_TEST

START_TEST(has_more_words_than_check_takes) { ck_assert_scenario("many"); }
END_TEST

START_TEST(is_wrong) { ck_assert_scenario("wrong/wrong.drill"); }
END_TEST

START_TEST(is_nowhere) { ck_assert_scenario("nowhere.drill"); }
END_TEST

START_TEST(is_skipped) { ck_assert_scenario("cases/lacking.drill"); }
END_TEST

START_TEST(fails_when_skipped) {
    sockdrill_fail_on_skip(1);
    ck_assert_scenario("cases/lacking.drill");
}
END_TEST

START_TEST(has_another_value) {
    sockdrill_define("word", "hullo");
    ck_assert_scenario("cases/greeting.drill");
}
END_TEST

START_TEST(has_a_value_that_nobody_knows) {
    sockdrill_define("wrod", "hullo");
    ck_assert_scenario("cases/greeting.drill");
}
END_TEST

START_TEST(has_no_program) {
    sockdrill_program("./no-such-program");
    ck_assert_scenario("cases/greeting.drill");
}
END_TEST

START_TEST(has_a_program_that_is_none) {
    sockdrill_program("./served.drill");
    ck_assert_scenario("cases/greeting.drill");
}
END_TEST

START_TEST(has_a_program_that_says_nothing) {
    sockdrill_program("false");
    ck_assert_scenario("cases/greeting.drill");
}
END_TEST

// ---- servers

static int call_server(struct sockdrill_server *server, const char *actor) {
    struct sockaddr_storage address;
    socklen_t const len = sockdrill_sockaddr(server, actor, &address);
    int const fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, len), 0);
    return fd;
}

static void say(int fd, const char *words, const char *wanted) {
    char said[64] = {0};
    size_t got = 0;
    ck_assert_int_eq(send(fd, words, strlen(words), MSG_NOSIGNAL), (ssize_t)strlen(words));
    while (got < strlen(wanted)) {
        ssize_t const n = recv(fd, said + got, sizeof said - 1 - got, 0);
        ck_assert_int_gt(n, 0);
        got += (size_t)n;
    }
    ck_assert_str_eq(said, wanted);
    close(fd);
}

START_TEST(is_served) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    ck_assert_int_eq(strncmp(sockdrill_address(server, "greeter"), "127.0.0.1:", 10), 0);
    ck_assert_int_eq(strncmp(sockdrill_address(server, "second"), "[::1]:", 6), 0);
    ck_assert_int_gt(sockdrill_port(server, "second"), 0);
    say(call_server(server, "greeter"), "hello\n", "welcome\n");
    close(call_server(server, "second"));
    sockdrill_stop(server);
}
END_TEST

START_TEST(is_served_other_bytes) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    char said;
    int const fd = call_server(server, "greeter");
    ck_assert_int_eq(send(fd, "hullo\n", 6, MSG_NOSIGNAL), 6);
    ck_assert_int_le(recv(fd, &said, 1, 0), 0);
    sockdrill_stop(server);
}
END_TEST

START_TEST(never_calls) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    say(call_server(server, "greeter"), "hello\n", "welcome\n");
    ck_assert_ptr_nonnull(sockdrill_address(server, "second"));
    sockdrill_stop(server);
}
END_TEST

START_TEST(asks_for_a_stranger) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    say(call_server(server, "greeter"), "hello\n", "welcome\n");
    close(call_server(server, "second"));
    sockdrill_address(server, "nobody"); // has ended, or the time is up
}
END_TEST

START_TEST(asks_for_almost_one) {
    sockdrill_address(sockdrill_serve("served.drill"), "greetr");
}
END_TEST

static char answer_to(const char *words) {
    struct sockdrill_server *const server = sockdrill_serve("served.drill");
    char said[8] = {0};
    int const fd = call_server(server, "greeter");
    ck_assert_int_eq(send(fd, words, strlen(words), MSG_NOSIGNAL), (ssize_t)strlen(words));
    recv(fd, said, sizeof said, MSG_WAITALL);
    close(fd);
    return said[0];
}

START_TEST(fails_behind_its_server) { ck_assert_msg(answer_to("hullo\n") == 'w', "no welcome for %s", "me"); }
END_TEST

START_TEST(fails_beside_its_server) { ck_assert_msg(answer_to("hello\n") == 'h', "no hello"); }
END_TEST

// By an assertion that knows nothing of servers.
START_TEST(fails_elsewhere) { plain_assert(answer_to("hullo\n") == 'w'); }
END_TEST

START_TEST(crashes_behind_its_server) {
    if (answer_to("hullo\n") != 'w') abort();
}
END_TEST

// Check's timeout ends these; what they wait for is said.
START_TEST(hangs_behind_its_server) {
    char said;
    int const fd = call_server(sockdrill_serve("single.drill"), "greeter");
    recv(fd, &said, 1, 0);
}
END_TEST

START_TEST(hangs_in_a_scenario) { ck_assert_scenario("waiting.drill"); }
END_TEST

// ---- a server of several tests

static struct sockdrill_server *shared;

static void begin_shared(void) { shared = sockdrill_serve("shared.drill"); }

static void end_shared(void) {
    char *report = NULL;
    if (sockdrill_end(shared, &report) == SOCKDRILL_FAILED) fprintf(stderr, "at the end: %.*s\n", (int)strcspn(report, ","), report);
    free(report);
}

// "late" listens only when "first" has had a caller.
START_TEST(asks_for_the_late) {
    close(call_server(shared, "first"));
    ck_assert_int_eq(strncmp(sockdrill_address(shared, "late"), "127.0.0.1:", 10), 0);
    close(call_server(shared, "late"));
}
END_TEST

START_TEST(fails_behind_the_shared) {
    char said;
    int const fd = call_server(shared, "late");
    ck_assert_int_eq(send(fd, "?", 1, MSG_NOSIGNAL), 1);
    ck_assert_msg(recv(fd, &said, 1, 0) == 1, "no answer");
}
END_TEST

START_TEST(is_not_served) { sockdrill_serve("wrong/wrong.drill"); }
END_TEST

// ---- functions

static int greet(struct sockdrill_part *part, void *words) {
    struct sockaddr_storage address;
    socklen_t const len = sockdrill_part_sockaddr(part, "greeter", &address);
    ck_assert_int_gt(len, 0);
    int const fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, len), 0);
    say(fd, words, "welcome\n");
    return 0;
}

static int answer(struct sockdrill_part *part, void *words) {
    struct sockaddr_storage address;
    char said[6];
    socklen_t const len = sockdrill_part_sockaddr(part, "greeter", &address);
    int const listener = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    int const fd = accept(listener, NULL, NULL);
    ck_assert_int_eq(recv(fd, said, sizeof said, MSG_WAITALL), sizeof said);
    ck_assert_mem_eq(said, "hello\n", sizeof said);
    ck_assert_int_eq(send(fd, words, strlen(words), MSG_NOSIGNAL), (ssize_t)strlen(words));
    recv(fd, said, sizeof said, 0);
    return 0;
}

static int say_no(struct sockdrill_part *part, void *code) {
    ck_assert_str_eq(sockdrill_part_name(part), "caller");
    return *(int *)code;
}

static int crash(struct sockdrill_part *part, void *unused) {
    (void)part;
    (void)unused;
    abort();
}

static char hello[] = "hello\n", hullo[] = "hullo\n", welcome[] = "welcome\n", farewell[] = "farewell\n";

START_TEST(has_a_client_that_is_a_function) {
    sockdrill_actor("caller", greet, hello);
    ck_assert_scenario("called.drill");
}
END_TEST

START_TEST(has_a_server_that_is_a_function) {
    sockdrill_actor("greeter", answer, welcome);
    ck_assert_scenario("called.drill");
}
END_TEST

START_TEST(has_both) {
    sockdrill_actor("caller", greet, hello);
    sockdrill_actor("greeter", answer, welcome);
    ck_assert_scenario("called.drill");
}
END_TEST

START_TEST(has_a_client_that_errs) {
    sockdrill_actor("caller", greet, hullo);
    ck_assert_scenario("called.drill");
}
END_TEST

START_TEST(has_a_server_that_errs) {
    sockdrill_actor("greeter", answer, farewell);
    ck_assert_scenario("called.drill");
}
END_TEST

START_TEST(has_an_assertion_that_fails) {
    sockdrill_actor("caller", greet, hello);
    sockdrill_actor("greeter", answer, farewell);
    ck_assert_scenario("called.drill");
}
END_TEST

START_TEST(has_a_function_that_returns) {
    static int code = 7;
    sockdrill_actor("caller", say_no, &code);
    ck_assert_scenario("called.drill");
}
END_TEST

START_TEST(has_a_function_that_crashes) {
    sockdrill_actor("caller", crash, NULL);
    ck_assert_scenario("called.drill");
}
END_TEST

START_TEST(has_a_function_for_nobody) {
    sockdrill_actor("coller", greet, hello);
    ck_assert_scenario("called.drill");
}
END_TEST

// ---- the suite

static TCase *add_case(Suite *suite, const char *name) {
    TCase *const tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, sockdrill_reset);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static void add_all(TCase *tcase, const TTest *const *tests, size_t count) {
    for (size_t i = 0; i < count; i++) tcase_add_test(tcase, tests[i]);
}

int main(int argc, char **argv) {
    const TTest *const scenarios[] = {passes, fails, passes_as_one_case, fails_as_one_case, has_no_such_case,
        fails_as_a_folder, has_more_words_than_check_takes, is_wrong, is_nowhere, is_skipped, fails_when_skipped,
        has_another_value, has_a_value_that_nobody_knows, has_no_program, has_a_program_that_is_none,
        has_a_program_that_says_nothing};
    const TTest *const servers[] = {is_served, is_served_other_bytes, never_calls, asks_for_a_stranger,
        asks_for_almost_one, fails_behind_its_server, fails_beside_its_server, is_not_served};
    const TTest *const shared_ones[] = {asks_for_the_late, asks_for_the_late, fails_behind_the_shared};
    const TTest *const elsewhere[] = {fails_elsewhere}, *const crashes[] = {crashes_behind_its_server},
        *const hangs[] = {hangs_behind_its_server}, *const waits[] = {hangs_in_a_scenario};
    const TTest *const functions[] = {has_a_client_that_is_a_function, has_a_server_that_is_a_function, has_both,
        has_a_client_that_errs, has_a_server_that_errs, has_an_assertion_that_fails, has_a_function_that_returns,
        has_a_function_that_crashes, has_a_function_for_nobody};
    if (argc < 2) return 2;
    Suite *const suite = suite_create("users");
    add_all(add_case(suite, "scenarios"), scenarios, sizeof scenarios / sizeof *scenarios);
    TCase *const added = add_case(suite, "added");
    tcase_add_scenarios(added, "cases");
    tcase_add_scenarios(added, "wrong");
    tcase_add_scenarios(added, "nowhere");
    add_all(add_case(suite, "servers"), servers, sizeof servers / sizeof *servers);
    TCase *const shared_by = tcase_create("shared");
    tcase_add_unchecked_fixture(shared_by, begin_shared, end_shared);
    suite_add_tcase(suite, shared_by);
    add_all(shared_by, shared_ones, sizeof shared_ones / sizeof *shared_ones);
    add_all(add_case(suite, "elsewhere"), elsewhere, sizeof elsewhere / sizeof *elsewhere);
    add_all(add_case(suite, "crashes"), crashes, sizeof crashes / sizeof *crashes);
    TCase *const hanging = add_case(suite, "hangs"), *const waiting = add_case(suite, "waits");
    tcase_set_timeout(hanging, 1);
    tcase_set_timeout(waiting, 1);
    add_all(hanging, hangs, sizeof hangs / sizeof *hangs);
    add_all(waiting, waits, sizeof waits / sizeof *waits);
    add_all(add_case(suite, "functions"), functions, sizeof functions / sizeof *functions);
    SRunner *const runner = srunner_create(suite);
    // What Check's own options say, as the environment's CK_RUN_CASE does.
    srunner_run(runner, NULL, strcmp(argv[1], "all") == 0 ? NULL : argv[1], CK_SILENT);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
