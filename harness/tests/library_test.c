// Libraries that are loaded when they are needed: base/library.h.
#include "base/library.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static __typeof__(strlen) *length;
static __typeof__(strcmp) *comparison;
static const struct library_function there[] = {{"strlen", &length}, {"strcmp", &comparison}};
static const struct library_function not_there[] = {{"strlen", &length}, {"nobody_has_such_a_function", &comparison}};

static struct library c_library = {.soname = "libc.so.6", .functions = there, .function_count = 2};

START_TEST(its_functions_can_be_called) {
    ck_assert_ptr_null(library_load(&c_library));
    ck_assert_uint_eq(length("three"), 5);
    ck_assert_int_eq(comparison("a", "a"), 0);
    ck_assert_ptr_null(library_load(&c_library));
}
END_TEST

START_TEST(one_that_is_missing_is_told) {
    struct library none = {.soname = "libnobody-has-one.so.1", .functions = there, .function_count = 2};
    const char *const trouble = library_load(&none);
    ck_assert_ptr_nonnull(trouble);
    ck_assert_ptr_nonnull(strstr(trouble, "libnobody-has-one.so.1"));
    ck_assert_ptr_eq(library_load(&none), trouble);
    free(none.trouble);
}
END_TEST

START_TEST(a_function_that_is_missing_is_told) {
    struct library older = {.soname = "libc.so.6", .functions = not_there, .function_count = 2};
    const char *const trouble = library_load(&older);
    ck_assert_ptr_nonnull(trouble);
    ck_assert_ptr_nonnull(strstr(trouble, "nobody_has_such_a_function"));
    free(older.trouble);
}
END_TEST

static pthread_barrier_t all_there;

static void *load_and_call(void *argument) {
    (void)argument;
    pthread_barrier_wait(&all_there);
    return library_load(&c_library) == NULL && length("four") == 4 ? &c_library : NULL;
}

START_TEST(threads_load_it_at_once) {
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    pthread_barrier_init(&all_there, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, load_and_call, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        void *loaded;
        pthread_join(threads[i], &loaded);
        ck_assert_ptr_nonnull(loaded);
    }
    pthread_barrier_destroy(&all_there);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("library");
    TCase *tcase = tcase_create("library");
    tcase_add_test(tcase, its_functions_can_be_called);
    tcase_add_test(tcase, one_that_is_missing_is_told);
    tcase_add_test(tcase, a_function_that_is_missing_is_told);
    tcase_add_test(tcase, threads_load_it_at_once);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int const failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
