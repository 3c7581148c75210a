/* The natural logarithm of each element of a vec: e ln 2 + log(m) with x = m 2^e and m
 * in [sqrt(1/2), sqrt(2)), log(m) by a polynomial in m - 1 (Moshier, "Methods and
 * Programs for Mathematical Functions": Cephes, logf). In float within 1 unit of the
 * last place; minus infinity of 0, NaN below it and of NaN. In double it is the C library's. */
#ifndef HINGE_VEC_LOG_H
#define HINGE_VEC_LOG_H

#include <math.h>

#include "src/vec.h"

#ifdef HINGE_DOUBLE

INLINE vec vec_log(vec x)
{
    UNROLL_FOR (int i = 0; i < VEC; i++)
        x[i] = log(x[i]);
    return x;
}

#else

INLINE vec vec_log(vec x)
{
    enum { FRACTION_BITS = 23, ROOT_HALF_BITS = 0x3f3504f3 /* of sqrt(1/2) */, WITHOUT_SIGN = 0x7fffffff };
    const float smallest_normal = 0x1p-126F, to_normal = 0x1p23F;
    const float ln_2_high = 0.693359375F, ln_2_low = -2.12194440e-4F; /* e ln_2_high is exact */
    const mask denormal = x < smallest_normal;
    const mask bits = (mask)vec_select(denormal, x * to_normal, x) & WITHOUT_SIGN;
    const mask exponent = (bits - ROOT_HALF_BITS) >> FRACTION_BITS;
    const vec e = __builtin_convertvector(exponent, vec) - vec_where(denormal, vec_set(FRACTION_BITS));
    const vec r = (vec)(bits - (exponent << FRACTION_BITS)) - 1, square = r * r;
    /* (log(1 + r) - r + r^2 / 2) / r^3 */
    vec tail = 7.0376836292E-2F * r - 1.1514610310E-1F;
    tail = tail * r + 1.1676998740E-1F;
    tail = tail * r - 1.2420140846E-1F;
    tail = tail * r + 1.4249322787E-1F;
    tail = tail * r - 1.6668057665E-1F;
    tail = tail * r + 2.0000714765E-1F;
    tail = tail * r - 2.4999993993E-1F;
    tail = tail * r + 3.3333331174E-1F;
    const vec small = tail * r * square + e * ln_2_low - square / 2;
    vec result = r + small + e * ln_2_high;
    result = vec_select(x == 0, vec_set(-INFINITY), result);
    result = vec_select(x >= 0, result, vec_set(NAN));
    return vec_select(x == INFINITY, x, result);
}

#endif
#endif
