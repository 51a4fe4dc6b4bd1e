// What is shown while cases are played: a live block, or with --verbose what happens in them. Private to the room.
#ifndef SOCKDRILL_CLI_LIVE_H
#define SOCKDRILL_CLI_LIVE_H

#include "cli.h"

#include "journal/journal.h"

// --- live.c: the block on a terminal. Any thread may call; none waits for the terminal but in live_end.

struct live;
// NULL: no thread can be had for it; the others but live_ended take that, and do nothing.
struct live *live_begin(uint32_t total, const struct console_style *style);
void live_begun(struct live *live, uint32_t number, const char *name); // the name must stay until the case has ended
void live_put_off(struct live *live, uint32_t number); // it has ended, and live_ended comes later
void live_turns(struct live *live, uint64_t passed); // --until-fail: so many by now
// `text` is printed above the block.
void live_ended(struct live *live, const struct case_result *result, const struct suite_counts *counts,
                const struct buffer *text);
void live_end(struct live *live); // the block is gone, and all texts are printed

// --- follow.c: --verbose as it happens. Any thread may call; none waits for standard output but in the last two.

struct follow;
// Each line begins with the name of its case in `case_columns`; 0: without. NULL: no thread can be had for it; the
// others but follow_ended take that, and do nothing.
struct follow *follow_begin(const struct console_style *style, unsigned case_columns);
void follow_begun(struct follow *follow, uint32_t number, const struct plan *plan, uint32_t thread_count);
// As engine_follow has it.
void follow_events(struct follow *follow, uint32_t number, uint32_t thread, const struct event *events, uint32_t count,
                   int64_t until_ns);
// Tells the rest of what happened, then `text`. The journal is whole.
void follow_ended(struct follow *follow, const struct case_result *result, const struct buffer *text);
void follow_end(struct follow *follow);

#endif
