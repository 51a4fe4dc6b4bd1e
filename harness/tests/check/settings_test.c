// Functions and defines that are set once, for scenarios of which each has some of them: whole Check programs, in fork
// mode and without.
#include <sockdrill_check.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- functions

static int ask(struct sockdrill_part *part, void *word) {
    struct sockaddr_storage address;
    char said[8];
    socklen_t const len = sockdrill_part_sockaddr(part, "greeter", &address);
    int const fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(send(fd, word, strlen(word), MSG_NOSIGNAL), (ssize_t)strlen(word));
    ck_assert_int_eq(recv(fd, said, sizeof said, MSG_WAITALL), sizeof said);
    close(fd);
    return 0;
}

static int answer(struct sockdrill_part *part, void *unused) {
    struct sockaddr_storage address;
    char said[6];
    (void)unused;
    socklen_t const len = sockdrill_part_sockaddr(part, "listen", &address);
    int const listener = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    int const fd = accept(listener, NULL, NULL);
    ck_assert_int_eq(recv(fd, said, sizeof said, MSG_WAITALL), sizeof said);
    ck_assert_int_eq(send(fd, "welcome\n", 8, MSG_NOSIGNAL), 8);
    close(fd);
    return 0;
}

static char hello[] = "hello\n", ahoy[] = "ahoy\n";

// ---- the programs' tests

START_TEST(plays_another) { ck_assert_scenario("cases/letters.drill[letter=\"e\"]"); }
END_TEST

START_TEST(plays_one_with_a_function) { ck_assert_scenario("parts/answers.drill"); }
END_TEST

START_TEST(plays_all) { ck_assert_scenario("parts"); }
END_TEST

START_TEST(is_served) {
    char *report = NULL;
    ck_assert_int_eq(sockdrill_end(sockdrill_serve("served.drill"), &report), SOCKDRILL_FAILED); // nobody calls
    ck_assert_msg(strstr(report, "greeter"), "%s", report);
    free(report);
}
END_TEST

static TCase *add_case(Suite *suite) {
    TCase *const tcase = tcase_create("tests");
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return tcase;
}

// As anybody would write it: everything set in the beginning.
static void set_once(Suite *suite) {
    TCase *const tcase = add_case(suite);
    sockdrill_actor("asker", ask, ahoy);
    sockdrill_actor("answerer", answer, NULL);
    sockdrill_define("word", "ahoy");
    tcase_add_scenarios(tcase, "parts");
    tcase_add_scenarios(tcase, "wrong/fine.drill"); // which has none of them
    tcase_add_test(tcase, plays_another);
    tcase_add_test(tcase, plays_one_with_a_function);
    tcase_add_test(tcase, plays_all);
    tcase_add_test(tcase, is_served);
}

static void set_asker(void) { sockdrill_actor("asker", ask, hello); }

static void set_answerer(void) { sockdrill_actor("answerer", answer, NULL); }

// Without fork mode what one fixture has set is still there in the other's tests.
static void set_by_fixtures(Suite *suite) {
    TCase *const asks = add_case(suite), *const answers = add_case(suite);
    tcase_add_checked_fixture(asks, set_asker, NULL);
    tcase_add_scenarios(asks, "parts/asks.drill");
    tcase_add_checked_fixture(answers, set_answerer, NULL);
    tcase_add_scenarios(answers, "parts/answers.drill");
}

static void set_for_nobody(Suite *suite) {
    TCase *const tcase = add_case(suite);
    sockdrill_actor("aksed", ask, hello);
    tcase_add_scenarios(tcase, "cases/letters.drill");
}

static void define_for_nobody(Suite *suite) {
    TCase *const tcase = add_case(suite);
    sockdrill_define("wrod", "ahoy");
    tcase_add_scenarios(tcase, "cases/greeting.drill");
}

// It has all that is set, and no test case has anything: as strict as ever.
static void set_for_nobody_here(Suite *suite) {
    TCase *const tcase = add_case(suite);
    sockdrill_actor("asker", ask, hello);
    tcase_add_test(tcase, plays_another);
}

// Nobody knows what it has, and its own mistake is told.
static void set_for_a_wrong_one(Suite *suite) {
    TCase *const tcase = add_case(suite);
    sockdrill_actor("asker", ask, hello);
    sockdrill_define("word", "hello");
    tcase_add_scenarios(tcase, "wrong/wrong.drill");
    tcase_add_scenarios(tcase, "parts/asks.drill");
}

// ---- playing them

// Plain values. `failed` tests fail, and each of them says the text.
struct program {
    const char *name;
    void (*add)(Suite *suite);
    int tests, failed;
    const char *text;
};

static bool is_as_wanted(const struct program *program, SRunner *runner) {
    bool ok = srunner_ntests_run(runner) == program->tests && srunner_ntests_failed(runner) == program->failed;
    TestResult **const failures = srunner_failures(runner);
    for (int i = 0; i < srunner_ntests_failed(runner); i++)
        ok = ok && program->text && strstr(tr_msg(failures[i]), program->text);
    const char *const text = program->text ? program->text : "nothing";
    if (!ok) printf("wanted %d of %d to fail by: %s\n", program->failed, program->tests, text);
    for (int i = 0; !ok && i < srunner_ntests_failed(runner); i++) printf("%s\n", tr_msg(failures[i]));
    free(failures);
    return ok;
}

static bool play(const struct program *program, enum fork_status mode) {
    Suite *const suite = suite_create(program->name);
    program->add(suite);
    SRunner *const runner = srunner_create(suite);
    srunner_set_fork_status(runner, mode);
    srunner_run_all(runner, CK_SILENT);
    bool const ok = is_as_wanted(program, runner);
    srunner_free(runner);
    return ok;
}

int main(int argc, char **argv) {
    static const struct program programs[] = {
        {"set once", set_once, 7, 0, NULL},
        {"set by fixtures", set_by_fixtures, 2, 0, NULL},
        {"set for nobody", set_for_nobody, 4, 4, "--function aksed: no scenario here has an actor of that name"},
        {"defined for nobody", define_for_nobody, 1, 1, "--define wrod: no file here has a `let wrod`"},
        {"set for nobody here", set_for_nobody_here, 1, 1,
         "--function asker: no scenario here has an actor of that name"},
        {"set for a wrong one", set_for_a_wrong_one, 2, 1, "error: "},
    };
    int wrong = 0;
    if (argc < 2 || chdir(argv[1]) != 0) return 2;
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < 2 * (sizeof programs / sizeof *programs); i++) {
        const struct program *const program = &programs[i / 2];
        enum fork_status const mode = i % 2 ? CK_NOFORK : CK_FORK;
        int status = 0;
        pid_t const pid = fork(); // what a program sets is its own
        if (pid == 0) exit(play(program, mode) ? 0 : 1);
        waitpid(pid, &status, 0);
        bool const is_fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        printf("%s  %s%s\n", is_fine ? "ok  " : "FAIL", program->name, mode == CK_NOFORK ? ", CK_FORK=no" : "");
        wrong += !is_fine;
    }
    return wrong > 0;
}
