/* src/train.c: epochs, batches, callbacks. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *train_suite(void);

enum { COUNT = 100, BATCH = 16, BATCHES = 7 };

/* ---- what the callbacks were told ---- */

typedef struct diary {
    hg_step_report step[64];
    hg_epoch_report epoch[8];
    size_t steps, epochs;
    uint64_t stop_at_step;
    int stop_at_epoch;
    hg_network *network;
    size_t parameters;
    hg_real *at_stop;
} diary;

static bool write_step(const hg_step_report *report, void *context)
{
    diary *diary = context;
    ck_assert_uint_lt(diary->steps, HG_COUNT(diary->step));
    diary->step[diary->steps++] = *report;
    if (report->step == diary->stop_at_step)
        diary->at_stop = copy_parameters(diary->network, &diary->parameters);
    return report->step != diary->stop_at_step;
}

static bool write_epoch(const hg_epoch_report *report, void *context)
{
    diary *diary = context;
    ck_assert_uint_lt(diary->epochs, HG_COUNT(diary->epoch));
    diary->epoch[diary->epochs++] = *report;
    return report->epoch != diary->stop_at_epoch;
}

static hg_train_options reporting(diary *diary, hg_train_options options)
{
    options.batch = options.batch ? options.batch : BATCH;
    options.on_step = write_step;
    options.on_epoch = write_epoch;
    options.context = diary;
    return options;
}

static void train(hg_network *network, const hg_dataset *dataset, const hg_train_options *options)
{
    hg_error error;
    if (hg_network_train(network, dataset, options, &error))
        ck_abort_msg("%s", error.message);
}

/* ---- learning ---- */

