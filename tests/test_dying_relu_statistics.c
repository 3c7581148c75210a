/* The statistics of examples/dying_relu against numbers from tables and by hand. */
#include <check.h>
#include <math.h>

#include <hinge/hinge.h>

#include "examples/dying_relu_statistics.h"

Suite *dying_relu_statistics_suite(void);

static const double four[] = { 1, 2, 3, 6 };

START_TEST(mean_and_deviation_by_hand)
{
    /* squares of the distances from 3: 4 + 1 + 0 + 9 = 14, over 3 */
    ck_assert_double_eq_tol(statistics_mean(four, 4), 3, 1e-15);
    ck_assert_double_eq_tol(statistics_deviation(four, 4), sqrt(14.0 / 3), 1e-15);
    ck_assert_double_eq(statistics_mean(four, 1), 1);
    ck_assert_double_nan(statistics_deviation(four, 1));
}
END_TEST

/* Two-sided 95 %, from the usual tables. */
static const struct {
    size_t degrees;
    double t;
} table[] = {
    { 1, 12.7062 }, { 2, 4.3027 }, { 3, 3.1824 },  { 4, 2.7764 },  { 5, 2.5706 },
    { 7, 2.3646 },  { 9, 2.2622 }, { 10, 2.2281 }, { 30, 2.0423 }, { 99, 1.9842 },
};

START_TEST(student_is_the_table_s)
{
    ck_assert_double_eq_tol(statistics_student(table[_i].degrees), table[_i].t, 6e-5);
}
END_TEST

START_TEST(half_width_by_hand)
{
    ck_assert_double_eq_tol(statistics_half_width(four, 4), 3.182446 * sqrt(14.0 / 3) / 2, 1e-5);
    ck_assert_double_eq(statistics_half_width((double[]){ 5, 5, 5 }, 3), 0);
    ck_assert_double_nan(statistics_half_width(four, 1));
}
END_TEST

Suite *dying_relu_statistics_suite(void)
{
    Suite *suite = suite_create("dying_relu_statistics");
    TCase *tests = tcase_create("statistics");
    tcase_add_test(tests, mean_and_deviation_by_hand);
    tcase_add_loop_test(tests, student_is_the_table_s, 0, (int)HG_COUNT(table));
    tcase_add_test(tests, half_width_by_hand);
    suite_add_tcase(suite, tests);
    return suite;
}
