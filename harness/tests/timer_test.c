// The heap of timers: engine/timer.h.
#include "timer.h"

#include "base/clock.h"
#include "base/list.h"

#include <check.h>
#include <stdlib.h>

enum { MANY = 2000 };

// A timer that notes when it fired.
struct bell {
    struct timer timer;
    uint32_t number;
};

static struct timer_heap heap;
static uint32_t fired[MANY + 8];
static uint32_t fired_count;
static struct bell bells[MANY];

static void ring(struct timer *timer) {
    ck_assert_uint_eq(timer->position, 0);
    fired[fired_count++] = list_entry(timer, struct bell, timer)->number;
}

static void set_up(void) {
    heap = (struct timer_heap){0};
    fired_count = 0;
    for (uint32_t i = 0; i < MANY; i++) bells[i] = (struct bell){.timer.fire = ring, .number = i};
}

static void tear_down(void) {
    timer_heap_fini(&heap);
}

START_TEST(an_empty_heap_is_never_due) {
    ck_assert_int_eq(timer_next(&heap), CLOCK_NEVER);
    timer_fire(&heap, INT64_MAX - 1);
    ck_assert_uint_eq(fired_count, 0);
    timer_cancel(&heap, &bells[0].timer);
}
END_TEST

START_TEST(fires_what_is_due_and_no_more) {
    timer_arm(&heap, &bells[0].timer, 30);
    timer_arm(&heap, &bells[1].timer, 10);
    timer_arm(&heap, &bells[2].timer, 20);
    ck_assert_int_eq(timer_next(&heap), 10);
    timer_fire(&heap, 9);
    ck_assert_uint_eq(fired_count, 0);
    timer_fire(&heap, 20);
    ck_assert_uint_eq(fired_count, 2);
    ck_assert_uint_eq(fired[0], 1);
    ck_assert_uint_eq(fired[1], 2);
    ck_assert_int_eq(timer_next(&heap), 30);
}
END_TEST

START_TEST(arming_again_moves_it) {
    timer_arm(&heap, &bells[0].timer, 10);
    timer_arm(&heap, &bells[1].timer, 20);
    timer_arm(&heap, &bells[0].timer, 30);
    ck_assert_uint_eq(heap.count, 2);
    timer_fire(&heap, 25);
    ck_assert_uint_eq(fired_count, 1);
    ck_assert_uint_eq(fired[0], 1);
    timer_arm(&heap, &bells[0].timer, 26);
    ck_assert_int_eq(timer_next(&heap), 26);
}
END_TEST

// Against a plain sort, with every third cancelled and every fifth moved.
START_TEST(keeps_the_order_of_many) {
    srand(1);
    for (uint32_t i = 0; i < MANY; i++) timer_arm(&heap, &bells[i].timer, rand() % 500);
    for (uint32_t i = 0; i < MANY; i += 5) timer_arm(&heap, &bells[i].timer, rand() % 500);
    uint32_t left = MANY;
    for (uint32_t i = 0; i < MANY; i += 3, left--) timer_cancel(&heap, &bells[i].timer);
    ck_assert_uint_eq(heap.count, left);
    for (int64_t now = 0; now < 500; now += 7) {
        timer_fire(&heap, now);
        ck_assert_int_gt(timer_next(&heap), now);
    }
    timer_fire(&heap, 500);
    ck_assert_uint_eq(fired_count, left);
    for (uint32_t i = 0; i < left; i++) {
        ck_assert_uint_ne(fired[i] % 3, 0);
        if (i > 0) ck_assert_int_le(bells[fired[i - 1]].timer.due_ns, bells[fired[i]].timer.due_ns);
    }
}
END_TEST

static void ring_and_cancel_the_last(struct timer *timer) {
    ring(timer);
    timer_cancel(&heap, &bells[3].timer);
}

// A timer may take away another one that is due at the same moment.
START_TEST(one_that_fires_may_cancel_another) {
    timer_arm(&heap, &bells[0].timer, 9);
    bells[0].timer.fire = ring_and_cancel_the_last;
    for (uint32_t i = 1; i < 4; i++) timer_arm(&heap, &bells[i].timer, 10);
    timer_fire(&heap, 10);
    ck_assert_uint_eq(fired_count, 3);
    for (uint32_t i = 0; i < fired_count; i++) ck_assert_uint_ne(fired[i], 3);
    ck_assert_uint_eq(heap.count, 0);
}
END_TEST

static void ring_twice(struct timer *timer) {
    ring(timer);
    if (fired_count == 1) timer_arm(&heap, timer, timer->due_ns + 5);
}

START_TEST(one_that_fires_may_arm_itself) {
    bells[0].timer.fire = ring_twice;
    timer_arm(&heap, &bells[0].timer, 10);
    timer_fire(&heap, 10);
    ck_assert_uint_eq(fired_count, 1);
    ck_assert_int_eq(timer_next(&heap), 15);
    timer_fire(&heap, 15);
    ck_assert_uint_eq(fired_count, 2);
    ck_assert_uint_eq(heap.count, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("timer");
    TCase *tcase = tcase_create("heap");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_empty_heap_is_never_due);
    tcase_add_test(tcase, fires_what_is_due_and_no_more);
    tcase_add_test(tcase, arming_again_moves_it);
    tcase_add_test(tcase, keeps_the_order_of_many);
    tcase_add_test(tcase, one_that_fires_may_cancel_another);
    tcase_add_test(tcase, one_that_fires_may_arm_itself);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
