/* The gradients of a convolution's weights and bias: sums over output pixels and
 * samples of dy x. */
#ifndef HINGE_CONV2D_WEIGHTS_H
#define HINGE_CONV2D_WEIGHTS_H

#include <string.h>

#include "layers/conv2d_state.h"

/* ---- dense: every pixel has a gradient ----
 *
 * The sums of a few filters x a few neighbouring taps stay in registers along a row
 * of the output. In between they wait in scratch, one vec a weight, so that the row
 * of dy stays in the nearest cache for all the taps. */

enum { DENSE_TAPS = 5, DENSE_SUMS = 12 };

static size_t dense_scratch(const conv2d_state *s)
{
    return s->runs * (size_t)s->width * DENSE_SUMS * VEC * sizeof(hg_real);
}

/* dy of every pixel of the map: where the first filter's lies, and how far it is to the next row and filter. */
typedef struct dense_gradient {
    const hg_real *first;
    size_t row, plane;
} dense_gradient;

static dense_gradient whole_map(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    const size_t row = (size_t)s->map.width * HG_LANES;
    return (dense_gradient){ pass->output_gradient, row, (size_t)s->map.height * row };
}

/* `count` output pixels: dy of F filters, `plane` apart, and x under the first of T taps, from pixel to pixel `step`
 * on. */
INLINE void dense_row(int F, int T, const hg_real *dy, size_t plane, const hg_real *x, ptrdiff_t step, size_t count,
                      hg_real *sums)
{
    vec sum[DENSE_SUMS];
    UNROLL_FOR (int i = 0; i < F * T; i++)
        sum[i] = vec_load(sums + i * VEC);
    const hg_real *row[DENSE_SUMS];
    UNROLL_FOR (int f = 0; f < F; f++)
        row[f] = dy + (size_t)f * plane;
    const ptrdiff_t end = (ptrdiff_t)count * HG_LANES;
    for (ptrdiff_t p = 0; p < end; p += HG_LANES, x += step)
        UNROLL_FOR (int piece = 0; piece < PIECES; piece++) {
            vec g[DENSE_SUMS];
            UNROLL_FOR (int f = 0; f < F; f++)
                g[f] = vec_load(row[f] + p + piece * VEC);
            UNROLL_FOR (int t = 0; t < T; t++) {
                const vec xt = vec_load(x + t * HG_LANES + piece * VEC);
                UNROLL_FOR (int f = 0; f < F; f++)
                    vec_multiply_add(&sum[f * T + t], g[f], xt);
            }
        }
    UNROLL_FOR (int i = 0; i < F * T; i++)
        vec_store(sums + i * VEC, sum[i]);
}

/* T taps from `tap` on of every row of F filters. */
INLINE void dense_taps(int F, int T, const hg_pass *pass, dense_gradient dy, hg_real *sums, size_t filter, int tap)
{
    const conv2d_state *s = pass->state;
    const size_t taps = s->runs * (size_t)s->width, sums_of_run = (size_t)(F * T) * VEC;
    memset(sums, 0, s->runs * sums_of_run * sizeof *sums);
    for (int r = 0; r < s->map.height; r++) {
        const hg_real *row = dy.first + filter * dy.plane + (size_t)r * dy.row;
        const hg_real *x = padded_input(pass) + place_of(s->padded, 0, r * s->stride, tap);
        for (size_t run = 0; run < s->runs; run++)
            dense_row(F, T, row, dy.plane, x + s->run[run].x, (ptrdiff_t)s->stride * HG_LANES, (size_t)s->map.width,
                      sums + run * sums_of_run);
    }
    for (size_t run = 0; run < s->runs; run++)
        for (int f = 0; f < F; f++)
            for (int t = 0; t < T; t++)
                pass->parameter_gradient[WEIGHT]
                                        [(filter + (size_t)f) * taps + run * (size_t)s->width + (size_t)(tap + t)] +=
                    vec_sum(vec_load(sums + run * sums_of_run + (f * T + t) * VEC));
}

/* As many filters at once as there are registers for. */
INLINE void dense_filters(int T, const hg_pass *pass, dense_gradient dy, hg_real *sums, int tap)
{
    const conv2d_state *s = pass->state;
    const size_t filters = (size_t)s->map.channels, together = DENSE_SUMS / T < 4 ? DENSE_SUMS / (size_t)T : 4;
    size_t filter = 0;
    for (; filter + together <= filters; filter += together)
        dense_taps(DENSE_SUMS / T < 4 ? DENSE_SUMS / T : 4, T, pass, dy, sums, filter, tap);
    for (; filter < filters; filter++)
        dense_taps(1, T, pass, dy, sums, filter, tap);
}

