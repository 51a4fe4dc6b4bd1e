// The table of names.
#include "base/table.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_COUNT = 1000 };

static struct arena arena;
static struct table table;

static void set_up(void) {
    arena_init(&arena);
    table = (struct table){0};
}

static void tear_down(void) { arena_fini(&arena); }

static struct slice name_of(uint32_t number) { return slice_text(arena_text(&arena, "name%u", number)); }

START_TEST(empty_has_nothing) {
    ck_assert_ptr_null(table_find(&table, slice_text("name")));
    ck_assert_ptr_null(table_find(&table, slice_of(NULL, 0)));
    ck_assert_uint_eq(table_number(&table, slice_text("")), TABLE_NONE);
}
END_TEST

START_TEST(place_is_new_once) {
    int value = 0;
    void **const place = table_place(&table, &arena, slice_text("name"));
    ck_assert_ptr_null(*place);
    ck_assert_ptr_null(table_find(&table, slice_text("name")));
    *place = &value;
    ck_assert_ptr_eq(table_find(&table, slice_text("name")), &value);
    ck_assert_ptr_eq(*table_place(&table, &arena, slice_of("names", 4)), &value);
    ck_assert_ptr_null(table_find(&table, slice_text("names")));
    ck_assert_uint_eq(table.count, 1);
}
END_TEST

START_TEST(empty_name_is_one) {
    table_set_number(&table, &arena, slice_of(NULL, 0), 7);
    ck_assert_uint_eq(table_number(&table, slice_text("")), 7);
    ck_assert_uint_eq(table_number(&table, slice_of(NULL, 0)), 7);
    ck_assert_uint_eq(table.count, 1);
}
END_TEST

START_TEST(all_are_found_again) {
    for (uint32_t i = 0; i < NAME_COUNT; i++) {
        ck_assert_uint_eq(table_number(&table, name_of(i)), TABLE_NONE);
        table_set_number(&table, &arena, name_of(i), i);
    }
    ck_assert_uint_eq(table.count, NAME_COUNT);
    ck_assert_uint_lt(table.count, table.capacity); // a look-up ends at a free entry
    for (uint32_t i = 0; i < NAME_COUNT; i++) ck_assert_uint_eq(table_number(&table, name_of(i)), i);
    table_set_number(&table, &arena, name_of(0), TABLE_NONE - 1);
    ck_assert_uint_eq(table_number(&table, name_of(0)), TABLE_NONE - 1);
    ck_assert_uint_eq(table.count, NAME_COUNT);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("table");
    TCase *names = tcase_create("names");
    tcase_add_checked_fixture(names, set_up, tear_down);
    tcase_add_test(names, empty_has_nothing);
    tcase_add_test(names, place_is_new_once);
    tcase_add_test(names, empty_name_is_one);
    tcase_add_test(names, all_are_found_again);
    suite_add_tcase(suite, names);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
