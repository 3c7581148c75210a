/* One image at a time: its lanes would be empty but for one. Instead the rows of its
 * map are cut into strips, one a lane, as if they were images of their own that
 * overlap by the filter's height, and put together again. */
#ifndef HINGE_CONV2D_STRIPS_H
#define HINGE_CONV2D_STRIPS_H

#include "layers/conv2d_map.h"

/* The convolution of a strip: the same but for its height. False if it would be no lower. */
static bool strip_of(const conv2d_state *s, conv2d_state *strip)
{
    const int rows = (s->out.height + HG_LANES - 1) / HG_LANES, map_rows = s->pool ? 2 * rows : rows;
    *strip = *s;
    strip->way = TAP_BY_TAP;
    strip->out.height = rows;
    strip->map.height = map_rows;
    strip->padded.height = (map_rows - 1) * s->stride + s->height;
    return rows < s->out.height;
}

typedef struct strips_memory {
    hg_real *input, *output, *map;
    winner_code *winner; /* which nobody asks for; with twice the room, so that all is aligned */
} strips_memory;

static strips_memory strips_place(const conv2d_state *strip, hg_real *scratch)
{
    const size_t output = units_of(strip->out) * HG_LANES;
    strips_memory memory = { .input = scratch };
    memory.output = memory.input + units_of(strip->padded) * HG_LANES;
    memory.winner = (winner_code *)(void *)(memory.output + output);
    memory.map = memory.output + 2 * output;
    return memory;
}

static size_t strips_scratch(const conv2d_state *s)
{
    conv2d_state strip;
    if (!strip_of(s, &strip))
        return 0;
    const size_t weights = s->runs * (size_t)s->width * (size_t)s->map.channels;
    return bytes_of(strip.padded) + 2 * bytes_of(strip.out) + map_scratch((size_t)s->map.channels, weights);
}

/* Lane l of the strips: the rows of the image from those of output row l rows on. */
static void cut_strips(const hg_pass *pass, const hg_real *input, hg_real *strips)
{
    const conv2d_state *s = pass->state, *strip = s->strip;
    const int step = strip->map.height * s->stride;
    for (int c = 0; c < s->in.channels; c++)
        for (int r = 0; r < strip->padded.height; r++)
            for (int l = 0; l < HG_LANES; l++) {
                const int row = l * step + r;
                const hg_real *from = input + place_of(s->padded, c, row < s->padded.height ? row : 0, 0);
                hg_real *to = strips + place_of(strip->padded, c, r, 0) + l;
                for (int i = 0; i < s->padded.width * HG_LANES; i += HG_LANES)
                    to[i] = from[i];
            }
}

static void join_strips(const hg_pass *pass, const hg_real *strips)
{
    const conv2d_state *s = pass->state, *strip = s->strip;
    for (int f = 0; f < s->out.channels; f++)
        for (int row = 0; row < s->out.height; row++) {
            const hg_real *from =
                strips + place_of(strip->out, f, row % strip->out.height, 0) + row / strip->out.height;
            hg_real *to = pass->output + place_of(s->out, f, row, 0);
            for (int i = 0; i < s->out.width * HG_LANES; i += HG_LANES)
                to[i] = from[i];
        }
}

static void strips_forward(const hg_pass *pass)
{
    const conv2d_state *s = pass->state, *strip = s->strip;
    const strips_memory memory = strips_place(strip, pass->scratch);
    cut_strips(pass, padded_input(pass), memory.input);
    conv2d_map map = map_of(pass, strip);
    map.input = memory.input;
    map.output = memory.output;
    map.winner = memory.winner;
    map.scratch = memory.map;
    map.pieces = pieces_of((size_t)((s->out.height + strip->out.height - 1) / strip->out.height));
    map_all(&map, s->pool);
    join_strips(pass, memory.output);
}

#endif
