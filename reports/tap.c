// TAP 14, https://testanything.org/tap-version-14-specification.html: a test point a case, and below one that failed,
// that is flaky or that has warnings, a block of YAML that says why.
#include "console.h"
#include "faults.h"
#include "sinks.h"
#include "yaml.h"

#include <string.h>

enum {
    YAML_INDENT = 2,
    FAULTS_MAX = 20,
    WAITS_MAX = 20,
    PROGRAMS_MAX = 8,
    OUTPUT_LINES_MAX = 20,
};

// A `#` begins a directive.
static void description(const char *text, struct buffer *out) {
    struct buffer words = {0};
    report_text(slice_text(text), COLUMNS_ALL, &words);
    for (size_t i = 0; i < words.len_bytes; i++) {
        if (words.data[i] == '#' || words.data[i] == '\\') buffer_text(out, "\\");
        buffer_add(out, &words.data[i], 1);
    }
    buffer_fini(&words);
}

static void words_string(struct yaml *yaml, const char *key, struct buffer *words) {
    yaml_string(yaml, key, buffer_view(words));
    buffer_clear(words);
}

static void place(struct yaml *yaml, struct span span) {
    if (!span.source) return;
    struct position const position = source_position(span);
    yaml_string(yaml, "file", slice_text(span.source->path));
    yaml_number(yaml, "line", position.line);
    yaml_number(yaml, "column", position.column);
}

// What printed text looks like: no more than its last lines, each behind a bar, so that none begins with a blank.
static void output_block(struct yaml *yaml, const char *key, struct slice text) {
    struct buffer lines = {0};
    size_t at = text.len_bytes;
    if (at && text.data[at - 1] == '\n') at--;
    text.len_bytes = at;
    for (unsigned count = 0; at > 0; at--) {
        if (text.data[at - 1] == '\n' && ++count == OUTPUT_LINES_MAX) break;
    }
    while (at < text.len_bytes) {
        const uint8_t *const line_break = memchr(text.data + at, '\n', text.len_bytes - at);
        size_t const stop = line_break ? (size_t)(line_break - text.data) : text.len_bytes;
        buffer_text(&lines, "| ");
        report_text(slice_of(text.data + at, stop - at), COLUMNS_ALL, &lines);
        buffer_text(&lines, "\n");
        at = stop + 1;
    }
    if (lines.len_bytes) yaml_block(yaml, key, buffer_view(&lines));
    buffer_fini(&lines);
}

static void bytes(struct yaml *yaml, const struct failure *failure) {
    struct buffer text = {0};
    yaml_number(yaml, "offset", failure->offset);
    if (failure->wanted) yaml_string(yaml, "wanted", slice_text(failure->wanted));
    if (failure->expected.len_bytes) {
        verdict_byte_diff(failure->window_offset, failure->expected, failure->received, failure->offset, &text, 0);
        yaml_block(yaml, "diff", buffer_view(&text));
    } else {
        yaml_string(yaml, "received", failure->received);
    }
    buffer_fini(&text);
}

// Steps of a procedure: who called it, the nearest first.
static void callers(struct yaml *yaml, const struct plan *plan, const struct step *step) {
    if (!step || !step_at(plan, step->called_from)) return;
    struct buffer words = {0};
    yaml_list_begin(yaml, "called_from");
    for (unsigned i = 0; i < STEP_CALLERS_MAX && (step = step_at(plan, step->called_from)); i++) {
        yaml_item(yaml);
        place(yaml, step->span);
        step_words(step, FAULT_STEP_COLUMNS, &words);
        words_string(yaml, "step", &words);
    }
    yaml_list_end(yaml);
    buffer_fini(&words);
}

// What is said of every fault.
static void fault_head(struct yaml *yaml, const struct plan *plan, const struct fault *fault) {
    struct buffer words = {0};
    fault_words(plan, fault, &words);
    words_string(yaml, "message", &words);
    yaml_string(yaml, "severity", slice_text("fail"));
    yaml_string(yaml, "type", slice_text(fault_type(fault)));
    struct fault_place const at = fault_place(plan, fault);
    yaml_begin(yaml, "at");
    yaml_string(yaml, "file", slice_text(at.path));
    yaml_number(yaml, "line", at.line);
    if (at.column) yaml_number(yaml, "column", at.column);
    yaml_end(yaml);
    const struct step *const step = step_at(plan, fault->step);
    if (step) step_words(step, FAULT_STEP_COLUMNS, &words);
    if (step) words_string(yaml, "step", &words);
    callers(yaml, plan, step);
    buffer_fini(&words);
}

