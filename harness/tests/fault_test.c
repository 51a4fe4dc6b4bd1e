// Packets that get lost and slow lines, as sockets then meet them: world/fault.h.
#include "world/fault.h"

#include "base/address.h"
#include "netlink.h"
#include "own_network.h"

#include <dlfcn.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { LONG_MS = 20 * 1000 }; // for what must come; nothing here takes as long on purpose

static struct buffer trouble;

static void set_up(void) {
    trouble = (struct buffer){0};
}

static void tear_down(void) {
    fault_end();
    buffer_fini(&trouble);
}

static void enter(int user) {
    enter_own_network(user);
    ck_assert_int_eq(link_up("lo"), 0);
}

static const char *told(void) {
    return trouble.data ? trouble.data : "";
}

static void check_done(const char *call, int error) {
    ck_assert_msg(error == 0, "%s: %s: %s", call, strerrorname_np(-error), told());
}

static void check_refused(const char *call, int error, int wanted, const char *words) {
    ck_assert_msg(error == wanted && strstr(told(), words), "%s: %d: %s", call, error, told());
    ck_assert_uint_gt(trouble.len_bytes, 0);
    ck_assert_ptr_null(strchr(told(), '\n'));
    buffer_clear(&trouble);
}

#define CHECK_DONE(call) check_done(#call, call)
// That call's refusal, and what it must say.
#define CHECK_REFUSED(call, wanted, words) check_refused(#call, call, wanted, words)

// --- sockets

// A socket bound to a port of 127.0.0.1 that the kernel picked.
static int bound(int type, struct sockaddr_in *address) {
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len_bytes = sizeof *address;
    int const fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)address, len_bytes), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)address, &len_bytes), 0);
    return fd;
}

static int begin_connect(const struct sockaddr_in *to) {
    int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    connect(fd, (const struct sockaddr *)to, sizeof *to);
    return fd;
}

// Both ends of a connection, from here on.
static void make_pair(int *client, int *server) {
    struct sockaddr_in address;
    int const listener = bound(SOCK_STREAM, &address);
    ck_assert_int_eq(listen(listener, 1), 0);
    *client = begin_connect(&address);
    *server = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    ck_assert_int_ge(*server, 0);
    close(listener);
}

static bool is_ready(int fd, short events, int wait_ms) {
    struct pollfd ready = {.fd = fd, .events = events};
    return poll(&ready, 1, wait_ms) == 1;
}

static int tcp_state(int fd) {
    struct tcp_info info;
    socklen_t len_bytes = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len_bytes) == 0 ? info.tcpi_state : -1;
}

static void tell(const struct sockaddr_in *to, uint8_t byte) {
    int const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(sendto(fd, &byte, 1, 0, (const struct sockaddr *)to, sizeof *to), 1);
    close(fd);
}

// The next datagram's byte; waits for it.
static int heard(int fd) {
    uint8_t byte;
    ck_assert(is_ready(fd, POLLIN, LONG_MS));
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 1);
    return byte;
}

static int mtu(void) {
    struct ifreq request = {.ifr_name = "lo"};
    int const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(ioctl(fd, SIOCGIFMTU, &request), 0);
    close(fd);
    return request.ifr_mtu;
}

// "udp dport 4711"
static const char *udp_to(const struct sockaddr_in *address) {
    static char match[32];
    snprintf(match, sizeof match, "udp dport %d", ntohs(address->sin_port));
    return match;
}

// --- drops

START_TEST(a_dropped_SYN_comes_again_when_the_drop_is_undone) {
    enter(_i);
    struct sockaddr_in address;
    int const listener = bound(SOCK_STREAM, &address);
    ck_assert_int_eq(listen(listener, 1), 0);
    CHECK_DONE(fault_drop(7, "tcp flags & (syn | ack) == syn", &trouble));
    int const client = begin_connect(&address);
    ck_assert(!is_ready(client, POLLOUT, 0));
    ck_assert_int_eq(tcp_state(client), TCP_SYN_SENT);
    CHECK_DONE(fault_drop_end(7, &trouble));
    ck_assert(is_ready(client, POLLOUT, LONG_MS)); // sent again after a second
    ck_assert_int_eq(tcp_state(client), TCP_ESTABLISHED);
}
END_TEST

