/* A plan is how a network runs on one shard: which layers in which order, and
 * where in one block of memory each of their buffers lies. */
#ifndef HINGE_PLAN_H
#define HINGE_PLAN_H

#include <hinge/network.h>

typedef enum plan_kind {
    PLAN_FAST,    /* convolution and max pooling in one pass where possible */
    PLAN_INSPECT, /* every layer's whole output exists */
    PLAN_KINDS
} plan_kind;

typedef struct plan_op {
    size_t node;
    const hg_layer_type *type;
    void *state;
    size_t input_count;
    hg_shape input_shape[HG_MAX_INPUTS], shape;
    size_t input[HG_MAX_INPUTS]; /* ops; an input layer's is the images */
    size_t readers;              /* inputs of other ops that read this one's output */
    const struct parameter *pool_key;
    /* offsets in bytes into the block */
    size_t output, gradient, saved, scratch, backward_scratch;
    size_t saved_size, scratch_size;
    size_t parts; /* of a late node's gradients */
    size_t kept;  /* offset of its input and output gradient in what a shard keeps */
} plan_op;

typedef struct plan {
    size_t count;
    plan_op *ops;        /* inputs before readers */
    size_t result, loss; /* ops: the probabilities, the output layer */
    /* offsets in bytes: the shard's images (the input layer works in place), their
     * gradient, and room for one more gradient of each of a layer's inputs */
    size_t images, image_gradient, spare;
    size_t spare_size;               /* bytes for each input */
    size_t block_size, forward_size; /* bytes of the block, and of its beginning that a forward alone needs */
    size_t kept_size;                /* bytes a shard keeps for late nodes */
} plan;

plan *plan_create(const hg_network *network, plan_kind kind, hg_error *error);
void plan_destroy(plan *plan);

/* Gives each op its offsets, in as little memory as their lifetimes allow. */
hg_status plan_place(plan *plan, hg_error *error);

#endif
