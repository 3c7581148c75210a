/* The document's network made of oneDNN's primitives: convolution with ReLU, max
 * pooling, fully connected, softmax and cross-entropy, SGD with momentum. Where two
 * primitives want different layouts the numbers are reordered. */
#ifndef ONEDNN_NETWORK_H
#define ONEDNN_NETWORK_H

#include <stdbool.h>

#include "program.h"

enum {
    SIDE = 28, /* pixels, both ways */
    PIXELS = SIDE * SIDE,
    FILTERS = 20,
    FILTER = 5,
    MAP = SIDE - FILTER + 1,
    POOLED = MAP / 2,
    CLASSES = 10,
};

/* What can be done in several ways. */
typedef struct settings {
    int samples;              /* of a micro-batch */
    dnnl_format_tag_t layout; /* of images and maps; dnnl_format_tag_any: as the primitives like it */
    int pooling;              /* which implementation */
    int pooling_backward;     /* which implementation, or POOLING_BY_COMPARISON */
} settings;

enum { POOLING_BY_COMPARISON = -1 };

/* A tensor that is trained, in the layout of its forward primitive. */
typedef struct parameter {
    dnnl_memory_t value, gradient; /* gradient: of the last micro-batch */
    float *sum, *velocity;         /* [count] */
    size_t count;
} parameter;

enum { CONVOLUTION_WEIGHT, CONVOLUTION_BIAS, CONNECTED_WEIGHT, CONNECTED_BIAS, PARAMETERS };

typedef struct network {
    settings settings;
    workshop workshop;
    dnnl_memory_t images, map, pooled, winners, logits, probabilities, logit_gradient;
    dnnl_primitive_desc_t convolution, pooling, connected; /* forward: hints for the backward ones */
    parameter parameters[PARAMETERS];
    program forward, backward;
} network;

/* Parameters start from a fixed seed. False, and nothing to close, if a setting asks
 * for an implementation that does not exist. */
bool network_open(network *network, const settings *settings);
void network_close(network *network);

/* One step over `count` samples, a multiple of the micro-batch: images [count][28][28]
 * and their classes. Returns the mean loss before the step. */
double network_train(network *network, float *images, const int *labels, int count, float learning_rate);

/* ---- its parts; false: an implementation does not exist ---- */

bool forward_build(network *network);
bool backward_build(network *network);

bool pooling_forward(network *network);
/* Returns the gradient of the map from that of what was pooled; NULL: does not exist. */
dnnl_memory_t pooling_backward(network *network, dnnl_memory_t gradient);

/* A tensor of zeros, or uniform in +- bound, in the layout that its primitive chose. */
parameter parameter_create(workshop *workshop, const dnnl_memory_desc_t *layout, double bound);
void parameter_destroy(parameter *parameter);

#endif
