/* tanh: y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)); dy/dx = 1 - y^2 (LeCun et al. 1998). */
#include "layers/activation.h"
#include "src/vec_exp.h"

INLINE vec value(vec x, vec t)
{
    (void)t;
    return vec_tanh(x);
}

INLINE vec derivative(vec y, vec t)
{
    (void)t;
    return 1 - y * y;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    (void)error;
    return activation_setup(setup);
}

static void forward(const hg_pass *pass)
{
    activation_forward(pass, 0, value, activation_positive);
}

static void backward(const hg_pass *pass)
{
    activation_backward(pass, pass->output, 0, derivative);
}

static hg_pool_order pool_order(const void *options)
{
    (void)options;
    return HG_POOL_BY_VALUE; /* strictly increasing */
}

const hg_layer_type BUILT(hg_tanh_type) = {
    HG_TYPE("tanh", hg_tanh_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = ACTIVATION_TRAITS | HG_IN_PLACE | HG_READS_OUTPUT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
    .pool_order = pool_order,
};
