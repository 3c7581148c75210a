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
    UNROLLED_TAPS = 4
};

/* Taps that lie evenly spaced in memory: a filter's row, or all inputs of a unit. */
typedef struct tile_run {
    int32_t x, weight; /* where the first tap is, in numbers */
} tile_run;

typedef struct tile_sums {
    vec at[TILE_MAX][TILE_VECTORS];
} tile_sums;

/* One tap of each output and vector; weight[f] and x[v] are where the tap lies. */
INLINE void tile_tap(int F, int V, const hg_real *const *weight, ptrdiff_t weight_at, const hg_real *const *x,
                     ptrdiff_t x_at, tile_sums *sums)
{
    vec w[TILE_MAX];
    UNROLL_FOR (int f = 0; f < F; f++)
        w[f] = vec_set(weight[f][weight_at]);
    UNROLL_FOR (int v = 0; v < V; v++) {
        const vec xv = vec_load(x[v] + x_at);
        UNROLL_FOR (int f = 0; f < F; f++)
            sums->at[f][v] += w[f] * xv;
    }
}

/* Runs of a length that is a constant at the call, which leaves no counting inside. */
INLINE void tile_short_runs(int F, int V, const tile_run *run, size_t runs, int length, ptrdiff_t x_step,
                            ptrdiff_t weight_step, const hg_real *const *weight, const hg_real *const *x,
                            tile_sums *sums)
{
    for (size_t r = 0; r < runs; r++)
        UNROLL_FOR (int u = 0; u < length; u++)
            tile_tap(F, V, weight, run[r].weight + u * weight_step, x, run[r].x + u * x_step, sums);
}

INLINE void tile_long_runs(int F, int V, const tile_run *run, size_t runs, size_t length, ptrdiff_t x_step,
                           ptrdiff_t weight_step, const hg_real *const *weight, const hg_real *const *x,
                           tile_sums *sums)
{
    for (size_t r = 0; r < runs; r++) {
        ptrdiff_t weight_at = run[r].weight, x_at = run[r].x;
        size_t tap = 0;
        for (; tap + UNROLLED_TAPS <= length; tap += UNROLLED_TAPS) {
            UNROLL_FOR (int u = 0; u < UNROLLED_TAPS; u++)
                tile_tap(F, V, weight, weight_at + u * weight_step, x, x_at + u * x_step, sums);
            weight_at += UNROLLED_TAPS * weight_step;
            x_at += UNROLLED_TAPS * x_step;
        }
        for (; tap < length; tap++) {
            tile_tap(F, V, weight, weight_at, x, x_at, sums);
            weight_at += weight_step;
            x_at += x_step;
        }
    }
}

/* Adds all runs to the sums. `length` taps a run; steps from tap to tap; output f's
 * weights begin weight_row after output f - 1's. */
INLINE void tile_accumulate(int F, int V, const tile_run *run, size_t runs, size_t length, ptrdiff_t x_step,
                            ptrdiff_t weight_step, ptrdiff_t weight_row, const hg_real *weight, const hg_real *const *x,
                            tile_sums *sums)
{
    const hg_real *row[TILE_MAX];
    UNROLL_FOR (int f = 0; f < F; f++)
        row[f] = weight + f * weight_row;
    if (length == 5)
        tile_short_runs(F, V, run, runs, 5, x_step, weight_step, row, x, sums);
    else if (length == 3)
        tile_short_runs(F, V, run, runs, 3, x_step, weight_step, row, x, sums);
    else
        tile_long_runs(F, V, run, runs, length, x_step, weight_step, row, x, sums);
}

INLINE void tile_start(int F, int V, const hg_real *bias, tile_sums *sums)
{
    UNROLL_FOR (int f = 0; f < F; f++)
        UNROLL_FOR (int v = 0; v < V; v++)
            sums->at[f][v] = bias ? vec_set(bias[f]) : (vec){ 0 };
}

#endif
