// The steps that steer, and those that only look: expect, repeat, for, break, either, let, log, calls and the ends of blocks.
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
    program_function_words(task, step->operand, &text);
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
    const char *never = step->within && !task->timed_out ? expect_never(task, step->operand) : NULL;
    if (never) return task_fail(task, FAILURE_EXPECT, "%s: %s", explanation(task, step, &env), never);
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
static integer turns(struct task *task, const struct step *step) {
    const struct slot *counter = task_slot(task, step->slot_counter);
    return counter->set ? counter->value.number : 0;
}

static void set_turns(struct task *task, const struct step *step, integer count) {
    struct slot *counter = task_slot(task, step->slot_counter);
    counter->value = value_integer(count);
    counter->set = count > 0;
}

enum step_answer step_repeat(struct task *task, const struct step *step) {
    struct value count;
    if (!step->operand) { // until a `break`
        task_push_block(task, task->pc);
        return STEP_DONE;
    }
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

// The slots of a `for` at work, from slot_counter on.
enum { FOR_VALUE, FOR_TAKEN, FOR_ITEMS };

static struct slot *for_slot(struct task *task, const struct step *step, uint32_t which) {
    return task_slot(task, step->slot_counter + which);
}

static void set_number(struct slot *slot, integer number) {
    slot->value = value_integer(number);
    slot->set = true;
}

static void for_next_value(struct task *task, const struct step *step, integer index) {
    set_number(for_slot(task, step, FOR_VALUE), index);
    set_number(for_slot(task, step, FOR_TAKEN), 0);
    for_slot(task, step, FOR_ITEMS)->set = false;
}

// Reads a value of the loop, once: what is gone through item by item is kept, a range as a list of its two ends.
static enum step_answer for_read(struct task *task, const struct term *term, struct value *value) {
    if (term->kind == TERM_INTERVAL) {
        struct value *const ends = arena_array(&task->step_arena, 2, sizeof *ends);
        enum step_answer answer = env_eval_kind(task, term->items[0], VALUE_INTEGER, &ends[0]);
        if (answer == STEP_DONE) answer = env_eval_kind(task, term->items[1], VALUE_INTEGER, &ends[1]);
        *value = (struct value){.kind = VALUE_LIST, .items = ends, .item_count = 2};
        return answer;
    }
    return env_eval(task, term, value);
}

// The item that is next of what is kept. False: there is none.
static bool for_take(struct task *task, const struct step *step, const struct term *term, struct value *value) {
    const struct value *const items = &for_slot(task, step, FOR_ITEMS)->value;
    integer const taken = for_slot(task, step, FOR_TAKEN)->value.number;
    bool const is_interval = term->kind == TERM_INTERVAL;
    if (is_interval) *value = value_integer(items->items[0].number + taken);
    if (is_interval ? value->number > items->items[1].number : taken >= items->item_count) return false;
    if (!is_interval) *value = items->items[(uint32_t)taken];
    set_number(for_slot(task, step, FOR_TAKEN), taken + 1);
    return true;
}

// Gives the loop's name its next value. False: there is none.
static enum step_answer for_advance(struct task *task, const struct step *step, bool *there) {
    struct value value;
    *there = false;
    for (;;) {
        uint32_t const index = (uint32_t)for_slot(task, step, FOR_VALUE)->value.number;
        if (index >= step->list_count) return STEP_DONE;
        const struct term *const term = step->list[index];
        if (!for_slot(task, step, FOR_ITEMS)->set) {
            enum step_answer const answer = for_read(task, term, &value);
            if (answer != STEP_DONE) return answer;
            bool const is_list = value.kind == VALUE_LIST && step->list_count == 1; // one that stands alone
            if (!is_list && term->kind != TERM_INTERVAL && term->kind != TERM_EACH) {
                for_next_value(task, step, (integer)index + 1);
                *there = true;
                break;
            }
            task_set_slot(task, step->slot_counter + FOR_ITEMS, &value);
        }
        *there = for_take(task, step, term, &value);
        if (*there) break;
        for_next_value(task, step, (integer)index + 1);
    }
    task_set_slot(task, step->slot, &value);
    return STEP_DONE;
}

enum step_answer step_for(struct task *task, const struct step *step) {
    bool there;
    if (!task->progress.begun) for_next_value(task, step, 0);
    task->progress.begun = true; // it may wait for a value
    enum step_answer answer = for_advance(task, step, &there);
    if (answer != STEP_DONE) return answer;
    if (!there) {
        task->next = step->after;
        return STEP_DONE;
    }
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
    if (opener->kind == STEP_REPEAT && opener->operand) {
        set_turns(task, opener, turns(task, opener) - 1);
        if (turns(task, opener) == 0) {
            task->next = opener->after;
            return STEP_DONE;
        }
    } else if (opener->kind == STEP_FOR) {
        bool there;
        enum step_answer answer = for_advance(task, opener, &there);
        if (answer != STEP_DONE) return answer;
        if (!there) {
            task->next = opener->after;
            return STEP_DONE;
        }
    }
    task_push_block(task, number);
    task->next = opener->block;
    return STEP_DONE;
}

// The blocks that the turn has opened end with it, the innermost first.
enum step_answer step_break(struct task *task, const struct step *step) {
    bool is_last;
    do {
        is_last = task->block->opener == step->loop;
        enum step_answer answer = task_pop_block(task);
        if (answer != STEP_DONE) return answer;
    } while (!is_last);
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

// What nobody asks for has a value all the same, or fails.
enum step_answer step_return(struct task *task, const struct step *step) {
    struct value value;
    enum step_answer answer = env_eval(task, step->operand, &value);
    if (answer == STEP_DONE && step->slot != PLAN_NONE) task_set_slot(task, step->slot, &value);
    return answer;
}

enum step_answer step_log(struct task *task, const struct step *step) {
    struct value value;
    enum step_answer answer = env_eval(task, step->operand, &value);
    if (answer != STEP_DONE || task->part->noted) return answer; // a terse journal has none, but it may fail all the same
    struct buffer text = {0};
    struct slice flat;
    if (value.kind == VALUE_BYTES && value.bytes->len_bytes <= KEPT_BYTES &&
        bytes_flat(&task->step_arena, value.bytes, &flat))
        buffer_slice(&text, flat);
    else value_print(&value, &text);
    task_event(task, EVENT_LOGGED)->bytes = journal_keep(task->part->journal, buffer_view(&text));
    buffer_fini(&text);
    return STEP_DONE;
}
