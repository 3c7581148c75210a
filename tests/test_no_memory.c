/* Each allocation of each operation fails once: HG_NO_MEMORY, nothing lost, and the
 * same network does it when memory is back. */
#include <check.h>
#include <string.h>

#include "samples.h"

Suite *no_memory_suite(void);

enum { SAMPLES = 40, MOST_ALLOCATIONS = 500 };

typedef struct fixture {
    hg_network *network;
    samples samples;
} fixture;

static hg_network *branched_network(hg_error *error)
{
    const hg_layer layers[] = {
        hg_image_input(SMALL_SIDE, SMALL_SIDE, .normalization = HG_ZSCORE),
        hg_conv2d(3, 4, .same = true),
        hg_threshold_relu(.name = "t"),
        hg_max_pool2d(2, .name = "a"),
        hg_max_pool2d(2, .name = "b", .inputs = { "t" }),
        hg_concat(.inputs = { "a", "b" }),
        hg_conv2d(3, 3),
        hg_relu(),
        hg_max_pool2d(2),
        hg_fully_connected(SMALL_CLASSES),
        hg_softmax(),
        hg_classification(),
    };
    return hg_network_create(layers, HG_COUNT(layers), error);
}

START_TEST(create)
{
    long n = 0;
    for (hg_network *network = NULL; !network; n++) {
        ck_assert_int_lt(n, MOST_ALLOCATIONS);
        failing_allocator_install();
        failing_allocator_allow(n);
        hg_error error = { .status = HG_OK };
        network = branched_network(&error);
        if (!network) {
            ck_assert_int_eq(error.status, HG_NO_MEMORY);
            ck_assert_ptr_nonnull(strstr(error.message, "no memory"));
            failing_allocator_allow(n);
            ck_assert_ptr_null(branched_network(NULL));
        }
        hg_network_destroy(network);
        ck_assert_int_eq(failing_allocator_outstanding(), 0);
        failing_allocator_remove();
    }
    ck_assert_int_gt(n, 50);
}
END_TEST

static bool go_on(const hg_epoch_report *report, void *context)
{
    (void)context;
    return report->epoch > 0;
}

static hg_status train(fixture *f, hg_error *error)
{
    const hg_train_options options = { .optimizer = hg_adam(),
                                       .epochs = 1,
                                       .batch = 33,
                                       .augment = { .elastic = 1 },
                                       .test = &f->samples.bytes,
                                       .validation = &f->samples.bytes,
                                       .keep_best = true,
                                       .average = hg_ema(),
                                       .clip_norm = 1,
                                       .on_epoch = go_on };
    return hg_network_train(f->network, &f->samples.dataset, &options, error);
}

static hg_status predict(fixture *f, hg_error *error)
{
    static const float images[3 * SMALL_SIDE * SMALL_SIDE];
    float probabilities[3 * SMALL_CLASSES];
    return hg_network_predict(f->network, images, 3, probabilities, error);
}

static hg_status loop(fixture *f, hg_error *error)
{
    static const hg_real images[17 * SMALL_SIDE * SMALL_SIDE];
    static const int labels[17];
    hg_real probabilities[17 * SMALL_CLASSES];
    double loss;
    hg_status status = hg_network_forward(f->network, images, 17, probabilities, error);
    if (!status)
        status = hg_network_backward_labels(f->network, labels, &loss, error);
    if (!status)
        status = hg_network_clip_gradients(f->network, 1, NULL, error);
    return status ? status : hg_network_step(f->network, hg_sgd(0.01), error);
}

static hg_status evaluate(fixture *f, hg_error *error)
{
    hg_evaluation evaluation;
    return hg_network_evaluate(f->network, &f->samples.bytes, &evaluation, error);
}

static hg_status inspect(fixture *f, hg_error *error)
{
    const hg_activation_report *reports;
    size_t count;
    return hg_network_inspect(f->network, &f->samples.bytes, &reports, &count, error);
}

static hg_status normalize(fixture *f, hg_error *error)
{
    return hg_network_normalize(f->network, &f->samples.bytes, error);
}

typedef struct operation {
    hg_status (*run)(fixture *f, hg_error *error);
    int least; /* allocations */
} operation;

static const operation operations[] = { { train, 20 },   { predict, 6 }, { loop, 14 },
                                        { evaluate, 8 }, { inspect, 8 }, { normalize, 8 } };

/* Returns whether the operation was done with n allocations. */
static bool fail_at(const operation *operation, fixture *f, long n)
{
    failing_allocator_install();
    f->network = branched_network(NULL);
    ck_assert_ptr_nonnull(f->network);
    hg_network_set_threads(f->network, 1, NULL);
    hg_error error = { .status = HG_OK };
    failing_allocator_allow(n);
    const hg_status status = operation->run(f, &error);
    if (status) {
        ck_assert_int_eq(status, HG_NO_MEMORY);
        ck_assert_int_eq(error.status, HG_NO_MEMORY);
        ck_assert_ptr_nonnull(strstr(error.message, "no memory"));
        failing_allocator_allow(n);
        operation->run(f, NULL);
        failing_allocator_allow(-1);
        ck_assert_int_eq(operation->run(f, NULL), HG_OK);
    }
    hg_network_destroy(f->network);
    ck_assert_int_eq(failing_allocator_outstanding(), 0);
    failing_allocator_remove();
    return status == HG_OK;
}

START_TEST(every_operation)
{
    fixture f;
    long n = 0;
    samples_open(&f.samples, SAMPLES, small_shape, SMALL_CLASSES, 1);
    while (!fail_at(&operations[_i], &f, n))
        ck_assert_int_lt(++n, MOST_ALLOCATIONS);
    ck_assert_int_ge(n, operations[_i].least);
    samples_close(&f.samples);
}
END_TEST

Suite *no_memory_suite(void)
{
    enum { SECONDS = 30 };
    Suite *suite = suite_create("no memory");
    TCase *each = tcase_create("each allocation");
    tcase_set_timeout(each, SECONDS);
    tcase_add_test(each, create);
    tcase_add_loop_test(each, every_operation, 0, (int)HG_COUNT(operations));
    suite_add_tcase(suite, each);
    return suite;
}
