/* See layer_harness.h. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layer_harness.h"

enum { POISON = 0xff /* every byte of it: NaN in float and double */ };
static const hg_real EMPTY_LANE = 1000;
static const uint64_t SEED = 0x123456789;
enum { EPOCH = 7, LAYER = 300, SAMPLE_STEP = 5 };
static const unsigned MAY_WORK_IN_PLACE = HG_IN_PLACE | HG_IS_INPUT;

struct layer_harness_shard {
    hg_real *input[HG_MAX_INPUTS], *output, *output_gradient, *input_gradient[HG_MAX_INPUTS];
    void *saved;
    double loss[HG_LANES];
};

/* What all shards share. */
struct layer_harness_common {
    hg_real *parameter[HG_MAX_PARAMETERS], *parameter_gradient[HG_MAX_PARAMETERS], *pool_key;
    void *scratch;
};

/* Check writes to a file at each of its assertions: in loops, only failures go there. */

/* ---- buffers with a row of NaN behind them ---- */

static void *guarded(size_t bytes)
{
    const size_t lines = (bytes + HG_ALIGNMENT - 1) / HG_ALIGNMENT;
    char *memory = hg_allocate(lines + 2, HG_ALIGNMENT);
    ck_assert_ptr_nonnull(memory);
    memset(memory, POISON, (lines + 2) * HG_ALIGNMENT);
    return memory;
}

static hg_real *guarded_rows(size_t rows)
{
    return guarded(rows * HG_LANES * sizeof(hg_real));
}

static void assert_guard(const layer_harness *harness, const void *memory, size_t bytes, const char *what)
{
    const unsigned char *guard = (const unsigned char *)memory + bytes;
    for (size_t i = 0; i < HG_ALIGNMENT; i++)
        if (guard[i] != POISON)
            ck_abort_msg("%s, %s: wrote past the end of its %s", harness->options.name, harness->options.level, what);
}

static void assert_row_guard(const layer_harness *harness, const hg_real *memory, size_t rows, const char *what)
{
    assert_guard(harness, memory, rows * HG_LANES * sizeof *memory, what);
}

/* A parameter gradient is added to, and NaN plus anything is NaN; but -0 plus 0 is 0. */
static hg_real *gradient_buffer(size_t count)
{
    hg_real *memory = guarded(count * sizeof *memory);
    for (size_t i = 0; i < HG_ALIGNMENT / sizeof *memory; i++)
        memory[count + i] = (hg_real)-0.0;
    return memory;
}

static void assert_gradient_guard(const layer_harness *harness, const hg_real *memory, size_t count)
{
    for (size_t i = 0; i < HG_ALIGNMENT / sizeof *memory; i++)
        if (memory[count + i] != 0 || !signbit(memory[count + i]))
            ck_abort_msg("%s, %s: added to number %zu past the end of a parameter gradient", harness->options.name,
                         harness->options.level, i + 1);
}

