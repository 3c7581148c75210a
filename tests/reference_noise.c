/* Naive forwards of random layers: see reference.h. The draws of a sample are those of a
 * stream of hg_random_bits, one number a unit (src/lane_random.h). */
#include <math.h>

#include "reference.h"

enum { PURPOSE_BITS = 8 };

static hg_random stream_of(const reference_pass *pass, size_t sample)
{
    return hg_random_stream(pass->seed, (hg_purpose)(HG_FOR_NOISE + (pass->layer << PURPOSE_BITS)), pass->epoch,
                            pass->sample[sample]);
}

void reference_dropout(const reference_pass *pass)
{
    const hg_dropout_options *options = pass->options;
    const double p = options->probability != 0 ? options->probability : 0.5;
    const size_t units = reference_units(pass->output_shape);
    for (size_t sample = 0; sample < pass->samples; sample++) {
        hg_random stream = stream_of(pass, sample);
        for (size_t i = sample * units; i < (sample + 1) * units; i++) {
            const double x = pass->input[0][i];
            pass->output[i] = pass->evaluating ? x : hg_random_uniform(&stream) < p ? 0 : x / (1 - p);
        }
    }
}

/* Box & Muller of two numbers of the stream; only the upper 24 bits of the first count. */
static void two_normals(hg_random *stream, double normal[2])
{
    const double u = (hg_random_bits(stream) / 256 + 1) / 16777216.0, radius = sqrt(-2 * log(u));
    const double angle = 2 * acos(-1) * hg_random_uniform(stream);
    normal[0] = radius * cos(angle);
    normal[1] = radius * sin(angle);
}

void reference_noisy_relu(const reference_pass *pass)
{
    const hg_noisy_relu_options *options = pass->options;
    const size_t units = reference_units(pass->output_shape), pixels = units / (size_t)pass->output_shape.channels;
    for (size_t sample = 0; sample < pass->samples; sample++) {
        hg_random stream = stream_of(pass, sample);
        double normal[2];
        for (size_t u = 0; u < units; u++) {
            const double x = pass->input[0][sample * units + u];
            const double deviation = options->deviation != 0 ? options->deviation : sqrt(1 / (1 + exp(-x)));
            if (u % 2 == 0)
                two_normals(&stream, normal);
            const double sum = pass->evaluating ? x : x + deviation * normal[u % 2];
            pass->output[sample * units + u] = fmax(sum, 0);
            if (pass->active && sum > 0)
                pass->active[u / pixels] = 1;
        }
    }
}
