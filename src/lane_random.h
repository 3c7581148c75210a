/* Random numbers of a whole row of lanes: Philox 4x32-10, see random.c, of HG_LANES
 * counters at once. Unit u of a layer, a sample's u-th number, is what
 *
 *     hg_random_stream(seed, HG_FOR_NOISE + (layer << PURPOSE_BITS), epoch, sample)
 *
 * hands out as its u-th hg_random_bits (the first is the 0th): it depends on the sample
 * alone, not on the lane or the shard that it is in, and is the same at every level of
 * instructions. */
#ifndef HINGE_LANE_RANDOM_H
#define HINGE_LANE_RANDOM_H

#include "src/vec.h"

enum {
    RANDOM_BLOCK = 4, /* numbers that Philox makes of one counter */
    RANDOM_ROUNDS = 10,
    PURPOSE_BITS = 8,
    WIDE = VECTOR_BYTES / 8,
    WIDES = HG_LANES / 2 / WIDE /* wides for every other lane of a row */
};

/* Numbers of 32 bits in 64; the upper halves are left over and mean nothing. */
typedef uint64_t wide __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef uint64_t wide_unaligned __attribute__((vector_size(VECTOR_BYTES), may_alias, aligned(sizeof(uint32_t))));

/* One piece of a row. */
typedef uint32_t piece_bits __attribute__((vector_size(VEC * sizeof(uint32_t)), may_alias));

typedef struct lane_bits {
    uint32_t of[RANDOM_BLOCK][HG_LANES] __attribute__((aligned(HG_ALIGNMENT)));
} lane_bits;

/* The product of the lower halves. gcc makes three products of it, not seeing that the
 * upper ones are zero. */
INLINE wide wide_product(wide a, wide b)
{
#if defined(__AVX512F__) && VECTOR_BYTES == 64 || defined(__AVX2__) && VECTOR_BYTES == 32
    wide product;
    __asm__("vpmuludq %2, %1, %0" : "=v"(product) : "v"(a), "v"(b));
    return product;
#elif defined(__SSE2__) && !defined(__AVX__) && VECTOR_BYTES == 16
    __asm__("pmuludq %1, %0" : "+x"(a) : "x"(b));
    return a;
#else
    return (a & UINT32_MAX) * (b & UINT32_MAX);
#endif
}

INLINE wide wide_set(uint32_t number)
{
    return (wide){ 0 } + number;
}

INLINE void philox_wide(wide counter[RANDOM_BLOCK], uint32_t key_0, uint32_t key_1)
{
    const wide multiplier_0 = wide_set(0xD2511F53), multiplier_1 = wide_set(0xCD9E8D57);
    const uint32_t weyl_0 = 0x9E3779B9, weyl_1 = 0xBB67AE85;
    UNROLL_FOR (int round = 0; round < RANDOM_ROUNDS; round++) {
        const wide product_0 = wide_product(counter[0], multiplier_0),
                   product_1 = wide_product(counter[2], multiplier_1);
        counter[0] = (product_1 >> 32) ^ counter[1] ^ wide_set(key_0);
        counter[1] = product_1;
        counter[2] = (product_0 >> 32) ^ counter[3] ^ wide_set(key_1);
        counter[3] = product_0;
        key_0 += weyl_0;
        key_1 += weyl_1;
    }
}

/* The numbers of units RANDOM_BLOCK block to RANDOM_BLOCK block + 3. */
INLINE void lane_random(const hg_pass *pass, uint32_t block, lane_bits *bits)
{
    const uint32_t key_0 = (uint32_t)pass->seed, key_1 = (uint32_t)(pass->seed >> 32);
    const uint32_t purpose = HG_FOR_NOISE + (pass->layer << PURPOSE_BITS);
    for (int w = 0; w < WIDES; w++) {
        const wide samples = *(const wide_unaligned *)(const void *)(pass->sample + 2 * WIDE * w);
        wide even[RANDOM_BLOCK] = { wide_set(block), wide_set(purpose), wide_set(pass->epoch), samples };
        wide odd[RANDOM_BLOCK] = { even[0], even[1], even[2], samples >> 32 };
        philox_wide(even, key_0, key_1);
        philox_wide(odd, key_0, key_1);
        UNROLL_FOR (int k = 0; k < RANDOM_BLOCK; k++)
            *(wide *)(void *)(bits->of[k] + 2 * WIDE * w) = (even[k] & UINT32_MAX) | (odd[k] << 32);
    }
}

INLINE piece_bits lane_piece(const lane_bits *bits, int k, int piece)
{
    return *(const piece_bits *)(const void *)(bits->of[k] + piece * VEC);
}

/* All ones where the number is less than `bound`. */
INLINE mask lane_below(const lane_bits *bits, int k, int piece, uint32_t bound)
{
    return __builtin_convertvector(lane_piece(bits, k, piece) < bound, mask);
}

#endif
