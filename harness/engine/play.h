// What the parts of the engine share: a case as it is being played. Private to the room.
//
// The way through it: engine.c makes the pool and takes cases from the queue; worker.c turns one thread's loop; case.c
// deals a case over parts, and its home part knows when it is over; part.c plays one part; task.c turns the step machine,
// whose steps stand in steps_*.c; board.c is what actors tell each other; program.c is a process under test, and stream.c what
// it reads and prints.
#ifndef SOCKDRILL_ENGINE_PLAY_H
#define SOCKDRILL_ENGINE_PLAY_H

#include "engine/engine.h"
#include "mail.h"
#include "timer.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"
#include "net/net.h"
#include "net/tls.h"
#include "net/trace.h"
#include "plan/pattern.h"
#include "script/script.h"
#include "world/isolation.h"
#include "world/world.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    SCRATCH_BYTES = 256 * 1024,      // a worker's room for bytes on their way
    KEPT_BYTES = 64 * 1024,          // of each direction of a socket that the journal keeps, unless the run wants more
    KEPT_CASE_BYTES = 256 * 1024 * 1024, // then, of all sockets of a case, beyond that
    WINDOW_BYTES = 48,               // of what surrounds a failure
    WATCH_BUCKETS = 256,             // connections that are watched, hashed by their ports: see watch.c
};

// One thread of the pool. Owned by one worker; its mailbox guards itself.
struct worker {
    struct engine *engine;
    uint32_t number;
    pthread_t thread;
    int epoll_fd;
    struct mailbox mailbox;
    struct timer_heap timers;
    struct list ready;    // tasks that the kernel has something for: they go first
    struct list runnable; // other tasks that can go on
    uint32_t ready_in_a_row;
    struct diag_socket diag; // of the network that the process began with
    uint64_t inside;         // the number of the world that its thread is in, 0: none
    bool takes_cases;
    struct case_run *home_of; // the case it leads at the moment, or NULL
    struct list followed;     // parts that are told about, by follow_link
    int64_t worked_ns;        // up to when its work is some part's already
    uint8_t *bytes;           // SCRATCH_BYTES
};

// The pool and its queue of cases.
struct engine {
    const struct plan *const *plans;
    uint32_t count;
    const struct engine_options *options;
    struct worker *workers;
    uint32_t worker_count;
    atomic_uint next;        // case to take
    atomic_uint unfinished;  // cases not handed over yet, and those not taken
    atomic_bool no_more;     // fail-fast or interrupted: take no other case
    atomic_bool over;        // everything has ended: workers return
    struct authority *authority; // of all certificates that the run makes; guards itself
    pthread_mutex_t lock;    // guards the calls of `done`
    engine_done *done;
    void *context;
};

// What epoll(7) has in its data: whatever stands inside it is what it is for.
struct epoll_target {
    void (*ready)(struct epoll_target *target, uint32_t epoll_events);
};

// What all parts see of a program. Written by its own part alone.
struct program_facts {
    atomic_int ours, own;     // its number, as this process and as itself sees it; 0: it has not been run
    atomic_uint killed_after; // the `stop` that it has not heeded, which SIGKILL ended it for; PLAN_NONE: none
    atomic_bool is_full[3];   // by enum stream_code: so much of what it has printed is held that it has to wait
};

// A case being played. Immutable once it is set up, but for what is atomic, the trace, which guards itself, and what only its
// home touches.
struct case_run {
    struct engine *engine;
    const struct plan *plan;
    uint32_t number;
    uint32_t thread_count;
    struct part *parts; // by thread; parts[0] is the home
    struct journal_segment *segments; // by thread; behind them that of `packets`
    int64_t begin_ns, timeout_ns, setup_ns;
    struct scratch scratch;
    struct world *world;   // NULL: it is played on the machine's own loopback
    uint64_t world_number; // 0: none; no other case of this process has the same
    struct trace *trace;   // of its world's packets; NULL: there is none
    const char *trace_lacks; // why there is none where it would have been needed; or NULL
    struct packets *packets; // what captures them for the journal, touched by the home's worker only; NULL: nothing does
    int *free_ports; // by free_port() call of the plan
    struct certificate **certificates; // by the plan's numbers
    struct certificate *certificate;   // of whoever serves TLS without one of those; NULL: nobody does
    struct program_facts *programs; // by instance; NULL: there are none
    _Atomic(uint64_t) kept_bytes;    // of all its sockets, beyond KEPT_BYTES each
    atomic_uint connected, accepted; // stream connections that ours made and ours accepted: is any still on its way?
    atomic_uint watched[WATCH_BUCKETS]; // how many watch a connection of that bucket
    struct home *home;               // touched by the home part's worker only
    atomic_bool is_slowed;           // a `rate` has been in force
    atomic_uint nameless_drops;      // drops without a name so far
    atomic_uint rate;                // the event that names the one in force; PLAN_NONE: it has no name, or there is none
    bool finished;                   // every part has stopped: the home hands it over
};

