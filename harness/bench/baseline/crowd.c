// scenarios/crowd.drill by hand: clients that are all connected at once, both ends here; then each sends 398 bytes, has them
// back, and closes. One thread, one epoll, sockets that never block; each is told to epoll once, by its edges.
//
//   crowd REQUEST CLIENTS
#include "baseline.h"

#include <sys/epoll.h>
#include <sys/resource.h>

enum role { LISTENER, CLIENT, SERVER };
enum { EVENTS = 512, FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC };

// One end of a connection. A server's end lets `got` bytes of the request in, and then sees the end.
struct end {
    int fd;
    enum role role;
    int got_bytes;
};

static char request[REQUEST_BYTES + 1];
static struct end *ends; // the listener, the clients, the servers
static int wanted, end_count, connected, accepted, closed;
static int loop;

static void watch(struct end *end, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = end};
    must(epoll_ctl(loop, EPOLL_CTL_ADD, end->fd, &event) == 0, "epoll_ctl");
}

static struct end *add(int fd, enum role role) {
    struct end *end = &ends[end_count++];
    *end = (struct end){.fd = fd, .role = role};
    return end;
}

static void connect_one(const struct sockaddr_in *address) {
    struct end *end = add(socket(AF_INET, SOCK_STREAM | FLAGS, 0), CLIENT);
    must(end->fd >= 0, "socket");
    int failed = connect(end->fd, (const struct sockaddr *)address, sizeof *address);
    must(failed == 0 || errno == EINPROGRESS, "connect");
    watch(end, EPOLLIN | EPOLLOUT | EPOLLET);
}

static void accept_all(struct end *listener) {
    int fd;
    while (accepted < wanted && (fd = accept4(listener->fd, NULL, NULL, FLAGS)) >= 0) {
        watch(add(fd, SERVER), EPOLLIN | EPOLLET);
        accepted++;
    }
    must(accepted == wanted || errno == EAGAIN, "accept");
}

// Whether the whole request has come by now; the next bytes of it are compared as they come.
static bool receive(struct end *end) {
    char came[REQUEST_BYTES];
    while (end->got_bytes < REQUEST_BYTES) {
        ssize_t len_bytes = recv(end->fd, came, (size_t)(REQUEST_BYTES - end->got_bytes), 0);
        if (len_bytes < 0 && errno == EAGAIN) return false;
        must(len_bytes > 0, "recv");
        must(memcmp(came, request + end->got_bytes, (size_t)len_bytes) == 0, "the bytes that were sent");
        end->got_bytes += (int)len_bytes;
    }
    return true;
}

static void shut(struct end *end) {
    close(end->fd);
    end->fd = -1;
    closed++;
}

static void serve(struct end *end) {
    char more;
    bool had_it = end->got_bytes == REQUEST_BYTES;
    if (!receive(end)) return;
    if (!had_it) must_send(end->fd, request, REQUEST_BYTES);
    ssize_t len_bytes = recv(end->fd, &more, 1, 0);
    must(len_bytes == 0 || (len_bytes < 0 && errno == EAGAIN), "the end");
    if (len_bytes == 0) shut(end);
}

// A client's first edge is its connection.
static void go_on(struct end *end, uint32_t events, bool is_opening) {
    if (is_opening && (events & EPOLLOUT)) {
        must_be_in(end->fd, TCP_ESTABLISHED);
        connected++;
    } else if (!is_opening && receive(end)) {
        shut(end);
    }
}

// Goes round until `*count` has come to `goal`.
static void turn_until(const int *count, int goal, bool is_opening) {
    struct epoll_event events[EVENTS];
    while (*count < goal) {
        int ready = epoll_wait(loop, events, EVENTS, -1);
        must(ready > 0, "epoll_wait");
        for (int i = 0; i < ready; i++) {
            struct end *end = events[i].data.ptr;
            switch (end->role) {
            case LISTENER: accept_all(end); break;
            case SERVER: serve(end); break;
            case CLIENT: go_on(end, events[i].events, is_opening); break;
            }
        }
    }
}

static void raise_limit(void) {
    struct rlimit files;
    must(getrlimit(RLIMIT_NOFILE, &files) == 0, "getrlimit");
    files.rlim_cur = files.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &files) == 0, "setrlimit");
}

int main(int argc, char **argv) {
    must(argc == 3 && (wanted = atoi(argv[2])) > 0, "usage: crowd REQUEST CLIENTS");
    read_request(argv[1], request);
    raise_limit();
    ends = calloc((size_t)wanted * 2 + 1, sizeof *ends);
    loop = epoll_create1(EPOLL_CLOEXEC);
    must(ends && loop >= 0, "epoll_create1");

    struct sockaddr_in address;
    struct end *listener = add(listen_on_loopback(SOCK_STREAM | FLAGS, 4096, &address), LISTENER);
    watch(listener, EPOLLIN);
    // Both ends are here, so that what the queue holds is taken out of it before it is full.
    for (int i = 0; i < wanted; i++) {
        connect_one(&address);
        if (i % 1024 == 1023) accept_all(listener);
    }
    turn_until(&connected, wanted, true);
    turn_until(&accepted, wanted, true);
    for (int i = 0; i < end_count; i++)
        if (ends[i].role == CLIENT) must_send(ends[i].fd, request, REQUEST_BYTES);
    turn_until(&closed, wanted * 2, false);
    close(listener->fd);
    return 0;
}
