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
#include "short_address.h"
#include "slab.h"
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
#include <signal.h>
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
    const sigset_t *signals; // its mask while it waits, on a thread that takes signals; NULL: it takes none
    int64_t heard_ns;        // when it last let them in
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
    struct arena spare;       // memory for the next step: see task.c
};

// The pool and its queue of cases.
struct engine {
    const struct plan *const *plans;
    uint32_t count;
    const struct engine_options *options;
    struct worker *workers;
    uint32_t worker_count;
    atomic_uint next;        // case to take
    atomic_uint unfinished;  // cases that are being played, and those not taken
    atomic_bool no_more;     // fail-fast or interrupted: take no other case
    atomic_bool over;        // everything has ended: workers return
    unsigned needs_ahead;    // what is opened with each world that is made ahead: ahead.c
    bool has_times;          // the kernel notes when packets come
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
    atomic_bool has_ended;    // its process
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
    _Atomic(uint64_t) *own_ports; // see linger.h; NULL: there are no programs, nor clients outside
    int *free_ports; // by free_port() call of the plan
    struct certificate **certificates; // by the plan's numbers
    struct certificate *certificate;   // of whoever serves TLS without one of those; NULL: nobody does
    struct program_facts *programs; // by instance; NULL: there are none
    _Atomic(uint64_t) kept_bytes;    // of all its sockets, beyond KEPT_BYTES each
    atomic_uint connected, accepted; // stream connections that ours made and ours accepted: is any still on its way?
    atomic_uint watching;                // how many tasks watch a connection
    atomic_uint watched[WATCH_BUCKETS]; // how many watch a connection of that bucket
    struct home *home;               // touched by the home part's worker only
    atomic_bool is_slowed;           // a `rate` has been in force
    atomic_uint nameless_drops;      // drops without a name so far
    atomic_uint rate;                // the event that names the one in force; PLAN_NONE: it has no name, or there is none
    bool is_alone;                   // its clients were outside, and have finished
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
    struct slab slab;       // of that arena: tasks, sockets, and what belongs to them
    struct list tasks;      // all that have not ended, by part_link
    struct list awaited;    // tasks that have ended, and letters are still on their way to them
    struct list sockets;    // all that were made, closed ones too, but for what sock_sweep has freed
    uint32_t closed_sockets; // of these
    uint32_t swept_sockets; // how many of them sock_sweep left when it was last at work
    struct list programs;   // by link
    const struct kept_file *files; // that its steps have read: see files.c
    struct list watchers[WATCH_BUCKETS]; // who watches a connection's state, by its bucket
    struct actor_run *actors; // of its own instances, in their order
    uint32_t actor_count;
    struct future *futures; // the board, as far as it has come here
    uint32_t *first_futures; // by actor
    const char *newest_host; // see env_host
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
    bool has_asked;         // other parts, which may have no time to answer
    uint64_t activity;      // grows with every step taken and every letter but probes
    int64_t work_ns;        // of its tasks' steps
    struct list follow_link; // in worker->followed
    int64_t told_ns;         // when its journal was told; 0: nobody follows it
};

// A connection, a listener, or what is left of one. Owned by one worker. In the part's slab, as is what few of them need.
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
    int last_error;         // errno of the last call that failed on it
    const char *name;       // behind `as`, or NULL
    const char *host;       // that its `connect` or `listen` named, or NULL
    struct short_address local, peer; // see sock_local
    bool listening : 1, connected : 1, connecting : 1, registered : 1, failed_connect : 1;
    bool end_seen : 1, reset_seen : 1, was_reset : 1; // FIN read; RST read; `reset` by us
    bool end_sent : 1;      // shut down for writing
    bool lingers : 1;       // its block has ended, and what a program still sends becomes held: see linger.h
    bool hung_up : 1;       // epoll(7) has told of its end, or an error: then it tells of no further ones
    bool drained : 1;       // nothing is there to be read, and epoll(7) tells as soon as something is
    bool tells_late : 1;    // it does not: SO_RCVLOWAT was set
    bool tells_left : 1;    // with each read, what is left behind it
    uint8_t dry_reads;      // that found nothing
    bool has_message : 1;   // `held` is a datagram that nothing has matched yet
    bool fds_known : 1, fds_never : 1; // whether it is settled that no descriptor can come
    bool shared : 1;        // somebody else has a descriptor of it too: what we do with ours ends nothing
    bool passed_on : 1;     // and was given it by us
    bool is_needed : 1;     // see sock_sweep
    bool is_counted : 1;    // a listener: nobody outside comes any more but those
    uint32_t left_to_accept; // that had come by then
    bool tls_over : 1;      // it has failed, and a step has said so: of the connection only its end is left
    struct state_path path; // states as they were seen
    uint64_t sent_bytes, received_bytes;
    struct event *sent_event, *received_event; // the newest, where what follows is only counted
    uint32_t kept_out, kept_in;    // bytes of each direction in the journal
    struct buffer held;            // taken from the kernel ahead of a match that may yet fail
    size_t held_from;              // what of it was matched
    struct list readers, writers;  // tasks that wait for it, by wait_link: several blocks may share a socket
    struct sock_datagrams *datagrams; // who sends them and gets them: see sock_address.c. NULL: nobody has
    struct sock_fds *fds;          // that came with `held`: see descriptors.c. NULL: none did
    struct tls *tls;               // its bytes are plaintext; NULL: there is no TLS
    struct secured *secured;       // what TLS has agreed on: see secure.h. NULL: it never began
    struct sock_trace *trace;      // what its packets say of its states: see lifecycle.c. NULL: nothing
};

