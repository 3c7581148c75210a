/* See validation.h. */
#include <string.h>

#include "src/validation.h"

hg_status validation_check(const hg_train_options *options, hg_error *error)
{
    if (options->patience < 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "a patience of %d epochs: it is not negative, and 0 is without end",
                       options->patience);
    if (!options->validation && (options->patience > 0 || options->keep_best))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "%s needs a .validation data set to find the best epoch; hg_dataset_split makes one",
                       options->patience > 0 ? ".patience" : ".keep_best");
    return HG_OK;
}

hg_status validation_create(validation *validation, const hg_network *network, bool keep_best, hg_error *error)
{
    *validation = (struct validation){ 0 };
    if (!keep_best)
        return HG_OK;
    validation->values = hg_allocate(network->total, sizeof *validation->values);
    return validation->values
               ? HG_OK
               : hg_fail(error, HG_NO_MEMORY, "no memory for the best of %zu parameters", network->total);
}

void validation_destroy(validation *validation)
{
    hg_release(validation->values);
    validation->values = NULL;
}

static bool better(const hg_evaluation *a, const hg_evaluation *b)
{
    return a->accuracy > b->accuracy || (a->accuracy == b->accuracy && a->loss < b->loss);
}

void validation_epoch(validation *validation, const hg_network *network, int epoch, const hg_evaluation *evaluation)
{
    validation->epochs_since++;
    if (validation->best_epoch > 0 && !better(evaluation, &validation->best))
        return;
    validation->best_epoch = epoch;
    validation->best = *evaluation;
    validation->epochs_since = 0;
    if (validation->values)
        memcpy(validation->values, network->values, network->total * sizeof *validation->values);
}

void validation_restore(const validation *validation, hg_network *network)
{
    if (validation->values && validation->best_epoch > 0)
        memcpy(network->values, validation->values, network->total * sizeof *network->values);
}
