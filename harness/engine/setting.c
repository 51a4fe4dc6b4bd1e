// What a case is played in: scratch folder, world, files; and what the machine lacks for it.
#include "setting.h"
#include "files.h"
#include "lifecycle.h"
#include "worker.h"

#include "base/limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- what is lacking

static bool requires_world(const struct plan *plan) {
    for (uint32_t i = 0; i < plan->requirement_count; i++)
        if (strcmp(plan->requirements[i].name, "world") == 0) return true;
    return false;
}

// Why there must be a world, or NULL: it may also be played without.
static const char *needs_world(const struct plan *plan) {
    const struct plan_world *world = &plan->world;
    if (world->declared || requires_world(plan)) return "a world of its own";
    if (world->has_faults) return "a world for what it drops and slows down";
    return world->is_counted ? "a world whose sockets it counts" : NULL;
}

static bool lacks_world(const struct plan *plan, const struct engine_options *options, struct buffer *reason) {
    const char *what = needs_world(plan);
    if (!what || options->isolation) return false;
    const char *why = options->isolation_lacks ? options->isolation_lacks : "this run makes none";
    buffer_printf(reason, "the scenario needs %s: %s", what, why);
    return true;
}

bool engine_lacks(const struct plan *plan, const struct engine_options *options, struct buffer *reason) {
    for (uint32_t i = 0; i < plan->requirement_count; i++) {
        const struct requirement *requirement = &plan->requirements[i];
        if (strcmp(requirement->name, "world") == 0) continue; // known only here
        if (world_lacks(requirement->name, requirement->program, reason)) return true;
    }
    return lacks_world(plan, options, reason);
}

bool engine_lacks_families(const struct plan *plan, const struct engine_options *options, const struct world *world,
                           struct buffer *reason) {
    bool lacks = false;
    enum net_reach const reach = options->allow_network ? REACH_NAMES : REACH_LOOPBACK;
    for (int word = 1; word < FAMILY_COUNT && !lacks; word++) {
        if (!(plan->families & 1u << word)) continue;
        bool elsewhere = world && net_family((enum family_word)word)->is_global;
        if (elsewhere) world_enter(NULL);
        lacks = net_family_lacks((enum family_word)word, reach, reason);
        if (elsewhere) world_enter(world);
    }
    return lacks;
}

// --- the terms of a world: before anybody acts

struct terms {
    struct case_run *run;
    struct arena *arena;
    struct buffer *trouble;
    bool have_ports;
};

static enum eval_status too_early(struct eval_env *env, const char *message) {
    env->message = message;
    return EVAL_FAILED;
}

static enum eval_status read_slot(struct eval_env *env, uint32_t slot, struct value *value) {
    (void)slot, (void)value;
    return too_early(env, "nobody has given it a value before the scenario begins");
}

static enum eval_status read_actor(struct eval_env *env, const struct term *term, integer index, struct value *value) {
    struct terms *terms = env->context;
    (void)index;
    if (term->kind != TERM_ATTRIBUTE || term->attribute != ATTRIBUTE_SCRATCH)
        return too_early(env, "no actor has given it a value before the scenario begins");
    *value = value_text(env->arena, slice_text(terms->run->scratch.path ? terms->run->scratch.path : ""));
    return EVAL_DONE;
}

static enum eval_status read_file(struct eval_env *env, const char *path, struct value *value) {
    return files_read(((struct terms *)env->context)->run, env, path, value);
}

static enum eval_status file_exists(struct eval_env *env, const char *path, struct value *value) {
    return files_have(((struct terms *)env->context)->run, path, value);
}

static enum eval_status free_port(struct eval_env *env, uint32_t site, struct value *value) {
    const struct terms *terms = env->context;
    if (!terms->have_ports) return too_early(env, "what port is free is known only in the world that this is part of");
    *value = value_integer(terms->run->free_ports[site]);
    return EVAL_DONE;
}

static bool evaluate(struct terms *terms, const struct term *term, enum value_kind kind, struct value *value) {
    struct eval_env env = {
        .arena = terms->arena,
        .context = terms,
        .seed = terms->run->engine->options->seed,
        .read_slot = read_slot,
        .read_export = read_actor,
        .read_attribute = read_actor,
        .read_file = read_file,
        .file_exists = file_exists,
        .free_port = free_port,
    };
    if (term_eval_kind(term, &env, kind, value) == EVAL_DONE) return true;
    struct position at = source_position(term->span);
    buffer_printf(terms->trouble, "line %u: %s", at.line, env.message ? env.message : "no value");
    return false;
}