static void dense_weight_backward(const hg_pass *pass, dense_gradient dy, hg_real *sums)
{
    const conv2d_state *s = pass->state;
    int tap = 0;
    for (; tap + DENSE_TAPS <= s->width; tap += DENSE_TAPS)
        dense_filters(DENSE_TAPS, pass, dy, sums, tap);
    for (; tap + 3 <= s->width; tap += 3)
        dense_filters(3, pass, dy, sums, tap);
    for (; tap < s->width; tap++)
        dense_filters(1, pass, dy, sums, tap);
}

/* ---- pooled: of each window only the winner has a gradient ----
 *
 * Which pixel won differs from sample to sample, so that here the lanes of a vec are
 * neighbouring taps: x is turned back into images, a few channels at a time, and for
 * each sample and window dy times the winner's patch is added, row by row of the
 * filter. That is a quarter of the dense multiply-adds; but the vecs of narrow filters
 * are half empty, and the dense sums over a dy with zeros for the losers faster. */

enum { ROW_TAPS = 8, MOST_ROWS = 6, NARROW = 4 /* measured: 3 x 3 filters of 64 channels */ };

typedef hg_real row_vec __attribute__((vector_size(ROW_TAPS * sizeof(hg_real)), aligned(sizeof(hg_real)), may_alias));

typedef struct pooled_group {
    size_t channels, rows, columns; /* rows: of the filter, in these channels; columns: row_vecs in a row */
    size_t image;                   /* numbers from one sample's image to the next's */
    hg_real *images;                /* [HG_LANES][image] */
    hg_real *sums;                  /* [filters][rows][columns][ROW_TAPS] */
} pooled_group;

static pooled_group group_of(const conv2d_state *s, hg_real *scratch)
{
    const size_t height = (size_t)s->height, channels = (size_t)s->in.channels;
    pooled_group group = { .channels = height < MOST_ROWS ? MOST_ROWS / height : 1 };
    if (group.channels > channels)
        group.channels = channels;
    group.rows = group.channels * height;
    group.columns = ((size_t)s->width + ROW_TAPS - 1) / ROW_TAPS;
    /* room for the last row_vec; an odd number of cache lines, lest all images meet in the same few of them */
    const size_t line = CACHE_LINE / sizeof(hg_real), pixels = (size_t)s->padded.height * (size_t)s->padded.width;
    group.image = ((group.channels * pixels + ROW_TAPS + VEC) / line | 1) * line + line * 2;
    group.images = scratch;
    group.sums = scratch ? scratch + HG_LANES * group.image : NULL; /* without: only the sizes are asked for */
    return group;
}

static size_t pooled_scratch(const conv2d_state *s)
{
    const pooled_group group = group_of(s, NULL);
    const size_t sums = (size_t)s->map.channels * group.rows * group.columns * ROW_TAPS;
    return (HG_LANES * group.image + sums) * sizeof(hg_real);
}

/* R rows of the filter along one row of windows. */
INLINE void pooled_rows(int R, const hg_pass *pass, const pooled_group *group, const hg_real *dy,
                        const winner_code *winner, const hg_real *images, const int32_t *row_at, hg_real *sums)
{
    const conv2d_state *s = pass->state;
    const int32_t right = s->stride, down = s->padded.width * s->stride;
    const int32_t winner_at[PIXELS] = { 0, right, down, down + right };
    const size_t next = group->columns * ROW_TAPS;
    row_vec sum[2][MOST_ROWS] = { 0 }; /* two of each, as an addition has to wait for the one before */
    const hg_real *row[MOST_ROWS];
    UNROLL_FOR (int r = 0; r < R; r++)
        row[r] = images + row_at[r];
    for (int window = 0; window < s->out.width; window++) {
        ptrdiff_t image = (ptrdiff_t)2 * s->stride * window;
        for (size_t l = 0; l < pass->count; l += 2)
            UNROLL_FOR (size_t k = 0; k < 2; k++) {
                const ptrdiff_t patch = image + winner_at[winner[l + k]];
                const row_vec g = dy[l + k] - (row_vec){ 0 };
                UNROLL_FOR (int r = 0; r < R; r++)
                    sum[k][r] += g * *(const row_vec *)(row[r] + patch);
                image += (ptrdiff_t)group->image;
            }
        dy += HG_LANES;
        winner += HG_LANES;
    }
    UNROLL_FOR (int r = 0; r < R; r++)
        *(row_vec *)(sums + (size_t)r * next) += sum[0][r] + sum[1][r];
}

