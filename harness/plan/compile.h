// What the parts of the compiler share. Private to the room.
//
// The way through it: plan_set.c reads a file and makes a plan for each of its cases; compile_file.c makes one plan of one
// tree, compile_let.c its names; compile_step.c and its like turn statements into steps, compile_pattern.c patterns into
// elements, compile_expr.c and its like expressions into terms. scope.c knows which name means what where, survey.c what
// the actors give each other, unknown.c what to say of a name that means nothing.
#ifndef SOCKDRILL_PLAN_COMPILE_H
#define SOCKDRILL_PLAN_COMPILE_H

#include "base/table.h"
#include "plan/plan.h"
#include "script/script.h"

enum binding_kind {
    BINDING_SLOT,   // a let, a capture, a parameter: a value slot of the actor
    BINDING_TERM,   // a let or vary of the file: the term itself, read anew at each use
    BINDING_SOCKET, // `as S`: a socket slot
    BINDING_FIELD,  // in a message's layout: one of its fields
    BINDING_LAST,   // in the `until` of its lists: the newest item
    BINDING_LOCAL,  // of a `for` in brackets: `slot` is its number
};

// What a name means from here on. Lives as long as the compiler.
struct binding {
    struct binding *outer; // the one before it: inner names hide outer ones
    struct binding *same;  // the one before it of the same name, in this scope or another
    struct binding *jump;  // one further out, so that any is reached in few steps; of the outermost itself
    uint32_t depth;        // how many there are, this one and those before it
    enum binding_kind kind;
    struct name name;
    uint32_t slot;
    const struct term *term;
    enum value_kind type;
    bool typed;
    const struct element_code *shape; // of a message, and of what lies in one: its layout; NULL: not known
    enum family_word family; // of a socket, where it is known
    const struct source *file; // of a let or vary of a file: which one, that sees it or not; NULL: seen wherever it is in scope
    enum verb made_by;       // of a socket; VERB_COUNT: not known
    bool fixed; // a let, a parameter, the name of a loop: keeps its value for as long as it is in scope
};

// A name that an actor gives a value to somewhere: what others may wait for.
struct given {
    struct slice name;
    uint32_t slot;   // that holds it
};

// The same, found before anything is compiled.
struct given_name {
    struct slice name;
    uint32_t export; // of the actor; PLAN_NONE: nobody has asked for it
};

// A procedure of the tree.
struct procedure_draft {
    const struct procedure_decl *decl;
    struct procedure_draft *same; // the next of its name, in another file
    uint32_t surveyed_for;        // the actor that survey.c has been through it for last, or PLAN_NONE
};

// One actor on its way to become a struct actor.
struct actor_draft {
    const struct actor_decl *decl;
    struct actor *actor;
    struct given_name *given; // every let and capture in it
    uint32_t given_count;
    struct table given_numbers; // where in `given` each is
    struct given *slots; // which slot got which name, once compiled
    uint32_t slot_given_count;
    bool runs; // there is a `run` among its steps
};

// The names that an unread part of the text may have defined: whoever looks for one of them is told nothing. Immutable.
struct excuses {
    struct slice *names; // sorted
    uint32_t count;
    bool any_name; // a library could not be read at all
};

// What the text tells of the current socket.
struct known_socket {
    enum family_word family; // FAMILY_NONE: nothing
    bool listens;
    bool is_stdio; // no socket: a program's stdin and stdout
};

// What the text tells of a program up to the step being compiled: where each stands. No source: nowhere yet.
struct known_program {
    struct span run, cwd, user, stdin_given;
    bool run_fails;   // it says `fails`
    bool on_terminal; // it says that
};

