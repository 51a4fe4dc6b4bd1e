// The scenarios as tests of libcheck.
#include <check.h>
#include <stdlib.h>

#include <sockdrill_check.h>

START_TEST(greets)
{
    ck_assert_scenario("scenarios/greeted.drill");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stranger");
    TCase *tcase = tcase_create("scenarios");
    tcase_add_test(tcase, greets);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
