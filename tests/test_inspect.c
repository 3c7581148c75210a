/* src/inspect.c: dead, new, revived and silent units, the share of zeros, thresholds. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *inspect_suite(void);

enum { CHANNELS = 5, MAP = (SMALL_SIDE - 2) * (SMALL_SIDE - 2) };
static const hg_real DROWNED = -100; /* a bias below which nothing comes up */

typedef struct fixture {
    samples samples;
    hg_network *network;
    hg_parameter bias;
} fixture;

/* All channels alive for every image: the biases are far above 0. */
static fixture open_fixture(hg_layer activation, size_t count, int threads)
{
    fixture f = { .network = small_network(activation, threads) };
    samples_open(&f.samples, count, small_shape, SMALL_CLASSES, 1);
    ck_assert_int_eq(hg_network_normalize(f.network, &f.samples.bytes, NULL), HG_OK);
    ck_assert(hg_network_find_parameter(f.network, "conv2d_1.bias", &f.bias));
    for (size_t c = 0; c < CHANNELS; c++)
        f.bias.values[c] = 20;
    return f;
}

static void close_fixture(fixture *f)
{
    hg_network_destroy(f->network);
    samples_close(&f->samples);
}

static hg_activation_report look(fixture *f)
{
    const hg_activation_report *reports;
    size_t count;
    hg_error error;
    if (hg_network_inspect(f->network, &f->samples.bytes, &reports, &count, &error))
        ck_abort_msg("%s", error.message);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(reports[0].units, CHANNELS);
    return reports[0];
}

static void assert_units(hg_activation_report report, const int (*flags)[CHANNELS])
{
    size_t dead = 0, new_dead = 0, revived = 0;
    for (size_t c = 0; c < CHANNELS; c++) {
        ck_assert_int_eq(report.unit[c], (*flags)[c]);
        dead += ((*flags)[c] & HG_UNIT_DEAD) != 0;
        new_dead += ((*flags)[c] & HG_UNIT_NEW) != 0;
        revived += ((*flags)[c] & HG_UNIT_REVIVED) != 0;
    }
    ck_assert_uint_eq(report.dead, dead);
    ck_assert_uint_eq(report.new_dead, new_dead);
    ck_assert_uint_eq(report.revived, revived);
}

/* ---- dead ---- */

START_TEST(units_die_and_revive)
{
    enum { NEW = HG_UNIT_DEAD | HG_UNIT_NEW };
    fixture f = open_fixture(hg_relu(), 100, 1 + _i);
    assert_units(look(&f), &(const int[CHANNELS]){ 0, 0, 0, 0, 0 });
    f.bias.values[1] = f.bias.values[4] = DROWNED;
    assert_units(look(&f), &(const int[CHANNELS]){ 0, NEW, 0, 0, NEW });
    f.bias.values[2] = DROWNED;
    assert_units(look(&f), &(const int[CHANNELS]){ 0, HG_UNIT_DEAD, NEW, 0, HG_UNIT_DEAD });
    f.bias.values[1] = 20;
    assert_units(look(&f), &(const int[CHANNELS]){ 0, HG_UNIT_REVIVED, HG_UNIT_DEAD, 0, HG_UNIT_DEAD });
    assert_units(look(&f), &(const int[CHANNELS]){ 0, 0, HG_UNIT_DEAD, 0, HG_UNIT_DEAD });
    close_fixture(&f);
}
END_TEST

START_TEST(units_that_are_never_positive_in_every_form)
{
    const hg_layer activations[] = { hg_leaky_relu(),
                                     hg_threshold_relu(HG_SLOPE),
                                     hg_threshold_relu(HG_FLOOR),
                                     hg_threshold_relu(HG_SHIFT),
                                     hg_threshold_relu(HG_GATE),
                                     hg_threshold_relu(HG_CEILING, .threshold = 40),
                                     hg_elu(),
                                     hg_softsign(),
                                     hg_relu_softsign(),
                                     hg_relu_softsign(.learn_slope = true),
                                     hg_noisy_relu(),
                                     hg_tanh(),
                                     hg_sigmoid(),
                                     hg_gelu() };
    fixture f = open_fixture(activations[_i], 100, 2);
    f.bias.values[3] = DROWNED;
    const hg_activation_report report = look(&f);
    assert_units(report, &(const int[CHANNELS]){ 0, 0, 0, HG_UNIT_DEAD | HG_UNIT_NEW, 0 });
    close_fixture(&f);
}
END_TEST

