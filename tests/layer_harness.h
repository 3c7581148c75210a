/* Runs one layer, as the network would, on plain arrays in double.
 *
 *     layer_harness h;
 *     layer_harness_open(&h, &(layer_harness_options){ .type = ..., ... });
 *     ... fill in h.input, h.parameter, h.output_gradient ...
 *     layer_harness_forward(&h);      -> h.output, h.active
 *     layer_harness_backward(&h);     -> h.input_gradient, h.parameter_gradient
 *     layer_harness_close(&h);
 *
 * Around that it keeps the contract of hinge/layer.h strictly: what a layer must
 * overwrite, and what it may not rely on, is NaN beforehand; a row of NaN behind each
 * buffer finds reads past the end; lanes without a sample hold large numbers. */
#ifndef TESTS_LAYER_HARNESS_H
#define TESTS_LAYER_HARNESS_H

#include <hinge/layers.h>

#include "reference.h"

typedef struct layer_harness_options {
    const hg_layer_type *type;
    const void *options;
    size_t samples, input_count;
    hg_shape input_shape[HG_MAX_INPUTS];
    hg_pool_order pool;
    bool pool_key_shared;
    bool in_place;               /* output in the input's memory, where the type allows it */
    bool in_place_gradient;      /* likewise the input gradient in the output gradient's */
    bool unasked[HG_MAX_INPUTS]; /* inputs whose gradient nobody asks for */
    bool evaluating;             /* not training */
    double gradient_start;       /* what the parameter gradients hold before backward */
    double gradient_scale;       /* output layers; 0: 1 */
    const char *name, *level;    /* for messages */
} layer_harness_options;

typedef struct layer_harness_shard layer_harness_shard;
typedef struct layer_harness_common layer_harness_common;

typedef struct layer_harness {
    layer_harness_options options;
    hg_layer_setup setup;
    size_t input_units[HG_MAX_INPUTS], output_units; /* of an output layer 1: the loss */
    size_t parameter_size[HG_MAX_PARAMETERS];
    bool is_output;

    /* to fill in, all zero at first */
    double *input[HG_MAX_INPUTS]; /* [samples][units] */
    double *parameter[HG_MAX_PARAMETERS];
    double *output_gradient; /* [samples][units]; not used by output layers */
    double *pool_key;        /* [channels] */
    int *label;              /* [samples] */
    uint64_t seed;           /* of noise; with epoch, layer and samples, not zero at first */
    uint32_t epoch, layer;
    uint32_t *sample; /* [samples] */

    /* results */
    double *output; /* [samples][units], or the losses, [samples] */
    double *input_gradient[HG_MAX_INPUTS];
    double *parameter_gradient[HG_MAX_PARAMETERS]; /* gradient_start included; zeros if frozen */
    unsigned char *active;                         /* [channels]; forward adds to it */

    size_t shards;
    layer_harness_shard *shard; /* [shards] */
    layer_harness_common *common;
} layer_harness;

void layer_harness_open(layer_harness *harness, const layer_harness_options *options);
void layer_harness_forward(layer_harness *harness);
void layer_harness_backward(layer_harness *harness); /* after forward */
void layer_harness_close(layer_harness *harness);

/* The same input, parameters and so on given to the reference, whose output goes to `output`. */
reference_pass layer_harness_reference(const layer_harness *harness, double *output);

#endif
