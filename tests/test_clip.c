/* src/clip.c: the norm of all gradients, and scaling by it. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *clip_suite(void);

enum { BATCH = 40, WIDE = 130, SIDE = 12 };
static const double TOLERANCE = 1e-6;

/* With weights whose gradients are late (src/late.h), and others. */
static hg_network *wide_network(int threads)
{
    const hg_layer layers[] = { hg_image_input(SIDE, SIDE),
                                hg_conv2d(3, 3, .same = true),
                                hg_threshold_relu(),
                                hg_fully_connected(WIDE),
                                hg_relu(),
                                hg_fully_connected(SMALL_CLASSES),
                                hg_softmax(),
                                hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_ptr_nonnull(network);
    ck_assert_int_eq(hg_network_set_threads(network, threads, NULL), HG_OK);
    return network;
}

static const hg_shape wide_shape = { 1, SIDE, SIDE };

static double norm_of(hg_network *network)
{
    double sum = 0;
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter p = hg_network_parameter(network, i);
        for (size_t k = 0; k < p.count && p.gradients; k++)
            sum += (double)p.gradients[k] * (double)p.gradients[k];
    }
    return sqrt(sum);
}

/* ---- a loop of one's own ---- */

START_TEST(gradients_are_scaled_to_the_norm)
{
    hg_network *network = wide_network(1);
    hg_random random = hg_random_stream(1, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter p = hg_network_parameter(network, i);
        for (size_t k = 0; k < p.count && p.gradients; k++)
            p.gradients[k] = (hg_real)(hg_random_uniform(&random) - 0.5);
    }
    const double before = norm_of(network);
    hg_parameter threshold;
    ck_assert(hg_network_find_parameter(network, "threshold_relu_1.threshold", &threshold));
    const double kept = (double)threshold.gradients[2];
    double norm = -1;
    ck_assert_int_eq(hg_network_clip_gradients(network, 2 * before, &norm, NULL), HG_OK);
    ck_assert_double_eq_tol(norm, before, TOLERANCE * before);
    ck_assert_double_eq(norm_of(network), before);
    ck_assert_int_eq(hg_network_clip_gradients(network, INFINITY, &norm, NULL), HG_OK);
    ck_assert_double_eq(norm_of(network), before);
    ck_assert_int_eq(hg_network_clip_gradients(network, 0.5, &norm, NULL), HG_OK);
    ck_assert_double_eq_tol(norm, before, TOLERANCE * before);
    ck_assert_double_eq_tol(norm_of(network), 0.5, TOLERANCE);
    ck_assert_double_eq_tol((double)threshold.gradients[2], kept * 0.5 / before, TOLERANCE);
    ck_assert_int_eq(hg_network_clip_gradients(network, 0.25, NULL, NULL), HG_OK);
    ck_assert_double_eq_tol(norm_of(network), 0.25, TOLERANCE);
    hg_network_destroy(network);
}
END_TEST

START_TEST(a_gradient_that_is_not_finite_is_left_to_the_step)
{
    hg_network *network = wide_network(1);
    const hg_parameter p = hg_network_parameter(network, 1);
    ck_assert_ptr_nonnull(p.gradients);
    p.gradients[0] = (hg_real)NAN;
    double norm = 0;
    ck_assert_int_eq(hg_network_clip_gradients(network, 1, &norm, NULL), HG_OK);
    ck_assert(isnan(norm));
    ck_assert_int_eq(hg_network_step(network, hg_sgd(1), NULL), HG_NOT_FINITE);
    hg_network_destroy(network);
}
END_TEST

/* ---- training ---- */

static bool note_norm(const hg_step_report *report, void *context)
{
    *(double *)context = report->gradient_norm;
    return true;
}

/* One step of rate 1, by which the parameters move along their gradients. */
static double moved_by_training(const samples *samples, double clip_norm, int threads, double *norm)
{
    hg_network *network = wide_network(threads), *start = wide_network(1);
    const hg_train_options options = { .optimizer = hg_sgd(1),
                                       .clip_norm = clip_norm,
                                       .batch = BATCH,
                                       .epochs = 1,
                                       .on_step = note_norm,
                                       .context = norm };
    ck_assert_int_eq(hg_network_normalize(start, &samples->bytes, NULL), HG_OK);
    ck_assert_int_eq(hg_network_train(network, &samples->bytes, &options, NULL), HG_OK);
    size_t count;
    hg_real *a = copy_parameters(network, &count), *b = copy_parameters(start, &count);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    free(a);
    free(b);
    hg_network_destroy(network);
    hg_network_destroy(start);
    return sqrt(sum);
}

START_TEST(training_steps_no_longer_than_the_norm)
{
    /* the start's thresholds lie on a bound, which shortens a step */
    const double tolerance = 0.05;
    samples samples;
    samples_open(&samples, BATCH, wide_shape, SMALL_CLASSES, 4);
    double norm, measured;
    const double whole = moved_by_training(&samples, 0, 2, &norm);
    ck_assert_double_eq(norm, 0);
    ck_assert_double_eq(moved_by_training(&samples, INFINITY, 2, &measured), whole);
    ck_assert_double_eq_tol(measured, whole, tolerance * whole);
    ck_assert_double_eq_tol(moved_by_training(&samples, whole / 8, 2, &norm), whole / 8, tolerance * whole / 8);
    ck_assert_double_eq(norm, measured);
    for (int threads = 1; threads <= 4; threads += 3) {
        moved_by_training(&samples, whole / 8, threads, &norm);
        ck_assert_double_eq(norm, measured);
    }
    samples_close(&samples);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    samples samples;
    samples_open(&samples, 3, wide_shape, SMALL_CLASSES, 2);
    hg_network *network = wide_network(1);
    hg_error error = { .message = "" };
    const double bad[] = { -1, NAN, -INFINITY };
    for (size_t i = 0; i < HG_COUNT(bad); i++) {
        const hg_train_options options = { .clip_norm = bad[i] };
        ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, &error), HG_BAD_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(error.message, "clip_norm "));
        ck_assert_int_eq(hg_network_clip_gradients(network, bad[i], NULL, NULL), HG_BAD_ARGUMENT);
    }
    ck_assert_int_eq(hg_network_clip_gradients(network, 0, NULL, &error), HG_BAD_ARGUMENT);
    ck_assert_str_eq(error.message, "clip_norm 0 leaves nothing of the gradients; it must be above 0");
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

Suite *clip_suite(void)
{
    Suite *suite = suite_create("clip");
    TCase *clip = tcase_create("clip");
    tcase_add_test(clip, gradients_are_scaled_to_the_norm);
    tcase_add_test(clip, a_gradient_that_is_not_finite_is_left_to_the_step);
    tcase_add_test(clip, training_steps_no_longer_than_the_norm);
    tcase_add_test(clip, nonsense_is_refused);
    suite_add_tcase(suite, clip);
    return suite;
}
