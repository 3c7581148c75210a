/* Clipping all gradients by their common norm, the square root of the sum of all their
 * squares (Pascanu et al. 2013, "On the difficulty of training recurrent neural networks",
 * algorithm 1): gradients *= min(1, most / (norm + 1e-6)), as PyTorch's clip_grad_norm_.
 * Squares are summed in double chunk by chunk, then over the chunks in their order: the
 * same bits for any number of threads. */
#ifndef HINGE_CLIP_H
#define HINGE_CLIP_H

#include "src/slots.h"

typedef struct clip {
    double most;     /* 0: nothing is measured or clipped; infinite: nothing is clipped */
    double *squares; /* [chunks] */
    size_t chunks;
    double norm, factor; /* of the last step; factor 1: gradients stay as they are */
} clip;

hg_status clip_check(double most, hg_error *error);
hg_status clip_create(clip *clip, double most, size_t chunks, hg_error *error);
void clip_destroy(clip *clip);

/* Chunk `number` of the gradients of a step; for each chunk once, by any thread. */
void clip_measure(clip *clip, const hg_network *network, const chunk *chunk, size_t number);
/* Behind all of them: norm and factor. */
void clip_finish(clip *clip);
/* Scales a chunk's gradients, where needed. */
void clip_apply(const clip *clip, hg_network *network, const chunk *chunk);

#endif