// NULL: terms->trouble says why there is none.
static const char *word(struct terms *terms, const struct term *term) {
    struct value value;
    struct slice text;
    if (!evaluate(terms, term, VALUE_BYTES, &value)) return NULL;
    if (bytes_flat(terms->arena, value.bytes, &text) && !memchr(text.data, '\0', text.len_bytes))
        return arena_copy(terms->arena, text.data, text.len_bytes);
    buffer_printf(terms->trouble, "line %u: a word of the world has no zero byte and is not that long",
                  source_position(term->span).line);
    return NULL;
}

// "192.0.2.1", "2001:db8::/32"; without bits it is one host.
static bool address_word(struct terms *terms, const struct term *term, struct address *address, uint8_t *prefix_bits) {
    const char *text = word(terms, term);
    if (!text) return false;
    size_t host_bytes = strcspn(text, "/");
    bool has_port = false;
    bool ok = address_parse(slice_of(text, host_bytes), address, &has_port) && !has_port;
    unsigned most = ok && address->as.any.sa_family == AF_INET6 ? 128 : 32;
    uint16_t bits = (uint16_t)most;
    if (ok && text[host_bytes]) ok = address_parse_port(slice_text(text + host_bytes + 1), &bits) && bits <= most;
    if (!ok) buffer_printf(terms->trouble, "line %u: '%s' is no address", source_position(term->span).line, text);
    *prefix_bits = (uint8_t)bits;
    return ok;
}

static bool host_spec(struct terms *terms, const struct plan_host *host, struct world_host *spec) {
    const char **names = arena_array(terms->arena, host->name_count, sizeof *names);
    struct address *addresses = arena_array(terms->arena, host->address_count, sizeof *addresses);
    uint8_t bits;
    for (uint32_t i = 0; i < host->name_count; i++)
        if (!(names[i] = word(terms, host->names[i]))) return false;
    for (uint32_t i = 0; i < host->address_count; i++)
        if (!address_word(terms, host->addresses[i], &addresses[i], &bits)) return false;
    *spec = (struct world_host){names, host->name_count, addresses, host->address_count};
    return true;
}

static const enum world_route_kind route_kinds[] = {
    [ROUTE_WORD_UNREACHABLE] = ROUTE_UNREACHABLE,
    [ROUTE_WORD_BLACKHOLE] = ROUTE_BLACKHOLE,
    [ROUTE_WORD_PROHIBIT] = ROUTE_PROHIBIT,
};
static const char *const interface_kinds[] = {[INTERFACE_WORD_CAN] = "vcan"};

static bool world_spec_of(struct terms *terms, const struct plan_world *plan, struct world_spec *spec) {
    struct arena *arena = terms->arena;
    struct address *addresses = arena_array(arena, plan->address_count, sizeof *addresses);
    struct world_host *hosts = arena_array(arena, plan->host_count, sizeof *hosts);
    struct world_sysctl *sysctls = arena_array(arena, plan->sysctl_count, sizeof *sysctls);
    struct world_route *routes = arena_array(arena, plan->route_count, sizeof *routes);
    struct world_interface *interfaces = arena_array(arena, plan->interface_count, sizeof *interfaces);
    bool ok = true;
    uint8_t bits;
    *spec = (struct world_spec){
        .has_names = plan->has_names,
        .addresses = addresses, .address_count = plan->address_count,
        .hosts = hosts, .host_count = plan->host_count,
        .sysctls = sysctls, .sysctl_count = plan->sysctl_count,
        .routes = routes, .route_count = plan->route_count,
        .interfaces = interfaces, .interface_count = plan->interface_count,
    };
    if (plan->hostname) ok = (spec->hostname = word(terms, plan->hostname)) != NULL;
    for (uint32_t i = 0; i < plan->address_count && ok; i++)
        ok = address_word(terms, plan->addresses[i], &addresses[i], &bits);
    for (uint32_t i = 0; i < plan->host_count && ok; i++) ok = host_spec(terms, &plan->hosts[i], &hosts[i]);
    for (uint32_t i = 0; i < plan->sysctl_count && ok; i++) {
        sysctls[i].name = word(terms, plan->sysctls[i].name);
        sysctls[i].value = sysctls[i].name ? word(terms, plan->sysctls[i].value) : NULL;
        ok = sysctls[i].value != NULL;
    }
    for (uint32_t i = 0; i < plan->route_count && ok; i++) {
        routes[i].kind = route_kinds[plan->routes[i].kind];
        ok = address_word(terms, plan->routes[i].to, &routes[i].to, &routes[i].prefix_bits);
    }
    for (uint32_t i = 0; i < plan->interface_count && ok; i++) {
        interfaces[i].kind = interface_kinds[plan->interfaces[i].kind];
        ok = (interfaces[i].name = word(terms, plan->interfaces[i].name)) != NULL;
    }
    return ok;
}

