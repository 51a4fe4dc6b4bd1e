// The bridge from Check's tests to sockdrill, behind sockdrill_check.h. Everything here has a name that is no
// stranger's, since a static library's names are its user's.
//
//     tests ── keeper ─┬─ sockdrill
//                      └─ host of functions, where sockdrill_actor() was called
//
// The keeper is a fork that only waits: for sockdrill, which it starts, and for the caller, whose end is sockdrill's. It is
// told words over a socket, and tells by memory and files that every fork of the caller has (a board, and what sockdrill
// wrote), so that nothing depends on who looks first, nor on what the caller does about SIGCHLD or wait(2).
//
// Threads: as in sockdrill_check.h; one struct is used by one thread at a time, but where it says otherwise.
#ifndef SOCKDRILL_CHECK_BRIDGE_H
#define SOCKDRILL_CHECK_BRIDGE_H

#define SOCKDRILL_CHECK_ROOM
#include "sockdrill_check.h"

#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// ---- text.c: text that grows, and lists of texts. Without memory the process ends, with a word.

struct sockdrill_text {
    char *bytes; // ends with NUL, but for NULL while it is empty
    size_t len_bytes, capacity_bytes;
};

void sockdrill_text_add(struct sockdrill_text *text, const char *bytes, size_t len_bytes);
__attribute__((format(printf, 2, 3))) void sockdrill_text_print(struct sockdrill_text *text, const char *format, ...);
const char *sockdrill_text_of(const struct sockdrill_text *text); // never NULL
void sockdrill_text_fini(struct sockdrill_text *text);

struct sockdrill_list {
    char **items; // ends with NULL; owned
    size_t count;
};

__attribute__((format(printf, 2, 3))) void sockdrill_list_add(struct sockdrill_list *list, const char *format, ...);
void sockdrill_list_fini(struct sockdrill_list *list);
const char *sockdrill_list_nearest(const struct sockdrill_list *list, const char *name); // NULL: none is near

void *sockdrill_need(void *memory); // what malloc gave, unless that is NULL
void *sockdrill_share(size_t size_bytes); // memory that every fork has, zeroes; NULL with errno. munmap(2)

// ---- settings.c

struct sockdrill_actor_setting {
    char *name;
    int (*function)(struct sockdrill_part *part, void *argument);
    void *argument;
};

size_t sockdrill_actor_count(void);
const struct sockdrill_actor_setting *sockdrill_actor_at(size_t i);
const struct sockdrill_actor_setting *sockdrill_actor_find(const char *name); // NULL: none
bool sockdrill_skip_fails(void);
double sockdrill_scale(void); // 1: as they are

// "NAME=VALUE" each; owned by the settings.
const struct sockdrill_list *sockdrill_defines(void);

// The program's path, to be freed; NULL, with why: a sentence.
char *sockdrill_find_program(struct sockdrill_text *why);

// ---- given.c: what of the settings a scenario is told

// Of a scenario, or several: what they call their own. Owned by whoever has it.
struct sockdrill_names {
    struct sockdrill_list lets, actors;
};

void sockdrill_names_add(struct sockdrill_names *names, const struct sockdrill_names *more); // each once
void sockdrill_names_fini(struct sockdrill_names *names);
void sockdrill_names_know(const struct sockdrill_names *names); // of what was added as tests
bool sockdrill_names_matter(void); // whether a scenario with one of them is told something else than one without

struct sockdrill_given {
    struct sockdrill_list defines;   // "NAME=VALUE" each
    struct sockdrill_list functions; // their actors
};

void sockdrill_given_init(struct sockdrill_given *given, const struct sockdrill_names *names); // NULL: all that is set
void sockdrill_given_fini(struct sockdrill_given *given);
void sockdrill_defines_of(struct sockdrill_list *defines, const struct sockdrill_names *names); // those that they have

// ---- keeper.c

// How it ended, when everything that the keeper had started is gone.
struct sockdrill_keeper_report {
    const char *failed; // "did not start: fork", in the memory that all have; NULL: `status` is
    int error;
    int status; // waitpid(2)
};

