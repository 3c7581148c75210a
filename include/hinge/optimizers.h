/* How parameters step down their gradients. An optimizer is data, like a layer:
 * hg_sgd(0.01, .momentum = 0.9). */
#ifndef HINGE_OPTIMIZERS_H
#define HINGE_OPTIMIZERS_H

#include <hinge/tensor.h>

typedef struct hg_optimizer_type hg_optimizer_type;

/* The pointers need to live only as long as the call that takes the optimizer. */
typedef struct hg_optimizer {
    const hg_optimizer_type *type; /* NULL where an optimizer is optional */
    const void *options;
} hg_optimizer;

enum { HG_MAX_OPTIMIZER_STATES = 2 };

/* One run of neighbouring numbers of one parameter tensor. */
typedef struct hg_optimizer_step {
    const void *options;
    uint64_t step; /* counts from 1 */
    size_t count;
    hg_real *value;                          /* updated */
    const hg_real *gradient;                 /* of the mean loss */
    hg_real *state[HG_MAX_OPTIMIZER_STATES]; /* updated; zero before the first step */
    double rate_factor, decay_factor;        /* of the parameter */
} hg_optimizer_step;

struct hg_optimizer_type {
    const char *name; /* "sgd" */
    size_t options_size;
    size_t states; /* numbers kept per parameter */
    hg_status (*check)(const void *options, hg_error *error);
    double (*learning_rate)(const void *options);
    void (*step)(const hg_optimizer_step *step);
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
#define hg_sgd(...)                                        \
    (hg_optimizer)                                         \
    {                                                      \
        .type = &hg_sgd_type, .options = &(hg_sgd_options) \
        {                                                  \
            .size = sizeof(hg_sgd_options), __VA_ARGS__    \
        }                                                  \
    }

#endif
