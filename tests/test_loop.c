/* src/loop.c: forward, backward and step for a training loop of one's own. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *loop_suite(void);

enum { PIXELS = SMALL_SIDE * SMALL_SIDE, BATCH = 37 };
static const double TOLERANCE = 1e-5;

typedef struct fixture {
    samples samples;
    hg_network *network;
    hg_real *images, *probabilities;
    int *labels;
} fixture;

static fixture open_fixture(hg_layer activation, int threads)
{
    fixture f = { .network = small_network(activation, threads) };
    samples_open(&f.samples, BATCH, small_shape, SMALL_CLASSES, 3);
    samples_copy(&f.samples, &f.images, &f.labels);
    f.probabilities = calloc(BATCH * SMALL_CLASSES, sizeof *f.probabilities);
    ck_assert_ptr_nonnull(f.probabilities);
    ck_assert_int_eq(hg_network_normalize(f.network, &f.samples.bytes, NULL), HG_OK);
    return f;
}

static void close_fixture(fixture *f)
{
    samples_close(&f->samples);
    hg_network_destroy(f->network);
    free(f->images);
    free(f->labels);
    free(f->probabilities);
}

static void forward(fixture *f, size_t first, size_t count)
{
    hg_error error;
    if (hg_network_forward(f->network, f->images + first * PIXELS, count, f->probabilities + first * SMALL_CLASSES,
                           &error))
        ck_abort_msg("%s", error.message);
}

/* Adds all gradients, times scale, to sum, one behind the other. */
static void add_gradients(hg_network *network, double scale, double *sum)
{
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        for (size_t k = 0; k < parameter.count && parameter.gradients; k++)
            *sum++ += scale * (double)parameter.gradients[k];
    }
}

static double *new_sum(const hg_network *network)
{
    double *sum = calloc(hg_network_learnable_count(network), sizeof *sum);
    ck_assert_ptr_nonnull(sum);
    return sum;
}

static void assert_same_sums(const hg_network *network, const double *a, const double *b)
{
    double largest = 0;
    for (size_t i = 0; i < hg_network_learnable_count(network); i++) {
        ck_assert_double_eq_tol(a[i], b[i], TOLERANCE * fmax(1, fabs(b[i])));
        largest = fmax(largest, fabs(b[i]));
    }
    ck_assert_double_gt(largest, 1e-3);
}

/* ---- forward ---- */

START_TEST(forward_gives_what_predict_gives)
{
    fixture f = open_fixture(hg_threshold_relu(.threshold = 0.3), 2);
    float *images = calloc(BATCH * PIXELS, sizeof *images),
          *probabilities = calloc(BATCH * SMALL_CLASSES, sizeof(float));
    for (size_t i = 0; i < BATCH * PIXELS; i++)
        images[i] = (float)f.images[i];
    ck_assert_int_eq(hg_network_predict(f.network, images, BATCH, probabilities, NULL), HG_OK);
    const size_t counts[] = { 1, 15, 16, 17, 33, BATCH };
    for (size_t i = 0; i < HG_COUNT(counts); i++) {
        forward(&f, 0, counts[i]);
        for (size_t k = 0; k < counts[i] * SMALL_CLASSES; k++)
            ck_assert_float_eq((float)f.probabilities[k], probabilities[k]);
    }
    free(images);
    free(probabilities);
    close_fixture(&f);
}
END_TEST

/* ---- backward ---- */

START_TEST(gradient_of_a_batch_is_the_mean_of_its_samples)
{
    static const size_t counts[] = { 5, 16, 21, BATCH };
    const size_t count = counts[_i];
    fixture f = open_fixture(hg_threshold_relu(.threshold = 0.3), 2);
    double *mean = new_sum(f.network), *batch = new_sum(f.network), loss_sum = 0, loss;
    for (size_t s = 0; s < count; s++) {
        hg_network_zero_gradients(f.network);
        forward(&f, s, 1);
        ck_assert_int_eq(hg_network_backward_labels(f.network, f.labels + s, &loss, NULL), HG_OK);
        ck_assert_double_eq_tol(loss, -log((double)f.probabilities[s * SMALL_CLASSES + (size_t)f.labels[s]]),
                                TOLERANCE);
        loss_sum += loss;
        add_gradients(f.network, 1 / (double)count, mean);
    }
    hg_network_zero_gradients(f.network);
    forward(&f, 0, count);
    ck_assert_int_eq(hg_network_backward_labels(f.network, f.labels, &loss, NULL), HG_OK);
    add_gradients(f.network, 1, batch);
    ck_assert_double_eq_tol(loss, loss_sum, TOLERANCE * loss_sum);
    assert_same_sums(f.network, batch, mean);
    free(mean);
    free(batch);
    close_fixture(&f);
}
END_TEST

