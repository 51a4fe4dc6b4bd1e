// What a step's endpoint comes to: an address, and the host by which it was named.
#include "env.h"
#include "steps.h"
#include "task.h"

#include <errno.h>
#include <string.h>

static enum family_word family_of_address(const struct address *address) {
    switch (address->as.any.sa_family) {
    case AF_INET6: return FAMILY_TCP6;
    case AF_UNIX: return FAMILY_UNIX;
    case AF_PACKET: return FAMILY_PACKET;
    case AF_CAN: return FAMILY_CAN;
    case AF_BLUETOOTH: return address->len_bytes == sizeof address->as.l2 ? FAMILY_L2CAP : FAMILY_RFCOMM;
    case AF_VSOCK: return FAMILY_VSOCK;
    }
    return FAMILY_TCP;
}

// Its words side by side.
static const char *endpoint_text(struct task *task, const struct endpoint *endpoint) {
    const char *text = endpoint->word_count > 0 ? endpoint->words[0] : "";
    for (uint32_t i = 1; i < endpoint->word_count; i++) text = env_text(task, "%s %s", text, endpoint->words[i]);
    return text;
}

// In a world everything may be reached that is in it; what no namespace holds is reached as without one.
static enum net_reach reach_of(const struct case_run *run, enum family_word family) {
    bool in_world = run->world && !net_family(family)->is_global;
    if (in_world) return run->plan->world.has_names ? REACH_NAMES : REACH_ADDRESSES;
    return run->engine->options->allow_network ? REACH_NAMES : REACH_LOOPBACK;
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
        if (reach_of(run, *family) == REACH_LOOPBACK && !address_is_loopback(address))
            return task_fail(task, FAILURE_CALL, "this address is not on loopback, and the run does not say --allow-network");
        return STEP_DONE;
    }
    if (value.kind != VALUE_ENDPOINT)
        return task_fail(task, FAILURE_VALUE, "an endpoint belongs here, and this is %s", value_kind_name(value.kind));
    const struct endpoint *endpoint = value.endpoint;
    enum net_reach reach = reach_of(run, endpoint->family);
    int error = reach == REACH_NAMES ? world_enter_names(run->world) : 0;
    if (error) return task_fail(task, FAILURE_RESOURCE, "cannot read the world's names: %s", errno_name(-error));
    error = net_endpoint(endpoint->family, endpoint->words, endpoint->word_count, run->scratch.path, reach, address);
    if (reach == REACH_NAMES) world_leave_names(run->world);
    *family = net_family_for(endpoint->family, address);
    if (error == 0) return STEP_DONE;
    const char *name = script_family_word(endpoint->family), *word = endpoint_text(task, endpoint);
    bool const is_unknown = error == -ENOENT || (error == -EACCES && reach == REACH_ADDRESSES);
    if (is_unknown && run->world)
        return task_fail(task, FAILURE_CALL, "%s %s: the world has no such name, and nobody else is asked", name, word);
    if (error == -EACCES)
        return task_fail(task, FAILURE_CALL, "%s %s is not on loopback, and the run does not say --allow-network", name, word);
    if (error == -ENOENT) return task_fail(task, FAILURE_CALL, "%s %s: there is no such name", name, word);
    if (error == -ENODEV && step_fails_with(task_step(task), ENODEV)) return STEP_DONE; // bind(2) says so
    if (error == -ENODEV) return task_fail(task, FAILURE_CALL, "%s %s: there is no such interface (ENODEV)", name, word);
    if (error == -ENAMETOOLONG)
        return task_fail(task, FAILURE_CALL, "%s %s: below %s (TMPDIR) it is longer than the 107 bytes of a Unix path", name,
                         word, run->scratch.path ? run->scratch.path : "/");
    return task_fail(task, FAILURE_VALUE, "%s %s: no endpoint of that kind", name, word);
}

// In the part's arena. Who connects again and again names the same host: the newest is kept once.
static const char *keep_host(struct part *part, const char *name, int len_bytes) {
    const char *newest = part->newest_host;
    if (newest && strncmp(newest, name, (size_t)len_bytes) == 0 && newest[len_bytes] == '\0') return newest;
    return part->newest_host = arena_text(&part->arena, "%.*s", len_bytes, name);
}

enum step_answer env_host(struct task *task, const struct term *term, const char **host) {
    struct value value;
    enum step_answer answer = env_eval(task, term, &value);
    *host = NULL;
    if (answer != STEP_DONE) return answer;
    struct part *part = task->part;
    if (value.kind == VALUE_ADDRESS) {
        char text[ADDRESS_TEXT_BYTES];
        const char *name = value.family                        ? value.address_name
                           : address_port(value.address) >= 0 ? address_host(value.address, text)
                                                              : NULL;
        if (name) *host = keep_host(part, name, (int)strlen(name));
        return STEP_DONE;
    }
    bool has_host = value.kind == VALUE_ENDPOINT && net_family(value.endpoint->family)->form == FORM_INET;
    const char *word = has_host && value.endpoint->word_count > 0 ? value.endpoint->words[0] : "";
    const char *colon = strrchr(word, ':');
    if (!colon) return STEP_DONE;
    bool is_bracketed = word[0] == '[' && colon > word + 1 && colon[-1] == ']';
    int len = (int)(colon - word) - 2 * is_bracketed;
    *host = keep_host(part, word + is_bracketed, len);
    return STEP_DONE;
}

const char *env_name(const char *host) {
    struct address address;
    bool has_port;
    return host && !address_parse(slice_text(host), &address, &has_port) ? host : NULL;
}

// Every interface of the machine's would be listening.
static bool is_everywhere(const struct address *address) {
    if (address->as.any.sa_family == AF_INET) return address->as.in.sin_addr.s_addr == htonl(INADDR_ANY);
    return address->as.any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->as.in6.sin6_addr);
}

enum step_answer env_own_endpoint(struct task *task, const struct term *term, enum family_word *family,
                                  struct address *address) {
    const struct case_run *run = task->part->run;
    enum step_answer answer = env_endpoint(task, term, family, address);
    if (answer != STEP_DONE || run->world || run->engine->options->allow_network || !is_everywhere(address)) return answer;
    return task_fail(task, FAILURE_CALL, "this is every address of the machine, and the run does not say --allow-network");
}
