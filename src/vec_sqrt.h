/* The square root of each element of a vec: one instruction, as long as math
 * functions need not set errno (the Makefile's -fno-math-errno). */
#ifndef HINGE_VEC_SQRT_H
#define HINGE_VEC_SQRT_H

#include <math.h>

#include "src/vec.h"

INLINE vec vec_sqrt(vec x)
{
    vec root = x;
    UNROLL_FOR (int i = 0; i < VEC; i++)
#ifdef HINGE_DOUBLE
        root[i] = sqrt(x[i]);
#else
        root[i] = sqrtf(x[i]);
#endif
    return root;
}

#endif
