/* Windows over an image, as the pooling layers share them. */
#ifndef HINGE_POOL2D_H
#define HINGE_POOL2D_H

#include <string.h>

#include "src/simd.h"
#include "src/vec.h"

enum { LONGEST_SIDE = 1 << 15 /* pixels; sums of a few cannot overflow an int */ };

typedef struct geometry {
    int window, stride, padding;
    hg_shape in, out;
} geometry;

INLINE geometry geometry_of(int window, int stride, int padding, hg_shape in)
{
    geometry g = { window, stride == 0 ? window : stride, padding, in, { in.channels, 0, 0 } };
    g.out.height = (in.height + 2 * g.padding - g.window) / g.stride + 1;
    g.out.width = (in.width + 2 * g.padding - g.window) / g.stride + 1;
    return g;
}

/* macro: what makes a line of this layer, for the message. */
INLINE hg_status geometry_check(int window, int stride, int padding, hg_shape in, const char *macro, hg_error *error)
{
    if (window < 1 || stride < 0 || padding < 0)
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "window %d, stride %d, padding %d; give a window, as in %s(2, .stride = 2)", window, stride,
                       padding, macro);
    if (window > LONGEST_SIDE || stride > LONGEST_SIDE)
        return hg_fail(error, HG_BAD_ARGUMENT, "window %d, stride %d: they may be at most %d", window, stride,
                       LONGEST_SIDE);
    if (padding > window / 2)
        return hg_fail(error, HG_BAD_ARGUMENT, "padding %d is more than half the window of %d", padding, window);
    if (window - 2 * padding > in.height || window - 2 * padding > in.width)
        return hg_fail(error, HG_BAD_NETWORK, "window %dx%d does not fit input %dx%dx%d", window, window, in.height,
                       in.width, in.channels);
    return HG_OK;
}

/* The part of window (row, column) that lies inside the input: rows top to bottom - 1, ... */
typedef struct part {
    int top, bottom, left, right;
} part;

INLINE part part_of(const geometry *g, int row, int column)
{
    part p = { row * g->stride - g->padding, 0, column * g->stride - g->padding, 0 };
    p.bottom = p.top + g->window < g->in.height ? p.top + g->window : g->in.height;
    p.right = p.left + g->window < g->in.width ? p.left + g->window : g->in.width;
    p.top = p.top < 0 ? 0 : p.top;
    p.left = p.left < 0 ? 0 : p.left;
    return p;
}

#endif
