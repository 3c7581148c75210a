/* What stops training, evaluation and inspection: data that cannot be read or does
 * not fit, and numbers that are not finite. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *train_errors_suite(void);

enum { COUNT = 200, FAULT = 77 };

/* Without statistics: what is wrong is found by training itself. */
static hg_network *plain_network(int threads)
{
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE, .normalization = HG_NO_NORMALIZATION),
                                hg_conv2d(3, 5),
                                hg_relu(),
                                hg_max_pool2d(2),
                                hg_fully_connected(SMALL_CLASSES),
                                hg_softmax(),
                                hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_ptr_nonnull(network);
    hg_network_set_threads(network, threads, NULL);
    return network;
}

static const hg_train_options ordered = { .epochs = 1, .batch = 128, .no_shuffle = true };

/* ---- data ---- */

typedef hg_status operation(hg_network *network, const hg_dataset *dataset, hg_error *error);

static hg_status train(hg_network *network, const hg_dataset *dataset, hg_error *error)
{
    return hg_network_train(network, dataset, &ordered, error);
}

static hg_status train_with_test(hg_network *network, const hg_dataset *dataset, hg_error *error)
{
    samples samples;
    samples_open(&samples, 20, small_shape, SMALL_CLASSES, 1);
    hg_train_options options = ordered;
    options.test = dataset;
    const hg_status status = hg_network_train(network, &samples.bytes, &options, error);
    samples_close(&samples);
    return status;
}

static hg_status evaluate(hg_network *network, const hg_dataset *dataset, hg_error *error)
{
    hg_evaluation evaluation = { .loss = 77 };
    const hg_status status = hg_network_evaluate(network, dataset, &evaluation, error);
    if (status)
        ck_assert_double_eq(evaluation.loss, 77);
    return status;
}

static hg_status inspect(hg_network *network, const hg_dataset *dataset, hg_error *error)
{
    const hg_activation_report *reports = NULL;
    size_t count = 77;
    const hg_status status = hg_network_inspect(network, dataset, &reports, &count, error);
    if (status)
        ck_assert(!reports && count == 77);
    return status;
}

static operation *const operations[] = { train, train_with_test, evaluate, inspect };

static void assert_refused(operation *operation, const hg_dataset *dataset, hg_status status, const char *message)
{
    const int threads[] = { 1, 2, 4 };
    for (size_t i = 0; i < HG_COUNT(threads); i++) {
        hg_network *network = plain_network(threads[i]);
        hg_error error = { .message = "" };
        ck_assert_int_eq(operation(network, dataset, &error), status);
        ck_assert_int_eq(error.status, status);
        ck_assert_msg(strstr(error.message, message), "\"%s\" is not in: %s", message, error.message);
        ck_assert_int_eq(operation(network, dataset, NULL), status);
        hg_network_destroy(network);
    }
}

/* Every sample from FAULT on is bad; the message is of the first. */
static void assert_fault(operation *operation, samples_fault fault, hg_status status, const char *message)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    samples.fault = fault;
    samples.fault_from = FAULT;
    assert_refused(operation, &samples.dataset, status, message);
    samples_close(&samples);
}

START_TEST(first_sample_that_cannot_be_read)
{
    assert_fault(operations[_i], SAMPLES_FAIL, HG_IO, "sample 77 is torn");
}
END_TEST

START_TEST(labels_out_of_range)
{
    assert_fault(operations[_i], SAMPLES_LABEL_HIGH, HG_BAD_DATA,
                 "sample 77 has label 4; with 4 classes they go from 0 to 3");
    assert_fault(operations[_i], SAMPLES_LABEL_NEGATIVE, HG_BAD_DATA, "sample 77 has label -1");
}
END_TEST

START_TEST(reading_that_fails_without_a_word)
{
    assert_fault(operations[_i], SAMPLES_FAIL_MUTELY, HG_IO, "");
}
END_TEST

START_TEST(data_sets_that_do_not_fit)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    operation *run = operations[_i];
    hg_dataset bad = samples.bytes;
    bad.shape = (hg_shape){ 3, 8, 8 };
    assert_refused(run, &bad, HG_BAD_DATA, "images are 8 x 8 x 3, the network takes 8 x 8 x 1");
    bad.shape = (hg_shape){ 1, 7, 8 };
    assert_refused(run, &bad, HG_BAD_DATA, "images are 7 x 8 x 1");
    bad.shape = (hg_shape){ 1, 8, 9 };
    assert_refused(run, &bad, HG_BAD_DATA, "images are 8 x 9 x 1");
    bad = samples.bytes;
    bad.classes = 5;
    assert_refused(run, &bad, HG_BAD_DATA, "set has 5 classes, the network tells 4 apart");
    bad = samples.bytes;
    bad.count = 0;
    assert_refused(run, &bad, HG_BAD_DATA, "set has 0 samples; it may have 1 to");
    bad.count = (size_t)UINT32_MAX + 1;
    assert_refused(run, &bad, HG_BAD_DATA, "has 4294967296 samples");
    bad = samples.bytes;
    bad.pixels = NULL;
    assert_refused(run, &bad, HG_BAD_DATA, "neither a read function nor pixels and labels");
    bad = samples.bytes;
    bad.labels = NULL;
    assert_refused(run, &bad, HG_BAD_DATA, "neither a read function nor pixels and labels");
    samples_close(&samples);
}
END_TEST

