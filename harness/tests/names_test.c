// Names that a world gives: world/names.h, and what programs in it see of them.
#include "world/names.h"
#include "world_play.h"

#include "base/address.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void prepare(void) {
    struct buffer reason = {0};
    ck_assert_msg(world_prepare(&reason), "%s", reason.data);
}

// "NAME (ALIAS ...) ADDRESS ..." or the error's name.
static const char *resolved(const struct world *world, const char *name, struct buffer *text) {
    struct arena arena = {0};
    struct host_entry entry;
    buffer_clear(text);
    int const error = world_resolve(world, name, &arena, &entry);
    if (error) {
        buffer_text(text, error == HOST_NOT_FOUND ? "HOST_NOT_FOUND" : hstrerror(error));
    } else {
        buffer_printf(text, "%s (", entry.name);
        for (uint32_t i = 0; i < entry.alias_count; i++) buffer_printf(text, i ? " %s" : "%s", entry.aliases[i]);
        buffer_text(text, ")");
        char address[ADDRESS_TEXT_BYTES];
        for (uint32_t i = 0; i < entry.address_count; i++)
            buffer_printf(text, " %s", address_host(&entry.addresses[i], address));
    }
    arena_fini(&arena);
    return text->data;
}

static void check_resolves(const struct world *world, const char *name, const char *wanted) {
    struct buffer text = {0};
    ck_assert_str_eq(resolved(world, name, &text), wanted);
    buffer_fini(&text);
}

// The notebook's.
static const char *desktop_names[] = {"DESKTOP-J5V9ICO"};
static const char *gnu_names[] = {"gnu.org", "www.gnu.org", "ftp.gnu.org"};
static const char *six_names[] = {"six.test"};
static struct address desktop_addresses[2], gnu_addresses[1], six_addresses[1];
static const struct world_host hosts[] = {
    {desktop_names, 1, desktop_addresses, 2}, {gnu_names, 3, gnu_addresses, 1}, {six_names, 1, six_addresses, 1}};
static const struct world_spec spec = {
    .has_names = true, .hostname = "DESKTOP-J5V9ICO", .hosts = hosts, .host_count = 3};

static void fill_addresses(void) {
    desktop_addresses[0] = play_address("192.168.56.1");
    desktop_addresses[1] = play_address("192.168.0.114");
    gnu_addresses[0] = play_address("209.51.188.116");
    six_addresses[0] = play_address("2001:db8::6");
}

static void check_notebook(const struct world *world) {
    check_resolves(world, "DESKTOP-J5V9ICO", "DESKTOP-J5V9ICO () 192.168.56.1 192.168.0.114");
    check_resolves(world, "gnu.org", "gnu.org (www.gnu.org ftp.gnu.org) 209.51.188.116");
    check_resolves(world, "WWW.GNU.ORG", "gnu.org (www.gnu.org ftp.gnu.org) 209.51.188.116");
    check_resolves(world, "192.0.2.7", "192.0.2.7 () 192.0.2.7");
    check_resolves(world, "nobody.test", "HOST_NOT_FOUND");
    check_resolves(world, "six.test", "HOST_NOT_FOUND"); // gethostbyname(3) knows IPv4 alone
}

START_TEST(names_aliases_and_addresses_in_the_order_of_the_text) {
    play_as(_i);
    prepare();
    struct world *world = play_world(&spec);
    check_notebook(world);
    world_free(world);
}
END_TEST

START_TEST(a_hostname_that_no_line_has) {
    play_as(_i);
    prepare();
    struct world *plain = play_world(&(struct world_spec){.has_names = true});
    struct world *named = play_world(&(struct world_spec){.has_names = true, .hostname = "box"});
    check_resolves(plain, "box", "HOST_NOT_FOUND");
    check_resolves(named, "box", "box () 127.0.1.1");
    world_free(plain);
    world_free(named);
}
END_TEST

// --- beside each other

enum { LOOK_UPS = 4000 };

struct asker {
    const struct world *world;
    const char *answer;
    uint32_t wrong_count;
    char wrong[128];
};

