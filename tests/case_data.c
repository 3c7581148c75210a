/* What a layer case is run on: see layer_cases.h. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "src/simd.h"

#include "layer_cases.h"

enum { LATTICE = 32 /* odd multiples of 1/64 on either side of zero */ };
static const double STEP = 1.0 / 64, JITTER = 1.0 / 256, LARGE = 500, GOLDEN_RATIO = 0.6180339887498949;
static const double DEVIATIONS[] = { 0.5, 1, 2 }; /* dividing by them is exact */

const size_t sample_counts[SAMPLE_COUNTS] = { 1, HG_LANES + 1, 2 * HG_LANES + 1 };

size_t case_levels(void)
{
    return (size_t)(simd_current() - simd_levels) + 1;
}

const hg_layer_type *case_type(const hg_layer_type *type, size_t level)
{
    for (size_t i = 0; simd_levels[0].layers[i]; i++)
        if (simd_levels[0].layers[i] == type)
            return simd_levels[level].layers[i];
    ck_abort_msg("%s is not in the library", type->name);
}

/* ---- numbers ---- */

/* SplitMix64: not the library's generator, which is itself under test. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static double uniform(uint64_t *state) /* in [0, 1) */
{
    return (double)(next(state) >> 11) * 0x1p-53;
}

static double on_lattice(uint64_t *state)
{
    return (2.0 * (double)(next(state) % (2 * LATTICE)) - (2 * LATTICE - 1)) * STEP;
}

static double number(uint64_t *state, case_data data, bool jitter)
{
    double x = on_lattice(state);
    if (jitter)
        x += JITTER * (2 * uniform(state) - 1);
    switch (data) {
    case DATA_LATTICE:
        return x;
    case DATA_TIES:
        return (double)(next(state) % 3) - 1;
    case DATA_LARGE:
        return x * LARGE;
    case DATA_PROBABILITY:
        return (1 + 7 * fabs(x)) / 8; /* the logarithm bends too much near zero */
    case DATA_EQUAL:
        return GOLDEN_RATIO;
    }
    return NAN;
}

/* Rounded as the library's numbers are, so that reference and layer see the same. */
static void fill(double *values, size_t count, uint64_t *state, case_data data, bool jitter)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (double)(hg_real)number(state, data, jitter);
}

static void fill_parameter(const layer_case *row, layer_harness *harness, size_t index, uint64_t *state, bool jitter)
{
    const hg_parameter_spec *spec = &harness->setup.parameter[index];
    double *values = harness->parameter[index];
    const size_t count = harness->parameter_size[index];
    if (strcmp(spec->name, "threshold") == 0)
        for (size_t i = 0; i < count; i++)
            values[i] = row->threshold + (double)i * row->threshold_step;
    else if (strcmp(spec->name, "deviation") == 0 || strcmp(spec->name, "running_var") == 0)
        for (size_t i = 0; i < count; i++)
            values[i] = DEVIATIONS[next(state) % HG_COUNT(DEVIATIONS)];
    else
        fill(values, count, state, row->data == DATA_TIES ? DATA_TIES : DATA_LATTICE, jitter);
}

/* ---- running ---- */

static size_t input_count(const layer_case *row)
{
    return row->input_count ? row->input_count : 1;
}

void layer_case_open(layer_harness *harness, const layer_case *row, const case_run *run)
{
    layer_harness_options options = { .type = case_type(row->layer.type, run->level),
                                      .options = row->layer.options,
                                      .samples = run->samples,
                                      .input_count = input_count(row),
                                      .pool = row->pool,
                                      .pool_key_shared = row->pool_key_shared,
                                      .in_place = run->in_place,
                                      .in_place_gradient = run->in_place,
                                      .unasked = { row->merged },
                                      .evaluating = run->evaluating,
                                      .gradient_start = run->gradient_start,
                                      .gradient_scale = 0.25,
                                      .name = row->name,
                                      .level = simd_levels[run->level].name };
    memcpy(options.input_shape, row->input, sizeof options.input_shape);
    layer_harness_open(harness, &options);

    uint64_t state = row->seed;
    for (size_t k = 0; k < input_count(row); k++)
        fill(harness->input[k], run->samples * harness->input_units[k], &state, row->data, run->jitter);
    for (size_t i = 0; i < harness->setup.parameter_count; i++)
        fill_parameter(row, harness, i, &state, run->jitter);
    fill(harness->output_gradient, run->samples * harness->output_units, &state, DATA_LATTICE, run->jitter);
    for (int channel = 0; channel < harness->setup.output.channels; channel++)
        harness->pool_key[channel] = row->pool_key + channel * row->pool_key_step;
    for (size_t sample = 0; sample < run->samples; sample++)
        harness->label[sample] = (int)(next(&state) % reference_units(row->input[0]));
}

static void refresh_probabilities(const layer_case *row, layer_harness *harness)
{
    if (!row->merged)
        return;
    reference_softmax(&(reference_pass){ .samples = harness->options.samples,
                                         .output_shape = harness->options.input_shape[1],
                                         .input = { harness->input[1] },
                                         .output = harness->input[0] });
}

void layer_case_reference(const layer_case *row, layer_harness *harness, double *output)
{
    refresh_probabilities(row, harness);
    reference_pass pass = layer_harness_reference(harness, output);
    row->reference(&pass);
}

void layer_case_forward(const layer_case *row, layer_harness *harness)
{
    refresh_probabilities(row, harness);
    layer_harness_forward(harness);
}
