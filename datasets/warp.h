/* An image sampled elsewhere: pixel (row, column) of the result is the source at
 *
 *     x = map.x[0] column + map.x[1] row + map.x[2] + displacement x
 *     y = map.y[0] column + map.y[1] row + map.y[2] + displacement y
 *
 * by bilinear interpolation, once, so that nothing is blurred twice. Pixel centres are
 * whole numbers. Outside of the source lies the background. */
#ifndef HINGE_DATASETS_WARP_H
#define HINGE_DATASETS_WARP_H

#include "datasets/elastic.h"

typedef struct warp_map {
    double x[3], y[3];
} warp_map;

/* Whether images of this shape can be warped: those with less than 2^31 pixels. */
bool warp_fits(hg_shape shape);

/* What warp_image needs for itself, in numbers. */
size_t warp_scratch(hg_shape shape);

/* Elastic distortion comes with its field; without it there are no displacements.
 * image may be out. */
void warp_image(const warp_map *map, const elastic *elastic, const float *field, float background, hg_shape shape,
                const float *image, float *scratch, float *out);

#endif