static void *ask(void *argument) {
    struct asker *asker = argument;
    struct buffer text = {0};
    for (int i = 0; i < LOOK_UPS; i++) {
        if (strcmp(resolved(asker->world, "here.test", &text), asker->answer) == 0) continue;
        if (asker->wrong_count++ == 0) snprintf(asker->wrong, sizeof asker->wrong, "%s", text.data);
    }
    buffer_fini(&text);
    return NULL;
}

static const char *here[] = {"here.test"};

// The C library keeps what it read of the resolver's files, one for the process: threads in different worlds and in none, at
// once, have it see a different nsswitch.conf with nearly every look-up.
START_TEST(threads_in_different_worlds_and_in_none) {
    play_as(_i);
    play_own_machine();
    play_cover("/etc/hosts", "127.0.0.1 localhost\n10.9.9.9 here.test machine\n");
    prepare();
    struct address const addresses[] = {play_address("10.0.0.1"), play_address("10.0.0.2"), play_address("10.0.0.3")};
    struct world_host const one = {here, 1, addresses, 1}, two = {here, 1, addresses + 1, 2};
    struct world *worlds[] = {play_world(&(struct world_spec){.has_names = true, .hosts = &one, .host_count = 1}),
                              play_world(&(struct world_spec){.has_names = true, .hosts = &two, .host_count = 1})};
    struct asker askers[] = {{.world = worlds[0], .answer = "here.test () 10.0.0.1"},
                             {.world = worlds[1], .answer = "here.test () 10.0.0.2 10.0.0.3"},
                             {.world = NULL, .answer = "here.test (machine) 10.9.9.9"}};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(askers[i].wrong_count == 0, "%d: %u wrong, the first '%s'", i, askers[i].wrong_count,
                      askers[i].wrong);
    // And one thread that goes from one to the other.
    for (int i = 0; i < 300; i++) check_resolves(askers[i % 3].world, "here.test", askers[i % 3].answer);
    for (int i = 0; i < 2; i++) world_free(worlds[i]);
}
END_TEST

// --- machines of other kinds

START_TEST(a_machine_that_gives_one_address_only) {
    play_as(_i);
    play_own_machine();
    play_cover("/etc/host.conf", "multi off\n");
    play_cover("/etc/hosts", "10.9.9.9 here.test\n");
    prepare();
    check_resolves(NULL, "here.test", "here.test () 10.9.9.9"); // host.conf(5) has been read now, once and for all
    struct world *world = play_world(&spec);
    check_notebook(world);
    world_free(world);
}
END_TEST

static void check_empty(const char *path) {
    char output[256];
    play_program(output, sizeof output, (const char *const[]){"ls", "-A", path, NULL});
    ck_assert_str_eq(output, "");
}

START_TEST(a_machine_whose_folder_lacks_the_files) {
    play_as(_i);
    play_own_machine();
    ck_assert_int_eq(mount("none", "/etc", "tmpfs", 0, NULL), 0);
    play_write("/etc/nsswitch.conf", "hosts: files\n"); // one is there, the others are not
    prepare();
    struct buffer trouble = {0};
    struct world *world = NULL;
    enum world_outcome const outcome = world_make(&spec, &world, &trouble);
    if (outcome == WORLD_LACKS && strstr(trouble.data, "mount(overlay)")) return; // and this kernel has no overlays
    ck_assert_msg(outcome == WORLD_MADE, "%s", trouble.data);
    check_notebook(world);
    world_free(world);
    ck_assert_int_eq(unlink("/etc/nsswitch.conf"), 0);
    check_empty("/etc"); // nothing was made there
}
END_TEST

START_TEST(a_machine_with_a_cache_of_names) {
    play_as(_i);
    play_own_machine();
    ck_assert_int_eq(mount("none", "/var/run/", "tmpfs", 0, NULL), 0);
    ck_assert_int_eq(mkdir("/var/run/nscd", 0755), 0);
    play_write("/var/run/nscd/socket", "");
    prepare();
    struct world *world = play_world(&spec);
    ck_assert_int_eq(world_enter_names(world), 0);
    check_empty("/var/run/nscd");
    world_leave_names(world);
    ck_assert_int_eq(access("/var/run/nscd/socket", F_OK), 0);
    world_free(world);
}
END_TEST

// --- programs