START_TEST(ceiling_is_dead_above_too)
{
    fixture f = open_fixture(hg_threshold_relu(HG_CEILING), 100, 2);
    f.bias.values[3] = 1;
    const int dead = HG_UNIT_DEAD | HG_UNIT_NEW;
    assert_units(look(&f), &(const int[CHANNELS]){ dead, dead, dead, 0, dead });
    close_fixture(&f);
}
END_TEST

/* One sample alone wakes the unit, wherever it stands: filter 2 is the image's
 * brightest pixel above a bar that only one pixel of that sample takes. */
static const size_t places[] = { 0, 16, 1023, 1024, 1040, 2047, 2048, 2500 };

START_TEST(one_sample_is_enough)
{
    enum { COUNT = 2501 };
    const size_t place = places[_i];
    fixture f = open_fixture(hg_relu(), COUNT, 3);
    unsigned char *pixels = (unsigned char *)f.samples.bytes.pixels;
    for (size_t i = 0; i < COUNT * SMALL_SIDE * SMALL_SIDE; i++)
        pixels[i] /= 4;
    pixels[place * SMALL_SIDE * SMALL_SIDE + 27] = 255;
    hg_parameter weight, mean;
    ck_assert(hg_network_find_parameter(f.network, "conv2d_1.weight", &weight));
    ck_assert(hg_network_find_parameter(f.network, "image_input_1.mean", &mean));
    memset(mean.values, 0, mean.count * sizeof *mean.values);
    memset(weight.values + 2 * 9, 0, 9 * sizeof *weight.values);
    weight.values[2 * 9 + 4] = 1;
    f.bias.values[2] = (hg_real)-0.5;
    const hg_activation_report report = look(&f);
    ck_assert_uint_eq(report.dead, 0);
    const size_t first = place < HG_ZERO_SHARE_SAMPLES ? HG_ZERO_SHARE_SAMPLES : place + 1;
    ck_assert_uint_ge(report.samples, first);
    ck_assert_uint_le(report.samples, COUNT);
    ck_assert_uint_eq(report.zero_samples, HG_ZERO_SHARE_SAMPLES);
    if (place < HG_ZERO_SHARE_SAMPLES)
        ck_assert_uint_eq(report.samples, HG_ZERO_SHARE_SAMPLES);
    pixels[place * SMALL_SIDE * SMALL_SIDE + 27] = 0;
    const hg_activation_report without = look(&f);
    ck_assert_uint_eq(without.dead, 1);
    ck_assert_uint_eq(without.samples, COUNT);
    close_fixture(&f);
}
END_TEST

/* What other passes saw active, with other weights, is not taken for this look's. */
START_TEST(other_passes_leave_nothing_behind)
{
    fixture f = open_fixture(hg_relu(), 1500, 2);
    const hg_activation_report *reports;
    size_t count;
    hg_evaluation evaluation;
    const hg_train_options options = { .epochs = 1, .batch = 1000, .no_shuffle = true };
    f.samples.dataset.context = &f.samples; /* which has moved */
    f.samples.fault = SAMPLES_FAIL;
    f.samples.fault_from = 500;
    ck_assert_int_eq(hg_network_evaluate(f.network, &f.samples.bytes, &evaluation, NULL), HG_OK);
    ck_assert_int_eq(hg_network_inspect(f.network, &f.samples.dataset, &reports, &count, NULL), HG_IO);
    f.samples.fault = SAMPLES_NAN; /* which training looks for layer by layer */
    ck_assert_int_eq(hg_network_train(f.network, &f.samples.dataset, &options, NULL), HG_NOT_FINITE);
    for (size_t c = 0; c < CHANNELS; c++)
        f.bias.values[c] = 20;
    f.bias.values[1] = DROWNED;
    assert_units(look(&f), &(const int[CHANNELS]){ 0, HG_UNIT_DEAD | HG_UNIT_NEW, 0, 0, 0 });
    close_fixture(&f);
}
END_TEST

