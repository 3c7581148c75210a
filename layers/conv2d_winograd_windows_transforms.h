/* Winograd's F(2, r): two neighbouring sums y of r taps g over r + 1 numbers x with r + 1
 * multiplications, y = A' ((G g) * (B' x)) with * element by element; nested, F(2 x 2, r x r).
 * After Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2015),
 * arXiv:1509.09308. The matrices are Toom and Cook's: row p of G evaluates the polynomial
 * of the taps at a point p, of B' that of the others' product, of A' multiplies back.
 *
 * r = 3, points 0, 1, -1, infinity (signs and halves moved so that B' has only 1 and -1):
 *
 *          1  0 -1  0          1   0   0
 *     B' = 0  1  1  0     G = 1/2 1/2 1/2     A' = 1  1  1  0
 *          0 -1  1  0         1/2-1/2 1/2          0  1 -1 -1
 *          0  1  0 -1          0   0   1
 *
 * r = 5, points 0, a, -a, b, -b, infinity with a = 2/3, b = 3/2 = 1/a: of those tried, the
 * ones with the smallest rounding (6 times that of the plain sum; r = 3: twice).
 *
 *          1  0  -s   0  1  0          1
 *          0 -b -b^2  a  1  0         (1  a a^2 a^3 a^4)/n
 *     B' = 0  b -b^2 -a  1  0     G = (1 -a a^2-a^3 a^4)/n     A' = 1  1  1  1  1  0
 *          0 -a -a^2  b  1  0         (1  b b^2 b^3 b^4)/m          0  a -a  b -b  1
 *          0  a -a^2 -b  1  0         (1 -b b^2-b^3 b^4)/m
 *          0  1   0  -s  0  1                          1
 *
 * with s = a^2 + b^2, n = 2 a^2 (a^2 - b^2), m = 2 b^2 (b^2 - a^2). In what follows r is
 * always a constant, 3 or 5, and vectors are `step` vecs apart. */
#ifndef HINGE_CONV2D_WINOGRAD_WINDOWS_TRANSFORMS_H
#define HINGE_CONV2D_WINOGRAD_WINDOWS_TRANSFORMS_H

#include "src/vec.h"

enum { MOST_TAPS = 5, MOST_SIDE = MOST_TAPS + 1, MOST_ELEMENTS = MOST_SIDE * MOST_SIDE };

#define POINT_A ((hg_real)2 / 3)
#define POINT_B ((hg_real)3 / 2)
#define A_SQUARED (POINT_A * POINT_A)
#define B_SQUARED (POINT_B * POINT_B)
#define N_OF_A (2 * A_SQUARED * (A_SQUARED - B_SQUARED))
#define N_OF_B (2 * B_SQUARED * (B_SQUARED - A_SQUARED))

/* to = B' x */
INLINE void transform_x(int r, const vec *x, int step, vec *to, int to_step)
{
    if (r == 3) {
        to[0] = x[0] - x[2 * step];
        to[to_step] = x[step] + x[2 * step];
        to[2 * to_step] = x[2 * step] - x[step];
        to[3 * to_step] = x[step] - x[3 * step];
        return;
    }
    const vec even_a = x[4 * step] - B_SQUARED * x[2 * step], odd_a = POINT_A * x[3 * step] - POINT_B * x[step];
    const vec even_b = x[4 * step] - A_SQUARED * x[2 * step], odd_b = POINT_B * x[3 * step] - POINT_A * x[step];
    to[0] = x[0] + x[4 * step] - (A_SQUARED + B_SQUARED) * x[2 * step];
    to[to_step] = even_a + odd_a;
    to[2 * to_step] = even_a - odd_a;
    to[3 * to_step] = even_b + odd_b;
    to[4 * to_step] = even_b - odd_b;
    to[5 * to_step] = x[step] + x[5 * step] - (A_SQUARED + B_SQUARED) * x[3 * step];
}

