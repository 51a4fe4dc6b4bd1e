#include "faults.h"

static const char *const FAULT_TYPES[] = {
    [FAULT_STEP] = "failed",
    [FAULT_NEVER_RAN] = "never-ran",
    [FAULT_UNREACHED] = "unreached",
    [FAULT_LOST_BYTES] = "lost-bytes",
    [FAULT_NEVER_ACCEPTED] = "never-accepted",
    [FAULT_SKIPPED] = "skipped",
};

static const char *const FAILURE_TYPES[FAILURE_KIND_COUNT] = {
    [FAILURE_MISMATCH] = "mismatch",
    [FAILURE_ENDING] = "ending",
    [FAILURE_CALL] = "call",
    [FAILURE_EXPECT] = "expect",
    [FAILURE_STEP_TIMEOUT] = "step-timeout",
    [FAILURE_TIMEOUT] = "timeout",
    [FAILURE_DEADLOCK] = "deadlock",
    [FAILURE_ABANDONED] = "abandoned",
    [FAILURE_UNMATCHED] = "unmatched",
    [FAILURE_UNACCEPTED] = "unaccepted",
    [FAILURE_CRASHED] = "crashed",
    [FAILURE_SANITIZER] = "sanitizer",
    [FAILURE_UNREAD_OUTPUT] = "unread-output",
    [FAILURE_LEFT_BEHIND] = "left-behind",
    [FAILURE_VALUE] = "value",
    [FAILURE_RESOURCE] = "resource",
    [FAILURE_INTERRUPTED] = "interrupted",
};

static const char *const OUTCOME_WORDS[] = {
    [OUTCOME_PASSED] = "passed",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_SKIPPED] = "skipped",
};

const char *fault_type(const struct fault *fault) {
    return fault->failure ? FAILURE_TYPES[fault->failure->kind] : FAULT_TYPES[fault->kind];
}

const char *outcome_word(enum outcome outcome) { return OUTCOME_WORDS[outcome]; }

const struct step *fault_ended_block(const struct plan *plan, const struct fault *fault) {
    if (fault->step >= plan->step_count || plan->steps[fault->step].kind != STEP_BLOCK_END) return NULL;
    return step_at(plan, plan->steps[fault->step].block);
}

struct span fault_span(const struct plan *plan, const struct fault *fault) {
    const struct step *step = step_at(plan, fault->step);
    if (!step) step = fault_ended_block(plan, fault);
    if (step) return step->span;
    if (fault->failure && fault->failure->span.source) return fault->failure->span;
    if (fault->actor < plan->instance_count) return plan->actors[plan->instances[fault->actor].actor].span;
    return (struct span){0};
}

struct fault_place fault_place(const struct plan *plan, const struct fault *fault) {
    struct span const span = fault_span(plan, fault);
    if (!span.source) return (struct fault_place){.path = plan->path, .line = plan->title_line};
    struct position const position = source_position(span);
    return (struct fault_place){.path = span.source->path, .line = position.line, .column = position.column};
}

void fault_place_words(const struct plan *plan, const struct fault *fault, struct buffer *out) {
    struct fault_place const place = fault_place(plan, fault);
    report_text(slice_text(place.path), COLUMNS_ALL, out);
    buffer_printf(out, ":%u:", place.line);
    if (place.column) buffer_printf(out, "%u:", place.column);
    buffer_text(out, " ");
}

void fault_words(const struct plan *plan, const struct fault *fault, struct buffer *out) {
    // A verdict's own sentences name the actors; a step's failure does not say whose it was.
    if (fault->kind == FAULT_STEP && instance_words(plan, fault->actor, out)) buffer_text(out, ": ");
    report_text(slice_text(fault->message), COLUMNS_ALL, out);
}
