/* src/evaluate.c and src/normalize.c: loss, accuracy, probabilities and statistics
 * against plain loops. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *evaluate_suite(void);

enum { PIXELS = SMALL_SIDE * SMALL_SIDE };

static float *float_images(const samples *samples)
{
    const size_t numbers = samples->bytes.count * PIXELS;
    float *images = calloc(numbers, sizeof *images);
    ck_assert_ptr_nonnull(images);
    for (size_t i = 0; i < numbers; i++)
        images[i] = (float)samples->bytes.pixels[i] / 255.0f;
    return images;
}

/* ---- probabilities ---- */

START_TEST(predict_does_each_image_for_itself)
{
    enum { MOST = 33 };
    samples samples;
    samples_open(&samples, MOST, small_shape, SMALL_CLASSES, 1);
    hg_network *network = small_network(hg_relu(), 3);
    randomize_parameters(network, 0.5, 2);
    float *images = float_images(&samples), alone[MOST][SMALL_CLASSES], together[(MOST + 1) * SMALL_CLASSES];
    for (size_t i = 0; i < MOST; i++) {
        ck_assert_int_eq(hg_network_predict(network, images + i * PIXELS, 1, alone[i], NULL), HG_OK);
        float sum = 0;
        for (size_t k = 0; k < SMALL_CLASSES; k++)
            sum += alone[i][k];
        ck_assert_float_eq_tol(sum, 1, 1e-6f);
    }
    ck_assert_mem_ne(alone[0], alone[1], sizeof alone[0]);
    const size_t counts[] = { 0, 1, 15, 16, 17, MOST };
    for (size_t c = 0; c < HG_COUNT(counts); c++) {
        const size_t numbers = counts[c] * SMALL_CLASSES;
        for (size_t k = 0; k < HG_COUNT(together); k++)
            together[k] = 77;
        ck_assert_int_eq(hg_network_predict(network, images, counts[c], together, NULL), HG_OK);
        ck_assert_mem_eq(together, alone, numbers * sizeof *together);
        for (size_t k = numbers; k < HG_COUNT(together); k++)
            ck_assert_float_eq(together[k], 77);
    }
    free(images);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

/* One image alone and a batch may take other ways through convolutions of many channels. */
START_TEST(an_image_alone_is_near_itself_in_a_batch)
{
    enum { COUNT = 7 };
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE),
                                hg_conv2d(3, 16),
                                hg_relu(),
                                hg_conv2d(3, 16, .same = true),
                                hg_relu(),
                                hg_max_pool2d(2),
                                hg_conv2d(5, 16, .same = true),
                                hg_relu(),
                                hg_fully_connected(SMALL_CLASSES),
                                hg_softmax(),
                                hg_classification() };
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_int_eq(hg_network_normalize(network, &samples.bytes, NULL), HG_OK);
    float *images = float_images(&samples), together[COUNT][SMALL_CLASSES], alone[SMALL_CLASSES];
    ck_assert_int_eq(hg_network_predict(network, images, COUNT, together[0], NULL), HG_OK);
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_int_eq(hg_network_predict(network, images + i * PIXELS, 1, alone, NULL), HG_OK);
        for (size_t k = 0; k < SMALL_CLASSES; k++)
            ck_assert_float_eq_tol(alone[k], together[i][k], 1e-5F);
    }
    free(images);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

static const size_t evaluated[] = { 1, 15, 16, 17, 1037 };

