// Descriptors over Unix sockets, and who is at the other end: unix(7).
#include "ancillary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// One that is no connection yet must not make us wait in accept(2) or connect(2). A connection is left as it is:
// whoever passed it shares that flag, and no call of ours on one waits anyhow.
static void do_not_wait(int fd) {
    int type;
    if (net_get_option(fd, SOL_SOCKET, SO_TYPE, &type) != 0 || net_is_connected(fd)) return; // or no socket at all
    int const flags = fcntl(fd, F_GETFL);
    if (flags >= 0) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

// The kernel sends one header with descriptors, and NET_FDS_MAX in it at the most.
static uint32_t take(struct msghdr *message, int fds[NET_FDS_MAX]) {
    if (message->msg_controllen == 0) return 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t const count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(header), count * sizeof(int));
        return (uint32_t)count;
    }
    return 0;
}

void ancillary_take(struct msghdr *message, struct net_fds *fds) {
    fds->count = message ? take(message, fds->fds) : 0;
    fds->lost = message && (message->msg_flags & MSG_CTRUNC);
    for (uint32_t i = 0; i < fds->count; i++) do_not_wait(fds->fds[i]);
}

void ancillary_drop(struct msghdr *message) {
    int fds[NET_FDS_MAX];
    uint32_t const count = take(message, fds);
    for (uint32_t i = 0; i < count; i++) close(fds[i]);
}

ssize_t net_recv_fds(int fd, void *data, size_t len_bytes, struct net_fds *fds) {
    struct iovec piece = {data, len_bytes};
    union ancillary ancillary;
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &ancillary, .msg_controllen = sizeof(ancillary)};
    ssize_t taken;
    do taken = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (taken < 0 && errno == EINTR);
    int const error = errno;
    ancillary_take(taken < 0 ? NULL : &message, fds);
    return taken < 0 ? -error : taken;
}

ssize_t net_send_fds(int fd, const void *data, size_t len_bytes, const struct address *to, const int *fds, uint32_t count) {
    if (count == 0 || count > NET_FDS_MAX) return -EINVAL;
    struct iovec piece = {(void *)data, len_bytes};
    union ancillary ancillary = {0};
    struct address name = to ? *to : (struct address){0};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &ancillary,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int)),
                             .msg_name = to ? &name.as : NULL, .msg_namelen = name.len_bytes};
    ancillary.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&ancillary.header), fds, count * sizeof(int));
    ssize_t taken;
    do taken = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? -errno : taken;
}

static const char *kind_name(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return "a regular file";
    case S_IFDIR: return "a directory";
    case S_IFCHR: return "a character device";
    case S_IFBLK: return "a block device";
    case S_IFIFO: return "a pipe";
    case S_IFSOCK: return "a socket of no endpoint kind";
    }
    return "no file"; // an eventfd, a pidfd, ...: proc(5) has its name
}

void net_describe_fd(int fd, struct buffer *out) {
    struct stat status;
    char link[32], target[PATH_MAX];
    if (fstat(fd, &status) < 0) {
        buffer_text(out, "no open descriptor");
        return;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t const len_bytes = readlink(link, target, sizeof(target));
    buffer_text(out, kind_name(status.st_mode));
    bool const has_name = len_bytes > 0 && (target[0] == '/' || (status.st_mode & S_IFMT) == 0);
    if (has_name) buffer_printf(out, " (%.*s)", (int)len_bytes, target);
}

int net_peer_credentials(int fd, pid_t *pid, uid_t *uid) {
    struct ucred peer;
    socklen_t len_bytes = sizeof(peer);
    if (!net_is_connected(fd)) return -ENOTCONN; // of a listener the option tells who listens, which is nobody's peer
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len_bytes) < 0) return -errno;
    if (peer.uid == (uid_t)-1) return -ENOTCONN;
    *pid = peer.pid;
    *uid = peer.uid;
    return 0;
}
