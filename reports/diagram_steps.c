// Items of what steps did that leaves no event of its own.
#include "diagram_parts.h"

// A step's statement behind its verb.
static struct slice operands_of(const struct maker *maker, const struct step *step) {
    struct buffer words = {0};
    step_words(step, COLUMNS_ALL, &words);
    size_t at = 0;
    while (at < words.len_bytes && words.data[at] != ' ') at++;
    if (at < words.len_bytes) at++;
    size_t const len_bytes = words.len_bytes - at;
    struct slice const kept =
        slice_of(len_bytes ? arena_copy(maker->arena, words.data + at, len_bytes) : "", len_bytes);
    buffer_fini(&words);
    return kept;
}

// --- a connect that failed as it should

// The end of the step that begins there; NULL: it never ended.
static const struct event *end_of(const struct maker *maker, const struct event *begin) {
    const struct event *const behind = maker->journal->events + maker->journal->event_count;
    for (const struct event *event = begin + 1; event < behind; event++) {
        if (event->actor != begin->actor || event->task != begin->task || event->step != begin->step) continue;
        if (event->kind == EVENT_STEP_END) return event;
        if (event->kind == EVENT_STEP_BEGIN || event->kind == EVENT_FAILED) return NULL;
    }
    return NULL;
}

// Nobody has the other end: it goes to the actor that it names, or else outside.
static uint32_t refused_lane(const struct maker *maker, const struct diagram_item *item, const struct step *step) {
    const struct plan *const plan = maker->result->plan;
    uint32_t const lane = step->actor_operand < plan->actor_count
                              ? maker->diagram->lane_of[plan->actors[step->actor_operand].first_instance]
                              : maker->outside;
    return lane == DIAGRAM_NONE ? item->from : lane;
}

bool diagram_refused_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    const struct step *const step = step_at(maker->result->plan, item->event->step);
    if (!step || step->kind != STEP_CONNECT || !step->fails_count) return false;
    item->arrival = end_of(maker, item->event);
    if (!item->arrival) return false;
    item->kind = kind;
    item->to = refused_lane(maker, item, step);
    item->text = slice_text(step_failure_text(step, maker->arena));
    return true;
}

// --- drop, rate, undo

// With a name they are told by the event that is set by it, else by the step's end.
bool diagram_fault_item(const struct maker *maker, struct diagram_item *item, enum diagram_kind kind) {
    (void)kind;
    const struct step *const step = step_at(maker->result->plan, item->event->step);
    if (!step || (step->kind != STEP_DROP && step->kind != STEP_RATE && step->kind != STEP_UNDO)) return false;
    bool const is_told_by_event = step->kind != STEP_UNDO && step->name != PLAN_NONE;
    if (is_told_by_event != (item->event->kind == EVENT_SIGNALLED)) return false;
    item->kind = step->kind == STEP_DROP ? DIAGRAM_DROP : step->kind == STEP_RATE ? DIAGRAM_RATE : DIAGRAM_UNDO;
    item->text = operands_of(maker, step);
    return true;
}
