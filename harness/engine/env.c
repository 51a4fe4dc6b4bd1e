// What a step's expressions see: slots, futures, attributes, files.
#include "play.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct task *task_of(const struct eval_env *env) { return env->context; }

static const char *step_text(struct task *task, const char *format, ...) __attribute__((format(printf, 2, 3)));

static const char *step_text(struct task *task, const char *format, ...) {
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

static enum eval_status read_future(struct eval_env *env, uint32_t actor, integer index, uint32_t which, const char *name,
                                    int name_len, struct value *value) {
    struct task *task = task_of(env);
    struct part *part = task->part;
    const struct actor *declared = &part->run->plan->actors[actor];
    if (index >= declared->instance_count) {
        env->message = step_text(task, "'%s' has %u instances, from 0", declared->name, declared->instance_count);
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
        env->message = step_text(task, "'%s' has ended and never gave '%.*s' a value", declared->name, name_len, name);
        return EVAL_FAILED;
    }
    task_wait_point(task, &future->point, step_text(task, "for %s.%.*s", declared->name, name_len, name));
    return EVAL_WAIT;
}

static enum eval_status read_export(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    const struct actor *actor = &task_of(env)->part->run->plan->actors[term->actor];
    struct slice name = actor->export_names[term->name];
    return read_future(env, term->actor, index, FUTURE_EXPORTS + term->name, (const char *)name.data, (int)name.len_bytes,
                       value);
}

// --- attributes of a socket

static struct value address_value(struct arena *arena, const struct address *address) {
    if (address_is_none(address)) return (struct value){.kind = VALUE_NONE};
    struct address *copy = arena_copy(arena, address, sizeof *address);
    return (struct value){.kind = VALUE_ADDRESS, .address = copy, .address_has_port = true};
}

static enum eval_status option_value(const struct sock *sock, const struct term *term, struct value *value,
                                     const char **trouble) {
    int number = 0;
    int error = sock->fd < 0 ? -EBADF : net_get_option(sock->fd, term->option->level, term->option->number, &number);
    *value = value_integer(number);
    if (error) *trouble = errno_name(-error);
    return error ? EVAL_FAILED : EVAL_DONE;
}

static enum eval_status tcp_value(const struct sock *sock, const struct term *term, struct value *value,
                                  const char **trouble) {
    uint64_t number = 0;
    bool ok = sock->fd >= 0 && net_tcp_info(sock->fd, term->field->offset_bytes, term->field->width_bytes, &number);
    *value = value_integer(number);
    if (!ok) *trouble = "TCP_INFO is of an open TCP socket only";
    return ok ? EVAL_DONE : EVAL_FAILED;
}

static enum eval_status lifecycle_value(struct sock *sock, struct arena *arena, struct value *value) {
    enum state state = sock_state(sock);
    *value = (struct value){.kind = VALUE_PATH, .path = arena_copy(arena, &sock->path, sizeof sock->path)};
    // A closed socket's path is complete when it has come to its end.
    bool ended = state == STATE_CLOSE || state == STATE_TIME_WAIT;
    return sock->fd >= 0 || ended ? EVAL_DONE : EVAL_WAIT;
}

static int socket_error(struct sock *sock) {
    if (sock->fd >= 0) {
        int pending = net_error(sock->fd);
        if (pending == ECONNRESET) sock->reset_seen = true;
        if (pending) sock->last_error = pending;
    }
    return sock->last_error;
}

static enum eval_status socket_attribute(struct sock *sock, const struct term *term, struct arena *arena,
                                         struct value *value, const char **trouble) {
    const struct net_family *family = net_family(sock->family);
    switch (term->attribute) {
    case ATTRIBUTE_FD: *value = value_integer(sock->fd); return EVAL_DONE;
    case ATTRIBUTE_FAMILY: *value = value_integer(family->domain); return EVAL_DONE;
    case ATTRIBUTE_TYPE: *value = value_integer(family->type); return EVAL_DONE;
    case ATTRIBUTE_PROTOCOL: *value = value_integer(family->protocol); return EVAL_DONE;
    case ATTRIBUTE_LOCAL: *value = address_value(arena, &sock->local); return EVAL_DONE;
    case ATTRIBUTE_PEER: *value = address_value(arena, &sock->peer); return EVAL_DONE;
    case ATTRIBUTE_STATE: *value = (struct value){.kind = VALUE_STATE, .state = sock_state(sock)}; return EVAL_DONE;
    case ATTRIBUTE_LIFECYCLE: return lifecycle_value(sock, arena, value);
    case ATTRIBUTE_SENT: *value = value_integer(sock->sent_bytes); return EVAL_DONE;
    case ATTRIBUTE_RECEIVED: *value = value_integer(sock->received_bytes); return EVAL_DONE;
    case ATTRIBUTE_UNREAD: *value = value_integer(sock_unread(sock)); return EVAL_DONE;
    case ATTRIBUTE_ERROR: *value = value_integer(socket_error(sock)); return EVAL_DONE;
    case ATTRIBUTE_OPTION: return option_value(sock, term, value, trouble);
    case ATTRIBUTE_TCP: return tcp_value(sock, term, value, trouble);
    case ATTRIBUTE_ADDRESS:
    case ATTRIBUTE_DONE:
    case ATTRIBUTE_THREAD:
    case ATTRIBUTE_ACCEPTED:
    case ATTRIBUTE_OPEN_SOCKETS:
    case ATTRIBUTE_SCRATCH:
    case ATTRIBUTE_COUNT: break;
    }
    *trouble = "it is not of a socket";
    return EVAL_FAILED;
}

enum eval_status attribute_of_instance(struct part *part, const struct term *term, uint32_t instance, struct arena *arena,
                                       struct value *value, const char **trouble) {
    struct actor_run *actor = part_actor(part, instance);
    switch (term->attribute) {
    case ATTRIBUTE_DONE: *value = value_boolean(actor->ended); return EVAL_DONE;
    case ATTRIBUTE_THREAD: *value = value_integer(part->thread); return EVAL_DONE;
    case ATTRIBUTE_ACCEPTED: *value = value_integer(actor->accepted); return EVAL_DONE;
    case ATTRIBUTE_OPEN_SOCKETS: *value = value_integer(actor->open_sockets); return EVAL_DONE;
    case ATTRIBUTE_FD:
    case ATTRIBUTE_FAMILY:
    case ATTRIBUTE_TYPE:
    case ATTRIBUTE_PROTOCOL:
    case ATTRIBUTE_LOCAL:
    case ATTRIBUTE_PEER:
    case ATTRIBUTE_STATE:
    case ATTRIBUTE_LIFECYCLE:
    case ATTRIBUTE_SENT:
    case ATTRIBUTE_RECEIVED:
    case ATTRIBUTE_UNREAD:
    case ATTRIBUTE_ERROR:
    case ATTRIBUTE_OPTION:
    case ATTRIBUTE_TCP:
    case ATTRIBUTE_ADDRESS:
    case ATTRIBUTE_SCRATCH:
    case ATTRIBUTE_COUNT: break;
    }
    if (actor->latest) return socket_attribute(actor->latest, term, arena, value, trouble);
    *trouble = "it has no socket yet";
    return EVAL_FAILED;
}

// --- attributes of other actors, who may be another worker's

static bool same_question(const struct progress *progress, const struct term *term, uint32_t instance) {
    return progress->asked_term == term && progress->asked_instance == instance;
}

static void ask(struct task *task, const struct term *term, uint32_t instance) {
    static const uint32_t everyone = UINT32_MAX;
    struct case_run *run = task->part->run;
    struct progress *progress = &task->progress;
    progress->asked_term = term;
    progress->asked_instance = instance;
    progress->has_answer = false;
    progress->trouble = NULL;
    progress->asked = value_integer(0);
    progress->question++;
    uint32_t first = instance == everyone ? 0 : instance_thread(run, instance);
    uint32_t last = instance == everyone ? run->thread_count - 1 : first;
    progress->answers_due = last - first + 1;
    for (uint32_t i = first; i <= last; i++) {
        struct mail *mail = mail_new(MAIL_ASK, task->part, &run->parts[i]);
        mail->term = term;
        mail->instance = instance;
        mail->asker = task;
        mail->question = progress->question;
        mailbox_post(&mail->to->worker->mailbox, mail);
    }
}

static enum eval_status ask_or_answer(struct eval_env *env, const struct term *term, uint32_t instance,
                                      struct value *value) {
    struct task *task = task_of(env);
    struct progress *progress = &task->progress;
    if (same_question(progress, term, instance) && progress->has_answer) {
        *value = progress->asked;
        env->message = progress->trouble;
        return progress->trouble ? EVAL_FAILED : EVAL_DONE;
    }
    if (!same_question(progress, term, instance) || progress->answers_due == 0) ask(task, term, instance);
    task->wake_ns = CLOCK_NEVER;
    task->waits_for = "for another thread's answer";
    task->waiting = STEP_WANTS_EVENT;
    return EVAL_WAIT;
}

static enum eval_status sum_over_instances(struct part *part, const struct term *term, const struct actor *actor,
                                           struct arena *arena, struct value *value, const char **trouble) {
    integer sum = 0;
    for (uint32_t i = 0; i < actor->instance_count; i++) {
        if (!part_actor(part, actor->first_instance + i)) continue;
        enum eval_status status = attribute_of_instance(part, term, actor->first_instance + i, arena, value, trouble);
        if (status != EVAL_DONE) return status;
        sum += value->number;
    }
    *value = value_integer(sum);
    return EVAL_DONE;
}

static enum eval_status poll_again(struct eval_env *env) {
    static const int64_t pause_ns = 500 * 1000;
    task_wait_until(task_of(env), clock_after(clock_now_ns(), pause_ns), "for a closed connection to come to its end");
    return EVAL_WAIT;
}

static enum eval_status of_another(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    struct task *task = task_of(env);
    struct part *part = task->part;
    const struct actor *actor = &part->run->plan->actors[term->actor];
    const char *name = attribute_word(term->attribute);
    int len = (int)strlen(name);
    if (term->attribute == ATTRIBUTE_ADDRESS) return read_future(env, term->actor, index, FUTURE_ADDRESS, name, len, value);
    if (term->attribute == ATTRIBUTE_LOCAL) return read_future(env, term->actor, index, FUTURE_LOCAL, name, len, value);
    if (term->attribute == ATTRIBUTE_PEER) return read_future(env, term->actor, index, FUTURE_PEER, name, len, value);
    if (index >= actor->instance_count) {
        env->message = step_text(task, "'%s' has %u instances, from 0", actor->name, actor->instance_count);
        return EVAL_FAILED;
    }
    enum eval_status status;
    if (index < 0 && actor->instance_count > 1) {
        if (term->attribute == ATTRIBUTE_DONE) {
            *value = value_boolean(part->ended_count[term->actor] == actor->instance_count);
            return EVAL_DONE;
        }
        if (part->run->thread_count > 1) return ask_or_answer(env, term, UINT32_MAX, value);
        return sum_over_instances(part, term, actor, env->arena, value, &env->message);
    }
    uint32_t instance = actor->first_instance + (index < 0 ? 0 : (uint32_t)index);
    if (term->attribute == ATTRIBUTE_THREAD) {
        *value = value_integer(instance_thread(part->run, instance));
        return EVAL_DONE;
    }
    if (!part_actor(part, instance)) return ask_or_answer(env, term, instance, value);
    status = attribute_of_instance(part, term, instance, env->arena, value, &env->message);
    return status == EVAL_WAIT ? poll_again(env) : status;
}

static enum eval_status read_attribute(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    struct task *task = task_of(env);
    if (term->attribute == ATTRIBUTE_SCRATCH) {
        *value = value_text(env->arena, slice_text(task->part->run->scratch.path ? task->part->run->scratch.path : ""));
        return EVAL_DONE;
    }
    if (term->actor != PLAN_NONE) return of_another(env, term, index, value);
    uint32_t own = task->part->run->plan->instances[task->actor->instance].actor;
    enum eval_status status;
    switch (term->attribute) {
    case ATTRIBUTE_ADDRESS: return read_future(env, own, task->part->run->plan->instances[task->actor->instance].index,
                                               FUTURE_ADDRESS, "address", 7, value);
    case ATTRIBUTE_DONE:
    case ATTRIBUTE_THREAD:
    case ATTRIBUTE_ACCEPTED:
    case ATTRIBUTE_OPEN_SOCKETS:
        return attribute_of_instance(task->part, term, task->actor->instance, env->arena, value, &env->message);
    case ATTRIBUTE_FD:
    case ATTRIBUTE_FAMILY:
    case ATTRIBUTE_TYPE:
    case ATTRIBUTE_PROTOCOL:
    case ATTRIBUTE_LOCAL:
    case ATTRIBUTE_PEER:
    case ATTRIBUTE_STATE:
    case ATTRIBUTE_LIFECYCLE:
    case ATTRIBUTE_SENT:
    case ATTRIBUTE_RECEIVED:
    case ATTRIBUTE_UNREAD:
    case ATTRIBUTE_ERROR:
    case ATTRIBUTE_OPTION:
    case ATTRIBUTE_TCP:
    case ATTRIBUTE_SCRATCH:
    case ATTRIBUTE_COUNT: break;
    }
    struct sock *sock = term->socket_slot == SLOT_CURRENT ? task_socket(task) : task->sockets[term->socket_slot];
    if (!sock) {
        env->message = "there is no socket here yet";
        return EVAL_FAILED;
    }
    status = socket_attribute(sock, term, env->arena, value, &env->message);
    return status == EVAL_WAIT ? poll_again(env) : status;
}

// --- files

static enum eval_status file_trouble(struct eval_env *env, const char *path, const char *why) {
    env->message = step_text(task_of(env), "file \"%s\": %s", path, why);
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
    size_t size = (size_t)facts.st_size, have = 0;
    uint8_t *data = arena_alloc(env->arena, size + 1);
    while (have < size) {
        ssize_t n = read(fd, data + have, size - have);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        have += (size_t)n;
    }
    *value = value_bytes(bytes_held(env->arena, slice_of(data, have)));
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
        *family = family_of_address(address);
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
