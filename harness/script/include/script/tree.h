// The tree: a scenario file as it is written, with no name looked up. Immutable once script_parse has returned;
// everything in it lives in the arena it was parsed into and points into the source's text.
#ifndef SOCKDRILL_SCRIPT_TREE_H
#define SOCKDRILL_SCRIPT_TREE_H

#include "base/diag.h"
#include "base/integer.h"

#include <stdbool.h>
#include <stdint.h>

enum verb {
#define VERB(id, word, synopsis, help) VERB_##id,
#include "script/verbs.def"
    VERB_COUNT
};

enum type_word {
    TYPE_WORD_NONE,
#define TYPE(id, word, arguments, width_bits, is_signed, is_little, help) TYPE_WORD_##id,
#include "script/types.def"
    TYPE_WORD_COUNT
};

enum family_word {
    FAMILY_NONE,
#define FAMILY(id, word, arguments) FAMILY_##id,
#include "script/families.def"
    FAMILY_COUNT
};

enum world_word {
    WORLD_WORD_NONE,
#define WORLD_LINE(id, word, synopsis, help) WORLD_WORD_##id,
#include "script/world.def"
    WORLD_WORD_COUNT
};

// A name where it was written; text.len_bytes == 0: not given.
struct name {
    struct slice text;
    struct span span;
};

enum operator {
    OP_NONE,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_MATCH,    // ~
    OP_CONTAINS,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_REMAINDER,
    OP_AND,
    OP_OR,
    OP_NOT,      // unary
    OP_NEGATE,   // unary
};

enum expr_kind {
    EXPR_NUMBER,   // 42  0x2a  1_000_000  4KiB
    EXPR_FLOAT,    // 1.5
    EXPR_DURATION, // 10ms
    EXPR_RATE,     // 10mbit
    EXPR_STRING,   // "..." '...' hex"..." """...""": bytes, with expressions between
    EXPR_REGEX,    // /.../, only behind ~
    EXPR_NAME,
    EXPR_MEMBER,   // left.name
    EXPR_INDEX,    // left[right]
    EXPR_CALL,     // name(items); left.name(items) for another's option(NAME) and tcp(FIELD), else left is NULL
    EXPR_FILE,     // file "F": left is the string
    EXPR_UNARY,
    EXPR_BINARY,
    EXPR_ROW,      // items side by side: bytes joined; always two or more
    EXPR_LIST,     // [items]
    EXPR_MESSAGE,  // Name { fields }; left.Name { fields } of a library that has a name, else left is NULL
    EXPR_ENDPOINT, // a family word and its address words; words are items, each an EXPR_STRING; none: the kind alone
    EXPR_ADDRESS,  // 192.168.0.114:4400  [::1]:80  192.168.0.114; text is what stands there
    EXPR_PATH,     // A -> B -> ...: items, each an EXPR_NAME or an EXPR_ANY_STATES
    EXPR_ANY_STATES, // ... in a path
    EXPR_CHOICE,   // COND ? A : B: three items
    EXPR_LIST_FOR, // [BODY for NAME in LEFT]: one item, the body; left is a list or an INTERVAL
    EXPR_EACH,     // each LIST (left): only among what a loop goes through
    EXPR_INTERVAL, // left .. right, integers, both included: only there, and in a LIST_FOR
    EXPR_RANGE,    // first .. last, two field names as items; only as a function's argument in a message
};

// A stretch of a string: literal bytes, escapes done, or an interpolated expression.
struct string_part {
    struct slice bytes;
    struct expr *expr; // NULL: the bytes
};

// One field of a message value or a message pattern.
struct field_use {
    struct name name;
    enum operator op;     // OP_NONE: only captured. `field: value` is OP_EQUAL
    struct expr *value;
    struct name capture;  // `as NAME`
    struct span span;
};

