/* gelu: y = x P(x), P(x) = (1 + erf(x / sqrt(2))) / 2; dy/dx = P(x) + x P'(x), P'(x) being
 * the normal density (Hendrycks & Gimpel 2016, arXiv 1606.08415). Their approximation:
 * y = x S(u), S the sigmoid, u = sqrt(8 / pi) (x + 0.044715 x^3), which is their formula with
 * tanh; dy/dx = S(u) + x S(u) (1 - S(u)) du/dx. */
#include "layers/activation.h"
#include "src/vec_gauss.h"

static const hg_real BEND = (hg_real)0.044715, STEEPNESS = (hg_real)1.5957691216057308; /* sqrt(8 / pi) */

INLINE vec exact_value(vec x, vec t)
{
    (void)t;
    vec density;
    return x * vec_gauss(x, &density);
}

INLINE vec exact_derivative(vec x, vec t)
{
    (void)t;
    vec density;
    const vec share = vec_gauss(x, &density);
    return share + x * density;
}

/* S(u), and its slope S(u) (1 - S(u)) by u, which keeps its digits where S is near 1. */
INLINE vec approximate_share(vec x, vec *slope)
{
    const vec u = STEEPNESS * (x + BEND * x * x * x), e = vec_exp(-vec_absolute(u)), near_1 = 1 / (1 + e);
    *slope = e * near_1 * near_1;
    return vec_select(u > 0, near_1, e * near_1);
}

INLINE vec approximate_value(vec x, vec t)
{
    (void)t;
    vec slope;
    return x * approximate_share(x, &slope);
}

INLINE vec approximate_derivative(vec x, vec t)
{
    (void)t;
    vec slope;
    const vec share = approximate_share(x, &slope);
    return share + x * slope * STEEPNESS * (1 + 3 * BEND * x * x);
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    (void)error;
    return activation_setup(setup);
}

static bool is_approximate(const hg_pass *pass)
{
    return ((const hg_gelu_options *)pass->options)->approximate;
}

static void forward(const hg_pass *pass)
{
    if (is_approximate(pass))
        activation_forward(pass, 0, approximate_value, activation_positive);
    else
        activation_forward(pass, 0, exact_value, activation_positive);
}

static void backward(const hg_pass *pass)
{
    if (is_approximate(pass))
        activation_backward(pass, pass->input[0], 0, approximate_derivative);
    else
        activation_backward(pass, pass->input[0], 0, exact_derivative);
}

static const hg_option options[] = { HG_BOOL(hg_gelu_options, approximate) };

/* No pool_order: it falls before it rises. */
const hg_layer_type BUILT(hg_gelu_type) = {
    HG_TYPE("gelu", hg_gelu_options), HG_OPTIONS(options), .min_inputs = 1,    .max_inputs = 1,
    .traits = ACTIVATION_TRAITS,      .setup = setup,      .forward = forward, .backward = backward,
};
