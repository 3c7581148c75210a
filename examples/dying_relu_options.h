/* The command line of the experiment. */
#ifndef DYING_RELU_OPTIONS_H
#define DYING_RELU_OPTIONS_H

#include <stdio.h>

#include "dying_relu_cases.h"

/* What was asked for, defaults filled in; texts are the caller's argv. */
typedef struct options {
    const char *data; /* folder; NULL: look for one */
    bool synthetic, quick, help;
    int seeds, epochs;
    int images; /* of each run's training set */
    int only;   /* an activation; -1: all */
    int threads;
    const char *out; /* folder */
} options;

/* HG_BAD_ARGUMENT with a message that names the option, the value and what the option
 * takes. Nothing behind --help is looked at. */
hg_status options_parse(options *options, int argc, char **argv, hg_error *error);

void options_help(FILE *stream);

#endif
