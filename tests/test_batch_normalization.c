/* Batch normalization in a network: the running statistics, who moves them and who
 * reads them. (The layer itself is in layer_cases.c and goldens.h.) */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/network.h"
#include "src/safetensors.h"

#include "model_file.h"
#include "samples.h"

Suite *batch_normalization_suite(void);

enum { SIDE = 3, CHANNELS = 2, PIXELS = SIDE * SIDE, UNITS = PIXELS * CHANNELS };
static const hg_shape shape = { CHANNELS, SIDE, SIDE };
static const double MOMENTUM = 0.25, TOLERANCE = 2e-6;

/* The statistics are those of the images themselves, whatever the optimizer does. */
static hg_network *network_of_images(int threads)
{
    const hg_layer layers[] = {
        hg_image_input(SIDE, SIDE, CHANNELS, HG_NO_NORMALIZATION),
        hg_batch_normalization(.momentum = MOMENTUM),
        hg_fully_connected(CHANNELS),
        hg_softmax(),
        hg_classification(),
    };
    hg_error error;
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &error);
    if (!network)
        ck_abort_msg("%s", error.message);
    ck_assert_int_eq(hg_network_set_threads(network, threads, NULL), HG_OK);
    return network;
}

static hg_parameter find(hg_network *network, const char *name)
{
    hg_parameter parameter;
    ck_assert_msg(hg_network_find_parameter(network, name, &parameter), "%s is missing", name);
    return parameter;
}

/* ---- what the statistics should be ---- */

typedef struct statistics {
    double mean[CHANNELS], variance[CHANNELS];
} statistics;

static const statistics start = { { 0, 0 }, { 1, 1 } };

/* Adds a shard's statistics, times its samples. */
static void add_shard(const hg_real *images, size_t samples, statistics *sum)
{
    const double count = (double)(samples * PIXELS);
    for (size_t c = 0; c < CHANNELS; c++) {
        double mean = 0, squares = 0;
        for (size_t i = 0; i < samples * UNITS; i++)
            mean += i / PIXELS % CHANNELS == c ? (double)images[i] / count : 0;
        for (size_t i = 0; i < samples * UNITS; i++)
            squares += i / PIXELS % CHANNELS == c ? pow((double)images[i] - mean, 2) : 0;
        sum->mean[c] += (double)samples * mean;
        sum->variance[c] += (double)samples * squares / (count - 1);
    }
}

static void add_batch(const hg_real *images, size_t samples, statistics *sum)
{
    for (size_t first = 0; first < samples; first += HG_LANES) {
        const size_t left = samples - first;
        add_shard(images + first * UNITS, left < HG_LANES ? left : HG_LANES, sum);
    }
}

static void follow(const statistics *sum, size_t samples, statistics *running)
{
    for (size_t c = 0; c < CHANNELS; c++) {
        running->mean[c] += MOMENTUM * (sum->mean[c] / (double)samples - running->mean[c]);
        running->variance[c] += MOMENTUM * (sum->variance[c] / (double)samples - running->variance[c]);
    }
}

static void assert_running(hg_network *network, const statistics *expected)
{
    const hg_parameter mean = find(network, "batch_normalization_1.running_mean");
    const hg_parameter variance = find(network, "batch_normalization_1.running_var");
    for (size_t c = 0; c < CHANNELS; c++) {
        ck_assert_double_eq_tol((double)mean.values[c], expected->mean[c], TOLERANCE);
        ck_assert_double_eq_tol((double)variance.values[c], expected->variance[c], TOLERANCE);
    }
}

/* ---- who moves them ---- */

typedef struct fixture {
    samples samples;
    hg_real *images, *probabilities;
    int *labels;
    hg_network *network;
} fixture;

static fixture open_fixture(size_t count)
{
    fixture f = { .network = network_of_images(2) };
    samples_open(&f.samples, count, shape, CHANNELS, 6);
    samples_copy(&f.samples, &f.images, &f.labels);
    f.probabilities = calloc(count * CHANNELS, sizeof *f.probabilities);
    return f;
}

static void close_fixture(fixture *f)
{
    hg_network_destroy(f->network);
    samples_close(&f->samples);
    free(f->images);
    free(f->labels);
    free(f->probabilities);
}

