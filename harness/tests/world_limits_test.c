// Where the machine forbids worlds, or has no room for one more: the words that say which rule or limit it is.
#include "world_play.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// All but this one; CAP_LAST_CAP + 1: all.
static void drop_capabilities_but(unsigned kept) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    if (kept <= CAP_LAST_CAP) sets[kept / 32].effective = sets[kept / 32].permitted = 1u << (kept % 32);
    ck_assert_int_eq(syscall(SYS_capset, &header, sets), 0);
    ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0); // or its own /proc files were not its own
}

static ino_t inode(const char *path) {
    struct stat facts;
    ck_assert_int_eq(stat(path, &facts), 0);
    return facts.st_ino;
}

// That there are no worlds, for a reason with these words in it; and that the process is where it was.
static void check_forbidden(const char *const *words) {
    static const char *const places[] = {"/proc/self/ns/user", "/proc/self/ns/net", "/proc/self/ns/mnt",
                                         "/proc/self/ns/uts"};
    ino_t before[4];
    for (int i = 0; i < 4; i++) before[i] = inode(places[i]);
    uint32_t const fds = play_open_fds();
    for (int call = 0; call < 2; call++) { // the second answers as the first
        struct buffer reason = {0};
        ck_assert(!world_prepare(&reason));
        ck_assert_ptr_nonnull(reason.data);
        for (const char *const *word = words; *word; word++)
            ck_assert_msg(strstr(reason.data, *word) != NULL, "'%s' is not in '%s'", *word, reason.data);
        buffer_fini(&reason);
    }
    ck_assert(!world_prepare(NULL));
    for (int i = 0; i < 4; i++) ck_assert(inode(places[i]) == before[i]);
    ck_assert_uint_eq(play_open_fds(), fds);
    play_no_world(&(struct world_spec){0}, WORLD_LACKS, "not been prepared");
}

START_TEST(no_user_namespaces) {
    play_as(_i);
    play_own_limits();
    play_write("/proc/sys/user/max_user_namespaces", "0");
    drop_capabilities_but(CAP_LAST_CAP + 1);
    static const char *const words[] = {"unshare(CLONE_NEWUSER) says ENOSPC", "; user.max_user_namespaces is 0",
                                        "`sysctl -w user.max_user_namespaces=15000` allows it", NULL};
    check_forbidden(words);
}
END_TEST

START_TEST(no_network_namespaces) {
    play_as(_i);
    play_own_limits();
    play_write("/proc/sys/user/max_net_namespaces", "0");
    static const char *const words[] = {"unshare(CLONE_NEWNET) says ENOSPC", "; user.max_net_namespaces is 0", NULL};
    check_forbidden(words);
}
END_TEST

// As a container's filter has it: nobody makes namespaces.
static void forbid_namespaces(void) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog const program = {.len = sizeof rules / sizeof *rules, .filter = rules};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

START_TEST(a_filter_on_the_system_call) {
    play_as(_i);
    forbid_namespaces();
    static const char *const words[] = {"unshare(CLONE_NEWUSER) says EPERM", "seccomp filter",
                                        "--security-opt seccomp=unconfined", NULL};
    check_forbidden(words);
}
END_TEST

START_TEST(an_ordinary_user_in_a_chroot) {
    if (geteuid() != 0) return;
    play_own_machine();
    ck_assert_int_eq(mount("/", "/mnt", NULL, MS_BIND | MS_REC, NULL), 0);
    ck_assert_int_eq(chroot("/mnt"), 0);
    ck_assert_int_eq(chdir("/"), 0);
    play_as(AS_USER);
    static const char *const words[] = {"unshare(CLONE_NEWUSER) says EPERM; in a chroot(2)", NULL};
    check_forbidden(words);
}
END_TEST

