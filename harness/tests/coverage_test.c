// What the scenarios of a run exercise: journals by hand over plans of real texts, against a golden under
// fixtures/golden/coverage; and what the engine notes of messages, as they are sent and received.
#include "coverage.h"

#include "engine_play.h"
#include "golden_file.h"
#include "sink_play.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char GREETING[] = "scenario \"a greeting\"\n"
                               "message Greeting {\n"
                               "  length u8 = size(name)\n"
                               "  has_age u8\n"
                               "  age u16be when has_age == 1\n"
                               "  name bytes(length)\n"
                               "  check u32be = crc32(length .. name)\n"
                               "}\n"
                               "message Never { spare leb128 }\n"
                               "server host {\n"
                               "  listen tcp 127.0.0.1:0\n"
                               "  accept {\n"
                               "    recv Greeting { has_age: 0, name: \"ada\" } as got\n"
                               "    expect got.length == 3 within 1s\n"
                               "  }\n"
                               "}\n"
                               "client guest {\n"
                               "  connect host as wire\n"
                               "  send Greeting { has_age: 0, name: lower(\"ADA\") } on wire\n"
                               "  expect sent == 9 and option(SO_TYPE) == SOCK_STREAM\n"
                               "}\n";

// ---- journals by hand

// One text, and a journal of it. Owned by one test.
struct story {
    struct plan_set set;
    struct journal_segment *segment;
    struct journal journal;
    struct verdict verdict;
};

static void story_init(struct story *story, const char *path, const char *text) {
    plan_set_init(&story->set, path, slice_text(text), NULL, 0);
    ck_assert_uint_eq(story->set.diags.error_count, 0);
    story->segment = calloc(1, sizeof *story->segment);
    journal_segment_init(story->segment, 0, 1);
}

static void story_ends(struct story *story, uint32_t step) { journal_add(story->segment, EVENT_STEP_END)->step = step; }

static void story_field(struct story *story, int fate, uint64_t number) {
    struct event *const event = journal_add(story->segment, EVENT_FIELD);
    event->code = fate;
    event->count = number;
}

static struct case_result story_result(struct story *story, enum outcome outcome) {
    journal_merge(&story->journal, story->segment, 1);
    journal_expand(&story->journal);
    story->verdict.outcome = outcome;
    return (struct case_result){.plan = story->set.plans[0], .journal = &story->journal, .verdict = &story->verdict};
}

static void story_fini(struct story *story) {
    journal_fini(&story->journal);
    plan_set_fini(&story->set);
}

static void render(const struct coverage *coverage, struct buffer *out) {
    struct run_result const run = {.facts = &SINK_FACTS, .coverage = coverage};
    SINKS[SINK_COVERAGE].open(&run, out);
    SINKS[SINK_COVERAGE].close(&run, out);
}

START_TEST(a_suite) {
    struct story whole = {0}, part = {0}, skipped = {0};
    struct coverage *const coverage = coverage_new();
    struct buffer out = {0};
    // One file, by two ways to it.
    story_init(&whole, "suite/greeting.drill", GREETING);
    story_init(&part, "suite/deeper/../greeting.drill", GREETING);
    story_init(&skipped, "suite/other.drill", "scenario \"skipped\"\nclient c { sleep 1ms }\n");
    for (uint32_t i = 0; i < whole.set.plans[0]->step_count; i++) {
        bool const is_statement = whole.set.plans[0]->steps[i].kind < STEP_BLOCK_END;
        for (int times = 0; times < 2 && is_statement; times++) story_ends(&whole, i);
    }
    journal_add(whole.segment, EVENT_OPEN)->count = FAMILY_TCP;
    for (uint64_t i = 0; i < 5; i++) {
        if (i != 2) story_field(&whole, FIELD_BUILT, i);
        if (i != 2) story_field(&whole, FIELD_MATCHED, i);
    }
    story_field(&whole, FIELD_ASKED, 1);
    story_field(&whole, FIELD_ASKED, 3);
    story_field(&whole, FIELD_READ, 0);
    story_ends(&part, 0);
    story_field(&part, FIELD_BUILT, 2);
    story_ends(&skipped, 0);
    struct case_result const results[] = {story_result(&whole, OUTCOME_PASSED), story_result(&part, OUTCOME_FAILED),
                                          story_result(&skipped, OUTCOME_SKIPPED)};
    for (int i = 0; i < 3; i++) coverage_add(coverage, &results[i]);
    render(coverage, &out);
    golden_compare("coverage/suite.txt", &out);
    buffer_fini(&out);
    coverage_free(coverage);
    story_fini(&whole);
    story_fini(&part);
    story_fini(&skipped);
}
END_TEST

