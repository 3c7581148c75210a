/* Random layers: the distribution of their draws, what the draws depend on, and that
 * evaluation has none. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/simd.h"

#include "layer_harness.h"
#include "samples.h"

Suite *noise_suite(void);

enum { UNITS = 1000, MANY = 200 };

static void open_layer(layer_harness *harness, hg_layer layer, size_t samples, int units, double x)
{
    layer_harness_open(harness, &(layer_harness_options){ .type = simd_layer(layer.type),
                                                          .options = layer.options,
                                                          .samples = samples,
                                                          .input_count = 1,
                                                          .input_shape = { { units, 1, 1 } },
                                                          .name = layer.type->name });
    for (size_t i = 0; i < samples * (size_t)units; i++)
        harness->input[0][i] = x;
}

/* ---- distributions: within five standard errors ---- */

static const double ERRORS = 5;

START_TEST(dropout_drops_its_share)
{
    const double probabilities[] = { 0, 0.05, 0.5, 0.9 };
    const double p = probabilities[_i] == 0 ? 0.5 : probabilities[_i], count = MANY * UNITS;
    layer_harness h;
    open_layer(&h, hg_dropout(probabilities[_i]), MANY, UNITS, 1);
    layer_harness_forward(&h);
    double dropped = 0, both = 0;
    for (size_t i = 0; i < MANY * UNITS; i++) {
        const bool zero = h.output[i] == 0;
        if (!zero && !(fabs(h.output[i] * (1 - p) - 1) < 1e-6))
            ck_abort_msg("1 became %.9g", h.output[i]);
        dropped += zero;
        both += zero && h.output[(i + 1) % (MANY * UNITS)] == 0;
    }
    ck_assert_double_le(fabs(dropped / count - p), ERRORS * sqrt(p * (1 - p) / count));
    ck_assert_double_le(fabs(both / count - p * p), ERRORS * sqrt(3 * p * p * (1 - p * p) / count));
    layer_harness_close(&h);
}
END_TEST

/* Of x = 100, far from the kink, where sigmoid(x) is 1 too. */
START_TEST(noise_is_normal)
{
    const double x = 100, deviations[] = { 0, 0.25, 1, 3 };
    const double deviation = deviations[_i] == 0 ? 1 : deviations[_i], count = MANY * UNITS;
    layer_harness h;
    open_layer(&h, hg_noisy_relu(deviations[_i]), MANY, UNITS, x);
    layer_harness_forward(&h);
    double moment[5] = { 0 }, next = 0, below_one = 0;
    for (size_t i = 0; i < MANY * UNITS; i++) {
        const double n = (h.output[i] - x) / deviation, other = (h.output[(i + 1) % (MANY * UNITS)] - x) / deviation;
        for (int k = 1; k <= 4; k++)
            moment[k] += pow(n, k) / count;
        next += n * other / count;
        below_one += (n < 1) / count;
    }
    /* of n, n^2, n^3, n^4 the variances are 1, 2, 15 and 96 */
    ck_assert_double_le(fabs(moment[1]), ERRORS * sqrt(1 / count));
    ck_assert_double_le(fabs(moment[2] - 1), ERRORS * sqrt(2 / count));
    ck_assert_double_le(fabs(moment[3]), ERRORS * sqrt(15 / count));
    ck_assert_double_le(fabs(moment[4] - 3), ERRORS * sqrt(96 / count));
    ck_assert_double_le(fabs(next), ERRORS * sqrt(1 / count));
    ck_assert_double_le(fabs(below_one - 0.841344746), ERRORS * sqrt(0.134 / count));
    layer_harness_close(&h);
}
END_TEST

/* Nair & Hinton 2010: the variance is sigmoid(x). At x = 0 it is 1 / 2, and half are cut off. */
START_TEST(noise_of_the_papers_deviation)
{
    const double count = MANY * UNITS, pi = acos(-1);
    layer_harness h;
    open_layer(&h, hg_noisy_relu(), MANY, UNITS, 0);
    layer_harness_forward(&h);
    double mean = 0, zeros = 0;
    for (size_t i = 0; i < MANY * UNITS; i++) {
        mean += h.output[i] / count;
        zeros += (h.output[i] == 0) / count;
    }
    ck_assert_double_le(fabs(zeros - 0.5), ERRORS * 0.5 / sqrt(count));
    ck_assert_double_le(fabs(mean - sqrt(0.5) / sqrt(2 * pi)), ERRORS * sqrt((0.25 - 0.25 / pi) / count));
    layer_harness_close(&h);
}
END_TEST