// Its threads come back to where it was, and not to the root of all.
START_TEST(root_in_a_chroot) {
    if (geteuid() != 0) return;
    play_own_machine();
    ck_assert_int_eq(mount("/", "/mnt", NULL, MS_BIND | MS_REC, NULL), 0);
    ck_assert_int_eq(mount("none", "/mnt/mnt", "tmpfs", 0, NULL), 0);
    play_write("/mnt/mnt/inner", "");
    ck_assert_int_eq(chroot("/mnt"), 0);
    ck_assert_int_eq(chdir("/mnt"), 0);
    struct buffer reason = {0};
    ck_assert_msg(world_prepare(&reason), "%s", reason.data);
    for (int i = 0; i < 2; i++) {
        struct world *world = play_world(&(struct world_spec){.has_names = true});
        ck_assert_int_eq(access("/mnt/inner", F_OK), 0);
        ck_assert_int_eq(access("inner", F_OK), 0);
        ck_assert_int_eq(world_enter_names(world), 0);
        ck_assert_int_eq(access("/mnt/inner", F_OK), 0);
        ck_assert_int_eq(access("inner", F_OK), 0);
        world_leave_names(world);
        ck_assert_int_eq(access("/mnt/inner", F_OK), 0);
        ck_assert_int_eq(access("inner", F_OK), 0);
        world_free(world);
    }
}
END_TEST

START_TEST(root_without_rights_gets_a_user_namespace) {
    if (geteuid() != 0) return;
    drop_capabilities_but(CAP_SETFCAP); // which containers leave to theirs
    struct buffer reason = {0};
    uid_t const user = geteuid();
    ino_t const before = inode("/proc/self/ns/user");
    ck_assert_msg(world_prepare(&reason), "%s", reason.data);
    ck_assert(inode("/proc/self/ns/user") != before);
    ck_assert_uint_eq(geteuid(), user);
    ck_assert_uint_eq(getuid(), user);
    world_free(play_world(&(struct world_spec){.has_names = true}));
}
END_TEST

START_TEST(root_without_any_right) {
    if (geteuid() != 0) return;
    drop_capabilities_but(CAP_LAST_CAP + 1);
    static const char *const words[] = {"write(/proc/self/uid_map) says EPERM; root needs CAP_SETFCAP", NULL};
    check_forbidden(words);
}
END_TEST

START_TEST(rights_in_somebody_elses_network) {
    play_as(AS_USER);
    play_own_limits(); // but for its network
    ino_t const before = inode("/proc/self/ns/user");
    struct buffer reason = {0};
    ck_assert_msg(world_prepare(&reason), "%s", reason.data);
    ck_assert(inode("/proc/self/ns/user") == before); // it has all rights here
    ck_assert_int_eq(world_enter(NULL), 0);
    world_free(play_world(&(struct world_spec){.has_names = true}));
}
END_TEST

// --- no room for one more

enum { WORLDS_MAX = 3 };

static void prepare_few(void) {
    play_own_limits();
    char text[16];
    snprintf(text, sizeof text, "%d", WORLDS_MAX + 1); // home is one
    play_write("/proc/sys/user/max_net_namespaces", text);
    struct buffer reason = {0};
    ck_assert_msg(world_prepare(&reason), "%s", reason.data);
}

START_TEST(a_world_too_many) {
    play_as(_i);
    prepare_few();
    struct world_spec const spec = {0};
    struct world *worlds[WORLDS_MAX];
    for (int i = 0; i < WORLDS_MAX; i++) worlds[i] = play_world(&spec);
    ino_t const before = inode("/proc/thread-self/ns/net");
    play_no_world(&spec, WORLD_FAILED, "unshare(CLONE_NEWNET) says ENOSPC; user.max_net_namespaces is 4");
    ck_assert(inode("/proc/thread-self/ns/net") == before);
    for (int i = 0; i < WORLDS_MAX; i++) world_free(worlds[i]);
}
END_TEST

START_TEST(one_that_is_being_taken_down_is_waited_for) {
    play_as(_i);
    prepare_few();
    struct world_spec const spec = {.has_names = true};
    struct world *worlds[WORLDS_MAX];
    for (int i = 0; i < WORLDS_MAX; i++) worlds[i] = play_world(&spec);
    for (int round = 0; round < 20; round++) {
        world_free(worlds[round % WORLDS_MAX]);
        worlds[round % WORLDS_MAX] = play_world(&spec);
    }
    for (int i = 0; i < WORLDS_MAX; i++) world_free(worlds[i]);
}
END_TEST

