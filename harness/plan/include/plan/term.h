// Terms: compiled expressions, every name looked up, and their evaluation. Terms are immutable after compile; evaluation
// is pure but for what it asks of its environment, so it may be given up and begun again at any time.
#ifndef SOCKDRILL_PLAN_TERM_H
#define SOCKDRILL_PLAN_TERM_H

#include "base/diag.h"
#include "plan/value.h"

enum term_kind {
    TERM_CONSTANT,  // value
    TERM_SLOT,      // a let or capture of this actor, or `index`
    TERM_EXPORT,    // a let or capture of another actor: a future
    TERM_ATTRIBUTE, // of a socket, an actor or the world
    TERM_CALL,      // a function
    TERM_JOIN,      // bytes side by side
    TERM_UNARY,
    TERM_BINARY,
    TERM_LIST,
    TERM_ITEM,      // list[index]
    TERM_FIELD,     // record.name
    TERM_MEMBER,    // address.host, address.port
    TERM_ENDPOINT,  // words may be interpolated
    TERM_REGEX,     // only as the right side of ~
    TERM_BUILD,     // a message value: a record, which is bytes where bytes are needed
    TERM_CHOICE,    // COND ? A : B
    TERM_LIST_FOR,  // [items[0] for NAME in items[1]]
    TERM_LOCAL,     // NAME in that
    TERM_EACH,      // each items[0]: among what a loop goes through, one value for each item
    TERM_INTERVAL,  // items[0] .. items[1]: the integers between, both included; a list where it is evaluated
    // In a message's layout, of the message it stands in:
    TERM_LAYOUT_FIELD, // a field's value
    TERM_LAYOUT_RANGE, // the bytes of first .. last
    TERM_LAYOUT_SIZE,  // how many bytes those are
    TERM_LAYOUT_LAST,  // `last`, in a list's until
};

enum attribute {
#define ATTRIBUTE(id, word, subject, result, help) ATTRIBUTE_##id,
#include "plan/attributes.def"
    ATTRIBUTE_COUNT
};

enum function {
#define FUNCTION(id, word, arguments, optional, result, synopsis, help) FUNCTION_##id,
#include "plan/functions.def"
    FUNCTION_COUNT
};

// A socket option by its name. Immutable.
struct option {
    const char *name;
    int level;
    int number;
};

// A field of struct tcp_info by its name. Immutable.
struct tcp_field {
    const char *name;
    size_t offset_bytes;
    size_t width_bytes;
};

struct regex;        // a compiled PCRE2 pattern
struct message_code; // a compiled message layout
struct build_code;   // a compiled message value
struct element_code; // plan/pattern.h
struct message_scope; // plan/message.h
struct local;         // the name of a `for` in brackets, loop.c

struct term {
    enum term_kind kind;
    enum value_kind type;      // of its value, where `typed`: known before the run
    struct span span;
    struct value value;        // CONSTANT
    const struct term *made_of; // CONSTANT: what its value was worked out of; NULL: it is written so
    const struct term **items; // CALL, JOIN, LIST, ENDPOINT's words, UNARY (1), BINARY (2), ITEM (2), FIELD and MEMBER (1)
    const struct element_code *shape; // a record, a list or what lies in them: the layout of its value; NULL: not known
    uint32_t item_count;
    uint32_t weight;           // how many terms it is made of, those it shares with others counted every time
    uint32_t depth;            // how many of them lie in one another
    uint32_t slot;             // SLOT; CALL of FUNCTION_FREE_PORT: which of the plan's; LAYOUT_FIELD: the field; LAYOUT_RANGE, LAYOUT_SIZE: the first;
                               // LIST_FOR, LOCAL: which name of a `for` in brackets that is
    uint32_t last;             // LAYOUT_RANGE, LAYOUT_SIZE: the last field
    uint32_t actor;            // EXPORT, ATTRIBUTE of another actor: index into plan->actors; PLAN_NONE: of this one
    uint32_t name;             // EXPORT: index into the actor's exports
    uint32_t socket_slot;      // ATTRIBUTE of a socket: its slot, or SLOT_CURRENT
    const struct term *index;  // EXPORT, ATTRIBUTE of an instance; NULL: any (EXPORT), or the only one
    const struct option *option;   // ATTRIBUTE option(NAME)
    const struct tcp_field *field; // ATTRIBUTE tcp(FIELD)
    const struct build_code *build;
    const struct regex *regex;
    const uint32_t *group_slots; // REGEX: by group number (0 is the whole match), the slot of a named group, else PLAN_NONE
    struct slice member;       // MEMBER, FIELD
    uint32_t group_count;      // entries of group_slots
    enum attribute attribute;
    enum state state;          // ATTRIBUTE sockets(STATE)
    enum function function;
    enum type_word packed;     // CALL of FUNCTION_PACK
    enum operator op;
    enum family_word family;   // ENDPOINT
    bool typed;
    bool is_host;              // CALL of FUNCTION_TEXT: before a port, so that an IPv6 address gets its brackets
    bool reads_layout;         // it, or one of them at any depth, is a LAYOUT_*: its value comes from the wire
    bool has_costly_items;     // one of them, at any depth, takes time or needs more than its names: see compile_term.c
};

