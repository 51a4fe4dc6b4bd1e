// C functions in place of programs: the process that has them, which is none of the harness's.
//
// A caller of the harness who brings functions (`--function NAME=PATH`) forks a host, which listens at PATH. For each program
// that one of them plays the harness connects to it, and hands over all that a program gets, world and all (process.h). The
// host is to the function what the spawner is to a program: it forks its watch, which forks its process, in which the function
// is called; so what the harness sees of it, and how it ends, is the same.
//
//     caller ─┬─ sockdrill
//             └─ host ── (one a call, until its watch has ended) ── watch ── function ── …
//
// Nothing here needs more than the C library, nor anything of the harness but spawn.h: a caller's library compiles it in.
//
// Threads: none; whoever forks the host may have some.
#ifndef SOCKDRILL_WORLD_FUNCTION_HOST_H
#define SOCKDRILL_WORLD_FUNCTION_HOST_H

// Lives while the function runs.
struct function_call {
    const char *name; // of the actor
    int argc;
    char **argv; // as the scenario's `run` has them, ends with NULL
};

// A socket that listens at the path, which nothing has yet, and which is an address's: 107 bytes at the most. Closed by an exec.
// A negative errno.
int function_host_listen(const char *path);

// Serves in a process that was forked for it, until the other end of the pipe `lifeline` is closed; then whatever still runs is
// killed. Closes every other descriptor. `call` runs in a process of its own, which is in the scenario's world, and has its
// stdio, folder, environment, user and session, every signal as by default and none blocked, and of the caller's memory what it
// was when the host was forked; what was in its stdin, stdout and stderr is gone. What it returns is the exit code, behind
// fflush(3) of all and without exit(3).
_Noreturn void function_host_run(int listener, int lifeline, int (*call)(const struct function_call *call, void *context),
                                 void *context);

#endif
