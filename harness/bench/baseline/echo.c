// scenarios/echo.drill by hand: one server, one client, 398 bytes there and back, compared at both ends, and the same
// states looked at. In one thread, with calls that block: nothing is ever waited for, as loopback delivers before `send` returns.
//
//   echo REQUEST [TIMES]
#include "baseline.h"

#include <sys/ioctl.h>

static void play(const char *request) {
    struct sockaddr_in address;
    int listener = listen_on_loopback(SOCK_STREAM | SOCK_CLOEXEC, 1, &address);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(client >= 0 && connect(client, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    must_be_in(client, TCP_ESTABLISHED);
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    must(server >= 0, "accept");
    must_be_in(server, TCP_ESTABLISHED);

    must_send(client, request, REQUEST_BYTES);
    must_receive(server, request, REQUEST_BYTES);
    must_send(server, request, REQUEST_BYTES);
    must_receive(client, request, REQUEST_BYTES);
    int unread;
    must(ioctl(client, FIONREAD, &unread) == 0 && unread == 0, "nothing more");
    close(client);

    char more;
    must(recv(server, &more, 1, 0) == 0, "the end");
    must_be_in(server, TCP_CLOSE_WAIT);
    close(server);
    close(listener);
}

int main(int argc, char **argv) {
    char request[REQUEST_BYTES + 1];
    must(argc == 2 || argc == 3, "usage: echo REQUEST [TIMES]");
    for (int times = argc == 3 ? atoi(argv[2]) : 1; times > 0; times--) {
        read_request(argv[1], request); // each scenario reads its own
        play(request);
    }
    return 0;
}
