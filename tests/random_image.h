/* Images of random pixels, in shapes of all kinds. */
#ifndef TESTS_RANDOM_IMAGE_H
#define TESTS_RANDOM_IMAGE_H

#include <hinge/hinge.h>

enum { IMAGE_SHAPES = 6 };
extern const hg_shape image_shapes[IMAGE_SHAPES];

size_t pixels_of(hg_shape shape);

/* Pixels in [0, 1), the same for a number; the caller frees. */
float *random_image(hg_shape shape, uint32_t number);

#endif
