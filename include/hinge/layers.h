/* The layers. Each has an options struct and a macro that makes a line of a
 * network of it: hg_conv2d(5, 20, .stride = 2). The first fields may be given by
 * position; a field that is left out is zero, and zero means the default.
 * Any layer takes .name = "..." and .inputs = {"...", "..."}. */
#ifndef HINGE_LAYERS_H
#define HINGE_LAYERS_H

#include <hinge/layer.h>

#define HG_LAYER(type_symbol, options_type, ...)           \
    (hg_layer)                                             \
    {                                                      \
        .type = &(type_symbol), .options = &(options_type) \
        {                                                  \
            .size = sizeof(options_type), __VA_ARGS__      \
        }                                                  \
    }

/* ---- image_input: x = (pixel - mean) / deviation, pixels in [0, 1] ----
 * Mean and deviation are images, computed from the training set when training
 * starts and kept with the model: parameters "mean" and "deviation". */
typedef enum hg_normalization {
    HG_ZEROCENTER, /* subtracts the mean image; deviation 1 */
    HG_ZSCORE,     /* and divides by each pixel's deviation (by 1 where it is 0) */
    HG_NO_NORMALIZATION
} hg_normalization;

typedef struct hg_image_input_options {
    HG_OPTIONS_BEGIN;
    int height, width; /* pixels */
    int channels;      /* 0: 1 */
    hg_normalization normalization;
    HG_OPTIONS_END;
} hg_image_input_options;
HG_API extern const hg_layer_type hg_image_input_type;
#define hg_image_input(...) HG_LAYER(hg_image_input_type, hg_image_input_options, __VA_ARGS__)

/* ---- conv2d: y[f, r, c] = bias[f] + sum over channel, i, j of weight[f, channel, i, j]
 *                                     x[channel, r stride + i - padding, c stride + j - padding] ---- */
typedef struct hg_conv2d_options {
    HG_OPTIONS_BEGIN;
    int filter_size; /* pixels, both ways */
    int filters;
    int stride;                      /* 0: 1 */
    int padding;                     /* zeros on each side; less than the filter */
    bool same;                       /* as much padding as keeps height and width (stride 1, odd filters) */
    int filter_height, filter_width; /* 0: filter_size */
    bool no_bias;
    hg_start start;     /* of the weights; the bias starts at 0 */
    double start_value; /* with HG_CONSTANT */
    HG_OPTIONS_END;
} hg_conv2d_options;
HG_API extern const hg_layer_type hg_conv2d_type;
#define hg_conv2d(...) HG_LAYER(hg_conv2d_type, hg_conv2d_options, __VA_ARGS__)

/* ---- max_pool2d: the largest number of each window; of equal ones the first in
 * row order gets the gradient. Padding counts as minus infinity. ---- */
typedef struct hg_max_pool2d_options {
    HG_OPTIONS_BEGIN;
    int window;  /* pixels, both ways */
    int stride;  /* 0: the window */
    int padding; /* on each side; at most half the window */
    HG_OPTIONS_END;
} hg_max_pool2d_options;
HG_API extern const hg_layer_type hg_max_pool2d_type;
#define hg_max_pool2d(...) HG_LAYER(hg_max_pool2d_type, hg_max_pool2d_options, __VA_ARGS__)

/* ---- fully_connected: y[o] = bias[o] + sum over i of weight[o, i] x[i],
 * i running over channel, row, column ---- */
typedef struct hg_fully_connected_options {
    HG_OPTIONS_BEGIN;
    int units;
    bool no_bias;
    hg_start start;
    double start_value;
    HG_OPTIONS_END;
} hg_fully_connected_options;
HG_API extern const hg_layer_type hg_fully_connected_type;
#define hg_fully_connected(...) HG_LAYER(hg_fully_connected_type, hg_fully_connected_options, __VA_ARGS__)

/* ---- relu: y = max(x, 0) ---- */
typedef struct hg_relu_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} hg_relu_options;
HG_API extern const hg_layer_type hg_relu_type;
#define hg_relu(...) HG_LAYER(hg_relu_type, hg_relu_options, __VA_ARGS__)

/* ---- leaky_relu: y = x above 0, slope x below ---- */
typedef struct hg_leaky_relu_options {
    HG_OPTIONS_BEGIN;
    double slope; /* 0: 0.1; in (0, 1] */
    HG_OPTIONS_END;
} hg_leaky_relu_options;
HG_API extern const hg_layer_type hg_leaky_relu_type;
#define hg_leaky_relu(...) HG_LAYER(hg_leaky_relu_type, hg_leaky_relu_options, __VA_ARGS__)

/* ---- threshold_relu: a ReLU whose threshold t is learned ----
 * One t a channel (a unit, behind fully_connected), or one a layer. */
typedef enum hg_threshold_form {
    HG_SLOPE,   /* y = max(t x, x);         starts at 0, bounds [0, 1]; at t = 1, t learns from x < 0 only */
    HG_FLOOR,   /* y = max(x, t);           starts at 0, no bounds */
    HG_CEILING, /* y = min(max(x, 0), t);   starts at 6, bounds [0.001, inf) */
    HG_SHIFT,   /* y = max(x - t, 0);       starts at 0, no bounds */
    HG_GATE     /* y = x where x > t else 0; starts at 0.1, bounds [0, inf) */
} hg_threshold_form;

typedef struct hg_threshold_relu_options {
    HG_OPTIONS_BEGIN;
    hg_threshold_form form;
    double threshold;    /* where t starts; 0: the form's own start */
    bool shared;         /* one t for the layer */
    bool unbounded;      /* no projection after a step */
    double lower, upper; /* bounds instead of the form's own; both 0: the form's own */
    double rate_factor;  /* times the learning rate; 0: 1 */
    double decay_factor; /* times the weight decay; 0: none, but 1 for HG_CEILING */
    double gate_width;   /* HG_GATE: width of the window around t in which t learns; 0: 0.1 */
    HG_OPTIONS_END;
} hg_threshold_relu_options;
HG_API extern const hg_layer_type hg_threshold_relu_type;
#define hg_threshold_relu(...) HG_LAYER(hg_threshold_relu_type, hg_threshold_relu_options, __VA_ARGS__)

/* ---- softmax: y[k] = exp(x[k]) / sum over j of exp(x[j]), over all units ---- */
typedef struct hg_softmax_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} hg_softmax_options;
HG_API extern const hg_layer_type hg_softmax_type;
#define hg_softmax(...) HG_LAYER(hg_softmax_type, hg_softmax_options, __VA_ARGS__)

/* ---- classification: loss = -log(x[label]); the output layer ----
 * Directly behind softmax the two are computed as one, from the logarithm of the
 * sum, so that nothing overflows. */
typedef struct hg_classification_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} hg_classification_options;
HG_API extern const hg_layer_type hg_classification_type;
#define hg_classification(...) HG_LAYER(hg_classification_type, hg_classification_options, __VA_ARGS__)

/* ---- add: y = the sum of two or more inputs of one shape ---- */
typedef struct hg_add_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} hg_add_options;
HG_API extern const hg_layer_type hg_add_type;
#define hg_add(...) HG_LAYER(hg_add_type, hg_add_options, __VA_ARGS__)

/* ---- concat: the inputs' channels one after the other; height and width agree ---- */
typedef struct hg_concat_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} hg_concat_options;
HG_API extern const hg_layer_type hg_concat_type;
#define hg_concat(...) HG_LAYER(hg_concat_type, hg_concat_options, __VA_ARGS__)

#endif
