// The process that runs a program behind a wrapper. Private to the room.
#ifndef SOCKDRILL_WORLD_IMAGE_H
#define SOCKDRILL_WORLD_IMAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// The file that a process has mapped which runs the program: its own, or where it is a script that of its interpreter.
struct program_image {
    uint64_t inode; // 0: nobody knows
    char name[NAME_MAX + 1];
};

// By what the program's own process is known behind a wrapper.
struct wrapped_program {
    struct program_image image, wrapper_image;
    char *command; // its arguments, each with its NUL, as it is executed; owned
    size_t command_bytes;
    int64_t began_ns;
};

// `arguments`, that stand behind `wrapper`; seen from that folder.
void wrapped_init(struct wrapped_program *wrapped, int folder, const char *const *wrapper, const char *const *arguments,
                  const char *const *variables);
void wrapped_fini(struct wrapped_program *wrapped);
// Whether that process, the wrapper's own or one below it, is the program's.
bool wrapped_is(const struct wrapped_program *wrapped, pid_t pid, pid_t wrapper);
// Its number as it sees itself; 0: it is gone.
pid_t image_own_pid(pid_t pid);

#endif
