// Reports: one sink a file, each over (plan, journal, verdict) alone.
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
    const struct journal *journal; // may be without events where the case was skipped before it began
    const struct verdict *verdict;
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
    uint64_t duration_ns;
};

// One case's part of the console report: a line, and below it for a failure everything that explains it, then lints.
void console_case(const struct case_result *result, const struct console_style *style, struct buffer *out);
// The live line for a terminal: "  12/40  1 failed  tcp/echo", the newest case last (NULL: none yet), never longer than
// the style's width; begins with CR and clears to the end of line.
void console_progress(uint32_t done, uint32_t total, uint32_t failed, const char *newest,
                      const struct console_style *style, struct buffer *out);
// "38 passed, 1 failed, 1 skipped in 1.2s" and below it the skips' reasons with their counts.
void console_end(const struct case_result *results, uint32_t count, const struct suite_counts *counts,
                 const struct console_style *style, struct buffer *out);

// A JUnit file of all cases, in the dialect that GitLab, Jenkins and GitHub read.
void junit_report(const struct case_result *results, uint32_t count, const struct suite_counts *counts,
                  struct buffer *out);

#endif
