/* Naive normalizations in double: see reference.h. */
#include <math.h>

#include "reference.h"

static double or_default(double option, double value)
{
    return option != 0 ? option : value;
}

/* ---- local_response_normalization ---- */

/* PyTorch pads window / 2 channels of zeros in front and (window - 1) / 2 behind. */
static double response_at(const reference_pass *pass, const double *pixel, int channel)
{
    const hg_local_response_normalization_options *options = pass->options;
    const hg_shape shape = pass->output_shape;
    const int plane = shape.height * shape.width;
    double sum = 0;
    for (int i = 0; i < options->window; i++) {
        const int other = channel - options->window / 2 + i;
        if (other >= 0 && other < shape.channels)
            sum += pixel[other * plane] * pixel[other * plane];
    }
    const double d = or_default(options->k, 1) + or_default(options->alpha, 1e-4) * sum / options->window;
    return pixel[channel * plane] / pow(d, or_default(options->beta, 0.75));
}

void reference_local_response_normalization(const reference_pass *pass)
{
    const hg_shape shape = pass->output_shape;
    const int plane = shape.height * shape.width;
    for (size_t sample = 0; sample < pass->samples; sample++)
        for (int channel = 0; channel < shape.channels; channel++)
            for (int pixel = 0; pixel < plane; pixel++) {
                const size_t first = sample * reference_units(shape) + (size_t)pixel;
                pass->output[first + (size_t)(channel * plane)] = response_at(pass, pass->input[0] + first, channel);
            }
}

/* ---- batch_normalization ---- */

/* One channel of the samples from `first` on, as far as they share their statistics. */
typedef struct ghost {
    const reference_pass *pass;
    size_t channel, first, samples;
} ghost;

static size_t pixels_of(const ghost *ghost)
{
    return (size_t)ghost->pass->output_shape.height * (size_t)ghost->pass->output_shape.width;
}

/* The place of the ghost's number i in input and output. */
static size_t place_of(const ghost *ghost, size_t i)
{
    const size_t pixels = pixels_of(ghost), units = reference_units(ghost->pass->output_shape);
    return (ghost->first + i / pixels) * units + ghost->channel * pixels + i % pixels;
}

static void normalize_ghost(const ghost *ghost)
{
    enum { RUNNING_MEAN, RUNNING_VARIANCE, WEIGHT, BIAS };
    const reference_pass *pass = ghost->pass;
    const hg_batch_normalization_options *options = pass->options;
    const size_t count = ghost->samples * pixels_of(ghost);
    double mean = pass->parameter[RUNNING_MEAN][ghost->channel];
    double variance = pass->parameter[RUNNING_VARIANCE][ghost->channel];
    if (pass->training && count > 1) {
        mean = variance = 0;
        for (size_t i = 0; i < count; i++)
            mean += pass->input[0][place_of(ghost, i)] / (double)count;
        for (size_t i = 0; i < count; i++)
            variance += pow(pass->input[0][place_of(ghost, i)] - mean, 2) / (double)count;
    }
    const double deviation = sqrt(variance + or_default(options->epsilon, 1e-5));
    const double weight = options->no_affine ? 1 : pass->parameter[WEIGHT][ghost->channel];
    const double bias = options->no_affine ? 0 : pass->parameter[BIAS][ghost->channel];
    for (size_t i = 0; i < count; i++)
        pass->output[place_of(ghost, i)] = weight * (pass->input[0][place_of(ghost, i)] - mean) / deviation + bias;
}

void reference_batch_normalization(const reference_pass *pass)
{
    for (size_t first = 0; first < pass->samples; first += HG_LANES)
        for (size_t channel = 0; channel < (size_t)pass->output_shape.channels; channel++) {
            const size_t left = pass->samples - first;
            normalize_ghost(&(ghost){ pass, channel, first, left < HG_LANES ? left : HG_LANES });
        }
}
