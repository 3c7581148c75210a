/* The standard normal distribution, of each element of a vec: its density
 * exp(-x^2 / 2) / sqrt(2 pi), and the share below x, (1 + erf(x / sqrt(2))) / 2.
 *
 * Of x < 0 the share is exp(-x^2 / 2) times a ratio that falls smoothly from 1/2 (Mills'
 * ratio by the density at 0; Abramowitz & Stegun 26.2.17 is of this form), here a
 * polynomial of t = 1 / (1 + 0.26 |x|), and small shares keep their digits: within
 * 4 + x^2 units of the last place of float. In double both are the C library's. */
#ifndef HINGE_VEC_GAUSS_H
#define HINGE_VEC_GAUSS_H

#include "src/vec_exp.h"

/* The share; the density goes to *density. */
#ifdef HINGE_DOUBLE

INLINE vec vec_gauss(vec x, vec *density)
{
    const double half_root = 0.7071067811865476, density_at_0 = 0.3989422804014327;
    vec share = x, dense = x;
    UNROLL_FOR (int i = 0; i < VEC; i++) {
        share[i] = 0.5 * erfc(-x[i] * half_root);
        dense[i] = density_at_0 * exp(-x[i] * x[i] / 2);
    }
    *density = dense;
    return share;
}

#else

INLINE vec vec_gauss(vec x, vec *density)
{
    const float density_at_0 = 0.398942280F, nearness = 0.26F;
    const vec t = 1 / (1 + nearness * vec_absolute(x)), fall = vec_exp(-0.5F * x * x);
    /* least relative error 2.5e-8 over [-14, 0], below which exp(-x^2 / 2) is 0 */
    const vec ratio =
        t * (0.10375906F +
             t * (0.10301675F +
                  t * (0.10303026F +
                       t * (0.05102766F +
                            t * (0.16094794F +
                                 t * (-0.15094911F + t * (0.25149145F + t * (-0.15282892F + t * 0.03050491F))))))));
    const vec below = fall * ratio;
    *density = density_at_0 * fall;
    return vec_select(x > 0, 1 - below, below);
}

#endif
#endif
