/* Elastic distortion: Simard, Steinkraus & Platt 2003, "Best practices for
 * convolutional neural networks applied to visual document analysis". There each
 * pixel is displaced by uniform random numbers in [-1, 1] that a Gaussian of deviation
 * sigma has smoothed, times alpha: by a field of deviation alpha / (sigma sqrt(12 pi)).
 *
 * Here the random numbers lie on a coarse grid, and cubic B-splines lead from them to
 * the pixels. A grid of spacing h has splines of variance h^2 / 3, so that
 * h = sigma sqrt(3) has those of Simard's Gaussian, which they resemble closely. */
#ifndef HINGE_DATASETS_ELASTIC_H
#define HINGE_DATASETS_ELASTIC_H

#include <hinge/layer.h>

/* The places of the grid's points for images of one size. */
typedef struct elastic {
    double deviation, spacing; /* pixels: of a displacement in x or y, and of the grid */
    hg_shape shape;
    size_t cells_across, cells_down; /* between points of the grid, where pixels are */
} elastic;

/* smoothness: sigma, in pixels. */
elastic elastic_plan(hg_shape shape, double deviation, double smoothness);

/* What a field takes, in numbers. */
size_t elastic_numbers(const elastic *elastic);

/* Draws a field. */
void elastic_draw(const elastic *elastic, hg_random *random, float *field);

/* The displacements of a row's pixels: x [columns_of(width)], and behind them y. */
void elastic_row(const elastic *elastic, const float *field, int row, float *displacement);

#endif
