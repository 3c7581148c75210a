/* The training loop: epochs, shuffles, batches, callbacks. */
#include <string.h>

#include "src/batch.h"
#include "src/clock.h"
#include "src/load.h"

enum { USUAL_EPOCHS = 10, USUAL_BATCH = 128 };

typedef struct training {
    hg_network *network;
    const hg_dataset *dataset;
    hg_train_options options; /* with the defaults filled in */
    batch batch;
    uint32_t *order; /* of the samples in this epoch */
    uint64_t steps;
    unsigned char *active; /* [unit_count]: units seen active in this epoch */
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

/* Trains one epoch, or what is left of the steps. *go_on is what the callback said. */
static hg_status train_epoch(training *t, int epoch, hg_epoch_report *report, bool *go_on, hg_error *error)
{
    const size_t count = t->dataset->count, size = (size_t)t->options.batch, steps = (count + size - 1) / size;
    double loss_sum = 0, start = clock_seconds();
    size_t correct = 0;
    *report =
        (hg_epoch_report){ .epoch = epoch,
                           .learning_rate = t->options.optimizer.type->learning_rate(t->options.optimizer.options) };
    order_samples(t, (uint32_t)epoch);
    memset(t->active, 0, t->network->unit_count);
    for (size_t step = 0; step < steps && *go_on && !out_of_steps(t); step++) {
        const size_t first = step * size, samples = count - first < size ? count - first : size;
        hg_error local = { .status = HG_OK };
        double loss = 0;
        const hg_status status =
            batch_step(&t->batch, t->order + first, samples, (uint32_t)epoch, &loss, &correct, t->active, &local);
        if (status)
            return name_step(t, epoch, status, &local, error);
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

static hg_status finish_epoch(training *t, hg_epoch_report *report, bool *go_on, hg_error *error)
{
    hg_status status = HG_OK;
    mark_silent(t);
    if (t->options.test) {
        status = hg_network_evaluate(t->network, t->options.test, &report->test, error);
        report->tested = true;
    }
    if (t->options.on_epoch && !status) {
        status = hg_network_inspect(t->network, t->dataset, &report->layers, &report->layer_count, error);
        if (!status)
            *go_on = t->options.on_epoch(report, t->options.context) && *go_on;
    }
    return status;
}

static hg_status train_all(training *t, hg_error *error)
{
    bool go_on = true;
    for (int epoch = 1; epoch <= t->options.epochs && go_on && !out_of_steps(t); epoch++) {
        hg_epoch_report report;
        hg_status status = train_epoch(t, epoch, &report, &go_on, error);
        if (!status)
            status = finish_epoch(t, &report, &go_on, error);
        if (status)
            return status;
    }
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
    const hg_status status = load_check(t->network, t->dataset, error);
    return status || !options->test ? status : load_check(t->network, options->test, error);
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
    if (!status)
        status = batch_create(&t.batch, network, dataset, t.options.optimizer, (size_t)t.options.batch, t.options.seed,
                              error);
    if (status)
        return status;
    t.order = hg_allocate(dataset->count, sizeof *t.order);
    t.active = hg_allocate(network->unit_count, 1);
    status = t.order && t.active
                 ? train_all(&t, error)
                 : hg_fail(error, HG_NO_MEMORY, "no memory for the order of %zu samples", dataset->count);
    hg_release(t.order);
    hg_release(t.active);
    batch_destroy(&t.batch);
    return status;
}
