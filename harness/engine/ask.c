// Attributes of other actors, who may be another worker's: then a letter asks, and the step waits for the answer.
#include "board.h"
#include "case.h"
#include "env.h"
#include "part.h"
#include "task.h"

#include <string.h>

static struct task *task_of(const struct eval_env *env) { return env->context; }

// Asks the instance's part, or for UINT32_MAX all of them.
static void ask(struct task *task, const struct term *term, uint32_t instance) {
    struct part *part = task->part;
    struct case_run *run = part->run;
    struct question *question = arena_alloc(&task->step_arena, sizeof *question);
    uint32_t first = instance == UINT32_MAX ? 0 : instance_thread(run, instance);
    uint32_t last = instance == UINT32_MAX ? run->thread_count - 1 : first;
    *question = (struct question){
        .next = task->progress.questions,
        .number = ++part->question_count,
        .term = term,
        .instance = instance,
        .answers_due = last - first + 1,
        .has_value = true,
        .value = value_integer(0),
    };
    task->progress.questions = question;
    for (uint32_t i = first; i <= last; i++) {
        part->has_asked = true;
        struct mail *mail = mail_new(MAIL_ASK, part, &run->parts[i]);
        mail->term = term;
        mail->instance = instance;
        mail->asker = task;
        mail->question = question->number;
        task->letters_due++;
        mailbox_post(&mail->to->worker->mailbox, mail);
    }
}

enum eval_status ask_again(struct eval_env *env) {
    static const int64_t pause_ns = 500 * 1000;
    task_wait_until(task_of(env), clock_after(clock_now_ns(), pause_ns), "for a closed connection to come to its end");
    return EVAL_WAIT;
}

// An expression may need several answers, and is evaluated anew when each has come: those before stay known.
static enum eval_status ask_or_answer(struct eval_env *env, const struct term *term, uint32_t instance,
                                      struct value *value) {
    struct task *task = task_of(env);
    struct question *question = task->progress.questions;
    while (question && (question->instance != instance || !env_same_attribute(question->term, term))) question = question->next;
    if (question && question->answers_due == 0) {
        *value = question->value;
        env->message = question->trouble;
        if (question->has_value) return EVAL_DONE;
        if (question->trouble) return question->is_unsettled ? EVAL_UNSETTLED : EVAL_FAILED;
        task->progress.questions = NULL; // not yet at its end
        return ask_again(env);
    }
    if (!question) ask(task, term, instance);
    task->wake_ns = CLOCK_NEVER;
    task->waits_for = "for another thread's answer";
    task->waiting = STEP_WANTS_EVENT;
    return EVAL_WAIT;
}

enum eval_status ask_of_another(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    struct task *task = task_of(env);
    struct part *part = task->part;
    const struct actor *actor = &part->run->plan->actors[term->actor];
    const char *name = attribute_word(term->attribute);
    int len = (int)strlen(name);
    if (term->attribute == ATTRIBUTE_ADDRESS) return env_future(env, term->actor, index, FUTURE_ADDRESS, name, len, value);
    if (term->attribute == ATTRIBUTE_LOCAL) return env_future(env, term->actor, index, FUTURE_LOCAL, name, len, value);
    if (term->attribute == ATTRIBUTE_PEER) return env_future(env, term->actor, index, FUTURE_PEER, name, len, value);
    if (term->attribute == ATTRIBUTE_PID) return env_future(env, term->actor, index, FUTURE_PID, name, len, value);
    if (term->attribute == ATTRIBUTE_EXIT) return env_future(env, term->actor, index, FUTURE_EXIT, name, len, value);
    if (index >= actor->instance_count) {
        env->message = env_text(task, "'%s' has %u instances, from 0", actor->name, actor->instance_count);
        return EVAL_FAILED;
    }
    enum eval_status status;
    if (index < 0 && actor->instance_count > 1) {
        if (term->attribute == ATTRIBUTE_DONE) {
            *value = value_boolean(part->ended_count[term->actor] == actor->instance_count);
            return EVAL_DONE;
        }
        if (part->run->thread_count > 1) return ask_or_answer(env, term, UINT32_MAX, value);
        return attribute_of_all(part, term, env->arena, value, &env->message);
    }
    uint32_t instance = actor->first_instance + (index < 0 ? 0 : (uint32_t)index);
    if (term->attribute == ATTRIBUTE_THREAD) {
        *value = value_integer(instance_thread(part->run, instance));
        return EVAL_DONE;
    }
    if (!part_actor(part, instance)) return ask_or_answer(env, term, instance, value);
    status = attribute_of_instance(part, term, instance, env->arena, value, &env->message);
    return status == EVAL_WAIT ? ask_again(env) : status;
}
