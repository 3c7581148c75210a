/* sgd: g += decay p;  v = momentum v + g;  p -= rate v, or with Nesterov
 * p -= rate (g + momentum v). PyTorch's form: the rate stands outside the velocity. */
#include <math.h>

#include "src/simd.h"
#include "src/vec.h"

static hg_status check(const void *options, hg_error *error)
{
    const hg_sgd_options *sgd = options;
    if (!(sgd->learning_rate > 0) || isinf(sgd->learning_rate))
        return hg_fail(error, HG_BAD_ARGUMENT, "sgd: learning_rate %g: it must be finite and above 0",
                       sgd->learning_rate);
    if (!(sgd->momentum >= 0 && sgd->momentum < 1))
        return hg_fail(error, HG_BAD_ARGUMENT, "sgd: momentum %g: it lies in [0, 1)", sgd->momentum);
    if (!(sgd->weight_decay >= 0) || isinf(sgd->weight_decay))
        return hg_fail(error, HG_BAD_ARGUMENT, "sgd: weight_decay %g: it must be finite and not negative",
                       sgd->weight_decay);
    if (sgd->nesterov && sgd->momentum == 0)
        return hg_fail(error, HG_BAD_ARGUMENT, "sgd: nesterov needs a momentum above 0");
    return HG_OK;
}

static double learning_rate(const void *options)
{
    return ((const hg_sgd_options *)options)->learning_rate;
}

static void step(const hg_optimizer_step *s)
{
    const hg_sgd_options *sgd = s->options;
    const hg_real rate = (hg_real)(sgd->learning_rate * s->rate_factor);
    const hg_real decay = (hg_real)(sgd->weight_decay * s->decay_factor);
    const hg_real momentum = (hg_real)sgd->momentum;
    hg_real *p = s->value, *v = s->state[0];
    for (size_t i = 0; i < s->count; i += VEC) {
        const vec value = vec_load(p + i);
        const vec gradient = vec_load(s->gradient + i) + decay * value;
        const vec velocity = momentum * vec_load(v + i) + gradient;
        vec direction = velocity;
        if (sgd->nesterov)
            direction = gradient + momentum * velocity;
        vec_store(v + i, velocity);
        vec_store(p + i, value - rate * direction);
    }
}

static const hg_option options[] = {
    HG_REAL(hg_sgd_options, learning_rate),
    HG_REAL(hg_sgd_options, momentum),
    HG_REAL(hg_sgd_options, weight_decay),
    HG_BOOL(hg_sgd_options, nesterov),
};

const hg_optimizer_type BUILT(hg_sgd_type) = {
    .name = "sgd",
    .options_size = sizeof(hg_sgd_options),
    .states = 1,
    .check = check,
    .learning_rate = learning_rate,
    .step = step,
    .options = options,
    .option_count = HG_COUNT(options),
};
