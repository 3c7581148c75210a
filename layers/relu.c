/* relu: y = max(x, 0); dy/dx = 1 where x > 0, else 0 (Nair & Hinton 2010). */
#include "layers/activation.h"

/* y > 0 where x > 0 */
INLINE vec derivative(vec y, vec t)
{
    (void)t;
    return vec_where(y > 0, vec_set(1));
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    (void)error;
    return activation_setup(setup);
}

static void forward(const hg_pass *pass)
{
    activation_forward(pass, 0, activation_rectified, activation_positive);
}

static void backward(const hg_pass *pass)
{
    activation_backward(pass, pass->output, 0, derivative);
}

static hg_pool_order pool_order(const void *options)
{
    (void)options;
    return HG_POOL_BY_VALUE; /* where two winners differ, both are cut off */
}

const hg_layer_type BUILT(hg_relu_type) = {
    HG_TYPE("relu", hg_relu_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = ACTIVATION_TRAITS | HG_IN_PLACE | HG_READS_OUTPUT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
    .pool_order = pool_order,
};
