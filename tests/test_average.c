/* src/average.c: moving averages and means of the weights, and who sees them. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *average_suite(void);

enum { COUNT = 100, BATCH = 16, BATCHES = 7, EPOCHS = 4, MOST_STEPS = EPOCHS * BATCHES };
static const double TOLERANCE = 2e-6;

/* The weights after each step, and what the network was at each epoch's end. */
typedef struct history {
    hg_network *network;
    size_t count, steps, epochs;
    hg_real *step[MOST_STEPS], *epoch[EPOCHS];
    double test_loss[EPOCHS];
} history;

static bool keep_step(const hg_step_report *report, void *context)
{
    history *history = context;
    (void)report;
    history->step[history->steps++] = copy_parameters(history->network, &history->count);
    return true;
}

static bool keep_epoch(const hg_epoch_report *report, void *context)
{
    history *history = context;
    history->test_loss[history->epochs] = report->test.loss;
    history->epoch[history->epochs++] = copy_parameters(history->network, &history->count);
    return true;
}

static void train(samples *samples, hg_average average, history *history)
{
    hg_error error;
    *history = (struct history){ .network = small_network(hg_threshold_relu(), 2) };
    const hg_train_options options = { .optimizer = hg_sgd(0.05, .momentum = 0.9),
                                       .average = average,
                                       .epochs = EPOCHS,
                                       .batch = BATCH,
                                       .test = &samples->bytes,
                                       .on_step = keep_step,
                                       .on_epoch = keep_epoch,
                                       .context = history };
    if (hg_network_train(history->network, &samples->bytes, &options, &error))
        ck_abort_msg("%s", error.message);
}

static void release(history *history)
{
    hg_network_destroy(history->network);
    for (size_t i = 0; i < history->steps; i++)
        free(history->step[i]);
    for (size_t i = 0; i < history->epochs; i++)
        free(history->epoch[i]);
}

static void assert_near(const hg_real *values, const double *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)values[i] - expected[i]) <= TOLERANCE))
            ck_abort_msg("number %zu is %.9g, not %.9g", i, (double)values[i], expected[i]);
}

static void assert_network_is(hg_network *network, const hg_real *expected)
{
    size_t count;
    hg_real *values = copy_parameters(network, &count);
    ck_assert_mem_eq(values, expected, count * sizeof *values);
    free(values);
}

/* The start of all of them, normalized as training does it. */
static double *start_values(const samples *samples)
{
    size_t count;
    hg_network *network = small_network(hg_threshold_relu(), 1);
    ck_assert_int_eq(hg_network_normalize(network, &samples->bytes, NULL), HG_OK);
    hg_real *values = copy_parameters(network, &count);
    double *start = calloc(count, sizeof *start);
    for (size_t i = 0; i < count; i++)
        start[i] = (double)values[i];
    free(values);
    hg_network_destroy(network);
    return start;
}

START_TEST(ema_follows_its_formula)
{
    const double decays[] = { 0, 0.5, 0.9 };
    for (size_t k = 0; k < HG_COUNT(decays); k++) {
        samples samples;
        samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
        history history;
        train(&samples, hg_ema(decays[k]), &history);
        double *average = start_values(&samples);
        for (size_t step = 1; step <= MOST_STEPS; step++) {
            const double t = (double)step, d = fmin(decays[k] == 0 ? 0.999 : decays[k], (1 + t) / (10 + t));
            for (size_t i = 0; i < history.count; i++)
                average[i] = d * average[i] + (1 - d) * (double)history.step[step - 1][i];
            if (step % BATCHES == 0)
                assert_near(history.epoch[step / BATCHES - 1], average, history.count);
        }
        assert_network_is(history.network, history.epoch[EPOCHS - 1]);
        free(average);
        release(&history);
        samples_close(&samples);
    }
}
END_TEST

START_TEST(swa_is_the_mean_from_an_epoch_on)
{
    for (int from = 0; from <= EPOCHS; from++) {
        const int first = from ? from : EPOCHS; /* the last quarter */
        samples samples;
        samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
        history history;
        train(&samples, hg_swa(.from = from), &history);
        double *mean = calloc(history.count, sizeof *mean);
        for (int epoch = 1; epoch <= EPOCHS; epoch++) {
            const hg_real *weights = history.step[epoch * BATCHES - 1];
            const double taken = epoch - first + 1;
            for (size_t i = 0; i < history.count; i++)
                mean[i] = epoch <= first ? (double)weights[i] : mean[i] + ((double)weights[i] - mean[i]) / taken;
            if (epoch <= first)
                ck_assert_mem_eq(history.epoch[epoch - 1], weights, history.count * sizeof *weights);
            else
                assert_near(history.epoch[epoch - 1], mean, history.count);
        }
        assert_network_is(history.network, history.epoch[EPOCHS - 1]);
        free(mean);
        release(&history);
        samples_close(&samples);
    }
}
END_TEST