START_TEST(a_supply_that_finds_no_room_goes_without) {
    play_as(_i);
    prepare_few();
    struct world_spec const spec = {0};
    struct world *worlds[WORLDS_MAX];
    for (int i = 0; i < WORLDS_MAX; i++) worlds[i] = play_world(&spec);
    ck_assert_int_eq(world_supply_begin(2, false, NULL), 0);
    for (int round = 0; round < 20; round++) {
        world_free(worlds[round % WORLDS_MAX]);
        worlds[round % WORLDS_MAX] = play_world(&spec);
    }
    world_supply_end();
    for (int i = 0; i < WORLDS_MAX; i++) world_free(worlds[i]);
}
END_TEST

START_TEST(no_descriptor_left) {
    struct buffer reason = {0};
    ck_assert_msg(world_prepare(&reason), "%s", reason.data);
    struct world_spec const spec = {.has_names = _i == 1};
    world_free(play_world(&spec)); // what all share is there
    ino_t const net = inode("/proc/thread-self/ns/net"), mnt = inode("/proc/thread-self/ns/mnt");
    uint32_t const fds = play_open_fds();
    int last = dup(STDIN_FILENO); // the lowest that is free
    ck_assert_int_ge(last, 0);
    close(last);
    for (int more = 0; more < (_i == 1 ? 6 : 1); more++) { // each of them in turn is the one too many
        struct rlimit limit = {(rlim_t)(last + more), 4096};
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        struct world *world = NULL;
        struct buffer trouble = {0};
        enum world_outcome const outcome = world_make(&spec, &world, &trouble);
        ck_assert_int_eq(outcome, WORLD_FAILED);
        char words[64];
        snprintf(words, sizeof words, "says EMFILE; RLIMIT_NOFILE is %d", last + more);
        ck_assert_msg(strstr(trouble.data, words) != NULL, "%s", trouble.data);
        buffer_fini(&trouble);
        limit.rlim_cur = 1024;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert(inode("/proc/thread-self/ns/net") == net && inode("/proc/thread-self/ns/mnt") == mnt);
        ck_assert_uint_eq(play_open_fds(), fds);
    }
    world_free(play_world(&spec));
}
END_TEST

START_TEST(mounts_that_are_refused) {
    struct buffer reason = {0};
    ck_assert_msg(world_prepare(&reason), "%s", reason.data);
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog const program = {.len = sizeof rules / sizeof *rules, .filter = rules};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
    ino_t const mnt = inode("/proc/thread-self/ns/mnt");
    play_no_world(&(struct world_spec){.has_names = true}, WORLD_LACKS, "mount(MS_PRIVATE) on / says EACCES");
    ck_assert(inode("/proc/thread-self/ns/mnt") == mnt);
    world_free(play_world(&(struct world_spec){0})); // one without names needs none
}
END_TEST

int main(void) {
    Suite *suite = suite_create("world limits");
    TCase *forbidden = tcase_create("forbidden"), *full = tcase_create("full");
    tcase_set_timeout(full, 60);
    tcase_add_loop_test(forbidden, a_filter_on_the_system_call, 0, play_who_count());
    tcase_add_test(forbidden, root_in_a_chroot);
    if (play_who_count() > 1) {
        tcase_add_test(forbidden, an_ordinary_user_in_a_chroot);
        tcase_add_loop_test(forbidden, no_user_namespaces, 0, play_who_count());
        tcase_add_loop_test(forbidden, no_network_namespaces, 0, play_who_count());
        tcase_add_test(forbidden, root_without_rights_gets_a_user_namespace);
        tcase_add_test(forbidden, root_without_any_right);
        tcase_add_test(forbidden, rights_in_somebody_elses_network);
        tcase_add_loop_test(full, a_world_too_many, 0, play_who_count());
        tcase_add_loop_test(full, one_that_is_being_taken_down_is_waited_for, 0, play_who_count());
        tcase_add_loop_test(full, a_supply_that_finds_no_room_goes_without, 0, play_who_count());
    }
    tcase_add_loop_test(full, no_descriptor_left, 0, 2);
    tcase_add_test(full, mounts_that_are_refused);
    suite_add_tcase(suite, forbidden);
    suite_add_tcase(suite, full);
    return play_suite(suite);
}