// Owned by one worker, for the compilation of one plan.
struct compiler {
    struct arena *arena;
    struct diag_list *diags;
    const struct tree *tree;
    const struct file_scopes *files;
    uint32_t file; // the one whose text is being compiled
    struct plan *plan;
    const struct excuses *excuses;
    struct binding *bindings; // innermost first
    struct table names;       // by name: the newest binding
    struct table actor_numbers, event_numbers, barrier_numbers; // by name: index in the plan
    struct procedure_draft *procedures; // in the order of the tree
    uint32_t procedure_count;
    struct table procedure_names; // by name: the first draft
    struct table message_names;   // the same
    struct actor_draft *drafts; // by actor
    struct actor_draft *draft;  // the actor being compiled, or NULL at the file's level
    const struct let_decl *open_lets; // of the file, which have no value yet
    struct binding *file_bindings; // the file's own names: all that a procedure's body sees of the outside
    struct call_frame *calls; // procedures being inlined, innermost first
    struct message_draft *messages;
    uint32_t message_count;
    struct message_draft *layout; // the message whose layout is being compiled, or NULL
    uint32_t layout_depth;        // layouts being compiled, because one asks for the other
    uint32_t called_from;
    struct loop_frame *loop;    // the innermost around, or NULL
    uint32_t either_depth;      // also behind what may have ended the loop: such steps need not be reached
    uint32_t lazy_depth;  // of expressions that may never be evaluated: what has no value in them is told in a run
    uint32_t local_count; // names of `for`s in brackets
    uint32_t local_depth; // of such lists around
    uint32_t block_depth;
    uint32_t call_block_depth; // what that was at the outermost call
    bool in_concurrent_block; // inside accept * or accept each
    struct known_socket current;
    struct known_program program; // of the actor being compiled
    bool on_stdio;       // the statement is about a program's stdin, stdout or stderr
    struct span blamed;  // the newest call of a procedure that was told to be no such actor's
    uint32_t step_capacity; // of plan->steps
    uint32_t step_count; // made so far, those of procedures on their own too
    uint64_t step_bytes; // of their text, without that of blocks
    size_t arena_before_bytes; // what other cases have taken
    bool is_forgone; // survey.c is in a block that no one plays
    bool is_full; // something is as much as it may be, and reported: the rest is not compiled
    uint32_t actor_index; // PLAN_NONE in a procedure that is compiled for its mistakes alone
};

// A loop whose block is being compiled; or the block of an accept, which no `break` leaves.
struct loop_frame {
    struct loop_frame *outer;
    uint32_t opener;
    bool is_accept;
    bool breaks; // a `break` in it ends it
};

struct call_frame {
    struct call_frame *outer;
    const struct procedure_decl *procedure;
    const struct term *returned; // NULL: it returns nothing
    uint32_t return_step;
};

// --- scope.c

// Adds a name; a value slot or a socket slot is taken from the actor.
struct binding *scope_value(struct compiler *c, struct name name, const struct term *like);
struct binding *scope_local(struct compiler *c, struct name name, const struct term *like);
struct binding *scope_socket(struct compiler *c, struct name name);
struct binding *scope_term(struct compiler *c, struct name name, const struct term *term);
// A capture: says so where the name keeps its value.
struct binding *scope_capture(struct compiler *c, struct name name, enum value_kind kind);
// Says that the name has a value and keeps it.
void scope_report_taken(struct compiler *c, struct name name, const struct binding *before);
// Says so where a let, a loop, a parameter or a capture of this actor has the name already.
void scope_check_new(struct compiler *c, struct name name);
struct binding *scope_find(const struct compiler *c, struct slice name);
// The innermost binding of that name in scope, and the next one further out, whether the file being compiled sees them or not.
struct binding *scope_first(const struct compiler *c, struct slice name);
struct binding *scope_next(const struct compiler *c, const struct binding *binding);
// Adds a name of that kind, and does not ask whether a library has it.
struct binding *scope_push(struct compiler *c, enum binding_kind kind, struct name name);
// Forgets the names that are newer than `outer`, which is in scope.
void scope_leave(struct compiler *c, struct binding *outer);
// Adds the name of an actor, unless there is one of that name.
void scope_add_actor(struct compiler *c, struct slice name, uint32_t index);
// Index of the actor of that name, or PLAN_NONE.
uint32_t scope_actor(const struct compiler *c, struct slice name);
const struct procedure_decl *scope_procedure(const struct compiler *c, struct slice name);
// The actor's export of that name, made when first asked for; PLAN_NONE where the actor never gives it a value.
uint32_t scope_export(struct compiler *c, uint32_t actor, struct slice name);
// Index into plan->events or plan->barriers, added when new.
uint32_t scope_event(struct compiler *c, struct name name);
uint32_t scope_barrier(struct compiler *c, struct name name);

// --- library.c

