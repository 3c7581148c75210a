/* See kernels.h. */
#include <string.h>

#include "src/simd.h"
#include "src/vec.h"

extern const kernels BUILT(level_kernels);

static const hg_real WHITE = 255;

/* VEC neighbouring pixels of an image as numbers. */
INLINE vec numbers_of_bytes(const unsigned char *pixel)
{
    vec numbers;
    UNROLL_FOR (int i = 0; i < VEC; i++)
        numbers[i] = pixel[i];
    return numbers / WHITE;
}

INLINE vec numbers_of_floats(const float *pixel)
{
    vec numbers;
    UNROLL_FOR (int i = 0; i < VEC; i++)
        numbers[i] = pixel[i];
    return numbers;
}

/* Blocks of VEC pixels by VEC lanes are turned about in registers. */
static void lanes_from_bytes(const unsigned char *const *image, size_t count, size_t pixels, hg_real *lanes)
{
    const size_t blocks = pixels / VEC * VEC;
    for (size_t p = 0; p < blocks; p += VEC)
        for (size_t lane = 0; lane < HG_LANES; lane += VEC) {
            vec row[VEC];
            UNROLL_FOR (size_t i = 0; i < VEC; i++)
                row[i] = lane + i < count ? numbers_of_bytes(image[lane + i] + p) : vec_set(0);
            vec_transpose(row);
            UNROLL_FOR (size_t i = 0; i < VEC; i++)
                vec_store(lanes + (p + i) * HG_LANES + lane, row[i]);
        }
    for (size_t p = blocks; p < pixels; p++)
        for (size_t l = 0; l < HG_LANES; l++)
            lanes[p * HG_LANES + l] = l < count ? image[l][p] / WHITE : 0;
}

static void lanes_from_floats(const float *const *image, size_t count, size_t pixels, hg_real *lanes)
{
    const size_t blocks = pixels / VEC * VEC;
    for (size_t p = 0; p < blocks; p += VEC)
        for (size_t lane = 0; lane < HG_LANES; lane += VEC) {
            vec row[VEC];
            UNROLL_FOR (size_t i = 0; i < VEC; i++)
                row[i] = lane + i < count ? numbers_of_floats(image[lane + i] + p) : vec_set(0);
            vec_transpose(row);
            UNROLL_FOR (size_t i = 0; i < VEC; i++)
                vec_store(lanes + (p + i) * HG_LANES + lane, row[i]);
        }
    for (size_t p = blocks; p < pixels; p++)
        for (size_t l = 0; l < HG_LANES; l++)
            lanes[p * HG_LANES + l] = l < count ? image[l][p] : 0;
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

const kernels BUILT(level_kernels) = { lanes_from_bytes, lanes_from_floats, add, sum_slots };
