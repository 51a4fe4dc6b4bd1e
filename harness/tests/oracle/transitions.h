// What the kernel itself tells of TCP states: its trace point sock:inet_sock_set_state, which only root may read.
#ifndef SOCKDRILL_TESTS_TRANSITIONS_H
#define SOCKDRILL_TESTS_TRANSITIONS_H

#include "base/buffer.h"
#include "base/state.h"
#include "trace_packet.h"

#include <stdbool.h>
#include <stdint.h>

// One socket from its first state to its CLOSE: what the kernel names by the same address later is another.
struct history {
    uint64_t socket; // its address in the kernel
    int64_t begin_ns;
    struct trace_point local, peer; // the last it had
    struct state_path path;         // from the state before the first transition
    int64_t at_ns[PATH_MAX_STATES]; // when it came into each
    bool is_ours;                   // the first transition was made by a thread of this process
    bool is_matched;
};

struct history_list {
    struct history *items; // by begin_ns
    uint32_t count, capacity;
};

// From here on every transition on every CPU is kept; before the process's second thread and its first namespace. False: this
// machine does not allow it, `reason` says why.
bool transitions_begin(struct buffer *reason);
void transitions_end(void);

// Adds what has happened since the last call. False: the kernel has counted more events than it has kept. That happens on a
// busy machine without a record of what was lost, and mostly to those of timers.
bool transitions_read(struct history_list *histories);
void histories_fini(struct history_list *histories);

#endif
