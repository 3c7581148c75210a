/* Vectors as wide as the machine's registers, in plain C (GCC and Clang vector
 * extensions). A row of HG_LANES numbers is PIECES of them. */
#ifndef HINGE_VEC_H
#define HINGE_VEC_H

#include <stdint.h>

#include <hinge/layer.h>

/* A build may set both itself: 64 and 32 try the code for AVX-512 on any machine. */
#ifndef VECTOR_BYTES
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
#endif

#ifdef HINGE_DOUBLE
typedef int64_t mask_element;
#define VECTOR_NUMBERS (VECTOR_BYTES / 8)
#define VECTOR_FMA "vfmadd231pd"
#else
typedef int32_t mask_element;
#define VECTOR_NUMBERS (VECTOR_BYTES / 4)
#define VECTOR_FMA "vfmadd231ps"
#endif
#if defined(__AVX512F__) ? VECTOR_BYTES == 64 : defined(__FMA__) && VECTOR_BYTES == 32
#define FUSED_MULTIPLY_ADD VECTOR_FMA
#endif

typedef hg_real vec __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef hg_real vec_unaligned __attribute__((vector_size(VECTOR_BYTES), may_alias, aligned(sizeof(hg_real))));
/* what comparing two vecs gives: all ones or all zeros in each element */
typedef mask_element mask __attribute__((vector_size(VECTOR_BYTES), may_alias));

enum { VEC = VECTOR_NUMBERS, PIECES = HG_LANES / VEC };

#define INLINE static inline __attribute__((always_inline))
/* for loops so tight that the compiler needs a function of their own to find registers for them */
#define ALONE static __attribute__((noinline))
/* a for loop over constants, unrolled so that arrays of vecs become registers */
#define UNROLL_FOR _Pragma("GCC unroll 16") for

INLINE vec vec_load(const hg_real *p)
{
    return *(const vec *)p;
}

INLINE void vec_store(hg_real *p, vec x)
{
    *(vec *)p = x;
}

INLINE vec vec_load_unaligned(const hg_real *p)
{
    return *(const vec_unaligned *)p;
}

INLINE void vec_store_unaligned(hg_real *p, vec x)
{
    *(vec_unaligned *)p = x;
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

/* sum += a b. gcc finds the instruction by itself, but overwrites a factor with it as
 * readily as the sum, so that tiles of sums get moved about and spilled: up to a
 * third slower. */
INLINE void vec_multiply_add(vec *sum, vec a, vec b)
{
#if defined(FUSED_MULTIPLY_ADD)
    __asm__(FUSED_MULTIPLY_ADD " %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
#else
    *sum += a * b;
#endif
}

/* x, but so that the compiler does not know which number it is. */
INLINE ptrdiff_t unknown(ptrdiff_t x)
{
    __asm__("" : "+r"(x));
    return x;
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

INLINE mask vec_sign_bit(void)
{
    return (mask)vec_set((hg_real)-0.0);
}

INLINE vec vec_absolute(vec x)
{
    return (vec)((mask)x & ~vec_sign_bit());
}

/* |x|, with the sign of `sign` */
INLINE vec vec_with_sign(vec x, vec sign)
{
    return (vec)(((mask)x & ~vec_sign_bit()) | ((mask)sign & vec_sign_bit()));
}

/* Always the same order: halves onto each other down to one. */
INLINE hg_real vec_sum(vec x)
{
    UNROLL_FOR (int half = VEC / 2; half > 0; half /= 2)
        UNROLL_FOR (int i = 0; i < half; i++)
            x[i] += x[i + half];
    return x[0];
}

/* row[i][k] and row[k][i] change places: at each distance h = 1, 2, 4, ..., rows i
 * and i + h exchange the elements in which the bit h of their numbers differs. */
#define LOW_(k, h) ((k) & (h) ? VEC + (k) - (h) : (k))
#define HIGH_(k, h) ((k) & (h) ? VEC + (k) : (k) + (h))
#define LIST2_(P, k, h) P(k, h), P(k + 1, h)
#define LIST4_(P, k, h) LIST2_(P, k, h), LIST2_(P, k + 2, h)
#define LIST8_(P, k, h) LIST4_(P, k, h), LIST4_(P, k + 4, h)
#define LIST16_(P, k, h) LIST8_(P, k, h), LIST8_(P, k + 8, h)
#define EXCHANGE_(LIST, h)                                                   \
    UNROLL_FOR (int i = 0; i < VEC; i++)                                     \
        if (!(i & (h))) {                                                    \
            const vec a = row[i], b = row[i + (h)];                          \
            row[i] = __builtin_shufflevector(a, b, LIST(LOW_, 0, h));        \
            row[i + (h)] = __builtin_shufflevector(a, b, LIST(HIGH_, 0, h)); \
        }
INLINE void vec_transpose(vec *row)
{
#if VECTOR_NUMBERS == 2
    EXCHANGE_(LIST2_, 1)
#elif VECTOR_NUMBERS == 4
    EXCHANGE_(LIST4_, 2)
    EXCHANGE_(LIST4_, 1)
#elif VECTOR_NUMBERS == 8
    EXCHANGE_(LIST8_, 4)
    EXCHANGE_(LIST8_, 2)
    EXCHANGE_(LIST8_, 1)
#else
    EXCHANGE_(LIST16_, 8)
    EXCHANGE_(LIST16_, 4)
    EXCHANGE_(LIST16_, 2)
    EXCHANGE_(LIST16_, 1)
#endif
}

/* Rows of lanes, x[row][HG_LANES], to samples: to[lane * stride + row], with zeros for
 * the rows that are missing to a multiple of VEC. */
INLINE void vec_turn(const hg_real *x, size_t rows, hg_real *to, size_t stride)
{
    for (size_t i = 0; i < rows; i += VEC)
        for (size_t lane = 0; lane < HG_LANES; lane += VEC) {
            vec row[VEC];
            UNROLL_FOR (size_t k = 0; k < VEC; k++)
                row[k] = i + k < rows ? vec_load(x + (i + k) * HG_LANES + lane) : vec_set(0);
            vec_transpose(row);
            UNROLL_FOR (size_t k = 0; k < VEC; k++)
                vec_store(to + (lane + k) * stride + i, row[k]);
        }
}

/* Whether any element is set. */
INLINE int mask_any(mask m)
{
    mask_element any = 0;
    UNROLL_FOR (int i = 0; i < VEC; i++)
        any |= m[i];
    return any != 0;
}

/* How many pieces of a row hold samples. */
INLINE int pieces_of(size_t count)
{
    return (int)((count + VEC - 1) / VEC);
}

/* The pieces of each row that a forward has to compute: backward would multiply what lies in the others. */
INLINE int pieces_to_run(const hg_pass *pass)
{
    return pass->training ? PIECES : pieces_of(pass->count);
}

/* All ones in the lanes of piece `piece` that hold a sample. */
INLINE mask mask_of_samples(size_t count, int piece)
{
    mask m;
    UNROLL_FOR (int i = 0; i < VEC; i++)
        m[i] = -(mask_element)((size_t)(piece * VEC + i) < count);
    return m;
}

#endif
