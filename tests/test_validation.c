/* src/validation.c: patience, and the best weights. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"
#include "src/validation.h"

Suite *validation_suite(void);

enum { TRAINING = 60, VALIDATION = 50, EPOCHS = 12, BATCH = 16 };

/* Random labels: what is learnt of one set says nothing about another, so that epochs get worse. */
typedef struct fixture {
    samples training, validation;
    hg_network *network;
    size_t count, epochs;
    hg_epoch_report report[EPOCHS];
    hg_real *weights[EPOCHS];
    int stop_at;
} fixture;

static bool keep_epoch(const hg_epoch_report *report, void *context)
{
    fixture *f = context;
    f->weights[f->epochs] = copy_parameters(f->network, &f->count);
    f->report[f->epochs++] = *report;
    return report->epoch != f->stop_at;
}

static hg_status train(fixture *f, hg_train_options options)
{
    hg_error error;
    *f = (fixture){ .network = small_network(hg_relu(), 2), .stop_at = f->stop_at };
    samples_open(&f->training, TRAINING, small_shape, SMALL_CLASSES, 1);
    samples_open(&f->validation, VALIDATION, small_shape, SMALL_CLASSES, 2);
    options.optimizer = (hg_optimizer){ &hg_sgd_type, &(hg_sgd_options){ .size = sizeof(hg_sgd_options), 0.02, 0.9 } };
    options.validation = &f->validation.bytes;
    options.epochs = EPOCHS;
    options.batch = BATCH;
    options.on_epoch = keep_epoch;
    options.context = f;
    const hg_status status = hg_network_train(f->network, &f->training.bytes, &options, &error);
    if (status && status != HG_STOPPED)
        ck_abort_msg("%s", error.message);
    return status;
}

static void release(fixture *f)
{
    for (size_t i = 0; i < f->epochs; i++)
        free(f->weights[i]);
    samples_close(&f->training);
    samples_close(&f->validation);
    hg_network_destroy(f->network);
}

/* By the rule of train.h, over the first `epochs` reports. */
static size_t best_of(const fixture *f, size_t epochs)
{
    size_t best = 0;
    for (size_t i = 1; i < epochs; i++) {
        const hg_evaluation *a = &f->report[i].validation, *b = &f->report[best].validation;
        if (a->accuracy > b->accuracy || (a->accuracy == b->accuracy && a->loss < b->loss))
            best = i;
    }
    return best;
}

static void assert_network_is(fixture *f, size_t epoch)
{
    hg_real *values = copy_parameters(f->network, &f->count);
    ck_assert_mem_eq(values, f->weights[epoch], f->count * sizeof *values);
    free(values);
}

START_TEST(each_epoch_is_validated_and_compared)
{
    fixture f = { .stop_at = 0 };
    ck_assert_int_eq(train(&f, (hg_train_options){ .patience = 0 }), HG_OK);
    ck_assert_uint_eq(f.epochs, EPOCHS);
    for (size_t i = 0; i < EPOCHS; i++) {
        ck_assert(f.report[i].validated && !f.report[i].tested && !f.report[i].out_of_patience);
        ck_assert_int_eq(f.report[i].best_epoch, (int)best_of(&f, i + 1) + 1);
    }
    hg_evaluation last;
    ck_assert_int_eq(hg_network_evaluate(f.network, &f.validation.bytes, &last, NULL), HG_OK);
    ck_assert_double_eq(last.loss, f.report[EPOCHS - 1].validation.loss);
    ck_assert_double_eq(last.accuracy, f.report[EPOCHS - 1].validation.accuracy);
    ck_assert_uint_lt(best_of(&f, EPOCHS), EPOCHS - 1); /* or the tests below show nothing */
    assert_network_is(&f, EPOCHS - 1);
    release(&f);
}
END_TEST

START_TEST(the_best_weights_are_kept)
{
    fixture f = { .stop_at = 0 };
    ck_assert_int_eq(train(&f, (hg_train_options){ .keep_best = true }), HG_OK);
    ck_assert_uint_eq(f.epochs, EPOCHS);
    assert_network_is(&f, best_of(&f, EPOCHS));
    release(&f);
}
END_TEST

START_TEST(patience_ends)
{
    for (int patience = 1; patience <= 3; patience++)
        for (int keep_best = 0; keep_best < 2; keep_best++) {
            fixture f = { .stop_at = 0 };
            ck_assert_int_eq(train(&f, (hg_train_options){ .patience = patience, .keep_best = keep_best }), HG_OK);
            ck_assert_uint_lt(f.epochs, EPOCHS);
            const size_t best = best_of(&f, f.epochs);
            ck_assert_uint_eq(f.epochs, best + 1 + (size_t)patience);
            for (size_t i = 0; i < f.epochs; i++)
                ck_assert_int_eq(f.report[i].out_of_patience, i + 1 == f.epochs);
            assert_network_is(&f, keep_best ? best : f.epochs - 1);
            release(&f);
        }
}
END_TEST

