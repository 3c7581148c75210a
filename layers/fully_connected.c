/* fully_connected: y[o] = bias[o] + sum over i of weight[o, i] x[i];
 * dx[i] = sum over o of weight[o, i] dy[o];  dweight[o, i] = sum over samples of
 * dy[o] x[i];  dbias[o] = sum over samples of dy[o].
 *
 * All three products are tiles (src/tile.h). Forward: outputs are units o, taps run
 * over i. Input gradient: outputs are inputs i, taps run over o. Weight gradient:
 * outputs are units o, vectors hold neighbouring inputs of one sample (x transposed
 * to [sample][i], a block at a time), taps run over the samples. */
#include <limits.h>
#include <math.h>

#include "src/simd.h"
#include "src/tile.h"

enum {
    WEIGHT,
    BIAS,
    ROW_VECTORS = (int)PIECES < (int)TILE_VECTORS ? (int)PIECES : (int)TILE_VECTORS, /* of a row of lanes at a time */
    ROW_OUTPUTS = 10 / ROW_VECTORS,
    SAMPLE_VECTORS = 2, /* of the transposed input */
    SAMPLE_INPUTS = SAMPLE_VECTORS * VEC,
    SAMPLE_OUTPUTS = 5,
    BLOCK_SHARDS = 8,
    BLOCK_INPUTS = 3 * (int)ROW_OUTPUTS,
    BLOCK_UNITS = 128
};

static size_t units_of(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

/* Blocks of inputs. */
static size_t parts_of(size_t inputs)
{
    return (inputs + SAMPLE_INPUTS - 1) / SAMPLE_INPUTS;
}

static hg_status setup(hg_layer_setup *setup, hg_error *error)
{
    const hg_fully_connected_options *options = setup->options;
    if (options->units < 1)
        return hg_fail(error, HG_BAD_ARGUMENT, "%d units; give their number, as in hg_fully_connected(10)",
                       options->units);
    if (options->start < 0 || options->start > HG_CONSTANT || !isfinite(options->start_value))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "start %d with value %g: it is HG_GLOROT, HG_HE or HG_CONSTANT with a finite value",
                       (int)options->start, options->start_value);
    const size_t inputs = units_of(setup->input[0]);
    int numbers;
    if (__builtin_mul_overflow((int)inputs, options->units, &numbers))
        return hg_fail(error, HG_BAD_NETWORK, "%d units of %zu inputs are more weights than an int counts",
                       options->units, inputs);
    setup->output = (hg_shape){ options->units, 1, 1 };
    hg_parameter_spec *weight = hg_setup_parameter(setup, "weight", hg_shape_of(2, options->units, (int)inputs));
    weight->start = options->start;
    weight->start_value = options->start_value;
    weight->fan_in = inputs;
    weight->fan_out = (size_t)options->units;
    if (!options->no_bias)
        hg_setup_parameter(setup, "bias", hg_shape_of(1, options->units));
    setup->parts = parts_of(inputs);
    return HG_OK;
}

/* F rows of y: row[f] = bias[f] + sum over taps of weight[f, tap] x[tap], x and y in
 * rows of HG_LANES; or, to go on, that much more than it is. */
INLINE void row_tile(int F, const hg_real *bias, const hg_real *weight, ptrdiff_t weight_row, ptrdiff_t weight_step,
                     const hg_real *x, size_t taps, bool go_on, hg_real *y)
{
    for (int piece = 0; piece < PIECES; piece += ROW_VECTORS) {
        const hg_real *vector[ROW_VECTORS];
        UNROLL_FOR (int v = 0; v < ROW_VECTORS; v++)
            vector[v] = x + (piece + v) * VEC;
        tile_sums sums;
        if (go_on)
            UNROLL_FOR (int f = 0; f < F; f++)
                UNROLL_FOR (int v = 0; v < ROW_VECTORS; v++)
                    sums.at[f][v] = vec_load(y + f * HG_LANES + (piece + v) * VEC);
        else
            tile_start(F, ROW_VECTORS, bias, &sums);
        tile_accumulate(F, ROW_VECTORS, taps, weight, weight_row, weight_step, vector, HG_LANES, &sums);
        UNROLL_FOR (int f = 0; f < F; f++)
            UNROLL_FOR (int v = 0; v < ROW_VECTORS; v++)
                vec_store(y + f * HG_LANES + (piece + v) * VEC, sums.at[f][v]);
    }
}

