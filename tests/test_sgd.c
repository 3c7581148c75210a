/* optim/sgd.c and src/step.c: steps against the plain formulas in double, bounds,
 * frozen parameters, the life of the optimizer's state. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *sgd_suite(void);

enum { STEPS = 6, NUMBERS = 37 };
static const double TOLERANCE = 2e-6;

/* PyTorch's torch.optim.SGD, one number. */
typedef struct plain_sgd {
    double p, v;
} plain_sgd;

static void plain_step(plain_sgd *s, double gradient, const hg_sgd_options *o, double rate_factor, double decay_factor)
{
    const double g = gradient + o->weight_decay * decay_factor * s->p;
    s->v = o->momentum * s->v + g;
    s->p -= o->learning_rate * rate_factor * (o->nesterov ? g + o->momentum * s->v : s->v);
}

static double draw(hg_random *random)
{
    return 2 * hg_random_uniform(random) - 1;
}

/* A fully connected layer of 37 x 64 weights alone. */
static hg_network *plain_network(void)
{
    const hg_layer layers[] = { hg_image_input(8, 8), hg_fully_connected(NUMBERS), hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_ptr_nonnull(network);
    return network;
}

static void compare_with_plain(hg_sgd_options options)
{
    options.size = sizeof options;
    hg_network *network = plain_network();
    hg_parameter bias;
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.bias", &bias));
    hg_random random = hg_random_stream(4, HG_FOR_USER, 0, 0);
    plain_sgd plain[NUMBERS] = { { 0 } };
    for (size_t i = 0; i < NUMBERS; i++) {
        bias.values[i] = (hg_real)draw(&random);
        plain[i].p = (double)bias.values[i];
    }
    for (int step = 0; step < STEPS; step++) {
        for (size_t i = 0; i < NUMBERS; i++) {
            bias.gradients[i] = (hg_real)draw(&random);
            plain_step(&plain[i], (double)bias.gradients[i], &options, 1, 1);
        }
        const hg_optimizer optimizer = { &hg_sgd_type, &options };
        ck_assert_int_eq(hg_network_step(network, optimizer, NULL), HG_OK);
        for (size_t i = 0; i < NUMBERS; i++)
            ck_assert_double_eq_tol((double)bias.values[i], plain[i].p, TOLERANCE);
    }
    hg_network_destroy(network);
}

START_TEST(steps_follow_the_formulas)
{
    compare_with_plain((hg_sgd_options){ .learning_rate = 0.1 });
    compare_with_plain((hg_sgd_options){ .learning_rate = 0.1, .momentum = 0.9 });
    compare_with_plain((hg_sgd_options){ .learning_rate = 0.1, .momentum = 0.9, .nesterov = true });
    compare_with_plain((hg_sgd_options){ .learning_rate = 0.1, .weight_decay = 0.3 });
    compare_with_plain((hg_sgd_options){ .learning_rate = 0.1, .momentum = 0.5, .weight_decay = 0.3 });
    compare_with_plain(
        (hg_sgd_options){ .learning_rate = 0.1, .momentum = 0.5, .weight_decay = 0.3, .nesterov = true });
}
END_TEST

/* ---- the factors and bounds of a parameter ---- */

static hg_network *threshold_network(hg_layer activation, hg_parameter *threshold)
{
    hg_network *network = small_network(activation, 1);
    ck_assert(hg_network_find_parameter(network, "threshold_relu_1.threshold", threshold) ||
              hg_network_find_parameter(network, "relu_softsign_1.slope", threshold));
    ck_assert_uint_eq(threshold->count, 5);
    return network;
}

START_TEST(factors_scale_rate_and_decay)
{
    const hg_sgd_options options = {
        .size = sizeof options, .learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.2
    };
    const hg_optimizer optimizer = { &hg_sgd_type, &options };
    hg_parameter threshold;
    hg_network *network = threshold_network(
        hg_threshold_relu(.threshold = 0.5, .unbounded = true, .rate_factor = 0.25, .decay_factor = 3), &threshold);
    plain_sgd plain = { .p = 0.5 };
    for (int step = 0; step < STEPS; step++) {
        threshold.gradients[3] = (hg_real)0.1 * (hg_real)(step + 1);
        plain_step(&plain, (double)threshold.gradients[3], &options, 0.25, 3);
        ck_assert_int_eq(hg_network_step(network, optimizer, NULL), HG_OK);
    }
    ck_assert_double_eq_tol((double)threshold.values[3], plain.p, TOLERANCE);
    hg_network_destroy(network);
}
END_TEST

START_TEST(thresholds_do_not_decay_unless_told_to)
{
    hg_parameter threshold;
    hg_network *network = threshold_network(hg_threshold_relu(.threshold = 0.5), &threshold);
    ck_assert_int_eq(hg_network_step(network, hg_sgd(0.1, .weight_decay = 0.5), NULL), HG_OK);
    ck_assert_double_eq((double)threshold.values[0], 0.5);
    hg_network_destroy(network);
    network = threshold_network(hg_threshold_relu(HG_CEILING), &threshold);
    ck_assert_int_eq(hg_network_step(network, hg_sgd(0.1, .weight_decay = 0.5), NULL), HG_OK);
    ck_assert_double_eq_tol((double)threshold.values[0], 6 - 0.1 * 0.5 * 6, TOLERANCE);
    hg_network_destroy(network);
    network = threshold_network(hg_relu_softsign(.learn_slope = true), &threshold);
    ck_assert_int_eq(hg_network_step(network, hg_sgd(0.1, .weight_decay = 0.5), NULL), HG_OK);
    ck_assert_double_eq((double)threshold.values[0], 1);
    hg_network_destroy(network);
    network = threshold_network(hg_relu_softsign(3, .learn_slope = true, .decay_factor = 2), &threshold);
    ck_assert_int_eq(hg_network_step(network, hg_sgd(0.1, .weight_decay = 0.5), NULL), HG_OK);
    ck_assert_double_eq_tol((double)threshold.values[0], 3 - 0.1 * 0.5 * 2 * 3, TOLERANCE);
    hg_network_destroy(network);
}
END_TEST

static void step_thresholds(hg_layer activation, const double *gradient, const double *expected)
{
    hg_parameter threshold;
    hg_network *network = threshold_network(activation, &threshold);
    for (size_t i = 0; i < threshold.count; i++)
        threshold.gradients[i] = (hg_real)gradient[i];
    ck_assert_int_eq(hg_network_step(network, hg_sgd(1), NULL), HG_OK);
    for (size_t i = 0; i < threshold.count; i++)
        ck_assert_double_eq_tol((double)threshold.values[i], expected[i], TOLERANCE);
    hg_network_destroy(network);
}

START_TEST(bounds_hold_after_the_step)
{
    const double gradient[] = { 0.25, -0.25, 7, -7, 0 };
    step_thresholds(hg_threshold_relu(.threshold = 0.5), gradient, (double[]){ 0.25, 0.75, 0, 1, 0.5 });
    step_thresholds(hg_threshold_relu(.threshold = 0.5, .unbounded = true), gradient,
                    (double[]){ 0.25, 0.75, -6.5, 7.5, 0.5 });
    step_thresholds(hg_threshold_relu(.threshold = 0.5, .lower = -2, .upper = 0.6), gradient,
                    (double[]){ 0.25, 0.6, -2, 0.6, 0.5 });
    step_thresholds(hg_threshold_relu(HG_CEILING, .threshold = 0.5), gradient,
                    (double[]){ 0.25, 0.75, 1e-3, 7.5, 0.5 });
    step_thresholds(hg_threshold_relu(HG_GATE, .threshold = 0.5), gradient, (double[]){ 0.25, 0.75, 0, 7.5, 0.5 });
    step_thresholds(hg_threshold_relu(HG_FLOOR, .threshold = 0.5), gradient, (double[]){ 0.25, 0.75, -6.5, 7.5, 0.5 });
    step_thresholds(hg_relu_softsign(0.5, .learn_slope = true), gradient, (double[]){ 0.25, 0.75, 0, 7.5, 0.5 });
    step_thresholds(hg_relu_softsign(0.5, .learn_slope = true, .rate_factor = 2), gradient,
                    (double[]){ 0, 1, 0, 14.5, 0.5 });
}
END_TEST

START_TEST(frozen_parameters_stay)
{
    samples samples;
    samples_open(&samples, 40, small_shape, SMALL_CLASSES, 2);
    const hg_layer layers[] = { hg_image_input(8, 8, .normalization = HG_ZSCORE), hg_fully_connected(SMALL_CLASSES),
                                hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_int_eq(hg_network_normalize(network, &samples.bytes, NULL), HG_OK);
    hg_parameter mean, deviation;
    ck_assert(hg_network_find_parameter(network, "image_input_1.mean", &mean));
    ck_assert(hg_network_find_parameter(network, "image_input_1.deviation", &deviation));
    ck_assert(!mean.gradients && !deviation.gradients);
    hg_real before[2][64];
    memcpy(before[0], mean.values, sizeof before[0]);
    memcpy(before[1], deviation.values, sizeof before[1]);
    const hg_train_options options = { .optimizer = hg_sgd(0.1, .weight_decay = 0.5), .epochs = 2, .batch = 16 };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    ck_assert_mem_eq(before[0], mean.values, sizeof before[0]);
    ck_assert_mem_eq(before[1], deviation.values, sizeof before[1]);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

/* ---- bad options ---- */

static void refuse(hg_optimizer optimizer, const char *message)
{
    hg_network *network = plain_network();
    hg_error error = { .message = "" };
    samples samples;
    samples_open(&samples, 3, small_shape, NUMBERS, 2);
    size_t count;
    hg_real *before = copy_parameters(network, &count);
    ck_assert_int_eq(hg_network_step(network, optimizer, &error), HG_BAD_ARGUMENT);
    ck_assert_msg(strstr(error.message, message), "\"%s\" is not in: %s", message, error.message);
    ck_assert_int_eq(hg_network_step(network, optimizer, NULL), HG_BAD_ARGUMENT);
    const hg_train_options options = { .optimizer = optimizer, .epochs = 1 };
    if (optimizer.type)
        ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_BAD_ARGUMENT);
    hg_parameter weight;
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.weight", &weight));
    hg_real *after = copy_parameters(network, &count);
    ck_assert_mem_eq(before + 64, after + 64, (count - 64) * sizeof *before); /* behind the mean */
    free(before);
    free(after);
    samples_close(&samples);
    hg_network_destroy(network);
}

START_TEST(bad_options_are_refused)
{
    const hg_sgd_options other = { .size = 4, .learning_rate = 1 };
    refuse(hg_sgd(0), "sgd: learning_rate 0: it must be finite and above 0");
    refuse(hg_sgd(-1), "learning_rate -1");
    refuse(hg_sgd(NAN), "learning_rate nan");
    refuse(hg_sgd(INFINITY), "learning_rate inf");
    refuse(hg_sgd(1, .momentum = 1), "sgd: momentum 1: it lies in [0, 1)");
    refuse(hg_sgd(1, .momentum = -0.5), "momentum -0.5");
    refuse(hg_sgd(1, .momentum = NAN), "momentum nan");
    refuse(hg_sgd(1, .weight_decay = -1), "sgd: weight_decay -1: it must be finite and not negative");
    refuse(hg_sgd(1, .weight_decay = NAN), "weight_decay nan");
    refuse(hg_sgd(1, .weight_decay = INFINITY), "weight_decay inf");
    refuse(hg_sgd(1, .nesterov = true), "sgd: nesterov needs a momentum above 0");
    refuse((hg_optimizer){ NULL, NULL }, "no optimizer; give one");
    refuse((hg_optimizer){ &hg_sgd_type, NULL }, "no optimizer; give one");
    refuse((hg_optimizer){ &hg_sgd_type, &other }, "sgd: options built for another version");
}
END_TEST

/* ---- state ---- */

START_TEST(infinite_gradients_change_nothing)
{
    hg_network *network = plain_network();
    hg_parameter weight;
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.weight", &weight));
    size_t count;
    hg_error error;
    ck_assert_int_eq(hg_network_step(network, hg_sgd(0.1, .momentum = 0.9), NULL), HG_OK);
    hg_real *before = copy_parameters(network, &count);
    const double bad[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < HG_COUNT(bad); i++) {
        hg_network_zero_gradients(network);
        weight.gradients[1] = 1;
        weight.gradients[weight.count - 1] = (hg_real)bad[i];
        ck_assert_int_eq(hg_network_step(network, hg_sgd(0.1, .momentum = 0.9), &error), HG_NOT_FINITE);
        ck_assert_ptr_nonnull(strstr(error.message, "step 2: a gradient is not finite"));
    }
    hg_network_zero_gradients(network);
    ck_assert_int_eq(hg_network_step(network, hg_sgd(0.1, .momentum = 0.9), NULL), HG_OK);
    hg_real *after = copy_parameters(network, &count);
    ck_assert_mem_eq(before, after, count * sizeof *before);
    free(before);
    free(after);
    hg_network_destroy(network);
}
END_TEST

START_TEST(state_is_kept_from_step_to_step_and_zeroed_by_train)
{
    samples samples;
    samples_open(&samples, 50, small_shape, SMALL_CLASSES, 2);
    const hg_train_options options = {
        .optimizer = hg_sgd(0.1, .momentum = 0.9), .epochs = 1, .batch = 16, .no_shuffle = true
    };
    hg_network *a = small_network(hg_relu(), 1), *b = small_network(hg_relu(), 1);
    /* a velocity that b does not have */
    hg_parameter bias;
    ck_assert(hg_network_find_parameter(a, "fully_connected_1.bias", &bias));
    const hg_real kept = bias.values[0];
    bias.gradients[0] = 1;
    ck_assert_int_eq(hg_network_step(a, hg_sgd(0.1, .momentum = 0.9), NULL), HG_OK);
    ck_assert_double_eq_tol((double)bias.values[0], (double)kept - 0.1, TOLERANCE);
    bias.gradients[0] = 0;
    ck_assert_int_eq(hg_network_step(a, hg_sgd(0.1, .momentum = 0.9), NULL), HG_OK);
    ck_assert_double_eq_tol((double)bias.values[0], (double)kept - 0.19, TOLERANCE);
    bias.values[0] = kept;
    ck_assert_int_eq(hg_network_train(a, &samples.bytes, &options, NULL), HG_OK);
    ck_assert_int_eq(hg_network_train(b, &samples.bytes, &options, NULL), HG_OK);
    assert_same_parameters(a, b);
    ck_assert_int_eq(hg_network_train(a, &samples.bytes, &options, NULL), HG_OK);
    ck_assert_int_eq(hg_network_train(b, &samples.bytes, &options, NULL), HG_OK);
    assert_same_parameters(a, b);
    hg_network_destroy(a);
    hg_network_destroy(b);
    samples_close(&samples);
}
END_TEST

Suite *sgd_suite(void)
{
    Suite *suite = suite_create("sgd");
    TCase *steps = tcase_create("steps");
    tcase_add_test(steps, steps_follow_the_formulas);
    tcase_add_test(steps, factors_scale_rate_and_decay);
    tcase_add_test(steps, thresholds_do_not_decay_unless_told_to);
    tcase_add_test(steps, bounds_hold_after_the_step);
    tcase_add_test(steps, frozen_parameters_stay);
    tcase_add_test(steps, bad_options_are_refused);
    tcase_add_test(steps, infinite_gradients_change_nothing);
    tcase_add_test(steps, state_is_kept_from_step_to_step_and_zeroed_by_train);
    suite_add_tcase(suite, steps);
    return suite;
}
