// A journal's file, of whatever bytes: it is refused with one sentence, or everything can be told of it. The whole input is
// the file.
#include "sinks.h"
#include "sinks_github.h"
#include "sinks_lines.h"

#include "replay/replay.h"
#include "reports/reports.h"

#include <stdlib.h>

enum { CASES_MAX = 40, EVENTS_MAX = 4000 }; // so that an input takes a moment only

// The cases that an input holds, and what they come to. Owned by fuzz_one.
struct told {
    struct replay replay;
    struct journal journals[CASES_MAX];
    struct verdict verdicts[CASES_MAX];
    struct case_result results[CASES_MAX]; // last turns
    struct case_result turns[CASES_MAX];
    uint32_t count, turn_count;
    struct suite_counts counts;
};

static bool is_small(const struct journal_contents *contents) {
    uint64_t events = 0;
    for (uint32_t i = 0; i < contents->case_count; i++) events += contents->cases[i].event_count;
    return contents->case_count <= CASES_MAX && events <= EVENTS_MAX;
}

static void read_turn(struct told *told, uint32_t number) {
    struct buffer wrong = {0};
    struct journal *const journal = &told->journals[number];
    struct verdict *const verdict = &told->verdicts[number];
    bool const ok = replay_read(&told->replay, number, journal, &wrong);
    fuzz_check(ok, "a case that could be read can no longer: %s", wrong.data);
    buffer_fini(&wrong);
    verdict_init(verdict, &told->replay.plans[number], journal);
    if (told->replay.contents.head.fail_on_skip) verdict_fail_skipped(verdict, journal);
    told->turns[told->turn_count++] = (struct case_result){.plan = &told->replay.plans[number],
                                                           .journal = journal,
                                                           .verdict = verdict,
                                                           .number = told->replay.contents.cases[number].number};
}

static void read_cases(struct told *told) {
    const struct journal_contents *const contents = &told->replay.contents;
    for (uint32_t i = 0, first = 0; i < contents->case_count; i++) {
        read_turn(told, i);
        if (!contents->cases[i].is_last) continue;
        struct case_result *const result = &told->results[told->count++];
        *result = told->turns[i];
        result->earlier = i > first ? &told->turns[first] : NULL;
        result->earlier_count = i - first;
        first = i + 1;
        told->counts.passed += result->verdict->outcome == OUTCOME_PASSED;
        told->counts.failed += result->verdict->outcome == OUTCOME_FAILED;
        told->counts.skipped += result->verdict->outcome == OUTCOME_SKIPPED;
    }
    told->counts.duration_ns = contents->end.duration_ns;
}

static void play_console(const struct told *told, const struct run_result *run, struct buffer *out) {
    for (unsigned style = 0; style < 4; style++) {
        struct console_style const with = {.colour = style & 1, .verbose = style & 2, .width = 80};
        buffer_clear(out);
        for (uint32_t i = 0; i < told->count; i++) console_case(&told->results[i], &with, out);
        console_end(run, &with, out);
        sinks_check_console(buffer_view(out), with.colour, false);
    }
}

static void check_one(enum sink_id id, const struct buffer *text) {
    if (id == SINK_HTML) sinks_check_page(buffer_view(text));
}

static void check_file(enum sink_id id, const struct told *told, const struct buffer *text) {
    if (id == SINK_JUNIT) sinks_check_xml(buffer_view(text), "junit");
    if (id == SINK_TAP) sinks_check_tap(buffer_view(text), told->count);
    if (id == SINK_JSON) sinks_check_json_lines(buffer_view(text), 2 + told->count);
    if (id == SINK_GITHUB) sinks_check_github(buffer_view(text));
}

static void play_sinks(const struct told *told, const struct run_result *run, struct buffer *out) {
    struct buffer name = {0};
    for (int id = 0; id < SINK_COUNT; id++) {
        const struct sink *const sink = &SINKS[id];
        buffer_clear(out);
        bool const is_folder = sink->kind == SINK_FOLDER;
        if (!is_folder) sink->open(run, out);
        for (uint32_t i = 0; i < told->count; i++) {
            sink->one(run->facts, &told->results[i], out);
            if (!is_folder) continue;
            report_file_name(&told->results[i], sink->extension, &name);
            check_one((enum sink_id)id, out);
            buffer_clear(&name);
            buffer_clear(out);
        }
        if (!is_folder || sink->index_name[0]) sink->close(run, out);
        if (!is_folder) check_file((enum sink_id)id, told, out);
    }
    buffer_fini(&name);
}

static void play(struct told *told) {
    const struct journal_head *const head = &told->replay.contents.head;
    struct buffer out = {0};
    read_cases(told);
    struct run_facts const facts = {.version = head->version,
                                    .began_ns = head->began_ns,
                                    .realtime_ns = head->realtime_ns,
                                    .seed = head->seed,
                                    .jobs = head->jobs};
    struct coverage *const coverage = coverage_new();
    for (uint32_t i = 0; i < told->count; i++) coverage_add(coverage, &told->results[i]);
    struct run_result const run = {.facts = &facts,
                                   .results = told->results,
                                   .count = told->count,
                                   .not_begun = told->replay.contents.end.not_begun,
                                   .counts = told->counts,
                                   .passed_turns = told->replay.contents.end.passed_turns,
                                   .coverage = coverage};
    play_console(told, &run, &out);
    play_sinks(told, &run, &out);
    coverage_free(coverage);
    for (uint32_t i = 0; i < told->turn_count; i++) {
        verdict_fini(&told->verdicts[i]);
        journal_fini(&told->journals[i]);
    }
    buffer_fini(&out);
}

void fuzz_one(const struct fuzz_input *input) {
    struct told *const told = calloc(1, sizeof *told);
    struct buffer wrong = {0};
    if (!told) abort();
    bool const ok = replay_init(&told->replay, input->text, "0", &wrong);
    fuzz_check(ok == !wrong.len_bytes, "it is %s, and said is: %s", ok ? "a journal" : "none",
               wrong.len_bytes ? wrong.data : "");
    if (ok && is_small(&told->replay.contents)) play(told);
    replay_fini(&told->replay);
    buffer_fini(&wrong);
    free(told);
}