START_TEST(each_drop_is_its_own) {
    enter(_i);
    struct sockaddr_in first, second, always;
    int const first_fd = bound(SOCK_DGRAM, &first), second_fd = bound(SOCK_DGRAM, &second);
    int const always_fd = bound(SOCK_DGRAM, &always);
    CHECK_DONE(fault_drop(1, udp_to(&first), &trouble));
    CHECK_DONE(fault_drop(2, udp_to(&second), &trouble));
    tell(&first, 'a');
    tell(&second, 'b');
    CHECK_DONE(fault_drop_end(1, &trouble));
    tell(&first, 'c');
    tell(&second, 'd');
    tell(&always, 'e');
    ck_assert_int_eq(heard(always_fd), 'e');
    ck_assert_int_eq(heard(first_fd), 'c');
    ck_assert(!is_ready(second_fd, POLLIN, 0));
    CHECK_DONE(fault_drop_end(2, &trouble));
    tell(&second, 'f');
    ck_assert_int_eq(heard(second_fd), 'f');
    CHECK_DONE(fault_drop(1, udp_to(&first), &trouble)); // a number may come again
}
END_TEST

START_TEST(every_way_to_write_a_match) {
    static const char *const matches[] = {
        "",
        " ip daddr 127.0.0.1 udp dport != 1",
        "udp dport { 1-65535 }",
        "iifname \"lo\" meta l4proto { tcp, udp }",
        "meta l4proto udp counter",
        "@th,0,16 != 0",
    };
    enter(_i);
    struct sockaddr_in address;
    int const fd = bound(SOCK_DGRAM, &address);
    for (uint32_t i = 0; i < sizeof matches / sizeof *matches; i++) {
        CHECK_DONE(fault_drop(i, matches[i], &trouble));
        tell(&address, 'x');
        CHECK_DONE(fault_drop_end(i, &trouble));
        tell(&address, 'y');
        ck_assert_msg(heard(fd) == 'y', "%s", matches[i]);
    }
}
END_TEST

START_TEST(what_nftables_refuses_is_said_in_one_line) {
    static const struct {
        const char *match, *says;
    } wrong[] = {
        {"tcp flags sny", "nftables says: Could not parse TCP flag, at 'sny' in the rule 'tcp flags sny drop'"},
        {"bla", "nftables says: "},
        {"tcp dport 99999", ", at '99999' in the rule 'tcp dport 99999 drop'"},
        {"udp", ", at 'drop' in the rule 'udp drop'"},
        {"accept", "in the rule 'accept drop'"},
        {"tcp dport $port", "in the rule 'tcp dport $port drop'"},
        {"ip daddr no-such-host.invalid", "no-such-host.invalid drop'"},
    };
    enter(_i);
    for (uint32_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_REFUSED(fault_drop(i, wrong[i].match, &trouble), -EINVAL, wrong[i].says);
        CHECK_REFUSED(fault_drop_end(i, &trouble), -ENOENT, "nftables says: "); // nothing of it is there
    }
    struct sockaddr_in address;
    int const fd = bound(SOCK_DGRAM, &address);
    tell(&address, 'x');
    ck_assert_int_eq(heard(fd), 'x');
}
END_TEST

START_TEST(a_match_stays_within_its_rule) {
    static const char *const wrong[][2] = {
        {"udp dport 1; flush ruleset", "a ';'"},       {"udp dport 1\nflush ruleset", "a line break"},
        {"udp dport 1 # and so on", "a '#'"},          {"udp dport 1 } chain x {", "a '}' without its '{'"},
        {"udp dport { 1", "a '{' without its '}'"},    {"iifname \"lo", "a '\"' without its other"},
        {"iifname \"lo\n\"", "a line break"},
    };
    enter(AS_WE_ARE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_REFUSED(fault_drop(1, wrong[i][0], &trouble), -EINVAL, wrong[i][1]);
    char *long_match = calloc(1, 40000);
    memset(long_match, ' ', 39999);
    CHECK_REFUSED(fault_drop(1, long_match, &trouble), -E2BIG, "more than 32768 bytes");
    free(long_match);
}
END_TEST

// nftables 1.0.6 ends itself with an assertion over the first, which is as good as an error; others may know better.
START_TEST(what_nftables_does_not_survive_we_do) {
    enter(_i);
    CHECK_REFUSED(fault_drop(1, "iifname >> tcp dport . ip saddr vxlan vni 10", &trouble), -EINVAL, "nftables says: ");
    CHECK_DONE(fault_drop(1, "tcp dport 1", &trouble));
    CHECK_REFUSED(fault_drop(1, "tcp dport 1", &trouble), -EEXIST, "File exists");
}
END_TEST

START_TEST(words_that_read_like_an_error_are_no_error) {
    enter(_i);
    CHECK_REFUSED(fault_drop(1, "iifname \"File exists\" nonsense", &trouble), -EINVAL, "nonsense");
}
END_TEST

static void *drop_again_and_again(void *unused) {
    (void)unused;
    struct buffer said = {0};
    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    ck_assert_int_eq(link_up("lo"), 0);
    struct sockaddr_in address;
    int const fd = bound(SOCK_DGRAM, &address);
    for (int turn = 0; turn < 10; turn++) {
        ck_assert_int_eq(fault_drop(1, "meta l4proto udp", &said), 0); // the same number: the worlds are different ones
        tell(&address, 'x');
        ck_assert_int_eq(fault_drop_end(1, &said), 0);
        tell(&address, 'y');
        ck_assert_int_eq(heard(fd), 'y');
    }
    close(fd);
    buffer_fini(&said);
    return NULL;
}

START_TEST(worlds_of_many_threads) {
    enter(_i);
    if (_i == AS_WE_ARE) CHECK_DONE(fault_begin()); // else the first drop does
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, drop_again_and_again, NULL), 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}
END_TEST

