/* The one inner kernel of convolution and fully connected layers.
 *
 * A tile keeps F x V sums in registers: F outputs (filters, units) of V vectors
 * (pixels, or pieces of one). For each tap it loads F weights, broadcast, and one
 * vector of x after the other, and multiplies and adds:
 *
 *     sum[f][v] += weight[f][tap] * x[v][tap]
 *
 * F and V are constants at every call, so that the compiler unrolls the loops and
 * keeps the sums in registers; F V + F + 1 of them must fit. */
#ifndef HINGE_TILE_H
#define HINGE_TILE_H

#include "src/vec.h"

enum {
    TILE_VECTORS = 4,                       /* of a convolution: a 2x2 window, or 4 pixels */
    TILE_OUTPUTS = REGISTERS == 32 ? 6 : 3, /* beside 4 vectors */
    TILE_MAX = 12,                          /* outputs in any tile */
    UNROLLED_TAPS = 4
};

typedef struct tile_sums {
    vec at[TILE_MAX][TILE_VECTORS];
} tile_sums;

/* One tap of each output and vector. */
INLINE void tile_tap(int F, int V, const hg_real *weight, ptrdiff_t weight_row, const hg_real *const *x, ptrdiff_t x_at,
                     tile_sums *sums)
{
    vec w[TILE_MAX];
    UNROLL_FOR (int f = 0; f < F; f++)
        w[f] = vec_set(weight[f * weight_row]);
    UNROLL_FOR (int v = 0; v < V; v++) {
        const vec xv = vec_load(x[v] + x_at);
        UNROLL_FOR (int f = 0; f < F; f++)
            vec_multiply_add(&sums->at[f][v], w[f], xv);
    }
}

/* The first tap, where there are no sums yet. */
INLINE void tile_begin(int F, int V, const hg_real *weight, ptrdiff_t weight_row, const hg_real *const *x,
                       ptrdiff_t x_at, tile_sums *sums)
{
    UNROLL_FOR (int v = 0; v < V; v++) {
        const vec xv = vec_load(x[v] + x_at);
        UNROLL_FOR (int f = 0; f < F; f++)
            sums->at[f][v] = weight[f * weight_row] * xv;
    }
}

/* `taps` taps, x_step and weight_step apart. */
INLINE void tile_accumulate(int F, int V, size_t taps, const hg_real *weight, ptrdiff_t weight_row,
                            ptrdiff_t weight_step, const hg_real *const *x, ptrdiff_t x_step, tile_sums *sums)
{
    ptrdiff_t x_at = 0;
    size_t tap = 0;
    for (; tap + UNROLLED_TAPS <= taps; tap += UNROLLED_TAPS) {
        UNROLL_FOR (int u = 0; u < UNROLLED_TAPS; u++)
            tile_tap(F, V, weight + u * weight_step, weight_row, x, x_at + u * x_step, sums);
        weight += UNROLLED_TAPS * weight_step;
        x_at += UNROLLED_TAPS * x_step;
    }
    for (; tap < taps; tap++) {
        tile_tap(F, V, weight, weight_row, x, x_at, sums);
        weight += weight_step;
        x_at += x_step;
    }
}

INLINE void tile_start(int F, int V, const hg_real *bias, tile_sums *sums)
{
    UNROLL_FOR (int f = 0; f < F; f++)
        UNROLL_FOR (int v = 0; v < V; v++)
            sums->at[f][v] = bias ? vec_set(bias[f]) : (vec){ 0 };
}

/* Sums that wait in memory: [F][V], `step` apart. */
INLINE void tile_load(int F, int V, const hg_real *from, int step, tile_sums *sums)
{
    UNROLL_FOR (int f = 0; f < F; f++)
        UNROLL_FOR (int v = 0; v < V; v++)
            sums->at[f][v] = vec_load(from + (f * V + v) * step);
}

INLINE void tile_store(int F, int V, const tile_sums *sums, hg_real *to, int step)
{
    UNROLL_FOR (int f = 0; f < F; f++)
        UNROLL_FOR (int v = 0; v < V; v++)
            vec_store(to + (f * V + v) * step, sums->at[f][v]);
}

#endif
