/* Philox 4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011. Four numbers come from four counters, two keys and ten rounds. */
#include <assert.h>
#include <math.h>

#include <hinge/tensor.h>

enum { ROUNDS = 10, BLOCK = 4 };

static const uint32_t MULTIPLIER[2] = { 0xD2511F53, 0xCD9E8D57 };
static const uint32_t WEYL[2] = { 0x9E3779B9, 0xBB67AE85 };
static const double TWO_TO_MINUS_32 = 1.0 / 4294967296.0;
static const double TWO_PI = 6.283185307179586;

static void philox_block(const uint32_t counter[BLOCK], const uint32_t key[2], uint32_t block[BLOCK])
{
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t p0 = (uint64_t)MULTIPLIER[0] * c0, p1 = (uint64_t)MULTIPLIER[1] * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += WEYL[0];
        k1 += WEYL[1];
    }
    block[0] = c0;
    block[1] = c1;
    block[2] = c2;
    block[3] = c3;
}

hg_random hg_random_stream(uint64_t seed, hg_purpose purpose, uint32_t a, uint32_t b)
{
    return (hg_random){ .key = { (uint32_t)seed, (uint32_t)(seed >> 32) },
                        .counter = { 0, (uint32_t)purpose, a, b },
                        .used = BLOCK };
}

uint32_t hg_random_bits(hg_random *random)
{
    if (random->used == BLOCK) {
        philox_block(random->counter, random->key, random->block);
        random->counter[0]++;
        random->used = 0;
    }
    return random->block[random->used++];
}

double hg_random_uniform(hg_random *random)
{
    return hg_random_bits(random) * TWO_TO_MINUS_32;
}

/* Box & Muller 1958, one of the pair. */
double hg_random_normal(hg_random *random)
{
    const double radius = sqrt(-2 * log(1 - hg_random_uniform(random)));
    return radius * cos(TWO_PI * hg_random_uniform(random));
}

/* Lemire 2019, "Fast random integer generation in an interval". */
uint32_t hg_random_below(hg_random *random, uint32_t bound)
{
    assert(bound >= 1);
    const uint32_t biased = (0u - bound) % bound;
    uint64_t product;
    do
        product = (uint64_t)hg_random_bits(random) * bound;
    while ((uint32_t)product < biased);
    return (uint32_t)(product >> 32);
}
