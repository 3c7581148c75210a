/* adam: g += decay p, then the step of adam_step.h along g. */
#include "optim/adam_step.h"

static adam_values values_of(const void *options)
{
    const hg_adam_options *adam = options;
    return (adam_values){ .rate = adam_or(adam->learning_rate, USUAL_RATE),
                          .beta1 = adam_or(adam->beta1, USUAL_BETA1),
                          .beta2 = adam_or(adam->beta2, USUAL_BETA2),
                          .epsilon = adam_or(adam->epsilon, USUAL_EPSILON),
                          .decay = adam->weight_decay };
}

static hg_status check(const void *options, hg_error *error)
{
    const adam_values values = values_of(options);
    return adam_check("adam", &values, error);
}

static double learning_rate(const void *options)
{
    return values_of(options).rate;
}

static void step(const hg_optimizer_step *s)
{
    const adam_values values = values_of(s->options);
    adam_step(s, &values, 0, values.decay * s->decay_factor);
}

static const hg_option options[] = {
    HG_REAL(hg_adam_options, learning_rate), HG_REAL(hg_adam_options, beta1),        HG_REAL(hg_adam_options, beta2),
    HG_REAL(hg_adam_options, epsilon),       HG_REAL(hg_adam_options, weight_decay),
};

const hg_optimizer_type BUILT(hg_adam_type) = {
    .name = "adam",
    .options_size = sizeof(hg_adam_options),
    .states = 2,
    .check = check,
    .learning_rate = learning_rate,
    .step = step,
    .options = options,
    .option_count = HG_COUNT(options),
};
