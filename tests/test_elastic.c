/* Elastic distortion beside tensor products of B-splines by their recursion, and
 * beside the statistics of uniform noise that a Gaussian has smoothed. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "datasets/elastic.h"
#include "datasets/four.h"

Suite *elastic_suite(void);

/* Cox & de Boor's recursion for uniform knots 0, 1, 2, ... */
static double b_spline(int degree, double x)
{
    if (degree == 0)
        return x >= 0 && x < 1;
    return (x * b_spline(degree - 1, x) + (degree + 1 - x) * b_spline(degree - 1, x - 1)) / degree;
}

static const struct row {
    hg_shape shape;
    double smoothness;
} rows[] = { { { 1, 28, 28 }, 4 }, { { 1, 9, 31 }, 2.3 },  { { 1, 1, 1 }, 4 },      { { 1, 40, 3 }, 1 },
             { { 1, 7, 1 }, 5 },   { { 1, 14, 14 }, 1e6 }, { { 1, 64, 50 }, 1.333 } };

static hg_random stream(uint32_t number)
{
    return hg_random_stream(9, HG_FOR_USER, number, 0);
}

/* A point of the grid, as the words of the stream have it: rows of x, then of y, then the next two. */
static double point_of(const elastic *elastic, uint32_t number, size_t down, int axis, size_t across)
{
    const size_t width = elastic->cells_across + 3, place = (2 * down + (size_t)axis) * width + across;
    hg_random random = stream(number);
    uint32_t word = 0;
    for (size_t i = 0; i <= place / 2; i++)
        word = hg_random_bits(&random);
    const double half = place % 2 ? word & 0xFFFF : word >> 16;
    return elastic->deviation * sqrt(3) * 315 / 151 * (half - 32767.5) / 32768;
}

static double displacement_by_definition(const elastic *elastic, uint32_t number, int axis, int row, int column)
{
    double sum = 0;
    for (size_t i = 0; i < elastic->cells_down + 3; i++)
        for (size_t k = 0; k < elastic->cells_across + 3; k++) {
            const double weight = b_spline(3, row / elastic->spacing + 3 - (double)i) *
                                  b_spline(3, column / elastic->spacing + 3 - (double)k);
            if (weight > 0)
                sum += weight * point_of(elastic, number, i, axis, k);
        }
    return sum;
}

static float *drawn(const elastic *elastic, uint32_t number)
{
    hg_random random = stream(number);
    float *field = calloc(elastic_numbers(elastic), sizeof *field);
    ck_assert_ptr_nonnull(field);
    elastic_draw(elastic, &random, field);
    return field;
}

START_TEST(displacements_are_b_splines)
{
    const hg_shape shape = rows[_i].shape;
    const elastic elastic = elastic_plan(shape, 1.7, rows[_i].smoothness);
    const size_t columns = columns_of(shape.width);
    float *field = drawn(&elastic, 4), *displacement = calloc(2 * columns, sizeof *displacement);
    for (int row = 0; row < shape.height; row += 3) {
        elastic_row(&elastic, field, row, displacement);
        for (int column = 0; column < shape.width; column++)
            for (int axis = 0; axis < 2; axis++)
                ck_assert_double_eq_tol((double)displacement[(size_t)axis * columns + (size_t)column],
                                        displacement_by_definition(&elastic, 4, axis, row, column), 1e-5);
    }
    free(field);
    free(displacement);
}
END_TEST

/* Noise smoothed by a Gaussian of deviation sigma is correlated over a distance d by exp(-d^2 / (4 sigma^2)). */
START_TEST(displacements_are_as_a_gaussian_makes_them)
{
    enum { FIELDS = 3000, SIDE = 28, FARTHEST = 12, AXES = 2 };
    const hg_shape shape = { 1, SIDE, SIDE };
    const double deviation = 1.25, sigma = 3;
    const elastic elastic = elastic_plan(shape, deviation, sigma);
    const size_t columns = columns_of(SIDE);
    double sum = 0, between_axes = 0, across[FARTHEST] = { 0 }, down[FARTHEST] = { 0 };
    float *displacement = calloc(SIDE * AXES * columns, sizeof *displacement);
    for (uint32_t number = 0; number < FIELDS; number++) {
        float *field = drawn(&elastic, number);
        for (int row = 0; row < SIDE; row++)
            elastic_row(&elastic, field, row, displacement + (size_t)row * AXES * columns);
        free(field);
        for (size_t i = 0; i < SIDE - FARTHEST; i++)
            for (size_t k = 0; k < SIDE - FARTHEST; k++) {
                const float *at = displacement + i * AXES * columns + k;
                sum += (double)at[0];
                between_axes += (double)(at[0] * at[columns]);
                for (size_t d = 0; d < FARTHEST; d++) {
                    across[d] += (double)(at[0] * at[d]);
                    down[d] += (double)(at[columns] * at[d * AXES * columns + columns]);
                }
            }
    }
    free(displacement);
    const double count = FIELDS * (double)(SIDE - FARTHEST) * (SIDE - FARTHEST), variance = deviation * deviation;
    ck_assert_double_eq_tol(sum / count, 0, 0.02 * deviation);
    ck_assert_double_eq_tol(between_axes / count, 0, 0.02 * variance);
    for (int d = 0; d < FARTHEST; d++) {
        const double wanted = exp(-d * d / (4 * sigma * sigma));
        ck_assert_double_eq_tol(across[d] / count / variance, wanted, 0.04);
        ck_assert_double_eq_tol(down[d] / count / variance, wanted, 0.04);
    }
}
END_TEST

Suite *elastic_suite(void)
{
    Suite *suite = suite_create("elastic");
    TCase *tests = tcase_create("elastic");
    tcase_add_loop_test(tests, displacements_are_b_splines, 0, (int)HG_COUNT(rows));
    tcase_add_test(tests, displacements_are_as_a_gaussian_makes_them);
    suite_add_tcase(suite, tests);
    return suite;
}