static double *numbers(size_t count)
{
    double *memory = calloc(count ? count : 1, sizeof *memory);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* ---- samples to lanes and back ---- */

static size_t shard_samples(const layer_harness *harness, size_t shard)
{
    const size_t left = harness->options.samples - shard * HG_LANES;
    return left < HG_LANES ? left : HG_LANES;
}

static void to_lanes(const layer_harness *harness, size_t shard, const double *plain, size_t units, hg_real empty,
                     hg_real *lanes)
{
    const size_t count = shard_samples(harness, shard);
    for (size_t unit = 0; unit < units; unit++)
        for (size_t lane = 0; lane < HG_LANES; lane++)
            lanes[unit * HG_LANES + lane] =
                lane < count ? (hg_real)plain[(shard * HG_LANES + lane) * units + unit] : empty;
}

static void from_lanes(const layer_harness *harness, size_t shard, const hg_real *lanes, size_t units, double *plain)
{
    for (size_t lane = 0; lane < shard_samples(harness, shard); lane++)
        for (size_t unit = 0; unit < units; unit++)
            plain[(shard * HG_LANES + lane) * units + unit] = (double)lanes[unit * HG_LANES + lane];
}

static void assert_empty_lanes_zero(const layer_harness *harness, size_t shard, const hg_real *lanes, size_t units)
{
    for (size_t unit = 0; unit < units; unit++)
        for (size_t lane = shard_samples(harness, shard); lane < HG_LANES; lane++)
            if (lanes[unit * HG_LANES + lane] != 0)
                ck_abort_msg("%s, %s: gradient of unit %zu is %g in lane %zu, which holds no sample",
                             harness->options.name, harness->options.level, unit, (double)lanes[unit * HG_LANES + lane],
                             lane);
}

/* ---- opening and closing ---- */

static void set_up(layer_harness *harness)
{
    const layer_harness_options *options = &harness->options;
    harness->setup = (hg_layer_setup){ .options = options->options, .pool = options->pool };
    if (!(options->type->traits & HG_IS_INPUT)) { /* whose shape its own options say */
        harness->setup.input_count = options->input_count;
        memcpy(harness->setup.input, options->input_shape, sizeof harness->setup.input);
    }
    hg_error error = { .message = "no message" };
    const hg_status status = options->type->setup(&harness->setup, &error);
    ck_assert_msg(status == HG_OK, "%s: setup failed: %s", options->name, error.message);
}

static void open_parameters(layer_harness *harness)
{
    for (size_t i = 0; i < harness->setup.parameter_count; i++) {
        size_t *size = &harness->parameter_size[i];
        ck_assert_int_eq(hg_shape_count(&harness->setup.parameter[i].shape, size, NULL), HG_OK);
        harness->parameter[i] = numbers(*size);
        harness->parameter_gradient[i] = numbers(*size);
    }
}

static size_t pool_keys(const layer_harness *harness)
{
    return harness->options.pool_key_shared ? 1 : (size_t)harness->setup.output.channels;
}

static void open_common(layer_harness *harness)
{
    layer_harness_common *common = calloc(1, sizeof *common);
    harness->common = common;
    common->scratch = guarded(harness->setup.scratch);
    common->pool_key = guarded(pool_keys(harness) * sizeof(hg_real));
    for (size_t i = 0; i < harness->setup.parameter_count; i++) {
        common->parameter[i] = guarded(harness->parameter_size[i] * sizeof(hg_real));
        if (!harness->setup.parameter[i].frozen)
            common->parameter_gradient[i] = gradient_buffer(harness->parameter_size[i]);
    }
}

static void open_shards(layer_harness *harness)
{
    harness->shards = (harness->options.samples + HG_LANES - 1) / HG_LANES;
    harness->shard = calloc(harness->shards, sizeof *harness->shard);
    const size_t output_rows = reference_units(harness->setup.output);
    for (size_t s = 0; s < harness->shards; s++) {
        layer_harness_shard *shard = &harness->shard[s];
        for (size_t k = 0; k < harness->options.input_count; k++) {
            shard->input[k] = guarded_rows(harness->input_units[k]);
            shard->input_gradient[k] = guarded_rows(harness->input_units[k]);
        }
        shard->output = guarded_rows(output_rows);
        shard->output_gradient = guarded_rows(output_rows);
        shard->saved = guarded(harness->setup.saved);
    }
}

void layer_harness_open(layer_harness *harness, const layer_harness_options *options)
{
    *harness = (layer_harness){ .options = *options };
    if (harness->options.gradient_scale == 0)
        harness->options.gradient_scale = 1;
    if (!(options->type->traits & MAY_WORK_IN_PLACE))
        harness->options.in_place = false;
    if (!(options->type->traits & HG_IN_PLACE_GRADIENT))
        harness->options.in_place_gradient = false;
    harness->is_output = options->type->traits & HG_IS_OUTPUT;
    set_up(harness);
    for (size_t k = 0; k < options->input_count; k++) {
        harness->input_units[k] = reference_units(options->input_shape[k]);
        harness->input[k] = numbers(options->samples * harness->input_units[k]);
        harness->input_gradient[k] = numbers(options->samples * harness->input_units[k]);
    }
    harness->output_units = harness->is_output ? 1 : reference_units(harness->setup.output);
    harness->output = numbers(options->samples * harness->output_units);
    harness->output_gradient = numbers(options->samples * harness->output_units);
    harness->pool_key = numbers((size_t)harness->setup.output.channels);
    harness->active = calloc((size_t)harness->setup.output.channels, 1);
    harness->label = calloc(options->samples, sizeof *harness->label);
    harness->sample = calloc(options->samples, sizeof *harness->sample);
    for (size_t i = 0; i < options->samples; i++)
        harness->sample[i] = SAMPLE_STEP * (uint32_t)i + 1;
    harness->seed = SEED;
    harness->epoch = EPOCH;
    harness->layer = LAYER;
    open_parameters(harness);
    open_common(harness);
    open_shards(harness);
}

void layer_harness_close(layer_harness *harness)
{
    for (size_t s = 0; s < harness->shards; s++) {
        layer_harness_shard *shard = &harness->shard[s];
        for (size_t k = 0; k < harness->options.input_count; k++) {
            hg_release(shard->input[k]);
            hg_release(shard->input_gradient[k]);
        }
        hg_release(shard->output);
        hg_release(shard->output_gradient);
        hg_release(shard->saved);
    }
    for (size_t k = 0; k < harness->options.input_count; k++) {
        free(harness->input[k]);
        free(harness->input_gradient[k]);
    }
    for (size_t i = 0; i < harness->setup.parameter_count; i++) {
        free(harness->parameter[i]);
        free(harness->parameter_gradient[i]);
        hg_release(harness->common->parameter[i]);
        hg_release(harness->common->parameter_gradient[i]);
    }
    free(harness->output);
    free(harness->output_gradient);
    free(harness->pool_key);
    free(harness->active);
    free(harness->label);
    free(harness->sample);
    free(harness->shard);
    hg_release(harness->common->pool_key);
    hg_release(harness->common->scratch);
    free(harness->common);
    hg_release(harness->setup.state);
}

/* ---- running ---- */

static hg_pass pass_of(layer_harness *harness, size_t index)
{
    const layer_harness_common *common = harness->common;
    const layer_harness_options *options = &harness->options;
    layer_harness_shard *shard = &harness->shard[index];
    hg_pass pass = { .options = options->options,
                     .state = harness->setup.state,
                     .count = shard_samples(harness, index),
                     .training = !options->evaluating,
                     .input_count = options->input_count,
                     .output_shape = harness->setup.output,
                     .output = shard->output,
                     .saved = shard->saved,
                     .scratch = common->scratch,
                     .seed = harness->seed,
                     .epoch = harness->epoch,
                     .layer = harness->layer,
                     .label = harness->label + index * HG_LANES,
                     .gradient_scale = options->gradient_scale,
                     .loss = shard->loss };
    memcpy(pass.input_shape, options->input_shape, sizeof pass.input_shape);
    for (size_t k = 0; k < options->input_count; k++)
        pass.input[k] = shard->input[k];
    for (size_t i = 0; i < harness->setup.parameter_count; i++)
        pass.parameter[i] = common->parameter[i];
    if (options->type->traits & HG_IS_ACTIVATION)
        pass.active = harness->active;
    if (options->pool == HG_POOL_BY_SLOPE) {
        pass.pool_key = common->pool_key;
        pass.pool_key_shared = options->pool_key_shared;
    }
    for (size_t lane = 0; lane < pass.count; lane++)
        pass.sample[lane] = harness->sample[index * HG_LANES + lane];
    return pass;
}

static void forward_shard(layer_harness *harness, size_t index)
{
    const layer_harness_options *options = &harness->options;
    layer_harness_shard *shard = &harness->shard[index];
    const size_t output_rows = reference_units(harness->setup.output);
    memset(shard->output, POISON, output_rows * HG_LANES * sizeof(hg_real));
    memset(shard->saved, POISON, harness->setup.saved);
    memset(harness->common->scratch, POISON, harness->setup.scratch);
    for (size_t lane = 0; lane < HG_LANES; lane++)
        shard->loss[lane] = NAN;
    for (size_t k = 0; k < options->input_count; k++)
        to_lanes(harness, index, harness->input[k], harness->input_units[k], EMPTY_LANE, shard->input[k]);

    hg_pass pass = pass_of(harness, index);
    if (options->in_place)
        pass.output = shard->input[0];
    options->type->forward(&pass);

    for (size_t k = 0; k < options->input_count; k++)
        assert_row_guard(harness, shard->input[k], harness->input_units[k], "input");
    assert_row_guard(harness, shard->output, output_rows, "output");
    assert_guard(harness, shard->saved, harness->setup.saved, "saved");
    if (harness->is_output)
        memcpy(harness->output + index * HG_LANES, shard->loss, pass.count * sizeof *shard->loss);
    else
        from_lanes(harness, index, pass.output, harness->output_units, harness->output);
}

static void to_reals(const double *from, size_t count, hg_real *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (hg_real)from[i];
}

void layer_harness_forward(layer_harness *harness)
{
    layer_harness_common *common = harness->common;
    for (size_t i = 0; i < harness->setup.parameter_count; i++)
        to_reals(harness->parameter[i], harness->parameter_size[i], common->parameter[i]);
    to_reals(harness->pool_key, pool_keys(harness), common->pool_key);
    for (size_t s = 0; s < harness->shards; s++)
        forward_shard(harness, s);
    assert_guard(harness, common->scratch, harness->setup.scratch, "scratch");
}

/* Between forward and backward the memory of what backward does not read may be
 * given to others. */
static void poison_unread(const layer_harness *harness, layer_harness_shard *shard, hg_real *output)
{
    const unsigned traits = harness->options.type->traits;
    if (traits & MAY_WORK_IN_PLACE && output != shard->input[0])
        memset(shard->input[0], POISON, harness->input_units[0] * HG_LANES * sizeof(hg_real));
    if (!(traits & HG_READS_OUTPUT))
        memset(output, POISON, reference_units(harness->setup.output) * HG_LANES * sizeof(hg_real));
}

static void backward_shard(layer_harness *harness, size_t index)
{
    const layer_harness_options *options = &harness->options;
    layer_harness_shard *shard = &harness->shard[index];
    const size_t output_rows = reference_units(harness->setup.output);
    memset(harness->common->scratch, POISON, harness->setup.scratch);
    if (!harness->is_output)
        to_lanes(harness, index, harness->output_gradient, harness->output_units, 0, shard->output_gradient);

    hg_pass pass = pass_of(harness, index);
    if (options->in_place)
        pass.output = shard->input[0];
    poison_unread(harness, shard, pass.output);
    for (size_t i = 0; i < harness->setup.parameter_count; i++)
        pass.parameter_gradient[i] = harness->common->parameter_gradient[i];
    pass.output_gradient = harness->is_output ? NULL : shard->output_gradient;
    for (size_t k = 0; k < options->input_count; k++) {
        memset(shard->input_gradient[k], POISON, harness->input_units[k] * HG_LANES * sizeof(hg_real));
        pass.input_gradient[k] = options->unasked[k] ? NULL : shard->input_gradient[k];
    }
    if (options->in_place_gradient && !options->unasked[0])
        pass.input_gradient[0] = shard->output_gradient;
    options->type->backward(&pass);

    assert_row_guard(harness, shard->output_gradient, output_rows, "output gradient");
    for (size_t k = 0; k < options->input_count; k++)
        if (pass.input_gradient[k]) {
            assert_row_guard(harness, shard->input_gradient[k], harness->input_units[k], "input gradient");
            assert_empty_lanes_zero(harness, index, pass.input_gradient[k], harness->input_units[k]);
            from_lanes(harness, index, pass.input_gradient[k], harness->input_units[k], harness->input_gradient[k]);
        }
}

void layer_harness_backward(layer_harness *harness)
{
    layer_harness_common *common = harness->common;
    for (size_t i = 0; i < harness->setup.parameter_count; i++)
        for (size_t n = 0; common->parameter_gradient[i] && n < harness->parameter_size[i]; n++)
            common->parameter_gradient[i][n] = (hg_real)harness->options.gradient_start;
    for (size_t s = 0; s < harness->shards; s++)
        backward_shard(harness, s);
    assert_guard(harness, common->scratch, harness->setup.scratch, "scratch");
    for (size_t i = 0; i < harness->setup.parameter_count; i++) {
        const hg_real *gradient = common->parameter_gradient[i];
        const size_t size = harness->parameter_size[i];
        if (!gradient)
            continue;
        assert_gradient_guard(harness, gradient, size);
        for (size_t n = 0; n < size; n++)
            harness->parameter_gradient[i][n] = (double)gradient[n];
    }
}

reference_pass layer_harness_reference(const layer_harness *harness, double *output)
{
    const layer_harness_options *options = &harness->options;
    reference_pass pass = { .options = options->options,
                            .samples = options->samples,
                            .training = !options->evaluating,
                            .input_count = options->input_count,
                            .output_shape = harness->setup.output,
                            .pool = options->pool,
                            .pool_key = harness->pool_key,
                            .pool_key_shared = options->pool_key_shared,
                            .label = harness->label,
                            .evaluating = options->evaluating,
                            .seed = harness->seed,
                            .epoch = harness->epoch,
                            .layer = harness->layer,
                            .sample = harness->sample,
                            .output = output };
    for (size_t k = 0; k < options->input_count; k++) {
        pass.input_shape[k] = options->input_shape[k];
        pass.input[k] = harness->input[k];
    }
    for (size_t i = 0; i < harness->setup.parameter_count; i++)
        pass.parameter[i] = harness->parameter[i];
    return pass;
}