INLINE void forward_tile(int F, const hg_pass *pass, size_t inputs, size_t unit)
{
    const hg_real *bias = pass->parameter[BIAS];
    row_tile(F, bias ? bias + unit : NULL, pass->parameter[WEIGHT] + unit * inputs, (ptrdiff_t)inputs, 1,
             pass->input[0], inputs, false, pass->output + unit * HG_LANES);
}

static void forward(const hg_pass *pass)
{
    const size_t inputs = units_of(pass->input_shape[0]), units = units_of(pass->output_shape);
    size_t unit = 0;
    for (; unit + ROW_OUTPUTS <= units; unit += ROW_OUTPUTS)
        forward_tile(ROW_OUTPUTS, pass, inputs, unit);
    for (; unit + 2 <= units; unit += 2)
        forward_tile(2, pass, inputs, unit);
    for (; unit < units; unit++)
        forward_tile(1, pass, inputs, unit);
}

/* The gradient of F inputs from i on, of which the first `unit` units have had their share. */
INLINE void input_tile(int F, const hg_pass *pass, size_t i, size_t unit, size_t taps)
{
    const size_t inputs = units_of(pass->input_shape[0]);
    row_tile(F, NULL, pass->parameter[WEIGHT] + unit * inputs + i, 1, (ptrdiff_t)inputs,
             pass->output_gradient + unit * HG_LANES, taps, unit > 0, pass->input_gradient[0] + i * HG_LANES);
}

/* A few inputs' weights lie in one cache line, a line for each unit: few enough units
 * at a time that the lines are still there for the next inputs. */
static void input_backward(const hg_pass *pass)
{
    const size_t inputs = units_of(pass->input_shape[0]), units = units_of(pass->output_shape);
    for (size_t first = 0; first < inputs; first += BLOCK_INPUTS) {
        const size_t end = first + BLOCK_INPUTS < inputs ? first + BLOCK_INPUTS : inputs;
        for (size_t unit = 0; unit < units; unit += BLOCK_UNITS) {
            const size_t left = units - unit, taps = left < BLOCK_UNITS ? left : BLOCK_UNITS;
            size_t i = first;
            for (; i + ROW_OUTPUTS <= end; i += ROW_OUTPUTS)
                input_tile(ROW_OUTPUTS, pass, i, unit, taps);
            for (; i < end; i++)
                input_tile(1, pass, i, unit, taps);
        }
    }
}

/* The first `left` of a tile's sums for one unit, to or from where its weights' gradients lie. */
INLINE void row_load(const hg_real *from, size_t left, vec *sum)
{
    UNROLL_FOR (int v = 0; v < SAMPLE_VECTORS; v++)
        for (int k = 0; k < VEC; k++)
            sum[v][k] = (size_t)(v * VEC + k) < left ? from[v * VEC + k] : 0;
}

INLINE void row_store(hg_real *to, size_t left, const vec *sum)
{
    for (size_t k = 0; k < left; k++)
        to[k] = sum[k / VEC][k % VEC];
}

/* A block of SAMPLE_INPUTS inputs of some shards. */
typedef struct sample_block {
    size_t inputs, first, left; /* of all inputs; the block's first; and how many there are from it on */
    size_t shards;
    const hg_real *const *output_gradient;
    const hg_real *transposed; /* [shards][HG_LANES][SAMPLE_INPUTS] */
    hg_real *gradient;
    bool add;
} sample_block;

INLINE void weight_tile(int F, const sample_block *block, size_t unit)
{
    hg_real *gradient = block->gradient + unit * block->inputs + block->first;
    tile_sums sums;
    tile_start(F, SAMPLE_VECTORS, NULL, &sums);
    for (size_t s = 0; s < block->shards; s++) {
        const hg_real *x[SAMPLE_VECTORS];
        UNROLL_FOR (int v = 0; v < SAMPLE_VECTORS; v++)
            x[v] = block->transposed + s * HG_LANES * SAMPLE_INPUTS + v * VEC;
        tile_accumulate(F, SAMPLE_VECTORS, HG_LANES, block->output_gradient[s] + unit * HG_LANES, HG_LANES, 1, x,
                        SAMPLE_INPUTS, &sums);
    }
    UNROLL_FOR (int f = 0; f < F; f++, gradient += block->inputs) {
        if (block->left < SAMPLE_INPUTS) {
            vec before[SAMPLE_VECTORS];
            row_load(gradient, block->add ? block->left : 0, before);
            UNROLL_FOR (int v = 0; v < SAMPLE_VECTORS; v++)
                before[v] += sums.at[f][v];
            row_store(gradient, block->left, before);
            continue;
        }
        UNROLL_FOR (int v = 0; v < SAMPLE_VECTORS; v++) {
            if (block->add)
                vec_add_to(gradient + v * VEC, sums.at[f][v]);
            else
                vec_store_unaligned(gradient + v * VEC, sums.at[f][v]);
        }
    }
}

