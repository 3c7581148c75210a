/* conv2d: y[f, p] = bias[f] + sum over taps t of weight[f, t] x[p + t], p an output
 * pixel, a tap being (channel, row, column) of the filter;
 * dweight[f, t] = sum over samples and p of dy[f, p] x[p + t];
 * dx[q] = sum over f and t of weight[f, t] dy[f, q - t]: the same sum over a padded
 * dy with the weights read backward.
 *
 * Forward and dx are tiles (src/tile.h) of 4 pixels x a few filters; the 4 pixels
 * are any, so that they can be a 2x2 pooling window: then only the winner of each
 * is handed on, and dweight adds the winner's patch alone. Padding is copied
 * around the input once. */
#include <math.h>
#include <string.h>

#include "layers/conv2d_backward.h"

enum { LONGEST_SIDE = 1 << 15 /* pixels; sums of a few cannot overflow an int */ };

/* ---- setup ---- */

static hg_status check(const hg_conv2d_options *o, hg_error *error)
{
    if (o->filters < 1 || o->filter_size < 0 || o->filter_height < 0 || o->filter_width < 0 ||
        (o->filter_size == 0 && (o->filter_height == 0 || o->filter_width == 0)))
        return hg_fail(error, HG_BAD_ARGUMENT, "%d filters of %d x %d; give size and number, as in hg_conv2d(5, 20)",
                       o->filters, o->filter_height ? o->filter_height : o->filter_size,
                       o->filter_width ? o->filter_width : o->filter_size);
    if (o->stride < 0 || o->padding < 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "stride %d, padding %d: neither is negative", o->stride, o->padding);
    const int given[] = { o->filter_size, o->filter_height, o->filter_width, o->stride, o->padding };
    for (size_t i = 0; i < HG_COUNT(given); i++)
        if (given[i] > LONGEST_SIDE)
            return hg_fail(error, HG_BAD_ARGUMENT, "a size, stride or padding of %d: it may be at most %d", given[i],
                           LONGEST_SIDE);
    if (o->start < 0 || o->start > HG_CONSTANT || !isfinite(o->start_value))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "start %d with value %g: it is HG_GLOROT, HG_HE or HG_CONSTANT with a finite value",
                       (int)o->start, o->start_value);
    return HG_OK;
}

static hg_status measure(const hg_layer_setup *setup, conv2d_state *s, hg_error *error)
{
    const hg_conv2d_options *o = setup->options;
    const hg_status status = check(o, error);
    if (status)
        return status;
    *s = (conv2d_state){ .in = setup->input[0], .pool = setup->pool };
    s->height = o->filter_height ? o->filter_height : o->filter_size;
    s->width = o->filter_width ? o->filter_width : o->filter_size;
    s->stride = o->stride ? o->stride : 1;
    if (o->same && (o->padding || s->stride != 1 || s->height % 2 == 0 || s->width % 2 == 0))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "same with filter %d x %d, stride %d, padding %d: it wants odd filters, stride 1 and no padding",
                       s->height, s->width, s->stride, o->padding);
    s->pad_row = o->same ? s->height / 2 : o->padding;
    s->pad_column = o->same ? s->width / 2 : o->padding;
    if (s->pad_row >= s->height || s->pad_column >= s->width)
        return hg_fail(error, HG_BAD_ARGUMENT, "padding %d is not smaller than the filter of %d x %d", o->padding,
                       s->height, s->width);
    s->padded = (hg_shape){ s->in.channels, s->in.height + 2 * s->pad_row, s->in.width + 2 * s->pad_column };
    if (s->height > s->padded.height || s->width > s->padded.width)
        return hg_fail(error, HG_BAD_NETWORK, "filter %dx%d does not fit input %dx%dx%d with padding %d", s->height,
                       s->width, s->in.height, s->in.width, s->in.channels, o->padding);
    s->map = (hg_shape){ o->filters, (s->padded.height - s->height) / s->stride + 1,
                         (s->padded.width - s->width) / s->stride + 1 };
    s->out = s->map;
    if (s->pool)
        s->out = (hg_shape){ s->map.channels, s->map.height / 2, s->map.width / 2 };
    s->spread = (hg_shape){ s->map.channels, s->in.height + s->height - 1, s->in.width + s->width - 1 };
    return HG_OK;
}