static void first_fault(struct yaml *yaml, const struct case_result *result) {
    const struct fault *const fault = &result->verdict->faults[0];
    fault_head(yaml, result->plan, fault);
    yaml_string(yaml, "title", slice_text(result->plan->title));
    if (!fault->failure) return;
    if (failure_is_about_bytes(fault->failure)) bytes(yaml, fault->failure);
    output_block(yaml, output_word(fault->output_of), fault->output);
}

static void more_faults(struct yaml *yaml, const struct case_result *result) {
    const struct verdict *const verdict = result->verdict;
    if (verdict->fault_count < 2) return;
    yaml_list_begin(yaml, "also");
    for (uint32_t i = 1; i < verdict->fault_count && i <= FAULTS_MAX; i++) {
        yaml_item(yaml);
        fault_head(yaml, result->plan, &verdict->faults[i]);
    }
    yaml_list_end(yaml);
    if (verdict->fault_count - 1 > FAULTS_MAX) yaml_number(yaml, "more_faults", verdict->fault_count - 1 - FAULTS_MAX);
}

// How many there are from this one on that are of one actor and wait alike.
static uint32_t alike(const struct case_result *result, uint32_t first) {
    const struct plan *const plan = result->plan;
    const struct wait *const wait = &result->verdict->waits[first];
    uint32_t end = first + 1;
    for (; end < result->verdict->wait_count && wait->actor < plan->instance_count; end++) {
        const struct wait *const other = &result->verdict->waits[end];
        bool const is_of_actor = other->actor < plan->instance_count &&
                                 plan->instances[other->actor].actor == plan->instances[wait->actor].actor;
        if (!is_of_actor || other->step != wait->step || strcmp(other->waits, wait->waits) != 0) break;
    }
    return end - first;
}

static void wait_item(struct yaml *yaml, const struct plan *plan, const struct wait *wait, uint32_t count) {
    const struct step *const step = step_at(plan, wait->step);
    struct buffer words = {0};
    yaml_item(yaml);
    instance_name(plan, wait->actor, &words);
    words_string(yaml, "actor", &words);
    if (count > 1) yaml_number(yaml, "and_more", count - 1);
    else if (wait->task) yaml_number(yaml, "connection", wait->task);
    if (step) place(yaml, step->span);
    if (step) step_words(step, FAULT_STEP_COLUMNS, &words);
    else buffer_text(&words, "not begun");
    words_string(yaml, "step", &words);
    if (wait->waits[0]) yaml_string(yaml, "waits", slice_text(wait->waits));
    if (count == 1 && wait->came.len_bytes) yaml_string(yaml, "came", wait->came);
    buffer_fini(&words);
}

static void waits(struct yaml *yaml, const struct case_result *result) {
    const struct verdict *const verdict = result->verdict;
    if (!verdict->wait_count) return;
    uint32_t at = 0;
    yaml_list_begin(yaml, "meanwhile");
    for (uint32_t shown = 0; at < verdict->wait_count && shown < WAITS_MAX; shown++) {
        uint32_t const count = alike(result, at);
        wait_item(yaml, result->plan, &verdict->waits[at], count);
        at += count;
    }
    yaml_list_end(yaml);
    if (at < verdict->wait_count) yaml_number(yaml, "more_waits", verdict->wait_count - at);
}

static void programs(struct yaml *yaml, const struct case_result *result) {
    struct arena scratch;
    arena_init(&scratch);
    uint32_t count;
    const struct program_end *const ends = program_ends(result->journal, &scratch, &count);
    struct buffer words = {0};
    if (count) yaml_list_begin(yaml, "programs");
    for (uint32_t i = 0; i < count && i < PROGRAMS_MAX; i++) {
        yaml_item(yaml);
        instance_name(result->plan, ends[i].instance, &words);
        words_string(yaml, "actor", &words);
        if (ends[i].exited) program_end_words(ends[i].exited, &words);
        else buffer_text(&words, "still ran");
        words_string(yaml, "end", &words);
        if (ends[i].output) output_block(yaml, output_word(ends[i].output->code), ends[i].output->bytes);
    }
    if (count) yaml_list_end(yaml);
    if (count > PROGRAMS_MAX) yaml_number(yaml, "more_programs", count - PROGRAMS_MAX);
    buffer_fini(&words);
    arena_fini(&scratch);
}

