// What the files of `sockdrill run` share: the cases that are chosen, what is around them, and their turns. Private to them.
#ifndef SOCKDRILL_CLI_RUN_H
#define SOCKDRILL_CLI_RUN_H

#include "cli.h"

#include "engine/engine.h"

// --- choose.c

// The cases of a run, in the order of the text. Owned by the command; immutable once chosen.
struct cases {
    const struct plan **plans;
    uint32_t count;
    struct plan *copies; // what `plans` points at: those of the suite, under a name of the case's own
};

// What --tags, --case and --shard choose; each --repeat times, named by its turn, where that asks for cases of their own.
// False: out of memory.
bool cases_choose(struct cases *cases, const struct options *options, struct suite *suite);
void cases_fini(struct cases *cases);
bool cases_use_scratch(const struct cases *cases);
bool cases_have_programs(const struct cases *cases);
bool cases_have_drops(const struct cases *cases);

// --- outside.c

// What of the machine was made ready for the cases.
struct outside {
    bool isolation;                // every case has a world of its own
    struct buffer isolation_lacks; // why not
    const char *programs_lack;     // why no program can be run, or NULL
};

// Before the process's second thread. False, with a message printed: something cannot be made.
bool outside_begin(struct outside *outside, const struct options *options, const struct cases *cases);
void outside_end(struct outside *outside);
// Says what failed with that errno, and which limit it is, where it is one.
void complain_of(const char *what, int error);

// --- interrupt.c

// SIGINT, SIGTERM and SIGHUP end the run's cases, unless they were ignored when we started; where it `serves`, the first only
// ends its clients.
void interrupt_catch(bool serves);
// The signal that came, or 0.
int interrupt_signal(void);

// --- serve.c

// Whether it can: one case, without a world. False, with a message printed.
bool serve_can(struct cases *cases, const struct options *options);
void serve_tell(void *context, uint32_t number, const char *name, const char *address); // an engine_reachable
void serve_tell_failing(void *context, uint32_t number);                                // an engine_failing

// --- turns.c

// The turns of one case, in their order: more than one where it failed and was played again. Owned by the run.
struct case_turns {
    struct case_result *results;
    uint32_t count;     // 0: not begun
    struct buffer kept; // the scratch folders that were kept, with blanks between them
    bool is_told;
};

// Guarded by the engine while it plays, which calls back one thread at a time; the command's else.
struct run {
    const struct options *options;
    struct cases cases;
    struct outside outside;
    struct teller teller;
    struct keeper keeper;
    struct case_turns *turns;    // by case
    struct case_turns *previous; // --until-fail: by case, of the turn before; NULL else
    bool is_cut_short;           // a signal came before all that was asked for was done
};

// Plays the cases as often as the options ask for, and tells of them. 0, or a negative errno: the pool of workers cannot be
// made.
int turns_play(struct run *run);
// The last turn of each case that was begun, in the order of their numbers; teller.done of them. To be freed.
struct case_result *turns_results(const struct run *run);
void turns_fini(struct run *run);

#endif
