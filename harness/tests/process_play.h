// What the suites of processes share: programs, each a role of the suite's own binary, and the plays they are in.
#ifndef SOCKDRILL_TESTS_PROCESS_PLAY_H
#define SOCKDRILL_TESTS_PROCESS_PLAY_H

#include "world/process.h"
#include "world_play.h"

// The first thing in main: is one of the programs, and does not return, where it was started as one.
void process_role(int argc, char **argv);

// Loop tests run as each who, without a world and in one.
int process_case_count(void);
struct stage {
    struct world *world; // NULL: there is none
};
// Prepares the calling process for case `i`.
struct stage process_stage(int i);
void process_stage_end(struct stage stage);

// A program with its standard output on a pipe.
struct actor {
    struct process *process;
    int output;
};

// Arguments that have it play a role, for a spec; valid until the next call.
const char *const *process_as(const char *role, const char *argument);

// Starts it with what `spec` says; its arguments are those of the role where it has none, its output goes to the pipe where it
// has none. It must start.
struct actor process_play(struct stage stage, const struct process_spec *spec, const char *role, const char *argument);
// All it prints until the last copy of its standard output is closed.
const char *process_output(struct actor *actor, char *text, size_t size);
// Its next line, without the newline.
const char *process_line(const struct actor *actor, char *text, size_t size);
// Waits for its end.
struct process_status process_wait(const struct process *process);
void process_actor_free(struct actor *actor);

// That it cannot be started, with this error, and these words in the trouble.
void process_no_play(struct stage stage, const struct process_spec *spec, int error, const char *words);

extern const char *const process_no_variables[];
// Nothing said: stdio is nothing, and so on.
#define PROCESS_BARE .environment = process_no_variables, .stdio = {-1, -1, -1}

#endif