/* ---- several layers ---- */

START_TEST(every_activation_layer_has_its_row)
{
    samples samples;
    samples_open(&samples, 40, small_shape, SMALL_CLASSES, 1);
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE),
                                hg_conv2d(3, 3),
                                hg_leaky_relu(.name = "first"),
                                hg_fully_connected(7),
                                hg_threshold_relu(),
                                hg_fully_connected(SMALL_CLASSES),
                                hg_softmax(),
                                hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    hg_parameter bias;
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.bias", &bias));
    for (size_t i = 0; i < bias.count; i++)
        bias.values[i] = i % 2 ? DROWNED : -DROWNED;
    const hg_activation_report *reports;
    size_t count;
    ck_assert_int_eq(hg_network_inspect(network, &samples.bytes, &reports, &count, NULL), HG_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(reports[0].layer, "first");
    ck_assert_uint_eq(reports[0].units, 3);
    ck_assert_uint_eq(reports[0].dead, 0);
    ck_assert_uint_eq(reports[0].thresholds, 0);
    ck_assert_str_eq(reports[1].layer, "threshold_relu_1");
    ck_assert_uint_eq(reports[1].units, 7);
    ck_assert_uint_eq(reports[1].thresholds, 7);
    ck_assert_uint_eq(reports[1].dead, 3);
    for (size_t i = 0; i < 7; i++)
        ck_assert_int_eq((reports[1].unit[i] & HG_UNIT_DEAD) != 0, i % 2);
    ck_assert_double_eq_tol(reports[1].zero_share, 3.0 / 7, 1e-12);
    hg_network_destroy(network);
    const hg_layer linear[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE), hg_fully_connected(SMALL_CLASSES), hg_softmax(),
                                hg_classification() };
    network = hg_network_create(linear, HG_COUNT(linear), NULL);
    ck_assert_int_eq(hg_network_inspect(network, &samples.bytes, &reports, &count, NULL), HG_OK);
    ck_assert_uint_eq(count, 0);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

/* ---- the share of zeros ---- */

/* y = relu(conv(x - mean)) by plain loops over the first `count` samples. */
static double plain_zero_share(const fixture *f, size_t count)
{
    hg_parameter weight, mean;
    ck_assert(hg_network_find_parameter(f->network, "conv2d_1.weight", &weight));
    ck_assert(hg_network_find_parameter(f->network, "image_input_1.mean", &mean));
    size_t zeros = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < CHANNELS; c++)
            for (int r = 0; r < SMALL_SIDE - 2; r++)
                for (int k = 0; k < SMALL_SIDE - 2; k++) {
                    double sum = (double)f->bias.values[c];
                    for (int t = 0; t < 9; t++) {
                        const size_t p = (size_t)((r + t / 3) * SMALL_SIDE + k + t % 3);
                        sum +=
                            (double)weight.values[c * 9 + (size_t)t] *
                            (f->samples.bytes.pixels[i * SMALL_SIDE * SMALL_SIDE + p] / 255.0 - (double)mean.values[p]);
                    }
                    zeros += sum <= 0;
                }
    return (double)zeros / ((double)count * CHANNELS * MAP);
}

