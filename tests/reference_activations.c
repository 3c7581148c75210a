/* Naive forwards of the activations in double: see reference.h. */
#include <math.h>
#include <stdlib.h>

#include "reference.h"

static void activate(const reference_pass *pass, double (*function)(const void *options, double x, double t),
                     bool (*is_active)(const void *options, double x, double t), bool shared)
{
    const hg_shape shape = pass->output_shape;
    const size_t pixels = (size_t)shape.height * (size_t)shape.width;
    for (size_t i = 0; i < pass->samples * reference_units(shape); i++) {
        const size_t channel = i / pixels % (size_t)shape.channels;
        const double t = pass->parameter[0] ? pass->parameter[0][shared ? 0 : channel] : 0;
        pass->output[i] = function(pass->options, pass->input[0][i], t);
        if (pass->active && is_active(pass->options, pass->input[0][i], t))
            pass->active[channel] = 1;
    }
}

static bool is_positive(const void *options, double x, double t)
{
    (void)options, (void)t;
    return x > 0;
}

static double relu(const void *options, double x, double t)
{
    (void)options, (void)t;
    return fmax(x, 0);
}

void reference_relu(const reference_pass *pass)
{
    activate(pass, relu, is_positive, false);
}

static double leaky_relu(const void *options, double x, double t)
{
    (void)t;
    const hg_leaky_relu_options *leaky = options;
    return x > 0 ? x : (leaky->slope != 0 ? leaky->slope : 0.1) * x;
}

void reference_leaky_relu(const reference_pass *pass)
{
    activate(pass, leaky_relu, is_positive, false);
}

static double threshold_relu(const void *options, double x, double t)
{
    const hg_threshold_relu_options *threshold = options;
    switch (threshold->form) {
    case HG_SLOPE:
        return fmax(t * x, x);
    case HG_FLOOR:
        return fmax(x, t);
    case HG_CEILING:
        return fmin(fmax(x, 0), t);
    case HG_SHIFT:
        return fmax(x - t, 0);
    case HG_GATE:
        return x > t ? x : 0;
    }
    abort();
}

static bool is_above_threshold(const void *options, double x, double t)
{
    const hg_threshold_relu_options *threshold = options;
    if (threshold->form == HG_SLOPE)
        return x > 0;
    if (threshold->form == HG_CEILING)
        return x > 0 && x < t;
    return x > t;
}

void reference_threshold_relu(const reference_pass *pass)
{
    const hg_threshold_relu_options *options = pass->options;
    activate(pass, threshold_relu, is_above_threshold, options->shared);
}

static double elu(const void *options, double x, double t)
{
    (void)t;
    const hg_elu_options *elu = options;
    return x > 0 ? x : (elu->alpha != 0 ? elu->alpha : 1) * expm1(x);
}

void reference_elu(const reference_pass *pass)
{
    activate(pass, elu, is_positive, false);
}

static double softsign(const void *options, double x, double t)
{
    (void)options, (void)t;
    return x / (1 + fabs(x));
}

void reference_softsign(const reference_pass *pass)
{
    activate(pass, softsign, is_positive, false);
}

static double relu_softsign(const void *options, double x, double t)
{
    const hg_relu_softsign_options *relu = options;
    const double a = relu->learn_slope ? t : relu->slope != 0 ? relu->slope : 1;
    return x > 0 ? x : a * x / (1 + fabs(x));
}

void reference_relu_softsign(const reference_pass *pass)
{
    activate(pass, relu_softsign, is_positive, false);
}

static double hyperbolic(const void *options, double x, double t)
{
    (void)options, (void)t;
    return tanh(x);
}

void reference_tanh(const reference_pass *pass)
{
    activate(pass, hyperbolic, is_positive, false);
}

static double sigmoid(const void *options, double x, double t)
{
    (void)options, (void)t;
    return 1 / (1 + exp(-x));
}

void reference_sigmoid(const reference_pass *pass)
{
    activate(pass, sigmoid, is_positive, false);
}

static double gelu(const void *options, double x, double t)
{
    (void)t;
    const hg_gelu_options *gelu = options;
    if (gelu->approximate)
        return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    return x / 2 * (1 + erf(x / sqrt(2)));
}

void reference_gelu(const reference_pass *pass)
{
    activate(pass, gelu, is_positive, false);
}
