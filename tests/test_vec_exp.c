/* vec_exp beside the C library's exp, over the range of float. */
#include <check.h>

#include "src/vec_exp.h"

Suite *vec_exp_suite(void);

static hg_real exp_of(hg_real x)
{
    return vec_exp(vec_set(x))[VEC - 1];
}

START_TEST(within_one_unit_of_the_last_place)
{
    const double lowest_normal = -87.3, highest_finite = 88.72, step = 1.0 / 4096, unit = 1.0 / (1 << 23);
    for (double x = lowest_normal; x < highest_finite; x += step) {
        const hg_real rounded = (hg_real)x;
        const double exact = exp((double)rounded);
        ck_assert_double_le(fabs((double)exp_of(rounded) / exact - 1), unit);
    }
}
END_TEST

START_TEST(ends_of_the_range)
{
    ck_assert(exp_of(0) == 1);
    ck_assert(exp_of(-1000) == 0 && exp_of(-INFINITY) == 0);
    ck_assert(exp_of(1000) == INFINITY && exp_of(INFINITY) == INFINITY);
    ck_assert(isnan(exp_of(NAN)));
    const double denormal = exp(-100), smallest = 1.4e-45;
    ck_assert_double_le(fabs((double)exp_of(-100) - denormal), smallest);
}
END_TEST

Suite *vec_exp_suite(void)
{
    Suite *suite = suite_create("vec_exp");
    TCase *tests = tcase_create("vec_exp");
    tcase_add_test(tests, within_one_unit_of_the_last_place);
    tcase_add_test(tests, ends_of_the_range);
    suite_add_tcase(suite, tests);
    return suite;
}
