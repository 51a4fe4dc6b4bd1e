#include "fake_run.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

void fake_run_init(struct fake_run *run, const char *path, const char *text) {
    *run = (struct fake_run){0};
    arena_init(&run->arena);
    source_init(&run->source, &run->arena, path, slice_text(text));
    size_t const stem_bytes = strlen(path) - strlen(".drill");
    run->plan = (struct plan){
        .source = &run->source,
        .path = path,
        .case_name = arena_copy(&run->arena, path, stem_bytes),
        .title = "what must be true",
        .title_line = 1,
        .timeout_ns = 10 * NS_PER_S,
        .afterwards = PLAN_NONE,
    };
    run->segment = calloc(1, sizeof *run->segment);
    journal_segment_init(run->segment, 0, 1);
}

void fake_run_fini(struct fake_run *run) {
    verdict_fini(&run->verdict);
    journal_fini(&run->journal);
    arena_fini(&run->arena);
}

// The next place of these words; a test that misspells them ends at once.
static struct span words_find(struct fake_run *run, const char *words) {
    struct slice const text = run->source.text;
    struct slice const rest = slice_of(text.data + run->searched_bytes, text.len_bytes - run->searched_bytes);
    int64_t const at = slice_find(rest, slice_text(words));
    if (at < 0) abort();
    uint32_t const start = run->searched_bytes + (uint32_t)at;
    run->searched_bytes = start + (uint32_t)strlen(words);
    return (struct span){.source = &run->source, .start = start, .end = run->searched_bytes};
}

uint32_t fake_actor(struct fake_run *run, enum role role, const char *name, uint32_t instance_count,
                    const char *words) {
    struct plan *const plan = &run->plan;
    uint32_t const number = plan->actor_count;
    plan->actors = arena_grow(&run->arena, plan->actors, number, sizeof *plan->actors);
    plan->actors[plan->actor_count++] = (struct actor){
        .role = role,
        .name = name,
        .span = words_find(run, words),
        .instance_count = instance_count,
        .first_instance = plan->instance_count,
        .first_step = plan->step_count,
    };
    if (role == ROLE_AFTERWARDS) plan->afterwards = number;
    for (uint32_t i = 0; i < instance_count; i++) {
        plan->instances = arena_grow(&run->arena, plan->instances, plan->instance_count, sizeof *plan->instances);
        plan->instances[plan->instance_count++] = (struct instance){.actor = number, .index = i};
    }
    return number;
}

static uint32_t step_add(struct fake_run *run, enum step_kind kind) {
    struct plan *const plan = &run->plan;
    uint32_t const number = plan->step_count;
    plan->steps = arena_grow(&run->arena, plan->steps, number, sizeof *plan->steps);
    plan->steps[plan->step_count++] = (struct step){
        .kind = kind,
        .actor = plan->actor_count - 1,
        .after = number + 1,
        .block = PLAN_NONE,
        .otherwise = PLAN_NONE,
        .block_end = PLAN_NONE,
        .called_from = PLAN_NONE,
    };
    plan->actors[plan->actor_count - 1].step_count++;
    return number;
}

uint32_t fake_step(struct fake_run *run, enum step_kind kind, const char *words) {
    uint32_t const number = step_add(run, kind);
    run->plan.steps[number].span = words_find(run, words);
    return number;
}

uint32_t fake_block(struct fake_run *run, enum step_kind kind, const char *words) {
    uint32_t const number = fake_step(run, kind, words);
    run->plan.steps[number].block = number + 1;
    run->blocks[run->block_count++] = number;
    return number;
}

void fake_block_end(struct fake_run *run) {
    uint32_t const opener = run->blocks[--run->block_count];
    uint32_t const end = step_add(run, STEP_BLOCK_END);
    run->plan.steps[end].block = opener;
    run->plan.steps[opener].block_end = end;
    run->plan.steps[opener].after = end + 1;
}

void fake_actor_end(struct fake_run *run) { step_add(run, STEP_ACTOR_END); }

struct event *fake_event(struct fake_run *run, enum event_kind kind, uint32_t instance, uint32_t task, uint32_t step) {
    struct event *const event = journal_add(run->segment, kind);
    run->now_ns += NS_PER_MS;
    event->at_ns = run->now_ns;
    event->actor = instance;
    event->task = task;
    event->step = step;
    return event;
}

