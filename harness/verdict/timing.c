// Where a case's time went: what the engine says of it, and the step that took longest.
#include "parts.h"

enum { GROUP_STEPS = 16, PLACES_FIRST = 64 };

// A step that an actor, or one of its blocks, is in. A plain value.
struct open_step {
    int64_t begun_ns;
    uint32_t step; // JOURNAL_NONE: it is in none
};

// Of actors whose numbers follow each other, or of such blocks of one actor.
struct open_group {
    uint64_t key;
    struct open_step *steps; // GROUP_STEPS of them; NULL: this place is free
};

// Hashed by their keys. Lives in the scratch arena; `places` is a power of two.
struct timings {
    struct arena *arena;
    const struct plan *plan;
    struct timing timing;
    struct open_group *groups;
    size_t places, taken;
    struct open_group newest[2]; // of actors, and of blocks: most often the next event is of the same
};

static struct open_group *place_of(struct open_group *groups, size_t places, uint64_t key) {
    size_t at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (places - 1);
    while (groups[at].steps && groups[at].key != key) at = (at + 1) & (places - 1);
    return &groups[at];
}

static void groups_grow(struct timings *timings) {
    size_t const places = timings->places ? timings->places * 2 : PLACES_FIRST;
    struct open_group *const groups = arena_array(timings->arena, places, sizeof *groups);
    for (size_t i = 0; i < timings->places; i++)
        if (timings->groups[i].steps) *place_of(groups, places, timings->groups[i].key) = timings->groups[i];
    timings->groups = groups;
    timings->places = places;
}

static void group_fill(struct timings *timings, struct open_group *group, uint64_t key) {
    *group = (struct open_group){key, arena_array(timings->arena, GROUP_STEPS, sizeof *group->steps)};
    for (uint32_t i = 0; i < GROUP_STEPS; i++) group->steps[i].step = JOURNAL_NONE;
    timings->taken++;
}

static const struct open_group *group_of(struct timings *timings, uint64_t key) {
    if (timings->taken * 2 >= timings->places) groups_grow(timings);
    struct open_group *const group = place_of(timings->groups, timings->places, key);
    if (!group->steps) group_fill(timings, group, key);
    return group;
}

// Where the actor of the event, or its block, is.
static struct open_step *step_of(struct timings *timings, const struct event *event) {
    uint64_t const number = event->task ? (uint64_t)event->actor << 32 | event->task : event->actor;
    uint64_t const key = number / GROUP_STEPS << 1 | (event->task != 0);
    struct open_group *const newest = &timings->newest[event->task != 0];
    if (!newest->steps || newest->key != key) *newest = *group_of(timings, key);
    return &newest->steps[number % GROUP_STEPS];
}

// Of steps that last about as long, those tell less that wait for what somebody else does meanwhile: how little. A
// `sleep` waits for nobody; what a call waits for may be a peer; bytes, a state or an end come of what others do; and
// who waits for another actor says nothing of his own.
static unsigned awaits_others(const struct plan *plan, uint32_t step) {
    enum { FOR_NOBODY, IN_A_CALL, FOR_WHAT_COMES, FOR_AN_ACTOR };
    enum step_kind const kind = plan->steps[step].kind;
    if (kind == STEP_SLEEP) return FOR_NOBODY;
    if (kind == STEP_ACCEPT || kind == STEP_WAIT || kind == STEP_BARRIER) return FOR_AN_ACTOR;
    if (kind == STEP_RECV || kind == STEP_EXPECT || kind == STEP_TLS || kind == STEP_LISTENS) return FOR_WHAT_COMES;
    return IN_A_CALL;
}

static bool is_better(const struct plan *plan, const struct open_step *step, int64_t ns, const struct timing *timing) {
    if (timing->step == JOURNAL_NONE) return true;
    if (ns < timing->step_ns / 2) return false; // as nearly all
    unsigned const awaits = awaits_others(plan, step->step), best_awaits = awaits_others(plan, timing->step);
    if (awaits == best_awaits) return ns > timing->step_ns;
    return awaits > best_awaits ? ns / 2 > timing->step_ns : ns >= timing->step_ns / 2;
}

static void step_offer(struct timings *timings, const struct open_step *step, const struct event *end) {
    struct timing *const timing = &timings->timing;
    const struct plan *const plan = timings->plan;
    int64_t const ns = end->at_ns - step->begun_ns;
    if (step->step >= plan->step_count || !step_is_statement(&plan->steps[step->step])) return;
    if (!is_better(plan, step, ns, timing)) return;
    timing->actor = end->actor;
    timing->step = step->step;
    timing->step_ns = ns;
}

// Also where it stood when the case was stopped.
static bool ends_step(enum event_kind kind) {
    return kind == EVENT_STEP_END || kind == EVENT_WAITING || kind == EVENT_FAILED;
}

struct timings *timings_new(struct arena *arena, const struct plan *plan) {
    struct timings *const timings = arena_alloc(arena, sizeof *timings);
    *timings = (struct timings){.arena = arena, .plan = plan, .timing = {.actor = JOURNAL_NONE, .step = JOURNAL_NONE}};
    return timings;
}

void timings_note(struct timings *timings, const struct event *event) {
    struct timing *const timing = &timings->timing;
    if (event->kind == EVENT_TIMING) {
        timing->is_known = true;
        timing->setup_ns = (int64_t)(event->count & INT64_MAX); // a journal from a file may say anything
        timing->work_ns = (int64_t)(event->offset & INT64_MAX);
    } else if (event->kind == EVENT_STEP_BEGIN && event->step != JOURNAL_NONE) {
        *step_of(timings, event) = (struct open_step){event->at_ns, event->step};
    } else if (ends_step(event->kind) && event->step != JOURNAL_NONE) {
        const struct open_step *const step = step_of(timings, event);
        if (step->step == event->step) step_offer(timings, step, event);
    }
}

struct timing timings_result(const struct timings *timings) { return timings->timing; }
