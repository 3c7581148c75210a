/* What setup works out for a convolution, and where things lie. */
#ifndef HINGE_CONV2D_STATE_H
#define HINGE_CONV2D_STATE_H

#include <string.h>

#include "src/simd.h"
#include "src/tile.h"

enum { WEIGHT, BIAS, PIXELS = TILE_VECTORS /* of a tile: 4, in any places */, CACHE_LINE = 64 };

/* Which pixel of its 2x2 window won: 2 row + column; short, as many pass through the caches. */
typedef int16_t winner_code;
typedef winner_code winner_codes __attribute__((vector_size(VECTOR_NUMBERS * sizeof(winner_code)), may_alias));

INLINE void winner_store(winner_code *to, mask winner)
{
    *(winner_codes *)to = __builtin_convertvector(winner, winner_codes);
}

INLINE mask winner_load(const winner_code *from)
{
    return __builtin_convertvector(*(const winner_codes *)from, mask);
}

/* Taps that are neighbours in a row of the input: a row of the filter. */
typedef struct tap_run {
    int32_t x, weight; /* where the first tap is, in numbers */
} tap_run;

/* A window of 2x2 pixels of a map, see conv2d_winograd_windows.h. At an odd edge the last one overlaps the one before.
 */
typedef struct window_place {
    int32_t from;                 /* its patch in the input's first channel */
    int32_t to;                   /* its upper left pixel, or its winner, in the first output */
    int32_t row, column;          /* in the map */
    bool row_again, column_again; /* the first of its rows or columns is the last of the window before */
} window_place;

/* How the map and the gradients are made. */
typedef enum conv2d_way {
    TAP_BY_TAP,       /* conv2d_map.h, conv2d_weights.h */
    WINOGRAD_WINDOWS, /* conv2d_winograd_windows.h */
    WINOGRAD_BANDS    /* conv2d_winograd_bands.h */
} conv2d_way;

typedef struct conv2d_state {
    hg_shape in, padded, map, out;                  /* map: before pooling */
    int height, width, stride, pad_row, pad_column; /* of the filter */
    hg_pool_order pool;
    hg_shape spread; /* dy with its zeros, as dx needs it */
    size_t tiles, gradient_tiles;
    size_t runs, gradient_runs;
    size_t block_runs, gradient_block_runs; /* whose input the nearest cache holds, see conv2d_map.h */
    int32_t *pixel;          /* [tiles][PIXELS]: where each output pixel's patch begins in the padded input */
    int32_t *gradient_pixel; /* [gradient_tiles][PIXELS]: where each input pixel's window begins in spread */
    tap_run *run;            /* [runs]: a row of the filter each */
    tap_run *gradient_run;
    conv2d_way way;
    size_t windows, gradient_windows; /* of the map, and of the input */
    window_place *window, *gradient_window;
    const struct conv2d_state *strip; /* see conv2d_strips.h; NULL: none */
} conv2d_state;

/* The part of the map that has a gradient: of one that is pooled what the pooling sees. */
INLINE hg_shape used_map(const conv2d_state *s)
{
    return s->pool ? (hg_shape){ s->map.channels, 2 * s->out.height, 2 * s->out.width } : s->map;
}

INLINE size_t units_of(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

INLINE size_t bytes_of(hg_shape shape)
{
    return units_of(shape) * HG_LANES * sizeof(hg_real);
}

INLINE int32_t place_of(hg_shape shape, int channel, int row, int column)
{
    return ((channel * shape.height + row) * shape.width + column) * HG_LANES;
}

/* Zeros around rows x columns pixels of each channel, from `top` and `left` on. */
static void clear_frame(hg_real *to, hg_shape shape, int top, int left, int rows, int columns)
{
    const size_t pixel = HG_LANES * sizeof *to, row = (size_t)shape.width * pixel;
    for (int c = 0; c < shape.channels; c++) {
        memset(to + place_of(shape, c, 0, 0), 0, (size_t)top * row);
        for (int r = top; r < top + rows; r++) {
            memset(to + place_of(shape, c, r, 0), 0, (size_t)left * pixel);
            memset(to + place_of(shape, c, r, left + columns), 0, (size_t)(shape.width - left - columns) * pixel);
        }
        memset(to + place_of(shape, c, top + rows, 0), 0, (size_t)(shape.height - top - rows) * row);
    }
}

/* saved: the padded input, if there is padding, then the winners, if pooled */
INLINE hg_real *padded_copy(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    return s->pad_row || s->pad_column ? pass->saved : NULL;
}

INLINE winner_code *winners(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    return (winner_code *)(void *)((char *)pass->saved + (padded_copy(pass) ? bytes_of(s->padded) : 0));
}

INLINE const hg_real *padded_input(const hg_pass *pass)
{
    const hg_real *copy = padded_copy(pass);
    return copy ? copy : pass->input[0];
}

#endif
