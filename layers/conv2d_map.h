/* The sums of a convolution at every pixel of a map: of the forward pass, and of
 * the input's gradient, which is the same over a padded dy with the weights read
 * backward.
 *
 * A tile (src/tile.h) is 4 pixels x a few outputs, its sums in registers over all
 * taps. The 4 pixels are any, so that they can be a 2x2 pooling window. All outputs
 * of 4 pixels are done before the next 4, as they read the same input; where there
 * are many channels, a block of them at a time, so that this input stays in the
 * nearest cache. Between blocks the sums wait in memory. */
#ifndef HINGE_CONV2D_MAP_H
#define HINGE_CONV2D_MAP_H

#include <string.h>

#include "layers/conv2d_state.h"

enum { BLOCK_BYTES = 16 * 1024 /* half of the usual nearest cache */ };

typedef struct conv2d_map {
    conv2d_way way;
    const hg_real *input;
    const int32_t *pixel; /* [tiles][PIXELS] */
    size_t tiles;
    hg_shape from;  /* of the input */
    hg_shape shape; /* of what is made of it, before pooling */
    const window_place *window;
    size_t windows;
    const tap_run *run;
    size_t runs, block_runs, length; /* taps in a run */
    const hg_real *weight;
    ptrdiff_t weight_step, weight_row;
    const hg_real *bias; /* NULL: none */
    size_t outputs;
    hg_real *output;
    hg_real *scratch; /* map_scratch bytes, or of the other ways */
    int pieces;       /* of each row of lanes; the others hold no sample */
    /* pooled */
    winner_code *winner;
    const hg_real *key;
    bool key_shared;
} conv2d_map;

/* The forward map of a convolution; where it reads and writes is left to fill in. */
static conv2d_map map_of(const hg_pass *pass, const conv2d_state *s)
{
    return (conv2d_map){ .way = s->way,
                         .pixel = s->pixel,
                         .tiles = s->tiles,
                         .from = s->padded,
                         .shape = used_map(s),
                         .window = s->window,
                         .windows = s->windows,
                         .run = s->run,
                         .runs = s->runs,
                         .block_runs = s->block_runs,
                         .length = (size_t)s->width,
                         .weight = pass->parameter[WEIGHT],
                         .weight_step = 1,
                         .weight_row = (ptrdiff_t)s->runs * s->width,
                         .bias = pass->parameter[BIAS],
                         .outputs = (size_t)s->map.channels,
                         .key = pass->pool_key,
                         .key_shared = pass->pool_key_shared };
}

/* How many runs of `length` taps a block has: whole channels of `height` runs, all blocks of about one size. */
static size_t runs_in_block(size_t channels, size_t height, size_t length)
{
    const size_t bytes = height * (length + PIXELS) * HG_LANES * sizeof(hg_real);
    const size_t most = bytes < BLOCK_BYTES ? BLOCK_BYTES / bytes : 1, blocks = (channels + most - 1) / most;
    return (channels + blocks - 1) / blocks * height;
}

/* The winner of a window is the first largest x, or the first largest max(key x, x):
 * the better of each row, then of the two. */
INLINE void store_winner(const vec *x, hg_pool_order pool, vec key, hg_real *y, winner_code *winner)
{
    vec rank[PIXELS];
    UNROLL_FOR (int k = 0; k < PIXELS; k++) {
        rank[k] = x[k];
        if (pool == HG_POOL_BY_SLOPE)
            rank[k] = vec_select(key * x[k] > x[k], key * x[k], x[k]);
    }
    const mask upper_right = rank[1] > rank[0], lower_right = rank[3] > rank[2];
    const vec upper = vec_select(upper_right, rank[1], rank[0]), lower = vec_select(lower_right, rank[3], rank[2]);
    const mask is_lower = lower > upper;
    const mask is_right = (mask)vec_select(is_lower, (vec)lower_right, (vec)upper_right);
    vec best = vec_select(is_lower, lower, upper);
    if (pool == HG_POOL_BY_SLOPE)
        best = vec_select(is_lower, vec_select(lower_right, x[3], x[2]), vec_select(upper_right, x[1], x[0]));
    vec_store(y, best);
    winner_store(winner, (is_lower & 2) - is_right); /* 2 row + column */
}

