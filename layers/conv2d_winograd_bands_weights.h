/* The gradient of the filters where conv2d_winograd_bands.h makes the map: with the same
 * transforms, each the other way round, row i of a filter has
 *
 *     dg[i] = G' (sum over bands, rows r and samples of (A dy[r]) * (B' x[r + i]))
 *
 * One band at a time: the transforms of x, then for a few filters those of dy, and for
 * each element the sums of all rows of the filter down the band, in registers. */
#ifndef HINGE_CONV2D_WINOGRAD_BANDS_WEIGHTS_H
#define HINGE_CONV2D_WINOGRAD_BANDS_WEIGHTS_H

#include "layers/conv2d_weights.h"
#include "layers/conv2d_winograd_bands.h"

enum { BAND_FILTERS = DENSE_SUMS / BAND_TAPS, GROUP_SUMS = BAND_FILTERS * BAND_TAPS };

typedef struct band_weights_memory {
    size_t input_plane, gradient_row, gradient_plane, sums;
    size_t numbers;
    hg_real *input;    /* [BAND_ELEMENTS][channels][rows][HG_LANES] */
    hg_real *gradient; /* [BAND_ELEMENTS][BAND_FILTERS][rows of the map][HG_LANES] */
    hg_real *sum;      /* [filters / BAND_FILTERS][BAND_ELEMENTS][channels][GROUP_SUMS][VEC] */
} band_weights_memory;

/* So many filters at a time that beyond the last there may be some that count for nothing. */
static size_t filter_groups(const conv2d_state *s)
{
    return ((size_t)s->map.channels + BAND_FILTERS - 1) / BAND_FILTERS;
}

static band_weights_memory band_weights_sizes(const conv2d_state *s)
{
    band_weights_memory memory = { .input_plane = band_input_plane(s->padded),
                                   .gradient_row = (size_t)s->map.height * HG_LANES };
    memory.gradient_plane = BAND_FILTERS * memory.gradient_row + CACHE_LINE / sizeof(hg_real);
    memory.sums = filter_groups(s) * BAND_ELEMENTS * (size_t)s->in.channels * GROUP_SUMS * VEC;
    memory.numbers = BAND_ELEMENTS * (memory.input_plane + memory.gradient_plane) + memory.sums;
    return memory;
}

static size_t band_weights_scratch(const conv2d_state *s)
{
    return band_weights_sizes(s).numbers * sizeof(hg_real);
}

INLINE void store_elements(const vec *y, hg_real *to, size_t plane)
{
    vec element[BAND_ELEMENTS];
    band_transform_y_back(y, element);
    UNROLL_FOR (size_t k = 0; k < BAND_ELEMENTS; k++)
        vec_store(to + k * plane, element[k]);
}

/* A dy of one filter, pooled: to the winners among its windows' pixels. */
static void band_pooled_gradient(const hg_pass *pass, size_t filter, int band, hg_real *to, size_t plane)
{
    const conv2d_state *s = pass->state;
    const int32_t first = place_of(s->out, (int)filter, 0, band * BAND_WINDOWS), down = s->out.width * HG_LANES;
    const hg_real *dy = pass->output_gradient + first;
    const winner_code *winner = winners(pass) + first;
    const bool whole = band * BAND_WINDOWS + 1 < s->out.width; /* or one window alone */
    for (int row = 0; row < s->out.height; row++, dy += down, winner += down, to += 2 * HG_LANES)
        for (int l = 0; l < HG_LANES; l += VEC) {
            vec upper[BAND], lower[BAND];
            UNROLL_FOR (int w = 0; w < BAND_WINDOWS; w++) {
                const int at = whole ? w * HG_LANES + l : l;
                const vec g = w == 0 || whole ? vec_load(dy + at) : vec_set(0);
                const mask won = winner_load(winner + at);
                upper[2 * w] = vec_where(won == 0, g);
                upper[2 * w + 1] = vec_where(won == 1, g);
                lower[2 * w] = vec_where(won == 2, g);
                lower[2 * w + 1] = vec_where(won == 3, g);
            }
            store_elements(upper, to + l, plane);
            store_elements(lower, to + HG_LANES + l, plane);
        }
}

