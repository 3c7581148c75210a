/* The weights after training, and the loss of an evaluation, are the same bits for
 * any number of threads, however the samples are read. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *same_bits_suite(void);

static const int thread_counts[] = { 1, 2, 3, 4, 7 };

/* Long enough for the order of sums to show: every row ends with a ragged batch. */
typedef struct bits_row {
    size_t samples;
    int batch, epochs;
    bool augmented;
} bits_row;

static const bits_row rows[] = {
    { 1037, 128, 2, false }, { 40, 1, 1, false },  { 300, 17, 1, false },  { 1037, 300, 2, false },
    { 700, 1000, 2, false }, { 5, 128, 3, false }, { 1037, 128, 2, true },
};

/* What stands behind the convolution of small_network. */
static const hg_layer kinds[] = {
    { &hg_threshold_relu_type,
      &(const hg_threshold_relu_options){ .size = sizeof(hg_threshold_relu_options), .threshold = 0.2 } },
    { &hg_batch_normalization_type,
      &(const hg_batch_normalization_options){ .size = sizeof(hg_batch_normalization_options) } },
    { &hg_local_response_normalization_type,
      &(const hg_local_response_normalization_options){
          .size = sizeof(hg_local_response_normalization_options), .window = 3, .alpha = 1, .beta = 0.6 } },
    { &hg_average_pool2d_type,
      &(const hg_average_pool2d_options){ .size = sizeof(hg_average_pool2d_options), .window = 2, .stride = 1 } },
};
/* Then a network with every random layer in it, and one of more channels, whose sums take other ways. */
enum { NOISY = HG_COUNT(kinds), WIDE, NETWORKS };

static hg_network *make_network(int kind, int threads)
{
    if (kind < NOISY)
        return small_network(kinds[kind], threads);
    const hg_layer wide[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE),
                              hg_conv2d(3, 16),
                              hg_relu(),
                              hg_conv2d(3, 16, .same = true),
                              hg_relu(),
                              hg_conv2d(5, 17, .same = true),
                              hg_threshold_relu(),
                              hg_max_pool2d(2),
                              hg_fully_connected(SMALL_CLASSES),
                              hg_softmax(),
                              hg_classification() };
    const hg_layer noisy[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE),
                               hg_dropout(0.1),
                               hg_conv2d(3, 5),
                               hg_noisy_relu(),
                               hg_max_pool2d(2),
                               hg_dropout(),
                               hg_fully_connected(9),
                               hg_noisy_relu(0.3),
                               hg_fully_connected(SMALL_CLASSES),
                               hg_softmax(),
                               hg_classification() };
    hg_network *network =
        kind == WIDE ? hg_network_create(wide, HG_COUNT(wide), NULL) : hg_network_create(noisy, HG_COUNT(noisy), NULL);
    ck_assert_ptr_nonnull(network);
    ck_assert_int_eq(hg_network_set_threads(network, threads, NULL), HG_OK);
    return network;
}

static hg_network *trained(const bits_row *row, const hg_dataset *dataset, int kind, int threads)
{
    hg_network *network = make_network(kind, threads);
    const hg_augmentation augment = {
        .shift = 2, .rotation = 15, .scale = 0.2, .shear = 0.1, .elastic = 1, .noise = 0.1
    };
    hg_train_options options = { .epochs = row->epochs, .batch = row->batch, .seed = 5 };
    if (row->augmented)
        options.augment = augment;
    ck_assert_int_eq(hg_network_train(network, dataset, &options, NULL), HG_OK);
    return network;
}

START_TEST(training_is_the_same_for_any_threads)
{
    const bits_row *row = &rows[_i / NETWORKS];
    const int kind = _i % NETWORKS;
    samples samples;
    samples_open(&samples, row->samples, small_shape, SMALL_CLASSES, 8);
    hg_network *first = trained(row, &samples.bytes, kind, thread_counts[0]);
    hg_network *untrained = make_network(kind, 1);
    size_t count;
    hg_real *a = copy_parameters(first, &count), *b = copy_parameters(untrained, &count);
    ck_assert_mem_ne(a, b, count * sizeof *a);
    for (size_t i = 0; i < HG_COUNT(thread_counts); i++)
        for (int one_by_one = 0; one_by_one < 2; one_by_one++) {
            hg_network *other = trained(row, one_by_one ? &samples.dataset : &samples.bytes, kind, thread_counts[i]);
            assert_same_parameters(first, other);
            hg_network_destroy(other);
        }
    free(a);
    free(b);
    hg_network_destroy(first);
    hg_network_destroy(untrained);
    samples_close(&samples);
}
END_TEST

