/* local_response_normalization, across channels (Krizhevsky, Sutskever & Hinton
 * 2012, section 3.3; PyTorch's meaning of each number):
 *
 *   d[c] = k + alpha / window * sum of x[j]^2 over j in c - window / 2 .. c + (window - 1) / 2
 *   y[c] = x[c] d[c]^-beta
 *   dx[i] = dy[i] d[i]^-beta - 2 beta alpha / window x[i] sum of dy[j] x[j] d[j]^(-beta - 1)
 *           over j in i - (window - 1) / 2 .. i + window / 2
 *
 * Channels outside the input count as zeros. Forward keeps both powers of d. */
#include "src/simd.h"
#include "src/vec_exp.h"
#include "src/vec_log.h"
#include "src/vec_sqrt.h"

static const double USUAL_ALPHA = 1e-4, USUAL_BETA = 0.75, USUAL_K = 1;

/* Each beta that needs no logarithm has loops of its own. */
typedef enum power { POWER_HALF, POWER_THREE_QUARTERS, POWER_ONE, POWER_ANY } power;

typedef struct response {
    int channels, low, high; /* the window's channels: c - low to c + high, as far as there are any */
    ptrdiff_t plane;         /* numbers of a channel, all lanes */
    double scale, beta, k;   /* scale: alpha / window */
    power power;
} response;

static response response_of(const hg_local_response_normalization_options *options, hg_shape in)
{
    const int most = in.channels - 1, low = options->window / 2, high = (options->window - 1) / 2;
    response r = { .channels = in.channels,
                   .low = low < most ? low : most,
                   .high = high < most ? high : most,
                   .plane = (ptrdiff_t)in.height * in.width * HG_LANES,
                   .scale = (options->alpha == 0 ? USUAL_ALPHA : options->alpha) / options->window,
                   .beta = options->beta == 0 ? USUAL_BETA : options->beta,
                   .k = options->k == 0 ? USUAL_K : options->k };
    r.power = r.beta == 0.5 ? POWER_HALF : r.beta == 0.75 ? POWER_THREE_QUARTERS : r.beta == 1 ? POWER_ONE : POWER_ANY;
    return r;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_local_response_normalization_options *options = setup->options;
    const hg_shape in = setup->input[0];
    if (options->window < 1)
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "window of %d channels; give at least 1, as in hg_local_response_normalization(5)",
                       options->window);
    if (!(options->alpha >= 0 && options->beta >= 0 && options->k >= 0) || isinf(options->alpha) ||
        isinf(options->beta) || isinf(options->k))
        return hg_fail(error, HG_BAD_ARGUMENT, "alpha %g, beta %g, k %g: all are finite and > 0, or 0 for the usual",
                       options->alpha, options->beta, options->k);
    const response r = response_of(options, in);
    setup->output = in;
    const size_t activation = (size_t)r.channels * (size_t)r.plane * sizeof(hg_real);
    setup->saved = 2 * activation;
    setup->scratch = (size_t)(r.low + 1 + r.high) * sizeof(vec);
    return HG_OK;
}

/* d^-beta */
INLINE vec power_of(power power, vec beta, vec d)
{
    switch (power) {
    case POWER_HALF:
        return 1 / vec_sqrt(d);
    case POWER_THREE_QUARTERS: {
        const vec root = vec_sqrt(d);
        return 1 / (root * vec_sqrt(root));
    }
    case POWER_ONE:
        return 1 / d;
    case POWER_ANY:
        break;
    }
    return vec_exp(-beta * vec_log(d));
}

/* A vec of each channel. Pointers are to channel 0. */
typedef struct column {
    const response *r;
    const hg_real *x, *dy;
    hg_real *to, *saved_power, *saved_slope; /* d^-beta, d^(-beta - 1); NULL where nobody reads them */
    vec beta, k, scale;
} column;

/* result(c, sum of term(j) over j in c - low .. c + high) for every channel c; term is 0
 * outside the input. The window slides without a subtraction, which would leave rounding
 * errors behind: the channels fall into blocks as wide as the window, and a window is the
 * tail of one block and the head of the next (van Herk 1992). tail: [low + 1 + high]. */
INLINE void slide(const column *column, power power, int low, int high, vec *tail,
                  vec (*term)(const struct column *, int c),
                  void (*result)(const struct column *, enum power, int c, vec sum))
{
    const int window = low + 1 + high, channels = column->r->channels;
    for (int first = 0; first < channels; first += window) {
        vec sum = { 0 }, head = { 0 };
        for (int i = window; i-- > 0;)
            tail[i] = sum += term(column, first - low + i);
        for (int i = 0; i < window && first + i < channels; i++) {
            result(column, power, first + i, tail[i] + head);
            head += term(column, first - low + window + i);
        }
    }
}

