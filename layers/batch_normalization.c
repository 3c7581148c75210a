/* batch_normalization, per channel (Ioffe & Szegedy 2015; PyTorch's meaning of each number):
 *
 *   n = (x - mean) / sqrt(variance + epsilon)
 *   y = weight n + bias
 *   dbias = sum of dy,  dweight = sum of dy n
 *   dx = weight / sqrt(variance + epsilon) (dy - dbias / N - n dweight / N)
 *
 * Mean and variance are those of the N numbers that the shard's samples have in the
 * channel (ghost batches: Hoffer, Hubara & Soudry 2017, section 4), so that no shard
 * waits for another. In evaluation, and where N is 1, they are the running ones, and
 * dx = weight / sqrt(variance + epsilon) dy. */
#include <math.h>

#include "src/simd.h"
#include "src/vec.h"

enum { RUNNING_MEAN, RUNNING_VARIANCE, WEIGHT, BIAS };

static const double USUAL_EPSILON = 1e-5, USUAL_MOMENTUM = 0.1;

/* What forward keeps of a channel. */
typedef struct moments {
    hg_real mean, inverse; /* inverse: 1 / sqrt(variance + epsilon) */
    hg_real unbiased;      /* variance, with N - 1 in place of N */
} moments;

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_batch_normalization_options *options = setup->options;
    if (!(options->epsilon >= 0) || isinf(options->epsilon))
        return hg_fail(error, HG_BAD_ARGUMENT, "epsilon %g: it is finite and > 0, or 0 for %g", options->epsilon,
                       USUAL_EPSILON);
    if (!(options->momentum >= 0 && options->momentum <= 1))
        return hg_fail(error, HG_BAD_ARGUMENT, "momentum %g: it lies in (0, 1], or is 0 for %g", options->momentum,
                       USUAL_MOMENTUM);
    const hg_tensor_shape shape = hg_shape_of(1, setup->input[0].channels);
    setup->output = setup->input[0];
    setup->saved = (size_t)setup->input[0].channels * sizeof(moments);
    hg_parameter_spec *mean = hg_setup_parameter(setup, "running_mean", shape);
    hg_parameter_spec *variance = hg_setup_parameter(setup, "running_var", shape);
    mean->running = variance->running = options->momentum == 0 ? USUAL_MOMENTUM : options->momentum;
    variance->start_value = 1;
    if (options->no_affine)
        return HG_OK;
    hg_setup_parameter(setup, "weight", shape)->start_value = 1;
    hg_setup_parameter(setup, "bias", shape);
    return HG_OK;
}

/* ---- one channel of a shard ---- */

enum { WAYS = PIECES > 4 ? PIECES : 4 /* sums at a time, so that none waits for the one before */ };

typedef struct channel {
    const hg_real *x, *dy; /* forward knows no dy and has x in its place */
    size_t plane;          /* numbers, all lanes */
    vec mean;
    mask sample[PIECES];
} channel;

/* The sum of term(x - mean, dy) over the lanes that hold samples. */
INLINE double sum_over(const channel *c, vec (*term)(vec centred, const hg_real *dy))
{
    vec sum[WAYS] = { { 0 } };
    size_t i = 0;
    for (; i + WAYS * VEC <= c->plane; i += WAYS * VEC)
        UNROLL_FOR (int way = 0; way < WAYS; way++)
            sum[way] += term(vec_load(c->x + i + way * VEC) - c->mean, c->dy + i + way * VEC);
    for (; i < c->plane; i += HG_LANES)
        UNROLL_FOR (int piece = 0; piece < PIECES; piece++)
            sum[piece] += term(vec_load(c->x + i + piece * VEC) - c->mean, c->dy + i + piece * VEC);
    vec all = { 0 };
    UNROLL_FOR (int way = 0; way < WAYS; way++)
        all += vec_where(c->sample[way % PIECES], sum[way]);
    return (double)vec_sum(all);
}

INLINE vec centred_itself(vec centred, const hg_real *dy)
{
    (void)dy;
    return centred;
}

INLINE vec centred_square(vec centred, const hg_real *dy)
{
    (void)dy;
    return centred * centred;
}

INLINE vec gradient_itself(vec centred, const hg_real *dy)
{
    (void)centred;
    return vec_load(dy);
}

INLINE vec gradient_by_centred(vec centred, const hg_real *dy)
{
    return vec_load(dy) * centred;
}

/* ---- all channels ---- */

static double epsilon_of(const hg_pass *pass)
{
    const hg_batch_normalization_options *options = pass->options;
    return options->epsilon == 0 ? USUAL_EPSILON : options->epsilon;
}

static hg_real weight_of(const hg_pass *pass, size_t c)
{
    return pass->parameter[WEIGHT] ? pass->parameter[WEIGHT][c] : 1;
}

static size_t plane_of(const hg_pass *pass)
{
    return (size_t)pass->output_shape.height * (size_t)pass->output_shape.width * HG_LANES;
}

/* N */
static double numbers_of(const hg_pass *pass)
{
    return (double)(pass->count * (plane_of(pass) / HG_LANES));
}

static bool has_moments(const hg_pass *pass)
{
    return pass->training && numbers_of(pass) > 1;
}