START_TEST(backward_from_own_gradients_is_backward_from_labels)
{
    fixture f = open_fixture(hg_threshold_relu(.threshold = 0.3), 2);
    double *own = new_sum(f.network), *labels = new_sum(f.network), loss;
    forward(&f, 0, BATCH);
    hg_real gradient[BATCH * SMALL_CLASSES] = { 0 };
    for (size_t s = 0; s < BATCH; s++) {
        const size_t at = s * SMALL_CLASSES + (size_t)f.labels[s];
        gradient[at] = -1 / (f.probabilities[at] * BATCH);
    }
    ck_assert_int_eq(hg_network_backward(f.network, gradient, NULL, NULL), HG_OK);
    add_gradients(f.network, 1, own);
    hg_network_zero_gradients(f.network);
    forward(&f, 0, BATCH);
    ck_assert_int_eq(hg_network_backward_labels(f.network, f.labels, &loss, NULL), HG_OK);
    add_gradients(f.network, 1, labels);
    assert_same_sums(f.network, own, labels);
    free(own);
    free(labels);
    close_fixture(&f);
}
END_TEST

START_TEST(gradients_add_up_until_they_are_zeroed)
{
    fixture f = open_fixture(hg_relu(), 1);
    double *once = new_sum(f.network), *thrice = new_sum(f.network), loss;
    for (int repeat = 0; repeat < 3; repeat++) {
        forward(&f, 0, BATCH);
        ck_assert_int_eq(hg_network_backward_labels(f.network, f.labels, &loss, NULL), HG_OK);
        if (repeat == 0)
            add_gradients(f.network, 3, once);
    }
    add_gradients(f.network, 1, thrice);
    assert_same_sums(f.network, thrice, once);
    hg_network_zero_gradients(f.network);
    memset(thrice, 0, hg_network_learnable_count(f.network) * sizeof *thrice);
    add_gradients(f.network, 1, thrice);
    for (size_t i = 0; i < hg_network_learnable_count(f.network); i++)
        ck_assert_double_eq(thrice[i], 0);
    free(once);
    free(thrice);
    close_fixture(&f);
}
END_TEST

/* Either it gives the same gradient once more, or it says that it needs a forward.
 * (Where layers widen, gradients fit into the memory of later layers' outputs.) */
START_TEST(second_backward_of_one_forward_is_right_or_refused)
{
    fixture f = open_fixture(hg_relu(), 1);
    const hg_layer widening[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE),
                                  hg_fully_connected(5),
                                  hg_relu(),
                                  hg_fully_connected(40),
                                  hg_relu(),
                                  hg_fully_connected(SMALL_CLASSES),
                                  hg_softmax(),
                                  hg_classification() };
    hg_network_destroy(f.network);
    f.network = hg_network_create(widening, HG_COUNT(widening), NULL);
    double *once = new_sum(f.network), *twice = new_sum(f.network), loss;
    forward(&f, 0, BATCH);
    ck_assert_int_eq(hg_network_backward_labels(f.network, f.labels, &loss, NULL), HG_OK);
    add_gradients(f.network, 2, once);
    const hg_status status = hg_network_backward_labels(f.network, f.labels, &loss, NULL);
    if (status) {
        ck_assert_int_eq(status, HG_BAD_ARGUMENT);
        add_gradients(f.network, 2, twice);
    } else
        add_gradients(f.network, 1, twice);
    assert_same_sums(f.network, twice, once);
    free(once);
    free(twice);
    close_fixture(&f);
}
END_TEST

START_TEST(backward_wants_a_forward)
{
    fixture f = open_fixture(hg_relu(), 1);
    hg_error error;
    double loss = 77;
    hg_real gradient[SMALL_CLASSES] = { 0 };
    ck_assert_int_eq(hg_network_backward(f.network, gradient, NULL, &error), HG_BAD_ARGUMENT);
    ck_assert_str_eq(error.message, "backward without a forward before it");
    ck_assert_int_eq(hg_network_backward_labels(f.network, f.labels, &loss, NULL), HG_BAD_ARGUMENT);
    ck_assert_double_eq(loss, 77);
    ck_assert_int_eq(hg_network_forward(f.network, f.images, 0, f.probabilities, &error), HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "0 samples"));
    close_fixture(&f);
}
END_TEST

