/* Vectors as wide as the machine's registers, in plain C (GCC and Clang vector
 * extensions). A row of HG_LANES numbers is PIECES of them. */
#ifndef HINGE_VEC_H
#define HINGE_VEC_H

#include <stdint.h>

#include <hinge/layer.h>

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#define REGISTERS 32
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#define REGISTERS 16
#elif defined(__aarch64__)
#define VECTOR_BYTES 16
#define REGISTERS 32
#else
#define VECTOR_BYTES 16
#define REGISTERS 16
#endif

#ifdef HINGE_DOUBLE
typedef int64_t mask_element;
#else
typedef int32_t mask_element;
#endif

typedef hg_real vec __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef hg_real vec_unaligned __attribute__((vector_size(VECTOR_BYTES), may_alias, aligned(sizeof(hg_real))));
/* what comparing two vecs gives: all ones or all zeros in each element */
typedef mask_element mask __attribute__((vector_size(VECTOR_BYTES), may_alias));

enum { VEC = VECTOR_BYTES / sizeof(hg_real), PIECES = HG_LANES / VEC };

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

INLINE vec vec_load(const hg_real *p)
{
    return *(const vec *)p;
}

INLINE void vec_store(hg_real *p, vec x)
{
    *(vec *)p = x;
}

/* p need not be aligned */
INLINE void vec_add_to(hg_real *p, vec x)
{
    *(vec_unaligned *)p += x;
}

INLINE vec vec_set(hg_real x)
{
    return x - (vec){ 0 };
}

INLINE vec vec_select(mask m, vec a, vec b)
{
    return (vec)((m & (mask)a) | (~m & (mask)b));
}

/* a where m is set, else 0 */
INLINE vec vec_where(mask m, vec a)
{
    return (vec)(m & (mask)a);
}

/* Always the same order: halves onto each other down to one. */
INLINE hg_real vec_sum(vec x)
{
    UNROLL
    for (int half = VEC / 2; half > 0; half /= 2)
        UNROLL
    for (int i = 0; i < half; i++)
        x[i] += x[i + half];
    return x[0];
}

/* Whether any element is set. */
INLINE int mask_any(mask m)
{
    mask_element any = 0;
    UNROLL
    for (int i = 0; i < VEC; i++)
        any |= m[i];
    return any != 0;
}

/* All ones in the lanes of piece `piece` that hold a sample. */
INLINE mask mask_of_samples(size_t count, int piece)
{
    mask m;
    UNROLL
    for (int i = 0; i < VEC; i++)
        m[i] = -(mask_element)((size_t)(piece * VEC + i) < count);
    return m;
}

#endif
