/* softmax: y[k] = exp(x[k]) / sum over j of exp(x[j]), over all units;
 * dx[k] = y[k] (dy[k] - sum over j of dy[j] y[j]). The largest x is subtracted
 * first, so that no exponential overflows. */
#include <math.h>

#include "src/simd.h"

static size_t units_of(const hg_pass *pass)
{
    const hg_shape shape = pass->output_shape;
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    (void)error;
    setup->output = setup->input[0];
    return HG_OK;
}

static void forward(const hg_pass *pass)
{
    const size_t units = units_of(pass);
    const hg_real *x = pass->input[0];
    hg_real *y = pass->output;
    for (size_t l = 0; l < HG_LANES; l++) {
        hg_real largest = x[l], sum = 0;
        for (size_t k = 1; k < units; k++)
            largest = x[k * HG_LANES + l] > largest ? x[k * HG_LANES + l] : largest;
        for (size_t k = 0; k < units; k++) {
            const size_t i = k * HG_LANES + l;
            y[i] = (hg_real)exp((double)(x[i] - largest));
            sum += y[i];
        }
        for (size_t k = 0; k < units; k++)
            y[k * HG_LANES + l] /= sum;
    }
}

static void backward(const hg_pass *pass)
{
    const size_t units = units_of(pass);
    const hg_real *y = pass->output, *dy = pass->output_gradient;
    hg_real *dx = pass->input_gradient[0];
    if (!dx)
        return;
    for (size_t l = 0; l < HG_LANES; l++) {
        hg_real mean = 0;
        for (size_t i = l; i < units * HG_LANES; i += HG_LANES)
            mean += dy[i] * y[i];
        for (size_t i = l; i < units * HG_LANES; i += HG_LANES)
            dx[i] = y[i] * (dy[i] - mean);
    }
}

const hg_layer_type BUILT(hg_softmax_type) = {
    HG_TYPE("softmax", hg_softmax_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = HG_READS_OUTPUT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