/* ---- what the draws depend on ---- */

static const hg_dropout_options dropout = { .size = sizeof dropout };
static const hg_noisy_relu_options noisy = { .size = sizeof noisy };
static const hg_layer random_layers[] = { { &hg_dropout_type, &dropout }, { &hg_noisy_relu_type, &noisy } };

typedef enum changed { NOTHING, LANES, SEED_LOW, SEED_HIGH, EPOCH, LAYER, SAMPLE, CHANGES } changed;

START_TEST(draws_depend_on_seed_epoch_layer_and_sample_alone)
{
    enum { FEW = 40, PLACES = 5, MOVED = 21 };
    layer_harness a, b;
    open_layer(&a, random_layers[_i], FEW, UNITS, 2);
    layer_harness_forward(&a);
    for (int change = NOTHING; change < CHANGES; change++) {
        open_layer(&b, random_layers[_i], FEW, UNITS, 2);
        b.seed ^= change == SEED_LOW ? 1 : change == SEED_HIGH ? UINT64_C(1) << 32 : 0;
        b.epoch += change == EPOCH;
        b.layer += change == LAYER;
        for (size_t i = 0; i < FEW; i++) /* another lane and shard, or other samples */
            b.sample[i] = change == LANES ? a.sample[(i + MOVED) % FEW] : a.sample[i] + (change == SAMPLE ? 1 : 0);
        layer_harness_forward(&b);
        for (size_t i = 0; i < FEW; i++) {
            const double *other = a.output + (change == LANES ? (i + MOVED) % FEW : i) * UNITS;
            const bool same = memcmp(b.output + i * UNITS, other, UNITS * sizeof *other) == 0;
            ck_assert_msg(same == (change == NOTHING || change == LANES), "change %d: same %d", change, same);
        }
        layer_harness_close(&b);
    }
    layer_harness_close(&a);
}
END_TEST

/* ---- in networks ---- */

enum { HIDDEN = 7, IMAGES = 33 };

static hg_network *create(const hg_layer *layers, size_t count)
{
    hg_error error = { .message = "" };
    hg_network *network = hg_network_create(layers, count, &error);
    ck_assert_msg(network != NULL, "%s", error.message);
    return network;
}

static hg_network *noisy_network(void)
{
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE),
                                hg_fully_connected(HIDDEN),
                                hg_noisy_relu(),
                                hg_dropout(),
                                hg_fully_connected(SMALL_CLASSES),
                                hg_softmax(),
                                hg_classification() };
    return create(layers, HG_COUNT(layers));
}

static hg_network *plain_network(void)
{
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE),
                                hg_fully_connected(HIDDEN),
                                hg_relu(),
                                hg_fully_connected(SMALL_CLASSES),
                                hg_softmax(),
                                hg_classification() };
    return create(layers, HG_COUNT(layers));
}

START_TEST(evaluation_has_no_noise)
{
    samples samples;
    samples_open(&samples, IMAGES, small_shape, SMALL_CLASSES, 1);
    hg_network *network = noisy_network(), *plain = plain_network();
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, NULL, NULL), HG_OK);
    for (size_t i = 0; i < hg_network_parameter_count(plain); i++) {
        const hg_parameter from = hg_network_parameter(network, i), to = hg_network_parameter(plain, i);
        memcpy(to.values, from.values, to.count * sizeof *to.values);
    }
    hg_evaluation with, without;
    ck_assert_int_eq(hg_network_evaluate(network, &samples.bytes, &with, NULL), HG_OK);
    ck_assert_int_eq(hg_network_evaluate(plain, &samples.bytes, &without, NULL), HG_OK);
    ck_assert_double_eq(with.loss, without.loss);
    float image[SMALL_SIDE * SMALL_SIDE] = { 0.5F, 1 }, p[SMALL_CLASSES], q[SMALL_CLASSES];
    ck_assert_int_eq(hg_network_predict(network, image, 1, p, NULL), HG_OK);
    ck_assert_int_eq(hg_network_predict(plain, image, 1, q, NULL), HG_OK);
    ck_assert_mem_eq(p, q, sizeof p);
    hg_network_destroy(network);
    hg_network_destroy(plain);
    samples_close(&samples);
}
END_TEST

typedef struct losses {
    double of[4];
} losses;

