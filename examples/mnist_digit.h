/* A digit in a picture, made to look like MNIST's. */
#ifndef MNIST_DIGIT_H
#define MNIST_DIGIT_H

#include <hinge/hinge.h>

enum { MNIST_SIDE = 28, MNIST_BOX = 20, MNIST_DIGITS = 10 };

/* Writes the digit to image, [MNIST_SIDE][MNIST_SIDE] in [0, 1], light on dark. The
 * picture is grey; its pixels are used up. HG_BAD_DATA if it shows nothing. */
hg_status mnist_digit_find(hg_picture *picture, float *image, hg_error *error);

#endif
