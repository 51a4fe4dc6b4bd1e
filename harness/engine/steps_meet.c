// The steps in which actors meet: barrier, signal, wait, sleep.
#include "board.h"
#include "env.h"
#include "steps.h"
#include "task.h"

enum step_answer step_barrier(struct task *task, const struct step *step) {
    struct part *part = task->part;
    struct progress *progress = &task->progress;
    if (!progress->arrived) {
        uint64_t of = part->run->plan->barriers[step->name].arrivals;
        if (step->count) {
            struct value count;
            enum step_answer answer = env_eval_kind(task, step->count, VALUE_INTEGER, &count);
            if (answer != STEP_DONE) return answer;
            if (count.number < 1) return task_fail(task, FAILURE_VALUE, "a barrier opens for one arrival at the least");
            of = (uint64_t)count.number;
        }
        progress->arrived = true;
        progress->arrivals = of;
        progress->turn = part->barrier_turns[step->name];
        board_arrive(part, step->name, of);
    }
    if (part->barrier_turns[step->name] != progress->turn) return STEP_DONE;
    return task_wait_point(task, &part->barriers[step->name], NULL);
}

enum step_answer step_signal(struct task *task, const struct step *step) {
    const char *name = task->part->run->plan->events[step->name].text;
    task_event(task, EVENT_SIGNALLED)->bytes = slice_text(name);
    board_signal(task->part, step->name);
    return STEP_DONE;
}

static const char *const givers[] = {
    [GIVEN_BY_NOBODY] = "signal",
    [GIVEN_BY_SIGNAL] = "signal",
    [GIVEN_BY_DROP] = "drop",
    [GIVEN_BY_RATE] = "rate",
};

enum step_answer meet_event(struct task *task, const struct step *step) {
    struct part *part = task->part;
    const struct plan_name *event = &part->run->plan->events[step->name];
    if (part->events[step->name].set) return STEP_DONE;
    bool may_come = false;
    const char *last = NULL; // of those who signal it
    for (uint32_t i = 0; i < part->run->plan->actor_count; i++) {
        if (!event->actors[i]) continue;
        last = part->run->plan->actors[i].name;
        if (part->ended_count[i] < part->run->plan->actors[i].instance_count) may_come = true;
    }
    if (!may_come)
        return task_fail(task, FAILURE_ABANDONED, "'%s' has ended without the %s '%s'", last ? last : "nobody",
                         givers[event->giver], event->text);
    return task_wait_point(task, &part->events[step->name],
                           arena_text(&task->step_arena, "for the %s %s", givers[event->giver], event->text));
}

static enum step_answer wait_end(struct task *task, const struct step *step) {
    struct part *part = task->part;
    const struct actor *actor = &part->run->plan->actors[step->actor_operand];
    bool ended = part->ended_count[step->actor_operand] == actor->instance_count;
    if (step->operand) {
        struct value index;
        enum step_answer answer = env_eval_kind(task, step->operand, VALUE_INTEGER, &index);
        if (answer != STEP_DONE) return answer;
        if (index.number < 0 || index.number >= actor->instance_count)
            return task_fail(task, FAILURE_VALUE, "'%s' has %u instances, from 0", actor->name, actor->instance_count);
        ended = part->ended[actor->first_instance + (uint32_t)index.number];
    }
    if (ended) return STEP_DONE;
    return task_wait_point(task, &part->ends[step->actor_operand],
                           arena_text(&task->step_arena, "for the end of %s", actor->name));
}

enum step_answer step_wait(struct task *task, const struct step *step) {
    if (step->actor_operand != PLAN_NONE) return wait_end(task, step);
    if (step->name != PLAN_NONE) return meet_event(task, step);
    struct value value;
    return env_eval(task, step->operand, &value);
}

enum step_answer step_sleep(struct task *task, const struct step *step) {
    struct progress *progress = &task->progress;
    if (progress->until_ns == 0) {
        struct value duration;
        enum step_answer answer = env_eval_kind(task, step->operand, VALUE_DURATION, &duration);
        if (answer != STEP_DONE) return answer;
        progress->until_ns = clock_after(clock_now_ns(), (int64_t)duration.number);
    }
    if (clock_now_ns() >= progress->until_ns) return STEP_DONE;
    return task_wait_until(task, progress->until_ns, "for its sleep to end");
}