static bool note_loss(const hg_epoch_report *report, void *context)
{
    ((losses *)context)->of[report->epoch - 1] = report->train_loss;
    return true;
}

/* The weights all but stand still, and the order is always the same. */
START_TEST(noise_differs_from_epoch_to_epoch_and_with_the_seed)
{
    samples samples;
    samples_open(&samples, IMAGES, small_shape, SMALL_CLASSES, 1);
    hg_network *network = noisy_network();
    losses first = { { 0 } }, again = first, other = first;
    hg_train_options options = {
        .optimizer = hg_sgd(1e-30), .epochs = 3, .no_shuffle = true, .on_epoch = note_loss, .context = &first
    };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    options.context = &again;
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    options.context = &other;
    options.seed = 1;
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    for (int epoch = 0; epoch < options.epochs; epoch++) {
        ck_assert_double_eq(first.of[epoch], again.of[epoch]);
        ck_assert_double_ne(first.of[epoch], other.of[epoch]);
        ck_assert_double_ne(first.of[epoch], first.of[(epoch + 1) % options.epochs]);
    }
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

START_TEST(own_loop_draws_anew_at_each_forward)
{
    enum { FORWARDS = 3, NUMBERS = IMAGES * SMALL_CLASSES };
    samples samples;
    samples_open(&samples, IMAGES, small_shape, SMALL_CLASSES, 1);
    hg_real *images, first[FORWARDS][NUMBERS], other[NUMBERS];
    int *labels;
    samples_copy(&samples, &images, &labels);
    hg_network *network = noisy_network();
    for (int i = 0; i < FORWARDS; i++)
        ck_assert_int_eq(hg_network_forward(network, images, IMAGES, first[i], NULL), HG_OK);
    ck_assert_mem_ne(first[0], first[1], sizeof first[0]);
    ck_assert_mem_ne(first[1], first[2], sizeof first[0]);
    hg_network_initialize(network, 0); /* as it was created */
    hg_network_set_threads(network, 3, NULL);
    for (int i = 0; i < FORWARDS; i++) {
        ck_assert_int_eq(hg_network_forward(network, images, IMAGES, other, NULL), HG_OK);
        ck_assert_mem_eq(first[i], other, sizeof other);
        double loss; /* counts nothing, and neither does evaluation */
        ck_assert_int_eq(hg_network_backward_labels(network, labels, &loss, NULL), HG_OK);
        float probabilities[SMALL_CLASSES], image[SMALL_SIDE * SMALL_SIDE] = { 0 };
        ck_assert_int_eq(hg_network_predict(network, image, 1, probabilities, NULL), HG_OK);
    }
    size_t count, next = 0;
    hg_real *kept = copy_parameters(network, &count);
    hg_network_initialize(network, 1); /* the same weights, but noise of another seed */
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        memcpy(parameter.values, kept + next, parameter.count * sizeof *kept);
        next += parameter.count;
    }
    ck_assert_int_eq(hg_network_forward(network, images, IMAGES, other, NULL), HG_OK);
    ck_assert_mem_ne(first[0], other, sizeof other);
    free(kept);
    free(images);
    free(labels);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

/* Dropped pixels have no gradient, and are those without which the output is what it was. */
START_TEST(own_backward_has_the_draws_of_its_forward)
{
    enum { PIXELS = SMALL_SIDE * SMALL_SIDE };
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE, .normalization = HG_NO_NORMALIZATION),
                                hg_dropout(0.3), hg_fully_connected(SMALL_CLASSES, .no_bias = true), hg_softmax(),
                                hg_classification() };
    hg_network *network = create(layers, HG_COUNT(layers));
    hg_real *image = calloc(IMAGES * PIXELS, sizeof *image), *gradient = calloc(IMAGES * PIXELS, sizeof *gradient);
    hg_real output[IMAGES * SMALL_CLASSES], output_gradient[IMAGES * SMALL_CLASSES] = { 0 };
    for (size_t i = 0; i < IMAGES * PIXELS; i++)
        image[i] = (hg_real)0.25 + (hg_real)(i % 7) / 8;
    for (size_t s = 0; s < IMAGES; s++)
        output_gradient[s * SMALL_CLASSES] = 1;
    hg_parameter weight;
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.weight", &weight));
    for (int step = 0; step < 3; step++) {
        ck_assert_int_eq(hg_network_forward(network, image, IMAGES, output, NULL), HG_OK);
        ck_assert_int_eq(hg_network_backward(network, output_gradient, gradient, NULL), HG_OK);
        for (size_t s = 1; s < IMAGES; s++) /* the next lane, and the same lane of the next shard */
            for (size_t other = s > HG_LANES ? s - HG_LANES : 0; other < s; other++) {
                size_t alike = 0;
                for (size_t p = 0; p < PIXELS; p++)
                    alike += (gradient[s * PIXELS + p] == 0) == (gradient[other * PIXELS + p] == 0);
                ck_assert_uint_lt(alike, PIXELS);
            }
        for (size_t s = 0; s < IMAGES; s++) {
            double sum[SMALL_CLASSES] = { 0 };
            size_t dropped = 0;
            for (size_t p = 0; p < PIXELS; p++) {
                dropped += gradient[s * PIXELS + p] == 0;
                for (size_t k = 0; k < SMALL_CLASSES && gradient[s * PIXELS + p] != 0; k++)
                    sum[k] += (double)(weight.values[k * PIXELS + p] * image[s * PIXELS + p]) / 0.7;
            }
            ck_assert(dropped > 0 && dropped < PIXELS / 2);
            for (size_t k = 1; k < SMALL_CLASSES; k++)
                ck_assert_double_le(
                    fabs(log((double)(output[s * SMALL_CLASSES + k] / output[s * SMALL_CLASSES])) - (sum[k] - sum[0])),
                    1e-5);
        }
    }
    free(image);
    free(gradient);
    hg_network_destroy(network);
}
END_TEST

