/* The map of 3 x 3 filters where channels are many: Winograd's F(2 x 2, 3 x 3), as in
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2015),
 * arXiv:1509.09308.
 *
 * A window is 2 x 2 pixels of the map. With x the 4 x 4 pixels of the input that it
 * sees, g the filter and * element by element, the window is
 *
 *     A' (sum over channels of (G g G') * (B' x B)) A
 *
 *          1  0 -1  0          1   0   0
 *     B' = 0  1  1  0     G = 1/2 1/2 1/2     A' = 1  1  1  0
 *          0 -1  1  0         1/2-1/2 1/2          0  1 -1 -1
 *          0  1  0 -1          0   0   1
 *
 * which is 16 multiplications a channel in place of 36. The transforms cost additions,
 * but the one of x serves all filters, and the one of the sum all channels. The sums
 * over channels are those of a matrix product for each of the 16 elements, made in
 * tiles (src/tile.h) of 4 windows x a few filters. */
#ifndef HINGE_CONV2D_WINOGRAD_H
#define HINGE_CONV2D_WINOGRAD_H

#include "layers/conv2d_map.h"

enum {
    FILTER = 3,
    SIDE = 4, /* of what a window sees */
    ELEMENTS = SIDE * SIDE,
    WINDOWS = TILE_VECTORS /* at a time, a vec of samples of each */
};

/* Channels, and filters, that pay for the transforms: measured, see bench/README.md. A build may set another number. */
#ifndef WINOGRAD_FEWEST
#define WINOGRAD_FEWEST 16
#endif

/* Row i of B': 1 at `plus`, sign at `other`. */
typedef struct input_row {
    int plus, other, sign;
} input_row;
static const input_row input_rows[SIDE] = { { 0, 2, -1 }, { 1, 2, 1 }, { 2, 1, -1 }, { 1, 3, -1 } };

static bool suits_winograd(const conv2d_state *s)
{
    return s->height == FILTER && s->width == FILTER && s->stride == 1 && s->map.height > 1 && s->map.width > 1 &&
           s->in.height > 1 && s->in.width > 1 && s->in.channels >= WINOGRAD_FEWEST &&
           s->map.channels >= WINOGRAD_FEWEST;
}

/* Numbers of one element: of all channels (or filters) of the windows, of all filters' transforms. A cache line
 * more, lest all 16 elements meet in the same few lines of the cache. */
static size_t plane_of_windows(size_t channels)
{
    return channels * WINDOWS * VEC + CACHE_LINE / sizeof(hg_real);
}

/* The next multiple of step. */
static size_t whole(size_t count, size_t step)
{
    return (count + step - 1) / step * step;
}

static size_t plane_of_filters(size_t channels, size_t outputs)
{
    return outputs * whole(channels, VEC) + CACHE_LINE / sizeof(hg_real);
}

/* Where the windows of a group have their patches in the input's first channel, and go to in the first output. */
typedef struct window_group {
    size_t from[WINDOWS], to[WINDOWS];
} window_group;

typedef struct winograd_memory {
    hg_real *filters; /* [ELEMENTS][outputs][channels] */
    hg_real *input;   /* [ELEMENTS][channels][WINDOWS][VEC] */
    hg_real *sums;    /* [ELEMENTS][outputs][WINDOWS][VEC] */
    size_t filter_row, filter_plane, input_plane, sums_plane;
} winograd_memory;

static winograd_memory winograd_place(size_t channels, size_t outputs, hg_real *scratch)
{
    winograd_memory memory = { .filter_row = whole(channels, VEC),
                               .filter_plane = plane_of_filters(channels, outputs),
                               .input_plane = plane_of_windows(channels),
                               .sums_plane = plane_of_windows(outputs) };
    memory.filters = scratch;
    memory.input = memory.filters + ELEMENTS * memory.filter_plane;
    memory.sums = memory.input + ELEMENTS * memory.input_plane;
    return memory;
}

static size_t winograd_map_scratch(size_t channels, size_t outputs)
{
    return ELEMENTS * (plane_of_filters(channels, outputs) + plane_of_windows(channels) + plane_of_windows(outputs)) *
           sizeof(hg_real);
}

/* G g: of three neighbours, step apart. */
INLINE void transform_three(const vec *g, int step, vec *to, int to_step)
{
    const vec outer = (g[0] + g[2 * step]) / 2, inner = g[step] / 2;
    to[0] = g[0];
    to[to_step] = outer + inner;
    to[2 * to_step] = outer - inner;
    to[3 * to_step] = g[2 * step];
}

