/* Checkpoints: a training that goes on from any of them ends with the bits of one that was never
 * interrupted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model_file.h"
#include "samples.h"

Suite *checkpoint_suite(void);

enum {
    COUNT = 75,
    BATCH = 20,
    BATCHES = 4,
    EPOCHS = 4,
    STEPS = EPOCHS * BATCHES,
    MOST_FILES = STEPS + EPOCHS,
    MOST_BYTES = 1 << 16,
    PATIENCE = 2
};
static const double EACH_STEP = 1e-12; /* minutes */

/* ---- trainings ---- */

/* One for each thing that is carried from step to step. */
static const struct {
    hg_train_options options;
    enum { SGD, MOMENTUM, ADAM, ADAMW } optimizer;
    bool validated;
} rows[] = {
    { { .no_shuffle = true }, SGD, false },
    { { .seed = UINT64_MAX, .clip_norm = 0.5 }, MOMENTUM, false },
    { { .augment = { .shift = 1, .rotation = 10, .elastic = 0.5, .smoothness = 2, .noise = 0.02 } }, ADAM, false },
    { { .schedule = { .kind = HG_SCHEDULE_COSINE, .warmup = 0.6 } }, ADAMW, false },
    { { .average = { .kind = HG_AVERAGE_EMA, .decay = 0.8 } }, MOMENTUM, false },
    { { .average = { .kind = HG_AVERAGE_SWA, .from = 2 } }, ADAM, false },
    { { .keep_best = true }, ADAM, true },
    { { .keep_best = true, .patience = PATIENCE }, MOMENTUM, true },
    { { .keep_best = true, .average = { .kind = HG_AVERAGE_SWA, .from = 1 }, .steps = 2 * BATCHES + 2 }, ADAM, true },
    { { .average = { .kind = HG_AVERAGE_SWA, .from = 2 }, .steps = BATCHES }, SGD, false },
};

/* Running statistics, dropped units, thresholds, units that can die. */
static hg_network *all_kinds_network(int threads)
{
    const hg_layer layers[] = {
        hg_image_input(SMALL_SIDE, SMALL_SIDE, .normalization = HG_ZSCORE),
        hg_conv2d(3, 5, .no_bias = true),
        hg_batch_normalization(),
        hg_threshold_relu(HG_CEILING, 1),
        hg_max_pool2d(2),
        hg_dropout(0.2),
        hg_fully_connected(9),
        hg_relu(),
        hg_fully_connected(SMALL_CLASSES),
        hg_softmax(),
        hg_classification(0.1),
    };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &model_error);
    ck_assert_msg(network != NULL, "%s", model_error.message);
    hg_network_initialize(network, 5);
    ck_assert_int_eq(hg_network_set_threads(network, threads, NULL), HG_OK);
    return network;
}

static hg_optimizer optimizer_of(int row)
{
    static const hg_sgd_options sgd = { sizeof sgd, 0.05, 0, 1e-3, false };
    static const hg_sgd_options momentum = { sizeof momentum, 0.05, 0.9, 0, true };
    static const hg_adam_options adam = { .size = sizeof adam, .learning_rate = 0.01 };
    static const hg_adamw_options adamw = { .size = sizeof adamw, .learning_rate = 0.01 };
    const hg_optimizer optimizers[] = {
        { &hg_sgd_type, &sgd }, { &hg_sgd_type, &momentum }, { &hg_adam_type, &adam }, { &hg_adamw_type, &adamw }
    };
    return optimizers[rows[row].optimizer];
}

typedef struct copy {
    size_t size;
    char bytes[MOST_BYTES];
} copy;

/* A training, what it said, and each checkpoint as it was. */
typedef struct fixture {
    samples training, validation;
    hg_network *network;
    hg_train_options options;
    uint64_t stop_at;  /* on_step, if not 0 */
    int stop_at_epoch; /* on_epoch, if not 0 */
    size_t epochs;
    hg_epoch_report report[EPOCHS];
    hg_activation_report layer[EPOCHS][2];
    uint64_t steps;
    size_t files, failures;
    copy *file;
    hg_checkpoint_report checkpoint;
} fixture;

