/* The map of square filters of 3 or 5 where channels are many, by Winograd's transforms
 * (conv2d_winograd_windows_transforms.h).
 *
 * A window (the literature's tile, which is something else here) is 2 x 2 pixels of the map. With x the pixels of the
 * input that it sees, 4 x 4 or 6 x 6, g the filter and * element by element, the window is
 *
 *     A' (sum over channels of (G g G') * (B' x B)) A
 *
 * which is 16 multiplications a channel in place of 36, or 36 in place of 100. The
 * transforms cost additions, but the one of x serves all filters, and the one of the sum
 * all channels. The sums over channels are those of a matrix product for each element,
 * made in tiles (src/tile.h) of 4 pieces of windows x a few filters. */
#ifndef HINGE_CONV2D_WINOGRAD_WINDOWS_H
#define HINGE_CONV2D_WINOGRAD_WINDOWS_H

#include "layers/conv2d_map.h"
#include "layers/conv2d_winograd_windows_transforms.h"

enum { PLACES = TILE_VECTORS /* of pieces of windows in a group */ };

static size_t round_up(size_t count, size_t step)
{
    return (count + step - 1) / step * step;
}

/* Where the pieces of a group have their patches in the input's first channel, and go to in the first output. */
typedef struct window_group {
    size_t from[PLACES], to[PLACES];
} window_group;

typedef struct window_memory {
    size_t filter_row, filter_plane, input_plane, sums_plane;
    size_t elements, numbers; /* numbers: of all three */
    hg_real *filters;         /* [elements][outputs][channels] */
    hg_real *input;           /* [elements][channels][PLACES][VEC] */
    hg_real *sums;            /* [elements][outputs][PLACES][VEC] */
} window_memory;

/* A plane is followed by a cache line of nothing, lest all elements meet in the same few lines of the cache. */
static window_memory window_sizes(size_t r, size_t channels, size_t outputs)
{
    const size_t line = CACHE_LINE / sizeof(hg_real);
    window_memory memory = { .filter_row = round_up(channels, VEC),
                             .input_plane = channels * PLACES * VEC + line,
                             .sums_plane = outputs * PLACES * VEC + line,
                             .elements = (r + 1) * (r + 1) };
    memory.filter_plane = outputs * memory.filter_row + line;
    memory.numbers = memory.elements * (memory.filter_plane + memory.input_plane + memory.sums_plane);
    return memory;
}

static size_t window_map_scratch(size_t r, size_t channels, size_t outputs)
{
    return window_sizes(r, channels, outputs).numbers * sizeof(hg_real);
}

/* In all of these r is the filter's side, a constant at the call, and r + 1 that of what a window sees. */

/* The filters of VEC channels from `first` on, side by side; beyond the last channel stands the last again. */
INLINE void gather_filters(int r, const conv2d_map *map, size_t output, size_t first, hg_real (*g)[VEC])
{
    const size_t side = (size_t)r, channels = map->runs / side;
    for (size_t l = 0; l < VEC; l++) {
        const tap_run *run = map->run + (first + l < channels ? first + l : channels - 1) * side;
        for (size_t i = 0; i < side; i++) {
            const hg_real *from = map->weight + (ptrdiff_t)output * map->weight_row + run[i].weight;
            for (size_t j = 0; j < side; j++)
                g[i * side + j][l] = from[(ptrdiff_t)j * map->weight_step];
        }
    }
}

/* G g G' of one output's filters. */
INLINE void transform_filters(int r, const conv2d_map *map, const window_memory *memory, size_t output)
{
    const int side = r + 1;
    for (size_t first = 0; first < map->runs / (size_t)r; first += VEC) {
        _Alignas(VECTOR_BYTES) hg_real taps[MOST_TAPS * MOST_TAPS][VEC];
        gather_filters(r, map, output, first, taps);
        vec g[MOST_TAPS * MOST_TAPS], rows[MOST_ELEMENTS], element[MOST_ELEMENTS];
        for (int t = 0; t < r * r; t++)
            g[t] = vec_load(taps[t]);
        for (int j = 0; j < r; j++)
            transform_g(r, g + j, r, rows + j, r);
        for (int i = 0; i < side; i++)
            transform_g(r, rows + i * r, 1, element + i * side, 1);
        hg_real *to = memory->filters + output * memory->filter_row + first;
        for (int k = 0; k < side * side; k++)
            vec_store(to + (size_t)k * memory->filter_plane, element[k]);
    }
}

