// Links, addresses and routes of a network of our own, as sockets then meet them: world/netlink.h.
#include "netlink.h"
#include "own_network.h"

#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>

static struct address address_of(const char *text) {
    struct address address;
    bool has_port;
    ck_assert_msg(address_parse(slice_text(text), &address, &has_port), "%s", text);
    return address;
}

// A datagram socket's bind or connect to that address: 0 or a negative errno. Port 9 where it needs one.
static int try_bind(const char *text) {
    struct address const address = address_of(text);
    int const fd = socket(address.as.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int const error = bind(fd, &address.as.any, address.len_bytes) == 0 ? 0 : -errno;
    close(fd);
    return error;
}

static int try_connect(const char *text) {
    struct address address = address_of(text);
    address_set_port(&address, 9);
    int const fd = socket(address.as.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int const error = connect(fd, &address.as.any, address.len_bytes) == 0 ? 0 : -errno;
    close(fd);
    return error;
}

static struct ifreq ask_link(const char *name, unsigned long what) {
    struct ifreq request = {0};
    strcpy(request.ifr_name, name);
    int const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(ioctl(fd, what, &request), 0);
    close(fd);
    return request;
}

START_TEST(the_loopback_comes_up) {
    enter_own_network(_i);
    ck_assert_int_eq(try_connect("127.0.0.1"), -ENETUNREACH);
    ck_assert_int_eq(link_up("lo"), 0);
    ck_assert_int_eq(try_connect("127.0.0.1"), 0);
    ck_assert_int_eq(try_connect("::1"), 0);
    ck_assert_int_eq(try_connect("192.168.0.1"), -ENETUNREACH);
    ck_assert_int_eq(link_up("lo"), 0); // it is
}
END_TEST

START_TEST(addresses_are_usable_at_once) {
    static const char *const texts[] = {"192.168.0.114", "127.9.9.9", "2001:db8::1"};
    enter_own_network(_i);
    ck_assert_int_eq(link_up("lo"), 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct address const address = address_of(texts[i]);
        uint8_t const bits = address.as.any.sa_family == AF_INET ? 32 : 128;
        if (strncmp(texts[i], "127.", 4) != 0) ck_assert_int_eq(try_bind(texts[i]), -EADDRNOTAVAIL);
        ck_assert_int_eq(link_add_address("lo", &address, bits), 0);
        ck_assert_int_eq(try_bind(texts[i]), 0);
        ck_assert_int_eq(try_connect(texts[i]), 0);
        ck_assert_int_eq(link_add_address("lo", &address, bits), -EEXIST);
    }
    struct address const address = address_of("192.168.0.115");
    ck_assert_int_eq(link_add_address("lo", &address, 33), -EINVAL);
    ck_assert_int_eq(link_add_address("none", &address, 32), -ENODEV);
    struct address const path = {.as.un.sun_family = AF_UNIX, .len_bytes = sizeof(sa_family_t)};
    ck_assert_int_eq(link_add_address("lo", &path, 32), -EAFNOSUPPORT);
}
END_TEST

// On a link that is no loopback the kernel would first ask the neighbours about an IPv6 address.
START_TEST(a_made_link_is_up_and_its_addresses_too) {
    enter_own_network(_i);
    ck_assert_int_eq(link_make("bridge0", "bridge"), 0);
    ck_assert_uint_ne(ask_link("bridge0", SIOCGIFFLAGS).ifr_flags & IFF_UP, 0);
    struct address const address = address_of("2001:db8::2");
    ck_assert_int_eq(link_add_address("bridge0", &address, 64), 0);
    ck_assert_int_eq(try_bind("2001:db8::2"), 0);
    ck_assert_int_eq(link_make("bridge0", "bridge"), -EEXIST);
}
END_TEST

START_TEST(links_that_cannot_be) {
    enter_own_network(_i);
    ck_assert_int_eq(link_make("x0", "no-such-kind"), -EOPNOTSUPP);
    ck_assert_int_eq(link_make("sixteen-letters-", "bridge"), -ENAMETOOLONG);
    ck_assert_int_eq(link_make("x0", "a-kind-of-a-name-that-is-too-long"), -ENAMETOOLONG);
    ck_assert_int_eq(link_make("", "bridge"), -EINVAL);
    ck_assert_int_eq(link_up("x0"), -ENODEV);
    ck_assert_int_eq(link_up("sixteen-letters-"), -ENAMETOOLONG);
    ck_assert_int_eq(link_set_mtu("sixteen-letters-", 1500), -ENAMETOOLONG);
    ck_assert_int_eq(link_set_mtu("x0", 1500), -ENODEV);
    ck_assert_int_eq(queue_set("x0", &(struct token_bucket){.bytes_per_s = 1000, .burst_bytes = 1600}), -ENODEV);
}
END_TEST

START_TEST(routes_give_their_own_errors) {
    static const struct {
        const char *to, *inside, *outside;
        uint8_t prefix_bits;
        enum world_route_kind kind;
        int error;
    } routes[] = {
        {"203.0.113.9", "203.0.113.9", "203.0.113.8", 32, ROUTE_UNREACHABLE, -EHOSTUNREACH},
        {"198.51.100.0", "198.51.100.255", "198.51.101.0", 24, ROUTE_BLACKHOLE, -EINVAL},
        {"192.0.2.128", "192.0.2.129", "192.0.2.127", 25, ROUTE_PROHIBIT, -EACCES},
        {"2001:db8:1::", "2001:db8:1::7", "2001:db8:2::7", 48, ROUTE_UNREACHABLE, -EHOSTUNREACH},
        {"2001:db8:3::1", "2001:db8:3::1", "2001:db8:3::2", 128, ROUTE_BLACKHOLE, -EINVAL},
        {"2001:db8:4::1", "2001:db8:4::1", "2001:db8:4::2", 128, ROUTE_PROHIBIT, -EACCES},
    };
    enter_own_network(_i);
    ck_assert_int_eq(link_up("lo"), 0);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        struct address const to = address_of(routes[i].to);
        ck_assert_int_eq(try_connect(routes[i].inside), -ENETUNREACH);
        ck_assert_int_eq(route_add(&to, routes[i].prefix_bits, routes[i].kind), 0);
        ck_assert_msg(try_connect(routes[i].inside) == routes[i].error, "%s: %s", routes[i].inside,
                      strerrorname_np(-try_connect(routes[i].inside)));
        ck_assert_int_eq(try_connect(routes[i].outside), -ENETUNREACH);
        ck_assert_int_eq(route_add(&to, routes[i].prefix_bits, routes[i].kind), -EEXIST);
    }
    struct address const inside = address_of("192.0.2.1");
    ck_assert_int_eq(route_add(&inside, 24, ROUTE_PROHIBIT), -EINVAL);
    struct address const path = {.as.un.sun_family = AF_UNIX, .len_bytes = sizeof(sa_family_t)};
    ck_assert_int_eq(route_add(&path, 32, ROUTE_PROHIBIT), -EAFNOSUPPORT);
}
END_TEST

START_TEST(the_mtu) {
    enter_own_network(_i);
    ck_assert_int_eq(ask_link("lo", SIOCGIFMTU).ifr_mtu, 65536);
    ck_assert_int_eq(link_set_mtu("lo", 1500), 0);
    ck_assert_int_eq(ask_link("lo", SIOCGIFMTU).ifr_mtu, 1500);
    ck_assert_int_eq(link_make("bridge0", "bridge"), 0);
    ck_assert_int_eq(link_set_mtu("bridge0", 1), -EINVAL);
}
END_TEST

START_TEST(without_rights_nothing_is_changed) {
    enter_own_network(_i);
    drop_capabilities();
    struct address const address = address_of("192.0.2.1");
    ck_assert_int_eq(link_up("lo"), -EPERM);
    ck_assert_int_eq(link_make("bridge0", "bridge"), -EPERM);
    ck_assert_int_eq(link_add_address("lo", &address, 32), -EPERM);
    ck_assert_int_eq(link_set_mtu("lo", 1500), -EPERM);
    ck_assert_int_eq(route_add(&address, 32, ROUTE_PROHIBIT), -EPERM);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("netlink");
    TCase *tcase = tcase_create("netlink");
    tcase_add_loop_test(tcase, the_loopback_comes_up, 0, user_count());
    tcase_add_loop_test(tcase, addresses_are_usable_at_once, 0, user_count());
    tcase_add_loop_test(tcase, a_made_link_is_up_and_its_addresses_too, 0, user_count());
    tcase_add_loop_test(tcase, links_that_cannot_be, 0, user_count());
    tcase_add_loop_test(tcase, routes_give_their_own_errors, 0, user_count());
    tcase_add_loop_test(tcase, the_mtu, 0, user_count());
    tcase_add_loop_test(tcase, without_rights_nothing_is_changed, 0, user_count());
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