static void band_gradient(const hg_pass *pass, size_t filter, int band, hg_real *to, size_t plane)
{
    const conv2d_state *s = pass->state;
    const int columns = s->map.width - band * BAND;
    const hg_real *dy = pass->output_gradient + place_of(s->map, (int)filter, 0, band * BAND);
    for (int row = 0; row < s->map.height; row++, dy += s->map.width * HG_LANES)
        for (int l = 0; l < HG_LANES; l += VEC) {
            vec y[BAND];
            UNROLL_FOR (int c = 0; c < BAND; c++)
                y[c] = c < columns ? vec_load(dy + c * HG_LANES + l) : vec_set(0);
            store_elements(y, to + row * HG_LANES + l, plane);
        }
}

/* Of one element. Told how far it is from row to row, gcc keeps x for the next rows in registers that it does not
 * have: half as fast. */
ALONE void band_correlate(const hg_real *dy, size_t filter, const hg_real *x, size_t rows, hg_real *sums)
{
    dense_row(BAND_FILTERS, BAND_TAPS, dy, filter, x, unknown(HG_LANES), rows, sums);
}

/* G' of the sums, onto the gradient of one filter. */
static void add_band_sums(const hg_pass *pass, const band_weights_memory *memory, size_t filter)
{
    const conv2d_state *s = pass->state;
    const size_t channels = (size_t)s->in.channels;
    hg_real *to = pass->parameter_gradient[WEIGHT] + filter * channels * BAND_TAPS * BAND_TAPS;
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < BAND_TAPS; i++, to += BAND_TAPS) {
            vec element[BAND_ELEMENTS], g[BAND_TAPS];
            for (size_t k = 0; k < BAND_ELEMENTS; k++)
                element[k] =
                    vec_load(memory->sum + (((filter / BAND_FILTERS * BAND_ELEMENTS + k) * channels + c) * GROUP_SUMS +
                                            filter % BAND_FILTERS * BAND_TAPS + i) *
                                               VEC);
            band_transform_g_back(element, g);
            for (size_t j = 0; j < BAND_TAPS; j++)
                to[j] += vec_sum(g[j]);
        }
}

static void band_weight_backward(const hg_pass *pass, hg_real *scratch)
{
    const conv2d_state *s = pass->state;
    const size_t rows = (size_t)used_map(s).height, channels = (size_t)s->in.channels;
    band_weights_memory memory = band_weights_sizes(s);
    memory.input = scratch;
    memory.gradient = memory.input + BAND_ELEMENTS * memory.input_plane;
    memory.sum = memory.gradient + BAND_ELEMENTS * memory.gradient_plane;
    memset(memory.sum, 0, memory.sums * sizeof *memory.sum);
    for (int band = 0; band < bands_of(used_map(s)); band++) {
        band_input(padded_input(pass), s->padded, band, PIECES, memory.input, memory.input_plane);
        hg_real *sum = memory.sum;
        for (size_t filter = 0; filter < (size_t)s->map.channels; filter += BAND_FILTERS) {
            for (size_t f = 0; f < BAND_FILTERS && filter + f < (size_t)s->map.channels; f++)
                (s->pool ? band_pooled_gradient : band_gradient)(
                    pass, filter + f, band, memory.gradient + f * memory.gradient_row, memory.gradient_plane);
            for (size_t k = 0; k < BAND_ELEMENTS; k++)
                for (size_t c = 0; c < channels; c++, sum += GROUP_SUMS * VEC)
                    band_correlate(memory.gradient + k * memory.gradient_plane, memory.gradient_row,
                                   memory.input + k * memory.input_plane + c * (size_t)s->padded.height * HG_LANES,
                                   rows, sum);
        }
    }
    for (size_t filter = 0; filter < (size_t)s->map.channels; filter++)
        add_band_sums(pass, &memory, filter);
}

#endif