// In memory that the keeper shares with the caller and every fork of it.
struct sockdrill_board {
    atomic_uint news;            // goes up with all that is new, which wakes whoever waits: futex(2)
    atomic_uint asked, answered; // by whoever LOOKs: what was written before a number was taken is to be read once it is here
    atomic_bool is_over;         // nothing of what follows, or was written, changes any more
    atomic_bool is_by_itself;    // it had not been told to END then
    atomic_bool is_told;         // somebody has said how it went
    atomic_bool is_left;         // the caller's end is no surprise
    struct sockdrill_keeper_report report;
};

// Made before the fork; what is in here that takes memory, the caller frees. Descriptors are above 3; -1: none.
struct sockdrill_keeper_order {
    const char *program;
    const char *title; // of what is played
    char **arguments, **environment;
    posix_spawn_file_actions_t *actions; // what becomes its 0, 1, 2 and 3
    posix_spawnattr_t *attributes;
    struct sockdrill_board *board;
    int control;                        // the keeper's end
    int caller;                         // pidfd_open(2) of it
    int out, err;                       // the program's 1 and 2
    int read_out, read_err;             // their other ends
    int log_out, log_err;               // memfd_create(2): all that came out of them
    int complaints;                     // 2: standard error is what the caller's was at its beginning; -1: it is not
    int log_told;                       // of the two logs the one with what goes there
    int program_lifeline, program_held; // both ends of a pipe; the program's 3 is the end to read
    int host_listener;                  // where functions are called
    int host_lifeline, host_held;       // without them there is no host
    struct sockdrill_host_failure *failure;
    const char *folder, *path;          // of the listener's socket, for the keeper to remove; or NULL
};

// What it is told: one byte each.
enum sockdrill_keeper_word {
    SOCKDRILL_KEEPER_END = 'e',  // SIGTERM, the first time
    SOCKDRILL_KEEPER_LOOK = 'l', // at what was written, see `asked`
    SOCKDRILL_KEEPER_LEAVE = 'v' // nobody will ask how it went
};

// What sockdrill writes on standard output when a step has failed, in front of whatever that makes of its sockets.
#define SOCKDRILL_FAILING "::debug::failing\n"

_Noreturn void sockdrill_keeper_run(const struct sockdrill_keeper_order *order);

// ---- child.c: sockdrill as a child

struct sockdrill_child {
    pid_t keeper; // 0: none
    pid_t caller; // who may wait for it
    int control, out, err;
    ino_t control_inode; // by which it is known not to be somebody else's since
    struct sockdrill_board *board;
    size_t out_bytes, err_bytes;              // of what it has written, that were read
    struct sockdrill_text out_text, err_text; // and are here
    struct sockdrill_keeper_report report;    // once is_over
    bool is_over;
    struct sockdrill_host_failure *failure; // of a function, or NULL: there are none
};

enum sockdrill_child_kind { SOCKDRILL_CHILD_RUNS, SOCKDRILL_CHILD_SERVES, SOCKDRILL_CHILD_LISTS };

// Starts it with the command and its arguments, and the functions of those actors that are named; NULL: none. False, with
// why.
bool sockdrill_child_start(struct sockdrill_child *child, enum sockdrill_child_kind kind,
                           const struct sockdrill_list *arguments, const struct sockdrill_list *functions,
                           struct sockdrill_text *why);
void sockdrill_child_fini(struct sockdrill_child *child); // ends it, if it is not over and this is its caller
int64_t sockdrill_now_ns(void); // async-signal-safe

// ---- watch.c: what a child says, and is told. What one fork of the caller reads, every other reads too.

// Reads what has come, and whether it is over. Does not wait.
void sockdrill_child_look(struct sockdrill_child *child);

// By several threads at once: a number to be had before a look, and to wait for another one than it. False: the deadline
// (CLOCK_MONOTONIC, -1: none) came first.
unsigned sockdrill_child_news(const struct sockdrill_child *child);
bool sockdrill_child_wait_news(const struct sockdrill_child *child, unsigned seen, int64_t deadline_ns);

