/* One row a layer and shape: what all layer tests run over. */
#ifndef TESTS_LAYER_CASES_H
#define TESTS_LAYER_CASES_H

#include "layer_harness.h"

typedef enum case_data {
    DATA_LATTICE,     /* odd multiples of 1/64 in (-1, 1): never on a kink, and all sums exact in float */
    DATA_TIES,        /* -1, 0 or 1: kinks and ties everywhere, so no numeric gradient */
    DATA_LARGE,       /* the lattice times 500 */
    DATA_PROBABILITY, /* positive, at most 1 */
    DATA_EQUAL        /* the same number everywhere: nothing but ties */
} case_data;

typedef struct layer_case {
    const char *name;
    hg_layer layer;
    reference_forward *reference;
    size_t input_count; /* 0: 1 */
    hg_shape input[HG_MAX_INPUTS], output;
    case_data data;
    double threshold, threshold_step; /* of threshold_relu: channel c starts at threshold + c threshold_step */
    hg_pool_order pool;
    bool pool_key_shared;
    double pool_key, pool_key_step; /* likewise */
    bool coupled;                   /* samples of a shard know of each other */
    bool surrogate;                 /* the parameter gradient is not the formula's derivative */
    bool merged;                    /* classification directly behind softmax */
    bool large;                     /* so many parameters that two shards of differences are enough */
    double rounding;                /* so many times that of sums which are exact; 0: once */
    unsigned seed;                  /* of the data */
} layer_case;

extern const layer_case layer_cases[];
extern const int layer_case_count;

/* How many samples each case is run with: alone, and ragged in the second and third shard. */
enum { SAMPLE_COUNTS = 3 };
extern const size_t sample_counts[SAMPLE_COUNTS];

/* The levels of instructions that this machine can run, up to the one in use. */
size_t case_levels(void);
const hg_layer_type *case_type(const hg_layer_type *type, size_t level);

typedef struct case_run {
    size_t level, samples;
    bool jitter; /* off the lattice, to where no two numbers are equal */
    bool in_place, evaluating;
    double gradient_start;
} case_run;

/* Opens a harness for a row, with input, parameters and output gradient filled in. */
void layer_case_open(layer_harness *harness, const layer_case *row, const case_run *run);

/* Runs the reference, or the layer, on what the harness holds now. A `merged` case's
 * probabilities are made anew from its logits. */
void layer_case_reference(const layer_case *row, layer_harness *harness, double *output);
void layer_case_forward(const layer_case *row, layer_harness *harness);

#endif
