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
    bool verbose; // the socket behind each step
    bool quiet;   // failures and the closing line only
    unsigned width; // columns
};

// What the suite came to, for closing lines.
struct suite_counts {
    uint32_t passed, failed, skipped;
    uint32_t flaky; // of those that passed
    uint64_t duration_ns;
};

// What is known of the run as a whole, before its first case. Immutable.
struct run_facts {
    const char *version; // sockdrill's: "0.6.0"
    int64_t began_ns;    // CLOCK_REALTIME
    int64_t realtime_ns; // what CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, in which journals are written
    uint64_t seed;
    uint32_t jobs;       // cases at once
};

// A run that has ended. Immutable.
struct run_result {
    const struct run_facts *facts;
    const struct case_result *results; // of the cases that were begun, in the order of their numbers
    uint32_t count;
    uint32_t not_begun; // after an interruption, or --fail-fast
    struct suite_counts counts;
};

// One case's part of the console report: a line, and below it for a failure everything that explains it, then lints.
void console_case(const struct case_result *result, const struct console_style *style, struct buffer *out);
// The live line for a terminal: "  12/40  1 failed  tcp/echo", the newest case last (NULL: none yet), never longer than
// the style's width; begins with CR and clears to the end of line.
void console_progress(uint32_t done, uint32_t total, uint32_t failed, const char *newest,
                      const struct console_style *style, struct buffer *out);
// "38 passed, 1 failed, 1 skipped in 1.2s" and below it the skips' reasons with their counts, and how many were not begun.
void console_end(const struct run_result *run, const struct console_style *style, struct buffer *out);

// A sink that is one text: `open`, then each case's part in the order of their numbers, then `close`; or one that is a
// folder: each case's part is a file of its own, named by report_file_name, and `close` makes its index.
enum sink_kind { SINK_FILE, SINK_FOLDER };

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

// "0007-tcp-echo.html": the number from 1, the case's name with what no file name should have replaced, cut where it is long.
void report_file_name(const struct case_result *result, const char *extension, struct buffer *out);

#endif