START_TEST(loss_falls_on_synthetic_digits)
{
    hg_dataset *digits = hg_synthetic_digits(600, 1, 2, NULL), *test = hg_synthetic_digits(200, 2, 2, NULL);
    const hg_layer layers[] = { hg_image_input(28, 28), hg_conv2d(5, 8), hg_threshold_relu(), hg_max_pool2d(2),
                                hg_fully_connected(10), hg_softmax(),    hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    diary diary = { 0 };
    const hg_train_options options = reporting(
        &diary,
        (hg_train_options){ .optimizer = hg_sgd(0.02, .momentum = 0.9), .epochs = 5, .batch = 32, .test = test });
    /* more steps than the diary has room for */
    hg_train_options quiet = options;
    quiet.on_step = NULL;
    train(network, digits, &quiet);
    ck_assert_uint_eq(diary.epochs, 5);
    ck_assert_double_gt(diary.epoch[0].train_loss, 2 * diary.epoch[4].train_loss);
    ck_assert_double_gt(diary.epoch[4].train_accuracy, 0.85);
    ck_assert_double_gt(diary.epoch[4].test.accuracy, 0.7);
    ck_assert_double_lt(diary.epoch[4].test.loss, diary.epoch[0].test.loss);
    hg_network_destroy(network);
    hg_dataset_destroy(digits);
    hg_dataset_destroy(test);
}
END_TEST

/* ---- reports ---- */

START_TEST(steps_and_epochs_are_numbered)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    hg_network *network = small_network(hg_relu(), 2);
    diary diary = { 0 };
    const hg_train_options options = reporting(&diary, (hg_train_options){ .optimizer = hg_sgd(0.125), .epochs = 3 });
    train(network, &samples.bytes, &options);
    ck_assert_uint_eq(diary.steps, 3 * BATCHES);
    ck_assert_uint_eq(diary.epochs, 3);
    for (size_t i = 0; i < diary.steps; i++) {
        const hg_step_report *step = &diary.step[i];
        ck_assert_int_eq(step->epoch, (int)(i / BATCHES) + 1);
        ck_assert_uint_eq(step->step, i + 1);
        ck_assert_uint_eq(step->epoch_step, i % BATCHES + 1);
        ck_assert_uint_eq(step->epoch_steps, BATCHES);
        ck_assert_uint_eq(step->samples, i % BATCHES == BATCHES - 1 ? COUNT % BATCH : BATCH);
        ck_assert_double_ge(step->seconds, 0);
    }
    for (size_t i = 0; i < diary.epochs; i++) {
        const hg_epoch_report *epoch = &diary.epoch[i];
        double loss = 0;
        for (size_t k = i * BATCHES; k < (i + 1) * BATCHES; k++)
            loss += diary.step[k].loss * (double)diary.step[k].samples;
        ck_assert_int_eq(epoch->epoch, (int)i + 1);
        ck_assert_uint_eq(epoch->steps, (i + 1) * BATCHES);
        ck_assert_uint_eq(epoch->samples, COUNT);
        ck_assert_double_eq_tol(epoch->train_loss, loss / COUNT, 1e-9);
        ck_assert_double_eq(epoch->learning_rate, 0.125);
        ck_assert(!epoch->tested);
        ck_assert_uint_eq(epoch->layer_count, 1);
    }
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

START_TEST(defaults_are_ten_epochs_of_128)
{
    samples samples;
    samples_open(&samples, 300, small_shape, SMALL_CLASSES, 1);
    hg_network *a = small_network(hg_relu(), 1), *b = small_network(hg_relu(), 1);
    const hg_train_options options = { .optimizer = hg_sgd(0.01, .momentum = 0.9), .epochs = 10, .batch = 128 };
    train(a, &samples.bytes, NULL);
    train(b, &samples.bytes, &options);
    assert_same_parameters(a, b);
    hg_network_destroy(a);
    hg_network_destroy(b);
    samples_close(&samples);
}
END_TEST

/* The losses that steps report before they step, against an evaluation of the
 * untouched network over the same samples. */
START_TEST(ragged_batch_counts_its_real_samples)
{
    samples samples;
    samples_open(&samples, 5, small_shape, SMALL_CLASSES, 1);
    hg_network *network = small_network(hg_relu(), 2);
    diary diary = { 0 };
    const hg_train_options options = reporting(&diary, (hg_train_options){ .epochs = 1 });
    hg_evaluation before;
    ck_assert_int_eq(hg_network_normalize(network, &samples.bytes, NULL), HG_OK);
    ck_assert_int_eq(hg_network_evaluate(network, &samples.bytes, &before, NULL), HG_OK);
    train(network, &samples.bytes, &options);
    ck_assert_uint_eq(diary.step[0].samples, 5);
    ck_assert_double_eq_tol(diary.step[0].loss, before.loss, 1e-6);
    ck_assert_double_eq_tol(diary.epoch[0].train_loss, before.loss, 1e-6);
    ck_assert_double_eq_tol(diary.epoch[0].train_accuracy, before.accuracy, 1e-9);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

static hg_network *smoothed_network(double label_smoothing)
{
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE), hg_fully_connected(SMALL_CLASSES), hg_softmax(),
                                hg_classification(label_smoothing) };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    ck_assert_ptr_nonnull(network);
    return network;
}

