// Who ran, and which steps were reached.
#include "parts.h"

// What the journal says about each step and each instance, by their numbers. Lives in the scratch arena.
struct reach {
    struct verdict *verdict;
    const struct plan *plan;
    const struct journal *journal;
    bool *begun, *ended;             // by step: by anybody
    uint32_t *begun_before;          // by step: how many statements with a lower number were begun
    bool *actor_begun, *actor_ended; // by instance
    bool *incomplete;                // by actor: an instance of it never ran
    bool without_clients;            // they were outside: nothing of them is known
};

struct reach *reach_new(struct arena *arena, const struct plan *plan, const struct journal *journal) {
    struct reach *const reach = arena_alloc(arena, sizeof *reach);
    *reach = (struct reach){.plan = plan, .journal = journal};
    reach->begun = arena_array(arena, plan->step_count, sizeof(bool));
    reach->ended = arena_array(arena, plan->step_count, sizeof(bool));
    reach->begun_before = arena_array(arena, (size_t)plan->step_count + 1, sizeof(uint32_t));
    reach->actor_begun = arena_array(arena, plan->instance_count, sizeof(bool));
    reach->actor_ended = arena_array(arena, plan->instance_count, sizeof(bool));
    reach->incomplete = arena_array(arena, plan->actor_count, sizeof(bool));
    return reach;
}

void reach_note(struct reach *reach, const struct event *event) {
    bool *step_flags = NULL, *actor_flags = NULL;
    if (event->kind == EVENT_CASE_BEGIN) reach->without_clients = event->code == CASE_CLIENTS_OUTSIDE;
    if (event->kind == EVENT_STEP_BEGIN) step_flags = reach->begun;
    if (event->kind == EVENT_STEP_END) step_flags = reach->ended;
    if (event->kind == EVENT_ACTOR_BEGIN) actor_flags = reach->actor_begun;
    if (event->kind == EVENT_ACTOR_END) actor_flags = reach->actor_ended;
    if (step_flags && event->step < reach->plan->step_count) step_flags[event->step] = true;
    if (actor_flags && event->actor < reach->plan->instance_count) actor_flags[event->actor] = true;
}

static void begun_count(struct reach *reach) {
    const struct plan *const plan = reach->plan;
    for (uint32_t i = 0; i < plan->step_count; i++) {
        bool const counts = reach->begun[i] && step_is_statement(&plan->steps[i]);
        reach->begun_before[i + 1] = reach->begun_before[i] + counts;
    }
}

static bool is_outside(const struct reach *reach, const struct actor *actor) {
    return reach->without_clients && actor->role == ROLE_CLIENT;
}

static void instances_judge(struct reach *reach) {
    for (uint32_t i = 0; i < reach->plan->instance_count; i++) {
        if (reach->actor_begun[i] && reach->actor_ended[i]) continue;
        if (is_outside(reach, &reach->plan->actors[reach->plan->instances[i].actor])) continue;
        reach->incomplete[reach->plan->instances[i].actor] = true;
        struct arena *const arena = &reach->verdict->arena;
        struct fault *const fault = fault_add(reach->verdict, reach->journal, FAULT_NEVER_RAN);
        fault->actor = i;
        fault->message = arena_text(arena, "%s never %s", instance_text(reach->plan, i, arena),
                                    reach->actor_begun[i] ? "ended" : "began");
    }
}

static void step_fault(struct reach *reach, uint32_t step, const char *message) {
    struct fault *const fault = fault_add(reach->verdict, reach->journal, FAULT_UNREACHED);
    fault->actor = reach->plan->actors[reach->plan->steps[step].actor].first_instance;
    fault->step = step;
    fault->message = message;
}

static bool block_was_idle(const struct reach *reach, const struct step *step) {
    return step->block != PLAN_NONE && reach->begun_before[step->after] == reach->begun_before[step->block];
}

// A loop that ended without a turn, as `repeat 0` does: nobody had to reach its block.
static bool has_no_turns(const struct reach *reach, uint32_t number) {
    const struct step *const step = &reach->plan->steps[number];
    bool const may = step->kind == STEP_REPEAT || step->kind == STEP_FOR ||
                     (step->kind == STEP_ACCEPT && step->accept_form == ACCEPT_MANY);
    return may && reach->ended[number] && block_was_idle(reach, step);
}

static bool has_no_visitor(const struct reach *reach, uint32_t number) {
    const struct step *const step = &reach->plan->steps[number];
    return step->kind == STEP_ACCEPT && step->accept_form == ACCEPT_EACH && step->block != PLAN_NONE &&
           step_is_statement(&reach->plan->steps[step->block]) && block_was_idle(reach, step);
}

// Of unreached statements in a row only the first is named: the others lie behind it.
static void steps_judge(struct reach *reach, const struct actor *actor) {
    bool behind_unreached = false;
    uint32_t number = actor->first_step;
    while (number < actor->first_step + actor->step_count) {
        const struct step *const step = &reach->plan->steps[number];
        uint32_t next = number + 1;
        if (step_is_statement(step) && reach->begun[number]) {
            behind_unreached = false;
            if (has_no_turns(reach, number)) {
                next = step->after;
            } else if (!step->in_either && has_no_visitor(reach, number)) {
                step_fault(reach, number, "the block of this `accept each` never ran: no connection came");
                next = step->after;
            }
        } else if (step_is_statement(step) && !step->in_either && !behind_unreached) {
            step_fault(reach, number, "this step was never reached");
            behind_unreached = true;
        }
        number = next;
    }
}

// A branch was taken when the `recv` that begins it has matched.
static bool branch_was_taken(const struct reach *reach, uint32_t first, uint32_t end) {
    return reach->ended[first] || reach->begun_before[end] > reach->begun_before[first + 1];
}

static void branches_judge(struct reach *reach, const struct step *either) {
    struct verdict *const verdict = reach->verdict;
    for (uint32_t first = either->block; first != PLAN_NONE;) {
        uint32_t const otherwise = reach->plan->steps[first].otherwise;
        if (!branch_was_taken(reach, first, otherwise == PLAN_NONE ? either->after : otherwise)) {
            verdict->lints = arena_grow(&verdict->arena, verdict->lints, verdict->lint_count, sizeof *verdict->lints);
            verdict->lints[verdict->lint_count++] =
                (struct lint){.step = first, .message = "this branch of `either` was never taken"};
        }
        first = otherwise;
    }
}

void reach_judge(struct reach *reach, struct verdict *verdict) {
    const struct plan *const plan = reach->plan;
    reach->verdict = verdict;
    begun_count(reach);
    instances_judge(reach);
    for (uint32_t i = 0; i < plan->actor_count; i++) {
        if (!reach->incomplete[i] && !is_outside(reach, &plan->actors[i])) steps_judge(reach, &plan->actors[i]);
    }
    for (uint32_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].kind == STEP_EITHER && reach->begun[i]) branches_judge(reach, &plan->steps[i]);
    }
}