START_TEST(evaluation_is_the_mean_over_predictions)
{
    const size_t count = evaluated[_i];
    samples samples;
    samples_open(&samples, count, small_shape, SMALL_CLASSES, 1);
    hg_network *network = small_network(hg_relu(), 2);
    randomize_parameters(network, 0.5, 2);
    float *images = float_images(&samples), *probability = calloc(count * SMALL_CLASSES, sizeof *probability);
    ck_assert_int_eq(hg_network_predict(network, images, count, probability, NULL), HG_OK);
    double loss = 0, correct = 0;
    for (size_t i = 0; i < count; i++) {
        const float *p = probability + i * SMALL_CLASSES;
        const size_t label = samples.bytes.labels[i];
        size_t best = 0;
        for (size_t k = 1; k < SMALL_CLASSES; k++)
            best = p[k] > p[best] ? k : best;
        loss -= log((double)p[label]);
        correct += best == label;
    }
    hg_evaluation evaluation;
    ck_assert_int_eq(hg_network_evaluate(network, &samples.bytes, &evaluation, NULL), HG_OK);
    ck_assert_double_eq_tol(evaluation.loss, loss / (double)count, 1e-5);
    ck_assert_double_eq_tol(evaluation.accuracy, correct / (double)count, 1e-12);
    ck_assert_double_ge(evaluation.seconds, 0);
    free(images);
    free(probability);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

/* ---- statistics ---- */

static hg_network *input_network(hg_normalization normalization)
{
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE, .normalization = normalization),
                                hg_fully_connected(SMALL_CLASSES), hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_ptr_nonnull(network);
    hg_network_set_threads(network, 2, NULL);
    return network;
}

static void plain_statistics(const hg_dataset *bytes, double *mean, double *deviation)
{
    for (size_t p = 0; p < PIXELS; p++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < bytes->count; i++)
            sum += bytes->pixels[i * PIXELS + p] / 255.0;
        mean[p] = sum / (double)bytes->count;
        bool changes = false;
        for (size_t i = 0; i < bytes->count; i++)
            changes = changes || bytes->pixels[i * PIXELS + p] != bytes->pixels[p];
        for (size_t i = 0; i < bytes->count; i++)
            squares += pow(bytes->pixels[i * PIXELS + p] / 255.0 - mean[p], 2);
        deviation[p] = !changes ? 1 : sqrt(squares / (double)bytes->count);
    }
}

static void assert_near(hg_parameter parameter, const double *expected)
{
    ck_assert_uint_eq(parameter.count, PIXELS);
    for (size_t p = 0; p < PIXELS; p++)
        ck_assert_double_eq_tol((double)parameter.values[p], expected[p], 1e-6);
}

static void check_statistics(const hg_dataset *dataset, const hg_dataset *bytes)
{
    double mean[PIXELS], deviation[PIXELS];
    plain_statistics(bytes, mean, deviation);
    hg_parameter parameter;
    hg_network *network = input_network(HG_ZEROCENTER);
    ck_assert_int_eq(hg_network_normalize(network, dataset, NULL), HG_OK);
    ck_assert(hg_network_find_parameter(network, "image_input_1.mean", &parameter));
    assert_near(parameter, mean);
    ck_assert(!hg_network_find_parameter(network, "image_input_1.deviation", &parameter));
    hg_network_destroy(network);
    network = input_network(HG_ZSCORE);
    ck_assert_int_eq(hg_network_normalize(network, dataset, NULL), HG_OK);
    ck_assert(hg_network_find_parameter(network, "image_input_1.mean", &parameter));
    assert_near(parameter, mean);
    ck_assert(hg_network_find_parameter(network, "image_input_1.deviation", &parameter));
    assert_near(parameter, deviation);
    hg_network_destroy(network);
    network = input_network(HG_NO_NORMALIZATION);
    ck_assert_int_eq(hg_network_normalize(network, dataset, NULL), HG_OK);
    ck_assert_uint_eq(hg_network_parameter_count(network), 2);
    hg_network_destroy(network);
}

START_TEST(mean_and_deviation_are_those_of_plain_loops)
{
    const size_t counts[] = { 1, 17, 1100 };
    for (size_t i = 0; i < HG_COUNT(counts); i++) {
        samples samples;
        samples_open(&samples, counts[i], small_shape, SMALL_CLASSES, 1);
        check_statistics(&samples.dataset, &samples.bytes);
        check_statistics(&samples.bytes, &samples.bytes);
        samples_close(&samples);
    }
}
END_TEST

/* A border of one grey, say: rounding must not make a tiny deviation of none. */
START_TEST(pixels_that_never_change_have_deviation_1)
{
    samples samples;
    samples_open(&samples, 1100, small_shape, SMALL_CLASSES, 1);
    for (size_t i = 0; i < samples.bytes.count; i++)
        for (size_t p = 0; p < PIXELS; p++)
            ((unsigned char *)samples.bytes.pixels)[i * PIXELS + p] = (unsigned char)(p * 4);
    check_statistics(&samples.bytes, &samples.bytes);
    samples_close(&samples);
}
END_TEST

