// scenarios/pingpong.drill by hand: one byte there, one byte back, again and again.
//
//   pingpong one TURNS      both ends in one thread, which asks one epoll what is ready
//   pingpong two TURNS      an end a thread, placed as the kernel likes; each blocks in recv
//   pingpong across TURNS   ... each on a CPU of its own
//   pingpong beside TURNS   ... both on one CPU
#include "baseline.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>

static int client, server;
static long turns;

// To the nth of the CPUs that this process may use.
static void pin(pthread_t thread, const cpu_set_t *all, int nth) {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, all) && nth-- == 0) CPU_SET(cpu, &one);
    must(CPU_COUNT(&one) == 1, "another CPU");
    must(pthread_setaffinity_np(thread, sizeof one, &one) == 0, "pthread_setaffinity_np");
}

static void connect_both(int type) {
    struct sockaddr_in address;
    int listener = listen_on_loopback(SOCK_STREAM | SOCK_CLOEXEC, 1, &address), yes = 1;
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(client >= 0 && connect(client, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    server = accept4(listener, NULL, NULL, SOCK_CLOEXEC | type);
    must(server >= 0, "accept");
    must(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0, "TCP_NODELAY");
    must(setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0, "TCP_NODELAY");
    must(!type || fcntl(client, F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
    close(listener);
}

static void *serve(void *unused) {
    for (long turn = 0; turn < turns; turn++) {
        must_receive(server, "x", 1);
        must_send(server, "y", 1);
    }
    return unused;
}

static void in_two_threads(bool is_pinned, int server_cpu) {
    pthread_t thread;
    connect_both(0);
    must(pthread_create(&thread, NULL, serve, NULL) == 0, "pthread_create");
    if (is_pinned) {
        cpu_set_t all;
        must(sched_getaffinity(0, sizeof all, &all) == 0, "sched_getaffinity");
        pin(pthread_self(), &all, 0);
        pin(thread, &all, server_cpu);
    }
    for (long turn = 0; turn < turns; turn++) {
        must_send(client, "x", 1);
        must_receive(client, "y", 1);
    }
    must(pthread_join(thread, NULL) == 0, "pthread_join");
}

static void watch(int loop, int fd) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
    must(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void in_one_thread(void) {
    connect_both(SOCK_NONBLOCK);
    int loop = epoll_create1(EPOLL_CLOEXEC);
    must(loop >= 0, "epoll_create1");
    watch(loop, client);
    watch(loop, server);
    must_send(client, "x", 1);
    for (long turn = 0; turn < turns;) {
        struct epoll_event events[2];
        int ready = epoll_wait(loop, events, 2, -1);
        must(ready > 0, "epoll_wait");
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == server) {
                must_receive(server, "x", 1);
                must_send(server, "y", 1);
            } else {
                must_receive(client, "y", 1);
                if (++turn < turns) must_send(client, "x", 1);
            }
        }
    }
    close(loop);
}

int main(int argc, char **argv) {
    must(argc == 3 && (turns = atol(argv[2])) > 0, "usage: pingpong one|two|across|beside TURNS");
    if (strcmp(argv[1], "one") == 0) in_one_thread();
    else if (strcmp(argv[1], "two") == 0) in_two_threads(false, 0);
    else if (strcmp(argv[1], "across") == 0) in_two_threads(true, 1);
    else if (strcmp(argv[1], "beside") == 0) in_two_threads(true, 0);
    else must(false, argv[1]);

    char more;
    close(client);
    while (recv(server, &more, 1, 0) < 0) must(errno == EAGAIN, "the end");
    must_be_in(server, TCP_CLOSE_WAIT);
    close(server);
    return 0;
}
