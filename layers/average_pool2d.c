/* average_pool2d: y = sum of x over a window / its pixels; dx = dy / pixels, summed
 * over the windows that hold x. Padding is zeros; its pixels count too, unless
 * exclude_padding. PyTorch's AvgPool2d. */
#include "layers/pool2d.h"

static geometry geometry_of_options(const hg_average_pool2d_options *options, hg_shape in)
{
    return geometry_of(options->window, options->stride, options->padding, in);
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_average_pool2d_options *options = setup->options;
    const hg_shape in = setup->input[0];
    const hg_status status =
        geometry_check(options->window, options->stride, options->padding, in, "hg_average_pool2d", error);
    setup->output = status ? in : geometry_of_options(options, in).out;
    return status;
}

static hg_real share_of(const hg_pass *pass, const geometry *g, part p)
{
    const hg_average_pool2d_options *options = pass->options;
    if (options->exclude_padding)
        return 1 / ((hg_real)(p.bottom - p.top) * (hg_real)(p.right - p.left));
    return 1 / ((hg_real)g->window * (hg_real)g->window);
}

static void average_window(const geometry *g, part p, const hg_real *x, int pieces, hg_real share, hg_real *y)
{
    for (int piece = 0; piece < pieces; piece++) {
        vec sum = { 0 };
        for (int r = p.top; r < p.bottom; r++)
            for (int c = p.left; c < p.right; c++)
                sum += vec_load(x + (r * g->in.width + c) * HG_LANES + piece * VEC);
        vec_store(y + piece * VEC, sum * share);
    }
}

static void spread_window(const geometry *g, part p, const hg_real *dy, hg_real share, hg_real *dx)
{
    for (int piece = 0; piece < PIECES; piece++) {
        const vec gradient = vec_load(dy + piece * VEC) * share;
        for (int r = p.top; r < p.bottom; r++)
            for (int c = p.left; c < p.right; c++)
                vec_add_to(dx + (r * g->in.width + c) * HG_LANES + piece * VEC, gradient);
    }
}

static void forward(const hg_pass *pass)
{
    const geometry g = geometry_of_options(pass->options, pass->input_shape[0]);
    const ptrdiff_t plane = (ptrdiff_t)g.in.height * g.in.width * HG_LANES;
    const int pieces = pieces_to_run(pass);
    hg_real *y = pass->output;
    for (int channel = 0; channel < g.in.channels; channel++)
        for (int row = 0; row < g.out.height; row++)
            for (int column = 0; column < g.out.width; column++, y += HG_LANES) {
                const part p = part_of(&g, row, column);
                average_window(&g, p, pass->input[0] + channel * plane, pieces, share_of(pass, &g, p), y);
            }
}

static void backward(const hg_pass *pass)
{
    const geometry g = geometry_of_options(pass->options, pass->input_shape[0]);
    const ptrdiff_t plane = (ptrdiff_t)g.in.height * g.in.width * HG_LANES;
    const hg_real *dy = pass->output_gradient;
    hg_real *dx = pass->input_gradient[0];
    if (!dx)
        return;
    memset(dx, 0, (size_t)g.in.channels * (size_t)plane * sizeof *dx);
    for (int channel = 0; channel < g.in.channels; channel++)
        for (int row = 0; row < g.out.height; row++)
            for (int column = 0; column < g.out.width; column++, dy += HG_LANES) {
                const part p = part_of(&g, row, column);
                spread_window(&g, p, dy, share_of(pass, &g, p), dx + channel * plane);
            }
}

static const hg_option options[] = {
    HG_INT(hg_average_pool2d_options, window),
    HG_INT(hg_average_pool2d_options, stride),
    HG_INT(hg_average_pool2d_options, padding),
    HG_BOOL(hg_average_pool2d_options, exclude_padding),
};

const hg_layer_type BUILT(hg_average_pool2d_type) = {
    HG_TYPE("average_pool2d", hg_average_pool2d_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
