/* conv2d: y[f, p] = bias[f] + sum over taps t of weight[f, t] x[p + t], p an output
 * pixel, a tap being (channel, row, column) of the filter;
 * dweight[f, t] = sum over samples and p of dy[f, p] x[p + t];
 * dx[q] = sum over f and t of weight[f, t] dy[f, q - t]: the same sum over a padded
 * dy with the weights read backward.
 *
 * Forward and dx are made by conv2d_map.h, 4 pixels x a few filters at a time; the 4
 * can be a 2x2 pooling window, of which only the winner is handed on. dweight is made
 * by conv2d_weights.h, dx's dy by conv2d_input.h. Where filters are 3 x 3 or 5 x 5, all
 * three can be had with fewer multiplications: conv2d_winograd*.h; conv2d_ways.h says
 * when. Padding is copied around the input once. */
#include <math.h>
#include <string.h>

#include "layers/conv2d_input.h"
#include "layers/conv2d_strips.h"
#include "layers/conv2d_tables.h"

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
    s->runs = (size_t)s->in.channels * (size_t)s->height;
    s->spread = (hg_shape){ s->map.channels, s->in.height + s->height - 1, s->in.width + s->width - 1 };
    s->way = way_of(s);
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
    /* dy spread out, then what the map and the gradients use one after the other */
    setup->scratch = bytes_of(s.spread) + ways_scratch(&s);
    return make_tables(setup, &s, error);
}

/* ---- forward ---- */

static void pad_input(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    hg_real *to = padded_copy(pass);
    if (!to)
        return;
    clear_frame(to, s->padded, s->pad_row, s->pad_column, s->in.height, s->in.width);
    for (int c = 0; c < s->in.channels; c++)
        for (int r = 0; r < s->in.height; r++)
            memcpy(to + place_of(s->padded, c, r + s->pad_row, s->pad_column),
                   pass->input[0] + place_of(s->in, c, r, 0), (size_t)s->in.width * HG_LANES * sizeof *to);
}

static void forward(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    pad_input(pass);
    if (s->strip && pass->count == 1 && !pass->training) {
        strips_forward(pass);
        return;
    }
    conv2d_map map = map_of(pass, s);
    map.input = padded_input(pass);
    map.output = pass->output;
    map.winner = winners(pass);
    map.scratch = pass->scratch;
    map.pieces = pieces_to_run(pass);
    make_map(&map, s->pool);
}

static void backward(const hg_pass *pass)
{
    const conv2d_state *s = pass->state;
    hg_real *spread = pass->scratch, *scratch = spread + units_of(s->spread) * HG_LANES;
    const bool spread_first = reads_spread(s);
    if (pass->input_gradient[0] || spread_first)
        spread_gradient(pass, spread);
    weight_backward(pass, spread_first ? spread_of_map(s, spread) : whole_map(pass), scratch);
    if (pass->parameter_gradient[BIAS])
        bias_backward(pass);
    if (pass->input_gradient[0])
        input_backward(pass, spread, scratch);
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
