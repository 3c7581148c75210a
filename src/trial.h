/* One layer by itself, on random samples: a full shard and a ragged one.
 *
 * What a layer must overwrite, and what it may not rely on, is NaN beforehand, and
 * behind each buffer lies a row of NaN that must still be there afterwards. */
#ifndef HINGE_TRIAL_H
#define HINGE_TRIAL_H

#include <hinge/check.h>

enum {
    TRIAL_SHARDS = 2,
    TRIAL_RAGGED = 5, /* samples of the second shard */
    TRIAL_SAMPLES = HG_LANES + TRIAL_RAGGED
};

typedef struct trial_shard {
    size_t count;
    hg_real *start[HG_MAX_INPUTS]; /* what the inputs are, [units][HG_LANES]; the layer sees copies */
    hg_real *slope;                /* d loss / d output, likewise */
    hg_real *input[HG_MAX_INPUTS], *output, *output_gradient, *input_gradient[HG_MAX_INPUTS];
    void *saved;
    double loss[HG_LANES];
    int label[HG_LANES];
} trial_shard;

/* A buffer and what lies behind it. */
typedef struct trial_guard {
    const char *what;
    unsigned char *memory;
    size_t bytes;
    bool added_to; /* where NaN would swallow what is added */
} trial_guard;

enum { TRIAL_GUARDS = TRIAL_SHARDS * (2 * HG_MAX_INPUTS + 3) + 2 * HG_MAX_PARAMETERS + 2 };

typedef struct trial {
    const hg_layer_type *type;
    const void *options;
    uint64_t seed;
    bool is_output;
    size_t input_count;
    hg_shape input_shape[HG_MAX_INPUTS];
    hg_layer_setup setup;
    size_t input_units[HG_MAX_INPUTS], output_units, parameter_size[HG_MAX_PARAMETERS];
    bool coupled; /* samples of a shard know of each other: trial_lanes finds out */
    double unit;  /* a length on the inputs' axis, a power of two: 1 for the usual range of 4 */

    hg_real *parameter[HG_MAX_PARAMETERS], *parameter_gradient[HG_MAX_PARAMETERS]; /* the latter NULL if frozen */
    unsigned char *active;
    void *scratch;
    trial_shard shard[TRIAL_SHARDS];

    trial_guard guard[TRIAL_GUARDS];
    size_t guards;
} trial;

/* How a pass is run; all zero: the plain way. */
typedef struct trial_run {
    bool evaluating;         /* not training */
    bool in_place;           /* as far as the traits allow */
    bool inputs_unasked;     /* nobody asks for the inputs' gradients */
    bool parameters_unasked; /* nor for the parameters' */
    double gradient_start;   /* what the parameters' gradients hold beforehand */
} trial_run;

/* Sets the layer up; its numbers are still to be drawn. To be closed even after a failure. */
hg_status trial_open(trial *trial, hg_layer layer, const hg_shape *inputs, size_t count,
                     const hg_gradient_check_options *options, hg_error *error);
/* Inputs, parameters, slopes and labels: other ones for each `draw`. */
void trial_draw(trial *trial, uint32_t draw, const hg_gradient_check_options *options);
bool trial_allocate(trial *trial); /* its buffers, behind setup */
void trial_close(trial *trial);

/* Both: HG_BAD_LAYER if something past the end of a buffer was written. Backward goes
 * behind a forward of the same run. */
hg_status trial_forward(trial *trial, const trial_run *run, hg_error *error);
hg_status trial_backward(trial *trial, const trial_run *run, hg_error *error);

/* HG_BAD_LAYER, "squared_relu: ...". */
hg_status trial_fail(const trial *trial, hg_error *error, const char *format, ...) HG_PRINTF(3, 4);

/* Finds out whether samples know of each other; they may not know of lanes without one. */
hg_status trial_lanes(trial *trial, hg_error *error);

/* The rules of hinge/layer.h that numbers alone do not show. Leaves the gradients of
 * a plain backward in the trial. */
hg_status trial_contract(trial *trial, hg_error *error);

#endif