// From here on the text of that file is compiled; gives the one before, to go back to.
uint32_t library_enter(struct compiler *c, const struct source *source);
// Whether a name of `source` is seen: plainly from the file whose text is being compiled, or, where `library` is not NULL,
// behind its name.
bool library_shows(const struct compiler *c, const struct use_decl *library, const struct source *source);
// Whether any file sees the names of both.
bool library_together(const struct compiler *c, const struct source *a, const struct source *b);
// The library of that name in the file whose text is being compiled; NULL: there is none.
const struct use_decl *library_of(const struct compiler *c, struct slice name);
// The same; false: none is called so, which was reported. Without a name *library is NULL.
bool library_named(struct compiler *c, struct name name, const struct use_decl **library);
const struct procedure_decl *library_procedure(const struct compiler *c, const struct use_decl *library, struct slice name);
const struct binding *library_let(const struct compiler *c, const struct use_decl *library, struct slice name);
// Says that it has no such name, or that it is something else than was asked for.
void library_unknown(struct compiler *c, const struct use_decl *library, struct name name);
// Adds to the newest diagnostic that a library here has the name; false: none has.
bool library_hint(struct compiler *c, struct slice name);
// Says so where a new name is that of a library here; and where a library's name is another's.
void library_check_free(struct compiler *c, struct name name);
void library_check_names(struct compiler *c);

// --- survey.c

// Collects the names that each actor gives a value to, the events it signals and the barriers it names.
void survey_actors(struct compiler *c);
// How many instances come to each event and barrier; the actors' counts are known by now.
void survey_count_arrivals(struct compiler *c);

// --- unknown.c

enum offer {
    OFFER_VALUES = 1 << 0,
    OFFER_SOCKETS = 1 << 1,
    OFFER_ACTORS = 1 << 2,
    OFFER_ATTRIBUTES = 1 << 3,
    OFFER_SOCKET_ATTRIBUTES = 1 << 4,
    OFFER_CONSTANTS = 1 << 5,
    OFFER_STATES = 1 << 6,
    OFFER_EVENTS = 1 << 7,
    OFFER_PROCEDURES = 1 << 8,
    OFFER_FUNCTIONS = 1 << 9,
    OFFER_TYPES = 1 << 10,
    OFFER_FAULTS = 1 << 11, // events that a `drop` or a `rate` gives
};

// Says that nothing of that name is known, with the nearest of `offers` (a set of enum offer); keeps still where it is
// excused. `what`: "socket", "state".
void unknown_name(struct compiler *c, struct name name, const char *what, unsigned offers);
// Whether an unread part of the text may have defined the name.
bool unknown_is_excused(const struct compiler *c, struct slice name);
// Adds the nearest of `offers` to the newest diagnostic.
void unknown_suggest(struct compiler *c, struct slice name, unsigned offers);
// u16 where u16be or u16le is meant; false: nothing was said.
bool unknown_hint_types(struct compiler *c, struct slice name);
// What is excused after parsing has reported errors.
const struct excuses *unknown_excuses(struct arena *arena, const struct diag_list *diags, bool lacks_library);

// --- compile_term.c

enum {
    TERM_WEIGHT_MAX = 100 * 1000,    // terms in a term, shared ones counted every time
    TERM_DEPTH_MAX = 1000,           // terms in one another: evaluation goes down as deep
    FOLD_BYTES_MAX = 64 * 1024,      // bytes that are looked at one by one before the run
    FOLD_ITEMS_MAX = 4096,           // of a list that is made before the run
    FOLD_MIB_MAX = 256,              // of the compiler's memory: past it nothing is worked out before the run
};

struct term *term_new(struct compiler *c, enum term_kind kind, struct span span);
struct term *term_of(struct compiler *c, enum term_kind kind, struct span span, const struct term **items,
                     uint32_t count);
struct term *term_constant(struct compiler *c, struct span span, struct value value);
// What stands for an expression that was reported: it fits everywhere, so that one mistake is reported once.
const struct term *term_wrong(struct compiler *c, struct span span);
struct term *term_typed(struct term *term, enum value_kind type);
// The term, or its value where its operands are constants; what cannot have one, or has too many parts, is reported.
const struct term *term_finish(struct compiler *c, struct term *term);
const struct term *term_join(struct compiler *c, struct span span, const struct term **items, uint32_t count);
bool term_is_known(const struct term *term); // a constant with a value

// --- compile_expr.c

// Never NULL: after a diagnostic it is term_wrong.
const struct term *compile_expr(struct compiler *c, const struct expr *expr);
// The same, and it must be of that kind as far as can be known now; `what` says what it is for: "a count".
const struct term *compile_kind(struct compiler *c, const struct expr *expr, enum value_kind kind, const char *what);
// An integer, and where it is known now within least .. most.
const struct term *compile_count(struct compiler *c, const struct expr *expr, const char *what, integer least,
                                 integer most);