typedef void pooled_rows_function(const hg_pass *pass, const pooled_group *group, const hg_real *dy,
                                  const winner_code *winner, const hg_real *images, const int32_t *row_at,
                                  hg_real *sums);
#define POOLED_ROWS(R)                                                                                                 \
    ALONE void pooled_rows_##R(const hg_pass *pass, const pooled_group *group, const hg_real *dy,                      \
                               const winner_code *winner, const hg_real *images, const int32_t *row_at, hg_real *sums) \
    {                                                                                                                  \
        pooled_rows(R, pass, group, dy, winner, images, row_at, sums);                                                 \
    }
POOLED_ROWS(1)
POOLED_ROWS(2)
POOLED_ROWS(3)
POOLED_ROWS(4)
POOLED_ROWS(5)
POOLED_ROWS(6)
static pooled_rows_function *const pooled_rows_of[] = { NULL,          pooled_rows_1, pooled_rows_2, pooled_rows_3,
                                                        pooled_rows_4, pooled_rows_5, pooled_rows_6 };

/* All windows of a row, for a filter: the rows of the filter, MOST_ROWS at a time. */
static void pooled_filter(const hg_pass *pass, const pooled_group *group, size_t filter, size_t window_row)
{
    const conv2d_state *s = pass->state;
    const size_t at = (filter * (size_t)s->out.height + window_row) * (size_t)s->out.width * HG_LANES;
    const hg_real *images = group->images + window_row * 2 * (size_t)(s->stride * s->padded.width);
    hg_real *sums = group->sums + filter * group->rows * group->columns * ROW_TAPS;
    for (size_t row = 0, rows; row < group->rows; row += rows) {
        rows = group->rows - row < MOST_ROWS ? group->rows - row : MOST_ROWS;
        int32_t row_at[MOST_ROWS];
        for (size_t r = 0; r < rows; r++)
            row_at[r] =
                (int32_t)((row + r) / (size_t)s->height * (size_t)s->padded.height + (row + r) % (size_t)s->height) *
                s->padded.width;
        for (size_t column = 0; column < group->columns; column++)
            pooled_rows_of[rows](pass, group, pass->output_gradient + at, winners(pass) + at,
                                 images + column * ROW_TAPS, row_at, sums + (row * group->columns + column) * ROW_TAPS);
    }
}

static void pooled_weight_backward(const hg_pass *pass, hg_real *scratch)
{
    const conv2d_state *s = pass->state;
    const size_t pixels = (size_t)s->padded.height * (size_t)s->padded.width, filters = (size_t)s->map.channels;
    const size_t channels = (size_t)s->in.channels, width = (size_t)s->width;
    pooled_group group = group_of(s, scratch);
    for (size_t channel = 0; channel < channels; channel += group.channels) {
        if (group.channels > channels - channel) {
            group.channels = channels - channel;
            group.rows = group.channels * (size_t)s->height;
        }
        vec_turn(padded_input(pass) + channel * pixels * HG_LANES, group.channels * pixels, group.images, group.image);
        memset(group.sums, 0, filters * group.rows * group.columns * ROW_TAPS * sizeof *group.sums);
        for (size_t window_row = 0; window_row < (size_t)s->out.height; window_row++)
            for (size_t filter = 0; filter < filters; filter++)
                pooled_filter(pass, &group, filter, window_row);
        for (size_t filter = 0; filter < filters; filter++) {
            hg_real *gradient =
                pass->parameter_gradient[WEIGHT] + (filter * channels + channel) * (size_t)s->height * width;
            for (size_t row = 0; row < group.rows; row++)
                for (size_t tap = 0; tap < width; tap++)
                    gradient[row * width + tap] +=
                        group.sums[(filter * group.rows + row) * group.columns * ROW_TAPS + tap];
        }
    }
}

/* ---- bias ---- */

static void bias_backward(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    const size_t plane = (size_t)s->out.height * (size_t)s->out.width * HG_LANES;
    for (size_t f = 0; f < (size_t)s->map.channels; f++) {
        vec sum[PIECES] = { { 0 } };
        for (size_t i = f * plane; i < (f + 1) * plane; i += HG_LANES)
            UNROLL_FOR (int piece = 0; piece < PIECES; piece++)
                sum[piece] += vec_load(pass->output_gradient + i + piece * VEC);
        UNROLL_FOR (int piece = 1; piece < PIECES; piece++)
            sum[0] += sum[piece];
        pass->parameter_gradient[BIAS][f] += vec_sum(sum[0]);
    }
}

#endif
