// The steps that steer, and those that only look: expect, repeat, for, either, let, log, calls and the ends of blocks.
#include "env.h"
#include "program.h"
#include "steps.h"
#include "task.h"

// --- expect

// "state is TIME_WAIT, expected == FIN_WAIT2", in the step's arena: of what the evaluation has seen.
static const char *explanation(struct task *task, const struct step *step, struct eval_env *env) {
    struct buffer text = {0};
    term_explain(step->operand, env, &text);
    program_kill_words(task, step->operand, &text);
    const char *kept = arena_text(&task->step_arena, "%s", text.data ? text.data : "false");
    buffer_fini(&text);
    return kept;
}

enum step_answer expect_overdue(struct task *task, const struct step *step, const char *seen) {
    struct slice within = span_text(step->within->span);
    return task_fail(task, FAILURE_STEP_TIMEOUT, "%s, and did not come to hold within %.*s", seen, (int)within.len_bytes,
                     (const char *)within.data);
}

enum step_answer step_expect(struct task *task, const struct step *step) {
    static const int64_t first_pause_ns = 200 * 1000, longest_pause_ns = 5 * 1000 * 1000;
    struct progress *progress = &task->progress;
    struct value truth;
    struct eval_env env;
    env_init(&env, task);
    enum step_answer answer = env_answer(task, &env, term_eval_kind(step->operand, &env, VALUE_BOOLEAN, &truth));
    if (answer != STEP_DONE) return answer;
    if (truth.number) return STEP_DONE;
    if (step->within && !task->timed_out) {
        // Another part's answer may still be on its way when the time is up: then this is what was seen last.
        if (progress->questions) progress->last_seen = explanation(task, step, &env);
        progress->poll_ns = progress->poll_ns ? progress->poll_ns * 2 : first_pause_ns;
        if (progress->poll_ns > longest_pause_ns) progress->poll_ns = longest_pause_ns;
        progress->questions = NULL; // what another part said a moment ago may be otherwise now
        return task_wait_until(task, clock_after(clock_now_ns(), progress->poll_ns), "for the expectation to come true");
    }
    const char *seen = explanation(task, step, &env);
    return step->within ? expect_overdue(task, step, seen) : task_fail(task, FAILURE_EXPECT, "%s", seen);
}

// --- loops

// The loop's counter is the number of turns that have been begun.
static integer turns(const struct task *task, const struct step *step) {
    const struct slot *counter = &task->slots[step->slot_counter];
    return counter->set ? counter->value.number : 0;
}

static void set_turns(struct task *task, const struct step *step, integer count) {
    struct slot *counter = &task->slots[step->slot_counter];
    counter->value = value_integer(count);
    counter->set = count > 0;
}

enum step_answer step_repeat(struct task *task, const struct step *step) {
    struct value count;
    enum step_answer answer = env_eval_kind(task, step->operand, VALUE_INTEGER, &count);
    if (answer != STEP_DONE) return answer;
    if (count.number < 0) return task_fail(task, FAILURE_VALUE, "a loop cannot have fewer turns than none");
    if (count.number == 0) {
        task->next = step->after;
        return STEP_DONE;
    }
    set_turns(task, step, count.number); // counts down: how many are left
    task_push_block(task, task->pc);
    return STEP_DONE;
}

// The value for turn `turn`: the turnth of the list, or of the one list that stands there. False: there is none.
static enum step_answer value_of_turn(struct task *task, const struct step *step, uint32_t turn, bool *there) {
    struct value value;
    *there = false;
    if (turn >= step->list_count && step->list_count != 1) return STEP_DONE;
    enum step_answer answer = env_eval(task, step->list[step->list_count == 1 ? 0 : turn], &value);
    if (answer != STEP_DONE) return answer;
    if (step->list_count == 1 && value.kind == VALUE_LIST) {
        if (turn >= value.item_count) return STEP_DONE;
        value = value.items[turn];
    } else if (turn >= step->list_count) {
        return STEP_DONE;
    }
    *there = true;
    task_set_slot(task, step->slot, &value);
    return STEP_DONE;
}

enum step_answer step_for(struct task *task, const struct step *step) {
    bool there;
    enum step_answer answer = value_of_turn(task, step, 0, &there);
    if (answer != STEP_DONE) return answer;
    if (!there) {
        task->next = step->after;
        return STEP_DONE;
    }
    set_turns(task, step, 1);
    task_push_block(task, task->pc);
    return STEP_DONE;
}

enum step_answer step_either(struct task *task, const struct step *step) {
    (void)step;
    task_push_block(task, task->pc);
    return STEP_DONE;
}

// --- the ends of blocks

static enum step_answer next_turn(struct task *task, const struct step *opener, uint32_t number) {
    if (opener->kind == STEP_REPEAT) {
        set_turns(task, opener, turns(task, opener) - 1);
        if (turns(task, opener) == 0) {
            task->next = opener->after;
            return STEP_DONE;
        }
    } else {
        bool there;
        enum step_answer answer = value_of_turn(task, opener, (uint32_t)turns(task, opener), &there);
        if (answer != STEP_DONE) return answer;
        if (!there) {
            set_turns(task, opener, 0);
            task->next = opener->after;
            return STEP_DONE;
        }
        set_turns(task, opener, turns(task, opener) + 1);
    }
    task_push_block(task, number);
    task->next = opener->block;
    return STEP_DONE;
}

enum step_answer step_block_end(struct task *task, const struct step *step) {
    const struct step *opener = &task->part->run->plan->steps[step->block];
    if (!task->progress.begun) {
        enum step_answer answer = task_pop_block(task);
        if (answer != STEP_DONE) return answer;
        task->progress.begun = true;
    }
    if (opener->kind == STEP_REPEAT || opener->kind == STEP_FOR) return next_turn(task, opener, step->block);
    task->next = opener->after;
    return STEP_DONE;
}

enum step_answer step_actor_end(struct task *task, const struct step *step) {
    (void)step;
    struct sock *last = task->current;
    enum step_answer answer = task_pop_block(task);
    task->current = last;
    return answer;
}

// --- values

enum step_answer step_let(struct task *task, const struct step *step) {
    struct value value;
    enum step_answer answer = env_eval(task, step->operand, &value);
    if (answer == STEP_DONE) task_set_slot(task, step->slot, &value);
    return answer;
}

// A procedure's arguments; its steps follow as if they stood here.
enum step_answer step_call(struct task *task, const struct step *step) {
    for (uint32_t i = 0; i < step->list_count; i++) {
        struct value value;
        enum step_answer answer = env_eval(task, step->list[i], &value);
        if (answer != STEP_DONE) return answer;
        task_set_slot(task, step->slot + i, &value);
    }
    return STEP_DONE;
}

enum step_answer step_log(struct task *task, const struct step *step) {
    if (task->part->noted) return STEP_DONE; // a terse journal
    struct value value;
    enum step_answer answer = env_eval(task, step->operand, &value);
    if (answer != STEP_DONE) return answer;
    struct buffer text = {0};
    struct slice flat;
    if (value.kind == VALUE_BYTES && value.bytes->len_bytes <= KEPT_BYTES &&
        bytes_flat(&task->step_arena, value.bytes, &flat))
        buffer_slice(&text, flat);
    else value_print(&value, &text);
    task_event(task, EVENT_LOGGED)->bytes =
        slice_of(arena_copy(&task->part->journal->arena, text.data ? text.data : "", text.len_bytes), text.len_bytes);
    buffer_fini(&text);
    return STEP_DONE;
}
