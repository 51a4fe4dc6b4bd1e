// What a step's expressions see: slots, futures, attributes, files.
#include "board.h"
#include "case.h"
#include "certificates.h"
#include "env.h"
#include "files.h"
#include "lifecycle.h"
#include "program.h"
#include "task.h"

#include "plan/message.h"


static struct task *task_of(const struct eval_env *env) { return env->context; }

const char *env_text(struct task *task, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_vtext(&task->step_arena, format, arguments);
    va_end(arguments);
    return text;
}

static enum eval_status read_slot(struct eval_env *env, uint32_t slot, struct value *value) {
    struct task *task = task_of(env);
    if (slot == 0) { // `index`
        *value = value_integer(task->part->run->plan->instances[task->actor->instance].index);
        return EVAL_DONE;
    }
    const struct slot *place = task_slot(task, slot);
    if (!place->set) {
        env->message = "it has no value yet: nothing was captured";
        return EVAL_FAILED;
    }
    *value = place->value;
    return EVAL_DONE;
}

static void write_slot(struct eval_env *env, uint32_t slot, const struct value *value) {
    task_set_slot(task_of(env), slot, value);
}

// --- futures

static bool all_ended(const struct part *part, uint32_t actor, uint32_t instance) {
    const struct actor *declared = &part->run->plan->actors[actor];
    if (instance < declared->instance_count) return part->ended[declared->first_instance + instance];
    return part->ended_count[actor] == declared->instance_count;
}

// Its process runs, whether its steps are done or not: only its end is waited for.
static enum eval_status wait_for_exit(struct eval_env *env, struct future *exit, const struct actor *actor,
                                      uint32_t instance, const struct value *pid) {
    struct task *task = task_of(env);
    task_wait_point(task, &exit->point,
                    env_text(task, "for the exit of process %lld (%s)", (long long)pid->number, actor->name));
    task->waits_exit = true;
    task->waits_program = instance < actor->instance_count ? actor->first_instance + instance : PLAN_NONE;
    return EVAL_WAIT;
}

enum eval_status env_future(struct eval_env *env, uint32_t actor, integer index, uint32_t which, const char *name,
                                    int name_len, struct value *value) {
    struct task *task = task_of(env);
    struct part *part = task->part;
    const struct actor *declared = &part->run->plan->actors[actor];
    if (index >= declared->instance_count) {
        env->message = env_text(task, "'%s' has %u instances, from 0", declared->name, declared->instance_count);
        return EVAL_FAILED;
    }
    // No index: the only instance, or the row for whichever is first.
    uint32_t instance = index >= 0 ? (uint32_t)index : declared->instance_count > 1 ? declared->instance_count : 0;
    struct future *future = &part->futures[future_number(part, actor, instance, which)];
    if (future->point.set) {
        *value = future->value;
        return EVAL_DONE;
    }
    if (which == FUTURE_EXIT && (future - 1)->point.set)
        return wait_for_exit(env, future, declared, instance, &(future - 1)->value);
    if (all_ended(part, actor, instance)) {
        bool const is_program = declared->role == ROLE_PROGRAM; // whose process may still run
        bool const lacks_listens = is_program && which == FUTURE_ADDRESS && !actor_listens(part->run->plan, declared);
        env->message =
            env_text(task, "%s'%s' %s ended and never gave '%.*s' a value%s", is_program ? "the steps of " : "",
                     declared->name, is_program ? "have" : "has", name_len, name, lacks_listens ? ": there is no `listens` among them" : "");
        return EVAL_FAILED;
    }
    // Before its exit comes its pid: from then on it is known to run.
    struct future *first = which == FUTURE_EXIT ? future - 1 : future;
    task_wait_point(task, &first->point, env_text(task, "for %s.%.*s", declared->name, name_len, name));
    return EVAL_WAIT;
}

static enum eval_status read_export(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    const struct actor *actor = &task_of(env)->part->run->plan->actors[term->actor];
    struct slice name = actor->export_names[term->name];
    return env_future(env, term->actor, index, FUTURE_EXPORTS + term->name, (const char *)name.data, (int)name.len_bytes,
                       value);
}

// --- attributes

// Only a world has just the scenario's sockets in it: engine_lacks has seen to it that there is one.
static enum eval_status count_sockets(struct eval_env *env, const struct term *term, struct value *value) {
    int64_t count = net_count_sockets(task_of(env)->part->diag, term->state);
    *value = value_integer(count);
    if (count >= 0) return EVAL_DONE;
    env->message = env_text(task_of(env), "the kernel does not count sockets: sock_diag says %s", errno_name((int)-count));
    return EVAL_FAILED;
}

// `pid` and `exit` of the program whose step it is.
static enum eval_status read_own_process(struct eval_env *env, struct program *program, enum attribute attribute,
                                         struct value *value) {
    struct task *task = task_of(env);
    if (program->phase == PROGRAM_WAITS) {
        env->message = "it does not run";
        return EVAL_FAILED;
    }
    bool const is_known = attribute == ATTRIBUTE_PID || program_has_ended(program);
    *value = value_integer(attribute == ATTRIBUTE_PID ? program->own_pid : program->status.exit);
    if (is_known && !task->part->halted) return EVAL_DONE; // else its end was a failure of its own
    task_wait_point(task, &program->exit,
                    env_text(task, "for the exit of process %d (%s)", program->own_pid, program->name));
    task->waits_exit = !is_known;
    task->waits_program = task->actor->instance;
    return EVAL_WAIT;
}

