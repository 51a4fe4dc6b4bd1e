// The calls of a socket's life, from socket(2) to close(2).
#include "forms.h"

#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

int net_socket(enum family_word word) {
    const struct net_family *family = net_family(word);
    if (!family->built) return -EAFNOSUPPORT;
    int const fd = socket(family->domain, family->type | SOCK_NONBLOCK | SOCK_CLOEXEC, family->protocol);
    if (fd < 0) return -errno;
    int const error = family->domain == AF_PACKET ? packet_ignore_own(fd) : 0;
    if (error) close(fd);
    return error ? error : fd;
}

int net_bind(int fd, const struct address *address, bool reuse) {
    int const error = reuse ? net_set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) : 0;
    if (error) return error;
    return bind(fd, &address->as.any, address->len_bytes) < 0 ? -errno : 0;
}

int net_listen(int fd, int backlog) {
    return listen(fd, backlog) < 0 ? -errno : 0;
}

int net_free_port(void) {
    struct address any = {.len_bytes = sizeof(any.as.in)};
    any.as.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int const fd = net_socket(FAMILY_TCP);
    if (fd < 0) return fd;
    int const error = net_bind(fd, &any, false);
    net_local(fd, &any);
    close(fd);
    return error ? error : (int)address_port(&any);
}

int net_connect(int fd, const struct address *address) {
    if (connect(fd, &address->as.any, address->len_bytes) == 0) return 0;
    return errno == EINTR ? -EINPROGRESS : -errno; // connect(2): interrupted, it goes on by itself
}

// Whether a TCP connection ever stood, even if it is gone by now: then the peer has acknowledged at least the SYN.
static bool was_connected(int fd) {
    uint64_t acked_bytes;
    return net_tcp_info(fd, offsetof(struct tcp_info, tcpi_bytes_acked), sizeof(acked_bytes), &acked_bytes) &&
           acked_bytes > 0;
}

int net_connected(int fd) {
    if (was_connected(fd)) return 0;
    struct pollfd waiting = {.fd = fd, .events = POLLOUT};
    int ready;
    do ready = poll(&waiting, 1, 0);
    while (ready < 0 && errno == EINTR);
    if (ready < 0) return -errno;
    if (ready == 0) return -EINPROGRESS;
    if (was_connected(fd)) return 0; // since

    int const error = net_error(fd);
    if (error) return -error;
    struct sockaddr_storage peer;
    socklen_t len_bytes = sizeof(peer);
    return getpeername(fd, (struct sockaddr *)&peer, &len_bytes) < 0 ? -errno : 0;
}

static const int shutdown_how[] = {
    [SHUTDOWN_READ] = SHUT_RD,
    [SHUTDOWN_WRITE] = SHUT_WR,
    [SHUTDOWN_BOTH] = SHUT_RDWR,
};

int net_shutdown(int fd, enum shutdown_way way) {
    return shutdown(fd, shutdown_how[way]) < 0 ? -errno : 0;
}

int net_close(int fd, bool abortive) {
    struct linger const none = {.l_onoff = 1, .l_linger = 0};
    int error = 0;
    if (abortive && setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) < 0) error = -errno;
    // Interrupted, Linux has let go of the descriptor all the same: to close it again could hit somebody else's.
    if (close(fd) < 0 && errno != EINTR) return -errno;
    return error;
}

// What a socket answers before it has an address.
static bool is_unbound(const struct address *address) {
    static const struct bluetooth_device no_device; // BDADDR_ANY
    struct bluetooth_device device;
    switch (address->as.any.sa_family) {
    case AF_PACKET: return address->as.ll.sll_ifindex == 0;
    case AF_CAN: return address->as.can.can_ifindex == 0;
    case AF_BLUETOOTH:
        device = address->len_bytes == sizeof(address->as.l2) ? address->as.l2.l2_bdaddr : address->as.rc.rc_bdaddr;
        return address_port(address) == 0 && memcmp(&device, &no_device, sizeof(device)) == 0;
    }
    return address_port(address) == 0;
}

static void keep_address(int fd, struct address *address, int answer, socklen_t len_bytes) {
    address->len_bytes = len_bytes < sizeof(address->as) ? len_bytes : sizeof(address->as);
    if (answer < 0 || is_unbound(address)) *address = (struct address){0};
    interface_name(fd, address);
}

int net_accept(int fd, struct address *peer) {
    struct address from;
    socklen_t len_bytes;
    int connection;
    do {
        from = (struct address){0};
        len_bytes = sizeof(from.as);
        connection = accept4(fd, &from.as.any, &len_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (connection < 0 && errno == EINTR);
    if (connection < 0) return -errno;
    keep_address(connection, &from, 0, len_bytes);
    if (peer) *peer = from;
    return connection;
}

void net_local(int fd, struct address *address) {
    *address = (struct address){0};
    socklen_t len_bytes = sizeof(address->as);
    int const answer = getsockname(fd, &address->as.any, &len_bytes);
    keep_address(fd, address, answer, len_bytes);
}

void net_peer(int fd, struct address *address) {
    *address = (struct address){0};
    socklen_t len_bytes = sizeof(address->as);
    int const answer = getpeername(fd, &address->as.any, &len_bytes);
    keep_address(fd, address, answer, len_bytes);
}
