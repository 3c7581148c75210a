/* max_pool2d: y = the largest x of each window; dx = dy at the winner, which is the
 * first of equal ones in row order. A NaN wins over everything, as in PyTorch. */
#include "layers/pool2d.h"

static geometry geometry_of_options(const hg_max_pool2d_options *options, hg_shape in)
{
    return geometry_of(options->window, options->stride, options->padding, in);
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_max_pool2d_options *options = setup->options;
    const hg_shape in = setup->input[0];
    const hg_status status =
        geometry_check(options->window, options->stride, options->padding, in, "hg_max_pool2d", error);
    if (status)
        return status;
    setup->output = geometry_of_options(options, in).out;
    setup->saved = (size_t)setup->output.channels * (size_t)setup->output.height * (size_t)setup->output.width *
                   HG_LANES * sizeof(mask_element);
    return HG_OK;
}

static void pool_window(const geometry *g, part p, const hg_real *x, hg_real *y, mask *winner)
{
    vec best = vec_load(x + (p.top * g->in.width + p.left) * HG_LANES);
    mask at = { 0 };
    at += (mask_element)(p.top * g->in.width + p.left);
    for (int r = p.top; r < p.bottom; r++)
        for (int c = p.left; c < p.right; c++) {
            const mask_element pixel = r * g->in.width + c;
            const vec candidate = vec_load(x + pixel * HG_LANES);
            const mask better = (candidate > best) | (candidate != candidate);
            best = vec_select(better, candidate, best);
            at = (better & pixel) | (~better & at);
        }
    vec_store(y, best);
    *winner = at;
}

static void forward(const hg_pass *pass)
{
    const geometry g = geometry_of_options(pass->options, pass->input_shape[0]);
    const ptrdiff_t plane = (ptrdiff_t)g.in.height * g.in.width * HG_LANES;
    mask_element *winner = pass->saved;
    hg_real *y = pass->output;
    for (int channel = 0; channel < g.in.channels; channel++)
        for (int row = 0; row < g.out.height; row++)
            for (int column = 0; column < g.out.width; column++)
                for (int piece = 0; piece < PIECES; piece++) {
                    pool_window(&g, part_of(&g, row, column), pass->input[0] + channel * plane + piece * VEC, y,
                                (mask *)winner);
                    y += VEC;
                    winner += VEC;
                }
}

static void backward(const hg_pass *pass)
{
    const geometry g = geometry_of_options(pass->options, pass->input_shape[0]);
    const size_t in_plane = (size_t)g.in.height * (size_t)g.in.width * HG_LANES;
    const size_t out_plane = (size_t)g.out.height * (size_t)g.out.width * HG_LANES;
    const mask_element *winner = pass->saved;
    hg_real *dx = pass->input_gradient[0];
    if (!dx)
        return;
    memset(dx, 0, (size_t)g.in.channels * in_plane * sizeof *dx);
    for (size_t channel = 0; channel < (size_t)g.in.channels; channel++)
        for (size_t i = 0; i < out_plane; i++)
            dx[channel * in_plane + (size_t)winner[channel * out_plane + i] * HG_LANES + i % HG_LANES] +=
                pass->output_gradient[channel * out_plane + i];
}

static const hg_option options[] = {
    HG_INT(hg_max_pool2d_options, window),
    HG_INT(hg_max_pool2d_options, stride),
    HG_INT(hg_max_pool2d_options, padding),
};

const hg_layer_type BUILT(hg_max_pool2d_type) = {
    HG_TYPE("max_pool2d", hg_max_pool2d_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
