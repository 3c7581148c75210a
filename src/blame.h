/* Which layer a NaN or infinity comes from. */
#ifndef HINGE_BLAME_H
#define HINGE_BLAME_H

#include "datasets/augment.h"
#include "src/network.h"

/* Runs the samples of a training step forward once more, augmented as they were and with
 * the same noise, and names the first layer whose output is not finite; if all are, the
 * parameter whose gradient is not. Returns HG_NOT_FINITE. */
hg_status blame_not_finite(hg_network *network, const hg_dataset *dataset, const augmenter *augmenter,
                           const uint32_t *index, size_t count, uint64_t seed, uint32_t epoch, double loss,
                           hg_error *error);

#endif
