// A caller with functions: players DIR COMMAND ... runs the command, with --function NAME=DIR/players for each -NAME=FUNCTION
// that stands before it, and ends as the command does.
//
//     players DIR -caller=greets sockdrill run greeter.drill
#include "world/function_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// --- what they do

// What stands behind NAME= in the arguments; NULL: nothing does.
static const char *given(const struct function_call *call, const char *name) {
    size_t const len = strlen(name);
    for (int i = 1; i < call->argc; i++)
        if (strncmp(call->argv[i], name, len) == 0 && call->argv[i][len] == '=') return call->argv[i] + len + 1;
    return NULL;
}

static struct sockaddr_in address_of(const char *text) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    char host[64];
    const char *colon = strrchr(text, ':');
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    inet_pton(AF_INET, host, &address.sin_addr);
    address.sin_port = htons((uint16_t)atoi(colon + 1));
    return address;
}

static int greets(const struct function_call *call) {
    const char *to = given(call, "greeter");
    char reply[64];
    if (!to) return fprintf(stderr, "nobody told where the greeter is\n"), 9;
    struct sockaddr_in const address = address_of(to);
    int const fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) return perror("connect"), 8;
    if (send(fd, "hello\n", 6, 0) != 6) return 7;
    ssize_t const len = recv(fd, reply, sizeof reply, 0);
    printf("it said: %.*s", len > 0 ? (int)len : 0, reply);
    close(fd);
    return len == 8 && memcmp(reply, "welcome\n", 8) == 0 ? 0 : 6;
}

static int serves(const struct function_call *call, int type) {
    const char *where = given(call, "listen");
    if (!where) return 9;
    struct sockaddr_in const address = address_of(strchr(where, ' ') + 1);
    int const fd = socket(AF_INET, type, 0);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) return perror("bind"), 8;
    if (type == SOCK_STREAM && listen(fd, 16) != 0) return 7;
    for (;;) {
        char text[64];
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        int const one = type == SOCK_STREAM ? accept(fd, NULL, NULL) : fd;
        ssize_t const len = recvfrom(one, text, sizeof text, 0, (struct sockaddr *)&from, &size);
        if (len < 0) return 6;
        if (type == SOCK_STREAM) {
            send(one, "welcome\n", 8, MSG_NOSIGNAL);
            close(one);
        } else {
            sendto(one, "welcome\n", 8, 0, (const struct sockaddr *)&from, size);
        }
    }
}

static int crashes(void) {
    raise(SIGSEGV);
    return 0;
}

// Leaves a grandchild behind, in a session of its own.
static int outlives(void) {
    pid_t const child = fork();
    if (child == 0) {
        setsid();
        if (fork() == 0) pause();
        _exit(0);
    }
    waitpid(child, NULL, 0);
    return 0;
}

static volatile sig_atomic_t asked;

static void on_term(int number) {
    (void)number;
    asked = 1;
}

static int hangs(void) {
    while (!asked) pause(); // whom it never asked to be told
    return 0;
}

static int waits_for_term(void) {
    struct sigaction const action = {.sa_handler = on_term};
    sigset_t term, before;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigaction(SIGTERM, &action, NULL);
    sigprocmask(SIG_BLOCK, &term, &before);
    printf("it runs\n");
    fflush(stdout);
    while (!asked) sigsuspend(&before);
    return 0;
}

// What it has around it, on stdout; then its stdin until the end.
static int tells(const struct function_call *call) {
    char folder[4096], host[64], line[256];
    struct sigaction action;
    gethostname(host, sizeof host);
    printf("%s %d", call->name, call->argc);
    for (int i = 0; i < call->argc; i++) printf(" %s", call->argv[i]);
    printf("\nMARK %s, %s, on %s\n", getenv("MARK"), strrchr(getcwd(folder, sizeof folder), '/') + 1, host);
    sigaction(SIGTERM, NULL, &action);
    printf("leads its session: %d, SIGTERM by default: %d\n", getsid(0) == getpid(), action.sa_handler == SIG_DFL);
    for (int fd = 3; fd < 1024; fd++)
        if (lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF) printf("descriptor %d is open\n", fd);
    while (fgets(line, sizeof line, stdin)) printf("> %s", line);
    fprintf(stderr, "that was all\n");
    return 0;
}

