/* The gradient of the filters where conv2d_winograd_windows.h makes the map: with the same
 * transforms, each the other way round,
 *
 *     dg = G' (sum over windows and samples of (A dy A') * (B' x B)) G
 *
 * A row of the elements at a time: of a chunk of windows the transforms of x and dy,
 * then for a few filters x a few channels the sums along all windows, in registers. */
#ifndef HINGE_CONV2D_WINOGRAD_WINDOWS_WEIGHTS_H
#define HINGE_CONV2D_WINOGRAD_WINDOWS_WEIGHTS_H

#include "layers/conv2d_weights.h"
#include "layers/conv2d_winograd_windows.h"

enum {
    CHUNK = 32,              /* windows whose transforms the caches hold */
    TOGETHER = TILE_VECTORS, /* channels of a tile */
    CHANNELS_STEP = VEC > TOGETHER ? VEC : TOGETHER
};

typedef struct correlation_memory {
    size_t filters, channels; /* in whole tiles; beyond the last stands the last again, and its sums are left alone */
    size_t side, numbers;     /* numbers: of all three */
    hg_real *x;               /* [side][channels][windows][HG_LANES] */
    hg_real *dy;              /* [side][filters][windows][HG_LANES] */
    hg_real *sums;            /* [side][side][filters][channels] */
} correlation_memory;

static correlation_memory correlation_sizes(const conv2d_state *s)
{
    correlation_memory memory = { .filters = round_up((size_t)s->map.channels, TILE_OUTPUTS),
                                  .channels = round_up((size_t)s->in.channels, CHANNELS_STEP),
                                  .side = (size_t)s->width + 1 };
    memory.numbers = memory.side * ((memory.channels + memory.filters) * CHUNK * HG_LANES +
                                    memory.side * memory.filters * memory.channels);
    return memory;
}

static size_t correlation_scratch(const conv2d_state *s)
{
    return correlation_sizes(s).numbers * sizeof(hg_real);
}

/* As in conv2d_winograd_windows.h, r is the filter's side, a constant at the call. */

/* Row i of B' x B, for each channel and window. */
INLINE void correlation_input(int r, const hg_pass *pass, const correlation_memory *memory, int i, size_t first,
                              size_t windows)
{
    const conv2d_state *s = pass->state;
    const int side = r + 1;
    hg_real of[MOST_SIDE];
    row_of_x(r, i, of);
    const int32_t down = s->padded.width * HG_LANES;
    const size_t plane = memory->channels * windows * HG_LANES;
    hg_real *to = memory->x;
    for (size_t c = 0; c < memory->channels; c++) {
        const int channel = (int)c < s->in.channels ? (int)c : s->in.channels - 1;
        const hg_real *image = padded_input(pass) + place_of(s->padded, channel, 0, 0);
        for (size_t w = first; w < first + windows; w++) {
            const hg_real *x = image + s->window[w].from;
            for (int l = 0; l < HG_LANES; l += VEC, to += VEC) {
                vec row[MOST_SIDE], element[MOST_SIDE];
                UNROLL_FOR (int j = 0; j < side; j++) {
                    row[j] = vec_set(0);
                    UNROLL_FOR (int k = 0; k < side; k++)
                        row[j] += of[k] * vec_load(x + k * down + j * HG_LANES + l);
                }
                transform_x(r, row, 1, element, 1);
                UNROLL_FOR (int j = 0; j < side; j++)
                    vec_store(to + (size_t)j * plane, element[j]);
            }
        }
    }
}

/* Row i of A dy A'. Where windows overlap, the later one counts only its own pixels. */
INLINE void correlation_gradient(int r, const hg_pass *pass, dense_gradient dy, const correlation_memory *memory, int i,
                                 size_t first, size_t windows)
{
    const conv2d_state *s = pass->state;
    const int side = r + 1;
    hg_real of[2];
    row_of_y(r, i, of);
    const size_t plane = memory->filters * windows * HG_LANES;
    hg_real *to = memory->dy;
    for (size_t f = 0; f < memory->filters; f++) {
        const size_t filter = f < (size_t)s->map.channels ? f : (size_t)s->map.channels - 1;
        for (size_t w = first; w < first + windows; w++) {
            const window_place *window = &s->window[w];
            const hg_real *upper =
                dy.first + filter * dy.plane + (size_t)window->row * dy.row + (size_t)window->column * HG_LANES;
            const hg_real *lower = upper + dy.row;
            const vec above = vec_set(window->row_again ? 0 : of[0]), below = vec_set(of[1]);
            const vec own = vec_set(window->column_again ? 0 : 1);
            for (int l = 0; l < HG_LANES; l += VEC, to += VEC) {
                const vec left = own * (above * vec_load(upper + l) + below * vec_load(lower + l));
                const vec right = above * vec_load(upper + HG_LANES + l) + below * vec_load(lower + HG_LANES + l);
                vec element[MOST_SIDE];
                transform_y_back(r, left, right, element);
                UNROLL_FOR (int j = 0; j < side; j++)
                    vec_store(to + (size_t)j * plane, element[j]);
            }
        }
    }
}

/* Adds to the sums of TILE_OUTPUTS filters x TOGETHER channels; length: from one filter's or channel's windows to the
 * next's, in numbers. */
