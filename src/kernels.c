/* See kernels.h. */
#include "src/simd.h"
#include "src/vec.h"

extern const kernels BUILT(level_kernels);

static const hg_real WHITE_BYTE = 255, WHITE_FLOAT = 1;

/* Pixel p of an image, as a number that has yet to be divided by that of white. */
typedef hg_real (*number_of)(const void *image, size_t p);

INLINE hg_real number_of_byte(const void *image, size_t p)
{
    return ((const unsigned char *)image)[p];
}

INLINE hg_real number_of_float(const void *image, size_t p)
{
    return ((const float *)image)[p];
}

INLINE vec numbers_of(const void *image, size_t p, number_of number)
{
    vec numbers = { 0 };
    UNROLL_FOR (size_t k = 0; k < VEC; k++)
        numbers[k] = number(image, p + k);
    return numbers;
}

/* Blocks of VEC pixels by VEC lanes are turned about in registers. */
INLINE void lanes_from(const void *const *image, size_t count, size_t pixels, number_of number, hg_real white,
                       hg_real *lanes)
{
    const size_t blocks = pixels / VEC * VEC;
    for (size_t p = 0; p < blocks; p += VEC)
        for (size_t lane = 0; lane < HG_LANES; lane += VEC) {
            vec row[VEC];
            UNROLL_FOR (size_t i = 0; i < VEC; i++)
                row[i] = lane + i < count ? numbers_of(image[lane + i], p, number) : vec_set(0);
            vec_transpose(row);
            UNROLL_FOR (size_t i = 0; i < VEC; i++)
                vec_store(lanes + (p + i) * HG_LANES + lane, row[i] / white);
        }
    for (size_t p = blocks; p < pixels; p++)
        for (size_t l = 0; l < HG_LANES; l++)
            lanes[p * HG_LANES + l] = l < count ? number(image[l], p) / white : 0;
}

static void lanes_from_bytes(const unsigned char *const *image, size_t count, size_t pixels, hg_real *lanes)
{
    lanes_from((const void *const *)image, count, pixels, number_of_byte, WHITE_BYTE, lanes);
}

static void lanes_from_floats(const float *const *image, size_t count, size_t pixels, hg_real *lanes)
{
    lanes_from((const void *const *)image, count, pixels, number_of_float, WHITE_FLOAT, lanes);
}

static void add(hg_real *a, const hg_real *b, size_t count)
{
    for (size_t i = 0; i < count; i += VEC)
        vec_store(a + i, vec_load(a + i) + vec_load(b + i));
}

static bool sum_slots(const hg_real *const *slot, size_t slots, size_t count, hg_real *sum)
{
    vec not_finite = { 0 }; /* x - x is 0 for finite numbers, else NaN */
    for (size_t i = 0; i < count; i += VEC) {
        vec level[MAX_SLOTS];
        for (size_t s = 0; s < slots; s++)
            level[s] = vec_load(slot[s] + i);
        for (size_t width = slots; width > 1; width = (width + 1) / 2)
            for (size_t s = 0; s < width / 2 + width % 2; s++) {
                level[s] = level[2 * s];
                if (2 * s + 1 < width)
                    level[s] += level[2 * s + 1];
            }
        vec_store(sum + i, level[0]);
        not_finite += level[0] - level[0];
    }
    return !mask_any((mask)(not_finite != 0));
}

static bool all_finite(const hg_real *numbers, size_t count)
{
    vec not_finite = { 0 };
    for (size_t i = 0; i < count; i += VEC)
        not_finite += vec_load(numbers + i) - vec_load(numbers + i);
    return !mask_any((mask)(not_finite != 0));
}

const kernels BUILT(level_kernels) = { lanes_from_bytes, lanes_from_floats, add, sum_slots, all_finite };
