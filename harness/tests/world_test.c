// Scratch folders, the files that a scenario names, and what `requires` asks for: world/world.h.
#include "world/world.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[256]; // a folder of this test's own, and TMPDIR

static const char *in_home(const char *name) {
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", home, name);
    return path;
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    fputs(text, file);
    fclose(file);
}

static bool is_there(const char *path) {
    struct stat facts;
    return lstat(path, &facts) == 0;
}

static void set_up(void) {
    strcpy(home, "/tmp/sockdrill-world.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    setenv("TMPDIR", home, 1);
}

static void tear_down(void) {
    struct scratch all = {.path = strdup(home)};
    scratch_remove(&all);
    ck_assert(!is_there(home));
}

// --- scratch folders

START_TEST(a_scratch_folder_is_new_and_ones_own) {
    struct scratch one, two;
    struct stat facts;
    ck_assert_int_eq(scratch_make(&one), 0);
    ck_assert_int_eq(scratch_make(&two), 0);
    ck_assert_str_ne(one.path, two.path);
    ck_assert_int_eq(strncmp(one.path, home, strlen(home)), 0);
    ck_assert_int_eq(stat(one.path, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 07777, 0700);
    char path[512];
    snprintf(path, sizeof(path), "%s", one.path);
    scratch_remove(&one);
    scratch_remove(&two);
    ck_assert_ptr_null(one.path);
    ck_assert(!is_there(path));
}
END_TEST

START_TEST(it_goes_with_all_that_is_in_it_and_nothing_else) {
    struct scratch scratch;
    ck_assert_int_eq(mkdir(in_home("outside"), 0755), 0);
    write_text(in_home("outside/precious"), "stays");
    ck_assert_int_eq(scratch_make(&scratch), 0);
    ck_assert_int_eq(chdir(scratch.path), 0);
    ck_assert_int_eq(mkdir("a", 0755), 0);
    ck_assert_int_eq(mkdir("a/b", 0755), 0);
    write_text("a/b/file", "x");
    write_text("a/.hidden", "x");
    ck_assert_int_eq(mkfifo("a/pipe", 0600), 0);
    ck_assert_int_eq(symlink(in_home("outside"), "a/way-out"), 0);
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    ck_assert_int_eq(chmod("a/b", 0500), 0); // nothing may be removed from it as it stands
    ck_assert_int_eq(chmod("a", 0), 0);
    ck_assert_int_eq(chdir("/"), 0);
    char path[512];
    snprintf(path, sizeof(path), "%s", scratch.path);
    scratch_remove(&scratch);
    ck_assert(!is_there(path));
    ck_assert(is_there(in_home("outside/precious")));
}
END_TEST

static void shared_with(const struct scratch *scratch, const char *name, uid_t owner, mode_t mode) {
    const struct passwd *user = getpwnam(name);
    struct stat facts;
    ck_assert_ptr_nonnull(user);
    ck_assert_int_eq(scratch_share(scratch, user->pw_uid, user->pw_gid), 0);
    ck_assert_int_eq(stat(scratch->path, &facts), 0);
    ck_assert_uint_eq(facts.st_uid, owner);
    ck_assert_uint_eq(facts.st_mode & 07777, mode);
}

// Whatever a link leads to stays as it is.
START_TEST(one_that_is_shared) {
    static const char *const names[] = {"a", "a/key", "way-out"};
    struct scratch scratch;
    struct stat facts;
    if (geteuid() != 0) return; // there is nobody to whom an ordinary user could give anything
    ck_assert_int_eq(mkdir(in_home("outside"), 0755), 0);
    ck_assert_int_eq(scratch_make(&scratch), 0);
    ck_assert_int_eq(chdir(scratch.path), 0);
    ck_assert_int_eq(mkdir("a", 0755), 0);
    write_text("a/key", "x");
    ck_assert_int_eq(symlink(in_home("outside"), "way-out"), 0);
    uid_t const nobody = getpwnam("nobody")->pw_uid;
    shared_with(&scratch, "nobody", nobody, 0700);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_int_eq(lstat(names[i], &facts), 0);
        ck_assert_uint_eq(facts.st_uid, nobody);
    }
    ck_assert_int_eq(stat(in_home("outside"), &facts), 0);
    ck_assert_uint_eq(facts.st_uid, 0);
    shared_with(&scratch, "nobody", nobody, 0700);
    shared_with(&scratch, "daemon", nobody, 01777);
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove(&scratch);
}
END_TEST

START_TEST(a_kept_one_stays) {
    struct scratch scratch;
    ck_assert_int_eq(scratch_make(&scratch), 0);
    char path[512];
    snprintf(path, sizeof(path), "%s", scratch.path);
    scratch_keep(&scratch);
    ck_assert_ptr_null(scratch.path);
    ck_assert(is_there(path));
    scratch_remove(&scratch); // none: nothing happens
    ck_assert(is_there(path));
}
END_TEST

START_TEST(a_folder_that_cannot_be_made) {
    struct scratch scratch = {0};
    setenv("TMPDIR", in_home("missing"), 1);
    ck_assert_int_eq(scratch_make(&scratch), -ENOENT);
}
END_TEST

START_TEST(without_a_good_TMPDIR_it_is_tmp) {
    static const char *const values[] = {NULL, "", "relative/path"};
    if (values[_i]) setenv("TMPDIR", values[_i], 1);
    else unsetenv("TMPDIR");
    struct scratch scratch;
    ck_assert_int_eq(scratch_make(&scratch), 0);
    ck_assert_int_eq(strncmp(scratch.path, "/tmp/sockdrill-", 15), 0);
    scratch_remove(&scratch);
}
END_TEST

// --- files

static struct scratch folder;

static void find(const char *scenario, const char *name, const char *wanted) {
    struct buffer found = {0};
    bool const is_found = world_find_file(&folder, scenario, name, &found);
    ck_assert_int_eq(is_found, wanted != NULL);
    if (wanted) ck_assert_str_eq(found.data, wanted);
    buffer_fini(&found);
}

START_TEST(the_nearest_file_of_the_name) {
    ck_assert_int_eq(scratch_make(&folder), 0);
    mkdir(in_home("fixtures"), 0755);
    mkdir(in_home("p"), 0755);
    mkdir(in_home("p/q"), 0755);
    mkdir(in_home("p/fixtures"), 0755);
    char scenario[512];
    snprintf(scenario, sizeof(scenario), "%s/p/q/x.drill", home);
    find(scenario, "f", NULL);
    write_text(in_home("fixtures/f"), "");
    find(scenario, "f", in_home("fixtures/f"));
    write_text(in_home("p/fixtures/f"), "");
    find(scenario, "f", in_home("p/fixtures/f"));
    write_text(in_home("p/q/f"), "");
    find(scenario, "f", in_home("p/q/f"));
    char scratch[512];
    snprintf(scratch, sizeof(scratch), "%s/f", folder.path);
    mkdir(scratch, 0755); // a folder is no file
    find(scenario, "f", in_home("p/q/f"));
    rmdir(scratch);
    write_text(scratch, "");
    find(scenario, "f", scratch);
    find(scenario, in_home("fixtures/f"), in_home("fixtures/f"));
    find(scenario, "/no/such/file", NULL);
    scratch_remove(&folder);
    find(scenario, "f", in_home("p/q/f"));
}
END_TEST

START_TEST(a_relative_scenario_looks_above_the_current_folder_too) {
    folder = (struct scratch){0};
    ck_assert_int_eq(chdir(home), 0);
    mkdir("fixtures", 0755);
    mkdir("s", 0755);
    write_text("fixtures/f", "");
    find("s/x.drill", "f", in_home("fixtures/f"));
    find("x.drill", "f", in_home("fixtures/f"));
    ck_assert_int_eq(chdir("s"), 0);
    find("x.drill", "f", in_home("fixtures/f"));
    ck_assert_int_eq(chdir(home), 0);
    write_text("f", "");
    find("x.drill", "f", "f");
    // An absolute one does not care what the current folder is.
    write_text("fixtures/g", "");
    find("/x.drill", "g", NULL);
    find("/usr/x.drill", "g", NULL);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

// --- requirements

static bool lacks(const char *name, const char *program, const char *reason) {
    struct buffer text = {0};
    bool const is_lacking = world_lacks(name, program, &text);
    ck_assert_int_eq(is_lacking, text.len_bytes > 0);
    if (is_lacking && reason) ck_assert_msg(strstr(text.data, reason) != NULL, "%s", text.data);
    buffer_fini(&text);
    return is_lacking;
}

START_TEST(programs) {
    ck_assert(!lacks("program", "sh", NULL));
    ck_assert(!lacks("program", "/bin/sh", NULL));
    ck_assert(lacks("program", "no-such-program", "no-such-program"));
    ck_assert(lacks("program", "/no/such/program", "/no/such/program"));
    ck_assert(lacks("program", ".", NULL)); // a folder can be entered, and is no program
    ck_assert(lacks("program", "/usr", NULL));
    write_text(in_home("tool"), "#!/bin/sh\n");
    setenv("PATH", home, 1);
    ck_assert(lacks("program", "tool", NULL)); // not executable
    chmod(in_home("tool"), 0755);
    ck_assert(!lacks("program", "tool", NULL));
    setenv("PATH", "/nowhere::/usr/bin", 1); // an empty element is the current folder
    ck_assert_int_eq(chdir(home), 0);
    ck_assert(!lacks("program", "tool", NULL));
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert(lacks("program", "tool", NULL));
    unsetenv("PATH");
    ck_assert(!lacks("program", "sh", NULL)); // where a shell without one looks
}

START_TEST(the_path_of_programs) {
    static const struct {
        const char *ours, *theirs;
    } cases[] = {
        {"/opt/bin", "/opt/bin:/usr/local/sbin:/usr/sbin:/sbin"},
        {"/usr/sbin:/opt/bin", "/usr/sbin:/opt/bin:/usr/local/sbin:/sbin"},
        {"/opt/sbin", "/opt/sbin:/usr/local/sbin:/usr/sbin:/sbin"},
        {"/sbin/x:/usr/local/sbin", "/sbin/x:/usr/local/sbin:/usr/sbin:/sbin"},
        {"", "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"},
    };
    struct buffer path = {0};
    setenv("PATH", cases[_i].ours, 1);
    world_program_path(&path);
    ck_assert_str_eq(path.data, cases[_i].theirs);
    buffer_fini(&path);
}
END_TEST

START_TEST(families_and_rights) {
    ck_assert(!lacks("ipv4", NULL, NULL));
    ck_assert(!lacks("unix", NULL, NULL));
    ck_assert_int_eq(lacks("can", NULL, "socket(2) says"), world_family_error(AF_CAN, SOCK_RAW, 1) != 0);
    ck_assert_int_eq(lacks("root", NULL, "root"), geteuid() != 0);
    ck_assert(lacks("no-such-thing", NULL, "no-such-thing"));
    ck_assert_int_eq(world_family_error(AF_INET, SOCK_STREAM, 0), 0);
    ck_assert_int_eq(world_family_error(9999, SOCK_STREAM, 0), -EAFNOSUPPORT);
}
END_TEST

START_TEST(an_ordinary_user_has_no_rights) {
    if (geteuid() != 0) return;
    ck_assert(!lacks("root", NULL, NULL));
    ck_assert_int_eq(setresuid(65534, 65534, 65534), 0); // in this test's own process
    ck_assert(lacks("root", NULL, "requires root"));
    ck_assert(lacks("cap_net_admin", NULL, "cap_net_admin"));
    ck_assert(lacks("cap_net_raw", NULL, "cap_net_raw"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("world");
    TCase *tcase = tcase_create("folders"), *rights = tcase_create("rights");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_scratch_folder_is_new_and_ones_own);
    tcase_add_test(tcase, it_goes_with_all_that_is_in_it_and_nothing_else);
    tcase_add_test(tcase, one_that_is_shared);
    tcase_add_test(tcase, a_kept_one_stays);
    tcase_add_test(tcase, a_folder_that_cannot_be_made);
    tcase_add_loop_test(tcase, without_a_good_TMPDIR_it_is_tmp, 0, 3);
    tcase_add_test(tcase, the_nearest_file_of_the_name);
    tcase_add_test(tcase, a_relative_scenario_looks_above_the_current_folder_too);
    tcase_add_test(tcase, programs);
    tcase_add_loop_test(tcase, the_path_of_programs, 0, 5);
    tcase_add_test(tcase, families_and_rights);
    tcase_add_test(rights, an_ordinary_user_has_no_rights);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, rights);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
