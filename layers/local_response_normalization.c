/* local_response_normalization, across channels (Krizhevsky, Sutskever & Hinton
 * 2012, section 3.3; PyTorch's meaning of each number):
 *
 *   d[c] = k + alpha / window * sum of x[j]^2 over j in c - window / 2 .. c + (window - 1) / 2
 *   y[c] = x[c] d[c]^-beta
 *   dx[i] = dy[i] d[i]^-beta - 2 beta alpha / window x[i] sum of dy[j] x[j] d[j]^(-beta - 1)
 *           over j in i - (window - 1) / 2 .. i + window / 2
 *
 * Channels outside the input count as zeros. Forward keeps both powers of d. */
#include <string.h>

#include "src/simd.h"
#include "src/vec_exp.h"
#include "src/vec_log.h"
#include "src/vec_sqrt.h"

/* The layer goes through all channels of a few neighbouring pixels at a time: enough of them that
 * memory is read in long pieces, so few that a window stays in the nearest cache. */
enum { STRIP = 16 /* pixels */ };

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
    setup->scratch = (size_t)(r.low + 1 + r.high + 1) * STRIP * HG_LANES * sizeof(hg_real);
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

/* ---- the window's sums ---- */

/* Pointers are to the strip's first pixel in channel 0. */
typedef struct strip {
    const response *r;
    int pixels, pieces;
    const hg_real *x, *dy;
    hg_real *to, *saved_power, *saved_slope; /* d^-beta, d^(-beta - 1); NULL where nobody reads them */
    vec beta, k, scale;
} strip;

typedef vec strip_term(const strip *strip, ptrdiff_t at);
typedef void strip_result(const strip *strip, power power, ptrdiff_t at, vec sum);

/* sum = before + term of channel c; before may be NULL or sum */
INLINE void add_channel(const strip *strip, int c, const hg_real *before, hg_real *sum, strip_term term)
{
    const bool inside = c >= 0 && c < strip->r->channels;
    for (int pixel = 0; pixel < strip->pixels; pixel++)
        for (int piece = 0; piece < strip->pieces; piece++) {
            const ptrdiff_t i = pixel * HG_LANES + piece * VEC;
            vec total = { 0 };
            if (before)
                total = vec_load(before + i);
            if (inside)
                total += term(strip, c * strip->r->plane + i);
            vec_store(sum + i, total);
        }
}

INLINE void take_sums(const strip *strip, power power, int c, const hg_real *tail, const hg_real *head,
                      strip_result result)
{
    for (int pixel = 0; pixel < strip->pixels; pixel++)
        for (int piece = 0; piece < strip->pieces; piece++) {
            const ptrdiff_t i = pixel * HG_LANES + piece * VEC;
            result(strip, power, c * strip->r->plane + i, vec_load(tail + i) + vec_load(head + i));
        }
}

/* result(c, sum of term(j) over j in c - low .. c + high) for every channel c; term counts as 0
 * outside the input. The window slides without a subtraction, which would leave rounding
 * errors behind: the channels fall into blocks as wide as the window, and a window is the
 * tail of one block and the head of the next (van Herk 1992). sums: [low + 1 + high + 1] strips. */
INLINE void slide(const strip *strip, power power, int low, int high, hg_real *sums, strip_term term,
                  strip_result result)
{
    enum { NUMBERS = STRIP * HG_LANES };
    const int window = low + 1 + high, channels = strip->r->channels;
    hg_real *head = sums + window * NUMBERS;
    for (int first = 0; first < channels; first += window) {
        const hg_real *before = NULL;
        for (int i = window; i-- > 0;) {
            add_channel(strip, first - low + i, before, sums + i * NUMBERS, term);
            before = sums + i * NUMBERS;
        }
        memset(head, 0, NUMBERS * sizeof *head);
        for (int i = 0; i < window && first + i < channels; i++) {
            take_sums(strip, power, first + i, sums + i * NUMBERS, head, result);
            add_channel(strip, first - low + window + i, head, head, term);
        }
    }
}

static strip strip_of(const response *r, const hg_pass *pass, ptrdiff_t first)
{
    const ptrdiff_t left = (r->plane - first) / HG_LANES;
    strip strip = { .r = r,
                    .pixels = left < STRIP ? (int)left : STRIP,
                    .pieces = pieces_to_run(pass),
                    .x = pass->input[0] + first,
                    .beta = vec_set((hg_real)r->beta),
                    .k = vec_set((hg_real)r->k) };
    if (pass->training) {
        strip.saved_power = (hg_real *)pass->saved + first;
        strip.saved_slope = strip.saved_power + r->channels * r->plane;
    }
    return strip;
}

/* ---- forward ---- */

INLINE vec square(const strip *strip, ptrdiff_t at)
{
    const vec x = vec_load(strip->x + at);
    return x * x;
}

INLINE void normalize(const strip *strip, power power, ptrdiff_t at, vec sum)
{
    const vec d = strip->k + strip->scale * sum, p = power_of(power, strip->beta, d);
    vec_store(strip->to + at, vec_load(strip->x + at) * p);
    if (strip->saved_power) {
        vec_store(strip->saved_power + at, p);
        vec_store(strip->saved_slope + at, p / d);
    }
}

INLINE void forward_by(const response *r, power power, const hg_pass *pass)
{
    for (ptrdiff_t first = 0; first < r->plane; first += STRIP * HG_LANES) {
        strip strip = strip_of(r, pass, first);
        strip.to = pass->output + first;
        strip.scale = vec_set((hg_real)r->scale);
        slide(&strip, power, r->low, r->high, pass->scratch, square, normalize);
    }
}

static void forward(const hg_pass *pass)
{
    const response r = response_of(pass->options, pass->input_shape[0]);
    switch (r.power) {
    case POWER_HALF:
        forward_by(&r, POWER_HALF, pass);
        break;
    case POWER_THREE_QUARTERS:
        forward_by(&r, POWER_THREE_QUARTERS, pass);
        break;
    case POWER_ONE:
        forward_by(&r, POWER_ONE, pass);
        break;
    case POWER_ANY:
        forward_by(&r, POWER_ANY, pass);
        break;
    }
}

/* ---- backward ---- */

INLINE vec pull(const strip *strip, ptrdiff_t at)
{
    return vec_load(strip->dy + at) * vec_load(strip->x + at) * vec_load(strip->saved_slope + at);
}

INLINE void differentiate(const strip *strip, power power, ptrdiff_t at, vec sum)
{
    (void)power;
    vec_store(strip->to + at, vec_load(strip->dy + at) * vec_load(strip->saved_power + at) -
                                  strip->scale * vec_load(strip->x + at) * sum);
}

static void backward(const hg_pass *pass)
{
    const response r = response_of(pass->options, pass->input_shape[0]);
    for (ptrdiff_t first = 0; first < r.plane && pass->input_gradient[0]; first += STRIP * HG_LANES) {
        strip strip = strip_of(&r, pass, first);
        strip.dy = pass->output_gradient + first;
        strip.to = pass->input_gradient[0] + first;
        strip.scale = vec_set((hg_real)(2 * r.beta * r.scale));
        slide(&strip, r.power, r.high, r.low, pass->scratch, pull, differentiate);
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
