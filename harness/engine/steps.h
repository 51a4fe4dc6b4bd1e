// The steps, one function a verb, and what several of them share. Private to the room.
#ifndef SOCKDRILL_ENGINE_STEPS_H
#define SOCKDRILL_ENGINE_STEPS_H

#include "play.h"

typedef enum step_answer step_function(struct task *task, const struct step *step);
step_function step_socket, step_bind, step_listen, step_accept, step_connect, step_send, step_recv, step_discard,
    step_shutdown, step_close, step_reset, step_set, step_expect, step_barrier, step_signal, step_wait, step_sleep,
    step_repeat, step_for, step_either, step_let, step_log, step_call, step_block_end, step_actor_end, step_drop,
    step_rate, step_undo, step_resolve, step_run, step_cwd, step_env, step_user, step_stdin, step_listens, step_stop,
    step_tls, step_break, step_return;
// Until the event that is the step's name is set.
enum step_answer meet_event(struct task *task, const struct step *step);
// An `expect` whose time is up; `seen` says what it was instead.
enum step_answer expect_overdue(struct task *task, const struct step *step, const char *seen);
// Why a condition that does not hold never will, in the step's arena; NULL: it may. never.c.
const char *expect_never(struct task *task, const struct term *term);
// What a call came to against `fails`: DONE or FAILED. `result` is 0 or more, or a negative errno.
enum step_answer call_result(struct task *task, const struct step *step, struct sock *sock, int64_t result);

// --- recv, of streams (steps_recv.c) and of what keeps edges (steps_message.c)

bool recv_may_be_passed_over(const struct step *step);
enum step_answer recv_pass_over(struct task *task, const struct step *step, struct sock *sock);
enum step_answer recv_ending(struct task *task, const struct step *step, struct sock *sock);
enum step_answer recv_fail_mismatch(struct task *task, struct sock *sock, const char *what);
// Makes the step's matcher, whose environment `env` is until the next turn.
void recv_begin_match(struct task *task, const struct step *step, const struct sock *sock, struct eval_env *env);
// Gives it back, where nothing has been matched: it is made anew then.
void recv_lay_aside(struct task *task);
// What of the pattern is still to come, of a step that waits for it.
void recv_wants(struct task *task, const struct step *step, struct sock *sock, struct buffer *out);
// Whether a part of what the step waits for has come.
bool recv_is_underway(const struct task *task);
// The bytes of the matcher's mismatch, as the failure's; and that part, where there is one.
void recv_show(const struct task *task, struct failure *failure);
void recv_show_so_far(const struct task *task, struct failure *failure);
// The newest bytes of it, and how many of it came before those.
uint64_t recv_came(const struct task *task, struct buffer *out);
enum step_answer recv_match_answer(struct task *task, struct eval_env *env, enum match_status status);
// recv on a socket that keeps edges: one whole datagram or record.
enum step_answer recv_message(struct task *task, const struct step *step, struct sock *sock);
const char *message_word(enum family_word family); // "datagram" or "record"
// discard on such a socket; the same answers as a call.
int discard_messages(struct task *task, struct sock *sock);

#endif
