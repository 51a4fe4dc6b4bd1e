// Bytes in and out, and what waits between.
#include "fin.h"
#include "net/net.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdalign.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/time.h>

ssize_t net_send(int fd, const void *data, size_t len_bytes) {
    ssize_t taken;
    do taken = send(fd, data, len_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? -errno : taken;
}

ssize_t net_send_to(int fd, const void *data, size_t len_bytes, const struct address *to) {
    ssize_t taken;
    do taken = sendto(fd, data, len_bytes, MSG_DONTWAIT | MSG_NOSIGNAL, &to->as.any, to->len_bytes);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? -errno : taken;
}

int net_stamp_records(int fd) { return net_set_option(fd, SOL_SOCKET, SO_TIMESTAMP, 1); }

static ssize_t receive_message(int fd, void *data, size_t len_bytes, int flags, struct message_info *info) {
    struct iovec piece = {data, len_bytes};
    alignas(struct cmsghdr) uint8_t stamp[CMSG_SPACE(sizeof(struct timeval))]; // and no room for descriptors
    *info = (struct message_info){0};
    struct msghdr message = {
        .msg_name = &info->sender.as, .msg_namelen = sizeof(info->sender.as), .msg_iov = &piece, .msg_iovlen = 1,
        .msg_control = stamp, .msg_controllen = sizeof(stamp)};
    ssize_t taken;
    do taken = recvmsg(fd, &message, MSG_DONTWAIT | flags);
    while (taken < 0 && errno == EINTR);
    if (taken < 0) return -errno;
    info->sender.len_bytes = message.msg_namelen;
    info->truncated = (message.msg_flags & MSG_TRUNC) != 0;
    info->ended = taken == 0 && message.msg_namelen == 0 && message.msg_controllen == 0;
    return taken;
}

ssize_t net_recv_message(int fd, void *data, size_t len_bytes, struct message_info *info) {
    return receive_message(fd, data, len_bytes, 0, info);
}

ssize_t net_peek_message(int fd, void *data, size_t len_bytes, struct message_info *info) {
    return receive_message(fd, data, len_bytes, MSG_PEEK, info);
}

static ssize_t receive(int fd, void *data, size_t len_bytes, int flags) {
    ssize_t taken;
    do taken = recv(fd, data, len_bytes, MSG_DONTWAIT | flags);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? -errno : taken;
}

ssize_t net_recv(int fd, void *data, size_t len_bytes) {
    return receive(fd, data, len_bytes, 0);
}

ssize_t net_peek(int fd, void *data, size_t len_bytes) {
    return receive(fd, data, len_bytes, MSG_PEEK);
}

static int64_t queued(int fd, unsigned long request) {
    int queued_bytes = 0;
    return ioctl(fd, request, &queued_bytes) < 0 ? 0 : queued_bytes; // EINVAL: a listener
}

int64_t net_queued_in(int fd) {
    return queued(fd, SIOCINQ); // leaves a FIN out by itself
}

int64_t net_queued_out(int fd) {
    // The state first: it says that a FIN was sent, and if anything is queued after that, the FIN is.
    uint64_t state = STATE_ANY;
    net_tcp_info(fd, offsetof(struct tcp_info, tcpi_state), sizeof(uint8_t), &state);
    return fin_left_out(FIN_SENT, (enum state)state, (uint32_t)queued(fd, SIOCOUTQ));
}

static bool is_ready(int fd, short events) {
    struct pollfd waiting = {.fd = fd, .events = events};
    int ready;
    do ready = poll(&waiting, 1, 0);
    while (ready < 0 && errno == EINTR);
    return ready == 1 && (waiting.revents & (events | POLLERR | POLLHUP));
}

bool net_readable(int fd) { return is_ready(fd, POLLIN | POLLRDHUP); }

bool net_writable(int fd) { return is_ready(fd, POLLOUT); }
