// Bytes that are made when they are read: against their plain definitions, at the places where a fast loop ends and another
// begins. ctest plays it twice, the second time as on a processor without AVX-512.
#include "plan/value.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_BYTES = 24 * 1024, ROW_BYTES = 512, TILE_BYTES = 8192 };

static const uint64_t SEED = UINT64_C(0xfedcba9876543210);

static struct arena arena;

static void set_up(void) {
    arena_init(&arena);
}

static void tear_down(void) {
    arena_fini(&arena);
}

// --- plain definitions: byte `at` of the endless run

static uint8_t random_byte(uint64_t at) {
    uint64_t z = SEED;
    for (uint64_t i = 0; i <= at / 8; i++) z += UINT64_C(0x9e3779b97f4a7c15); // splitmix64, a step after the other
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint8_t)((z ^ (z >> 31)) >> (at % 8 * 8));
}

static uint8_t counter_byte(uint64_t at) {
    return (uint8_t)at;
}

static uint8_t zero_byte(uint64_t at) {
    (void)at;
    return 0;
}

static uint8_t abc_byte(uint64_t at) {
    return (uint8_t)("abc"[at % 3]);
}

// Longer than a quarter of a tile, which then is none.
static uint8_t long_byte(uint64_t at) {
    return (uint8_t)(at % 3001 * 7);
}

static const struct bytes *repeated(uint8_t (*byte)(uint64_t at), size_t period_bytes) {
    uint8_t *const period = arena_alloc(&arena, period_bytes);
    for (size_t i = 0; i < period_bytes; i++) period[i] = byte(i);
    return bytes_repeated(&arena, bytes_held(&arena, slice_of(period, period_bytes)), RUN_BYTES / period_bytes + 1);
}

enum { KIND_COUNT = 5 };

static const struct bytes *make(int kind, uint8_t *plain) {
    static uint8_t (*const definitions[KIND_COUNT])(uint64_t at) = {random_byte, counter_byte, zero_byte, abc_byte, long_byte};
    for (size_t i = 0; i < RUN_BYTES; i++) plain[i] = definitions[kind](i);
    switch (kind) {
    case 0: return bytes_random(&arena, SEED, RUN_BYTES);
    case 1: return bytes_counter(&arena, RUN_BYTES);
    case 2: return repeated(zero_byte, 1);
    case 3: return repeated(abc_byte, 3);
    }
    return repeated(long_byte, 3001);
}

// Around the places where rows and tiles end.
static const size_t edges[] = {0, 8, 256, ROW_BYTES, 2 * ROW_BYTES, 4096, TILE_BYTES, 2 * TILE_BYTES};
enum { EDGE_COUNT = sizeof edges / sizeof *edges, AROUND = 9 };

// --- tests

START_TEST(any_stretch_is_as_defined) {
    static uint8_t plain[RUN_BYTES], made[RUN_BYTES + 1];
    const struct bytes *const bytes = make(_i, plain);
    for (size_t from = 0; from < 2 * AROUND; from++) {
        for (int edge = 0; edge < EDGE_COUNT; edge++) {
            for (size_t more = 0; more < 2 * AROUND; more++) {
                size_t const len = edges[edge] + more;
                made[len] = 0xa5;
                bytes_read(bytes, from, made, len);
                ck_assert_msg(memcmp(made, plain + from, len) == 0, "%zu bytes from %zu on", len, from);
                ck_assert_uint_eq(made[len], 0xa5); // and nothing behind it
                ck_assert_uint_eq(bytes_differ_at(bytes, from, plain + from, len), len);
            }
        }
    }
}
END_TEST

START_TEST(the_first_wrong_byte_is_found) {
    static uint8_t plain[RUN_BYTES];
    const struct bytes *const bytes = make(_i, plain);
    for (size_t from = 0; from < AROUND; from++) {
        for (int edge = 0; edge < EDGE_COUNT; edge++) {
            for (size_t more = 0; more < AROUND; more++) {
                size_t const wrong = from + edges[edge] + more, last = wrong + 2 * AROUND;
                plain[wrong] ^= 0x80;
                plain[last] ^= 0x01; // a later one changes nothing
                ck_assert_uint_eq(bytes_differ_at(bytes, from, plain + from, RUN_BYTES - from), wrong - from);
                ck_assert_uint_eq(bytes_differ_at(bytes, from, plain + from, wrong - from), wrong - from);
                ck_assert_uint_eq(bytes_differ_at(bytes, from, plain + from, wrong + 1 - from), wrong - from);
                plain[wrong] ^= 0x80;
                plain[last] ^= 0x01;
            }
        }
    }
}
END_TEST

START_TEST(a_stretch_begins_where_it_was_cut) {
    static uint8_t plain[RUN_BYTES], made[RUN_BYTES];
    const struct bytes *const bytes = make(_i, plain);
    for (size_t from = 1; from < 3 * ROW_BYTES; from += 101) {
        const struct bytes *const cut = bytes_slice(&arena, bytes, from, RUN_BYTES - from);
        bytes_read(cut, 5, made, RUN_BYTES - from - 5);
        ck_assert(memcmp(made, plain + from + 5, RUN_BYTES - from - 5) == 0);
        ck_assert_uint_eq(bytes_differ_at(cut, 5, plain + from + 5, RUN_BYTES - from - 5), RUN_BYTES - from - 5);
    }
}
END_TEST

// Bytes a period apart are the same, all along; those of random have none.
START_TEST(periods_are_what_they_say) {
    static uint8_t plain[RUN_BYTES];
    static const uint64_t periods[KIND_COUNT] = {0, 256, 1, 3, 3001};
    const struct bytes *const bytes = make(_i, plain);
    ck_assert_uint_eq(bytes_period(bytes), periods[_i]);
    ck_assert_uint_eq(bytes_period(bytes_slice(&arena, bytes, 7, 10000)), periods[_i]);
    const struct bytes *const parts[] = {bytes, bytes_held(&arena, slice_text("end"))};
    ck_assert_uint_eq(bytes_period(bytes_joined(&arena, parts, 2)), 0);
    ck_assert_uint_eq(bytes_period(parts[1]), 0);
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("generators");
    TCase *const cases = tcase_create("made when read");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, any_stretch_is_as_defined, 0, KIND_COUNT);
    tcase_add_loop_test(cases, the_first_wrong_byte_is_found, 0, KIND_COUNT);
    tcase_add_loop_test(cases, a_stretch_begins_where_it_was_cut, 0, KIND_COUNT);
    tcase_add_loop_test(cases, periods_are_what_they_say, 0, KIND_COUNT);
    suite_add_tcase(suite, cases);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