/* Pixels alone are of no use: the labels come from read. */
START_TEST(pixels_without_labels)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    hg_dataset half = samples.dataset;
    half.pixels = samples.bytes.pixels;
    hg_network *network = plain_network(1);
    const hg_status status = operations[_i](network, &half, NULL);
    ck_assert(status == HG_OK || status == HG_BAD_DATA);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

START_TEST(negative_epochs_and_batches)
{
    samples samples;
    samples_open(&samples, 3, small_shape, SMALL_CLASSES, 1);
    hg_network *network = plain_network(1);
    hg_error error;
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &(hg_train_options){ .epochs = -1 }, &error),
                     HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "-1 epochs"));
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &(hg_train_options){ .batch = -3 }, &error),
                     HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "-3 samples"));
    const hg_train_options large = { .epochs = 1, .batch = 2147483647 };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &large, NULL), HG_OK);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

/* ---- numbers ---- */

START_TEST(nan_pixels_stop_at_their_step)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    samples.fault = SAMPLES_NAN;
    samples.fault_from = FAULT;
    for (int threads = 1; threads <= 3; threads++) {
        hg_network *network = plain_network(threads), *fine = plain_network(threads);
        /* four steps of 16 are fine, the fifth is not */
        hg_train_options options = { .epochs = 1, .batch = 16, .no_shuffle = true };
        hg_error error;
        ck_assert_int_eq(hg_network_train(network, &samples.dataset, &options, &error), HG_NOT_FINITE);
        ck_assert_msg(strstr(error.message, "epoch 1, step 5: "), "%s", error.message);
        ck_assert_msg(strstr(error.message, "image_input_1"), "%s", error.message);
        options.steps = 4;
        ck_assert_int_eq(hg_network_train(fine, &samples.dataset, &options, NULL), HG_OK);
        assert_same_parameters(network, fine);
        hg_network_destroy(network);
        hg_network_destroy(fine);
    }
    samples_close(&samples);
}
END_TEST

/* Statistics that are not finite would spoil the model for good. */
START_TEST(nan_pixels_do_not_become_the_mean)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    samples.fault = SAMPLES_NAN;
    samples.fault_from = FAULT;
    hg_network *network = small_network(hg_relu(), 2);
    ck_assert_int_ne(hg_network_normalize(network, &samples.dataset, NULL), HG_OK);
    ck_assert_int_ne(train(network, &samples.dataset, NULL), HG_OK);
    samples.fault = SAMPLES_WHOLE;
    ck_assert_int_eq(train(network, &samples.dataset, NULL), HG_OK);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

/* The loss is finite, being that of the biases alone; the weights' gradient is not. */
static hg_status read_huge(const hg_dataset *dataset, size_t index, float *image, int *label, hg_error *error)
{
    (void)index;
    (void)error;
    for (int i = 0; i < dataset->shape.height * dataset->shape.width; i++)
        image[i] = 3e38f;
    *label = 0;
    return HG_OK;
}

START_TEST(infinite_gradients_of_a_finite_loss_stop)
{
    const hg_dataset huge = { .count = 40, .shape = small_shape, .classes = SMALL_CLASSES, .read = read_huge };
    hg_network *network = plain_network(2);
    randomize_parameters(network, 0, 3);
    hg_parameter bias, first_class;
    ck_assert(hg_network_find_parameter(network, "conv2d_1.bias", &bias));
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.weight", &first_class));
    for (size_t i = 0; i < bias.count; i++)
        bias.values[i] = 1;
    for (size_t i = 0; i < first_class.count / SMALL_CLASSES; i++)
        first_class.values[i] = -1; /* wrong: the label is the first class */
    hg_evaluation evaluation;
    ck_assert_int_eq(hg_network_evaluate(network, &huge, &evaluation, NULL), HG_OK);
    ck_assert(isfinite(evaluation.loss));
    size_t count;
    hg_error error = { .message = "" };
    hg_real *before = copy_parameters(network, &count);
    ck_assert_int_eq(train(network, &huge, &error), HG_NOT_FINITE);
    ck_assert_msg(strstr(error.message, "epoch 1, step 1: ") && strstr(error.message, "gradient of conv2d_1.weight"),
                  "%s", error.message);
    hg_real *after = copy_parameters(network, &count);
    ck_assert_mem_eq(before, after, count * sizeof *before);
    free(before);
    free(after);
    hg_network_destroy(network);
}
END_TEST

