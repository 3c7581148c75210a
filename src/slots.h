/* Gradients of a batch, the same bits for any number of threads.
 *
 * A batch is cut into leaves of a fixed number of shards. Each leaf adds its
 * gradients into a slot of its own; the slots are then summed as a binary tree over
 * their order. Which thread runs a leaf does not matter. */
#ifndef HINGE_SLOTS_H
#define HINGE_SLOTS_H

#include "src/network.h"

typedef struct slots {
    size_t leaf_shards; /* shards in a leaf; the last may have fewer */
    size_t count;       /* of slots: leaves of a full batch */
    size_t size;        /* numbers in a slot */
    hg_real *gradients; /* [count][size] */
} slots;

/* For batches of up to `batch` samples, and the first `size` numbers of the gradients. */
hg_status slots_create(slots *slots, size_t size, size_t batch, hg_error *error);
void slots_destroy(slots *slots);

hg_real *slots_at(const slots *slots, size_t leaf);

/* The numbers begin .. begin + count - 1 of the first `leaves` slots, summed, to
 * sum[0 ..]; both multiples of HG_LANES. Returns whether all are finite. */
bool slots_sum(const slots *slots, size_t leaves, size_t begin, size_t count, hg_real *sum);

/* A piece of the work of one pass over all parameters, within one of them. */
typedef struct chunk {
    const parameter *parameter;
    size_t begin, count; /* into values and gradients; multiples of HG_LANES */
} chunk;

/* All chunks of the parameters that a step changes; *chunks is to be released with hg_release. */
hg_status chunks_create(const hg_network *network, chunk **chunks, size_t *count, hg_error *error);

#endif
