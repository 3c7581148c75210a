/* noisy_relu: y = max(x + s n, 0), n normal of mean 0 and deviation 1, while training;
 * max(x, 0) otherwise. s is the option, or sqrt(sigmoid(x)) (Nair & Hinton 2010, section 2).
 * With n kept, dy/dx = 1 where y > 0, else 0, or, s depending on x,
 * 1 + n ds/dx = 1 + s n (1 - sigmoid(x)) / 2, where s n = y - x. */
#include "layers/activation.h"
#include "src/lane_normal.h"
#include "src/vec_exp.h"

static hg_real deviation_of(const hg_pass *pass)
{
    return (hg_real)((const hg_noisy_relu_options *)pass->options)->deviation;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_noisy_relu_options *options = setup->options;
    if (!(options->deviation >= 0) || isinf(options->deviation))
        return hg_fail(
            error, HG_BAD_ARGUMENT,
            "deviation %g: it is finite and above 0, or 0 for sqrt(sigmoid(x)); without noise this is hg_relu()",
            options->deviation);
    return activation_setup(setup);
}

typedef struct normal_rows {
    hg_real of[RANDOM_BLOCK][HG_LANES] __attribute__((aligned(HG_ALIGNMENT)));
} normal_rows;

ALONE void draw(const hg_pass *pass, uint32_t block, normal_rows *normal)
{
    lane_bits bits;
    lane_random(pass, block, &bits);
    for (int pair = 0; pair < RANDOM_BLOCK / 2; pair++)
        UNROLL_FOR (int piece = 0; piece < PIECES; piece++) {
            vec two[2];
            lane_normal(&bits, pair, piece, two);
            vec_store(normal->of[2 * pair] + piece * VEC, two[0]);
            vec_store(normal->of[2 * pair + 1] + piece * VEC, two[1]);
        }
}

/* x + s n of one unit; seen[piece] of the samples for which it is above 0. */
INLINE void forward_unit(const hg_real *x, const hg_real *normal, hg_real fixed, hg_real *y, mask *seen)
{
    UNROLL_FOR (int piece = 0; piece < PIECES; piece++) {
        const vec xv = vec_load(x + piece * VEC);
        const vec deviation = fixed == 0 ? vec_sqrt(vec_sigmoid(xv)) : vec_set(fixed);
        const vec sum = xv + deviation * vec_load(normal + piece * VEC);
        seen[piece] |= sum > 0;
        vec_store(y + piece * VEC, activation_rectified(sum, sum));
    }
}

static void noisy_forward(const hg_pass *pass)
{
    const activation_shape shape = activation_shape_of(pass);
    const hg_real fixed = deviation_of(pass);
    normal_rows normal;
    uint32_t unit = 0;
    for (size_t c = 0; c < shape.channels; c++) {
        mask seen[PIECES] = { { 0 } }, any = { 0 };
        for (size_t i = 0; i < shape.plane; i += HG_LANES, unit++) {
            const size_t at = (size_t)unit * HG_LANES;
            if (unit % RANDOM_BLOCK == 0)
                draw(pass, unit / RANDOM_BLOCK, &normal);
            forward_unit(pass->input[0] + at, normal.of[unit % RANDOM_BLOCK], fixed, pass->output + at, seen);
        }
        for (int piece = 0; piece < PIECES; piece++)
            any |= seen[piece] & mask_of_samples(pass->count, piece);
        if (mask_any(any))
            pass->active[c] = 1;
    }
}

static void forward(const hg_pass *pass)
{
    if (pass->training)
        noisy_forward(pass);
    else
        activation_forward(pass, 0, activation_rectified, activation_positive);
}

/* where y > 0 */
INLINE vec derivative(vec x, vec y, bool fixed)
{
    if (fixed)
        return vec_set(1);
    return 1 + (y - x) * (1 - vec_sigmoid(x)) / 2;
}

static void backward(const hg_pass *pass)
{
    const activation_shape shape = activation_shape_of(pass);
    const bool fixed = deviation_of(pass) != 0;
    for (size_t i = 0; i < shape.channels * shape.plane && pass->input_gradient[0]; i += VEC) {
        const vec y = vec_load(pass->output + i), dy = vec_load(pass->output_gradient + i);
        vec_store(pass->input_gradient[0] + i,
                  dy * vec_where(y > 0, derivative(vec_load(pass->input[0] + i), y, fixed)));
    }
}

static const hg_option options[] = { HG_REAL(hg_noisy_relu_options, deviation) };

/* No pool_order: each number of a window has a noise of its own. */
const hg_layer_type BUILT(hg_noisy_relu_type) = {
    HG_TYPE("noisy_relu", hg_noisy_relu_options),  HG_OPTIONS(options), .min_inputs = 1,    .max_inputs = 1,
    .traits = ACTIVATION_TRAITS | HG_READS_OUTPUT, .setup = setup,      .forward = forward, .backward = backward,
};
