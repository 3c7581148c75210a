/* Outputs and gradients of PyTorch (tests/make_goldens.py), at every level of instructions. */
#include <check.h>
#include <math.h>
#include <string.h>

#include <hinge/hinge.h>

#include "src/simd.h"

#include "goldens.h"
#include "layer_cases.h"

Suite *goldens_suite(void);

/* Inputs are such that sums of products are exact in float; the rest rounds a few times. */
static const double TOLERANCE = 1e-6;

static void assert_close(const golden *row, const double *values, const double *expected, size_t count,
                         const char *what)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs(values[i] - expected[i]) <= TOLERANCE * fmax(1, fabs(expected[i])),
                      "%s: %s[%zu] is %.9g, not %.9g", row->name, what, i, values[i], expected[i]);
}

/* PyTorch's cross-entropy reads logits, as classification does behind softmax. */
static void open_golden(layer_harness *harness, const golden *row, size_t level)
{
    const size_t inputs = row->label ? 2 : 1;
    layer_harness_open(harness, &(layer_harness_options){ .type = case_type(row->layer.type, level),
                                                          .options = row->layer.options,
                                                          .samples = row->samples,
                                                          .input_count = inputs,
                                                          .input_shape = { row->input_shape, row->input_shape },
                                                          .unasked = { row->label != NULL },
                                                          .evaluating = row->evaluating,
                                                          .name = row->name,
                                                          .level = simd_levels[level].name });
    const size_t units = harness->input_units[0];
    memcpy(harness->input[inputs - 1], row->input, row->samples * units * sizeof *row->input);
    if (row->label) {
        memcpy(harness->label, row->label, row->samples * sizeof *row->label);
        reference_softmax(&(reference_pass){ .samples = row->samples,
                                             .output_shape = row->input_shape,
                                             .input = { row->input },
                                             .output = harness->input[0] });
    }
    if (!row->evaluating)
        memcpy(harness->output_gradient, row->output_gradient,
               row->samples * harness->output_units * sizeof *row->output_gradient);
    for (size_t i = 0; i < harness->setup.parameter_count; i++)
        memcpy(harness->parameter[i], row->parameter[i], harness->parameter_size[i] * sizeof *row->parameter[i]);
}

static void check_golden(const golden *row, size_t level)
{
    layer_harness h;
    open_golden(&h, row, level);
    layer_harness_forward(&h);
    assert_close(row, h.output, row->output, row->samples * h.output_units, "output");
    if (!row->evaluating) {
        layer_harness_backward(&h);
        assert_close(row, h.input_gradient[h.options.input_count - 1], row->input_gradient,
                     row->samples * h.input_units[0], "input gradient");
        for (size_t i = 0; i < h.setup.parameter_count; i++)
            assert_close(row, h.parameter_gradient[i], row->parameter_gradient[i], h.parameter_size[i],
                         h.setup.parameter[i].name);
    }
    layer_harness_close(&h);
}

START_TEST(layer_matches_pytorch)
{
    for (size_t level = 0; level < case_levels(); level++)
        check_golden(&goldens[_i], level);
}
END_TEST

/* Batches of up to 16 samples, so that the shard is the batch. */
static void step_through_batches(hg_network *network)
{
    enum { UNITS = RUNNING_CHANNELS * RUNNING_HEIGHT * RUNNING_WIDTH };
    const double *image = running_image;
    for (size_t step = 0; step < HG_COUNT(running_batch); step++) {
        const size_t count = (size_t)running_batch[step];
        hg_real images[HG_LANES * UNITS], probabilities[HG_LANES * RUNNING_CHANNELS];
        const int labels[HG_LANES] = { 0 };
        double loss;
        for (size_t i = 0; i < count * UNITS; i++)
            images[i] = (hg_real)*image++;
        hg_network_zero_gradients(network);
        ck_assert_int_eq(hg_network_forward(network, images, count, probabilities, NULL), HG_OK);
        ck_assert_int_eq(hg_network_backward_labels(network, labels, &loss, NULL), HG_OK);
        ck_assert_int_eq(hg_network_step(network, hg_sgd(0.1), NULL), HG_OK);
    }
}

START_TEST(running_statistics_match_pytorch)
{
    const hg_layer layers[] = {
        hg_image_input(RUNNING_HEIGHT, RUNNING_WIDTH, RUNNING_CHANNELS, HG_NO_NORMALIZATION),
        hg_batch_normalization(.momentum = running_momentum),
        hg_global_average_pool2d(),
        hg_softmax(),
        hg_classification(),
    };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    step_through_batches(network);
    hg_parameter mean, variance;
    ck_assert(hg_network_find_parameter(network, "batch_normalization_1.running_mean", &mean));
    ck_assert(hg_network_find_parameter(network, "batch_normalization_1.running_var", &variance));
    for (size_t c = 0; c < RUNNING_CHANNELS; c++) {
        ck_assert_double_eq_tol((double)mean.values[c], running_mean[c], TOLERANCE * fmax(1, fabs(running_mean[c])));
        ck_assert_double_eq_tol((double)variance.values[c], running_variance[c],
                                TOLERANCE * fmax(1, running_variance[c]));
    }
    hg_network_destroy(network);
}
END_TEST

Suite *goldens_suite(void)
{
    Suite *suite = suite_create("goldens");
    TCase *layers = tcase_create("layers");
    tcase_add_loop_test(layers, layer_matches_pytorch, 0, HG_COUNT(goldens));
    tcase_add_test(layers, running_statistics_match_pytorch);
    suite_add_tcase(suite, layers);
    return suite;
}
