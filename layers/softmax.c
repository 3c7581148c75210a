/* softmax: y[k] = exp(x[k]) / sum over j of exp(x[j]), over all units;
 * dx[k] = y[k] (dy[k] - sum over j of dy[j] y[j]). The largest x is subtracted
 * first, so that no exponential overflows. */
#include "src/simd.h"
#include "src/vec_exp.h"

static size_t units_of(const hg_pass *pass)
{
    const hg_shape shape = pass->output_shape;
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    (void)error;
    setup->output = setup->input[0];
    return HG_OK;
}

static void forward_piece(const hg_real *x, size_t units, hg_real *y)
{
    vec largest = vec_load(x), sum = { 0 };
    for (size_t i = HG_LANES; i < units * HG_LANES; i += HG_LANES)
        largest = vec_select(vec_load(x + i) > largest, vec_load(x + i), largest);
    for (size_t i = 0; i < units * HG_LANES; i += HG_LANES) {
        const vec power = vec_exp(vec_load(x + i) - largest);
        vec_store(y + i, power);
        sum += power;
    }
    for (size_t i = 0; i < units * HG_LANES; i += HG_LANES)
        vec_store(y + i, vec_load(y + i) / sum);
}

static void backward_piece(const hg_real *y, const hg_real *dy, size_t units, hg_real *dx)
{
    vec mean = { 0 };
    for (size_t i = 0; i < units * HG_LANES; i += HG_LANES)
        mean += vec_load(dy + i) * vec_load(y + i);
    for (size_t i = 0; i < units * HG_LANES; i += HG_LANES)
        vec_store(dx + i, vec_load(y + i) * (vec_load(dy + i) - mean));
}

static void forward(const hg_pass *pass)
{
    const size_t units = units_of(pass);
    for (size_t lane = 0; lane < HG_LANES; lane += VEC)
        forward_piece(pass->input[0] + lane, units, pass->output + lane);
}

static void backward(const hg_pass *pass)
{
    const size_t units = units_of(pass);
    for (size_t lane = 0; lane < HG_LANES && pass->input_gradient[0]; lane += VEC)
        backward_piece(pass->output + lane, pass->output_gradient + lane, units, pass->input_gradient[0] + lane);
}

const hg_layer_type BUILT(hg_softmax_type) = {
    HG_TYPE("softmax", hg_softmax_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = HG_READS_OUTPUT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
