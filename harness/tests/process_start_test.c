// Which programs can be started, and what is told of one that cannot: world/process.h.
#include "process_play.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

// --- users

START_TEST(another_user) {
    const struct passwd *user = getpwnam("nobody");
    ck_assert_ptr_nonnull(user);
    char wanted[128], text[256];
    snprintf(wanted, sizeof wanted, "%u %u / ", user->pw_uid, user->pw_gid);
    struct stage const stage = process_stage(_i);
    struct process_spec spec = {PROCESS_BARE, .user = "nobody"};
    if (geteuid() == 0 || geteuid() == user->pw_uid) { // and as oneself
        struct actor actor = process_play(stage, &spec, "oneself", NULL);
        process_output(&actor, text, sizeof text);
        ck_assert_msg(strncmp(text, wanted, strlen(wanted)) == 0, "'%s', not '%s'", text, wanted);
        ck_assert_int_eq(process_wait(actor.process).exit, 0);
        process_actor_free(&actor);
    }
    if (geteuid() != 0) {
        spec.user = "root";
        spec.arguments = process_as("exit", "0");
        process_no_play(stage, &spec, -EPERM, "the user 'root': setgroups(2) says EPERM; only root's programs may be root");
        snprintf(wanted, sizeof wanted, "%u %u / ", geteuid(), getegid());
        struct process_spec stays = {PROCESS_BARE, .user = "daemon"};
        struct actor actor = process_play(stage, &stays, "oneself", NULL);
        process_output(&actor, text, sizeof text);
        ck_assert_msg(strncmp(text, wanted, strlen(wanted)) == 0, "'%s', not '%s'", text, wanted);
        ck_assert_int_eq(process_wait(actor.process).exit, 0);
        process_actor_free(&actor);
    }
    spec.user = "no-such-user";
    spec.arguments = process_as("exit", "0");
    process_no_play(stage, &spec, -ENOENT, "there is no user 'no-such-user'");
    process_stage_end(stage);
}
END_TEST

// --- programs there are, and are not

static char folder[] = "/var/tmp/sockdrill-process.XXXXXX";