START_TEST(input_is_centred_and_scaled)
{
    samples samples;
    samples_open(&samples, 50, small_shape, SMALL_CLASSES, 1);
    hg_network *network = input_network(HG_ZSCORE);
    hg_parameter weight;
    ck_assert_int_eq(hg_network_normalize(network, &samples.bytes, NULL), HG_OK);
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.weight", &weight));
    memset(weight.values, 0, weight.count * sizeof *weight.values);
    weight.values[9] = 1; /* the first class's logit is pixel 9 */
    double mean[PIXELS], deviation[PIXELS];
    plain_statistics(&samples.bytes, mean, deviation);
    float *images = float_images(&samples), probability[SMALL_CLASSES];
    ck_assert_int_eq(hg_network_predict(network, images, 1, probability, NULL), HG_OK);
    const double x = ((double)images[9] - mean[9]) / deviation[9];
    ck_assert_double_eq_tol((double)probability[0], exp(x) / (exp(x) + 3), 1e-5);
    free(images);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

START_TEST(statistics_are_taken_once)
{
    samples first, second;
    samples_open(&first, 50, small_shape, SMALL_CLASSES, 1);
    samples_open(&second, 50, small_shape, SMALL_CLASSES, 2);
    hg_network *network = input_network(HG_ZEROCENTER);
    const hg_train_options options = { .epochs = 1 };
    hg_parameter parameter;
    double mean[PIXELS], deviation[PIXELS];
    ck_assert(hg_network_find_parameter(network, "image_input_1.mean", &parameter));
    plain_statistics(&first.bytes, mean, deviation);
    ck_assert_int_eq(hg_network_train(network, &first.bytes, &options, NULL), HG_OK);
    assert_near(parameter, mean);
    ck_assert_int_eq(hg_network_train(network, &second.bytes, &options, NULL), HG_OK);
    assert_near(parameter, mean);
    plain_statistics(&second.bytes, mean, deviation);
    ck_assert_int_eq(hg_network_normalize(network, &second.bytes, NULL), HG_OK);
    assert_near(parameter, mean);
    hg_network_initialize(network, 1); /* as a network that was never trained */
    plain_statistics(&first.bytes, mean, deviation);
    ck_assert_int_eq(hg_network_train(network, &first.bytes, &options, NULL), HG_OK);
    assert_near(parameter, mean);
    hg_network_destroy(network);
    samples_close(&first);
    samples_close(&second);
}
END_TEST

START_TEST(failed_normalization_changes_nothing)
{
    samples samples;
    samples_open(&samples, 50, small_shape, SMALL_CLASSES, 1);
    hg_network *network = input_network(HG_ZSCORE);
    size_t count;
    ck_assert_int_eq(hg_network_normalize(network, &samples.bytes, NULL), HG_OK);
    hg_real *before = copy_parameters(network, &count);
    samples.fault = SAMPLES_FAIL;
    samples.fault_from = 40;
    hg_error error;
    ck_assert_int_eq(hg_network_normalize(network, &samples.dataset, &error), HG_IO);
    ck_assert_str_eq(error.message, "sample 40 is torn");
    hg_real *after = copy_parameters(network, &count);
    ck_assert_mem_eq(before, after, count * sizeof *before);
    free(before);
    free(after);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

Suite *evaluate_suite(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *results = tcase_create("results");
    tcase_add_test(results, predict_does_each_image_for_itself);
    tcase_add_test(results, an_image_alone_is_near_itself_in_a_batch);
    tcase_add_loop_test(results, evaluation_is_the_mean_over_predictions, 0, (int)HG_COUNT(evaluated));
    suite_add_tcase(suite, results);
    TCase *statistics = tcase_create("statistics");
    tcase_add_test(statistics, mean_and_deviation_are_those_of_plain_loops);
    tcase_add_test(statistics, pixels_that_never_change_have_deviation_1);
    tcase_add_test(statistics, input_is_centred_and_scaled);
    tcase_add_test(statistics, statistics_are_taken_once);
    tcase_add_test(statistics, failed_normalization_changes_nothing);
    suite_add_tcase(suite, statistics);
    return suite;
}
