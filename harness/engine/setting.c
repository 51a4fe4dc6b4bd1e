// What a case is played in: scratch folder, world, files; and what the machine lacks for it.
#include "setting.h"
#include "certificates.h"
#include "files.h"
#include "lifecycle.h"
#include "packets.h"
#include "worker.h"
#include "world_terms.h"

#include "base/limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- what is lacking

static const struct requirement *requires_world(const struct plan *plan) {
    for (uint32_t i = 0; i < plan->requirement_count; i++)
        if (strcmp(plan->requirements[i].name, "world") == 0) return &plan->requirements[i];
    return NULL;
}

// Files, those of certificates too, lie in the scratch folder. All else is the world's own, and so is one without a line.
static bool is_declared(const struct plan_world *world, struct span *at) {
    struct span const none = {0};
    struct span const lines[] = {
        world->hostname ? world->hostname->span : none,
        world->address_count ? world->address_spans[0] : none,
        world->host_count ? world->hosts[0].span : none,
        world->sysctl_count ? world->sysctls[0].span : none,
        world->interface_count ? world->interfaces[0].span : none,
        world->route_count ? world->routes[0].span : none,
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (lines[i].source && (!at->source || lines[i].start < at->start)) *at = lines[i];
    if (!at->source && world->file_count + world->certificate_count == 0) *at = world->span;
    return at->source != NULL;
}

static struct span first_fault(const struct plan *plan) {
    uint32_t i = 0;
    while (i + 1 < plan->step_count && plan->steps[i].kind != STEP_DROP && plan->steps[i].kind != STEP_RATE) i++;
    return plan->steps[i].span;
}

const char *engine_needs_world(const struct plan *plan, struct span *at) {
    const struct requirement *const requirement = requires_world(plan);
    struct span unused;
    if (!at) at = &unused;
    *at = requirement ? requirement->span : (struct span){0};
    if (requirement || (plan->world.declared && is_declared(&plan->world, at))) return "a world of its own";
    if (plan->world.has_faults) *at = first_fault(plan);
    if (plan->world.has_faults) return "a world for what it drops and slows down";
    return plan->world.is_counted ? "a world whose sockets it counts" : NULL;
}

static bool lacks_world(const struct plan *plan, const struct engine_options *options, struct buffer *reason) {
    const char *what = engine_needs_world(plan, NULL);
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
    if (plan->has_programs && options->programs_lack) {
        buffer_printf(reason, "this machine cannot have programs: %s", options->programs_lack);
        return true;
    }
    if (plan->has_tls && tls_lacks(reason)) return true;
    if (plan->lacks) {
        buffer_text(reason, plan->lacks);
        return true;
    }
    return lacks_world(plan, options, reason);
}

bool engine_lacks_family(enum family_word word, const struct engine_options *options, const struct world *world,
                         struct buffer *reason) {
    bool elsewhere = world && net_family(word)->is_global;
    if (elsewhere && world_enter(NULL) != 0) return false;
    bool lacks = net_family_lacks(word, options->allow_network ? REACH_NAMES : REACH_LOOPBACK, reason);
    if (!elsewhere || world_enter(world) == 0) return lacks;
    buffer_text(reason, "its world cannot be entered again");
    return true;
}

bool engine_lacks_families(const struct plan *plan, const struct engine_options *options, const struct world *world,
                           struct buffer *reason) {
    for (int word = 1; word < FAMILY_COUNT; word++)
        if (plan->families & 1u << word && engine_lacks_family((enum family_word)word, options, world, reason)) return true;
    return false;
}

// --- making it, one thing after the other

// The world's number tells it from every other of the process, also from one that was freed and whose memory it has now.
static uint64_t next_number(void) {
    static atomic_ullong last;
    return atomic_fetch_add(&last, 1) + 1;
}

// The line of the world that could not be had.
static struct span span_of(const struct plan_world *world, const struct world_place *place) {
    switch (place->part) {
    case WORLD_SYSCTL: return world->sysctls[place->index].span;
    case WORLD_INTERFACE: return world->interfaces[place->index].span;
    case WORLD_ADDRESS: return world->address_spans[place->index];
    case WORLD_ROUTE: return world->routes[place->index].span;
    case WORLD_ITSELF: break;
    }
    return world->span;
}

static enum setting_outcome make_world(struct case_run *run, struct terms *terms) {
    if (!run->engine->options->isolation) return SETTING_MADE;
    struct world_place place;
    struct world_spec spec;
    if (!world_spec_of(terms, &run->plan->world, &spec)) return SETTING_FAILED;
    spec.place = &place;
    enum world_outcome outcome = world_make(&spec, &run->world, &terms->trouble->text);
    if (outcome == WORLD_MADE) {
        run->world_number = next_number();
        return SETTING_MADE;
    }
    terms->trouble->span = span_of(&run->plan->world, &place);
    return outcome == WORLD_LACKS ? SETTING_LACKS : SETTING_FAILED;
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
        const char *path = world_word(terms, file->path);
        struct value value;
        if (!path || !world_term(terms, file->bytes, VALUE_BYTES, &value)) return false;
        int error = files_put(run, path, value.bytes);
        if (!error) continue;
        const char *why = error == -EINVAL ? "the path leads out of it" : strerror(-error);
        buffer_printf(&terms->trouble->text, "cannot write %s into the scratch folder: %s", path, why);
        terms->trouble->span = file->span;
        return false;
    }
    return true;
}

enum setting_outcome setting_make(struct case_run *run, struct setting_trouble *trouble) {
    struct buffer *reason = &trouble->text;
    const struct engine_options *options = run->engine->options;
    worker_enter(run->parts[0].worker, NULL); // where the machine is asked, and from where worlds are made
    if (engine_lacks(run->plan, options, reason)) return SETTING_LACKS;
    int error = run->plan->uses_scratch || options->keep ? scratch_make(&run->scratch) : 0;
    if (error) {
        buffer_printf(reason, "cannot make a scratch folder: %s", strerror(-error));
        return SETTING_FAILED;
    }
    struct terms terms = {.run = run, .arena = &run->parts[0].arena, .trouble = trouble};
    enum setting_outcome outcome = make_world(run, &terms);
    if (outcome != SETTING_MADE) return outcome;
    worker_enter(run->parts[0].worker, run);
    if (engine_lacks_families(run->plan, options, run->world, reason)) return SETTING_LACKS;
    packets_begin(run);
    if (!find_ports(run, reason)) return SETTING_FAILED;
    terms.have_ports = true;
    if (!put_files(run, &terms) || !certificates_make(&terms)) return SETTING_FAILED;
    if (options->reachable && run->plan->uses_ca_file)
        options->reachable(run->engine->context, run->number, "ca_file", certificates_ca_file(run, terms.arena));
    return lifecycle_begin(run, reason) ? SETTING_MADE : SETTING_FAILED;
}

void setting_end(struct case_run *run) {
    worker_enter(run->parts[0].worker, NULL);
    certificates_free(run);
    lifecycle_end(run);
    world_free(run->world); // and whoever in it could still write into the folder
    run->world = NULL;
    if (!run->engine->options->keep) scratch_remove(&run->scratch);
}