static hg_network *trained_in_every_way(const hg_dataset *training, const hg_dataset *validation, hg_average average,
                                        int threads)
{
    hg_network *network = make_network(0, threads);
    const hg_train_options options = { .optimizer = hg_adamw(0.01),
                                       .schedule = hg_cosine(.warmup = 0.5),
                                       .clip_norm = 0.25,
                                       .average = average,
                                       .validation = validation,
                                       .keep_best = true,
                                       .epochs = 4,
                                       .batch = 100,
                                       .seed = 5 };
    ck_assert_int_eq(hg_network_train(network, training, &options, NULL), HG_OK);
    return network;
}

START_TEST(training_options_are_the_same_for_any_threads)
{
    const hg_average average = _i ? hg_swa(.from = 2) : hg_ema(0.95);
    samples samples;
    samples_open(&samples, 1037, small_shape, SMALL_CLASSES, 8);
    for (int one_by_one = 0; one_by_one < 2; one_by_one++) {
        hg_dataset *training, *validation;
        ck_assert_int_eq(
            hg_dataset_split(one_by_one ? &samples.dataset : &samples.bytes, 0.1, 3, &training, &validation, NULL),
            HG_OK);
        hg_network *first = trained_in_every_way(training, validation, average, thread_counts[0]);
        for (size_t i = 1; i < HG_COUNT(thread_counts); i++) {
            hg_network *other = trained_in_every_way(training, validation, average, thread_counts[i]);
            assert_same_parameters(first, other);
            hg_network_destroy(other);
        }
        hg_network_destroy(first);
        hg_dataset_destroy(training);
        hg_dataset_destroy(validation);
    }
    samples_close(&samples);
}
END_TEST

START_TEST(evaluation_is_the_same_for_any_threads)
{
    samples samples;
    samples_open(&samples, 1037, small_shape, SMALL_CLASSES, 8);
    hg_network *network = make_network(_i, 1);
    hg_evaluation first;
    ck_assert_int_eq(hg_network_evaluate(network, &samples.bytes, &first, NULL), HG_OK);
    for (size_t i = 0; i < HG_COUNT(thread_counts); i++)
        for (int one_by_one = 0; one_by_one < 2; one_by_one++) {
            hg_evaluation other;
            ck_assert_int_eq(hg_network_set_threads(network, thread_counts[i], NULL), HG_OK);
            ck_assert_int_eq(hg_network_evaluate(network, one_by_one ? &samples.dataset : &samples.bytes, &other, NULL),
                             HG_OK);
            ck_assert_mem_eq(&first.loss, &other.loss, sizeof first.loss);
            ck_assert_mem_eq(&first.accuracy, &other.accuracy, sizeof first.accuracy);
        }
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

START_TEST(normalization_is_the_same_for_any_threads)
{
    samples samples;
    samples_open(&samples, 2100, small_shape, SMALL_CLASSES, 8); /* more than two of its blocks */
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE, .normalization = HG_ZSCORE),
                                hg_fully_connected(SMALL_CLASSES), hg_softmax(), hg_classification() };
    hg_network *first = hg_network_create(layers, HG_COUNT(layers), NULL);
    hg_network_set_threads(first, 1, NULL);
    ck_assert_int_eq(hg_network_normalize(first, &samples.bytes, NULL), HG_OK);
    for (size_t i = 1; i < HG_COUNT(thread_counts); i++) {
        hg_network *other = hg_network_create(layers, HG_COUNT(layers), NULL);
        hg_network_set_threads(other, thread_counts[i], NULL);
        ck_assert_int_eq(hg_network_normalize(other, &samples.dataset, NULL), HG_OK);
        assert_same_parameters(first, other);
        hg_network_destroy(other);
    }
    hg_network_destroy(first);
    samples_close(&samples);
}
END_TEST

/* ---- the loop of one's own ---- */

typedef struct own_loop {
    hg_network *network;
    hg_real *probabilities, *input_gradients;
    double loss;
} own_loop;

