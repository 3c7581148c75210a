/* What adam and adamw have in common (Kingma & Ba 2015, algorithm 1, in PyTorch's form):
 *
 *     m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
 *     p -= rate / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * They differ in where the decay goes: to g, or straight to p (Loshchilov & Hutter 2019). */
#ifndef HINGE_OPTIM_ADAM_STEP_H
#define HINGE_OPTIM_ADAM_STEP_H

#include <math.h>

#include "src/simd.h"
#include "src/vec.h"

static const double USUAL_RATE = 1e-3, USUAL_BETA1 = 0.9, USUAL_BETA2 = 0.999, USUAL_EPSILON = 1e-8;

/* The options with their defaults filled in. */
typedef struct adam_values {
    double rate, beta1, beta2, epsilon, decay;
} adam_values;

static inline double adam_or(double value, double usual)
{
    return value == 0 ? usual : value;
}

static inline hg_status adam_check(const char *name, const adam_values *values, hg_error *error)
{
    const struct {
        const char *name;
        double value;
    } betas[] = { { "beta1", values->beta1 }, { "beta2", values->beta2 } };
    if (!(values->rate > 0) || isinf(values->rate))
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: learning_rate %g: it must be finite and above 0 (0: %g)", name,
                       values->rate, USUAL_RATE);
    for (size_t i = 0; i < HG_COUNT(betas); i++)
        if (!(betas[i].value > 0 && betas[i].value < 1))
            return hg_fail(error, HG_BAD_ARGUMENT, "%s: %s %g: it lies between 0 and 1, both left out", name,
                           betas[i].name, betas[i].value);
    if (!(values->epsilon > 0) || isinf(values->epsilon))
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: epsilon %g: it must be finite and above 0 (0: %g)", name,
                       values->epsilon, USUAL_EPSILON);
    if (!(values->decay >= 0) || isinf(values->decay))
        return hg_fail(error, HG_BAD_ARGUMENT, "%s: weight_decay %g: it must be finite and not negative", name,
                       values->decay);
    return HG_OK;
}

#ifdef HINGE_DOUBLE
#define SQUARE_ROOT sqrt
#else
#define SQUARE_ROOT sqrtf
#endif

/* The compiler makes one instruction of it, as nobody asks for errno. */
INLINE vec adam_square_root(vec x)
{
    UNROLL_FOR (int i = 0; i < VEC; i++)
        x[i] = SQUARE_ROOT(x[i]);
    return x;
}

/* p -= shrink p, then a step along g + pull p. */
INLINE void adam_step(const hg_optimizer_step *s, const adam_values *values, double shrink_share, double pull_share)
{
    const double t = (double)s->step;
    const hg_real beta1 = (hg_real)values->beta1, rest1 = (hg_real)(1 - values->beta1);
    const hg_real beta2 = (hg_real)values->beta2, rest2 = (hg_real)(1 - values->beta2);
    const hg_real rate = (hg_real)(values->rate * s->rate_factor / (1 - pow(values->beta1, t)));
    const hg_real spread = (hg_real)(1 / sqrt(1 - pow(values->beta2, t))), epsilon = (hg_real)values->epsilon;
    const hg_real shrink = (hg_real)shrink_share, pull = (hg_real)pull_share;
    hg_real *p = s->value, *m = s->state[0], *v = s->state[1];
    for (size_t i = 0; i < s->count; i += VEC) {
        const vec value = vec_load(p + i) - shrink * vec_load(p + i);
        const vec gradient = vec_load(s->gradient + i) + pull * value;
        const vec mean = beta1 * vec_load(m + i) + rest1 * gradient;
        const vec square = beta2 * vec_load(v + i) + rest2 * gradient * gradient;
        vec_store(m + i, mean);
        vec_store(v + i, square);
        vec_store(p + i, value - rate * mean / (spread * adam_square_root(square) + epsilon));
    }
}

#endif
