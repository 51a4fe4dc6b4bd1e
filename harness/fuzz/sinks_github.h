// What GitHub reads, looked at without any of the code that wrote it.
#ifndef SOCKDRILL_FUZZ_SINKS_GITHUB_H
#define SOCKDRILL_FUZZ_SINKS_GITHUB_H

#include "fuzz.h"

// Workflow commands, a line each: ::error, ::warning or ::notice with a file, its lines, columns where that is one line, and a
// title, in this order; of percent signs only GitHub's escapes. What a terminal may be sent, and no more.
void sinks_check_github(struct slice text);

// Text of a log, no line of which GitHub's runner takes for a command.
void sinks_check_log(struct slice text);

// Markdown of no more bytes than that: a heading, a table, and HTML whose elements close, in which stands whatever is not
// ours.
void sinks_check_summary(struct slice text, size_t bytes_max);

#endif
