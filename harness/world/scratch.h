// Folders that are made for a run and removed with it; between scratch.c, the guard and process.c.
#ifndef SOCKDRILL_WORLD_SCRATCH_H
#define SOCKDRILL_WORLD_SCRATCH_H

// A new folder under TMPDIR (or /tmp), for this user alone; *path is the caller's to free. 0 or a negative errno.
int folder_make(char **path);

// Removes it and all that is in it; links are removed, never followed. Whatever cannot be removed stays.
void folder_remove(const char *path);

// Where scratch_make makes its folders from now on; NULL: under TMPDIR. Before there are threads, or after.
// `path` stays the caller's.
void scratch_parent_set(const char *path);

// The run's end of the line to the guard, which waits until every copy of it is closed; -1: there is none.
int guard_line(void);

#endif