/* The filters of VEC channels from `first` on, side by side; beyond the last channel stands the last again. */
INLINE void gather_filters(const conv2d_map *map, size_t output, size_t first, hg_real (*g)[VEC])
{
    const size_t channels = map->runs / FILTER;
    for (size_t l = 0; l < VEC; l++) {
        const tap_run *run = map->run + (first + l < channels ? first + l : channels - 1) * FILTER;
        for (size_t i = 0; i < FILTER; i++) {
            const hg_real *from = map->weight + (ptrdiff_t)output * map->weight_row + run[i].weight;
            for (size_t j = 0; j < FILTER; j++)
                g[i * FILTER + j][l] = from[(ptrdiff_t)j * map->weight_step];
        }
    }
}

/* G g G' of one output's filters. */
static void transform_filters(const conv2d_map *map, const winograd_memory *memory, size_t output)
{
    for (size_t first = 0; first < map->runs / FILTER; first += VEC) {
        _Alignas(VECTOR_BYTES) hg_real taps[FILTER * FILTER][VEC];
        gather_filters(map, output, first, taps);
        vec g[FILTER * FILTER], rows[SIDE * FILTER], element[ELEMENTS];
        UNROLL_FOR (int t = 0; t < FILTER * FILTER; t++)
            g[t] = vec_load(taps[t]);
        UNROLL_FOR (int j = 0; j < FILTER; j++)
            transform_three(g + j, FILTER, rows + j, FILTER);
        UNROLL_FOR (int i = 0; i < SIDE; i++)
            transform_three(rows + i * FILTER, 1, element + i * SIDE, 1);
        hg_real *to = memory->filters + output * memory->filter_row + first;
        UNROLL_FOR (size_t k = 0; k < ELEMENTS; k++)
            vec_store(to + k * memory->filter_plane, element[k]);
    }
}

/* Element j of a row times B. */
INLINE vec input_element(const vec *row, size_t j)
{
    const input_row column = input_rows[j];
    return column.sign > 0 ? row[column.plus] + row[column.other] : row[column.plus] - row[column.other];
}

/* B' x B: x where the window's patch begins, rows of it `down` apart; the elements go `plane` apart. */
INLINE void transform_patch(const hg_real *x, size_t down, hg_real *to, size_t plane)
{
    UNROLL_FOR (size_t i = 0; i < SIDE; i++) {
        const input_row r = input_rows[i];
        vec row[SIDE];
        UNROLL_FOR (size_t j = 0; j < SIDE; j++) {
            const vec plus = vec_load(x + (size_t)r.plus * down + j * HG_LANES);
            const vec other = vec_load(x + (size_t)r.other * down + j * HG_LANES);
            row[j] = r.sign > 0 ? plus + other : plus - other;
        }
        UNROLL_FOR (size_t j = 0; j < SIDE; j++)
            vec_store(to + (i * SIDE + j) * plane, input_element(row, j));
    }
}

ALONE void transform_input(const conv2d_map *map, const winograd_memory *memory, const window_group *group)
{
    const size_t down = (size_t)(map->run[1].x - map->run[0].x);
    for (size_t channel = 0; channel < map->runs / FILTER; channel++) {
        const hg_real *x = map->input + map->run[channel * FILTER].x;
        hg_real *to = memory->input + channel * WINDOWS * VEC;
        for (size_t w = 0; w < WINDOWS; w++)
            transform_patch(x + group->from[w], down, to + w * VEC, memory->input_plane);
    }
}

/* Of one element the sums over channels, for F outputs and all windows. */
INLINE void sum_channels(int F, size_t channels, const winograd_memory *memory, size_t element, size_t output)
{
    const hg_real *x[WINDOWS], *filters = memory->filters + element * memory->filter_plane;
    UNROLL_FOR (int w = 0; w < WINDOWS; w++)
        x[w] = memory->input + element * memory->input_plane + w * VEC;
    tile_sums sums;
    tile_start(F, WINDOWS, NULL, &sums);
    tile_accumulate(F, WINDOWS, channels, filters + output * memory->filter_row, (ptrdiff_t)memory->filter_row, 1, x,
                    WINDOWS * VEC, &sums);
    hg_real *to = memory->sums + element * memory->sums_plane + output * WINDOWS * VEC;
    UNROLL_FOR (int f = 0; f < F; f++)
        UNROLL_FOR (int w = 0; w < WINDOWS; w++)
            vec_store(to + (f * WINDOWS + w) * VEC, sums.at[f][w]);
}

