/* threshold_relu: a ReLU whose threshold t is learned, in five forms.
 *
 *   form     y                    dy/dx             dy/dt                      source
 *   slope    max(t x, x)          1 or t            x where y = t x            PReLU: He et al. 2015
 *   floor    max(x, t)            1 where x > t     1 where x <= t
 *   ceiling  min(max(x, 0), t)    1 where 0 < x < t 1 where x >= t             PACT: arXiv 1805.06085
 *   shift    max(x - t, 0)        1 where x > t     -1 where x > t
 *   gate     x where x > t        1 where x > t     -t / width where           JumpReLU: arXiv 2407.14435
 *            else 0                                 |x - t| < width / 2
 */
#include <math.h>

#include "layers/activation.h"

/* ---- the formulas ----
 * Comparisons are turned so that a NaN comes out as one, to be found. */

/* With t <= 1, t x is the larger for x <= 0; with t > 1, for x >= 0. */
INLINE mask slope_identity(vec x, vec t)
{
    return ((t <= 1) & (x > 0)) | ((t > 1) & (x < 0));
}
INLINE vec slope_value(vec x, vec t)
{
    return vec_select(slope_identity(x, t), x, t * x);
}
INLINE mask slope_above(vec x, vec t)
{
    (void)t;
    return x > 0;
}
INLINE vec slope_by_x(vec x, vec t)
{
    return vec_select(slope_identity(x, t), vec_set(1), t);
}
INLINE vec slope_by_t(vec x, vec t)
{
    return vec_where(~slope_identity(x, t), x);
}

INLINE vec floor_value(vec x, vec t)
{
    return vec_select(x <= t, t, x);
}
INLINE mask floor_above(vec x, vec t)
{
    return x > t;
}
INLINE vec floor_by_x(vec x, vec t)
{
    return vec_where(x > t, vec_set(1));
}
INLINE vec floor_by_t(vec x, vec t)
{
    return vec_where(~(x > t), vec_set(1));
}

INLINE vec ceiling_uncut(vec x)
{
    return vec_where(~(x <= 0), x);
}
INLINE mask ceiling_cut(vec x, vec t)
{
    return ceiling_uncut(x) >= t;
}
INLINE vec ceiling_value(vec x, vec t)
{
    return vec_select(ceiling_cut(x, t), t, ceiling_uncut(x));
}
INLINE mask ceiling_above(vec x, vec t)
{
    return (x > 0) & (x < t);
}
INLINE vec ceiling_by_x(vec x, vec t)
{
    return vec_where(ceiling_above(x, t), vec_set(1));
}
INLINE vec ceiling_by_t(vec x, vec t)
{
    return vec_where(ceiling_cut(x, t), vec_set(1));
}

INLINE vec shift_value(vec x, vec t)
{
    return vec_where(~(x <= t), x - t);
}
INLINE vec shift_by_t(vec x, vec t)
{
    return vec_where(x > t, vec_set(-1));
}

INLINE vec gate_value(vec x, vec t)
{
    return vec_where(~(x <= t), x);
}

/* ---- the forms ---- */

typedef struct form {
    double start, lower, upper, decay_factor;
    hg_pool_order order;
} form;

static const double USUAL_GATE_WIDTH = 0.1;

/* Floor, ceiling and shift never fall, and cut off every winner of a flat part alike.
 * A gate's t learns from each x near it, so that it must see them all. */
static const form forms[] = {
    [HG_SLOPE] = { 0, 0, 1, 0, HG_POOL_BY_SLOPE },
    [HG_FLOOR] = { 0, -INFINITY, INFINITY, 0, HG_POOL_BY_VALUE },
    [HG_CEILING] = { 6, 1e-3, INFINITY, 1, HG_POOL_BY_VALUE },
    [HG_SHIFT] = { 0, -INFINITY, INFINITY, 0, HG_POOL_BY_VALUE },
    [HG_GATE] = { 0.1, 0, INFINITY, 0, HG_NO_POOL },
};

