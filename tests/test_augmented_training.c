/* Training on augmented images: which ones the network sees, and who sees them as they are. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *augmented_training_suite(void);

enum { COUNT = 150, PIXELS = SMALL_SIDE * SMALL_SIDE, SEED = 11 };

static const hg_augmentation strong = { .shift = 1.5,
                                        .rotation = 20,
                                        .scale = 0.2,
                                        .shear = 0.2,
                                        .elastic = 0.7,
                                        .smoothness = 2,
                                        .noise = 0.05,
                                        .flip = true };

/* ---- a data set that has been augmented beforehand ---- */

typedef struct copies {
    float *images; /* [COUNT][PIXELS] */
    const unsigned char *labels;
} copies;

static hg_status read_copy(const hg_dataset *dataset, size_t index, float *image, int *label, hg_error *error)
{
    const copies *copies = dataset->context;
    (void)error;
    memcpy(image, copies->images + index * PIXELS, PIXELS * sizeof *image);
    *label = copies->labels[index];
    return HG_OK;
}

static void augment_all(const samples *samples, uint32_t epoch, copies *copies)
{
    copies->labels = samples->bytes.labels;
    copies->images = calloc(COUNT * PIXELS, sizeof *copies->images);
    for (size_t i = 0; i < COUNT; i++) {
        float *image = copies->images + i * PIXELS;
        for (size_t p = 0; p < PIXELS; p++)
            image[p] = (float)samples->bytes.pixels[i * PIXELS + p] / 255.0F;
        ck_assert_int_eq(hg_augment(&strong, small_shape, image, SEED, epoch, (uint32_t)i, image, NULL), HG_OK);
    }
}

static hg_network *trained(const hg_dataset *dataset, const hg_dataset *statistics, hg_augmentation augment, int epochs,
                           int threads)
{
    hg_network *network = small_network(hg_relu(), threads);
    hg_error error;
    ck_assert_int_eq(hg_network_normalize(network, statistics, NULL), HG_OK);
    const hg_train_options options = { .epochs = epochs, .batch = 50, .seed = SEED, .augment = augment };
    if (hg_network_train(network, dataset, &options, &error))
        ck_abort_msg("%s", error.message);
    return network;
}

START_TEST(training_sees_what_hg_augment_makes)
{
    const hg_augmentation none = { .shift = 0 };
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 2);
    copies copies;
    augment_all(&samples, 1, &copies);
    const hg_dataset beforehand = {
        .count = COUNT, .shape = small_shape, .classes = SMALL_CLASSES, .read = read_copy, .context = &copies
    };
    hg_network *wanted = trained(&beforehand, &samples.bytes, none, 1, 1);
    hg_network *plain = trained(&samples.bytes, &samples.bytes, none, 1, 1);
    for (int threads = 1; threads <= 3; threads++) {
        hg_network *from_bytes = trained(&samples.bytes, &samples.bytes, strong, 1, threads);
        hg_network *one_by_one = trained(&samples.dataset, &samples.bytes, strong, 1, threads);
        assert_same_parameters(wanted, from_bytes);
        assert_same_parameters(wanted, one_by_one);
        hg_network_destroy(from_bytes);
        hg_network_destroy(one_by_one);
    }
    size_t count;
    hg_real *a = copy_parameters(wanted, &count), *b = copy_parameters(plain, &count);
    ck_assert_mem_ne(a, b, count * sizeof *a);
    free(a);
    free(b);
    free(copies.images);
    hg_network_destroy(wanted);
    hg_network_destroy(plain);
    samples_close(&samples);
}
END_TEST

/* ---- those who look at images as they are ---- */

typedef struct watch {
    hg_network *network;
    const hg_dataset *test;
    const hg_dataset *training;
    int epochs;
} watch;

static bool compare(const hg_epoch_report *report, void *context)
{
    watch *watch = context;
    hg_evaluation again;
    hg_activation_report before = report->layers[0];
    const hg_activation_report *after;
    size_t count;
    ck_assert_int_eq(hg_network_evaluate(watch->network, watch->test, &again, NULL), HG_OK);
    ck_assert(report->tested && report->test.loss == again.loss && report->test.accuracy == again.accuracy);
    ck_assert_int_eq(hg_network_inspect(watch->network, watch->training, &after, &count, NULL), HG_OK);
    ck_assert(before.zero_share == after->zero_share && before.dead == after->dead);
    watch->epochs++;
    return true;
}

START_TEST(evaluation_inspection_and_statistics_see_plain_images)
{
    samples samples, test;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 2);
    samples_open(&test, COUNT, small_shape, SMALL_CLASSES, 3);
    hg_network *network = small_network(hg_relu(), 2), *plain = small_network(hg_relu(), 2);
    watch watch = { network, &test.bytes, &samples.bytes, 0 };
    const hg_train_options options = {
        .epochs = 2, .batch = 50, .augment = strong, .test = &test.bytes, .on_epoch = compare, .context = &watch
    };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    ck_assert_int_eq(watch.epochs, 2);
    hg_parameter mean, wanted;
    ck_assert_int_eq(hg_network_normalize(plain, &samples.bytes, NULL), HG_OK);
    ck_assert(hg_network_find_parameter(network, "image_input_1.mean", &mean));
    ck_assert(hg_network_find_parameter(plain, "image_input_1.mean", &wanted));
    ck_assert_mem_eq(mean.values, wanted.values, mean.count * sizeof *mean.values);
    hg_network_destroy(network);
    hg_network_destroy(plain);
    samples_close(&samples);
    samples_close(&test);
}
END_TEST

