/* Samples from a data set into the lanes of a shard. */
#ifndef HINGE_LOAD_H
#define HINGE_LOAD_H

#include "datasets/augment.h"
#include "src/shard.h"

/* Checks once that the data set fits the network: its shape, classes and size. Messages call it `name`. */
hg_status load_check(const hg_network *network, const hg_dataset *dataset, const char *name, hg_error *error);

/* One sample as floats, [channels][height][width], and its label, which is not checked. */
hg_status load_image(const hg_dataset *dataset, size_t sample, float *image, int *label, hg_error *error);

/* Fills the shard with the samples index[0 .. count - 1], or, without index, with
 * first, first + 1, ...; count is 1 to HG_LANES. With an augmenter (else NULL) they are
 * changed as shard->epoch has it, in memory that shard_reserve made. Called by many threads. */
hg_status load_shard(const hg_dataset *dataset, const augmenter *augmenter, const uint32_t *index, size_t first,
                     size_t count, shard *shard, hg_error *error);

#endif