static void write_program(const char *name, const char *text, mode_t mode, char path[128]) {
    snprintf(path, 128, "%s/%s", folder, name);
    play_write(path, text);
    ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(programs_there_are_not) {
    struct stage const stage = process_stage(_i);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char script[128], lost[128], locked[128], variable[160];
    write_program("script", "echo never by a shell\n", 0755, script);
    write_program("lost", "#!/no/such/interpreter\n", 0755, lost);
    write_program("locked", "#!/bin/true\n", 0644, locked);
    snprintf(variable, sizeof variable, "PATH=/no/such:%s:/etc/hosts:", folder);
    const char *const variables[] = {variable, NULL};
    const struct {
        const char *program;
        int error;
        const char *words;
    } cases[] = {
        {"no-such", -ENOENT, "there is no program 'no-such' on PATH, which is /no/such:"},
        {"", -ENOENT, "there is no program ''"},
        {"/no/such", -ENOENT, "'/no/such': execve(2) says ENOENT"},
        {"no/such", -ENOENT, "'no/such': execve(2) says ENOENT; it is seen from where it starts, /: a name without '/' is"},
        {"script", -ENOEXEC, "'script', found on PATH: execve(2) says ENOEXEC; it is no program"},
        {script, -ENOEXEC, "execve(2) says ENOEXEC"},
        {lost, -ENOENT, "says ENOENT; what it is to be run by is not there"},
        {locked, -EACCES, "execve(2) says EACCES"},
        {"locked", -EACCES, "'locked', found on PATH: execve(2) says EACCES"},
        {"/", -EACCES, "'/': execve(2) says EACCES"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const arguments[] = {cases[i].program, NULL};
        process_no_play(stage,
                        &(struct process_spec){.arguments = arguments, .environment = variables, .stdio = {-1, -1, -1}},
                        cases[i].error, cases[i].words);
    }
    // Seen from where it would start.
    static const char *const relative[] = {"./lost", NULL};
    process_no_play(stage,
                    &(struct process_spec){
                        .arguments = relative, .environment = variables, .folder = folder, .stdio = {-1, -1, -1}},
                    -ENOENT, "'./lost': execve(2) says ENOENT; what it is to be run by is not there");
    ck_assert_int_eq(unlink(script) + unlink(lost) + unlink(locked) + rmdir(folder), 0);
    process_stage_end(stage);
}
END_TEST

START_TEST(programs_on_its_own_path) {
    struct stage const stage = process_stage(_i);
    static const char *const arguments[] = {"true", NULL};
    static const char *const somewhere[] = {"PATH=/no/such:/bin", NULL}, *const nowhere[] = {"PATH=/no/such", NULL};
    struct process_spec spec = {PROCESS_BARE, .arguments = arguments}; // without a PATH: the system's
    for (int i = 0; i < 2; i++) {
        struct actor actor = process_play(stage, &spec, NULL, NULL);
        ck_assert_int_eq(process_wait(actor.process).exit, 0);
        process_actor_free(&actor);
        spec.environment = somewhere;
    }
    spec.environment = nowhere;
    process_no_play(stage, &spec, -ENOENT, "there is no program 'true' on PATH, which is /no/such");
    process_stage_end(stage);
}
END_TEST

// --- what the machine may not allow

START_TEST(no_more_namespaces) {
    play_as(_i);
    play_own_limits();
    struct stage const stage = process_stage(2 * AS_ONESELF + 1);
    play_write("/proc/sys/user/max_pid_namespaces", "0");
    struct process_spec const spec = {PROCESS_BARE, .arguments = process_as("exit", "0")};
    process_no_play(stage, &spec, -ENOSPC,
                    "clone3(CLONE_NEWPID | CLONE_NEWIPC) says ENOSPC; user.max_pid_namespaces is 0");
    process_stage_end(stage);
}
END_TEST

// As in a container: a user namespace gets no /proc that hides less than the one it was made with.
START_TEST(a_proc_with_hidden_parts) {
    play_own_machine();
    ck_assert_int_eq(mount("none", "/proc/bus", "tmpfs", 0, NULL), 0);
    play_as(AS_USER);
    struct stage const stage = process_stage(2 * AS_ONESELF + 1);
    struct process_spec const spec = {PROCESS_BARE, .arguments = process_as("exit", "0")};
    process_no_play(stage, &spec, -ENOTSUP,
                    "mount(2) of a /proc of the world's own says EPERM; parts of this container's /proc are hidden");
    process_stage_end(stage);
}
END_TEST

START_TEST(a_process_that_was_not_prepared) {
    struct process_spec const spec = {PROCESS_BARE, .arguments = process_as("exit", "0")};
    struct stage stage = {0};
    process_no_play(stage, &spec, -EINVAL, "has not been prepared for programs");
    process_end();
    stage = process_stage(0);
    ck_assert_int_eq(process_begin(), -EALREADY);
    stage.world = play_world(&(struct world_spec){0});
    process_no_play(stage, &spec, -EINVAL, "must have names");
    process_stage_end(stage);
}
END_TEST

int main(int argc, char **argv) {
    process_role(argc, argv);
    Suite *suite = suite_create("process_start");
    TCase *tcase = tcase_create("programs");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, another_user, 0, process_case_count());
    tcase_add_loop_test(tcase, programs_there_are_not, 0, process_case_count());
    tcase_add_loop_test(tcase, programs_on_its_own_path, 0, process_case_count());
    tcase_add_test(tcase, a_process_that_was_not_prepared);
    if (play_who_count() == 2) tcase_add_loop_test(tcase, no_more_namespaces, 0, 2);
    if (play_who_count() == 2 && geteuid() == 0) tcase_add_test(tcase, a_proc_with_hidden_parts);
    suite_add_tcase(suite, tcase);
    return play_suite(suite);
}