static enum eval_status look_at_attribute(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    struct task *task = task_of(env);
    if (term->attribute == ATTRIBUTE_SCRATCH) {
        *value = value_text(env->arena, slice_text(task->part->run->scratch.path ? task->part->run->scratch.path : ""));
        return EVAL_DONE;
    }
    if (term->attribute == ATTRIBUTE_CA_FILE) {
        *value = value_text(env->arena, slice_text(certificates_ca_file(task->part->run, env->arena)));
        return EVAL_DONE;
    }
    if (term->attribute == ATTRIBUTE_SOCKETS) return count_sockets(env, term, value);
    if (term->actor != PLAN_NONE) return ask_of_another(env, term, index, value);
    if (task->actor->program && (term->attribute == ATTRIBUTE_PID || term->attribute == ATTRIBUTE_EXIT))
        return read_own_process(env, task->actor->program, term->attribute, value);
    const struct instance *self = &task->part->run->plan->instances[task->actor->instance];
    if (term->attribute == ATTRIBUTE_ADDRESS)
        return env_future(env, self->actor, self->index, FUTURE_ADDRESS, "address", 7, value);
    if (!attribute_is_of_socket(term->attribute))
        return attribute_of_instance(task->part, term, task->actor->instance, env->arena, value, &env->message);
    struct sock *sock = term->socket_slot == SLOT_CURRENT ? task_socket(task) : task_socket_in(task, term->socket_slot);
    if (!sock) {
        env->message = "there is no socket here yet";
        return EVAL_FAILED;
    }
    enum eval_status status = attribute_of_socket(sock, term, env->arena, value, &env->message);
    return status == EVAL_WAIT ? ask_again(env) : status;
}

// An attribute as it was when the evaluation first asked: `state == A or state == B` is about one state.
struct sample {
    struct sample *next;
    const struct term *term;
    integer index;
    struct value value;
};

bool env_same_attribute(const struct term *a, const struct term *b) {
    return a->attribute == b->attribute && a->actor == b->actor && a->socket_slot == b->socket_slot && a->option == b->option &&
           a->field == b->field && a->state == b->state;
}

static enum eval_status read_attribute(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    for (const struct sample *sample = env->samples; sample; sample = sample->next) {
        if (sample->index != index || !env_same_attribute(sample->term, term)) continue;
        *value = sample->value;
        return EVAL_DONE;
    }
    enum eval_status status = look_at_attribute(env, term, index, value);
    if (status != EVAL_DONE) return status;
    struct sample *sample = arena_alloc(env->arena, sizeof *sample);
    *sample = (struct sample){.next = env->samples, .term = term, .index = index, .value = *value};
    env->samples = sample;
    return EVAL_DONE;
}

// --- files

static enum eval_status read_file(struct eval_env *env, const char *path, struct value *value) {
    return files_read_once(task_of(env)->part, env, path, value);
}

static enum eval_status file_exists(struct eval_env *env, const char *path, struct value *value) {
    return files_have(task_of(env)->part->run, path, value);
}

static enum eval_status free_port(struct eval_env *env, uint32_t site, struct value *value) {
    *value = value_integer(task_of(env)->part->run->free_ports[site]);
    return EVAL_DONE;
}

static const char *why_unseen(struct eval_env *env) { return lifecycle_gaps(task_of(env)->part); }

// --- for the report of what the scenarios exercise

static void note_field(struct eval_env *env, const struct message_code *message, uint32_t field, enum field_fate fate) {
    struct task *const task = task_of(env);
    struct part *const part = task->part;
    uint32_t const number = message->first_field + field;
    if (fate == FIELD_READ && task_step(task)->kind != STEP_EXPECT) return; // nothing is asked of it
    if (!part->noted_fields)
        part->noted_fields = arena_array(&part->arena, part->run->plan->field_count, sizeof *part->noted_fields);
    if (part->noted_fields[number] & 1u << fate) return;
    part->noted_fields[number] |= (uint8_t)(1u << fate);
    struct event *const event = task_event(task, EVENT_FIELD);
    event->code = (int32_t)fate;
    event->count = number;
}

// --- for the steps

void env_init(struct eval_env *env, struct task *task) {
    *env = (struct eval_env){
        .arena = &task->step_arena,
        .context = task,
        .seed = task->part->run->engine->options->seed,
        .read_slot = read_slot,
        .read_export = read_export,
        .read_attribute = read_attribute,
        .read_file = read_file,
        .file_exists = file_exists,
        .free_port = free_port,
        .why_unseen = why_unseen,
        .write_slot = write_slot,
        .note_field = task->part->run->engine->options->fields ? note_field : NULL,
    };
}

enum step_answer env_answer(struct task *task, struct eval_env *env, enum eval_status status) {
    switch (status) {
    case EVAL_DONE: return STEP_DONE;
    case EVAL_WAIT: return task->wake_ns == CLOCK_NEVER ? STEP_WANTS_EVENT : STEP_WANTS_TIME;
    case EVAL_UNSETTLED: return task_skip(task, "%s", env->message ? env->message : "it cannot be known here");
    case EVAL_FAILED: {
        struct slice text = env->message_span.source ? span_text(env->message_span) : slice_of("", 0);
        if (text.len_bytes == 0 || text.len_bytes > 60)
            return task_fail(task, FAILURE_VALUE, "%s", env->message ? env->message : "no value");
        return task_fail(task, FAILURE_VALUE, "`%.*s`: %s", (int)text.len_bytes, (const char *)text.data,
                         env->message ? env->message : "no value");
    }
    }
    return STEP_FAILED;
}

enum step_answer env_eval(struct task *task, const struct term *term, struct value *value) {
    struct eval_env env;
    env_init(&env, task);
    return env_answer(task, &env, term_eval(term, &env, value));
}

enum step_answer env_eval_kind(struct task *task, const struct term *term, enum value_kind kind, struct value *value) {
    struct eval_env env;
    env_init(&env, task);
    return env_answer(task, &env, term_eval_kind(term, &env, kind, value));
}
