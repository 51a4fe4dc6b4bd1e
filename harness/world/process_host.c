// The harness's side of the host of a caller's functions: see world/function_host.h.
#include "namespaces.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int host_connect(const char *path, struct buffer *trouble) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG; // whoever named it was told
    memcpy(address.sun_path, path, strlen(path) + 1);
    int const fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        int const error = errno;
        refusal_text(trouble, "socket(2)", error);
        return -error;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
    int const error = errno == EAGAIN ? -EINPROGRESS : -errno;
    close(fd);
    if (error == -EINPROGRESS) return error;
    buffer_printf(trouble, "who calls the functions is not at '%s': ", path);
    refusal_text(trouble, "connect(2)", -error);
    return error;
}

// What of a world a process has that was born into it; or a negative errno.
static int open_space(pid_t pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
    int const fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

// All of enum spawn_space; those from INIT_SPACES on are the caller's to close. 0 or a negative errno.
static int gather_spaces(const struct world *world, pid_t init, int spaces[SPACES]) {
    static const char *const names[] = {[SPACE_USER] = "user", [SPACE_PID] = "pid", [SPACE_IPC] = "ipc"};
    int const own[INIT_SPACES] = {world->net, world->uts, world->mnt, world->root};
    int error = 0;
    for (int i = 0; i < SPACES; i++) {
        spaces[i] = i < INIT_SPACES ? own[i] : open_space(init, names[i]);
        if (spaces[i] < 0 && !error) error = spaces[i];
    }
    return error;
}

int host_ask(int line, const struct world *world, pid_t init, struct spawn_request *request, int *fds, uint32_t count) {
    struct spawn_function_request hello = {.protocol = SPAWN_FUNCTION_PROTOCOL};
    int *const spaces = fds + count;
    request->has_world = world != NULL;
    hello.request = *request;
    if (!world) return spawn_send(line, &hello, sizeof hello, fds, count);
    int error = gather_spaces(world, init, spaces);
    if (!error) error = spawn_send(line, &hello, sizeof hello, fds, count + SPACES);
    for (int i = INIT_SPACES; i < SPACES; i++)
        if (spaces[i] >= 0) close(spaces[i]);
    return error;
}
