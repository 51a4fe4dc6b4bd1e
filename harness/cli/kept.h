// Journals that were kept, as `sockdrill report` reads and orders them. Private to its files.
#ifndef SOCKDRILL_CLI_KEPT_H
#define SOCKDRILL_CLI_KEPT_H

#include "cli.h"

#include "replay/replay.h"

// One of them. Owned by the command.
struct kept {
    const char *path; // "-": standard input
    uint64_t device, inode; // 0 of what is no file
    struct buffer bytes;
    struct replay replay;
    struct case_result *results; // by the journal's case, as they are told
    uint32_t result_count;
};

// A case in one of them.
struct kept_case {
    struct kept *kept;
    uint32_t first, last; // its turns, by the journal's case
};

// False, with a message printed: it cannot be read, or is no journal of ours.
bool kept_read(struct kept *kept, const char *path);
void kept_fini(struct kept *kept);
const char *kept_name(const struct kept *kept); // "standard input"

// Whether they can be told as one run. False, with a message printed.
bool kept_go_together(const struct kept *list, uint32_t count);
// Their cases, to be freed; how many into *case_count. Of one journal as they ended; of several in the order of their files
// and of what stands in these, as one run has them, and those that are in more than one under names of their own.
struct kept_case *kept_list(struct kept *list, uint32_t count, uint32_t *case_count);
// The facts of the run that they are together; how long it took, and what was not begun, into *end.
struct run_facts kept_facts(const struct kept *list, uint32_t count, struct journal_end *end);
// Says which shards are in none of several journals; whether there are any, and how many cases were theirs, into *not_begun.
bool kept_lack_shards(const struct kept *list, uint32_t count, uint32_t *not_begun);

#endif
