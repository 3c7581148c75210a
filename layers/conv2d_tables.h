/* The tables of a convolution: where its tiles' pixels and its filters' rows lie. */
#ifndef HINGE_CONV2D_TABLES_H
#define HINGE_CONV2D_TABLES_H

#include "layers/conv2d_strips.h"

static void fill_pixels(const conv2d_state *s)
{
    if (s->pool) {
        for (size_t t = 0; t < s->tiles; t++)
            for (int k = 0; k < PIXELS; k++) {
                const int row = (int)t / s->out.width * 2 + k / 2, column = (int)t % s->out.width * 2 + k % 2;
                s->pixel[t * PIXELS + (size_t)k] = place_of(s->padded, 0, row * s->stride, column * s->stride);
            }
        return;
    }
    const int last = s->map.height * s->map.width - 1;
    for (int i = 0; i < (int)s->tiles * PIXELS; i++) {
        const int p = i < last ? i : last;
        s->pixel[i] = place_of(s->padded, 0, p / s->map.width * s->stride, p % s->map.width * s->stride);
    }
}

static void fill_runs(const conv2d_state *s)
{
    for (int c = 0; c < s->in.channels; c++)
        for (int i = 0; i < s->height; i++)
            s->run[c * s->height + i] = (tap_run){ place_of(s->padded, c, i, 0), (c * s->height + i) * s->width };
}

static void fill_gradient_pixels(const conv2d_state *s)
{
    const int last = s->in.height * s->in.width - 1;
    for (int i = 0; i < (int)s->gradient_tiles * PIXELS; i++) {
        const int q = i < last ? i : last;
        s->gradient_pixel[i] = place_of(s->spread, 0, q / s->in.width, q % s->in.width);
    }
}

static void fill_gradient_runs(const conv2d_state *s)
{
    const int taps = s->in.channels * s->height * s->width;
    for (int f = 0; f < s->map.channels; f++)
        for (int i = 0; i < s->height; i++)
            s->gradient_run[f * s->height + i] =
                (tap_run){ place_of(s->spread, f, i, 0), f * taps + (s->height - 1 - i) * s->width + s->width - 1 };
}

static size_t windows_of(hg_shape map)
{
    return (size_t)((map.height + 1) / 2) * (size_t)((map.width + 1) / 2);
}

/* The pixels of a window, or its winner if pooled, go to `output`. */
static void fill_windows(window_place *window, hg_shape map, hg_shape input, hg_shape output, bool pooled)
{
    for (int r = 0; r < map.height; r += 2)
        for (int c = 0; c < map.width; c += 2, window++) {
            window->row_again = r + 1 == map.height;
            window->column_again = c + 1 == map.width;
            window->row = r - window->row_again;
            window->column = c - window->column_again;
            window->from = place_of(input, 0, window->row, window->column);
            window->to = pooled ? place_of(output, 0, r / 2, c / 2) : place_of(output, 0, window->row, window->column);
        }
}

static size_t tiles_of(const conv2d_state *s)
{
    const size_t pixels = (size_t)s->map.height * (size_t)s->map.width;
    return s->pool ? (size_t)s->out.height * (size_t)s->out.width : (pixels + PIXELS - 1) / PIXELS;
}

/* Lays tables into memory, one behind the other; with NULL only counts their bytes. */
typedef struct table_room {
    char *memory;
    size_t bytes;
} table_room;

static void *lay(table_room *room, size_t bytes)
{
    char *at = room->memory ? room->memory + room->bytes : NULL;
    room->bytes += (bytes + _Alignof(conv2d_state) - 1) / _Alignof(conv2d_state) * _Alignof(conv2d_state);
    return at;
}

/* *s with its tables, and its strip's, as far as there is memory for them. */
static conv2d_state *lay_tables(table_room *room, const conv2d_state *s)
{
    conv2d_state made = *s, strip, *state = lay(room, sizeof made);
    made.tiles = tiles_of(s);
    made.gradient_tiles = ((size_t)s->in.height * (size_t)s->in.width + PIXELS - 1) / PIXELS;
    made.gradient_runs = (size_t)s->map.channels * (size_t)s->height;
    made.block_runs = runs_in_block((size_t)s->in.channels, (size_t)s->height, (size_t)s->width);
    made.gradient_block_runs = runs_in_block((size_t)s->map.channels, (size_t)s->height, (size_t)s->width);
    made.pixel = lay(room, s->way == TAP_BY_TAP ? made.tiles * PIXELS * sizeof *made.pixel : 0);
    made.gradient_pixel =
        lay(room, s->way == TAP_BY_TAP ? made.gradient_tiles * PIXELS * sizeof *made.gradient_pixel : 0);
    made.windows = s->way == WINOGRAD_WINDOWS ? windows_of(used_map(s)) : 0;
    made.window = lay(room, made.windows * sizeof *made.window);
    made.gradient_windows = s->way == WINOGRAD_WINDOWS ? windows_of(s->in) : 0;
    made.gradient_window = lay(room, made.gradient_windows * sizeof *made.gradient_window);
    made.run = lay(room, made.runs * sizeof *made.run);
    made.gradient_run = lay(room, made.gradient_runs * sizeof *made.gradient_run);
    conv2d_state *laid = NULL;
    if (strip_of(s, &strip)) {
        laid = lay(room, sizeof strip);
        strip.tiles = tiles_of(&strip);
        strip.block_runs = made.block_runs;
        strip.pixel = lay(room, strip.tiles * PIXELS * sizeof *strip.pixel);
        strip.run = lay(room, strip.runs * sizeof *strip.run);
    }
    if (!room->memory)
        return NULL;
    if (laid) {
        *laid = strip;
        fill_pixels(laid);
        fill_runs(laid);
    }
    made.strip = laid;
    *state = made;
    fill_runs(state);
    fill_gradient_runs(state);
    if (s->way == WINOGRAD_WINDOWS) {
        fill_windows(state->window, used_map(s), s->padded, s->out, s->pool);
        fill_windows(state->gradient_window, s->in, s->spread, s->in, false);
    } else if (s->way == TAP_BY_TAP) {
        fill_pixels(state);
        fill_gradient_pixels(state);
    }
    return state;
}

static hg_status make_tables(hg_layer_setup *setup, const conv2d_state *s, hg_error *error)
{
    table_room room = { NULL, 0 };
    lay_tables(&room, s);
    room.memory = hg_setup_state(setup, room.bytes, error);
    if (!room.memory)
        return HG_NO_MEMORY;
    room.bytes = 0;
    lay_tables(&room, s);
    return HG_OK;
}

#endif
