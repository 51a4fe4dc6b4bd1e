// What the engine tells those outside, and what becomes of whoever waits for them in vain.
#include "case.h"
#include "part.h"
#include "sock.h"
#include "steps.h"
#include "task.h"

#include <errno.h>

void task_tell_address(struct task *task, const struct value *address) {
    struct case_run *run = task->part->run;
    if (!run->engine->options->reachable) return;
    struct buffer name = {0};
    struct slice text = {0};
    plan_instance_name(run->plan, task->actor->instance, &name);
    bool const is_flat = bytes_flat(&task->step_arena, value_as_text(&task->step_arena, address), &text);
    if (is_flat)
        run->engine->options->reachable(run->engine->context, run->number, name.data,
                                        arena_copy(&task->step_arena, text.data, text.len_bytes));
    buffer_fini(&name);
}

void task_tell_failing(struct task *task) {
    struct case_run *run = task->part->run;
    if (run->engine->options->failing) run->engine->options->failing(run->engine->context, run->number);
}

void count_comers(struct part *part) {
    for (struct list *link = part->sockets.next; link != &part->sockets; link = link->next) {
        struct sock *sock = list_entry(link, struct sock, link);
        int64_t const waiting = sock->listening && sock->fd >= 0 ? net_waiting(part->diag, sock->fd) : -EINVAL;
        sock->is_counted = waiting >= 0;
        sock->left_to_accept = waiting >= 0 ? (uint32_t)waiting : 0;
    }
}

// Whose blocks run waits for these, and they for the clients.
static bool waits_for_its_own(const struct task *task) {
    return task_step(task)->kind == STEP_ACCEPT && task->progress.children > 0;
}

bool task_fail_in_vain(struct part *part) {
    for (struct list *link = part->tasks.next; link != &part->tasks; link = link->next) {
        struct task *task = list_entry(link, struct task, part_link);
        if (waits_for_its_own(task)) continue;
        struct buffer text = {0};
        describe_wait(task, &text);
        struct failure *failure = task_failure(task, FAILURE_DEADLOCK);
        failure->message = arena_text(&part->journal->arena, "it waits %s, and the clients have finished", text.data ? text.data : "");
        recv_show_so_far(task, failure);
        buffer_fini(&text);
        task->waiting = STEP_FAILED; // it is told of as who failed
        part->halted = true;
        home_halt(part);
        return true;
    }
    return false;
}
