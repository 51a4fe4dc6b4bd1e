// What a case came to, and why.
#include "faults.h"
#include "jsonl.h"

static void put_step(json_t *object, const struct step *step) {
    struct buffer words = {0};
    if (step) step_words(step, FAULT_STEP_COLUMNS, &words);
    jsonl_put_words(object, "step", &words);
    buffer_fini(&words);
}

// Steps of a procedure: who called it, the nearest first.
static void put_callers(json_t *object, const struct plan *plan, const struct step *step) {
    json_t *const callers = jsonl_list();
    for (unsigned i = 0; step && i < STEP_CALLERS_MAX; i++) {
        step = step_at(plan, step->called_from);
        if (!step) break;
        json_t *const caller = jsonl_object();
        jsonl_put_place(caller, step->span);
        put_step(caller, step);
        jsonl_append(callers, caller);
    }
    jsonl_put_list(object, "called_from", callers);
}

static void put_failure(json_t *object, const struct fault *fault) {
    const struct failure *const failure = fault->failure;
    if (failure_is_about_bytes(failure)) {
        jsonl_put_number(object, "offset", failure->offset);
        jsonl_put_number(object, "window_offset", failure->window_offset);
        if (failure->expected.len_bytes) jsonl_put(object, "expected", jsonl_bytes(failure->expected));
        jsonl_put(object, "received", jsonl_bytes(failure->received));
        jsonl_put_text(object, "wanted", failure->wanted);
    }
    if (!fault->output.len_bytes) return;
    jsonl_put_text(object, "stream", output_word(fault->output_of));
    jsonl_put(object, "output", jsonl_bytes(fault->output));
}

// The events of failures, of which a journal of a million others may have a thousand. Lives in the scratch arena.
struct failures {
    const struct event **events;
    uint32_t count;
};

static struct failures failures_find(const struct journal *journal, struct arena *arena) {
    struct failures found = {0};
    for (uint64_t i = 0; i < journal->event_count; i++) {
        if (journal->events[i].kind != EVENT_FAILED) continue;
        found.events = arena_grow(arena, found.events, found.count, sizeof *found.events);
        found.events[found.count++] = &journal->events[i];
    }
    return found;
}

// The socket that a step failed on.
static uint32_t fault_socket(const struct failures *failures, const struct fault *fault) {
    for (uint32_t i = 0; fault->failure && i < failures->count; i++)
        if (failures->events[i]->failure == fault->failure) return failures->events[i]->socket;
    return fault->socket;
}

static json_t *fault_object(const struct case_result *result, const struct failures *failures,
                            const struct fault *fault) {
    const struct step *const step = step_at(result->plan, fault->step);
    struct fault_place const place = fault_place(result->plan, fault);
    uint32_t const socket = fault_socket(failures, fault);
    json_t *const object = jsonl_object();
    jsonl_put_text(object, "kind", fault_type(fault));
    jsonl_put_text(object, "message", fault->message);
    jsonl_put_time(object, result->journal, fault->at_ns);
    jsonl_put_actor(object, result->plan, fault->actor);
    if (fault->task) jsonl_put_number(object, "connection", fault->task);
    jsonl_put_text(object, "file", place.path);
    jsonl_put_number(object, "line", place.line);
    if (place.column) jsonl_put_number(object, "column", place.column);
    put_step(object, step);
    put_callers(object, result->plan, step);
    if (socket != JOURNAL_NONE) jsonl_put_number(object, "socket", socket);
    if (fault->kind == FAULT_LOST_BYTES) jsonl_put_number(object, "offset", fault->offset);
    if (fault->failure) put_failure(object, fault);
    return object;
}

static json_t *wait_object(const struct plan *plan, const struct wait *wait) {
    const struct step *const step = step_at(plan, wait->step);
    json_t *const object = jsonl_object();
    jsonl_put_actor(object, plan, wait->actor);
    if (wait->task) jsonl_put_number(object, "connection", wait->task);
    if (step) jsonl_put_place(object, step->span);
    put_step(object, step);
    jsonl_put_text(object, "waits", wait->waits);
    if (wait->came.len_bytes) jsonl_put(object, "came", jsonl_bytes(wait->came));
    return object;
}

static json_t *lint_object(const struct plan *plan, const struct lint *lint) {
    const struct step *const step = step_at(plan, lint->step);
    json_t *const object = jsonl_object();
    jsonl_put_text(object, "message", lint->message);
    if (step) jsonl_put_place(object, step->span);
    return object;
}

static void put_timing(json_t *object, const struct case_result *result) {
    const struct timing *const timing = &result->verdict->timing;
    const struct step *const step = step_at(result->plan, timing->step);
    if (!timing->is_known) return;
    json_t *const parts = jsonl_object();
    jsonl_put_number(parts, "setup_ns", (uint64_t)timing->setup_ns);
    jsonl_put_number(parts, "work_ns", (uint64_t)timing->work_ns);
    if (step) {
        json_t *const longest = jsonl_object();
        jsonl_put_actor(longest, result->plan, timing->actor);
        jsonl_put_place(longest, step->span);
        put_step(longest, step);
        jsonl_put_number(longest, "step_ns", (uint64_t)timing->step_ns);
        jsonl_put(parts, "longest", longest);
    }
    jsonl_put(object, "timing", parts);
}

static json_t *fault_list(const struct case_result *result) {
    struct arena scratch;
    arena_init(&scratch);
    struct failures const failures = failures_find(result->journal, &scratch);
    json_t *const faults = jsonl_list();
    for (uint32_t i = 0; i < result->verdict->fault_count; i++)
        jsonl_append(faults, fault_object(result, &failures, &result->verdict->faults[i]));
    arena_fini(&scratch);
    return faults;
}

void jsonl_verdict(json_t *object, const struct case_result *result) {
    const struct verdict *const verdict = result->verdict;
    const struct plan *const plan = result->plan;
    json_t *const waits = jsonl_list(), *const lints = jsonl_list();
    jsonl_put_text(object, "outcome", outcome_word(verdict->outcome));
    jsonl_put_number(object, "duration_ns", verdict->duration_ns > 0 ? (uint64_t)verdict->duration_ns : 0);
    if (verdict->outcome == OUTCOME_SKIPPED) jsonl_put_text(object, "skip_reason", verdict->skip_reason);
    for (uint32_t i = 0; i < verdict->wait_count; i++) jsonl_append(waits, wait_object(plan, &verdict->waits[i]));
    for (uint32_t i = 0; i < verdict->lint_count; i++) jsonl_append(lints, lint_object(plan, &verdict->lints[i]));
    jsonl_put_list(object, "faults", fault_list(result));
    jsonl_put_list(object, "waits", waits);
    jsonl_put_list(object, "lints", lints);
    put_timing(object, result);
}