static bool on_step(const hg_step_report *report, void *context)
{
    fixture *f = context;
    f->steps++;
    return report->step != f->stop_at;
}

static bool on_epoch(const hg_epoch_report *report, void *context)
{
    fixture *f = context;
    f->report[report->epoch - 1] = *report;
    memcpy(f->layer[report->epoch - 1], report->layers, sizeof f->layer[0]);
    f->epochs++;
    return report->epoch != f->stop_at_epoch;
}

static void on_checkpoint(const hg_checkpoint_report *report, void *context)
{
    fixture *f = context;
    f->checkpoint = *report;
    f->failures += report->status != HG_OK;
    ck_assert((report->message[0] == '\0') == (report->status == HG_OK));
    if (report->status == HG_OK && f->file) {
        copy *copy = &f->file[f->files++];
        copy->size = scratch_read(model_path, copy->bytes, sizeof copy->bytes);
    }
}

static void open_fixture(fixture *f, int row, int threads)
{
    *f = (fixture){ .network = all_kinds_network(threads), .options = rows[row].options };
    samples_open(&f->training, COUNT, small_shape, SMALL_CLASSES, 1);
    samples_open(&f->validation, COUNT, small_shape, SMALL_CLASSES, 2);
    f->options.optimizer = optimizer_of(row);
    f->options.epochs = EPOCHS;
    f->options.batch = BATCH;
    f->options.validation = rows[row].validated ? &f->validation.bytes : NULL;
    f->options.on_step = on_step;
    f->options.on_epoch = on_epoch;
    f->options.on_checkpoint = on_checkpoint;
    f->options.context = f;
}

static void close_fixture(fixture *f)
{
    samples_close(&f->training);
    samples_close(&f->validation);
    hg_network_destroy(f->network);
    free(f->file);
}

static hg_status train(fixture *f)
{
    model_error.message[0] = '\0';
    return hg_network_train(f->network, &f->training.bytes, &f->options, &model_error);
}

static void assert_trains(fixture *f)
{
    if (train(f))
        ck_abort_msg("%s", model_error.message);
}

/* Everything but the times. */
static void assert_same_reports(const fixture *a, const fixture *b, size_t from)
{
    for (size_t e = from; e < a->epochs; e++) {
        hg_epoch_report left = a->report[e], right = b->report[e];
        ck_assert_double_ge(right.train_seconds, 0);
        left.train_seconds = right.train_seconds = 0;
        left.validation.seconds = right.validation.seconds = 0;
        ck_assert_double_eq(left.train_loss, right.train_loss);
        ck_assert_double_eq(left.train_accuracy, right.train_accuracy);
        ck_assert_double_eq(left.validation.loss, right.validation.loss);
        ck_assert_double_eq(left.learning_rate, right.learning_rate);
        ck_assert_uint_eq(left.samples, right.samples);
        ck_assert_uint_eq(left.steps, right.steps);
        ck_assert_int_eq(left.best_epoch, right.best_epoch);
        ck_assert_int_eq(left.out_of_patience, right.out_of_patience);
        for (size_t i = 0; i < HG_COUNT(a->layer[e]); i++) {
            const hg_activation_report *x = &a->layer[e][i], *y = &b->layer[e][i];
            ck_assert_uint_eq(x->silent, y->silent);
            ck_assert_uint_eq(x->dead, y->dead);
            ck_assert_uint_eq(x->new_dead, y->new_dead);
            ck_assert_uint_eq(x->revived, y->revived);
        }
    }
}

static hg_status resume(fixture *f, int row, int threads)
{
    open_fixture(f, row, threads);
    /* what the network holds is of no account */
    hg_network_initialize(f->network, 99);
    f->options.resume = model_path;
    return train(f);
}

