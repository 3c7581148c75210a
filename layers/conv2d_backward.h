/* The gradients of a convolution's weights, bias and input. */
#ifndef HINGE_CONV2D_BACKWARD_H
#define HINGE_CONV2D_BACKWARD_H

#include <string.h>

#include "layers/conv2d_state.h"

/* ---- the weights' gradient ---- */

/* T neighbouring taps of one filter row: sum over output pixels and samples of dy x. */
INLINE void dense_row(int T, const conv2d_state *s, const hg_real *dy, const hg_real *x, hg_real *gradient)
{
    vec sum[MAX_ROW_TAPS] = { { 0 } };
    for (int r = 0; r < s->map.height; r++)
        for (int c = 0; c < s->map.width; c++) {
            const hg_real *patch = x + place_of(s->padded, 0, r * s->stride, c * s->stride);
            UNROLL_FOR (int piece = 0; piece < PIECES; piece++) {
                const vec g = vec_load(dy + (r * s->map.width + c) * HG_LANES + piece * VEC);
                UNROLL_FOR (int t = 0; t < T; t++)
                    sum[t] += g * vec_load(patch + t * HG_LANES + piece * VEC);
            }
        }
    UNROLL_FOR (int t = 0; t < T; t++)
        gradient[t] += vec_sum(sum[t]);
}

/* The same where only each window's winner has a gradient, along one row of windows:
 * choose the winner's patch by row, then by column. With stride 1 the right patch is
 * the left one moved by a tap, so that each row is chosen once. */
INLINE void pooled_taps(int T, bool stride_1, const conv2d_state *s, const hg_real *dy, const winner_code *winner,
                        const hg_real *x, const int32_t *pixel, hg_real *sums)
{
    const ptrdiff_t down = (ptrdiff_t)s->padded.width * s->stride * HG_LANES, right = (ptrdiff_t)s->stride * HG_LANES;
    vec sum[MAX_ROW_TAPS];
    UNROLL_FOR (int k = 0; k < T; k++)
        sum[k] = vec_load(sums + k * VEC);
    for (int window = 0; window < s->out.width; window++)
        for (int piece = 0; piece < PIECES; piece++) {
            const int at = window * HG_LANES + piece * VEC;
            const hg_real *patch = x + pixel[window * WINDOW] + piece * VEC;
            const vec g = vec_load(dy + at);
            const mask w = winner_load(winner + at);
            const mask lower = w > 1, righter = (w & 1) > 0;
            vec row[MAX_ROW_TAPS + 1];
            UNROLL_FOR (int k = 0; k < T + stride_1; k++)
                row[k] = vec_select(lower, vec_load(patch + down + k * HG_LANES), vec_load(patch + k * HG_LANES));
            UNROLL_FOR (int k = 0; k < T; k++) {
                const hg_real *beside = patch + right + k * HG_LANES;
                const vec moved = stride_1 ? row[k + 1] : vec_select(lower, vec_load(beside + down), vec_load(beside));
                sum[k] += g * vec_select(righter, moved, row[k]);
            }
        }
    UNROLL_FOR (int k = 0; k < T; k++)
        vec_store(sums + k * VEC, sum[k]);
}

INLINE void pooled_filter_row(int T, const conv2d_state *s, const hg_real *dy, const winner_code *winner,
                              const hg_real *x, const int32_t *pixel, hg_real *sums)
{
    if (s->stride == 1)
        pooled_taps(T, true, s, dy, winner, x, pixel, sums);
    else
        pooled_taps(T, false, s, dy, winner, x, pixel, sums);
}

/* Row of windows by row of windows, so that the input's rows stay in the nearest
 * cache for all filters; the sums, one vec a weight, wait in scratch in between. */
static void pooled_weight_backward(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    const hg_real *input = padded_input(pass);
    const size_t filters = (size_t)s->map.channels, weights = filters * s->runs * (size_t)s->width;
    const size_t width = (size_t)s->out.width, plane = (size_t)s->out.height * width * HG_LANES;
    hg_real *sums = pass->scratch;
    memset(sums, 0, weights * VEC * sizeof *sums);
    for (size_t window_row = 0; window_row < (size_t)s->out.height; window_row++) {
        const int32_t *pixel = s->pixel + window_row * width * WINDOW;
        hg_real *sum = sums;
        for (size_t filter = 0; filter < filters; filter++) {
            const size_t at = filter * plane + window_row * width * HG_LANES;
            const hg_real *dy = pass->output_gradient + at;
            const winner_code *winner = winners(pass) + at;
            for (size_t r = 0; r < s->runs; r++) {
                const hg_real *x = input + s->run[r].x;
                int tap = 0;
                for (; tap + MAX_ROW_TAPS <= s->width; tap += MAX_ROW_TAPS)
                    pooled_filter_row(MAX_ROW_TAPS, s, dy, winner, x + tap * HG_LANES, pixel, sum + tap * VEC);
                for (; tap + 3 <= s->width; tap += 3)
                    pooled_filter_row(3, s, dy, winner, x + tap * HG_LANES, pixel, sum + tap * VEC);
                for (; tap < s->width; tap++)
                    pooled_filter_row(1, s, dy, winner, x + tap * HG_LANES, pixel, sum + tap * VEC);
                sum += s->width * VEC;
            }
        }
    }
    for (size_t i = 0; i < weights; i++)
        pass->parameter_gradient[WEIGHT][i] += vec_sum(vec_load(sums + i * VEC));
}

