/* The gradient of the filters where conv2d_winograd.h makes the map: with the same
 * transforms, each the other way round,
 *
 *     dg = G' (sum over windows and samples of (A dy A') * (B' x B)) G
 *
 * A row of 4 of the 16 elements at a time: of a chunk of windows the transforms of x
 * and dy, then for a few filters x a few channels the sums along all windows, in
 * registers. */
#ifndef HINGE_CONV2D_WINOGRAD_WEIGHTS_H
#define HINGE_CONV2D_WINOGRAD_WEIGHTS_H

#include "layers/conv2d_weights.h"
#include "layers/conv2d_winograd.h"

enum {
    CHUNK = 32,              /* windows whose transforms the caches hold */
    TOGETHER = TILE_VECTORS, /* channels of a tile */
    CHANNELS_STEP = VEC > TOGETHER ? VEC : TOGETHER
};

/* Row i of A. */
static const hg_real map_rows[SIDE][2] = { { 1, 0 }, { 1, 1 }, { 1, -1 }, { 0, -1 } };

typedef struct correlation_memory {
    size_t filters, channels; /* in whole tiles; beyond the last stands the last again, and its sums are left alone */
    hg_real *x;               /* [SIDE][channels][windows][HG_LANES] */
    hg_real *dy;              /* [SIDE][filters][windows][HG_LANES] */
    hg_real *sums;            /* [ELEMENTS][filters][channels] */
} correlation_memory;

static correlation_memory correlation_place(const conv2d_state *s, hg_real *scratch)
{
    correlation_memory memory = { .filters = whole((size_t)s->map.channels, TILE_OUTPUTS),
                                  .channels = whole((size_t)s->in.channels, CHANNELS_STEP) };
    memory.x = scratch;
    memory.dy = memory.x + SIDE * memory.channels * CHUNK * HG_LANES;
    memory.sums = memory.dy + SIDE * memory.filters * CHUNK * HG_LANES;
    return memory;
}

static size_t correlation_scratch(const conv2d_state *s)
{
    const correlation_memory m = correlation_place(s, NULL);
    return (SIDE * (m.channels + m.filters) * CHUNK * HG_LANES + ELEMENTS * m.filters * m.channels) * sizeof(hg_real);
}

/* Row i of B' x B, for each channel and window. */
ALONE void correlation_input(const hg_pass *pass, const correlation_memory *memory, size_t i, size_t first,
                             size_t windows)
{
    const conv2d_state *s = pass->state;
    const ptrdiff_t down = (ptrdiff_t)s->padded.width * HG_LANES;
    const ptrdiff_t upper = input_rows[i].plus * down, lower = input_rows[i].other * down;
    const vec sign = vec_set((hg_real)input_rows[i].sign);
    const size_t plane = memory->channels * windows * HG_LANES;
    hg_real *to = memory->x;
    for (size_t c = 0; c < memory->channels; c++) {
        const int channel = (int)c < s->in.channels ? (int)c : s->in.channels - 1;
        const hg_real *image = padded_input(pass) + place_of(s->padded, channel, 0, 0);
        for (size_t w = first; w < first + windows; w++) {
            const hg_real *x = image + s->window[w].from;
            for (int l = 0; l < HG_LANES; l += VEC, to += VEC) {
                vec row[SIDE];
                UNROLL_FOR (int j = 0; j < SIDE; j++)
                    row[j] = vec_load(x + upper + j * HG_LANES + l) + sign * vec_load(x + lower + j * HG_LANES + l);
                UNROLL_FOR (size_t j = 0; j < SIDE; j++)
                    vec_store(to + j * plane, input_element(row, j));
            }
        }
    }
}

/* Row i of A dy A'. Where windows overlap, the later one counts only its own pixels. */
ALONE void correlation_gradient(const hg_pass *pass, dense_gradient dy, const correlation_memory *memory, size_t i,
                                size_t first, size_t windows)
{
    const conv2d_state *s = pass->state;
    const size_t plane = memory->filters * windows * HG_LANES;
    hg_real *to = memory->dy;
    for (size_t f = 0; f < memory->filters; f++) {
        const size_t filter = f < (size_t)s->map.channels ? f : (size_t)s->map.channels - 1;
        for (size_t w = first; w < first + windows; w++) {
            const window_place *window = &s->window[w];
            const hg_real *upper =
                dy.first + filter * dy.plane + (size_t)window->row * dy.row + (size_t)window->column * HG_LANES;
            const vec above = vec_set(window->row_again ? 0 : map_rows[i][0]), below = vec_set(map_rows[i][1]);
            const vec left = vec_set(window->column_again ? 0 : 1);
            for (int l = 0; l < HG_LANES; l += VEC, to += VEC) {
                const hg_real *lower = upper + dy.row;
                const vec a = left * (above * vec_load(upper + l) + below * vec_load(lower + l));
                const vec b = above * vec_load(upper + HG_LANES + l) + below * vec_load(lower + HG_LANES + l);
                vec_store(to, a);
                vec_store(to + plane, a + b);
                vec_store(to + 2 * plane, a - b);
                vec_store(to + 3 * plane, -b);
            }
        }
    }
}

