/* What augmentation adds to training. */
#ifndef BENCH_AUGMENTATION_H
#define BENCH_AUGMENTATION_H

#include "rows.h"

/* Of training the document's network on one thread, with and without, round by round. */
typedef struct augmentation_cost {
    median microseconds, share; /* an image; of the time that training takes without */
} augmentation_cost;

typedef struct augmentation_result {
    augmentation_cost moves, elastic; /* shift, rotation, scale and shear; an elastic distortion as well */
} augmentation_result;

augmentation_result augmentation_measure(const bench *bench);
void augmentation_print(const augmentation_result *result);

#endif