static own_loop loop_steps(const samples *samples, size_t batch, int steps, int kind, int threads)
{
    hg_real *images;
    int *labels;
    samples_copy(samples, &images, &labels);
    own_loop loop = { .network = make_network(kind, threads),
                      .probabilities = calloc(batch * SMALL_CLASSES, sizeof(hg_real)),
                      .input_gradients = calloc(batch * SMALL_SIDE * SMALL_SIDE, sizeof(hg_real)) };
    ck_assert_int_eq(hg_network_normalize(loop.network, &samples->bytes, NULL), HG_OK);
    for (int step = 0; step < steps; step++) {
        const size_t first = (size_t)step * batch;
        hg_network_zero_gradients(loop.network);
        ck_assert_int_eq(
            hg_network_forward(loop.network, images + first * SMALL_SIDE * SMALL_SIDE, batch, loop.probabilities, NULL),
            HG_OK);
        ck_assert_int_eq(hg_network_backward_labels(loop.network, labels + first, &loop.loss, NULL), HG_OK);
        ck_assert_int_eq(hg_network_step(loop.network, hg_sgd(0.01, .momentum = 0.9), NULL), HG_OK);
    }
    ck_assert_int_eq(hg_network_forward(loop.network, images, batch, loop.probabilities, NULL), HG_OK);
    ck_assert_int_eq(hg_network_backward(loop.network, loop.probabilities, loop.input_gradients, NULL), HG_OK);
    free(images);
    free(labels);
    return loop;
}

static void close_loop(own_loop *loop)
{
    hg_network_destroy(loop->network);
    free(loop->probabilities);
    free(loop->input_gradients);
}

static const size_t loop_batches[] = { 1, 16, 17, 128, 300 };

START_TEST(own_loop_is_the_same_for_any_threads)
{
    enum { STEPS = 3 };
    const size_t batch = loop_batches[_i / NETWORKS];
    const int kind = _i % NETWORKS;
    samples samples;
    samples_open(&samples, STEPS * batch, small_shape, SMALL_CLASSES, 8);
    own_loop first = loop_steps(&samples, batch, STEPS, kind, 1);
    for (size_t i = 1; i < HG_COUNT(thread_counts); i++) {
        own_loop other = loop_steps(&samples, batch, STEPS, kind, thread_counts[i]);
        assert_same_parameters(first.network, other.network);
        ck_assert_mem_eq(first.probabilities, other.probabilities, batch * SMALL_CLASSES * sizeof(hg_real));
        ck_assert_mem_eq(first.input_gradients, other.input_gradients,
                         batch * SMALL_SIDE * SMALL_SIDE * sizeof(hg_real));
        ck_assert_mem_eq(&first.loss, &other.loss, sizeof first.loss);
        for (size_t p = 0; p < hg_network_parameter_count(first.network); p++) {
            const hg_parameter a = hg_network_parameter(first.network, p), b = hg_network_parameter(other.network, p);
            if (a.gradients)
                ck_assert_mem_eq(a.gradients, b.gradients, a.count * sizeof *a.gradients);
        }
        close_loop(&other);
    }
    close_loop(&first);
    samples_close(&samples);
}
END_TEST

/* With the same batches, the loop of one's own and hg_network_train are one thing. */
START_TEST(own_loop_steps_as_training_does)
{
    enum { STEPS = 4 };
    const size_t batch = loop_batches[_i / NOISY];
    const int kind = _i % NOISY; /* noise differs between the two */
    samples samples;
    samples_open(&samples, STEPS * batch, small_shape, SMALL_CLASSES, 8);
    own_loop loop = loop_steps(&samples, batch, STEPS, kind, 2);
    hg_network *network = make_network(kind, 3);
    const hg_train_options options = {
        .optimizer = hg_sgd(0.01, .momentum = 0.9), .epochs = 1, .batch = (int)batch, .no_shuffle = true
    };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    assert_same_parameters(loop.network, network);
    hg_network_destroy(network);
    close_loop(&loop);
    samples_close(&samples);
}
END_TEST

Suite *same_bits_suite(void)
{
    enum { SECONDS = 60 };
    Suite *suite = suite_create("same bits");
    TCase *bits = tcase_create("same bits");
    tcase_set_timeout(bits, SECONDS);
    tcase_add_loop_test(bits, training_options_are_the_same_for_any_threads, 0, 2);
    tcase_add_loop_test(bits, training_is_the_same_for_any_threads, 0, NETWORKS * (int)HG_COUNT(rows));
    tcase_add_loop_test(bits, evaluation_is_the_same_for_any_threads, 0, NETWORKS);
    tcase_add_test(bits, normalization_is_the_same_for_any_threads);
    tcase_add_loop_test(bits, own_loop_is_the_same_for_any_threads, 0, NETWORKS * (int)HG_COUNT(loop_batches));
    tcase_add_loop_test(bits, own_loop_steps_as_training_does, 0, NOISY * (int)HG_COUNT(loop_batches));
    suite_add_tcase(suite, bits);
    return suite;
}