static void lints(struct yaml *yaml, const struct case_result *result) {
    const struct verdict *const verdict = result->verdict;
    if (!verdict->lint_count) return;
    yaml_list_begin(yaml, "warnings");
    for (uint32_t i = 0; i < verdict->lint_count; i++) {
        const struct step *const step = step_at(result->plan, verdict->lints[i].step);
        yaml_item(yaml);
        yaml_string(yaml, "message", slice_text(verdict->lints[i].message));
        if (step) place(yaml, step->span);
    }
    yaml_list_end(yaml);
}

// The turns before the last one: all failed.
static void earlier(struct yaml *yaml, const struct case_result *result) {
    if (!result->earlier_count) return;
    yaml_number(yaml, "turns", (uint64_t)result->earlier_count + 1);
    yaml_list_begin(yaml, "failed_before");
    for (uint32_t i = 0; i < result->earlier_count; i++) {
        const struct case_result *const turn = &result->earlier[i];
        yaml_item(yaml);
        if (turn->verdict->fault_count) first_fault(yaml, turn);
        yaml_number(yaml, "duration_us", (uint64_t)(turn->verdict->duration_ns / 1000));
    }
    yaml_list_end(yaml);
}

static void diagnostics(const struct case_result *result, struct buffer *out) {
    const struct verdict *const verdict = result->verdict;
    struct yaml yaml = {.out = out, .indent = YAML_INDENT};
    buffer_text(out, "  ---\n");
    if (verdict->outcome == OUTCOME_FAILED && verdict->fault_count) {
        first_fault(&yaml, result);
        waits(&yaml, result);
        programs(&yaml, result);
        more_faults(&yaml, result);
    }
    lints(&yaml, result);
    earlier(&yaml, result);
    yaml_number(&yaml, "duration_us", (uint64_t)(verdict->duration_ns / 1000));
    buffer_text(out, "  ...\n");
}

// What nobody played is planned, and so is missed, where nothing else has failed.
void tap_open(const struct run_result *run, struct buffer *out) {
    uint32_t const version = run->facts->tap_version ? run->facts->tap_version : 14;
    uint32_t const planned = run->counts.failed ? run->count : run->count + run->not_begun;
    struct buffer shard = {0};
    bool const is_shard = shard_words(run, &shard);
    buffer_printf(out, "TAP version %u\n1..%u%s%s\n", version, planned,
                  is_shard && planned == 0 ? " # SKIP " : is_shard ? "\n# " : "", is_shard ? shard.data : "");
    buffer_fini(&shard);
}

void tap_one(const struct run_facts *facts, const struct case_result *result, struct buffer *out) {
    (void)facts;
    const struct verdict *const verdict = result->verdict;
    bool const failed = verdict->outcome == OUTCOME_FAILED;
    buffer_printf(out, "%s %u - ", failed ? "not ok" : "ok", result->number + 1);
    description(result->plan->case_name, out);
    if (verdict->outcome == OUTCOME_SKIPPED) {
        buffer_text(out, " # SKIP ");
        report_text(slice_text(verdict->skip_reason), COLUMNS_ALL, out);
    }
    buffer_text(out, "\n");
    if (failed || verdict->lint_count || result->earlier_count) diagnostics(result, out);
}

static bool was_interrupted(const struct run_result *run) {
    for (uint32_t i = 0; i < run->count; i++)
        if (verdict_was_interrupted(run->results[i].verdict)) return true;
    return false;
}

void tap_close(const struct run_result *run, struct buffer *out) {
    if (was_interrupted(run)) buffer_printf(out, "Bail out! Interrupted, %u not begun\n", run->not_begun);
    else if (run->not_begun) buffer_printf(out, "# %u not begun\n", run->not_begun);
}
