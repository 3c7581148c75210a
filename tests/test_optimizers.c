/* optim/: adam and adamw against the plain formulas and PyTorch, their defaults, and what they refuse. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "optimizer_cases.h"
#include "samples.h"

Suite *optimizers_suite(void);

enum { STEPS = 6, NUMBERS = 37 };

/* A difference in rounding grows a little from step to step: 100 of them, numbers below 4. */
static const double TOLERANCE = 2e-6;

START_TEST(optimizers_match_pytorch)
{
    optimizer_follow(_i, true, TOLERANCE);
    optimizer_follow(_i, false, TOLERANCE);
}
END_TEST

/* ---- the same optimizer said in two ways ---- */

static void assert_same_steps(hg_optimizer a, hg_optimizer b, bool same)
{
    const hg_optimizer optimizers[] = { a, b };
    hg_real values[2][NUMBERS];
    for (int k = 0; k < 2; k++) {
        hg_parameter bias;
        hg_network *network = optimizer_network(NUMBERS, &bias);
        hg_random random = hg_random_stream(3, HG_FOR_USER, 0, 0);
        for (size_t i = 0; i < NUMBERS; i++)
            bias.values[i] = (hg_real)hg_random_uniform(&random);
        for (int step = 0; step < STEPS; step++) {
            for (size_t i = 0; i < NUMBERS; i++)
                bias.gradients[i] = (hg_real)(hg_random_uniform(&random) - 0.25);
            ck_assert_int_eq(hg_network_step(network, optimizers[k], NULL), HG_OK);
        }
        memcpy(values[k], bias.values, sizeof values[k]);
        hg_network_destroy(network);
    }
    ck_assert_int_eq(memcmp(values[0], values[1], sizeof values[0]) == 0, same);
}

START_TEST(zero_means_the_default)
{
    assert_same_steps(hg_adam(), hg_adam(1e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8), true);
    assert_same_steps(hg_adamw(), hg_adamw(1e-3, 0.9, 0.999, 1e-8, 1e-2), true);
    assert_same_steps(hg_adam(), hg_adamw(), false);
    assert_same_steps(hg_adam(), hg_adam(.beta1 = 0.8), false);
    assert_same_steps(hg_adam(), hg_adam(.beta2 = 0.99), false);
    assert_same_steps(hg_adam(), hg_adam(.epsilon = 1e-2), false);
    assert_same_steps(hg_adam(), hg_adam(.weight_decay = 1e-2), false);
    assert_same_steps(hg_adamw(), hg_adamw(.weight_decay = 0.02), false);
}
END_TEST

/* ---- the factors of a parameter ---- */

/* The first step is rate * g / (|g| + epsilon): 0.25 of the rate here. */
START_TEST(factors_scale_rate_and_decay)
{
    static const double small = 1e-12;
    const struct {
        hg_optimizer optimizer;
        double expected;
    } rows[] = {
        { { &hg_adam_type, &(hg_adam_options){ .size = sizeof(hg_adam_options), 0.1, .epsilon = small } },
          0.5 - 0.1 * 0.25 },
        { { &hg_adamw_type,
            &(hg_adamw_options){ .size = sizeof(hg_adamw_options), 0.1, .epsilon = small, .weight_decay = 0.2 } },
          0.5 - 0.1 * 0.25 - 0.1 * 0.25 * 0.2 * 3 * 0.5 },
        /* the decay alone is the gradient */
        { { &hg_adam_type,
            &(hg_adam_options){ .size = sizeof(hg_adam_options), 0.1, .epsilon = small, .weight_decay = 0.2 } },
          0.5 - 0.1 * 0.25 },
    };
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        hg_parameter threshold;
        hg_network *network = small_network(
            hg_threshold_relu(.threshold = 0.5, .unbounded = true, .rate_factor = 0.25, .decay_factor = 3), 1);
        ck_assert(hg_network_find_parameter(network, "threshold_relu_1.threshold", &threshold));
        threshold.gradients[3] = i == 2 ? 0 : (hg_real)0.75;
        ck_assert_int_eq(hg_network_step(network, rows[i].optimizer, NULL), HG_OK);
        ck_assert_double_eq_tol((double)threshold.values[3], rows[i].expected, TOLERANCE);
        hg_network_destroy(network);
    }
}
END_TEST