// A value slot of a task.
struct slot {
    struct value value;
    struct arena memory; // what `value` points at
    bool set;
    bool written;        // by the step, and another actor reads it
};

// An open block of a task. In the part's slab.
struct block_run {
    struct block_run *outer; // NULL: it is the task's own
    struct sock *current;  // the current socket before it
    struct list sockets;   // opened in it, by block_link
    uint32_t opener;       // the step that opened it; the actor's own block: PLAN_NONE
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

// How far a `send` or a `recv`, or whatever waits, has come. Cleared when a step begins; what it points at lies in the
// task's step_arena. Each kind of step has its own part of the union.
struct progress {
    bool begun;
    bool matching, matched;     // recv, tls
    bool addresses_known;       // connect
    bool queue_full;            // connect: the Unix listener has no room, and it looks again every millisecond
    bool arrived;               // barrier
    bool lingers;               // the end of a block: until then
    int64_t linger_until_ns;
    struct question *questions; // newest first
    const char *last_seen;      // expect within: why it did not hold when it was last answered
    union {
        struct { // send
            const struct bytes *bytes;
            uint64_t sent_bytes, chunk_bytes;
            const struct address *to;  // send to
            struct cut *cuts;          // send split at: where, in the order of `first`; those before `cut` are behind it
            uint32_t cut_count, cut;
            uint64_t split;            // where the chunk ends that the kernel has taken in part; 0: none
            int64_t next_chunk_ns;
        };
        struct { // recv
            struct matcher *matcher;   // while `matching`; NULL of an ending alone
            size_t held_before;        // of a branch that may be passed over: where to go back to
            uint64_t first_offset;     // of the pattern in the stream
            int64_t silent_until_ns;   // recv nothing
        };
        struct { // connect, accept
            struct sock *socket;       // being made, or the listener
            uint64_t connections;      // accept *: how many are wanted
            uint32_t taken;
            uint32_t children;         // blocks that still run
            int64_t grace_until_ns;    // how long a connection may still be on its way
        };
        struct { // barrier
            uint64_t turn;
            uint64_t arrivals;         // for so many it opens
        };
        int64_t until_ns;              // sleep
        int64_t poll_ns;               // expect within, listens: the next pause
    };
};

// Offsets that a send is split at: all from first to last.
struct cut {
    uint64_t first, last;
};

// The step machine of an instance, or of one block of an `accept *`. Owned by one worker. In the part's slab: there are
// thousands, and what few of them need they have elsewhere.
struct task {
    struct list run_link;  // in worker->runnable
    struct list part_link; // in part->tasks, or part->awaited
    struct list wait_link; // in a point's waiters, or a socket's readers or writers
    struct watch *watch;   // of a connection's state; NULL: it watches none
    struct part *part;
    struct actor_run *actor;
    struct task *parent;   // of a block of an `accept *`; NULL: it is its instance's own
    uint32_t number;
    uint32_t pc;
    uint32_t next;         // where it goes on when the step is done: a step may choose
    uint32_t looks_due;    // other parts that have not looked yet at what this one did
    uint32_t letters_due;  // to it: what others have seen, and their answers
    bool has_ended;
    bool step_entered;     // its progress is cleared, and the journal knows of it
    bool step_begun;       // and its deadline is known
    bool timed_out;        // the deadline has passed
    bool passed_over;      // a branch of `either` whose recv did not match: the next one's turn
    bool has_written;      // slots that another actor reads
    bool waits_exit;       // for the exit of a process that runs
    struct sock **sockets; // by socket slot; behind `slots`
    struct sock *current;
    struct block_run *block; // the innermost
    struct progress progress;
    struct arena step_arena; // what the step has made so far
    struct timer timer;
    int64_t deadline_ns;     // of the step; CLOCK_NEVER: the scenario's own
    int64_t wake_ns;         // when it wants to be woken besides; CLOCK_NEVER
    enum step_answer waiting;
    const char *waits_for;   // EVENT and TIME: said when the case is stopped; NULL: see describe.c
    struct sock *waits_socket;
    uint32_t waits_program;  // waits_exit: whose, the instance; PLAN_NONE: whichever ends first
    struct slot slots[];     // from slot 1 on, see task_slot
};

#endif
