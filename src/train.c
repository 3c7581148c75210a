/* The training loop: epochs, shuffles, batches, callbacks. */
#include <string.h>

#include "src/clock.h"
#include "src/training.h"

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
        return hg_fail(error, status, "epoch %d, step %llu: %s", epoch, (unsigned long long)training_steps(t) + 1,
                       local->message);
    return hg_fail(error, status, "%s", local->message);
}

static bool out_of_steps(const training *t)
{
    return t->options.steps > 0 && training_steps(t) >= t->options.steps;
}

static bool out_of_patience(const training *t)
{
    return t->options.patience > 0 && t->validation.epochs_since >= t->options.patience;
}

/* The learning rate of step `step` of the epoch, from 0, as a factor of the optimizer's. */
static double rate_factor(const training *t, size_t step)
{
    const double place = t->position.epoch - 1 + ((double)step + 0.5) / (double)training_epoch_steps(t);
    return hg_schedule_factor(t->options.schedule, place, training_length(t));
}

static double learning_rate(const training *t, size_t step)
{
    return rate_factor(t, step) * t->options.optimizer.type->learning_rate(t->options.optimizer.options);
}

/* Samples in the epoch's first steps. */
static size_t samples_of(const training *t, size_t steps)
{
    const size_t samples = steps * (size_t)t->options.batch;
    return samples < t->dataset->count ? samples : t->dataset->count;
}

/* *loss: the sum over the samples. */
static hg_status take_step(training *t, double *loss, hg_error *error)
{
    position *position = &t->position;
    const size_t first = samples_of(t, position->step), samples = samples_of(t, position->step + 1) - first;
    hg_error local = { .status = HG_OK };
    *loss = 0;
    const hg_status status = batch_step(&t->batch, t->order + first, samples, (uint32_t)position->epoch,
                                        rate_factor(t, position->step), loss, &position->correct, t->active, &local);
    if (status)
        return name_step(t, position->epoch, status, &local, error);
    average_step(&t->average, t->network, t->batch.team->pool);
    position->loss_sum += *loss;
    position->step++;
    return HG_OK;
}

/* What on_step says. */
static bool report_step(const training *t, double loss)
{
    const position *position = &t->position;
    const size_t samples = samples_of(t, position->step) - samples_of(t, position->step - 1);
    return !t->options.on_step ||
           t->options.on_step(&(hg_step_report){ .epoch = position->epoch,
                                                 .step = training_steps(t),
                                                 .epoch_step = position->step,
                                                 .epoch_steps = training_epoch_steps(t),
                                                 .samples = samples,
                                                 .loss = loss / (double)samples,
                                                 .learning_rate = learning_rate(t, position->step - 1),
                                                 .gradient_norm = t->batch.clip.norm,
                                                 .seconds = position->seconds },
                              t->options.context);
}

/* Trains what is left of an epoch, or of the steps. *go_on is what the callback said. */
static hg_status train_epoch(training *t, hg_epoch_report *report, bool *go_on, hg_error *error)
{
    const size_t steps = training_epoch_steps(t);
    position *position = &t->position;
    double start = clock_seconds(), loss;
    order_samples(t, (uint32_t)position->epoch);
    while (position->step < steps && *go_on && !out_of_steps(t)) {
        const hg_status status = take_step(t, &loss, error);
        if (status)
            return status;
        position->seconds += clock_seconds() - start;
        *go_on = report_step(t, loss);
        if (*go_on && position->step < steps && !out_of_steps(t) && checkpoint_due(t))
            checkpoint_save(t);
        start = clock_seconds();
    }
    /* before the epoch is looked at as if it were whole: what comes of that is not what training goes on with */
    if (position->step < steps)
        checkpoint_save(t);
    *report = (hg_epoch_report){ .epoch = position->epoch,
                                 .steps = training_steps(t),
                                 .samples = samples_of(t, position->step),
                                 .train_seconds = position->seconds,
                                 .learning_rate = learning_rate(t, position->step - 1) };
    report->train_loss = position->loss_sum / (double)report->samples;
    report->train_accuracy = (double)position->correct / (double)report->samples;
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
    report->out_of_patience = out_of_patience(t) && report->epoch < t->options.epochs && !out_of_steps(t);
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

/* The next epoch, unless it was left in its middle: then the checkpoint has been written there. */
static void next_epoch(training *t)
{
    const bool whole = t->position.step == training_epoch_steps(t);
    t->position = (position){ .epoch = t->position.epoch + 1 };
    memset(t->active, 0, t->network->unit_count);
    if (whole)
        checkpoint_save(t);
}

/* An epoch of which steps are done is to be finished, be it without a further one. */
static bool unfinished(const training *t)
{
    return t->position.epoch <= t->options.epochs && (t->position.step > 0 || !out_of_steps(t)) && !out_of_patience(t);
}

static hg_status train_all(training *t, hg_error *error)
{
    bool go_on = true;
    uint64_t steps = training_steps(t);
    while (unfinished(t) && go_on) {
        hg_epoch_report report;
        hg_status status = train_epoch(t, &report, &go_on, error);
        if (!status)
            status = finish_epoch(t, &report, &go_on, error);
        if (status)
            return status;
        steps = report.steps;
        next_epoch(t);
    }
    average_show(&t->average, t->network);
    validation_restore(&t->validation, t->network);
    if (t->checkpoint.failure.status)
        return hg_fail(error, HG_UNSAVED, "trained, but the checkpoint is behind: %s", t->checkpoint.failure.message);
    return go_on ? HG_OK
                 : hg_fail(error, HG_STOPPED, "a callback stopped the training after step %llu",
                           (unsigned long long)steps);
}

/* From the parameters as they are. */
static hg_status begin(training *t, hg_error *error)
{
    hg_status status = t->network->normalized ? HG_OK : hg_network_normalize(t->network, t->dataset, error);
    if (!status)
        status = training_create(t, error);
    if (!status)
        average_begin(&t->average, t->network);
    return status;
}

static hg_status resume(training *t, hg_error *error)
{
    safetensors file;
    hg_status status = checkpoint_open(t, &file, error);
    if (status)
        return status;
    status = training_create(t, error);
    if (!status)
        status = checkpoint_load(t, &file, error);
    safetensors_close(&file);
    return status;
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
    hg_status status = training_check(&t, error);
    if (status)
        return status;
    status = t.options.resume ? resume(&t, error) : begin(&t, error);
    if (!status)
        status = train_all(&t, error);
    training_destroy(&t);
    return status;
}
