// Scenarios as texts, played in this process: what the suites of the engine share.
#ifndef SOCKDRILL_TESTS_ENGINE_PLAY_H
#define SOCKDRILL_TESTS_ENGINE_PLAY_H

#include "engine/engine.h"
#include "journal/journal.h"
#include "plan/plan.h"

#include <stdbool.h>
#include <stdint.h>

// How to play. Zero-initialised: one case, one worker, one thread, times as written.
struct play_options {
    uint32_t copies;  // how many cases of the one text; 0: one
    uint32_t workers; // 0: one
    uint32_t threads;
    double timeout_scale; // 0: 1
    bool snapshots, keep, fields, allow_network, terse;
    bool packets;               // put into the journal, and all bytes of every stream
    bool isolation;             // every case in a world of its own, which this machine must allow
    bool stop_at_failure;       // the callback answers false where a case failed
    int64_t interrupt_after_ns; // another thread interrupts then; 0: nobody does
    uint32_t interrupt_cases;   // another thread interrupts when so many cases have something called `ready` in their scratch
                                // folders, of which TMPDIR is made another one's; 0: nobody does
};

// What came of it. Owned by the test; journals by case number, NULL where a case was not begun.
struct played {
    struct plan_set set;
    struct buffer text;
    const struct plan **plans;
    struct journal **journals;
    char **scratch;  // of each case: the folder that was kept, or NULL
    uint32_t *order; // numbers in the order in which they were done
    uint32_t count, done;
    bool overlapped; // two threads were in the callback at once
    bool stop_at_failure;
    int error; // of engine_run
    int64_t duration_ns;
};

// Compiles the text, which must be right, and plays it. `format` is printf's.
void play(struct played *played, const struct play_options *options, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void played_fini(struct played *played);

// The same for one case that must pass: fails the test with the first failure's message otherwise.
void play_passes(const struct play_options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Of a case's journal.
uint64_t count_events(const struct journal *journal, enum event_kind kind);
const struct event *first_event(const struct journal *journal, enum event_kind kind); // NULL: there is none
const struct failure *first_failure(const struct journal *journal);                   // NULL: it has not failed
bool has_waiting(const struct journal *journal, const char *text);                    // some WAITING says just that
// All that WAITING says, a line each, for messages; static.
const char *all_waiting(const struct journal *journal);

// How many descriptors this process holds.
unsigned descriptors_open(void);

// Two children that keep both cores busy until load_end: what a busy machine does to a test of times.
struct load {
    int children[2];
};
void load_begin(struct load *load);
void load_end(struct load *load);

#endif
