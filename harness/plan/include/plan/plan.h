// The plan: one case of a scenario, checked and compiled. Immutable once plan_compile has returned; any thread may read it.
//
// A step is an index into plan->steps. The steps of one actor lie side by side; a block's steps follow the step that opens
// it and end in a STEP_BLOCK_END, so that a task needs a program counter and no stack of the machine's.
#ifndef SOCKDRILL_PLAN_PLAN_H
#define SOCKDRILL_PLAN_PLAN_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/tls_error.h"
#include "plan/pattern.h"
#include "plan/term.h"
#include "script/tree.h"

#include <stdbool.h>
#include <stdint.h>

#define PLAN_NONE UINT32_MAX
#define SLOT_CURRENT UINT32_MAX // a step without `on`: the current socket
// Of a program, whose current socket after `run` is its stdin and stdout together.
#define SLOT_STDIO (UINT32_MAX - 1)  // on stdin, on stdout
#define SLOT_STDERR (UINT32_MAX - 2) // on stderr

enum { FOR_SLOT_COUNT = 3 };

// What a step does: a verb of the language, or one of the few that steer between them.
enum step_kind {
#define VERB(id, word, synopsis, help) STEP_##id,
#include "script/verbs.def"
    STEP_BLOCK_END, // the end of a block: closes what it opened; a loop goes round, an accepted connection ends
    STEP_ACTOR_END,
};

// A way to fail, by name: how a call does, or how tls, or a send or a recv over it.
struct step_failure {
    int error;          // an errno; of resolve an h_errno; 0: it is TLS's
    enum tls_error tls; // TLS_ERROR_NONE: it is the call's
};

struct step {
    enum step_kind kind;
    struct span span;           // the statement, without its block
    uint32_t actor;             // index into plan->actors
    uint32_t after;             // the step behind this one's block, or simply the next
    uint32_t block;             // for a step with a block: its first step; PLAN_NONE without. For BLOCK_END: the step that opened it
    uint32_t otherwise;         // a recv that begins a branch of `either`: the next branch's first step; PLAN_NONE: the last, or no branch
    bool in_either;             // lies in a branch of `either`, at any depth: need not be reached
    uint32_t on;                // socket slot, or SLOT_CURRENT
    uint32_t as;                // socket slot to set, or PLAN_NONE
    const struct term *within;  // ns, or NULL
    const struct step_failure *fails; // it must fail in one of these ways
    uint32_t fails_count;       // 0: it must succeed

    const struct term *operand; // endpoint, bytes, condition, count, duration, value
    const struct term *from, *to;
    const struct term *backlog, *count, *chunk, *every, *silence;
    const struct term **list;   // for: values, TERM_EACH and TERM_INTERVAL; send: split offsets, those too; run: arguments, as text(); tls: ALPN protocols
    uint32_t list_count;
    const struct pattern_code *pattern; // recv
    uint32_t actor_operand;     // connect and wait: index into plan->actors, or PLAN_NONE
    uint32_t name;              // barrier, signal, wait: index into the table of its kind; drop, rate, undo: the event that their
                                // name is, which `drop` and `rate` set and `undo` waits for; PLAN_NONE otherwise
    uint32_t slot;              // let, for, resolve: where the value goes; repeat, for: counter is slot_counter
    uint32_t slot_counter;      // for: the first of FOR_SLOT_COUNT: which value it is at, how many were taken of that one's
                                // items, and these items
    const struct option *option; // set
    enum family_word family;    // socket
    enum accept_form accept_form;
    enum shutdown_way shutdown_way;
    enum ending ending;         // recv: what must follow the pattern
    const uint32_t *fds;        // send: socket slots whose descriptors go along; recv: slots that get those that came
    uint32_t fd_count;          // run: socket slots `with`, whose descriptors it gets
    const char *variable;       // env; its operand is NULL: unset
    int signal_number;          // stop
    bool on_terminal;           // run
    bool without_notify;        // close, shutdown, recv eof: without TLS's close_notify
    enum tls_role tls_role;
    enum tls_verify tls_verify;
    uint32_t certificate;       // tls: index into plan->world.certificates, or PLAN_NONE
    const struct term *tls_version, *tls_ciphers; // bytes: "TLSv1.2"; a cipher list of ciphers(1)
    uint32_t block_end;         // for a step with a block: its STEP_BLOCK_END; either: that of the first branch
    uint32_t loop;              // break: the step of the loop that it ends; PLAN_NONE otherwise
    uint32_t called_from;       // the STEP_CALL whose procedure this is a step of, or PLAN_NONE
};

