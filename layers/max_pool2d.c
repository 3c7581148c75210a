/* max_pool2d: y = the largest x of each window; dx = dy at the winner, which is the
 * first of equal ones in row order. A NaN wins over everything, as in PyTorch. */
#include <string.h>

#include "src/simd.h"
#include "src/vec.h"

enum { LONGEST_SIDE = 1 << 15 /* pixels; sums of a few cannot overflow an int */ };

typedef struct geometry {
    int window, stride, padding;
    hg_shape in, out;
} geometry;

static geometry geometry_of(const hg_max_pool2d_options *options, hg_shape in)
{
    const int stride = options->stride == 0 ? options->window : options->stride;
    geometry g = { options->window, stride, options->padding, in, { in.channels, 0, 0 } };
    g.out.height = (in.height + 2 * g.padding - g.window) / stride + 1;
    g.out.width = (in.width + 2 * g.padding - g.window) / stride + 1;
    return g;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_max_pool2d_options *options = setup->options;
    const hg_shape in = setup->input[0];
    if (options->window < 1 || options->stride < 0 || options->padding < 0)
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "window %d, stride %d, padding %d; give a window, as in hg_max_pool2d(2, .stride = 2)",
                       options->window, options->stride, options->padding);
    if (options->window > LONGEST_SIDE || options->stride > LONGEST_SIDE)
        return hg_fail(error, HG_BAD_ARGUMENT, "window %d, stride %d: they may be at most %d", options->window,
                       options->stride, LONGEST_SIDE);
    if (options->padding > options->window / 2)
        return hg_fail(error, HG_BAD_ARGUMENT, "padding %d is more than half the window of %d", options->padding,
                       options->window);
    if (options->window - 2 * options->padding > in.height || options->window - 2 * options->padding > in.width)
        return hg_fail(error, HG_BAD_NETWORK, "window %dx%d does not fit input %dx%dx%d", options->window,
                       options->window, in.height, in.width, in.channels);
    setup->output = geometry_of(options, in).out;
    setup->saved = (size_t)setup->output.channels * (size_t)setup->output.height * (size_t)setup->output.width *
                   HG_LANES * sizeof(mask_element);
    return HG_OK;
}

/* The part of window (row, column) that lies inside the input: rows top to bottom - 1, ... */
typedef struct part {
    int top, bottom, left, right;
} part;

static part part_of(const geometry *g, int row, int column)
{
    part p = { row * g->stride - g->padding, 0, column * g->stride - g->padding, 0 };
    p.bottom = p.top + g->window < g->in.height ? p.top + g->window : g->in.height;
    p.right = p.left + g->window < g->in.width ? p.left + g->window : g->in.width;
    p.top = p.top < 0 ? 0 : p.top;
    p.left = p.left < 0 ? 0 : p.left;
    return p;
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
    const geometry g = geometry_of(pass->options, pass->input_shape[0]);
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
    const geometry g = geometry_of(pass->options, pass->input_shape[0]);
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
