// A program under test: what its steps have asked for, its process, and what became of it. Private to the room.
//
// From `run` on: runs -> ended (its output is drained, its exit known) -> settled (nothing of it is left, all is
// judged). The case is over only when every program of it has settled or was never run.
#ifndef SOCKDRILL_ENGINE_PROGRAM_H
#define SOCKDRILL_ENGINE_PROGRAM_H

#include "play.h"
#include "world/process.h"

enum program_phase { PROGRAM_WAITS, PROGRAM_RUNS, PROGRAM_ENDED, PROGRAM_SETTLED };

// One `env` step: the last of a name counts.
struct variable {
    struct variable *next;
    const char *name, *value; // value NULL: unset
};

// What it is started with, for as long as it has not begun. program.c.
struct program_start;

// Owned by one worker. Strings lie in the part's arena.
struct program {
    struct list link; // in part->programs
    struct actor_run *actor;
    enum program_phase phase;
    const char *folder, *user;             // of `cwd` and `user`, or NULL
    struct variable *variables, **next_variable;
    int stdin_fd;                          // of `stdin`, or -1
    uint32_t run_step;
    uint32_t stderr_until;                 // behind the step before this one none can receive its stderr
    const char *name;                      // of the actor
    struct program_start *start;           // of a function that was asked for and has not begun; else NULL
    struct epoll_target start_target;
    struct process *process;               // NULL: none, or none any more
    pid_t own_pid;
    bool is_found;                         // its own process is: behind a wrapper it has to be looked for
    int64_t found_by_ns;                   // or the wrapper's is taken for it
    struct epoll_target end_target;
    struct sock *stdio, *error;            // error NULL: on a terminal
    struct process_status status;          // once it has ended
    struct point exit;                     // its end, for its own steps
    uint64_t signals;                      // those that were sent, SIGHUP (1) the lowest bit
    bool asked_to_end;                     // by `stop`: a SIGKILL follows
    uint32_t stop_step;                    // by that one, the first
    bool was_killed;                       // that SIGKILL has been sent
    bool is_stopping;                      // the harness's own clean-up has begun
    bool has_passed;                       // at which its steps had all been done
    bool is_let_end;                       // which waits for its end: what it prints until then counts
    bool is_spared;                        // but for a moment it is let be: the case has failed, and it may know why
    bool is_awaited;                       // and it is about to end by itself
    bool was_accused;
    struct sock *accused;                  // the stream with a sanitizer's report in it
    bool accused_before_stop;
    struct timer timer;                    // of what the phase waits for
    struct epoll_target inner_target;      // of its own end, behind a wrapper
    struct timer inner_timer;              // and how long what it has started may be there for
    struct timer report_timer;             // until the report has been written
    int64_t give_up_ns;                    // when descendants that are left count as left behind
};

// One for each instance of a program that the part plays.
void program_init(struct actor_run *actor);
// Nothing of it is left but what is told of it. By its own worker, before the part has stopped.
void program_release(struct program *program);

// Starts it as its steps have it. 0, or a negative errno with the reason in `trouble`. -EINPROGRESS: it is a function, whose caller
// has not begun it yet; then program_start_on is to be called until it is otherwise, and program_wait_start in between.
// *exec_errno: of execve(2), where it was that which failed; else 0.
int program_run(struct task *task, const struct step *step, const char *const *arguments, int *exec_errno,
                struct buffer *trouble);
int program_start_on(struct task *task, int *exec_errno, struct buffer *trouble);
enum step_answer program_wait_start(struct task *task);
// Behind a wrapper (--under): whether its own process is known by now, or will not be: then the wrapper's is taken for it.
bool program_find(struct program *program, struct task *task);
// Sends it a signal, for the task's `stop`, or for NULL in the harness's clean-up: 0 or a negative errno.
int program_signal(struct program *program, int number, struct task *task);
// A sanitizer's report has begun on that stream of its.
void program_accused(struct program *program, struct sock *sock);
// Its own steps, accept's children aside, have come to this one: its stderr, which need not be read, is dropped where
// nobody will read it any more.
void program_steps_at(struct program *program, uint32_t pc);
// The end of its process has been seen, or is seen now.
bool program_has_ended(struct program *program);
struct sock *program_stdio(const struct program *program);

// --- program_end.c: what becomes of it

void program_end_ready(struct epoll_target *target, uint32_t epoll_events); // of its end_target
void program_timer_fires(struct timer *timer);
void program_report_timer_fires(struct timer *timer);
void program_inner_ready(struct epoll_target *target, uint32_t epoll_events);
void program_inner_timer_fires(struct timer *timer);
// The `stop` at that step has asked it to end: should it not, it is killed after a while.
void program_arm_grace(struct program *program, uint32_t step);
int64_t program_stretched_ns(const struct case_run *run, int64_t duration_ns); // as --timeout-scale has it
int64_t program_grace_ns(const struct case_run *run); // that while, as --timeout-scale has it
// Stops every program of the part, gracefully; `passed`: every step of the case was done, and the strict rules hold.
void programs_stop(struct part *part, bool passed);
// They are being stopped already, and have less time from here on.
void programs_hurry(struct part *part);
bool programs_have_settled(const struct part *part);
bool programs_run(const struct part *part); // whether a process of any is known to run

// --- program_words.c: how it is told

// "process 7 runs", "process 7 has ended with exit code 1", "process 7 was ended by SIGSEGV".
void program_state_words(struct program *program, struct buffer *out);
// The failure's output: the end of its stderr, or where that is empty of its stdout; nothing where the failure is about
// the bytes of that very stream (`about` may be NULL).
void program_output(const struct program *program, struct failure *failure, const struct sock *about);
// How all that it has printed so far ends, into the journal.
void program_note_output(struct program *program);
// "; 16 MiB of its stdout wait to be received, …" where that is so of that instance, or nothing.
void program_room_words(const struct case_run *run, uint32_t instance, struct buffer *out);
// Of an `exit` in the condition that is another's, a function: ": the function 'caller' ended with it", or nothing.
void program_function_words(const struct task *task, const struct term *condition, struct buffer *out);
// Of an `exit` in the condition that is due to the SIGKILL behind a `stop`: ": SIGKILL came 5s after …", or nothing.
void program_kill_words(const struct task *task, const struct term *condition, struct buffer *out);
// As a shell would need them.
const char *program_command(struct arena *arena, const char *const *arguments);
enum { SIGNAL_NAME_BYTES = 32 };
const char *program_signal_name(int number, char text[SIGNAL_NAME_BYTES]); // "SIGSEGV"

// --- program_env.c

// All variables that it gets, in the arena; ends with NULL.
const char *const *program_environment(struct program *program, struct arena *arena, const char *coverage_folder);
// Where coverage data of this case are to go, made where it is not there yet; NULL: nowhere. 0 or a negative errno.
int program_coverage_folder(struct program *program, struct arena *arena, const char **folder, struct buffer *trouble);
// Its user may reach and change what is in the scratch folder, and write coverage data. 0 or a negative errno.
int program_share_scratch(struct program *program, const char *coverage_folder, struct buffer *trouble);
// Where `user` names somebody else whom only root could start it as.
void program_note_user(const struct program *program, struct task *task);

#endif
