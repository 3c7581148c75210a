/* See step.h. */
#include <math.h>
#include <string.h>

#include "src/step.h"

hg_status step_check(hg_optimizer optimizer, hg_error *error)
{
    if (!optimizer.type || !optimizer.options)
        return hg_fail(error, HG_BAD_ARGUMENT, "no optimizer; give one, as in hg_sgd(0.01, .momentum = 0.9)");
    if (*(const size_t *)optimizer.options != optimizer.type->options_size)
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: options built for another version of the library",
                       optimizer.type->name);
    return optimizer.type->check(optimizer.options, error);
}

hg_status step_prepare(hg_network *network, hg_optimizer optimizer, bool fresh, hg_error *error)
{
    const hg_status status = step_check(optimizer, error);
    if (status)
        return status;
    const hg_optimizer_type *type = simd_optimizer(optimizer.type);
    for (size_t i = 0; i < type->states; i++) {
        if (!network->state[i])
            network->state[i] = hg_allocate(network->learnable, sizeof *network->state[i]);
        if (!network->state[i])
            return hg_fail(error, HG_NO_MEMORY, "no memory for the state of %s", type->name);
        if (fresh || network->state_owner != type)
            memset(network->state[i], 0, network->learnable * sizeof *network->state[i]);
    }
    if (fresh || network->state_owner != type)
        network->optimizer_steps = 0;
    network->state_owner = type;
    return HG_OK;
}

static void project(hg_real *value, size_t count, hg_real lower, hg_real upper)
{
    for (size_t i = 0; i < count; i++)
        value[i] = value[i] < lower ? lower : value[i] > upper ? upper : value[i];
}

/* See hg_parameter_spec.running. Without a backward since the gradients were zeroed there is nothing to follow. */
static void follow(const hg_network *network, const chunk *chunk)
{
    hg_real *value = network->values + chunk->begin;
    const hg_real *sum = network->gradients + chunk->begin, samples = (hg_real)network->gradient_samples;
    const hg_real momentum = (hg_real)chunk->parameter->spec.running;
    for (size_t i = 0; i < chunk->count && samples > 0; i++)
        value[i] += momentum * (sum[i] / samples - value[i]);
}

void step_chunk(hg_network *network, hg_optimizer optimizer, double rate_factor, const chunk *chunk)
{
    const hg_parameter_spec *spec = &chunk->parameter->spec;
    if (spec->running > 0) {
        follow(network, chunk);
        return;
    }
    hg_real *value = network->values + chunk->begin;
    hg_optimizer_step step = { .options = optimizer.options,
                               .step = network->optimizer_steps,
                               .count = chunk->count,
                               .value = value,
                               .gradient = network->gradients + chunk->begin,
                               .rate_factor = rate_factor * spec->rate_factor,
                               .decay_factor = spec->decay_factor };
    for (size_t i = 0; i < network->state_owner->states; i++)
        step.state[i] = network->state[i] + chunk->begin;
    network->state_owner->step(&step);
    if (spec->lower < spec->upper)
        project(value, chunk->count, (hg_real)spec->lower, (hg_real)spec->upper);
}
