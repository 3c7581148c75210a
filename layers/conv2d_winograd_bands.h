/* The map of 5 x 5 filters by Winograd's transform along its rows (conv2d_winograd_bands_transforms.h).
 *
 * A band is 4 neighbouring columns of the map. With X[r] the transform B' x of the 8 pixels that it sees of row r of
 * the input, U[i] = G g of row i of the filter and * element by element, row r of the band is
 *
 *     A' (sum over channels and i of U[i] * X[r + i])
 *
 * which is 40 multiplications a channel in place of 100. The transform of x serves all filters, the one of the sum all
 * channels and rows of the filter. The sums of one element are those of a filter of one column, made in tiles
 * (src/tile.h) of 4 pieces of rows x a few filters: two pairs, each of two rows one below the other. */
#ifndef HINGE_CONV2D_WINOGRAD_BANDS_H
#define HINGE_CONV2D_WINOGRAD_BANDS_H

#include "layers/conv2d_map.h"
#include "layers/conv2d_winograd_bands_transforms.h"

enum { PAIRS = PIXELS / 2 /* of rows in a tile */, BAND_WINDOWS = BAND / 2, SUMS_PLANE = TILE_OUTPUTS * PIXELS * VEC };

typedef struct band_memory {
    size_t input_plane, filter_plane;
    size_t numbers;   /* of all three */
    hg_real *input;   /* [BAND_ELEMENTS][channels][rows][HG_LANES]: what one band sees */
    hg_real *sums;    /* [BAND_ELEMENTS][outputs of a tile][PIXELS][VEC] */
    hg_real *filters; /* [BAND_ELEMENTS][outputs][channels][BAND_TAPS], in the order in which the tiles read them */
} band_memory;

static size_t band_input_plane(hg_shape input)
{
    const size_t line = CACHE_LINE / sizeof(hg_real); /* lest all elements meet in the same few lines of the cache */
    return (size_t)input.channels * (size_t)input.height * HG_LANES + line;
}

static band_memory band_sizes(hg_shape input, size_t outputs)
{
    band_memory memory = { .input_plane = band_input_plane(input),
                           .filter_plane = outputs * (size_t)input.channels * BAND_TAPS };
    memory.numbers = BAND_ELEMENTS * (memory.input_plane + memory.filter_plane + SUMS_PLANE);
    return memory;
}

static size_t band_map_scratch(hg_shape input, int outputs)
{
    return band_sizes(input, (size_t)outputs).numbers * sizeof(hg_real);
}

static int bands_of(hg_shape map)
{
    return (map.width + BAND - 1) / BAND;
}

/* B' x of all rows that a band sees; beyond the last column there are zeros. */
static void band_input(const hg_real *input, hg_shape shape, int band, int pieces, hg_real *to, size_t plane)
{
    const int columns = shape.width - band * BAND, rows = shape.channels * shape.height;
    const hg_real *from = input + place_of(shape, 0, 0, band * BAND);
    for (int r = 0; r < rows; r++, from += shape.width * HG_LANES, to += HG_LANES)
        for (int piece = 0; piece < pieces; piece++) {
            vec x[BAND_ELEMENTS], element[BAND_ELEMENTS];
            UNROLL_FOR (int k = 0; k < BAND_ELEMENTS; k++)
                x[k] = k < columns ? vec_load(from + k * HG_LANES + piece * VEC) : vec_set(0);
            band_transform_x(x, element);
            UNROLL_FOR (size_t k = 0; k < BAND_ELEMENTS; k++)
                vec_store(to + k * plane + piece * VEC, element[k]);
        }
}

/* G g of VEC rows of filters of one output, from `run` on; beyond the last stands the last again. */
static void band_filter_rows(const conv2d_map *map, size_t output, size_t run, vec *element)
{
    _Alignas(VECTOR_BYTES) hg_real taps[BAND_TAPS][VEC];
    for (size_t l = 0; l < VEC; l++) {
        const size_t r = run + l < map->runs ? run + l : map->runs - 1;
        const hg_real *from = map->weight + (ptrdiff_t)output * map->weight_row + map->run[r].weight;
        for (ptrdiff_t j = 0; j < BAND_TAPS; j++)
            taps[j][l] = from[j * map->weight_step];
    }
    vec g[BAND_TAPS];
    for (int j = 0; j < BAND_TAPS; j++)
        g[j] = vec_load(taps[j]);
    band_transform_g(g, element);
}

