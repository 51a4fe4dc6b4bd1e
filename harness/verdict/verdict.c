#include "verdict/verdict.h"

#include "parts.h"

#include <stdlib.h>
#include <string.h>

static const char *const ROLE_WORDS[] = {
    [ROLE_SERVER] = "server",
    [ROLE_CLIENT] = "client",
    [ROLE_PROGRAM] = "program",
    [ROLE_AFTERWARDS] = "",
};

const char *instance_text(const struct plan *plan, uint32_t instance, struct arena *arena) {
    if (instance >= plan->instance_count) return "the case";
    enum role const role = plan->actors[plan->instances[instance].actor].role;
    if (role == ROLE_AFTERWARDS) return "`afterwards`";
    struct buffer name = {0};
    plan_instance_name(plan, instance, &name);
    bool const is_function = plan->actors[plan->instances[instance].actor].is_function;
    const char *const text = arena_text(arena, "%s '%s'", is_function ? "function" : ROLE_WORDS[role], name.data);
    buffer_fini(&name);
    return text;
}

struct fault *fault_add(struct verdict *verdict, const struct journal *journal, enum fault_kind kind) {
    verdict->faults = arena_grow(&verdict->arena, verdict->faults, verdict->fault_count, sizeof *verdict->faults);
    struct fault *const fault = &verdict->faults[verdict->fault_count++];
    *fault = (struct fault){.kind = kind,
                            .actor = JOURNAL_NONE,
                            .step = JOURNAL_NONE,
                            .at_ns = journal->end_ns,
                            .message = "",
                            .socket = JOURNAL_NONE};
    return fault;
}

static const char *slice_copy(struct arena *arena, struct slice text) {
    return arena_copy(arena, text.data, text.len_bytes);
}

// Failures as they were written down, which is in order of time, and whether the case gave up before the first of them.
static void failure_note(struct verdict *verdict, const struct journal *journal, const struct event *event) {
    if (verdict->skip_reason) return;
    if (event->kind == EVENT_SKIPPED && !verdict->fault_count) verdict->skip_reason = slice_copy(&verdict->arena, event->bytes);
    if (event->kind != EVENT_FAILED) return;
    struct fault *const fault = fault_add(verdict, journal, FAULT_STEP);
    fault->actor = event->actor;
    fault->task = event->task;
    fault->step = event->step;
    fault->at_ns = event->at_ns;
    fault->message = event->failure->message;
    fault->failure = event->failure;
    fault->output = event->failure->output;
    fault->output_of = event->failure->output_of;
}

// What a program prints last comes when it ends, which may be behind the step that failed of it; and its stderr says more than
// its stdout. `about`: the socket of the failure.
static void last_words_note(struct fault *fault, uint32_t about, const struct event *printed) {
    const struct failure *const failure = fault->failure;
    bool const is_stderr = printed->code == STREAM_STDERR;
    bool const is_about_it = printed->socket == about || (failure->kind == FAILURE_UNREAD_OUTPUT && !is_stderr);
    if (fault->actor != printed->actor || failure->kind == FAILURE_SANITIZER || !printed->bytes.len_bytes) return;
    if (is_about_it && failure_is_about_bytes(failure)) return; // it has them already
    if (fault->output.len_bytes && fault->output_of == STREAM_STDERR && !is_stderr) return;
    fault->output = printed->bytes;
    fault->output_of = (uint8_t)printed->code;
}

static void last_words_collect(struct verdict *verdict, const struct journal *journal) {
    struct arena scratch;
    struct journal_reader reader;
    uint32_t noted = 0; // failures come as failure_note has seen them
    arena_init(&scratch);
    uint32_t *const about = arena_array(&scratch, verdict->fault_count, sizeof *about);
    journal_reader_init(&reader, journal);
    for (const struct event *event; (event = journal_next(&reader));) {
        if (event->kind == EVENT_FAILED && noted < verdict->fault_count) about[noted++] = event->socket;
        for (uint32_t i = 0; event->kind == EVENT_OUTPUT_END && i < noted; i++)
            last_words_note(&verdict->faults[i], about[i], event);
    }
    journal_reader_fini(&reader);
    arena_fini(&scratch);
}

// What the others may come from is what failed the case, though it was seen a moment later.
static void causes_first(struct verdict *verdict) {
    uint32_t causes = 0;
    for (uint32_t i = 0; i < verdict->fault_count; i++) {
        struct fault const fault = verdict->faults[i];
        if (!fault.failure->is_cause) continue;
        memmove(&verdict->faults[causes + 1], &verdict->faults[causes], (i - causes) * sizeof fault);
        verdict->faults[causes++] = fault;
    }
}

static uint64_t task_key(uint32_t actor, uint32_t task) { return (uint64_t)actor << 32 | task; }

