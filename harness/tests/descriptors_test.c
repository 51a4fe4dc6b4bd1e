// Descriptors over Unix sockets, and who is at their other end: net/net.h.
#include "net/net.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int here, there; // the two ends of a Unix pair

static void pair_up(int type) {
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    here = ends[0];
    there = ends[1];
}

static unsigned open_descriptors(void) {
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
enum { TYPE_COUNT = 3 };

// One message, or what one recv(2) of a stream gives.
static ssize_t receive(int type, void *data, size_t len_bytes, struct net_fds *came) {
    struct message_info info;
    if (type == SOCK_STREAM) return net_recv_fds(there, data, len_bytes, came);
    return net_recv_message(there, data, len_bytes, &info, came);
}

START_TEST(descriptors_come_with_their_bytes) {
    char bytes[16] = {0};
    struct net_fds came;
    pair_up(types[_i]);
    int const passed[] = {net_socket(FAMILY_TCP), net_socket(FAMILY_UDP6)};
    ck_assert_int_eq(net_send(here, "before", 6), 6);
    ck_assert_int_eq(net_send_fds(here, "with", 4, NULL, passed, 2), 4);
    ck_assert_int_eq(net_send(here, "behind", 6), 6);

    ck_assert_int_eq(receive(types[_i], bytes, 6, &came), 6);
    ck_assert_uint_eq(came.count, 0);
    ck_assert_int_eq(receive(types[_i], bytes, sizeof(bytes), &came), 4); // and no byte of the next
    ck_assert_mem_eq(bytes, "with", 4);
    ck_assert_uint_eq(came.count, 2);
    ck_assert(!came.lost);
    for (int i = 0; i < 2; i++) {
        enum family_word word;
        ck_assert_uint_eq(net_inode(came.fds[i]), net_inode(passed[i]));
        ck_assert_int_ne(came.fds[i], passed[i]);
        ck_assert(fcntl(came.fds[i], F_GETFD) & FD_CLOEXEC);
        ck_assert(fcntl(came.fds[i], F_GETFL) & O_NONBLOCK);
        ck_assert_int_eq(net_family_of(came.fds[i], &word), 0);
        ck_assert_int_eq(word, i == 0 ? FAMILY_TCP : FAMILY_UDP6);
    }
    ck_assert_int_eq(receive(types[_i], bytes, sizeof(bytes), &came), 6);
    ck_assert_uint_eq(came.count, 0);
    ck_assert_int_eq(receive(types[_i], bytes, sizeof(bytes), &came), -EAGAIN);
    ck_assert_uint_eq(came.count, 0);
}
END_TEST

START_TEST(a_peek_takes_none) {
    char bytes[16];
    struct message_info info;
    struct net_fds came;
    pair_up(types[_i]);
    int const passed = net_socket(FAMILY_UNIX);
    ck_assert_int_eq(net_send_fds(here, "x", 1, NULL, &passed, 1), 1);
    unsigned const before = open_descriptors();
    ck_assert_int_eq(net_peek(there, bytes, sizeof(bytes)), 1);
    ck_assert_int_eq(net_peek_message(there, bytes, sizeof(bytes), &info), 1);
    ck_assert_uint_eq(open_descriptors(), before);
    ck_assert_int_eq(receive(types[_i], bytes, sizeof(bytes), &came), 1);
    ck_assert_uint_eq(came.count, 1);
}
END_TEST

START_TEST(a_stream_gives_them_with_the_first_byte) {
    char bytes[4];
    struct net_fds came;
    pair_up(SOCK_STREAM);
    int const passed = net_socket(FAMILY_UNIX);
    ck_assert_int_eq(net_send_fds(here, "abcd", 4, NULL, &passed, 1), 4);
    ck_assert_int_eq(net_recv_fds(there, bytes, 1, &came), 1);
    ck_assert_uint_eq(came.count, 1);
    ck_assert_int_eq(net_recv_fds(there, bytes, 4, &came), 3);
    ck_assert_uint_eq(came.count, 0);
}
END_TEST

START_TEST(to_an_address) {
    char bytes[4];
    struct net_fds came;
    struct message_info info;
    struct address address = {.as.un.sun_family = AF_UNIX, .len_bytes = sizeof(sa_family_t)}; // the kernel picks a name
    int const receiver = net_socket(FAMILY_UNIX_DGRAM), sender = net_socket(FAMILY_UNIX_DGRAM);
    ck_assert_int_eq(net_bind(receiver, &address, false), 0);
    net_local(receiver, &address);
    ck_assert(!address_is_none(&address));
    ck_assert_int_eq(net_send_fds(sender, "", 0, &address, &sender, 1), 0); // an empty datagram carries one too
    ck_assert_int_eq(net_recv_message(receiver, bytes, sizeof(bytes), &info, &came), 0);
    ck_assert_uint_eq(came.count, 1);
    ck_assert_uint_eq(net_inode(came.fds[0]), net_inode(sender));
}
END_TEST

START_TEST(many_at_once_and_too_many) {
    char byte;
    struct net_fds came;
    int many[NET_FDS_MAX + 1];
    pair_up(SOCK_STREAM);
    for (int i = 0; i <= NET_FDS_MAX; i++) many[i] = here;
    ck_assert_int_eq(net_send_fds(here, "x", 1, NULL, many, NET_FDS_MAX + 1), -EINVAL);
    ck_assert_int_eq(net_send_fds(here, "x", 1, NULL, many, 0), -EINVAL);
    ck_assert_int_eq(net_send_fds(here, "x", 1, NULL, many, NET_FDS_MAX), 1);
    ck_assert_int_eq(net_recv_fds(there, &byte, 1, &came), 1);
    ck_assert_uint_eq(came.count, NET_FDS_MAX);
    ck_assert(!came.lost);
    many[0] = -1;
    ck_assert_int_eq(net_send_fds(here, "x", 1, NULL, many, 1), -EBADF);
}
END_TEST

START_TEST(a_lost_one_is_told) {
    char byte;
    struct net_fds came;
    pair_up(SOCK_STREAM);
    int const two[] = {here, there};
    ck_assert_int_eq(net_send_fds(here, "x", 1, NULL, two, 2), 1);
    int const highest = fcntl(here, F_DUPFD_CLOEXEC, 100);
    struct rlimit const limit = {.rlim_cur = (rlim_t)highest + 1, .rlim_max = (rlim_t)highest + 1};
    while (fcntl(here, F_DUPFD_CLOEXEC, 0) < highest) continue; // every number below it is taken now
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(net_recv_fds(there, &byte, 1, &came), 1);
    ck_assert(came.lost);
    ck_assert_uint_lt(came.count, 2);
    for (int fd = highest / 2; fd <= highest; fd++) close(fd); // a sanitizer needs some to look around at the end
}
END_TEST

START_TEST(a_connection_keeps_its_waiting) {
    char byte;
    struct net_fds came;
    int ends[2];
    pair_up(SOCK_STREAM);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ck_assert_int_eq(net_send_fds(here, "x", 1, NULL, ends, 1), 1);
    ck_assert_int_eq(net_recv_fds(there, &byte, 1, &came), 1);
    ck_assert_int_eq(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0); // the sender's descriptor is as it was
    ck_assert_int_eq(net_recv(came.fds[0], &byte, 1), -EAGAIN); // and we do not wait all the same
}
END_TEST

static void assert_described(int fd, const char *wanted) {
    struct buffer text = {0};
    enum family_word word;
    net_describe_fd(fd, &text);
    ck_assert_str_eq(text.data, wanted);
    ck_assert_int_eq(net_family_of(fd, &word), strncmp(wanted, "a socket", 8) == 0 ? -EPFNOSUPPORT : -ENOTSOCK);
    ck_assert_int_eq(word, FAMILY_NONE);
    buffer_fini(&text);
}

START_TEST(what_is_no_socket_is_described) {
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    assert_described(ends[0], "a pipe");
    assert_described(open("/etc/passwd", O_RDONLY | O_CLOEXEC), "a regular file (/etc/passwd)");
    assert_described(open("/", O_RDONLY | O_CLOEXEC), "a directory (/)");
    assert_described(open("/dev/null", O_RDONLY | O_CLOEXEC), "a character device (/dev/null)");
    assert_described(eventfd(0, EFD_CLOEXEC), "no file (anon_inode:[eventfd])");
    assert_described(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0), "a socket of no endpoint kind");
}
END_TEST