// --- the process in which libnftables lives

static pid_t only_child(void) {
    int child = 0;
    FILE *file = fopen("/proc/thread-self/children", "r");
    ck_assert_ptr_nonnull(file);
    if (fscanf(file, "%d", &child) != 1) child = 0;
    fclose(file);
    return child;
}

START_TEST(it_ends_when_it_is_told_to_and_begins_again) {
    enter(AS_WE_ARE);
    fault_end(); // it has not begun
    CHECK_DONE(fault_begin());
    pid_t const first = only_child();
    ck_assert_int_gt(first, 0);
    CHECK_DONE(fault_begin());
    ck_assert_int_eq(only_child(), first);
    fault_end();
    ck_assert_int_eq(only_child(), 0);
    CHECK_DONE(fault_drop(1, "tcp dport 1", &trouble));
    ck_assert_int_gt(only_child(), 0);
}
END_TEST

START_TEST(its_death_is_an_error_once) {
    enter(AS_WE_ARE);
    CHECK_DONE(fault_drop(1, "tcp dport 1", &trouble));
    siginfo_t facts;
    ck_assert_int_eq(kill(only_child(), SIGKILL), 0);
    ck_assert_int_eq(waitid(P_ALL, 0, &facts, WEXITED | WNOWAIT), 0);
    int const error = fault_drop(2, "tcp dport 2", &trouble);
    ck_assert_msg(error == -EPIPE || error == -ECONNRESET, "%d: %s", error, told()); // it may die over our question
    ck_assert_ptr_nonnull(strstr(told(), "libnftables"));
    CHECK_DONE(fault_drop(2, "tcp dport 2", &trouble));
}
END_TEST

// Whoever holds a copy of a socket's descriptor keeps its connection open.
START_TEST(it_keeps_nothing_open) {
    enter(AS_WE_ARE);
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    CHECK_DONE(fault_drop(1, "tcp dport 1", &trouble));
    close(ends[1]);
    ck_assert(is_ready(ends[0], POLLIN, 0));
    ck_assert_int_eq(recv(ends[0], &(char){0}, 1, MSG_DONTWAIT), 0);
}
END_TEST

// However the process ends.
START_TEST(it_goes_when_we_do) {
    enter(AS_WE_ARE);
    int alive[2]; // its end closes when the last process that holds it does
    ck_assert_int_eq(pipe(alive), 0);
    pid_t const harness = fork();
    if (harness == 0) {
        fault_begin();
        pid_t const child = only_child();
        (void)!write(alive[1], &child, sizeof child);
        pause();
    }
    pid_t child = 0;
    ck_assert_int_eq(read(alive[0], &child, sizeof child), sizeof child);
    int const child_fd = (int)syscall(SYS_pidfd_open, child, 0);
    ck_assert_int_ge(child_fd, 0);
    kill(harness, SIGKILL);
    ck_assert_int_eq(waitpid(harness, NULL, 0), harness);
    ck_assert(is_ready(child_fd, POLLIN, LONG_MS));
}
END_TEST

// --- refusals

