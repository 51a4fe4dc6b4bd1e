// Programs under test: how they are started, watched and ended, with every child of theirs. pid_namespaces(7).
//
// A process that was forked before there were threads, the spawner, starts them all: in a small process a fork is cheap, and
// it outlives the harness by a moment, however that ends. For each world it makes an init, which is process 1 of the
// world's PID namespace (and IPC namespace) and starts the programs there; for each program a watch, which is its parent
// and whatever it leaves behind becomes a child of:
//
//     harness ── spawner ─┬─ watch ── program ── …            without a world
//                         └─ init ──┬─ watch ── program ── …   one a world: its end ends all in there
//                                   └─ watch ── program ── …
//
// A caller of the harness may bring functions, which take the place of programs: for these the host that it has (function_host.h)
// is what the spawner is for the others, and everything below holds for them too.
//
// Whoever loses the line to the harness kills what is below it, and goes. So neither a second session nor a double fork
// outlives the world, the harness, or its process_free.
//
// Threads: any may start processes, in one world too; a struct process is used by one thread at a time.
#ifndef SOCKDRILL_WORLD_PROCESS_H
#define SOCKDRILL_WORLD_PROCESS_H

#include "base/address.h"
#include "base/buffer.h"
#include "world/isolation.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Starts the spawner, once: before the process's second thread, behind world_prepare, whose namespaces it must share, and behind
// guard_begin, since the guard then waits for it before it removes any folder. 0 or a negative errno; -ENOENT: this kernel has no
// /proc/PID/task/TID/children.
int process_begin(void);

// Ends whatever still runs, and returns when it and the spawner are gone. Before guard_end.
void process_end(void);

// Plain values, owned by the caller; read by process_start alone. The first argument is the program: a path if it has a slash,
// else looked up on the PATH of `environment`, /bin:/usr/bin where it has none, and never run by a shell.
struct process_spec {
    const char *const *arguments;   // ends with NULL
    const char *const *wrapper;     // ends with NULL: a program by its path, and arguments, behind which the program and its
                                    // own are put, as valgrind(1) or strace(1) has it; NULL: it is started by itself
    const char *const *environment; // ends with NULL, "NAME=VALUE" each; all that it gets, but for LISTEN_*
    const char *folder;             // its current folder, as its world sees it; NULL: the root
    const char *user;               // of passwd(5), whose groups it gets too; NULL, or any but root where the harness is
                                    // an ordinary user: the harness's own
    int stdio[3];                   // become its 0, 1 and 2; -1: /dev/null. They stay the caller's, to close
    bool has_terminal;              // stdio[0] is one, which becomes the controlling terminal of its session
    const char *function;           // of that name, to be called in the program's place by the host that listens at function_path;
    const char *function_path;      // NULL: it is a program
    const int *listen_fds;          // become its 3, 4, …, with LISTEN_FDS and LISTEN_PID: sd_listen_fds(3)
    uint32_t listen_count;          // PROCESS_LISTEN_MAX at the most
};

enum { PROCESS_LISTEN_MAX = 240 };

struct process; // opaque

// Starts a program in that world, which must have names, or for NULL where the harness itself is. It has a session of its own,
// no descriptor but those that are named, every signal as by default and none blocked, the soft limit of descriptors that the
// harness was started with, and all else (umask, limits, an ordinary user's id, but no capabilities of a user namespace) from
// the harness. Returns when the program has begun, or could not: then a negative errno, *process is NULL, and `trouble` says
// which call refused what; *exec_errno is execve(2)'s, where it was that, else 0. -ENOTSUP, where it was not: this machine
// cannot have programs in worlds.
// A function's host is not waited for: it may be stopped, or in a debugger. So this returns when the host has been asked, and
// process_has_begun tells the rest; -EINPROGRESS: as many others wait for that host as it takes, and it is to be asked again.
int process_start(struct world *world, const struct process_spec *spec, struct process **process, int *exec_errno,
                  struct buffer *trouble);
// Whether it has begun: 1, as a program has at once; or a negative errno, as above, then the caller frees the process; 0: not yet,
// and process_fd is readable when there is something new. Until it is 1 nothing else may be asked but that and process_free.
int process_has_begun(struct process *process, const struct process_spec *spec, int *exec_errno, struct buffer *trouble);

// Kills what is left of it, children and all, and returns when nothing is. NULL is none. Before world_free of its world,
// or after.
void process_free(struct process *process);

// Its number as the harness sees it (for /proc), and as its world and itself do.
pid_t process_pid(const struct process *process);
pid_t process_own_pid(const struct process *process);

// Becomes readable when it has ended, and stays so; for epoll(7), not to be read or closed.
int process_fd(const struct process *process);

struct process_status {
    int exit;         // as a shell has it: the exit code, or 128 and the signal's number
    int signal;       // that ended it; 0: none did
    bool dumped_core; // of wait(2); whether it stands anywhere is the machine's to say
};

// False while it runs. What was ended together with its world or the harness counts as SIGKILLed. A sanitizer's report is an
// exit like others, unless its options say abort_on_error=1: then it is a SIGABRT.
bool process_status(const struct process *process, struct process_status *status);

// To the program itself, not to its children. 0 or a negative errno; -ESRCH: it has ended.
int process_signal(const struct process *process, int number);

// Behind a wrapper: looks for the program's own process, which the wrapper may become, hold within itself, or have as a child.
// False: it is not there yet. Before it was, all that is said of the process here is said of the wrapper; then of the
// program, but for process_fd and process_status, which tell how the wrapper ended. True at once where there is no wrapper.
bool process_find(struct process *process);
// The program's own end, where the wrapper is another process, which may be there for longer: as process_fd has it. -1: it is not.
int process_inner_fd(const struct process *process);
// Whether the wrapper has no child, where the program was not found: then it has been, and has ended.
bool process_is_alone(const struct process *process);
// A SIGKILL for the wrapper, where the program is another process.
void process_kill_wrapper(const struct process *process);

// --- what there is to see of a running one

struct process_member {
    pid_t pid; // as the harness sees it
    char name[16];
};

// All that descend from it and live, itself aside, whoever their parent is now; once it has ended, what it has left behind.
// Into an array that is the caller's to free, NULL if it is empty. How many.
uint32_t process_descendants(const struct process *process, struct process_member **members);

// How many descriptors the program itself has open; negative errno: -ENOENT when it has ended.
int64_t process_open_fds(const struct process *process);

// Whether it or a descendant holds the socket that answers at this address in the calling thread's network: 1, 0 or a
// negative errno. `type` is SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; `protocol` 0, or one of that type. TCP (MPTCP too)
// and Unix listeners, UDP and UDP-Lite sockets that are bound and not connected; -EAFNOSUPPORT: another family. One bound to
// all addresses answers where none is bound to this very one. 20 us while nobody's socket is there.
// At port 0 it is any: the lowest at which the process listens is put into the address.
int process_listens(const struct process *process, int type, int protocol, struct address *address);

// A pseudo-terminal of 80 columns and 24 lines, pty(7): ends[0] for the harness, ends[1] for stdio of a program; both
// are closed by an exec. 0 or a negative errno.
int process_terminal_make(int ends[2]);

#endif