/* One image with each label in turn has the mean of -log(p) as its loss. */
START_TEST(label_smoothing_is_of_training_alone)
{
    unsigned char pixels[SMALL_CLASSES][SMALL_SIDE * SMALL_SIDE] = { { 0 } }, labels[SMALL_CLASSES];
    for (size_t k = 0; k < SMALL_CLASSES; k++) {
        labels[k] = (unsigned char)k;
        memset(pixels[k], 17, SMALL_SIDE * SMALL_SIDE / 2);
    }
    hg_dataset one = {
        .count = 1, .shape = small_shape, .classes = SMALL_CLASSES, .pixels = *pixels, .labels = labels
    };
    const hg_dataset all = {
        .count = SMALL_CLASSES, .shape = small_shape, .classes = SMALL_CLASSES, .pixels = *pixels, .labels = labels
    };
    hg_evaluation plain, smoothed, mean;
    diary diary = { 0 };
    hg_network *a = smoothed_network(0), *b = smoothed_network(0.25);
    randomize_parameters(a, 0.5, 3);
    randomize_parameters(b, 0.5, 3);
    ck_assert_int_eq(hg_network_evaluate(a, &one, &plain, NULL), HG_OK);
    ck_assert_int_eq(hg_network_evaluate(b, &one, &smoothed, NULL), HG_OK);
    ck_assert_int_eq(hg_network_evaluate(a, &all, &mean, NULL), HG_OK);
    ck_assert_double_eq(plain.loss, smoothed.loss);
    const hg_train_options options = reporting(&diary, (hg_train_options){ .epochs = 1 });
    hg_parameter input_mean;
    ck_assert(hg_network_find_parameter(b, "image_input_1.mean", &input_mean));
    ck_assert_int_eq(hg_network_normalize(b, &one, NULL), HG_OK);
    for (size_t i = 0; i < input_mean.count; i++)
        input_mean.values[i] = 0;
    train(b, &one, &options);
    ck_assert_double_eq_tol(diary.step[0].loss, 0.75 * plain.loss + 0.25 * mean.loss, 1e-6);
    ck_assert(fabs(plain.loss - mean.loss) > 0.01);
    hg_network_destroy(a);
    hg_network_destroy(b);
}
END_TEST

/* In deeper networks backward uses the memory of the probabilities again. */
START_TEST(the_training_accuracy_is_that_of_the_forward_pass)
{
    const hg_layer layers[] = {
        hg_image_input(16, 16, 3), hg_conv2d(3, 16, .same = true),    hg_threshold_relu(),
        hg_max_pool2d(2),          hg_conv2d(3, 32, .same = true),    hg_threshold_relu(),
        hg_max_pool2d(2),          hg_fully_connected(SMALL_CLASSES), hg_softmax(),
        hg_classification(),
    };
    samples samples;
    diary diary = { 0 };
    hg_evaluation still;
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    samples_open(&samples, COUNT, (hg_shape){ 3, 16, 16 }, SMALL_CLASSES, 1);
    const hg_train_options options = reporting(&diary, (hg_train_options){ .optimizer = hg_sgd(1e-30), .epochs = 1 });
    train(network, &samples.dataset, &options);
    ck_assert_int_eq(hg_network_evaluate(network, &samples.dataset, &still, NULL), HG_OK);
    ck_assert_double_eq_tol(diary.epoch[0].train_accuracy, still.accuracy, 1e-9);
    samples_close(&samples);
    hg_network_destroy(network);
}
END_TEST

START_TEST(test_set_is_evaluated_after_each_epoch)
{
    samples samples, test;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    samples_open(&test, 37, small_shape, SMALL_CLASSES, 2);
    hg_network *network = small_network(hg_relu(), 2);
    diary diary = { 0 };
    const hg_train_options options = reporting(&diary, (hg_train_options){ .epochs = 2, .test = &test.dataset });
    train(network, &samples.bytes, &options);
    hg_evaluation after;
    ck_assert_int_eq(hg_network_evaluate(network, &test.bytes, &after, NULL), HG_OK);
    ck_assert(diary.epoch[0].tested && diary.epoch[1].tested);
    ck_assert_double_eq(diary.epoch[1].test.loss, after.loss);
    ck_assert_double_eq(diary.epoch[1].test.accuracy, after.accuracy);
    ck_assert_double_ne(diary.epoch[0].test.loss, after.loss);
    hg_network_destroy(network);
    samples_close(&samples);
    samples_close(&test);
}
END_TEST

/* ---- the end ---- */