static void check_all_refused(int wanted, const char *words) {
    CHECK_REFUSED(fault_drop(1, "tcp dport 1", &trouble), wanted, words);
    CHECK_REFUSED(fault_drop_end(1, &trouble), wanted, words);
    CHECK_REFUSED(fault_log_delivered(1, &trouble), wanted, words);
    CHECK_REFUSED(fault_rate(1000 * 1000 * 1000, &trouble), wanted, words);
    CHECK_REFUSED(fault_rate_end(&trouble), wanted, words);
}

START_TEST(the_machines_own_network_is_not_touched) {
    check_all_refused(-EPERM, "the machine's network"); // nobody has said yet which it is
    fault_spare_own_network();
    int const mtu_before = mtu();
    check_all_refused(-EPERM, "the machine's network");
    ck_assert_int_eq(mtu(), mtu_before);
    enter(AS_WE_ARE);
    CHECK_DONE(fault_drop(1, "tcp dport 1", &trouble));
}
END_TEST

START_TEST(without_rights_it_is_said) {
    enter(_i);
    drop_capabilities();
    check_all_refused(-EPERM, "");
    ck_assert_int_eq(mtu(), 65536);
}
END_TEST

START_TEST(without_descriptors_it_is_said) {
    enter(AS_WE_ARE);
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit const none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    check_all_refused(-EMFILE, "/proc/thread-self/ns/net");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

// Where the library's file lies, asked by a process of its own: nobody else is to have it loaded.
static void find_library(char *path, size_t size_bytes) {
    int answer[2];
    ck_assert_int_eq(pipe(answer), 0);
    pid_t const pid = fork();
    if (pid == 0) {
        Dl_info facts;
        void *handle = dlopen("libnftables.so.1", RTLD_NOW);
        if (!handle || !dladdr(dlsym(handle, "nft_ctx_new"), &facts)) _exit(1);
        (void)!write(answer[1], facts.dli_fname, strlen(facts.dli_fname) + 1);
        _exit(0);
    }
    ck_assert_int_gt(read(answer[0], path, size_bytes), 0);
    waitpid(pid, NULL, 0);
}

START_TEST(without_the_library_it_is_said) {
    char path[512];
    find_library(path, sizeof path);
    enter(_i);
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("/dev/null", path, NULL, MS_BIND, NULL), 0);
    CHECK_REFUSED(fault_drop(1, "tcp dport 1", &trouble), -ENOTSUP, "libnftables.so.1");
    CHECK_REFUSED(fault_log_delivered(1, &trouble), -ENOTSUP, "libnftables.so.1");
    CHECK_DONE(fault_rate(1000000, &trouble));
}
END_TEST

// --- what is logged

static struct mnl_socket *open_log(uint16_t group) {
    struct mnl_socket *log = mnl_socket_open(NETLINK_NETFILTER);
    ck_assert_int_eq(mnl_socket_bind(log, 0, MNL_SOCKET_AUTOPID), 0);
    char bytes[256];
    struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
    header->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct nfgenmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
    message->nfgen_family = AF_UNSPEC;
    message->res_id = htons(group);
    mnl_attr_put_u8(header, NFULA_CFG_CMD, NFULNL_CFG_CMD_BIND);
    struct nfulnl_msg_config_mode const mode = {.copy_range = htonl(0xffff), .copy_mode = NFULNL_COPY_PACKET};
    mnl_attr_put(header, NFULA_CFG_MODE, sizeof mode, &mode);
    ck_assert_int_gt(mnl_socket_sendto(log, header, header->nlmsg_len), 0);
    ssize_t const len_bytes = mnl_socket_recvfrom(log, bytes, sizeof bytes);
    ck_assert_int_eq(mnl_cb_run(bytes, (size_t)len_bytes, 0, 0, NULL, NULL), MNL_CB_STOP);
    return log;
}

struct seen {
    uint16_t port; // the destination's
    size_t len_bytes;
};

static int see(const struct nlattr *attribute, void *data) {
    struct seen *seen = data;
    if (mnl_attr_get_type(attribute) != NFULA_PAYLOAD) return MNL_CB_OK;
    const uint8_t *packet = mnl_attr_get_payload(attribute);
    size_t const ip_bytes = (packet[0] & 15u) * 4u;
    seen->port = (uint16_t)(packet[ip_bytes + 2] << 8 | packet[ip_bytes + 3]);
    seen->len_bytes = mnl_attr_get_payload_len(attribute);
    return MNL_CB_OK;
}

