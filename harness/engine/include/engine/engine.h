// The engine: plays plans over real sockets on a pool of threads, and writes journals.
//
// A worker is one thread with an epoll set, a heap of timers and a mailbox. A case is dealt over one worker or several; the
// part of it that a worker plays is a `struct part`, and its actors are resumable step machines in there. Workers touch
// in their mailboxes only.
#ifndef SOCKDRILL_ENGINE_ENGINE_H
#define SOCKDRILL_ENGINE_ENGINE_H

#include "journal/journal.h"
#include "plan/plan.h"
#include "world/isolation.h"

#include <stdbool.h>
#include <stdint.h>

// What one thread of a case has written since it last told: `thread` of those that the case is dealt over, in the order it
// was written. What it writes later is not older than `until_ns`; CLOCK_NEVER: it sleeps, and tells when it has woken up,
// before it writes anything. Called by any of the pool's threads, by several at once; the events are its own, and may be
// looked at until the call returns, what they point at as long as the journal.
typedef void engine_follow(void *context, uint32_t number, uint32_t thread, const struct event *events, uint32_t count,
                           int64_t until_ns);
// Where an actor can be reached is known: "greeter", "127.0.0.1:41873". The authority of its certificates is "ca_file", with the
// path of its own, before any actor. By any of the pool's threads, by several at once.
typedef void engine_reachable(void *context, uint32_t number, const char *name, const char *address);
// A step of the case has failed, and nothing has come of that yet: its sockets are as they were. Each time; as above.
typedef void engine_failing(void *context, uint32_t number);
// A case begins: by any of the pool's threads, by several at once.
typedef void engine_begun(void *context, uint32_t number);

struct engine_options {
    uint32_t workers;     // how many cases are played at once
    uint32_t threads;     // deal every case over that many threads; 0: as the scenario says
    double timeout_scale; // stretches every timeout, `within` and silence's limit; 1 is as written
    uint64_t seed;        // of random()
    bool allow_network;   // endpoints outside loopback may be reached
    bool isolation;       // every case has a world of its own; only where world_prepare was true
    const char *isolation_lacks; // where there is none: why, for the cases that need one; or NULL
    const char *programs_lack;   // why process_begin has failed, for the cases that have programs; NULL: it has not
    bool snapshots;       // note the socket behind each step, for --verbose
    bool keep;            // leave the scratch folders
    bool packets;         // put a world's packets into the journal, and whom datagrams go to and come from
    uint32_t kept_bytes;  // of each direction of a socket that the journal keeps, 256 MiB of a case; 0: 64 KiB
    engine_begun *begun;   // with the context of engine_run; or NULL
    engine_follow *follow; // the same: journals are followed as they are written
    bool fields;          // note what becomes of messages' fields, for --coverage
    // Clients are outside: those of the scenario are not played, they are whoever comes. They have finished when
    // engine_clients_end is called, when nobody else holds the other end of the lifeline any more, or when every other actor
    // has and no program listens. Until then no timeout runs, but `within`, and nobody waits in vain. For a run of one case,
    // without worlds.
    bool clients_outside;
    int lifeline; // a pipe's or a socket's; -1: there is none
    engine_reachable *reachable; // with the context of engine_run; or NULL
    engine_failing *failing;     // the same
    const char *const *under; // every program is started behind these words, of which the first is a path: --under; or NULL
    const struct player *players; // of the actors that functions play
    uint32_t player_count;
    bool terse;           // note from the beginning only what the verdict needs, as behind JOURNAL_TERSE_EVENTS
};

// Called when a case has ended, by one thread at a time but by any. The journal is now the callee's:
// journal_fini, then free.
// `scratch` is the folder that was kept, or NULL. False: begin no further case.
typedef bool engine_done(void *context, uint32_t number, struct journal *journal, const char *scratch);

// Plays plans[0 .. count - 1], each as a case of its own, and returns when all that were begun have ended. The plans must
// stay as they are until then. 0, or a negative errno when the pool itself could not be made.
int engine_run(const struct plan *const *plans, uint32_t count, const struct engine_options *options, engine_done *done,
               void *context);

// The clients outside have finished. Safe in a signal handler and in any thread.
void engine_clients_end(void);

// Ends every case that is being played as interrupted, and begins no other. Safe in a signal handler and in any thread.
void engine_interrupt(void);

// Why the plan needs a world of its own: "a world of its own", with the line that asks for it in `at`, unless that is NULL
// (no source: none does alone); or NULL, it may also be played without, as one with certificates and files alone.
const char *engine_needs_world(const struct plan *plan, struct span *at);

// Whether this machine, or this build, lacks what the plan requires: then the case would be skipped, and why goes to `reason`.
bool engine_lacks(const struct plan *plan, const struct engine_options *options, struct buffer *reason);
// The same of the families that it names: the calling thread is in `world`, or for NULL in the machine's own network.
bool engine_lacks_families(const struct plan *plan, const struct engine_options *options, const struct world *world,
                           struct buffer *reason);
// Of one family.
bool engine_lacks_family(enum family_word word, const struct engine_options *options, const struct world *world,
                         struct buffer *reason);

// How many threads a case of the plan is dealt over, in a run of `count` cases.
uint32_t engine_threads_of(const struct plan *plan, const struct engine_options *options, uint32_t count);

#endif
