/* log of each element of a vec: e ln 2 + log(m) with x = 2^e m and m in [sqrt(1/2), sqrt(2)),
 * log(m) by a polynomial of m - 1 (S. L. Moshier's Cephes, logf). In float of normal
 * numbers above 0 only, within 2 units of the last place, near log(1) = 0 too. In double
 * it is the C library's. */
#ifndef HINGE_VEC_LOG_H
#define HINGE_VEC_LOG_H

#include "src/vec_exp.h"

INLINE vec vec_log(vec x)
{
#ifdef HINGE_DOUBLE
    UNROLL_FOR (int i = 0; i < VEC; i++)
        x[i] = log(x[i]);
    return x;
#else
    const float ln_2_high = 0.693359375F, ln_2_low = -2.12194440e-4F, lowest_m = 0.70710678F;
    const mask exponent = ((mask)x - (mask)vec_set(lowest_m)) >> FLOAT_FRACTION_BITS;
    const vec e = __builtin_convertvector(exponent, vec), d = (vec)((mask)x - (exponent << FLOAT_FRACTION_BITS)) - 1;
    /* (log(1 + d) - d + d^2 / 2) / d^3 */
    const vec tail =
        0.33333331F +
        d * (-0.24999994F +
             d * (0.20000715F +
                  d * (-0.16668058F +
                       d * (0.14249323F +
                            d * (-0.12420141F + d * (0.11676999F + d * (-0.11514610F + d * 0.070376836F)))))));
    return e * ln_2_high + (d + (d * d * (d * tail - 0.5F) + e * ln_2_low));
#endif
}

#endif