static void band_filters(const conv2d_map *map, const band_memory *memory)
{
    for (size_t first = 0, count; first < map->outputs; first += count) {
        count = outputs_of_tile(map->outputs - first);
        for (size_t f = 0; f < count; f++)
            for (size_t run = 0; run < map->runs; run += VEC) {
                vec element[BAND_ELEMENTS];
                band_filter_rows(map, first + f, run, element);
                for (size_t k = 0; k < BAND_ELEMENTS; k++)
                    for (size_t l = 0; l < VEC && run + l < map->runs; l++)
                        memory->filters[k * memory->filter_plane + first * map->runs + (run + l) * count + f] =
                            element[k][l];
            }
    }
}

/* Two rows of a band of a piece of the lanes. */
typedef struct band_pair {
    int row, piece;
} band_pair;

/* The taps of one column of F filters of one channel; of each pair x is where its upper row begins. */
INLINE void band_taps(int F, bool begin, const hg_real *weight, const hg_real *const *x, tile_sums *sums)
{
    const hg_real *row[PIXELS];
    UNROLL_FOR (int v = 0; v < PIXELS; v++)
        row[v] = x[v / 2] + v % 2 * HG_LANES;
    if (begin)
        tile_begin(F, PIXELS, weight, 1, row, 0, sums);
    UNROLL_FOR (ptrdiff_t i = begin ? 1 : 0; i < BAND_TAPS; i++)
        tile_tap(F, PIXELS, weight + i * F, 1, row, i * HG_LANES, sums);
}

/* The sums over channels and rows of the filter of all elements, for F outputs from `first` on and PAIRS pairs. */
INLINE void band_sums(int F, const conv2d_map *map, const band_memory *memory, const band_pair *pair, size_t first)
{
    const size_t channel = (size_t)map->from.height * HG_LANES, end = (size_t)map->from.channels * channel;
    const hg_real *weight = memory->filters + first * map->runs, *input[PAIRS];
    UNROLL_FOR (int p = 0; p < PAIRS; p++)
        input[p] = memory->input + pair[p].row * HG_LANES + pair[p].piece * VEC;
    hg_real *to = memory->sums;
    for (size_t k = 0; k < BAND_ELEMENTS; k++) {
        tile_sums sums;
        band_taps(F, true, weight, input, &sums);
        weight += BAND_TAPS * F;
        for (size_t c = channel; c < end; c += channel) {
            const hg_real *x[PAIRS];
            UNROLL_FOR (int p = 0; p < PAIRS; p++)
                x[p] = input[p] + c;
            band_taps(F, false, weight, x, &sums);
            weight += BAND_TAPS * F;
        }
        if (map->bias && k == ELEMENT_OF_1)
            UNROLL_FOR (int f = 0; f < F; f++)
                UNROLL_FOR (int v = 0; v < PIXELS; v++)
                    sums.at[f][v] += map->bias[first + (size_t)f];
        tile_store(F, PIXELS, &sums, to, VEC);
        to += SUMS_PLANE;
        weight += memory->filter_plane - map->runs * (size_t)F;
        UNROLL_FOR (int p = 0; p < PAIRS; p++)
            input[p] += memory->input_plane;
    }
}

typedef void band_sums_function(const conv2d_map *map, const band_memory *memory, const band_pair *pair, size_t first);
#define BAND_SUMS(name, F)                                                                                 \
    ALONE void name(const conv2d_map *map, const band_memory *memory, const band_pair *pair, size_t first) \
    {                                                                                                      \
        band_sums(F, map, memory, pair, first);                                                            \
    }
BAND_SUMS(band_sums_1, 1)
BAND_SUMS(band_sums_2, 2)
BAND_SUMS(band_sums_most, TILE_OUTPUTS)
static band_sums_function *const band_sums_of[] = { band_sums_1, band_sums_2, band_sums_most };

/* One row of a band: A' of its sums. */
INLINE void band_row(const hg_real *sums, vec *y)
{
    vec element[BAND_ELEMENTS];
    UNROLL_FOR (int k = 0; k < BAND_ELEMENTS; k++)
        element[k] = vec_load(sums + k * SUMS_PLANE);
    band_transform_y(element, y);
}

/* The windows of a pair, for `count` outputs from `first` on. From right to left: what lies beyond the last window goes
 * where the last one itself goes afterwards. */
