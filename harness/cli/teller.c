// What is told while cases end, and behind the last: on the console, and in the reports. The same, whether they are played
// or read from a journal.
#include "live.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Test::Harness, which tells its version to what it runs, knows TAP 14 from 3.48 on; to an older one the same text is TAP 13.
static uint32_t tap_version(void) {
    const char *const version = getenv("HARNESS_VERSION");
    return version && strtod(version, NULL) < 3.48 ? 13 : 14;
}

// To who reads TAP, Perl's harness or Meson, an exit code is a verdict of its own, and TAP has said what was skipped.
static bool is_told_by_tap(const struct options *options) {
    return options->reports[SINK_TAP] && strcmp(options->reports[SINK_TAP], "-") == 0;
}

bool teller_begin(struct teller *teller, const struct options *options, const struct run_facts *facts, uint32_t count) {
    *teller = (struct teller){.facts = *facts, .count = count, .fail_on_skip = options->fail_on_skip};
    teller->facts.tap_version = tap_version();
    if (options->reports[SINK_GITHUB]) workspace_init(&teller->facts.workspace);
    teller->style = (struct console_style){
        .colour = wants_colour(options, STDOUT_FILENO),
        .verbose = options->verbose,
        .quiet = options->quiet,
        .width = terminal_width(STDOUT_FILENO, NULL),
    };
    teller->silent = sinks_take_output(options);
    teller->wants_events = options->verbose;
    for (int i = 0; i < SINK_COUNT; i++) teller->wants_events = teller->wants_events || options->reports[i];
    // Of a shard all cases may skip where others' play; and Bazel has no word for a test that was skipped, nor for none.
    teller->skips_pass = is_told_by_tap(options) || facts->shards > 0 || getenv("BAZEL_TEST") || options->is_filtered;
    return sinks_begin(&teller->sinks, options, count);
}

// Where a machine reads, a block that is drawn over is noise: CI is set by all the usual services.
static bool is_watched(void) {
    const char *const ci = variable("CI");
    return is_terminal(STDOUT_FILENO) && (!ci || strcmp(ci, "false") == 0 || strcmp(ci, "0") == 0);
}

void teller_watch(struct teller *teller, const struct options *options, const struct plan *const *plans) {
    bool const one_at_a_time = options->jobs == 1 || teller->count == 1;
    if (teller->silent || options->quiet) return;
    if (!options->verbose) {
        if (is_watched() && !options->serves) teller->live = live_begin(teller->count, &teller->style);
    } else if (!options->rerun_failed && !options->until_fail && (one_at_a_time || isatty(STDOUT_FILENO))) {
        teller->follow = follow_begin(&teller->style, one_at_a_time ? 0 : console_trace_columns(plans, teller->count));
    }
}

void teller_begun(struct teller *teller, uint32_t number, const struct plan *plan, uint32_t thread_count) {
    live_begun(teller->live, number, plan->case_name);
    follow_begun(teller->follow, number, plan, thread_count);
}

void teller_put_off(struct teller *teller, uint32_t number) { live_put_off(teller->live, number); }

void teller_judge(const struct teller *teller, const struct plan *plan, uint32_t number, struct journal *journal,
                  struct case_result *result) {
    struct verdict *const verdict = memory_need(calloc(1, sizeof *verdict));
    verdict_init(verdict, plan, journal);
    if (teller->fail_on_skip) verdict_fail_skipped(verdict, journal);
    if (teller->wants_events || verdict->outcome != OUTCOME_PASSED) journal_expand(journal);
    *result = (struct case_result){.plan = plan, .journal = journal, .verdict = verdict, .number = number};
}

void result_fini(struct case_result *result) {
    // The command owns what it reports; reports see it as constant.
    struct verdict *const verdict = (struct verdict *)(uintptr_t)result->verdict;
    struct journal *const journal = (struct journal *)(uintptr_t)result->journal;
    if (verdict) verdict_fini(verdict);
    if (journal) journal_fini(journal);
    free(verdict);
    free(journal);
    *result = (struct case_result){0};
}

static void tell(struct teller *teller, const struct case_result *result, const char *scratch) {
    struct buffer out = {0};
    teller->style.width = terminal_width(STDOUT_FILENO, NULL); // it may have been resized
    if (teller->follow) console_outcome(result, &teller->style, &out);
    else console_case(result, &teller->style, &out);
    if (scratch) buffer_printf(&out, "      kept: %s (ls -la %s)\n", scratch, scratch);
    if (teller->live) live_ended(teller->live, result, &teller->counts, &out);
    else if (teller->follow) follow_ended(teller->follow, result, &out);
    else print(STDOUT_FILENO, &out);
    buffer_fini(&out);
}

void teller_case(struct teller *teller, const struct case_result *result, const char *scratch) {
    enum outcome const outcome = result->verdict->outcome;
    teller->done++;
    teller->counts.passed += outcome == OUTCOME_PASSED;
    teller->counts.failed += outcome == OUTCOME_FAILED;
    teller->counts.skipped += outcome == OUTCOME_SKIPPED;
    teller->counts.flaky += outcome == OUTCOME_PASSED && result->earlier_count;
    if (!teller->silent) tell(teller, result, scratch);
    sinks_case(&teller->sinks, &teller->facts, result);
    // What is still told of one that passed stands in its verdict.
    if (outcome == OUTCOME_PASSED) journal_fini((struct journal *)(uintptr_t)result->journal);
}

enum exit_code teller_end(struct teller *teller, const struct case_result *results, uint64_t duration_ns, bool interrupted) {
    teller->counts.duration_ns = duration_ns;
    struct run_result const ended = {.facts = &teller->facts,
                                     .results = results,
                                     .count = teller->done,
                                     .not_begun = teller->count - teller->done,
                                     .counts = teller->counts,
                                     .passed_turns = teller->passed_turns};
    struct buffer out = {0};
    live_end(teller->live);
    follow_end(teller->follow);
    console_end(&ended, &teller->style, &out);
    if (!teller->silent) print(STDOUT_FILENO, &out);
    buffer_fini(&out);
    if (!sinks_end(&teller->sinks, &ended)) return EXIT_HARNESS;
    if (teller->counts.failed > 0 || interrupted) return EXIT_FAILED;
    return teller->counts.passed == 0 && !teller->skips_pass ? EXIT_ALL_SKIPPED : EXIT_PASSED;
}

void teller_fini(struct teller *teller) {
    workspace_fini(&teller->facts.workspace);
    sinks_fini(&teller->sinks);
}
