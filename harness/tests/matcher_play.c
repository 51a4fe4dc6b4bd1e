#include "matcher_play.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct stage stage;

// ---- feeding: every piece ends at a page that must not be touched

static uint8_t *guard; // the first byte behind the readable page

enum { PIECE_BYTES_MAX = 4096 };

static void set_up(void) {
    stage_init(&stage);
    long const page = sysconf(_SC_PAGESIZE);
    uint8_t *const pages = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + page, (size_t)page, PROT_NONE), 0);
    guard = pages + page;
}

static void tear_down(void) {
    long const page = sysconf(_SC_PAGESIZE);
    munmap(guard - page, (size_t)page * 2);
    stage_fini(&stage);
}

static enum match_status feed(struct matcher *matcher, const uint8_t *data, size_t len_bytes) {
    ck_assert_uint_le(len_bytes, PIECE_BYTES_MAX);
    uint8_t *const piece = guard - len_bytes;
    if (len_bytes) memcpy(piece, data, len_bytes);
    uint64_t const before = matcher->consumed_bytes;

    bool exactly;
    enum match_status status;
    uint64_t const need = matcher_needs(matcher, &exactly, &status);
    if (status == MATCH_DONE) ck_assert_uint_eq(need, 0);

    size_t used = SIZE_MAX;
    status = matcher_feed(matcher, slice_of(piece, len_bytes), &used);
    ck_assert_uint_le(used, len_bytes);
    ck_assert_uint_eq(matcher->consumed_bytes - before, used);
    if (status == MATCH_MORE) ck_assert_uint_eq(used, len_bytes);
    if (status == MATCH_DONE) ck_assert_uint_ge(used, need);
    if (status == MATCH_DONE && exactly && len_bytes >= need) ck_assert_uint_ge(used, need);
    memset(piece, 0xaa, len_bytes); // what was kept must be a copy
    return status;
}

struct outcome play(const struct pattern_code *pattern, struct slice input, const size_t *ends, size_t end_count) {
    struct value slots[STAGE_SLOTS];
    bool is_set[STAGE_SLOTS];
    memcpy(slots, stage.slots, sizeof slots);
    memcpy(is_set, stage.is_set, sizeof is_set);

    struct matcher matcher;
    matcher_start(&matcher, pattern, &stage.env, &stage.arena);
    enum match_status status = MATCH_MORE;
    size_t start = 0;
    for (size_t i = 0; i < end_count && status == MATCH_MORE; i++) {
        status = feed(&matcher, input.data + start, ends[i] - start);
        start = ends[i];
    }
    if (status == MATCH_MORE) status = matcher_end(&matcher);
    struct outcome outcome = {.status = status,
                              .consumed_bytes = matcher.consumed_bytes,
                              .mismatch = matcher.mismatch,
                              .looked_at_bytes = matcher.state->looked_at_bytes};
    memcpy(outcome.slots, stage.slots, sizeof slots);
    memcpy(outcome.is_set, stage.is_set, sizeof is_set);
    memcpy(stage.slots, slots, sizeof slots);
    memcpy(stage.is_set, is_set, sizeof is_set);
    return outcome;
}

static void assert_same(const struct outcome *a, const struct outcome *b) {
    ck_assert_int_eq(a->status, b->status);
    ck_assert_uint_eq(a->consumed_bytes, b->consumed_bytes);
    for (uint32_t i = 0; i < STAGE_SLOTS; i++) {
        ck_assert_int_eq(a->is_set[i], b->is_set[i]);
        if (a->is_set[i]) ck_assert(value_equal(&a->slots[i], &b->slots[i]));
    }
    if (a->status != MATCH_MISMATCH) return;
    ck_assert_uint_eq(a->mismatch.offset, b->mismatch.offset);
    ck_assert_uint_eq(a->mismatch.window_offset, b->mismatch.window_offset);
    ck_assert(slice_equal(a->mismatch.expected, b->mismatch.expected));
    ck_assert(!a->mismatch.wanted == !b->mismatch.wanted);
    if (a->mismatch.wanted) ck_assert_str_eq(a->mismatch.wanted, b->mismatch.wanted);
    // Of what follows the difference there is only what had come.
    size_t const shared = a->mismatch.received.len_bytes < b->mismatch.received.len_bytes
                              ? a->mismatch.received.len_bytes
                              : b->mismatch.received.len_bytes;
    if (shared) ck_assert_mem_eq(a->mismatch.received.data, b->mismatch.received.data, shared);
}