// Bytes: an integer gets the diagnostic that names the types that would make it bytes.
const struct term *compile_bytes(struct compiler *c, const struct expr *expr);
// The value as bytes, as `${ }` writes it.
const struct term *compile_as_text(struct compiler *c, const struct expr *expr);
// The text of a string that has no interpolation; false, with a diagnostic, where it has one.
bool compile_plain_text(struct compiler *c, const struct expr *expr, struct slice *text);
// HOST:PORT: an IPv6 address that is interpolated before the port has its brackets.
const struct term *compile_host_port(struct compiler *c, const struct expr *expr);
// library.NAME: a let of it.
const struct term *compile_library_member(struct compiler *c, const struct use_decl *library, const struct expr *expr);
const struct regex *compile_regex(struct compiler *c, const struct expr *expr, struct term *term);

// --- compile_operator.c

const struct term *compile_unary(struct compiler *c, const struct expr *expr);
const struct term *compile_binary(struct compiler *c, const struct expr *expr);
// Whether the operator ever compares these kinds; `right` is what is on its right side.
bool compile_goes_together(enum operator op, enum value_kind left, const struct term *right);
// Says so where two values of these kinds are never compared so; a kind is VALUE_KIND_COUNT where it is not known.
bool compile_comparable(struct compiler *c, struct span span, enum operator op, enum value_kind left,
                        const struct term *right);

// --- compile_loop.c

const struct term *compile_choice(struct compiler *c, const struct expr *expr);
const struct term *compile_list_for(struct compiler *c, const struct expr *expr);
// One of the values that a loop goes through: `each LIST` and A .. B stay what they are, a TERM_EACH and a TERM_INTERVAL.
// *like gets the kind and shape of what a turn has.
const struct term *compile_turn(struct compiler *c, const struct expr *expr, struct term *like);
// One item of what an `each` goes through.
const struct term *compile_item(struct compiler *c, const struct expr *each, integer item);
// LIST.name, where items[0] is the list: that field of each item.
const struct term *compile_member_of_items(struct compiler *c, const struct expr *expr, const struct term **items);

// --- compile_endpoint.c

// An endpoint, or an address that stands for one.
const struct term *compile_endpoint(struct compiler *c, const struct expr *expr);
const struct term *compile_endpoint_words(struct compiler *c, const struct expr *expr);
const struct term *compile_address(struct compiler *c, const struct expr *expr);

// --- compile_attribute.c

// NAME alone, when no binding has it: an attribute of the current socket or of this actor, or a constant. NULL: neither.
const struct term *compile_plain_name(struct compiler *c, const struct expr *expr);
// Whether the language itself gives the name a meaning in an expression.
bool compile_is_own_word(struct slice name);
// left.name
const struct term *compile_member(struct compiler *c, const struct expr *expr);
// option(NAME) and tcp(FIELD), plain or behind a point; NULL: the call is of something else.
const struct term *compile_attribute_call(struct compiler *c, const struct expr *expr);
// The actor that NAME, or NAME[index], names; PLAN_NONE: something else. *index is NULL without one.
uint32_t compile_actor_name(struct compiler *c, const struct expr *expr, const struct expr **index);
// An instance's number; NULL where `index` is.
const struct term *compile_instance(struct compiler *c, uint32_t actor, const struct expr *index);
// Every attribute word, for suggestions; NULL past the end. *of_socket: whether it is a socket's.
const char *attribute_offer(uint32_t number, bool *of_socket);

// --- compile_call.c

// NAME(items): a function or a packed type.
const struct term *compile_call(struct compiler *c, const struct expr *expr);
enum value_kind function_result(enum function function);
bool compile_is_function(struct slice name);
// Calls one of functions.def on terms.
const struct term *term_call(struct compiler *c, enum function function, struct span span, const struct term **items,
                             uint32_t count);
// Every function and every type that builds bytes; NULL past the end.
const char *function_offer(uint32_t number);

// --- compile_pattern.c

const struct pattern_code *compile_pattern(struct compiler *c, const struct pattern *pattern);
void compile_type(struct compiler *c, const struct type_use *type, struct element_code *code);
void compile_comparison(struct compiler *c, const struct element *element, struct element_code *code);
// What an element of a type word is when it is captured.
enum value_kind compile_captured_kind(enum type_word type);
// The bits of an element that may end in the midst of a byte; 0 for whole bytes, -1: not known.
integer compile_odd_bits(const struct element_code *code);

// --- compile_message.c, compile_layout.c, compile_build.c, compile_ask.c

