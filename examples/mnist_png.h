/* Pictures into files. */
#ifndef MNIST_PNG_H
#define MNIST_PNG_H

#include <hinge/hinge.h>

enum { MNIST_PNG_CHANNELS = 3 /* red, green, blue */ };

/* pixels: [height][width][MNIST_PNG_CHANNELS]. HG_IO if the file cannot be written; an older one is replaced. */
hg_status mnist_png_write(const char *path, int width, int height, const unsigned char *pixels, hg_error *error);

#endif
