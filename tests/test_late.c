/* src/late.c: gradients of parameters taken over the whole batch. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"
#include "src/network.h"

Suite *late_suite(void);

enum { SIDE = 12, CLASSES = 4, WIDE = 130 };
static const hg_shape shape = { 1, SIDE, SIDE };

/* Two layers with many weights, then one with few. */
static hg_network *wide_network(int threads)
{
    const hg_layer layers[] = {
        hg_image_input(SIDE, SIDE),
        hg_fully_connected(WIDE),
        hg_relu(),
        hg_fully_connected(WIDE, .no_bias = true),
        hg_relu(),
        hg_fully_connected(CLASSES),
        hg_softmax(),
        hg_classification(),
    };
    hg_error error = { .message = "" };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &error);
    ck_assert_msg(network != NULL, "%s", error.message);
    ck_assert_int_eq(hg_network_set_threads(network, threads, NULL), HG_OK);
    return network;
}

START_TEST(only_layers_with_many_weights_are_late)
{
    hg_network *network = wide_network(1);
    static const bool late[] = { false, true, false, true, false, false, false, false };
    for (size_t i = 0; i < HG_COUNT(late); i++)
        ck_assert_msg(network->nodes[i].late == late[i], "layer %zu", i + 1);
    ck_assert_uint_lt(network->early, network->learnable);
    for (size_t i = 0; i < network->parameter_count; i++) {
        const parameter *parameter = &network->parameters[i];
        if (!parameter->spec.frozen)
            ck_assert_int_eq(parameter->offset >= network->early, network->nodes[parameter->node].late);
    }
    hg_network_destroy(network);
}
END_TEST

/* One step of rate 1 without momentum, so that the parameters move by their gradients. */
static hg_network *stepped(const samples *samples, int batch, int threads)
{
    hg_network *network = wide_network(threads);
    const hg_train_options options = {
        .optimizer = hg_sgd(1), .batch = batch, .epochs = 1, .steps = 1, .no_shuffle = true
    };
    hg_error error = { .message = "" };
    ck_assert_msg(hg_network_train(network, &samples->bytes, &options, &error) == HG_OK, "%s", error.message);
    return network;
}

/* Several rounds, a last leaf or shard that is not full, fewer shards than leaves. */
static const int batches[] = { 1, 16, 40, 129, 1024, 1500, 2100 };

/* The same batch in pieces of one shard, each a backward of its own. */
START_TEST(gradients_are_the_sum_over_all_samples)
{
    const size_t batch = (size_t)batches[_i], pixels = SIDE * SIDE;
    samples samples;
    samples_open(&samples, batch, shape, CLASSES, 4);
    hg_network *trained = stepped(&samples, (int)batch, 2), *start = wide_network(1);
    ck_assert_int_eq(hg_network_normalize(start, &samples.bytes, NULL), HG_OK);
    hg_real *images, probability[HG_LANES * CLASSES];
    int *labels;
    samples_copy(&samples, &images, &labels);
    double *sum = calloc(start->learnable, sizeof *sum), loss;
    for (size_t first = 0; first < batch; first += HG_LANES) {
        const size_t count = batch - first < HG_LANES ? batch - first : HG_LANES;
        hg_network_zero_gradients(start);
        ck_assert_int_eq(hg_network_forward(start, images + first * pixels, count, probability, NULL), HG_OK);
        ck_assert_int_eq(hg_network_backward_labels(start, labels + first, &loss, NULL), HG_OK);
        for (size_t k = 0; k < start->learnable; k++)
            sum[k] += (double)start->gradients[k] * (double)count / (double)batch;
    }
    static const double TOLERANCE = 2e-5;
    for (size_t k = 0; k < start->learnable; k++) {
        const double moved = (double)start->values[k] - (double)trained->values[k];
        if (!(fabs(moved - sum[k]) <= TOLERANCE * (1 + fabs(sum[k]))))
            ck_abort_msg("batch %zu, number %zu: the gradient is %g, not %g", batch, k, moved, sum[k]);
    }
    free(images);
    free(labels);
    free(sum);
    hg_network_destroy(trained);
    hg_network_destroy(start);
    samples_close(&samples);
}
END_TEST

START_TEST(same_bits_for_any_threads)
{
    static const int threads[] = { 2, 3, 7 };
    samples samples;
    samples_open(&samples, (size_t)batches[_i], shape, CLASSES, 4);
    hg_network *one = stepped(&samples, batches[_i], 1);
    for (size_t i = 0; i < HG_COUNT(threads); i++) {
        hg_network *other = stepped(&samples, batches[_i], threads[i]);
        assert_same_parameters(one, other);
        hg_network_destroy(other);
    }
    hg_network_destroy(one);
    samples_close(&samples);
}
END_TEST

/* Gradients of two backwards add up, in late layers as in the others. */
START_TEST(backward_adds_to_the_gradients)
{
    enum { BATCH = 40 };
    samples samples;
    samples_open(&samples, BATCH, shape, CLASSES, 4);
    hg_real *images, probability[BATCH * CLASSES];
    int *labels;
    samples_copy(&samples, &images, &labels);
    hg_network *network = wide_network(2);
    ck_assert_int_eq(hg_network_normalize(network, &samples.bytes, NULL), HG_OK);
    hg_real *once = hg_allocate(network->learnable, sizeof *once);
    for (int twice = 0; twice < 2; twice++) {
        double loss;
        ck_assert_int_eq(hg_network_forward(network, images, BATCH, probability, NULL), HG_OK);
        ck_assert_int_eq(hg_network_backward_labels(network, labels, &loss, NULL), HG_OK);
        for (size_t k = 0; k < network->learnable; k++)
            if (twice && network->gradients[k] != 2 * once[k])
                ck_abort_msg("number %zu: %g, then %g", k, (double)once[k], (double)network->gradients[k]);
        memcpy(once, network->gradients, network->learnable * sizeof *once);
    }
    hg_release(once);
    free(images);
    free(labels);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

START_TEST(a_gradient_that_is_not_finite_stops_before_the_step)
{
    samples samples;
    samples_open(&samples, 40, shape, CLASSES, 4);
    hg_network *network = wide_network(2);
    hg_parameter last;
    ck_assert(hg_network_find_parameter(network, "fully_connected_2.weight", &last));
    ck_assert_int_eq(hg_network_normalize(network, &samples.bytes, NULL), HG_OK);
    for (size_t k = 0; k < last.count; k++)
        last.values[k] = (hg_real)(k % 2 ? 3e37 : -3e37);
    size_t count;
    hg_real *before = copy_parameters(network, &count);
    hg_error error = { .message = "" };
    const hg_train_options options = { .batch = 40, .epochs = 1 };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, &error), HG_NOT_FINITE);
    hg_real *after = copy_parameters(network, &count);
    ck_assert_mem_eq(before, after, count * sizeof *before);
    free(before);
    free(after);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

Suite *late_suite(void)
{
    enum { SECONDS = 60 };
    Suite *suite = suite_create("late");
    TCase *late = tcase_create("late");
    tcase_set_timeout(late, SECONDS);
    tcase_add_test(late, only_layers_with_many_weights_are_late);
    tcase_add_loop_test(late, gradients_are_the_sum_over_all_samples, 0, (int)HG_COUNT(batches));
    tcase_add_loop_test(late, same_bits_for_any_threads, 0, (int)HG_COUNT(batches));
    tcase_add_test(late, backward_adds_to_the_gradients);
    tcase_add_test(late, a_gradient_that_is_not_finite_stops_before_the_step);
    suite_add_tcase(suite, late);
    return suite;
}