/* ---- the same bits ---- */

/* As if killed behind each step: every checkpoint that there ever was ends alike. */
START_TEST(every_checkpoint_leads_to_the_same_network)
{
    fixture whole, kept, resumed;
    open_fixture(&whole, _i, 1);
    assert_trains(&whole);
    open_fixture(&kept, _i, 2);
    kept.file = calloc(MOST_FILES, sizeof *kept.file);
    kept.options.checkpoint = model_path;
    kept.options.checkpoint_minutes = EACH_STEP;
    assert_trains(&kept);
    assert_same_parameters(whole.network, kept.network);
    ck_assert_uint_eq(kept.files, whole.steps);
    ck_assert_uint_eq(kept.failures, 0);
    for (size_t i = 0; i < kept.files; i++) {
        scratch_write(model_path, kept.file[i].bytes, kept.file[i].size);
        const hg_status status = resume(&resumed, _i, 1 + (int)i % 3);
        ck_assert_msg(status == HG_OK, "%s", model_error.message);
        assert_same_parameters(whole.network, resumed.network);
        ck_assert_uint_eq(resumed.steps, whole.steps - i - 1);
        resumed.epochs = whole.epochs;
        assert_same_reports(&whole, &resumed, (i + 1) / BATCHES);
        close_fixture(&resumed);
    }
    close_fixture(&kept);
    close_fixture(&whole);
}
END_TEST

/* What a stop within an epoch shows of it, its average and its best, is not what training goes on with. */
START_TEST(every_stop_goes_on_to_the_same_network)
{
    fixture whole, stopped, resumed;
    open_fixture(&whole, _i, 2);
    assert_trains(&whole);
    for (uint64_t step = 1; step <= whole.steps; step++) {
        open_fixture(&stopped, _i, 1);
        stopped.options.checkpoint = model_path;
        stopped.stop_at = step;
        ck_assert_int_eq(train(&stopped), HG_STOPPED);
        ck_assert_uint_eq(stopped.checkpoint.step, step);
        ck_assert_int_eq(stopped.checkpoint.epoch, (int)(step / BATCHES) + 1);
        ck_assert_uint_eq(stopped.checkpoint.epoch_step, step % BATCHES);
        ck_assert_int_eq(resume(&resumed, _i, 2), HG_OK);
        assert_same_parameters(whole.network, resumed.network);
        close_fixture(&resumed);
        close_fixture(&stopped);
    }
    close_fixture(&whole);
}
END_TEST

START_TEST(a_stop_between_epochs_goes_on_too)
{
    fixture whole, stopped, resumed;
    open_fixture(&whole, _i, 2);
    assert_trains(&whole);
    open_fixture(&stopped, _i, 1);
    stopped.options.checkpoint = model_path;
    stopped.stop_at_epoch = 1;
    ck_assert_int_eq(train(&stopped), HG_STOPPED);
    ck_assert_int_eq(resume(&resumed, _i, 2), HG_OK);
    assert_same_parameters(whole.network, resumed.network);
    close_fixture(&resumed);
    close_fixture(&stopped);
    close_fixture(&whole);
}
END_TEST

/* Interrupted again and again, each time by one step. */
START_TEST(many_interruptions_do_not_add_up)
{
    fixture whole, f;
    open_fixture(&whole, _i, 2);
    assert_trains(&whole);
    hg_status status = HG_STOPPED;
    for (uint64_t step = 1; status == HG_STOPPED; step++) {
        open_fixture(&f, _i, 1);
        f.options.checkpoint = model_path;
        f.options.resume = step > 1 ? model_path : NULL;
        f.stop_at = step < whole.steps ? step : 0;
        status = train(&f);
        if (!status)
            assert_same_parameters(whole.network, f.network);
        close_fixture(&f);
    }
    ck_assert_msg(status == HG_OK, "%s", model_error.message);
    close_fixture(&whole);
}
END_TEST

/* ---- more of it, or none ---- */