START_TEST(zero_share_is_that_of_a_plain_count)
{
    static const size_t counts[] = { 1, 17, 1023, 1024, 1500 };
    const size_t count = counts[_i], counted = count < HG_ZERO_SHARE_SAMPLES ? count : HG_ZERO_SHARE_SAMPLES;
    fixture f = open_fixture(hg_relu(), count, 2);
    for (size_t c = 0; c < CHANNELS; c++)
        f.bias.values[c] = (hg_real)0.1 * (hg_real)c;
    f.bias.values[0] = DROWNED;
    const hg_activation_report report = look(&f);
    ck_assert_uint_eq(report.zero_samples, counted);
    ck_assert_uint_eq(report.samples, count); /* a dead unit: to the end */
    const double share = plain_zero_share(&f, counted);
    ck_assert_double_ge(share, 0.2);
    ck_assert_double_eq_tol(report.zero_share, share, 1.5 / ((double)counted * CHANNELS * MAP));
    close_fixture(&f);
}
END_TEST

/* ---- silent ---- */

typedef struct seen {
    size_t silent[4], dead[4];
    unsigned char unit[4][CHANNELS];
} seen;

static bool note(const hg_epoch_report *report, void *context)
{
    seen *seen = context;
    const hg_activation_report *layer = &report->layers[0];
    seen->silent[report->epoch - 1] = layer->silent;
    seen->dead[report->epoch - 1] = layer->dead;
    memcpy(seen->unit[report->epoch - 1], layer->unit, CHANNELS);
    return true;
}

START_TEST(silent_units_are_those_never_active_while_training)
{
    fixture f = open_fixture(hg_relu(), 200, 1 + _i);
    f.bias.values[0] = f.bias.values[3] = DROWNED;
    seen seen = { { 0 }, { 0 }, { { 0 } } };
    const hg_train_options options = {
        .epochs = 2, .batch = 33, .test = &f.samples.bytes, .on_epoch = note, .context = &seen
    };
    ck_assert_uint_eq(look(&f).silent, 0); /* before any epoch */
    ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, NULL), HG_OK);
    for (size_t epoch = 0; epoch < 2; epoch++) {
        ck_assert_uint_eq(seen.silent[epoch], 2);
        ck_assert_uint_eq(seen.dead[epoch], 2);
        for (size_t c = 0; c < CHANNELS; c++)
            ck_assert_int_eq((seen.unit[epoch][c] & HG_UNIT_SILENT) != 0, c == 0 || c == 3);
    }
    /* alive again, but silent until an epoch has been trained */
    f.bias.values[3] = 20;
    hg_activation_report report = look(&f);
    ck_assert_uint_eq(report.silent, 2);
    ck_assert_uint_eq(report.dead, 1);
    ck_assert_int_eq(report.unit[3], HG_UNIT_SILENT | HG_UNIT_REVIVED);
    /* and an evaluation of drowned units does not count as training */
    ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, NULL), HG_OK);
    ck_assert_uint_eq(seen.silent[1], 1);
    close_fixture(&f);
}
END_TEST

/* What goes on between two steps is not training. */
static bool evaluate_between(const hg_step_report *report, void *context)
{
    fixture *f = context;
    hg_evaluation evaluation;
    const hg_real kept = f->bias.values[0];
    f->bias.values[0] = 20;
    ck_assert_int_eq(hg_network_evaluate(f->network, &f->samples.bytes, &evaluation, NULL), HG_OK);
    f->bias.values[0] = kept;
    return report->step > 0;
}

static bool look_between(const hg_step_report *report, void *context)
{
    fixture *f = context;
    if (report->step == 2) {
        f->bias.values[1] = DROWNED;
        look(f);
    }
    return true;
}

START_TEST(evaluation_between_steps_is_not_training)
{
    fixture f = open_fixture(hg_relu(), 1500, 2);
    f.bias.values[0] = DROWNED;
    const hg_train_options options = { .epochs = 1, .batch = 100, .on_step = evaluate_between, .context = &f };
    ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, NULL), HG_OK);
    const hg_activation_report report = look(&f);
    ck_assert_uint_eq(report.silent, 1);
    ck_assert(report.unit[0] & HG_UNIT_SILENT);
    close_fixture(&f);
}
END_TEST