INLINE bool is_inside(const column *column, int c)
{
    return c >= 0 && c < column->r->channels;
}

INLINE vec square(const column *column, int c)
{
    if (!is_inside(column, c))
        return (vec){ 0 };
    const vec x = vec_load(column->x + c * column->r->plane);
    return x * x;
}

INLINE void normalize(const column *column, power power, int c, vec sum)
{
    const ptrdiff_t at = c * column->r->plane;
    const vec d = column->k + column->scale * sum, p = power_of(power, column->beta, d);
    vec_store(column->to + at, vec_load(column->x + at) * p);
    if (column->saved_power) {
        vec_store(column->saved_power + at, p);
        vec_store(column->saved_slope + at, p / d);
    }
}

INLINE vec pull(const column *column, int c)
{
    if (!is_inside(column, c))
        return (vec){ 0 };
    const ptrdiff_t at = c * column->r->plane;
    return vec_load(column->dy + at) * vec_load(column->x + at) * vec_load(column->saved_slope + at);
}

INLINE void differentiate(const column *column, power power, int c, vec sum)
{
    (void)power;
    const ptrdiff_t at = c * column->r->plane;
    vec_store(column->to + at, vec_load(column->dy + at) * vec_load(column->saved_power + at) -
                                   column->scale * vec_load(column->x + at) * sum);
}

INLINE void forward_columns(const column *first, power power, int pieces, vec *tail)
{
    const response *r = first->r;
    for (ptrdiff_t pixel = 0; pixel < r->plane; pixel += HG_LANES)
        for (ptrdiff_t i = pixel; i < pixel + pieces * VEC; i += VEC) {
            column column = *first;
            column.x += i;
            column.to += i;
            column.saved_power = first->saved_power ? first->saved_power + i : NULL;
            column.saved_slope = first->saved_slope ? first->saved_slope + i : NULL;
            slide(&column, power, r->low, r->high, tail, square, normalize);
        }
}

static void forward(const hg_pass *pass)
{
    const response r = response_of(pass->options, pass->input_shape[0]);
    const int pieces = pieces_to_run(pass);
    column column = { .r = &r,
                      .x = pass->input[0],
                      .to = pass->output,
                      .beta = vec_set((hg_real)r.beta),
                      .k = vec_set((hg_real)r.k),
                      .scale = vec_set((hg_real)r.scale) };
    if (pass->training) {
        column.saved_power = pass->saved;
        column.saved_slope = column.saved_power + r.channels * r.plane;
    }
    switch (r.power) {
    case POWER_HALF:
        forward_columns(&column, POWER_HALF, pieces, pass->scratch);
        break;
    case POWER_THREE_QUARTERS:
        forward_columns(&column, POWER_THREE_QUARTERS, pieces, pass->scratch);
        break;
    case POWER_ONE:
        forward_columns(&column, POWER_ONE, pieces, pass->scratch);
        break;
    case POWER_ANY:
        forward_columns(&column, POWER_ANY, pieces, pass->scratch);
        break;
    }
}

static void backward(const hg_pass *pass)
{
    const response r = response_of(pass->options, pass->input_shape[0]);
    hg_real *saved = pass->saved;
    for (ptrdiff_t i = 0; i < r.plane && pass->input_gradient[0]; i += VEC) {
        const column column = { .r = &r,
                                .x = pass->input[0] + i,
                                .dy = pass->output_gradient + i,
                                .to = pass->input_gradient[0] + i,
                                .saved_power = saved + i,
                                .saved_slope = saved + r.channels * r.plane + i,
                                .scale = vec_set((hg_real)(2 * r.beta * r.scale)) };
        slide(&column, r.power, r.high, r.low, pass->scratch, pull, differentiate);
    }
}

static const hg_option options[] = {
    HG_INT(hg_local_response_normalization_options, window),
    HG_REAL(hg_local_response_normalization_options, alpha),
    HG_REAL(hg_local_response_normalization_options, beta),
    HG_REAL(hg_local_response_normalization_options, k),
};

const hg_layer_type BUILT(hg_local_response_normalization_type) = {
    HG_TYPE("local_response_normalization", hg_local_response_normalization_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .setup = setup,
    .forward = forward,
    .backward = backward,
};