/* [outputs][PIXELS][HG_LANES]: sums between blocks. Behind them the weights. */
static hg_real *waiting_sums(const conv2d_map *map, size_t first)
{
    return map->scratch + first * PIXELS * HG_LANES;
}

static hg_real *packed_weights(const conv2d_map *map)
{
    return waiting_sums(map, map->outputs);
}

static size_t map_scratch(size_t outputs, size_t weights)
{
    return (outputs * PIXELS * HG_LANES + weights) * sizeof(hg_real);
}

/* How many outputs the next tile takes: 4 are better done as 2 and 2 than as 3 and 1,
 * since a single one leaves multipliers idle. */
static size_t outputs_of_tile(size_t left)
{
    if (left >= TILE_OUTPUTS && left != TILE_OUTPUTS + 1)
        return TILE_OUTPUTS;
    return left >= 2 ? 2 : 1;
}

/* Which of three functions, for tiles of 1, 2 and TILE_OUTPUTS outputs. */
static size_t tile_kind(size_t count)
{
    return count < TILE_OUTPUTS ? count - 1 : 2;
}

/* The weights in the order in which the tiles read them: [tile][tap][output]. */
static void pack_weights(const conv2d_map *map)
{
    hg_real *to = packed_weights(map);
    for (size_t first = 0, count; first < map->outputs; first += count) {
        count = outputs_of_tile(map->outputs - first);
        for (size_t r = 0; r < map->runs; r++)
            for (size_t u = 0; u < map->length; u++) {
                const hg_real *from = map->weight + map->run[r].weight + (ptrdiff_t)u * map->weight_step;
                for (size_t f = first; f < first + count; f++)
                    *to++ = from[(ptrdiff_t)f * map->weight_row];
            }
    }
}

/* What a tile needs besides: which pixels, and which block of runs. */
typedef struct map_part {
    size_t tile, run, runs;
    const hg_real *x[PIXELS]; /* the pixels' patches */
} map_part;

/* Runs of a length that is a constant at the call, which leaves no counting inside. */
INLINE void sum_runs(int F, size_t length, const conv2d_map *map, const map_part *part, const hg_real *const *x,
                     const hg_real *weight, tile_sums *sums)
{
    const tap_run *run = map->run + part->run;
    for (size_t r = 0; r < part->runs; r++) {
        UNROLL_FOR (size_t u = 0; u < length; u++)
            tile_tap(F, PIXELS, weight + u * (size_t)F, 1, x, run[r].x + (ptrdiff_t)u * HG_LANES, sums);
        weight += length * (size_t)F;
    }
}

INLINE void sum_long_runs(int F, const conv2d_map *map, const map_part *part, const hg_real *const *x,
                          const hg_real *weight, tile_sums *sums)
{
    for (size_t r = part->run; r < part->run + part->runs; r++) {
        const hg_real *from[PIXELS];
        UNROLL_FOR (int v = 0; v < PIXELS; v++)
            from[v] = x[v] + map->run[r].x;
        tile_accumulate(F, PIXELS, map->length, weight, 1, F, from, HG_LANES, sums);
        weight += map->length * (size_t)F;
    }
}

INLINE void store_winners(int F, const conv2d_map *map, hg_pool_order pool, size_t first, size_t tile, int piece,
                          const tile_sums *sums)
{
    const size_t plane = map->tiles * HG_LANES, at = first * plane + tile * HG_LANES + (size_t)piece * VEC;
    const hg_real *key = pool == HG_POOL_BY_SLOPE ? map->key + (map->key_shared ? 0 : first) : NULL;
    const size_t next_key = map->key_shared ? 0 : 1;
    hg_real *y = map->output + at;
    winner_code *winner = map->winner + at;
    UNROLL_FOR (size_t f = 0; f < (size_t)F; f++)
        store_winner(sums->at[f], pool, key ? vec_set(key[f * next_key]) : (vec){ 0 }, y + f * plane,
                     winner + f * plane);
}

