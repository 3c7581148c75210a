/* datasets/split.c: two views of a data set. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

Suite *split_suite(void);

enum { COUNT = 1037, PIXELS = SMALL_SIDE * SMALL_SIDE };

static void split(const hg_dataset *dataset, double share, uint64_t seed, hg_dataset *view[2])
{
    hg_error error = { .message = "" };
    ck_assert_msg(hg_dataset_split(dataset, share, seed, &view[0], &view[1], &error) == HG_OK, "%s", error.message);
}

static void destroy(hg_dataset *view[2])
{
    hg_dataset_destroy(view[0]);
    hg_dataset_destroy(view[1]);
}

START_TEST(each_image_is_in_one_part)
{
    static const struct {
        double share;
        size_t count;
    } rows[] = { { 0.1, 104 }, { 0.5, 519 }, { 0.001, 1 }, { 0.999, 1036 }, { 37.0 / COUNT, 37 } };
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        hg_dataset *view[2];
        int seen[COUNT] = { 0 };
        split(&samples.bytes, rows[i].share, 3, view);
        ck_assert_uint_eq(view[1]->count, rows[i].count);
        ck_assert_uint_eq(view[0]->count, COUNT - rows[i].count);
        for (int k = 0; k < 2; k++)
            for (size_t s = 0; s < view[k]->count; s++) {
                seen[view[k]->index[s]]++;
                ck_assert(s == 0 || view[k]->index[s] > view[k]->index[s - 1]);
            }
        for (size_t s = 0; s < COUNT; s++)
            ck_assert_int_eq(seen[s], 1);
        destroy(view);
    }
    samples_close(&samples);
}
END_TEST

START_TEST(the_seed_draws)
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    hg_dataset *a[2], *b[2], *c[2];
    split(&samples.bytes, 0.5, 3, a);
    split(&samples.dataset, 0.5, 3, b);
    split(&samples.bytes, 0.5, 4, c);
    ck_assert_mem_eq(a[1]->index, b[1]->index, a[1]->count * sizeof *a[1]->index);
    ck_assert_mem_ne(a[1]->index, c[1]->index, a[1]->count * sizeof *a[1]->index);
    size_t early = 0;
    for (size_t s = 0; s < a[1]->count; s++)
        early += a[1]->index[s] < COUNT / 2;
    ck_assert_uint_gt(early, COUNT / 5);
    ck_assert_uint_lt(early, COUNT * 3 / 10);
    destroy(a);
    destroy(b);
    destroy(c);
    samples_close(&samples);
}
END_TEST

static void assert_reads(const samples *samples, const hg_dataset *view)
{
    float image[PIXELS];
    int label;
    for (size_t s = 0; s < view->count; s++) {
        const size_t place = view->index[s];
        ck_assert_int_eq(view->read(view, s, image, &label, NULL), HG_OK);
        ck_assert_int_eq(label, samples->bytes.labels[place]);
        for (size_t p = 0; p < PIXELS; p++)
            ck_assert_float_eq(image[p], (float)samples->bytes.pixels[place * PIXELS + p] / 255.0f);
    }
    hg_error error = { .message = "" };
    ck_assert_int_eq(view->read(view, view->count, image, &label, &error), HG_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(error.message, "the last one is"));
}

START_TEST(views_read_their_images_and_can_be_split)
{
    samples samples;
    samples_open(&samples, 100, small_shape, SMALL_CLASSES, 1);
    const hg_dataset *const datasets[] = { &samples.bytes, &samples.dataset };
    for (size_t i = 0; i < HG_COUNT(datasets); i++) {
        hg_dataset *view[2], *inner[2];
        split(datasets[i], 0.25, 3, view);
        split(view[0], 0.25, 5, inner);
        ck_assert_ptr_eq(inner[1]->whole, datasets[i]);
        assert_reads(&samples, view[0]);
        assert_reads(&samples, view[1]);
        assert_reads(&samples, inner[1]);
        for (size_t s = 0; s < inner[1]->count; s++)
            for (size_t t = 0; t < view[1]->count; t++)
                ck_assert_uint_ne(inner[1]->index[s], view[1]->index[t]);
        destroy(inner);
        destroy(view);
    }
    samples_close(&samples);
}
END_TEST

/* A view trains as a data set of the same images does, whatever it is a view of. */
START_TEST(training_on_a_view_is_training_on_its_images)
{
    samples samples;
    samples_open(&samples, 300, small_shape, SMALL_CLASSES, 1);
    hg_dataset *view[2], *slow[2];
    split(&samples.bytes, 0.3, 3, view);
    split(&samples.dataset, 0.3, 3, slow);
    unsigned char *pixels = calloc(view[0]->count, PIXELS), *labels = calloc(view[0]->count, 1);
    for (size_t s = 0; s < view[0]->count; s++) {
        memcpy(pixels + s * PIXELS, samples.bytes.pixels + view[0]->index[s] * PIXELS, PIXELS);
        labels[s] = samples.bytes.labels[view[0]->index[s]];
    }
    const hg_dataset copy = {
        .count = view[0]->count, .shape = small_shape, .classes = SMALL_CLASSES, .pixels = pixels, .labels = labels
    };
    const hg_dataset *const same[] = { &copy, view[0], slow[0] };
    const hg_train_options options = { .epochs = 2, .batch = 32, .seed = 4 };
    hg_network *network[HG_COUNT(same)];
    hg_evaluation evaluation[HG_COUNT(same)];
    for (size_t i = 0; i < HG_COUNT(same); i++) {
        network[i] = small_network(hg_relu(), 2);
        ck_assert_int_eq(hg_network_train(network[i], same[i], &options, NULL), HG_OK);
        ck_assert_int_eq(hg_network_evaluate(network[i], same[i], &evaluation[i], NULL), HG_OK);
        assert_same_parameters(network[0], network[i]);
        ck_assert_double_eq(evaluation[0].loss, evaluation[i].loss);
    }
    for (size_t i = 0; i < HG_COUNT(same); i++)
        hg_network_destroy(network[i]);
    for (size_t s = 0; s < view[1]->count; s++)
        ck_assert_int_eq(samples.reads[view[1]->index[s]], 0);
    free(pixels);
    free(labels);
    destroy(view);
    destroy(slow);
    samples_close(&samples);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const struct {
        double share;
        const char *message;
    } rows[] = { { 0, "a split of 0: the second part's share lies between 0 and 1" },
                 { 1, "a split of 1:" },
                 { -0.5, "a split of -0.5:" },
                 { NAN, "nan" },
                 { 0.01, "a split of 0.01: that is 0 of 3 samples; each part must have one at least" },
                 { 0.99, "that is 3 of 3 samples" } };
    samples samples;
    samples_open(&samples, 3, small_shape, SMALL_CLASSES, 1);
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        hg_dataset *view[2] = { &samples.bytes, &samples.bytes };
        hg_error error = { .message = "" };
        ck_assert_int_eq(hg_dataset_split(&samples.bytes, rows[i].share, 1, &view[0], &view[1], &error),
                         HG_BAD_ARGUMENT);
        ck_assert_msg(strstr(error.message, rows[i].message), "%s", error.message);
        ck_assert(view[0] == &samples.bytes && view[1] == &samples.bytes);
    }
    samples_close(&samples);
}
END_TEST