static hg_status check(const hg_threshold_relu_options *options, hg_error *error)
{
    if (options->form < 0 || options->form > HG_GATE)
        return hg_fail(error, HG_BAD_ARGUMENT, "form %d: it is HG_SLOPE, HG_FLOOR, HG_CEILING, HG_SHIFT or HG_GATE",
                       (int)options->form);
    if (!isfinite(options->threshold))
        return hg_fail(error, HG_BAD_ARGUMENT, "threshold %g: it must be finite", options->threshold);
    if (!(options->lower <= options->upper))
        return hg_fail(error, HG_BAD_ARGUMENT, "bounds [%g, %g]: lower must not exceed upper", options->lower,
                       options->upper);
    if (!(options->rate_factor >= 0 && options->decay_factor >= 0 && options->gate_width >= 0) ||
        isinf(options->rate_factor) || isinf(options->decay_factor) || isinf(options->gate_width))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "rate_factor %g, decay_factor %g, gate_width %g: all are finite and >= 0", options->rate_factor,
                       options->decay_factor, options->gate_width);
    return HG_OK;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_threshold_relu_options *options = setup->options;
    const hg_status status = check(options, error);
    if (status)
        return status;
    const form *usual = &forms[options->form];
    setup->output = setup->input[0];
    hg_parameter_spec *threshold =
        hg_setup_parameter(setup, "threshold", hg_shape_of(1, options->shared ? 1 : setup->input[0].channels));
    threshold->start_value = options->threshold == 0 ? usual->start : options->threshold;
    threshold->rate_factor = options->rate_factor == 0 ? 1 : options->rate_factor;
    threshold->decay_factor = options->decay_factor == 0 ? usual->decay_factor : options->decay_factor;
    const bool own_bounds = options->lower != 0 || options->upper != 0;
    threshold->lower = options->unbounded ? 0 : own_bounds ? options->lower : usual->lower;
    threshold->upper = options->unbounded ? 0 : own_bounds ? options->upper : usual->upper;
    const bool bounded = threshold->lower < threshold->upper;
    if (bounded && !(threshold->start_value >= threshold->lower && threshold->start_value <= threshold->upper))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "threshold %g starts outside its bounds [%g, %g]; set .lower and .upper, or .unbounded",
                       threshold->start_value, threshold->lower, threshold->upper);
    return HG_OK;
}

static size_t stride_of(const hg_pass *pass)
{
    return ((const hg_threshold_relu_options *)pass->options)->shared ? 0 : 1;
}

static void forward(const hg_pass *pass)
{
    const hg_threshold_relu_options *options = pass->options;
    const size_t stride = stride_of(pass);
    switch (options->form) {
    case HG_SLOPE:
        activation_forward(pass, stride, slope_value, slope_above);
        break;
    case HG_FLOOR:
        activation_forward(pass, stride, floor_value, floor_above);
        break;
    case HG_CEILING:
        activation_forward(pass, stride, ceiling_value, ceiling_above);
        break;
    case HG_SHIFT:
        activation_forward(pass, stride, shift_value, floor_above);
        break;
    case HG_GATE:
        activation_forward(pass, stride, gate_value, floor_above);
        break;
    }
}

/* The window has a width of its own, which the shared loop has no room for. */
static void gate_threshold_backward(const hg_pass *pass, size_t stride)
{
    const hg_threshold_relu_options *options = pass->options;
    const hg_real width = (hg_real)(options->gate_width == 0 ? USUAL_GATE_WIDTH : options->gate_width);
    const activation_shape shape = activation_shape_of(pass);
    for (size_t c = 0; c < shape.channels; c++) {
        const vec t = activation_parameter(pass, c, stride);
        const vec low = t - width / 2, high = t + width / 2;
        vec sum = { 0 };
        for (size_t i = c * shape.plane; i < (c + 1) * shape.plane; i += VEC) {
            const vec x = vec_load(pass->input[0] + i);
            sum += vec_where((x > low) & (x < high), vec_load(pass->output_gradient + i));
        }
        pass->parameter_gradient[0][c * stride] -= vec_sum(sum) * t[0] / width;
    }
}

static void backward(const hg_pass *pass)
{
    const hg_threshold_relu_options *options = pass->options;
    const size_t stride = stride_of(pass);
    const hg_real *x = pass->input[0];
    switch (options->form) {
    case HG_SLOPE:
        activation_parameter_backward(pass, stride, slope_by_t);
        activation_backward(pass, x, stride, slope_by_x);
        break;
    case HG_FLOOR:
        activation_parameter_backward(pass, stride, floor_by_t);
        activation_backward(pass, x, stride, floor_by_x);
        break;
    case HG_CEILING:
        activation_parameter_backward(pass, stride, ceiling_by_t);
        activation_backward(pass, x, stride, ceiling_by_x);
        break;
    case HG_SHIFT:
        activation_parameter_backward(pass, stride, shift_by_t);
        activation_backward(pass, x, stride, floor_by_x);
        break;
    case HG_GATE:
        gate_threshold_backward(pass, stride);
        activation_backward(pass, x, stride, floor_by_x);
        break;
    }
}

static hg_pool_order pool_order(const void *options)
{
    return forms[((const hg_threshold_relu_options *)options)->form].order;
}

static const char *const form_words[] = { "slope", "floor", "ceiling", "shift", "gate", NULL };
static const hg_option options[] = {
    HG_ENUM(hg_threshold_relu_options, form, form_words),
    HG_REAL(hg_threshold_relu_options, threshold),
    HG_BOOL(hg_threshold_relu_options, shared),
    HG_BOOL(hg_threshold_relu_options, unbounded),
    HG_REAL(hg_threshold_relu_options, lower),
    HG_REAL(hg_threshold_relu_options, upper),
    HG_REAL(hg_threshold_relu_options, rate_factor),
    HG_REAL(hg_threshold_relu_options, decay_factor),
    HG_REAL(hg_threshold_relu_options, gate_width),
};

const hg_layer_type BUILT(hg_threshold_relu_type) = {
    HG_TYPE("threshold_relu", hg_threshold_relu_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = ACTIVATION_TRAITS,
    .setup = setup,
    .forward = forward,
    .backward = backward,
    .pool_order = pool_order,
};
