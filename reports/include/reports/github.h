// What GitHub Actions is told beside the results of cases, which the sink `github` tells: texts that are wrong, and the
// summary of a step. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
#ifndef SOCKDRILL_REPORTS_GITHUB_H
#define SOCKDRILL_REPORTS_GITHUB_H

#include "base/diag.h"
#include "reports/reports.h"

// A workflow command a diagnostic: ::error, or ::warning.
void github_diags(const struct workspace *workspace, const struct diag_list *diags, struct buffer *out);

// The run as Markdown of at most `bytes_max` bytes: what it came to, the failures, what was flaky. Of failures there is no
// room for, only how many. Nothing where it has no room for that much.
void github_summary(const struct run_result *run, size_t bytes_max, struct buffer *out);
// The same of texts that are wrong; `said` is how they were told.
void github_summary_diags(const char *title, struct slice said, size_t bytes_max, struct buffer *out);

// The text with nothing in it that a log of GitHub's would take for a command: `::` that begins a line, whatever blanks
// are before it, and `##[` wherever it stands. Their first character is written \xNN, and in a report of
// XML or JSON as a reader of these undoes it. False: there is none, and `out` is as it was.
enum github_escape { GITHUB_IN_TEXT, GITHUB_IN_XML, GITHUB_IN_JSON, GITHUB_OURS };
bool github_harmless(struct slice text, enum github_escape escape, struct buffer *out);

#endif
