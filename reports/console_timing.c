// Where the time of a run went, and its slowest cases: from the verdicts alone, so that a kept journal tells the same.
#include "console.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

enum { SLOWEST_MAX = 3, DURATION_COLUMNS = 6 };

static const char LABEL[] = "slowest:";
static const int64_t SHORT_NS = 1000 * 1000 * 1000; // a run that nobody wonders about

static bool was_played(const struct case_result *result) { return result->verdict->outcome != OUTCOME_SKIPPED; }

static uint32_t played_count(const struct run_result *run) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->count; i++) count += was_played(&run->results[i]);
    return count;
}

// What is not known of a case counts as waiting.
static void breakdown_render(const struct run_result *run, struct buffer *out) {
    double setup_ns = 0, work_ns = 0, all_ns = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        const struct verdict *const verdict = run->results[i].verdict;
        double const told_ns = (double)verdict->timing.setup_ns + (double)verdict->timing.work_ns;
        setup_ns += (double)verdict->timing.setup_ns;
        work_ns += (double)verdict->timing.work_ns;
        all_ns += (double)verdict->duration_ns > told_ns ? (double)verdict->duration_ns : told_ns;
    }
    if (all_ns <= 0) return;
    unsigned const setup = (unsigned)(setup_ns * 100 / all_ns + 0.5), work = (unsigned)(work_ns * 100 / all_ns + 0.5);
    unsigned const waiting = setup + work < 100 ? 100 - setup - work : 0;
    buffer_printf(out, "time: set-up %u %%, waiting for the kernel and for peers %u %%, our own work %u %%\n", setup,
                  waiting, work);
}

static void longest_step_render(const struct case_result *result, struct buffer *out) {
    const struct timing *const timing = &result->verdict->timing;
    const struct step *const step = step_at(result->plan, timing->step);
    char duration[DURATION_TEXT_BYTES];
    if (timing->is_known && timing->setup_ns > result->verdict->duration_ns / 2) {
        buffer_printf(out, "  set-up %s", duration_text(timing->setup_ns, duration));
    } else if (step && timing->step_ns >= NS_PER_MS) {
        buffer_printf(out, "  %s in ", duration_text(timing->step_ns, duration));
        instance_name(result->plan, timing->actor, out);
        buffer_text(out, ", ");
        step_place(result->plan, step, out);
        buffer_text(out, ": ");
        step_words(step, 60, out);
    }
}

// The slowest of those that are not slower than `than`; of equal ones the first. NULL: there is none.
static const struct case_result *slowest_behind(const struct run_result *run, const struct case_result *than) {
    const struct case_result *slowest = NULL;
    for (uint32_t i = 0; i < run->count; i++) {
        const struct case_result *const result = &run->results[i];
        int64_t const ns = result->verdict->duration_ns;
        if (!was_played(result)) continue;
        if (than && (ns > than->verdict->duration_ns || (ns == than->verdict->duration_ns && result <= than))) continue;
        if (!slowest || ns > slowest->verdict->duration_ns) slowest = result;
    }
    return slowest;
}

void page_timing(const struct page *page, const struct run_result *run) {
    uint32_t const played = played_count(run);
    bool const is_long = played > 1 && run->counts.duration_ns > (uint64_t)SHORT_NS;
    if (run->passed_turns) return; // the last turn's time is not the run's
    if (page->style->quiet || !played || !(page->style->verbose || is_long)) return;
    size_t from = page->out->len_bytes;
    breakdown_render(run, page->out);
    page_wrap(page, from);
    from = page->out->len_bytes;
    const struct case_result *result = NULL;
    for (unsigned i = 0; i < SLOWEST_MAX && (result = slowest_behind(run, result)); i++) {
        char duration[DURATION_TEXT_BYTES];
        buffer_repeat(page->out, ' ', sizeof LABEL);
        buffer_printf(page->out, "%*s  ", DURATION_COLUMNS, duration_text(result->verdict->duration_ns, duration));
        report_text(slice_text(result->plan->case_name), COLUMNS_ALL, page->out);
        longest_step_render(result, page->out);
        buffer_text(page->out, "\n");
    }
    page_wrap(page, from);
    memcpy(page->out->data + from, LABEL, sizeof LABEL - 1); // where all lines are wrapped alike
}
