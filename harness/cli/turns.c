// The turns of a run: every case once; those that failed again, for --rerun-failed; all of them until one fails, for --until-fail.
//
// A case is told when its last turn is over. Until then the turns that it has had are kept whole.
#include "live.h"
#include "run.h"

#include "base/memory.h"

#include <stdlib.h>

enum { KEPT_BYTES_FOR_PACKETS = 64 * 1024 * 1024 }; // of each direction: captures that are made need all bytes

// Cases that are played together. Lives while they are.
struct batch {
    struct run *run;
    const uint32_t *numbers; // of the cases
    const struct plan **plans;
    uint32_t count;
    const struct engine_options *engine;
};

// ---- one case

static const struct case_result *last_of(const struct case_turns *turns) {
    return turns->count > 0 ? &turns->results[turns->count - 1] : NULL;
}

static bool has_failed(const struct case_turns *turns) {
    const struct case_result *const last = last_of(turns);
    return last && last->verdict->outcome == OUTCOME_FAILED;
}

// By a signal, or since nobody can be told any more.
static bool is_interrupted(void) { return interrupt_signal() || print_has_failed(); }

static bool was_interrupted(const struct case_result *result) { return verdict_was_interrupted(result->verdict); }

// One that was skipped, for --fail-on-skip, would be skipped again.
static bool may_pass_yet(const struct case_turns *turns) {
    return !turns->is_told && has_failed(turns) && last_of(turns)->verdict->faults[0].kind != FAULT_SKIPPED;
}

static void free_turns(struct case_turns *turns) {
    for (uint32_t i = 0; i < turns->count; i++) result_fini(&turns->results[i]);
    free(turns->results);
    buffer_fini(&turns->kept);
    *turns = (struct case_turns){0};
}

static void tell(struct run *run, uint32_t number) {
    struct case_turns *const turns = &run->turns[number];
    if (turns->count == 0 || turns->is_told) return;
    struct case_result *const last = &turns->results[turns->count - 1];
    last->earlier = turns->results;
    last->earlier_count = turns->count - 1;
    const char *const kept = turns->kept.len_bytes > 0 ? turns->kept.data : NULL;
    turns->is_told = true;
    keeper_case(&run->keeper, last, kept);
    teller_case(&run->teller, last, kept);
}

static bool stops_at(const struct run *run, const struct case_turns *turns) {
    return run->options->fail_fast && has_failed(turns);
}

// A further turn that was skipped, or that a signal ended, says nothing about the ones before: it was none.
static bool says_nothing(const struct case_turns *turns, const struct case_result *result) {
    return turns->count > 0 && (result->verdict->outcome == OUTCOME_SKIPPED || was_interrupted(result));
}

static bool finished(void *context, uint32_t index, struct journal *journal, const char *scratch) {
    const struct batch *const batch = context;
    struct run *const run = batch->run;
    uint32_t const number = batch->numbers[index];
    struct case_turns *const turns = &run->turns[number];
    struct case_result result;
    teller_judge(&run->teller, batch->plans[index], number, journal, &result);
    if (scratch) buffer_printf(&turns->kept, "%s%s", turns->kept.len_bytes > 0 ? " " : "", scratch);
    if (says_nothing(turns, &result)) {
        teller_put_off(&run->teller, number);
        result_fini(&result);
        return true;
    }
    turns->results = memory_need(realloc(turns->results, (turns->count + 1) * sizeof *turns->results));
    turns->results[turns->count++] = result;
    bool const waits = run->options->until_fail || (run->options->rerun_failed > 0 && may_pass_yet(turns));
    if (waits) teller_put_off(&run->teller, number);
    else tell(run, number);
    return !stops_at(run, turns);
}

static void begun(void *context, uint32_t index) {
    const struct batch *const batch = context;
    const struct plan *const plan = batch->plans[index];
    teller_begun(&batch->run->teller, batch->numbers[index], plan, engine_threads_of(plan, batch->engine, batch->count));
}

static void followed(void *context, uint32_t index, uint32_t thread, const struct event *events, uint32_t count,
                     int64_t until_ns) {
    const struct batch *const batch = context;
    follow_events(batch->run->teller.follow, batch->numbers[index], thread, events, count, until_ns);
}

// ---- several

