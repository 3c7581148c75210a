/* What the data sets of this folder have in common. */
#ifndef HINGE_DATASETS_DATASET_H
#define HINGE_DATASETS_DATASET_H

#include <hinge/datasets.h>

/* A data set over bytes in memory from hg_allocate, which it releases at its end,
 * or at once if this fails. */
hg_dataset *dataset_of_bytes(size_t count, hg_shape shape, int classes, unsigned char *pixels, unsigned char *labels,
                             hg_error *error);

#endif