START_TEST(the_last_epoch_is_no_early_stop)
{
    fixture all = { .stop_at = 0 };
    train(&all, (hg_train_options){ .patience = 0 });
    const int left = EPOCHS - 1 - (int)best_of(&all, EPOCHS);
    fixture f = { .stop_at = 0 };
    ck_assert_int_eq(train(&f, (hg_train_options){ .patience = left + 1 }), HG_OK);
    ck_assert_uint_eq(f.epochs, EPOCHS);
    ck_assert(!f.report[EPOCHS - 1].out_of_patience);
    release(&f);
    release(&all);
}
END_TEST

START_TEST(a_stopped_training_leaves_the_best)
{
    fixture f = { .stop_at = EPOCHS - 1 };
    ck_assert_int_eq(train(&f, (hg_train_options){ .keep_best = true }), HG_STOPPED);
    ck_assert_uint_eq(f.epochs, EPOCHS - 1);
    assert_network_is(&f, best_of(&f, f.epochs));
    release(&f);
}
END_TEST

/* What is validated, and kept, is the average. */
START_TEST(the_best_average_is_kept)
{
    fixture f = { .stop_at = 0 };
    ck_assert_int_eq(train(&f, (hg_train_options){ .keep_best = true, .average = hg_ema(0.8) }), HG_OK);
    const size_t best = best_of(&f, EPOCHS);
    hg_evaluation kept;
    assert_network_is(&f, best);
    ck_assert_int_eq(hg_network_evaluate(f.network, &f.validation.bytes, &kept, NULL), HG_OK);
    ck_assert_double_eq(kept.loss, f.report[best].validation.loss);
    release(&f);
}
END_TEST

START_TEST(loss_decides_between_equal_accuracies)
{
    static const struct {
        double loss, accuracy;
        int best;
    } epochs[] = { { 0.5, 0.75, 1 }, { 0.6, 0.75, 1 }, { 0.5, 0.75, 1 }, { 0.4, 0.75, 4 },
                   { 0.1, 0.5, 4 },  { 9, 0.875, 6 },  { 0.1, 0.75, 6 } };
    hg_network *network = small_network(hg_relu(), 1);
    validation validation;
    ck_assert_int_eq(validation_create(&validation, network, false, NULL), HG_OK);
    for (int i = 0; i < (int)HG_COUNT(epochs); i++) {
        validation_epoch(&validation, network, i + 1, &(hg_evaluation){ epochs[i].loss, epochs[i].accuracy, 0 });
        ck_assert_int_eq(validation.best_epoch, epochs[i].best);
        ck_assert_int_eq(validation.epochs_since, i + 1 - epochs[i].best);
    }
    validation_destroy(&validation);
    hg_network_destroy(network);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const hg_shape other_shape = { 1, SMALL_SIDE + 1, SMALL_SIDE };
    samples samples, other;
    samples_open(&samples, 3, small_shape, SMALL_CLASSES, 2);
    samples_open(&other, 3, other_shape, SMALL_CLASSES, 2);
    const struct {
        hg_train_options options;
        hg_status status;
        const char *message;
    } rows[] = {
        { { .patience = 2 }, HG_BAD_ARGUMENT, ".patience needs a .validation data set" },
        { { .keep_best = true }, HG_BAD_ARGUMENT, ".keep_best needs a .validation data set" },
        { { .patience = -1, .validation = &samples.bytes }, HG_BAD_ARGUMENT, "a patience of -1 epochs" },
        { { .validation = &other.bytes }, HG_BAD_DATA, "the validation set's images are 9 x 8 x 1" },
        { { .test = &other.bytes }, HG_BAD_DATA, "the test set's images are 9 x 8 x 1" },
    };
    hg_network *network = small_network(hg_relu(), 1);
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        hg_error error = { .message = "" };
        ck_assert_int_eq(hg_network_train(network, &samples.bytes, &rows[i].options, &error), rows[i].status);
        ck_assert_msg(strstr(error.message, rows[i].message), "%s", error.message);
    }
    hg_network_destroy(network);
    samples_close(&samples);
    samples_close(&other);
}
END_TEST

Suite *validation_suite(void)
{
    Suite *suite = suite_create("validation");
    TCase *validation = tcase_create("validation");
    tcase_add_test(validation, each_epoch_is_validated_and_compared);
    tcase_add_test(validation, the_best_weights_are_kept);
    tcase_add_test(validation, patience_ends);
    tcase_add_test(validation, the_last_epoch_is_no_early_stop);
    tcase_add_test(validation, a_stopped_training_leaves_the_best);
    tcase_add_test(validation, the_best_average_is_kept);
    tcase_add_test(validation, loss_decides_between_equal_accuracies);
    tcase_add_test(validation, nonsense_is_refused);
    suite_add_tcase(suite, validation);
    return suite;
}