void fake_step_run(struct fake_run *run, uint32_t instance, uint32_t step) {
    fake_event(run, EVENT_STEP_BEGIN, instance, 0, step);
    fake_event(run, EVENT_STEP_END, instance, 0, step);
}

void fake_instances_run(struct fake_run *run) {
    for (uint32_t i = 0; i < run->plan.instance_count; i++) {
        fake_event(run, EVENT_ACTOR_BEGIN, i, 0, JOURNAL_NONE);
        fake_event(run, EVENT_ACTOR_END, i, 0, JOURNAL_NONE);
    }
}

void fake_text(struct fake_run *run, enum event_kind kind, uint32_t instance, uint32_t task, uint32_t step,
               const char *text) {
    fake_event(run, kind, instance, task, step)->bytes = slice_text(text);
}

struct event *fake_failure(struct fake_run *run, uint32_t instance, uint32_t task, uint32_t step,
                           struct failure failure) {
    struct failure *const kept = arena_alloc(&run->arena, sizeof *kept);
    *kept = failure;
    struct event *const event = fake_event(run, EVENT_FAILED, instance, task, step);
    event->failure = kept;
    return event;
}

const struct address *fake_address(struct fake_run *run, const char *text) {
    struct address *const address = arena_alloc(&run->arena, sizeof *address);
    bool has_port;
    if (address_parse(slice_text(text), address, &has_port)) return address;
    *address = (struct address){.len_bytes = sizeof address->as.un};
    address->as.un.sun_family = AF_UNIX;
    strncpy(address->as.un.sun_path, text, sizeof address->as.un.sun_path - 1);
    return address;
}

static enum family_word family_of(const struct address *address) {
    switch (address->as.any.sa_family) {
    case AF_INET6: return FAMILY_TCP6;
    case AF_UNIX: return FAMILY_UNIX;
    }
    return FAMILY_TCP;
}

static uint32_t socket_open(struct fake_run *run, uint32_t instance, uint32_t step, enum family_word family) {
    struct event *const event = fake_event(run, EVENT_OPEN, instance, 0, step);
    event->socket = journal_new_socket(run->segment);
    event->code = 5;
    event->count = family;
    return event->socket;
}

uint32_t fake_listen(struct fake_run *run, uint32_t instance, uint32_t step, const char *local) {
    const struct address *const address = fake_address(run, local);
    uint32_t const socket = socket_open(run, instance, step, family_of(address));
    struct event *const event = fake_event(run, EVENT_BOUND, instance, 0, step);
    event->socket = socket;
    event->address = address;
    return socket;
}

uint32_t fake_connect(struct fake_run *run, uint32_t instance, uint32_t step, const char *local, const char *peer) {
    const struct address *const server = fake_address(run, peer);
    uint32_t const socket = socket_open(run, instance, step, family_of(server));
    struct event *const event = fake_event(run, EVENT_CONNECTED, instance, 0, step);
    event->socket = socket;
    event->address = fake_address(run, local);
    event->peer = server;
    return socket;
}

uint32_t fake_accept(struct fake_run *run, uint32_t instance, uint32_t task, uint32_t step, const char *local,
                     const char *peer) {
    struct event *const event = fake_event(run, EVENT_ACCEPTED, instance, task, step);
    event->socket = journal_new_socket(run->segment);
    event->code = 6;
    event->address = fake_address(run, local);
    event->peer = fake_address(run, peer);
    event->count = family_of(event->address);
    return event->socket;
}

void fake_count(struct fake_run *run, enum event_kind kind, uint32_t instance, uint32_t step, uint32_t socket,
                uint64_t count) {
    struct event *const event = fake_event(run, kind, instance, 0, step);
    event->socket = socket;
    event->count = count;
}

void fake_code(struct fake_run *run, enum event_kind kind, uint32_t instance, uint32_t step, uint32_t socket,
               int code) {
    struct event *const event = fake_event(run, kind, instance, 0, step);
    event->socket = socket;
    event->code = code;
}

void fake_judge(struct fake_run *run) {
    journal_merge(&run->journal, run->segment, 1);
    journal_expand(&run->journal);
    verdict_init(&run->verdict, &run->plan, &run->journal);
}
