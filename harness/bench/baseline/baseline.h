// What the baselines share: how each ends when something is not as it must be, and a listener to connect to.
#ifndef SOCKDRILL_BENCH_BASELINE_H
#define SOCKDRILL_BENCH_BASELINE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static inline void must(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "not so: %s (the last error of a call: %s)\n", what, strerror(errno));
    exit(1);
}

// The bytes that go there and back, whole: 398 of them. `bytes` has room for one more, to see that there is none.
enum { REQUEST_BYTES = 398 };

static inline void read_request(const char *path, char bytes[REQUEST_BYTES + 1]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0, path);
    must(read(fd, bytes, REQUEST_BYTES + 1) == REQUEST_BYTES, "a file of 398 bytes");
    close(fd);
}

static inline int listen_on_loopback(int type, int backlog, struct sockaddr_in *address) {
    int fd = socket(AF_INET, type, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof *address;
    must(fd >= 0, "socket");
    must(bind(fd, (struct sockaddr *)address, size) == 0, "bind");
    must(listen(fd, backlog) == 0, "listen");
    must(getsockname(fd, (struct sockaddr *)address, &size) == 0, "getsockname");
    return fd;
}

static inline void must_be_in(int fd, uint8_t state) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0, "TCP_INFO");
    must(info.tcpi_state == state, "the state that is expected");
}

// Blocks until as many bytes have come, and compares them.
static inline void must_receive(int fd, const char *wanted, size_t len_bytes) {
    char came[REQUEST_BYTES];
    must(recv(fd, came, len_bytes, MSG_WAITALL) == (ssize_t)len_bytes, "recv");
    must(memcmp(came, wanted, len_bytes) == 0, "the bytes that were sent");
}

static inline void must_send(int fd, const char *bytes, size_t len_bytes) {
    must(send(fd, bytes, len_bytes, MSG_NOSIGNAL) == (ssize_t)len_bytes, "send");
}

#endif
