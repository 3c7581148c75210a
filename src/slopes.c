/* See slopes.h.
 *
 * Forward works in float, so one step cannot do: where the function bends, a wide one
 * is wrong, and a narrow one drowns in rounding. Of several steps h, from wide to narrow
 * until one is clear, the one counts whose estimate is least in doubt. With L at x - 2h
 * ... x + 2h, the doubt is the spread of
 *
 *   (L(+h) - L(-h)) / 2h,  (L(+2h) - L(-2h)) / 4h,  +-(-3 L(0) + 4 L(+-h) - L(+-2h)) / 2h
 *
 * plus rounding over h. The first of them is the estimate. Of a smooth function all
 * four are h squared apart; around a kink the estimate is off by no more than their spread. */
#include <math.h>
#include <string.h>

#include "src/slopes.h"

enum { STEPS = 5 };
static const double STEP[STEPS] = { 0x1p-4, 0x1p-6, 0x1p-8, 0x1p-10, 0x1p-12 };
static const double ROUNDINGS = 3; /* that an output and its neighbours went through */
static const double CLEAR = 5e-4;  /* of the slope: with so little doubt no narrower step is tried */

static const trial_run PLAIN = { .in_place = false };

hg_status slopes_open(slopes *slopes, trial *trial, hg_error *error)
{
    *slopes = (struct slopes){ .trial = trial, .outputs = trial->is_output ? 1 : trial->output_units };
    size_t largest = 0;
    for (size_t k = 0; k < trial->input_count; k++)
        largest = trial->input_units[k] * TRIAL_SAMPLES > largest ? trial->input_units[k] * TRIAL_SAMPLES : largest;
    for (size_t i = 0; i < trial->setup.parameter_count; i++)
        largest = trial->parameter_size[i] > largest ? trial->parameter_size[i] : largest;
    slopes->element = hg_allocate(largest, sizeof *slopes->element);
    bool all = slopes->element;
    for (size_t p = 0; p < SLOPE_POINTS; p++) {
        slopes->value[p] = hg_allocate(TRIAL_SAMPLES * slopes->outputs, sizeof *slopes->value[p]);
        all = all && slopes->value[p];
    }
    return all ? HG_OK : hg_fail(error, HG_NO_MEMORY, "%s: no memory to check its gradients", trial->type->name);
}

void slopes_close(slopes *slopes)
{
    hg_release(slopes->element);
    for (size_t p = 0; p < SLOPE_POINTS; p++)
        hg_release(slopes->value[p]);
}

static void run(const slopes *slopes, double *value)
{
    trial *trial = slopes->trial;
    trial_forward(trial, &PLAIN, NULL);
    for (size_t sample = 0; sample < TRIAL_SAMPLES; sample++) {
        const trial_shard *shard = &trial->shard[sample / HG_LANES];
        const size_t lane = sample % HG_LANES;
        for (size_t u = 0; u < slopes->outputs; u++)
            value[sample * slopes->outputs + u] = trial->is_output ? shard->loss[lane]
                                                                   : (double)shard->output[u * HG_LANES + lane] *
                                                                         (double)shard->slope[u * HG_LANES + lane];
    }
}

/* Adds sample's losses, as moved from the middle one, to loss[], and the squares of
 * the outputs that moved to *square. */
static void add_losses(const slopes *slopes, size_t sample, double loss[SLOPE_POINTS], double *square)
{
    for (size_t i = sample * slopes->outputs; i < (sample + 1) * slopes->outputs; i++) {
        const double middle = slopes->value[SLOPE_MIDDLE][i];
        bool moved = false;
        for (size_t p = 0; p < SLOPE_POINTS; p++) {
            loss[p] += slopes->value[p][i] - middle;
            moved = moved || slopes->value[p][i] != middle;
        }
        *square += moved ? middle * middle : 0;
    }
}

/* Whether the best estimate is now clear. */
static bool improve(slope *best, const double loss[SLOPE_POINTS], double square, double h, double unit)
{
    const double rounding = sizeof(hg_real) == sizeof(float) ? 0x1p-24 : 0x1p-53, size = sqrt(square);
    const double slopes[] = {
        (loss[3] - loss[1]) / (2 * h),
        (loss[4] - loss[0]) / (4 * h),
        (-3 * loss[2] + 4 * loss[3] - loss[4]) / (2 * h),
        (3 * loss[2] - 4 * loss[1] + loss[0]) / (2 * h),
    };
    double low = slopes[0], high = slopes[0];
    for (size_t i = 1; i < HG_COUNT(slopes); i++) {
        low = fmin(low, slopes[i]);
        high = fmax(high, slopes[i]);
    }
    const double doubt = high - low + ROUNDINGS * rounding * size / h;
    if (doubt < best->doubt)
        *best = (slope){ slopes[0], doubt, size / unit };
    return best->doubt <= CLEAR * fabs(best->value);
}

