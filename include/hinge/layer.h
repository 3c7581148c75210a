/* What a layer is, for those who write one. See layers/relu.c for the shortest.
 *
 * Inside the engine the sample is the SIMD lane. A shard is HG_LANES samples; an
 * activation of a shard is `hg_real [unit][HG_LANES]`, HG_ALIGNMENT-aligned, with
 * unit = (channel * height + row) * width + column. A layer is therefore written
 * once as plain arithmetic on rows of HG_LANES numbers. In C of one's own that is a loop
 * over HG_LANES: at -O2, gcc 12 and clang make vector instructions of it if its pointers
 * are restrict parameters of the function it stands in, and it has no branch (for gcc
 * a ?: on floats is one). See examples/custom_layer.c, and hinge/check.h to test it. */
#ifndef HINGE_LAYER_H
#define HINGE_LAYER_H

#include <hinge/options.h>
#include <hinge/tensor.h>

HG_BEGIN_DECLARATIONS

enum {
    HG_LANES = 16,
    HG_MAX_INPUTS = 8,    /* of one layer */
    HG_MAX_PARAMETERS = 4 /* of one layer: tensors, not numbers */
};

/* One sample's activation. */
typedef struct hg_shape {
    int channels, height, width;
} hg_shape;

typedef struct hg_layer_type hg_layer_type;

/* One line of a network: made by a macro of layers.h. The pointers need to live
 * only until hg_network_create returns: it copies. */
typedef struct hg_layer {
    const hg_layer_type *type;
    const void *options; /* the type's options struct */
} hg_layer;

/* The first and last fields of every options struct. `size` is filled in by the
 * layer's macro and tells a library of another version from this one. */
#define HG_OPTIONS_BEGIN size_t size /* bytes of the whole struct */
#define HG_OPTIONS_END                                                          \
    const char *name;                 /* NULL: the type and a running number */ \
    const char *inputs[HG_MAX_INPUTS] /* names of layers; all NULL: the layer before */

/* ---- options that a model file can keep ---- */

typedef enum hg_option_kind { HG_OPTION_INT, HG_OPTION_REAL, HG_OPTION_BOOL, HG_OPTION_ENUM } hg_option_kind;

typedef struct hg_option {
    const char *name;
    hg_option_kind kind;      /* int, double, bool, or an enum (stored as int) */
    size_t offset;            /* into the options struct */
    const char *const *words; /* the enum's names in order, NULL at the end */
} hg_option;

#define HG_INT(type, field)                                \
    {                                                      \
#field, HG_OPTION_INT, offsetof(type, field), NULL \
    }
#define HG_REAL(type, field)                                \
    {                                                       \
#field, HG_OPTION_REAL, offsetof(type, field), NULL \
    }
#define HG_BOOL(type, field)                                \
    {                                                       \
#field, HG_OPTION_BOOL, offsetof(type, field), NULL \
    }
#define HG_ENUM(type, field, names)                          \
    {                                                        \
#field, HG_OPTION_ENUM, offsetof(type, field), names \
    }

/* ---- parameters ---- */

typedef enum hg_start {
    HG_GLOROT,  /* uniform in +- sqrt(6 / (fan_in + fan_out)); Glorot & Bengio 2010, eq. 16 */
    HG_HE,      /* normal, deviation sqrt(2 / fan_in); He et al. 2015, eq. 10 */
    HG_CONSTANT /* start_value everywhere */
} hg_start;

typedef struct hg_parameter_spec {
    const char *name; /* "weight"; outside it is called "conv2d_1.weight" */
    hg_tensor_shape shape;
    hg_start start;
    size_t fan_in, fan_out;
    double start_value;
    double rate_factor;  /* times the learning rate */
    double decay_factor; /* times the weight decay */
    double lower, upper; /* projected into after each step; equal: no bounds */
    bool frozen;         /* part of the model, never trained */
    double running;      /* above 0: a running statistic; its momentum, at most 1 */
} hg_parameter_spec;

/* A running statistic is kept by training, but not by the optimizer. To its gradient
 * backward adds the shard's statistic times the shard's samples; a step divides the
 * sum by all the samples that it is of, and does value += running (mean - value). */

/* ---- setting up ---- */

/* Where a layer that can do so shall hand on only the winner of each 2x2 window
 * (a max pooling of window 2, stride 2 follows; an activation may stand between). */
typedef enum hg_pool_order {
    HG_NO_POOL,
    HG_POOL_BY_VALUE, /* the winner is the largest number */
    HG_POOL_BY_SLOPE  /* the winner is the largest max(key * x, x), key one number a channel */
} hg_pool_order;

typedef struct hg_layer_setup {
    /* in */
    const void *options;
    size_t input_count;
    hg_shape input[HG_MAX_INPUTS];
    hg_pool_order pool; /* HG_NO_POOL unless the type has the trait HG_CAN_POOL */
    /* out */
    hg_shape output;
    size_t parameter_count;
    hg_parameter_spec parameter[HG_MAX_PARAMETERS];
    size_t saved;   /* bytes per shard kept from forward to backward */
    size_t scratch; /* bytes that forward or backward may use and forget */
    void *state;    /* tables made once, shared read-only by all threads: hg_setup_state */
    size_t parts;   /* that backward_batch falls into; 0 without it */
} hg_layer_setup;

/* `size` zeroed bytes in setup->state, which the network releases; NULL without memory. */
HG_API void *hg_setup_state(hg_layer_setup *setup, size_t size, hg_error *error);

