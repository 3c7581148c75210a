/* Winograd's F(4, 5): four neighbouring sums y of 5 taps g over 8 numbers x with 8
 * multiplications, y = A' ((G g) * (B' x)) with * element by element. After Lavin and Gray,
 * Fast Algorithms for Convolutional Neural Networks (2015), arXiv:1509.09308. The matrices
 * are Toom and Cook's for the points 0, 1, -1, 2, -2, 1/2, -1/2, infinity (rounding 3.4
 * times that of the plain sum):
 *
 *           1   0   -21/4  0    21/4   0  -1  0
 *           0   1     1  -17/4 -17/4   1   1  0            1  1  1  1  1  1   1   0
 *           0  -1     1   17/4 -17/4  -1   1  0            0  1 -1  2 -2 1/2-1/2  0
 *     B' =  0  1/2   1/4 -5/2  -5/4    2   1  0       A' = 0  1  1  4  4 1/4 1/4  0
 *           0 -1/2   1/4  5/2  -5/4   -2   1  0            0  1 -1  8 -8 1/8-1/8  1
 *           0   2     4  -5/2   -5   1/2   1  0
 *           0  -2     4   5/2   -5  -1/2   1  0
 *           0  -1     0   21/4   0  -21/4  0  1
 *
 * Row p of G is (1 p p^2 p^3 p^4)/n, n = 1 at 0, -9/2 at 1, 90 at 2, 45/32 at 1/2, the
 * same at -p; that of infinity has the last tap alone. */
#ifndef HINGE_CONV2D_WINOGRAD_BANDS_TRANSFORMS_H
#define HINGE_CONV2D_WINOGRAD_BANDS_TRANSFORMS_H

#include "src/vec.h"

enum { BAND_TAPS = 5, BAND = 4, BAND_ELEMENTS = BAND + BAND_TAPS - 1, ELEMENT_OF_1 = 1 /* whose row of A is all 1 */ };

/* a + x b */
INLINE vec vec_plus(vec a, double x, vec b)
{
    return a + (hg_real)x * b;
}

/* A polynomial's even and odd powers at 1, 2 and 1/2, the odd ones divided by the point: their sums are what it is
 * there, their differences what it is at -1, -2 and -1/2. */
typedef struct band_parts {
    vec even_1, odd_1, even_2, odd_2, even_half, odd_half;
} band_parts;

INLINE void band_points(const band_parts *p, vec *to)
{
    to[0] = p->even_1 + p->odd_1;
    to[1] = p->even_1 - p->odd_1;
    to[2] = vec_plus(p->even_2, 2, p->odd_2);
    to[3] = vec_plus(p->even_2, -2, p->odd_2);
    to[4] = vec_plus(p->even_half, 1. / 2, p->odd_half);
    to[5] = vec_plus(p->even_half, -1. / 2, p->odd_half);
}

/* to = B' x */
INLINE void band_transform_x(const vec *x, vec *to)
{
    const band_parts parts = { .even_1 = vec_plus(x[2] + x[6], -17. / 4, x[4]),
                               .odd_1 = vec_plus(x[1] + x[5], -17. / 4, x[3]),
                               .even_2 = vec_plus(vec_plus(x[6], 1. / 4, x[2]), -5. / 4, x[4]),
                               .odd_2 = vec_plus(vec_plus(x[5], 1. / 4, x[1]), -5. / 4, x[3]),
                               .even_half = vec_plus(vec_plus(x[6], 4, x[2]), -5, x[4]),
                               .odd_half = vec_plus(vec_plus(x[5], 4, x[1]), -5, x[3]) };
    to[0] = vec_plus(x[0] - x[6], 21. / 4, x[4] - x[2]);
    band_points(&parts, to + 1);
    to[7] = vec_plus(x[7] - x[1], 21. / 4, x[3] - x[5]);
}

/* Two rows of G or G': those of p and -p. */
INLINE void band_pair_g(const vec *g, double p, double n, vec *to)
{
    const vec even = vec_plus(vec_plus(g[0], p * p, g[2]), p * p * p * p, g[4]);
    const vec odd = vec_plus(g[1], p * p, g[3]);
    to[0] = (hg_real)(1 / n) * even + (hg_real)(p / n) * odd;
    to[1] = (hg_real)(1 / n) * even - (hg_real)(p / n) * odd;
}

/* to = G g */
INLINE void band_transform_g(const vec *g, vec *to)
{
    to[0] = g[0];
    band_pair_g(g, 1, -9. / 2, to + 1);
    band_pair_g(g, 2, 90, to + 3);
    band_pair_g(g, 1. / 2, 45. / 32, to + 5);
    to[7] = g[4];
}

INLINE void band_pair_g_back(const vec *u, double p, double n, vec *to)
{
    const vec even = (hg_real)(1 / n) * (u[0] + u[1]), odd = (hg_real)(p / n) * (u[0] - u[1]);
    to[0] += even;
    to[1] += odd;
    to[2] = vec_plus(to[2], p * p, even);
    to[3] = vec_plus(to[3], p * p, odd);
    to[4] = vec_plus(to[4], p * p * p * p, even);
}

/* to = G' u */
INLINE void band_transform_g_back(const vec *u, vec *to)
{
    to[0] = u[0];
    to[1] = to[2] = to[3] = vec_set(0);
    to[4] = u[7];
    band_pair_g_back(u + 1, 1, -9. / 2, to);
    band_pair_g_back(u + 3, 2, 90, to);
    band_pair_g_back(u + 5, 1. / 2, 45. / 32, to);
}

/* to = A' m */
INLINE void band_transform_y(const vec *m, vec *to)
{
    const vec even_1 = m[1] + m[2], odd_1 = m[1] - m[2];
    const vec even_2 = m[3] + m[4], odd_2 = m[3] - m[4];
    const vec even_half = m[5] + m[6], odd_half = m[5] - m[6];
    to[0] = m[0] + even_1 + (even_2 + even_half);
    to[1] = vec_plus(vec_plus(odd_1, 2, odd_2), 1. / 2, odd_half);
    to[2] = vec_plus(vec_plus(even_1, 4, even_2), 1. / 4, even_half);
    to[3] = vec_plus(vec_plus(m[7] + odd_1, 8, odd_2), 1. / 8, odd_half);
}

/* to = A y */
INLINE void band_transform_y_back(const vec *y, vec *to)
{
    const band_parts parts = { .even_1 = y[0] + y[2],
                               .odd_1 = y[1] + y[3],
                               .even_2 = vec_plus(y[0], 4, y[2]),
                               .odd_2 = vec_plus(y[1], 4, y[3]),
                               .even_half = vec_plus(y[0], 1. / 4, y[2]),
                               .odd_half = vec_plus(y[1], 1. / 4, y[3]) };
    to[0] = y[0];
    band_points(&parts, to + 1);
    to[7] = y[3];
}

#endif
