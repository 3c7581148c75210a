/* See random_image.h. */
#include <check.h>
#include <stdlib.h>

#include "random_image.h"

const hg_shape image_shapes[IMAGE_SHAPES] = { { 1, 28, 28 }, { 3, 9, 14 }, { 2, 1, 1 },
                                              { 1, 1, 17 },  { 1, 6, 1 },  { 4, 5, 3 } };

size_t pixels_of(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

float *random_image(hg_shape shape, uint32_t number)
{
    float *image = calloc(pixels_of(shape), sizeof *image);
    ck_assert_ptr_nonnull(image);
    hg_random random = hg_random_stream(1, HG_FOR_USER, number, 0);
    for (size_t i = 0; i < pixels_of(shape); i++)
        image[i] = (float)hg_random_uniform(&random);
    return image;
}