/* ---- learning ---- */

static double loss_after_training(hg_optimizer optimizer)
{
    hg_dataset *digits = hg_synthetic_digits(300, 1, 2, NULL);
    const hg_layer layers[] = { hg_image_input(28, 28), hg_fully_connected(20), hg_relu(),
                                hg_fully_connected(10), hg_softmax(),           hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    const hg_train_options options = { .optimizer = optimizer, .epochs = 6, .batch = 32 };
    hg_evaluation before, after;
    ck_assert_int_eq(hg_network_normalize(network, digits, NULL), HG_OK);
    ck_assert_int_eq(hg_network_evaluate(network, digits, &before, NULL), HG_OK);
    ck_assert_int_eq(hg_network_train(network, digits, &options, NULL), HG_OK);
    ck_assert_int_eq(hg_network_evaluate(network, digits, &after, NULL), HG_OK);
    hg_network_destroy(network);
    hg_dataset_destroy(digits);
    return after.loss / before.loss;
}

START_TEST(networks_learn)
{
    ck_assert_double_lt(loss_after_training(hg_adam(0.003)), 0.3);
    ck_assert_double_lt(loss_after_training(hg_adamw(0.003)), 0.3);
}
END_TEST

/* ---- bad options ---- */

static void refuse(hg_optimizer optimizer, const char *message)
{
    hg_parameter bias;
    hg_network *network = optimizer_network(NUMBERS, &bias);
    hg_error error = { .message = "" };
    ck_assert_int_eq(hg_network_step(network, optimizer, &error), HG_BAD_ARGUMENT);
    ck_assert_msg(strstr(error.message, message), "\"%s\" is not in: %s", message, error.message);
    hg_network_destroy(network);
}

START_TEST(bad_options_are_refused)
{
    refuse(hg_adam(-1), "adam: learning_rate -1: it must be finite and above 0 (0: 0.001)");
    refuse(hg_adam(NAN), "learning_rate nan");
    refuse(hg_adam(INFINITY), "learning_rate inf");
    refuse(hg_adam(.beta1 = 1), "adam: beta1 1: it lies between 0 and 1, both left out");
    refuse(hg_adam(.beta1 = -0.5), "beta1 -0.5");
    refuse(hg_adam(.beta2 = 1.5), "adam: beta2 1.5");
    refuse(hg_adam(.beta2 = NAN), "beta2 nan");
    refuse(hg_adam(.epsilon = -1), "adam: epsilon -1: it must be finite and above 0 (0: 1e-08)");
    refuse(hg_adam(.epsilon = INFINITY), "epsilon inf");
    refuse(hg_adam(.weight_decay = -1), "adam: weight_decay -1: it must be finite and not negative");
    refuse(hg_adam(.weight_decay = NAN), "weight_decay nan");
    refuse(hg_adamw(-1), "adamw: learning_rate -1");
    refuse(hg_adamw(.weight_decay = -1), "adamw: weight_decay -1");
    refuse((hg_optimizer){ &hg_adam_type, &(hg_adam_options){ .size = 4 } }, "adam: options built for another version");
}
END_TEST

Suite *optimizers_suite(void)
{
    Suite *suite = suite_create("optimizers");
    TCase *steps = tcase_create("steps");
    tcase_add_loop_test(steps, optimizers_match_pytorch, 0, optimizer_golden_count());
    tcase_add_test(steps, zero_means_the_default);
    tcase_add_test(steps, factors_scale_rate_and_decay);
    tcase_add_test(steps, networks_learn);
    tcase_add_test(steps, bad_options_are_refused);
    suite_add_tcase(suite, steps);
    return suite;
}
