/* The one inner kernel of convolution and fully connected layers.
 *
 * A tile keeps F x V sums in registers: F outputs (filters, units) of V vectors
 * (the same pixel in several pieces, or several pixels). For each tap it loads F
 * weights, one broadcast each, and V vectors of x, and does F V multiply-adds:
 *
 *     sum[f][v] += weight[f weight_row + tap] * x[v][tap]
 *
 * F and V are constants at every call, so that the compiler unrolls the loops and
 * keeps the sums in registers; F V + F + 1 of them must fit. */
#ifndef HINGE_TILE_H
#define HINGE_TILE_H

#include "src/vec.h"

enum {
    TILE_VECTORS = 4,                       /* of a convolution: a 2x2 window, or 4 pixels */
    TILE_OUTPUTS = REGISTERS == 32 ? 5 : 3, /* beside 4 vectors */
    TILE_SUMS = TILE_OUTPUTS * TILE_VECTORS,
    TILE_MAX = 20, /* outputs or vectors in any tile */
    UNROLLED_TAPS = 5
};

/* Taps that lie evenly spaced in memory: a filter's row, or all inputs of a unit. */
typedef struct tile_run {
    int32_t x, weight; /* where the first tap is, in numbers */
} tile_run;

typedef struct tile_sums {
    vec at[TILE_MAX][TILE_VECTORS];
} tile_sums;

INLINE void tile_tap(int F, int V, const hg_real *weight, ptrdiff_t weight_row, const hg_real *const *x,
                     ptrdiff_t offset, tile_sums *sums)
{
    vec w[TILE_MAX];
    UNROLL
    for (int f = 0; f < F; f++)
        w[f] = vec_set(weight[f * weight_row]);
    UNROLL
    for (int v = 0; v < V; v++) {
        const vec xv = vec_load(x[v] + offset);
        UNROLL
        for (int f = 0; f < F; f++)
            sums->at[f][v] += w[f] * xv;
    }
}

INLINE void tile_accumulate(int F, int V, const tile_run *run, size_t runs, size_t length, ptrdiff_t x_step,
                            ptrdiff_t weight_step, ptrdiff_t weight_row, const hg_real *weight, const hg_real *const *x,
                            tile_sums *sums)
{
    for (size_t r = 0; r < runs; r++) {
        const hg_real *w = weight + run[r].weight;
        ptrdiff_t offset = run[r].x;
        size_t tap = 0;
        for (; tap + UNROLLED_TAPS <= length; tap += UNROLLED_TAPS) {
            UNROLL
            for (int u = 0; u < UNROLLED_TAPS; u++)
                tile_tap(F, V, w + u * weight_step, weight_row, x, offset + u * x_step, sums);
            w += UNROLLED_TAPS * weight_step;
            offset += UNROLLED_TAPS * x_step;
        }
        for (; tap < length; tap++) {
            tile_tap(F, V, w, weight_row, x, offset, sums);
            w += weight_step;
            offset += x_step;
        }
    }
}

INLINE void tile_start(int F, int V, const hg_real *bias, tile_sums *sums)
{
    UNROLL
    for (int f = 0; f < F; f++)
        UNROLL
    for (int v = 0; v < V; v++)
        sums->at[f][v] = bias ? vec_set(bias[f]) : (vec){ 0 };
}

#endif
