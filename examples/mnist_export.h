/* Trained networks for other tools. */
#ifndef MNIST_EXPORT_H
#define MNIST_EXPORT_H

#include "mnist_options.h"

/* Writes the file that the options ask for and prints what it holds. */
hg_status mnist_export(const mnist_options *options, hg_error *error);

#endif
