/* The three ways to make a convolution, and which of them suits it. */
#ifndef HINGE_CONV2D_WAYS_H
#define HINGE_CONV2D_WAYS_H

#include "layers/conv2d_strips.h"
#include "layers/conv2d_winograd_bands_weights.h"
#include "layers/conv2d_winograd_windows_weights.h"

/* What pays for the transforms, measured (bench/README.md): for windows so many channels and filters, and for both so
 * high and wide a map. A build may set other limits. */
#ifndef WINDOWS_CHANNELS
#define WINDOWS_CHANNELS 16
#endif
#ifndef BANDS_SIDE
#define BANDS_SIDE 4
#endif
enum { WINDOWS_SIDE = 3 };

static bool reaches(hg_shape map, int side)
{
    return map.height >= side && map.width >= side;
}

static conv2d_way way_of(const conv2d_state *s)
{
    if (s->height != s->width || s->stride != 1 || s->in.height == 1 || s->in.width == 1)
        return TAP_BY_TAP;
    const bool many = s->in.channels >= WINDOWS_CHANNELS && s->map.channels >= WINDOWS_CHANNELS;
    if ((s->width == 3 || s->width == 5) && many && reaches(s->map, WINDOWS_SIDE))
        return WINOGRAD_WINDOWS;
    return s->width == BAND_TAPS && reaches(s->map, BANDS_SIDE) ? WINOGRAD_BANDS : TAP_BY_TAP;
}

/* Bytes of scratch for the map and for both gradients, which follow each other. */
static size_t ways_scratch(const conv2d_state *s)
{
    const size_t filters = (size_t)s->map.channels, channels = (size_t)s->in.channels, side = (size_t)s->width;
    const size_t outputs = filters > channels ? filters : channels;
    size_t parts[4] = { strips_scratch(s) };
    switch (s->way) {
    case TAP_BY_TAP:
        parts[1] = map_scratch(outputs, filters * s->runs * side);
        parts[2] = dense_scratch(s);
        parts[3] = pooled_scratch(s);
        break;
    case WINOGRAD_WINDOWS:
        parts[1] = window_map_scratch(side, channels, filters);
        parts[2] = window_map_scratch(side, filters, channels);
        parts[3] = correlation_scratch(s);
        break;
    case WINOGRAD_BANDS:
        parts[1] = band_map_scratch(s->padded, s->map.channels);
        parts[2] = band_map_scratch(s->spread, s->in.channels);
        parts[3] = band_weights_scratch(s);
        break;
    }
    size_t most = 0;
    for (size_t i = 0; i < HG_COUNT(parts); i++)
        most = parts[i] > most ? parts[i] : most;
    return most;
}

static void make_map(const conv2d_map *map, hg_pool_order pool)
{
    switch (map->way) {
    case TAP_BY_TAP:
        map_all(map, pool);
        break;
    case WINOGRAD_WINDOWS:
        windows_all(map, pool);
        break;
    case WINOGRAD_BANDS:
        bands_all(map, pool);
        break;
    }
}

/* Of a map that is pooled: tap by tap, the sums over the winners alone are the faster ones but for narrow filters. */
static bool picks_winners(const conv2d_state *s)
{
    return s->pool && s->way == TAP_BY_TAP && (s->width > NARROW || s->stride > 1);
}

/* Whether the gradient of the weights wants a pooled dy spread out. */
static bool reads_spread(const conv2d_state *s)
{
    return s->pool && s->way != WINOGRAD_BANDS && !picks_winners(s);
}

static void weight_backward(const hg_pass *pass, dense_gradient dy, hg_real *scratch)
{
    const conv2d_state *s = pass->state;
    if (s->way == WINOGRAD_WINDOWS)
        window_weight_backward(pass, dy, scratch);
    else if (s->way == WINOGRAD_BANDS)
        band_weight_backward(pass, scratch);
    else if (picks_winners(s))
        pooled_weight_backward(pass, scratch);
    else
        dense_weight_backward(pass, dy, scratch);
}

#endif
