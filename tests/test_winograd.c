/* Convolutions of many channels on maps of many windows (layers/conv2d_winograd.h), at every level of instructions:
 * forward against the naive reference, gradients against their formulas in plain loops. What differences of the
 * reference can check of them in reasonable time, the rows of layer_cases.c do. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "layer_cases.h"

Suite *winograd_suite(void);

static const double TOLERANCE = 2e-5; /* of the larger of 1 and the number: a few hundred roundings */

enum { FILTER = 3, SAMPLES = HG_LANES + 3 };

#define CONVOLUTION(...)                                                                                  \
    .layer = { &hg_conv2d_type, &(hg_conv2d_options){ .size = sizeof(hg_conv2d_options), __VA_ARGS__ } }, \
    .reference = reference_conv2d

static const layer_case rows[] = {
    { "same", CONVOLUTION(3, 16, .same = true), .input = { { 16, 13, 14 } }, .output = { 16, 13, 14 } },
    { "many channels", CONVOLUTION(3, 20), .input = { { 37, 6, 15 } }, .output = { 20, 4, 13 } },
    { "padding 2", CONVOLUTION(3, 22, .padding = 2, .no_bias = true), .input = { { 19, 3, 2 } },
      .output = { 22, 5, 4 } },
    { "pooled", CONVOLUTION(3, 18, .same = true), .pool = HG_POOL_BY_VALUE, .input = { { 16, 13, 14 } },
      .output = { 18, 6, 7 } },
    { "pooled by slope", CONVOLUTION(3, 16), .pool = HG_POOL_BY_SLOPE, .pool_key = 0.25, .pool_key_shared = true,
      .input = { { 16, 8, 9 } }, .output = { 16, 3, 3 } },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void compare(const layer_case *row, const layer_harness *h, const char *what, size_t i, double found,
                    double expected)
{
    if (!(fabs(found - expected) <= TOLERANCE * fmax(1, fabs(expected))))
        ck_abort_msg("%s, %s: %s[%zu] is %.9g, not %.9g", row->name, h->options.level, what, i, found, expected);
}

static double *numbers(size_t count)
{
    double *values = calloc(count, sizeof *values);
    ck_assert_ptr_nonnull(values);
    return values;
}

static size_t at(hg_shape shape, int channel, int row, int column)
{
    return ((size_t)channel * (size_t)shape.height + (size_t)row) * (size_t)shape.width + (size_t)column;
}

START_TEST(forward_matches_the_reference)
{
    const layer_case *row = &rows[_i];
    for (size_t level = 0; level < case_levels(); level++) {
        layer_harness h;
        layer_case_open(&h, row, &(case_run){ .level = level, .samples = SAMPLES, .jitter = true });
        double *expected = numbers(SAMPLES * h.output_units);
        layer_case_reference(row, &h, expected);
        layer_case_forward(row, &h);
        for (size_t i = 0; i < SAMPLES * h.output_units; i++)
            compare(row, &h, "output", i, h.output[i], expected[i]);
        free(expected);
        layer_harness_close(&h);
    }
}
END_TEST

/* What the formulas of layers/conv2d.c give, for a map that is not pooled. */
typedef struct gradients {
    double *input, *weight, *bias;
} gradients;

static gradients gradients_of(const layer_harness *h, hg_shape map, int padding, const double *dy)
{
    const hg_shape in = h->options.input_shape[0];
    const size_t taps = (size_t)in.channels * FILTER * FILTER;
    const gradients g = { numbers(SAMPLES * h->input_units[0]), numbers((size_t)map.channels * taps),
                          numbers((size_t)map.channels) };
    for (size_t s = 0; s < SAMPLES; s++)
        for (int f = 0; f < map.channels; f++)
            for (int r = 0; r < map.height; r++)
                for (int c = 0; c < map.width; c++) {
                    const double d = dy[s * reference_units(map) + at(map, f, r, c)];
                    g.bias[f] += d;
                    for (size_t t = 0; t < taps && d != 0; t++) {
                        const int y = r + (int)(t / FILTER % FILTER) - padding, x = c + (int)(t % FILTER) - padding;
                        if (y < 0 || y >= in.height || x < 0 || x >= in.width)
                            continue;
                        const size_t unit = s * h->input_units[0] + at(in, (int)t / (FILTER * FILTER), y, x);
                        g.weight[(size_t)f * taps + t] += d * h->input[0][unit];
                        g.input[unit] += d * h->parameter[0][(size_t)f * taps + t];
                    }
                }
    return g;
}

/* dy of a pooled map, to the pixel of each window that a naive convolution without pooling ranks first. */
static double *spread(const layer_case *row, layer_harness *h, hg_shape map)
{
    const hg_shape out = row->output;
    double *y = numbers(SAMPLES * reference_units(map)), *dy = numbers(SAMPLES * reference_units(map));
    reference_pass pass = layer_harness_reference(h, y);
    pass.pool = HG_NO_POOL;
    pass.output_shape = map;
    reference_conv2d(&pass);
    for (size_t s = 0; s < SAMPLES; s++)
        for (int f = 0; f < out.channels; f++)
            for (int r = 0; r < out.height; r++)
                for (int c = 0; c < out.width; c++) {
                    const size_t first = s * reference_units(map) + at(map, f, 2 * r, 2 * c);
                    size_t winner = first;
                    double best = -INFINITY;
                    for (size_t k = 0; k < 4; k++) {
                        const size_t pixel = first + k / 2 * (size_t)map.width + k % 2;
                        const double rank =
                            row->pool == HG_POOL_BY_SLOPE ? fmax(row->pool_key * y[pixel], y[pixel]) : y[pixel];
                        winner = rank > best ? pixel : winner;
                        best = fmax(rank, best);
                    }
                    dy[winner] = h->output_gradient[s * h->output_units + at(out, f, r, c)];
                }
    free(y);
    return dy;
}

START_TEST(gradients_match_the_formulas)
{
    const layer_case *row = &rows[_i];
    const hg_conv2d_options *o = row->layer.options;
    const int padding = o->same ? FILTER / 2 : o->padding;
    const hg_shape in = row->input[0];
    const hg_shape map = { row->output.channels, in.height + 2 * padding - FILTER + 1,
                           in.width + 2 * padding - FILTER + 1 };
    for (size_t level = 0; level < case_levels(); level++) {
        layer_harness h;
        layer_case_open(&h, row, &(case_run){ .level = level, .samples = SAMPLES, .jitter = true });
        double *dy = row->pool ? spread(row, &h, map) : h.output_gradient;
        const gradients g = gradients_of(&h, map, padding, dy);
        layer_case_forward(row, &h);
        layer_harness_backward(&h);
        for (size_t i = 0; i < SAMPLES * h.input_units[0]; i++)
            compare(row, &h, "input gradient", i, h.input_gradient[0][i], g.input[i]);
        for (size_t i = 0; i < h.parameter_size[0]; i++)
            compare(row, &h, "weight gradient", i, h.parameter_gradient[0][i], g.weight[i]);
        for (size_t i = 0; i < h.parameter_size[1]; i++)
            compare(row, &h, "bias gradient", i, h.parameter_gradient[1][i], g.bias[i]);
        free(g.input);
        free(g.weight);
        free(g.bias);
        if (row->pool)
            free(dy);
        layer_harness_close(&h);
    }
}
END_TEST

Suite *winograd_suite(void)
{
    Suite *suite = suite_create("winograd");
    TCase *forward = tcase_create("forward"), *backward = tcase_create("backward");
    tcase_add_loop_test(forward, forward_matches_the_reference, 0, ROWS);
    tcase_add_loop_test(backward, gradients_match_the_formulas, 0, ROWS);
    suite_add_tcase(suite, forward);
    suite_add_tcase(suite, backward);
    return suite;
}
