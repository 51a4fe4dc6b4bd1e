// A network of a test's own: the calling process leaves the one that it began with.
#ifndef SOCKDRILL_TESTS_OWN_NETWORK_H
#define SOCKDRILL_TESTS_OWN_NETWORK_H

#include <check.h>
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Loop tests run once as each. ThreadSanitizer has a thread of its own, and with two no process gets a user namespace.
#ifdef __SANITIZE_THREAD__
enum { AS_WE_ARE, USER_COUNT, AS_ORDINARY_USER };
#else
enum { AS_WE_ARE, AS_ORDINARY_USER, USER_COUNT };
#endif

static inline void enter_own_network(int user) {
    uid_t const nobody = 65534;
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