typedef void sum_channels_function(size_t channels, const winograd_memory *memory, size_t element, size_t output);
#define SUM_CHANNELS(name, F)                                                                      \
    ALONE void name(size_t channels, const winograd_memory *memory, size_t element, size_t output) \
    {                                                                                              \
        sum_channels(F, channels, memory, element, output);                                        \
    }
SUM_CHANNELS(sum_channels_1, 1)
SUM_CHANNELS(sum_channels_2, 2)
SUM_CHANNELS(sum_channels_most, TILE_OUTPUTS)
static sum_channels_function *const sum_channels_of[] = { sum_channels_1, sum_channels_2, sum_channels_most };

/* A' m A: the window of one output, of elements `plane` apart. */
INLINE void transform_sums(const hg_real *m, size_t plane, vec *pixel)
{
    vec left[SIDE], right[SIDE];
    UNROLL_FOR (size_t i = 0; i < SIDE; i++) {
        vec e[SIDE];
        UNROLL_FOR (size_t j = 0; j < SIDE; j++)
            e[j] = vec_load(m + (i * SIDE + j) * plane);
        left[i] = e[0] + e[1] + e[2];
        right[i] = e[1] - e[2] - e[3];
    }
    pixel[0] = left[0] + left[1] + left[2];
    pixel[1] = right[0] + right[1] + right[2];
    pixel[2] = left[1] - left[2] - left[3];
    pixel[3] = right[1] - right[2] - right[3];
}

INLINE void transform_output(const conv2d_map *map, hg_pool_order pool, const winograd_memory *memory,
                             const window_group *group)
{
    const size_t plane = (pool ? map->tiles : map->pixels) * HG_LANES;
    for (size_t output = 0; output < map->outputs; output++) {
        const vec bias = vec_set(map->bias ? map->bias[output] : 0);
        const vec key = vec_set(pool == HG_POOL_BY_SLOPE ? map->key[map->key_shared ? 0 : output] : 0);
        for (size_t w = 0; w < WINDOWS; w++) {
            vec pixel[PIXELS];
            transform_sums(memory->sums + (output * WINDOWS + w) * VEC, memory->sums_plane, pixel);
            UNROLL_FOR (int k = 0; k < PIXELS; k++)
                pixel[k] += bias;
            const size_t at = output * plane + group->to[w];
            if (pool) {
                store_winner(pixel, pool, key, map->output + at, map->winner + at);
                continue;
            }
            UNROLL_FOR (size_t k = 0; k < PIXELS; k++)
                vec_store(map->output + at + (k / 2 * map->columns + k % 2) * HG_LANES, pixel[k]);
        }
    }
}

typedef void transform_output_function(const conv2d_map *map, const winograd_memory *memory, const window_group *group);
#define TRANSFORM_OUTPUT(name, pool)                                                                 \
    ALONE void name(const conv2d_map *map, const winograd_memory *memory, const window_group *group) \
    {                                                                                                \
        transform_output(map, pool, memory, group);                                                  \
    }
TRANSFORM_OUTPUT(output_plain, HG_NO_POOL)
TRANSFORM_OUTPUT(output_by_value, HG_POOL_BY_VALUE)
TRANSFORM_OUTPUT(output_by_slope, HG_POOL_BY_SLOPE)

static void winograd_all(const conv2d_map *map, hg_pool_order pool)
{
    transform_output_function *const transform = pool == HG_POOL_BY_SLOPE   ? output_by_slope
                                                 : pool == HG_POOL_BY_VALUE ? output_by_value
                                                                            : output_plain;
    const size_t channels = map->runs / FILTER;
    const winograd_memory memory = winograd_place(channels, map->outputs, map->scratch);
    for (size_t output = 0; output < map->outputs; output++)
        transform_filters(map, &memory, output);
    const size_t pieces = (size_t)map->pieces, all = map->windows * pieces;
    for (size_t first = 0; first < all; first += WINDOWS) {
        window_group group;
        for (size_t w = 0; w < WINDOWS; w++) { /* beyond the last the last again */
            const size_t at = first + w < all ? first + w : all - 1;
            const window_place *window = &map->window[at / pieces];
            group.from[w] = (size_t)window->from + at % pieces * VEC;
            group.to[w] = (size_t)window->to + at % pieces * VEC;
        }
        transform_input(map, &memory, &group);
        for (size_t element = 0; element < ELEMENTS; element++)
            for (size_t output = 0, count; output < map->outputs; output += count) {
                count = outputs_of_tile(map->outputs - output);
                sum_channels_of[count > 2 ? 2 : count - 1](channels, &memory, element, output);
            }
        transform(map, &memory, &group);
    }
}

#endif