static int keys_compare(const void *left, const void *right) {
    uint64_t const a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static int waits_compare(const void *left, const void *right) {
    const struct wait *const a = left, *const b = right;
    uint64_t const key_a = task_key(a->actor, a->task), key_b = task_key(b->actor, b->task);
    return keys_compare(&key_a, &key_b);
}

// Where everybody else was: who failed is told about as a fault, not as one who waits.
static void waits_collect(struct verdict *verdict, const struct journal *journal) {
    struct arena scratch;
    arena_init(&scratch);
    uint64_t *const failed = arena_array(&scratch, verdict->fault_count, sizeof *failed);
    for (uint32_t i = 0; i < verdict->fault_count; i++) {
        failed[i] = task_key(verdict->faults[i].actor, verdict->faults[i].task);
    }
    qsort(failed, verdict->fault_count, sizeof *failed, keys_compare);

    struct journal_reader reader;
    journal_reader_init(&reader, journal);
    for (const struct event *event; (event = journal_next(&reader));) {
        if (event->kind != EVENT_WAITING) continue;
        uint64_t const key = task_key(event->actor, event->task);
        if (bsearch(&key, failed, verdict->fault_count, sizeof *failed, keys_compare)) continue;
        struct slice const text = event_text(event);
        verdict->waits = arena_grow(&verdict->arena, verdict->waits, verdict->wait_count, sizeof *verdict->waits);
        verdict->waits[verdict->wait_count++] = (struct wait){
            .actor = event->actor,
            .task = event->task,
            .step = event->code == 1 ? JOURNAL_NONE : event->step,
            .waits = slice_copy(&verdict->arena, text),
            .came = slice_of(event->bytes.data + text.len_bytes, event->bytes.len_bytes - text.len_bytes),
            .came_from = event->offset,
        };
    }
    journal_reader_fini(&reader);
    if (verdict->wait_count) qsort(verdict->waits, verdict->wait_count, sizeof *verdict->waits, waits_compare);
    arena_fini(&scratch);
}

// By time; of the same time, the graver kind first, and then as the text has them.
static int faults_compare(const void *left, const void *right) {
    const struct fault *const a = left, *const b = right;
    if (a->at_ns != b->at_ns) return a->at_ns < b->at_ns ? -1 : 1;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->step != b->step) return a->step < b->step ? -1 : 1;
    uint64_t const key_a = task_key(a->actor, a->task), key_b = task_key(b->actor, b->task);
    return keys_compare(&key_a, &key_b);
}

void verdict_init(struct verdict *verdict, const struct plan *plan, const struct journal *journal) {
    struct arena scratch;
    struct journal_reader reader;
    *verdict = (struct verdict){.duration_ns = journal->end_ns - journal->begin_ns};
    arena_init(&verdict->arena);
    arena_init(&scratch);
    struct timings *const timings = timings_new(&scratch, plan);
    struct connections *const connections = connections_new(&scratch, plan, journal);
    struct reach *const reach = reach_new(&scratch, plan, journal);
    journal_reader_init(&reader, journal);
    uint64_t place = 0;
    for (const struct event *event; (event = journal_next(&reader)); place++) {
        timings_note(timings, event);
        failure_note(verdict, journal, event);
        reach_note(reach, event);
        if (event->socket != JOURNAL_NONE) connections_note(connections, event, place);
    }
    journal_reader_fini(&reader);
    verdict->timing = timings_result(timings);
    if (verdict->skip_reason) {
        verdict->outcome = OUTCOME_SKIPPED;
    } else if (verdict->fault_count) {
        verdict->outcome = OUTCOME_FAILED;
        last_words_collect(verdict, journal);
        causes_first(verdict);
        waits_collect(verdict, journal);
    } else { // what was not reached, or was lost, is a fault only where nothing cut the run short
        connections_judge(connections, verdict);
        reach_judge(reach, verdict);
        verdict->outcome = verdict->fault_count ? OUTCOME_FAILED : OUTCOME_PASSED;
        if (verdict->fault_count) qsort(verdict->faults, verdict->fault_count, sizeof *verdict->faults, faults_compare);
    }
    arena_fini(&scratch);
}

bool verdict_was_interrupted(const struct verdict *verdict) {
    for (uint32_t i = 0; i < verdict->fault_count; i++) {
        const struct failure *const failure = verdict->faults[i].failure;
        if (failure && failure->kind == FAILURE_INTERRUPTED) return true;
    }
    return false;
}

void verdict_fail_skipped(struct verdict *verdict, const struct journal *journal) {
    if (verdict->outcome != OUTCOME_SKIPPED) return;
    fault_add(verdict, journal, FAULT_SKIPPED)->message =
        arena_text(&verdict->arena, "skipped, and --fail-on-skip was given: %s", verdict->skip_reason);
    verdict->outcome = OUTCOME_FAILED;
}

void verdict_fini(struct verdict *verdict) {
    arena_fini(&verdict->arena);
    *verdict = (struct verdict){0};
}