// The file's messages: their names and fields, before anything may ask for one; then what nobody has asked for yet, and
// what can be said of all of them.
void compile_messages_declare(struct compiler *c);
void compile_messages(struct compiler *c);
bool compile_is_message(const struct compiler *c, struct slice name);
// The layout that a message value or pattern names; NULL: reported.
const struct message_code *compile_message_named(struct compiler *c, const struct expr *expr);
// NAME, or switch FIELD { ... }, as a type.
void compile_message_type(struct compiler *c, const struct type_use *type, struct element_code *code);
// The `until` of a list in a layout.
void compile_layout_until(struct compiler *c, const struct type_use *type, struct element_code *code);
// The element's value; VALUE_KIND_COUNT: not known before the run.
enum value_kind compile_element_kind(const struct element_code *element);
// What is known of a value's parts: the element, or the one in it where it is a `sized`.
const struct element_code *compile_shape(const struct element_code *element);
// The terms of a type in a layout: says so where they ask for what only a run knows.
void compile_layout_type(struct compiler *c, struct element_code *element);
// Whether the element takes all that there is, because it ends in a `rest` that no length bounds.
bool compile_takes_rest(const struct element_code *element);
// A field, or `last`, in a layout; first .. last; size(FIELD) and size(first .. last), NULL: it is no such call.
const struct term *compile_layout_name(struct compiler *c, const struct binding *binding, struct span span);
const struct term *compile_range(struct compiler *c, const struct expr *expr);
const struct term *compile_layout_size(struct compiler *c, const struct expr *expr);
// NAME { field: value } as a value, and as an element of a pattern.
const struct term *compile_build(struct compiler *c, const struct expr *expr);
void compile_message_pattern(struct compiler *c, const struct expr *expr, struct element_code *code);
// Index of the field, or PLAN_NONE: reported.
uint32_t compile_field_of(struct compiler *c, const struct message_code *message, struct name name);

// --- compile_step.c

// A step needs a library that cannot be loaded here: the first such is what the plan lacks. `why` lies in the arena.
void compile_lacks(struct compiler *c, struct span span, const char *why);
// Appends the steps of one statement.
void compile_statement(struct compiler *c, const struct statement *statement);
struct step *step_new(struct compiler *c, enum step_kind kind, struct span span);
struct step *plan_step(struct compiler *c, uint32_t index);

// --- one function a verb; `at` is the index of the step that was made for the statement

typedef void compile_function(struct compiler *c, const struct statement *s, uint32_t at);

// compile_flow.c
compile_function compile_repeat, compile_for, compile_break, compile_either, compile_let;
// Appends the steps of a block; its names end with it.
void compile_block(struct compiler *c, const struct block *block);
// The same for the block of the step `opener`, with the STEP_BLOCK_END behind it.
void compile_block_of(struct compiler *c, uint32_t opener, const struct block *block);

// The block of a loop, or of an accept: whether a `break` ends it.
bool compile_loop_block(struct compiler *c, uint32_t opener, const struct block *block);

// compile_procedure.c
compile_function compile_procedure_call, compile_return;
// let NAME = PROCEDURE(...); false: it is an expression that stands there.
bool compile_let_call(struct compiler *c, const struct statement *s, uint32_t at);
// The procedure that it runs; NULL: a function, or anything else.
const struct procedure_decl *compile_let_procedure(const struct compiler *c, const struct expr *expr);
bool compile_procedure_returns(const struct procedure_decl *procedure);
// Every procedure on its own: mistakes are mistakes, called or not.
// Who has which name; before anything else asks. Then each is compiled on its own, for the mistakes in it.
void compile_procedures_declare(struct compiler *c);
void compile_procedures(struct compiler *c);

// --- compile_descriptor.c: what kind the sockets are, as far as the text tells

// The sockets that a send passes, or that a recv makes.
void compile_descriptors(struct compiler *c, const struct statement *s, uint32_t at);
// The kind of the socket that a statement is about; and notes what becomes of the current one, or of the one it names.
enum family_word compile_socket_family(const struct compiler *c, struct name on);
void compile_note_family(struct compiler *c, const struct statement *s, uint32_t at);
// Says so where this is for Unix sockets only, and that kind is another; `what` begins the sentence.
void compile_needs_unix(struct compiler *c, struct span span, enum family_word family, const char *what);
// The slot of a socket's name; SLOT_CURRENT: none is named, or it was reported.
uint32_t compile_socket_slot(struct compiler *c, struct name name);

// compile_world.c: the file's `world { }`
void compile_world(struct compiler *c);

