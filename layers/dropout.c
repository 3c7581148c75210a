/* dropout: y = 0 with the probability p, else x / (1 - p), while training; dy/dx likewise;
 * y = x otherwise (Srivastava et al. 2014; the factor stands where no evaluation needs it). */
#include <math.h>
#include <string.h>

#include "src/lane_random.h"
#include "src/simd.h"

static const double USUAL_PROBABILITY = 0.5;

static double probability_of(const hg_pass *pass)
{
    const hg_dropout_options *options = pass->options;
    return options->probability == 0 ? USUAL_PROBABILITY : options->probability;
}

static size_t rows_of(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_dropout_options *options = setup->options;
    if (!(options->probability >= 0 && options->probability < 1))
        return hg_fail(error, HG_BAD_ARGUMENT, "probability %g: it lies in (0, 1); 0 stands for %g",
                       options->probability, USUAL_PROBABILITY);
    setup->output = setup->input[0];
    setup->saved = rows_of(setup->output) * HG_LANES * sizeof(mask_element);
    return HG_OK;
}

/* Numbers of 32 bits below it are dropped. */
static uint32_t bound_of(double probability)
{
    return (uint32_t)fmin(probability * 0x1p32, UINT32_MAX);
}

/* A product, so that a NaN stays one, to be found. */
INLINE vec keep(vec x, mask kept, vec factor)
{
    return x * vec_where(kept, factor);
}

static void drop(const hg_pass *pass)
{
    const double probability = probability_of(pass);
    const uint32_t bound = bound_of(probability);
    const vec factor = vec_set((hg_real)(1 / (1 - probability)));
    const size_t rows = rows_of(pass->output_shape);
    mask *kept = pass->saved;
    for (size_t row = 0; row < rows; row += RANDOM_BLOCK) {
        lane_bits bits;
        lane_random(pass, (uint32_t)(row / RANDOM_BLOCK), &bits);
        for (size_t k = 0; k < RANDOM_BLOCK && row + k < rows; k++)
            UNROLL_FOR (int piece = 0; piece < PIECES; piece++) {
                const size_t at = (row + k) * PIECES + (size_t)piece;
                kept[at] = ~lane_below(&bits, (int)k, piece, bound);
                vec_store(pass->output + at * VEC, keep(vec_load(pass->input[0] + at * VEC), kept[at], factor));
            }
    }
}

static void forward(const hg_pass *pass)
{
    if (pass->training)
        drop(pass);
    else if (pass->output != pass->input[0])
        memcpy(pass->output, pass->input[0], rows_of(pass->output_shape) * HG_LANES * sizeof *pass->output);
}

static void backward(const hg_pass *pass)
{
    const vec factor = vec_set((hg_real)(1 / (1 - probability_of(pass))));
    const mask *kept = pass->saved;
    for (size_t at = 0; at < rows_of(pass->output_shape) * PIECES && pass->input_gradient[0]; at++)
        vec_store(pass->input_gradient[0] + at * VEC,
                  keep(vec_load(pass->output_gradient + at * VEC), kept[at], factor));
}

static const hg_option options[] = { HG_REAL(hg_dropout_options, probability) };

const hg_layer_type BUILT(hg_dropout_type) = {
    HG_TYPE("dropout", hg_dropout_options),       HG_OPTIONS(options), .min_inputs = 1,    .max_inputs = 1,
    .traits = HG_IN_PLACE | HG_IN_PLACE_GRADIENT, .setup = setup,      .forward = forward, .backward = backward,
};