// Which members of a union are set follows from the kind; the others' counts are 0.
struct expr {
    enum expr_kind kind;
    enum operator op;          // UNARY, BINARY
    enum family_word family;   // ENDPOINT
    uint32_t depth;            // levels of the tree from here down, SCRIPT_NESTING_MAX at the most
    struct span span;
    union {
        integer number;        // NUMBER; DURATION in ns; RATE in bit/s
        double real;           // FLOAT
        struct slice text;     // ADDRESS, REGEX (between the slashes)
    };
    struct name name;          // NAME, MEMBER, CALL, MESSAGE, LIST_FOR
    struct expr *left, *right; // MEMBER, INDEX, FILE, UNARY (left), BINARY, CALL (left), MESSAGE (left), LIST_FOR, EACH (left), INTERVAL
    union {
        struct expr **items;       // ROW, LIST, CALL, ENDPOINT, PATH, RANGE, CHOICE, LIST_FOR
        struct string_part *parts; // STRING; no part at all is the empty string
        struct field_use *fields;  // MESSAGE
    };
    uint32_t item_count;
    uint32_t part_count;
    uint32_t field_count;
    bool may_give;             // it is a REGEX or a MESSAGE, or one lies in it: there may be captures
};

// The type of an element or a field: a word of types.def with its arguments, or a message by name.
struct type_use {
    enum type_word word;          // TYPE_WORD_NONE: a message, by `message`, or a switch
    struct name message;
    struct name library;          // of `message`: library.message; without one it is empty
    struct expr *argument;        // bytes(N) text(N) bits(N) until(BYTES) sized(N, TYPE) masked(N, KEY); the COUNT of a list
    struct expr *most;            // until(BYTES, MAX)
    struct expr *key;             // masked(N, KEY)
    struct type_use *element;     // of a list, of sized(N, TYPE)
    struct expr *until;           // list(TYPE) until(EXPR); without it and a COUNT: to the end
    struct switch_arm *arms;      // switch EXPR { 1, 2: A, else: B }: `selector` is the EXPR
    uint32_t arm_count;
    struct expr *selector;
    struct span span;
};

struct switch_arm {
    struct expr **values; // none: else
    uint32_t value_count;
    struct type_use *type;
    struct span span;
};

// One element of a pattern: bytes, or a type with what is asked of it.
struct element {
    struct span span;
    struct expr *bytes;    // a byte expression or a message; NULL where `type` stands
    struct type_use *type;
    enum operator op;      // a comparison behind the element, OP_NONE without
    struct expr *right;
    struct name capture;
};

enum ending { ENDING_NONE, ENDING_EOF, ENDING_RESET, ENDING_CLOSED };

struct pattern {
    struct span span;
    struct element *elements;
    uint32_t element_count;
    enum ending ending; // what must follow; may stand alone
    bool without_notify; // eof without close_notify
    struct span ending_span;
};

enum accept_form { ACCEPT_ONE, ACCEPT_MANY, ACCEPT_EACH };
enum shutdown_way { SHUTDOWN_READ, SHUTDOWN_WRITE, SHUTDOWN_BOTH };
enum tls_role { TLS_SERVER, TLS_CLIENT };
// Whether the peer's certificate is looked at: as the role has it (a client must see a good one; a server asks for one, and takes
// none), not at all, or it must be there and be good.
enum tls_verify { TLS_VERIFY_USUAL, TLS_VERIFY_OFF, TLS_VERIFY_REQUIRED };

struct block {
    struct statement *first; // linked by `next`, in the order of the text
    struct span span;        // from { to }
};

// One step as written. Which members are set follows from the verb; the others are zero.
struct statement {
    enum verb verb;
    struct span span;      // the whole statement, without its block
    struct span verb_span;
    struct statement *next;

    struct expr *operand;  // endpoint, bytes, condition, count, duration, value; tls client: the name to check
    struct pattern *pattern; // recv
    struct name name;      // barrier, signal, let, for, resolve, set (the option), call; drop, rate, undo: R; the actor's or
                           // event's name of wait; env: the variable; stop: the signal
    struct name library;   // call: library.name(...)
    struct name as;        // as S
    struct name on;        // on S
    struct expr *within;
    struct name fails;     // fails ERRNO
    struct name *or_fails; // or ERRNO, ...
    uint32_t or_fail_count;
    struct expr *from, *to;