/* Offsets into a shard are int32. */
static bool countable(hg_shape shape)
{
    int numbers;
    return !__builtin_mul_overflow(shape.channels, shape.height, &numbers) &&
           !__builtin_mul_overflow(numbers, shape.width, &numbers) &&
           !__builtin_mul_overflow(numbers, HG_LANES * (int)sizeof(hg_real), &numbers);
}

static void fill_pixels(const conv2d_state *s)
{
    if (s->pool) {
        for (size_t t = 0; t < s->tiles; t++)
            for (int k = 0; k < WINDOW; k++) {
                const int row = (int)t / s->out.width * 2 + k / 2, column = (int)t % s->out.width * 2 + k % 2;
                s->pixel[t * WINDOW + (size_t)k] = place_of(s->padded, 0, row * s->stride, column * s->stride);
            }
        return;
    }
    const int last = s->map.height * s->map.width - 1;
    for (int i = 0; i < (int)s->tiles * TILE_VECTORS; i++) {
        const int p = i < last ? i : last;
        s->pixel[i] = place_of(s->padded, 0, p / s->map.width * s->stride, p % s->map.width * s->stride);
    }
}

static void fill_gradient_pixels(const conv2d_state *s)
{
    const int last = s->in.height * s->in.width - 1;
    for (int i = 0; i < (int)s->gradient_tiles * TILE_VECTORS; i++) {
        const int q = i < last ? i : last;
        s->gradient_pixel[i] = place_of(s->spread, 0, q / s->in.width, q % s->in.width);
    }
}

static void fill_runs(const conv2d_state *s)
{
    const int taps = s->in.channels * s->height * s->width;
    for (int c = 0; c < s->in.channels; c++)
        for (int i = 0; i < s->height; i++)
            s->run[c * s->height + i] = (tile_run){ place_of(s->padded, c, i, 0), (c * s->height + i) * s->width };
    for (int f = 0; f < s->map.channels; f++)
        for (int i = 0; i < s->height; i++)
            s->gradient_run[f * s->height + i] =
                (tile_run){ place_of(s->spread, f, i, 0), f * taps + (s->height - 1 - i) * s->width + s->width - 1 };
}