ALONE void correlate(const hg_real *x, const hg_real *dy, size_t length, hg_real *sums, size_t next_filter)
{
    vec sum[TILE_OUTPUTS][TOGETHER];
    UNROLL_FOR (int f = 0; f < TILE_OUTPUTS; f++)
        UNROLL_FOR (int c = 0; c < TOGETHER; c++)
            sum[f][c] = vec_set(0);
    for (size_t i = 0; i < length; i += VEC) {
        vec g[TILE_OUTPUTS];
        UNROLL_FOR (size_t f = 0; f < TILE_OUTPUTS; f++)
            g[f] = vec_load(dy + f * length + i);
        UNROLL_FOR (size_t c = 0; c < TOGETHER; c++) {
            const vec xc = vec_load(x + c * length + i);
            UNROLL_FOR (size_t f = 0; f < TILE_OUTPUTS; f++)
                vec_multiply_add(&sum[f][c], g[f], xc);
        }
    }
    UNROLL_FOR (size_t f = 0; f < TILE_OUTPUTS; f++)
        UNROLL_FOR (size_t c = 0; c < TOGETHER; c++)
            sums[f * next_filter + c] += vec_sum(sum[f][c]);
}

/* All filters x channels of one element, so many channels at a time that the nearest cache holds their windows. */
static void correlate_all(const correlation_memory *memory, size_t windows, size_t column, hg_real *sums)
{
    const size_t length = windows * HG_LANES, fit = BLOCK_BYTES / (length * sizeof *sums) / TOGETHER * TOGETHER;
    const size_t most = fit ? fit : TOGETHER;
    const hg_real *x = memory->x + column * memory->channels * length;
    const hg_real *dy = memory->dy + column * memory->filters * length;
    for (size_t first = 0; first < memory->channels; first += most) {
        const size_t end = first + most < memory->channels ? first + most : memory->channels;
        for (size_t f = 0; f < memory->filters; f += TILE_OUTPUTS)
            for (size_t c = first; c < end; c += TOGETHER)
                correlate(x + c * length, dy + f * length, length, sums + f * memory->channels + c, memory->channels);
    }
}

/* G' sums G, VEC channels at a time, onto the gradient. */
INLINE void add_filters(int r, const hg_pass *pass, const correlation_memory *memory, size_t filter)
{
    const conv2d_state *s = pass->state;
    const int side = r + 1, taps = r * r;
    const size_t channels = (size_t)s->in.channels, plane = memory->filters * memory->channels;
    for (size_t first = 0; first < channels; first += VEC) {
        const size_t count = channels - first < VEC ? channels - first : VEC;
        vec element[MOST_ELEMENTS], rows[MOST_TAPS * MOST_SIDE], g[MOST_TAPS * MOST_TAPS];
        for (int k = 0; k < side * side; k++)
            element[k] = vec_load(memory->sums + (size_t)k * plane + filter * memory->channels + first);
        for (int j = 0; j < side; j++)
            transform_g_back(r, element + j, side, rows + j, side);
        for (int i = 0; i < r; i++)
            transform_g_back(r, rows + i * side, 1, g + i * r, 1);
        hg_real *to = pass->parameter_gradient[WEIGHT] + (filter * channels + first) * (size_t)taps;
        for (size_t l = 0; l < count; l++, to += taps)
            for (int t = 0; t < taps; t++)
                to[t] += g[t][l];
    }
}

/* The transforms for filters of r x r, one function each. */
typedef struct correlation_transforms {
    void (*input)(const hg_pass *pass, const correlation_memory *memory, int i, size_t first, size_t windows);
    void (*gradient)(const hg_pass *pass, dense_gradient dy, const correlation_memory *memory, int i, size_t first,
                     size_t windows);
    void (*filters)(const hg_pass *pass, const correlation_memory *memory, size_t filter);
} correlation_transforms;
#define CORRELATION(r)                                                                                            \
    ALONE void correlation_input_##r(const hg_pass *pass, const correlation_memory *memory, int i, size_t first,  \
                                     size_t windows)                                                              \
    {                                                                                                             \
        correlation_input(r, pass, memory, i, first, windows);                                                    \
    }                                                                                                             \
    ALONE void correlation_gradient_##r(const hg_pass *pass, dense_gradient dy, const correlation_memory *memory, \
                                        int i, size_t first, size_t windows)                                      \
    {                                                                                                             \
        correlation_gradient(r, pass, dy, memory, i, first, windows);                                             \
    }                                                                                                             \
    ALONE void add_filters_##r(const hg_pass *pass, const correlation_memory *memory, size_t filter)              \
    {                                                                                                             \
        add_filters(r, pass, memory, filter);                                                                     \
    }                                                                                                             \
    static const correlation_transforms correlation_##r = { correlation_input_##r, correlation_gradient_##r,      \
                                                            add_filters_##r };
CORRELATION(3)
CORRELATION(5)

static void window_weight_backward(const hg_pass *pass, dense_gradient dy, hg_real *scratch)
{
    const conv2d_state *s = pass->state;
    const correlation_transforms *transform = s->width == 3 ? &correlation_3 : &correlation_5;
    correlation_memory memory = correlation_sizes(s);
    const size_t side = memory.side, plane = memory.filters * memory.channels;
    memory.x = scratch;
    memory.dy = memory.x + side * memory.channels * CHUNK * HG_LANES;
    memory.sums = memory.dy + side * memory.filters * CHUNK * HG_LANES;
    memset(memory.sums, 0, side * side * plane * sizeof *memory.sums);
    for (size_t i = 0; i < side; i++)
        for (size_t first = 0; first < s->windows; first += CHUNK) {
            const size_t windows = s->windows - first < CHUNK ? s->windows - first : CHUNK;
            transform->input(pass, &memory, (int)i, first, windows);
            transform->gradient(pass, dy, &memory, (int)i, first, windows);
            for (size_t j = 0; j < side; j++)
                correlate_all(&memory, windows, j, memory.sums + (i * side + j) * plane);
        }
    for (size_t filter = 0; filter < (size_t)s->map.channels; filter++)
        transform->filters(pass, &memory, filter);
}

#endif
