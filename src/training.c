/* See training.h. */
#include <math.h>

#include "src/load.h"
#include "src/step.h"
#include "src/training.h"

enum { USUAL_EPOCHS = 10, USUAL_BATCH = 128 };

hg_status training_check(training *t, hg_error *error)
{
    hg_train_options *options = &t->options;
    if (options->epochs < 0 || options->batch < 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "%d epochs of batches of %d samples: neither is negative",
                       options->epochs, options->batch);
    if (options->epochs == 0)
        options->epochs = USUAL_EPOCHS;
    if (options->batch == 0)
        options->batch = USUAL_BATCH;
    hg_status status = step_check(options->optimizer, error);
    if (!status)
        status = load_check(t->network, t->dataset, "the data set", error);
    if (!status && options->test)
        status = load_check(t->network, options->test, "the test set", error);
    if (!status && options->validation)
        status = load_check(t->network, options->validation, "the validation set", error);
    if (!status)
        status = hg_schedule_check(options->schedule, options->epochs, error);
    if (!status)
        status = clip_check(options->clip_norm, error);
    if (!status)
        status = average_check(&options->average, options->epochs, error);
    if (!status)
        status = augmenter_set_up(&t->augmenter, &options->augment, t->dataset->shape, options->seed, error);
    if (!status)
        status = validation_check(options, error);
    return status ? status : checkpoint_check(options, error);
}

hg_status training_create(training *t, hg_error *error)
{
    const size_t samples = t->dataset->count;
    const augmenter *augmenter = t->augmenter.changes ? &t->augmenter : NULL;
    t->position = (position){ .epoch = 1 };
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
    return status ? status : checkpoint_create(t, error);
}

void training_destroy(training *t)
{
    hg_release(t->order);
    hg_release(t->active);
    average_destroy(&t->average);
    t->network->hidden = NULL;
    validation_destroy(&t->validation);
    checkpoint_destroy(&t->checkpoint);
    batch_destroy(&t->batch);
}

size_t training_epoch_steps(const training *t)
{
    const size_t size = (size_t)t->options.batch;
    return (t->dataset->count + size - 1) / size;
}

uint64_t training_steps(const training *t)
{
    return (uint64_t)(t->position.epoch - 1) * training_epoch_steps(t) + t->position.step;
}

double training_length(const training *t)
{
    const double limit = (double)t->options.steps / (double)training_epoch_steps(t);
    return t->options.steps > 0 ? fmin(t->options.epochs, limit) : t->options.epochs;
}
