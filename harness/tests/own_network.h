// A network of a test's own: the calling process leaves the one that it began with.
#ifndef SOCKDRILL_TESTS_OWN_NETWORK_H
#define SOCKDRILL_TESTS_OWN_NETWORK_H

#include "world/fault.h"

#include <check.h>
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AS_WE_ARE, AS_ORDINARY_USER };

// As how many of these loop tests run, once as each: an ordinary user needs a user namespace, which a machine may forbid, and
// under ThreadSanitizer, which has a thread of its own, no process gets one.
static inline int user_count(void) {
    pid_t const child = fork();
    if (child == 0) {
        bool const is_ordinary = geteuid() != 0 || setresuid(65534, 65534, 65534) == 0;
        _exit(is_ordinary && unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : 1);
    }
    int status = 0;
    bool const may = child > 0 && waitpid(child, &status, 0) == child && status == 0;
    return may ? AS_ORDINARY_USER + 1 : AS_WE_ARE + 1;
}

static inline void enter_own_network(int user) {
    uid_t const nobody = 65534;
    fault_spare_own_network();
    if (user == AS_ORDINARY_USER && geteuid() == 0) {
        ck_assert_int_eq(setresgid(nobody, nobody, nobody), 0);
        ck_assert_int_eq(setresuid(nobody, nobody, nobody), 0);
    }
    int const flags = geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET;
    ck_assert_msg(unshare(flags) == 0, "unshare(2): %s", strerrorname_np(errno));
}

// What it may do there is over.
static inline void drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    ck_assert_int_eq(syscall(SYS_capset, &header, none), 0);
}

#endif