// What one future, event, barrier or end is to those who wait for it here.
struct point {
    struct list waiters; // tasks, by wait_link
    bool set;
};

struct future {
    struct point point;
    struct value value; // in the part's arena
};

// An instance as its part plays it. Owned by one worker.
struct actor_run {
    struct part *part;
    uint32_t instance;
    uint32_t unfinished_tasks;
    uint32_t next_task;
    uint32_t accepted;
    uint32_t open_sockets;
    struct sock *latest; // the socket that others see
    struct program *program; // NULL: it is none
    bool has_address;
    bool ended;
};

// What one worker plays of one case. Owned by one worker.
struct part {
    struct case_run *run;
    struct worker *worker;
    uint32_t thread;
    struct journal_segment *journal;
    struct diag_socket *diag;     // what asks the kernel about the sockets of its world
    struct diag_socket world_diag; // its own, in a world; else diag is the worker's
    struct arena arena;     // lives as long as the part
    struct list tasks;      // all that have not ended, by part_link
    struct list sockets;    // all that were made, closed ones too
    struct list programs;   // by link
    struct list *task_homes; // the same, hashed by where they lie in memory: is one still alive?
    uint32_t task_home_count; // a power of two
    struct list watchers[WATCH_BUCKETS]; // tasks that watch a connection's state, by its bucket
    struct actor_run *actors; // of its own instances, in their order
    uint32_t actor_count;
    struct future *futures; // the board, as far as it has come here
    struct point *events;
    struct point *barriers;
    uint64_t *barrier_turns; // how often each has opened
    struct point *ends;     // by actor: somebody waits for its end
    bool *ended;            // by instance
    uint32_t *ended_count;  // by actor
    bool quiet;             // every client has ended
    bool halted;            // nothing steps any more
    bool stopped;
    bool awaits_programs;   // and then it says that it has stopped
    uint64_t question_count; // asked so far
    uint8_t *noted;         // by step, once the journal is terse: 1 its begin is noted, 2 its end
    uint8_t *noted_fields;  // by field of the plan's messages: a bit for each enum field_fate; NULL: none yet
    uint32_t drained;       // how often it was asked to come to its end
    uint64_t activity;      // grows with every step taken and every letter but probes
    int64_t work_ns;        // of its tasks' steps
    struct list follow_link; // in worker->followed
    struct journal_place told; // how far its journal was told
    int64_t told_ns;         // and when; 0: nobody follows it
};

// A connection, a listener, or what is left of one. Owned by one worker.
struct sock {
    struct epoll_target target;
    struct stream *stream;  // a program's: this is no socket; NULL else
    struct list link;       // in part->sockets
    struct list block_link; // in the block that opened it
    struct part *part;
    struct actor_run *actor;
    uint32_t number;        // in the journal
    int fd;                 // -1 once closed
    enum family_word family;
    const char *name;       // behind `as`, or NULL
    bool listening, connected, connecting, registered, failed_connect;
    bool end_seen, reset_seen, was_reset; // FIN read; RST read; `reset` by us
    bool end_sent;          // shut down for writing
    int last_error;         // errno of the last call that failed on it
    struct address local, peer;
    struct address sender;         // of the last datagram
    struct address sent_to;        // whom the last `send to` named
    bool has_message;              // `held` is a datagram that nothing has matched yet
    uint64_t sent_bytes, received_bytes;
    struct event *sent_event, *received_event; // the newest, to which a terse journal adds
    uint32_t kept_out, kept_in;    // bytes of each direction in the journal
    const struct address *told_to, *told_from; // whom the journal last had its datagrams go to, and come from
    struct buffer held;            // taken from the kernel ahead of a match that may yet fail
    struct buffer fds;             // int[]: descriptors that came with it
    bool fds_lost;                 // and there was no room for some
    bool fds_known, fds_never;     // whether it is settled that none can come
    bool shared;                   // somebody else has a descriptor of it too: what we do with ours ends nothing
    bool passed_on;                // and was given it by us
    size_t held_from;              // what of it was matched
    struct tls *tls;               // its bytes are plaintext; NULL: there is no TLS
    bool tls_over;                 // it has failed, and a step has said so: of the connection only its end is left
    const struct task *tls_sender; // whose record has gone out in part
    const struct secured *secured; // what was agreed on, or NULL
    const char *host;              // that its `connect` or `listen` named, or NULL
    struct state_path path;        // states as they were seen
    struct trace_end *end;         // what its packets say of them; NULL: nothing
    struct state_path before;      // with `end`: what it had been through before that connection
    struct address end_local, end_peer;
    struct list readers, writers;  // tasks that wait for it, by wait_link: several blocks may share a socket
};

