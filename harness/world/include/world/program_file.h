// The file that a program's name means: those that execvpe(3) would look at, in its order. A name with `/` is a path. Source: exec(3),
// execve(2). Every function may be called by any thread, and program_file_path() and program_file_try() behind fork(2).
#ifndef SOCKDRILL_WORLD_PROGRAM_FILE_H
#define SOCKDRILL_WORLD_PROGRAM_FILE_H

#include <limits.h>

// Where a name without `/` is looked up: folders with a `:` between, of which an empty one is the current folder. NULL stands for
// what execvpe(3) takes where there is no PATH.

// That of an environment, which ends with NULL; never NULL.
const char *program_file_path(const char *const *variables);
// 0: it is this one; or why it is refused, a positive errno.
typedef int program_file_attempt(const char *file, const void *context);
// Into `file`, one after the other, until one is not refused: 0, or the errno that execvpe(3) ends with.
int program_file_try(const char *program, const char *path, program_file_attempt *attempt, const void *context, char file[PATH_MAX]);
// Which one execve(2) would take, but for what is in it, as seen from a folder (AT_FDCWD: the current one). 0 or a positive errno.
int program_file_find(int folder, const char *program, const char *path, char file[PATH_MAX]);

#endif