enum { PLAIN_ROW = 0, PATIENT_ROW = 7 };

START_TEST(a_complete_training_returns_at_once_or_goes_further)
{
    fixture first, again, whole, further;
    open_fixture(&whole, PLAIN_ROW, 1);
    assert_trains(&whole);
    open_fixture(&first, PLAIN_ROW, 1);
    first.options.checkpoint = model_path;
    first.options.epochs = EPOCHS / 2;
    assert_trains(&first);
    open_fixture(&again, PLAIN_ROW, 1);
    again.options.resume = model_path;
    again.options.epochs = EPOCHS / 2;
    assert_trains(&again);
    ck_assert_uint_eq(again.steps, 0);
    assert_same_parameters(first.network, again.network);
    ck_assert_int_eq(resume(&further, PLAIN_ROW, 1), HG_OK);
    ck_assert_uint_eq(further.steps, STEPS / 2);
    assert_same_parameters(whole.network, further.network);
    close_fixture(&first);
    close_fixture(&again);
    close_fixture(&further);
    close_fixture(&whole);
}
END_TEST

START_TEST(patience_that_ran_out_stays_so_until_there_is_more)
{
    fixture f, again;
    open_fixture(&f, PATIENT_ROW, 1);
    f.options.checkpoint = model_path;
    assert_trains(&f);
    const bool ran_out = f.report[f.epochs - 1].out_of_patience;
    ck_assert_msg(ran_out, "or this shows nothing: %zu epochs, best %d", f.epochs, f.report[f.epochs - 1].best_epoch);
    ck_assert_int_eq(resume(&again, PATIENT_ROW, 1), HG_OK);
    ck_assert_uint_eq(again.steps, 0);
    assert_same_parameters(f.network, again.network);
    again.options.patience = 0;
    assert_trains(&again);
    ck_assert_uint_eq(again.steps, (EPOCHS - f.epochs) * BATCHES);
    close_fixture(&again);
    close_fixture(&f);
}
END_TEST

START_TEST(a_checkpoint_is_a_model_file)
{
    fixture f;
    open_fixture(&f, PLAIN_ROW, 1);
    f.options.checkpoint = model_path;
    ck_assert_int_eq(hg_network_set_note(f.network, "kind", "digits", NULL), HG_OK);
    assert_trains(&f);
    hg_network *loaded = hg_network_load(model_path, &model_error);
    ck_assert_msg(loaded != NULL, "%s", model_error.message);
    assert_same_parameters(f.network, loaded);
    ck_assert_str_eq(hg_network_note(loaded, "kind"), "digits");
    hg_network_initialize(loaded, 4);
    ck_assert_int_eq(hg_network_load_weights(loaded, model_path, NULL), HG_OK);
    assert_same_parameters(f.network, loaded);
    hg_network_destroy(loaded);
    close_fixture(&f);
}
END_TEST

Suite *checkpoint_suite(void)
{
    enum { SECONDS = 60 };
    Suite *suite = suite_create("checkpoint");
    TCase *tests = tcase_create("checkpoint");
    tcase_set_timeout(tests, SECONDS);
    model_file_add(tests);
    tcase_add_loop_test(tests, every_checkpoint_leads_to_the_same_network, 0, HG_COUNT(rows));
    tcase_add_loop_test(tests, every_stop_goes_on_to_the_same_network, 0, HG_COUNT(rows));
    tcase_add_loop_test(tests, a_stop_between_epochs_goes_on_too, 0, HG_COUNT(rows));
    tcase_add_loop_test(tests, many_interruptions_do_not_add_up, 0, HG_COUNT(rows));
    tcase_add_test(tests, a_complete_training_returns_at_once_or_goes_further);
    tcase_add_test(tests, patience_that_ran_out_stays_so_until_there_is_more);
    tcase_add_test(tests, a_checkpoint_is_a_model_file);
    suite_add_tcase(suite, tests);
    return suite;
}
