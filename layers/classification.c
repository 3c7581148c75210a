/* classification: loss = -log(p[label]); dloss/dp[label] = -1 / p[label].
 *
 * Behind softmax it reads the logits z as well: dloss/dz[k] = p[k] - 1[k = label]
 * (Bishop 2006, eq. 4.109), and where p[label] is too small for a number
 * loss = log(sum of exp(z)) - z[label], so that nothing overflows.
 *
 * Training with label smoothing s has the target t[k] = (1 - s) 1[k = label] + s / K in
 * place of 1[k = label]: loss = -sum of t[k] log(p[k]), which is the loss without s plus
 * s (log(p[label]) - mean of log(p)), or s (z[label] - mean of z);
 * dloss/dp[k] = -t[k] / p[k], dloss/dz[k] = p[k] - t[k]. */
#include <float.h>
#include <math.h>

#include "src/simd.h"

enum { PROBABILITIES, LOGITS };

static const hg_option options[] = { HG_REAL(hg_classification_options, label_smoothing) };

static size_t units_of(const hg_pass *pass)
{
    const hg_shape shape = pass->input_shape[PROBABILITIES];
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_shape shape = setup->input[0];
    const double smoothing = ((const hg_classification_options *)setup->options)->label_smoothing;
    if (!(smoothing >= 0 && smoothing < 1))
        return hg_fail(error, HG_BAD_ARGUMENT, "label_smoothing %g: it lies in [0, 1)", smoothing);
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

static double smoothing_of(const hg_pass *pass)
{
    return pass->training ? ((const hg_classification_options *)pass->options)->label_smoothing : 0;
}

/* What smoothing by 1 adds to the loss of one lane. */
static double loss_of_smoothing(const hg_pass *pass, size_t lane)
{
    const size_t units = units_of(pass), label = (size_t)pass->label[lane];
    const bool merged = pass->input_count > LOGITS;
    const hg_real *x = pass->input[merged ? LOGITS : PROBABILITIES] + lane;
    double sum = 0, of_label = 0;
    for (size_t k = 0; k < units; k++) {
        const double logarithm = merged ? (double)x[k * HG_LANES] : log(at_least_tiny(x[k * HG_LANES]));
        sum += logarithm;
        if (k == label)
            of_label = logarithm;
    }
    return of_label - sum / (double)units;
}

static void forward(const hg_pass *pass)
{
    const size_t units = units_of(pass);
    const double smoothing = smoothing_of(pass);
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
        if (smoothing > 0)
            pass->loss[l] += smoothing * loss_of_smoothing(pass, l);
        pass->output[l] = (hg_real)pass->loss[l];
    }
}

static void backward(const hg_pass *pass)
{
    const size_t units = units_of(pass);
    const hg_real scale = (hg_real)pass->gradient_scale;
    const bool merged = pass->input_count > LOGITS;
    const double smoothing = smoothing_of(pass);
    const hg_real others = (hg_real)(smoothing / (double)units), label = (hg_real)(1 - smoothing) + others;
    const hg_real *probability = pass->input[PROBABILITIES];
    hg_real *gradient = pass->input_gradient[merged ? LOGITS : PROBABILITIES];
    if (!gradient)
        return;
    for (size_t k = 0; k < units; k++)
        for (size_t l = 0; l < HG_LANES; l++) {
            const size_t i = k * HG_LANES + l;
            const bool sample = l < pass->count, is_label = sample && (size_t)pass->label[l] == k;
            const hg_real target = is_label ? label : sample ? others : 0;
            if (merged)
                gradient[i] = sample ? scale * (probability[i] - target) : 0;
            else
                gradient[i] = target > 0 ? -scale * target / (hg_real)at_least_tiny(probability[i]) : 0;
        }
}

const hg_layer_type BUILT(hg_classification_type) = {
    HG_TYPE("classification", hg_classification_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = HG_IS_OUTPUT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
    .merges = "softmax",
};
