/* The images to train on and to test with, wherever they can be found. */
#ifndef MNIST_DATA_H
#define MNIST_DATA_H

#include <stdio.h>

#include "mnist_options.h"

typedef struct mnist_data {
    hg_dataset *training;   /* NULL for the command test */
    hg_dataset *validation; /* held back from the training images; NULL: none */
    hg_dataset *test;
    hg_dataset *whole; /* what the two are views of; NULL: there is no validation */
    bool synthetic;
} mnist_data;

/* --synthetic, --data, $HINGE_DATA/mnist, the cache, a download into it, drawn
 * digits: the first that is asked for or works. What is asked for and does not work
 * is a failure. With --validation that share of the training images is held back. Says on notes (NULL: nowhere) which
 * it was. */
hg_status mnist_data_open(mnist_data *data, const mnist_options *options, FILE *notes, hg_error *error);
void mnist_data_close(mnist_data *data);

#endif
