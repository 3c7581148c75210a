/* elu: y = x where x > 0, else alpha (exp(x) - 1); dy/dx = 1 or alpha exp(x) = y + alpha
 * (Clevert, Unterthiner, Hochreiter 2015, arXiv 1511.07289). */
#include "layers/activation.h"
#include "src/vec_exp.h"

static hg_real alpha_of(const void *options)
{
    const hg_elu_options *elu = options;
    return (hg_real)(elu->alpha == 0 ? 1 : elu->alpha);
}

INLINE vec value(vec x, vec alpha)
{
    return vec_select(x > 0, x, alpha * vec_exp_minus_1(x));
}

/* y > 0 where x > 0, alpha being positive */
INLINE vec derivative(vec y, vec alpha)
{
    return vec_select(y > 0, vec_set(1), y + alpha);
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_elu_options *options = setup->options;
    if (!(options->alpha >= 0) || isinf(options->alpha))
        return hg_fail(error, HG_BAD_ARGUMENT, "alpha %g: it is finite and above 0", options->alpha);
    return activation_setup(setup);
}

static void forward(const hg_pass *pass)
{
    const hg_real alpha = alpha_of(pass->options);
    const hg_pass elu = activation_with_constant(pass, &alpha);
    activation_forward(&elu, 0, value, activation_positive);
}

static void backward(const hg_pass *pass)
{
    const hg_real alpha = alpha_of(pass->options);
    const hg_pass elu = activation_with_constant(pass, &alpha);
    activation_backward(&elu, pass->output, 0, derivative);
}

static hg_pool_order pool_order(const void *options)
{
    (void)options;
    return HG_POOL_BY_VALUE; /* strictly increasing */
}

static const hg_option options[] = { HG_REAL(hg_elu_options, alpha) };

const hg_layer_type BUILT(hg_elu_type) = {
    HG_TYPE("elu", hg_elu_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = ACTIVATION_TRAITS | HG_IN_PLACE | HG_READS_OUTPUT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
    .pool_order = pool_order,
};
