// Whether a pattern really looks at every byte: in a compiled plan, each byte of each literal `recv` is changed in turn, and
// each time the case must fail and name that very byte.
#include "engine/engine.h"
#include "verdict/verdict.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

// The notebook's request of 398 bytes, answered by itself, and then a row of several literals.
static const char CONVERSATION[] =
    "scenario \"the server returns the client's own request, byte for byte\"\n"
    "let request = \"\"\"\n"
    "  GET / HTTP/1.1\n"
    "  Host: gnu.org\n"
    "  Connection: keep-alive\n"
    "  User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.88 "
    "Safari/537.36\n"
    "  Upgrade-Insecure-Requests: 1\n"
    "  Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.9\n"
    "  Accept-Language: en-US,en;q=0.9\n"
    "  Accept-Encoding: identity\"\"\"\n"
    "server servidor {\n"
    "  listen tcp 127.0.0.1:0\n"
    "  accept {\n"
    "    recv request\n"
    "    send request \"X-Answer: \" u16be(398) \"\\r\\n\\r\\n\"\n"
    "    recv \"thank\" \" \" \"you\" eof\n"
    "  }\n"
    "}\n"
    "client cliente {\n"
    "  connect servidor\n"
    "  send request\n"
    "  recv request \"X-Answer: \" u16be(398) crlf crlf\n"
    "  expect received == 414\n"
    "  send \"thank you\"\n"
    "  close\n"
    "}\n";

enum { REQUEST_BYTES = 398, MUTATIONS = REQUEST_BYTES + 9 + REQUEST_BYTES + 16 };

// One byte of one literal, changed. Owned by one test; `outcome` and what follows are the done callback's.
struct mutation {
    struct plan plan;
    uint32_t step;
    uint64_t offset; // of the byte in its stream
    enum outcome outcome;
    enum fault_kind fault;
    uint32_t failed_step;
    bool has_failure;
    enum failure_kind failure;
    uint64_t failed_offset;
};

static struct plan_set set;

static void set_up(void) {
    plan_set_init(&set, "mutation.drill", slice_text(CONVERSATION), NULL, 0);
    ck_assert_uint_eq(set.diags.error_count, 0);
    ck_assert_uint_eq(set.plan_count, 1);
}

static void tear_down(void) { plan_set_fini(&set); }

static bool note_outcome(void *context, uint32_t number, struct journal *journal, const char *scratch) {
    struct mutation *mutation = &((struct mutation *)context)[number];
    struct verdict verdict;
    (void)scratch;
    verdict_init(&verdict, &mutation->plan, journal);
    mutation->outcome = verdict.outcome;
    if (verdict.fault_count > 0) {
        const struct fault *fault = &verdict.faults[0];
        mutation->fault = fault->kind;
        mutation->failed_step = fault->step;
        mutation->has_failure = fault->failure != NULL;
        if (fault->failure) {
            mutation->failure = fault->failure->kind;
            mutation->failed_offset = fault->failure->offset;
        }
    }
    verdict_fini(&verdict);
    journal_fini(journal);
    free(journal);
    return true;
}

static void run(struct mutation *mutations, uint32_t count) {
    const struct plan **plans = calloc(count, sizeof *plans);
    ck_assert_ptr_nonnull(plans);
    for (uint32_t i = 0; i < count; i++) plans[i] = &mutations[i].plan;
    struct engine_options const options = {.workers = 2, .timeout_scale = 1, .seed = 1};
    ck_assert_int_eq(engine_run(plans, count, &options, note_outcome, mutations), 0);
    free(plans);
}

// A copy of the plan in which byte `at` of that literal is another. The literal is a copy of its own: who sends the same
// name sends it unchanged.
static struct plan mutated(uint32_t step_number, uint32_t element_number, size_t at) {
    struct arena *arena = &set.arena;
    struct plan plan = *set.plans[0];
    plan.steps = arena_copy(arena, plan.steps, plan.step_count * sizeof *plan.steps);
    struct step *step = &plan.steps[step_number];
    struct pattern_code *pattern = arena_copy(arena, step->pattern, sizeof *pattern);
    struct element_code *elements = arena_copy(arena, pattern->elements, pattern->element_count * sizeof *elements);
    struct term *literal = arena_copy(arena, elements[element_number].bytes, sizeof *literal);
    struct slice flat;
    ck_assert(bytes_flat(arena, literal->value.bytes, &flat));
    uint8_t *bytes = arena_copy(arena, flat.data, flat.len_bytes);
    bytes[at] ^= 1;
    literal->value = value_bytes(bytes_held(arena, slice_of(bytes, flat.len_bytes)));
    elements[element_number].bytes = literal;
    pattern->elements = elements;
    step->pattern = pattern;
    return plan;
}

// Every byte of every literal; each actor has one connection, whose stream goes on from step to step.
static uint32_t mutate(struct mutation *mutations) {
    const struct plan *plan = set.plans[0];
    uint32_t count = 0, actor = PLAN_NONE;
    uint64_t offset = 0;
    for (uint32_t i = 0; i < plan->step_count; i++) {
        const struct step *step = &plan->steps[i];
        if (step->actor != actor) offset = 0;
        actor = step->actor;
        if (!step->pattern) continue;
        for (uint32_t k = 0; k < step->pattern->element_count; k++) {
            const struct term *literal = step->pattern->elements[k].bytes;
            ck_assert(literal && literal->kind == TERM_CONSTANT);
            for (size_t at = 0; at < literal->value.bytes->len_bytes; at++, count++, offset++) {
                ck_assert_uint_lt(count, MUTATIONS);
                mutations[count] = (struct mutation){.plan = mutated(i, k, at), .step = i, .offset = offset};
            }
        }
    }
    return count;
}

START_TEST(the_conversation_passes) {
    struct mutation unchanged = {.plan = *set.plans[0], .outcome = OUTCOME_FAILED};
    run(&unchanged, 1);
    ck_assert_int_eq(unchanged.outcome, OUTCOME_PASSED);
}
END_TEST

START_TEST(every_byte_that_differs_is_named) {
    struct mutation *mutations = calloc(MUTATIONS, sizeof *mutations);
    ck_assert_ptr_nonnull(mutations);
    ck_assert_uint_eq(mutate(mutations), MUTATIONS);
    run(mutations, MUTATIONS);
    for (uint32_t i = 0; i < MUTATIONS; i++) {
        const struct mutation *m = &mutations[i];
        bool named = m->outcome == OUTCOME_FAILED && m->fault == FAULT_STEP && m->has_failure &&
                     m->failure == FAILURE_MISMATCH && m->failed_step == m->step && m->failed_offset == m->offset;
        ck_assert_msg(named, "step %u, byte %llu: outcome %d, fault %d at step %u, failure %d at byte %llu", m->step,
                      (unsigned long long)m->offset, m->outcome, m->fault, m->failed_step,
                      m->has_failure ? (int)m->failure : -1, (unsigned long long)m->failed_offset);
    }
    free(mutations);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mutation");
    TCase *tcase = tcase_create("literals");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_conversation_passes);
    tcase_add_test(tcase, every_byte_that_differs_is_named);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