// A value slot of a task.
struct slot {
    struct value value;
    struct arena memory; // what `value` points at
    bool set;
};

// An open block of a task.
struct block_run {
    uint32_t opener;       // the step that opened it; the actor's own block: PLAN_NONE
    struct sock *current;  // the current socket before it
    struct list sockets;   // opened in it, by block_link
};

// An attribute that the step has asked other parts for. Lives in the task's step_arena.
struct question {
    struct question *next;
    uint64_t number; // in its part: it never comes twice
    const struct term *term;
    uint32_t instance; // UINT32_MAX: the sum over all
    uint32_t answers_due;
    bool has_value;
    struct value value;
    const char *trouble; // why there is no value
    bool is_unsettled;   // and never will be, on this machine
};

enum step_answer { STEP_DONE, STEP_WANTS_READ, STEP_WANTS_WRITE, STEP_WANTS_EVENT, STEP_WANTS_TIME, STEP_FAILED };

// How far a `send` or a `recv`, or whatever waits, has come. Cleared when a step begins.
struct progress {
    bool begun;
    const struct bytes *bytes; // send
    uint64_t sent_bytes, chunk_bytes;
    struct address to;         // send to
    struct cut *cuts;          // send split at: where, in the order of `first`; those before `cut` are behind it
    uint32_t cut_count, cut;
    uint64_t split;            // where the chunk ends that the kernel has taken in part; 0: none
    int64_t next_chunk_ns;
    bool matching, matched;    // recv
    size_t held_before;        // recv of a branch that may be passed over: where to go back to
    struct matcher matcher;
    uint64_t first_offset;     // of the pattern in the stream
    int64_t until_ns;          // sleep, recv nothing
    struct sock *socket;       // connect, listen: the socket being made
    bool queue_full;           // connect: the Unix listener has no room, and it looks again every millisecond
    bool arrived;              // barrier
    uint64_t turn;
    uint64_t wanted;           // accept *, barrier: how many
    uint32_t taken;
    uint32_t children;         // accept *: blocks that still run
    int64_t grace_until_ns;    // accept: how long a connection may still be on its way
    int64_t poll_ns;           // expect within: the next pause
    struct question *questions; // newest first
    const char *last_seen;     // expect within: why it did not hold when it was last answered
};

// Offsets that a send is split at: all from first to last.
struct cut {
    uint64_t first, last;
};

// The step machine of an instance, or of one block of an `accept *`. Owned by one worker.
struct task {
    struct list run_link;  // in worker->runnable
    struct list part_link; // in part->tasks
    struct list home_link; // in one of part->task_homes
    struct list wait_link; // in a point's waiters, or a socket's readers or writers
    struct list watch_link; // in part->watchers
    uint32_t watched;      // the bucket it watches, 0: none
    uint32_t looks_due;    // other parts that have not looked yet at what this one did
    struct part *part;
    struct actor_run *actor;
    struct task *parent;
    uint32_t number;
    uint32_t pc;
    uint32_t next;         // where it goes on when the step is done: a step may choose
    bool step_entered;     // its progress is cleared, and the journal knows of it
    bool step_begun;       // and its deadline is known
    bool child_of_accept;
    struct slot *slots;
    struct sock **sockets; // by socket slot
    struct sock *current;
    struct block_run *blocks;
    uint32_t block_count, block_capacity;
    struct progress progress;
    struct arena step_arena; // what the step has made so far
    struct timer timer;
    int64_t deadline_ns;     // of the step; CLOCK_NEVER: the scenario's own
    bool timed_out;          // the deadline has passed
    bool passed_over;        // a branch of `either` whose recv did not match: the next one's turn
    int64_t wake_ns;         // when it wants to be woken besides; CLOCK_NEVER
    enum step_answer waiting;
    const char *waits_for;   // EVENT and TIME: said when the case is stopped; NULL: see describe.c
    const struct term *waits_term;
    struct sock *waits_socket;
    bool waits_exit;         // for the exit of a process that runs
    uint32_t waits_program;  // whose: the instance; PLAN_NONE: whichever ends first
    uint32_t written[8];     // slots that the step has set and another actor reads
    uint32_t written_count;
    struct slot room[];      // of `slots`, and behind them `sockets`
};

#endif
