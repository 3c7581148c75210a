/* See gradient_check.h. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gradient_check.h"

/* Far below the distance of any number from a kink, and a power of two, so that
 * x + STEP loses little. Most layers are piecewise linear: only rounding is left,
 * about 1e-16 / STEP; the others add STEP squared. */
static const double STEP = 0x1p-17;

typedef struct differences {
    const layer_case *row;
    layer_harness *harness; /* [harnesses]; the first one's numbers are moved */
    size_t harnesses;
    gradient_source source;
    double tolerance;
    double *above, *below; /* outputs, [samples][units] */
} differences;

bool gradient_exists(const layer_case *row)
{
    return row->data != DATA_TIES && row->data != DATA_EQUAL;
}

static void run(const differences *d, double *output)
{
    if (d->source == OF_REFERENCE) {
        layer_case_reference(d->row, d->harness, output);
        return;
    }
    layer_case_forward(d->row, d->harness);
    memcpy(output, d->harness->output, d->harness->options.samples * d->harness->output_units * sizeof *output);
}

/* d loss / d step of one sample, where the loss is output times output_gradient. */
static double slope_of_sample(const differences *d, size_t sample)
{
    const size_t units = d->harness->output_units;
    double sum = 0;
    for (size_t i = sample * units; i < (sample + 1) * units; i++)
        sum += (d->above[i] - d->below[i]) *
               (d->harness->is_output ? d->harness->options.gradient_scale : d->harness->output_gradient[i]);
    return sum / (2 * STEP);
}

static void compare(const differences *d, const layer_harness *harness, double gradient, double expected,
                    const char *what, size_t index, size_t sample)
{
    const double slack = d->tolerance * fmax(1, fabs(expected));
    if (!(fabs(gradient - expected) <= slack))
        ck_abort_msg("%s (%s, %zu samples): gradient of %s[%zu], sample %zu, is %.9g, not %.9g", d->row->name,
                     harness->options.level, harness->options.samples, what, index, sample, gradient, expected);
}

static double slope_of_all(const differences *d)
{
    double sum = 0;
    for (size_t sample = 0; sample < d->harness->options.samples; sample++)
        sum += slope_of_sample(d, sample);
    return sum;
}

static void check_coupled_input(const differences *d, size_t k)
{
    layer_harness *harness = d->harness;
    const size_t units = harness->input_units[k], samples = harness->options.samples;
    for (size_t i = 0; i < samples * units; i++) {
        double *x = &harness->input[k][i];
        *x += STEP;
        run(d, d->above);
        *x -= 2 * STEP;
        run(d, d->below);
        *x += STEP;
        const double expected = slope_of_all(d);
        for (size_t h = 0; h < d->harnesses; h++)
            compare(d, &harness[h], harness[h].input_gradient[k][i], expected, "input", i % units, i / units);
    }
}

/* Samples that do not know of each other: one unit is moved in all of them at once. */
static void check_input(const differences *d, size_t k)
{
    layer_harness *harness = d->harness;
    const size_t units = harness->input_units[k], samples = harness->options.samples;
    double *x = harness->input[k];
    for (size_t unit = 0; unit < units; unit++) {
        for (size_t sample = 0; sample < samples; sample++)
            x[sample * units + unit] += STEP;
        run(d, d->above);
        for (size_t sample = 0; sample < samples; sample++)
            x[sample * units + unit] -= 2 * STEP;
        run(d, d->below);
        for (size_t sample = 0; sample < samples; sample++) {
            x[sample * units + unit] += STEP;
            const double expected = slope_of_sample(d, sample);
            for (size_t h = 0; h < d->harnesses; h++)
                compare(d, &harness[h], harness[h].input_gradient[k][sample * units + unit], expected, "input", unit,
                        sample);
        }
    }
}

static void check_parameter(const differences *d, size_t index)
{
    layer_harness *harness = d->harness;
    double *value = harness->parameter[index];
    for (size_t i = 0; i < harness->parameter_size[index]; i++) {
        const double kept = value[i];
        value[i] = kept + STEP;
        run(d, d->above);
        value[i] = kept - STEP;
        run(d, d->below);
        value[i] = kept;
        const double sum = slope_of_all(d);
        for (size_t h = 0; h < d->harnesses; h++)
            compare(d, &harness[h], harness[h].parameter_gradient[index][i], sum, harness->setup.parameter[index].name,
                    i, 0);
    }
}

void gradient_check(const layer_case *row, layer_harness *harness, size_t harnesses, gradient_source source,
                    double tolerance)
{
    for (size_t h = 0; h < harnesses; h++) {
        layer_case_forward(row, &harness[h]);
        layer_harness_backward(&harness[h]);
    }
    const size_t outputs = harness->options.samples * harness->output_units;
    double *above = calloc(outputs, sizeof *above), *below = calloc(outputs, sizeof *below);
    const differences d = { row, harness, harnesses, source, tolerance, above, below };
    for (size_t k = 0; k < harness->options.input_count; k++)
        if (!harness->options.unasked[k])
            (row->coupled ? check_coupled_input : check_input)(&d, k);
    for (size_t i = 0; i < harness->setup.parameter_count; i++)
        if (!harness->setup.parameter[i].frozen && harness->setup.parameter[i].running == 0 && !row->surrogate)
            check_parameter(&d, i);
    free(above);
    free(below);
}
