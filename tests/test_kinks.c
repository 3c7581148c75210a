/* Where a formula has no derivative, or its input is no number: kinks, ties and NaN. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "src/simd.h"

#include "layer_cases.h"

Suite *kinks_suite(void);

#define LAYER(kind, ...)                                     \
    {                                                        \
        &hg_##kind##_type, &(hg_##kind##_options)            \
        {                                                    \
            .size = sizeof(hg_##kind##_options), __VA_ARGS__ \
        }                                                    \
    }

/* ---- activations: one number each ---- */

typedef struct kink {
    hg_layer layer;
    double x, threshold, y, by_x, by_threshold;
    bool active;
} kink;

/* The tie goes to the low side. */
static const kink kinks[] = {
    { LAYER(relu, .name = 0), .x = 0, .y = 0, .by_x = 0 },
    { LAYER(relu, .name = 0), .x = 1e-30, .y = 1e-30, .by_x = 1, .active = true },
    { LAYER(relu, .name = 0), .x = -1e-30, .y = 0, .by_x = 0 },
    { LAYER(leaky_relu, 0.5), .x = 0, .y = 0, .by_x = 0.5 },
    { LAYER(leaky_relu, 0.5), .x = -1, .y = -0.5, .by_x = 0.5 },
    { LAYER(leaky_relu, 0.5), .x = 1e-30, .y = 1e-30, .by_x = 1, .active = true },

    { LAYER(elu, 0.5), .x = 0, .y = 0, .by_x = 0.5 },
    { LAYER(elu, 0.5), .x = -1e-30, .y = -0.5e-30, .by_x = 0.5 },
    { LAYER(elu, 0.5), .x = 1e-30, .y = 1e-30, .by_x = 1, .active = true },
    { LAYER(elu, 0.5), .x = -1000, .y = -0.5, .by_x = 0 },
    { LAYER(elu, 0.5), .x = 1000, .y = 1000, .by_x = 1, .active = true },
    { LAYER(softsign, .name = 0), .x = 0, .y = 0, .by_x = 1 },
    { LAYER(softsign, .name = 0), .x = 1e-30, .y = 1e-30, .by_x = 1, .active = true },
    { LAYER(softsign, .name = 0), .x = -1, .y = -0.5, .by_x = 0.25 },
    { LAYER(relu_softsign, 0.5), .x = 0, .y = 0, .by_x = 0.5 },
    { LAYER(relu_softsign, 0.5), .x = 1e-30, .y = 1e-30, .by_x = 1, .active = true },
    { LAYER(relu_softsign, 0.5), .x = -1, .y = -0.25, .by_x = 0.125 },
    { LAYER(relu_softsign, .learn_slope = true), .threshold = 0, .x = -1, .y = 0, .by_x = 0, .by_threshold = -0.5 },
    { LAYER(relu_softsign, .learn_slope = true), .threshold = 2, .x = 0, .y = 0, .by_x = 2, .by_threshold = 0 },
    { LAYER(relu_softsign, .learn_slope = true), .threshold = 2, .x = 3, .y = 3, .by_x = 1, .by_threshold = 0,
      .active = true },
    { LAYER(tanh, .name = 0), .x = 0, .y = 0, .by_x = 1 },
    { LAYER(tanh, .name = 0), .x = 1e-30, .y = 1e-30, .by_x = 1, .active = true },
    { LAYER(tanh, .name = 0), .x = -1000, .y = -1, .by_x = 0 },
    { LAYER(sigmoid, .name = 0), .x = 0, .y = 0.5, .by_x = 0.25 },
    { LAYER(sigmoid, .name = 0), .x = 1000, .y = 1, .by_x = 0, .active = true },
    { LAYER(sigmoid, .name = 0), .x = -1000, .y = 0, .by_x = 0 },
    { LAYER(gelu, .name = 0), .x = 1000, .y = 1000, .by_x = 1, .active = true },
    { LAYER(gelu, .name = 0), .x = -1000, .y = 0, .by_x = 0 },
    { LAYER(gelu, .approximate = true), .x = 0, .y = 0, .by_x = 0.5 },
    { LAYER(gelu, .approximate = true), .x = 1000, .y = 1000, .by_x = 1, .active = true },
    { LAYER(gelu, .approximate = true), .x = -1000, .y = 0, .by_x = 0 },

    { LAYER(threshold_relu, HG_SLOPE), .threshold = 0, .x = 0, .y = 0, .by_x = 0, .by_threshold = 0 },
    { LAYER(threshold_relu, HG_SLOPE), .threshold = 0, .x = -2, .y = 0, .by_x = 0, .by_threshold = -2 },
    { LAYER(threshold_relu, HG_SLOPE), .threshold = 0, .x = 2, .y = 2, .by_x = 1, .by_threshold = 0, .active = true },
    { LAYER(threshold_relu, HG_SLOPE), .threshold = 0.25, .x = 0, .y = 0, .by_x = 0.25, .by_threshold = 0 },
    { LAYER(threshold_relu, HG_SLOPE), .threshold = 2, .x = 3, .y = 6, .by_x = 2, .by_threshold = 3, .active = true },
    { LAYER(threshold_relu, HG_SLOPE), .threshold = 2, .x = -3, .y = -3, .by_x = 1, .by_threshold = 0 },
    { LAYER(threshold_relu, HG_SLOPE), .threshold = -1, .x = -3, .y = 3, .by_x = -1, .by_threshold = -3 },

    { LAYER(threshold_relu, HG_FLOOR), .threshold = 0, .x = 0, .y = 0, .by_x = 0, .by_threshold = 1 },
    { LAYER(threshold_relu, HG_FLOOR), .threshold = 0, .x = 1, .y = 1, .by_x = 1, .by_threshold = 0, .active = true },
    { LAYER(threshold_relu, HG_FLOOR), .threshold = -1, .x = -1, .y = -1, .by_x = 0, .by_threshold = 1 },
    { LAYER(threshold_relu, HG_FLOOR), .threshold = -1, .x = -2, .y = -1, .by_x = 0, .by_threshold = 1 },

    { LAYER(threshold_relu, HG_CEILING), .threshold = 1, .x = 0, .y = 0, .by_x = 0, .by_threshold = 0 },
    { LAYER(threshold_relu, HG_CEILING), .threshold = 1, .x = 0.5, .y = 0.5, .by_x = 1, .by_threshold = 0,
      .active = true },
    { LAYER(threshold_relu, HG_CEILING), .threshold = 1, .x = 1, .y = 1, .by_x = 0, .by_threshold = 1 },
    { LAYER(threshold_relu, HG_CEILING), .threshold = 1, .x = 2, .y = 1, .by_x = 0, .by_threshold = 1 },
    { LAYER(threshold_relu, HG_CEILING), .threshold = 0, .x = 0, .y = 0, .by_x = 0, .by_threshold = 1 },
    { LAYER(threshold_relu, HG_CEILING), .threshold = 1, .x = -1, .y = 0, .by_x = 0, .by_threshold = 0 },

    { LAYER(threshold_relu, HG_SHIFT), .threshold = 0, .x = 0, .y = 0, .by_x = 0, .by_threshold = 0 },
    { LAYER(threshold_relu, HG_SHIFT), .threshold = 0.5, .x = 0.5, .y = 0, .by_x = 0, .by_threshold = 0 },
    { LAYER(threshold_relu, HG_SHIFT), .threshold = 0.5, .x = 0.75, .y = 0.25, .by_x = 1, .by_threshold = -1,
      .active = true },
    { LAYER(threshold_relu, HG_SHIFT), .threshold = -1, .x = 0, .y = 1, .by_x = 1, .by_threshold = -1, .active = true },

    { LAYER(threshold_relu, HG_GATE, .gate_width = 0.5), .threshold = 0, .x = 0, .y = 0, .by_x = 0, .by_threshold = 0 },
    { LAYER(threshold_relu, HG_GATE, .gate_width = 0.5), .threshold = 1, .x = 1, .y = 0, .by_x = 0,
      .by_threshold = -2 },
    { LAYER(threshold_relu, HG_GATE, .gate_width = 0.5), .threshold = 1, .x = 1.125, .y = 1.125, .by_x = 1,
      .by_threshold = -2, .active = true },
    { LAYER(threshold_relu, HG_GATE, .gate_width = 0.5), .threshold = 1, .x = 1.25, .y = 1.25, .by_x = 1,
      .by_threshold = 0, .active = true },
    { LAYER(threshold_relu, HG_GATE, .gate_width = 0.5), .threshold = 1, .x = 0.75, .y = 0, .by_x = 0,
      .by_threshold = 0 },
};

