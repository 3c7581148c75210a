/* Gradients that a layer writes against differences of its own forward, element by element. */
#include <math.h>
#include <stdio.h>

#include "src/slopes.h"

enum { DRAWS = 5 /* at most, where too many elements stand at kinks */ };
static const double USUAL_TOLERANCE = 0.01;
static const double MOST_DOUBT = 0.5; /* of the tolerance; else the element is skipped */
static const double SMALLEST_SCALE =
    1e-3; /* of the outputs that an element moves: a gradient far below counts as zero */

typedef struct check {
    trial *trial;
    double tolerance;
    slopes slopes;
    hg_gradient_report report;
} check;

/* Whether the element could be judged; *worse if it is the worst so far. */
static bool judge(check *check, const slope *slope, double typical, double analytic, bool *worse)
{
    const double scale = fmax(fmax(fabs(slope->value), typical), SMALLEST_SCALE * slope->size);
    const double off = fabs(analytic - slope->value);
    hg_gradient_report *report = &check->report;
    *worse = false;
    if (slope->doubt > MOST_DOUBT * check->tolerance * scale) {
        report->skipped++;
        return false;
    }
    const double error = off > 0 ? off / scale : 0;
    *worse = report->compared == 0 || error > report->error;
    report->compared++;
    if (*worse) {
        report->error = error;
        report->analytic = analytic;
        report->numeric = slope->value;
    }
    return true;
}

static void name_worst(check *check, const char *tensor, size_t element, size_t sample)
{
    snprintf(check->report.tensor, sizeof check->report.tensor, "%s", tensor);
    check->report.element = element;
    check->report.sample = sample;
}

static hg_status too_many_skipped(const check *check, const char *tensor, size_t judged, size_t count, hg_error *error)
{
    if (2 * judged >= count)
        return HG_OK;
    return hg_fail(error, HG_BAD_ARGUMENT,
                   "%s: of %zu gradients of %s only %zu can be judged, as the others have kinks or jumps too near; try "
                   "smaller input shapes, or another range of inputs",
                   check->trial->type->name, count, tensor, judged);
}

static hg_status check_input(check *check, size_t k, hg_error *error)
{
    const trial *trial = check->trial;
    const size_t units = trial->input_units[k], count = units * TRIAL_SAMPLES;
    char tensor[HG_TENSOR_NAME_LENGTH];
    snprintf(tensor, sizeof tensor, "input %zu", k + 1);
    slopes_of_input(&check->slopes, k);
    const double typical = slopes_typical(&check->slopes, count);
    size_t judged = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t unit = i / TRIAL_SAMPLES, sample = i % TRIAL_SAMPLES;
        const trial_shard *shard = &trial->shard[sample / HG_LANES];
        bool worse;
        judged += judge(check, &check->slopes.element[i], typical,
                        (double)shard->input_gradient[k][unit * HG_LANES + sample % HG_LANES], &worse);
        if (worse)
            name_worst(check, tensor, unit, sample);
    }
    return too_many_skipped(check, tensor, judged, count, error);
}

static hg_status check_parameter(check *check, size_t index, hg_error *error)
{
    const trial *trial = check->trial;
    const char *tensor = trial->setup.parameter[index].name;
    const size_t count = trial->parameter_size[index];
    slopes_of_parameter(&check->slopes, index);
    const double typical = slopes_typical(&check->slopes, count);
    size_t judged = 0;
    for (size_t i = 0; i < count; i++) {
        bool worse;
        judged += judge(check, &check->slopes.element[i], typical, (double)trial->parameter_gradient[index][i], &worse);
        if (worse)
            name_worst(check, tensor, i, 0);
    }
    return too_many_skipped(check, tensor, judged, count, error);
}

/* ---- all of it ---- */

static hg_status judgement(const check *check, hg_error *error)
{
    const hg_gradient_report *report = &check->report;
    const trial *trial = check->trial;
    if (report->compared == 0 || report->error <= check->tolerance)
        return HG_OK;
    char element[HG_ERROR_LENGTH / 2];
    size_t input = 0;
    if (sscanf(report->tensor, "input %zu", &input) == 1) {
        const hg_shape shape = trial->input_shape[input - 1];
        const size_t width = (size_t)shape.width, plane = (size_t)shape.height * width;
        snprintf(element, sizeof element, "%s, unit %zu (channel %zu, row %zu, column %zu), sample %zu,",
                 report->tensor, report->element, report->element / plane, report->element % plane / width,
                 report->element % width, report->sample);
    } else {
        snprintf(element, sizeof element, "%s[%zu]", report->tensor, report->element);
    }
    return trial_fail(trial, error,
                      "the gradient of %s is %.6g by its backward and %.6g by differences of its forward: %.3g %% off, "
                      "where %.3g %% is allowed",
                      element, report->analytic, report->numeric, 100 * report->error, 100 * check->tolerance);
}

static hg_status compare_all(check *check, hg_error *error)
{
    const trial *trial = check->trial;
    hg_status status = HG_OK, unclear = HG_OK;
    hg_error local = { .message = "" };
    for (size_t k = 0; k < trial->input_count; k++)
        if ((status = check_input(check, k, unclear ? NULL : &local)))
            unclear = status;
    for (size_t i = 0; i < trial->setup.parameter_count; i++)
        if (trial->parameter_gradient[i] && trial->setup.parameter[i].running == 0 &&
            (status = check_parameter(check, i, unclear ? NULL : &local)))
            unclear = status;
    status = judgement(check, error);
    return status || !unclear ? status : hg_fail(error, unclear, "%s", local.message);
}

/* With one draw of numbers; *unclear: there was nothing wrong, but too little to judge. */
static hg_status check_draw(trial *trial, uint32_t draw, const hg_gradient_check_options *options, bool *unclear,
                            hg_gradient_report *report, hg_error *error)
{
    *unclear = false;
    trial_draw(trial, draw, options);
    hg_status status = trial_contract(trial, error);
    if (!status)
        status = trial_lanes(trial, error);
    if (status)
        return status;
    check check = { .trial = trial,
                    .report.coupled = trial->coupled,
                    .tolerance = options->tolerance == 0 ? USUAL_TOLERANCE : options->tolerance };
    status = slopes_open(&check.slopes, trial, error);
    if (!status) {
        status = compare_all(&check, error);
        *unclear = status == HG_BAD_ARGUMENT;
    }
    slopes_close(&check.slopes);
    if (report)
        *report = check.report;
    return status;
}

hg_status hg_check_gradients(hg_layer layer, const hg_shape *inputs, size_t count,
                             const hg_gradient_check_options *options, hg_gradient_report *report, hg_error *error)
{
    const hg_gradient_check_options usual = { .seed = 0 };
    if (!options)
        options = &usual;
    trial *trial = hg_allocate(1, sizeof *trial);
    if (!trial)
        return hg_fail(error, HG_NO_MEMORY, "no memory to check a layer's gradients");
    hg_status status = trial_open(trial, layer, inputs, count, options, error);
    bool unclear = status == HG_OK;
    for (uint32_t draw = 0; draw < DRAWS && unclear; draw++)
        status = check_draw(trial, draw, options, &unclear, report, error);
    trial_close(trial);
    hg_release(trial);
    return status;
}
