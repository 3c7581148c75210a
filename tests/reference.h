/* What each layer has to compute, as naively as it can be said: plain loops in
 * double over [sample][channel][row][column], sharing nothing with the layers. */
#ifndef TESTS_REFERENCE_H
#define TESTS_REFERENCE_H

#include <hinge/layers.h>

typedef struct reference_pass {
    const void *options;
    size_t samples, input_count;
    bool training;
    hg_shape input_shape[HG_MAX_INPUTS], output_shape;
    const double *input[HG_MAX_INPUTS];         /* [samples][units] */
    const double *parameter[HG_MAX_PARAMETERS]; /* in the order the layer declares them */
    hg_pool_order pool;                         /* conv2d */
    const double *pool_key;                     /* [channels], or [1] if shared */
    bool pool_key_shared;
    const int *label; /* [samples] */
    bool evaluating;  /* not training */
    uint64_t seed;    /* of noise, with epoch and layer */
    uint32_t epoch, layer;
    const uint32_t *sample; /* [samples]: what the data set calls them */
    double *output;         /* [samples][units]; of an output layer the losses, [samples] */
    unsigned char *active;  /* activations: [channels]; NULL: not asked for */
} reference_pass;

typedef void reference_forward(const reference_pass *pass);

size_t reference_units(hg_shape shape);

reference_forward reference_image_input, reference_conv2d, reference_max_pool2d, reference_fully_connected,
    reference_relu, reference_leaky_relu, reference_threshold_relu, reference_elu, reference_softsign,
    reference_relu_softsign, reference_noisy_relu, reference_tanh, reference_sigmoid, reference_gelu, reference_dropout,
    reference_softmax, reference_classification, reference_add, reference_concat, reference_average_pool2d,
    reference_global_average_pool2d, reference_local_response_normalization, reference_batch_normalization;

#endif