START_TEST(programs_see_the_same) {
    play_as(_i);
    prepare();
    struct world *world = play_world(&spec);
    ck_assert_int_eq(world_enter(world), 0);
    ck_assert_int_eq(world_enter_names(world), 0);
    char output[4096];
    play_program(output, sizeof output, (const char *const[]){"uname", "-n", NULL});
    ck_assert_str_eq(output, "DESKTOP-J5V9ICO\n");
    play_program(output, sizeof output, (const char *const[]){"cat", "/etc/hosts", NULL});
    ck_assert_str_eq(output, "127.0.0.1 localhost\n::1 localhost ip6-localhost\n192.168.56.1 DESKTOP-J5V9ICO\n"
                             "192.168.0.114 DESKTOP-J5V9ICO\n209.51.188.116 gnu.org www.gnu.org ftp.gnu.org\n"
                             "2001:db8::6 six.test\n");
    play_program(output, sizeof output, (const char *const[]){"getent", "hosts", "www.gnu.org", NULL});
    ck_assert_str_eq(output, "209.51.188.116  gnu.org www.gnu.org ftp.gnu.org\n");
    play_program(output, sizeof output, (const char *const[]){"getent", "ahosts", "DESKTOP-J5V9ICO", NULL});
    ck_assert_ptr_nonnull(strstr(output, "192.168.56.1 "));
    ck_assert_ptr_nonnull(strstr(output, "192.168.0.114 "));
    play_program(output, sizeof output, (const char *const[]){"getent", "ahosts", "six.test", NULL});
    ck_assert_int_eq(strncmp(output, "2001:db8::6 ", 12), 0);
    world_leave_names(world);
    ck_assert_int_eq(world_enter(NULL), 0);
    world_free(world);
}
END_TEST

// A program's own user may write its hosts, and nothing that other worlds have too.
START_TEST(what_worlds_share_cannot_be_written) {
    play_as(_i);
    prepare();
    struct world *one = play_world(&spec), *other = play_world(&spec);
    ck_assert_int_eq(world_enter_names(one), 0);
    static const char *const shared[] = {"/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/host.conf"};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(access(shared[i], R_OK), 0);
        ck_assert_ptr_null(fopen(shared[i], "a"));
        ck_assert_int_eq(errno, EROFS);
    }
    play_write("/etc/hosts", "10.1.1.1 gnu.org\n");
    world_leave_names(one);
    check_resolves(one, "gnu.org", "gnu.org () 10.1.1.1");
    check_notebook(other);
    world_free(one);
    world_free(other);
}
END_TEST

START_TEST(a_name_with_very_many_addresses) {
    prepare();
    enum { COUNT = 2000 };
    static struct address many[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.7.%d.%d", i / 250, i % 250 + 1);
        many[i] = play_address(text);
    }
    struct world_host const host = {here, 1, many, COUNT};
    struct world *world = play_world(&(struct world_spec){.has_names = true, .hosts = &host, .host_count = 1});
    struct arena arena = {0};
    struct host_entry entry;
    ck_assert_int_eq(world_resolve(world, "here.test", &arena, &entry), 0);
    ck_assert_uint_eq(entry.address_count, COUNT);
    for (int i = 0; i < COUNT; i++) ck_assert(address_equal(&entry.addresses[i], &many[i]));
    arena_fini(&arena);
    world_free(world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("names");
    TCase *tcase = tcase_create("names");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, fill_addresses, NULL);
    tcase_add_loop_test(tcase, names_aliases_and_addresses_in_the_order_of_the_text, 0, play_who_count());
    tcase_add_loop_test(tcase, a_hostname_that_no_line_has, 0, play_who_count());
    tcase_add_loop_test(tcase, threads_in_different_worlds_and_in_none, 0, play_who_count());
    tcase_add_loop_test(tcase, a_machine_that_gives_one_address_only, 0, play_who_count());
    tcase_add_loop_test(tcase, a_machine_whose_folder_lacks_the_files, 0, play_who_count());
    tcase_add_loop_test(tcase, a_machine_with_a_cache_of_names, 0, play_who_count());
    tcase_add_loop_test(tcase, programs_see_the_same, 0, play_who_count());
    tcase_add_loop_test(tcase, what_worlds_share_cannot_be_written, 0, play_who_count());
    tcase_add_test(tcase, a_name_with_very_many_addresses);
    suite_add_tcase(suite, tcase);
    return play_suite(suite);
}