static void forward_and_backward(fixture *f, size_t first, size_t count)
{
    double loss;
    ck_assert_int_eq(hg_network_forward(f->network, f->images + first * UNITS, count, f->probabilities, NULL), HG_OK);
    ck_assert_int_eq(hg_network_backward_labels(f->network, f->labels + first, &loss, NULL), HG_OK);
}

/* Several leaves, rounds, and shards that are not full. */
static const size_t batches[] = { 1, 16, 40, 129, 1500 };

START_TEST(training_moves_them_by_the_mean_over_the_shards)
{
    enum { STEPS = 3 };
    const size_t batch = batches[_i];
    fixture f = open_fixture(STEPS * batch);
    const hg_train_options options = { .epochs = 1, .batch = (int)batch, .no_shuffle = true };
    ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, NULL), HG_OK);
    statistics running = start;
    for (size_t step = 0; step < STEPS; step++) {
        statistics sum = { { 0 }, { 0 } };
        add_batch(f.images + step * batch * UNITS, batch, &sum);
        follow(&sum, batch, &running);
    }
    assert_running(f.network, &running);
    close_fixture(&f);
}
END_TEST

START_TEST(backwards_before_one_step_count_by_their_samples)
{
    enum { FIRST = 20, SECOND = 7 };
    fixture f = open_fixture(FIRST + SECOND);
    statistics running = start, sum = { { 0 }, { 0 } };
    hg_network_zero_gradients(f.network);
    forward_and_backward(&f, 0, FIRST);
    forward_and_backward(&f, FIRST, SECOND);
    assert_running(f.network, &start);
    ck_assert_int_eq(hg_network_step(f.network, hg_sgd(0.1), NULL), HG_OK);
    add_batch(f.images, FIRST, &sum);
    add_batch(f.images + FIRST * UNITS, SECOND, &sum);
    follow(&sum, FIRST + SECOND, &running);
    assert_running(f.network, &running);
    close_fixture(&f);
}
END_TEST

START_TEST(only_a_step_behind_a_backward_moves_them)
{
    enum { COUNT = 20 };
    fixture f = open_fixture(COUNT);
    hg_evaluation evaluation;
    ck_assert_int_eq(hg_network_step(f.network, hg_sgd(0.1), NULL), HG_OK);
    forward_and_backward(&f, 0, COUNT);
    hg_network_zero_gradients(f.network);
    ck_assert_int_eq(hg_network_step(f.network, hg_sgd(0.1), NULL), HG_OK);
    ck_assert_int_eq(hg_network_evaluate(f.network, &f.samples.bytes, &evaluation, NULL), HG_OK);
    ck_assert_int_eq(hg_network_forward(f.network, f.images, COUNT, f.probabilities, NULL), HG_OK);
    assert_running(f.network, &start);
    close_fixture(&f);
}
END_TEST

START_TEST(weight_decay_and_momentum_leave_them_alone)
{
    enum { COUNT = 20 };
    fixture f = open_fixture(COUNT);
    statistics running = start, sum = { { 0 }, { 0 } };
    add_batch(f.images, COUNT, &sum);
    for (int step = 0; step < 3; step++) {
        hg_network_zero_gradients(f.network);
        forward_and_backward(&f, 0, COUNT);
        ck_assert_int_eq(hg_network_step(f.network, hg_sgd(0.1, .momentum = 0.9, .weight_decay = 0.5), NULL), HG_OK);
        follow(&sum, COUNT, &running);
    }
    assert_running(f.network, &running);
    close_fixture(&f);
}
END_TEST

START_TEST(a_statistic_that_is_not_finite_stops_before_the_step)
{
    enum { COUNT = 20 };
    fixture f = open_fixture(COUNT);
    f.images[5] = (hg_real)(sizeof(hg_real) == sizeof(float) ? 1e30 : 1e300); /* its square is not finite */
    forward_and_backward(&f, 0, COUNT);
    size_t count;
    hg_real *before = copy_parameters(f.network, &count);
    hg_error error = { .message = "" };
    ck_assert_int_eq(hg_network_step(f.network, hg_sgd(0.1), &error), HG_NOT_FINITE);
    hg_real *after = copy_parameters(f.network, &count);
    ck_assert_mem_eq(before, after, count * sizeof *before);
    free(before);
    free(after);
    close_fixture(&f);
}
END_TEST

