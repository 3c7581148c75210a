/* vec_exp and what is made of it beside the C library's, over the range of float. */
#include <check.h>

#include "src/vec_exp.h"

Suite *vec_exp_suite(void);

static const double UNIT = 1.0 / (1 << 23); /* of the last place of 1 */

static hg_real exp_of(hg_real x)
{
    return vec_exp(vec_set(x))[VEC - 1];
}

START_TEST(within_one_unit_of_the_last_place)
{
    const double lowest_normal = -87.3, highest_finite = 88.72, step = 1.0 / 4096;
    for (double x = lowest_normal; x < highest_finite; x += step) {
        const hg_real rounded = (hg_real)x;
        const double exact = exp((double)rounded);
        if (!(fabs((double)exp_of(rounded) / exact - 1) <= UNIT))
            ck_abort_msg("exp of %.9g: %.9g, not %.9g", (double)rounded, (double)exp_of(rounded), exact);
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

/* ---- what is made of it ---- */

static hg_real exp_minus_1_of(hg_real x)
{
    return vec_exp_minus_1(vec_set(x))[VEC - 1];
}

static hg_real tanh_of(hg_real x)
{
    return vec_tanh(vec_set(x))[VEC - 1];
}

static hg_real sigmoid_of(hg_real x)
{
    return vec_sigmoid(vec_set(x))[VEC - 1];
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

typedef struct function {
    hg_real (*ours)(hg_real x);
    double (*exact)(double x);
    double lowest, highest;
    hg_real at_minus_infinity, at_0, at_infinity;
} function;

static const function functions[] = {
    { exp_minus_1_of, expm1, -40, 0, -1, 0, NAN }, /* of x <= 0 only */
    { tanh_of, tanh, -20, 20, -1, 0, 1 },
    { sigmoid_of, sigmoid, -87, 87, 0, (hg_real)0.5, 1 },
};

START_TEST(within_three_units_of_the_last_place)
{
    const function *f = &functions[_i];
    const double step = 1.0 / 8192, near = 1e-3, near_step = 1e-7;
    for (double x = f->lowest; x <= f->highest; x += fabs(x) < near ? near_step : step) {
        const double rounded = (double)(hg_real)x, exact = f->exact(rounded);
        if (!(fabs((double)f->ours((hg_real)x) - exact) <= 3 * UNIT * fabs(exact)))
            ck_abort_msg("of %.9g: %.9g, not %.9g", rounded, (double)f->ours((hg_real)x), exact);
    }
    for (hg_real x = (hg_real)-1e-3; x < (hg_real)-1e-30; x /= 2)
        ck_assert_double_le(fabs((double)f->ours(x) / f->exact((double)x) - 1), 3 * UNIT);
}
END_TEST

START_TEST(ends_of_their_ranges)
{
    const function *f = &functions[_i];
    ck_assert(f->ours(-INFINITY) == f->at_minus_infinity && f->ours(-1000) == f->at_minus_infinity);
    ck_assert(f->ours(0) == f->at_0 && f->ours((hg_real)-0.0) == f->at_0);
    if (!isnan(f->at_infinity))
        ck_assert(f->ours(INFINITY) == f->at_infinity && f->ours(1000) == f->at_infinity);
    ck_assert(isnan(f->ours(NAN)));
}
END_TEST

Suite *vec_exp_suite(void)
{
    Suite *suite = suite_create("vec_exp");
    TCase *tests = tcase_create("vec_exp");
    tcase_add_test(tests, within_one_unit_of_the_last_place);
    tcase_add_test(tests, ends_of_the_range);
    tcase_add_loop_test(tests, within_three_units_of_the_last_place, 0, (int)HG_COUNT(functions));
    tcase_add_loop_test(tests, ends_of_their_ranges, 0, (int)HG_COUNT(functions));
    suite_add_tcase(suite, tests);
    return suite;
}
