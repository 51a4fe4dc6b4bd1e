// Between the harness (process.c), its spawner and the worlds' inits (spawner.c), and a program's watch (launch.c).
//
// A line is a SOCK_SEQPACKET pair between the harness and the spawner, or an init; each request brings one more such pair with it,
// over which it is reported what came of it. An end that closes ends whoever has the other.
#ifndef SOCKDRILL_WORLD_SPAWN_H
#define SOCKDRILL_WORLD_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum spawn_kind {
    SPAWN_INIT,    // descriptors: its line, and a world's net, uts, mnt, root
    SPAWN_PROGRAM, // its reports; a memory with the strings below; those of stdio that are given; those to listen on
};

// The strings stand one behind the other, each with its NUL: arguments, variables, folder, and the user where there is one.
struct spawn_request {
    enum spawn_kind kind;
    uint32_t argument_count, variable_count, listen_count;
    bool has_user, has_terminal, has_stdio[3];
    size_t text_bytes;
};

// What may be refused on the way to a program, in its order; spawn_calls has their names.
enum spawn_step {
    STEP_RECEIVE,
    STEP_NAMESPACES,
    STEP_ENTER,
    STEP_ROOT,
    STEP_PROC,
    STEP_CHILDREN,
    STEP_FORK,
    STEP_TEXT,
    STEP_USER_NAME,
    STEP_GROUPS,
    STEP_USER,
    STEP_DESCRIPTORS,
    STEP_TERMINAL,
    STEP_FOLDER,
    STEP_PROGRAM,
    STEP_COUNT,
};

enum spawn_news {
    SPAWN_READY, // from the spawner and an init
    SPAWN_CHILD, // from the program before it is one: `pid` as it sees itself; the message's credentials have the harness's
    SPAWN_STARTED, // from its watch, with a pidfd
    SPAWN_REFUSED, // `step` and `error`
    SPAWN_ENDED,   // wait_status of the program
};

struct spawn_report {
    enum spawn_news news;
    enum spawn_step step;
    int error; // positive
    int wait_status;
    pid_t pid;
};

enum { SPAWN_FDS_MAX = 253 }; // the kernel's SCM_MAX_FD

struct spawn_fds {
    uint32_t count;
    int fds[SPAWN_FDS_MAX];
};

// 0 or a negative errno.
int spawn_send(int socket, const void *message, size_t len_bytes, const int *fds, uint32_t count);
// One message, with its descriptors if `fds` is not NULL, and who sent it if `sender` is not. Its length, 0: the other end is
// closed, or a negative errno.
ssize_t spawn_receive(int socket, void *message, size_t size_bytes, struct spawn_fds *fds, pid_t *sender);

void spawn_report_send(int socket, struct spawn_report report);
void spawn_close(const struct spawn_fds *fds);

struct process;
// Its watch, whose descendants are its own, as the harness sees it; 0: it has ended, and so have they all.
pid_t process_watch(const struct process *process);

// --- in the processes that are forked: one thread each, every signal blocked

// Serves the line until it breaks, ends all it has started, and itself. `guard`: what it keeps open for as long, or -1.
_Noreturn void spawner_run(int line, int guard);

// A program, until it and all its descendants have ended, or the harness has closed its end of fds[0].
_Noreturn void watch_run(const struct spawn_request *request, const struct spawn_fds *fds);

// Closes every descriptor but these and 0, 1, 2.
void spawn_keep(const int *kept, uint32_t count);

// A descriptor that is readable when a child has ended, and the end of its being so.
int spawn_children_open(void);
void spawn_children_drain(int fd);

// Where the kernel lists the calling process's children. Opened at once: the program may unmount /proc.
int spawn_list_open(void);
// Kills them, and theirs as they come to it, until there is none; who may not be killed (set-user-ID) is left.
void spawn_end_children(int list);

#endif
