/* exp of each element of a vec: 2^n exp(r) with n = round(x / ln 2) and r = x - n ln 2,
 * exp(r) by a polynomial on [-ln 2 / 2, ln 2 / 2] (Muller, "Elementary Functions",
 * ch. 11). In float within 1 unit of the last place; 0 and infinity where exp under-
 * or overflows, NaN of NaN. What is made of it: exp(x) - 1 of numbers up to 0, the
 * hyperbolic tangent and the logistic sigmoid, within 3 units, small results included.
 * In double all are the C library's. */
#ifndef HINGE_VEC_EXP_H
#define HINGE_VEC_EXP_H

#include <math.h>

#include "src/vec.h"

#ifdef HINGE_DOUBLE

INLINE vec vec_exp(vec x)
{
    UNROLL_FOR (int i = 0; i < VEC; i++)
        x[i] = exp(x[i]);
    return x;
}

INLINE vec vec_exp_minus_1(vec x)
{
    UNROLL_FOR (int i = 0; i < VEC; i++)
        x[i] = expm1(x[i]);
    return x;
}

#else

enum { FLOAT_FRACTION_BITS = 23, FLOAT_BIAS = 127 };

/* 2^n for whole n from -126 to 127 */
INLINE vec vec_power_of_2(mask n)
{
    return (vec)((n + FLOAT_BIAS) << FLOAT_FRACTION_BITS);
}

/* x = n ln 2 + r: exp(r) - 1, and n in *whole */
INLINE vec vec_exp_parts(vec x, mask *whole)
{
    const float inverse_ln_2 = 1.44269504F;
    const float ln_2_high = 0.693359375F, ln_2_low = -2.12194440e-4F; /* n ln_2_high is exact */
    const float rounding = 12582912;                                  /* 1.5 2^23: adding it leaves no fraction */
    const vec shifted = x * inverse_ln_2 + rounding, n = shifted - rounding;
    const vec r = x - n * ln_2_high - n * ln_2_low;
    /* (exp(r) - 1 - r) / r^2, least relative error 3.6e-9 */
    const vec tail = 0.49999989F + r * (0.16666518F + r * (0.04166953F + r * (0.00836892F + r * 0.00137514F)));
    *whole = (mask)shifted - (mask)vec_set(rounding);
    return r * r * tail + r;
}

INLINE vec vec_exp(vec x)
{
    const float lowest = -104, highest = 89; /* beyond them exp is 0 and infinity */
    mask whole;
    const vec less_1 =
        vec_exp_parts(vec_select(x < lowest, vec_set(lowest), vec_select(x > highest, vec_set(highest), x)), &whole);
    /* in two halves, since 2^n alone may not be a number */
    const mask half = whole >> 1;
    return (less_1 + 1) * vec_power_of_2(half) * vec_power_of_2(whole - half);
}

/* of x <= 0 */
INLINE vec vec_exp_minus_1(vec x)
{
    const float lowest = -20; /* beyond it the result is -1 */
    mask whole;
    const vec less_1 = vec_exp_parts(vec_select(x < lowest, vec_set(lowest), x), &whole);
    const vec power = vec_power_of_2(whole);
    return power * less_1 + (power - 1);
}

#endif

INLINE vec vec_sigmoid(vec x)
{
    return 1 / (1 + vec_exp(-x));
}

/* With e = exp(-2 |x|) - 1, which keeps the digits of a small x: -e / (2 + e), and x's sign. */
INLINE vec vec_tanh(vec x)
{
    const vec e = vec_exp_minus_1(-2 * vec_absolute(x));
    return vec_with_sign(-e / (2 + e), x);
}

#endif