// --- making it, one thing after the other

// The world's number tells it from every other of the process, also from one that was freed and whose memory it has now.
static uint64_t next_number(void) {
    static atomic_ullong last;
    return atomic_fetch_add(&last, 1) + 1;
}

static enum setting_outcome make_world(struct case_run *run, struct terms *terms) {
    if (!run->engine->options->isolation) return SETTING_MADE;
    struct world_spec spec;
    if (!world_spec_of(terms, &run->plan->world, &spec)) return SETTING_FAILED;
    worker_enter(run->parts[0].worker, NULL); // worlds are made from there
    switch (world_make(&spec, &run->world, terms->trouble)) {
    case WORLD_MADE: run->world_number = next_number(); return SETTING_MADE;
    case WORLD_LACKS: return SETTING_LACKS;
    case WORLD_FAILED: break;
    }
    return SETTING_FAILED;
}

static bool find_ports(struct case_run *run, struct buffer *reason) {
    for (uint32_t i = 0; i < run->plan->free_ports; i++) {
        run->free_ports[i] = net_free_port();
        if (run->free_ports[i] >= 0) continue;
        buffer_printf(reason, "no port is free: %s: ", errno_name(-run->free_ports[i]));
        limit_text(-run->free_ports[i], reason);
        return false;
    }
    return true;
}

static bool put_files(struct case_run *run, struct terms *terms) {
    for (uint32_t i = 0; i < run->plan->world.file_count; i++) {
        const struct plan_file *file = &run->plan->world.files[i];
        const char *path = word(terms, file->path);
        struct value value;
        if (!path || !evaluate(terms, file->bytes, VALUE_BYTES, &value)) return false;
        int error = files_put(run, path, value.bytes);
        if (!error) continue;
        const char *why = error == -EINVAL ? "the path leads out of it" : strerror(-error);
        buffer_printf(terms->trouble, "line %u: cannot write %s into the scratch folder: %s",
                      source_position(file->span).line, path, why);
        return false;
    }
    return true;
}

enum setting_outcome setting_make(struct case_run *run, struct buffer *reason) {
    const struct engine_options *options = run->engine->options;
    if (engine_lacks(run->plan, options, reason)) return SETTING_LACKS;
    int error = run->plan->uses_scratch || options->keep ? scratch_make(&run->scratch) : 0;
    if (error) {
        buffer_printf(reason, "cannot make a scratch folder: %s", strerror(-error));
        return SETTING_FAILED;
    }
    struct terms terms = {.run = run, .arena = &run->parts[0].arena, .trouble = reason};
    enum setting_outcome outcome = make_world(run, &terms);
    if (outcome != SETTING_MADE) return outcome;
    worker_enter(run->parts[0].worker, run);
    if (engine_lacks_families(run->plan, options, run->world, reason)) return SETTING_LACKS;
    if (!find_ports(run, reason)) return SETTING_FAILED;
    terms.have_ports = true;
    if (!put_files(run, &terms)) return SETTING_FAILED;
    lifecycle_begin(run);
    return SETTING_MADE;
}

void setting_end(struct case_run *run) {
    if (!run->engine->options->keep) scratch_remove(&run->scratch);
    worker_enter(run->parts[0].worker, NULL);
    lifecycle_end(run);
    world_free(run->world);
    run->world = NULL;
}