static int play(struct run *run, const uint32_t *numbers, uint32_t count) {
    const struct options *const options = run->options;
    bool const wants_packets = options->reports[SINK_PCAPNG] || options->journal; // what is asked of a journal is asked later
    struct engine_options engine = {
        .under = (const char *const *)options->under,
        .workers = options->jobs,
        .threads = options->threads,
        .timeout_scale = options->timeout_scale,
        .seed = options->seed,
        .allow_network = options->allow_network,
        .isolation = run->outside.isolation,
        .isolation_lacks = run->outside.isolation_lacks.data,
        .programs_lack = run->outside.programs_lack,
        .snapshots = options->verbose || options->journal || options->reports[SINK_HTML],
        .keep = options->keep,
        .packets = wants_packets,
        .kept_bytes = wants_packets ? KEPT_BYTES_FOR_PACKETS : 0,
        .begun = begun,
        .follow = run->teller.follow ? followed : NULL,
        .clients_outside = options->serves,
        .lifeline = options->has_lifeline ? (int)options->lifeline : -1,
        .reachable = options->serves ? serve_tell : NULL,
        .failing = options->serves ? serve_tell_failing : NULL,
        .players = options->players,
        .player_count = options->player_count,
        .terse = options->terse,
        .fields = options->reports[SINK_COVERAGE] || options->journal,
    };
    struct batch batch = {.run = run, .engine = &engine, .numbers = numbers, .count = count};
    batch.plans = memory_need(calloc(count + 1, sizeof *batch.plans));
    for (uint32_t i = 0; i < count; i++) batch.plans[i] = run->cases.plans[numbers[i]];
    // A case that is played again alone is dealt over no more threads than it was among the others.
    if (count == 1) engine.threads = engine_threads_of(batch.plans[0], &engine, run->cases.count);
    int const error = engine_run(batch.plans, count, &engine, finished, &batch);
    free(batch.plans);
    return error;
}

// The cases that have not been begun yet.
static int play_others(struct run *run) {
    uint32_t *const numbers = memory_need(calloc(run->cases.count + 1, sizeof *numbers));
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->cases.count; i++)
        if (run->turns[i].count == 0) numbers[count++] = i;
    int const error = play(run, numbers, count);
    free(numbers);
    return error;
}

static bool any_left(const struct run *run) {
    for (uint32_t i = 0; i < run->cases.count; i++)
        if (run->turns[i].count == 0) return true;
    return false;
}

// One that failed, alone: as often as is asked for, or until it passes. Then it is told.
static int play_again(struct run *run, uint32_t number) {
    int error = 0;
    for (uint32_t i = 0; i < run->options->rerun_failed && !error && !is_interrupted(); i++)
        if (has_failed(&run->turns[number])) error = play(run, &number, 1);
    tell(run, number);
    return error;
}

// Of --fail-fast: a case has failed for good.
static bool is_stopped(const struct run *run) {
    return run->options->fail_fast && run->teller.counts.failed > 0;
}

// With --fail-fast what fails is played again at once, and only where that passes the others go on.
static int play_all(struct run *run) {
    int error;
    do {
        error = play_others(run);
        for (uint32_t i = 0; i < run->cases.count; i++) {
            bool const again = may_pass_yet(&run->turns[i]) && !error && !is_stopped(run);
            if (again) error = play_again(run, i);
            else tell(run, i);
        }
    } while (!error && !is_interrupted() && !is_stopped(run) && any_left(run));
    run->is_cut_short = interrupt_signal() != 0;
    return error;
}

// ---- --until-fail

static void forget(const struct run *run, struct case_turns *turns) {
    for (uint32_t i = 0; i < run->cases.count; i++) free_turns(&turns[i]);
}

static void forget_interrupted(const struct run *run) {
    for (uint32_t i = 0; i < run->cases.count; i++)
        if (run->turns[i].count > 0 && was_interrupted(last_of(&run->turns[i]))) free_turns(&run->turns[i]);
}

static bool any_came_to(const struct run *run, enum outcome outcome) {
    for (uint32_t i = 0; i < run->cases.count; i++)
        if (run->turns[i].count > 0 && last_of(&run->turns[i])->verdict->outcome == outcome) return true;
    return false;
}

// What passes is forgotten a turn later: a signal may come in the middle of one, and then it is the one before that is told.
static int play_until_fail(struct run *run) {
    uint32_t const limit = run->options->repeat;
    uint64_t *const passed = &run->teller.passed_turns;
    run->previous = memory_need(calloc(run->cases.count + 1, sizeof *run->previous));
    int error;
    for (bool goes_on = true; goes_on;) {
        struct case_turns *const older = run->previous;
        run->previous = run->turns;
        run->turns = older;
        forget(run, run->turns);
        error = play_others(run);
        if (interrupt_signal()) forget_interrupted(run);
        bool const failed = error || any_came_to(run, OUTCOME_FAILED);
        bool const is_whole = !is_interrupted() && !failed && any_came_to(run, OUTCOME_PASSED);
        *passed += is_whole;
        live_turns(run->teller.live, *passed);
        goes_on = is_whole && (limit == 0 || *passed < limit);
        if (interrupt_signal() && !failed && *passed > 0) {
            run->turns = run->previous;
            run->previous = older;
        }
    }
    for (uint32_t i = 0; i < run->cases.count; i++) tell(run, i);
    run->is_cut_short = interrupt_signal() && *passed == 0;
    return error;
}

// ---- the run

int turns_play(struct run *run) {
    run->turns = memory_need(calloc(run->cases.count + 1, sizeof *run->turns));
    return run->options->until_fail ? play_until_fail(run) : play_all(run);
}

struct case_result *turns_results(const struct run *run) {
    struct case_result *const results = memory_need(calloc(run->cases.count + 1, sizeof *results));
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->cases.count; i++)
        if (run->turns[i].count > 0) results[count++] = *last_of(&run->turns[i]);
    return results;
}

void turns_fini(struct run *run) {
    if (run->turns) forget(run, run->turns);
    if (run->previous) forget(run, run->previous);
    free(run->turns);
    free(run->previous);
}
