/* src/train.c: in which order samples are read. */
#include <check.h>
#include <string.h>

#include "samples.h"

Suite *order_suite(void);

enum { COUNT = 100, BATCH = 16 };

/* Each sample's place in an epoch, by reading with one thread. */
static size_t read_order[2][COUNT], reads_so_far;

static hg_status note_order(const hg_dataset *dataset, size_t index, float *image, int *label, hg_error *error)
{
    const samples *samples = dataset->context;
    if (reads_so_far < 2 * COUNT)
        read_order[reads_so_far / COUNT][reads_so_far % COUNT] = index;
    reads_so_far++;
    return samples->dataset.read(&samples->dataset, index, image, label, error);
}

static void orders_of(uint64_t seed, bool no_shuffle, size_t order[2][COUNT])
{
    samples samples;
    samples_open(&samples, COUNT, small_shape, SMALL_CLASSES, 1);
    hg_dataset noted = samples.dataset;
    noted.read = note_order;
    noted.context = &samples;
    hg_network *network = small_network(hg_relu(), 1);
    ck_assert_int_eq(hg_network_normalize(network, &samples.bytes, NULL), HG_OK);
    const hg_train_options options = { .epochs = 2, .batch = BATCH, .seed = seed, .no_shuffle = no_shuffle };
    reads_so_far = 0;
    ck_assert_int_eq(hg_network_train(network, &noted, &options, NULL), HG_OK);
    ck_assert_uint_eq(reads_so_far, 2 * COUNT);
    memcpy(order, read_order, sizeof read_order);
    hg_network_destroy(network);
    samples_close(&samples);
}

START_TEST(shuffles_follow_seed_and_epoch)
{
    size_t order[2][COUNT], again[2][COUNT], other[2][COUNT], own[2][COUNT];
    orders_of(1, false, order);
    orders_of(1, false, again);
    orders_of(2, false, other);
    orders_of(1, true, own);
    ck_assert_mem_eq(order, again, sizeof order);
    ck_assert_mem_ne(order[0], order[1], sizeof order[0]);
    ck_assert_mem_ne(order[0], other[0], sizeof order[0]);
    size_t moved = 0, seen[COUNT] = { 0 };
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_uint_eq(own[0][i], i);
        ck_assert_uint_eq(own[1][i], i);
        moved += order[0][i] != i;
        seen[order[0][i]]++;
    }
    ck_assert_uint_gt(moved, COUNT * 9 / 10);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_uint_eq(seen[i], 1);
}
END_TEST

START_TEST(each_sample_is_read_once_an_epoch)
{
    enum { EPOCHS = 3 };
    samples samples;
    samples_open(&samples, 1037, small_shape, SMALL_CLASSES, 1);
    hg_network *network = small_network(hg_relu(), 4);
    ck_assert_int_eq(hg_network_normalize(network, &samples.bytes, NULL), HG_OK);
    for (int no_shuffle = 0; no_shuffle < 2; no_shuffle++) {
        const hg_train_options options = { .epochs = EPOCHS, .no_shuffle = no_shuffle };
        memset(samples.reads, 0, samples.dataset.count * sizeof *samples.reads);
        ck_assert_int_eq(hg_network_train(network, &samples.dataset, &options, NULL), HG_OK);
        for (size_t i = 0; i < samples.dataset.count; i++)
            ck_assert_int_eq(samples.reads[i], EPOCHS);
    }
    hg_network_destroy(network);
    samples_close(&samples);
}
END_TEST

Suite *order_suite(void)
{
    enum { SECONDS = 30 };
    Suite *suite = suite_create("order");
    TCase *order = tcase_create("order");
    tcase_set_timeout(order, SECONDS);
    tcase_add_test(order, shuffles_follow_seed_and_epoch);
    tcase_add_test(order, each_sample_is_read_once_an_epoch);
    suite_add_tcase(suite, order);
    return suite;
}
