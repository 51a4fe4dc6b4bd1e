// What the parts of the compiler share. Private to the room.
//
// The way through it: plan_set.c reads a file and makes a plan for each of its cases; compile_file.c makes one plan of one
// tree; compile_step.c, compile_pattern.c and compile_expr.c turn what stands in it into steps, patterns and terms;
// scope.c knows which name means what where.
#ifndef SOCKDRILL_PLAN_COMPILE_H
#define SOCKDRILL_PLAN_COMPILE_H

#include "plan/plan.h"
#include "script/script.h"

enum binding_kind {
    BINDING_SLOT,   // a let, a capture, a parameter: a value slot of the actor
    BINDING_TERM,   // a let or vary of the file: the term itself, read anew at each use
    BINDING_SOCKET, // `as S`: a socket slot
};

// What a name means from here on. Lives as long as the compiler.
struct binding {
    struct binding *outer; // the one before it: inner names hide outer ones
    enum binding_kind kind;
    struct name name;
    uint32_t slot;
    const struct term *term;
    enum value_kind type;
    bool typed;
};

// A name that an actor gives a value to somewhere: what others may wait for.
struct given {
    struct slice name;
    uint32_t slot;
};

// One actor on its way to become a struct actor.
struct actor_draft {
    const struct actor_decl *decl;
    struct actor *actor;
    struct slice *given; // every let and capture in it, found before anything is compiled
    uint32_t given_count;
    struct given *slots; // which slot got which name, once compiled
    uint32_t slot_given_count;
};

// Owned by one worker, for the compilation of one plan.
struct compiler {
    struct arena *arena;
    struct diag_list *diags;
    const struct tree *tree;
    struct plan *plan;
    struct binding *bindings; // innermost first
    struct actor_draft *drafts; // by actor
    struct actor_draft *draft;  // the actor being compiled, or NULL at the file's level
    struct binding *file_bindings; // the file's own names: all that a procedure's body sees of the outside
    const struct call_frame *calls; // procedures being inlined, innermost first
    uint32_t called_from;
    uint32_t either_depth;
    bool in_concurrent_block; // inside accept * or accept each
    uint32_t actor_index;
};

struct call_frame {
    const struct call_frame *outer;
    const struct procedure_decl *procedure;
};

// --- scope.c

// Adds a name; a value slot or a socket slot is taken from the actor.
struct binding *scope_value(struct compiler *c, struct name name, const struct term *like);
struct binding *scope_socket(struct compiler *c, struct name name);
struct binding *scope_term(struct compiler *c, struct name name, const struct term *term);
struct binding *scope_find(struct compiler *c, struct slice name);
// Index of the actor of that name, or PLAN_NONE.
uint32_t scope_actor(const struct compiler *c, struct slice name);
const struct procedure_decl *scope_procedure(const struct compiler *c, struct slice name);
// Says that nothing of that name is known, with the nearest name that would do here.
void scope_unknown(struct compiler *c, struct name name, const char *what);
// The actor's export of that name, made when first asked for; PLAN_NONE where the actor never gives it a value.
uint32_t scope_export(struct compiler *c, uint32_t actor, struct slice name);
// Index into plan->events or plan->barriers, added when new.
uint32_t scope_event(struct compiler *c, struct slice name);
uint32_t scope_barrier(struct compiler *c, struct slice name);
// Collects the names that each actor gives a value to, the events it signals and the barriers it names.
void scope_survey(struct compiler *c);

// --- compile_expr.c

// Never NULL: after a diagnostic it is the constant `none` of unknown type, which fits everywhere.
const struct term *compile_expr(struct compiler *c, const struct expr *expr);
// The same, and it must be of that kind as far as can be known now; `what` says what it is for: "a count".
const struct term *compile_kind(struct compiler *c, const struct expr *expr, enum value_kind kind, const char *what);
// Bytes: an integer gets the diagnostic that names the types that would make it bytes.
const struct term *compile_bytes(struct compiler *c, const struct expr *expr);
// An endpoint, or an address that stands for one.
const struct term *compile_endpoint(struct compiler *c, const struct expr *expr);
struct term *term_new(struct compiler *c, enum term_kind kind, struct span span);
struct term *term_constant(struct compiler *c, struct span span, struct value value);
// Calls one of functions.def on terms; folds.
const struct term *term_call(struct compiler *c, enum function function, struct span span, const struct term **items,
                             uint32_t count);
// TYPE(VALUE) on one item; folds.
const struct term *term_pack(struct compiler *c, enum type_word type, struct span span, const struct term **items);
// The text of a string that has no interpolation; false, with a diagnostic, where it has one.
bool compile_plain_text(struct compiler *c, const struct expr *expr, struct slice *text);
const struct regex *compile_regex(struct compiler *c, const struct expr *expr, struct term *term);

// --- compile_attribute.c

// NAME alone, when no binding has it: an attribute of the current socket or of this actor, or a constant. NULL: neither.
const struct term *compile_plain_name(struct compiler *c, const struct expr *expr);
// left.name
const struct term *compile_member(struct compiler *c, const struct expr *expr);
// NAME(items): a function, a packed type, option(NAME), tcp(FIELD).
const struct term *compile_call(struct compiler *c, const struct expr *expr);
enum value_kind function_result(enum function function);
// Every attribute word, for suggestions; NULL past the end.
const char *attribute_offer(uint32_t number);

// --- compile_pattern.c

const struct pattern_code *compile_pattern(struct compiler *c, const struct pattern *pattern);

// --- compile_step.c

// Appends the steps of one statement.
void compile_statement(struct compiler *c, const struct statement *statement);
// Appends the steps of a block; its names end with it.
void compile_block(struct compiler *c, const struct block *block);
struct step *step_new(struct compiler *c, enum step_kind kind, struct span span);

// --- compile_file.c

// A value given to a `vary` name in one case.
struct choice {
    struct name name;
    const struct expr *value;
};

// One plan of a tree: with these choices and defines. Diagnostics go to c->diags; the plan is only good without errors.
struct plan *compile_file(struct arena *arena, struct diag_list *diags, const struct tree *tree,
                          const struct choice *choices, uint32_t choice_count, const struct define *defines,
                          uint32_t define_count);

#endif
