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
                pass->output[first + (size_t)(channel * plane)] =
                    response_at(pass, pass->input[0] + first, channel);
            }
}
