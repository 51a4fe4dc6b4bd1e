// A case's packets lie in the order in which they came, whatever the kernel noted of their times: engine/packet_order.h.
#include "packet_order.h"

#include <check.h>
#include <stdlib.h>

// As they are taken; a time below 0 is that of an is_late.
static const struct {
    int64_t taken[6];    // 0 ends it
    uint32_t places[6];  // of what was taken, in the end
    int64_t times_ns[6]; // in the end
} cases[] = {
    {{1, 2, 3}, {0, 1, 2}, {1, 2, 3}},
    {{1, 3, 2, 4}, {0, 2, 1, 3}, {1, 2, 3, 4}},
    {{1, 1, 1}, {0, 1, 2}, {1, 1, 1}},
    {{-9, -9, 5, 6}, {0, 1, 2, 3}, {5, 5, 5, 6}},
    {{-9, 6, 5, 7}, {0, 2, 1, 3}, {5, 5, 6, 7}},
    {{3, -9, 5}, {0, 1, 2}, {3, 5, 5}},
    {{-9, -9, 10}, {0, 1, 2}, {9, 9, 10}},
};

START_TEST(they_lie_as_they_came) {
    struct packet_order order = {0};
    uint32_t count = 0;
    for (; cases[_i].taken[count]; count++)
        packet_order_put(&order, (struct captured_packet){.at_ns = llabs(cases[_i].taken[count]),
                                                          .is_late = cases[_i].taken[count] < 0,
                                                          .interface = count});
    ck_assert_uint_eq(order.count, count);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_uint_eq(order.packets[i].interface, cases[_i].places[i]);
        ck_assert_int_eq(order.packets[i].at_ns, cases[_i].times_ns[i]);
    }
    packet_order_fini(&order);
}
END_TEST

START_TEST(as_many_as_there_are) {
    struct packet_order order = {0};
    for (uint32_t i = 0; i < 1000; i++)
        packet_order_put(&order, (struct captured_packet){.at_ns = 2000 - i, .interface = i});
    for (uint32_t i = 0; i < 1000; i++) ck_assert_uint_eq(order.packets[i].interface, 999 - i);
    packet_order_fini(&order);
}
END_TEST

int main(void) {
    Suite *const suite = suite_create("packet_order");
    TCase *const tests = tcase_create("all");
    tcase_add_loop_test(tests, they_lie_as_they_came, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, as_many_as_there_are);
    suite_add_tcase(suite, tests);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