/* The 17th sample is alone in its shard, and of 1 x 1 pixels. */
START_TEST(a_single_number_moves_nothing_and_is_normalized_by_them)
{
    const hg_layer layers[] = { hg_image_input(1, 1, CHANNELS, HG_NO_NORMALIZATION),
                                hg_batch_normalization(.momentum = 1), hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    const hg_parameter mean = find(network, "batch_normalization_1.running_mean");
    const hg_parameter variance = find(network, "batch_normalization_1.running_var");
    mean.values[0] = (hg_real)0.5;
    variance.values[0] = 4;
    const hg_real image[CHANNELS] = { (hg_real)2.5, (hg_real)-0.5 };
    const int label = 1;
    hg_real probability[CHANNELS];
    double loss;
    ck_assert_int_eq(hg_network_forward(network, image, 1, probability, NULL), HG_OK);
    ck_assert_double_eq_tol((double)probability[0], 1 / (1 + exp(-0.5 - 1)), 1e-5); /* of outputs 1 and -0.5 */
    ck_assert_int_eq(hg_network_backward_labels(network, &label, &loss, NULL), HG_OK);
    ck_assert_int_eq(hg_network_step(network, hg_sgd(0.1), NULL), HG_OK);
    ck_assert(mean.values[0] == (hg_real)0.5 && mean.values[1] == 0);
    ck_assert(variance.values[0] == 4 && variance.values[1] == 1);
    hg_network_destroy(network);
}
END_TEST

/* Infinite in training alone: the running variance hides it. */
START_TEST(what_is_not_finite_is_found_in_training_mode)
{
    enum { COUNT = 20 };
    fixture f = open_fixture(COUNT);
    find(f.network, "batch_normalization_1.weight").values[0] = (hg_real)3e38;
    find(f.network, "batch_normalization_1.running_var").values[0] = (hg_real)1e20;
    hg_error error = { .message = "" };
    const hg_train_options options = { .epochs = 1, .batch = COUNT };
    ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, &error), HG_NOT_FINITE);
    ck_assert_msg(strstr(error.message, "the output of layer batch_normalization_1 is not finite") != NULL, "%s",
                  error.message);
    close_fixture(&f);
}
END_TEST

/* Each layer multiplies what differs from its samples, all alike, by 1 / sqrt(epsilon). */
START_TEST(lanes_without_a_sample_stay_finite)
{
    enum { NORMALIZATIONS = 20, COUNT = 5 };
    static const hg_batch_normalization_options normalization = { .size = sizeof normalization };
    const hg_layer end[] = { hg_fully_connected(2), hg_softmax(), hg_classification() };
    hg_layer layers[1 + NORMALIZATIONS + HG_COUNT(end)] = { hg_image_input(1, 1,
                                                                           .normalization = HG_NO_NORMALIZATION) };
    for (int i = 0; i < NORMALIZATIONS; i++)
        layers[1 + i] = (hg_layer){ &hg_batch_normalization_type, &normalization };
    memcpy(layers + 1 + NORMALIZATIONS, end, sizeof end);
    hg_error error = { .message = "" };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &error);
    ck_assert_msg(network != NULL, "%s", error.message);
    const hg_real images[COUNT] = { 1, 1, 1, 1, 1 };
    const int labels[COUNT] = { 0 };
    hg_real probabilities[COUNT * 2];
    double loss;
    ck_assert_int_eq(hg_network_forward(network, images, COUNT, probabilities, NULL), HG_OK);
    ck_assert_int_eq(hg_network_backward_labels(network, labels, &loss, NULL), HG_OK);
    ck_assert_msg(hg_network_step(network, hg_sgd(0.1), &error) == HG_OK, "%s", error.message);
    hg_network_destroy(network);
}
END_TEST

/* ---- who reads them ---- */

START_TEST(prediction_reads_them_and_no_other_sample)
{
    enum { COUNT = 21 };
    fixture f = open_fixture(COUNT);
    const hg_train_options options = { .epochs = 2, .batch = COUNT };
    ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, NULL), HG_OK);
    float images[COUNT * UNITS], together[COUNT * CHANNELS], alone[CHANNELS];
    for (size_t i = 0; i < COUNT * UNITS; i++)
        images[i] = (float)f.images[i];
    ck_assert_int_eq(hg_network_predict(f.network, images, COUNT, together, NULL), HG_OK);
    for (size_t s = 0; s < COUNT; s++) {
        ck_assert_int_eq(hg_network_predict(f.network, images + s * UNITS, 1, alone, NULL), HG_OK);
        ck_assert_mem_eq(alone, together + s * CHANNELS, sizeof alone);
    }
    find(f.network, "batch_normalization_1.running_mean").values[0] += 1;
    ck_assert_int_eq(hg_network_predict(f.network, images, 1, alone, NULL), HG_OK);
    ck_assert_mem_ne(alone, together, sizeof alone);
    close_fixture(&f);
}
END_TEST