/* ---- epochs, threads, memory ---- */

START_TEST(epochs_and_seeds_augment_differently)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 2);
    copies first, second;
    augment_all(&samples, 1, &first);
    augment_all(&samples, 2, &second);
    const hg_dataset epochs[] = {
        { .count = COUNT, .shape = small_shape, .classes = SMALL_CLASSES, .read = read_copy, .context = &first },
        { .count = COUNT, .shape = small_shape, .classes = SMALL_CLASSES, .read = read_copy, .context = &second },
    };
    /* without momentum and shuffles, two trainings of one epoch are one of two */
    hg_network *wanted = small_network(hg_relu(), 1), *network = small_network(hg_relu(), 2);
    hg_train_options options = { .optimizer = hg_sgd(0.1), .epochs = 1, .seed = SEED, .no_shuffle = true };
    ck_assert_int_eq(hg_network_normalize(wanted, &samples.bytes, NULL), HG_OK);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(hg_network_train(wanted, &epochs[i], &options, NULL), HG_OK);
    options.epochs = 2;
    options.augment = strong;
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    assert_same_parameters(wanted, network);
    hg_network_destroy(wanted);
    hg_network_destroy(network);
    free(first.images);
    free(second.images);
    samples_close(&samples);
}
END_TEST

static bool change_threads(const hg_step_report *report, void *context)
{
    static const int threads[] = { 3, 1, 2 };
    return hg_network_set_threads(context, threads[report->step % HG_COUNT(threads)], NULL) == HG_OK;
}

START_TEST(threads_may_change_at_any_step)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 2);
    hg_network *network = small_network(hg_relu(), 1), *wanted = small_network(hg_relu(), 1);
    hg_train_options options = { .epochs = 3, .batch = 40, .seed = SEED, .augment = strong };
    ck_assert_int_eq(hg_network_train(wanted, &samples.bytes, &options, NULL), HG_OK);
    options.on_step = change_threads;
    options.context = network;
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    assert_same_parameters(wanted, network);
    hg_network_destroy(network);
    hg_network_destroy(wanted);
    samples_close(&samples);
}
END_TEST

static bool allow_no_more(const hg_step_report *report, void *context)
{
    (void)context;
    (void)report;
    failing_allocator_allow(0);
    return true;
}

START_TEST(nothing_is_allocated_while_it_runs)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 2);
    failing_allocator_install();
    hg_network *network = small_network(hg_relu(), 2);
    /* the second training needs more room than the first has left */
    const hg_augmentation noisy = { .noise = 0.1 };
    const hg_augmentation each[] = { noisy, strong };
    for (size_t i = 0; i < HG_COUNT(each); i++) {
        const hg_train_options options = { .epochs = 2, .batch = 40, .augment = each[i], .on_step = allow_no_more };
        failing_allocator_allow(-1);
        ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, NULL), HG_OK);
    }
    failing_allocator_allow(-1);
    hg_network_destroy(network);
    ck_assert_int_eq(failing_allocator_outstanding(), 0);
    failing_allocator_remove();
    samples_close(&samples);
}
END_TEST

/* ---- errors ---- */

START_TEST(bad_options_stop_before_anything_changes)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 2);
    hg_network *network = small_network(hg_relu(), 1), *untouched = small_network(hg_relu(), 1);
    hg_error error;
    const hg_train_options options = { .augment = { .shift = 9 } };
    ck_assert_int_eq(hg_network_train(network, &samples.bytes, &options, &error), HG_BAD_ARGUMENT);
    ck_assert_str_eq(error.message, "augmentation: shift is 9 pixels: give 0 to 8");
    assert_same_parameters(network, untouched);
    hg_network_destroy(network);
    hg_network_destroy(untouched);
    samples_close(&samples);
}
END_TEST

START_TEST(pixels_that_are_no_numbers_are_blamed)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 2);
    const hg_layer layers[] = { hg_image_input(SMALL_SIDE, SMALL_SIDE, .normalization = HG_NO_NORMALIZATION),
                                hg_fully_connected(SMALL_CLASSES), hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), NULL);
    samples.fault = SAMPLES_NAN;
    samples.fault_from = 70;
    hg_error error;
    const hg_train_options options = { .batch = 50, .no_shuffle = true, .augment = { .rotation = 10 } };
    ck_assert_int_eq(hg_network_train(network, &samples.dataset, &options, &error), HG_NOT_FINITE);
    ck_assert_msg(strstr(error.message, "epoch 1, step 2: ") && strstr(error.message, "image_input_1"), "%s",
                  error.message);
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

Suite *augmented_training_suite(void)
{
    Suite *suite = suite_create("augmented training");
    TCase *tests = tcase_create("augmented training");
    tcase_add_test(tests, training_sees_what_hg_augment_makes);
    tcase_add_test(tests, evaluation_inspection_and_statistics_see_plain_images);
    tcase_add_test(tests, epochs_and_seeds_augment_differently);
    tcase_add_test(tests, threads_may_change_at_any_step);
    tcase_add_test(tests, nothing_is_allocated_while_it_runs);
    tcase_add_test(tests, bad_options_stop_before_anything_changes);
    tcase_add_test(tests, pixels_that_are_no_numbers_are_blamed);
    suite_add_tcase(suite, tests);
    return suite;
}