static int looks(void) {
    printf("pid %d, %s user %d\n", getpid(), access("/proc/1/stat", F_OK) == 0 ? "with /proc," : "", getuid());
    return 0;
}

// A host that takes every call and never begins one; who was the first to call stands in DIR/asked.
static _Noreturn void is_silent(int listener, int lifeline, const char *folder) {
    char path[512], made[600];
    struct ucred who = {0};
    struct pollfd fds[] = {{.fd = listener, .events = POLLIN}, {.fd = lifeline}};
    while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
        char request[4096];
        int const one = accept(listener, NULL, NULL);
        if (one < 0 || recv(one, request, sizeof request, MSG_PEEK) <= 0 || who.pid) continue;
        getsockopt(one, SOL_SOCKET, SO_PEERCRED, &who, &(socklen_t){sizeof who});
        snprintf(path, sizeof path, "%s/asked", folder);
        snprintf(made, sizeof made, "%s.new", path);
        FILE *file = fopen(made, "w");
        if (file) fprintf(file, "%d", who.pid), fclose(file);
        rename(made, path);
    }
    _exit(0);
}

// --- and who has them

enum { PLAYERS_MAX = 8 };
static struct {
    char *actor;
    const char *function;
} players[PLAYERS_MAX];
static int player_count;

static int call(const struct function_call *call, void *context) {
    (void)context;
    const char *function = "";
    for (int i = 0; i < player_count; i++)
        if (strcmp(players[i].actor, call->name) == 0) function = players[i].function;
    if (strcmp(function, "greets") == 0) return greets(call);
    if (strcmp(function, "serves") == 0) return serves(call, SOCK_STREAM);
    if (strcmp(function, "serves-udp") == 0) return serves(call, SOCK_DGRAM);
    if (strcmp(function, "crashes") == 0) return crashes();
    if (strcmp(function, "outlives") == 0) return outlives();
    if (strcmp(function, "hangs") == 0) return hangs();
    if (strcmp(function, "waits-for-term") == 0) return waits_for_term();
    if (strcmp(function, "tells") == 0) return tells(call);
    if (strcmp(function, "looks") == 0) return looks();
    if (strncmp(function, "returns", 7) == 0) return atoi(function + 7);
    fprintf(stderr, "no function plays %s\n", call->name);
    return 127;
}

int main(int argc, char **argv) {
    char path[512], option[PLAYERS_MAX][600], *command[64];
    int at = 2, count = 0, lifeline[2];
    snprintf(path, sizeof path, "%s/players", argv[1]);
    for (; at < argc && argv[at][0] == '-'; at++) {
        char *const equals = strchr(argv[at], '=');
        *equals = '\0';
        players[player_count].actor = argv[at] + 1;
        players[player_count++].function = equals + 1;
    }
    for (int i = 0; i < 2 && at < argc; i++) command[count++] = argv[at++]; // sockdrill run
    for (int i = 0; i < player_count; i++) {
        snprintf(option[i], sizeof option[i], "--function=%s=%s", players[i].actor, path);
        command[count++] = option[i];
    }
    while (at < argc) command[count++] = argv[at++];
    command[count] = NULL;
    int const listener = function_host_listen(path);
    if (listener < 0 || pipe(lifeline) != 0) return fprintf(stderr, "%s: %s\n", path, strerror(-listener)), 99;
    printf("a text that waits in the buffer"); // is not the functions' to print
    signal(SIGTERM, SIG_IGN);
    pid_t const host = fork();
    if (host == 0) {
        close(lifeline[1]);
        if (strcmp(players[0].function, "silence") == 0) is_silent(listener, lifeline[0], argv[1]);
        function_host_run(listener, lifeline[0], call, NULL);
    }
    __fpurge(stdout);
    close(listener);
    close(lifeline[0]);
    pid_t const runs = fork();
    if (runs == 0) {
        close(lifeline[1]);
        signal(SIGTERM, SIG_DFL);
        execvp(command[0], command);
        _exit(127);
    }
    int status;
    waitpid(runs, &status, 0);
    close(lifeline[1]);
    waitpid(host, NULL, 0);
    unlink(path);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