START_TEST(steps_are_limited)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    const uint64_t limits[] = { 1, 3, BATCHES, BATCHES + 1 };
    for (size_t i = 0; i < HG_COUNT(limits); i++) {
        hg_network *network = small_network(hg_relu(), 2);
        diary diary = { 0 };
        const hg_train_options options = reporting(&diary, (hg_train_options){ .epochs = 3, .steps = limits[i] });
        train(network, &samples.bytes, &options);
        ck_assert_uint_eq(diary.steps, limits[i]);
        const hg_epoch_report *last = &diary.epoch[diary.epochs - 1];
        ck_assert_uint_eq(diary.epochs, (limits[i] + BATCHES - 1) / BATCHES);
        ck_assert_uint_eq(last->steps, limits[i]);
        if (limits[i] == BATCHES + 1) {
            ck_assert_uint_eq(last->samples, BATCH);
            ck_assert_double_eq_tol(last->train_loss, diary.step[BATCHES].loss, 1e-12);
        }
        hg_network_destroy(network);
    }
    samples_close(&samples);
}
END_TEST

START_TEST(callbacks_can_stop)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    hg_network *network = small_network(hg_relu(), 2);
    diary diary = { .stop_at_step = BATCHES + 2, .network = network };
    hg_train_options options = reporting(&diary, (hg_train_options){ .epochs = 5 });
    hg_error error;
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, &error), HG_STOPPED);
    ck_assert_int_eq(error.status, HG_STOPPED);
    ck_assert_str_eq(error.message, "a callback stopped the training after step 9");
    ck_assert_uint_eq(diary.steps, BATCHES + 2);
    size_t count;
    hg_real *after = copy_parameters(network, &count);
    ck_assert_mem_eq(after, diary.at_stop, count * sizeof *after);
    free(after);
    free(diary.at_stop);
    diary = (struct diary){ .stop_at_epoch = 2 };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_STOPPED);
    ck_assert_uint_eq(diary.epochs, 2);
    ck_assert_uint_eq(diary.steps, 2 * BATCHES);
    diary = (struct diary){ 0 };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

/* A callback may look at the network, and change its threads for the rest. */
static bool use_network(const hg_step_report *report, void *context)
{
    diary *diary = context;
    static const float image[SMALL_SIDE * SMALL_SIDE];
    float probability[SMALL_CLASSES];
    ck_assert_int_eq(hg_network_set_threads(diary->network, 1 + (int)report->step % 3, NULL), HG_OK);
    ck_assert_int_eq(hg_network_predict(diary->network, image, 1, probability, NULL), HG_OK);
    return true;
}

START_TEST(callbacks_may_use_the_network)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    hg_network *network = small_network(hg_relu(), 2), *undisturbed = small_network(hg_relu(), 2);
    diary diary = { .network = network };
    hg_train_options options = { .epochs = 2, .batch = BATCH };
    train(undisturbed, &samples.bytes, &options);
    options.on_step = use_network;
    options.context = &diary;
    train(network, &samples.bytes, &options);
    assert_same_parameters(network, undisturbed);
    hg_network_destroy(network);
    hg_network_destroy(undisturbed);
    samples_close(&samples);
}
END_TEST

Suite *train_suite(void)
{
    enum { SECONDS = 30 };
    Suite *suite = suite_create("train");
    TCase *loop = tcase_create("training loop");
    tcase_set_timeout(loop, SECONDS);
    tcase_add_test(loop, loss_falls_on_synthetic_digits);
    tcase_add_test(loop, steps_and_epochs_are_numbered);
    tcase_add_test(loop, defaults_are_ten_epochs_of_128);
    tcase_add_test(loop, ragged_batch_counts_its_real_samples);
    tcase_add_test(loop, label_smoothing_is_of_training_alone);
    tcase_add_test(loop, the_training_accuracy_is_that_of_the_forward_pass);
    tcase_add_test(loop, test_set_is_evaluated_after_each_epoch);
    tcase_add_test(loop, steps_are_limited);
    tcase_add_test(loop, callbacks_can_stop);
    tcase_add_test(loop, callbacks_may_use_the_network);
    suite_add_tcase(suite, loop);
    return suite;
}
