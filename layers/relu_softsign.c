/* relu_softsign: y = x where x > 0, else a x / (1 + |x|); dy/dx = 1 or a / (1 + |x|)^2;
 * dy/da = 0 or x / (1 + |x|), where a is learned (Lin & Shen, "Research on convolutional
 * neural network based on improved Relu piecewise activation function", 2018). */
#include <math.h>

#include "layers/activation.h"

INLINE vec value(vec x, vec a)
{
    return vec_select(x > 0, x, a * (x / (1 + vec_absolute(x))));
}

INLINE vec by_x(vec x, vec a)
{
    const vec distance = 1 + vec_absolute(x);
    return vec_select(x > 0, vec_set(1), a / (distance * distance));
}

INLINE vec by_a(vec x, vec a)
{
    (void)a;
    return vec_where(~(x > 0), x / (1 + vec_absolute(x)));
}

static double start_of(const hg_relu_softsign_options *options)
{
    return options->slope == 0 ? 1 : options->slope;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_relu_softsign_options *options = setup->options;
    if (!(options->slope >= 0) || isinf(options->slope))
        return hg_fail(error, HG_BAD_ARGUMENT, "slope %g: it is finite and above 0", options->slope);
    if (!(options->rate_factor >= 0 && options->decay_factor >= 0) || isinf(options->rate_factor) ||
        isinf(options->decay_factor))
        return hg_fail(error, HG_BAD_ARGUMENT, "rate_factor %g, decay_factor %g: both are finite and >= 0",
                       options->rate_factor, options->decay_factor);
    if (!options->learn_slope && (options->rate_factor != 0 || options->decay_factor != 0))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "rate_factor %g, decay_factor %g, but no slope to learn; set .learn_slope", options->rate_factor,
                       options->decay_factor);
    if (options->learn_slope) {
        hg_parameter_spec *slope = hg_setup_parameter(setup, "slope", hg_shape_of(1, setup->input[0].channels));
        slope->start_value = start_of(options);
        slope->rate_factor = options->rate_factor == 0 ? 1 : options->rate_factor;
        slope->decay_factor = options->decay_factor;
        slope->lower = 0;
        slope->upper = INFINITY;
    }
    return activation_setup(setup);
}

static void forward(const hg_pass *pass)
{
    const hg_relu_softsign_options *options = pass->options;
    const hg_real slope = (hg_real)start_of(options);
    const hg_pass fixed = activation_with_constant(pass, &slope);
    if (options->learn_slope)
        activation_forward(pass, 1, value, activation_positive);
    else
        activation_forward(&fixed, 0, value, activation_positive);
}

static void backward(const hg_pass *pass)
{
    const hg_relu_softsign_options *options = pass->options;
    const hg_real slope = (hg_real)start_of(options);
    const hg_pass fixed = activation_with_constant(pass, &slope);
    if (options->learn_slope) {
        activation_parameter_backward(pass, 1, by_a);
        activation_backward(pass, pass->input[0], 1, by_x);
    } else
        activation_backward(&fixed, pass->input[0], 0, by_x);
}

/* Strictly increasing, but where a has come down to 0: then all x below 0 are one. */
static hg_pool_order pool_order(const void *options)
{
    return ((const hg_relu_softsign_options *)options)->learn_slope ? HG_POOL_BY_SLOPE : HG_POOL_BY_VALUE;
}

static const hg_option options[] = {
    HG_REAL(hg_relu_softsign_options, slope),
    HG_BOOL(hg_relu_softsign_options, learn_slope),
    HG_REAL(hg_relu_softsign_options, rate_factor),
    HG_REAL(hg_relu_softsign_options, decay_factor),
};

const hg_layer_type BUILT(hg_relu_softsign_type) = {
    HG_TYPE("relu_softsign", hg_relu_softsign_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = ACTIVATION_TRAITS,
    .setup = setup,
    .forward = forward,
    .backward = backward,
    .pool_order = pool_order,
};
