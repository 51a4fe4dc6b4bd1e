// A run made by hand: a scenario's text, the plan of it told step by step, and a journal told event by event, each a
// millisecond behind the last one. For what reads plans and journals, without a compiler and without a network.
#ifndef SOCKDRILL_TESTS_FAKE_RUN_H
#define SOCKDRILL_TESTS_FAKE_RUN_H

#include "journal/journal.h"
#include "plan/plan.h"
#include "verdict/verdict.h"

// Owned by one test.
struct fake_run {
    struct arena arena;
    struct source source;
    struct plan plan;
    uint32_t searched_bytes; // of the text, for actors and steps: each is looked for behind the last one
    uint32_t blocks[8];      // openers of the blocks that are still open
    uint32_t block_count;
    struct journal_segment *segment;
    struct journal journal;
    struct verdict verdict;
    int64_t now_ns;
};

// `path` ends in .drill; text and path must outlive the run.
void fake_run_init(struct fake_run *run, const char *path, const char *text);
void fake_run_fini(struct fake_run *run);

// The plan, in the order of the text. Words are what stands there; numbers are those of plan->actors and plan->steps.
uint32_t fake_actor(struct fake_run *run, enum role role, const char *name, uint32_t instance_count, const char *words);
uint32_t fake_step(struct fake_run *run, enum step_kind kind, const char *words);
uint32_t fake_block(struct fake_run *run, enum step_kind kind, const char *words); // fake_block_end ends it
void fake_block_end(struct fake_run *run);
void fake_actor_end(struct fake_run *run);

// The journal. An event of instance, task and step; the caller fills in the rest.
struct event *fake_event(struct fake_run *run, enum event_kind kind, uint32_t instance, uint32_t task, uint32_t step);
void fake_step_run(struct fake_run *run, uint32_t instance, uint32_t step);     // begun and ended, by task 0
void fake_instances_run(struct fake_run *run);                                  // every one begins and ends
void fake_text(struct fake_run *run, enum event_kind kind, uint32_t instance, uint32_t task, uint32_t step,
               const char *text);
struct event *fake_failure(struct fake_run *run, uint32_t instance, uint32_t task, uint32_t step,
                           struct failure failure);

// Sockets; addresses as address_parse reads them, or a Unix path.
const struct address *fake_address(struct fake_run *run, const char *text);
uint32_t fake_listen(struct fake_run *run, uint32_t instance, uint32_t step, const char *local);
uint32_t fake_connect(struct fake_run *run, uint32_t instance, uint32_t step, const char *local, const char *peer);
uint32_t fake_accept(struct fake_run *run, uint32_t instance, uint32_t task, uint32_t step, const char *local,
                     const char *peer);
// An event of a socket with a count: SENT, MATCHED, DISCARDED; or with a code: CLOSED, SHUTDOWN, END_OF_STREAM.
void fake_count(struct fake_run *run, enum event_kind kind, uint32_t instance, uint32_t step, uint32_t socket,
                uint64_t count);
void fake_code(struct fake_run *run, enum event_kind kind, uint32_t instance, uint32_t step, uint32_t socket, int code);

// Freezes the journal and judges it.
void fake_judge(struct fake_run *run);

#endif