START_TEST(every_kind_is_known_again) {
    for (unsigned i = 1; i < FAMILY_COUNT; i++) {
        enum family_word word;
        int const fd = net_socket((enum family_word)i);
        if (fd < 0) continue; // this kernel has none, or we may not
        ck_assert_int_eq(net_family_of(fd, &word), 0);
        ck_assert_int_eq(word, i);
        close(fd);
    }
}
END_TEST

START_TEST(the_peer_is_who_it_is) {
    pid_t pid = 0;
    uid_t uid = 0;
    pair_up(SOCK_STREAM);
    ck_assert_int_eq(net_peer_credentials(here, &pid, &uid), 0);
    ck_assert_int_eq(pid, getpid());
    ck_assert_uint_eq(uid, geteuid());

    // Of a connection to somebody else's listener it is who listens.
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    struct address address = {.as.un.sun_family = AF_UNIX, .len_bytes = sizeof(sa_family_t)};
    int const listener = net_socket(FAMILY_UNIX);
    ck_assert_int_eq(net_bind(listener, &address, false), 0);
    net_local(listener, &address);
    pid_t const child = fork();
    if (child == 0) {
        bool const ok = net_listen(listener, 1) == 0 && write(ready[1], "x", 1) == 1;
        _exit(ok ? 0 : 1);
    }
    char byte;
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    int const client = net_socket(FAMILY_UNIX);
    ck_assert_int_eq(net_connect(client, &address), 0);
    ck_assert_int_eq(net_peer_credentials(client, &pid, &uid), 0);
    ck_assert_int_eq(pid, child);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(nobody_is_nobodys_peer) {
    pid_t pid;
    uid_t uid;
    struct address address = {.as.un.sun_family = AF_UNIX, .len_bytes = sizeof(sa_family_t)};
    int const listener = net_socket(FAMILY_UNIX), datagrams = net_socket(FAMILY_UNIX_DGRAM), tcp = net_socket(FAMILY_TCP);
    ck_assert_int_eq(net_bind(listener, &address, false), 0);
    ck_assert_int_eq(net_listen(listener, 1), 0);
    ck_assert_int_eq(net_peer_credentials(listener, &pid, &uid), -ENOTCONN);
    ck_assert_int_eq(net_peer_credentials(datagrams, &pid, &uid), -ENOTCONN);
    ck_assert_int_eq(net_peer_credentials(tcp, &pid, &uid), -ENOTCONN);
    ck_assert(net_is_listening(listener));
    ck_assert(!net_is_listening(datagrams));
    ck_assert(!net_is_connected(listener));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("descriptors");
    tcase_add_loop_test(tests, descriptors_come_with_their_bytes, 0, TYPE_COUNT);
    tcase_add_loop_test(tests, a_peek_takes_none, 0, TYPE_COUNT);
    tcase_add_test(tests, a_stream_gives_them_with_the_first_byte);
    tcase_add_test(tests, to_an_address);
    tcase_add_test(tests, many_at_once_and_too_many);
    tcase_add_test(tests, a_lost_one_is_told);
    tcase_add_test(tests, a_connection_keeps_its_waiting);
    tcase_add_test(tests, what_is_no_socket_is_described);
    tcase_add_test(tests, every_kind_is_known_again);
    tcase_add_test(tests, the_peer_is_who_it_is);
    tcase_add_test(tests, nobody_is_nobodys_peer);
    Suite *suite = suite_create("descriptors");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