static hg_status make_tables(hg_layer_setup *setup, conv2d_state s, hg_error *error)
{
    const size_t pixels = (size_t)s.map.height * (size_t)s.map.width, inputs = (size_t)s.in.height * (size_t)s.in.width;
    s.tiles = s.pool ? (size_t)s.out.height * (size_t)s.out.width : (pixels + TILE_VECTORS - 1) / TILE_VECTORS;
    s.gradient_tiles = (inputs + TILE_VECTORS - 1) / TILE_VECTORS;
    s.runs = (size_t)(s.in.channels * s.height);
    s.gradient_runs = (size_t)(s.map.channels * s.height);
    conv2d_state *state = hg_setup_state(setup,
                                         sizeof s + (s.tiles + s.gradient_tiles) * TILE_VECTORS * sizeof *s.pixel +
                                             (s.runs + s.gradient_runs) * sizeof *s.run,
                                         error);
    if (!state)
        return HG_NO_MEMORY;
    *state = s;
    state->pixel = (int32_t *)(state + 1);
    state->gradient_pixel = state->pixel + s.tiles * TILE_VECTORS;
    state->run = (tile_run *)(state->gradient_pixel + s.gradient_tiles * TILE_VECTORS);
    state->gradient_run = state->run + s.runs;
    fill_pixels(state);
    fill_gradient_pixels(state);
    fill_runs(state);
    return HG_OK;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_conv2d_options *o = setup->options;
    conv2d_state s;
    const hg_status status = measure(setup, &s, error);
    if (status)
        return status;
    int taps, weights;
    if (!countable(s.padded) || !countable(s.map) || !countable(s.spread) ||
        __builtin_mul_overflow(s.in.channels, s.height * s.width, &taps) ||
        __builtin_mul_overflow(taps, o->filters, &weights))
        return hg_fail(error, HG_BAD_NETWORK,
                       "%d filters of %d x %d on %d x %d x %d are more numbers than an int counts", o->filters,
                       s.height, s.width, s.in.height, s.in.width, s.in.channels);
    setup->output = s.out;
    hg_parameter_spec *weight =
        hg_setup_parameter(setup, "weight", hg_shape_of(4, o->filters, s.in.channels, s.height, s.width));
    weight->start = o->start;
    weight->start_value = o->start_value;
    weight->fan_in = (size_t)taps;
    weight->fan_out = (size_t)o->filters * (size_t)(s.height * s.width);
    if (!o->no_bias)
        hg_setup_parameter(setup, "bias", hg_shape_of(1, o->filters));
    const bool has_padding = s.pad_row || s.pad_column;
    setup->saved =
        (s.pool ? units_of(s.out) * HG_LANES * sizeof(winner_code) : 0) + (has_padding ? bytes_of(s.padded) : 0);
    /* backward uses it twice: for the sums of a pooled weight gradient, then for spread */
    const size_t sums = s.pool ? (size_t)weights * VEC * sizeof(hg_real) : 0, spread = bytes_of(s.spread);
    setup->scratch = sums > spread ? sums : spread;
    return make_tables(setup, s, error);
}

/* ---- forward ---- */

static void pad_input(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    hg_real *to = padded_copy(pass);
    if (!to)
        return;
    memset(to, 0, bytes_of(s->padded));
    for (int c = 0; c < s->in.channels; c++)
        for (int r = 0; r < s->in.height; r++)
            memcpy(to + place_of(s->padded, c, r + s->pad_row, s->pad_column),
                   pass->input[0] + place_of(s->in, c, r, 0), (size_t)s->in.width * HG_LANES * sizeof *to);
}

/* The winner of a window is the first largest x, or the first largest max(key x, x):
 * the better of each row, then of the two. */
INLINE void store_winner(const vec *x, hg_pool_order pool, vec key, hg_real *y, winner_code *winner)
{
    vec rank[WINDOW];
    UNROLL_FOR (int k = 0; k < WINDOW; k++) {
        rank[k] = x[k];
        if (pool == HG_POOL_BY_SLOPE)
            rank[k] = vec_select(key * x[k] > x[k], key * x[k], x[k]);
    }
    const mask upper_right = rank[1] > rank[0], lower_right = rank[3] > rank[2];
    const vec upper = vec_select(upper_right, rank[1], rank[0]), lower = vec_select(lower_right, rank[3], rank[2]);
    const mask is_lower = lower > upper, is_right = (is_lower & lower_right) | (~is_lower & upper_right);
    vec best = vec_select(is_lower, lower, upper);
    if (pool == HG_POOL_BY_SLOPE)
        best = vec_select(is_lower, vec_select(lower_right, x[3], x[2]), vec_select(upper_right, x[1], x[0]));
    vec_store(y, best);
    winner_store(winner, -(is_lower + is_lower + is_right)); /* 2 row + column */
}

