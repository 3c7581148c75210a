/* A layer set up for a trial, and random numbers for it. */
#include <math.h>
#include <string.h>

#include "src/network.h"
#include "src/trial.h"

static const double USUAL_RANGE = 2, LATTICE = 0x1p-16 /* units: coarse enough that x + h is exact in float */;
static const double PARAMETER_MOVE = 0.5, BOUND_MARGIN = 0.125 /* of the width between two bounds */;

static hg_status check_layer(const hg_layer *layer, size_t count, const hg_gradient_check_options *options,
                             hg_error *error)
{
    if (!layer->type || !layer->options)
        return hg_fail(error, HG_BAD_ARGUMENT, "the layer has no type or no options; make it by HG_LAYER");
    const hg_layer_type *type = layer->type;
    const size_t size = *(const size_t *)layer->options;
    if (size != type->options_size)
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: its options have %zu bytes, not %zu: make it by HG_LAYER",
                       type->name, size, type->options_size);
    if (!type->setup || !type->forward || !type->backward)
        return hg_fail(error, HG_BAD_LAYER, "%s: its type has no %s", type->name,
                       !type->setup     ? "setup"
                       : !type->forward ? "forward"
                                        : "backward");
    if (type->traits & HG_IS_INPUT)
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: input layers have nothing to check", type->name);
    if (count < type->min_inputs || count > type->max_inputs || count > HG_MAX_INPUTS)
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: %zu input shapes, where it takes %zu to %zu inputs", type->name,
                       count, type->min_inputs, type->max_inputs);
    if (!(options->lower <= options->upper && isfinite(options->lower) && isfinite(options->upper)) ||
        (options->lower == options->upper && options->lower != 0))
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: inputs from [%g, %g]; lower must lie below upper", type->name,
                       options->lower, options->upper);
    if (!(options->tolerance >= 0 && options->tolerance < 1))
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: tolerance %g; it is below 1, or 0 for the usual one", type->name,
                       options->tolerance);
    return HG_OK;
}

static hg_status set_up(trial *trial, hg_error *error)
{
    trial->setup = (hg_layer_setup){ .options = trial->options, .input_count = trial->input_count };
    for (size_t k = 0; k < trial->input_count; k++) {
        const hg_shape shape = trial->input_shape[k];
        if (shape.channels < 1 || shape.height < 1 || shape.width < 1)
            return hg_fail(error, HG_BAD_ARGUMENT, "%s: input %zu is %d x %d x %d; all are at least 1",
                           trial->type->name, k + 1, shape.height, shape.width, shape.channels);
        trial->setup.input[k] = shape;
        trial->input_units[k] = shape_units(shape);
    }
    hg_error cause = { .message = "setup fails without a message" };
    const hg_status status = trial->type->setup(&trial->setup, &cause);
    if (status)
        return hg_fail(error, status, "%s: %s", trial->type->name, cause.message);
    const hg_shape output = trial->setup.output;
    if (output.channels < 1 || output.height < 1 || output.width < 1)
        return trial_fail(trial, error, "its setup gives an output of %d x %d x %d; all are at least 1", output.height,
                          output.width, output.channels);
    trial->output_units = shape_units(output);
    for (size_t i = 0; i < trial->setup.parameter_count; i++)
        if (hg_shape_count(&trial->setup.parameter[i].shape, &trial->parameter_size[i], &cause))
            return trial_fail(trial, error, "parameter %s: %s", trial->setup.parameter[i].name, cause.message);
    return HG_OK;
}

/* ---- drawing ---- */

static double between(hg_random *random, double lower, double upper)
{
    return lower + (upper - lower) * hg_random_uniform(random);
}

static void draw_samples(trial *trial, double lower, double upper, hg_random *random)
{
    const double grain = trial->unit * LATTICE;
    for (size_t s = 0; s < TRIAL_SHARDS; s++) {
        trial_shard *shard = &trial->shard[s];
        shard->count = s == 0 ? HG_LANES : TRIAL_RAGGED;
        for (size_t k = 0; k < trial->input_count; k++)
            for (size_t i = 0; i < trial->input_units[k] * HG_LANES; i++)
                shard->start[k][i] = (hg_real)((floor(between(random, lower, upper) / grain) + 0.5) * grain);
        for (size_t i = 0; i < trial->output_units * HG_LANES; i++)
            shard->slope[i] = (hg_real)(i % HG_LANES < shard->count ? between(random, -1, 1) : 0);
        for (size_t lane = 0; lane < HG_LANES; lane++)
            shard->label[lane] = (int)hg_random_below(random, (uint32_t)trial->input_units[0]);
    }
}

static void draw_parameter(trial *trial, size_t index, hg_random *random)
{
    const hg_parameter_spec *spec = &trial->setup.parameter[index];
    hg_real *value = trial->parameter[index];
    parameter_draw(spec, value, trial->parameter_size[index], random);
    const bool bounded = spec->lower < spec->upper;
    const double margin = bounded ? BOUND_MARGIN * fmin(1, spec->upper - spec->lower) : 0;
    for (size_t i = 0; i < trial->parameter_size[index] && !spec->frozen; i++) {
        value[i] += (hg_real)between(random, -PARAMETER_MOVE, PARAMETER_MOVE);
        if (bounded && !((double)value[i] >= spec->lower + margin))
            value[i] = (hg_real)(spec->lower + margin * between(random, 1, 3));
        if (bounded && !((double)value[i] <= spec->upper - margin))
            value[i] = (hg_real)(spec->upper - margin * between(random, 1, 3));
    }
}

hg_status trial_open(trial *trial, hg_layer layer, const hg_shape *inputs, size_t count,
                     const hg_gradient_check_options *options, hg_error *error)
{
    memset(trial, 0, sizeof *trial);
    hg_status status = check_layer(&layer, count, options, error);
    if (status)
        return status;
    trial->type = simd_layer(layer.type);
    trial->options = layer.options;
    trial->seed = options->seed;
    trial->is_output = layer.type->traits & HG_IS_OUTPUT;
    trial->input_count = count;
    memcpy(trial->input_shape, inputs, count * sizeof *inputs);
    status = set_up(trial, error);
    if (status)
        return status;
    if (!trial_allocate(trial))
        return hg_fail(error, HG_NO_MEMORY, "%s: no memory to check its gradients", trial->type->name);
    return HG_OK;
}

void trial_draw(trial *trial, uint32_t draw, const hg_gradient_check_options *options)
{
    const bool usual = options->lower == options->upper;
    const double lower = usual ? -USUAL_RANGE : options->lower, upper = usual ? USUAL_RANGE : options->upper;
    trial->unit = exp2(floor(log2((upper - lower) / (2 * USUAL_RANGE))));
    hg_random random = hg_random_stream(options->seed, HG_FOR_USER, draw, 0);
    draw_samples(trial, lower, upper, &random);
    for (size_t i = 0; i < trial->setup.parameter_count; i++)
        draw_parameter(trial, i, &random);
}
