/* One training step: a batch forward and backward on all threads, then the optimizer. */
#ifndef HINGE_BATCH_H
#define HINGE_BATCH_H

#include "datasets/augment.h"
#include "src/clip.h"
#include "src/late.h"
#include "src/slots.h"
#include "src/team.h"

typedef struct batch {
    hg_network *network;
    const hg_dataset *dataset;
    const augmenter *augmenter; /* NULL: none */
    hg_optimizer optimizer;
    uint64_t seed;
    team *team;
    slots slots;
    late late;
    size_t round_shards; /* of a leaf in one round */
    chunk *chunks;
    size_t chunk_count;
    clip clip;
    /* of the last batch, one a leaf: */
    double *loss; /* sums */
    size_t *correct;
} batch;

/* Of the options: optimizer, batch, seed and clip_norm, their defaults filled in. The
 * augmenter, or NULL, is the caller's until batch_destroy. */
hg_status batch_create(batch *batch, hg_network *network, const hg_dataset *dataset, const augmenter *augmenter,
                       const hg_train_options *options, hg_error *error);
void batch_destroy(batch *batch); /* also one that could not be created */

/* Steps on the samples index[0 .. count - 1], with rate_factor times the optimizer's learning
 * rate. Adds to *loss_sum and *correct, and sets active[unit] for the units that were active.
 * HG_NOT_FINITE, before any parameter has changed, naming the layer. */
hg_status batch_step(batch *batch, const uint32_t *index, size_t count, uint32_t epoch, double rate_factor,
                     double *loss_sum, size_t *correct, unsigned char *active, hg_error *error);

#endif