INLINE void band_windows(const conv2d_map *map, hg_pool_order pool, const hg_real *sums, int band, band_pair pair,
                         size_t first, size_t count)
{
    const int windows = map->shape.width / 2, left = band * BAND_WINDOWS;
    const size_t plane = map->tiles * HG_LANES;
    const size_t at = first * plane + (size_t)((pair.row / 2 * windows + left) * HG_LANES + pair.piece * VEC);
    const hg_real *key = pool == HG_POOL_BY_SLOPE ? map->key + (map->key_shared ? 0 : first) : NULL;
    hg_real *y = map->output + at;
    winner_code *winner = map->winner + at;
    for (size_t f = 0; f < count; f++, sums += PIXELS * VEC, y += plane, winner += plane) {
        const vec slope = key ? vec_set(key[map->key_shared ? 0 : f]) : vec_set(0);
        vec upper[BAND], lower[BAND];
        band_row(sums, upper);
        band_row(sums + VEC, lower);
        UNROLL_FOR (int w = BAND_WINDOWS - 1; w >= 0; w--) {
            const vec pixel[PIXELS] = { upper[2 * w], upper[2 * w + 1], lower[2 * w], lower[2 * w + 1] };
            const int to = (w < windows - left ? w : windows - left - 1) * HG_LANES;
            store_winner(pixel, pool, slope, y + to, winner + to);
        }
    }
}

/* The same without pooling. */
INLINE void band_pixels(const conv2d_map *map, const hg_real *sums, int band, band_pair pair, size_t first,
                        size_t count)
{
    const int columns = map->shape.width - band * BAND, plane = map->shape.height * map->shape.width * HG_LANES;
    hg_real *to = map->output + place_of(map->shape, (int)first, pair.row, band * BAND) + pair.piece * VEC;
    for (size_t f = 0; f < count; f++, sums += PIXELS * VEC, to += plane)
        UNROLL_FOR (int row = 0; row < 2; row++) {
            vec y[BAND];
            band_row(sums + row * VEC, y);
            UNROLL_FOR (int c = BAND - 1; c >= 0; c--)
                vec_store(to + (row * map->shape.width + (c < columns ? c : columns - 1)) * HG_LANES, y[c]);
        }
}

/* What the sums of `count` outputs from `first` on come to. */
INLINE void band_output(const conv2d_map *map, hg_pool_order pool, const band_memory *memory, int band,
                        const band_pair *pair, size_t first, size_t count)
{
    for (int p = 0; p < PAIRS; p++)
        if (pool)
            band_windows(map, pool, memory->sums + 2 * p * VEC, band, pair[p], first, count);
        else
            band_pixels(map, memory->sums + 2 * p * VEC, band, pair[p], first, count);
}

typedef void band_output_function(const conv2d_map *map, const band_memory *memory, int band, const band_pair *pair,
                                  size_t first, size_t count);
#define BAND_OUTPUT(name, pool)                                                                                      \
    ALONE void name(const conv2d_map *map, const band_memory *memory, int band, const band_pair *pair, size_t first, \
                    size_t count)                                                                                    \
    {                                                                                                                \
        band_output(map, pool, memory, band, pair, first, count);                                                    \
    }
BAND_OUTPUT(band_output_plain, HG_NO_POOL)
BAND_OUTPUT(band_output_by_value, HG_POOL_BY_VALUE)
BAND_OUTPUT(band_output_by_slope, HG_POOL_BY_SLOPE)
static band_output_function *const band_output_of[] = { [HG_NO_POOL] = band_output_plain,
                                                        [HG_POOL_BY_VALUE] = band_output_by_value,
                                                        [HG_POOL_BY_SLOPE] = band_output_by_slope };

/* Behind the last pair comes the last again; at an odd edge that is one row further up. */
static band_pair next_pair(const conv2d_map *map, band_pair pair)
{
    const int last = map->shape.height - 2;
    if (pair.piece + 1 < map->pieces)
        return (band_pair){ pair.row, pair.piece + 1 };
    return pair.row < last ? (band_pair){ pair.row + 2 < last ? pair.row + 2 : last, 0 } : pair;
}

static void bands_all(const conv2d_map *map, hg_pool_order pool)
{
    band_memory memory = band_sizes(map->from, map->outputs);
    memory.input = map->scratch;
    memory.sums = memory.input + BAND_ELEMENTS * memory.input_plane;
    memory.filters = memory.sums + BAND_ELEMENTS * SUMS_PLANE;
    band_filters(map, &memory);
    const int pairs = (map->shape.height + 1) / 2 * map->pieces;
    for (int band = 0; band < bands_of(map->shape); band++) {
        band_input(map->input, map->from, band, map->pieces, memory.input, memory.input_plane);
        band_pair pair[PAIRS] = { { 0, 0 } };
        for (int done = 0; done < pairs; done += PAIRS, pair[0] = next_pair(map, pair[PAIRS - 1])) {
            for (int p = 1; p < PAIRS; p++)
                pair[p] = next_pair(map, pair[p - 1]);
            for (size_t first = 0, count; first < map->outputs; first += count) {
                count = outputs_of_tile(map->outputs - first);
                band_sums_of[tile_kind(count)](map, &memory, pair, first);
                band_output_of[pool](map, &memory, band, pair, first, count);
            }
        }
    }
}

#endif