// A declared actor, with all its instances.
struct actor {
    enum role role;
    const char *name;
    struct span span;
    uint32_t instance_count;
    uint32_t first_instance;  // index into plan->instances
    uint32_t first_step;      // its steps are first_step .. first_step + step_count - 1; the last is STEP_ACTOR_END
    uint32_t step_count;
    uint32_t slot_count;      // values a task of it holds
    uint32_t socket_slot_count;
    const char **socket_names; // by socket slot
    uint32_t export_count;    // captures and lets that another actor reads
    struct slice *export_names;
    uint32_t *slot_exports;   // by value slot: which export it sets, or PLAN_NONE
    bool is_read;             // another actor reads an export, its address, local or peer, pid or exit
    bool exit_is_read;        // program: by itself or another actor
    bool sends_stdin;         // program: a step sends to its stdin or shuts it down, which is a pipe then
    bool is_function;         // program: a function of the caller's plays it
    bool is_replacement;      // and it is a server or a client by its text, which says nothing of what it prints
};

// One of an actor's instances, numbered over the whole plan in the order of the text.
struct instance {
    uint32_t actor;
    uint32_t index; // 0 .. instance_count - 1
};

// What the scenario has around it. The terms are evaluated when the case is set up: they may read lets, env(), free_port(),
// `scratch`, and nothing that an actor gives. Words are bytes.
struct plan_host { // name CANONICAL ALIAS... ADDRESS, ...
    const struct term **names;
    uint32_t name_count;
    const struct term **addresses;
    uint32_t address_count;
    struct span span;
};

struct plan_sysctl { // sysctl NAME VALUE...: several words are joined by a blank
    const struct term *name, *value;
    struct span span;
};

enum route_word { ROUTE_WORD_UNREACHABLE, ROUTE_WORD_BLACKHOLE, ROUTE_WORD_PROHIBIT };

struct plan_route { // route ADDRESS[/BITS] unreachable
    const struct term *to;
    enum route_word kind;
    struct span span;
};

enum interface_word { INTERFACE_WORD_CAN };

struct plan_interface { // interface vcan0 can
    const struct term *name;
    enum interface_word kind;
    struct span span;
};

struct plan_file { // file PATH BYTES
    const struct term *path, *bytes;
    struct span span;
};

// certificate NAME { ... }. Its files lie in the scratch folder as NAME.pem (with the chain) and NAME.key, both PEM.
struct plan_certificate {
    const char *name;
    const struct term **names; // words; none: `localhost` and the world's names and addresses, of a client's: NAME itself
    uint32_t name_count;
    const struct term *expires; // a duration from now, or NULL
    bool is_client, is_self_signed;
    const struct term *file, *key; // words: PEM files, looked up like `file`; or NULL. Without `key`, `file` has both
    struct span span;
};

struct plan_world {
    bool declared;  // there is a `world { }`
    struct span span; // of its head
    bool has_names; // a hostname, a name, or a `resolve` somewhere: hosts of its own
    const struct term *hostname; // or NULL
    const struct term **addresses;
    struct span *address_spans;
    uint32_t address_count;
    struct plan_host *hosts;
    uint32_t host_count;
    struct plan_sysctl *sysctls;
    uint32_t sysctl_count;
    struct plan_route *routes;
    uint32_t route_count;
    struct plan_interface *interfaces;
    uint32_t interface_count;
    struct plan_file *files;
    uint32_t file_count;
    struct plan_certificate *certificates;
    uint32_t certificate_count;
    bool has_faults;    // a `drop` or a `rate` stands in the scenario: only in a world
    bool has_drops;
    bool is_counted;    // reads sockets(STATE)
    bool is_traced;     // reads a lifecycle
};

// What must be there for the case to be played.
struct requirement {
    const char *name;    // "can", "cap_net_raw", "program"
    const char *program; // for "program"
    struct span span;
};

// An event or a barrier. An event is a signal's, or the name of one kind of fault.
enum event_giver { GIVEN_BY_NOBODY, GIVEN_BY_SIGNAL, GIVEN_BY_DROP, GIVEN_BY_RATE };

struct plan_name {
    const char *text;
    enum event_giver giver; // of an event
    bool *actors;       // by actor: whether it signals the event, or names the barrier
    uint32_t arrivals;  // how many instances those actors have
    uint32_t forgone;   // the actor that would signal or name it if no function played it, or PLAN_NONE
};

struct plan {
    const struct source *source;
    const char *path;      // of the file, as the user wrote it
    const char *case_name; // unique in a run: the path without .drill, and [name=value,...] of its variations
    const char *title;
    uint32_t title_line;
    const char **tags;
    uint32_t tag_count;
    int64_t timeout_ns;
    uint32_t threads;      // 0: as the run decides
    uint32_t free_ports;   // how many free_port() calls stand in it
    bool has_programs;
    bool has_tls;          // a `tls`, a certificate or `ca_file` stands in it: the run's authority is needed
    bool reads_tls;        // an attribute like tls.version is asked for
    bool uses_ca_file;     // so that it is written
    bool uses_scratch;     // names the scratch folder, or a Unix path
    uint32_t families;     // bit set by enum family_word: the endpoint kinds it names
    const char *lacks;     // which library a step needs that cannot be loaded here: the case is to be skipped; or NULL
    struct span lacks_span;
    struct requirement *requirements;
    uint32_t requirement_count;
    struct plan_world world;

