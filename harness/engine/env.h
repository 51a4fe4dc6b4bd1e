// What a step's expressions see. Private to the room.
#ifndef SOCKDRILL_ENGINE_ENV_H
#define SOCKDRILL_ENGINE_ENV_H

#include "play.h"

// The environment of the task's step; values are made in its step_arena.
void env_init(struct eval_env *env, struct task *task);
// Evaluates; DONE, or the answer the step has to give: it waits, failed, or the case is skipped.
enum step_answer env_eval(struct task *task, const struct term *term, struct value *value);
enum step_answer env_eval_kind(struct task *task, const struct term *term, enum value_kind kind, struct value *value);
enum step_answer env_answer(struct task *task, struct eval_env *env, enum eval_status status);
// Text in the step's arena, for env->message and waits_for.
const char *env_text(struct task *task, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Whether two mentions are of one thing: then they have one value in one evaluation.
bool env_same_attribute(const struct term *a, const struct term *b);
// Another actor's future `which`, of the instance `index`, or with -1 of whichever is first.
enum eval_status env_future(struct eval_env *env, uint32_t actor, integer index, uint32_t which, const char *name,
                            int name_len, struct value *value);
// The endpoint or address that a term gives, resolved.
enum step_answer env_endpoint(struct task *task, const struct term *term, enum family_word *family,
                              struct address *address);
// The host that an endpoint names, as its text has it: "mail.example.org", "::1"; in the part's arena. NULL: it has none.
enum step_answer env_host(struct task *task, const struct term *term, const char **host);
// The same host where it is a name; NULL: an address, or none.
const char *env_name(const char *host);
// The same of one that this machine's socket gets: without a world not every address of the machine.
enum step_answer env_own_endpoint(struct task *task, const struct term *term, enum family_word *family,
                                  struct address *address);

// --- attributes: of this part's own (attribute.c), and of other actors (ask.c)

// What the socket says of itself. WAIT: it is closed and has not come to its end yet.
enum eval_status attribute_of_socket(struct sock *sock, const struct term *term, struct arena *arena, struct value *value,
                                     const char **trouble);
// What an instance of this part says of itself, or its latest socket.
enum eval_status attribute_of_instance(struct part *part, const struct term *term, uint32_t instance, struct arena *arena,
                                       struct value *value, const char **trouble);
// The sum over the instances of the term's actor that this part plays.
enum eval_status attribute_of_all(struct part *part, const struct term *term, struct arena *arena, struct value *value,
                                  const char **trouble);
// An attribute of another actor, of the instance `index`, or with -1 of the only one or of all.
enum eval_status ask_of_another(struct eval_env *env, const struct term *term, integer index, struct value *value);
// Not yet: the step looks again in a moment.
enum eval_status ask_again(struct eval_env *env);

#endif