    struct expr *backlog;            // listen
    struct expr *count;              // accept * N, barrier of N
    struct expr *chunk, *every;      // send in chunks of N every D
    struct name *fds;                // send fds S, recv fds as S
    uint32_t fd_count;
    struct expr **list;              // send split at; for in (either may have EACH and INTERVAL); call arguments; run's arguments; tls alpn
    uint32_t list_count;
    struct expr *silence;            // recv nothing for D
    enum accept_form accept_form;
    enum shutdown_way shutdown_way;
    struct name *with;               // run: listening sockets that it gets; tls: the certificate, one
    uint32_t with_count;
    bool on_terminal;                // run
    bool is_unset;                   // env NAME unset
    bool without_notify;             // close, shutdown: without close_notify
    enum tls_role tls_role;
    enum tls_verify tls_verify;
    struct expr *tls_version, *tls_ciphers;
    struct block *blocks;            // accept, repeat, for: one or none; either: two or more
    uint32_t block_count;
};

enum role { ROLE_SERVER, ROLE_CLIENT, ROLE_PROGRAM, ROLE_AFTERWARDS };

struct actor_decl {
    enum role role;
    struct name name;
    struct expr *count; // client NAME * N, or NULL
    struct block body;
    struct span span;   // the head, without the block
    const char *player; // the function that plays it, which is not written; NULL: none
    const struct actor_decl *replaces; // what is written, where that is no program; NULL: this
    struct actor_decl *next;
};

struct let_decl {
    struct name name;
    struct expr *value;
    struct let_decl *next;
};

struct vary_decl {
    struct name name;
    struct expr **values; // may have EACH and INTERVAL
    uint32_t value_count;
    struct vary_decl *next;
};

struct require_decl {
    struct name name;      // can, cap_net_raw, ... ; for a program the word `program`
    struct expr *program;  // the string behind `program`, or NULL
    struct require_decl *next;
};

struct use_decl {
    struct expr *path; // a string without interpolation; of <NAME> the name, a part of a path
    bool is_searched;  // <NAME>: looked for where libraries are kept
    struct name as;    // as NAME: what it defines is NAME.x; without, x
    struct span span;
    const struct source *library; // what the path has led to; NULL: it was not read
    struct use_decl *next;
};

struct field_decl {
    struct name name;
    struct type_use *type;
    struct expr *value;     // = EXPR: computed when sent, verified when matched
    struct expr *fallback;  // default EXPR: sent when no value is given, matched as anything
    struct expr *condition; // when EXPR
    struct expr *rule;      // where EXPR: of the field itself, verified when matched
    struct span span;
    struct field_decl *next;
};

struct message_decl {
    struct name name;
    struct field_decl *fields;
    const struct field_decl *origin; // the field behind the line `origin`, or NULL
    struct span origin_span;
    struct span span;
    struct message_decl *next;
};

// certificate NAME { ... }
struct certificate_decl {
    struct name name;
    struct expr **names;    // hosts and addresses, EXPR_STRINGs
    uint32_t name_count;
    struct expr *expires;   // a duration from now, behind us where it is negative; NULL: as long as any run
    bool is_client;         // for a client: clientAuth
    bool is_self_signed;    // by nobody's authority
    struct expr *file, *key; // of PEM, looked up like `file`; no file: made for the run; no key: it is in the file, too
};

// One line of a world. Its words are EXPR_STRINGs, as behind an endpoint kind.
struct world_line {
    enum world_word word;
    struct span span, word_span;
    struct expr **words;
    uint32_t word_count;
    uint32_t first_count;   // how many of them stand before the first comma
    struct expr *bytes;     // file
    struct certificate_decl *certificate;
    struct world_line *next;
};

struct world_decl {
    struct world_line *lines;
    struct span span;       // the head, without the block
};

struct procedure_decl {
    struct name name;
    struct name *parameters;
    uint32_t parameter_count;
    struct block body;
    struct span span;
    struct procedure_decl *next;
};

// A whole file. Lists are in the order of the text.
struct tree {
    const struct source *source;
    bool is_library;
    struct expr *title;   // a string without interpolation
    struct expr *timeout; // a duration, or NULL
    struct expr *threads; // or NULL
    struct name *tags;
    uint32_t tag_count;
    struct require_decl *requires;
    struct use_decl *uses;
    struct let_decl *lets;
    struct vary_decl *varies;
    struct message_decl *messages;
    struct procedure_decl *procedures;
    struct world_decl *world; // or NULL
    struct actor_decl *actors; // servers, clients and programs
    struct actor_decl *afterwards; // or NULL
    uint32_t step_count; // of the text, and its blocks
};

#endif