static void open_one(layer_harness *harness, hg_layer layer, hg_shape shape)
{
    layer_harness_open(harness, &(layer_harness_options){ .type = simd_layer(layer.type),
                                                          .options = layer.options,
                                                          .samples = 1,
                                                          .input_count = 1,
                                                          .input_shape = { shape },
                                                          .name = layer.type->name });
}

START_TEST(tie_goes_to_the_low_side)
{
    const kink *row = &kinks[_i];
    layer_harness h;
    open_one(&h, row->layer, (hg_shape){ 1, 1, 1 });
    h.input[0][0] = row->x;
    h.output_gradient[0] = 1;
    if (h.parameter[0])
        h.parameter[0][0] = row->threshold;
    layer_harness_forward(&h);
    layer_harness_backward(&h);
    ck_assert_double_eq(h.output[0], (double)(hg_real)row->y);
    ck_assert_double_eq(h.input_gradient[0][0], row->by_x);
    if (h.parameter[0])
        ck_assert_double_eq(h.parameter_gradient[0][0], row->by_threshold);
    ck_assert_int_eq(h.active[0], row->active);
    layer_harness_close(&h);
}
END_TEST

/* Beside a number, in another lane of the same vector: */
START_TEST(nan_stays_one_in_every_activation)
{
    const hg_layer layers[] = { hg_relu(),          hg_leaky_relu(), hg_elu(),         hg_softsign(),
                                hg_relu_softsign(), hg_noisy_relu(), hg_tanh(),        hg_sigmoid(),
                                hg_gelu(),          hg_gelu(true),   hg_dropout(1e-9), hg_noisy_relu(0.5) };
    for (size_t i = 0; i < HG_COUNT(layers); i++)
        for (int evaluating = 0; evaluating < 2; evaluating++) {
            layer_harness h;
            layer_harness_open(&h, &(layer_harness_options){ .type = simd_layer(layers[i].type),
                                                             .options = layers[i].options,
                                                             .samples = 2,
                                                             .input_count = 1,
                                                             .input_shape = { { 1, 1, 1 } },
                                                             .evaluating = evaluating,
                                                             .name = layers[i].type->name });
            h.input[0][0] = NAN;
            h.input[0][1] = 1;
            layer_harness_forward(&h);
            ck_assert_msg(isnan(h.output[0]) && isfinite(h.output[1]), "%s", layers[i].type->name);
            layer_harness_close(&h);
        }
}
END_TEST

