// The guard: a process that outlives this one by a moment, and removes what it left on the disk, however it ended.
#ifndef SOCKDRILL_WORLD_GUARD_H
#define SOCKDRILL_WORLD_GUARD_H

// Makes the run's own folder under TMPDIR (or /tmp), in which scratch_make makes those of the scenarios from now on, and starts
// the guard, which waits in a session of its own. Before the process's second thread, once; and before world_prepare, so that
// the guard keeps none of the run's namespaces alive. Not for a run that keeps its folders. 0 or a negative errno.
int guard_begin(void);

// Removes the folder, and returns when the guard has ended.
void guard_end(void);

#endif