/* Appends a parameter with rate and decay factor 1 and no bounds; change what differs. */
HG_API hg_parameter_spec *hg_setup_parameter(hg_layer_setup *setup, const char *name, hg_tensor_shape shape);

/* ---- running ---- */

/* Everything a layer sees of one shard. Lanes from `count` on hold no sample:
 * nothing reads their outputs, which may be left alone unless it is for training; then
 * their inputs are finite and their gradients are zero. */
typedef struct hg_pass {
    const void *options;
    const void *state;
    size_t count;  /* samples in the shard: 1 to HG_LANES */
    bool training; /* a backward follows only if it is set */
    size_t input_count;
    hg_shape input_shape[HG_MAX_INPUTS], output_shape;

    const hg_real *input[HG_MAX_INPUTS]; /* [units][HG_LANES] */
    hg_real *output;                     /* forward: overwritten */
    const hg_real *output_gradient;
    hg_real *input_gradient[HG_MAX_INPUTS]; /* backward: overwritten; NULL where nobody asks */

    const hg_real *parameter[HG_MAX_PARAMETERS];
    hg_real *parameter_gradient[HG_MAX_PARAMETERS]; /* backward: added to; NULL where nobody asks */
    const hg_real *pool_key;                        /* HG_POOL_BY_SLOPE: [channels] or, if pool_key_shared, [1] */
    bool pool_key_shared;

    void *saved, *scratch; /* as asked for in setup, HG_ALIGNMENT-aligned */

    /* activations only: one byte a channel, set to 1 where x lies above the kink for
     * some sample, so that the unit passes its whole gradient (smooth ones: above 0) */
    unsigned char *active;

    /* what random layers draw from, while training: the same in backward as in forward */
    uint64_t seed;
    uint32_t epoch, layer;     /* in a loop of one's own, epoch counts the forwards */
    uint32_t sample[HG_LANES]; /* indices into the training set; in a loop of one's own, into the batch */

    /* output layers only */
    const int *label;      /* [count] */
    double gradient_scale; /* forward's loss is a sum; backward's gradient is of scale * sum */
    double *loss;          /* [HG_LANES], forward: overwritten */
} hg_pass;

/* Several shards of one batch, for gradients of parameters taken over all of them at
 * once. Lanes that hold no sample are finite in input, zero in output_gradient. */
typedef struct hg_batch_pass {
    const void *options;
    const void *state;
    hg_shape input_shape, output_shape;
    size_t shards;
    const hg_real *const *input;           /* [shards], each [units][HG_LANES] */
    const hg_real *const *output_gradient; /* [shards], likewise */
    hg_real *parameter_gradient[HG_MAX_PARAMETERS];
    bool add; /* to parameter_gradient; otherwise it is overwritten */
} hg_batch_pass;

/* ---- the type ---- */

typedef enum hg_trait {
    HG_IS_INPUT = 1 << 0,          /* takes the data set's images; output is input[0]'s memory */
    HG_IS_OUTPUT = 1 << 1,         /* makes a loss of its input and the labels */
    HG_IS_ACTIVATION = 1 << 2,     /* elementwise: its units are counted, by pass->active */
    HG_READS_OUTPUT = 1 << 3,      /* backward reads output */
    HG_IN_PLACE = 1 << 4,          /* output may be the input's memory: backward never reads input */
    HG_IN_PLACE_GRADIENT = 1 << 5, /* input_gradient may be output_gradient's memory */
    HG_CAN_POOL = 1 << 6           /* setup understands setup->pool */
} hg_trait;

struct hg_layer_type {
    const char *name; /* "conv2d" */
    size_t options_size, name_offset, inputs_offset;
    const hg_option *options; /* option_count of them */
    size_t option_count;
    size_t min_inputs, max_inputs;
    unsigned traits;

    /* Checks the options against the input shapes and fills in the rest of setup.
     * The message need not name the layer: the network puts that in front. */
    hg_status (*setup)(hg_layer_setup *setup, hg_error *error);
    void (*forward)(const hg_pass *pass);
    void (*backward)(const hg_pass *pass);
    /* Layers of one input with many weights: the gradients of the parameters alone, over
     * many shards, each number touched once. Part `part` of setup->parts, on any thread. NULL: only by backward. */
    void (*backward_batch)(const hg_batch_pass *pass, size_t part);

    /* Activations: how a max pooling behind this layer may choose its winners before
     * it, with the same outputs and gradients (but for numbers so near that the activation
     * rounds them to one: then it is the larger, not the first of them). NULL: it may not. */
    hg_pool_order (*pool_order)(const void *options);
    /* Output layers: an input of this type (by name) is read together with its own
     * input, to which the gradient goes (softmax and cross-entropy). NULL: none. */
    const char *merges;
};

/* The part of a type that is the same for all: HG_TYPE("relu", hg_relu_options),
 * and, where there are options to keep, HG_OPTIONS(table). */
#define HG_TYPE(type_name, options_type)                                                                  \
    .name = type_name, .options_size = sizeof(options_type), .name_offset = offsetof(options_type, name), \
    .inputs_offset = offsetof(options_type, inputs)
#define HG_OPTIONS(table) .options = table, .option_count = HG_COUNT(table)

#define HG_COUNT(array) (sizeof(array) / sizeof((array)[0]))

HG_END_DECLARATIONS

#endif
