/* Every row of layer_cases.c, at every level of instructions: forward and gradients
 * against the naive reference, and the contract of hinge/layer.h. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gradient_check.h"

Suite *layers_suite(void);

/* The data make all sums and products of linear layers exact; what is left is the
 * rounding of a slope, a division, an exponential: a few times 2^-24. */
static const double FORWARD_TOLERANCE = 4 * 0x1p-24;
/* Off the lattice the gradients sum up to a few hundred roundings. */
static const double GRADIENT_TOLERANCE = 2e-5;
static const double GRADIENT_START = 3; /* a whole number: adding to it costs two bits */

enum { MAX_LEVELS = 8 };

/* Calls check for every level and number of samples, in place or not. */
static void for_each_run(const layer_case *row, void (*check)(const layer_case *row, const case_run *run))
{
    for (size_t level = 0; level < case_levels(); level++)
        for (size_t i = 0; i < 2 * SAMPLE_COUNTS; i++)
            check(row, &(case_run){ .level = level, .samples = sample_counts[i / 2], .in_place = i % 2 });
}

static double *numbers(size_t count)
{
    double *values = calloc(count ? count : 1, sizeof *values);
    ck_assert_ptr_nonnull(values);
    return values;
}

/* ---- forward ---- */

static void check_shape(const layer_case *row, const case_run *run)
{
    layer_harness h;
    layer_case_open(&h, row, run);
    const hg_shape output = h.setup.output;
    ck_assert_msg(output.channels == row->output.channels && output.height == row->output.height &&
                      output.width == row->output.width,
                  "%s: output is %d x %d x %d", row->name, output.channels, output.height, output.width);
    layer_harness_close(&h);
}

START_TEST(setup_infers_the_shape)
{
    for_each_run(&layer_cases[_i], check_shape);
}
END_TEST

static void check_forward(const layer_case *row, const case_run *run)
{
    layer_harness h;
    layer_case_open(&h, row, run);
    const size_t count = run->samples * h.output_units;
    double *expected = numbers(count);
    layer_case_reference(row, &h, expected);
    layer_case_forward(row, &h);
    const double tolerance = FORWARD_TOLERANCE * fmax(1, row->rounding);
    for (size_t i = 0; i < count; i++)
        if (!(fabs(h.output[i] - expected[i]) <= tolerance * fmax(1, fabs(expected[i]))))
            ck_abort_msg("%s, %s: output of sample %zu of %zu, unit %zu, is %.9g, not %.9g", row->name, h.options.level,
                         i / h.output_units, run->samples, i % h.output_units, h.output[i], expected[i]);
    free(expected);
    layer_harness_close(&h);
}

START_TEST(forward_matches_the_reference)
{
    for_each_run(&layer_cases[_i], check_forward);
}
END_TEST

static void check_evaluation(const layer_case *row, const case_run *run)
{
    case_run evaluating = *run;
    evaluating.evaluating = true;
    check_forward(row, &evaluating);
}

START_TEST(evaluation_matches_the_reference)
{
    for_each_run(&layer_cases[_i], check_evaluation);
}
END_TEST

static void check_active(const layer_case *row, const case_run *run)
{
    layer_harness h;
    layer_case_open(&h, row, run);
    const int channels = h.setup.output.channels;
    if (h.options.type->traits & HG_IS_ACTIVATION) {
        unsigned char *expected = calloc((size_t)channels, 1);
        double *output = numbers(run->samples * h.output_units);
        reference_pass pass = layer_harness_reference(&h, output);
        pass.active = expected;
        row->reference(&pass);
        layer_harness_forward(&h);
        ck_assert_mem_eq(h.active, expected, (size_t)channels);
        for (int channel = 0; channel < channels; channel++)
            expected[channel] = h.active[channel] = 1;
        for (size_t i = 0; i < run->samples * h.input_units[0]; i++)
            h.input[0][i] = -100;
        layer_harness_forward(&h);
        ck_assert_mem_eq(h.active, expected, (size_t)channels);
        memset(h.active, 0, (size_t)channels);
        layer_harness_forward(&h);
        memset(expected, 0, (size_t)channels);
        ck_assert_mem_eq(h.active, expected, (size_t)channels);
        free(output);
        free(expected);
    }
    layer_harness_close(&h);
}

START_TEST(active_units_are_marked_and_no_others)
{
    for_each_run(&layer_cases[_i], check_active);
}
END_TEST

