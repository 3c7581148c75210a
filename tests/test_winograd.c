/* Convolutions by Winograd's transforms (layers/conv2d_winograd_windows.h, layers/conv2d_winograd_bands.h), at every
 * level: forward against the naive reference, gradients against their formulas in plain loops. What differences of the
 * reference can check of them in reasonable time, the rows of layer_cases.c do. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "layer_cases.h"

Suite *winograd_suite(void);

/* How many roundings of a number near 1 a sum may be off, times the square root of its terms: the transforms of 5 x 5
 * filters round more, see layers/conv2d_winograd_windows_transforms.h. */
static const double ROUNDINGS_3 = 12, ROUNDINGS_5 = 60, ROUNDING = 0x1p-24;

enum { SAMPLES = HG_LANES + 6 };

#define CONVOLUTION(...)                                                                                  \
    .layer = { &hg_conv2d_type, &(hg_conv2d_options){ .size = sizeof(hg_conv2d_options), __VA_ARGS__ } }, \
    .reference = reference_conv2d

static const layer_case rows[] = {
    { "3 x 3", CONVOLUTION(3, 16, .same = true), .input = { { 16, 13, 14 } }, .output = { 16, 13, 14 } },
    { "3 x 3, many channels", CONVOLUTION(3, 20), .input = { { 37, 6, 15 } }, .output = { 20, 4, 13 } },
    { "3 x 3, padding 2", CONVOLUTION(3, 22, .padding = 2, .no_bias = true), .input = { { 19, 3, 2 } },
      .output = { 22, 5, 4 } },
    { "3 x 3, pooled", CONVOLUTION(3, 18, .same = true), .pool = HG_POOL_BY_VALUE, .input = { { 16, 13, 14 } },
      .output = { 18, 6, 7 } },
    { "3 x 3, pooled by slope", CONVOLUTION(3, 16), .pool = HG_POOL_BY_SLOPE, .pool_key = -0.5, .pool_key_shared = true,
      .input = { { 16, 8, 9 } }, .output = { 16, 3, 3 } },
    { "5 x 5", CONVOLUTION(5, 16), .input = { { 18, 16, 17 } }, .output = { 16, 12, 13 } },
    { "5 x 5, same", CONVOLUTION(5, 19, .same = true, .no_bias = true), .input = { { 16, 3, 4 } },
      .output = { 19, 3, 4 } },
    { "5 x 5, padding 4", CONVOLUTION(5, 16, .padding = 4), .input = { { 17, 3, 2 } }, .output = { 16, 7, 6 } },
    { "5 x 5, pooled", CONVOLUTION(5, 17, .same = true), .pool = HG_POOL_BY_VALUE, .input = { { 16, 13, 14 } },
      .output = { 17, 6, 7 } },
    { "5 x 5, pooled by slope", CONVOLUTION(5, 16), .pool = HG_POOL_BY_SLOPE, .pool_key = 0.25, .pool_key_step = 0.0625,
      .input = { { 16, 9, 8 } }, .output = { 16, 2, 2 } },
    { "bands", CONVOLUTION(5, 7), .input = { { 1, 16, 17 } }, .output = { 7, 12, 13 } },
    { "bands, odd sides", CONVOLUTION(5, 4, .same = true, .no_bias = true), .input = { { 3, 7, 11 } },
      .output = { 4, 7, 11 } },
    { "bands, padding 4", CONVOLUTION(5, 3, .padding = 4), .input = { { 2, 3, 2 } }, .output = { 3, 7, 6 } },
    { "bands, many filters", CONVOLUTION(5, 23, .padding = 1), .input = { { 15, 6, 6 } }, .output = { 23, 4, 4 } },
    { "bands, one filter of many channels", CONVOLUTION(5, 1, .same = true), .input = { { 33, 4, 6 } },
      .output = { 1, 4, 6 } },
    { "bands, pooled", CONVOLUTION(5, 20), .pool = HG_POOL_BY_VALUE, .input = { { 1, 28, 28 } },
      .output = { 20, 12, 12 } },
    { "bands, pooled, odd sides", CONVOLUTION(5, 6, .same = true), .pool = HG_POOL_BY_VALUE, .input = { { 2, 13, 15 } },
      .output = { 6, 6, 7 } },
    { "bands, pooled by slope", CONVOLUTION(5, 5, .padding = 2), .pool = HG_POOL_BY_SLOPE, .pool_key = 0.25,
      .pool_key_step = 0.0625, .input = { { 3, 9, 6 } }, .output = { 5, 4, 3 } },
    { "bands, pooled by one slope", CONVOLUTION(5, 5), .pool = HG_POOL_BY_SLOPE, .pool_key = -0.5,
      .pool_key_shared = true, .input = { { 3, 8, 8 } }, .output = { 5, 2, 2 } },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

typedef struct comparison {
    const layer_case *row;
    const layer_harness *harness;
    const char *what;
    size_t terms; /* in each sum */
} comparison;

static void compare(const comparison *c, const double *found, const double *expected, size_t count)
{
    const hg_conv2d_options *options = c->row->layer.options;
    const double roundings = options->filter_size == 3 ? ROUNDINGS_3 : ROUNDINGS_5;
    const double slack = roundings * ROUNDING * sqrt((double)c->terms);
    for (size_t i = 0; i < count; i++)
        if (!(fabs(found[i] - expected[i]) <= slack))
            ck_abort_msg("%s, %s: %s[%zu] is %.9g, not %.9g", c->row->name, c->harness->options.level, c->what, i,
                         found[i], expected[i]);
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

/* Training does all pieces of a shard, evaluation only those that hold samples. */
START_TEST(forward_matches_the_reference)
{
    const layer_case *row = &rows[_i];
    for (size_t i = 0; i < 2 * case_levels(); i++) {
        layer_harness h;
        const case_run run = { .level = i / 2, .samples = SAMPLES, .jitter = true, .evaluating = i % 2 };
        layer_case_open(&h, row, &run);
        double *expected = numbers(SAMPLES * h.output_units);
        layer_case_reference(row, &h, expected);
        layer_case_forward(row, &h);
        const hg_conv2d_options *o = row->layer.options;
        const size_t terms = (size_t)(row->input[0].channels * o->filter_size * o->filter_size);
        compare(&(comparison){ row, &h, "output", terms }, h.output, expected, SAMPLES * h.output_units);
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
    const hg_conv2d_options *o = h->options.options;
    const size_t side = (size_t)o->filter_size, taps = (size_t)in.channels * side * side;
    const gradients g = { numbers(SAMPLES * h->input_units[0]), numbers((size_t)map.channels * taps),
                          numbers((size_t)map.channels) };
    for (size_t s = 0; s < SAMPLES; s++)
        for (int f = 0; f < map.channels; f++)
            for (int r = 0; r < map.height; r++)
                for (int c = 0; c < map.width; c++) {
                    const double d = dy[s * reference_units(map) + at(map, f, r, c)];
                    g.bias[f] += d;
                    for (size_t t = 0; t < taps && d != 0; t++) {
                        const int y = r + (int)(t / side % side) - padding, x = c + (int)(t % side) - padding;
                        if (y < 0 || y >= in.height || x < 0 || x >= in.width)
                            continue;
                        const size_t unit = s * h->input_units[0] + at(in, (int)(t / (side * side)), y, x);
                        g.weight[(size_t)f * taps + t] += d * h->input[0][unit];
                        g.input[unit] += d * h->parameter[0][(size_t)f * taps + t];
                    }
                }
    return g;
}

/* The pixel of a window that ranks first, and how far it is ahead of the second. */
static size_t winner_of(const layer_case *row, const double *y, hg_shape map, int filter, double *ahead)
{
    const double key = row->pool_key + filter * row->pool_key_step;
    double best = -INFINITY, second = -INFINITY;
    size_t winner = 0;
    for (size_t k = 0; k < 4; k++) {
        const size_t pixel = k / 2 * (size_t)map.width + k % 2;
        const double rank = row->pool == HG_POOL_BY_SLOPE ? fmax(key * y[pixel], y[pixel]) : y[pixel];
        winner = rank > best ? pixel : winner;
        second = fmax(second, fmin(rank, best));
        best = fmax(rank, best);
    }
    *ahead = best - second;
    return winner;
}

/* dy of a pooled map, to the winners of a naive convolution without pooling. Windows in which rounding could name
 * another winner get none. */
static double *spread(const layer_case *row, layer_harness *h, hg_shape map)
{
    const double near = 1e-3;
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
                    double *d = &h->output_gradient[s * h->output_units + at(out, f, r, c)], ahead;
                    const size_t winner = first + winner_of(row, y + first, map, f, &ahead);
                    *d = ahead < near ? 0 : *d;
                    dy[winner] = *d;
                }
    free(y);
    return dy;
}

START_TEST(gradients_match_the_formulas)
{
    const layer_case *row = &rows[_i];
    const hg_conv2d_options *o = row->layer.options;
    const int padding = o->same ? o->filter_size / 2 : o->padding;
    const hg_shape in = row->input[0];
    const hg_shape map = { row->output.channels, in.height + 2 * padding - o->filter_size + 1,
                           in.width + 2 * padding - o->filter_size + 1 };
    for (size_t level = 0; level < case_levels(); level++) {
        layer_harness h;
        layer_case_open(&h, row, &(case_run){ .level = level, .samples = SAMPLES, .jitter = true });
        double *dy = row->pool ? spread(row, &h, map) : h.output_gradient;
        const gradients g = gradients_of(&h, map, padding, dy);
        layer_case_forward(row, &h);
        layer_harness_backward(&h);
        const size_t pixels = SAMPLES * (size_t)(map.height * map.width);
        const size_t taps = (size_t)(map.channels * o->filter_size * o->filter_size);
        compare(&(comparison){ row, &h, "input gradient", taps }, h.input_gradient[0], g.input,
                SAMPLES * h.input_units[0]);
        compare(&(comparison){ row, &h, "weight gradient", pixels }, h.parameter_gradient[0], g.weight,
                h.parameter_size[0]);
        compare(&(comparison){ row, &h, "bias gradient", pixels }, h.parameter_gradient[1], g.bias,
                h.parameter_size[1]);
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