static uint32_t cases_of(const struct coverage *coverage) {
    uint32_t cases = 0;
    for (int i = 0; i < COVERAGE_GROUP_COUNT; i++)
        for (uint32_t k = 0; k < coverage->groups[i].count; k++) cases += coverage->groups[i].items[k].mark.cases;
    for (uint32_t i = 0; i < coverage->message_count; i++)
        for (int fate = 0; fate < COVERAGE_FATE_COUNT; fate++)
            for (uint32_t k = 0; k < coverage->messages[i].code->field_count; k++)
                cases += coverage->messages[i].marks[fate][k].cases;
    return cases;
}

// A journal that was read from a file has been checked, but not for these.
START_TEST(numbers_that_nothing_has) {
    struct story story = {0};
    struct coverage *const coverage = coverage_new();
    struct buffer out = {0};
    story_init(&story, "odd.drill", GREETING);
    story_ends(&story, JOURNAL_NONE);
    story_ends(&story, story.set.plans[0]->step_count);
    story_field(&story, FIELD_BUILT, story.set.plans[0]->field_count);
    story_field(&story, FIELD_BUILT, UINT64_MAX);
    story_field(&story, FIELD_FATE_COUNT, 0);
    story_field(&story, -1, 0);
    journal_add(story.segment, EVENT_OPEN)->count = FAMILY_COUNT;
    journal_add(story.segment, EVENT_OPEN)->count = UINT64_MAX;
    struct case_result const result = story_result(&story, OUTCOME_PASSED);
    coverage_add(coverage, &result);
    ck_assert_uint_eq(cases_of(coverage), 0);
    render(coverage, &out);
    buffer_fini(&out);
    coverage_free(coverage);
    story_fini(&story);
}
END_TEST

START_TEST(nothing_at_all) {
    struct coverage *const coverage = coverage_new();
    struct buffer out = {0};
    render(coverage, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "what 0 cases exercised"));
    ck_assert_ptr_null(strstr(out.data, "messages"));
    buffer_clear(&out);
    render(NULL, &out);
    ck_assert_uint_eq(out.len_bytes, 0);
    buffer_fini(&out);
    coverage_free(coverage);
}
END_TEST

// ---- the tables

static const char *const SYNOPSES[] = {
#define VERB(id, word, synopsis, help) [STEP_##id] = synopsis,
#include "script/verbs.def"
};

static const struct {
    enum step_kind verb;
    const char *words;
} CLAUSES[] = {
#define CLAUSE(verb, words, holds) {STEP_##verb, words},
#include "clauses.def"
};

// A clause is written as the synopsis of its verb has it: what is taken from the language is taken from here.
START_TEST(clauses_stand_in_synopses) {
    for (size_t i = 0; i < sizeof CLAUSES / sizeof *CLAUSES; i++) {
        const char *const synopsis = SYNOPSES[CLAUSES[i].verb];
        char *const words = strdup(CLAUSES[i].words);
        for (char *rest = words, *word; (word = strsep(&rest, " "));)
            ck_assert_msg(strstr(synopsis, word) != NULL, "%s: not in %s", CLAUSES[i].words, synopsis);
        free(words);
    }
}
END_TEST

// ---- what the engine notes

static uint32_t noted(const struct journal *journal, enum field_fate fate, uint64_t number) {
    uint32_t count = 0;
    for (uint64_t i = 0; i < journal->event_count; i++) {
        const struct event *const event = &journal->events[i];
        count += event->kind == EVENT_FIELD && event->code == (int32_t)fate && event->count == number;
    }
    return count;
}

START_TEST(fields_are_noted_once) {
    struct played played;
    play(&played, &(struct play_options){.fields = true}, "%s", GREETING);
    const struct journal *const journal = played.journals[0];
    ck_assert_ptr_null(first_failure(journal));
    for (uint64_t i = 0; i < 6; i++) {
        bool const is_there = i != 2 && i != 5; // `age`, whose `when` does not hold; `spare` of another message
        ck_assert_uint_eq(noted(journal, FIELD_BUILT, i), is_there);
        ck_assert_uint_eq(noted(journal, FIELD_MATCHED, i), is_there);
        ck_assert_uint_eq(noted(journal, FIELD_ASKED, i), i == 1 || i == 3);
        ck_assert_uint_eq(noted(journal, FIELD_READ, i), i == 0);
    }
    played_fini(&played);
    play(&played, &(struct play_options){0}, "%s", GREETING);
    ck_assert_uint_eq(count_events(played.journals[0], EVENT_FIELD), 0);
    played_fini(&played);
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("coverage");
    TCase *const all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_test(all, a_suite);
    tcase_add_test(all, numbers_that_nothing_has);
    tcase_add_test(all, nothing_at_all);
    tcase_add_test(all, clauses_stand_in_synopses);
    tcase_add_test(all, fields_are_noted_once);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