START_TEST(without_memory_nothing_is_left)
{
    samples samples;
    samples_open(&samples, 30, small_shape, SMALL_CLASSES, 1);
    for (long n = 0; n < 6; n++) {
        hg_dataset *view[2] = { NULL, NULL };
        hg_error error;
        failing_allocator_install();
        failing_allocator_allow(n);
        const hg_status status = hg_dataset_split(&samples.bytes, 0.5, 1, &view[0], &view[1], &error);
        ck_assert_int_eq(status, n < 5 ? HG_NO_MEMORY : HG_OK);
        ck_assert(n < 5 ? !view[0] && !view[1] : view[0] && view[1]);
        destroy(view);
        ck_assert_int_eq(failing_allocator_outstanding(), 0);
        failing_allocator_remove();
    }
    samples_close(&samples);
}
END_TEST

Suite *split_suite(void)
{
    Suite *suite = suite_create("split");
    TCase *split = tcase_create("split");
    tcase_add_test(split, each_image_is_in_one_part);
    tcase_add_test(split, the_seed_draws);
    tcase_add_test(split, views_read_their_images_and_can_be_split);
    tcase_add_test(split, training_on_a_view_is_training_on_its_images);
    tcase_add_test(split, nonsense_is_refused);
    tcase_add_test(split, without_memory_nothing_is_left);
    suite_add_tcase(suite, split);
    return suite;
}