/* An average is looked at, not trained from. */
START_TEST(training_goes_on_from_the_weights)
{
    const hg_average averages[] = { hg_ema(0.9), hg_swa(.from = 2) };
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    history plain, averaged;
    train(&samples, (hg_average){ HG_AVERAGE_NONE, 0, 0 }, &plain);
    assert_network_is(plain.network, plain.step[MOST_STEPS - 1]);
    for (size_t k = 0; k < HG_COUNT(averages); k++) {
        train(&samples, averages[k], &averaged);
        for (size_t s = 0; s < MOST_STEPS; s++)
            ck_assert_mem_eq(plain.step[s], averaged.step[s], plain.count * sizeof **plain.step);
        ck_assert_mem_ne(plain.epoch[EPOCHS - 1], averaged.epoch[EPOCHS - 1], plain.count * sizeof **plain.step);
        hg_evaluation evaluation;
        ck_assert_int_eq(hg_network_evaluate(averaged.network, &samples.bytes, &evaluation, NULL), HG_OK);
        ck_assert_double_eq(averaged.test_loss[EPOCHS - 1], evaluation.loss);
        ck_assert_double_ne(averaged.test_loss[EPOCHS - 1], plain.test_loss[EPOCHS - 1]);
        release(&averaged);
    }
    release(&plain);
    samples_close(&samples);
}
END_TEST

/* What never changes is its own average, to the bit: here the input's mean. */
START_TEST(frozen_parameters_are_averaged_too)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    const hg_average averages[] = { hg_ema(), hg_swa(.from = 1) };
    for (size_t k = 0; k < HG_COUNT(averages); k++) {
        history history;
        train(&samples, averages[k], &history);
        double *start = start_values(&samples);
        hg_parameter mean;
        ck_assert(hg_network_find_parameter(history.network, "image_input_1.mean", &mean));
        for (size_t i = 0; i < mean.count; i++)
            ck_assert_double_eq((double)mean.values[i], start[i]);
        free(start);
        release(&history);
    }
    samples_close(&samples);
}
END_TEST

static bool stop_at_once(const hg_step_report *report, void *context)
{
    (void)context;
    return report->step < 3;
}

START_TEST(a_stopped_training_leaves_the_average)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    history history;
    train(&samples, hg_ema(0.9), &history);
    hg_network *network = small_network(hg_threshold_relu(), 2);
    const hg_train_options options = { .optimizer = hg_sgd(0.05, .momentum = 0.9),
                                       .average = hg_ema(0.9),
                                       .epochs = EPOCHS,
                                       .batch = BATCH,
                                       .on_step = stop_at_once };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_STOPPED);
    double *average = start_values(&samples);
    size_t count;
    hg_real *values = copy_parameters(network, &count);
    for (size_t step = 1; step <= 3; step++) {
        const double t = (double)step, d = fmin(0.9, (1 + t) / (10 + t));
        for (size_t i = 0; i < count; i++)
            average[i] = d * average[i] + (1 - d) * (double)history.step[step - 1][i];
    }
    assert_near(values, average, count);
    free(values);
    free(average);
    hg_network_destroy(network);
    release(&history);
    samples_close(&samples);
}
END_TEST

static void refuse(hg_average average, const char *message)
{
    hg_error error = { .message = "" };
    samples samples;
    samples_open(&samples, 3, small_shape, SMALL_CLASSES, 2);
    hg_network *network = small_network(hg_relu(), 1);
    const hg_train_options options = { .average = average, .epochs = 5 };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, &error), HG_BAD_ARGUMENT);
    ck_assert_msg(strstr(error.message, message), "\"%s\" is not in: %s", message, error.message);
    hg_network_destroy(network);
    samples_close(&samples);
}

START_TEST(nonsense_is_refused)
{
    refuse(hg_ema(1), "ema: decay 1: it lies between 0 and 1, both left out");
    refuse(hg_ema(-0.1), "ema: decay -0.1");
    refuse(hg_ema(NAN), "ema: decay nan");
    refuse(hg_ema(.from = 2), "ema: from 2: only hg_swa takes .from");
    refuse(hg_swa(8), "swa: decay 8: it has none; hg_swa(.from = 8) names an epoch");
    refuse(hg_swa(.from = 6), "swa: from epoch 6; with 5 epochs of training it is one of 1 to 5");
    refuse(hg_swa(.from = -1), "swa: from epoch -1");
    refuse((hg_average){ (hg_average_kind)9, 0, 0 }, "average: there is no kind 9; use hg_ema() or hg_swa()");
}
END_TEST

Suite *average_suite(void)
{
    Suite *suite = suite_create("average");
    TCase *average = tcase_create("average");
    tcase_add_test(average, ema_follows_its_formula);
    tcase_add_test(average, swa_is_the_mean_from_an_epoch_on);
    tcase_add_test(average, training_goes_on_from_the_weights);
    tcase_add_test(average, frozen_parameters_are_averaged_too);
    tcase_add_test(average, a_stopped_training_leaves_the_average);
    tcase_add_test(average, nonsense_is_refused);
    suite_add_tcase(suite, average);
    return suite;
}