INLINE void store_tile(int F, const hg_pass *pass, hg_pool_order pool, size_t filter, size_t tile, int piece,
                       const tile_sums *sums)
{
    const conv2d_state *s = pass->state;
    if (pool) {
        UNROLL_FOR (int f = 0; f < F; f++) {
            const size_t at = ((filter + (size_t)f) * s->tiles + tile) * HG_LANES + (size_t)piece * VEC;
            const vec key = pool == HG_POOL_BY_SLOPE
                                ? vec_set(pass->pool_key[pass->pool_key_shared ? 0 : filter + (size_t)f])
                                : (vec){ 0 };
            store_winner(sums->at[f], pool, key, pass->output + at, winners(pass) + at);
        }
        return;
    }
    const size_t pixels = (size_t)s->map.height * (size_t)s->map.width;
    UNROLL_FOR (int f = 0; f < F; f++)
        UNROLL_FOR (int v = 0; v < TILE_VECTORS; v++) {
            const size_t p = tile * TILE_VECTORS + (size_t)v;
            if (p < pixels)
                vec_store(pass->output + ((filter + (size_t)f) * pixels + p) * HG_LANES + piece * VEC, sums->at[f][v]);
        }
}

INLINE void forward_tile(int F, const hg_pass *pass, hg_pool_order pool, const hg_real *input, size_t filter,
                         size_t tile)
{
    const conv2d_state *s = pass->state;
    const size_t taps = s->runs * (size_t)s->width;
    for (int piece = 0; piece < PIECES; piece++) {
        const hg_real *x[TILE_VECTORS];
        for (int v = 0; v < TILE_VECTORS; v++)
            x[v] = input + s->pixel[tile * TILE_VECTORS + (size_t)v] + piece * VEC;
        tile_sums sums;
        tile_start(F, TILE_VECTORS, pass->parameter[BIAS] ? pass->parameter[BIAS] + filter : NULL, &sums);
        tile_accumulate(F, TILE_VECTORS, s->run, s->runs, (size_t)s->width, HG_LANES, 1, (ptrdiff_t)taps,
                        pass->parameter[WEIGHT] + filter * taps, x, &sums);
        store_tile(F, pass, pool, filter, tile, piece, &sums);
    }
}

INLINE void forward_map(const hg_pass *pass, hg_pool_order pool)
{
    const conv2d_state *s = pass->state;
    const hg_real *input = padded_input(pass);
    const size_t filters = (size_t)s->map.channels;
    for (size_t tile = 0; tile < s->tiles; tile++) {
        size_t filter = 0;
        for (; filter + TILE_OUTPUTS <= filters; filter += TILE_OUTPUTS)
            forward_tile(TILE_OUTPUTS, pass, pool, input, filter, tile);
        for (; filter + 2 <= filters; filter += 2)
            forward_tile(2, pass, pool, input, filter, tile);
        for (; filter < filters; filter++)
            forward_tile(1, pass, pool, input, filter, tile);
    }
}

static void forward(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    pad_input(pass);
    switch (s->pool) {
    case HG_NO_POOL:
        forward_map(pass, HG_NO_POOL);
        break;
    case HG_POOL_BY_VALUE:
        forward_map(pass, HG_POOL_BY_VALUE);
        break;
    case HG_POOL_BY_SLOPE:
        forward_map(pass, HG_POOL_BY_SLOPE);
        break;
    }
}

static void backward(const hg_pass *pass)
{
    if (((const conv2d_state *)pass->state)->pool)
        pooled_weight_backward(pass);
    else
        dense_weight_backward(pass);
    if (pass->parameter_gradient[BIAS])
        bias_backward(pass);
    if (pass->input_gradient[0])
        input_backward(pass);
}

static const char *const start_words[] = { "glorot", "he", "constant", NULL };
static const hg_option options[] = {
    HG_INT(hg_conv2d_options, filter_size),
    HG_INT(hg_conv2d_options, filters),
    HG_INT(hg_conv2d_options, stride),
    HG_INT(hg_conv2d_options, padding),
    HG_BOOL(hg_conv2d_options, same),
    HG_INT(hg_conv2d_options, filter_height),
    HG_INT(hg_conv2d_options, filter_width),
    HG_BOOL(hg_conv2d_options, no_bias),
    HG_ENUM(hg_conv2d_options, start, start_words),
    HG_REAL(hg_conv2d_options, start_value),
};

const hg_layer_type BUILT(hg_conv2d_type) = {
    HG_TYPE("conv2d", hg_conv2d_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = HG_CAN_POOL,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
