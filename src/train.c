/* The training loop: epochs, shuffles, batches, callbacks. */
#include <math.h>
#include <string.h>

#include "src/average.h"
#include "src/batch.h"
#include "src/clock.h"
#include "src/load.h"
#include "src/validation.h"

enum { USUAL_EPOCHS = 10, USUAL_BATCH = 128 };

typedef struct training {
    hg_network *network;
    const hg_dataset *dataset;
    hg_train_options options; /* with the defaults filled in */
    augmenter augmenter;
    batch batch;
    uint32_t *order; /* of the samples in this epoch */
    uint64_t steps;
    unsigned char *active; /* [unit_count]: units seen active in this epoch */
    average average;
    validation validation;
} training;

/* Fisher and Yates, from the data set's own order: each epoch's is a function of seed and epoch. */
static void order_samples(training *t, uint32_t epoch)
{
    const uint32_t count = (uint32_t)t->dataset->count;
    for (uint32_t i = 0; i < count; i++)
        t->order[i] = i;
    if (t->options.no_shuffle)
        return;
    hg_random random = hg_random_stream(t->options.seed, HG_FOR_SHUFFLE, epoch, 0);
    for (uint32_t left = count; left > 1; left--) {
        const uint32_t other = hg_random_below(&random, left), swapped = t->order[left - 1];
        t->order[left - 1] = t->order[other];
        t->order[other] = swapped;
    }
}

static hg_status name_step(const training *t, int epoch, hg_status status, const hg_error *local, hg_error *error)
{
    if (status == HG_NOT_FINITE)
        return hg_fail(error, status, "epoch %d, step %llu: %s", epoch, (unsigned long long)t->steps + 1,
                       local->message);
    return hg_fail(error, status, "%s", local->message);
}

static bool out_of_steps(const training *t)
{
    return t->options.steps > 0 && t->steps >= t->options.steps;
}

static size_t epoch_steps(const training *t)
{
    const size_t size = (size_t)t->options.batch;
    return (t->dataset->count + size - 1) / size;
}

/* What the schedule makes of the learning rate in step `step` of an epoch, from 0. */
static double rate_factor(const training *t, int epoch, size_t step)
{
    const double steps = (double)epoch_steps(t), limit = (double)t->options.steps / steps;
    const double epochs = t->options.steps > 0 ? fmin(t->options.epochs, limit) : t->options.epochs;
    return hg_schedule_factor(t->options.schedule, epoch - 1 + ((double)step + 0.5) / steps, epochs);
}

/* Trains one epoch, or what is left of the steps. *go_on is what the callback said. */
static hg_status train_epoch(training *t, int epoch, hg_epoch_report *report, bool *go_on, hg_error *error)
{
    const size_t count = t->dataset->count, size = (size_t)t->options.batch, steps = epoch_steps(t);
    const double rate = t->options.optimizer.type->learning_rate(t->options.optimizer.options);
    double loss_sum = 0, start = clock_seconds();
    size_t correct = 0;
    *report = (hg_epoch_report){ .epoch = epoch };
    order_samples(t, (uint32_t)epoch);
    memset(t->active, 0, t->network->unit_count);
    for (size_t step = 0; step < steps && *go_on && !out_of_steps(t); step++) {
        const size_t first = step * size, samples = count - first < size ? count - first : size;
        hg_error local = { .status = HG_OK };
        double loss = 0;
        const double factor = rate_factor(t, epoch, step);
        const hg_status status = batch_step(&t->batch, t->order + first, samples, (uint32_t)epoch, factor, &loss,
                                            &correct, t->active, &local);
        if (status)
            return name_step(t, epoch, status, &local, error);
        average_step(&t->average, t->network, t->batch.team->pool);
        report->learning_rate = factor * rate;
        report->train_seconds += clock_seconds() - start;
        report->samples += samples;
        t->steps++;
        loss_sum += loss;
        if (t->options.on_step)
            *go_on = t->options.on_step(&(hg_step_report){ .epoch = epoch,
                                                           .step = t->steps,
                                                           .epoch_step = step + 1,
                                                           .epoch_steps = steps,
                                                           .samples = samples,
                                                           .loss = loss / (double)samples,
                                                           .learning_rate = report->learning_rate,
                                                           .gradient_norm = t->batch.clip.norm,
                                                           .seconds = report->train_seconds },
                                        t->options.context);
        start = clock_seconds();
    }
    report->steps = t->steps;
    report->train_loss = loss_sum / (double)report->samples;
    report->train_accuracy = (double)correct / (double)report->samples;
    return HG_OK;
}

static void mark_silent(training *t)
{
    for (size_t u = 0; u < t->network->unit_count; u++)
        t->network->silent[u] = !t->active[u];
}

