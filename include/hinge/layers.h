/* The layers. Each has an options struct and a macro that makes a line of a
 * network of it: hg_conv2d(5, 20, .stride = 2). The first fields may be given by
 * position; a field that is left out is zero, and zero means the default.
 * Any layer takes .name = "..." and .inputs = {"...", "..."}. */
#ifndef HINGE_LAYERS_H
#define HINGE_LAYERS_H

#include <hinge/layer.h>

HG_BEGIN_DECLARATIONS

#define HG_LAYER(type_symbol, options_type, ...) HG_WITH_OPTIONS(hg_layer, type_symbol, options_type, __VA_ARGS__)

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

/* ---- average_pool2d: the mean of each window (PyTorch's AvgPool2d) ---- */
typedef struct hg_average_pool2d_options {
    HG_OPTIONS_BEGIN;
    int window;           /* pixels, both ways */
    int stride;           /* 0: the window */
    int padding;          /* zeros on each side; at most half the window */
    bool exclude_padding; /* divide by the window's pixels inside the image, not by all of them */
    HG_OPTIONS_END;
} hg_average_pool2d_options;
HG_API extern const hg_layer_type hg_average_pool2d_type;
#define hg_average_pool2d(...) HG_LAYER(hg_average_pool2d_type, hg_average_pool2d_options, __VA_ARGS__)

/* ---- global_average_pool2d: the mean of each channel; the output is 1 x 1 x channels
 * (Lin, Chen & Yan 2013, "Network in network") ---- */
typedef struct hg_global_average_pool2d_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} hg_global_average_pool2d_options;
HG_API extern const hg_layer_type hg_global_average_pool2d_type;
#define hg_global_average_pool2d(...) \
    HG_LAYER(hg_global_average_pool2d_type, hg_global_average_pool2d_options, __VA_ARGS__)

/* ---- local_response_normalization: y[c] = x[c] / (k + alpha / window * sum of x[j]^2)^beta,
 * j running over the `window` channels around c: from c - window / 2 to c + (window - 1) / 2,
 * those outside the input counting as 0 (Krizhevsky et al. 2012, section 3.3, where alpha is
 * not divided; PyTorch's LocalResponseNorm). The paper's numbers: (5, 5e-4, 0.75, 2). ---- */
typedef struct hg_local_response_normalization_options {
    HG_OPTIONS_BEGIN;
    int window;   /* channels, PyTorch's size; at least 1 */
    double alpha; /* > 0; 0: 1e-4 */
    double beta;  /* > 0; 0: 0.75. Fastest are 0.5, 0.75 and 1 */
    double k;     /* > 0; 0: 1 */
    HG_OPTIONS_END;
} hg_local_response_normalization_options;
HG_API extern const hg_layer_type hg_local_response_normalization_type;
#define hg_local_response_normalization(...) \
    HG_LAYER(hg_local_response_normalization_type, hg_local_response_normalization_options, __VA_ARGS__)

/* ---- batch_normalization: y = weight (x - mean) / sqrt(variance + epsilon) + bias, per channel
 * (Ioffe & Szegedy 2015; PyTorch's BatchNorm) ----
 * In training, mean and variance are those of the shard: of each HG_LANES samples of the
 * batch in their order, the last shard having what is left (ghost batch normalization:
 * Hoffer, Hubara & Soudry 2017, "Train longer, generalize better"). A batch that is a
 * multiple of 16 has no small shard. Parameters "running_mean" and "running_var" follow
 * the means over a batch's samples of the shards' means and unbiased variances; they are
 * what evaluation, prediction and a shard with a single number a channel (one sample of
 * a 1 x 1 map, which has no variance and changes no running statistic) are normalized by. */
typedef struct hg_batch_normalization_options {
    HG_OPTIONS_BEGIN;
    double epsilon;  /* > 0; 0: 1e-5 */
    double momentum; /* of the running statistics, in (0, 1], 1: the last batch's; 0: 0.1 */
    bool no_affine;  /* weight is 1 and bias 0, neither learned */
    HG_OPTIONS_END;
} hg_batch_normalization_options;
HG_API extern const hg_layer_type hg_batch_normalization_type;
#define hg_batch_normalization(...) HG_LAYER(hg_batch_normalization_type, hg_batch_normalization_options, __VA_ARGS__)

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

/* ---- elu: y = x above 0, alpha (exp(x) - 1) below (Clevert et al. 2015) ----
 * A unit of this and of relu_softsign, softsign, tanh, sigmoid and gelu counts as active
 * where x > 0. Some gradient passes elsewhere too: read "dead" as "never positive", which
 * for softsign, tanh and sigmoid is no fault as long as they do not saturate. */