enum eval_status {
    EVAL_DONE,
    EVAL_WAIT,      // a future that is not set yet: the environment has noted which
    EVAL_FAILED,    // no value: env->message says why
    EVAL_UNSETTLED, // cannot be known on this machine: env->message says why; the case is to be skipped
};

// What becomes of a message's field.
enum field_fate {
    FIELD_BUILT,   // it is among a built message's bytes
    FIELD_MATCHED, // it was among those of a message that matched
    FIELD_ASKED,   // and a pattern asked something of its value
    FIELD_READ,    // an expression reads it of a message that was captured or built
    FIELD_FATE_COUNT
};

// What evaluation asks of whoever runs the plan. The functions answer DONE, WAIT, FAILED or UNSETTLED and set
// env->message with the last two.
struct eval_env {
    struct arena *arena;        // where values are made
    const char *message;        // why there is no value
    struct span message_span;   // the term it is about
    uint64_t seed;              // of random(N)
    void *context;
    enum eval_status (*read_slot)(struct eval_env *env, uint32_t slot, struct value *value);
    enum eval_status (*read_export)(struct eval_env *env, const struct term *term, integer index, struct value *value);
    // `index`: which instance of another actor, or -1. sockets(STATE) is an attribute, its state in term->state.
    enum eval_status (*read_attribute)(struct eval_env *env, const struct term *term, integer index, struct value *value);
    // The file's bytes, looked up as the language says; FAILED with a message when there is none.
    enum eval_status (*read_file)(struct eval_env *env, const char *path, struct value *value);
    enum eval_status (*file_exists)(struct eval_env *env, const char *path, struct value *value);
    // The port of the plan's free_port() call number `site`.
    enum eval_status (*free_port)(struct eval_env *env, uint32_t site, struct value *value);
    // Why states a socket went through were not seen; NULL: there is nothing to say about it.
    const char *(*why_unseen)(struct eval_env *env);
    // For named groups of a regex and the fields of messages: sets a slot of this actor. NULL: nothing is to be set.
    void (*write_slot)(struct eval_env *env, uint32_t slot, const struct value *value);
    // What has become of a message's field, as often as it does. NULL: nobody counts them.
    void (*note_field)(struct eval_env *env, const struct message_code *message, uint32_t field, enum field_fate fate);
    struct sample *samples;      // attributes that this evaluation has read: its runner's, and empty where it begins
    struct message_scope *scope; // of a layout's terms: the message they stand in; NULL: none
    const struct local *locals;  // of the `for`s in brackets around the term; NULL: none
    uint32_t made_items;         // by the outermost of them and those in it
    uint32_t made_items_max;     // how many these may be; 0: VALUE_ITEMS_MAX
    size_t made_from_bytes;      // what the arena had when it began
    struct name_place *names;    // where in a message with names what is being built goes; NULL: in none. Private to plan
    uint32_t build_depth;        // messages that are being built, in one another
    uint32_t message_root_bytes; // how much of `message` is the name of the message whose field it is about: where that one
                                 // lies in another, the path to it goes there. 0: it is about no field
};

// The term's value, in env->arena.
enum eval_status term_eval(const struct term *term, struct eval_env *env, struct value *value);

// term_eval, and the value must be of that kind: else FAILED with a message that says which it was. An INTEGER is
// accepted as a DURATION of nothing but 0.
enum eval_status term_eval_kind(const struct term *term, struct eval_env *env, enum value_kind kind, struct value *value);

// The ends of a TERM_INTERVAL; it is empty where the last is less than the first.
enum eval_status term_interval(const struct term *term, struct eval_env *env, integer *first, integer *last);

// The condition's two sides as they were, for a failed expectation: "received is 397, expected == 398". Evaluates again.
void term_explain(const struct term *term, struct eval_env *env, struct buffer *out);

const char *attribute_word(enum attribute attribute);
bool attribute_is_of_socket(enum attribute attribute); // else it is of an actor or the world
bool attribute_is_of_tls(enum attribute attribute);    // tls.version and its like
const char *function_word(enum function function);
const struct option *option_of(struct slice name);         // NULL: unknown
const struct tcp_field *tcp_field_of(struct slice name);   // NULL: unknown
int errno_of(struct slice name);                           // 0: unknown
const char *errno_name(int number);                        // "ECONNREFUSED"; NULL: no such error
int lookup_error_of(struct slice name);                    // of resolve: an h_errno, netdb.h; 0: unknown
const char *lookup_error_name(int number);                 // "HOST_NOT_FOUND"; NULL: no such error

#endif
