/* Learning-rate schedules: see include/hinge/optimizers.h. */
#include <math.h>

#include <hinge/layer.h>
#include <hinge/optimizers.h>

static const double PI = 3.141592653589793, USUAL_STEP = 0.1, USUAL_DECAY = 0.9, USUAL_STEPS = 3;

static const char *const names[] = { "constant", "stepwise", "exponential", "cosine" };

static bool finite_above_0(double x)
{
    return x > 0 && isfinite(x);
}

hg_status hg_schedule_check(hg_schedule schedule, double epochs, hg_error *error)
{
    const hg_schedule_kind kind = schedule.kind;
    if ((size_t)kind >= HG_COUNT(names))
        return hg_fail(error, HG_BAD_ARGUMENT, "schedule: there is no kind %d; use hg_cosine() and its like",
                       (int)kind);
    const char *name = names[kind];
    if (!(schedule.warmup >= 0) || !(schedule.warmup <= epochs))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "schedule %s: a warm-up of %g epochs; with %g epochs of training it lasts 0 to %g", name,
                       schedule.warmup, epochs, epochs);
    if (kind == HG_SCHEDULE_COSINE && !(schedule.factor >= 0 && schedule.factor <= 1))
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "schedule cosine: factor %g: the share of the rate at the end lies in [0, 1]", schedule.factor);
    if (kind != HG_SCHEDULE_COSINE && schedule.factor != 0 && !finite_above_0(schedule.factor))
        return hg_fail(error, HG_BAD_ARGUMENT, "schedule %s: factor %g: it must be finite and above 0", name,
                       schedule.factor);
    if (kind == HG_SCHEDULE_CONSTANT && schedule.factor != 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "schedule constant: factor %g: it has none; change the learning rate",
                       schedule.factor);
    if (kind != HG_SCHEDULE_STEPWISE && schedule.every != 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "schedule %s: every %g epochs: only hg_stepwise takes .every", name,
                       schedule.every);
    if (schedule.every != 0 && !finite_above_0(schedule.every))
        return hg_fail(error, HG_BAD_ARGUMENT, "schedule stepwise: every %g epochs: it must be finite and above 0",
                       schedule.every);
    return HG_OK;
}

double hg_schedule_factor(hg_schedule schedule, double place, double epochs)
{
    if (place < schedule.warmup)
        return place / schedule.warmup;
    const double length = epochs - schedule.warmup, e = fmin(place, epochs) - schedule.warmup;
    if (length <= 0)
        return 1;
    switch (schedule.kind) {
    case HG_SCHEDULE_CONSTANT:
        break;
    case HG_SCHEDULE_STEPWISE:
        return pow(schedule.factor == 0 ? USUAL_STEP : schedule.factor,
                   floor(e / (schedule.every == 0 ? length / USUAL_STEPS : schedule.every)));
    case HG_SCHEDULE_EXPONENTIAL:
        return pow(schedule.factor == 0 ? USUAL_DECAY : schedule.factor, e);
    case HG_SCHEDULE_COSINE:
        return schedule.factor + (1 - schedule.factor) * (1 + cos(PI * e / length)) / 2;
    }
    return 1;
}
