/* The gradient of a convolution's input: a convolution of dy, spread out to where the
 * filter's last tap meets the input's first pixel, with the filters read backward. */
#ifndef HINGE_CONV2D_INPUT_H
#define HINGE_CONV2D_INPUT_H

#include "layers/conv2d_ways.h"

/* One row of pooled dy, to the winners among its windows' pixels; zeros to the losers. */
static void spread_winners(const hg_real *dy, const winner_code *winner, int windows, hg_real *upper, hg_real *lower)
{
    for (int l = 0; l < windows * HG_LANES; l += VEC) {
        const int at = l / HG_LANES * 2 * HG_LANES + l % HG_LANES;
        const vec g = vec_load(dy + l);
        const mask w = winner_load(winner + l);
        vec_store(upper + at, vec_where(w == 0, g));
        vec_store(upper + at + HG_LANES, vec_where(w == 1, g));
        vec_store(lower + at, vec_where(w == 2, g));
        vec_store(lower + at + HG_LANES, vec_where(w == 3, g));
    }
}

/* Row r of filter f's dy where the stride leaves pixels between. */
static void spread_apart(const hg_pass *pass, int f, int r, hg_real *spread)
{
    const conv2d_state *s = pass->state;
    const int top = s->height - 1 - s->pad_row, left = s->width - 1 - s->pad_column;
    const int32_t from = place_of(s->out, f, r, 0);
    for (int l = 0; l < s->out.width * HG_LANES; l++) {
        const int c = l / HG_LANES, w = s->pool ? winners(pass)[from + l] : 0;
        const int row = s->pool ? 2 * r + (w >> 1) : r, column = s->pool ? 2 * c + (w & 1) : c;
        spread[place_of(s->spread, f, top + row * s->stride, left + column * s->stride) + l % HG_LANES] =
            pass->output_gradient[from + l];
    }
}

static void spread_gradient(const hg_pass *pass, hg_real *spread)
{
    const conv2d_state *s = pass->state;
    const int top = s->height - 1 - s->pad_row, left = s->width - 1 - s->pad_column;
    const hg_shape used = used_map(s);
    if (s->stride == 1)
        clear_frame(spread, s->spread, top, left, used.height, used.width);
    else
        memset(spread, 0, bytes_of(s->spread));
    for (int f = 0; f < s->out.channels; f++)
        for (int r = 0; r < s->out.height; r++) {
            const int32_t from = place_of(s->out, f, r, 0);
            const hg_real *dy = pass->output_gradient + from;
            if (s->stride > 1)
                spread_apart(pass, f, r, spread);
            else if (s->pool)
                spread_winners(dy, winners(pass) + from, s->out.width,
                               spread + place_of(s->spread, f, top + 2 * r, left),
                               spread + place_of(s->spread, f, top + 2 * r + 1, left));
            else
                memcpy(spread + place_of(s->spread, f, top + r, left), dy,
                       (size_t)s->out.width * HG_LANES * sizeof *dy);
        }
}

/* Where in it the map's pixels lie; stride 1. */
static dense_gradient spread_of_map(const conv2d_state *s, const hg_real *spread)
{
    return (dense_gradient){ spread + place_of(s->spread, 0, s->height - 1 - s->pad_row, s->width - 1 - s->pad_column),
                             (size_t)s->spread.width * HG_LANES,
                             (size_t)s->spread.height * (size_t)s->spread.width * HG_LANES };
}

static void input_backward(const hg_pass *pass, const hg_real *spread, hg_real *scratch)
{
    const conv2d_state *s = pass->state;
    const conv2d_map map = { .way = s->way,
                             .input = spread,
                             .pixel = s->gradient_pixel,
                             .tiles = s->gradient_tiles,
                             .from = s->spread,
                             .shape = s->in,
                             .window = s->gradient_window,
                             .windows = s->gradient_windows,
                             .run = s->gradient_run,
                             .runs = s->gradient_runs,
                             .block_runs = s->gradient_block_runs,
                             .length = (size_t)s->width,
                             .weight = pass->parameter[WEIGHT],
                             .weight_step = -1,
                             .weight_row = (ptrdiff_t)s->height * s->width,
                             .outputs = (size_t)s->in.channels,
                             .output = pass->input_gradient[0],
                             .scratch = scratch,
                             .pieces = PIECES };
    make_map(&map, HG_NO_POOL);
}

#endif
