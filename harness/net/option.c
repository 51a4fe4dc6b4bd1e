// What one descriptor's options and status say, and the process's limit on descriptors.
#include "net/net.h"

#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

int net_error(int fd) {
    int error = 0;
    socklen_t len_bytes = sizeof(error);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len_bytes) < 0 ? errno : error;
}

int net_set_option(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int net_get_option(int fd, int level, int option, int *value) {
    int answer = 0; // some options answer with a single byte
    socklen_t len_bytes = sizeof(answer);
    if (getsockopt(fd, level, option, &answer, &len_bytes) < 0) return -errno;
    *value = answer;
    return 0;
}

// Only as much is asked for as the field needs: the kernel cuts its answer to that.
bool net_tcp_info(int fd, size_t offset_bytes, size_t width_bytes, uint64_t *value) {
    uint8_t info[sizeof(struct tcp_info)] = {0};
    if (offset_bytes > sizeof(info) || width_bytes > sizeof(info) - offset_bytes) return false;
    socklen_t len_bytes = (socklen_t)(offset_bytes + width_bytes);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len_bytes) < 0) return false;
    if (len_bytes < offset_bytes + width_bytes) return false;

    const uint8_t *field = info + offset_bytes;
    uint32_t four_bytes;
    switch (width_bytes) {
    case 1: *value = *field; return true;
    case 4:
        memcpy(&four_bytes, field, sizeof(four_bytes));
        *value = four_bytes;
        return true;
    case 8: memcpy(value, field, sizeof(*value)); return true;
    }
    return false;
}

bool net_is_listening(int fd) {
    int listening = 0;
    return net_get_option(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening) == 0 && listening;
}

bool net_is_connected(int fd) {
    struct sockaddr_storage peer;
    socklen_t len_bytes = sizeof(peer);
    return getpeername(fd, (struct sockaddr *)&peer, &len_bytes) == 0;
}

uint64_t net_inode(int fd) {
    struct stat status;
    return fstat(fd, &status) < 0 ? 0 : status.st_ino;
}

uint64_t net_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return 0;
    struct rlimit const raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &raised) < 0 ? limit.rlim_cur : raised.rlim_cur;
}