    struct step *steps;
    uint32_t step_count;
    struct actor *actors;  // servers, clients and programs in the order of the text; `afterwards` last
    uint32_t actor_count;
    uint32_t afterwards;   // index into actors, or PLAN_NONE
    struct instance *instances;
    uint32_t instance_count; // `afterwards` included, as the last
    struct plan_name *events;
    uint32_t event_count;
    struct plan_name *barriers;
    uint32_t barrier_count;
    const struct message_code **messages; // those of the file and of what it uses, asked for or not
    uint32_t message_count;
    uint32_t field_count; // of them all: fields are numbered over the whole plan
};

// A `let` that is given another value. It has the kind of the one it replaces: bytes as they stand here, all else as the
// language writes it (42, 10ms, tcp [::1]:0). Where that kind is not known, a number where it reads as one, else bytes.
struct define {
    const char *name;
    const char *value;
};

// Limits of a plan, each a diagnostic of its own.
enum {
    PLAN_CASES_MAX = 10000,
    PLAN_INSTANCES_MAX = 100000,
    PLAN_STEPS_MAX = 100000,   // of one case, those of every call of a procedure counted
    PLAN_STEPS_MIB_MAX = 16,   // of their text, those of every call counted
    PLAN_NAMES_MAX = 10000,    // of a file: lets and varies, procedures, actors, events, barriers; of an actor: values
    PLAN_SET_MIB_MAX = 1024,   // all cases of one file
};

// failure.c. Whether the step must fail, and may do so with this errno (of resolve an h_errno), or in this way of TLS's;
// whether TLS's are among its ways; and their names, "EPIPE or ECONNRESET", NULL where it must succeed.
bool step_fails_with(const struct step *step, int error);
bool step_fails_with_tls(const struct step *step, enum tls_error error);
bool step_fails_by_tls(const struct step *step);
const char *step_failure_text(const struct step *step, struct arena *arena);

// A file that `use` has opened, or would open. Asked for in several ways, the same one has several of these.
struct used_file {
    const char *asked;           // what led to it: a path beside the file that uses it, or <NAME>
    const char *path;            // as it was opened
    uint32_t file;               // which one it is, by whatever path
    struct slice text;
    const struct source *source; // what spans point at; NULL where it is given
};

// All that `use` may open, in place of the machine's files.
struct given_files {
    const struct used_file *files;
    uint32_t count;
};

// Where `use <NAME>` looks for NAME.drill, and for NAME/NAME.drill: the first folder that has one of them has the library.
struct library_folders {
    const char *const *paths;
    uint32_t count;
};

// A function of the caller's that plays an actor.
struct player {
    const char *actor;
    const char *path; // where its host listens: world/function_host.h; of what is only read, NULL
};

// What a file is compiled with besides its text. All that it points at must outlive the set.
struct plan_options {
    const struct define *defines;
    uint32_t define_count;
    struct library_folders libraries;
    const struct given_files *given; // NULL: the machine's files
    const struct player *players;
    uint32_t player_count;
};

// The cases of one file: one, or as many as its `vary` make. Owned by the caller: plan_set_fini. With errors in `diags`
// there may be fewer plans, and none may be played.
struct plan_set {
    struct arena arena;
    struct source source;
    struct diag_list diags;
    const struct tree *tree; // as it is written, and what it uses
    bool is_library;
    const char *name;       // which those of all its cases begin with
    struct used_file *used; // each way to ask once
    uint32_t used_count;
    struct plan **plans;
    uint32_t plan_count;
    bool *define_known; // by define: whether the file has a `let` of that name
    bool *player_known; // by player: whether it has an actor of that name
};

// Parses, checks and compiles one file. `text` and `path` must outlive the set. Nothing is printed, no system call is made
// but the reading of files named by `use`, and of the folders where it looks; where files are given, none.
void plan_set_init_with(struct plan_set *set, const char *path, struct slice text, const struct plan_options *options);
// The same with `--define`s alone: `use <NAME>` has nowhere to look.
void plan_set_init(struct plan_set *set, const char *path, struct slice text, const struct define *defines,
                   uint32_t define_count);
void plan_set_fini(struct plan_set *set);

// fingerprint.c. A number that plans of the same actors, instances and steps, at the same places of the text, share: what
// a journal says of the one can be read with the other. No two that differ are likely to.
uint64_t plan_fingerprint(const struct plan *plan);

// NULL; or why `%` of floats fails: libm, which is loaded here, cannot be.
const char *plan_lacks_remainder(void);
// The same of digests and base64: libcrypto.
const char *plan_lacks_digests(void);

// The case's display name for an instance: "caller" or "caller[3]"; into `out`.
void plan_instance_name(const struct plan *plan, uint32_t instance, struct buffer *out);

#endif