struct pattern_code pattern_of(const struct element_code *elements, uint32_t count) {
    return (struct pattern_code){.elements = elements, .element_count = count};
}

struct outcome match_bytes(const struct element_code *elements, uint32_t count, const void *data, size_t len_bytes) {
    struct pattern_code const pattern = pattern_of(elements, count);
    struct slice const input = slice_of(data, len_bytes);
    struct outcome const whole = play(&pattern, input, &len_bytes, 1);
    size_t every[PIECE_BYTES_MAX];
    for (size_t cut = 0; cut <= len_bytes; cut++) {
        struct outcome const halves = play(&pattern, input, (size_t[]){cut, len_bytes}, 2);
        assert_same(&whole, &halves);
        if (cut) every[cut - 1] = cut;
    }
    struct outcome const bytes = play(&pattern, input, every, len_bytes);
    assert_same(&whole, &bytes);
    return whole;
}

struct outcome match_text(const struct element_code *elements, uint32_t count, const char *input) {
    return match_bytes(elements, count, input, strlen(input));
}

// ---- looking

void assert_done(const struct outcome *outcome, uint64_t consumed_bytes) {
    ck_assert_msg(outcome->status == MATCH_DONE, "status %d, offset %llu, wanted %s, %s", outcome->status,
                  (unsigned long long)outcome->mismatch.offset,
                  outcome->mismatch.wanted ? outcome->mismatch.wanted : "-",
                  stage.env.message ? stage.env.message : "-");
    ck_assert_uint_eq(outcome->consumed_bytes, consumed_bytes);
}

void assert_slot_bytes(const struct outcome *outcome, uint32_t index, const void *data, size_t len_bytes) {
    ck_assert(outcome->is_set[index]);
    struct value const wanted = value_text(&stage.arena, slice_of(data, len_bytes));
    ck_assert_int_eq(outcome->slots[index].kind, VALUE_BYTES);
    ck_assert(value_equal(&outcome->slots[index], &wanted));
}

void assert_slot_text(const struct outcome *outcome, uint32_t index, const char *wanted) {
    assert_slot_bytes(outcome, index, wanted, strlen(wanted));
}

void assert_slot_integer(const struct outcome *outcome, uint32_t index, integer wanted) {
    ck_assert(outcome->is_set[index] && outcome->slots[index].kind == VALUE_INTEGER);
    ck_assert(outcome->slots[index].number == wanted);
}

void assert_mismatch(const struct outcome *outcome, uint64_t offset, const char *wanted) {
    ck_assert_int_eq(outcome->status, MATCH_MISMATCH);
    ck_assert_uint_eq(outcome->mismatch.offset, offset);
    if (wanted) {
        ck_assert_str_eq(outcome->mismatch.wanted, wanted);
    } else {
        ck_assert_ptr_null(outcome->mismatch.wanted);
    }
}

void assert_window(struct slice side, const char *wanted) {
    ck_assert_msg(slice_is(side, wanted), "'%.*s' is not '%s'", (int)side.len_bytes, (const char *)side.data, wanted);
}

void assert_failed(const struct outcome *outcome, const char *said) {
    ck_assert_int_eq(outcome->status, MATCH_FAILED);
    ck_assert_msg(strstr(stage.env.message, said), "'%s' does not say '%s'", stage.env.message, said);
}

int matcher_main(const char *suite_name, const struct test_case *cases, uint32_t case_count) {
    Suite *const suite = suite_create(suite_name);
    for (uint32_t i = 0; i < case_count; i++) {
        TCase *const tcase = tcase_create(cases[i].name);
        tcase_set_timeout(tcase, 60);
        tcase_add_checked_fixture(tcase, set_up, tear_down);
        for (uint32_t k = 0; k < COUNT_OF(cases[i].tests) && cases[i].tests[k]; k++) {
            tcase_add_test(tcase, cases[i].tests[k]);
        }
        suite_add_tcase(suite, tcase);
    }
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