/* of = row i of B' */
INLINE void row_of_x(int r, int i, hg_real *of)
{
    for (int k = 0; k <= r; k++) {
        vec x[MOST_SIDE] = { { 0 } }, to[MOST_SIDE];
        x[k] = vec_set(1);
        transform_x(r, x, 1, to, 1);
        of[k] = to[i][0];
    }
}

/* to = G g */
INLINE void transform_g(int r, const vec *g, int step, vec *to, int to_step)
{
    to[0] = g[0];
    to[r * to_step] = g[(r - 1) * step];
    if (r == 3) {
        const vec even = (g[0] + g[2 * step]) / 2, odd = g[step] / 2;
        to[to_step] = even + odd;
        to[2 * to_step] = even - odd;
        return;
    }
    const vec even_a = (g[0] + A_SQUARED * (g[2 * step] + A_SQUARED * g[4 * step])) * (1 / N_OF_A);
    const vec even_b = (g[0] + B_SQUARED * (g[2 * step] + B_SQUARED * g[4 * step])) * (1 / N_OF_B);
    const vec odd_a = (g[step] + A_SQUARED * g[3 * step]) * (POINT_A / N_OF_A);
    const vec odd_b = (g[step] + B_SQUARED * g[3 * step]) * (POINT_B / N_OF_B);
    to[to_step] = even_a + odd_a;
    to[2 * to_step] = even_a - odd_a;
    to[3 * to_step] = even_b + odd_b;
    to[4 * to_step] = even_b - odd_b;
}

/* to = G' u */
INLINE void transform_g_back(int r, const vec *u, int step, vec *to, int to_step)
{
    if (r == 3) {
        const vec even = (u[step] + u[2 * step]) / 2;
        to[0] = u[0] + even;
        to[to_step] = (u[step] - u[2 * step]) / 2;
        to[2 * to_step] = even + u[3 * step];
        return;
    }
    const vec even_a = (u[step] + u[2 * step]) * (1 / N_OF_A), odd_a = (u[step] - u[2 * step]) * (POINT_A / N_OF_A);
    const vec even_b = (u[3 * step] + u[4 * step]) * (1 / N_OF_B),
              odd_b = (u[3 * step] - u[4 * step]) * (POINT_B / N_OF_B);
    to[0] = u[0] + even_a + even_b;
    to[to_step] = odd_a + odd_b;
    to[2 * to_step] = A_SQUARED * even_a + B_SQUARED * even_b;
    to[3 * to_step] = A_SQUARED * odd_a + B_SQUARED * odd_b;
    to[4 * to_step] = A_SQUARED * A_SQUARED * even_a + B_SQUARED * B_SQUARED * even_b + u[5 * step];
}

/* to = A' m: two. */
INLINE void transform_y(int r, const vec *m, int step, vec *to, int to_step)
{
    if (r == 3) {
        to[0] = m[0] + m[step] + m[2 * step];
        to[to_step] = m[step] - m[2 * step] - m[3 * step];
        return;
    }
    to[0] = m[0] + m[step] + m[2 * step] + m[3 * step] + m[4 * step];
    to[to_step] = POINT_A * (m[step] - m[2 * step]) + POINT_B * (m[3 * step] - m[4 * step]) + m[5 * step];
}

/* to = A (y0, y1)' */
INLINE void transform_y_back(int r, vec y0, vec y1, vec *to)
{
    to[0] = y0;
    if (r == 3) {
        to[1] = y0 + y1;
        to[2] = y0 - y1;
        to[3] = -y1;
        return;
    }
    to[1] = y0 + POINT_A * y1;
    to[2] = y0 - POINT_A * y1;
    to[3] = y0 + POINT_B * y1;
    to[4] = y0 - POINT_B * y1;
    to[5] = y1;
}

/* of = row i of A */
INLINE void row_of_y(int r, int i, hg_real *of)
{
    vec first[MOST_SIDE], second[MOST_SIDE];
    transform_y_back(r, vec_set(1), vec_set(0), first);
    transform_y_back(r, vec_set(0), vec_set(1), second);
    of[0] = first[i][0];
    of[1] = second[i][0];
}

#endif
