/* The engine's own arithmetic, built for each level like the layers. */
#ifndef HINGE_KERNELS_H
#define HINGE_KERNELS_H

#include <hinge/layer.h>

typedef struct kernels {
    /* lanes[p][l] = image[l][p] / 255, and 0 in lanes from count on */
    void (*lanes_from_bytes)(const unsigned char *const *image, size_t count, size_t pixels, hg_real *lanes);
    /* lanes[p][l] = image[l][p], and 0 in lanes from count on */
    void (*lanes_from_floats)(const float *const *image, size_t count, size_t pixels, hg_real *lanes);
    /* a += b; count a multiple of HG_LANES, both aligned */
    void (*add)(hg_real *a, const hg_real *b, size_t count);
    /* sum = the slots summed as a binary tree over their order: ((0 + 1) + (2 + 3)) + ...;
     * count a multiple of HG_LANES, all aligned. Returns whether every number is finite. */
    bool (*sum_slots)(const hg_real *const *slot, size_t slots, size_t count, hg_real *sum);
    /* whether every number is finite; count a multiple of HG_LANES, aligned */
    bool (*all_finite)(const hg_real *numbers, size_t count);
    /* the sum of the squares, in double and one order; any count */
    double (*sum_of_squares)(const hg_real *numbers, size_t count);
    /* a *= factor; count a multiple of HG_LANES, aligned */
    void (*scale)(hg_real *a, hg_real factor, size_t count);
    /* a += share (b - a); count a multiple of HG_LANES, both aligned */
    void (*approach)(hg_real *a, const hg_real *b, hg_real share, size_t count);
} kernels;

enum { MAX_SLOTS = 64 };

#endif