static int see_packet(const struct nlmsghdr *header, void *data) {
    return mnl_attr_parse(header, sizeof(struct nfgenmsg), see, data);
}

static struct seen next_seen(struct mnl_socket *log) {
    char bytes[4096];
    struct seen seen = {0};
    ck_assert(is_ready(mnl_socket_get_fd(log), POLLIN, LONG_MS));
    ssize_t const len_bytes = mnl_socket_recvfrom(log, bytes, sizeof bytes);
    ck_assert_int_gt(mnl_cb_run(bytes, (size_t)len_bytes, 0, 0, see_packet, &seen), 0);
    return seen;
}

START_TEST(what_is_delivered_is_logged_and_what_is_dropped_is_not) {
    enter(_i);
    struct mnl_socket *log = open_log(3);
    CHECK_DONE(fault_log_delivered(3, &trouble));
    struct sockaddr_in address;
    int const listener = bound(SOCK_STREAM, &address);
    ck_assert_int_eq(listen(listener, 9), 0);
    CHECK_DONE(fault_drop(1, "tcp dport 7", &trouble));
    begin_connect(&(struct sockaddr_in){.sin_family = AF_INET, .sin_addr = address.sin_addr, .sin_port = htons(7)});
    int const client = begin_connect(&address);
    ck_assert_int_eq(next_seen(log).port, ntohs(address.sin_port)); // SYN
    ck_assert_int_ne(next_seen(log).port, ntohs(address.sin_port)); // SYN and ACK
    ck_assert_int_eq(next_seen(log).port, ntohs(address.sin_port)); // ACK
    static const char bytes[1000];
    ck_assert_int_eq(send(client, bytes, sizeof bytes, 0), sizeof bytes);
    struct seen const seen = next_seen(log);
    ck_assert_int_eq(seen.port, ntohs(address.sin_port));
    ck_assert_uint_eq(seen.len_bytes, 128);
    struct sockaddr_in other;
    bound(SOCK_DGRAM, &other);
    tell(&other, 'x');
    close(client);
    while (next_seen(log).port == ntohs(address.sin_port)) continue; // FIN; then an ACK the other way, and no datagram
    mnl_socket_close(log);
}
END_TEST

// --- a slow line

START_TEST(an_open_connection_goes_on_over_a_slow_line_and_a_fast_one) {
    enum { COUNT = 100 * 1000 };
    static uint32_t sent[COUNT / 4], received[COUNT / 4];
    enter(_i);
    for (uint32_t i = 0; i < COUNT / 4; i++) sent[i] = i;
    int client, server;
    make_pair(&client, &server);
    uint64_t const mbit = 1000 * 1000;
    uint64_t const rates[] = {10 * mbit, 50 * 1000 * mbit, 20 * mbit, 0, UINT64_MAX}; // 0: as ever
    for (size_t turn = 0; turn < sizeof rates / sizeof *rates; turn++) {
        if (rates[turn] != 0) CHECK_DONE(fault_rate(rates[turn], &trouble));
        else CHECK_DONE(fault_rate_end(&trouble));
        ck_assert_int_eq(mtu(), rates[turn] != 0 ? 1500 : 65536);
        memset(received, 0, sizeof received);
        size_t sent_bytes = 0, received_bytes = 0;
        while (received_bytes < COUNT) {
            ssize_t count = send(client, (char *)sent + sent_bytes, COUNT - sent_bytes, MSG_NOSIGNAL);
            if (count > 0) sent_bytes += (size_t)count;
            ck_assert(is_ready(server, POLLIN, LONG_MS));
            count = recv(server, (char *)received + received_bytes, COUNT - received_bytes, 0);
            ck_assert_int_gt(count, 0);
            received_bytes += (size_t)count;
        }
        ck_assert_mem_eq(sent, received, COUNT);
    }
}
END_TEST

// At 80 kbit they are five seconds' worth.
START_TEST(what_waits_for_a_slow_line_is_not_lost_when_it_ends) {
    enum { COUNT = 50 };
    enter(_i);
    struct sockaddr_in address;
    int const fd = bound(SOCK_DGRAM, &address);
    CHECK_DONE(fault_rate(80 * 1000, &trouble));
    int const sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (int i = 0; i < COUNT; i++) {
        char datagram[1000] = {(char)i};
        ck_assert_int_eq(connect(sender, (struct sockaddr *)&address, sizeof address), 0);
        ck_assert_int_eq(send(sender, datagram, sizeof datagram, 0), sizeof datagram);
    }
    CHECK_DONE(fault_rate_end(&trouble));
    for (int i = 0; i < COUNT; i++) ck_assert_int_eq(heard(fd), i);
}
END_TEST