static void forget(slope *elements, size_t count)
{
    for (size_t i = 0; i < count; i++)
        elements[i].doubt = INFINITY;
}

/* L at the five points with a unit of lanes first .. first + count - 1 moved in both shards. */
static void move_unit(slopes *slopes, size_t k, size_t unit, size_t first, size_t count, double h)
{
    trial *trial = slopes->trial;
    hg_real kept[TRIAL_SHARDS][HG_LANES];
    for (size_t s = 0; s < TRIAL_SHARDS; s++)
        memcpy(kept[s], trial->shard[s].start[k] + unit * HG_LANES, sizeof kept[s]);
    for (size_t p = 0; p < SLOPE_POINTS; p++) {
        for (size_t s = 0; s < TRIAL_SHARDS; s++)
            for (size_t lane = first; lane < first + count; lane++)
                trial->shard[s].start[k][unit * HG_LANES + lane] =
                    kept[s][lane] + (hg_real)(((double)p - SLOPE_MIDDLE) * h);
        run(slopes, slopes->value[p]);
    }
    for (size_t s = 0; s < TRIAL_SHARDS; s++)
        memcpy(trial->shard[s].start[k] + unit * HG_LANES, kept[s], sizeof kept[s]);
}

/* Where samples do not know of each other, a unit is moved in all of them at once.
 * Whether all estimates are clear. */
static bool alone(slopes *slopes, size_t k, size_t unit, double h)
{
    bool clear = true;
    move_unit(slopes, k, unit, 0, HG_LANES, h);
    for (size_t sample = 0; sample < TRIAL_SAMPLES; sample++) {
        double loss[SLOPE_POINTS] = { 0 }, square = 0;
        add_losses(slopes, sample, loss, &square);
        clear &= improve(&slopes->element[unit * TRIAL_SAMPLES + sample], loss, square, h, slopes->trial->unit);
    }
    return clear;
}

/* Else in one lane at a time, and the loss is the shard's. */
static bool coupled(slopes *slopes, size_t k, size_t unit, double h)
{
    bool clear = true;
    for (size_t lane = 0; lane < HG_LANES; lane++) {
        move_unit(slopes, k, unit, lane, 1, h);
        for (size_t s = 0; s < TRIAL_SHARDS && lane < slopes->trial->shard[s].count; s++) {
            double loss[SLOPE_POINTS] = { 0 }, square = 0;
            for (size_t other = 0; other < slopes->trial->shard[s].count; other++)
                add_losses(slopes, s * HG_LANES + other, loss, &square);
            clear &= improve(&slopes->element[unit * TRIAL_SAMPLES + s * HG_LANES + lane], loss, square, h,
                             slopes->trial->unit);
        }
    }
    return clear;
}

void slopes_of_input(slopes *slopes, size_t k)
{
    const trial *trial = slopes->trial;
    forget(slopes->element, trial->input_units[k] * TRIAL_SAMPLES);
    for (size_t unit = 0; unit < trial->input_units[k]; unit++) {
        bool clear = false;
        for (size_t step = 0; step < STEPS && !clear; step++)
            clear = (trial->coupled ? coupled : alone)(slopes, k, unit, STEP[step] * trial->unit);
    }
}

void slopes_of_parameter(slopes *slopes, size_t index)
{
    hg_real *value = slopes->trial->parameter[index];
    const size_t count = slopes->trial->parameter_size[index];
    forget(slopes->element, count);
    for (size_t i = 0; i < count; i++) {
        bool clear = false;
        for (size_t step = 0; step < STEPS && !clear; step++) {
            const hg_real kept = value[i];
            double loss[SLOPE_POINTS] = { 0 }, square = 0;
            for (size_t p = 0; p < SLOPE_POINTS; p++) {
                value[i] = kept + (hg_real)(((double)p - SLOPE_MIDDLE) * STEP[step]);
                run(slopes, slopes->value[p]);
            }
            value[i] = kept;
            for (size_t sample = 0; sample < TRIAL_SAMPLES; sample++)
                add_losses(slopes, sample, loss, &square);
            clear = improve(&slopes->element[i], loss, square, STEP[step], 1);
        }
    }
}

double slopes_typical(const slopes *slopes, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += slopes->element[i].value * slopes->element[i].value;
    return sqrt(sum / (double)count);
}