/* B' x B: x where the window's patch begins, rows of it `down` apart; the elements go `plane` apart. */
INLINE void transform_patch(int r, const hg_real *x, size_t down, hg_real *to, size_t plane)
{
    const int side = r + 1;
    vec rows[MOST_ELEMENTS];
    UNROLL_FOR (int j = 0; j < side; j++) {
        vec column[MOST_SIDE];
        UNROLL_FOR (int i = 0; i < side; i++)
            column[i] = vec_load(x + (size_t)i * down + j * HG_LANES);
        transform_x(r, column, 1, rows + j, side);
    }
    UNROLL_FOR (int i = 0; i < side; i++) {
        vec element[MOST_SIDE];
        transform_x(r, rows + i * side, 1, element, 1);
        UNROLL_FOR (int j = 0; j < side; j++)
            vec_store(to + (size_t)(i * side + j) * plane, element[j]);
    }
}

INLINE void transform_input(int r, const conv2d_map *map, const window_memory *memory, const window_group *group)
{
    const size_t down = (size_t)(map->run[1].x - map->run[0].x);
    for (size_t channel = 0; channel < map->runs / (size_t)r; channel++) {
        const hg_real *x = map->input + map->run[channel * (size_t)r].x;
        hg_real *to = memory->input + channel * PLACES * VEC;
        for (size_t w = 0; w < PLACES; w++)
            transform_patch(r, x + group->from[w], down, to + w * VEC, memory->input_plane);
    }
}

/* Of one element the sums over channels, for F outputs and all windows. */
INLINE void sum_channels(int F, size_t channels, const window_memory *memory, size_t element, size_t output)
{
    const hg_real *x[PLACES], *filters = memory->filters + element * memory->filter_plane;
    UNROLL_FOR (int w = 0; w < PLACES; w++)
        x[w] = memory->input + element * memory->input_plane + w * VEC;
    tile_sums sums;
    tile_start(F, PLACES, NULL, &sums);
    tile_accumulate(F, PLACES, channels, filters + output * memory->filter_row, (ptrdiff_t)memory->filter_row, 1, x,
                    PLACES * VEC, &sums);
    tile_store(F, PLACES, &sums, memory->sums + element * memory->sums_plane + output * PLACES * VEC, VEC);
}

typedef void sum_channels_function(size_t channels, const window_memory *memory, size_t element, size_t output);
#define SUM_CHANNELS(name, F)                                                                    \
    ALONE void name(size_t channels, const window_memory *memory, size_t element, size_t output) \
    {                                                                                            \
        sum_channels(F, channels, memory, element, output);                                      \
    }
SUM_CHANNELS(sum_channels_1, 1)
SUM_CHANNELS(sum_channels_2, 2)
SUM_CHANNELS(sum_channels_most, TILE_OUTPUTS)
static sum_channels_function *const sum_channels_of[] = { sum_channels_1, sum_channels_2, sum_channels_most };

/* A' m A: the window of one output, of elements `plane` apart. */
INLINE void transform_sums(int r, const hg_real *m, size_t plane, vec *pixel)
{
    const int side = r + 1;
    vec columns[2 * MOST_SIDE]; /* m A: [2][side] */
    UNROLL_FOR (int i = 0; i < side; i++) {
        vec row[MOST_SIDE];
        UNROLL_FOR (int j = 0; j < side; j++)
            row[j] = vec_load(m + (size_t)(i * side + j) * plane);
        transform_y(r, row, 1, columns + i, side);
    }
    transform_y(r, columns, 1, pixel, 2);
    transform_y(r, columns + side, 1, pixel + 1, 2);
}

