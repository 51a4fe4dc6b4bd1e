// The step machine. Private to the room.
#ifndef SOCKDRILL_ENGINE_TASK_H
#define SOCKDRILL_ENGINE_TASK_H

#include "play.h"

const struct actor *actor_declared(const struct actor_run *actor); // as the plan has it
struct task *task_begin(struct actor_run *actor, struct task *parent, uint32_t pc);
void task_wake(struct task *task);
void task_wake_first(struct task *task); // the kernel has something for it
void task_timer_fires(struct timer *timer); // of a task
void task_run(struct task *task); // until it waits, ends or fails
void task_end(struct task *task);
void task_drop(struct task *task); // frees it, once no letter is on its way to it; its sockets are closed already
// A letter for it has come. False: it has ended, and may be gone now.
bool task_hears(struct task *task);
void task_free_awaited(struct part *part); // those that letters were on their way to when the case ended
enum step_answer task_wait_point(struct task *task, struct point *point, const char *waits_for);
enum step_answer task_wait_until(struct task *task, int64_t at_ns, const char *waits_for);
enum step_answer task_wait_socket(struct task *task, struct sock *sock, enum step_answer direction);
// From 1 on: slot 0 is `index`, which its instance knows.
struct slot *task_slot(struct task *task, uint32_t slot);
struct block_run *task_push_block(struct task *task, uint32_t opener);
enum step_answer task_pop_block(struct task *task); // closes what it opened: the answers of sock_close
struct event *task_event(struct task *task, enum event_kind kind);
struct event *task_event_growing(struct task *task, enum event_kind kind); // as journal_add_growing
const struct step *task_step(const struct task *task);
struct sock *task_socket(struct task *task); // by `on`, else the current one; NULL: there is none
struct sock *task_socket_in(struct task *task, uint32_t slot); // or SLOT_CURRENT, and so on
// Notes a failure at the task's step. Always STEP_FAILED.
enum step_answer task_fail(struct task *task, enum failure_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Of the part's tasks the first that has waited in vain for clients who have finished fails there. False: none has.
bool task_fail_in_vain(struct part *part);
struct failure *task_failure(struct task *task, enum failure_kind kind); // the same, to be filled in
struct failure *task_failure_on(struct task *task, enum failure_kind kind, const struct sock *sock);
enum step_answer task_skip(struct task *task, const char *format, ...) __attribute__((format(printf, 2, 3)));
void task_set_slot(struct task *task, uint32_t slot, const struct value *value);
void task_forget_written(struct task *task);  // what the step has set is not for others
void task_tell_address(struct task *task, const struct value *address); // to those outside
void task_tell_failing(struct task *task);
void task_publish_written(struct task *task); // it is known to them from here on

#endif