/* Adds to the sums of TILE_OUTPUTS filters x TOGETHER channels; length: from one filter's or channel's windows to the
 * next's, in numbers. */
ALONE void correlate(const hg_real *x, const hg_real *dy, size_t length, hg_real *sums, size_t next_filter)
{
    vec sum[TILE_OUTPUTS][TOGETHER];
    UNROLL_FOR (int f = 0; f < TILE_OUTPUTS; f++)
        UNROLL_FOR (int c = 0; c < TOGETHER; c++)
            sum[f][c] = vec_set(0);
    for (size_t i = 0; i < length; i += VEC) {
        vec g[TILE_OUTPUTS];
        UNROLL_FOR (size_t f = 0; f < TILE_OUTPUTS; f++)
            g[f] = vec_load(dy + f * length + i);
        UNROLL_FOR (size_t c = 0; c < TOGETHER; c++) {
            const vec xc = vec_load(x + c * length + i);
            UNROLL_FOR (size_t f = 0; f < TILE_OUTPUTS; f++)
                vec_multiply_add(&sum[f][c], g[f], xc);
        }
    }
    UNROLL_FOR (size_t f = 0; f < TILE_OUTPUTS; f++)
        UNROLL_FOR (size_t c = 0; c < TOGETHER; c++)
            sums[f * next_filter + c] += vec_sum(sum[f][c]);
}

/* All filters x channels of one element, so many channels at a time that the nearest cache holds their windows. */
static void correlate_all(const correlation_memory *memory, size_t windows, size_t column, hg_real *sums)
{
    const size_t length = windows * HG_LANES, fit = BLOCK_BYTES / (length * sizeof *sums) / TOGETHER * TOGETHER;
    const size_t most = fit ? fit : TOGETHER;
    const hg_real *x = memory->x + column * memory->channels * length;
    const hg_real *dy = memory->dy + column * memory->filters * length;
    for (size_t first = 0; first < memory->channels; first += most) {
        const size_t end = first + most < memory->channels ? first + most : memory->channels;
        for (size_t f = 0; f < memory->filters; f += TILE_OUTPUTS)
            for (size_t c = first; c < end; c += TOGETHER)
                correlate(x + c * length, dy + f * length, length, sums + f * memory->channels + c, memory->channels);
    }
}

/* G' u: four neighbours, step apart, to three. */
INLINE void turn_back(const vec *u, int step, vec *to, int to_step)
{
    const vec outer = (u[step] + u[2 * step]) / 2;
    to[0] = u[0] + outer;
    to[to_step] = (u[step] - u[2 * step]) / 2;
    to[2 * to_step] = outer + u[3 * step];
}

/* G' sums G, VEC channels at a time, onto the gradient. */
static void add_filters(const hg_pass *pass, const correlation_memory *memory, size_t filter)
{
    const conv2d_state *s = pass->state;
    const size_t channels = (size_t)s->in.channels, plane = memory->filters * memory->channels;
    for (size_t first = 0; first < channels; first += VEC) {
        const size_t count = channels - first < VEC ? channels - first : VEC;
        vec element[ELEMENTS], rows[FILTER * SIDE], g[FILTER * FILTER];
        UNROLL_FOR (size_t k = 0; k < ELEMENTS; k++)
            element[k] = vec_load(memory->sums + k * plane + filter * memory->channels + first);
        UNROLL_FOR (int j = 0; j < SIDE; j++)
            turn_back(element + j, SIDE, rows + j, SIDE);
        UNROLL_FOR (int i = 0; i < FILTER; i++)
            turn_back(rows + i * SIDE, 1, g + i * FILTER, 1);
        hg_real *to = pass->parameter_gradient[WEIGHT] + (filter * channels + first) * FILTER * FILTER;
        for (size_t l = 0; l < count; l++)
            UNROLL_FOR (size_t t = 0; t < FILTER * FILTER; t++)
                to[l * FILTER * FILTER + t] += g[t][l];
    }
}

static void winograd_weight_backward(const hg_pass *pass, dense_gradient dy, hg_real *scratch)
{
    const conv2d_state *s = pass->state;
    const correlation_memory memory = correlation_place(s, scratch);
    const size_t plane = memory.filters * memory.channels;
    memset(memory.sums, 0, ELEMENTS * plane * sizeof *memory.sums);
    for (size_t i = 0; i < SIDE; i++)
        for (size_t first = 0; first < s->windows; first += CHUNK) {
            const size_t windows = s->windows - first < CHUNK ? s->windows - first : CHUNK;
            correlation_input(pass, &memory, i, first, windows);
            correlation_gradient(pass, dy, &memory, i, first, windows);
            for (size_t j = 0; j < SIDE; j++)
                correlate_all(&memory, windows, j, memory.sums + (i * SIDE + j) * plane);
        }
    for (size_t filter = 0; filter < (size_t)s->map.channels; filter++)
        add_filters(pass, &memory, filter);
}

#endif
