/* vec_log and vec_sqrt beside the C library's, over the range of float. */
#include <check.h>
#include <float.h>

#include "src/vec_log.h"
#include "src/vec_sqrt.h"

Suite *vec_math_suite(void);

static hg_real log_of(double x)
{
    return vec_log(vec_set((hg_real)x))[VEC - 1];
}

/* in units of the last place of what it should be */
static double log_error(double number)
{
    const double x = (double)(hg_real)number, exact = log(x), unit = 1.0 / (1 << 23);
    return exact == 0 ? fabs((double)log_of(x)) : fabs((double)log_of(x) / exact - 1) / unit;
}

START_TEST(log_is_within_one_unit_of_the_last_place)
{
    const double factor = 1 + 1.0 / 8192, denormal_factor = 1.01, step = 1.0 / (1 << 18);
    double largest = 0;
    for (double x = (double)FLT_TRUE_MIN; x < (double)FLT_MIN; x *= denormal_factor)
        largest = fmax(largest, log_error(x));
    for (double x = (double)FLT_MIN; x < (double)FLT_MAX; x *= factor)
        largest = fmax(largest, log_error(x));
    for (double x = 0.5; x < 2; x += step) /* where the logarithm is small */
        largest = fmax(largest, log_error(x));
    ck_assert_double_gt(largest, 0);
    ck_assert_double_le(largest, 1);
}
END_TEST

START_TEST(log_at_the_ends_of_the_range)
{
    ck_assert(log_of(1) == 0);
    ck_assert(log_of(0) == -INFINITY && log_of(-0.0) == -INFINITY);
    ck_assert(log_of(INFINITY) == INFINITY);
    ck_assert(isnan(log_of(-1)) && isnan(log_of(-INFINITY)) && isnan(log_of(NAN)));
}
END_TEST

START_TEST(sqrt_is_the_nearest_number)
{
    const double numbers[] = { 0, 0x1p-149, 1e-30, 0.1, 1, 2, 3, 1e10, (double)FLT_MAX, INFINITY };
    for (size_t i = 0; i < HG_COUNT(numbers); i++) {
        const hg_real x = (hg_real)numbers[i];
        ck_assert(vec_sqrt(vec_set(x))[VEC - 1] == (hg_real)sqrt((double)x));
    }
    ck_assert(isnan(vec_sqrt(vec_set(-1))[0]) && isnan(vec_sqrt(vec_set(NAN))[0]));
}
END_TEST

Suite *vec_math_suite(void)
{
    Suite *suite = suite_create("vec_math");
    TCase *tests = tcase_create("vec_math");
    tcase_add_test(tests, log_is_within_one_unit_of_the_last_place);
    tcase_add_test(tests, log_at_the_ends_of_the_range);
    tcase_add_test(tests, sqrt_is_the_nearest_number);
    suite_add_tcase(suite, tests);
    return suite;
}
