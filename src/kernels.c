/* See kernels.h. */
#include "src/simd.h"
#include "src/vec.h"

extern const kernels BUILT(level_kernels);

static const hg_real WHITE_BYTE = 255;

enum { BLOCK = 64 /* pixels, a multiple of every VEC */ };

/* The numbers of `count` pixels from p on, divided by that of white. */
typedef void (*numbers_of)(const void *image, size_t p, size_t count, hg_real *numbers);

INLINE void numbers_of_bytes(const void *image, size_t p, size_t count, hg_real *numbers)
{
    const unsigned char *bytes = (const unsigned char *)image + p;
    for (size_t k = 0; k < count; k++)
        numbers[k] = bytes[k] / WHITE_BYTE;
}

INLINE void numbers_of_floats(const void *image, size_t p, size_t count, hg_real *numbers)
{
    const float *floats = (const float *)image + p;
    for (size_t k = 0; k < count; k++)
        numbers[k] = floats[k];
}

/* A block of pixels of all images is made numbers, then turned about in registers. */
INLINE void lanes_from(const void *const *image, size_t count, size_t pixels, numbers_of numbers, hg_real *lanes)
{
    hg_real block[HG_LANES][BLOCK] __attribute__((aligned(HG_ALIGNMENT))) = { { 0 } };
    for (size_t p = 0; p < pixels; p += BLOCK) {
        const size_t left = pixels - p, width = left < BLOCK ? left : BLOCK;
        for (size_t l = 0; l < count; l++)
            if (width == BLOCK)
                numbers(image[l], p, BLOCK, block[l]);
            else
                numbers(image[l], p, width, block[l]);
        for (size_t k = 0; k < width; k += VEC)
            for (size_t lane = 0; lane < HG_LANES; lane += VEC) {
                vec row[VEC];
                UNROLL_FOR (size_t i = 0; i < VEC; i++)
                    row[i] = vec_load(block[lane + i] + k);
                vec_transpose(row);
                for (size_t i = 0; i < VEC && k + i < width; i++)
                    vec_store(lanes + (p + k + i) * HG_LANES + lane, row[i]);
            }
    }
}

static void lanes_from_bytes(const unsigned char *const *image, size_t count, size_t pixels, hg_real *lanes)
{
    lanes_from((const void *const *)image, count, pixels, numbers_of_bytes, lanes);
}

static void lanes_from_floats(const float *const *image, size_t count, size_t pixels, hg_real *lanes)
{
    lanes_from((const void *const *)image, count, pixels, numbers_of_floats, lanes);
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

static double sum_of_squares(const hg_real *numbers, size_t count)
{
    double sum[HG_LANES] = { 0 };
    size_t i = 0;
    for (; i + HG_LANES <= count; i += HG_LANES)
        for (size_t l = 0; l < HG_LANES; l++)
            sum[l] += (double)numbers[i + l] * (double)numbers[i + l];
    for (; i < count; i++)
        sum[i % HG_LANES] += (double)numbers[i] * (double)numbers[i];
    for (size_t half = HG_LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++)
            sum[l] += sum[l + half];
    return sum[0];
}

static void scale(hg_real *a, hg_real factor, size_t count)
{
    for (size_t i = 0; i < count; i += VEC)
        vec_store(a + i, factor * vec_load(a + i));
}

static void approach(hg_real *a, const hg_real *b, hg_real share, size_t count)
{
    for (size_t i = 0; i < count; i += VEC)
        vec_store(a + i, vec_load(a + i) + share * (vec_load(b + i) - vec_load(a + i)));
}

const kernels BUILT(level_kernels) = { .lanes_from_bytes = lanes_from_bytes,
                                       .lanes_from_floats = lanes_from_floats,
                                       .add = add,
                                       .sum_slots = sum_slots,
                                       .all_finite = all_finite,
                                       .sum_of_squares = sum_of_squares,
                                       .scale = scale,
                                       .approach = approach };