ALONE void weight_tile_most(const sample_block *block, size_t unit)
{
    weight_tile(SAMPLE_OUTPUTS, block, unit);
}

ALONE void weight_tile_2(const sample_block *block, size_t unit)
{
    weight_tile(2, block, unit);
}

ALONE void weight_tile_1(const sample_block *block, size_t unit)
{
    weight_tile(1, block, unit);
}

static void bias_backward(const hg_batch_pass *pass, size_t units)
{
    hg_real *gradient = pass->parameter_gradient[BIAS];
    for (size_t o = 0; o < units; o++) {
        vec sum = { 0 };
        for (size_t s = 0; s < pass->shards; s++)
            for (int piece = 0; piece < PIECES; piece++)
                sum += vec_load(pass->output_gradient[s] + o * HG_LANES + piece * VEC);
        gradient[o] = (pass->add ? gradient[o] : 0) + vec_sum(sum);
    }
}

/* One block of inputs of all units; the bias goes with the first block. Few shards at
 * a time, so that the transposed inputs stay in the nearest cache. */
static void backward_batch(const hg_batch_pass *pass, size_t part)
{
    hg_real transposed[BLOCK_SHARDS * HG_LANES * SAMPLE_INPUTS] __attribute__((aligned(HG_ALIGNMENT)));
    const size_t inputs = units_of(pass->input_shape), units = units_of(pass->output_shape);
    if (part == 0 && pass->parameter_gradient[BIAS])
        bias_backward(pass, units);
    sample_block block = { .inputs = inputs, .first = part * SAMPLE_INPUTS, .transposed = transposed };
    block.left = inputs - block.first;
    block.gradient = pass->parameter_gradient[WEIGHT];
    for (size_t first = 0; first < pass->shards; first += BLOCK_SHARDS) {
        const size_t left = pass->shards - first, rows = block.left < SAMPLE_INPUTS ? block.left : SAMPLE_INPUTS;
        block.shards = left < BLOCK_SHARDS ? left : BLOCK_SHARDS;
        block.output_gradient = pass->output_gradient + first;
        block.add = pass->add || first > 0;
        for (size_t s = 0; s < block.shards; s++)
            vec_turn(pass->input[first + s] + block.first * HG_LANES, rows, transposed + s * HG_LANES * SAMPLE_INPUTS,
                     SAMPLE_INPUTS);
        size_t unit = 0;
        for (; unit + SAMPLE_OUTPUTS <= units; unit += SAMPLE_OUTPUTS)
            weight_tile_most(&block, unit);
        for (; unit + 2 <= units; unit += 2)
            weight_tile_2(&block, unit);
        if (unit < units)
            weight_tile_1(&block, unit);
    }
}

/* The same for one shard. */
static void parameters_backward(const hg_pass *pass)
{
    const hg_batch_pass batch = { .input_shape = pass->input_shape[0],
                                  .output_shape = pass->output_shape,
                                  .shards = 1,
                                  .input = pass->input,
                                  .output_gradient = &pass->output_gradient,
                                  .parameter_gradient = { pass->parameter_gradient[WEIGHT],
                                                          pass->parameter_gradient[BIAS] },
                                  .add = true };
    for (size_t part = 0; part < parts_of(units_of(pass->input_shape[0])); part++)
        backward_batch(&batch, part);
}

static void backward(const hg_pass *pass)
{
    if (pass->parameter_gradient[WEIGHT])
        parameters_backward(pass);
    if (pass->input_gradient[0])
        input_backward(pass);
}

static const char *const start_words[] = { "glorot", "he", "constant", NULL };
static const hg_option options[] = {
    HG_INT(hg_fully_connected_options, units),
    HG_BOOL(hg_fully_connected_options, no_bias),
    HG_ENUM(hg_fully_connected_options, start, start_words),
    HG_REAL(hg_fully_connected_options, start_value),
};

const hg_layer_type BUILT(hg_fully_connected_type) = {
    HG_TYPE("fully_connected", hg_fully_connected_options),
    HG_OPTIONS(options),
    .min_inputs = 1,
    .max_inputs = 1,
    .setup = setup,
    .forward = forward,
    .backward = backward,
    .backward_batch = backward_batch,
};