// The same: until what it has written by now is there to be looked at.
void sockdrill_child_catch_up(const struct sockdrill_child *child);

void sockdrill_child_tell(const struct sockdrill_child *child, enum sockdrill_keeper_word word);
void sockdrill_child_wait(struct sockdrill_child *child); // until it is over

// ---- host.c: the process that has the functions

// In a fork of the caller's.
_Noreturn void sockdrill_host_run(int listener, int lifeline, struct sockdrill_host_failure *failure);
int sockdrill_host_open(const char *path); // listens; a negative errno

// An assertion that failed in a function, in memory that the functions' processes share with the caller.
struct sockdrill_host_failure {
    atomic_int claimed; // by the first; the rest is written once
    int line;           // 0: none
    char actor[128], file[1024], message[8192];
};

// None yet, for one host; NULL with errno. To be freed.
struct sockdrill_host_failure *sockdrill_host_prepare(void);
void sockdrill_host_free(struct sockdrill_host_failure *failure);

// ---- address.c

socklen_t sockdrill_address_read(const char *text, struct sockaddr_storage *address);
int sockdrill_address_port(const char *text);

// ---- outcome.c: what a run said, as a failure's place and words

struct sockdrill_result {
    enum sockdrill_outcome outcome;
    char *file; // of the first failure; NULL: none is known
    int line;
    struct sockdrill_text message; // of all failures; not empty where it did not pass
    struct sockdrill_text skips;   // a line each
};

void sockdrill_result_read(struct sockdrill_result *result, const struct sockdrill_child *child);
void sockdrill_result_fini(struct sockdrill_result *result);

// ---- verdict.c: Check's side of it

// Returns where it passed, or was skipped and may be; has told of the skips then, and freed the result in any case.
// `file` and `line` are the place of a failure that has none of its own.
void sockdrill_assert_passed(struct sockdrill_result *result, const char *file, int line);
_Noreturn void sockdrill_fail(const char *file, int line, struct sockdrill_text *message); // which is freed

// ---- message.c: texts as all of Check's formats carry them, see sockdrill_check.h. To be freed.

char *sockdrill_message_for_check(const char *text, size_t max_bytes, bool *is_cut);
char *sockdrill_name_for_check(const char *name);

// ---- scenario.c

// The command with what every scenario gets; `defines` are those that it has a `let` for, or all. The path comes last.
void sockdrill_arguments_add(struct sockdrill_list *arguments, enum sockdrill_child_kind kind,
                             const struct sockdrill_list *defines);

// A file, a folder, or "FILE[case]". False, with why.
bool sockdrill_arguments_path(struct sockdrill_list *arguments, const char *path, struct sockdrill_text *why);

// What the scenarios of a path are told.
void sockdrill_given_to_path(struct sockdrill_given *given, const char *path);

// Plays it, and waits; fails the test where it did not pass. Both are freed.
void sockdrill_play(struct sockdrill_list *arguments, struct sockdrill_given *given, const char *file, int line);

// ---- cases.c: what `sockdrill list` knows

struct sockdrill_case {
    char *name, *file;
    int line;
    double timeout_s;
    bool is_wrong; // its file's text, which playing it tells
    struct sockdrill_names names;
};

struct sockdrill_cases {
    struct sockdrill_case *items;
    size_t count;
};

// Those of a path, which may be none. False, with what sockdrill said: not all of it could be listed.
bool sockdrill_cases_list(struct sockdrill_cases *cases, const char *path, struct sockdrill_result *problem);
void sockdrill_cases_fini(struct sockdrill_cases *cases);

// ---- serve.c

void sockdrill_servers_end(void);    // of this process; says what has failed without anybody knowing
void sockdrill_servers_forget(void); // in a process that has none of their descriptors

// Of this process's own: its test is about to end, and that is no surprise.
void sockdrill_servers_leave(void);

// What of the servers that this process knows has failed by itself, and nobody was told of here: adds each to `message`, and
// says whether there is any. What is about to fail is waited for.
bool sockdrill_servers_failed(struct sockdrill_text *message);

#endif
