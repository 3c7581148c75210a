/* The command "train". */
#ifndef MNIST_RUN_H
#define MNIST_RUN_H

#include "mnist_options.h"

/* Trains, saves and says so; messages begin with `program`. *code is the exit code of a run that
 * a signal or --on-dead ended early (then HG_STOPPED); argv is the command line it was given. */
hg_status mnist_run(const mnist_options *options, const char *program, char *const argv[], int *code, hg_error *error);

#endif