// compile_fault.c
compile_function compile_drop, compile_rate, compile_undo, compile_resolve;
// Whether the event is that kind of giver's, as far as is known; else says so at the name.
bool compile_event_is(struct compiler *c, uint32_t event, struct name name, enum event_giver giver);

// compile_program.c
compile_function compile_run, compile_cwd, compile_env, compile_user, compile_stdin, compile_listens, compile_stop;
// Says which programs never run anything.
void compile_programs_run(struct compiler *c);
// A procedure that is compiled on its own: whose steps these are is not known.
bool compile_is_alone(const struct compiler *c);
bool compile_may_be_program(const struct compiler *c);
// Of a statement that moves bytes: where those can only be the program's own (`is_stdio`: it says so), it has to run.
void compile_transfer_behind_run(struct compiler *c, const struct statement *s, bool is_stdio);
const char *compile_role_phrase(const struct compiler *c); // "'caller' is a client"
// "in line 7", or with the file's name where that is another than `from` is in.
const char *compile_place_of(const struct compiler *c, struct span span, struct span from);

// compile_stdio.c
// SLOT_STDIO or SLOT_STDERR where the name is that in a program; else SLOT_CURRENT.
uint32_t compile_stdio_slot(const struct compiler *c, struct slice name);
// Of a statement that is about them: whether it may be, and whether they need a pipe.
void compile_note_stdio(struct compiler *c, const struct statement *s);
// False, with a diagnostic: the attribute is of a program, and that actor is none (`index`; PLAN_NONE: the one being
// compiled); or it is of sockets, and this is a stream of a program.
bool compile_attribute_of_program(struct compiler *c, struct span span, enum attribute attribute, uint32_t index);
bool compile_attribute_of_stdio(struct compiler *c, struct span span, enum attribute attribute);

// compile_tls.c
compile_function compile_tls;
// What the step must fail with: an errno, an h_errno, or how TLS fails.
void compile_failure(struct compiler *c, const struct statement *s, uint32_t at);
// The certificate of that name, or PLAN_NONE: reported, or a library's.
uint32_t compile_certificate_named(struct compiler *c, struct name name);
// tls.NAME of the current socket, or behind one or an actor: as if it were one name. NULL: it is something else.
const struct term *compile_tls_member(struct compiler *c, const struct expr *expr);
// Says so where the name is `tls`, and nothing behind it.
bool compile_tls_alone(struct compiler *c, struct name name);

// compile_meet.c
compile_function compile_connect, compile_barrier, compile_signal, compile_wait;

// --- compile_let.c

// A value given to a `vary` name in one case: an expression, or what a loop goes through and which turn of it this is.
struct choice {
    struct name name;
    const struct expr *value;
    integer turn;        // EXPR_INTERVAL: the number; EXPR_EACH: which item
    const char *text;    // of an item: what it is called; NULL: as `value` is written, or its number
    const char *trouble; // there are no turns, or nobody knows which: why; NULL: all is well
    struct variation *asked; // nothing is chosen yet: how many values there are is asked for
};

// A `vary` with all its values.
struct variation {
    const struct vary_decl *vary;
    struct choice *choices; // PLAN_CASES_MAX + 1 at the most
    uint32_t count;
    const char **texts;     // what the values are called
};

// What a file is compiled with, beside its tree.
struct circumstances {
    const struct choice *choices;
    uint32_t choice_count;
    const struct define *defines;
    uint32_t define_count;
    const struct excuses *excuses;
    const struct file_scopes *files;
};

// Whether --define NAME=VALUE, or LIBRARY.NAME=VALUE, is of that let.
bool define_is_of(const struct file_scopes *scopes, const struct let_decl *let, const char *name);
// The names of the file: its lets and what its varies have chosen, each of which sees those above it.
void compile_lets(struct compiler *c, const struct circumstances *with);

// --- compile_vary.c

// The value of a choice, as a term.
const struct term *compile_chosen(struct compiler *c, const struct choice *choice);
// Every value of the `vary`, whose own and earlier names are in scope.
void compile_variation(struct compiler *c, struct variation *variation);

// --- compile_file.c

// Unfolds what the varies go through, which may read lets; mistakes are told when the cases are compiled.
void compile_variations(struct arena *arena, const struct tree *tree, const struct circumstances *with,
                        struct variation *variations, uint32_t count);

// One plan of a tree. Diagnostics go to `diags`; the plan is only good without errors.
struct plan *compile_file(struct arena *arena, struct diag_list *diags, const struct tree *tree,
                          const struct circumstances *with);

#endif