/* dt = -(t / width) times the sum of dy over the x nearer to t than half the width
 * (JumpReLU, arXiv 2407.14435, with a rectangular kernel). */
START_TEST(gate_threshold_learns_from_the_window_around_it)
{
    const layer_case *row = &layer_cases[_i];
    if (!row->surrogate)
        return;
    const hg_threshold_relu_options *options = row->layer.options;
    const double usual_width = 0.1, width = options->gate_width != 0 ? options->gate_width : usual_width;
    layer_harness h;
    layer_case_open(&h, row, &(case_run){ .level = case_levels() - 1, .samples = sample_counts[2] });
    layer_case_forward(row, &h);
    layer_harness_backward(&h);
    const size_t pixels = (size_t)row->input[0].height * (size_t)row->input[0].width;
    double expected[HG_LANES] = { 0 };
    for (size_t i = 0; i < sample_counts[2] * h.input_units[0]; i++) {
        const size_t c = options->shared ? 0 : i / pixels % (size_t)row->input[0].channels;
        const double t = h.parameter[0][c];
        if (fabs(h.input[0][i] - t) < width / 2)
            expected[c] -= t / width * h.output_gradient[i];
    }
    for (size_t c = 0; c < h.parameter_size[0]; c++)
        ck_assert_double_eq_tol(h.parameter_gradient[0][c], expected[c], 1e-5 * fmax(1, fabs(expected[c])));
    layer_harness_close(&h);
}
END_TEST

