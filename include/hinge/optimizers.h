/* How parameters step down their gradients. An optimizer is data, like a layer:
 * hg_sgd(0.01, .momentum = 0.9). */
#ifndef HINGE_OPTIMIZERS_H
#define HINGE_OPTIMIZERS_H

#include <hinge/layer.h>

HG_BEGIN_DECLARATIONS

typedef struct hg_optimizer_type hg_optimizer_type;

/* The pointers need to live only as long as the call that takes the optimizer. */
typedef struct hg_optimizer {
    const hg_optimizer_type *type; /* NULL where an optimizer is optional */
    const void *options;
} hg_optimizer;

#define HG_OPTIMIZER(type_symbol, options_type, ...) \
    HG_WITH_OPTIONS(hg_optimizer, type_symbol, options_type, __VA_ARGS__)

enum { HG_MAX_OPTIMIZER_STATES = 2 };

/* One run of neighbouring numbers of one parameter tensor. */
typedef struct hg_optimizer_step {
    const void *options;
    uint64_t step; /* counts from 1 */
    size_t count;
    hg_real *value;                          /* updated */
    const hg_real *gradient;                 /* of the mean loss */
    hg_real *state[HG_MAX_OPTIMIZER_STATES]; /* updated; zero before the first step */
    double rate_factor;                      /* times the learning rate: the parameter's and the schedule's */
    double decay_factor;                     /* of the parameter */
} hg_optimizer_step;

struct hg_optimizer_type {
    const char *name; /* "sgd" */
    size_t options_size;
    size_t states; /* numbers kept per parameter */
    hg_status (*check)(const void *options, hg_error *error);
    double (*learning_rate)(const void *options);
    void (*step)(const hg_optimizer_step *step);
    /* option_count of them: what a checkpoint compares, so that a training goes on with the same ones */
    const hg_option *options;
    size_t option_count;
};

/* ---- sgd: g += decay p;  v = momentum v + g;  p -= rate v
 * (with nesterov: p -= rate (g + momentum v)), PyTorch's meaning of each:
 * Sutskever et al. 2013, with the rate outside the velocity. ---- */
typedef struct hg_sgd_options {
    size_t size;
    double learning_rate; /* > 0 */
    double momentum;      /* in [0, 1) */
    double weight_decay;  /* >= 0 */
    bool nesterov;        /* wants momentum > 0 */
} hg_sgd_options;
HG_API extern const hg_optimizer_type hg_sgd_type;
#define hg_sgd(...) HG_OPTIMIZER(hg_sgd_type, hg_sgd_options, __VA_ARGS__)

/* ---- adam: g += decay p;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
 * p -= rate / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon), PyTorch's meaning
 * of each: Kingma & Ba 2015, algorithm 1. ---- */
typedef struct hg_adam_options {
    size_t size;
    double learning_rate; /* 0: 1e-3 */
    double beta1, beta2;  /* in (0, 1); 0: 0.9 and 0.999 */
    double epsilon;       /* > 0; 0: 1e-8 */
    double weight_decay;  /* >= 0 */
} hg_adam_options;
HG_API extern const hg_optimizer_type hg_adam_type;
#define hg_adam(...) HG_OPTIMIZER(hg_adam_type, hg_adam_options, __VA_ARGS__)

/* ---- adamw: p -= rate decay p, then as adam without decay: Loshchilov & Hutter 2019,
 * "Decoupled weight decay regularization", in PyTorch's form. Without any decay it
 * is the same as hg_adam, which is how to say so. ---- */
typedef struct hg_adamw_options {
    size_t size;
    double learning_rate; /* 0: 1e-3 */
    double beta1, beta2;  /* in (0, 1); 0: 0.9 and 0.999 */
    double epsilon;       /* > 0; 0: 1e-8 */
    double weight_decay;  /* > 0; 0: 1e-2 */
} hg_adamw_options;
HG_API extern const hg_optimizer_type hg_adamw_type;
#define hg_adamw(...) HG_OPTIMIZER(hg_adamw_type, hg_adamw_options, __VA_ARGS__)

/* ---- schedules: the learning rate over a training, as a factor of the optimizer's.
 * After a warm-up in which it grows linearly from 0 to 1, with e the epochs since then
 * and E those from there to the end:
 *
 *     hg_constant()               1
 *     hg_stepwise(0.1, .every=3)  factor^floor(e / every); left out: 0.1 and E / 3
 *     hg_exponential(0.9)         factor^e; left out: 0.9
 *     hg_cosine(0.01)             factor + (1 - factor) (1 + cos(pi e / E)) / 2, ending
 *                                 at factor; left out: 0 (Loshchilov & Hutter 2017)
 *
 * Epochs may be fractions: .warmup = 0.5 ends in the middle of the first one. ---- */
typedef enum hg_schedule_kind {
    HG_SCHEDULE_CONSTANT,
    HG_SCHEDULE_STEPWISE,
    HG_SCHEDULE_EXPONENTIAL,
    HG_SCHEDULE_COSINE
} hg_schedule_kind;

typedef struct hg_schedule {
    hg_schedule_kind kind;
    double factor; /* > 0, of cosine in [0, 1] */
    double every;  /* stepwise: epochs, > 0 */
    double warmup; /* epochs, >= 0 */
} hg_schedule;
#define hg_constant(...) HG_OF_KIND(hg_schedule, HG_SCHEDULE_CONSTANT, __VA_ARGS__)
#define hg_stepwise(...) HG_OF_KIND(hg_schedule, HG_SCHEDULE_STEPWISE, __VA_ARGS__)
#define hg_exponential(...) HG_OF_KIND(hg_schedule, HG_SCHEDULE_EXPONENTIAL, __VA_ARGS__)
#define hg_cosine(...) HG_OF_KIND(hg_schedule, HG_SCHEDULE_COSINE, __VA_ARGS__)

/* HG_BAD_ARGUMENT if a training of so many epochs cannot follow the schedule. */
HG_API hg_status hg_schedule_check(hg_schedule schedule, double epochs, hg_error *error);

/* The factor at a place in the training, both in epochs; behind the end, that of the
 * end. A loop of one's own gives the optimizer its rate:
 *
 *     hg_network_step(net, hg_sgd(0.05 * hg_schedule_factor(hg_cosine(.warmup = 1), place, 10)), &error);
 *
 * hg_network_train asks for the middle of each step: place = (steps before + 1/2) / steps of
 * an epoch, so that a warm-up does not begin nor a cosine end with a step of rate 0. */
HG_API double hg_schedule_factor(hg_schedule schedule, double place, double epochs);

HG_END_DECLARATIONS

#endif
