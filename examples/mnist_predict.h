/* The digits in people's own pictures. */
#ifndef MNIST_PREDICT_H
#define MNIST_PREDICT_H

#include "mnist_options.h"

/* Prints what each file shows, as columns or as a line of JSON each. A file that
 * cannot be answered is reported where it stands and does not stop the others: then,
 * when all are done, false in *all. `program` is what the
 * user calls it. */
hg_status mnist_predict(const mnist_options *options, const char *program, bool *all, hg_error *error);

#endif
