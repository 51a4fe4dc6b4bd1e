// What a scenario has around it: its scratch folder, the files it may name, and what the machine must have for it.
#ifndef SOCKDRILL_WORLD_WORLD_H
#define SOCKDRILL_WORLD_WORLD_H

#include "base/buffer.h"
#include "script/tree.h"

#include <stdbool.h>
#include <sys/types.h>

// A scenario's scratch folder. Owned by the worker that made it; its path may be read by any.
struct scratch {
    char *path; // absolute, without a slash behind it; NULL: none was made
};

// Makes a new folder for this user alone: in the run's own where a guard watches it (world/guard.h), else under TMPDIR (or /tmp).
// 0 or a negative errno.
int scratch_make(struct scratch *scratch);
// Removes it and all that is in it; links are removed, never followed.
void scratch_remove(struct scratch *scratch);
// Makes it, and what is in it, another user's too: all that is this user's becomes theirs, and where it is a second user already,
// everybody may write there, as in /tmp. 0 or a negative errno.
int scratch_share(const struct scratch *scratch, uid_t user, gid_t group);
// Forgets it and leaves it where it is. A guard removes it all the same.
void scratch_keep(struct scratch *scratch);

// The file of that name as the language looks it up: in the scratch folder, beside the scenario, then in the nearest
// `fixtures` folder above it. The path goes into `found`; false: there is none.
bool world_find_file(const struct scratch *scratch, const char *scenario_path, const char *name, struct buffer *found);

// Where programs are looked up, theirs and `requires program`'s: PATH as it is here, with /usr/local/sbin, /usr/sbin and /sbin
// behind it, where servers are, and which an ordinary user's often lacks.
void world_program_path(struct buffer *path);

// Why a `requires NAME` is not met on this machine, into `reason`; false when it is met. `program` is set for
// `requires program "NAME"`.
bool world_lacks(const char *name, const char *program, struct buffer *reason);

// Whether the kernel has that family: the negative errno of socket(2), or 0.
int world_family_error(int domain, int type, int protocol);

#endif