START_TEST(they_are_parameters_without_gradients)
{
    hg_network *network = network_of_images(1);
    ck_assert_uint_eq(hg_network_learnable_count(network), 2 * CHANNELS + UNITS * CHANNELS + CHANNELS);
    ck_assert_ptr_null(find(network, "batch_normalization_1.running_mean").gradients);
    ck_assert_ptr_null(find(network, "batch_normalization_1.running_var").gradients);
    ck_assert_ptr_nonnull(find(network, "batch_normalization_1.weight").gradients);
    ck_assert_ptr_nonnull(find(network, "batch_normalization_1.bias").gradients);
    hg_network_destroy(network);
}
END_TEST

/* ---- model files ---- */

static hg_network *standardized_network(double value)
{
    const hg_layer layers[] = { hg_image_input(SIDE, SIDE, CHANNELS, HG_ZSCORE), hg_batch_normalization(),
                                hg_global_average_pool2d(), hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        for (size_t k = 0; k < parameter.count; k++)
            parameter.values[k] = (hg_real)value;
    }
    return network;
}

/* As PyTorch would write it, without the input's mean and deviation, and without one more. */
static void write_without(const char *left_out)
{
    enum { MOST_PARAMETERS = 8 };
    hg_network *network = standardized_network(1);
    hg_parameter parameters[MOST_PARAMETERS];
    size_t count = 0;
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        if (!strstr(parameter.name, "image_input") && !strstr(parameter.name, left_out))
            parameters[count++] = parameter;
    }
    ck_assert_int_eq(safetensors_write(model_path, parameters, count, NULL, 0, &model_error), HG_OK);
    hg_network_destroy(network);
}

START_TEST(weights_bring_them_along)
{
    write_without("nothing");
    hg_network *network = standardized_network(2);
    ck_assert_msg(!hg_network_load_weights(network, model_path, &model_error), "%s", model_error.message);
    ck_assert(find(network, "image_input_1.mean").values[0] == 2);
    ck_assert(find(network, "batch_normalization_1.running_mean").values[0] == 1);
    ck_assert(find(network, "batch_normalization_1.running_var").values[1] == 1);
    ck_assert(!network->normalized);
    hg_network_destroy(network);
}
END_TEST

START_TEST(weights_without_them_are_refused)
{
    write_without("running_var");
    hg_network *network = standardized_network(2), *same = standardized_network(2);
    model_file_check_message(hg_network_load_weights(network, model_path, &model_error), HG_BAD_FILE,
                             "has no tensor \"batch_normalization_1.running_var\" [2]");
    assert_same_parameters(network, same);
    hg_network_destroy(network);
    hg_network_destroy(same);
}
END_TEST

Suite *batch_normalization_suite(void)
{
    Suite *suite = suite_create("batch normalization");
    TCase *running = tcase_create("running statistics");
    tcase_add_loop_test(running, training_moves_them_by_the_mean_over_the_shards, 0, (int)HG_COUNT(batches));
    tcase_add_test(running, backwards_before_one_step_count_by_their_samples);
    tcase_add_test(running, only_a_step_behind_a_backward_moves_them);
    tcase_add_test(running, weight_decay_and_momentum_leave_them_alone);
    tcase_add_test(running, a_statistic_that_is_not_finite_stops_before_the_step);
    tcase_add_test(running, a_single_number_moves_nothing_and_is_normalized_by_them);
    tcase_add_test(running, what_is_not_finite_is_found_in_training_mode);
    tcase_add_test(running, lanes_without_a_sample_stay_finite);
    tcase_add_test(running, prediction_reads_them_and_no_other_sample);
    tcase_add_test(running, they_are_parameters_without_gradients);
    suite_add_tcase(suite, running);
    TCase *files = tcase_create("model files");
    model_file_add(files);
    tcase_add_test(files, weights_bring_them_along);
    tcase_add_test(files, weights_without_them_are_refused);
    suite_add_tcase(suite, files);
    return suite;
}