INLINE void store_pixels(int F, const conv2d_map *map, size_t first, size_t tile, int piece, const tile_sums *sums)
{
    const size_t p = tile * PIXELS, pixels = (size_t)map->shape.height * (size_t)map->shape.width;
    const size_t left = pixels - p, plane = pixels * HG_LANES;
    hg_real *to = map->output + first * plane + p * HG_LANES + (size_t)piece * VEC;
    UNROLL_FOR (size_t f = 0; f < (size_t)F; f++)
        UNROLL_FOR (size_t v = 0; v < PIXELS; v++)
            if (v < left)
                vec_store(to + f * plane + v * HG_LANES, sums->at[f][v]);
}

INLINE void map_tile(int F, const conv2d_map *map, hg_pool_order pool, const map_part *part, size_t first)
{
    const size_t before = (first * map->runs + part->run * (size_t)F) * map->length;
    for (int piece = 0; piece < map->pieces; piece++) {
        const hg_real *x[PIXELS], *weight = packed_weights(map) + before;
        UNROLL_FOR (int v = 0; v < PIXELS; v++)
            x[v] = part->x[v] + piece * VEC;
        hg_real *waiting = waiting_sums(map, first) + piece * VEC;
        tile_sums sums;
        if (part->run == 0)
            tile_start(F, PIXELS, map->bias ? map->bias + first : NULL, &sums);
        else
            tile_load(F, PIXELS, waiting, HG_LANES, &sums);
        if (map->length == 5)
            sum_runs(F, 5, map, part, x, weight, &sums);
        else if (map->length == 3)
            sum_runs(F, 3, map, part, x, weight, &sums);
        else
            sum_long_runs(F, map, part, x, weight, &sums);
        if (part->run + part->runs < map->runs)
            tile_store(F, PIXELS, &sums, waiting, HG_LANES);
        else if (pool)
            store_winners(F, map, pool, first, part->tile, piece, &sums);
        else
            store_pixels(F, map, first, part->tile, piece, &sums);
    }
}

/* All tiles of `count` outputs, one function each: in it the compiler finds a register for every sum. */
#define MAP_TILE(name, F, pool)                                                \
    ALONE void name(const conv2d_map *map, const map_part *part, size_t first) \
    {                                                                          \
        map_tile(F, map, pool, part, first);                                   \
    }
typedef void map_tile_function(const conv2d_map *map, const map_part *part, size_t first);
#define MAP_TILES(name, pool)                 \
    MAP_TILE(name##_most, TILE_OUTPUTS, pool) \
    MAP_TILE(name##_2, 2, pool)               \
    MAP_TILE(name##_1, 1, pool)               \
    static map_tile_function *const name[] = { name##_1, name##_2, name##_most };

MAP_TILES(plain, HG_NO_POOL)
MAP_TILES(by_value, HG_POOL_BY_VALUE)
MAP_TILES(by_slope, HG_POOL_BY_SLOPE)

static void map_all(const conv2d_map *map, hg_pool_order pool)
{
    map_tile_function *const *tiles = pool == HG_POOL_BY_SLOPE ? by_slope : pool == HG_POOL_BY_VALUE ? by_value : plain;
    pack_weights(map);
    for (size_t tile = 0; tile < map->tiles; tile++) {
        map_part part = { .tile = tile };
        for (size_t v = 0; v < PIXELS; v++)
            part.x[v] = map->input + map->pixel[tile * PIXELS + v];
        for (; part.run < map->runs; part.run += map->block_runs) {
            const size_t left = map->runs - part.run;
            part.runs = left < map->block_runs ? left : map->block_runs;
            for (size_t first = 0, count; first < map->outputs; first += count) {
                count = outputs_of_tile(map->outputs - first);
                tiles[tile_kind(count)](map, &part, first);
            }
        }
    }
}

#endif