START_TEST(labels_are_checked)
{
    fixture f = open_fixture(hg_relu(), 1);
    hg_error error;
    double loss = 77, *sum = new_sum(f.network);
    forward(&f, 0, BATCH);
    f.labels[BATCH - 1] = SMALL_CLASSES;
    ck_assert_int_eq(hg_network_backward_labels(f.network, f.labels, &loss, &error), HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "label 36 is 4; with 4 classes they go from 0 to 3"));
    f.labels[BATCH - 1] = -1;
    ck_assert_int_eq(hg_network_backward_labels(f.network, f.labels, &loss, NULL), HG_BAD_ARGUMENT);
    ck_assert_double_eq(loss, 77);
    add_gradients(f.network, 1, sum);
    for (size_t i = 0; i < hg_network_learnable_count(f.network); i++)
        ck_assert_double_eq(sum[i], 0);
    free(sum);
    close_fixture(&f);
}
END_TEST

/* Between forward and backward the threads may change, and the network may be used. */
START_TEST(backward_outlives_the_threads_of_its_forward)
{
    fixture f = open_fixture(hg_relu(), 2);
    double *before = new_sum(f.network), *after = new_sum(f.network), loss;
    forward(&f, 0, BATCH);
    ck_assert_int_eq(hg_network_backward_labels(f.network, f.labels, &loss, NULL), HG_OK);
    add_gradients(f.network, 1, before);
    hg_network_zero_gradients(f.network);
    forward(&f, 0, BATCH);
    ck_assert_int_eq(hg_network_set_threads(f.network, 3, NULL), HG_OK);
    hg_evaluation evaluation;
    ck_assert_int_eq(hg_network_evaluate(f.network, &f.samples.bytes, &evaluation, NULL), HG_OK);
    const hg_status status = hg_network_backward_labels(f.network, f.labels, &loss, NULL);
    if (status == HG_OK) {
        add_gradients(f.network, 1, after);
        assert_same_sums(f.network, after, before);
    } else
        ck_assert_int_eq(status, HG_BAD_ARGUMENT);
    free(before);
    free(after);
    close_fixture(&f);
}
END_TEST

START_TEST(networks_without_anything_to_learn)
{
    const hg_layer layers[] = { hg_image_input(2, 2, .normalization = HG_NO_NORMALIZATION), hg_softmax(),
                                hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_ptr_nonnull(network);
    ck_assert_uint_eq(hg_network_learnable_count(network), 0);
    const hg_real image[4] = { 0, 0, 0, 0 };
    hg_real probability[4], gradient[4];
    const hg_real wanted[4] = { 1, 0, 0, 0 };
    double loss;
    const int label = 2;
    ck_assert_int_eq(hg_network_forward(network, image, 1, probability, NULL), HG_OK);
    ck_assert_double_eq_tol((double)probability[3], 0.25, 1e-7);
    ck_assert_int_eq(hg_network_backward(network, wanted, gradient, NULL), HG_OK);
    ck_assert_double_eq_tol((double)gradient[0], 0.25 * 0.75, 1e-7);
    ck_assert_double_eq_tol((double)gradient[1], -0.25 * 0.25, 1e-7);
    ck_assert_int_eq(hg_network_forward(network, image, 1, probability, NULL), HG_OK);
    ck_assert_int_eq(hg_network_backward_labels(network, &label, &loss, NULL), HG_OK);
    ck_assert_double_eq_tol(loss, log(4), 1e-6);
    ck_assert_int_eq(hg_network_step(network, hg_sgd(1), NULL), HG_OK);
    hg_network_destroy(network);
}
END_TEST

Suite *loop_suite(void)
{
    Suite *suite = suite_create("loop");
    TCase *loop = tcase_create("loop of one's own");
    tcase_add_test(loop, forward_gives_what_predict_gives);
    tcase_add_loop_test(loop, gradient_of_a_batch_is_the_mean_of_its_samples, 0, 4);
    tcase_add_test(loop, backward_from_own_gradients_is_backward_from_labels);
    tcase_add_test(loop, gradients_add_up_until_they_are_zeroed);
    tcase_add_test(loop, second_backward_of_one_forward_is_right_or_refused);
    tcase_add_test(loop, backward_wants_a_forward);
    tcase_add_test(loop, labels_are_checked);
    tcase_add_test(loop, backward_outlives_the_threads_of_its_forward);
    tcase_add_test(loop, networks_without_anything_to_learn);
    suite_add_tcase(suite, loop);
    return suite;
}
