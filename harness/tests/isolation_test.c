// Worlds: that each has its own network, and nothing of the machine's: world/isolation.h.
#include "world_play.h"

#include "base/address.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ENTER(world) ck_assert_int_eq(world_enter(world), 0)

static void prepare(int who) {
    struct buffer reason = {0};
    play_as(who);
    ck_assert_msg(world_prepare(&reason), "%s", reason.data);
    ck_assert_uint_eq(reason.len_bytes, 0);
}

static const struct world_spec bare = {0};

// --- apart from each other

START_TEST(one_port_in_two_worlds_at_once) {
    prepare(_i);
    struct world *worlds[2];
    int listeners[2];
    for (int i = 0; i < 2; i++) {
        worlds[i] = play_world(&bare);
        ENTER(worlds[i]);
        listeners[i] = play_listen("127.0.0.1:4400");
        ck_assert_int_ge(listeners[i], 0);
        ck_assert_int_eq(play_listen("127.0.0.1:4400"), -EADDRINUSE);
        ENTER(NULL);
    }
    ENTER(worlds[1]);
    ck_assert_int_eq(play_connect("127.0.0.1:4400"), 0);
    ENTER(NULL);
    ck_assert_int_ge(accept4(listeners[1], NULL, NULL, SOCK_NONBLOCK), 0);
    ck_assert_int_eq(fcntl(listeners[0], F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(accept(listeners[0], NULL, NULL), -1);
    ck_assert_int_eq(errno, EAGAIN);
    for (int i = 0; i < 2; i++) world_free(worlds[i]);
}
END_TEST

START_TEST(one_abstract_name_in_two_worlds_at_once) {
    prepare(_i);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0sockdrill-test"};
    socklen_t const len = offsetof(struct sockaddr_un, sun_path) + sizeof "\0sockdrill-test" - 1;
    for (int i = 0; i < 2; i++) {
        struct world *world = play_world(&bare);
        ENTER(world);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0), again = socket(AF_UNIX, SOCK_STREAM, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
        ck_assert_int_eq(bind(again, (struct sockaddr *)&address, len), -1);
        ck_assert_int_eq(errno, EADDRINUSE);
        ENTER(NULL);
        world_free(world); // it lives on in its sockets
    }
}
END_TEST

START_TEST(nothing_leaves) {
    prepare(_i);
    struct world *world = play_world(&bare);
    ENTER(world);
    ck_assert_int_eq(play_connect("203.0.113.1:80"), -ENETUNREACH);
    ck_assert_int_eq(play_connect("[2001:db8::1]:80"), -ENETUNREACH);
    ck_assert_int_eq(play_connect("127.0.0.1:80"), -ECONNREFUSED);
    ck_assert_int_eq(play_connect("[::1]:80"), -ECONNREFUSED);
    ENTER(NULL);
    world_free(world);
}
END_TEST

// --- what a scenario says of it

START_TEST(addresses_are_usable_at_once_and_nobody_elses) {
    prepare(_i);
    struct address const addresses[] = {play_address("192.168.0.114"), play_address("2001:db8::1"), play_address("::1"),
                                        play_address("127.0.0.1")};
    struct world *world = play_world(&(struct world_spec){.addresses = addresses, .address_count = 4});
    struct world *other = play_world(&bare);
    ENTER(world);
    int listeners[] = {play_listen("192.168.0.114:80"), play_listen("[2001:db8::1]:443")};
    ck_assert_int_ge(listeners[0], 0);
    ck_assert_int_ge(listeners[1], 0);
    ck_assert_int_eq(play_connect("192.168.0.114:80"), 0);
    ck_assert_int_eq(play_connect("[2001:db8::1]:443"), 0);
    ENTER(other);
    ck_assert_int_eq(play_listen("192.168.0.114:80"), -EADDRNOTAVAIL);
    ck_assert_int_eq(play_listen("[2001:db8::1]:443"), -EADDRNOTAVAIL);
    ENTER(NULL);
    world_free(world);
    world_free(other);
}
END_TEST

// The kernel says of an IPv6 address that it is there a moment before it is: once in fourteen worlds a connection found it missing.
START_TEST(addresses_are_not_just_soon_there) {
    prepare(_i);
    struct address const address = play_address("2001:db8::1");
    for (int i = 0; i < 100; i++) {
        struct world *world = play_world(&(struct world_spec){.addresses = &address, .address_count = 1});
        ENTER(world);
        ck_assert_int_eq(play_connect("[2001:db8::1]:80"), -ECONNREFUSED);
        ENTER(NULL);
        world_free(world);
    }
}
END_TEST

START_TEST(an_address_that_none_can_have) {
    prepare(_i);
    struct address const address = play_address("ff02::1");
    play_no_world(&(struct world_spec){.addresses = &address, .address_count = 1}, WORLD_FAILED,
                  "address ff02::1: rtnetlink(7) says EADDRNOTAVAIL");
}
END_TEST

START_TEST(routes_refuse_as_they_say) {
    prepare(_i);
    struct world_route const routes[] = {
        {play_address("203.0.113.1"), 32, ROUTE_UNREACHABLE},
        {play_address("203.0.113.2"), 32, ROUTE_BLACKHOLE},
        {play_address("203.0.113.4"), 30, ROUTE_PROHIBIT},
        {play_address("2001:db8::9"), 128, ROUTE_PROHIBIT},
    };
    struct world *world = play_world(&(struct world_spec){.routes = routes, .route_count = 4});
    ENTER(world);
    ck_assert_int_eq(play_connect("203.0.113.1:80"), -EHOSTUNREACH);
    ck_assert_int_eq(play_connect("203.0.113.2:80"), -EINVAL);
    ck_assert_int_eq(play_connect("203.0.113.7:80"), -EACCES);
    ck_assert_int_eq(play_connect("[2001:db8::9]:80"), -EACCES);
    ck_assert_int_eq(play_connect("203.0.113.3:80"), -ENETUNREACH);
    ENTER(NULL);
    world_free(world);
    struct world_route const wrong = {play_address("203.0.113.1"), 24, ROUTE_BLACKHOLE};
    play_no_world(&(struct world_spec){.routes = &wrong, .route_count = 1}, WORLD_FAILED,
                  "route 203.0.113.1/24: rtnetlink(7) says EINVAL");
}
END_TEST

static void read_setting(const char *path, char text[64]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, 63);
    ck_assert_msg(len > 0, "%s: %s", path, strerror(errno));
    text[len] = '\0';
    close(fd);
}

START_TEST(settings_are_the_worlds_own) {
    static const char retries[] = "/proc/sys/net/ipv4/tcp_syn_retries", memory[] = "/proc/sys/net/ipv4/tcp_wmem";
    prepare(_i);
    char before[64], text[64];
    read_setting(retries, before);
    ck_assert_str_ne(before, "3\n");
    static const struct world_sysctl sysctls[] = {{"net.ipv4.tcp_syn_retries", "3"},
                                                  {"net.ipv4.tcp_wmem", "4096 16384 65536"}};
    struct world *world = play_world(&(struct world_spec){.sysctls = sysctls, .sysctl_count = 2});
    read_setting(retries, text);
    ck_assert_str_eq(text, before);
    ENTER(world);
    read_setting(retries, text);
    ck_assert_str_eq(text, "3\n");
    read_setting(memory, text);
    ck_assert_str_eq(text, "4096\t16384\t65536\n");
    read_setting("/proc/sys/net/ipv4/tcp_max_syn_backlog",
                 text); // as on a machine, though its table of sockets is small
    ck_assert_str_eq(text, "4096\n");
    ENTER(NULL);
    world_free(world);
}
END_TEST

static const struct {
    struct world_sysctl sysctl;
    const char *words;
} wrong_settings[] = {
    {{"net.ipv4.tcp_no_such_thing", "1"}, "a world has no setting net.ipv4.tcp_no_such_thing: open(2) says ENOENT"},
    {{"net.ipv4.tcp_syn_retries", "many"}, "net.ipv4.tcp_syn_retries does not take the value 'many': write(2) says EINVAL"},
    {{"kernel.hostname", "x"}, "sysctl kernel.hostname: a world has those below net. alone"},
    {{"net.//.kernel.sysrq", "0"}, "open(2) says EINVAL"}, // /proc/sys/net/../kernel/sysrq
    {{"net./../kernel/sysrq", "0"}, "open(2) says"},
};

START_TEST(settings_that_a_world_has_not) {
    prepare(AS_ONESELF);
    play_no_world(&(struct world_spec){.sysctls = &wrong_settings[_i].sysctl, .sysctl_count = 1}, WORLD_FAILED,
                  wrong_settings[_i].words);
}
END_TEST

START_TEST(interfaces) {
    prepare(_i);
    static const struct world_interface none = {"x0", "no-such-kind"}, bad = {"a-name-that-is-too-long", "bridge"};
    play_no_world(&(struct world_spec){.interfaces = &none, .interface_count = 1}, WORLD_LACKS,
                  "interface x0 of kind no-such-kind: rtnetlink(7) says EOPNOTSUPP");
    play_no_world(&(struct world_spec){.interfaces = &bad, .interface_count = 1}, WORLD_FAILED,
                  "interface a-name-that-is");
    static const struct world_interface bridge = {"bridge7", "bridge"};
    struct buffer trouble = {0};
    struct world *world;
    enum world_outcome const outcome =
        world_make(&(struct world_spec){.interfaces = &bridge, .interface_count = 1}, &world, &trouble);
    ck_assert_int_eq(if_nametoindex("bridge7"), 0);
    if (outcome == WORLD_LACKS) return; // a kernel without bridges
    ck_assert_msg(outcome == WORLD_MADE, "%s", trouble.data);
    ENTER(world);
    ck_assert_int_ne(if_nametoindex("bridge7"), 0);
    ENTER(NULL);
    world_free(world);
}
END_TEST

// --- coming back

struct whereabouts {
    ino_t net, mnt, uts, root;
    char folder[PATH_MAX], hostname[HOST_NAME_MAX + 1];
};

static ino_t inode(const char *path) {
    struct stat facts;
    ck_assert_int_eq(stat(path, &facts), 0);
    return facts.st_ino;
}

static struct whereabouts look_around(void) {
    struct whereabouts here = {inode("/proc/thread-self/ns/net"),
                               inode("/proc/thread-self/ns/mnt"),
                               inode("/proc/thread-self/ns/uts"),
                               inode("/"),
                               "",
                               ""};
    ck_assert_ptr_nonnull(getcwd(here.folder, sizeof here.folder));
    gethostname(here.hostname, sizeof here.hostname);
    return here;
}

static void check_same(const struct whereabouts *a, const struct whereabouts *b) {
    ck_assert(a->net == b->net && a->mnt == b->mnt && a->uts == b->uts && a->root == b->root);
    ck_assert_str_eq(a->folder, b->folder);
    ck_assert_str_eq(a->hostname, b->hostname);
}

static const char *const names[] = {"DESKTOP"};

START_TEST(a_thread_is_where_it_was) {
    prepare(_i);
    char folder[] = "/tmp/sockdrill-isolation.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    struct whereabouts const before = look_around();
    uint32_t const fds = play_open_fds();
    struct world_spec const spec = {.has_names = true, .hostname = names[0]};
    struct world *world = play_world(&spec);
    uint32_t const mother_fds = play_open_fds() - fds - 4; // those that all worlds share
    struct whereabouts here = look_around();
    check_same(&here, &before);
    ENTER(world);
    ck_assert_int_eq(world_enter_names(world), 0);
    struct whereabouts const inside = look_around();
    ck_assert(inside.net != before.net && inside.mnt != before.mnt && inside.uts != before.uts);
    ck_assert_str_eq(inside.folder, folder);
    ck_assert_str_eq(inside.hostname, "DESKTOP");
    ck_assert_int_eq(access(folder, W_OK), 0); // not hidden behind what was mounted there for a while
    world_leave_names(world);
    ENTER(NULL);
    here = look_around();
    check_same(&here, &before);
    world_free(world);
    ck_assert_uint_eq(play_open_fds(), fds + mother_fds);
    static const struct world_sysctl wrong = {"net.nothing", "1"};
    play_no_world(&(struct world_spec){.has_names = true, .sysctls = &wrong, .sysctl_count = 1}, WORLD_FAILED,
                  "ENOENT");
    here = look_around();
    check_same(&here, &before);
    ck_assert_uint_eq(play_open_fds(), fds + mother_fds);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(a_folder_that_is_gone_is_no_trouble) {
    prepare(_i);
    char folder[] = "/tmp/sockdrill-isolation.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    struct world *world = play_world(&(struct world_spec){.has_names = true});
    ck_assert_int_eq(world_enter_names(world), 0);
    char path[PATH_MAX];
    ck_assert_str_eq(getcwd(path, sizeof path), "/");
    world_leave_names(world);
    ck_assert_ptr_null(getcwd(path, sizeof path));
    ck_assert_int_eq(errno, ENOENT);
    world_free(world);
}
END_TEST

START_TEST(without_names_there_is_nothing_to_enter) {
    prepare(_i);
    struct world *world = play_world(&bare);
    struct whereabouts const before = look_around();
    ck_assert_int_eq(world_enter_names(world), 0);
    ck_assert_int_eq(world_enter_names(NULL), 0);
    struct whereabouts const here = look_around();
    check_same(&here, &before);
    world_leave_names(world);
    world_leave_names(NULL);
    world_free(world);
    world_free(NULL);
}
END_TEST

START_TEST(a_process_that_was_not_prepared) {
    ENTER(NULL);
    play_no_world(&bare, WORLD_LACKS, "not been prepared");
    ck_assert_int_eq(world_supply_begin(1, false, NULL), -EINVAL);
    world_supply_end();
}
END_TEST

// --- ahead of need, and side by side

enum { WORLDS_EACH = 40 };

static void *play_worlds(void *has_names) {
    struct world_spec const spec = {.has_names = has_names != NULL, .hostname = "here"};
    for (int i = 0; i < WORLDS_EACH; i++) {
        struct world *world = play_world(&spec);
        ENTER(world);
        int fd = play_listen("127.0.0.1:4400");
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(play_connect("127.0.0.1:4400"), 0);
        close(fd);
        ENTER(NULL);
        world_free(world);
    }
    return NULL;
}

START_TEST(a_supply_for_many_threads) {
    prepare(_i);
    play_worlds(&_i); // what is opened but once is open
    uint32_t const fds = play_open_fds();
    ck_assert_int_eq(world_supply_begin(3, true, NULL), 0);
    ck_assert_int_eq(world_supply_begin(3, true, NULL), -EINVAL); // one is enough
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, play_worlds, i == 3 ? NULL : (void *)threads), 0);
    for (int i = 0; i < 4; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    world_supply_end();
    world_supply_end();
    ck_assert_uint_eq(play_open_fds(), fds);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("isolation");
    TCase *tcase = tcase_create("worlds");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, one_port_in_two_worlds_at_once, 0, play_who_count());
    tcase_add_loop_test(tcase, one_abstract_name_in_two_worlds_at_once, 0, play_who_count());
    tcase_add_loop_test(tcase, nothing_leaves, 0, play_who_count());
    tcase_add_loop_test(tcase, addresses_are_usable_at_once_and_nobody_elses, 0, play_who_count());
    tcase_add_loop_test(tcase, addresses_are_not_just_soon_there, 0, play_who_count());
    tcase_add_loop_test(tcase, an_address_that_none_can_have, 0, play_who_count());
    tcase_add_loop_test(tcase, routes_refuse_as_they_say, 0, play_who_count());
    tcase_add_loop_test(tcase, settings_are_the_worlds_own, 0, play_who_count());
    tcase_add_loop_test(tcase, settings_that_a_world_has_not, 0, sizeof wrong_settings / sizeof *wrong_settings);
    tcase_add_loop_test(tcase, interfaces, 0, play_who_count());
    tcase_add_loop_test(tcase, a_thread_is_where_it_was, 0, play_who_count());
    tcase_add_loop_test(tcase, a_folder_that_is_gone_is_no_trouble, 0, play_who_count());
    tcase_add_loop_test(tcase, without_names_there_is_nothing_to_enter, 0, play_who_count());
    tcase_add_test(tcase, a_process_that_was_not_prepared);
    tcase_add_loop_test(tcase, a_supply_for_many_threads, 0, play_who_count());
    suite_add_tcase(suite, tcase);
    return play_suite(suite);
}
