// Where a case's time went: what the engine says of it, and the step that took longest.
#include "parts.h"

// A step that an actor, or one of its blocks, is in. A plain value.
struct open_step {
    uint64_t task; // its actor, and its number there
    uint32_t step;     // JOURNAL_NONE: this place is free
    int64_t begun_ns;
};

// Hashed by their tasks. Lives in the scratch arena; `places` is a power of two.
struct open_steps {
    struct arena *arena;
    struct open_step *steps;
    size_t places, taken;
};

static struct open_step *place_of(struct open_step *steps, size_t places, uint64_t task) {
    size_t at = (size_t)((task * 0x9e3779b97f4a7c15u) >> 32) & (places - 1);
    while (steps[at].step != JOURNAL_NONE && steps[at].task != task) at = (at + 1) & (places - 1);
    return &steps[at];
}

static void open_steps_grow(struct open_steps *open) {
    enum { PLACES_FIRST = 64 };
    size_t const places = open->places ? open->places * 2 : PLACES_FIRST;
    struct open_step *const steps = arena_array(open->arena, places, sizeof *steps);
    for (size_t i = 0; i < places; i++) steps[i].step = JOURNAL_NONE;
    for (size_t i = 0; i < open->places; i++) {
        if (open->steps[i].step != JOURNAL_NONE) *place_of(steps, places, open->steps[i].task) = open->steps[i];
    }
    open->steps = steps;
    open->places = places;
}

static uint64_t task_key(const struct event *event) { return (uint64_t)event->actor << 32 | event->task; }

static struct open_step *step_of(struct open_steps *open, const struct event *event) {
    if (open->taken * 2 >= open->places) open_steps_grow(open);
    struct open_step *const place = place_of(open->steps, open->places, task_key(event));
    if (place->step == JOURNAL_NONE) open->taken++;
    place->task = task_key(event);
    return place;
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
    unsigned const awaits = awaits_others(plan, step->step), best_awaits = awaits_others(plan, timing->step);
    if (awaits == best_awaits) return ns > timing->step_ns;
    return awaits > best_awaits ? ns / 2 > timing->step_ns : ns >= timing->step_ns / 2;
}

static void step_offer(struct timing *timing, const struct plan *plan, const struct open_step *step, int64_t end_ns) {
    int64_t const ns = end_ns - step->begun_ns;
    if (step->step >= plan->step_count || !step_is_statement(&plan->steps[step->step])) return;
    if (!is_better(plan, step, ns, timing)) return;
    timing->actor = (uint32_t)(step->task >> 32);
    timing->step = step->step;
    timing->step_ns = ns;
}

// Also where it stood when the case was stopped.
static bool ends_step(enum event_kind kind) {
    return kind == EVENT_STEP_END || kind == EVENT_WAITING || kind == EVENT_FAILED;
}

void timing_collect(struct verdict *verdict, const struct plan *plan, const struct journal *journal) {
    struct arena scratch;
    arena_init(&scratch);
    struct timing *const timing = &verdict->timing;
    struct open_steps open = {.arena = &scratch};
    *timing = (struct timing){.actor = JOURNAL_NONE, .step = JOURNAL_NONE};
    open_steps_grow(&open);
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        if (event->kind == EVENT_TIMING) {
            timing->is_known = true;
            timing->setup_ns = (int64_t)(event->count & INT64_MAX); // a journal from a file may say anything
            timing->work_ns = (int64_t)(event->offset & INT64_MAX);
        } else if (event->kind == EVENT_STEP_BEGIN && event->step != JOURNAL_NONE) {
            struct open_step *const step = step_of(&open, event);
            step->step = event->step;
            step->begun_ns = event->at_ns;
        } else if (ends_step(event->kind) && event->step != JOURNAL_NONE) {
            const struct open_step *const step = place_of(open.steps, open.places, task_key(event));
            if (step->step == event->step) step_offer(timing, plan, step, event->at_ns);
        }
    }
    arena_fini(&scratch);
}
