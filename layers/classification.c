/* classification: loss = -log(p[label]); dloss/dp[label] = -1 / p[label].
 *
 * Behind softmax it reads the logits z as well: dloss/dz[k] = p[k] - 1[k = label]
 * (Bishop 2006, eq. 4.109), and where p[label] is too small for a number
 * loss = log(sum of exp(z)) - z[label], so that nothing overflows. */
#include <float.h>
#include <math.h>

#include "src/simd.h"

enum { PROBABILITIES, LOGITS };

static size_t units_of(const hg_pass *pass)
{
    const hg_shape shape = pass->input_shape[PROBABILITIES];
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_shape shape = setup->input[0];
    if (shape.channels * shape.height * shape.width < 2)
        return hg_fail(error, HG_BAD_ARGUMENT, "%d x %d x %d in front of it: there must be 2 classes or more",
                       shape.height, shape.width, shape.channels);
    setup->output = (hg_shape){ 1, 1, 1 };
    return HG_OK;
}

static double loss_of_logits(const hg_real *logit, size_t units, size_t label)
{
    double largest = (double)logit[0], sum = 0;
    for (size_t k = 1; k < units; k++)
        largest = fmax(largest, (double)logit[k * HG_LANES]);
    for (size_t k = 0; k < units; k++)
        sum += exp((double)logit[k * HG_LANES] - largest);
    return log(sum) + largest - (double)logit[label * HG_LANES];
}

/* A probability of 0 counts as the smallest number there is. */
static double at_least_tiny(hg_real probability)
{
    return probability < FLT_MIN ? (double)FLT_MIN : (double)probability;
}

static void forward(const hg_pass *pass)
{
    const size_t units = units_of(pass);
    for (size_t l = 0; l < HG_LANES; l++) {
        pass->output[l] = 0;
        pass->loss[l] = 0;
    }
    for (size_t l = 0; l < pass->count; l++) {
        const size_t label = (size_t)pass->label[l];
        const hg_real probability = pass->input[PROBABILITIES][label * HG_LANES + l];
        if (pass->input_count > LOGITS && !(probability > FLT_MIN))
            pass->loss[l] = loss_of_logits(pass->input[LOGITS] + l, units, label);
        else
            pass->loss[l] = -log(at_least_tiny(probability));
        pass->output[l] = (hg_real)pass->loss[l];
    }
}

static void backward(const hg_pass *pass)
{
    const size_t units = units_of(pass);
    const hg_real scale = (hg_real)pass->gradient_scale;
    const bool merged = pass->input_count > LOGITS;
    const hg_real *probability = pass->input[PROBABILITIES];
    hg_real *gradient = pass->input_gradient[merged ? LOGITS : PROBABILITIES];
    if (!gradient)
        return;
    for (size_t k = 0; k < units; k++)
        for (size_t l = 0; l < HG_LANES; l++) {
            const size_t i = k * HG_LANES + l;
            const bool sample = l < pass->count, is_label = sample && (size_t)pass->label[l] == k;
            if (merged)
                gradient[i] = sample ? scale * (probability[i] - (is_label ? 1 : 0)) : 0;
            else
                gradient[i] = is_label ? -scale / (hg_real)at_least_tiny(probability[i]) : 0;
        }
}

const hg_layer_type BUILT(hg_classification_type) = {
    HG_TYPE("classification", hg_classification_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = HG_IS_OUTPUT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
    .merges = "softmax",
};
