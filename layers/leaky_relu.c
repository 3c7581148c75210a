/* leaky_relu: y = x where x > 0, else slope x; dy/dx = 1 or slope (Maas et al. 2013). */
#include "layers/activation.h"

static const double USUAL_SLOPE = 0.1;

static hg_real slope_of(const void *options)
{
    const hg_leaky_relu_options *leaky = options;
    return (hg_real)(leaky->slope == 0 ? USUAL_SLOPE : leaky->slope);
}

INLINE vec value(vec x, vec slope)
{
    return vec_select(x > 0, x, slope * x);
}

/* y > 0 where x > 0, the slope being positive */
INLINE vec derivative(vec y, vec slope)
{
    return vec_select(y > 0, vec_set(1), slope);
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_leaky_relu_options *options = setup->options;
    if (!(options->slope >= 0 && options->slope <= 1))
        return hg_fail(error, HG_BAD_ARGUMENT, "slope %g: it lies in (0, 1]", options->slope);
    return activation_setup(setup);
}

static void forward(const hg_pass *pass)
{
    const hg_real slope = slope_of(pass->options);
    const hg_pass leaky = activation_with_constant(pass, &slope);
    activation_forward(&leaky, 0, value, activation_positive);
}

static void backward(const hg_pass *pass)
{
    const hg_real slope = slope_of(pass->options);
    const hg_pass leaky = activation_with_constant(pass, &slope);
    activation_backward(&leaky, pass->output, 0, derivative);
}

static hg_pool_order pool_order(const void *options)
{
    (void)options;
    return HG_POOL_BY_VALUE; /* strictly increasing */
}

static const hg_option options[] = { HG_REAL(hg_leaky_relu_options, slope) };

const hg_layer_type BUILT(hg_leaky_relu_type) = {
    HG_TYPE("leaky_relu", hg_leaky_relu_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = ACTIVATION_TRAITS | HG_IN_PLACE | HG_READS_OUTPUT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
    .pool_order = pool_order,
};