/* What all channels have in common. */
static channel any_channel(const hg_pass *pass)
{
    channel channel = { .plane = plane_of(pass) };
    for (int piece = 0; piece < PIECES; piece++)
        channel.sample[piece] = mask_of_samples(pass->count, piece);
    return channel;
}

static moments running_moments(const hg_pass *pass, size_t c)
{
    const hg_real variance = pass->parameter[RUNNING_VARIANCE][c];
    return (moments){ .mean = pass->parameter[RUNNING_MEAN][c],
                      .inverse = (hg_real)(1 / sqrt((double)variance + epsilon_of(pass))),
                      .unbiased = variance };
}

static moments own_moments(const hg_pass *pass, channel channel)
{
    const double numbers = numbers_of(pass);
    channel.mean = vec_set(0);
    moments own = { .mean = (hg_real)(sum_over(&channel, centred_itself) / numbers) };
    channel.mean = vec_set(own.mean);
    const double squares = sum_over(&channel, centred_square);
    own.inverse = (hg_real)(1 / sqrt(squares / numbers + epsilon_of(pass)));
    own.unbiased = (hg_real)(squares / (numbers - 1));
    return own;
}

static void forward(const hg_pass *pass)
{
    const int pieces = pieces_to_run(pass);
    channel channel = any_channel(pass);
    for (size_t c = 0; c < (size_t)pass->output_shape.channels; c++) {
        channel.x = channel.dy = pass->input[0] + c * channel.plane;
        const moments m = has_moments(pass) ? own_moments(pass, channel) : running_moments(pass, c);
        if (pass->training)
            ((moments *)pass->saved)[c] = m;
        const vec mean = vec_set(m.mean), factor = vec_set(weight_of(pass, c) * m.inverse);
        const vec bias = vec_set(pass->parameter[BIAS] ? pass->parameter[BIAS][c] : 0);
        hg_real *y = pass->output + c * channel.plane;
        /* lanes without a sample must not grow from layer to layer */
        for (size_t i = 0; i < channel.plane; i += HG_LANES)
            for (int piece = 0; piece < pieces; piece++) {
                const vec n = (vec_load(channel.x + i + piece * VEC) - mean) * factor;
                vec_store(y + i + piece * VEC, vec_where(channel.sample[piece], n) + bias);
            }
    }
}

/* Running statistics take their sums over the samples. */
static void add_statistics(const hg_pass *pass, size_t c, const moments *m)
{
    if (pass->parameter_gradient[RUNNING_MEAN])
        pass->parameter_gradient[RUNNING_MEAN][c] += (hg_real)pass->count * m->mean;
    if (pass->parameter_gradient[RUNNING_VARIANCE])
        pass->parameter_gradient[RUNNING_VARIANCE][c] += (hg_real)pass->count * m->unbiased;
}

static void backward(const hg_pass *pass)
{
    const double numbers = numbers_of(pass);
    channel channel = any_channel(pass);
    for (size_t c = 0; c < (size_t)pass->output_shape.channels; c++) {
        const moments *m = (const moments *)pass->saved + c;
        channel.x = pass->input[0] + c * channel.plane;
        channel.dy = pass->output_gradient + c * channel.plane;
        channel.mean = vec_set(m->mean);
        const double bias_gradient = sum_over(&channel, gradient_itself);
        const double weight_gradient = sum_over(&channel, gradient_by_centred) * (double)m->inverse;
        add_statistics(pass, c, m);
        if (pass->parameter_gradient[WEIGHT])
            pass->parameter_gradient[WEIGHT][c] += (hg_real)weight_gradient;
        if (pass->parameter_gradient[BIAS])
            pass->parameter_gradient[BIAS][c] += (hg_real)bias_gradient;
        if (!pass->input_gradient[0])
            continue;
        const double factor = (double)weight_of(pass, c) * (double)m->inverse;
        const double share = has_moments(pass) ? factor / numbers : 0;
        const vec by_gradient = vec_set((hg_real)factor), offset = vec_set((hg_real)(share * bias_gradient));
        const vec by_centred = vec_set((hg_real)(share * weight_gradient * (double)m->inverse));
        hg_real *dx = pass->input_gradient[0] + c * channel.plane;
        for (size_t i = 0; i < channel.plane; i += HG_LANES)
            UNROLL_FOR (int piece = 0; piece < PIECES; piece++) {
                const size_t at = i + (size_t)piece * VEC;
                const vec centred = vec_load(channel.x + at) - channel.mean;
                const vec gradient = by_gradient * vec_load(channel.dy + at) - offset - by_centred * centred;
                vec_store(dx + at, vec_where(channel.sample[piece], gradient));
            }
    }
}

static const hg_option options[] = {
    HG_REAL(hg_batch_normalization_options, epsilon),
    HG_REAL(hg_batch_normalization_options, momentum),
    HG_BOOL(hg_batch_normalization_options, no_affine),
};

const hg_layer_type BUILT(hg_batch_normalization_type) = {
    HG_TYPE("batch_normalization", hg_batch_normalization_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .traits = HG_IN_PLACE_GRADIENT,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
