// The steps that change the world: drop, rate, undo; and resolve, which asks it.
#include "board.h"
#include "env.h"
#include "steps.h"
#include "task.h"

#include "base/limit.h"
#include "world/fault.h"
#include "world/names.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

// --- drop, rate, undo

// A drop is numbered by the event that is its name; those without a name, which nobody undoes, one by one behind them.
static uint32_t drop_number(const struct task *task, const struct step *step) {
    struct case_run *run = task->part->run;
    return step->name != PLAN_NONE ? step->name : run->plan->event_count + atomic_fetch_add(&run->nameless_drops, 1);
}

static enum step_answer fault_result(struct task *task, const char *verb, int error, struct buffer *trouble) {
    enum step_answer answer = STEP_DONE;
    const char *why = trouble->data ? trouble->data : strerror(-error);
    if (error == -EOPNOTSUPP) answer = task_skip(task, "%s: %s", verb, why);
    else if (error) answer = task_fail(task, FAILURE_CALL, "%s: %s", verb, why);
    buffer_fini(trouble);
    return answer;
}

static void announce(struct task *task, const struct step *step) {
    if (step->name == PLAN_NONE) return;
    task_event(task, EVENT_SIGNALLED)->bytes = slice_text(task->part->run->plan->events[step->name].text);
    board_signal(task->part, step->name);
}

enum step_answer step_drop(struct task *task, const struct step *step) {
    struct value value;
    struct slice text;
    enum step_answer answer = env_eval_kind(task, step->operand, VALUE_BYTES, &value);
    if (answer != STEP_DONE) return answer;
    if (!bytes_flat(&task->step_arena, value.bytes, &text) || memchr(text.data, '\0', text.len_bytes))
        return task_fail(task, FAILURE_VALUE, "what nftables is to match is a text without a zero byte");
    struct buffer trouble = {0};
    int error = fault_drop(drop_number(task, step), arena_copy(&task->step_arena, text.data, text.len_bytes), &trouble);
    if (error == -EEXIST && step->name != PLAN_NONE) {
        buffer_clear(&trouble);
        buffer_printf(&trouble, "'%s' is in force already", task->part->run->plan->events[step->name].text);
    }
    answer = fault_result(task, "drop", error, &trouble);
    if (answer == STEP_DONE) announce(task, step);
    return answer;
}

enum step_answer step_rate(struct task *task, const struct step *step) {
    struct value value;
    enum step_answer answer = env_eval_kind(task, step->operand, VALUE_RATE, &value);
    if (answer != STEP_DONE) return answer;
    if (value.number < 1) return task_fail(task, FAILURE_VALUE, "a rate of nothing: nothing would ever arrive");
    struct buffer trouble = {0};
    atomic_store(&task->part->run->is_slowed, true);
    answer = fault_result(task, "rate", fault_rate((uint64_t)value.number, &trouble), &trouble);
    if (answer != STEP_DONE) return answer;
    atomic_store(&task->part->run->rate, step->name);
    announce(task, step);
    return STEP_DONE;
}

// A rate that another has taken the place of has ended with that.
static int rate_end(struct case_run *run, uint32_t name, struct buffer *trouble) {
    unsigned in_force = name;
    return atomic_compare_exchange_strong(&run->rate, &in_force, PLAN_NONE) ? fault_rate_end(trouble) : -ENOENT;
}

enum step_answer step_undo(struct task *task, const struct step *step) {
    enum step_answer answer = meet_event(task, step);
    if (answer != STEP_DONE) return answer;
    const struct plan *plan = task->part->run->plan;
    struct buffer trouble = {0};
    bool is_rate = plan->events[step->name].giver == GIVEN_BY_RATE;
    int error = is_rate ? rate_end(task->part->run, step->name, &trouble) : fault_drop_end(step->name, &trouble);
    if (error == -ENOENT) {
        buffer_fini(&trouble);
        return task_fail(task, FAILURE_CALL, "undo: '%s' is not in force any more", plan->events[step->name].text);
    }
    return fault_result(task, "undo", error, &trouble);
}

// --- resolve

static bool is_localhost(const char *name) { return strcasecmp(name, "localhost") == 0; }

// Against `fails`: DONE or FAILED.
static enum step_answer lookup_result(struct task *task, const struct step *step, const char *name, int error) {
    const char *wanted = step_failure_text(step, &task->step_arena);
    if (error ? step_fails_with(step, error) : !wanted) return STEP_DONE;
    if (!error)
        return task_fail(task, FAILURE_CALL, "resolve %s succeeded, expected %s", name, wanted);
    if (wanted)
        return task_fail(task, FAILURE_CALL, "resolve %s failed with %s, expected %s", name, lookup_error_name(error),
                         wanted);
    return task_fail(task, FAILURE_CALL, "resolve %s failed with %s", name, lookup_error_name(error));
}

static enum step_answer lookup_refused(struct task *task, const char *name, int error) {
    struct buffer limit = {0};
    bool is_limit = limit_text(error, &limit);
    enum step_answer answer = task_fail(task, FAILURE_RESOURCE, "resolve %s: %s%s%s", name, errno_name(error),
                                        is_limit ? ": " : "", is_limit ? limit.data : "");
    buffer_fini(&limit);
    return answer;
}

enum step_answer step_resolve(struct task *task, const struct step *step) {
    const struct case_run *run = task->part->run;
    struct value value;
    struct slice text;
    enum step_answer answer = env_eval_kind(task, step->operand, VALUE_BYTES, &value);
    if (answer != STEP_DONE) return answer;
    if (!bytes_flat(&task->step_arena, value.bytes, &text) || memchr(text.data, '\0', text.len_bytes))
        return task_fail(task, FAILURE_VALUE, "a host's name is a text without a zero byte");
    const char *name = arena_copy(&task->step_arena, text.data, text.len_bytes);
    if (!run->world && !run->engine->options->allow_network && !is_localhost(name))
        return task_skip(task, "only a world can answer for %s: without one, and without --allow-network, nobody is asked", name);
    struct host_entry host = {0};
    int error = world_resolve(run->world, name, &task->step_arena, &host);
    if (error < 0) return lookup_refused(task, name, -error);
    if (error == 0 && step->slot != PLAN_NONE) {
        value = value_host(&task->step_arena, host.name, host.aliases, host.alias_count, host.addresses, host.address_count);
        task_set_slot(task, step->slot, &value);
    }
    return lookup_result(task, step, name, error);
}