typedef struct hg_elu_options {
    HG_OPTIONS_BEGIN;
    double alpha; /* above 0; 0: 1 */
    HG_OPTIONS_END;
} hg_elu_options;
HG_API extern const hg_layer_type hg_elu_type;
#define hg_elu(...) HG_LAYER(hg_elu_type, hg_elu_options, __VA_ARGS__)

/* ---- softsign: y = x / (1 + |x|) (Bergstra et al. 2009) ---- */
typedef struct hg_softsign_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} hg_softsign_options;
HG_API extern const hg_layer_type hg_softsign_type;
#define hg_softsign(...) HG_LAYER(hg_softsign_type, hg_softsign_options, __VA_ARGS__)

/* ---- relu_softsign: y = x above 0, a x / (1 + |x|) below (Lin & Shen 2018,
 * doi 10.1016/j.procs.2018.04.239). At a = 1 its derivative has no jump. ---- */
typedef struct hg_relu_softsign_options {
    HG_OPTIONS_BEGIN;
    double slope;        /* a, or where it starts; above 0; 0: 1 */
    bool learn_slope;    /* one a for each channel, the parameter "slope", kept >= 0 */
    double rate_factor;  /* times the learning rate; 0: 1 */
    double decay_factor; /* times the weight decay; 0: none */
    HG_OPTIONS_END;
} hg_relu_softsign_options;
HG_API extern const hg_layer_type hg_relu_softsign_type;
#define hg_relu_softsign(...) HG_LAYER(hg_relu_softsign_type, hg_relu_softsign_options, __VA_ARGS__)

/* ---- noisy_relu: y = max(x + n, 0) while training, n normal of mean 0, drawn anew for each
 * number, and max(x, 0) otherwise (Nair & Hinton 2010). A unit is active where x + n > 0,
 * otherwise where x > 0. So much noise wants small steps: examples/mnist --activation
 * noisy-relu learns with --lr 0.01, not with its usual 0.05. ---- */
typedef struct hg_noisy_relu_options {
    HG_OPTIONS_BEGIN;
    double deviation; /* of n, above 0; 0: sqrt(sigmoid(x)), as in the paper; the gradient knows of it */
    HG_OPTIONS_END;
} hg_noisy_relu_options;
HG_API extern const hg_layer_type hg_noisy_relu_type;
#define hg_noisy_relu(...) HG_LAYER(hg_noisy_relu_type, hg_noisy_relu_options, __VA_ARGS__)

/* ---- tanh: y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)) (LeCun et al. 1998) ---- */
typedef struct hg_tanh_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} hg_tanh_options;
HG_API extern const hg_layer_type hg_tanh_type;
#define hg_tanh(...) HG_LAYER(hg_tanh_type, hg_tanh_options, __VA_ARGS__)

/* ---- sigmoid: y = 1 / (1 + exp(-x)) (Rumelhart et al. 1986) ---- */
typedef struct hg_sigmoid_options {
    HG_OPTIONS_BEGIN;
    HG_OPTIONS_END;
} hg_sigmoid_options;
HG_API extern const hg_layer_type hg_sigmoid_type;
#define hg_sigmoid(...) HG_LAYER(hg_sigmoid_type, hg_sigmoid_options, __VA_ARGS__)

/* ---- gelu: y = x (1 + erf(x / sqrt(2))) / 2 (Hendrycks & Gimpel 2016) ---- */
typedef struct hg_gelu_options {
    HG_OPTIONS_BEGIN;
    bool approximate; /* y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, their other formula */
    HG_OPTIONS_END;
} hg_gelu_options;
HG_API extern const hg_layer_type hg_gelu_type;
#define hg_gelu(...) HG_LAYER(hg_gelu_type, hg_gelu_options, __VA_ARGS__)

/* ---- dropout: while training, y = 0 with the probability p, for each number by itself, else
 * x / (1 - p); otherwise y = x (Srivastava et al. 2014, with the factor while training) ---- */
typedef struct hg_dropout_options {
    HG_OPTIONS_BEGIN;
    double probability; /* p, of zeros; in (0, 1); 0: 0.5 */
    HG_OPTIONS_END;
} hg_dropout_options;
HG_API extern const hg_layer_type hg_dropout_type;
#define hg_dropout(...) HG_LAYER(hg_dropout_type, hg_dropout_options, __VA_ARGS__)

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
 * sum, so that nothing overflows. With label_smoothing s the label's target is 1 - s and
 * s is shared among all classes, loss = (1 - s) -log(x[label]) + s mean of -log(x[k]):
 * Szegedy et al. 2016, section 7, as PyTorch's CrossEntropyLoss. That is the loss of
 * training alone; an evaluation's is without it. */
typedef struct hg_classification_options {
    HG_OPTIONS_BEGIN;
    double label_smoothing; /* in [0, 1) */
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

HG_END_DECLARATIONS

#endif