/* Without the factor of the draws that were kept, everything would be finite. */
START_TEST(a_layer_is_blamed_with_its_noise)
{
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE, .normalization = HG_NO_NORMALIZATION),
                                hg_dropout(0.9, .name = "tenfold"),
                                hg_fully_connected(1, .start = HG_CONSTANT, .start_value = 1e36, .name = "too_much"),
                                hg_fully_connected(SMALL_CLASSES, .start = HG_CONSTANT, .start_value = 1),
                                hg_softmax(),
                                hg_classification() };
    hg_network *network = create(layers, HG_COUNT(layers));
    samples samples;
    samples_open(&samples, 1, small_shape, SMALL_CLASSES, 1);
    memset((void *)samples.bytes.pixels, 0, SMALL_SIDE * SMALL_SIDE);
    ((unsigned char *)samples.bytes.pixels)[5] = 255;
    hg_parameter weight;
    ck_assert(hg_network_find_parameter(network, "too_much.weight", &weight));
    for (size_t i = 0; i < weight.count; i++)
        weight.values[i] = (hg_real)1e38;
    hg_error error = { .message = "" };
    hg_status status = HG_OK;
    for (uint64_t seed = 0; seed < MANY && !status; seed++) { /* until the pixel is kept */
        const hg_train_options options = { .optimizer = hg_sgd(1e-30), .epochs = 1, .seed = seed };
        status = hg_network_train(network, &samples.bytes, &options, &error);
    }
    ck_assert_int_eq(status, HG_NOT_FINITE);
    ck_assert_msg(strstr(error.message, "the output of layer too_much is not finite"), "%s", error.message);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

Suite *noise_suite(void)
{
    enum { SECONDS = 60 };
    Suite *suite = suite_create("noise");
    TCase *layers = tcase_create("layers");
    tcase_set_timeout(layers, SECONDS);
    tcase_add_loop_test(layers, dropout_drops_its_share, 0, 4);
    tcase_add_loop_test(layers, noise_is_normal, 0, 4);
    tcase_add_test(layers, noise_of_the_papers_deviation);
    tcase_add_loop_test(layers, draws_depend_on_seed_epoch_layer_and_sample_alone, 0, (int)HG_COUNT(random_layers));
    suite_add_tcase(suite, layers);
    TCase *networks = tcase_create("networks");
    tcase_set_timeout(networks, SECONDS);
    tcase_add_test(networks, evaluation_has_no_noise);
    tcase_add_test(networks, noise_differs_from_epoch_to_epoch_and_with_the_seed);
    tcase_add_test(networks, own_loop_draws_anew_at_each_forward);
    tcase_add_test(networks, own_backward_has_the_draws_of_its_forward);
    tcase_add_test(networks, a_layer_is_blamed_with_its_noise);
    suite_add_tcase(suite, networks);
    return suite;
}
