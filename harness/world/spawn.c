// Messages with descriptors: unix(7), SCM_RIGHTS and SCM_CREDENTIALS.
#include "spawn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(SPAWN_FDS_MAX * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

int spawn_send(int socket, const void *message, size_t len_bytes, const int *fds, uint32_t count) {
    union control control;
    struct iovec part = {.iov_base = (void *)message, .iov_len = len_bytes};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        memset(&control, 0, CMSG_SPACE(count * sizeof *fds));
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(count * sizeof *fds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, count * sizeof *fds);
        header.msg_control = &control;
        header.msg_controllen = CMSG_SPACE(count * sizeof *fds);
    }
    ssize_t sent;
    while ((sent = sendmsg(socket, &header, MSG_NOSIGNAL)) < 0 && errno == EINTR) continue;
    return sent < 0 ? -errno : 0;
}

void spawn_close(const struct spawn_fds *fds) {
    for (uint32_t i = 0; i < fds->count; i++) close(fds->fds[i]);
}

ssize_t spawn_receive(int socket, void *message, size_t size_bytes, struct spawn_fds *fds, pid_t *sender) {
    union control control;
    struct iovec part = {.iov_base = message, .iov_len = size_bytes};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct spawn_fds got = {0};
    ssize_t len;
    while ((len = recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) continue;
    if (len < 0) return -errno;
    for (struct cmsghdr *part_of = CMSG_FIRSTHDR(&header); part_of; part_of = CMSG_NXTHDR(&header, part_of)) {
        if (part_of->cmsg_level != SOL_SOCKET) continue;
        if (part_of->cmsg_type == SCM_RIGHTS) {
            got.count = (uint32_t)((part_of->cmsg_len - CMSG_LEN(0)) / sizeof *got.fds);
            memcpy(got.fds, CMSG_DATA(part_of), got.count * sizeof *got.fds);
        } else if (part_of->cmsg_type == SCM_CREDENTIALS && sender) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(part_of), sizeof who);
            *sender = who.pid;
        }
    }
    if (fds) *fds = got;
    else spawn_close(&got);
    return len;
}

void spawn_report_send(int socket, struct spawn_report report) {
    spawn_send(socket, &report, sizeof report, NULL, 0); // nobody there: nobody wants to know
}