typedef struct watch {
    hg_network *network;
    size_t count;
    hg_real *before; /* the step that fails */
    uint64_t steps;
} watch;

static bool keep_parameters(const hg_step_report *report, void *context)
{
    watch *watch = context;
    free(watch->before);
    watch->before = copy_parameters(watch->network, &watch->count);
    watch->steps = report->step;
    return true;
}

START_TEST(huge_learning_rate_stops_with_the_parameters_before)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    const double rates[] = { 1e8, 1e20, 1e36 };
    for (size_t i = 0; i < HG_COUNT(rates); i++) {
        const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE),
                                    hg_conv2d(3, 5),
                                    hg_leaky_relu(),
                                    hg_fully_connected(SMALL_CLASSES),
                                    hg_leaky_relu(0.5),
                                    hg_fully_connected(SMALL_CLASSES),
                                    hg_softmax(),
                                    hg_classification() };
        hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
        watch watch = { .network = network };
        const hg_train_options options = {
            .optimizer = hg_sgd(rates[i]), .epochs = 50, .batch = 32, .on_step = keep_parameters, .context = &watch
        };
        hg_error error;
        char at[64];
        ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, &error), HG_NOT_FINITE);
        snprintf(at, sizeof at, "epoch %d, step %d: ", (int)(watch.steps / 7) + 1, (int)watch.steps + 1);
        ck_assert_msg(strstr(error.message, at), "\"%s\" is not in: %s", at, error.message);
        ck_assert_msg(strstr(error.message, "conv2d_1") || strstr(error.message, "leaky_relu_") ||
                          strstr(error.message, "fully_connected_"),
                      "%s", error.message);
        size_t count;
        hg_real *after = copy_parameters(network, &count);
        ck_assert_mem_eq(after, watch.before, count * sizeof *after);
        free(after);
        free(watch.before);
        hg_network_destroy(network);
    }
    samples_close(&samples);
}
END_TEST

/* A ReLU must not make a number of what is none. */
START_TEST(nan_parameters_are_found_behind_every_activation)
{
    samples samples;
    samples_open(&samples, 40, small_shape, SMALL_CLASSES, 1);
    const hg_layer activations[] = { hg_relu(),
                                     hg_leaky_relu(),
                                     hg_threshold_relu(HG_SLOPE),
                                     hg_threshold_relu(HG_FLOOR),
                                     hg_threshold_relu(HG_CEILING),
                                     hg_threshold_relu(HG_SHIFT),
                                     hg_threshold_relu(HG_GATE) };
    hg_network *network = small_network(activations[_i], 1);
    hg_parameter bias;
    ck_assert(hg_network_find_parameter(network, "conv2d_1.bias", &bias));
    bias.values[2] = (hg_real)NAN;
    hg_error error = { .message = "" };
    ck_assert_int_eq(train(network, &samples.bytes, &error), HG_NOT_FINITE);
    ck_assert_msg(strstr(error.message, "conv2d_1") || strstr(error.message, "relu_1"), "%s", error.message);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

Suite *train_errors_suite(void)
{
    const int count = (int)HG_COUNT(operations);
    Suite *suite = suite_create("train errors");
    TCase *data = tcase_create("data");
    tcase_add_loop_test(data, first_sample_that_cannot_be_read, 0, count);
    tcase_add_loop_test(data, labels_out_of_range, 0, count);
    tcase_add_loop_test(data, reading_that_fails_without_a_word, 0, count);
    tcase_add_loop_test(data, data_sets_that_do_not_fit, 0, count);
    tcase_add_loop_test(data, pixels_without_labels, 0, count);
    tcase_add_test(data, negative_epochs_and_batches);
    suite_add_tcase(suite, data);
    TCase *numbers = tcase_create("numbers");
    tcase_add_test(numbers, nan_pixels_stop_at_their_step);
    tcase_add_test(numbers, nan_pixels_do_not_become_the_mean);
    tcase_add_test(numbers, huge_learning_rate_stops_with_the_parameters_before);
    tcase_add_test(numbers, infinite_gradients_of_a_finite_loss_stop);
    tcase_add_loop_test(numbers, nan_parameters_are_found_behind_every_activation, 0, 7);
    suite_add_tcase(suite, numbers);
    return suite;
}
