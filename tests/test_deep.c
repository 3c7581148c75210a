/* A deep network at a large learning rate: it trains with batch normalization and does not without. */
#include <check.h>
#include <string.h>

#include "samples.h"

Suite *deep_suite(void);

enum { DEPTH = 8, WIDTH = 32, SEEDS = 3, EPOCHS = 4, CLASSES = 10 };
/* With other seeds and rates of 0.2 to 0.4: 0.74 to 0.88, and 0.08 to 0.6; at 0.4 at most 0.12. */
static const double RATE = 0.4, TRAINED = 0.65, NOT_TRAINED = 0.25;

static hg_dataset *training, *test;
static hg_error error;

static hg_network *deep_network(bool normalized, uint64_t seed)
{
    const hg_layer block[] = { hg_fully_connected(WIDTH), hg_batch_normalization(), hg_relu() };
    const hg_layer end[] = { hg_fully_connected(CLASSES), hg_softmax(), hg_classification() };
    hg_layer layers[1 + DEPTH * HG_COUNT(block) + HG_COUNT(end)] = { hg_image_input(28, 28) };
    size_t count = 1;
    for (int i = 0; i < DEPTH; i++)
        for (size_t k = 0; k < HG_COUNT(block); k++)
            if (normalized || block[k].type != &hg_batch_normalization_type)
                layers[count++] = block[k];
    memcpy(layers + count, end, sizeof end);
    hg_network *network = hg_network_create(layers, count + HG_COUNT(end), &error);
    ck_assert_msg(network != NULL, "%s", error.message);
    hg_network_initialize(network, seed);
    return network;
}

/* The accuracy in the end; 0 if the loss did not stay finite. */
static double train(bool normalized, uint64_t seed)
{
    hg_network *network = deep_network(normalized, seed);
    const hg_train_options options = { .optimizer = hg_sgd(RATE, .momentum = 0.9), .epochs = EPOCHS, .batch = 64 };
    hg_evaluation evaluation = { .accuracy = 0 };
    const hg_status status = hg_network_train(network, training, &options, &error);
    ck_assert_msg(status == HG_OK || status == HG_NOT_FINITE, "%s", error.message);
    if (status == HG_OK)
        ck_assert_int_eq(hg_network_evaluate(network, test, &evaluation, NULL), HG_OK);
    hg_network_destroy(network);
    return evaluation.accuracy;
}

START_TEST(batch_normalization_makes_it_train)
{
    ck_assert_double_ge(train(true, (uint64_t)_i), TRAINED);
    ck_assert_double_le(train(false, (uint64_t)_i), NOT_TRAINED);
}
END_TEST

static void draw_digits(void)
{
    training = hg_synthetic_digits(2000, 1, 0, &error);
    test = hg_synthetic_digits(500, 2, 0, &error);
    ck_assert_msg(training && test, "%s", error.message);
}

static void release_digits(void)
{
    hg_dataset_destroy(training);
    hg_dataset_destroy(test);
}

Suite *deep_suite(void)
{
    enum { SECONDS = 120 };
    Suite *suite = suite_create("deep");
    TCase *deep = tcase_create("deep");
    tcase_add_unchecked_fixture(deep, draw_digits, release_digits);
    tcase_set_timeout(deep, SECONDS);
    tcase_add_loop_test(deep, batch_normalization_makes_it_train, 0, SEEDS);
    suite_add_tcase(suite, deep);
    return suite;
}
