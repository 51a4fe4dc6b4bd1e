// Bytes in and out, and what waits between.
#include "ancillary.h"
#include "fin.h"
#include "forms.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

static ssize_t send_out(int fd, const void *data, size_t len_bytes, int flags) {
    ssize_t taken;
    do taken = send(fd, data, len_bytes, MSG_DONTWAIT | MSG_NOSIGNAL | flags);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? -errno : taken;
}

ssize_t net_send(int fd, const void *data, size_t len_bytes) { return send_out(fd, data, len_bytes, 0); }

ssize_t net_send_more(int fd, const void *data, size_t len_bytes) { return send_out(fd, data, len_bytes, MSG_MORE); }

ssize_t net_send_to(int fd, const void *data, size_t len_bytes, const struct address *to) {
    ssize_t taken;
    do taken = sendto(fd, data, len_bytes, MSG_DONTWAIT | MSG_NOSIGNAL, &to->as.any, to->len_bytes);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? -errno : taken;
}

int net_stamp_records(int fd) { return net_set_option(fd, SOL_SOCKET, SO_TIMESTAMP, 1); }

// What recvmsg(2) leaves out of a sender's address.
static void complete_sender(int fd, struct address *sender) {
    if (sender->len_bytes == 0 || sender->as.any.sa_family != AF_CAN) {
        interface_name(fd, sender);
        return;
    }
    enum family_word word;
    if (net_family_of(fd, &word) == 0 && word == FAMILY_ISOTP) isotp_set_sender(fd, sender);
    else interface_name(fd, sender);
}

static ssize_t receive_once(int fd, struct msghdr *message, int flags) {
    ssize_t taken;
    do taken = recvmsg(fd, message, flags);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? -errno : taken;
}

static ssize_t receive_message(int fd, void *data, size_t len_bytes, int flags, struct message_info *info,
                               struct net_fds *fds) {
    struct iovec piece = {data, len_bytes};
    union ancillary ancillary; // for the time stamp and, where they are wanted, descriptors
    *info = (struct message_info){0};
    struct msghdr message = {
        .msg_name = &info->sender.as, .msg_namelen = sizeof(info->sender.as), .msg_iov = &piece, .msg_iovlen = 1,
        .msg_control = &ancillary, .msg_controllen = fds ? sizeof(ancillary) : sizeof(ancillary.stamp)};
    ssize_t taken = receive_once(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | flags);
    if (taken == -EINVAL) taken = receive_once(fd, &message, MSG_DONTWAIT | flags); // isotp refuses what it does not know
    if (fds) ancillary_take(taken < 0 ? NULL : &message, fds);
    else if (taken >= 0) ancillary_drop(&message);
    if (taken < 0) return taken;
    info->sender.len_bytes = message.msg_namelen;
    info->truncated = (message.msg_flags & MSG_TRUNC) != 0;
    info->ended = taken == 0 && message.msg_namelen == 0 && message.msg_controllen == 0;
    complete_sender(fd, &info->sender);
    return taken;
}

ssize_t net_recv_message(int fd, void *data, size_t len_bytes, struct message_info *info, struct net_fds *fds) {
    return receive_message(fd, data, len_bytes, 0, info, fds);
}

ssize_t net_peek_message(int fd, void *data, size_t len_bytes, struct message_info *info) {
    return receive_message(fd, data, len_bytes, MSG_PEEK, info, NULL);
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

ssize_t net_recv_left(int fd, void *data, size_t len_bytes, int *left_bytes) {
    struct iovec piece = {data, len_bytes};
    alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    *left_bytes = -1;
    ssize_t const taken = receive_once(fd, &message, MSG_DONTWAIT);
    const struct cmsghdr *told = taken > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    bool const is_left = told && told->cmsg_level == IPPROTO_TCP && told->cmsg_type == TCP_CM_INQ;
    if (is_left) memcpy(left_bytes, CMSG_DATA(told), sizeof(*left_bytes));
    return taken;
}

int net_tell_left(int fd, bool tells) { return net_set_option(fd, IPPROTO_TCP, TCP_INQ, tells); }

static int64_t queued(int fd, unsigned long request) {
    int queued_bytes = 0;
    return ioctl(fd, request, &queued_bytes) < 0 ? -errno : queued_bytes;
}

// For the families that do not know SIOCINQ: the bytes that a peek would give. They are looked at for their number
// only, so that every piece of the room for them may be the same one.
static int64_t peek_count(int fd) {
    enum { PIECES = 256 };
    static const size_t PIECE_BYTES = 4096; // 1 MiB in all: more than waits anywhere, for default buffers
    uint8_t bytes[4096];
    struct iovec pieces[PIECES];
    for (unsigned i = 0; i < PIECES; i++) pieces[i] = (struct iovec){bytes, PIECE_BYTES};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = PIECES};
    ssize_t const count = recvmsg(fd, &message, MSG_DONTWAIT | MSG_PEEK);
    return count < 0 ? 0 : count;
}

// MPTCP counts the end of the stream (DATA_FIN) as a byte behind those that are there.
static bool counts_its_end(int fd) {
    int protocol = 0;
    return net_get_option(fd, SOL_SOCKET, SO_PROTOCOL, &protocol) == 0 && protocol == IPPROTO_MPTCP;
}

int64_t net_queued_in(int fd) {
    int64_t const count = queued(fd, SIOCINQ); // leaves a FIN out by itself
    if (count > 0 && counts_its_end(fd)) {
        int64_t const there = peek_count(fd);
        return there + 1 == count ? there : count; // a peek sees no more than its room
    }
    return count < 0 ? peek_count(fd) : count; // vsock: EOPNOTSUPP before Linux 6.17; a listener: EINVAL, and no peek
}

int64_t net_queued_out(int fd) {
    // The state first: it says that a FIN was sent, and if anything is queued after that, the FIN is.
    uint64_t state = STATE_ANY;
    net_tcp_info(fd, offsetof(struct tcp_info, tcpi_state), sizeof(uint8_t), &state);
    int64_t const count = queued(fd, SIOCOUTQ);
    return count < 0 ? 0 : fin_left_out(FIN_SENT, (enum state)state, (uint32_t)count);
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