static hg_status validate(training *t, hg_epoch_report *report, hg_error *error)
{
    const hg_status status = hg_network_evaluate(t->network, t->options.validation, &report->validation, error);
    if (status)
        return status;
    validation_epoch(&t->validation, t->network, report->epoch, &report->validation);
    report->validated = true;
    report->best_epoch = t->validation.best_epoch;
    report->out_of_patience = t->options.patience > 0 && t->validation.epochs_since >= t->options.patience &&
                              report->epoch < t->options.epochs && !out_of_steps(t);
    return status;
}

static hg_status finish_epoch(training *t, hg_epoch_report *report, bool *go_on, hg_error *error)
{
    hg_status status = HG_OK;
    mark_silent(t);
    average_epoch(&t->average, t->network, report->epoch);
    average_show(&t->average, t->network);
    if (t->options.validation)
        status = validate(t, report, error);
    if (t->options.test && !status) {
        status = hg_network_evaluate(t->network, t->options.test, &report->test, error);
        report->tested = true;
    }
    if (t->options.on_epoch && !status) {
        status = hg_network_inspect(t->network, t->dataset, &report->layers, &report->layer_count, error);
        if (!status)
            *go_on = t->options.on_epoch(report, t->options.context) && *go_on;
    }
    average_hide(&t->average, t->network);
    return status;
}

static hg_status train_all(training *t, hg_error *error)
{
    hg_epoch_report report = { .out_of_patience = false };
    bool go_on = true;
    average_begin(&t->average, t->network);
    for (int epoch = 1; epoch <= t->options.epochs && go_on && !out_of_steps(t) && !report.out_of_patience; epoch++) {
        hg_status status = train_epoch(t, epoch, &report, &go_on, error);
        if (!status)
            status = finish_epoch(t, &report, &go_on, error);
        if (status)
            return status;
    }
    average_show(&t->average, t->network);
    validation_restore(&t->validation, t->network);
    return go_on ? HG_OK
                 : hg_fail(error, HG_STOPPED, "a callback stopped the training after step %llu",
                           (unsigned long long)t->steps);
}

static hg_status check_options(training *t, hg_error *error)
{
    hg_train_options *options = &t->options;
    if (options->epochs < 0 || options->batch < 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "%d epochs of batches of %d samples: neither is negative",
                       options->epochs, options->batch);
    if (options->epochs == 0)
        options->epochs = USUAL_EPOCHS;
    if (options->batch == 0)
        options->batch = USUAL_BATCH;
    hg_status status = load_check(t->network, t->dataset, error);
    if (!status && options->test)
        status = load_check(t->network, options->test, error);
    if (!status && options->validation)
        status = load_check(t->network, options->validation, error);
    if (!status)
        status = hg_schedule_check(options->schedule, options->epochs, error);
    if (!status)
        status = clip_check(options->clip_norm, error);
    if (!status)
        status = average_check(&options->average, options->epochs, error);
    if (!status)
        status = augmenter_set_up(&t->augmenter, &options->augment, t->dataset->shape, options->seed, error);
    return status ? status : validation_check(options, error);
}

static hg_status prepare(training *t, hg_error *error)
{
    const size_t samples = t->dataset->count;
    const augmenter *augmenter = t->augmenter.changes ? &t->augmenter : NULL;
    hg_status status = batch_create(&t->batch, t->network, t->dataset, augmenter, &t->options, error);
    if (!status)
        status = average_create(&t->average, t->network, t->options.average, error);
    if (!status)
        status = validation_create(&t->validation, t->network, t->options.keep_best, error);
    if (!status) {
        t->order = hg_allocate(samples, sizeof *t->order);
        t->active = hg_allocate(t->network->unit_count, 1);
        if (!t->order || !t->active)
            status = hg_fail(error, HG_NO_MEMORY, "no memory for the order of %zu samples", samples);
    }
    return status;
}

static void release(training *t)
{
    hg_release(t->order);
    hg_release(t->active);
    average_destroy(&t->average);
    t->network->hidden = NULL;
    validation_destroy(&t->validation);
    batch_destroy(&t->batch);
}

hg_status hg_network_train(hg_network *network, const hg_dataset *dataset, const hg_train_options *options,
                           hg_error *error)
{
    const hg_optimizer usual = hg_sgd(0.01, .momentum = 0.9);
    training t = { .network = network, .dataset = dataset };
    if (options)
        t.options = *options;
    if (!t.options.optimizer.type)
        t.options.optimizer = usual;
    hg_status status = check_options(&t, error);
    if (!status && !network->normalized)
        status = hg_network_normalize(network, dataset, error);
    if (status)
        return status;
    status = prepare(&t, error);
    if (!status)
        status = train_all(&t, error);
    release(&t);
    return status;
}