/* ---- backward ---- */

START_TEST(gradients_match_differences_of_the_reference)
{
    const layer_case *row = &layer_cases[_i];
    if (!gradient_exists(row))
        return;
    for (size_t i = 0; i < (row->large ? SAMPLE_COUNTS - 1 : SAMPLE_COUNTS); i++) {
        layer_harness h[2 * MAX_LEVELS]; /* each level, in place and not */
        const size_t count = 2 * case_levels();
        for (size_t k = 0; k < count; k++)
            layer_case_open(
                &h[k], row,
                &(case_run){ .level = k / 2, .samples = sample_counts[i], .in_place = k % 2, .jitter = true });
        gradient_check(row, h, count, OF_REFERENCE, GRADIENT_TOLERANCE);
        for (size_t k = 0; k < count; k++)
            layer_harness_close(&h[k]);
    }
}
END_TEST

static void assert_same_gradients(const layer_harness *a, const layer_harness *b, bool inputs)
{
    for (size_t k = 0; inputs && k < a->options.input_count; k++)
        if (!a->options.unasked[k])
            ck_assert_mem_eq(a->input_gradient[k], b->input_gradient[k],
                             a->options.samples * a->input_units[k] * sizeof *a->input_gradient[k]);
    for (size_t i = 0; i < a->setup.parameter_count; i++)
        for (size_t n = 0; n < a->parameter_size[i] && !a->setup.parameter[i].frozen; n++)
            if (!(fabs((a->parameter_gradient[i][n] - a->options.gradient_start) -
                       (b->parameter_gradient[i][n] - b->options.gradient_start)) <= GRADIENT_TOLERANCE))
                ck_abort_msg("%s, %s: gradient of %s[%zu] differs: %.9g, %.9g", a->options.name, a->options.level,
                             a->setup.parameter[i].name, n, a->parameter_gradient[i][n], b->parameter_gradient[i][n]);
}

static void check_adding(const layer_case *row, const case_run *run)
{
    layer_harness from_zero, from_start;
    case_run started = *run;
    started.gradient_start = GRADIENT_START;
    layer_case_open(&from_zero, row, run);
    layer_case_open(&from_start, row, &started);
    layer_case_forward(row, &from_zero);
    layer_case_forward(row, &from_start);
    layer_harness_backward(&from_zero);
    layer_harness_backward(&from_start);
    assert_same_gradients(&from_zero, &from_start, true);
    layer_harness_close(&from_zero);
    layer_harness_close(&from_start);
}

START_TEST(parameter_gradients_are_added_to)
{
    for_each_run(&layer_cases[_i], check_adding);
}
END_TEST

static void check_unasked(const layer_case *row, const case_run *run)
{
    layer_harness asked, unasked;
    layer_case_open(&asked, row, run);
    layer_case_open(&unasked, row, run);
    memset(unasked.options.unasked, true, sizeof unasked.options.unasked);
    layer_case_forward(row, &asked);
    layer_case_forward(row, &unasked);
    layer_harness_backward(&asked);
    layer_harness_backward(&unasked);
    assert_same_gradients(&asked, &unasked, false);
    layer_harness_close(&asked);
    layer_harness_close(&unasked);
}

START_TEST(input_gradients_may_go_unasked)
{
    for_each_run(&layer_cases[_i], check_unasked);
}
END_TEST

Suite *layers_suite(void)
{
    enum { SECONDS = 60 };
    Suite *suite = suite_create("layers");
    TCase *forward = tcase_create("forward");
    tcase_set_timeout(forward, SECONDS);
    tcase_add_loop_test(forward, setup_infers_the_shape, 0, layer_case_count);
    tcase_add_loop_test(forward, forward_matches_the_reference, 0, layer_case_count);
    tcase_add_loop_test(forward, evaluation_matches_the_reference, 0, layer_case_count);
    tcase_add_loop_test(forward, active_units_are_marked_and_no_others, 0, layer_case_count);
    suite_add_tcase(suite, forward);
    TCase *backward = tcase_create("backward");
    tcase_set_timeout(backward, SECONDS);
    tcase_add_loop_test(backward, gradients_match_differences_of_the_reference, 0, layer_case_count);
    tcase_add_loop_test(backward, parameter_gradients_are_added_to, 0, layer_case_count);
    tcase_add_loop_test(backward, input_gradients_may_go_unasked, 0, layer_case_count);
    suite_add_tcase(suite, backward);
    return suite;
}