/* ---- max pooling ---- */

static void pool_2x2(layer_harness *harness, const double *x)
{
    open_one(harness, hg_max_pool2d(2), (hg_shape){ 1, 2, 2 });
    memcpy(harness->input[0], x, 4 * sizeof *x);
    harness->output_gradient[0] = 1;
    layer_harness_forward(harness);
    layer_harness_backward(harness);
}

START_TEST(first_of_equal_numbers_wins)
{
    static const struct {
        double x[4];
        int winner;
    } windows[] = {
        { { 1, 1, 1, 1 }, 0 },    { { 0, 1, 1, 1 }, 1 },      { { 0, 0, 1, 1 }, 2 },
        { { 0, 0, 0, 1 }, 3 },    { { 1, 0, 1, 0 }, 0 },      { { 0, 1, 0, 1 }, 1 },
        { { -1, -1, -2, 0 }, 3 }, { { -0.0, 0.0, 0, 0 }, 0 }, { { -INFINITY, -INFINITY, -INFINITY, -INFINITY }, 0 }
    };
    for (size_t i = 0; i < HG_COUNT(windows); i++) {
        layer_harness h;
        pool_2x2(&h, windows[i].x);
        for (int k = 0; k < 4; k++)
            ck_assert_double_eq(h.input_gradient[0][k], k == windows[i].winner);
        layer_harness_close(&h);
    }
}
END_TEST

START_TEST(nan_wins_over_every_number)
{
    for (int at = 0; at < 4; at++) {
        double x[4] = { 1, INFINITY, 2, 3 };
        x[at] = NAN;
        layer_harness h;
        pool_2x2(&h, x);
        ck_assert(isnan(h.output[0]));
        for (int k = 0; k < 4; k++)
            ck_assert_double_eq(h.input_gradient[0][k], k == at);
        layer_harness_close(&h);
    }
}
END_TEST

/* Where windows overlap, a pixel that wins twice gets both gradients. */
START_TEST(overlapping_windows_add_up)
{
    layer_harness h;
    open_one(&h, hg_max_pool2d(2, .stride = 1), (hg_shape){ 1, 3, 3 });
    h.input[0][4] = 1; /* the middle is in all four windows */
    for (int i = 0; i < 4; i++)
        h.output_gradient[i] = i + 1;
    layer_harness_forward(&h);
    layer_harness_backward(&h);
    for (int i = 0; i < 9; i++)
        ck_assert_double_eq(h.input_gradient[0][i], i == 4 ? 10 : 0);
    layer_harness_close(&h);
}
END_TEST

/* ---- the loss ---- */

START_TEST(loss_of_an_impossible_label_is_finite)
{
    layer_harness h;
    open_one(&h, hg_classification(), (hg_shape){ 2, 1, 1 });
    h.input[0][0] = 1; /* and the label, class 1, has probability 0 */
    h.label[0] = 1;
    layer_harness_forward(&h);
    layer_harness_backward(&h);
    ck_assert(isfinite(h.output[0]) && h.output[0] > 50);
    ck_assert(isfinite(h.input_gradient[0][1]) && h.input_gradient[0][1] < 0);
    layer_harness_close(&h);
}
END_TEST

Suite *kinks_suite(void)
{
    Suite *suite = suite_create("kinks");
    TCase *activations = tcase_create("activations");
    tcase_add_loop_test(activations, tie_goes_to_the_low_side, 0, HG_COUNT(kinks));
    tcase_add_test(activations, nan_stays_one_in_every_activation);
    tcase_add_loop_test(activations, gate_threshold_learns_from_the_window_around_it, 0, layer_case_count);
    suite_add_tcase(suite, activations);
    TCase *ends = tcase_create("pooling and loss");
    tcase_add_test(ends, first_of_equal_numbers_wins);
    tcase_add_test(ends, nan_wins_over_every_number);
    tcase_add_test(ends, overlapping_windows_add_up);
    tcase_add_test(ends, loss_of_an_impossible_label_is_finite);
    suite_add_tcase(suite, ends);
    return suite;
}
