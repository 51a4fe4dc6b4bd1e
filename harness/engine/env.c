// What a step's expressions see: slots, futures, attributes, files.
#include "board.h"
#include "env.h"
#include "task.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct task *task_of(const struct eval_env *env) { return env->context; }

const char *env_text(struct task *task, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_vtext(&task->step_arena, format, arguments);
    va_end(arguments);
    return text;
}

static enum eval_status read_slot(struct eval_env *env, uint32_t slot, struct value *value) {
    const struct slot *place = &task_of(env)->slots[slot];
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
    struct future *future = &part->futures[future_number(part->run->plan, actor, instance, which)];
    if (future->point.set) {
        *value = future->value;
        return EVAL_DONE;
    }
    if (all_ended(part, actor, instance)) {
        env->message = env_text(task, "'%s' has ended and never gave '%.*s' a value", declared->name, name_len, name);
        return EVAL_FAILED;
    }
    task_wait_point(task, &future->point, env_text(task, "for %s.%.*s", declared->name, name_len, name));
    return EVAL_WAIT;
}

static enum eval_status read_export(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    const struct actor *actor = &task_of(env)->part->run->plan->actors[term->actor];
    struct slice name = actor->export_names[term->name];
    return env_future(env, term->actor, index, FUTURE_EXPORTS + term->name, (const char *)name.data, (int)name.len_bytes,
                       value);
}

// --- attributes

static enum eval_status read_attribute(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    struct task *task = task_of(env);
    if (term->attribute == ATTRIBUTE_SCRATCH) {
        *value = value_text(env->arena, slice_text(task->part->run->scratch.path ? task->part->run->scratch.path : ""));
        return EVAL_DONE;
    }
    if (term->actor != PLAN_NONE) return ask_of_another(env, term, index, value);
    const struct instance *self = &task->part->run->plan->instances[task->actor->instance];
    if (term->attribute == ATTRIBUTE_ADDRESS)
        return env_future(env, self->actor, self->index, FUTURE_ADDRESS, "address", 7, value);
    if (!attribute_is_of_socket(term->attribute))
        return attribute_of_instance(task->part, term, task->actor->instance, env->arena, value, &env->message);
    struct sock *sock = term->socket_slot == SLOT_CURRENT ? task_socket(task) : task->sockets[term->socket_slot];
    if (!sock) {
        env->message = "there is no socket here yet";
        return EVAL_FAILED;
    }
    enum eval_status status = attribute_of_socket(sock, term, env->arena, value, &env->message);
    return status == EVAL_WAIT ? ask_again(env) : status;
}

// --- files

static enum eval_status file_trouble(struct eval_env *env, const char *path, const char *why) {
    env->message = env_text(task_of(env), "file \"%s\": %s", path, why);
    return EVAL_FAILED;
}

static enum eval_status read_file(struct eval_env *env, const char *path, struct value *value) {
    struct task *task = task_of(env);
    struct buffer found = {0};
    enum eval_status status = EVAL_DONE;
    int fd = -1;
    if (!world_find_file(&task->part->run->scratch, task->part->run->plan->path, path, &found)) {
        status = file_trouble(env, path, "not in the scratch folder, beside the scenario, or in fixtures");
        goto out;
    }
    fd = open(found.data, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) != 0) {
        status = file_trouble(env, path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(facts.st_mode) || facts.st_size > BYTES_FLAT_MAX) {
        status = file_trouble(env, path, S_ISREG(facts.st_mode) ? "larger than 64 MiB" : "not a regular file");
        goto out;
    }
    struct slice bytes;
    int error = file_read(env->arena, fd, (size_t)facts.st_size, &bytes);
    if (error) status = file_trouble(env, path, strerror(-error));
    else *value = value_bytes(bytes_held(env->arena, bytes));
out:
    if (fd >= 0) close(fd);
    buffer_fini(&found);
    return status;
}

static enum eval_status file_exists(struct eval_env *env, const char *path, struct value *value) {
    struct task *task = task_of(env);
    struct buffer found = {0};
    *value = value_boolean(world_find_file(&task->part->run->scratch, task->part->run->plan->path, path, &found));
    buffer_fini(&found);
    return EVAL_DONE;
}

static enum eval_status free_port(struct eval_env *env, uint32_t site, struct value *value) {
    *value = value_integer(task_of(env)->part->run->free_ports[site]);
    return EVAL_DONE;
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
        .write_slot = write_slot,
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

static enum family_word family_of_address(const struct address *address) {
    if (address->as.any.sa_family == AF_INET6) return FAMILY_TCP6;
    return address->as.any.sa_family == AF_UNIX ? FAMILY_UNIX : FAMILY_TCP;
}

enum step_answer env_endpoint(struct task *task, const struct term *term, enum family_word *family,
                              struct address *address) {
    struct case_run *run = task->part->run;
    struct value value;
    enum step_answer answer = env_eval(task, term, &value);
    if (answer != STEP_DONE) return answer;
    if (value.kind == VALUE_ADDRESS) {
        *address = *value.address;
        *family = value.family ? value.family : family_of_address(address);
        if (!run->engine->options->allow_network && !address_is_loopback(address))
            return task_fail(task, FAILURE_CALL, "this address is not on loopback, and the run does not say --allow-network");
        return STEP_DONE;
    }
    if (value.kind != VALUE_ENDPOINT)
        return task_fail(task, FAILURE_VALUE, "an endpoint belongs here, and this is %s", value_kind_name(value.kind));
    const struct endpoint *endpoint = value.endpoint;
    const char *word = endpoint->word_count > 0 ? endpoint->words[0] : "";
    int error = net_endpoint(endpoint->family, word, run->scratch.path, run->engine->options->allow_network, address);
    *family = net_family_for(endpoint->family, address);
    if (error == 0) return STEP_DONE;
    const char *name = script_family_word(endpoint->family);
    if (error == -EACCES)
        return task_fail(task, FAILURE_CALL, "%s %s is not on loopback, and the run does not say --allow-network", name, word);
    if (error == -ENOENT) return task_fail(task, FAILURE_CALL, "%s %s: there is no such name", name, word);
    if (error == -ENAMETOOLONG) return task_fail(task, FAILURE_CALL, "%s %s: longer than a Unix path may be", name, word);
    return task_fail(task, FAILURE_VALUE, "%s %s: no endpoint of that kind", name, word);
}