static void dense_weight_backward(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    const hg_real *input = padded_input(pass);
    hg_real *gradient = pass->parameter_gradient[WEIGHT];
    const size_t plane = (size_t)s->out.height * (size_t)s->out.width * HG_LANES;
    for (size_t filter = 0; filter < (size_t)s->map.channels; filter++)
        for (size_t r = 0; r < s->runs; r++) {
            const hg_real *x = input + s->run[r].x, *dy = pass->output_gradient + filter * plane;
            int tap = 0;
            for (; tap + MAX_ROW_TAPS <= s->width; tap += MAX_ROW_TAPS)
                dense_row(MAX_ROW_TAPS, s, dy, x + tap * HG_LANES, gradient + tap);
            for (; tap + 3 <= s->width; tap += 3)
                dense_row(3, s, dy, x + tap * HG_LANES, gradient + tap);
            for (; tap < s->width; tap++)
                dense_row(1, s, dy, x + tap * HG_LANES, gradient + tap);
            gradient += s->width;
        }
}

static void bias_backward(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    const size_t plane = (size_t)s->out.height * (size_t)s->out.width * HG_LANES;
    for (size_t f = 0; f < (size_t)s->map.channels; f++) {
        vec sum = { 0 };
        for (size_t i = f * plane; i < (f + 1) * plane; i += VEC)
            sum += vec_load(pass->output_gradient + i);
        pass->parameter_gradient[BIAS][f] += vec_sum(sum);
    }
}

/* ---- the input's gradient ---- */

/* dy at the places where the filter's last tap meets the input's first pixel and so on, zeros between. */
static void spread_gradient(const hg_pass *pass, hg_real *spread)
{
    const conv2d_state *s = pass->state;
    const int top = s->height - 1 - s->pad_row, left = s->width - 1 - s->pad_column;
    memset(spread, 0, bytes_of(s->spread));
    for (int f = 0; f < s->out.channels; f++)
        for (int r = 0; r < s->out.height; r++)
            for (int c = 0; c < s->out.width; c++) {
                const int32_t from = place_of(s->out, f, r, c);
                if (!s->pool) {
                    memcpy(spread + place_of(s->spread, f, top + r * s->stride, left + c * s->stride),
                           pass->output_gradient + from, HG_LANES * sizeof *spread);
                    continue;
                }
                const winner_code *winner = winners(pass) + from;
                for (int l = 0; l < HG_LANES; l++) {
                    const int row = 2 * r + (int)(winner[l] >> 1), column = 2 * c + (int)(winner[l] & 1);
                    spread[place_of(s->spread, f, top + row * s->stride, left + column * s->stride) + l] =
                        pass->output_gradient[from + l];
                }
            }
}

INLINE void input_tile(int F, const hg_pass *pass, const hg_real *spread, size_t channel, size_t tile)
{
    const conv2d_state *s = pass->state;
    const size_t pixels = (size_t)s->in.height * (size_t)s->in.width;
    const ptrdiff_t filter_taps = (ptrdiff_t)s->height * s->width;
    for (int piece = 0; piece < PIECES; piece++) {
        const hg_real *dy[TILE_VECTORS];
        for (int v = 0; v < TILE_VECTORS; v++)
            dy[v] = spread + s->gradient_pixel[tile * TILE_VECTORS + (size_t)v] + piece * VEC;
        tile_sums sums;
        tile_start(F, TILE_VECTORS, NULL, &sums);
        tile_accumulate(F, TILE_VECTORS, s->gradient_run, s->gradient_runs, (size_t)s->width, HG_LANES, -1, filter_taps,
                        pass->parameter[WEIGHT] + (ptrdiff_t)channel * filter_taps, dy, &sums);
        UNROLL_FOR (int f = 0; f < F; f++)
            UNROLL_FOR (int v = 0; v < TILE_VECTORS; v++) {
                const size_t q = tile * TILE_VECTORS + (size_t)v;
                if (q < pixels)
                    vec_store(pass->input_gradient[0] + ((channel + (size_t)f) * pixels + q) * HG_LANES + piece * VEC,
                              sums.at[f][v]);
            }
    }
}

static void input_backward(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    hg_real *spread = pass->scratch;
    spread_gradient(pass, spread);
    for (size_t tile = 0; tile < s->gradient_tiles; tile++) {
        const size_t channels = (size_t)s->in.channels;
        size_t channel = 0;
        for (; channel + TILE_OUTPUTS <= channels; channel += TILE_OUTPUTS)
            input_tile(TILE_OUTPUTS, pass, spread, channel, tile);
        for (; channel < channels; channel++)
            input_tile(1, pass, spread, channel, tile);
    }
}

#endif
