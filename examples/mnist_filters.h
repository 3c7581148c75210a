/* The first weights of a network as a picture. */
#ifndef MNIST_FILTERS_H
#define MNIST_FILTERS_H

#include <hinge/hinge.h>

/* What a contact sheet shows: tiles of one size, one below 0 in blue, 0 white, above it red; of three
 * channels each, as colours around grey. All on one scale, from -most to most. */
typedef struct mnist_filters {
    const char *layer; /* the network's */
    size_t tiles;
    int channels, height, width; /* of a tile; channels is 1 or 3 */
    const hg_real *values;       /* [tiles][channels][height][width], the network's */
    double most;
} mnist_filters;

/* Those of the first convolution, or, without one, of the first fully connected layer, over the image that it
 * reads. HG_BAD_NETWORK if there is neither. */
hg_status mnist_filters_find(mnist_filters *filters, hg_network *network, hg_error *error);

/* Writes the sheet as a PNG. HG_BAD_NETWORK if it would be too large. */
hg_status mnist_filters_write(const mnist_filters *filters, const char *path, hg_error *error);

#endif
