/* global_average_pool2d: y[channel] = mean of x over the channel's pixels;
 * dx = dy / pixels (Lin, Chen & Yan 2013, section 3.2). */
#include "src/simd.h"
#include "src/vec.h"

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    (void)error;
    setup->output = (hg_shape){ setup->input[0].channels, 1, 1 };
    return HG_OK;
}

static size_t plane_of(const hg_pass *pass)
{
    return (size_t)pass->input_shape[0].height * (size_t)pass->input_shape[0].width * HG_LANES;
}

static hg_real share_of(const hg_pass *pass)
{
    return 1 / ((hg_real)pass->input_shape[0].height * (hg_real)pass->input_shape[0].width);
}

static void forward(const hg_pass *pass)
{
    const size_t plane = plane_of(pass), channels = (size_t)pass->input_shape[0].channels;
    const hg_real share = share_of(pass);
    for (size_t c = 0; c < channels; c++)
        for (int piece = 0; piece < pieces_to_run(pass); piece++) {
            const hg_real *x = pass->input[0] + c * plane + piece * VEC;
            vec sum = { 0 };
            for (size_t i = 0; i < plane; i += HG_LANES)
                sum += vec_load(x + i);
            vec_store(pass->output + c * HG_LANES + piece * VEC, sum * share);
        }
}

static void backward(const hg_pass *pass)
{
    const size_t plane = plane_of(pass), channels = (size_t)pass->input_shape[0].channels;
    const hg_real share = share_of(pass);
    for (size_t c = 0; c < channels && pass->input_gradient[0]; c++)
        for (int piece = 0; piece < PIECES; piece++) {
            const vec gradient = vec_load(pass->output_gradient + c * HG_LANES + piece * VEC) * share;
            for (size_t i = 0; i < plane; i += HG_LANES)
                vec_store(pass->input_gradient[0] + c * plane + i + piece * VEC, gradient);
        }
}

const hg_layer_type BUILT(hg_global_average_pool2d_type) = {
    HG_TYPE("global_average_pool2d", hg_global_average_pool2d_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