START_TEST(a_look_between_steps_forgets_nothing)
{
    fixture f = open_fixture(hg_relu(), 1500, 2);
    const hg_train_options options = { .epochs = 1, .batch = 100, .on_step = look_between, .context = &f };
    ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, NULL), HG_OK);
    const hg_activation_report report = look(&f);
    ck_assert(report.unit[1] & HG_UNIT_DEAD);
    ck_assert_uint_eq(report.silent, 0);
    close_fixture(&f);
}
END_TEST

/* While training the noise counts; the look at frozen weights is without it. */
START_TEST(noise_wakes_units_while_training_only)
{
    const double deviations[] = { 0.01, 50 };
    for (size_t i = 0; i < HG_COUNT(deviations); i++) {
        fixture f = open_fixture(hg_noisy_relu(deviations[i]), 100, 2);
        f.bias.values[2] = DROWNED;
        const hg_train_options options = { .optimizer = hg_sgd(1e-9), .epochs = 1 };
        ck_assert_int_eq(hg_network_train(f.network, &f.samples.bytes, &options, NULL), HG_OK);
        const hg_activation_report report = look(&f);
        ck_assert_uint_eq(report.dead, 1);
        ck_assert_int_eq(report.unit[2], HG_UNIT_DEAD | HG_UNIT_NEW | (deviations[i] < 1 ? (int)HG_UNIT_SILENT : 0));
        close_fixture(&f);
    }
}
END_TEST

/* ---- thresholds ---- */

START_TEST(thresholds_are_summed_up)
{
    fixture f = open_fixture(hg_threshold_relu(), 40, 2);
    hg_parameter threshold;
    ck_assert(hg_network_find_parameter(f.network, "threshold_relu_1.threshold", &threshold));
    for (size_t c = 0; c < CHANNELS; c++) {
        threshold.values[c] = (hg_real)(0.1 * (double)((c + 3) % CHANNELS));
        threshold.gradients[c] = (hg_real)(c % 2 ? 2 : -1);
    }
    const hg_activation_report report = look(&f);
    ck_assert_uint_eq(report.thresholds, CHANNELS);
    ck_assert_double_eq_tol(report.threshold_min, 0, 1e-7);
    ck_assert_double_eq_tol(report.threshold_max, 0.4, 1e-7);
    ck_assert_double_eq_tol(report.threshold_mean, 0.2, 1e-7);
    ck_assert_double_eq_tol(report.threshold_gradient, 7.0 / 5, 1e-7);
    close_fixture(&f);
    f = open_fixture(hg_threshold_relu(.shared = true, .threshold = 0.25), 40, 2);
    const hg_activation_report shared = look(&f);
    ck_assert_uint_eq(shared.thresholds, 1);
    ck_assert_double_eq(shared.threshold_mean, 0.25);
    close_fixture(&f);
}
END_TEST

Suite *inspect_suite(void)
{
    Suite *suite = suite_create("inspect");
    TCase *units = tcase_create("units");
    tcase_add_loop_test(units, units_die_and_revive, 0, 3);
    tcase_add_loop_test(units, units_that_are_never_positive_in_every_form, 0, 14);
    tcase_add_test(units, ceiling_is_dead_above_too);
    tcase_add_loop_test(units, one_sample_is_enough, 0, (int)HG_COUNT(places));
    tcase_add_test(units, other_passes_leave_nothing_behind);
    tcase_add_test(units, every_activation_layer_has_its_row);
    tcase_add_loop_test(units, zero_share_is_that_of_a_plain_count, 0, 5);
    tcase_add_loop_test(units, silent_units_are_those_never_active_while_training, 0, 3);
    tcase_add_test(units, evaluation_between_steps_is_not_training);
    tcase_add_test(units, a_look_between_steps_forgets_nothing);
    tcase_add_test(units, noise_wakes_units_while_training_only);
    tcase_add_test(units, thresholds_are_summed_up);
    suite_add_tcase(suite, units);
    return suite;
}
