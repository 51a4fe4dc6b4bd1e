// (plan, journal) -> verdict: what the run means. A pure function: no clock, no system call, no global.
#ifndef SOCKDRILL_VERDICT_VERDICT_H
#define SOCKDRILL_VERDICT_VERDICT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "journal/journal.h"
#include "plan/plan.h"

enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED };

enum fault_kind {
    FAULT_STEP,       // a step failed as it ran: `failure` is the journal's
    FAULT_NEVER_RAN,  // an instance of a declared actor never began, or never ended
    FAULT_UNREACHED,  // a step no instance ever reached (branches of `either` and loops of no turns aside)
    FAULT_LOST_BYTES, // one of ours sent what its peer, one of ours, never matched, and no `reset` excuses it
    FAULT_NEVER_ACCEPTED, // one of ours connected to a listener of ours that never accepted it
    FAULT_SKIPPED,    // it could not be played here, and that was to be a failure
};

// Something that makes the case fail. Immutable.
struct fault {
    enum fault_kind kind;
    uint32_t actor; // instance, or JOURNAL_NONE
    uint32_t task;
    uint32_t step;  // or JOURNAL_NONE
    int64_t at_ns;  // or the end of the case
    const char *message; // one line
    const struct failure *failure; // FAULT_STEP, else NULL
    uint32_t socket; // FAULT_LOST_BYTES: to which they were sent, else JOURNAL_NONE
    uint64_t offset; // and where in its stream the first of them stands
    struct slice output; // FAULT_STEP of a program: how what it printed ends, what came behind the failure too, or a sanitizer's
                         // report; else empty
    uint8_t output_of;   // as the failure's
};

// Where somebody else was when the case was stopped. Immutable.
struct wait {
    uint32_t actor;
    uint32_t task;
    uint32_t step;      // JOURNAL_NONE: had not begun
    const char *waits;  // "for bytes on 127.0.0.1:4400 <- 127.0.0.1:51000", "for barrier start, 3 of 4 there"
    struct slice came;  // the newest bytes of what a recv had of its pattern; empty: none had come
    uint64_t came_from; // how many of it had come before those
};

// A branch of `either` that no instance ever took: a lint, not a fault.
struct lint {
    uint32_t step;
    const char *message;
};

// Where the time of a case went. What is left of its duration it waited for the kernel, and for peers.
struct timing {
    bool is_known;    // the engine has told the next two
    int64_t setup_ns; // its world, files, certificates
    int64_t work_ns;  // the steps' own, on all threads together
    uint32_t actor;   // whose step took longest: instance
    uint32_t step;    // JOURNAL_NONE: there was none
    int64_t step_ns;
};

struct verdict {
    struct arena arena;
    enum outcome outcome;
    const char *skip_reason; // OUTCOME_SKIPPED
    struct fault *faults;    // the first one in time is what failed the case
    uint32_t fault_count;
    struct wait *waits;      // in the order of instances, tasks of one side by side
    uint32_t wait_count;
    struct lint *lints;
    uint32_t lint_count;
    int64_t duration_ns;
    struct timing timing;
};

// The verdict points into plan and journal, which must outlive it.
void verdict_init(struct verdict *verdict, const struct plan *plan, const struct journal *journal);
void verdict_fini(struct verdict *verdict);

// Whether the run was interrupted while the case was played: then it says nothing of the case.
bool verdict_was_interrupted(const struct verdict *verdict);

// Makes a skipped case a failed one, for `--fail-on-skip`; any other stays what it is.
void verdict_fail_skipped(struct verdict *verdict, const struct journal *journal);

// An aligned dump of expected above received, 16 bytes a row, each byte that differs marked: the row of the first
// difference, with the one before and the one behind it. A row in which nothing differs stands there once:
//     both      00000000  48 54 54 50 2f 31 2e 31  20 32 30 30 20 4f 4b 0d  |HTTP/1.1 200 OK.|
//     expected  00000010  0a 53 65 72 76 65 72 3a  20 41 0d 0a              |.Server: A..    |
//     received  00000010  0a 53 65 72 76 65 72 3a  20 42 0d 0a 0d           |.Server: B...   |
//                                                     ^^       ^^                     ^  ^
// `offset` is the stream offset of both slices' first byte, `first_difference` a stream offset too. A byte that only one
// side has differs; one that was not received is marked only where that is the first difference: else it may not have
// come yet. `indent` spaces stand before each line. Both slices empty: nothing is written.
void verdict_byte_diff(uint64_t offset, struct slice expected, struct slice received, uint64_t first_difference,
                       struct buffer *out, unsigned indent);
// The same with rows of so many bytes: 16, 8, 4 or 2.
void verdict_byte_rows(uint64_t offset, struct slice expected, struct slice received, uint64_t first_difference,
                       struct buffer *out, unsigned indent, unsigned row_bytes);

#endif