START_TEST(rates_that_are_none) {
    enter(AS_WE_ARE);
    CHECK_REFUSED(fault_rate(0, &trouble), -EINVAL, "a byte a second");
    CHECK_REFUSED(fault_rate(7, &trouble), -EINVAL, "a byte a second");
    CHECK_DONE(fault_rate(8, &trouble));
    CHECK_DONE(fault_rate_end(&trouble));
    ck_assert_int_eq(mtu(), 65536);
}
END_TEST

// As two ends meet it that close at once: each one's FIN is under way when the other's comes.
START_TEST(crossing_FINs_are_CLOSING_on_both_ends) {
    enum { PAIRS = 10, ENDS = 2 * PAIRS };
    static const char bytes[200];
    enter(_i);
    int ends[ENDS];
    bool was_closing[ENDS] = {0};
    for (int i = 0; i < ENDS; i += 2) make_pair(&ends[i], &ends[i + 1]);
    CHECK_DONE(fault_rate(80 * 1000, &trouble));
    for (int i = 0; i < ENDS; i++) ck_assert_int_eq(send(ends[i], bytes, sizeof bytes, 0), sizeof bytes);
    for (int i = 0; i < ENDS; i++) ck_assert_int_eq(shutdown(ends[i], SHUT_WR), 0);
    for (int open = ENDS; open > 0; poll(NULL, 0, 1)) {
        open = 0;
        for (int i = 0; i < ENDS; i++) {
            int const state = tcp_state(ends[i]);
            if (state == TCP_CLOSING) was_closing[i] = true;
            if (state != TCP_CLOSE) open++;
        }
    }
    for (int i = 0; i < ENDS; i++) ck_assert_msg(was_closing[i], "end %d", i);
}
END_TEST

static void add_tests(Suite *suite) {
    TCase *drops = tcase_create("drops"), *process = tcase_create("process"), *refusals = tcase_create("refusals");
    TCase *log = tcase_create("log"), *rate = tcase_create("rate");
    TCase *const all[] = {drops, process, refusals, log, rate};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        tcase_add_checked_fixture(all[i], set_up, tear_down);
        tcase_set_timeout(all[i], 60);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_loop_test(drops, a_dropped_SYN_comes_again_when_the_drop_is_undone, 0, user_count());
    tcase_add_loop_test(drops, each_drop_is_its_own, 0, user_count());
    tcase_add_loop_test(drops, every_way_to_write_a_match, 0, user_count());
    tcase_add_loop_test(drops, what_nftables_refuses_is_said_in_one_line, 0, user_count());
    tcase_add_test(drops, a_match_stays_within_its_rule);
    tcase_add_loop_test(drops, what_nftables_does_not_survive_we_do, 0, user_count());
    tcase_add_loop_test(drops, words_that_read_like_an_error_are_no_error, 0, user_count());
    tcase_add_loop_test(drops, worlds_of_many_threads, 0, user_count());
    tcase_add_test(process, it_ends_when_it_is_told_to_and_begins_again);
    tcase_add_test(process, its_death_is_an_error_once);
    tcase_add_test(process, it_keeps_nothing_open);
    tcase_add_test(process, it_goes_when_we_do);
    tcase_add_test(refusals, the_machines_own_network_is_not_touched);
    tcase_add_loop_test(refusals, without_rights_it_is_said, 0, user_count());
    tcase_add_test(refusals, without_descriptors_it_is_said);
    tcase_add_loop_test(refusals, without_the_library_it_is_said, 0, user_count());
    tcase_add_loop_test(log, what_is_delivered_is_logged_and_what_is_dropped_is_not, 0, user_count());
    tcase_add_loop_test(rate, an_open_connection_goes_on_over_a_slow_line_and_a_fast_one, 0, user_count());
    tcase_add_loop_test(rate, what_waits_for_a_slow_line_is_not_lost_when_it_ends, 0, user_count());
    tcase_add_test(rate, rates_that_are_none);
    tcase_add_loop_test(rate, crossing_FINs_are_CLOSING_on_both_ends, 0, user_count());
}

int main(void) {
    Suite *suite = suite_create("fault");
    add_tests(suite);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
