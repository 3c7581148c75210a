/* Running a plan on one shard. */
#ifndef HINGE_SHARD_H
#define HINGE_SHARD_H

#include "src/network.h"

/* One shard's memory and what is known of its samples. */
typedef struct shard {
    const plan *plan;
    char *block;    /* plan->block_size bytes, or forward_size */
    float *image;   /* [HG_LANES][units]: images on their way into the lanes */
    float *reserve; /* [reserved]: what augmentation works in */
    size_t reserved;
    bool *has_gradient;    /* [plan->count] */
    unsigned char *active; /* [network->unit_count]: hg_pass.active of all activations; kept by the owner */
    size_t count;
    bool training;
    uint64_t seed;
    uint32_t epoch, sample[HG_LANES];
    int label[HG_LANES];
    double loss[HG_LANES];
    double gradient_scale;
    char *kept; /* plan->kept_size bytes for late nodes, whose parameters then get no gradient here; or NULL */
} shard;

/* The shard's memory, for shard_backward too if `backward`; count and what belongs to the samples is the user's to fill
 * in. */
hg_status shard_create(shard *shard, const hg_network *network, plan_kind kind, bool backward, hg_error *error);
void shard_destroy(shard *shard);

/* Sees to it that shard->reserve has at least so many numbers. */
hg_status shard_reserve(shard *shard, size_t numbers, hg_error *error);

/* The shard's images, to be filled in: [units][HG_LANES]. */
hg_real *shard_images(shard *shard);
hg_real *shard_image_gradient(shard *shard);
const hg_real *shard_output(const shard *shard, size_t op); /* [units of the op's shape][HG_LANES] */
const hg_real *shard_result(const shard *shard);            /* [classes][HG_LANES] */

/* Runs everything up to the result, and the loss too if `labelled`. */
void shard_forward(const hg_network *network, shard *shard, bool labelled);

/* The loss alone, behind a forward that was not labelled. */
void shard_loss(const hg_network *network, shard *shard);

/* Adds to the parameters' gradients, a buffer like network->gradients. Starts at
 * the output layer, or, given `result_gradient`, at the result. The images'
 * gradient is computed only if asked for. */
void shard_backward(const hg_network *network, shard *shard, const hg_real *result_gradient, bool image_gradient,
                    hg_real *gradients);

/* How many of the shard's samples have their label as the most probable class. */
size_t shard_correct(const hg_network *network, const shard *shard);

#endif
