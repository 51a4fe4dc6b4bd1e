// Reports: one sink a file, each over (plan, journal, verdict) alone. A sink writes text into buffers; where it goes, and
// what is asked for, the command line knows.
#ifndef SOCKDRILL_REPORTS_REPORTS_H
#define SOCKDRILL_REPORTS_REPORTS_H

#include "base/buffer.h"
#include "journal/journal.h"
#include "plan/plan.h"
#include "verdict/verdict.h"

#include <stdbool.h>
#include <stdint.h>

// One case as a report sees it. Immutable; owned by the run.
struct case_result {
    const struct plan *plan;
    const struct journal *journal; // whole while the case is reported; without events where it was skipped before it began,
                                   // and behind that, of one that passed
    const struct verdict *verdict;
    uint32_t number;                    // its place among all that were chosen, from 0: the order in which reports list them
    const struct case_result *earlier;  // the turns that failed before this one, in their order: --rerun-failed
    uint32_t earlier_count;             // of a case that passed in the end, more than none: it is flaky
};

struct console_style {
    bool colour;
    bool verbose; // the socket behind each step, and the bytes that crossed
    bool quiet;   // failures and the closing line only
    unsigned width; // columns; 0: as many as it takes, nothing is cut or wrapped
};

// What the suite came to, for closing lines.
struct suite_counts {
    uint32_t passed, failed, skipped;
    uint32_t flaky; // of those that passed
    uint64_t duration_ns;
};

// Where the paths of scenarios are relative to, and what readers of the reports have them relative to. Absolute, and NULL
// where it makes no difference. Owned by the command.
struct workspace {
    const char *folder; // ours
    const char *top;    // theirs: GitHub's
};

// What is known of the run as a whole, before its first case. Immutable.
struct run_facts {
    const char *version; // sockdrill's: "0.6.0"
    int64_t began_ns;    // CLOCK_REALTIME
    int64_t realtime_ns; // what CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, in which journals are written
    uint64_t seed;
    uint32_t jobs;       // cases at once
    uint32_t shard, shards; // these are the cases of one of so many shards, from 1; 0 of 0: all cases
    uint32_t dealt;      // cases to all shards together, none of them a turn of --repeat
    uint32_t tap_version; // the newest that whoever reads this run knows; 0: 14
    struct workspace workspace;
};

// A run that has ended. Immutable.
struct run_result {
    const struct run_facts *facts;
    const struct case_result *results; // of the cases that were begun, in the order of their numbers
    uint32_t count;
    uint32_t not_begun; // after an interruption, or --fail-fast
    struct suite_counts counts;
    uint64_t passed_turns; // --until-fail: turns of all cases that passed, these among them where none of them failed; 0 else
    const struct coverage *coverage; // what was counted for the sink `coverage`; NULL: nobody asked for it
};

// One case's part of the console report: a line, and below it for a failure everything that explains it, then lints. With
// --verbose, what happened stands before it.
void console_case(const struct case_result *result, const struct console_style *style, struct buffer *out);
// The same without what happened, which was told already.
void console_outcome(const struct case_result *result, const struct console_style *style, struct buffer *out);

// --verbose, event by event in the order of the journal: what console_case writes of them, no matter where the events are
// parted. Owned by whoever tells the case; the plan, and what events point at, must outlive it. Each line begins with
// the case's name in `case_columns`; 0: without.
struct console_trace;
struct console_trace *console_trace_new(const struct plan *plan, const struct console_style *style,
                                        unsigned case_columns);
// How many the names of these cases need, as far as lines have room for them.
unsigned console_trace_columns(const struct plan *const *plans, uint32_t count);
void console_trace_free(struct console_trace *trace); // or NULL
void console_trace_begin(struct console_trace *trace, struct buffer *out);
void console_trace_event(struct console_trace *trace, const struct event *event, struct buffer *out);
void console_trace_end(struct console_trace *trace, struct buffer *out); // what was still gathered
bool console_trace_reads(const struct event *event); // false: the event makes no difference to a trace

// A case on the live block: being played so long, or that has taken so long.
struct live_case {
    const char *name;
    int64_t duration_ns;
};

// What stands on the live block. A plain value.
struct live_state {
    uint32_t total;
    uint64_t passed_turns; // --until-fail
    struct suite_counts counts;
    const struct live_case *running; // those that have been played longest first
    uint32_t running_listed;
    uint32_t running_count; // of them all
    const struct live_case *slowest; // of those that have ended
    uint32_t slowest_count;
};
enum { LIVE_RUNNING_MAX = 4, LIVE_SLOWEST_MAX = 3 };

// The live block of a terminal of `rows` lines, drawn over the one that stands there: the cursor is at its beginning before
// and after, so that it is found again however the terminal is resized. No line is as wide as the style's width; one line
// alone where the terminal is low or narrow.
void console_live(const struct live_state *state, const struct console_style *style, unsigned rows, struct buffer *out);
// Takes the block away, for what is to stand above the next one.
void console_live_clear(struct buffer *out);

// "38 passed, 1 failed, 1 skipped in 1.2s" and below it the skips' reasons with their counts, and how many were not begun.
// Then where the time went, and the slowest cases: with --verbose, or of several cases that took longer than a second.
void console_end(const struct run_result *run, const struct console_style *style, struct buffer *out);

// A sink that is one text: `open`, then each case's part in the order of their numbers, then `close`; or one that is a
// folder: each case's part is a file of its own, named by report_file_name, and `close` makes its index. A LOG is a text whose
// lines may stand between others: without the name of a file it goes to standard output, beside what the console says.
enum sink_kind { SINK_FILE, SINK_FOLDER, SINK_LOG };

// Immutable.
struct sink {
    const char *name; // "junit"; --junit is its option
    enum sink_kind kind;
    const char *extension;  // of a folder's files: "html"
    const char *index_name; // of a folder's index, "": none
    // Right behind the end of the case, by one thread at a time, while its journal is whole.
    void (*one)(const struct run_facts *facts, const struct case_result *result, struct buffer *out);
    // Behind the end of the run. Journals of cases that passed are gone.
    void (*open)(const struct run_result *run, struct buffer *out);
    void (*close)(const struct run_result *run, struct buffer *out);
};

enum sink_id {
#define SINK(id, name, kind, extension, index, help) SINK_##id,
#include "reports/sinks.def"
    SINK_COUNT
};
extern const struct sink SINKS[SINK_COUNT];

// What the cases of a run exercise: verbs, attributes, fields of messages and more. Counted as cases end, since their journals
// are gone when the sink `coverage` writes what it has come to; one thread at a time. The plans outlive it.
struct coverage *coverage_new(void);
void coverage_free(struct coverage *coverage); // NULL: nothing to do
// While the case's journal is whole; one that was skipped exercises nothing.
void coverage_add(struct coverage *coverage, const struct case_result *result);

// "0007-tcp-echo.html": the number from 1, the case's name with what no file name should have replaced, cut where it is long.
void report_file_name(const struct case_result *result, const char *extension, struct buffer *out);

#endif
