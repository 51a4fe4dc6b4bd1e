// Between the harness (process.c), its spawner and the worlds' inits (spawner.c), the host of functions that a caller brings
// (function_host.c), and a program's watch (launch.c).
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
    SPAWN_FUNCTION, // the same; and where it has a world, that world's: enum spawn_space
};

// The strings stand one behind the other, each with its NUL: arguments (those of a wrapper before the program's), variables,
// folder, and the user and the function where there is one.
struct spawn_request {
    enum spawn_kind kind;
    uint32_t argument_count, variable_count, listen_count;
    uint32_t wrapper_count; // of the arguments; 0: there is none
    bool has_user, has_terminal, has_stdio[3], has_function, has_world;
    size_t text_bytes;
};

// What a host of functions gets, over a connection of its own for each. It may be of another release than the harness.
#define SPAWN_FUNCTION_PROTOCOL "sockdrill-function 1"
struct spawn_function_request {
    char protocol[32];
    struct spawn_request request;
};

// A world, seen from outside. An init has been born into the PID and IPC namespaces, and has the harness's user namespace.
enum spawn_space { SPACE_NET, SPACE_UTS, SPACE_MNT, SPACE_ROOT, INIT_SPACES, SPACE_USER = INIT_SPACES, SPACE_PID, SPACE_IPC, SPACES };

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
    STEP_WRAPPER,
    STEP_PIDFD,
    STEP_COUNT,
};

enum spawn_news {
    SPAWN_READY, // from the spawner and an init
    SPAWN_CHILD, // from the program before it is one: `pid` as it sees itself; the message's credentials have the harness's
    SPAWN_STARTED, // from its watch, with a pidfd; of a function without: the harness opens it by `sender` of SPAWN_CHILD
    SPAWN_REFUSED, // `step` and `error`
    SPAWN_ENDED,   // wait_status of the program, whose number is its own until this is sent
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

// --- process_host.c

struct buffer;
struct world;
// A line to the host of functions that listens there; or a negative errno, with what was refused in `trouble`. -EINPROGRESS: so
// many wait there that it takes no other for now.
int host_connect(const char *path, struct buffer *trouble);
// Asks it for a function, with `count` descriptors; behind them there is room for those of the world that are added, unless that
// is NULL. `init` is the world's. 0 or a negative errno.
int host_ask(int line, const struct world *world, pid_t init, struct spawn_request *request, int *fds, uint32_t count);

struct process;
// Its watch, whose descendants are its own, as the harness sees it; 0: it has ended, and so have they all.
pid_t process_watch(const struct process *process);

struct wrapped_program;
// By what the program's own process is known behind a wrapper; NULL: there is none.
const struct wrapped_program *process_wrapped(const struct process *process);
// The wrapper's process, where the program's is known and is another; else 0.
pid_t process_wrapper(const struct process *process);
// From here on that one is the program's process. False: it is gone.
bool process_is(struct process *process, pid_t pid);

// --- in the processes that are forked: one thread each, every signal blocked

// Serves the line until it breaks, ends all it has started, and itself. `guard`: what it keeps open for as long, or -1.
_Noreturn void spawner_run(int line, int guard);

// A function in a program's place: its process is a fork of whoever has it.
struct function_call;
struct spawn_function {
    int (*call)(const struct function_call *call, void *context); // its exit code
    void *context;
};

// A program, or a function unless that is NULL, until it and all its descendants have ended, or the harness has closed its end
// of fds[0].
_Noreturn void watch_run(const struct spawn_request *request, const struct spawn_fds *fds,
                         const struct spawn_function *function);

// Enters those of enum spawn_space below INIT_SPACES. -1, or what was refused, and errno.
int spawn_enter_world(const int *spaces);

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
