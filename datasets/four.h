/* Four pixels at once, with instructions that every machine has: the numbers are the
 * same at every level of instructions. */
#ifndef HINGE_DATASETS_FOUR_H
#define HINGE_DATASETS_FOUR_H

#include <stddef.h>

enum { FOUR = 4 };
typedef float four __attribute__((vector_size(16), may_alias, aligned(sizeof(float))));

static inline four four_at(const float *numbers)
{
    return *(const four *)numbers;
}

/* A row of `width` pixels rounded up, with four more behind it that may be written for nothing. */
static inline size_t columns_of(int width)
{
    return ((size_t)width + 2 * FOUR - 1) / FOUR * FOUR;
}

#endif
