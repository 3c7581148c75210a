/* adamw: p -= rate decay p, then the step of adam_step.h along the gradient alone. The
 * rate is the one in use, so that a schedule scales the decay with it. */
#include "optim/adam_step.h"

static const double USUAL_DECAY = 1e-2;

static adam_values values_of(const void *options)
{
    const hg_adamw_options *adamw = options;
    return (adam_values){ .rate = adam_or(adamw->learning_rate, USUAL_RATE),
                          .beta1 = adam_or(adamw->beta1, USUAL_BETA1),
                          .beta2 = adam_or(adamw->beta2, USUAL_BETA2),
                          .epsilon = adam_or(adamw->epsilon, USUAL_EPSILON),
                          .decay = adam_or(adamw->weight_decay, USUAL_DECAY) };
}

static hg_status check(const void *options, hg_error *error)
{
    const adam_values values = values_of(options);
    return adam_check("adamw", &values, error);
}

static double learning_rate(const void *options)
{
    return values_of(options).rate;
}

static void step(const hg_optimizer_step *s)
{
    const adam_values values = values_of(s->options);
    adam_step(s, &values, values.rate * s->rate_factor * values.decay * s->decay_factor, 0);
}

static const hg_option options[] = {
    HG_REAL(hg_adamw_options, learning_rate), HG_REAL(hg_adamw_options, beta1),        HG_REAL(hg_adamw_options, beta2),
    HG_REAL(hg_adamw_options, epsilon),       HG_REAL(hg_adamw_options, weight_decay),
};

const hg_optimizer_type BUILT(hg_adamw_type) = {
    .name = "adamw",
    .options_size = sizeof(hg_adamw_options),
    .states = 2,
    .check = check,
    .learning_rate = learning_rate,
    .step = step,
    .options = options,
    .option_count = HG_COUNT(options),
};
