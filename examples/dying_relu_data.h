/* The images of the experiment: the first of MNIST or of drawn digits. */
#ifndef DYING_RELU_DATA_H
#define DYING_RELU_DATA_H

#include "dying_relu_options.h"
#include "mnist_data.h"

typedef struct data {
    mnist_data whole;
    hg_dataset training; /* the first images of the whole, which it needs */

} data;

/* As many training images as asked for, and all test images; digits are drawn as many for
 * both. Says on standard output where they come from. */
hg_status data_open(data *data, const options *options, hg_error *error);
void data_close(data *data);

#endif