INLINE void transform_output(int r, const conv2d_map *map, hg_pool_order pool, const window_memory *memory,
                             const window_group *group)
{
    const size_t columns = (size_t)map->shape.width, pixels = (size_t)map->shape.height * columns;
    const size_t plane = (pool ? map->tiles : pixels) * HG_LANES;
    for (size_t output = 0; output < map->outputs; output++) {
        const vec bias = vec_set(map->bias ? map->bias[output] : 0);
        const vec key = vec_set(pool == HG_POOL_BY_SLOPE ? map->key[map->key_shared ? 0 : output] : 0);
        for (size_t w = 0; w < PLACES; w++) {
            vec pixel[PIXELS];
            transform_sums(r, memory->sums + (output * PLACES + w) * VEC, memory->sums_plane, pixel);
            UNROLL_FOR (int k = 0; k < PIXELS; k++)
                pixel[k] += bias;
            const size_t at = output * plane + group->to[w];
            if (pool) {
                store_winner(pixel, pool, key, map->output + at, map->winner + at);
                continue;
            }
            UNROLL_FOR (size_t k = 0; k < PIXELS; k++)
                vec_store(map->output + at + (k / 2 * columns + k % 2) * HG_LANES, pixel[k]);
        }
    }
}

/* The transforms for filters of r x r, one function each. */
typedef struct window_transforms {
    void (*filters)(const conv2d_map *map, const window_memory *memory, size_t output);
    void (*input)(const conv2d_map *map, const window_memory *memory, const window_group *group);
    void (*output[3])(const conv2d_map *map, const window_memory *memory, const window_group *group);
} window_transforms;
#define TRANSFORM_OUTPUT(name, r, pool)                                                            \
    ALONE void name(const conv2d_map *map, const window_memory *memory, const window_group *group) \
    {                                                                                              \
        transform_output(r, map, pool, memory, group);                                             \
    }
#define TRANSFORMS(r)                                                                                   \
    ALONE void filters_##r(const conv2d_map *map, const window_memory *memory, size_t output)           \
    {                                                                                                   \
        transform_filters(r, map, memory, output);                                                      \
    }                                                                                                   \
    ALONE void input_##r(const conv2d_map *map, const window_memory *memory, const window_group *group) \
    {                                                                                                   \
        transform_input(r, map, memory, group);                                                         \
    }                                                                                                   \
    TRANSFORM_OUTPUT(output_plain_##r, r, HG_NO_POOL)                                                   \
    TRANSFORM_OUTPUT(output_by_value_##r, r, HG_POOL_BY_VALUE)                                          \
    TRANSFORM_OUTPUT(output_by_slope_##r, r, HG_POOL_BY_SLOPE)                                          \
    static const window_transforms transforms_##r = { filters_##r,                                      \
                                                      input_##r,                                        \
                                                      { [HG_NO_POOL] = output_plain_##r,                \
                                                        [HG_POOL_BY_VALUE] = output_by_value_##r,       \
                                                        [HG_POOL_BY_SLOPE] = output_by_slope_##r } };
TRANSFORMS(3)
TRANSFORMS(5)

static void windows_all(const conv2d_map *map, hg_pool_order pool)
{
    const window_transforms *transform = map->length == 3 ? &transforms_3 : &transforms_5;
    const size_t channels = map->runs / map->length;
    window_memory memory = window_sizes(map->length, channels, map->outputs);
    memory.filters = map->scratch;
    memory.input = memory.filters + memory.elements * memory.filter_plane;
    memory.sums = memory.input + memory.elements * memory.input_plane;
    for (size_t output = 0; output < map->outputs; output++)
        transform->filters(map, &memory, output);
    const size_t pieces = (size_t)map->pieces, all = map->windows * pieces;
    for (size_t first = 0; first < all; first += PLACES) {
        window_group group;
        for (size_t w = 0; w < PLACES; w++) { /* beyond the last the last again */
            const size_t at = first + w < all ? first + w : all - 1;
            const window_place *window = &map->window[at / pieces];
            group.from[w] = (size_t)window->from + at % pieces * VEC;
            group.to[w] = (size_t)window->to + at % pieces * VEC;
        }
        transform->input(map, &memory, &group);
        for (size_t element = 0; element < memory.elements; element++)
            for (size_t output = 0, count; output < map->outputs; output += count) {
                count = outputs_of_tile(map->outputs - output);
                sum_channels_of[tile_kind(count)](channels, &memory, element, output);
            }
        transform->output[pool](map, &memory, &group);
    }
}

#endif
